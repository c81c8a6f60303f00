#pragma once

#include <string>
#include <vector>

#include "vault/cli/output.hpp"

namespace vault::cli {

// Does what the command line says; the exit status.
int run(const std::vector<std::string>& arguments);

// Tells of an error: a sentence on stderr, with --json also an object on stdout. Returns its exit status.
int report(const Output& output, const Error& error);

}  // namespace vault::cli

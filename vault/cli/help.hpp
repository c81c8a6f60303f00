#pragma once

#include <string>

#include "vault/cli/commands.hpp"

namespace vault::cli {

std::string usage_line(const Command& command);                         // "vault get LABEL... [options]"
std::string short_help();                                               // the verbs
std::string group_help(std::string_view group);                         // the verbs of `slot`
std::string command_help(const Command& command, const CLI::App& app);  // its options too

}  // namespace vault::cli

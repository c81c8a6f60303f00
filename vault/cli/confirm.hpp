#pragma once

#include "vault/cli/context.hpp"

namespace vault::cli {

// Whether a person can answer here: the standard input and output belong to a terminal, and neither --yes nor --no-prompt was given.
bool can_confirm(const Context& context);

// Asks before something is taken away, where a person can answer. Scripts are not asked. Errors: cancelled, which says that nothing was changed.
Status confirm(const Context& context, std::string_view operation, std::string_view question);

}  // namespace vault::cli

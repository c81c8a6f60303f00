#pragma once

#include "vault/cli/context.hpp"

namespace vault::cli {

// `add --json-lines [FILE|-]`: every line an entry, all of them stored in one commit or none.
Status add_json_lines(Context& context);

}  // namespace vault::cli

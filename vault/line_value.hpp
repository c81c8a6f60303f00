#pragma once

#include <string_view>

#include "vault/base/error.hpp"

namespace vault {

// The key of a line that is short for a field of this name; so the name may be shown.
inline constexpr std::string_view kTokenKey = "token";

// Why a value of a line of `vault add --json-lines` is refused: the key and its whole rule in a fixed sentence. Where columns were swapped the
// value is a secret, so that nothing of it is said (docs/DECISIONS.md). `key` is one that has a rule.
Error refused_value(std::string_view key, Errc code);

}  // namespace vault

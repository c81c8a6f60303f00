#include "vault/line_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace vault {
namespace {

constexpr std::string_view kName =
    "write a name of 1 to 64 bytes: visible characters, spaces only between them, no '-' in front";

constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kRules{{
    {"label",
     "write 1 to 255 bytes: visible characters, spaces only between them, no '-' in front, and no part between slashes "
     "that is empty, '.' or '..'"},
    {"issuer", kName},
    {"account", kName},
    {"team", kName},
    {"key_name", kName},
    {"minted_by", kName},
    {"period", kName},
    {"minted_with", "write 2fa or sso"},
    {"issued", "write a date or an RFC 3339 time"},
    {"expires", "write a duration of at most 100 years (90d, 1y), a date, an RFC 3339 time or never"},
    {"scopes", "write each as 1 to 128 bytes: visible characters, spaces only between them"},
    {"note", "write at most 16 KiB; the only control characters in it are newlines and tabs"},
    {"attributes",
     "write each key once, as 1 to 64 bytes of visible characters without '-' in front, and each value in at most 1024 "
     "bytes; "
     "the only control characters in it are newlines and tabs"},
    {"fields",
     "write each \"name\" as 1 to 64 bytes: visible characters in composed form (NFC), spaces only between them, no "
     "'-' in front"},
}};

}  // namespace

Error refused_value(std::string_view key, Errc code) {
  const auto* rule = std::ranges::find(kRules, key, &decltype(kRules)::value_type::first);
  return {code, fmt::format("the value of \"{}\" is refused; {}", rule->first, rule->second)};
}

}  // namespace vault

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vault/base/result.hpp"
#include "vault/model/duration.hpp"
#include "vault/model/scope.hpp"

namespace vault {

inline constexpr std::size_t kMaxIssuerProfileBytes = std::size_t{64} * 1024;
inline constexpr std::size_t kMaxIssuerProfileDepth = 8;

// What the tokens of an issuer look like. Nothing said: any bytes.
struct TokenPattern {
  std::optional<std::string> prefix;        // "ghp_"
  std::optional<std::string> characters;    // every ASCII character that may follow the prefix
  std::optional<std::uint64_t> min_length;  // of the whole token, in bytes
  std::optional<std::uint64_t> max_length;

  bool operator==(const TokenPattern&) const = default;
};

// A provider's rules, as data. What a profile does not say is not restricted.
struct IssuerProfile {
  enum class MintFactor : std::uint8_t { two_factor, sso };  // "2fa", "sso"

  std::string name;
  std::optional<std::string> console;             // https address where its keys are made and revoked
  std::vector<Duration> periods;                  // the offered ones, in the order of the profile; none: any
  std::optional<Duration> longest_life;           // none: keys may live for ever
  std::optional<std::uint32_t> active_key_limit;  // per account; none: no limit known
  ScopeSet scopes;                                // the vocabulary
  bool scopes_closed = false;                     // true: no scope outside the vocabulary
  bool empty_scopes_allowed = true;
  std::vector<MintFactor> mint_requires;  // whoever makes keys there needs one of these; none: nothing known
  TokenPattern token;
  std::vector<std::string> hosts;           // exact host names a token may be sent to; none: not known
  std::optional<std::string> presentation;  // header and scheme before the token: "Authorization: Bearer"

  bool operator==(const IssuerProfile&) const = default;
};

// "2fa", "sso".
std::string_view name(IssuerProfile::MintFactor factor) noexcept;

// A profile that every vault begins with. Both views live for ever; `json` is canonical (see to_json).
struct BuiltinIssuer {
  std::string_view name;
  std::string_view json;
};
std::span<const BuiltinIssuer> builtin_issuers();

// Reads a profile from JSON that may be hostile:
//   {"name": "acme", "console": "https://...", "periods": ["7d", "1y"], "longest_life": "1y", "active_key_limit": 10,
//    "scopes": {"words": ["dns:read"], "closed": true, "empty_allowed": true}, "mint_requires": ["2fa", "sso"],
//    "token": {"prefix": "ac_", "characters": "abc...", "min_length": 20, "max_length": 40},
//    "hosts": ["api.example.com"], "presentation": "Authorization: Bearer"}
// Only `name` is required. Refused, with the field named: not JSON, unknown and repeated fields, wrong types, values
// out of range, profiles that contradict themselves (a period beyond the longest life, a closed vocabulary without
// words where the empty set is not allowed, min_length above max_length, a prefix that fills the token).
// Errors: usage; limit (beyond 64 KiB, depth 8, or the size of a part).
Result<IssuerProfile> parse_issuer_profile(std::string_view json);

// Canonical JSON: keys sorted, no white space, lists and flags always there, absent values left out. What
// parse_issuer_profile reads back to an equal profile.
std::string to_json(const IssuerProfile& profile);

}  // namespace vault

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/base/result.hpp"

namespace vault {

inline constexpr std::size_t kMaxScopeBytes = 128;
inline constexpr std::size_t kMaxScopes = 256;

// Checks one permission string of a provider: 1 to 128 bytes of UTF-8, the characters of a label, no space at either
// end. Kept literally: not normalised, no case folded. Errors: usage; limit (too long).
Status check_scope(std::string_view scope);

// The permissions of a version: a sorted set of strings, at most 256, compared as bytes. Nothing is implied by
// anything else: `dns:write` does not contain `dns:read`. The empty set is legal.
class ScopeSet {
 public:
  ScopeSet() = default;
  // Sorts, and drops what is said twice. Errors: usage; limit (a scope too long, or more than 256 different ones).
  static Result<ScopeSet> make(std::vector<std::string> scopes);

  // A set as a store has it: sorted, each once, 1 to 128 bytes of UTF-8 without control characters. Nothing when it is not that.
  static std::optional<ScopeSet> stored(std::vector<std::string> scopes);

  bool contains(std::string_view scope) const;
  bool contains_all(const ScopeSet& other) const;

  const std::vector<std::string>& items() const { return items_; }
  std::size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }

  bool operator==(const ScopeSet&) const = default;

 private:
  std::vector<std::string> items_;
};

}  // namespace vault

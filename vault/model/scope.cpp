#include "vault/model/scope.hpp"

#include <algorithm>
#include <functional>

#include "vault/base/utf8.hpp"
#include "vault/model/text.hpp"

namespace vault {

Status check_scope(std::string_view scope) {
  if (scope.empty()) return Error{Errc::usage, "scope is empty; leave it out for a key without scopes"};
  if (scope.size() > kMaxScopeBytes) {
    return Error{Errc::limit,
                 "scope " + in_quotes(scope) + " is longer than 128 bytes; copy it as the provider writes it"};
  }
  if (auto fault = character_fault(scope); !fault.empty()) {
    return Error{Errc::usage, "scope " + in_quotes(scope) + " " + fault + "; copy it as the provider writes it"};
  }
  return {};
}

Result<ScopeSet> ScopeSet::make(std::vector<std::string> scopes) {
  for (const auto& scope : scopes) {
    if (auto checked = check_scope(scope); !checked) return checked.error();
  }
  std::sort(scopes.begin(), scopes.end());
  scopes.erase(std::unique(scopes.begin(), scopes.end()), scopes.end());
  if (scopes.size() > kMaxScopes) {
    return Error{Errc::limit, "scopes: " + std::to_string(scopes.size()) + " different ones; a version holds 256"};
  }
  ScopeSet set;
  set.items_ = std::move(scopes);
  return set;
}

std::optional<ScopeSet> ScopeSet::stored(std::vector<std::string> scopes) {
  const bool fine =
      scopes.size() <= kMaxScopes && std::all_of(scopes.begin(), scopes.end(), [](const std::string& scope) {
        return !scope.empty() && scope.size() <= kMaxScopeBytes && is_utf8(scope) && !has_control_characters(scope);
      });
  if (!fine || std::adjacent_find(scopes.begin(), scopes.end(), std::greater_equal<>()) != scopes.end())
    return std::nullopt;
  ScopeSet set;
  set.items_ = std::move(scopes);
  return set;
}

bool ScopeSet::contains(std::string_view scope) const {
  return std::binary_search(items_.begin(), items_.end(), scope,
                            [](std::string_view a, std::string_view b) { return a < b; });
}

bool ScopeSet::contains_all(const ScopeSet& other) const {
  return std::includes(items_.begin(), items_.end(), other.items_.begin(), other.items_.end());
}

}  // namespace vault

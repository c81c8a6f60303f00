#pragma once

#include <map>
#include <string>
#include <vector>

#include "vault/base/bytes.hpp"
#include "vault/model/duration.hpp"
#include "vault/model/label.hpp"
#include "vault/model/scope.hpp"
#include "vault/model/state.hpp"

namespace vault {

// What a caller sees of entries and versions: names instead of ids, states derived for one moment.

struct FieldView {
  std::string name;
  bool secret = true;
  std::size_t size = 0;  // of the value, in bytes; from list(): 0, for it is not read there
};

struct VersionView {
  std::uint32_t number = 0;  // its place in the entry's list, from 1
  VersionId id;
  State state = State::active;
  ScopeSet scopes;
  Time issued_at{};
  Time expires_at = kNever;
  Time stored_at{};
  std::string period;
  std::string key_name;
  std::string minted_by;
  std::string minted_with;
  std::string hint;
  std::string fingerprint;  // first 16 hex digits; empty: none
  std::vector<FieldView> fields;
};

struct EntryView {
  EntryId id;
  Label label;
  std::string issuer{};
  std::string account{};
  std::string team{};
  State state = State::active;
  Time created{};
  Time changed{};
  std::string note{};
  std::map<std::string, std::string> attributes{};
  std::vector<std::string> former_labels{};  // that still lead to it
  std::string revision{};                    // changes with every change of the entry
  std::uint32_t current = 0;                 // number of the active version; 0: none
  std::uint32_t version_count = 0;
  std::vector<VersionView> versions{};  // from list(): the current one only; from show(): all

  const VersionView* current_version() const;
};

// Which entries a list holds, and in which order.
struct Selection {
  enum class Sort { label, expires, created, team, issuer };
  std::string prefix;
  std::optional<std::string> team, issuer, account;
  std::vector<std::string> scopes;  // all of them are in the key's set
  std::map<std::string, std::string> attributes;
  std::optional<State> state;               // without one: everything but hidden and destroyed
  std::optional<Duration> expiring_within;  // ends between now and then; already expired keys are left out
  Sort sort = Sort::label;
};
bool matches(const Selection& selection, const EntryView& entry, Time now);
void sort_entries(std::vector<EntryView>& entries, Selection::Sort by);

}  // namespace vault

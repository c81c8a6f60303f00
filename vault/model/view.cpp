#include "vault/model/view.hpp"

#include <algorithm>
#include <tuple>

namespace vault {

const VersionView* EntryView::current_version() const {
  auto found =
      std::find_if(versions.begin(), versions.end(), [&](const VersionView& v) { return v.number == current; });
  return current == 0 || found == versions.end() ? nullptr : &*found;
}

namespace {

bool has_attributes(const EntryView& entry, const std::map<std::string, std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& attribute) {
    auto found = entry.attributes.find(attribute.first);
    return found != entry.attributes.end() && found->second == attribute.second;
  });
}

bool has_scopes(const VersionView* version, const std::vector<std::string>& wanted) {
  if (wanted.empty()) return true;
  return version != nullptr &&
         std::all_of(wanted.begin(), wanted.end(), [&](const auto& s) { return version->scopes.contains(s); });
}

bool ends_within(const VersionView* version, const Duration& within, Time now) {
  return version != nullptr && version->expires_at != kNever && version->expires_at > now &&
         version->expires_at <= add(now, within);
}

Time end_of(const EntryView& entry) {
  const VersionView* version = entry.current_version();
  return version == nullptr ? kNever : version->expires_at;
}

}  // namespace

bool matches(const Selection& selection, const EntryView& entry, Time now) {
  const VersionView* version = entry.current_version();
  const bool gone = entry.state == State::hidden || entry.state == State::destroyed;
  if (selection.state ? entry.state != *selection.state : gone) return false;
  if (!entry.label.text().starts_with(selection.prefix)) return false;
  if (selection.team && *selection.team != entry.team) return false;
  if (selection.issuer && *selection.issuer != entry.issuer) return false;
  if (selection.account && *selection.account != entry.account) return false;
  if (selection.expiring_within && !ends_within(version, *selection.expiring_within, now)) return false;
  return has_scopes(version, selection.scopes) && has_attributes(entry, selection.attributes);
}

void sort_entries(std::vector<EntryView>& entries, Selection::Sort by) {
  std::sort(entries.begin(), entries.end(), [&](const EntryView& a, const EntryView& b) {
    switch (by) {
      case Selection::Sort::label: return a.label < b.label;
      case Selection::Sort::expires:
        return std::forward_as_tuple(end_of(a), a.label) < std::forward_as_tuple(end_of(b), b.label);
      case Selection::Sort::created: return std::tie(a.created, a.label) < std::tie(b.created, b.label);
      case Selection::Sort::team: return std::tie(a.team, a.label) < std::tie(b.team, b.label);
      case Selection::Sort::issuer: return std::tie(a.issuer, a.label) < std::tie(b.issuer, b.label);
    }
    return false;
  });
}

}  // namespace vault

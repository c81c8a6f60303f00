#include <fmt/format.h>

#include "vault/base/arena.hpp"
#include "vault/base/file_system.hpp"
#include "vault/entries.hpp"
#include "vault/model/time_text.hpp"
#include "vault/store/rows.hpp"

namespace vault {
namespace {

void fill(VersionView& out, const VersionRecord& version) {
  out.scopes = version.scopes;
  out.issued_at = version.issued_at;
  out.stored_at = version.stored_at;
  out.period = version.period;
  out.key_name = version.key_name;
  out.minted_by = version.minted_by;
  out.minted_with = version.minted_with;
  out.hint = version.hint;
  if (version.fingerprint) out.fingerprint = to_hex(ByteView(*version.fingerprint).first(8));
  for (const StoredField& field : version.fields) out.fields.push_back({field.name, field.secret});
}

VersionView outline(const VersionEntry& listed, std::uint32_t number, Time now) {
  VersionView out;
  out.number = number;
  out.id = listed.id;
  out.state = state_at(listed.life, now);
  out.expires_at = listed.life.expires_at;
  return out;
}

// All but what is in its versions alone.
EntryView outline(const Item& item, const EntryRecord& entry, const std::string& team, Time now, bool all_versions) {
  EntryView out{entry.id, entry.label};
  out.issuer = entry.issuer;
  out.account = entry.account;
  out.team = team;
  out.created = entry.created;
  out.changed = entry.changed;
  out.note = entry.note;
  out.attributes = entry.attributes;
  std::ranges::transform(entry.former_labels, std::back_inserter(out.former_labels), &Label::text);
  out.revision = to_hex(item.value);
  out.version_count = static_cast<std::uint32_t>(entry.versions.size());
  out.state = State::revoked;  // when no version is active
  for (std::uint32_t i = 0; i < out.version_count; ++i) {
    const VersionEntry& listed = entry.versions[i];
    const bool current = listed.id == entry.active;
    if (current) {
      out.current = i + 1;
      out.state = state_at(listed.life, now);
    }
    if (current || all_versions) out.versions.push_back(outline(listed, i + 1, now));
  }
  if (item.status == ItemStatus::hidden) out.state = State::hidden;
  if (item.status == ItemStatus::tombstone) out.state = State::destroyed;
  return out;
}

// Several entries at once: their records are read in the order in which they lie in the store, and then their versions.
class EntryViews {
 public:
  enum class Depth { current_versions, everything };
  EntryViews(Vault::Impl& vault, ReadView& view, Depth depth)
      : vault_(vault), view_(view), now_(vault.now()), all_(depth == Depth::everything) {}

  // Those of `items` that the selection holds.
  Result<std::vector<EntryView>> read(std::vector<Item> items, const Selection* selection) {
    if (auto read = read_records(std::move(items), selection); !read) return read.error();
    if (auto read = read_versions(); !read) return read.error();
    if (selection != nullptr)
      std::erase_if(entries_, [&](const EntryView& entry) { return !matches(*selection, entry, now_); });
    return std::move(entries_);
  }

 private:
  Result<std::string> team_name(const TeamId& team) {
    auto known = teams_.find(team);
    if (known != teams_.end()) return known->second;
    auto record = vault_.team_by_id(view_, team);
    if (!record) return record.error();
    return teams_[team] = record->name;
  }

  Status read_records(std::vector<Item> items, const Selection* selection) {
    std::optional<Selection> before_versions;
    if (selection != nullptr) before_versions = *selection;
    if (before_versions) before_versions->scopes.clear();  // a version's record alone has them
    return view_.each_entry(std::move(items), [&](const Item& item, EntryRecord entry) -> Status {
      auto team = team_name(entry.team);
      if (!team) return team.error();
      EntryView seen = outline(item, entry, *team, now_, all_);
      if (before_versions && !matches(*before_versions, seen, now_)) return {};
      for (const VersionView& version : seen.versions) {
        places_.emplace_back(entries_.size(), places_.size() - first_);
        wanted_.push_back({entry.id, entry.versions[version.number - 1]});
      }
      first_ = places_.size();
      entries_.push_back(std::move(seen));
      return {};
    });
  }

  Status read_versions() {
    const ReadView::Fields fields = all_ ? ReadView::Fields::checked : ReadView::Fields::unread;
    return view_.each_version(wanted_, fields, [&](std::size_t i, const VersionRecord& version, const auto& stored) {
      const auto [entry, place] = places_[i];
      VersionView& out = entries_[entry].versions[place];
      fill(out, version);
      for (std::size_t f = 0; f < stored.size(); ++f) {
        const std::size_t overhead = version.fields[f].secret ? kWrapOverhead : 0;
        out.fields[f].size = stored[f].size() - std::min(stored[f].size(), overhead);
      }
      return Status{};
    });
  }

  Vault::Impl& vault_;
  ReadView& view_;
  Time now_;
  bool all_;
  std::map<TeamId, std::string> teams_;
  std::vector<EntryView> entries_;
  std::vector<WantedVersion> wanted_;
  std::vector<std::pair<std::size_t, std::size_t>> places_;  // of each: its entry, and its place there
  std::size_t first_ = 0;                                    // of the entry that is being read
};

Error inactive(std::string_view why) { return {Errc::inactive, std::string(why)}; }

Result<std::uint32_t> choose_version(const EntryRecord& entry, const Item& item, std::uint32_t wanted) {
  if (item.status == ItemStatus::tombstone) return inactive("the entry was destroyed; the provider issues a new key");
  if (item.status == ItemStatus::hidden) return inactive("the entry was removed; 'vault undelete' brings it back");
  if (wanted > entry.versions.size()) {
    return Error{Errc::not_found, fmt::format("no version {}; the newest is {}", wanted, entry.versions.size())};
  }
  if (wanted > 0) return wanted;
  for (std::uint32_t i = 0; i < entry.versions.size(); ++i) {
    if (entry.versions[i].id == entry.active) return i + 1;
  }
  return inactive("no version of it is active; 'vault show' lists them");
}

Status check_life(const VersionLife& life, const GetOptions& options, Time now) {
  const Time ends = life.expires_at;
  switch (state_at(life, now)) {
    case State::revoked: return inactive("this version was revoked; 'vault show' lists the others");
    case State::destroyed: return inactive("this version's value was destroyed; 'vault show' lists the others");
    case State::retired:
      return inactive("this version is retired: its time beside the new one is over; leave out --version for that one");
    case State::expired:
      if (!options.allow_expired) {
        return Error{Errc::expired,
                     fmt::format("it expired on {}; --allow-expired reads it all the same", to_rfc3339(ends))};
      }
      return {};
    case State::active:
    case State::retiring:
    case State::hidden: break;
  }
  if (options.min_ttl && ends != kNever && add(now, *options.min_ttl) > ends) {
    return Error{Errc::expiring,
                 fmt::format("it expires on {}, sooner than was asked for; a new key is due", to_rfc3339(ends))};
  }
  return {};
}

Result<const StoredField*> choose_field(const VersionRecord& version, const std::string& wanted) {
  if (!wanted.empty()) {
    if (const StoredField* field = version.field(wanted)) return field;
  } else {
    auto secret = std::ranges::find_if(version.fields, &StoredField::secret);
    if (secret != version.fields.end()) return &*secret;
  }
  std::string names;
  for (const StoredField& field : version.fields) names += (names.empty() ? "" : ", ") + field.name;
  return Error{Errc::not_found, fmt::format("no field '{}'; it has: {}", wanted, names)};
}

}  // namespace

// ---- teams ------------------------------------------------------------------------------------------------------------

// Entries name teams by id, the tree by name: the row found by id is only a hint to the name, which is then looked up and proven. A hint
// that leads nowhere is damage, or a team that a newer version wrote: the walk over all teams tells.
Result<TeamRecord> Vault::Impl::team_by_id(ReadView& view, const TeamId& team) {
  auto hint = view.unverified_record(team.bytes);
  if (!hint) return hint.error();
  if (auto decoded = decode_team(*hint)) {
    auto item = view.tree().find_current(RecordKind::team, named_key(vault(), RecordKind::team, decoded->name));
    if (!item) return item.error();
    if (*item && (*item)->id == team.bytes) return view.team(**item);
  }
  auto items = view.tree().items(RecordKind::team);
  if (!items) return items.error();
  for (const Item& item : *items) {
    if (item.id == team.bytes) return view.team(item);
  }
  return damaged_store("a team is missing");
}

const TeamKey* Vault::Impl::known_team_key(const TeamId& team, std::uint64_t generation) const {
  auto known = team_keys_.find({team, generation});
  return known == team_keys_.end() ? nullptr : &known->second;
}

Result<const TeamKey*> Vault::Impl::team_key(ReadView& view, const TeamId& team, std::uint64_t generation) {
  if (const TeamKey* known = known_team_key(team, generation)) return known;
  auto record = team_by_id(view, team);
  if (!record) return record.error();
  auto mine = std::ranges::find_if(record->grants, [&](const TeamGrant& grant) {
    return grant.identity == self_.identity && grant.generation == generation;
  });
  if (mine == record->grants.end()) {
    return Error{
        Errc::denied,
        fmt::format("this identity does not hold the key of team '{0}'; an admin can add one that does: 'vault "
                    "slot add --role reader --team {0} --name NAME'",
                    record->name)};
  }
  auto key = open_grant(self_.keys, vault(), {GrantKind::team_key, team, generation}, mine->grant);
  if (!key) return damaged_store("a team key does not open");
  return &team_keys_.emplace(std::pair(team, generation), TeamKey{std::move(*key)}).first->second;
}

Result<std::vector<TeamView>> Vault::teams() const {
  return impl_->read([&](ReadView& view) -> Result<std::vector<TeamView>> {
    auto identities = impl_->identity_names(view);
    if (!identities) return identities.error();
    const Roster& roster = impl_->header().body.roster;
    std::map<TeamId, std::uint64_t> entries;
    auto entry_items = view.tree().items(RecordKind::entry);
    if (!entry_items) return entry_items.error();
    std::erase_if(*entry_items, [](const Item& item) { return item.status != ItemStatus::live; });
    auto counted = view.each_entry(std::move(*entry_items), [&](const Item&, const EntryRecord& entry) {
      ++entries[entry.team];
      return Status{};
    });
    if (!counted) return counted.error();
    auto items = view.tree().items(RecordKind::team);
    if (!items) return items.error();
    std::vector<TeamView> teams;
    for (const Item& item : *items) {
      auto team = view.team(item);
      if (!team) return team.error();
      TeamView out{team->id, team->name, team->created, team->generation, entries[team->id], {}};
      for (const TeamGrant& grant : team->grants) {
        const bool is_member = grant.generation == team->generation && roster.open_row(grant.identity) != nullptr;
        if (is_member) out.members.push_back((*identities)[grant.identity]);
      }
      teams.push_back(std::move(out));
    }
    std::ranges::sort(teams, {}, &TeamView::name);
    return teams;
  });
}

Result<TeamView> Vault::team(std::string_view name) const {
  auto all = teams();
  if (!all) return all.error();
  auto found = std::ranges::find(*all, name, &TeamView::name);
  if (found == all->end())
    return Error{Errc::not_found, fmt::format("no team '{}'; 'vault team list' shows what there is", name)};
  return std::move(*found);
}

// ---- entries ----------------------------------------------------------------------------------------------------------

namespace {

HotKey hot_key(const Label& label, const GetOptions& options) { return {label.text(), options.field, options.version}; }

// Judged by the clock of this moment, then opened.
Result<SecretValue> answer(const HotValue& hot, const TeamKey* key, const GetOptions& options, Time now) {
  if (auto alive = check_life(hot.life, options, now); !alive) return alive.error();
  SecretValue value{{}, hot.field, hot.version, hot.life.expires_at};
  if (!hot.secret) {
    value.bytes = SecretBuffer::copy(hot.stored);
    return value;
  }
  auto opened = unwrap_secret(key->bytes.expose(), hot.aad, hot.stored);
  if (!opened) return damaged_store("a field does not open under its team's key");
  value.bytes = std::move(*opened);
  return value;
}

// Of what was verified before, and holds still.
std::optional<Result<SecretValue>> get_hot(Vault::Impl& vault, const Label& label, const GetOptions& options) {
  const HotValue* hot = vault.hot_values().find(hot_key(label, options));
  if (hot == nullptr) return std::nullopt;
  const TeamKey* key = hot->secret ? vault.known_team_key(hot->team, hot->generation) : nullptr;
  if (hot->secret && key == nullptr) return std::nullopt;
  return answer(*hot, key, options, vault.now());
}

// Down from the head to one field of one version.
Result<HotValue> find_value(ReadView& view, const Label& label, const GetOptions& options, Time now) {
  auto item = find_entry(view, label);
  if (!item) return item.error();
  auto entry = view.entry(*item);
  if (!entry) return entry.error();
  auto number = choose_version(*entry, *item, options.version);
  if (!number) return number.error();
  const VersionEntry& listed = entry->versions[*number - 1];
  auto version = view.version(*entry, listed);
  if (!version) return version.error();
  auto field = choose_field(*version, options.field);
  if (!field) return field.error();
  if (auto alive = check_life(listed.life, options, now); !alive) return alive.error();
  auto stored = view.field(*version, **field);
  if (!stored) return stored.error();
  const StoredField& found = **field;
  HotValue value{found.name, *number, listed.life, found.secret, entry->team, found.generation, {}, std::move(*stored)};
  if (found.secret)
    value.aad = field_aad(view.vault(), entry->id, version->id, found.name, entry->team, found.generation);
  return value;
}

Result<SecretValue> get_one(Vault::Impl& vault, ReadView& view, const Label& label, const GetOptions& options) {
  if (auto hot = get_hot(vault, label, options)) return std::move(*hot);
  const Time now = vault.now();
  auto found = find_value(view, label, options, now);
  if (!found) return found.error();
  const TeamKey* key = nullptr;
  if (found->secret) {
    auto held = vault.team_key(view, found->team, found->generation);
    if (!held) return held.error();
    key = *held;
  }
  auto value = answer(*found, key, options, now);
  if (value) vault.hot_values().put(hot_key(label, options), std::move(*found));
  return value;
}

}  // namespace

Result<SecretValue> Vault::get(const Label& label, const GetOptions& options) const {
  auto value = impl_->read_unless([&] { return get_hot(*impl_, label, options); },
                                  [&](ReadView& view) { return get_one(*impl_, view, label, options); });
  if (!value) return doing(fmt::format("get {}", label.text()), value.error());
  return value;
}

Result<std::vector<SecretValue>> Vault::get_all(const std::vector<Label>& labels, const GetOptions& options) const {
  if (labels.empty()) return std::vector<SecretValue>{};
  std::vector<SecretValue> values;
  Status got = impl_->read([&](ReadView& view) -> Status {
    while (values.size() < labels.size()) {
      auto value = get_one(*impl_, view, labels[values.size()], options);
      if (!value) return value.error();
      values.push_back(std::move(*value));
    }
    return {};
  });
  if (!got) return doing(fmt::format("get {}", labels[values.size()].text()), got.error());
  return values;
}

Result<std::vector<EntryView>> Vault::list(const Selection& selection) const {
  return impl_->read([&](ReadView& view) -> Result<std::vector<EntryView>> {
    auto items = view.tree().items(RecordKind::entry);
    if (!items) return items.error();
    std::erase_if(*items, [](const Item& item) { return item.status == ItemStatus::alias; });
    auto entries = EntryViews(*impl_, view, EntryViews::Depth::current_versions).read(std::move(*items), &selection);
    if (entries) sort_entries(*entries, selection.sort);
    return entries;
  });
}

Result<std::vector<EntryView>> Vault::Impl::show_all(ReadView& view, std::vector<Item> items) {
  return EntryViews(*this, view, EntryViews::Depth::everything).read(std::move(items), nullptr);
}

Result<EntryView> Vault::Impl::show(ReadView& view, const Label& label) {
  auto item = find_entry(view, label);
  if (!item) return item.error();
  auto shown = show_all(view, {*item});
  if (!shown) return shown.error();
  return std::move(shown->front());
}

Result<EntryView> Vault::show(const Label& label) const {
  auto shown = impl_->read([&](ReadView& view) { return impl_->show(view, label); });
  if (!shown) return doing(fmt::format("show {}", label.text()), shown.error());
  return shown;
}

// ---- status -----------------------------------------------------------------------------------------------------------

Result<VaultStatus> Vault::status() const {
  return impl_->read([&](ReadView& view) -> Result<VaultStatus> {
    const HeaderBody& body = impl_->header().body;
    const Commit& head = view.head().commit;
    VaultStatus out;
    out.dir = impl_->dir();
    out.id = body.vault;
    out.suite = kSuite;
    out.epoch = body.epoch;
    out.header_sequence = impl_->header().sequence;
    out.header_from_copy = impl_->header_is_copy();
    out.head_sequence = head.sequence;
    out.head_hash = view.head().hash;
    out.head_time = head.time;
    auto live = [&](RecordKind kind) { return head.subtrees.contains(kind) ? head.subtrees.at(kind).live : 0; };
    out.entries = live(RecordKind::entry);
    out.teams = live(RecordKind::team);
    out.role = impl_->self().role;
    out.rollback_guard = impl_->guard();
    out.rollbacks = head.rollbacks;
    out.slots = impl_->header().slots.size();
    out.sqlcipher_version = impl_->store().sqlcipher_version();
    out.memory_locked = Arena::instance().locked();
    out.network_file_system = network_file_system(impl_->platform().files, impl_->dir());
    auto own = view.tree().find_current(RecordKind::identity, identity_key(impl_->vault(), impl_->self().identity));
    if (!own) return own.error();
    auto policy = view.tree().find_current(RecordKind::policy, named_key(impl_->vault(), RecordKind::policy, "audit"));
    if (!policy) return policy.error();
    if (!*own || !*policy) return damaged_store("the own identity or the audit policy is missing");
    auto identity_bytes = view.record(**own);
    if (!identity_bytes) return identity_bytes.error();
    auto policy_bytes = view.record(**policy);
    if (!policy_bytes) return policy_bytes.error();
    auto identity = decode_identity(*identity_bytes);
    auto audit = decode_policy(*policy_bytes);
    if (!identity || !audit) return damaged_store("the own identity or the audit policy is not well-formed");
    out.identity = identity->name;
    out.audit_policy = audit->value;
    return out;
  });
}

}  // namespace vault

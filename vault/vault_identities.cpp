#include <fmt/format.h>

#include <set>

#include "vault/base/limits.hpp"
#include "vault/session.hpp"

namespace vault {
namespace {

// The same team with other grants, in place of its record.
void put_team(Change& change, const Item& item, TeamRecord team, const VaultId& vault) {
  team.parent = item.value;
  RecordWrite write{item.id, false, encode(team)};
  Item changed = item;
  changed.value = record_hash(write.bytes, vault);
  change.items.push_back({RecordKind::team, false, changed});
  change.records.push_back(std::move(write));
}

}  // namespace

Result<std::map<IdentityId, std::string>> Vault::Impl::identity_names(ReadView& view) {
  auto items = view.tree().items(RecordKind::identity);
  if (!items) return items.error();
  std::map<IdentityId, std::string> names;
  for (const Item& item : *items) {
    auto bytes = view.record(item);
    if (!bytes) return bytes.error();
    auto identity = decode_identity(*bytes);
    if (!identity || identity->id.bytes != item.id)
      return Error{Errc::corrupt, "the vault's store is damaged: an identity's record is not well-formed"};
    names[identity->id] = std::move(identity->name);
  }
  return names;
}

// ---- one in -----------------------------------------------------------------------------------------------------------

namespace {

// Everything a new identity needs, made inside the write, where what it looks up cannot change.
class IdentityAddition {
 public:
  IdentityAddition(Vault::Impl& vault, const NewIdentity& wanted, std::string name, std::set<std::string> teams)
      : vault_(vault), wanted_(wanted), name_(std::move(name)), teams_(std::move(teams)) {}

  Status prepare(ReadView& store, Vault::Impl::IdentityChange& next) {
    if (auto free = check_room(store, next.header); !free) return free;
    auto id = random_id<IdentityId>(random());
    if (!id) return id.error();
    SecretBuffer seed(kKeySize);
    if (auto filled = random().fill(seed.expose_for_writing()); !filled) return filled;
    const SlotPayload payload{{std::move(seed)}, vault_.self().root_admin};
    const IdentityKeys keys(payload.seed, vault_.vault());
    id_ = *id;
    // First what the store says of it: without the header nobody has its key. Then the header; its commit is the second from here.
    const std::uint64_t from = store.head().commit.sequence + 2;
    if (auto record = write_records(store, keys, next.before.emplace()); !record) return record;
    next.header.body.roster.rows.push_back({id_, keys.signing(), keys.sealing(), wanted_.role, from, false, 0, {}});
    if (auto granted = grant_vault_key(next.header.body, keys); !granted) return granted;
    return seal(next.header, keys, payload);
  }

  SlotView view;

 private:
  Random& random() const { return vault_.platform().random; }

  Status check_room(ReadView& store, const Header& header) {
    if (header.slots.size() >= limits::slots)
      return Error{Errc::limit, fmt::format("a vault has at most {} slots", limits::slots)};
    const Roster& roster = header.body.roster;
    if (roster.rows.size() >= limits::identities)
      return Error{Errc::limit,
                   fmt::format("a vault has at most {} identities, with those that it had", limits::identities)};
    if (std::ranges::find(header.slots, name_, &Slot::name) != header.slots.end())
      return Error{Errc::conflict, fmt::format("there is a slot '{}' already", name_)};
    auto names = vault_.identity_names(store);
    if (!names) return names.error();
    const bool used = std::ranges::any_of(
        *names, [&](const auto& known) { return known.second == name_ && roster.open_row(known.first) != nullptr; });
    if (used) return Error{Errc::conflict, fmt::format("there is an identity '{}' already", name_)};
    return {};
  }

  Status write_records(ReadView& store, const IdentityKeys& keys, Change& change) {
    change.operation = "slot add";
    const IdentityRecord record{id_, name_, {}, vault_.now(), ""};
    put_new(change, RecordKind::identity, identity_key(vault_.vault(), id_), record, vault_.vault());
    for (const std::string& team : teams_) {
      if (auto granted = grant_team(store, team, keys, change); !granted) return granted;
    }
    return {};
  }

  // Every generation of the team's key that the admin holds: older fields are wrapped under older ones.
  Status grant_team(ReadView& store, const std::string& name, const IdentityKeys& keys, Change& change) {
    const VaultId& vault = vault_.vault();
    auto item = store.tree().find_current(RecordKind::team, named_key(vault, RecordKind::team, name));
    if (!item) return item.error();
    if (!*item) return Error{Errc::not_found, fmt::format("no team '{}'; 'vault team list' shows what there is", name)};
    auto team = store.team(**item);
    if (!team) return team.error();
    std::vector<TeamGrant> mine;
    std::ranges::copy_if(team->grants, std::back_inserter(mine),
                         [&](const TeamGrant& grant) { return grant.identity == vault_.self().identity; });
    if (team->grants.size() + mine.size() > limits::team_grants)
      return Error{Errc::limit, fmt::format("team '{}' has too many readers", name)};
    for (const TeamGrant& own : mine) {
      auto key = vault_.team_key(store, team->id, own.generation);
      if (!key) return key.error();
      auto grant = seal_grant(keys.sealing(), vault, {GrantKind::team_key, team->id, own.generation},
                              (*key)->bytes.expose(), random());
      if (!grant) return grant.error();
      team->grants.push_back({id_, own.generation, *grant});
    }
    put_team(change, **item, std::move(*team), vault);
    return {};
  }

  Status grant_vault_key(HeaderBody& body, const IdentityKeys& keys) {
    auto grant = seal_grant(keys.sealing(), body.vault, {GrantKind::vault_key, {}, body.epoch},
                            vault_.self().vault_key.bytes.expose(), random());
    if (!grant) return grant.error();
    body.vault_key_grants.push_back({id_, *grant});
    return {};
  }

  Status seal(Header& header, const IdentityKeys& keys, const SlotPayload& payload) {
    auto slot_id = random_id<SlotId>(random());
    if (!slot_id) return slot_id.error();
    auto sealed =
        seal_slot(vault_.vault(), id_, keys, payload, name_, wanted_.slot.factors, 1, *slot_id, vault_.now(), random());
    if (!sealed) return sealed.error();
    view = slot_view(header, *sealed);
    view.identity_name = name_;
    header.slots.push_back(std::move(*sealed));
    return {};
  }

  Vault::Impl& vault_;
  const NewIdentity& wanted_;
  std::string name_;
  std::set<std::string> teams_;
  IdentityId id_;
};

Result<std::set<std::string>> team_names_of(const NewIdentity& wanted) {
  switch (wanted.role) {
    case Role::metadata:
      if (!wanted.teams.empty())
        return Error{Errc::usage, "a metadata identity opens no team's fields: --team goes with --role reader"};
      break;
    case Role::reader:
      if (wanted.teams.empty()) return Error{Errc::usage, "a reader reads the fields of teams: name them with --team"};
      break;
    case Role::admin: return Error{Errc::usage, "a new identity is metadata or reader"};
  }
  std::set<std::string> names;
  for (const std::string& team : wanted.teams) {
    auto name = parse_name("team", team);
    if (!name) return name.error();
    names.insert(*name);
  }
  return names;
}

}  // namespace

Result<SlotView> Vault::add_identity(const NewIdentity& identity) {
  auto name = parse_name("slot", identity.slot.name);
  if (!name) return doing("slot add", name.error());
  auto teams = team_names_of(identity);
  if (!teams) return doing("slot add", teams.error());
  IdentityAddition addition(*impl_, identity, std::move(*name), std::move(*teams));
  auto done = impl_->write_identities("slot add", Impl::Right::admin, [&](ReadView& store, Impl::IdentityChange& next) {
    return addition.prepare(store, next);
  });
  if (!done) return doing("slot add", done.error());
  return std::move(addition.view);
}

// ---- one out ----------------------------------------------------------------------------------------------------------

// Its record stays: the history names it.
Status close_identity(ReadView& store, Vault::Impl::IdentityChange& next, const IdentityId& identity) {
  HeaderBody& body = next.header.body;
  for (RosterRow& row : body.roster.rows) {
    if (row.id != identity || row.closed) continue;
    row.closed = true;
    row.to = store.head().commit.sequence;
    row.to_hash = store.head().hash;
  }
  std::erase_if(body.vault_key_grants, [&](const VaultKeyGrant& grant) { return grant.identity == identity; });
  auto teams = store.tree().items(RecordKind::team);
  if (!teams) return teams.error();
  for (const Item& item : *teams) {
    auto team = store.team(item);
    if (!team) return team.error();
    if (std::erase_if(team->grants, [&](const TeamGrant& grant) { return grant.identity == identity; }) == 0) continue;
    put_team(next.naming, item, std::move(*team), store.vault());
  }
  return {};
}

}  // namespace vault

#include "vault/entries.hpp"

#include <fmt/format.h>

#include "vault/base/limits.hpp"
#include "vault/base/writer.hpp"
#include "vault/store/rows.hpp"

namespace vault {
namespace {

// Of several destroyed entries that had a label one after the other, the one that was changed last.
Result<Item> newest(ReadView& view, const std::vector<Item>& tombstones) {
  if (tombstones.size() == 1) return tombstones.front();
  std::pair<Time, ByteArray<16>> last{};
  Item found;
  for (const Item& item : tombstones) {
    auto entry = view.entry(item);
    if (!entry) return entry.error();
    if (std::pair(entry->changed, item.id) < last) continue;
    last = {entry->changed, item.id};
    found = item;
  }
  return found;
}

// Where an alias leads: the item of the same entry at its present label.
Result<Item> follow(ReadView& view, const Item& alias) {
  auto items = view.tree().find(RecordKind::entry, alias.value);
  if (!items) return items.error();
  auto target = std::ranges::find(*items, alias.id, &Item::id);
  if (target == items->end() || target->status == ItemStatus::alias) return damaged_store("an alias leads nowhere");
  return *target;
}

const Item* with_status(const std::vector<Item>& items, ItemStatus status) {
  auto found = std::ranges::find(items, status, &Item::status);
  return found == items.end() ? nullptr : &*found;
}

Error conflict(std::string message) { return {Errc::conflict, std::move(message)}; }

// What keeps a label from being used again. `items` are all there is at its key.
Status why_used(ReadView& view, const Label& label, const std::vector<Item>& items, bool beside_tombstones) {
  if (with_status(items, ItemStatus::live) != nullptr)
    return conflict(fmt::format("the label is used already; 'vault show {}' shows by what", label.text()));
  if (with_status(items, ItemStatus::hidden) != nullptr) {
    return conflict(
        fmt::format("the label is that of a removed entry; 'vault undelete {}' brings it back", label.text()));
  }
  if (const Item* alias = with_status(items, ItemStatus::alias); alias != nullptr) {
    auto target = follow(view, *alias);
    if (!target) return target.error();
    auto entry = view.entry(*target);
    if (!entry) return entry.error();
    return conflict(fmt::format("the label still leads to {}, which had it before", entry->label.text()));
  }
  if (items.empty() || beside_tombstones) return {};
  return conflict("the label is that of a destroyed entry; 'vault add --replace-tombstone' uses it again");
}

template <class Record>
std::optional<RecordPlace> placed(const std::optional<Record>& record, const Digest& key) {
  if (!record) return std::nullopt;
  return RecordPlace{record->id.bytes, key, record->name};
}

template <class Record>
std::optional<RecordPlace> placed_by_name(RecordKind kind, const std::optional<Record>& record, const VaultId& vault) {
  return placed(record, record ? named_key(vault, kind, record->name) : Digest{});
}

}  // namespace

// ---- finding ----------------------------------------------------------------------------------------------------------

Result<Item> find_entry(ReadView& view, const Label& label) {
  auto items = view.tree().find(RecordKind::entry, entry_key(view.vault(), label.text()));
  if (!items) return items.error();
  std::vector<Item> tombstones;
  for (const Item& item : *items) {
    if (item.is_current()) return item;
    if (item.status == ItemStatus::tombstone) tombstones.push_back(item);
  }
  for (const Item& item : *items) {
    if (item.status != ItemStatus::alias) continue;
    auto target = follow(view, item);
    if (!target) return target.error();
    if (target->is_current()) return *target;
    tombstones.push_back(*target);
  }
  if (!tombstones.empty()) return newest(view, tombstones);
  return Error{Errc::not_found, "no entry has this label; 'vault list' shows those there are"};
}

Result<FoundEntry> entry_of_version(ReadView& view, const Item& pointer) {
  auto items = view.tree().find(RecordKind::entry, pointer.value);
  if (!items) return items.error();
  for (const Item& item : *items) {
    if (item.status == ItemStatus::alias) continue;
    auto entry = view.entry(item);
    if (!entry) return entry.error();
    if (entry->version({pointer.id}) != nullptr) return FoundEntry{item, std::move(*entry)};
  }
  return damaged_store("a fingerprint leads to no entry");
}

Status check_label_is_free(ReadView& view, const Label& label, const std::optional<EntryId>& own,
                           bool beside_tombstones) {
  auto items = view.tree().find(RecordKind::entry, entry_key(view.vault(), label.text()));
  if (!items) return items.error();
  // A former label of its own: whatever else lies there did so when the entry had the label.
  const bool was_own = own && std::ranges::find(*items, own->bytes, &Item::id) != items->end();
  if (was_own) return {};
  return why_used(view, label, *items, beside_tombstones);
}

Status check_room(const ReadView& view, std::uint64_t more) {
  const Subtrees& subtrees = view.head().commit.subtrees;
  const std::uint64_t there = subtrees.contains(RecordKind::entry) ? subtrees.at(RecordKind::entry).live : 0;
  if (there + more <= limits::entries) return {};
  return Error{Errc::limit,
               fmt::format("a vault holds at most {} entries; --dir DIR makes a second one", limits::entries)};
}

std::optional<RecordPlace> place_of(RecordKind kind, ByteView bytes, const VaultId& vault) {
  switch (kind) {
    case RecordKind::entry: {
      auto record = decode_entry(bytes);
      if (!record) return std::nullopt;
      return RecordPlace{record->id.bytes, entry_key(vault, record->label.text()), record->label.text()};
    }
    case RecordKind::issuer: return placed_by_name(kind, decode_issuer(bytes), vault);
    case RecordKind::account: {
      auto record = decode_account(bytes);
      return placed(record, record ? account_key(vault, record->issuer, record->name) : Digest{});
    }
    case RecordKind::team: return placed_by_name(kind, decode_team(bytes), vault);
    case RecordKind::identity: {
      auto record = decode_identity(bytes);
      return placed(record, record ? identity_key(vault, record->id) : Digest{});
    }
    case RecordKind::policy: return placed_by_name(kind, decode_policy(bytes), vault);
    case RecordKind::mint:
    case RecordKind::fingerprint: break;
  }
  return std::nullopt;
}

// ---- fields -----------------------------------------------------------------------------------------------------------

Bytes field_aad(const VaultId& vault, const EntryId& entry, const VersionId& version, std::string_view field,
                const TeamId& team, std::uint64_t generation) {
  return Writer()
      .string("field")
      .u16(kSuite)
      .id(vault)
      .id(entry)
      .id(version)
      .string(field)
      .boolean(true)
      .id(team)
      .u64(generation)
      .take();
}

Result<SecretBuffer> open_field(Vault::Impl& vault, ReadView& view, const TeamId& team, const VersionRecord& version,
                                const StoredField& field, ByteView stored) {
  auto key = vault.team_key(view, team, field.generation);
  if (!key) return key.error();
  const Bytes aad = field_aad(vault.vault(), version.entry, version.id, field.name, team, field.generation);
  auto plaintext = unwrap_secret((*key)->bytes.expose(), aad, stored);
  if (!plaintext) return damaged_store("a field does not open under its team's key");
  return std::move(*plaintext);
}

Result<Bytes> seal_field(const VaultId& vault, const VersionRecord& version, const Owner& owner, StoredField& field,
                         ByteView value, Random& random) {
  Bytes bytes(value.begin(), field.secret ? value.begin() : value.end());
  field.generation = field.secret ? owner.generation : 0;
  if (field.secret) {
    const Bytes aad = field_aad(vault, version.entry, version.id, field.name, owner.id, owner.generation);
    auto sealed = wrap_secret(owner.key->bytes.expose(), aad, value, random);
    if (!sealed) return sealed.error();
    bytes = std::move(*sealed);
  }
  field.digest = field_digest(field, bytes, vault);
  return bytes;
}

// ---- changing ---------------------------------------------------------------------------------------------------------

Result<Owner> OwnersOfChange::find_or_make(const std::string& team, Change& change, bool& made) {
  made = false;
  if (auto known = owners_.find(team); known != owners_.end()) return known->second;
  const Digest key = named_key(vault_.vault(), RecordKind::team, team);
  auto item = view_.tree().find_current(RecordKind::team, key);
  if (!item) return item.error();
  auto owner = *item ? known(**item) : make(team, key, change);
  if (!owner) return owner.error();
  made = !*item;
  return owners_.emplace(team, *owner).first->second;
}

Result<Owner> OwnersOfChange::known(const Item& item) {
  auto team = view_.team(item);
  if (!team) return team.error();
  auto key = vault_.team_key(view_, team->id, team->generation);
  if (!key) return key.error();
  return Owner{team->id, team->generation, *key};
}

Result<Owner> OwnersOfChange::make(const std::string& name, const Digest& key, Change& change) {
  TeamKey& team_key = new_keys_.emplace_back();
  auto team = make_team(name, vault_.header(), now_, vault_.platform().random, team_key);
  if (!team) return team.error();
  put_new(change, RecordKind::team, key, *team, vault_.vault());
  return Owner{team->id, team->generation, &team_key};
}

bool is_storable(Time time) { return time >= Time{} && time <= kLastTime; }

Status normalise_name(std::string_view what, std::string& name) {
  auto parsed = parse_name(what, name);
  if (!parsed) return parsed.error();
  name = std::move(*parsed);
  return {};
}

Status normalise_attributes(std::map<std::string, std::string>& attributes) {
  if (attributes.size() > limits::attributes)
    return Error{Errc::limit, fmt::format("an entry holds at most {} attributes; leave some out", limits::attributes)};
  std::map<std::string, std::string> normal;
  for (const auto& [key, value] : attributes) {
    auto parsed = parse_name("attribute", key);
    if (!parsed) return parsed.error();
    if (value.size() > limits::attribute_value_bytes) {
      return Error{Errc::limit, fmt::format("attribute '{}' is longer than {} bytes; a note holds more", *parsed,
                                            limits::attribute_value_bytes)};
    }
    if (auto text = parse_note(value); !text) return doing(fmt::format("attribute '{}'", *parsed), text.error());
    if (!normal.emplace(*parsed, value).second)
      return Error{Errc::usage, fmt::format("attribute '{}' is given twice", *parsed)};
  }
  attributes = std::move(normal);
  return {};
}

}  // namespace vault

#include <fmt/format.h>

#include "vault/entries.hpp"
#include "vault/new_vault.hpp"

namespace vault {
namespace {

constexpr std::string_view kMintSalt =
    "mint-salt";  // a policy: the salt of minted tokens' verifiers, where it is not the vault's id

// Everything a vault holds, as the first change of another one. Ids of entries, versions and teams stay; whatever is bound to the vault's id (seals,
// digests, key hashes) is made anew. Identities stay behind: the new vault has one admin.
class CloneChange {
 public:
  CloneChange(Vault::Impl& source, ReadView& view, const NewVault& made, const Vault::Progress& progress)
      : source_(source), view_(view), made_(made), progress_(progress), id_(made.header.body.vault) {}

  Result<Change> run() {
    change_.operation = "clone";
    change_.kind = CommitKind::clone;
    change_.payload = encode(Origin{source_.vault(), view_.head().hash});
    add_root();
    for (auto copy : {&CloneChange::copy_teams, &CloneChange::copy_issuers, &CloneChange::copy_accounts,
                      &CloneChange::copy_policies, &CloneChange::copy_entries, &CloneChange::check_minted}) {
      if (auto copied = (this->*copy)(); !copied) return copied.error();
    }
    return std::move(change_);
  }

 private:
  void add_root() {
    IdentityRecord root{made_.root.identity, "root", {}, made_.platform.clock.now(), ""};
    put_new(change_, RecordKind::identity, identity_key(id_, root.id), root, id_);
  }

  Status copy_teams() {
    auto items = view_.tree().items(RecordKind::team);
    if (!items) return items.error();
    for (const Item& item : *items) {
      auto team = view_.team(item);
      if (!team) return team.error();
      TeamKey& key = team_keys_[team->id];
      auto fresh = make_team(team->name, made_.header, team->created, made_.platform.random, key, team->id);
      if (!fresh) return fresh.error();
      owners_[fresh->id] = {fresh->id, fresh->generation, &key};
      put(RecordKind::team, named_key(id_, RecordKind::team, fresh->name), item, *fresh);
    }
    return {};
  }

  Status copy_issuers() {
    return copy_records(RecordKind::issuer, decode_issuer,
                        [&](const IssuerRecord& issuer) { return named_key(id_, RecordKind::issuer, issuer.name); });
  }
  Status copy_accounts() {
    return copy_records(RecordKind::account, decode_account,
                        [&](const AccountRecord& account) { return account_key(id_, account.issuer, account.name); });
  }

  Status copy_policies() {
    bool salted = false;
    auto copied = copy_records(RecordKind::policy, decode_policy, [&](const PolicyRecord& policy) {
      salted |= policy.name == kMintSalt;
      return named_key(id_, RecordKind::policy, policy.name);
    });
    if (!copied || salted) return copied;
    auto record_id = random_id<ObjectId>(made_.platform.random);
    if (!record_id) return record_id.error();
    PolicyRecord salt{
        *record_id, std::string(kMintSalt), {}, made_.platform.clock.now(), to_hex(source_.vault().bytes)};
    put_new(change_, RecordKind::policy, named_key(id_, RecordKind::policy, salt.name), salt, id_);
    return {};
  }

  template <class Decode, class KeyOf>
  Status copy_records(RecordKind kind, Decode decode, KeyOf key_of) {
    auto items = view_.tree().items(kind);
    if (!items) return items.error();
    for (const Item& item : *items) {
      auto bytes = view_.record(item);
      if (!bytes) return bytes.error();
      auto record = decode(*bytes);
      if (!record)
        return Error{Errc::corrupt, fmt::format("a record of kind {} is not well-formed", static_cast<int>(kind))};
      record->parent = {};
      put(kind, key_of(*record), item, *record);
    }
    return {};
  }

  // A record in the new vault, with the status that it has in the old one.
  template <class Record>
  void put(RecordKind kind, const Digest& key, const Item& old, const Record& record) {
    RecordWrite write{record.id.bytes, true, encode(record)};
    change_.items.push_back({kind, false, {key, record.id.bytes, old.status, record_hash(write.bytes, id_)}});
    change_.records.push_back(std::move(write));
  }

  Status copy_entries() {
    auto items = view_.tree().items(RecordKind::entry);
    if (!items) return items.error();
    std::uint64_t done = 0;
    for (const Item& item : *items) {
      if (progress_) progress_(++done, items->size());
      if (item.status == ItemStatus::alias) continue;  // made from the former labels
      if (auto copied = copy_entry(item); !copied) return copied;
    }
    return {};
  }

  Status copy_entry(const Item& item) {
    auto entry = view_.entry(item);
    if (!entry) return entry.error();
    const Digest key = entry_key(id_, entry->label.text());
    for (VersionEntry& listed : entry->versions) {
      if (auto copied = copy_version(*entry, listed, key); !copied) return copied;
    }
    for (const Label& former : entry->former_labels) {
      const Item alias{entry_key(id_, former.text()), entry->id.bytes, ItemStatus::alias, key};
      change_.items.push_back({RecordKind::entry, false, alias});
    }
    entry->parent = {};
    put(RecordKind::entry, key, item, *entry);
    return {};
  }

  Status copy_version(const EntryRecord& entry, VersionEntry& listed, const Digest& entry_key) {
    auto version = view_.version(entry, listed);
    if (!version) return version.error();
    auto stored = view_.fields(*version, listed.life.destroyed);
    if (!stored) return stored.error();
    for (std::size_t i = 0; i < stored->size(); ++i) {
      StoredField& field = version->fields[i];
      if (field.secret && listed.life.destroyed) continue;  // nothing is left of it but a digest
      if (auto copied = copy_field(entry, *version, field, (*stored)[i]); !copied) return copied;
    }
    if (version->fingerprint) {
      const Digest key = fingerprint_key(id_, *version->fingerprint);
      change_.items.push_back({RecordKind::fingerprint, false, {key, version->id.bytes, ItemStatus::live, entry_key}});
    }
    VersionWrite write{version->id, encode(*version), encode_field_values(*stored)};
    listed.digest = version_digest(write.version, id_);
    change_.versions.push_back(std::move(write));
    return {};
  }

  Status copy_field(const EntryRecord& entry, const VersionRecord& version, StoredField& field, Bytes& stored) {
    if (!field.secret) {
      field.digest = field_digest(field, stored, id_);
      return {};
    }
    auto value = open_field(source_, view_, entry.team, version, field, stored);
    if (!value) return value.error();
    auto sealed = seal_field(id_, version, owners_.at(entry.team), field, value->expose(), made_.platform.random);
    if (!sealed) return sealed.error();
    stored = std::move(*sealed);
    return {};
  }

  // Their places follow from the tokens' own ids, which nobody keeps.
  Status check_minted() {
    if (!view_.head().commit.subtrees.contains(RecordKind::mint)) return {};
    return Error{Errc::unsupported, "this vault has tokens minted by a newer version: use that"};
  }

  Vault::Impl& source_;
  ReadView& view_;
  const NewVault& made_;
  const Vault::Progress& progress_;
  VaultId id_;
  std::map<TeamId, TeamKey> team_keys_;
  std::map<TeamId, Owner> owners_;
  Change change_;
};

}  // namespace

Result<Vault> Vault::clone(const fs::path& dir, const NewSlot& slot, const Progress& progress) const {
  const Platform& platform = impl_->platform();
  Status made = impl_->read([&](ReadView&) -> Status {
    if (impl_->self().role != Role::admin) return Error{Errc::denied, "only an admin holds all that a clone needs"};
    if (!impl_->fingerprint_key()) return Error{Errc::corrupt, "this admin's fingerprint key does not open"};
    return {};
  });
  // The source is read, and its writers wait, only once the new slot's Argon2 is done.
  if (made) {
    made = create_vault(dir, {slot}, &*impl_->fingerprint_key(), platform, [&](const NewVault& fresh) {
      return impl_->read([&](ReadView& view) { return CloneChange(*impl_, view, fresh, progress).run(); });
    });
  }
  if (!made) return doing("clone", made.error());
  return open(dir, {slot.factors, ""}, platform);
}

}  // namespace vault

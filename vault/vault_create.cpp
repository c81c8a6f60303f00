#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "vault/base/file_system.hpp"
#include "vault/crypto/init.hpp"
#include "vault/model/issuer.hpp"
#include "vault/new_vault.hpp"

namespace vault {
namespace {

constexpr std::chrono::seconds kInitWait{5};
constexpr std::string_view kFirstTeam = "default";

// Files of ours that an interrupted `init` can leave: without a header they are nothing. (`header.2` is written after `header`: where it
// is, there was a vault.)
constexpr std::string_view kStrays[] = {"header.new", "header.2.new", "store-1.db", "store-1.db-journal"};

// Neither its locks nor the order of its writes can be relied on there (docs/DECISIONS.md).
Error on_network_file_system(const fs::path& dir, std::string_view kind) {
  return {Errc::unsupported, fmt::format("{} lies on a network file system ({}), where a vault can be damaged by two "
                                         "writers or a lost connection; name a directory on a local disk with --dir",
                                         dir.string(), kind)};
}

bool is_ours(std::string_view name) { return name == "lock" || std::ranges::find(kStrays, name) != std::end(kStrays); }

// The directory has nothing but what an interrupted `init` can have left.
Status check_for_init(Files& files, const fs::path& dir) {
  FileInfo info{};
  for (const char* header : {"header", "header.2"}) {
    if (files.stat(dir / header, info) == 0)
      return Error{Errc::conflict, fmt::format("there is a vault at {} already", dir.string())};
    if (errno != ENOENT) return system_error("look at", dir / header, errno);
  }
  auto names = list_directory(dir);
  if (!names) return names.error();
  if (std::ranges::all_of(*names, is_ours)) return {};
  return Error{Errc::conflict,
               fmt::format("{} has other files in it: name an empty or new directory with --dir", dir.string())};
}

Result<Roster> first_roster(const VaultId& vault, const IdentityId& id, const IdentityKeys& keys) {
  Roster roster;
  roster.rows.push_back({id, keys.signing(), keys.sealing(), Role::admin, 1, false, 0, {}});
  roster.admin_signature = keys.sign(SignedType::admin_list, vault, encode_admin_list(roster));
  return roster;
}

// Grants of the vault key, the fingerprint key and the audit secret to the first admin.
Status add_grants(HeaderBody& body, const IdentityId& id, const IdentityKeys& keys, const VaultKey& vault_key,
                  const FingerprintKey& fingerprint_key, Random& random) {
  auto audit = new_sealing_key(random);
  if (!audit) return audit.error();
  body.audit_key = audit->public_key;
  auto vk =
      seal_grant(keys.sealing(), body.vault, {GrantKind::vault_key, {}, body.epoch}, vault_key.bytes.expose(), random);
  auto fk = seal_grant(keys.sealing(), body.vault, {GrantKind::fingerprint_key, {}, 1}, fingerprint_key.bytes.expose(),
                       random);
  auto secret = seal_grant(keys.sealing(), body.vault, {GrantKind::audit_secret, {}, body.audit_key_number},
                           audit->secret.expose(), random);
  if (!vk) return vk.error();
  if (!fk) return fk.error();
  if (!secret) return secret.error();
  body.vault_key_grants.push_back({id, *vk});
  body.admin_grants.push_back({id, *fk, *secret});
  return {};
}

// One more slot of the root admin.
Status add_slot(Header& header, const IdentityId& root, const IdentityKeys& keys, const SlotPayload& payload,
                const NewSlot& slot, const Platform& platform) {
  auto name = parse_name("slot", slot.name);
  if (!name) return name.error();
  if (std::ranges::find(header.slots, *name, &Slot::name) != header.slots.end())
    return Error{Errc::conflict, fmt::format("two slots cannot both be '{}'", *name)};
  auto id = random_id<SlotId>(platform.random);
  if (!id) return id.error();
  auto sealed = seal_slot(header.body.vault, root, keys, payload, *name, slot.factors, header.slots.size() + 1, *id,
                          platform.clock.now(), platform.random);
  if (!sealed) return sealed.error();
  header.slots.push_back(std::move(*sealed));
  return {};
}

Result<NewVault> make_vault(const std::vector<NewSlot>& slots, const FingerprintKey* kept, const Platform& platform) {
  Random& random = platform.random;
  auto vault = random_id<VaultId>(random);
  if (!vault) return vault.error();
  auto identity = random_id<IdentityId>(random);
  if (!identity) return identity.error();
  auto seed = random_key(random);
  if (!seed) return seed.error();
  auto vk = random_key(random);
  if (!vk) return vk.error();
  auto fk = kept != nullptr ? SecretBuffer::copy(kept->bytes.expose()) : random_key(random);
  if (!fk) return fk.error();

  SlotPayload payload{{std::move(*seed)}, {}};
  IdentityKeys keys(payload.seed, *vault);
  payload.root_admin = keys.signing();
  VaultKey vault_key{std::move(*vk)};
  FingerprintKey fingerprint_key{std::move(*fk)};

  Header header;
  header.body.vault = *vault;
  header.body.store_name = store_name(header.body.epoch);
  auto roster = first_roster(*vault, *identity, keys);
  if (!roster) return roster.error();
  header.body.roster = *roster;
  if (auto granted = add_grants(header.body, *identity, keys, vault_key, fingerprint_key, random); !granted)
    return granted.error();
  header.body_bytes = encode(header.body);
  header.author = keys.signing();
  header.body_signature = keys.sign(SignedType::body, *vault, header.body_bytes);
  for (const NewSlot& slot : slots) {
    if (auto added = add_slot(header, *identity, keys, payload, slot, platform); !added) return added.error();
  }
  header.mac = header_mac(vault_key, header);
  Unlocked root{header.slots.front().id, *identity,          Role::admin,         std::move(payload.seed),
                std::move(keys),         payload.root_admin, std::move(vault_key)};
  return NewVault{platform, std::move(header), std::move(root)};
}

}  // namespace

Result<TeamRecord> make_team(std::string_view name, const Header& header, Time now, Random& random, TeamKey& key,
                             std::optional<TeamId> id) {
  if (!id) {
    auto drawn = random_id<TeamId>(random);
    if (!drawn) return drawn.error();
    id = *drawn;
  }
  auto bytes = random_key(random);
  if (!bytes) return bytes.error();
  key.bytes = std::move(*bytes);
  TeamRecord team{*id, std::string(name), {}, now, 1, {}};
  for (const RosterRow& row : header.body.roster.rows) {
    if (row.role != Role::admin || row.closed) continue;
    auto grant = seal_grant(row.sealing, header.body.vault, {GrantKind::team_key, team.id, team.generation},
                            key.bytes.expose(), random);
    if (!grant) return grant.error();
    team.grants.push_back({row.id, team.generation, *grant});
  }
  return team;
}

namespace {

// The first commit: the root admin's name, team `default`, the built-in issuers, the audit policy.
Result<Change> first_change(const NewVault& made) {
  const Platform& platform = made.platform;
  const VaultId& vault = made.header.body.vault;
  const Time now = platform.clock.now();
  Change change;
  change.operation = "init";
  IdentityRecord root{made.root.identity, "root", {}, now, ""};
  put_new(change, RecordKind::identity, identity_key(vault, root.id), root, vault);
  TeamKey key;
  auto team = make_team(kFirstTeam, made.header, now, platform.random, key);
  if (!team) return team.error();
  put_new(change, RecordKind::team, named_key(vault, RecordKind::team, team->name), *team, vault);
  for (const BuiltinIssuer& builtin : builtin_issuers()) {
    auto id = random_id<ObjectId>(platform.random);
    if (!id) return id.error();
    IssuerRecord issuer{*id, std::string(builtin.name), {}, now, std::string(builtin.json)};
    put_new(change, RecordKind::issuer, named_key(vault, RecordKind::issuer, issuer.name), issuer, vault);
  }
  auto id = random_id<ObjectId>(platform.random);
  if (!id) return id.error();
  PolicyRecord policy{*id, "audit", {}, now, "off"};
  put_new(change, RecordKind::policy, named_key(vault, RecordKind::policy, policy.name), policy, vault);
  return change;
}

Status write_new_vault(const fs::path& dir, const NewVault& made, const MakeFirstChange& first) {
  const Platform& platform = made.platform;
  auto change = first(made);
  if (!change) return change.error();
  const fs::path store = dir / made.header.body.store_name;
  CommitAuthor author{made.root.keys, platform.clock.now()};
  StoreKey key = store_key(made.root.vault_key, made.header.body.vault);
  Status done = RecordStore::create(platform.files, store, key, made.header, *change, author);
  if (done) done = write_header(platform.files, dir, made.header);  // with it, the vault exists
  if (done) return done;
  // The header goes first: a store without one is nothing, a header without a store is a damaged vault.
  if (platform.files.remove(dir / "header") != 0 && errno != ENOENT) return done;
  for (std::string_view stray : kStrays) platform.files.remove(dir / stray);
  return done;
}

}  // namespace

namespace {

Status create_under_lock(const fs::path& dir, const std::vector<NewSlot>& slots, const FingerprintKey* kept,
                         const Platform& platform, bool new_directory, const MakeFirstChange& first) {
  auto lock = lock_for_writing(platform.files, dir, kInitWait);
  if (!lock) return lock.error();
  Status done = check_for_init(platform.files, dir);  // again, now that nobody else is at it
  if (done) {
    for (std::string_view stray : kStrays) platform.files.remove(dir / stray);
    auto made = make_vault(slots, kept, platform);
    done = made ? write_new_vault(dir, *made, first) : Status(made.error());
  }
  FileInfo info{};
  if (!done && new_directory && platform.files.stat(dir / "header", info) != 0) {
    platform.files.remove(dir / "lock");
    std::error_code ignored;
    fs::remove(dir, ignored);  // only when it is empty
  }
  return done;
}

}  // namespace

Status create_vault(const fs::path& dir, const std::vector<NewSlot>& slots, const FingerprintKey* kept,
                    const Platform& platform, const MakeFirstChange& first) {
  if (auto ready = init_crypto(); !ready) return ready.error();
  if (auto cipher = sqlcipher(); !cipher) return cipher.error();
  Files& files = platform.files;
  FileInfo info{};
  const bool was_there = files.stat(dir, info) == 0;
  if (auto made = make_directories(files, dir); !made) return made;
  if (auto is_private = check_private(files, dir, FileInfo::Kind::directory); !is_private) return is_private;
  if (std::string network = network_file_system(files, dir); !network.empty())
    return on_network_file_system(dir, network);
  if (auto fine = check_for_init(files, dir); !fine) return fine;  // before a lock file is made there
  return create_under_lock(dir, slots, kept, platform, !was_there, first);
}

Result<Vault> Vault::create(const fs::path& dir, const NewSlot& slot, const Platform& platform,
                            const std::vector<NewSlot>& more_slots) {
  std::vector<NewSlot> slots{slot};
  slots.insert(slots.end(), more_slots.begin(), more_slots.end());
  if (auto made = create_vault(dir, slots, nullptr, platform, first_change); !made) return doing("init", made.error());
  return open(dir, {slot.factors, ""}, platform);
}

}  // namespace vault

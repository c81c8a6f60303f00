#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "vault/crypto/identity.hpp"
#include "vault/keyslot/factor.hpp"
#include "vault/model/view.hpp"
#include "vault/platform.hpp"

namespace vault {

namespace fs = std::filesystem;

// What a caller offers to open a vault: factors, of which a slot may need some or all, and perhaps the slot itself.
struct Unlock {
  Factors factors;
  std::string slot;  // its id, a prefix of it, or its name; empty: those that the factors fit
};

struct NewSlot {
  std::string name;  // 1 to 64 bytes, for people: "laptop", "cron"
  Factors factors;   // one or more, all needed
};

struct SlotView {
  SlotId id;
  std::string name;
  IdentityId identity;
  std::vector<FactorType> factors;
  std::optional<KdfParameters> kdf;  // of its passphrase
  Time created{};
  std::uint64_t counter = 0;  // raised at each change
  bool opened = false;        // the one this vault was opened with
};

struct NewField {
  std::string name;
  bool secret = true;
  SecretBuffer value;
};

struct NewEntry {
  Label label;
  std::string issuer = "generic";
  std::string account = "default";
  std::string team = "default";
  ScopeSet scopes{};
  std::optional<Time> issued_at{};  // without one: now
  Time expires_at = kNever;
  std::string period{};
  std::string key_name{};
  std::string minted_by{};
  std::string minted_with{};
  std::string note{};
  std::map<std::string, std::string> attributes{};
  std::vector<NewField> fields{};  // the first secret one is the token
  bool fingerprint = true;
  bool hint = false;         // keep prefix and last four of the token in the clear part, where it has 24 bytes or more
  bool allow_empty = false;  // an empty token
};

struct AddReceipt {
  EntryView entry;
  bool team_created = false;
  bool account_created = false;
};

struct GetOptions {
  std::string field;                // empty: the first secret one
  std::uint32_t version = 0;        // 0: the active one
  std::optional<Duration> min_ttl;  // `expiring` when less life is left
  bool allow_expired = false;
};

struct SecretValue {
  SecretBuffer bytes;
  std::string field;
  std::uint32_t version = 0;
  Time expires_at = kNever;
};

struct TeamView {
  TeamId id;
  std::string name;
  Time created{};
  std::uint64_t generation = 0;
  std::uint64_t entries = 0;         // live ones
  std::vector<std::string> members;  // names of the identities that hold its key
};

struct VaultStatus {
  fs::path dir;
  VaultId id;
  std::uint16_t suite = 0;
  std::uint64_t epoch = 0;
  std::uint64_t header_sequence = 0;
  bool header_from_copy = false;  // `header` was missing or damaged; `header.2` was read
  std::uint64_t head_sequence = 0;
  Digest head_hash{};
  Time head_time{};
  std::uint64_t entries = 0;  // live ones
  std::uint64_t teams = 0;
  std::string identity;
  Role role = Role::metadata;
  std::size_t slots = 0;
  std::string audit_policy;
  std::string sqlcipher_version;
  bool memory_locked = true;
};

struct VerifyReport {
  std::uint64_t commits = 0;
  std::uint64_t records = 0;
  std::uint64_t versions = 0;
  std::uint64_t fields = 0;           // secret ones, opened
  std::uint64_t fields_not_ours = 0;  // of teams whose key this identity does not hold
};

// Which slots a vault says it has, read from its header without a key: good enough to know what to ask for, proof of nothing.
// Errors: no_vault, corrupt, unsupported, denied.
Result<std::vector<SlotView>> peek_slots(const fs::path& dir, const Platform& platform = Platform::native());

// A vault on disk, opened. Const methods may run on several threads at once; other methods need exclusive use. After fork(2) every
// method answers `locked`. Every answer is verified against the signed head of the vault's history before it is given; damaged or
// foreign data is `corrupt`, and "no such label" is proven.
class Vault {
 public:
  // Makes a vault: one root-admin identity, team `default`, one slot. Errors: usage, conflict (a vault is there, or the
  // directory has other files), denied, limit, unsupported, internal. What fails leaves no vault.
  static Result<Vault> create(const fs::path& dir, const NewSlot& slot, const Platform& platform = Platform::native());

  // Opens with the first keyslot that `unlock` fits. Slots without a passphrase are tried first; at most 4 runs of Argon2id.
  // Errors: no_vault, wrong_key, corrupt, denied, limit, unsupported, not_found (no slot of that name), busy.
  static Result<Vault> open(const fs::path& dir, const Unlock& unlock, const Platform& platform = Platform::native());

  ~Vault();
  Vault(Vault&&) noexcept;
  Vault& operator=(Vault&&) noexcept;

  // One field of one version. The caller owns the copy. Errors: not_found, inactive, expired, expiring, denied, corrupt.
  Result<SecretValue> get(const Label& label, const GetOptions& options = {}) const;

  // Stores a new entry with its first version, in one commit that is on disk when this returns. A team or account that does
  // not exist is made in the same commit. Errors: conflict (the label is used; the token is stored already), not_found (no such
  // issuer), usage, limit, denied (not an admin), busy.
  Result<AddReceipt> add(NewEntry entry);
  // Many in one commit: all of them or none.
  Result<std::vector<AddReceipt>> add_all(std::vector<NewEntry> entries);

  // Every entry the selection holds, with its current version.
  Result<std::vector<EntryView>> list(const Selection& selection = {}) const;
  // One entry with all its versions; hidden and destroyed ones too.
  Result<EntryView> show(const Label& label) const;

  Result<std::vector<TeamView>> teams() const;
  Result<TeamView> team(std::string_view name) const;

  // Slots of the identity that opened the vault can be added, changed and removed by it. Old copies of the vault still open with
  // an old secret. Errors: not_found, limit (too many; the last slot that needs no hardware), usage, conflict (name), busy.
  Result<std::vector<SlotView>> slots() const;
  Result<SlotView> add_slot(const NewSlot& slot);
  Result<SlotView> change_slot(std::string_view slot, const Factors& factors);  // "": the slot opened with
  Result<SlotView> remove_slot(std::string_view slot);

  Result<VaultStatus> status() const;
  // `header` was missing or damaged when it was last read, and its copy served; the next change mends it.
  bool header_from_copy() const;

  // Walks and checks everything: every commit and its delta, the tree, every record, version and field.
  // `progress` is called now and then with done and total; it may be empty. Errors: corrupt (says what).
  using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;
  Result<VerifyReport> verify(const Progress& progress = {}) const;

  class Impl;  // opaque

 private:
  explicit Vault(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vault

#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "vault/crypto/identity.hpp"
#include "vault/keyslot/factor.hpp"
#include "vault/model/view.hpp"
#include "vault/platform.hpp"
#include "vault/store/commit.hpp"

namespace vault {

namespace fs = std::filesystem;

// What a caller offers to open a vault: factors, of which a slot may need some or all, and perhaps the slot itself.
struct Unlock {
  Factors factors;
  std::string slot;  // its id, a prefix of it, or its name; empty: those that the factors fit
  // How long each call may wait for other processes before it is `busy`.
  std::chrono::milliseconds wait{5000};
  // An older state than this machine has seen (`stale`) is accepted from now on, by a commit that says so. Admins only.
  bool accept_rollback = false;
};

struct NewSlot {
  std::string name;  // 1 to 64 bytes, for people: "laptop", "cron"
  Factors factors;   // one or more, all needed
};

// A slot of a new identity with a role of its own.
struct NewIdentity {
  NewSlot slot;
  Role role = Role::metadata;      // metadata or reader
  std::vector<std::string> teams;  // whose fields a reader may open; for a reader at least one
};

struct SlotView {
  SlotId id;
  std::string name;
  IdentityId identity;
  std::string identity_name;   // empty where it was read without a key
  Role role = Role::metadata;  // of the identity
  std::vector<FactorType> factors;
  std::optional<KdfParameters> kdf;  // of its passphrase
  Time created{};
  std::uint64_t counter = 0;  // raised at each change
  bool opened = false;        // the one this vault was opened with
  bool last = false;          // when it was removed: its identity's last one, so that the identity is removed too
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
  bool replace_tombstone = false;  // the label of a destroyed entry may be used again
  // Where it comes from, for messages: "line 17". They then show no value of the entry but its label, as columns may be swapped there.
  std::string origin{};
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

// What of an entry may be changed. Scopes, times and values never change: a new version has others.
struct EntryEdit {
  std::map<std::string, std::string> set_attributes{};
  std::vector<std::string> remove_attributes{};
  std::optional<std::string> note{};
  std::optional<std::string> team{};      // of another team: every secret field is wrapped anew under its key
  std::optional<std::string> revision{};  // EntryView::revision as it was read: `conflict` when it has changed since
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

// One commit as `log` shows it, newest first.
struct CommitView {
  struct Touched {
    enum class What { added, changed, hidden, destroyed, renamed } what;
    RecordKind kind;
    std::string name;  // today's label of an entry, name of a team, ...; empty: it cannot be told
  };
  std::uint64_t sequence = 0;
  Digest hash{};
  Time time{};
  CommitKind kind = CommitKind::change;
  std::string operation;
  std::string identity;  // name of its author
  std::uint64_t epoch = 1;
  std::uint64_t header_sequence = 0;
  std::vector<Touched> touched;
  std::optional<std::uint64_t> gave_up;  // of a rollback: the last commit of what an admin gave up by it
};

std::string_view name(CommitView::Touched::What what) noexcept;

struct LogOptions {
  std::optional<Label> label;  // only commits that touched this entry
  std::uint64_t limit = 0;     // at most so many; 0: all
};

// What stands between an older copy of the vault and a caller who would believe it.
struct RollbackGuard {
  enum class Kind {
    mark,       // this machine remembers the newest state it saw
    first_use,  // it remembers from this call on; what came before cannot be judged
    none,       // it cannot remember: `why`
  };
  Kind kind = Kind::none;
  std::string why;
  fs::path file;  // of the mark; empty where there is no place for one
  std::uint64_t sequence = 0;
  Time time{};  // of the commit that the mark names
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
  RollbackGuard rollback_guard;
  std::uint64_t rollbacks = 0;      // how often an older state was accepted
  std::string network_file_system;  // its name, where the vault lies on one
};

struct RekeyReport {
  std::uint64_t epoch = 0;
  std::uint64_t teams = 0;
  std::uint64_t fields = 0;                // wrapped anew
  std::vector<std::string> dropped_slots;  // of `change_leaked_slot`: those whose factors were not given
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
  // Called now and then in long work, with done and total; may be empty.
  using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

  // Makes a vault: one root-admin identity, team `default`, one slot and perhaps `more_slots` of it; opens it with the first. Errors: usage,
  // conflict (a vault is there, or the directory has other files; a slot's name is used twice), denied, limit, unsupported (also: a network file system), internal. What
  // fails leaves no vault.
  static Result<Vault> create(const fs::path& dir, const NewSlot& slot, const Platform& platform = Platform::native(),
                              const std::vector<NewSlot>& more_slots = {});

  // Opens with the first keyslot that `unlock` fits. Slots without a passphrase are tried first; at most 4 runs of Argon2id.
  // Errors: no_vault, wrong_key, corrupt, denied, limit, unsupported, not_found (no slot of that name), busy.
  static Result<Vault> open(const fs::path& dir, const Unlock& unlock, const Platform& platform = Platform::native());

  ~Vault();
  Vault(Vault&&) noexcept;
  Vault& operator=(Vault&&) noexcept;

  // One field of one version. The caller owns the copy. Errors: not_found, inactive, expired, expiring, denied, corrupt.
  Result<SecretValue> get(const Label& label, const GetOptions& options = {}) const;
  // Of several labels at one moment: all or nothing.
  Result<std::vector<SecretValue>> get_all(const std::vector<Label>& labels, const GetOptions& options = {}) const;

  // Stores a new entry with its first version, in one commit that is on disk when this returns. A team or account that does
  // not exist is made in the same commit. Errors: conflict (the label is used; the token is stored already), not_found (no such
  // issuer), usage, limit, denied (not an admin), busy.
  Result<AddReceipt> add(NewEntry entry);
  // Many in one commit: all of them or none.
  Result<std::vector<AddReceipt>> add_all(std::vector<NewEntry> entries, const Progress& progress = {});

  // Changes attributes, note or team. Errors: not_found, inactive (destroyed), usage, limit, conflict (changed since `revision`), denied, busy.
  Result<EntryView> edit(const Label& label, const EntryEdit& edit);
  // Gives an entry another label; the old one keeps leading to it. Errors: not_found, inactive, conflict (the new label is used), limit, ...
  Result<EntryView> move(const Label& from, const Label& to);
  // Hides an entry, brings it back, or destroys the values of all its versions and keeps a tombstone.
  // Errors: not_found, inactive (hidden or destroyed already), conflict (undelete: not hidden), denied, busy.
  Result<EntryView> remove(const Label& label);
  Result<EntryView> undelete(const Label& label);
  Result<EntryView> destroy(const Label& label);

  // Every entry the selection holds, with its current version.
  Result<std::vector<EntryView>> list(const Selection& selection = {}) const;
  // One entry with all its versions; hidden and destroyed ones too.
  Result<EntryView> show(const Label& label) const;
  // The history, newest first, verified back from the signed head.
  Result<std::vector<CommitView>> log(const LogOptions& options = {}) const;

  Result<std::vector<TeamView>> teams() const;
  Result<TeamView> team(std::string_view name) const;

  // Slots of the identity that opened the vault can be added, changed and removed by it; those of identities that are no admins can be
  // removed by an admin, and with its last slot an identity is gone. Old copies of the vault still open with an old secret. Errors:
  // not_found, limit (too many; the own last slot that needs no hardware), denied (another's), usage, conflict (name), busy.
  Result<std::vector<SlotView>> slots() const;
  Result<SlotView> add_slot(const NewSlot& slot);
  Result<SlotView> change_slot(std::string_view slot, const Factors& factors);  // "": the slot opened with
  Result<SlotView> remove_slot(std::string_view slot);
  // A new identity with its own slot. Errors: denied (not an admin), not_found (team), usage, limit, conflict (name), busy.
  Result<SlotView> add_identity(const NewIdentity& identity);

  // New vault key, team keys and audit key, in a new store file; every secret field is wrapped anew. Readers see the old state until it is
  // replaced at once. Killed on the way, the old state stays, and the next call begins again. Errors: denied (not an admin), busy.
  Result<RekeyReport> rekey(const Progress& progress = {});
  // For a slot whose secret is known to somebody: the identity gets new keys, the slot new factors, and the vault is rekeyed. Slots of the
  // identity whose factors are not among `kept` are dropped. Errors: as rekey; denied (not the root admin).
  Result<RekeyReport> change_leaked_slot(std::string_view slot, const Factors& factors, const Factors& kept,
                                         const Progress& progress = {});

  // Makes a new vault of one admin with everything this one holds, sealed anew under new keys. Errors: as create; denied (not an admin).
  Result<Vault> clone(const fs::path& dir, const NewSlot& slot, const Progress& progress = {}) const;

  Result<VaultStatus> status() const;
  // `header` was missing or damaged when it was last read, and its copy served; the next change mends it.
  bool header_from_copy() const;

  // Walks and checks everything: every commit and its delta, the tree, every record, version and field.
  // Errors: corrupt (says what).
  Result<VerifyReport> verify(const Progress& progress = {}) const;

  class Impl;  // opaque

 private:
  explicit Vault(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vault

#pragma once

#include <sys/types.h>

#include <chrono>
#include <mutex>

#include "vault/hot_values.hpp"
#include "vault/keyslot/header_file.hpp"
#include "vault/keyslot/unlock.hpp"
#include "vault/mark.hpp"
#include "vault/store/record_store.hpp"
#include "vault/vault.hpp"
#include "vault/write_lock.hpp"

namespace vault {

// The inside of an open Vault. Its public face is cut by topic: vault_open.cpp, vault_read.cpp, vault_write.cpp, vault_slots.cpp, vault_identities.cpp, vault_verify.cpp.
class Vault::Impl {
 public:
  Impl(const Platform& platform, fs::path dir, HeaderFile file, Unlocked self, RecordStore store,
       std::chrono::milliseconds wait);

  // Checks what was opened against what this machine has seen. Errors: stale, corrupt, denied (going back, and not an admin), busy.
  Status begin(const FoundMark& found, bool accept_rollback);

  // A verified view for the length of `use`, which takes a ReadView& and gives a Result. Thread-safe.
  template <class Use>
  auto read(Use use) -> decltype(use(std::declval<ReadView&>())) {
    if (auto usable = check_process(); !usable)
      return usable.error();  // before the mutex: a fork may have copied it locked
    std::lock_guard guard(mutex_);
    auto view = begin_read();
    if (!view) return view.error();
    return use(*view);
  }

  // As read(). But where nothing has changed since the last look, as far as the generation tells, `known` is asked first, which gives an optional
  // Result: what it knows needs no look at the store.
  template <class Known, class Use>
  auto read_unless(Known known, Use use) -> decltype(use(std::declval<ReadView&>())) {
    if (auto usable = check_process(); !usable) return usable.error();
    std::lock_guard guard(mutex_);
    if (!excluded_ && is_believed(generation_now())) {
      if (auto answer = known()) return std::move(*answer);
    }
    auto view = begin_read();
    if (!view) return view.error();
    return use(*view);
  }

  // One commit. `make` takes a ReadView& and gives a Result<Change>. Errors: denied (not an admin), busy, and those of `make`.
  template <class Make>
  Result<Head> write(Make make) {
    if (auto usable = check_process(); !usable) return usable.error();
    std::lock_guard guard(mutex_);
    auto lock = begin_write(Right::admin);
    if (!lock) return lock.error();
    auto head = store_.write(header_.header, author(), make);
    if (!head) return head;
    lock->announce();
    keep_mark();
    return head;
  }

  // Who may: an admin, or everybody (for the slots of his own identity).
  enum class Right { admin, everybody };

  // A new header with other slots, then the commit that names it. `change` takes a Header& and gives a Status.
  template <class ChangeSlots>
  Status write_slots(const char* operation, Right right, ChangeSlots change) {
    if (auto usable = check_process(); !usable) return usable.error();
    std::lock_guard guard(mutex_);
    auto lock = begin_write(right);
    if (!lock) return lock.error();
    Header next = header_.header;
    if (auto changed = change(next); !changed) return changed;
    return write_next_header(*lock, operation, std::move(next));
  }

  // A new epoch: `prepare` takes a Rekeying& and gives a Status (vault_rekey.cpp).
  class Rekeying;
  template <class Prepare>
  Result<RekeyReport> rekey(Prepare prepare, const Progress& progress);

  // What a change of who is in the vault writes, in this order.
  struct IdentityChange {
    std::optional<Change> before;  // a commit that does no harm alone
    Header header;
    Change naming;  // the commit that names the header
  };

  // `prepare` takes a ReadView& and an IdentityChange& with the present header, and gives a Status.
  template <class Prepare>
  Status write_identities(const char* operation, Right right, Prepare prepare) {
    if (auto usable = check_process(); !usable) return usable.error();
    std::lock_guard guard(mutex_);
    auto lock = begin_write(right);
    if (!lock) return lock.error();
    IdentityChange next{{}, header_.header, {}};
    if (auto prepared = prepare_change(next, prepare); !prepared) return prepared;
    if (next.before) {
      auto head = store_.write(header_.header, author(), [&](ReadView&) -> Result<Change> { return *next.before; });
      if (!head) return head.error();
      lock->announce();
      keep_mark();
    }
    return write_next_header(*lock, operation, std::move(next.header), std::move(next.naming));
  }

  // The team key of a generation. Errors: denied (this identity holds none), corrupt.
  Result<const TeamKey*> team_key(ReadView& view, const TeamId& team, std::uint64_t generation);
  const TeamKey* known_team_key(const TeamId& team, std::uint64_t generation) const;  // null: not looked for yet
  Result<TeamRecord> team_by_id(ReadView& view, const TeamId& team);
  Result<std::map<IdentityId, std::string>> identity_names(ReadView& view);
  Result<EntryView> show(ReadView& view, const Label& label);
  // Several with all their versions, in any order.
  Result<std::vector<EntryView>> show_all(ReadView& view, std::vector<Item> items);
  Status read_back(std::vector<AddReceipt>& receipts, const std::function<void()>& step);

  const Platform& platform() const { return platform_; }
  const fs::path& dir() const { return dir_; }
  const Header& header() const { return header_.header; }  // inside read() or write() only
  bool header_from_copy() {
    std::lock_guard guard(mutex_);
    return header_.from_copy;
  }
  bool header_is_copy() const { return header_.from_copy; }  // inside read() or write() only
  bool is_forked() const;
  const RollbackGuard& guard() const { return guard_; }  // inside read() or write() only
  const Unlocked& self() const { return self_; }
  const VaultId& vault() const { return header_.header.body.vault; }
  const std::optional<FingerprintKey>& fingerprint_key() const { return fingerprint_key_; }
  RecordStore& store() { return store_; }
  HotValues& hot_values() { return hot_values_; }  // inside read() or read_unless() only
  Time now() const { return platform_.clock.now(); }

 private:
  Status check_process() const;  // `locked` in a forked child
  Status adopt(HeaderFile file);
  Status ensure_store();  // where a new epoch began, its store is opened
  Result<RecordStore> open_store(const Header& header) const;
  bool reload_header();     // true: there is a newer one, and it verifies
  Status refresh_header();  // for a writer: the newest one, and both files bring it
  std::optional<std::uint64_t> generation_now();
  bool is_believed(std::optional<std::uint64_t> generation) const;
  void look_again();
  Result<ReadView> begin_view();
  Result<ReadView> begin_read();
  Result<WriteLock> begin_write(Right right);
  void remove_strays();
  void keep_mark();
  std::optional<Mark> disagreement();
  Status go_back(const Mark& mark);
  void sign_body(Header& next, const Head& head, const IdentityKeys& keys) const;
  Status put_header(Header next, const std::optional<Head>& head);  // with a head: a new body too
  Status write_next_header(WriteLock& lock, const char* operation, Header next, Change naming = {});
  template <class Prepare>
  Status prepare_change(IdentityChange& next, Prepare prepare) {
    auto view = store_.read(header_.header);
    return view ? prepare(*view, next) : view.error();
  }
  CommitAuthor author() const { return {self_.keys, now()}; }

  Platform platform_;
  fs::path dir_;
  HeaderFile header_;
  Unlocked self_;
  RecordStore store_;
  bool reopen_store_ = false;
  std::optional<FingerprintKey> fingerprint_key_;
  std::map<std::pair<TeamId, std::uint64_t>, TeamKey> team_keys_;
  std::chrono::milliseconds wait_;
  RollbackGuard guard_;
  bool begun_ = false;        // what was opened has been found fresh: only from then on is the mark kept
  std::optional<Mark> mark_;  // what this machine remembers by now
  OpenFile lock_file_;        // for its generation
  std::optional<std::uint64_t> generation_;
  std::chrono::steady_clock::time_point looked_;
  HotValues hot_values_;
  pid_t process_;
  std::optional<Error> excluded_;  // this identity, by an admin: what every method answers from then on
  std::mutex mutex_;
};

// A slot as the header has it; the name of its identity is in the store.
SlotView slot_view(const Header& header, const Slot& slot);

// Takes an identity out: its key is closed at the present head, its grants go.
Status close_identity(ReadView& store, Vault::Impl::IdentityChange& next, const IdentityId& identity);

// A new team with its first key, sealed to every admin. `id`: its own, or a new one.
Result<TeamRecord> make_team(std::string_view name, const Header& header, Time now, Random& random, TeamKey& key,
                             std::optional<TeamId> id = {});

// Adds a new record, and the live item that leads to it, to a change.
template <class Record>
void put_new(Change& change, RecordKind kind, const Digest& key, const Record& record, const VaultId& vault) {
  RecordWrite write{record.id.bytes, true, encode(record)};
  change.items.push_back({kind, false, {key, record.id.bytes, ItemStatus::live, record_hash(write.bytes, vault)}});
  change.records.push_back(std::move(write));
}

// The same error, with the operation in front.
Error doing(std::string_view operation, const Error& error);

// What a secret field's wrap is bound to.
Bytes field_aad(const VaultId& vault, const EntryId& entry, const VersionId& version, std::string_view field,
                const TeamId& team, std::uint64_t generation);

}  // namespace vault

#pragma once

#include <functional>

#include "vault/base/file.hpp"
#include "vault/keyslot/header.hpp"
#include "vault/store/read_view.hpp"

namespace vault {

StoreKey store_key(const VaultKey& key, const VaultId& vault);

// The newest state that was seen before. Only what continues from it is believed, or what an admin put in its place by a commit
// of kind rollback.
struct Seen {
  std::uint64_t sequence = 0;
  Digest hash{};
  Time time{};
  std::uint64_t rollbacks = 0;
  std::uint64_t header_sequence = 0;
  bool operator==(const Seen&) const = default;
};

// A record that a change writes: `bytes` in place of the one with the same id.
struct RecordWrite {
  ByteArray<16> id{};
  bool is_new = false;
  Bytes bytes;
};

struct VersionWrite {
  VersionId id;
  Bytes version;       // encode(VersionRecord)
  Bytes field_values;  // encode_field_values
  bool is_new = true;  // else in place of the one with the same id
};

// One change to the vault: what it writes, and what that does to the tree. Without an operation it is none, and makes no commit.
struct Change {
  std::string operation;
  CommitKind kind = CommitKind::change;
  Bytes payload;  // by kind
  std::vector<RecordWrite> records;
  std::vector<VersionWrite> versions;
  std::vector<ItemChange> items;
};

// Who makes a commit, and when.
struct CommitAuthor {
  const IdentityKeys& keys;
  Time now;
};

// The records, versions, tree and commits in one SQLCipher file. SQL's answers are hints: whatever leaves this class was checked
// against the signed head. Not thread-safe.
class RecordStore {
 public:
  // Makes a new store file, mode 0600, with the first commit. Errors: unsupported, internal, conflict (the file is there).
  static Status create(Files& files, const fs::path& path, const StoreKey& key, const Header& header,
                       const Change& first, const CommitAuthor& author);
  // Errors: unsupported, corrupt, busy, internal.
  static Result<RecordStore> open(const fs::path& path, const StoreKey& key,
                                  std::chrono::milliseconds wait = std::chrono::seconds{5});

  // A consistent view of the newest state, for the length of one call. Errors: corrupt (the head is not signed by an admin, does not
  // belong to this header, or names a newer one), busy, internal.
  Result<ReadView> read(const Header& header);

  // One transaction: `make` sees the newest state and says what to change; the commit is on disk when this returns. An error from `make`,
  // or on the way, leaves the old state.
  template <class Make>
  Result<Head> write(const Header& header, const CommitAuthor& author, Make make);

  // Makes the store of a new epoch beside this one: every row of it, then a commit of kind epoch. `make` sees the copied state, may hand rows to the
  // new store early, and says what to change. On an error, a file may be left.
  using MakeSuccessor = std::function<Result<Change>(ReadView& view, RecordStore& successor)>;
  Result<Head> create_successor(Files& files, const fs::path& path, const StoreKey& key, const Header& header,
                                const Header& next, const CommitAuthor& author, const MakeSuccessor& make);
  // Inside `make`: writes the rows that a change has gathered, and takes them out of it, so that they need no memory.
  Status write_early(Change& change);

  static Seen seen_at(const Head& head, std::uint64_t header_sequence);
  // What every later read and write must continue from. Errors there: `stale`.
  void remember(const Seen& seen) { seen_ = seen; }
  void forget() { seen_.reset(), head_.reset(); }
  const std::optional<Seen>& seen() const { return seen_; }
  // Of the last rollback that reading found between what was seen and the head; nothing where there was none.
  const std::optional<Abandoned>& accepted_rollback() const { return accepted_rollback_; }

  // The head, signed by an admin of this header, but of whatever age, and not remembered: for who decides to go back to it.
  Result<Head> head_of_any_age(const Header& header);

  std::string sqlcipher_version() const { return db_.version(); }

 private:
  explicit RecordStore(Database db) : db_(std::move(db)) {}
  Status create_schema();
  Status copy_rows(RecordStore& to);
  Result<std::optional<Head>> read_head(const Header& header);
  Status check_age(const Header& header, const Head& head);
  Status check_schema();
  Status check_named_commits(const Header& header, const Head& head);
  Status check_named(const VaultId& vault, std::uint64_t sequence, const Digest& hash, const Head& head);
  Status check_continues(const Head& head);
  Result<Head> apply(const Header& header, const CommitAuthor& author, const std::optional<Head>& previous,
                     const Change& change);
  Status write_rows(const Change& change);
  Status write_commit(const Commit& commit, const IdentityKeys& keys, ByteView delta, Digest& hash);

  Database db_;
  std::optional<Head> head_;  // the last one verified
  std::optional<Seen> seen_;
  std::optional<Abandoned> accepted_rollback_;
  Bytes
      head_row_;  // its bytes and signature as stored, and the header it was checked with: the same again needs no new check
  std::uint64_t head_header_sequence_ = 0;
};

template <class Make>
Result<Head> RecordStore::write(const Header& header, const CommitAuthor& author, Make make) {
  auto transaction = Transaction::begin(db_, Transaction::Kind::write);
  if (!transaction) return transaction.error();
  auto previous = read_head(header);
  if (!previous) return previous.error();
  if (!*previous) return Error{Errc::corrupt, "the vault's store has no history"};
  ReadView view(db_, std::nullopt, **previous);
  Result<Change> change = make(view);
  if (!change) return change.error();
  if (change->operation.empty()) return **previous;
  auto head = apply(header, author, *previous, *change);
  if (!head) return head.error();
  if (auto done = transaction->commit(); !done) return done.error();
  seen_ = seen_at(*head, header.sequence);
  return head;
}

}  // namespace vault

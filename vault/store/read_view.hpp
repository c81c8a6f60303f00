#pragma once

#include <functional>

#include "vault/store/commit.hpp"
#include "vault/store/database.hpp"
#include "vault/store/hash_tree.hpp"

namespace vault {

// The head as it was found: decoded, its signature and its author's right checked, in agreement with the header.
struct Head {
  Commit commit;
  Digest hash{};
};

// A version that is to be read, as its entry's record lists it.
struct WantedVersion {
  EntryId entry;
  VersionEntry listed;
};

// The commit that another one, which is not the first, names as the one before it.
Result<Commit> commit_before(Database& db, const Commit& commit);

// Lookups inside one read (or write) transaction.
class ReadView {
 public:
  ReadView(ReadView&&) noexcept;
  ~ReadView();

  const Head& head() const { return *head_; }
  const HashTree& tree() const { return *tree_; }
  const VaultId& vault() const { return head_->commit.vault; }
  // How many items of a kind are live.
  std::uint64_t live(RecordKind kind) const;

  // A record that an item of the tree names. Errors: corrupt, internal.
  Result<Bytes> record(const Item& item);
  Result<EntryRecord> entry(const Item& item);
  Result<TeamRecord> team(const Item& item);

  // Whatever lies in a row: a hint at most. Empty: no row.
  Result<Bytes> unverified_record(const ByteArray<16>& id);

  // A version as its entry's record names it.
  Result<VersionRecord> version(const EntryRecord& entry, const VersionEntry& listed);
  // The stored bytes of one of its fields (sealed when secret).
  Result<Bytes> field(const VersionRecord& version, const StoredField& field);
  // Of all its fields, in its order. Of a destroyed version, those of secret ones are empty, and not compared with their digests.
  Result<std::vector<Bytes>> fields(const VersionRecord& version, bool destroyed);

  // Many at once, in the order in which they lie in the store: one query for all of them, where they are a good part of what is there.
  Status each_entry(std::vector<Item> items, const std::function<Status(const Item& item, EntryRecord entry)>& use);
  // `use` gets a place in `wanted`, the version, and the stored bytes of its fields, as fields() gives them; unread: none.
  enum class Fields { unread, checked };
  using UseVersion =
      std::function<Status(std::size_t place, const VersionRecord& version, const std::vector<ByteView>& stored)>;
  Status each_version(const std::vector<WantedVersion>& wanted, Fields fields, const UseVersion& use);

  Result<std::optional<Commit>> before(const Commit& commit);  // nothing before the first
  // What a proven commit did to the tree.
  Result<std::vector<ItemChange>> delta(const Commit& commit);

  Result<std::uint64_t> count_rows(const char* sql);
  Database& database() { return *db_; }

 private:
  template <class Use>
  auto use_stored_fields(const VersionRecord& version, Use use) -> decltype(use(std::declval<std::vector<ByteView>>()));
  struct RowQueries;
  using UseRow = std::function<Status(std::size_t place, const Statement& row)>;
  Status each_row(const RowQueries& queries, std::vector<std::pair<std::int64_t, std::size_t>> rows, const UseRow& use);
  Result<VersionRecord> checked_version(ByteView bytes, const EntryId& entry, const VersionEntry& listed) const;
  Status check_stored(const VersionRecord& version, const std::vector<ByteView>& values, bool destroyed) const;
  Result<EntryRecord> checked_entry(ByteView bytes, const Item& item) const;
  Status check_record(ByteView bytes, const Item& item) const;
  friend class RecordStore;
  ReadView(Database& db, std::optional<Transaction> transaction, const Head& head);

  Database* db_;
  std::optional<Transaction> transaction_;
  const Head* head_;
  std::unique_ptr<TreeStorage> storage_;
  std::unique_ptr<HashTree> tree_;
};

}  // namespace vault

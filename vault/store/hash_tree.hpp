#pragma once

#include <functional>
#include <map>
#include <unordered_map>

#include "vault/base/result.hpp"
#include "vault/base/writer.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/store/record.hpp"

namespace vault {

// The hash tree over everything in the vault (docs/FORMAT.md section 7): one subtree a kind, three levels of nodes with 64 children, below them
// 2^18 buckets, found by the first 18 bits of an item's key hash. The root is a function of the set of items, and a signed commit
// carries the roots: so a path from one proves that an item is there, or that none is.

enum class ItemStatus : std::uint8_t { live = 1, hidden = 2, tombstone = 3, alias = 4 };

struct Item {
  Digest key{};        // key hash
  ByteArray<16> id{};  // of the entry, team, ...; of the version for fingerprints
  ItemStatus status = ItemStatus::live;
  Digest value{};  // record hash; for alias, mint and fingerprint the key hash of the entry's label
  bool operator==(const Item&) const = default;
  bool is_current() const { return status == ItemStatus::live || status == ItemStatus::hidden; }
};

// An item put in place (of the one with the same key and id), or taken out.
struct ItemChange {
  RecordKind kind;
  bool remove = false;
  Item item;
  bool operator==(const ItemChange&) const = default;
};

// Key hash = BLAKE2b-256("vlt1-path", salt = vault id, kind || key in the one encoding).
Digest entry_key(const VaultId& vault, std::string_view label);
Digest named_key(const VaultId& vault, RecordKind kind, std::string_view name);  // issuer, team, policy
Digest account_key(const VaultId& vault, std::string_view issuer, std::string_view name);
Digest identity_key(const VaultId& vault, const IdentityId& id);
Digest fingerprint_key(const VaultId& vault, const Digest& fingerprint);

struct Subtree {
  Digest root{};
  std::uint64_t live = 0;
  bool operator==(const Subtree&) const = default;
};
// The subtrees that are not empty; a commit signs them.
using Subtrees = std::map<RecordKind, Subtree>;
// Where nodes and buckets lie: rows by number. An empty row is one that is not there.
class TreeStorage {
 public:
  enum class Table { nodes, buckets };
  virtual ~TreeStorage() = default;
  // Called with a row's number and bytes.
  using Visit = std::function<Status(std::int64_t id, ByteView bytes)>;
  virtual Result<Bytes> read(Table table, std::int64_t id) = 0;
  // Those there are from the first to the last, in order.
  virtual Status read_range(Table table, std::int64_t first, std::int64_t last, const Visit& visit) = 0;
  virtual Status write(Table table, std::int64_t id, ByteView bytes) = 0;  // empty: remove
};

class MemoryTreeStorage final : public TreeStorage {
 public:
  Result<Bytes> read(Table table, std::int64_t id) override;
  Status read_range(Table table, std::int64_t first, std::int64_t last, const Visit& visit) override;
  Status write(Table table, std::int64_t id, ByteView bytes) override;
  const std::unordered_map<std::int64_t, Bytes>& rows(Table table) const {
    return table == Table::nodes ? nodes_ : buckets_;
  }

 private:
  std::unordered_map<std::int64_t, Bytes>& rows(Table table) { return table == Table::nodes ? nodes_ : buckets_; }
  std::unordered_map<std::int64_t, Bytes> nodes_, buckets_;
};

// Verified access. Every row is checked against the hash its parent names before it is used; a mismatch is `corrupt`.
class HashTree {
 public:
  HashTree(TreeStorage& storage, const VaultId& vault, Subtrees subtrees)
      : storage_(storage), vault_(vault), subtrees_(std::move(subtrees)) {}

  const Subtrees& subtrees() const { return subtrees_; }

  // All items with this key; none is a proof of absence.
  Result<std::vector<Item>> find(RecordKind kind, const Digest& key) const;
  // The live or hidden one, of which there is at most one.
  Result<std::optional<Item>> find_current(RecordKind kind, const Digest& key) const;
  // Every item of a kind, in path order.
  Result<std::vector<Item>> items(RecordKind kind) const;

  // Applies changes and brings nodes and roots up to date. An item that is removed must be there just so.
  // On an error the storage is half changed: roll back.
  Status apply(std::vector<ItemChange> changes);

 private:
  Result<Bytes> verified(TreeStorage::Table table, std::int64_t id, const Digest& expected) const;
  Result<std::vector<Item>> bucket(RecordKind kind, std::uint32_t path, const Digest& expected) const;
  struct Named;  // a row as its parent names it
  Status each_verified(TreeStorage::Table table, const std::vector<Named>& rows, const TreeStorage::Visit& visit) const;
  Result<Digest> change_bucket(RecordKind kind, std::uint32_t path, const Digest& expected,
                               std::span<const ItemChange> changes, std::int64_t& live);
  Result<Digest> change_node(RecordKind kind, int level, std::uint32_t index, const Digest& expected,
                             std::span<const ItemChange> changes, std::int64_t& live);

  TreeStorage& storage_;
  VaultId vault_;
  Subtrees subtrees_;
};

// One item of a commit's delta, 83 bytes: kind, remove, then the item as a bucket has it.
inline constexpr std::size_t kItemSize = 32 + 16 + 1 + 32;
inline constexpr std::size_t kDeltaItemSize = 2 + kItemSize;
inline constexpr std::size_t kDeltaChunk = 48 * kDeltaItemSize;  // bytes a row: nearly all that a page holds
void encode(Writer& out, const ItemChange& change);
std::optional<std::vector<ItemChange>> decode_delta(ByteView bytes);

}  // namespace vault

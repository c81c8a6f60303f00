#pragma once

#include "vault/store/database.hpp"
#include "vault/store/hash_tree.hpp"

namespace vault {

// Where things lie in the store's tables, and what is said of a store in which they do not.

Error damaged_store(std::string_view what);

// A row is numbered by the first 8 bytes of its random id, so that one lookup in one B-tree finds it.
std::int64_t row_of(const ByteArray<16>& id);

// A commit's delta lies in rows of so many bytes at most, one after the other.
std::int64_t delta_row(std::uint64_t sequence, std::int64_t chunk = 0);

// The tree, in its two tables.
class DatabaseTreeStorage final : public TreeStorage {
 public:
  explicit DatabaseTreeStorage(Database& db) : db_(db) {}

  Result<Bytes> read(Table table, std::int64_t id) override;
  Status read_range(Table table, std::int64_t first, std::int64_t last, const Visit& visit) override;
  Status write(Table table, std::int64_t id, ByteView bytes) override;

 private:
  Database& db_;
};

}  // namespace vault

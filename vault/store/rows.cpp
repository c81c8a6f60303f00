#include "vault/store/rows.hpp"

#include <fmt/format.h>

namespace vault {
namespace {

constexpr int kDeltaChunkBits = 20;

}  // namespace

Error damaged_store(std::string_view what) {
  return {Errc::corrupt, fmt::format("the vault's store is damaged or was tampered with: {}", what)};
}

std::int64_t row_of(const ByteArray<16>& id) {
  std::uint64_t row = 0;
  for (std::size_t i = 0; i < 8; ++i) row = row << 8 | std::to_integer<std::uint64_t>(id[i]);
  return static_cast<std::int64_t>(row);
}

std::int64_t delta_row(std::uint64_t sequence, std::int64_t chunk) {
  return static_cast<std::int64_t>(sequence) << kDeltaChunkBits | chunk;
}

Result<Bytes> DatabaseTreeStorage::read(Table table, std::int64_t id) {
  auto query = db_.statement(table == Table::nodes ? "SELECT bytes FROM nodes WHERE id = ?1"
                                                   : "SELECT bytes FROM buckets WHERE id = ?1");
  if (!query) return query.error();
  auto row = query->bind(1, id).step();
  if (!row) return row.error();
  ByteView bytes = *row ? query->bytes(0) : ByteView{};
  return Bytes(bytes.begin(), bytes.end());
}

Status DatabaseTreeStorage::read_range(Table table, std::int64_t first, std::int64_t last, const Visit& visit) {
  auto query =
      db_.statement(table == Table::nodes ? "SELECT id, bytes FROM nodes WHERE id BETWEEN ?1 AND ?2 ORDER BY id"
                                          : "SELECT id, bytes FROM buckets WHERE id BETWEEN ?1 AND ?2 ORDER BY id");
  if (!query) return query.error();
  query->bind(1, first).bind(2, last);
  for (;;) {
    auto row = query->step();
    if (!row) return row.error();
    if (!*row) return {};
    if (auto visited = visit(query->number(0), query->bytes(1)); !visited) return visited;
  }
}

Status DatabaseTreeStorage::write(Table table, std::int64_t id, ByteView bytes) {
  const bool nodes = table == Table::nodes;
  if (bytes.empty()) {
    auto remove = db_.statement(nodes ? "DELETE FROM nodes WHERE id = ?1" : "DELETE FROM buckets WHERE id = ?1");
    return remove ? remove->bind(1, id).run() : remove.error();
  }
  auto put = db_.statement(nodes ? "INSERT OR REPLACE INTO nodes VALUES (?1, ?2)"
                                 : "INSERT OR REPLACE INTO buckets VALUES (?1, ?2)");
  return put ? put->bind(1, id).bind(2, bytes).run() : put.error();
}

}  // namespace vault

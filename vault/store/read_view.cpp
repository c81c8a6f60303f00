#include "vault/store/read_view.hpp"

#include "vault/store/rows.hpp"

namespace vault {
namespace {

Error newer_layout() { return {Errc::unsupported, "the vault has a record that a newer version wrote: use that"}; }

}  // namespace

ReadView::ReadView(Database& db, std::optional<Transaction> transaction, const Head& head)
    : db_(&db),
      transaction_(std::move(transaction)),
      head_(&head),
      storage_(std::make_unique<DatabaseTreeStorage>(db)),
      tree_(std::make_unique<HashTree>(*storage_, head.commit.vault, head.commit.subtrees)) {}
ReadView::ReadView(ReadView&&) noexcept = default;
ReadView::~ReadView() = default;

std::uint64_t ReadView::live(RecordKind kind) const {
  const auto subtree = head().commit.subtrees.find(kind);
  return subtree == head().commit.subtrees.end() ? 0 : subtree->second.live;
}

Result<Bytes> ReadView::unverified_record(const ByteArray<16>& id) {
  auto query = db_->statement("SELECT bytes FROM records WHERE id = ?1");
  if (!query) return query.error();
  auto row = query->bind(1, row_of(id)).step();
  if (!row) return row.error();
  ByteView bytes = *row ? query->bytes(0) : ByteView{};
  return Bytes(bytes.begin(), bytes.end());
}

Status ReadView::check_record(ByteView bytes, const Item& item) const {
  if (bytes.empty()) return damaged_store("a record is missing");
  if (record_hash(bytes, vault()) != item.value) return damaged_store("a record is not the one its history names");
  if (!known_layout(bytes)) return newer_layout();
  return {};
}

Result<Bytes> ReadView::record(const Item& item) {
  auto bytes = unverified_record(item.id);
  if (!bytes) return bytes.error();
  if (auto checked = check_record(*bytes, item); !checked) return checked.error();
  return bytes;
}

Result<EntryRecord> ReadView::checked_entry(ByteView bytes, const Item& item) const {
  if (auto checked = check_record(bytes, item); !checked) return checked.error();
  auto entry = decode_entry(bytes);
  if (!entry || entry->id.bytes != item.id) return damaged_store("an entry's record is not well-formed");
  return std::move(*entry);
}

Result<EntryRecord> ReadView::entry(const Item& item) {
  auto bytes = unverified_record(item.id);
  if (!bytes) return bytes.error();
  return checked_entry(*bytes, item);
}

Result<TeamRecord> ReadView::team(const Item& item) {
  auto bytes = record(item);
  if (!bytes) return bytes.error();
  auto team = decode_team(*bytes);
  if (!team || team->id.bytes != item.id) return damaged_store("a team's record is not well-formed");
  return std::move(*team);
}

Result<VersionRecord> ReadView::checked_version(ByteView bytes, const EntryId& entry,
                                                const VersionEntry& listed) const {
  if (version_digest(bytes, vault()) != listed.digest) return damaged_store("a version is not the one its entry names");
  if (!bytes.empty() && !known_layout(bytes)) return newer_layout();
  auto version = decode_version(bytes);
  if (!version || version->id != listed.id || version->entry != entry)
    return damaged_store("a version is not well-formed");
  return std::move(*version);
}

Result<VersionRecord> ReadView::version(const EntryRecord& entry, const VersionEntry& listed) {
  auto query = db_->statement("SELECT version FROM versions WHERE id = ?1");
  if (!query) return query.error();
  auto row = query->bind(1, row_of(listed.id.bytes)).step();
  if (!row) return row.error();
  if (!*row) return damaged_store("a version is missing");
  return checked_version(query->bytes(0), entry.id, listed);
}

// `use` takes the values as they lie in the row: as many as the version has fields.
template <class Use>
auto ReadView::use_stored_fields(const VersionRecord& version, Use use)
    -> decltype(use(std::declval<std::vector<ByteView>>())) {
  auto query = db_->statement("SELECT fields FROM versions WHERE id = ?1");
  if (!query) return query.error();
  auto row = query->bind(1, row_of(version.id.bytes)).step();
  if (!row) return row.error();
  auto values = *row ? decode_field_values(query->bytes(0)) : std::nullopt;
  if (!values || values->size() != version.fields.size())
    return damaged_store("a version's fields are not well-formed");
  return use(std::move(*values));
}

Result<Bytes> ReadView::field(const VersionRecord& version, const StoredField& field) {
  return use_stored_fields(version, [&](const std::vector<ByteView>& values) -> Result<Bytes> {
    ByteView stored = values[static_cast<std::size_t>(&field - version.fields.data())];
    if (field_digest(field, stored, vault()) != field.digest)
      return damaged_store("a field is not the one its version names");
    return Bytes(stored.begin(), stored.end());
  });
}

Status ReadView::check_stored(const VersionRecord& version, const std::vector<ByteView>& values, bool destroyed) const {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const StoredField& field = version.fields[i];
    const bool emptied = destroyed && field.secret;
    if (emptied && !values[i].empty()) return damaged_store("the value of a destroyed version is there again");
    if (!emptied && field_digest(field, values[i], vault()) != field.digest)
      return damaged_store("a field is not the one its version names");
  }
  return {};
}

Result<std::vector<Bytes>> ReadView::fields(const VersionRecord& version, bool destroyed) {
  return use_stored_fields(version, [&](const std::vector<ByteView>& values) -> Result<std::vector<Bytes>> {
    if (auto checked = check_stored(version, values, destroyed); !checked) return checked.error();
    std::vector<Bytes> stored;
    for (ByteView value : values) stored.emplace_back(value.begin(), value.end());
    return stored;
  });
}

// ---- many at once -----------------------------------------------------------------------------------------------------

namespace {

// One query over a range costs less than one for each row, up to about so many rows that are passed over for one that is wanted.
constexpr std::uint64_t kPassedOver = 8;

}  // namespace

struct ReadView::RowQueries {
  const char* one;
  const char* range;
  const char* missing;
};

// `use` gets each row, in the order of their numbers, with the place that came with the number.
Status ReadView::each_row(const RowQueries& queries, std::vector<std::pair<std::int64_t, std::size_t>> rows,
                          const UseRow& use) {
  if (rows.empty()) return {};
  std::ranges::sort(rows);
  const bool many = rows.size() > 1 && rows.size() * kPassedOver > live(RecordKind::entry);
  auto query = db_->statement(many ? queries.range : queries.one);
  if (!query) return query.error();
  query->bind(1, rows.front().first);
  if (many) query->bind(2, rows.back().first);
  for (const auto& [row, place] : rows) {
    if (!many) query->again().bind(1, row);
    auto found = query->step();
    while (found && *found && query->number(0) < row) found = query->step();
    if (!found) return found.error();
    if (!*found || query->number(0) != row) return damaged_store(queries.missing);
    if (auto used = use(place, *query); !used) return used;
  }
  return {};
}

Status ReadView::each_entry(std::vector<Item> items,
                            const std::function<Status(const Item& item, EntryRecord entry)>& use) {
  static constexpr RowQueries queries{"SELECT id, bytes FROM records WHERE id = ?1",
                                      "SELECT id, bytes FROM records WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
                                      "a record is missing"};
  std::vector<std::pair<std::int64_t, std::size_t>> rows;
  for (const Item& item : items) rows.emplace_back(row_of(item.id), rows.size());
  return each_row(queries, std::move(rows), [&](std::size_t place, const Statement& row) -> Status {
    auto entry = checked_entry(row.bytes(1), items[place]);
    return entry ? use(items[place], std::move(*entry)) : entry.error();
  });
}

Status ReadView::each_version(const std::vector<WantedVersion>& wanted, Fields fields, const UseVersion& use) {
  static constexpr RowQueries queries{"SELECT id, version, fields FROM versions WHERE id = ?1",
                                      "SELECT id, version, fields FROM versions WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
                                      "a version is missing"};
  std::vector<std::pair<std::int64_t, std::size_t>> rows;
  for (const WantedVersion& version : wanted) rows.emplace_back(row_of(version.listed.id.bytes), rows.size());
  return each_row(queries, std::move(rows), [&](std::size_t place, const Statement& row) -> Status {
    const WantedVersion& asked = wanted[place];
    auto version = checked_version(row.bytes(1), asked.entry, asked.listed);
    if (!version) return version.error();
    if (fields == Fields::unread) return use(place, *version, {});
    auto values = decode_field_values(row.bytes(2));
    if (!values || values->size() != version->fields.size())
      return damaged_store("a version's fields are not well-formed");
    if (auto checked = check_stored(*version, *values, asked.listed.life.destroyed); !checked) return checked;
    return use(place, *version, *values);
  });
}

// ---- history ----------------------------------------------------------------------------------------------------------

Result<Commit> commit_before(Database& db, const Commit& commit) {
  auto query = db.statement("SELECT bytes FROM commits WHERE sequence = ?1");
  if (!query) return query.error();
  auto row = query->bind(1, static_cast<std::int64_t>(commit.sequence) - 1).step();
  if (!row) return row.error();
  if (!*row || commit_hash(query->bytes(0), commit.vault) != commit.previous)
    return damaged_store("a commit of its history is missing or was replaced");
  auto before = decode_commit(query->bytes(0));
  if (before && before->sequence != commit.sequence - 1) return damaged_store("a commit lies in another's place");
  return before;
}

Result<std::optional<Commit>> ReadView::before(const Commit& commit) {
  if (commit.sequence == 1) return std::optional<Commit>{};
  auto before = commit_before(*db_, commit);
  if (!before) return before.error();
  return std::optional(std::move(*before));
}

Result<std::vector<ItemChange>> ReadView::delta(const Commit& commit) {
  auto query = db_->statement("SELECT bytes FROM deltas WHERE id BETWEEN ?1 AND ?2 ORDER BY id");
  if (!query) return query.error();
  query->bind(1, delta_row(commit.sequence)).bind(2, delta_row(commit.sequence + 1) - 1);
  const std::size_t size = kDeltaItemSize * commit.delta_count;  // the commit is proven: no row makes it more
  Bytes delta;
  for (;;) {
    auto row = query->step();
    if (!row) return row.error();
    if (!*row || delta.size() > size) break;
    ByteView chunk = query->bytes(0);
    delta.insert(delta.end(), chunk.begin(), chunk.end());
  }
  auto changes = decode_delta(delta);
  if (!changes || delta.size() != size || hash(personals::delta, delta, vault().bytes) != commit.delta_hash)
    return damaged_store("a commit does not match its delta");
  return std::move(*changes);
}

Result<std::uint64_t> ReadView::count_rows(const char* sql) {
  auto query = db_->statement(sql);
  if (!query) return query.error();
  auto row = query->step();
  if (!row) return row.error();
  return static_cast<std::uint64_t>(query->number(0));
}

}  // namespace vault

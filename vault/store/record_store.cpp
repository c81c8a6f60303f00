#include "vault/store/record_store.hpp"

#include <fmt/format.h>

#include "vault/base/file.hpp"
#include "vault/model/time_text.hpp"

namespace vault {
namespace {

constexpr int kDeltaChunkBits = 20;
constexpr std::size_t kSaltSize = 16;
constexpr std::int64_t kSchemaVersion = 1;
constexpr const char* kSetSchemaVersion = "PRAGMA user_version = 1";

constexpr const char* kSchema[] = {
    "CREATE TABLE commits (sequence INTEGER PRIMARY KEY, bytes BLOB NOT NULL, signature BLOB NOT NULL)",
    "CREATE TABLE deltas (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)",  // sequence << 20 | chunk
    "CREATE TABLE nodes (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)",
    "CREATE TABLE buckets (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)",
    "CREATE TABLE records (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)",  // the first 8 bytes of the record's id
    "CREATE TABLE versions (id INTEGER PRIMARY KEY, version BLOB NOT NULL, fields BLOB NOT NULL)",
};

Error damaged(std::string_view what) {
  return {Errc::corrupt, fmt::format("the vault's store is damaged or was tampered with: {}", what)};
}

Error newer_layout() { return {Errc::unsupported, "the vault has a record that a newer version wrote: use that"}; }

// A row is numbered by the first 8 bytes of its random id, so that one lookup in one B-tree finds it.
std::int64_t row_of(const ByteArray<16>& id) {
  std::uint64_t row = 0;
  for (std::size_t i = 0; i < 8; ++i) row = row << 8 | std::to_integer<std::uint64_t>(id[i]);
  return static_cast<std::int64_t>(row);
}

class DatabaseTreeStorage final : public TreeStorage {
 public:
  explicit DatabaseTreeStorage(Database& db) : db_(db) {}

  Result<Bytes> read(Table table, std::int64_t id) override {
    auto query = db_.statement(table == Table::nodes ? "SELECT bytes FROM nodes WHERE id = ?1"
                                                     : "SELECT bytes FROM buckets WHERE id = ?1");
    if (!query) return query.error();
    auto row = query->bind(1, id).step();
    if (!row) return row.error();
    ByteView bytes = *row ? query->bytes(0) : ByteView{};
    return Bytes(bytes.begin(), bytes.end());
  }

  Status read_range(Table table, std::int64_t first, std::int64_t last, const Visit& visit) override {
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

  Status write(Table table, std::int64_t id, ByteView bytes) override {
    const bool nodes = table == Table::nodes;
    if (bytes.empty()) {
      auto remove = db_.statement(nodes ? "DELETE FROM nodes WHERE id = ?1" : "DELETE FROM buckets WHERE id = ?1");
      return remove ? remove->bind(1, id).run() : remove.error();
    }
    auto put = db_.statement(nodes ? "INSERT OR REPLACE INTO nodes VALUES (?1, ?2)"
                                   : "INSERT OR REPLACE INTO buckets VALUES (?1, ?2)");
    return put ? put->bind(1, id).bind(2, bytes).run() : put.error();
  }

 private:
  Database& db_;
};

// Signed by an admin of this vault.
Status check_author(const Head& head, const Signature& signature, ByteView bytes, const HeaderBody& body) {
  const Commit& commit = head.commit;
  if (commit.vault != body.vault || commit.epoch != body.epoch) return damaged("its head belongs to another vault");
  if (!body.roster.was_admin(commit.author, commit.sequence)) return damaged("its head is not by an admin");
  if (!verify(SignedType::commit, body.vault, bytes, commit.author, signature))
    return damaged("its head's signature is wrong");
  return {};
}

// The header is not older than the head knows, and the store not older than the body knows.
Status check_agreement(const Head& head, const Header& header) {
  const Commit& commit = head.commit;
  const HeaderBody& body = header.body;
  if (commit.header_sequence > header.sequence || commit.body_sequence > body.sequence) {
    return damaged("its header is older than its store");
  }
  if (commit.body_sequence == body.sequence && commit.body_hash != body_hash(header.body_bytes, body.vault)) {
    return damaged("its header's body is not the one its store names");
  }
  if (commit.sequence < body.head_sequence) return damaged("its store is older than its header");
  if (commit.sequence == body.head_sequence && head.hash != body.head_hash)
    return damaged("its store is not the one its header names");
  return {};
}

}  // namespace

StoreKey store_key(const VaultKey& key, const VaultId& vault) {
  StoreKey out{subkey(key.bytes.expose(), personals::store_key, vault),
               subkey(key.bytes.expose(), personals::store_salt, vault)};
  out.salt.truncate(kSaltSize);
  return out;
}

// ---- making and opening -----------------------------------------------------------------------------------------------

Status RecordStore::create(Files& files, const fs::path& path, const StoreKey& key, const Header& header,
                           const Change& first, const CommitAuthor& author) {
  if (auto made = create_file(files, path, {}); !made) return made;  // mode 0600; SQLite's journal takes it over
  auto db = Database::open(path, key, Database::Mode::open);
  if (!db) return db.error();
  RecordStore store(std::move(*db));
  auto transaction = Transaction::begin(store.db_, Transaction::Kind::write);
  if (!transaction) return transaction.error();
  if (auto schema = store.create_schema(); !schema) return schema;
  if (auto head = store.apply(header, author, std::nullopt, first); !head) return head.error();
  if (auto done = transaction->commit(); !done) return done;
  return store.db_.check_not_plaintext();
}

Status RecordStore::create_schema() {
  for (const char* sql : kSchema) {
    if (auto made = db_.run(sql); !made) return made;
  }
  return db_.run(kSetSchemaVersion);
}

Result<RecordStore> RecordStore::open(const fs::path& path, const StoreKey& key, std::chrono::milliseconds wait) {
  auto db = Database::open(path, key, Database::Mode::open, wait);
  if (!db) return db.error();
  RecordStore store(std::move(*db));
  if (auto known = store.check_schema(); !known) return known.error();
  return store;
}

Status RecordStore::check_schema() {
  auto query = db_.statement("PRAGMA user_version");
  if (!query) return query.error();
  auto row = query->step();
  if (!row) return row.error();
  const std::int64_t version = *row ? query->number(0) : 0;
  if (version == kSchemaVersion) return {};
  if (version > kSchemaVersion)
    return Error{Errc::unsupported, "the vault's store was made by a newer version: use that"};
  return damaged("it has no tables");
}

namespace {

struct TableCopy {
  const char* read;
  const char* write;
  int blobs;
};
constexpr TableCopy kTables[] = {
    {"SELECT sequence, bytes, signature FROM commits ORDER BY sequence", "INSERT INTO commits VALUES (?1, ?2, ?3)", 2},
    {"SELECT id, bytes FROM deltas ORDER BY id", "INSERT INTO deltas VALUES (?1, ?2)", 1},
    {"SELECT id, bytes FROM nodes ORDER BY id", "INSERT INTO nodes VALUES (?1, ?2)", 1},
    {"SELECT id, bytes FROM buckets ORDER BY id", "INSERT INTO buckets VALUES (?1, ?2)", 1},
    {"SELECT id, bytes FROM records ORDER BY id", "INSERT INTO records VALUES (?1, ?2)", 1},
    {"SELECT id, version, fields FROM versions ORDER BY id", "INSERT INTO versions VALUES (?1, ?2, ?3)", 2},
};

Status copy_table(Database& from, Database& to, const TableCopy& table) {
  auto query = from.statement(table.read);
  if (!query) return query.error();
  for (;;) {
    auto row = query->step();
    if (!row) return row.error();
    if (!*row) return {};
    auto put = to.statement(table.write);
    if (!put) return put.error();
    put->bind(1, query->number(0));
    for (int blob = 1; blob <= table.blobs; ++blob) put->bind(blob + 1, query->bytes(blob));
    if (auto done = put->run(); !done) return done;
  }
}

}  // namespace

Status RecordStore::copy_rows(RecordStore& to) {
  for (const TableCopy& table : kTables) {
    if (auto copied = copy_table(db_, to.db_, table); !copied) return copied;
  }
  return {};
}

Result<Head> RecordStore::create_successor(Files& files, const fs::path& path, const StoreKey& key,
                                           const Header& header, const Header& next, const CommitAuthor& author,
                                           const MakeSuccessor& make) {
  auto reading = Transaction::begin(db_, Transaction::Kind::read);
  if (!reading) return reading.error();
  auto head = read_head(header);
  if (!head) return head.error();
  if (!*head) return damaged("it has no history");
  if (auto made = create_file(files, path, {}); !made) return made.error();
  auto db = Database::open(path, key, Database::Mode::open);
  if (!db) return db.error();
  RecordStore successor(std::move(*db));
  auto writing = Transaction::begin(successor.db_, Transaction::Kind::write);
  if (!writing) return writing.error();
  if (auto schema = successor.create_schema(); !schema) return schema.error();
  if (auto copied = copy_rows(successor); !copied) return copied.error();
  ReadView view(successor, std::nullopt, **head);
  auto change = make(view, successor);
  if (!change) return change.error();
  auto begun = successor.apply(next, author, *head, *change);
  if (!begun) return begun.error();
  if (auto done = writing->commit(); !done) return done.error();
  if (auto cipher = successor.db_.check_not_plaintext(); !cipher) return cipher.error();
  return begun;
}

Status RecordStore::write_early(Change& change) {
  if (auto rows = write_rows(change); !rows) return rows;
  change.records.clear();
  change.versions.clear();
  return {};
}

// ---- reading ----------------------------------------------------------------------------------------------------------

namespace {

struct HeadRow {
  Bytes bytes, signature;
  std::int64_t sequence = 0;
};

Result<std::optional<HeadRow>> read_head_row(Database& db) {
  auto query = db.statement("SELECT bytes, signature, sequence FROM commits ORDER BY sequence DESC LIMIT 1");
  if (!query) return query.error();
  auto row = query->step();
  if (!row) return row.error();
  if (!*row) return std::optional<HeadRow>{};
  auto copy = [](ByteView view) { return Bytes(view.begin(), view.end()); };
  return std::optional(HeadRow{copy(query->bytes(0)), copy(query->bytes(1)), query->number(2)});
}

Result<Head> decode_head(const HeadRow& row, const HeaderBody& body) {
  auto commit = decode_commit(row.bytes);
  if (!commit) return commit.error();
  Signature signature;
  const bool in_place = row.sequence == static_cast<std::int64_t>(commit->sequence);
  if (!in_place || row.signature.size() != sizeof(Signature)) return damaged("its head is not well-formed");
  std::ranges::copy(row.signature, signature.begin());
  Head head{std::move(*commit), commit_hash(row.bytes, body.vault)};
  if (auto checked = check_author(head, signature, row.bytes, body); !checked) return checked.error();
  return head;
}

}  // namespace

Seen RecordStore::seen_at(const Head& head, std::uint64_t header_sequence) {
  return {head.commit.sequence, head.hash, head.commit.time, head.commit.rollbacks, header_sequence};
}

Result<std::optional<Head>> RecordStore::read_head(const Header& header) {
  auto row = read_head_row(db_);
  if (!row) return row.error();
  if (!*row) return std::optional<Head>{};
  Bytes stored = Writer().raw((*row)->bytes).raw((*row)->signature).take();
  if (head_ && stored == head_row_ && header.sequence == head_header_sequence_) return head_;

  auto head = decode_head(**row, header.body);
  if (!head) return head.error();
  if (auto age = check_age(header, *head); !age) return age.error();
  seen_ = seen_at(*head, header.sequence);
  head_ = std::move(*head);
  head_row_ = std::move(stored);
  head_header_sequence_ = header.sequence;
  return head_;
}

Result<Head> RecordStore::head_of_any_age(const Header& header) {
  auto transaction = Transaction::begin(db_, Transaction::Kind::read);
  if (!transaction) return transaction.error();
  auto row = read_head_row(db_);
  if (!row) return row.error();
  if (!*row) return damaged("it has no history");
  return decode_head(**row, header.body);
}

Status RecordStore::check_age(const Header& header, const Head& head) {
  if (auto continues = check_continues(head); !continues) return continues;
  if (auto agrees = check_agreement(head, header); !agrees) return agrees;
  return check_named_commits(header, head);
}

// The commits that the header names lie at their places in the chain: the head when its body was signed, and the last one of each admin key
// that was closed since.
Status RecordStore::check_named_commits(const Header& header, const Head& head) {
  const HeaderBody& body = header.body;
  if (auto named = check_named(body.vault, body.head_sequence, body.head_hash, head); !named) return named;
  for (const RosterRow& row : body.roster.rows) {
    if (row.role != Role::admin || !row.closed) continue;
    if (auto named = check_named(body.vault, row.to, row.to_hash, head); !named) return named;
  }
  return {};
}

Status RecordStore::check_named(const VaultId& vault, std::uint64_t sequence, const Digest& hash, const Head& head) {
  if (sequence == 0 || (sequence == head.commit.sequence && hash == head.hash)) return {};
  auto query = db_.statement("SELECT bytes FROM commits WHERE sequence = ?1");
  if (!query) return query.error();
  auto row = query->bind(1, static_cast<std::int64_t>(sequence)).step();
  if (!row) return row.error();
  if (!*row || commit_hash(query->bytes(0), vault) != hash)
    return damaged("its history misses a commit that its header names");
  return {};
}

Result<Commit> RecordStore::previous_commit(const Commit& commit) {
  auto query = db_.statement("SELECT bytes FROM commits WHERE sequence = ?1");
  if (!query) return query.error();
  auto row = query->bind(1, static_cast<std::int64_t>(commit.sequence) - 1).step();
  if (!row) return row.error();
  if (!*row || commit_hash(query->bytes(0), commit.vault) != commit.previous)
    return damaged("a commit of its history is missing or was replaced");
  return decode_commit(query->bytes(0));
}

namespace {

// Whether a rollback gives the seen state up: that very state, or one that went on from it, as far as can be told. A rollback that lies behind the
// seen state, or on a branch that left it aside, gives up nothing of it.
bool gives_up(const Commit& commit, const Seen& seen) {
  auto abandoned = abandoned_by(commit);
  if (!abandoned) return false;
  if (abandoned->sequence == seen.sequence) return abandoned->hash == seen.hash;
  return abandoned->sequence > seen.sequence && abandoned->rollbacks >= seen.rollbacks &&
         commit.sequence - 1 < seen.sequence;
}

std::uint64_t rollbacks_after(const std::optional<Head>& previous, const Commit& commit) {
  const std::uint64_t before = previous ? previous->commit.rollbacks : 0;
  auto abandoned = abandoned_by(commit);
  return abandoned ? std::max(before, abandoned->rollbacks) + 1 : before;
}

Error stale(const Seen& seen, const Commit& head) {
  const bool fork = head.sequence >= seen.sequence;
  return {Errc::stale,
          fmt::format("{}: it ends with commit {} of {}, and this machine has seen commit {} of {}",
                      fork ? "this vault and the one seen before went apart" : "this is an older copy of the vault",
                      head.sequence, to_rfc3339(head.time), seen.sequence, to_rfc3339(seen.time))};
}

}  // namespace

// Back from the head, link by link, to what was seen, or to a rollback that gives it up.
Status RecordStore::check_continues(const Head& head) {
  accepted_rollback_.reset();
  if (!seen_) return {};
  Commit commit = head.commit;
  Digest hash = head.hash;
  for (;;) {
    if (commit.sequence == seen_->sequence && hash == seen_->hash) return {};
    if (gives_up(commit, *seen_)) {
      accepted_rollback_ = abandoned_by(commit);
      return {};
    }
    const bool may_continue = commit.sequence > seen_->sequence || commit.rollbacks > seen_->rollbacks;
    if (!may_continue || commit.sequence == 1) return stale(*seen_, head.commit);
    auto previous = previous_commit(commit);
    if (!previous) return previous.error();
    hash = commit.previous;
    commit = std::move(*previous);
  }
}

Result<ReadView> RecordStore::read(const Header& header) {
  auto transaction = Transaction::begin(db_, Transaction::Kind::read);
  if (!transaction) return transaction.error();
  auto head = read_head(header);
  if (!head) return head.error();
  if (!*head) return damaged("it has no history");
  return ReadView(*this, std::move(*transaction), *head_);
}

ReadView::ReadView(RecordStore& store, std::optional<Transaction> transaction, const Head& head)
    : store_(&store),
      transaction_(std::move(transaction)),
      head_(&head),
      storage_(std::make_unique<DatabaseTreeStorage>(store.db_)),
      tree_(std::make_unique<HashTree>(*storage_, head.commit.vault, head.commit.subtrees)) {}
ReadView::ReadView(ReadView&&) noexcept = default;
ReadView::~ReadView() = default;

Result<Bytes> ReadView::unverified_record(const ByteArray<16>& id) {
  auto query = database().statement("SELECT bytes FROM records WHERE id = ?1");
  if (!query) return query.error();
  auto row = query->bind(1, row_of(id)).step();
  if (!row) return row.error();
  ByteView bytes = *row ? query->bytes(0) : ByteView{};
  return Bytes(bytes.begin(), bytes.end());
}

Status ReadView::check_record(ByteView bytes, const Item& item) const {
  if (bytes.empty()) return damaged("a record is missing");
  if (record_hash(bytes, vault()) != item.value) return damaged("a record is not the one its history names");
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
  if (!entry || entry->id.bytes != item.id) return damaged("an entry's record is not well-formed");
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
  if (!team || team->id.bytes != item.id) return damaged("a team's record is not well-formed");
  return std::move(*team);
}

Result<VersionRecord> ReadView::checked_version(ByteView bytes, const EntryId& entry,
                                                const VersionEntry& listed) const {
  if (version_digest(bytes, vault()) != listed.digest) return damaged("a version is not the one its entry names");
  if (!bytes.empty() && !known_layout(bytes)) return newer_layout();
  auto version = decode_version(bytes);
  if (!version || version->id != listed.id || version->entry != entry) return damaged("a version is not well-formed");
  return std::move(*version);
}

Result<VersionRecord> ReadView::version(const EntryRecord& entry, const VersionEntry& listed) {
  auto query = database().statement("SELECT version FROM versions WHERE id = ?1");
  if (!query) return query.error();
  auto row = query->bind(1, row_of(listed.id.bytes)).step();
  if (!row) return row.error();
  if (!*row) return damaged("a version is missing");
  return checked_version(query->bytes(0), entry.id, listed);
}

// `use` takes the values as they lie in the row: as many as the version has fields.
template <class Use>
auto ReadView::use_stored_fields(const VersionRecord& version, Use use)
    -> decltype(use(std::declval<std::vector<ByteView>>())) {
  auto query = database().statement("SELECT fields FROM versions WHERE id = ?1");
  if (!query) return query.error();
  auto row = query->bind(1, row_of(version.id.bytes)).step();
  if (!row) return row.error();
  auto values = *row ? decode_field_values(query->bytes(0)) : std::nullopt;
  if (!values || values->size() != version.fields.size()) return damaged("a version's fields are not well-formed");
  return use(std::move(*values));
}

Result<Bytes> ReadView::field(const VersionRecord& version, const StoredField& field) {
  return use_stored_fields(version, [&](const std::vector<ByteView>& values) -> Result<Bytes> {
    ByteView stored = values[static_cast<std::size_t>(&field - version.fields.data())];
    if (field_digest(field, stored, vault()) != field.digest)
      return damaged("a field is not the one its version names");
    return Bytes(stored.begin(), stored.end());
  });
}

Status ReadView::check_stored(const VersionRecord& version, const std::vector<ByteView>& values, bool destroyed) const {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const StoredField& field = version.fields[i];
    const bool emptied = destroyed && field.secret;
    if (emptied && !values[i].empty()) return damaged("the value of a destroyed version is there again");
    if (!emptied && field_digest(field, values[i], vault()) != field.digest)
      return damaged("a field is not the one its version names");
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
  const Subtrees& subtrees = head().commit.subtrees;
  const std::uint64_t there = subtrees.contains(RecordKind::entry) ? subtrees.at(RecordKind::entry).live : 0;
  const bool many = rows.size() > 1 && rows.size() * kPassedOver > there;
  auto query = database().statement(many ? queries.range : queries.one);
  if (!query) return query.error();
  query->bind(1, rows.front().first);
  if (many) query->bind(2, rows.back().first);
  for (const auto& [row, place] : rows) {
    if (!many) query->again().bind(1, row);
    auto found = query->step();
    while (found && *found && query->number(0) < row) found = query->step();
    if (!found) return found.error();
    if (!*found || query->number(0) != row) return damaged(queries.missing);
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
    if (!values || values->size() != version->fields.size()) return damaged("a version's fields are not well-formed");
    if (auto checked = check_stored(*version, *values, asked.listed.life.destroyed); !checked) return checked;
    return use(place, *version, *values);
  });
}

// ---- history ----------------------------------------------------------------------------------------------------------

Result<Bytes> ReadView::commit(std::uint64_t sequence, const Digest& expected) {
  auto query = database().statement("SELECT bytes FROM commits WHERE sequence = ?1");
  if (!query) return query.error();
  auto row = query->bind(1, static_cast<std::int64_t>(sequence)).step();
  if (!row) return row.error();
  ByteView bytes = *row ? query->bytes(0) : ByteView{};
  if (commit_hash(bytes, vault()) != expected) return damaged("a commit is not the one that the next one names");
  return Bytes(bytes.begin(), bytes.end());
}

Result<std::vector<ItemChange>> ReadView::delta(const Commit& commit) {
  auto query = database().statement("SELECT bytes FROM deltas WHERE id BETWEEN ?1 AND ?2 ORDER BY id");
  if (!query) return query.error();
  const auto first = static_cast<std::int64_t>(commit.sequence) << kDeltaChunkBits;
  query->bind(1, first).bind(2, first + (std::int64_t{1} << kDeltaChunkBits) - 1);
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
    return damaged("a commit does not match its delta");
  return std::move(*changes);
}

Result<std::uint64_t> ReadView::count_rows(const char* sql) {
  auto query = database().statement(sql);
  if (!query) return query.error();
  auto row = query->step();
  if (!row) return row.error();
  return static_cast<std::uint64_t>(query->number(0));
}

// ---- writing ----------------------------------------------------------------------------------------------------------

Result<Head> RecordStore::apply(const Header& header, const CommitAuthor& author, const std::optional<Head>& previous,
                                const Change& change) {
  if (auto rows = write_rows(change); !rows) return rows.error();
  const VaultId& vault = header.body.vault;
  DatabaseTreeStorage storage(db_);
  HashTree tree(storage, vault, previous ? previous->commit.subtrees : Subtrees{});
  if (auto applied = tree.apply(change.items); !applied) return applied.error();

  Writer delta;
  for (const ItemChange& item : change.items) encode(delta, item);
  Commit commit;
  commit.vault = vault;
  commit.epoch = header.body.epoch;
  commit.sequence = previous ? previous->commit.sequence + 1 : 1;
  commit.previous = previous ? previous->hash : Digest{};
  commit.time = author.now;
  commit.author = author.keys.signing();
  commit.kind = change.kind;
  commit.operation = change.operation;
  commit.payload = change.payload;
  commit.rollbacks = rollbacks_after(previous, commit);
  commit.header_sequence = header.sequence;
  commit.body_sequence = header.body.sequence;
  commit.body_hash = body_hash(header.body_bytes, vault);
  commit.subtrees = tree.subtrees();
  commit.delta_hash = hash(personals::delta, delta.bytes(), vault.bytes);
  commit.delta_count = static_cast<std::uint32_t>(change.items.size());
  Head head{std::move(commit), {}};
  if (auto written = write_commit(head.commit, author.keys, delta.bytes(), head.hash); !written) return written.error();
  return head;
}

namespace {

// In the order of their rows, so that many fill the B-tree's pages one after the other.
template <class Write, class Id>
std::vector<const Write*> in_row_order(const std::vector<Write>& writes, Id id) {
  std::vector<const Write*> sorted;
  for (const Write& write : writes) sorted.push_back(&write);
  std::ranges::sort(sorted, {}, [&](const Write* write) { return row_of(id(*write)); });
  return sorted;
}

}  // namespace

Status RecordStore::write_rows(const Change& change) {
  for (const RecordWrite* write : in_row_order(change.records, [](const RecordWrite& r) { return r.id; })) {
    const RecordWrite& record = *write;
    auto put = db_.statement(record.is_new ? "INSERT INTO records VALUES (?1, ?2)"
                                           : "UPDATE records SET bytes = ?2 WHERE id = ?1");
    if (!put) return put.error();
    if (auto done = put->bind(1, row_of(record.id)).bind(2, record.bytes).run(); !done) return done;
    if (db_.changes() != 1) return damaged("a record that should be changed is missing");
  }
  for (const VersionWrite* write : in_row_order(change.versions, [](const VersionWrite& v) { return v.id.bytes; })) {
    const VersionWrite& version = *write;
    auto put = db_.statement(version.is_new ? "INSERT INTO versions VALUES (?1, ?2, ?3)"
                                            : "UPDATE versions SET version = ?2, fields = ?3 WHERE id = ?1");
    if (!put) return put.error();
    put->bind(1, row_of(version.id.bytes)).bind(2, version.version).bind(3, version.field_values);
    if (auto done = put->run(); !done) return done;
    if (db_.changes() != 1) return damaged("a version that should be changed is missing");
  }
  return {};
}

Status RecordStore::write_commit(const Commit& commit, const IdentityKeys& keys, ByteView delta, Digest& hash) {
  const Bytes bytes = encode(commit);
  const Signature signature = keys.sign(SignedType::commit, commit.vault, bytes);
  hash = commit_hash(bytes, commit.vault);
  const auto sequence = static_cast<std::int64_t>(commit.sequence);
  auto put = db_.statement("INSERT INTO commits VALUES (?1, ?2, ?3)");
  if (!put) return put.error();
  if (auto done = put->bind(1, sequence).bind(2, bytes).bind(3, signature).run(); !done) return done;
  for (std::int64_t chunk = 0; !delta.empty(); ++chunk) {
    ByteView part = delta.first(std::min(delta.size(), kDeltaChunk));
    auto put_chunk = db_.statement("INSERT INTO deltas VALUES (?1, ?2)");
    if (!put_chunk) return put_chunk.error();
    if (auto done = put_chunk->bind(1, sequence << kDeltaChunkBits | chunk).bind(2, part).run(); !done) return done;
    delta = delta.subspan(part.size());
  }
  return {};
}

}  // namespace vault

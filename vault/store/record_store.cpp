#include "vault/store/record_store.hpp"

#include <fmt/format.h>

#include "vault/base/file.hpp"
#include "vault/model/time_text.hpp"
#include "vault/store/rows.hpp"

namespace vault {
namespace {

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

// Signed by an admin of this vault.
Status check_author(const Head& head, const Signature& signature, ByteView bytes, const HeaderBody& body) {
  const Commit& commit = head.commit;
  if (commit.vault != body.vault || commit.epoch != body.epoch)
    return damaged_store("its head belongs to another vault");
  if (!body.roster.was_admin(commit.author, commit.sequence)) return damaged_store("its head is not by an admin");
  if (!verify(SignedType::commit, body.vault, bytes, commit.author, signature))
    return damaged_store("its head's signature is wrong");
  return {};
}

// The header is not older than the head knows, and the store not older than the body knows.
Status check_agreement(const Head& head, const Header& header) {
  const Commit& commit = head.commit;
  const HeaderBody& body = header.body;
  if (commit.header_sequence > header.sequence || commit.body_sequence > body.sequence) {
    return damaged_store("its header is older than its store");
  }
  if (commit.body_sequence == body.sequence && commit.body_hash != body_hash(header.body_bytes, body.vault)) {
    return damaged_store("its header's body is not the one its store names");
  }
  if (commit.sequence < body.head_sequence) return damaged_store("its store is older than its header");
  if (commit.sequence == body.head_sequence && head.hash != body.head_hash)
    return damaged_store("its store is not the one its header names");
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
  auto db = Database::open(path, key);
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
  auto db = Database::open(path, key, wait);
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
  return damaged_store("it has no tables");
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
  if (!*head) return damaged_store("it has no history");
  if (auto made = create_file(files, path, {}); !made) return made.error();
  auto db = Database::open(path, key);
  if (!db) return db.error();
  RecordStore successor(std::move(*db));
  auto writing = Transaction::begin(successor.db_, Transaction::Kind::write);
  if (!writing) return writing.error();
  if (auto schema = successor.create_schema(); !schema) return schema.error();
  if (auto copied = copy_rows(successor); !copied) return copied.error();
  ReadView view(successor.db_, std::nullopt, **head);
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
  if (!in_place || row.signature.size() != sizeof(Signature)) return damaged_store("its head is not well-formed");
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
  if (!*row) return damaged_store("it has no history");
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
    return damaged_store("its history misses a commit that its header names");
  return {};
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
    auto previous = commit_before(db_, commit);
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
  if (!*head) return damaged_store("it has no history");
  return ReadView(db_, std::move(*transaction), *head_);
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
    if (db_.changes() != 1) return damaged_store("a record that should be changed is missing");
  }
  for (const VersionWrite* write : in_row_order(change.versions, [](const VersionWrite& v) { return v.id.bytes; })) {
    const VersionWrite& version = *write;
    auto put = db_.statement(version.is_new ? "INSERT INTO versions VALUES (?1, ?2, ?3)"
                                            : "UPDATE versions SET version = ?2, fields = ?3 WHERE id = ?1");
    if (!put) return put.error();
    put->bind(1, row_of(version.id.bytes)).bind(2, version.version).bind(3, version.field_values);
    if (auto done = put->run(); !done) return done;
    if (db_.changes() != 1) return damaged_store("a version that should be changed is missing");
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
    if (auto done = put_chunk->bind(1, delta_row(commit.sequence, chunk)).bind(2, part).run(); !done) return done;
    delta = delta.subspan(part.size());
  }
  return {};
}

}  // namespace vault

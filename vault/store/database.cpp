#include "vault/store/database.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <cstring>

#include "vault/store/guarded_files.hpp"

namespace vault {
namespace {

constexpr std::chrono::hours kLongestWait{24};
constexpr int kLargestRow = 16 * 1024 * 1024;  // ours have at most 64 fields of 64 KiB
constexpr std::string_view kPlaintextMagic{"SQLite format 3\0", 16};

Error store_error(const SqlCipher& api, sqlite3* db, int code) {
  const int extended = api.extended_errcode(db);
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {Errc::busy, "another process holds the vault; try again"};
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: return {Errc::corrupt, "the vault's store is damaged, or is not the one its header names"};
    case SQLITE_FULL:
      return {Errc::internal, "the vault's store could not be written: the disk is full; make room, then try again"};
    case SQLITE_READONLY: return {Errc::internal, "the vault's store is read-only; 'vault doctor' looks at its files"};
    case SQLITE_CANTOPEN:
      return {Errc::internal,
              "the vault's store or its journal could not be opened; 'vault doctor' looks at its files"};
    case SQLITE_TOOBIG: return {Errc::corrupt, "the vault's store has a row larger than any of ours"};
    case SQLITE_NOMEM: return {Errc::internal, "out of memory"};
    case SQLITE_CONSTRAINT: return {Errc::corrupt, "the vault's store has a row where none should be"};
    default: break;
  }
  return {Errc::internal, fmt::format("the vault's store: {} (SQLite error {})", api.errmsg(db), extended)};
}

}  // namespace

// ---- statements -------------------------------------------------------------------------------------------------------

Statement& Statement::bind(int index, std::int64_t value) {
  api_->bind_int64(statement_, index, value);
  return *this;
}

Statement& Statement::bind(int index, ByteView bytes) {
  static constexpr std::byte none{};
  api_->bind_blob(statement_, index, bytes.empty() ? &none : bytes.data(), static_cast<int>(bytes.size()),
                  SQLITE_STATIC);
  return *this;
}

Statement& Statement::again() {
  api_->reset(statement_);
  return *this;
}

Result<bool> Statement::step() {
  int code = api_->step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return store_error(*api_, db_, code);
}

Status Statement::run() {
  auto row = step();
  api_->reset(statement_);
  if (!row) return row.error();
  return {};
}

ByteView Statement::bytes(int column) const {
  auto* data = static_cast<const std::byte*>(api_->column_blob(statement_, column));
  return {data, data == nullptr ? 0 : static_cast<std::size_t>(api_->column_bytes(statement_, column))};
}

std::string Statement::text(int column) const {
  auto* data = api_->column_text(statement_, column);
  return data == nullptr ? std::string() : reinterpret_cast<const char*>(data);
}

// ---- the connection ---------------------------------------------------------------------------------------------------

Result<Database> Database::open(const std::filesystem::path& path, const StoreKey& key,
                                std::chrono::milliseconds wait) {
  auto api = sqlcipher();
  if (!api) return api.error();
  if ((*api)->compileoption_used("HAS_CODEC") == 0) {
    return Error{Errc::unsupported,
                 "the library found as libsqlcipher was built without encryption; install SQLCipher itself"};
  }
  auto guarded = guarded_files(**api);
  if (!guarded) return guarded.error();
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  const int code = (*api)->open_v2(path.c_str(), &raw, flags, *guarded);
  Database db(*api, raw);
  if (raw == nullptr) return Error{Errc::internal, "out of memory"};
  if (code == SQLITE_CANTOPEN) {
    return Error{Errc::corrupt,
                 fmt::format("the vault's store {} is missing or cannot be opened", path.filename().string())};
  }
  if (code != SQLITE_OK) return store_error(**api, raw, code);
  const std::chrono::milliseconds bounded = std::min<std::chrono::milliseconds>(wait, kLongestWait);
  (*api)->limit(raw, SQLITE_LIMIT_LENGTH, kLargestRow);
  (*api)->busy_timeout(raw, static_cast<int>(bounded.count()));
  if (auto keyed = db.set_key(key); !keyed) return keyed.error();
  if (auto cipher = db.check_is_sqlcipher(); !cipher) return cipher.error();
  if (auto pragmas = db.set_pragmas(); !pragmas) return pragmas.error();
  return db;
}

// x'<64 hex digits: key><32 hex digits: salt>': SQLCipher's raw form, no key derivation of its own.
Status Database::set_key(const StoreKey& key) {
  SecretBuffer text(2 + 64 + 32 + 1 + 1);
  auto out = text.expose_for_writing();
  auto* chars = reinterpret_cast<char*>(out.data());
  sodium_bin2hex(chars + 2, 65, as_uchar(key.key.expose()), key.key.size());
  sodium_bin2hex(chars + 66, 33, as_uchar(key.salt.expose()), key.salt.size());
  chars[0] = 'x';
  chars[1] = '\'';
  chars[98] = '\'';
  if (int code = api_->key(db_.get(), chars, 99); code != SQLITE_OK) return store_error(*api_, db_.get(), code);
  // What is wrong with a page we say ourselves; 4.6 would write to the program's standard error, and decides so when it is keyed.
  if (auto quiet = run("PRAGMA cipher_log_level = NONE"); !quiet) return quiet;
  if (auto compatibility = run("PRAGMA cipher_compatibility = 3"); !compatibility) return compatibility;
  return run("PRAGMA cipher_page_size = 4096");
}

Status Database::check_is_sqlcipher() {
  auto query = statement("PRAGMA cipher_version");
  if (!query) return query.error();
  auto row = query->step();
  if (!row) return row.error();
  cipher_version_ = *row ? query->text(0) : "";
  if (cipher_version_.empty())
    return Error{Errc::unsupported, "the library found as libsqlcipher does not encrypt; install SQLCipher itself"};
  return check_not_plaintext();
}

Status Database::check_not_plaintext() {
  sqlite3_file* file = nullptr;
  if (api_->file_control(db_.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || file == nullptr ||
      file->pMethods == nullptr) {
    return Error{Errc::internal, "the vault's store could not be looked at"};
  }
  ByteArray<16> start{};
  int code = file->pMethods->xRead(file, start.data(), static_cast<int>(start.size()), 0);
  if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ)
    return Error{Errc::internal, "the vault's store could not be read"};
  if (equal(start, as_bytes(kPlaintextMagic))) {
    return Error{Errc::corrupt, "the vault's store is plain SQLite, not encrypted: nothing was written"};
  }
  return {};
}

Status Database::set_pragmas() {
  // PRAGMAs are believed only when read back; 3.4.1 does not know the last one and answers nothing.
  struct Setting {
    const char* set;
    const char* read;
    std::string_view value;
    bool may_be_unknown;
  };
  static constexpr Setting settings[] = {
      {"PRAGMA journal_mode = DELETE", "PRAGMA journal_mode", "delete", false},
      {"PRAGMA synchronous = EXTRA", "PRAGMA synchronous", "3", false},
      {"PRAGMA temp_store = MEMORY", "PRAGMA temp_store", "2", false},
      {"PRAGMA secure_delete = ON", "PRAGMA secure_delete", "1", false},
      {"PRAGMA mmap_size = 0", "PRAGMA mmap_size", "0", false},
      {"PRAGMA foreign_keys = ON", "PRAGMA foreign_keys", "1", false},
      {"PRAGMA cipher_page_size = 4096", "PRAGMA cipher_page_size", "4096", true},
      {"PRAGMA cipher_memory_security = ON", "PRAGMA cipher_memory_security", "1", true},
  };
  for (const Setting& setting : settings) {
    if (auto set = run(setting.set); !set) return set;
    if (auto read = expect(setting.read, setting.value, setting.may_be_unknown); !read) return read;
  }
  return {};
}

Status Database::expect(const char* sql, std::string_view value, bool may_be_unknown) {
  auto query = statement(sql);
  if (!query) return query.error();
  auto row = query->step();
  if (!row) return row.error();
  if (!*row && may_be_unknown) return {};
  if (*row && query->text(0) == value) return {};
  return Error{Errc::unsupported,
               fmt::format("SQLCipher does not take '{} = {}'; install the one of your distribution", sql, value)};
}

Status Database::run(const char* sql) {
  sqlite3_stmt* raw = nullptr;
  int code = api_->prepare_v2(db_.get(), sql, -1, &raw, nullptr);
  std::unique_ptr<sqlite3_stmt, Finalize> owned(raw, Finalize{api_});
  if (code != SQLITE_OK) return store_error(*api_, db_.get(), code);
  do code = api_->step(raw);
  while (code == SQLITE_ROW);
  if (code != SQLITE_DONE) return store_error(*api_, db_.get(), code);
  return {};
}

Result<Statement> Database::statement(const char* sql) {
  for (Prepared& known : prepared_) {
    if (known.sql == sql) return Statement(*api_, db_.get(), known.statement.get());
  }
  sqlite3_stmt* raw = nullptr;
  int code = api_->prepare_v2(db_.get(), sql, -1, &raw, nullptr);
  std::unique_ptr<sqlite3_stmt, Finalize> owned(raw, Finalize{api_});
  if (code == SQLITE_ERROR)
    return Error{Errc::corrupt, "the vault's store is damaged: a table is missing"};  // our SQL is fixed
  if (code != SQLITE_OK) return store_error(*api_, db_.get(), code);
  prepared_.push_back({sql, std::move(owned)});
  return Statement(*api_, db_.get(), raw);
}

std::string Database::version() const { return fmt::format("{} (SQLite {})", cipher_version_, api_->libversion()); }

// ---- transactions -----------------------------------------------------------------------------------------------------

Result<Transaction> Transaction::begin(Database& db, Kind kind) {
  if (auto begun = db.run(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN"); !begun) return begun.error();
  return Transaction(db);
}

Status Transaction::commit() {
  Status done = db_->run("COMMIT");
  if (done) db_ = nullptr;
  return done;
}

void Transaction::rollback() {
  if (db_ == nullptr || !db_->in_transaction()) return;
  if (auto done = db_->run("ROLLBACK"); !done)
    return;  // SQLite has rolled back by itself, or will when the file is opened again
}

}  // namespace vault

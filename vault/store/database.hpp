#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <vector>

#include "vault/base/bytes.hpp"
#include "vault/base/secret_buffer.hpp"
#include "vault/store/sqlcipher.hpp"

namespace vault {

// SQLCipher's raw key and salt, from the vault key.
struct StoreKey {
  SecretBuffer key;   // 32 bytes
  SecretBuffer salt;  // 16 bytes
};

// A prepared statement, lent by Database::statement. Leaving its scope resets it.
class Statement {
 public:
  Statement(const SqlCipher& api, sqlite3* db, sqlite3_stmt* statement) : api_(&api), db_(db), statement_(statement) {}
  ~Statement() {
    if (statement_ != nullptr) api_->reset(statement_);
  }
  Statement(Statement&& other) noexcept
      : api_(other.api_), db_(other.db_), statement_(std::exchange(other.statement_, nullptr)) {}
  Statement& operator=(Statement&&) = delete;

  // Parameters count from 1. Bound bytes must live until the statement is left.
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, ByteView bytes);

  Statement& again();  // from its beginning, with other parameters

  Result<bool> step();  // true: there is a row
  Status run();         // for statements without rows

  // Columns of the row, from 0. Bytes are valid until the next step.
  std::int64_t number(int column) const { return api_->column_int64(statement_, column); }
  ByteView bytes(int column) const;
  std::string text(int column) const;

 private:
  const SqlCipher* api_;
  sqlite3* db_;
  sqlite3_stmt* statement_;
};

// One connection to a store file. Not thread-safe. SQL here is ours alone and written for SQLite 3.15 (Debian 12's SQLCipher).
class Database {
 public:
  // Opens and keys a file that is there (it may be empty), sets and reads back every PRAGMA, and makes sure that what answers is SQLCipher and that the file
  // is not plaintext, before anything is written. `wait`: for other processes' locks, each time. Errors: unsupported, corrupt (wrong key or damaged), busy, internal.
  static Result<Database> open(const std::filesystem::path& path, const StoreKey& key,
                               std::chrono::milliseconds wait = std::chrono::seconds{5});

  Database(Database&&) noexcept = default;
  Database& operator=(Database&&) noexcept = default;

  Status run(const char* sql);
  // Prepared at first use and kept; `sql` is a literal. Only one user at a time of the same one. Errors: corrupt, internal.
  Result<Statement> statement(const char* sql);
  bool in_transaction() const { return api_->get_autocommit(db_.get()) == 0; }
  int changes() const { return api_->changes(db_.get()); }
  std::string version() const;  // "3.4.1 (SQLite 3.15.2)"

  // Refuses a file whose first bytes say plain SQLite, read through SQLite's own descriptor (opening the file a second time in this
  // process would drop its locks).
  Status check_not_plaintext();

 private:
  struct Close {
    const SqlCipher* api;
    void operator()(sqlite3* db) const { api->close_v2(db); }
  };
  struct Finalize {
    const SqlCipher* api;
    void operator()(sqlite3_stmt* statement) const { api->finalize(statement); }
  };
  struct Prepared {
    const char* sql;
    std::unique_ptr<sqlite3_stmt, Finalize> statement;
  };

  Database(const SqlCipher* api, sqlite3* db) : api_(api), db_(db, Close{api}) {}
  Status set_key(const StoreKey& key);
  Status set_pragmas();
  Status expect(const char* sql, std::string_view value, bool may_be_unknown = false);
  Status check_is_sqlcipher();

  const SqlCipher* api_;
  std::unique_ptr<sqlite3, Close> db_;
  std::vector<Prepared> prepared_;  // destroyed before db_
  std::string cipher_version_;
};

// A transaction is a scope; leaving it early rolls back.
class Transaction {
 public:
  enum class Kind { read, write };
  static Result<Transaction> begin(Database& db, Kind kind);
  ~Transaction() { rollback(); }
  Transaction(Transaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  Status commit();

 private:
  explicit Transaction(Database& db) : db_(&db) {}
  void rollback();
  Database* db_;
};

}  // namespace vault

#include "vault/store/database.hpp"

#include <sys/stat.h>

#include "tests/support/tamper.hpp"

namespace vault {
namespace {

class DatabaseTest : public World {
 protected:
  fs::path path() const { return dir() / "test.db"; }

  static StoreKey key(int number = 1) {
    StoreKey key{SecretBuffer(32), SecretBuffer(16)};
    key.key.expose_for_writing()[0] = std::byte(number);
    return key;
  }
  Result<Database> open_file(int key_number = 1) { return Database::open(path(), key(key_number)); }

  // With one table of one row.
  Database make() {
    put_file(path(), {});
    Database db = must(Database::open(path(), key()));
    must(db.run("CREATE TABLE things (id INTEGER PRIMARY KEY, bytes BLOB)"));
    must(db.run("INSERT INTO things VALUES (1, x'0102')"));
    return db;
  }

  static std::string answer(Database& db, const char* sql) {
    Statement query = must(db.statement(sql));
    return must(query.step()) ? query.text(0) : "(nothing)";
  }
  static std::int64_t count(Database& db) { return std::stoll(answer(db, "SELECT count(*) FROM things")); }
};

// ---- the file ---------------------------------------------------------------------------------------------------------

TEST_F(DatabaseTest, FileDoesNotLookLikeSqlite) {
  make();
  const Bytes bytes = file_bytes(path());
  EXPECT_EQ(as_text(bytes).find("SQLite"), std::string_view::npos);
  EXPECT_EQ(as_text(bytes).find("things"), std::string_view::npos);
}

TEST_F(DatabaseTest, FileHasPagesOf4096Bytes) {
  make();
  EXPECT_EQ(fs::file_size(path()) % 4096, 0U);
}

TEST_F(DatabaseTest, EveryPragmaIsAsTheDesignSays) {
  make();
  Database db = must(open_file());
  EXPECT_EQ(answer(db, "PRAGMA journal_mode"), "delete");
  EXPECT_EQ(answer(db, "PRAGMA synchronous"), "3");
  EXPECT_EQ(answer(db, "PRAGMA temp_store"), "2");
  EXPECT_EQ(answer(db, "PRAGMA secure_delete"), "1");
  EXPECT_EQ(answer(db, "PRAGMA mmap_size"), "0");
  EXPECT_EQ(answer(db, "PRAGMA foreign_keys"), "1");
  EXPECT_EQ(answer(db, "PRAGMA page_size"), "4096");
  EXPECT_NE(answer(db, "PRAGMA cipher_version"), "");
}

// One format for SQLCipher 3 and 4: a bare connection that says only these three things reads the file.
TEST_F(DatabaseTest, ABareConnectionOfCompatibility3ReadsTheFile) {
  make();
  const SqlCipher& api = *must(sqlcipher());
  sqlite3* db = nullptr;
  ASSERT_EQ(api.open_v2(path().c_str(), &db, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  const std::string raw = "x'01" + std::string(62 + 32, '0') + "'";
  ASSERT_EQ(api.key(db, raw.data(), static_cast<int>(raw.size())), SQLITE_OK);
  for (const char* sql :
       {"PRAGMA cipher_compatibility = 3", "PRAGMA cipher_page_size = 4096", "SELECT bytes FROM things"}) {
    sqlite3_stmt* statement = nullptr;
    ASSERT_EQ(api.prepare_v2(db, sql, -1, &statement, nullptr), SQLITE_OK) << sql;
    const int code = api.step(statement);
    EXPECT_TRUE(code == SQLITE_ROW || code == SQLITE_DONE) << sql;
    if (std::string_view(sql).starts_with("SELECT")) {
      EXPECT_EQ(api.column_bytes(statement, 0), 2);
    }
    api.finalize(statement);
  }
  api.close_v2(db);
}

TEST_F(DatabaseTest, AConnectionWithoutAKeyReadsNothing) {
  make();
  const SqlCipher& api = *must(sqlcipher());
  sqlite3* db = nullptr;
  ASSERT_EQ(api.open_v2(path().c_str(), &db, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(api.prepare_v2(db, "SELECT bytes FROM things", -1, &statement, nullptr), SQLITE_NOTADB);
  api.close_v2(db);
}

// ---- what is not ours is refused --------------------------------------------------------------------------------------

TEST_F(DatabaseTest, AWrongKeyIsCorrupt) {
  make();
  EXPECT_CODE(open_file(2), corrupt);
}

TEST_F(DatabaseTest, AMissingFileIsCorruptAndNotMade) {
  EXPECT_CODE(open_file(), corrupt);
  EXPECT_FALSE(fs::exists(path()));
}

TEST_F(DatabaseTest, APlainSqliteFileIsRefusedAndNotWritten) {
  const SqlCipher& api = *must(sqlcipher());
  sqlite3* plain = nullptr;
  ASSERT_EQ(api.open_v2(path().c_str(), &plain, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  ASSERT_EQ(api.prepare_v2(plain, "CREATE TABLE things (id INTEGER)", -1, &statement, nullptr), SQLITE_OK);
  ASSERT_EQ(api.step(statement), SQLITE_DONE);
  api.finalize(statement);
  api.close_v2(plain);
  const Bytes before = file_bytes(path());
  ASSERT_TRUE(as_text(before).starts_with("SQLite format 3"));

  EXPECT_CODE(open_file(), corrupt);
  EXPECT_EQ(file_bytes(path()), before);
  EXPECT_FALSE(fs::exists(path().string() + "-journal"));
}

TEST_F(DatabaseTest, AFileOfNoiseIsCorrupt) {
  put_file(path(), Bytes(8192, std::byte{0x5a}));
  EXPECT_CODE(open_file(), corrupt);
}

// ---- transactions -----------------------------------------------------------------------------------------------------

TEST_F(DatabaseTest, AnEndedTransactionStays) {
  Database db = make();
  auto transaction = must(Transaction::begin(db, Transaction::Kind::write));
  must(db.run("INSERT INTO things VALUES (2, x'')"));
  must(transaction.commit());
  EXPECT_EQ(count(db), 2);
}

TEST_F(DatabaseTest, LeavingATransactionRollsBack) {
  Database db = make();
  {
    auto transaction = must(Transaction::begin(db, Transaction::Kind::write));
    must(db.run("INSERT INTO things VALUES (2, x'')"));
    EXPECT_TRUE(db.in_transaction());
  }
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(count(db), 1);
}

TEST_F(DatabaseTest, AMovedTransactionRollsBackOnce) {
  Database db = make();
  {
    auto first = must(Transaction::begin(db, Transaction::Kind::write));
    Transaction second = std::move(first);
    must(db.run("INSERT INTO things VALUES (2, x'')"));
  }
  EXPECT_EQ(count(db), 1);
}

TEST_F(DatabaseTest, AnUnendedTransactionIsNotSeenByOthers) {
  Database db = make();
  Database other = must(open_file());
  auto transaction = must(Transaction::begin(db, Transaction::Kind::write));
  must(db.run("INSERT INTO things VALUES (2, x'')"));
  EXPECT_EQ(count(other), 1);
}

TEST_F(DatabaseTest, AStatementLeftHalfReadDoesNotHoldTheFile) {
  Database db = make();
  must(db.run("INSERT INTO things VALUES (2, x'')"));
  {
    Statement query = must(db.statement("SELECT id FROM things"));
    EXPECT_TRUE(must(query.step()));
  }
  Database other = must(open_file());
  must(other.run("INSERT INTO things VALUES (3, x'')"));
  EXPECT_EQ(count(db), 3);
}

TEST_F(DatabaseTest, EmptyBytesAreNotNull) {
  Database db = make();
  Statement put = must(db.statement("INSERT INTO things VALUES (?1, ?2)"));
  must(put.bind(1, 2).bind(2, ByteView{}).run());
  EXPECT_EQ(answer(db, "SELECT typeof(bytes) FROM things WHERE id = 2"), "blob");
}

// ---- a vault's own store ----------------------------------------------------------------------------------------------

TEST_F(DatabaseTest, AVaultsStoreIsPrivateAndEncrypted) {
  create();
  const fs::path store = vault_dir() / "store-1.db";
  struct stat info {};
  ASSERT_EQ(stat(store.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600U);
  const Bytes bytes = file_bytes(store);
  for (std::string_view word : {"SQLite format 3", "CREATE TABLE", "default", "101domain"}) {
    EXPECT_EQ(as_text(bytes).find(word), std::string_view::npos) << word;
  }
}

TEST_F(DatabaseTest, AVaultsStoreOpensWithTheKeyOfItsHeader) {
  create();
  EXPECT_EQ(OpenedStore(vault_dir(), {key_file()}).number("SELECT count(*) FROM commits"), 1);
}

}  // namespace
}  // namespace vault

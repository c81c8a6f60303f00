/* The floor for a cold get: open an SQLCipher file with a raw key, read one row by name, write it to stdout. `FILE make` makes the file. */
#define SQLITE_HAS_CODEC 1
#include <openssl/crypto.h>
#include <sqlcipher/sqlite3.h>
#include <stdio.h>

#define KEY "x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f000102030405060708090a0b0c0d0e0f'"

int main(int argc, char** argv) {
  sqlite3* db = NULL;
  sqlite3_stmt* statement = NULL;
  int code;
  if (argc < 2 || OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1) return 2;
  if (sqlite3_open(argv[1], &db) != SQLITE_OK || sqlite3_key(db, KEY, 99) != SQLITE_OK) return 1;
  sqlite3_exec(db, "PRAGMA cipher_compatibility = 3; PRAGMA cipher_page_size = 4096", NULL, NULL, NULL);
  if (argc > 2) {
    const char* make =
        "DROP TABLE IF EXISTS t; CREATE TABLE t (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;"
        "INSERT INTO t VALUES ('prod-dns', 'token-0123456789')";
    return sqlite3_exec(db, make, NULL, NULL, NULL) == SQLITE_OK ? 0 : 1;
  }
  if (sqlite3_prepare_v2(db, "SELECT value FROM t WHERE name = ?1", -1, &statement, NULL) != SQLITE_OK) return 1;
  sqlite3_bind_text(statement, 1, "prod-dns", -1, SQLITE_STATIC);
  code = sqlite3_step(statement);
  if (code == SQLITE_ROW) {
    fwrite(sqlite3_column_blob(statement, 0), 1, (size_t)sqlite3_column_bytes(statement, 0), stdout);
  }
  sqlite3_finalize(statement);
  sqlite3_close(db);
  return code == SQLITE_ROW ? 0 : 1;
}

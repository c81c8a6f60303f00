/* The program that links libsqlite3 and libvault, built in both link orders: the vault is never plaintext, and libsqlite3 still works.
   (A libvault that linked libsqlcipher would here bind to plain SQLite, and write the vault in clear with every call answering OK.) */
#include <dirent.h>
#include <sqlite3.h>

#include "capi_test.h"

#define CANARY "canary-token-0123456789"

static int contains(const char* path, const char* text) {
  static char bytes[1 << 20];
  FILE* file = fopen(path, "rb");
  size_t size, length = strlen(text), i;
  CHECK(file != NULL);
  size = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  for (i = 0; i + length <= size; ++i) {
    if (memcmp(bytes + i, text, length) == 0) return 1;
  }
  return 0;
}

static void check_no_plaintext(void) {
  char path[512];
  struct dirent* entry;
  int stores = 0;
  DIR* dir = opendir(test_vault);
  CHECK(dir != NULL);
  while ((entry = readdir(dir)) != NULL) {
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/%s", test_vault, entry->d_name);
    CHECK(!contains(path, "SQLite format 3"));
    CHECK(!contains(path, CANARY));
    CHECK(!contains(path, "CREATE TABLE"));
    CHECK(!contains(path, "prod-dns"));
    if (strncmp(entry->d_name, "store-", 6) == 0) ++stores;
  }
  closedir(dir);
  CHECK(stores == 1);
}

int main(void) {
  sqlite3* plain = NULL;
  vault_handle* vault;
  vault_secret* secret = NULL;
  make_test_dir();
  CHECK(sqlite3_open(":memory:", &plain) == SQLITE_OK);
  CHECK(sqlite3_exec(plain, "CREATE TABLE t (a); INSERT INTO t VALUES (1)", NULL, NULL, NULL) == SQLITE_OK);
  vault = make_test_vault();
  CHECK_CODE(vault_add(vault, "prod-dns", CANARY, strlen(CANARY), NULL), VAULT_OK);
  CHECK_CODE(vault_get(vault, "prod-dns", NULL, &secret), VAULT_OK);
  vault_secret_free(secret);
  check_no_plaintext();
  vault_close(vault);
  check_no_plaintext();
  CHECK(sqlite3_exec(plain, "SELECT * FROM t", NULL, NULL, NULL) == SQLITE_OK);
  sqlite3_close(plain);
  return 0;
}

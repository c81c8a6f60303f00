/* What the programs on the C interface share: a directory of their own, and checks that say where they failed. */
#ifndef CAPI_TEST_H
#define CAPI_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capi/vault.h"

#define CHECK(condition)                                                                      \
  do {                                                                                        \
    if (!(condition)) {                                                                       \
      fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, vault_last_error()); \
      exit(1);                                                                                \
    }                                                                                         \
  } while (0)

#define CHECK_CODE(call, code)                                                                        \
  do {                                                                                                \
    vault_code got = (call);                                                                          \
    if (got != (code)) {                                                                              \
      fprintf(stderr, "%s:%d: %s: %s, not %s: %s\n", __FILE__, __LINE__, #call, vault_code_name(got), \
              vault_code_name(code), vault_last_error());                                             \
      exit(1);                                                                                        \
    }                                                                                                 \
  } while (0)

/* A new temporary directory, and paths inside it. It goes when the program ends, however it does. */
static char test_dir[64];
static char test_vault[96];
static char test_key_file[96];
static char test_state[96];
static pid_t test_process;

static void remove_test_dir(void) {
  char command[128];
  if (getpid() != test_process) return; /* a child ends before it */
  snprintf(command, sizeof command, "rm -rf '%s'", test_dir);
  if (system(command) != 0) fprintf(stderr, "%s is left\n", test_dir);
}

static void make_test_dir(void) {
  test_process = getpid();
  strcpy(test_dir, "/tmp/vault-capi-XXXXXX");
  if (mkdtemp(test_dir) == NULL || atexit(remove_test_dir) != 0) exit(1);
  snprintf(test_vault, sizeof test_vault, "%s/vault", test_dir);
  snprintf(test_key_file, sizeof test_key_file, "%s/key", test_dir);
  snprintf(test_state, sizeof test_state, "%s/state", test_dir);
  setenv("XDG_STATE_HOME", test_state, 1); /* what is remembered of the vaults stays there too */
  setenv("XDG_CONFIG_HOME", test_dir, 1);
  setenv("XDG_DATA_HOME", test_dir, 1); /* where a vault is that has no place named */
  unsetenv("VAULT_DIR");
  unsetenv("CREDENTIALS_DIRECTORY");
}

/* A vault with one key-file slot: no key derivation. */
static vault_handle* make_test_vault(void) {
  vault_slot_options options = VAULT_SLOT_OPTIONS_INIT;
  vault_handle* vault = NULL;
  options.key_file = test_key_file;
  CHECK_CODE(vault_create(test_vault, &options, NULL, &vault), VAULT_OK);
  return vault;
}

/* A name inside the temporary directory. The newest eight are good at a time. */
static inline const char* test_path(const char* name) {
  static char paths[8][128];
  static unsigned next;
  char* path = paths[next++ % 8];
  snprintf(path, sizeof paths[0], "%s/%s", test_dir, name);
  return path;
}

/* A directory with a key file that opens it. NULL where that gives another code than `code`. */
static inline vault_handle* open_test_vault(const char* dir, const char* key_file, vault_code code) {
  vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
  vault_handle* vault = NULL;
  unlock.key_file = key_file;
  CHECK_CODE(vault_open(dir, &unlock, &vault), code);
  CHECK((vault != NULL) == (code == VAULT_OK));
  return vault;
}

static inline void check_token(const vault_handle* vault, const char* label, const char* token) {
  vault_secret* secret = NULL;
  CHECK_CODE(vault_get(vault, label, NULL, &secret), VAULT_OK);
  CHECK(vault_secret_size(secret) == strlen(token));
  CHECK(memcmp(vault_secret_data(secret), token, strlen(token)) == 0);
  vault_secret_free(secret);
}

/* Whether the program runs under a sanitizer, which makes it slow and large. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEST_SANITIZED 1
#else
#define TEST_SANITIZED 0
#endif

/* How often something is repeated: the first argument says it, where the program is given one. */
static inline int test_rounds(int argc, char** argv, int otherwise) { return argc > 1 ? atoi(argv[1]) : otherwise; }

#endif

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

static void remove_test_dir(void) {
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", test_dir);
  if (system(command) != 0) fprintf(stderr, "%s is left\n", test_dir);
}

static void make_test_dir(void) {
  strcpy(test_dir, "/tmp/vault-capi-XXXXXX");
  if (mkdtemp(test_dir) == NULL || atexit(remove_test_dir) != 0) exit(1);
  snprintf(test_vault, sizeof test_vault, "%s/vault", test_dir);
  snprintf(test_key_file, sizeof test_key_file, "%s/key", test_dir);
  setenv("XDG_STATE_HOME", test_dir, 1); /* what is remembered of the vaults stays there too */
  setenv("XDG_CONFIG_HOME", test_dir, 1);
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

#endif

/* Opening with each factor, with a passphrase that is asked for, and lending a secret. */
#include <sys/stat.h>

#include "capi_test.h"

struct asked {
  int times;
  vault_code code;
  const char* passphrase;
};

static vault_code ask(void* context, void* buffer, size_t capacity, size_t* size) {
  struct asked* asked = (struct asked*)context;
  ++asked->times;
  CHECK(capacity == 1024);
  if (asked->code != VAULT_OK) return asked->code;
  *size = strlen(asked->passphrase);
  if (*size <= capacity) memcpy(buffer, asked->passphrase, *size);
  return VAULT_OK;
}

static vault_code compare(const void* data, size_t size, void* context) {
  const char* expected = (const char*)context;
  return size == strlen(expected) && memcmp(data, expected, size) == 0 ? VAULT_OK : VAULT_E_CONFLICT;
}

/* The callback may use the library, on the same handle too. */
static vault_code look_again(const void* data, size_t size, void* context) {
  (void)data, (void)size;
  return vault_use((const vault_handle*)context, "a", NULL, compare, (void*)"token");
}

static void use_lends_the_bytes(void) {
  vault_handle* vault = make_test_vault();
  CHECK_CODE(vault_add(vault, "a", "token", 5, NULL), VAULT_OK);
  CHECK_CODE(vault_use(vault, "a", NULL, compare, (void*)"token"), VAULT_OK);
  CHECK_CODE(vault_use(vault, "a", NULL, compare, (void*)"other"), VAULT_E_CONFLICT);
  CHECK_CODE(vault_use(vault, "b", NULL, compare, NULL), VAULT_E_NOT_FOUND);
  CHECK_CODE(vault_use(vault, "a", NULL, NULL, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_use(NULL, "a", NULL, compare, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_use(vault, "a", NULL, look_again, vault), VAULT_OK);
  vault_close(vault);
}

/* One slot of a passphrase, at the least cost there is for a person: Argon2id runs a few times here. */
static void a_passphrase_is_asked_for_where_it_helps(void) {
  vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
  vault_slot_options slot = VAULT_SLOT_OPTIONS_INIT;
  vault_handle* vault = NULL;
  char dir[128];
  struct asked asked = {0, VAULT_OK, "correct horse"};
  snprintf(dir, sizeof dir, "%s/words", test_dir);
  slot.passphrase = "correct horse";
  slot.passphrase_size = 13;
  slot.kdf_passes = 3;
  CHECK_CODE(vault_create(dir, &slot, NULL, &vault), VAULT_OK);
  vault_close(vault);

  unlock.ask_passphrase = ask;
  unlock.ask_context = &asked;
  CHECK_CODE(vault_open(dir, &unlock, &vault), VAULT_OK);
  CHECK(asked.times == 1);
  vault_close(vault);

  unlock.key_file = test_key_file; /* which opens nothing here */
  CHECK_CODE(vault_open(dir, &unlock, &vault), VAULT_OK);
  CHECK(asked.times == 2);
  vault_close(vault);

  asked.code = VAULT_E_CANCELLED;
  CHECK_CODE(vault_open(dir, &unlock, &vault), VAULT_E_CANCELLED);
  CHECK(vault == NULL && asked.times == 3);
  asked.code = (vault_code)99;
  CHECK_CODE(vault_open(dir, &unlock, &vault), VAULT_E_INTERNAL);
  asked.code = VAULT_OK;
  asked.passphrase = "";
  CHECK_CODE(vault_open(dir, &unlock, &vault), VAULT_E_USAGE);

  /* Nobody is asked for what would not help. */
  asked.times = 0;
  CHECK_CODE(vault_open(test_vault, &unlock, &vault), VAULT_OK);
  vault_close(vault);
  unlock.key_file = NULL;
  CHECK_CODE(vault_open(test_vault, &unlock, &vault), VAULT_E_WRONG_KEY);
  unlock.slot = "none of this name";
  CHECK_CODE(vault_open(dir, &unlock, &vault), VAULT_E_NOT_FOUND);
  CHECK(asked.times == 0 && vault == NULL);
}

static void other_factors(void) {
  vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
  vault_handle* vault = NULL;
  CHECK_CODE(vault_open(test_vault, &unlock, &vault), VAULT_E_LOCKED);
  unlock.credential = test_key_file; /* a credential is a key file by another way, for slots that ask for one */
  unlock.wait_ms = -1;
  CHECK_CODE(vault_open(test_vault, &unlock, &vault), VAULT_OK);
  vault_close(vault);
  unlock.credential = "/nonexistent";
  CHECK_CODE(vault_open(test_vault, &unlock, &vault), VAULT_E_USAGE);
  unlock.credential = NULL;
  unlock.recovery_code = "239A-VDH6";
  unlock.recovery_code_size = 9;
  CHECK_CODE(vault_open(test_vault, &unlock, &vault), VAULT_E_USAGE);
  unlock.recovery_code =
      "00000000000000000000000000000000"
      "0";
  unlock.recovery_code_size = 33;
  CHECK_CODE(vault_open(test_vault, &unlock, &vault), VAULT_E_WRONG_KEY);
  CHECK(vault == NULL);
}

/* As the program does it: the place from VAULT_DIR, the key file from config.toml. */
static void without_place_and_factor(void) {
  vault_handle* vault = NULL;
  char path[128];
  FILE* config;
  setenv("VAULT_DIR", test_vault, 1);
  CHECK_CODE(vault_open(NULL, NULL, &vault), VAULT_E_LOCKED);
  snprintf(path, sizeof path, "%s/vault-config", test_dir);
  setenv("XDG_CONFIG_HOME", path, 1);
  CHECK(mkdir(path, 0700) == 0);
  strcat(path, "/vault");
  CHECK(mkdir(path, 0700) == 0);
  strcat(path, "/config.toml");
  config = fopen(path, "w");
  CHECK(config != NULL && fprintf(config, "key_file = \"%s\"\n", test_key_file) > 0 && fclose(config) == 0);
  CHECK_CODE(vault_open(NULL, NULL, &vault), VAULT_OK);
  vault_close(vault);
  setenv("VAULT_DIR", "/nonexistent", 1);
  CHECK_CODE(vault_open(NULL, NULL, &vault), VAULT_E_NO_VAULT);
}

int main(void) {
  make_test_dir();
  use_lends_the_bytes();
  a_passphrase_is_asked_for_where_it_helps();
  other_factors();
  without_place_and_factor();
  return 0;
}

/* A program makes a vault, stores a key and reads it back; wrong input gets the table's codes. */
#include "capi_test.h"

static void stored_key_comes_back(void) {
  vault_handle* vault = make_test_vault();
  vault_add_options add = VAULT_ADD_OPTIONS_INIT;
  const char* scopes[] = {"dns:read", "dns:write"};
  vault_secret* secret = NULL;
  add.issuer = "101domain";
  add.team = "platform";
  add.scopes = scopes;
  add.scope_count = 2;
  CHECK_CODE(vault_add(vault, "prod-dns", "tok\0en", 6, &add), VAULT_OK);
  CHECK_CODE(vault_get(vault, "prod-dns", NULL, &secret), VAULT_OK);
  CHECK(vault_secret_size(secret) == 6 && memcmp(vault_secret_data(secret), "tok\0en", 6) == 0);
  vault_secret_free(secret);
  vault_close(vault);
}

static void reopened_vault_has_it(void) {
  vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
  vault_handle* vault = NULL;
  vault_secret* secret = NULL;
  unlock.key_file = test_key_file;
  CHECK_CODE(vault_open(test_vault, &unlock, &vault), VAULT_OK);
  CHECK_CODE(vault_get(vault, "prod-dns", NULL, &secret), VAULT_OK);
  vault_secret_free(secret);

  CHECK_CODE(vault_get(vault, "other", NULL, &secret), VAULT_E_NOT_FOUND);
  CHECK(secret == NULL && strstr(vault_last_error(), "other") != NULL);
  CHECK_CODE(vault_get(vault, "-bad", NULL, &secret), VAULT_E_USAGE);
  CHECK_CODE(vault_get(vault, NULL, NULL, &secret), VAULT_E_USAGE);
  CHECK_CODE(vault_get(NULL, "prod-dns", NULL, &secret), VAULT_E_USAGE);
  CHECK_CODE(vault_add(vault, "prod-dns", "x", 1, NULL), VAULT_E_CONFLICT);
  CHECK_CODE(vault_add(vault, "empty", "", 0, NULL), VAULT_E_USAGE);
  vault_close(vault);
}

static void expiry_is_answered(void) {
  vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
  vault_add_options add = VAULT_ADD_OPTIONS_INIT;
  vault_get_options get = VAULT_GET_OPTIONS_INIT;
  vault_handle* vault = NULL;
  vault_secret* secret = NULL;
  unlock.key_file = test_key_file;
  CHECK_CODE(vault_open(test_vault, &unlock, &vault), VAULT_OK);
  add.expires_at = 1000000000;
  CHECK_CODE(vault_add(vault, "old", "old-token", 9, &add), VAULT_OK);
  CHECK_CODE(vault_get(vault, "old", NULL, &secret), VAULT_E_EXPIRED);
  get.allow_expired = 1;
  CHECK_CODE(vault_get(vault, "old", &get, &secret), VAULT_OK);
  vault_secret_free(secret);
  vault_close(vault);
}

static void wrong_factors_and_places(void) {
  vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
  vault_handle* vault = NULL;
  CHECK_CODE(vault_open(test_vault, NULL, &vault), VAULT_E_LOCKED);
  unlock.passphrase = "wrong";
  unlock.passphrase_size = 5;
  CHECK_CODE(vault_open(test_vault, &unlock, &vault), VAULT_E_WRONG_KEY);
  CHECK(vault == NULL);
  CHECK_CODE(vault_open("/nonexistent/vault", &unlock, &vault), VAULT_E_NO_VAULT);
  unlock.struct_size = 0;
  CHECK_CODE(vault_open(test_vault, &unlock, &vault), VAULT_E_USAGE);
}

int main(void) {
  make_test_dir();
  stored_key_comes_back();
  reopened_vault_has_it();
  expiry_is_answered();
  wrong_factors_and_places();
  return 0;
}

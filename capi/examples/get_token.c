/* Prints a key: get_token DIR KEY_FILE LABEL */
#include <stdio.h>
#include <vault.h>

int main(int argc, char** argv) {
  vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
  vault_handle* vault = NULL;
  vault_secret* secret = NULL;
  vault_code code;
  if (argc != 4) return VAULT_E_USAGE;
  unlock.key_file = argv[2];
  code = vault_open(argv[1], &unlock, &vault);
  if (code == VAULT_OK) code = vault_get(vault, argv[3], NULL, &secret);
  if (code == VAULT_OK) fwrite(vault_secret_data(secret), 1, vault_secret_size(secret), stdout);
  if (code != VAULT_OK) fprintf(stderr, "get_token: %s\n", vault_last_error());
  vault_secret_free(secret); /* wipes it */
  vault_close(vault);
  return code;
}

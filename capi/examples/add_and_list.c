/* Stores a key that lives so many days, and lists the team's keys that end within a month:
 * add_and_list DIR KEY_FILE LABEL TEAM DAYS < KEY */
#define _DEFAULT_SOURCE /* explicit_bzero */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <vault.h>

static const int64_t day = 24 * 3600;

static vault_code add(vault_handle* vault, const char* label, const char* team, int64_t expires_at) {
  static const char* const scopes[] = {"dns:read", "dns:write"};
  vault_add_options options = VAULT_ADD_OPTIONS_INIT;
  vault_code code = VAULT_E_USAGE;
  char key[1024];
  const ssize_t size = read(STDIN_FILENO, key, sizeof key);
  options.team = team;
  options.scopes = scopes;
  options.scope_count = 2;
  options.expires_at = expires_at;
  if (size > 0) code = vault_add(vault, label, key, (size_t)size, &options);
  explicit_bzero(key, sizeof key);
  return code;
}

static vault_code print(const vault_entry* entry) {
  vault_entry_info info = VAULT_ENTRY_INFO_INIT;
  vault_version_info key = VAULT_VERSION_INFO_INIT;
  const char* scope = NULL;
  size_t i;
  vault_code code = vault_entry_describe(entry, &info);
  if (code == VAULT_OK) code = vault_entry_version(entry, 0, &key);
  if (code != VAULT_OK) return code;
  printf("%s", info.label);
  for (i = 0; vault_entry_scope(entry, 0, i, &scope) == VAULT_OK; ++i) printf(" %s", scope);
  printf(", %ld days left\n", (long)((key.expires_at - time(NULL)) / day));
  return VAULT_OK;
}

static vault_code list(const vault_handle* vault, const char* team) {
  vault_selection selection = VAULT_SELECTION_INIT;
  vault_list* entries = NULL;
  const vault_entry* entry;
  vault_code code;
  selection.team = team;
  selection.expiring_within = 30 * (uint64_t)day;
  selection.sort = VAULT_SORT_EXPIRES;
  code = vault_find(vault, &selection, &entries);
  while (code == VAULT_OK && (entry = vault_list_next(entries)) != NULL) code = print(entry);
  vault_list_free(entries); /* and the entries in it */
  return code;
}

int main(int argc, char** argv) {
  vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
  vault_handle* vault = NULL;
  vault_code code;
  if (argc != 6) return VAULT_E_USAGE;
  unlock.key_file = argv[2];
  code = vault_open(argv[1], &unlock, &vault);
  if (code == VAULT_OK) code = add(vault, argv[3], argv[4], time(NULL) + atoi(argv[5]) * day);
  if (code == VAULT_OK) code = list(vault, argv[4]);
  if (code != VAULT_OK) fprintf(stderr, "add_and_list: %s\n", vault_last_error());
  vault_close(vault);
  return code;
}

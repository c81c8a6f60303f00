/* Memory runs out at every place of a call, one after the other: a code, no output, and the vault goes on. */
#include <errno.h>

#include "capi_test.h"

#if TEST_SANITIZED || !defined(__GLIBC__)
int main(void) { return 77; } /* sanitizers have their own malloc */
#else

void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);

static long left = -1; /* allocations until one fails; negative: none will */
static int has_failed;

static int fails_now(void) {
  if (left < 0 || left-- > 0) return 0;
  has_failed = 1;
  errno = ENOMEM;
  return 1;
}

/* In place of the C library's, for this program and all that it loads. */
void* malloc(size_t size) { return fails_now() ? NULL : __libc_malloc(size); }
void* calloc(size_t count, size_t size) { return fails_now() ? NULL : __libc_calloc(count, size); }
void* realloc(void* old, size_t size) { return fails_now() ? NULL : __libc_realloc(old, size); }

static vault_handle* vault;

static vault_code get(void) {
  vault_secret* secret = NULL;
  const vault_code code = vault_get(vault, "a", NULL, &secret);
  left = -1;
  CHECK((secret != NULL) == (code == VAULT_OK));
  if (code == VAULT_OK) CHECK(memcmp(vault_secret_data(secret), "token", 5) == 0);
  vault_secret_free(secret);
  return code;
}

static vault_code get_all(void) {
  const char* const labels[] = {"a", "b", "a"};
  vault_secret* secrets[3];
  const vault_code code = vault_get_all(vault, labels, 3, NULL, secrets);
  int i;
  left = -1;
  for (i = 0; i < 3; ++i) {
    CHECK((secrets[i] != NULL) == (code == VAULT_OK));
    vault_secret_free(secrets[i]);
  }
  return code;
}

static vault_code find(void) {
  vault_list* list = NULL;
  const vault_code code = vault_find(vault, NULL, &list);
  left = -1;
  CHECK((list != NULL) == (code == VAULT_OK));
  vault_list_free(list);
  return code;
}

static vault_code log_all(void) {
  vault_list* list = NULL;
  const vault_code code = vault_log(vault, NULL, &list);
  left = -1;
  CHECK((list != NULL) == (code == VAULT_OK));
  vault_list_free(list);
  return code;
}

static vault_code edit(void) {
  vault_edit_options options = VAULT_EDIT_OPTIONS_INIT;
  options.note = "a note that is longer than what a string holds without memory of its own";
  return vault_edit(vault, "a", &options);
}

static vault_code open_and_close(void) {
  vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
  vault_handle* other = NULL;
  vault_code code;
  unlock.key_file = test_key_file;
  code = vault_open(test_vault, &unlock, &other);
  left = -1;
  CHECK((other != NULL) == (code == VAULT_OK));
  vault_close(other);
  return code;
}

/* Whoever opens with the code must have been given it: else the slot has to be as it was. */
static vault_code change_slot(void) {
  vault_slot_options factors = VAULT_SLOT_OPTIONS_INIT;
  vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
  vault_secret* given = NULL;
  vault_handle* other = NULL;
  static vault_secret* code_now;
  vault_code code;
  factors.recovery_code = 1;
  code = vault_slot_change(vault, "paper", &factors, &given);
  left = -1;
  CHECK((given != NULL) == (code == VAULT_OK));
  if (given != NULL) {
    vault_secret_free(code_now);
    code_now = given;
  }
  if (code_now == NULL) return code;
  unlock.recovery_code = vault_secret_data(code_now);
  unlock.recovery_code_size = vault_secret_size(code_now);
  CHECK_CODE(vault_open(test_vault, &unlock, &other), VAULT_OK);
  vault_close(other);
  return code;
}

/* Whole or not at all. (Where memory ends after the commit, the answer is a failure, and the entry is there.) */
static vault_code add(void) {
  static int number;
  char label[32];
  vault_entry* entry = NULL;
  vault_code code;
  snprintf(label, sizeof label, "new-%d", number++);
  code = vault_add(vault, label, label, strlen(label), NULL);
  left = -1;
  if (code == VAULT_OK) {
    check_token(vault, label, label);
  } else if (vault_show(vault, label, &entry) == VAULT_OK) {
    check_token(vault, label, label);
    vault_entry_free(entry);
  }
  return code;
}

static vault_code rekey(void) {
  vault_rekey_report report = VAULT_REKEY_REPORT_INIT;
  return vault_rekey(vault, &report);
}

static vault_code clone(void) {
  static int number;
  char dir[128];
  vault_slot_options slot = VAULT_SLOT_OPTIONS_INIT;
  vault_handle* made = NULL;
  vault_secret* given = NULL;
  vault_code code;
  snprintf(dir, sizeof dir, "%s/clone-%d", test_dir, number++);
  slot.key_file = test_key_file;
  slot.recovery_code = 1;
  code = vault_clone(vault, dir, &slot, &given, &made);
  left = -1;
  CHECK((made != NULL) == (code == VAULT_OK) && (given != NULL) == (code == VAULT_OK));
  vault_secret_free(given);
  vault_close(made);
  return code;
}

static vault_code look(void) {
  vault_status_info status = VAULT_STATUS_INFO_INIT;
  vault_list *slots = NULL, *teams = NULL, *peeked = NULL;
  vault_entry* entry = NULL;
  vault_code code = vault_status(vault, &status);
  if (code == VAULT_OK) code = vault_slots(vault, &slots);
  if (code == VAULT_OK) code = vault_teams(vault, &teams);
  if (code == VAULT_OK) code = vault_peek(test_vault, &peeked);
  if (code == VAULT_OK) code = vault_show(vault, "a", &entry);
  if (code == VAULT_OK) code = vault_verify(vault, NULL);
  left = -1;
  CHECK((entry != NULL) >= (code == VAULT_OK));
  vault_list_free(slots);
  vault_list_free(teams);
  vault_list_free(peeked);
  vault_entry_free(entry);
  return code;
}

static const struct {
  const char* name;
  vault_code (*call)(void);
} kCalls[] = {
    {"get", get}, {"get_all", get_all},     {"find", find},          {"log", log_all}, {"edit", edit},  {"look", look},
    {"add", add}, {"open", open_and_close}, {"change", change_slot}, {"clone", clone}, {"rekey", rekey}};

/* Fails the first allocation, then a later one, ... until the call needs no more. */
static void survives(const char* name, vault_code (*call)(void), int every_place) {
  long place;
  has_failed = 1;
  for (place = 0; has_failed; place += every_place ? 1 : 1 + place / 8) {
    vault_code code;
    has_failed = 0;
    left = place;
    code = call();
    left = -1;
    if (!has_failed && code != VAULT_OK) fprintf(stderr, "%s, after place %ld\n", name, place);
    CHECK(has_failed || code == VAULT_OK);
    check_token(vault, "a", "token");
    CHECK(place < 100000);
  }
}

/* With an argument: at every place, which takes some minutes. */
int main(int argc, char** argv) {
  vault_slot_options slot = VAULT_SLOT_OPTIONS_INIT;
  vault_secret* code = NULL;
  size_t i;
  (void)argv;
  make_test_dir();
  vault = make_test_vault();
  CHECK_CODE(vault_add(vault, "a", "token", 5, NULL), VAULT_OK);
  CHECK_CODE(vault_add(vault, "b", "token-b", 7, NULL), VAULT_OK);
  slot.name = "paper";
  slot.recovery_code = 1;
  CHECK_CODE(vault_slot_add(vault, &slot, &code), VAULT_OK);
  vault_secret_free(code);
  for (i = 0; i < sizeof kCalls / sizeof kCalls[0]; ++i) survives(kCalls[i].name, kCalls[i].call, argc > 1);
  CHECK_CODE(vault_verify(vault, NULL), VAULT_OK);
  vault_close(vault);
  return 0;
}
#endif

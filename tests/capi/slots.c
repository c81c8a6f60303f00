/* The ways into a vault: listed, added, changed, removed, replaced after a leak; and what each role may do. */
#include "capi_test.h"

#define PASSPHRASE "correct horse"

static vault_slot_options key_file_slot(const char* name, const char* key_file) {
  vault_slot_options slot = VAULT_SLOT_OPTIONS_INIT;
  slot.name = name;
  slot.key_file = key_file;
  return slot;
}

static size_t count_slots(const vault_handle* vault) {
  vault_list* slots = NULL;
  size_t count;
  CHECK_CODE(vault_slots(vault, &slots), VAULT_OK);
  count = vault_list_size(slots);
  vault_list_free(slots);
  return count;
}

/* The place of a slot in a list; the list's size where it is not there. */
static size_t find_slot(const vault_list* slots, const char* name) {
  vault_slot_info info = VAULT_SLOT_INFO_INIT;
  size_t i;
  for (i = 0; i < vault_list_size(slots); ++i) {
    CHECK_CODE(vault_list_slot(slots, i, &info), VAULT_OK);
    if (strcmp(info.name, name) == 0) return i;
  }
  return i;
}

/* Its texts are gone with the list; numbers stay. */
static vault_slot_info slot_named(const vault_handle* vault, const char* name) {
  vault_slot_info info = VAULT_SLOT_INFO_INIT;
  vault_list* slots = NULL;
  CHECK_CODE(vault_slots(vault, &slots), VAULT_OK);
  CHECK_CODE(vault_list_slot(slots, find_slot(slots, name), &info), VAULT_OK);
  vault_list_free(slots);
  return info;
}

static int is_hex(const char* text, size_t digits) {
  return strlen(text) == digits && strspn(text, "0123456789abcdef") == digits;
}

static void the_first_slot_is_listed(const vault_handle* vault) {
  vault_slot_info info = VAULT_SLOT_INFO_INIT;
  vault_list* slots = NULL;
  CHECK_CODE(vault_slots(vault, &slots), VAULT_OK);
  CHECK(vault_list_size(slots) == 1);
  CHECK_CODE(vault_list_slot(slots, 0, &info), VAULT_OK);
  CHECK(is_hex(info.id, 32) && strcmp(info.name, "first") == 0 && strcmp(info.identity, "root") == 0);
  CHECK(info.role == VAULT_ROLE_ADMIN && info.factors == VAULT_FACTOR_KEY_FILE);
  CHECK(info.created_at > 1700000000 && info.counter == 1 && info.opened == 1 && info.last == 1);
  CHECK(info.kdf_memory_kib == 0 && info.kdf_passes == 0 && info.kdf_lanes == 0);
  CHECK_CODE(vault_list_slot(slots, 1, &info), VAULT_E_NOT_FOUND);
  CHECK_CODE(vault_list_slot(slots, (size_t)-1, &info), VAULT_E_NOT_FOUND);
  vault_list_free(slots);
}

static void peeking_needs_no_key(void) {
  vault_slot_info info = VAULT_SLOT_INFO_INIT;
  vault_list* slots = NULL;
  CHECK_CODE(vault_peek(test_vault, &slots), VAULT_OK);
  CHECK(vault_list_size(slots) == 1);
  CHECK_CODE(vault_list_slot(slots, 0, &info), VAULT_OK);
  CHECK(is_hex(info.id, 32) && strcmp(info.name, "first") == 0 && strcmp(info.identity, "") == 0);
  CHECK(info.role == VAULT_ROLE_ADMIN && info.factors == VAULT_FACTOR_KEY_FILE && info.opened == 0);
  vault_list_free(slots);
  slots = (vault_list*)test_dir;
  CHECK_CODE(vault_peek(test_path("nothing"), &slots), VAULT_E_NO_VAULT);
  CHECK(slots == NULL);
}

static void an_added_key_file_opens(vault_handle* vault) {
  vault_slot_options slot = key_file_slot("laptop", test_path("laptop-key"));
  vault_handle* other;
  vault_slot_info info;
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_OK);
  CHECK(access(test_path("laptop-key"), F_OK) == 0);
  other = open_test_vault(test_vault, test_path("laptop-key"), VAULT_OK);
  check_token(other, "web", "token-web");
  CHECK(slot_named(other, "laptop").opened == 1 && slot_named(other, "first").opened == 0);
  info = slot_named(vault, "first");
  CHECK(info.opened == 1 && info.last == 0); /* the identity has another one now */
  vault_close(other);
}

static void bad_names_are_refused(vault_handle* vault) {
  char name[66];
  vault_slot_options slot = key_file_slot("first", test_key_file);
  memset(name, 'n', 65);
  name[65] = '\0';
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_CONFLICT);
  slot.name = name; /* one byte too long */
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_LIMIT);
  slot.name = "";
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_USAGE);
  slot.name = "a\nb";
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_USAGE);
  slot.name = "\xff";
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_USAGE);
  CHECK(count_slots(vault) == 2);
  name[64] = '\0';
  slot.name = name;
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_OK);
  CHECK_CODE(vault_slot_remove(vault, name), VAULT_OK);
}

static void a_recovery_code_is_given_and_opens(vault_handle* vault) {
  vault_slot_options slot = VAULT_SLOT_OPTIONS_INIT;
  vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
  vault_secret_info info = VAULT_SECRET_INFO_INIT;
  vault_secret* code = NULL;
  vault_handle* other = NULL;
  slot.name = "paper";
  slot.recovery_code = 1;
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_USAGE); /* nobody would see it */
  CHECK_CODE(vault_slot_add(vault, &slot, &code), VAULT_OK);
  CHECK(vault_secret_size(code) == 41);
  CHECK_CODE(vault_secret_describe(code, &info), VAULT_OK);
  CHECK(strcmp(info.field, "recovery-code") == 0 && info.version == 0 && info.expires_at == VAULT_NEVER);
  unlock.recovery_code = vault_secret_data(code);
  unlock.recovery_code_size = vault_secret_size(code);
  CHECK_CODE(vault_open(test_vault, &unlock, &other), VAULT_OK);
  CHECK(slot_named(other, "paper").opened == 1);
  CHECK(slot_named(other, "paper").factors == VAULT_FACTOR_RECOVERY_CODE);
  vault_close(other);
  vault_secret_free(code);

  slot = key_file_slot("no code", test_key_file);
  code = (vault_secret*)test_dir;
  CHECK_CODE(vault_slot_add(vault, &slot, &code), VAULT_OK);
  CHECK(code == NULL); /* where none was asked for */
  CHECK_CODE(vault_slot_remove(vault, "no code"), VAULT_OK);
}

static void a_passphrase_has_the_costs_that_were_named(vault_handle* vault) {
  vault_slot_options slot = VAULT_SLOT_OPTIONS_INIT;
  vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
  vault_handle* other = NULL;
  vault_slot_info info;
  slot.name = "words";
  slot.passphrase = PASSPHRASE;
  slot.passphrase_size = strlen(PASSPHRASE);
  slot.kdf_memory_kib = 65536;
  slot.kdf_passes = 3;
  slot.kdf_lanes = 1;
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_OK);
  info = slot_named(vault, "words");
  CHECK(info.factors == VAULT_FACTOR_PASSPHRASE);
  CHECK(info.kdf_memory_kib == 65536 && info.kdf_passes == 3 && info.kdf_lanes == 1);
  unlock.passphrase = PASSPHRASE;
  unlock.passphrase_size = strlen(PASSPHRASE);
  CHECK_CODE(vault_open(test_vault, &unlock, &other), VAULT_OK);
  vault_close(other);
}

static void bad_costs_are_refused(vault_handle* vault) {
  vault_slot_options slot = key_file_slot("costs", test_key_file);
  slot.kdf_passes = 3; /* and no passphrase */
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_USAGE);
  slot.key_file = NULL;
  slot.passphrase = PASSPHRASE;
  slot.passphrase_size = strlen(PASSPHRASE);
  slot.unlock_time_ms = 1; /* measured and named */
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_USAGE);
  slot.kdf_passes = 0;
  slot.unlock_time_ms = 60001;
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_LIMIT);
  slot.unlock_time_ms = 0;
  slot.kdf_memory_kib = UINT32_MAX;
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_LIMIT);
  slot.kdf_memory_kib = 0;
  slot.kdf_passes = UINT32_MAX;
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_LIMIT);
  slot.kdf_passes = 0;
  slot.kdf_lanes = UINT32_MAX;
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_LIMIT);
  slot.kdf_lanes = 0;
  slot.kdf_passes = 3;
  slot.passphrase_size = 1025;
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_USAGE);
  slot.passphrase_size = 0;
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_USAGE);
}

static void after_a_change_the_old_key_file_opens_no_more(vault_handle* vault) {
  vault_slot_options factors = key_file_slot(NULL, test_path("laptop-key-2"));
  const uint64_t counter = slot_named(vault, "laptop").counter;
  factors.name = "other";
  CHECK_CODE(vault_slot_change(vault, "laptop", &factors, NULL), VAULT_E_USAGE); /* it keeps its name */
  factors.name = NULL;
  factors.role = VAULT_ROLE_READER;
  CHECK_CODE(vault_slot_change(vault, "laptop", &factors, NULL), VAULT_E_USAGE);
  factors.role = VAULT_ROLE_OWN;
  CHECK_CODE(vault_slot_change(vault, "nobody", &factors, NULL), VAULT_E_NOT_FOUND);
  CHECK_CODE(vault_slot_change(vault, "laptop", NULL, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_slot_change(vault, "laptop", &factors, NULL), VAULT_OK);
  CHECK(slot_named(vault, "laptop").counter > counter);
  open_test_vault(test_vault, test_path("laptop-key"), VAULT_E_WRONG_KEY);
  vault_close(open_test_vault(test_vault, test_path("laptop-key-2"), VAULT_OK));
}

static void a_change_may_give_a_recovery_code(vault_handle* vault) {
  vault_slot_options factors = VAULT_SLOT_OPTIONS_INIT;
  vault_secret* code = NULL;
  factors.recovery_code = 1;
  CHECK_CODE(vault_slot_change(vault, "paper", &factors, &code), VAULT_OK);
  CHECK(vault_secret_size(code) == 41);
  vault_secret_free(code);
}

static void a_role_needs_what_belongs_to_it(vault_handle* vault) {
  const char* const teams[] = {"web"};
  const char* const unknown[] = {"web", "no such team"};
  const char* const null_team[] = {NULL};
  vault_slot_options slot = key_file_slot("somebody", test_key_file);
  slot.role = VAULT_ROLE_ADMIN;
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_USAGE);
  slot.role = 4;
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_USAGE);
  slot.role = VAULT_ROLE_READER; /* of no team */
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_USAGE);
  slot.teams = unknown;
  slot.team_count = 2;
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_NOT_FOUND);
  slot.teams = null_team;
  slot.team_count = 1;
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_USAGE);
  slot.team_count = (size_t)-1;
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_LIMIT);
  slot.teams = teams;
  slot.team_count = 1;
  slot.role = VAULT_ROLE_METADATA;
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_USAGE);
  slot.role = VAULT_ROLE_OWN;
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_USAGE);
}

static void cannot_change_the_vault(vault_handle* vault) {
  vault_slot_options slot = key_file_slot("friend", test_key_file);
  vault_handle* clone = (vault_handle*)test_dir;
  CHECK_CODE(vault_add(vault, "mine", "x", 1, NULL), VAULT_E_DENIED);
  CHECK_CODE(vault_remove(vault, "web"), VAULT_E_DENIED);
  CHECK_CODE(vault_rekey(vault, NULL), VAULT_E_DENIED);
  CHECK_CODE(vault_clone(vault, test_path("clone"), &slot, NULL, &clone), VAULT_E_DENIED);
  CHECK(clone == NULL);
  CHECK_CODE(vault_slot_remove(vault, "first"), VAULT_E_DENIED);
  slot.role = VAULT_ROLE_METADATA;
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_E_DENIED);
  slot.name = NULL;
  slot.role = VAULT_ROLE_OWN;
  CHECK_CODE(vault_slot_change(vault, "first", &slot, NULL), VAULT_E_DENIED);
  CHECK_CODE(vault_slot_leaked(vault, NULL, &slot, NULL, NULL, NULL), VAULT_E_DENIED);
}

static void a_metadata_identity_lists_and_opens_no_value(vault_handle* admin) {
  vault_slot_options slot = key_file_slot("eyes", test_path("eyes-key"));
  vault_secret* secret = (vault_secret*)test_dir;
  vault_entry* entry = NULL;
  vault_list* list = NULL;
  vault_slot_info info;
  vault_handle* vault;
  slot.role = VAULT_ROLE_METADATA;
  CHECK_CODE(vault_slot_add(admin, &slot, NULL), VAULT_OK);
  vault = open_test_vault(test_vault, test_path("eyes-key"), VAULT_OK);
  CHECK_CODE(vault_find(vault, NULL, &list), VAULT_OK);
  CHECK(vault_list_size(list) == 2);
  vault_list_free(list);
  CHECK_CODE(vault_show(vault, "web", &entry), VAULT_OK);
  vault_entry_free(entry);
  CHECK_CODE(vault_get(vault, "web", NULL, &secret), VAULT_E_DENIED);
  CHECK(secret == NULL);
  cannot_change_the_vault(vault);
  info = slot_named(vault, "eyes");
  CHECK(info.role == VAULT_ROLE_METADATA && info.opened == 1 && info.last == 1);
  vault_close(vault);
}

static void a_reader_opens_its_teams_only(vault_handle* admin) {
  const char* const teams[] = {"web"};
  vault_slot_options slot = key_file_slot("web-ci", test_path("ci-key"));
  vault_secret* secret = NULL;
  vault_handle* vault;
  vault_verify_report report = VAULT_VERIFY_REPORT_INIT;
  slot.role = VAULT_ROLE_READER;
  slot.teams = teams;
  slot.team_count = 1;
  CHECK_CODE(vault_slot_add(admin, &slot, NULL), VAULT_OK);
  vault = open_test_vault(test_vault, test_path("ci-key"), VAULT_OK);
  check_token(vault, "web", "token-web");
  CHECK_CODE(vault_get(vault, "mail", NULL, &secret), VAULT_E_DENIED);
  CHECK_CODE(vault_verify(vault, &report), VAULT_OK);
  CHECK(report.fields == 1 && report.fields_not_ours == 1);
  cannot_change_the_vault(vault);
  CHECK(slot_named(vault, "web-ci").role == VAULT_ROLE_READER);
  vault_close(vault);
}

static void an_identity_goes_with_its_last_slot(vault_handle* admin) {
  vault_handle* vault = open_test_vault(test_vault, test_path("eyes-key"), VAULT_OK);
  vault_list* list = NULL;
  CHECK_CODE(vault_slot_change(admin, "eyes", NULL, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_slot_remove(admin, "eyes"), VAULT_OK);
  CHECK_CODE(vault_slot_remove(admin, "eyes"), VAULT_E_NOT_FOUND);
  open_test_vault(test_vault, test_path("eyes-key"), VAULT_E_WRONG_KEY);
  CHECK_CODE(vault_slots(vault, &list), VAULT_E_DENIED); /* a handle that was open learns it too */
  vault_close(vault);
}

/* `first` leaks. The key file of `laptop` is at hand, what opens `paper` and `words` is not. */
static void after_a_leak_only_the_kept_slots_open(vault_handle* vault) {
  vault_slot_options factors = VAULT_SLOT_OPTIONS_INIT;
  vault_unlock_options kept = VAULT_UNLOCK_OPTIONS_INIT, unlock = VAULT_UNLOCK_OPTIONS_INIT;
  vault_rekey_report report = VAULT_REKEY_REPORT_INIT;
  vault_secret* code = NULL;
  vault_handle* other = NULL;
  factors.key_file = test_path("new-key");
  factors.recovery_code = 1;
  kept.key_file = test_path("laptop-key-2");
  CHECK_CODE(vault_slot_leaked(vault, "nobody", &factors, &kept, &code, &report), VAULT_E_NOT_FOUND);
  CHECK(code == NULL);
  CHECK_CODE(vault_slot_leaked(vault, "web-ci", &factors, &kept, &code, &report), VAULT_E_DENIED);
  CHECK_CODE(vault_slot_leaked(vault, "first", &factors, &kept, &code, &report), VAULT_OK);
  CHECK(report.epoch == 2 && report.teams == 2 && report.fields == 2 && report.dropped_slots == 2);
  CHECK(vault_secret_size(code) == 41);
  check_token(vault, "web", "token-web"); /* this handle goes on */
  open_test_vault(test_vault, test_key_file, VAULT_E_WRONG_KEY);
  vault_close(open_test_vault(test_vault, test_path("laptop-key-2"), VAULT_OK));
  unlock.key_file = test_path("new-key");
  CHECK_CODE(vault_open(test_vault, &unlock, &other), VAULT_E_WRONG_KEY); /* the code is needed too */
  unlock.recovery_code = vault_secret_data(code);
  unlock.recovery_code_size = vault_secret_size(code);
  CHECK_CODE(vault_open(test_vault, &unlock, &other), VAULT_OK);
  CHECK(slot_named(other, "first").factors == (VAULT_FACTOR_KEY_FILE | VAULT_FACTOR_RECOVERY_CODE));
  CHECK(count_slots(other) == 3); /* first, laptop, web-ci */
  vault_close(other);
  vault_secret_free(code);
}

/* The report's structure is bad: nothing may happen, for the recovery code would be lost. */
static void a_bad_report_is_refused_before_anything_happens(vault_handle* vault) {
  vault_slot_options factors = VAULT_SLOT_OPTIONS_INIT;
  vault_rekey_report report = VAULT_REKEY_REPORT_INIT;
  vault_status_info status = VAULT_STATUS_INFO_INIT;
  vault_secret* code = (vault_secret*)test_dir;
  factors.recovery_code = 1;
  report.struct_size = 0;
  CHECK_CODE(vault_slot_leaked(vault, "first", &factors, NULL, &code, &report), VAULT_E_USAGE);
  CHECK(code == NULL);
  CHECK_CODE(vault_rekey(vault, &report), VAULT_E_USAGE);
  CHECK_CODE(vault_status(vault, &status), VAULT_OK);
  CHECK(status.epoch == 1);
  vault_close(open_test_vault(test_vault, test_key_file, VAULT_OK));
}

static void the_last_slot_stays(vault_handle* vault) {
  CHECK_CODE(vault_slot_remove(vault, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_slot_remove(vault, ""), VAULT_E_USAGE);
  CHECK_CODE(vault_slot_remove(vault, "laptop"), VAULT_OK);
  open_test_vault(test_vault, test_path("laptop-key-2"), VAULT_E_WRONG_KEY);
  CHECK_CODE(vault_slot_remove(vault, "first"), VAULT_E_LIMIT);
  CHECK(count_slots(vault) == 2); /* first, web-ci */
}

int main(void) {
  vault_add_options web = VAULT_ADD_OPTIONS_INIT;
  vault_handle* vault;
  make_test_dir();
  vault = make_test_vault();
  web.team = "web";
  CHECK_CODE(vault_add(vault, "web", "token-web", 9, &web), VAULT_OK);
  CHECK_CODE(vault_add(vault, "mail", "token-mail", 10, NULL), VAULT_OK);
  the_first_slot_is_listed(vault);
  peeking_needs_no_key();
  an_added_key_file_opens(vault);
  bad_names_are_refused(vault);
  a_recovery_code_is_given_and_opens(vault);
  a_passphrase_has_the_costs_that_were_named(vault);
  bad_costs_are_refused(vault);
  after_a_change_the_old_key_file_opens_no_more(vault);
  a_change_may_give_a_recovery_code(vault);
  a_role_needs_what_belongs_to_it(vault);
  a_metadata_identity_lists_and_opens_no_value(vault);
  a_reader_opens_its_teams_only(vault);
  an_identity_goes_with_its_last_slot(vault);
  a_bad_report_is_refused_before_anything_happens(vault);
  after_a_leak_only_the_kept_slots_open(vault);
  the_last_slot_stays(vault);
  vault_close(vault);
  return 0;
}

/* Many at once: all of them or none; what a secret says of itself; wiping. */
#include "capi_test.h"

static const char kToken[] = "0123456789abcdefghijklmnop-wxyz";

static size_t count_entries(const vault_handle* vault) {
  vault_list* list = NULL;
  size_t count;
  CHECK_CODE(vault_find(vault, NULL, &list), VAULT_OK);
  count = vault_list_size(list);
  vault_list_free(list);
  return count;
}

static uint64_t sequence_of(const vault_handle* vault) {
  vault_status_info status = VAULT_STATUS_INFO_INIT;
  CHECK_CODE(vault_status(vault, &status), VAULT_OK);
  return status.sequence;
}

/* Nothing is stored, no commit is made, and the message says which one it was. */
static void is_refused_at(vault_handle* vault, const vault_new_entry* entries, size_t count, vault_code code,
                          const char* place) {
  const uint64_t sequence = sequence_of(vault);
  const size_t before = count_entries(vault);
  CHECK_CODE(vault_add_all(vault, entries, count), code);
  CHECK(strstr(vault_last_error(), place) != NULL);
  CHECK(count_entries(vault) == before && sequence_of(vault) == sequence);
}

static void all_are_stored_in_one_commit(vault_handle* vault) {
  vault_add_options options = VAULT_ADD_OPTIONS_INIT;
  vault_new_entry entries[3] = {{"one", "token-1", 7, NULL}, {"two", kToken, 0, NULL}, {"three", "token-3", 7, NULL}};
  const uint64_t sequence = sequence_of(vault);
  options.period = "90d";
  options.hint = 1;
  options.expires_at = 4000000000;
  entries[1].size = strlen(kToken);
  entries[1].options = &options;
  CHECK_CODE(vault_add_all(vault, entries, 3), VAULT_OK);
  CHECK(sequence_of(vault) == sequence + 1);
  check_token(vault, "one", "token-1");
  check_token(vault, "two", kToken);
  check_token(vault, "three", "token-3");
}

static void one_fault_refuses_all(vault_handle* vault) {
  vault_add_options bad = VAULT_ADD_OPTIONS_INIT, unknown = VAULT_ADD_OPTIONS_INIT;
  vault_new_entry entries[] = {{"new-1", "n1", 2, NULL}, {"new-2", "n2", 2, NULL}, {"new-3", "n3", 2, NULL}};
  bad.struct_size = 0;
  unknown.issuer = "no such issuer";
  entries[2].label = "one"; /* is used */
  is_refused_at(vault, entries, 3, VAULT_E_CONFLICT, "entry 3");
  entries[2].label = "new-1"; /* twice in this call */
  is_refused_at(vault, entries, 3, VAULT_E_CONFLICT, "entry 3");
  entries[2].label = "bad\n";
  is_refused_at(vault, entries, 3, VAULT_E_USAGE, "entry 3");
  entries[2].label = NULL;
  is_refused_at(vault, entries, 3, VAULT_E_USAGE, "entry 3");
  entries[2].label = "new-3";
  entries[1].secret = NULL;
  is_refused_at(vault, entries, 3, VAULT_E_USAGE, "entry 2");
  entries[1].secret = "token-1"; /* is stored already */
  entries[1].size = 7;
  is_refused_at(vault, entries, 3, VAULT_E_CONFLICT, "entry 2");
  entries[1].secret = "n1"; /* twice in this call */
  entries[1].size = 2;
  is_refused_at(vault, entries, 3, VAULT_E_CONFLICT, "entry 2");
  entries[1].secret = "n2";
  entries[1].size = (size_t)-1;
  is_refused_at(vault, entries, 3, VAULT_E_LIMIT, "entry 2");
  entries[1].size = 0; /* empty, and not said to be */
  is_refused_at(vault, entries, 3, VAULT_E_USAGE, "entry 2");
  entries[1].size = 2;
  entries[0].options = &bad;
  is_refused_at(vault, entries, 3, VAULT_E_USAGE, "entry 1");
  entries[0].options = &unknown;
  is_refused_at(vault, entries, 3, VAULT_E_NOT_FOUND, "entry 1");
  entries[0].options = NULL;
  CHECK_CODE(vault_add_all(vault, entries, 3), VAULT_OK);
}

static void none_is_fine(vault_handle* vault) {
  const uint64_t sequence = sequence_of(vault);
  const vault_new_entry entry = {NULL, NULL, 0, NULL};
  vault_secret* untouched = (vault_secret*)test_dir;
  CHECK_CODE(vault_add_all(vault, NULL, 0), VAULT_OK);
  CHECK_CODE(vault_add_all(vault, &entry, 0), VAULT_OK);
  CHECK(sequence_of(vault) == sequence);
  CHECK_CODE(vault_get_all(vault, NULL, 0, NULL, NULL), VAULT_OK);
  CHECK_CODE(vault_get_all(vault, NULL, 0, NULL, &untouched), VAULT_OK);
  CHECK(untouched == (vault_secret*)test_dir);
}

static void impossible_counts_are_refused_unread(vault_handle* vault) {
  const vault_new_entry entry = {"a", "b", 1, NULL};
  const char* const label = "one";
  vault_secret* secret = (vault_secret*)test_dir;
  CHECK_CODE(vault_add_all(vault, NULL, 1), VAULT_E_USAGE);
  CHECK_CODE(vault_add_all(vault, NULL, (size_t)-1), VAULT_E_USAGE);
  CHECK_CODE(vault_add_all(vault, &entry, (size_t)-1), VAULT_E_LIMIT);
  CHECK_CODE(vault_add_all(vault, &entry, (size_t)-1 / sizeof entry + 2), VAULT_E_LIMIT); /* whose bytes wrap around */
  CHECK_CODE(vault_get_all(vault, NULL, 1, NULL, &secret), VAULT_E_USAGE);
  CHECK(secret == NULL);
  CHECK_CODE(vault_get_all(vault, &label, 1, NULL, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_get_all(vault, &label, (size_t)-1, NULL, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_get_all(vault, &label, (size_t)-1, NULL, &secret), VAULT_E_LIMIT);
}

static void free_all(vault_secret** secrets, size_t count) {
  size_t i;
  for (i = 0; i < count; ++i) vault_secret_free(secrets[i]);
}

static void all_are_read_in_their_order(const vault_handle* vault) {
  const char* const labels[] = {"three", "one", "two", "one"};
  const char* const tokens[] = {"token-3", "token-1", kToken, "token-1"};
  vault_secret* secrets[4];
  size_t i;
  CHECK_CODE(vault_get_all(vault, labels, 4, NULL, secrets), VAULT_OK);
  for (i = 0; i < 4; ++i) {
    CHECK(vault_secret_size(secrets[i]) == strlen(tokens[i]));
    CHECK(memcmp(vault_secret_data(secrets[i]), tokens[i], strlen(tokens[i])) == 0);
  }
  free_all(secrets, 4);
}

static void after_a_failure_no_secret_is_given(const vault_handle* vault) {
  const char* labels[] = {"one", "two", "other"};
  vault_get_options options = VAULT_GET_OPTIONS_INIT;
  vault_secret* secrets[3] = {(vault_secret*)test_dir, (vault_secret*)test_dir, (vault_secret*)test_dir};
  CHECK_CODE(vault_get_all(vault, labels, 3, NULL, secrets), VAULT_E_NOT_FOUND);
  CHECK(strstr(vault_last_error(), "other") != NULL);
  CHECK(secrets[0] == NULL && secrets[1] == NULL && secrets[2] == NULL);
  labels[2] = NULL;
  CHECK_CODE(vault_get_all(vault, labels, 3, NULL, secrets), VAULT_E_USAGE);
  labels[2] = "\x01";
  CHECK_CODE(vault_get_all(vault, labels, 3, NULL, secrets), VAULT_E_USAGE);
  labels[2] = "three";
  options.min_ttl = UINT64_MAX; /* "two" ends, the others do not */
  CHECK_CODE(vault_get_all(vault, labels, 3, &options, secrets), VAULT_E_EXPIRING);
  options.min_ttl = 0;
  options.version = 2;
  CHECK_CODE(vault_get_all(vault, labels, 3, &options, secrets), VAULT_E_NOT_FOUND);
  options.version = 0;
  options.field = "no such field";
  secrets[0] = (vault_secret*)test_dir;
  CHECK_CODE(vault_get_all(vault, labels, 3, &options, secrets), VAULT_E_NOT_FOUND);
  CHECK(secrets[0] == NULL);
  options.struct_size = 1;
  secrets[2] = (vault_secret*)test_dir;
  CHECK_CODE(vault_get_all(vault, labels, 3, &options, secrets), VAULT_E_USAGE);
  CHECK(secrets[2] == NULL);
}

static void a_secret_says_which_it_is(const vault_handle* vault) {
  vault_secret_info info = VAULT_SECRET_INFO_INIT;
  vault_secret* secret = NULL;
  CHECK_CODE(vault_get(vault, "two", NULL, &secret), VAULT_OK);
  CHECK_CODE(vault_secret_describe(secret, &info), VAULT_OK);
  CHECK(strcmp(info.field, "token") == 0 && info.version == 1 && info.expires_at == 4000000000);
  vault_secret_free(secret);
  CHECK_CODE(vault_get(vault, "one", NULL, &secret), VAULT_OK);
  CHECK_CODE(vault_secret_describe(secret, &info), VAULT_OK);
  CHECK(info.expires_at == VAULT_NEVER);
  CHECK_CODE(vault_secret_describe(secret, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_secret_describe(NULL, &info), VAULT_E_USAGE);
  vault_secret_free(secret);
}

static void a_wiped_secret_is_zero_and_has_its_size(const vault_handle* vault) {
  static const char zero[7];
  vault_secret* secret = NULL;
  const void* bytes;
  CHECK_CODE(vault_get(vault, "one", NULL, &secret), VAULT_OK);
  bytes = vault_secret_data(secret);
  CHECK(vault_secret_equal(secret, "token-1", 7) && !vault_secret_equal(secret, "token-1", (size_t)-1));
  CHECK(!vault_secret_equal(secret, NULL, 7) && !vault_secret_equal(secret, NULL, 0));
  vault_secret_wipe(secret);
  CHECK(vault_secret_data(secret) == bytes && vault_secret_size(secret) == 7);
  CHECK(memcmp(bytes, zero, 7) == 0);
  vault_secret_wipe(secret);
  vault_secret_free(secret);
  vault_secret_wipe(NULL);
  vault_secret_free(NULL);
  CHECK(vault_secret_data(NULL) == NULL && vault_secret_size(NULL) == 0);
  check_token(vault, "one", "token-1"); /* it was a copy */
}

static void period_and_hint_are_kept(const vault_handle* vault) {
  vault_version_info version = VAULT_VERSION_INFO_INIT;
  vault_entry* entry = NULL;
  CHECK_CODE(vault_show(vault, "two", &entry), VAULT_OK);
  CHECK_CODE(vault_entry_version(entry, 0, &version), VAULT_OK);
  CHECK(strcmp(version.period, "90d") == 0);
  CHECK(strlen(version.hint) >= 4 && strlen(version.hint) < 12);
  CHECK(strcmp(version.hint + strlen(version.hint) - 4, "wxyz") == 0);
  vault_entry_free(entry);
  CHECK_CODE(vault_show(vault, "one", &entry), VAULT_OK);
  CHECK_CODE(vault_entry_version(entry, 0, &version), VAULT_OK);
  CHECK(strcmp(version.period, "") == 0 && strcmp(version.hint, "") == 0);
  vault_entry_free(entry);
}

static void options_of_one_entry_hold(vault_handle* vault) {
  vault_add_options options = VAULT_ADD_OPTIONS_INIT;
  vault_version_info version = VAULT_VERSION_INFO_INIT;
  vault_secret* secret = NULL;
  vault_entry* entry = NULL;
  options.allow_empty = 1;
  CHECK_CODE(vault_add(vault, "empty", "", 0, &options), VAULT_OK);
  CHECK_CODE(vault_get(vault, "empty", NULL, &secret), VAULT_OK);
  CHECK(vault_secret_size(secret) == 0);
  vault_secret_free(secret);
  CHECK_CODE(vault_add(vault, "again", "token-1", 7, NULL), VAULT_E_CONFLICT);
  options.no_fingerprint = 1;
  CHECK_CODE(vault_add(vault, "again", "token-1", 7, &options), VAULT_OK);
  CHECK_CODE(vault_show(vault, "again", &entry), VAULT_OK);
  CHECK_CODE(vault_entry_version(entry, 0, &version), VAULT_OK);
  CHECK(strcmp(version.fingerprint, "") == 0);
  vault_entry_free(entry);
  CHECK_CODE(vault_destroy(vault, "again"), VAULT_OK);
  CHECK_CODE(vault_add(vault, "again", "token-9", 7, NULL), VAULT_E_CONFLICT);
  options.replace_tombstone = 1;
  CHECK_CODE(vault_add(vault, "again", "token-9", 7, &options), VAULT_OK);
  check_token(vault, "again", "token-9");
}

/* 64 KiB are good, one byte more is not; so with fields, of which there are 64 with the token. */
static void the_largest_values_are_stored(vault_handle* vault) {
  static char bytes[65537];
  vault_add_options options = VAULT_ADD_OPTIONS_INIT;
  vault_get_options get = VAULT_GET_OPTIONS_INIT;
  vault_field fields[64];
  char names[64][8];
  vault_secret* secret = NULL;
  int i;
  memset(bytes, 'x', sizeof bytes);
  CHECK_CODE(vault_add(vault, "large", bytes, sizeof bytes, NULL), VAULT_E_LIMIT);
  CHECK_CODE(vault_add(vault, "large", bytes, sizeof bytes - 1, NULL), VAULT_OK);
  CHECK_CODE(vault_get(vault, "large", NULL, &secret), VAULT_OK);
  CHECK(vault_secret_size(secret) == 65536 && memcmp(vault_secret_data(secret), bytes, 65536) == 0);
  vault_secret_free(secret);
  for (i = 0; i < 64; ++i) {
    const vault_field field = {names[i], names[i], 7, (uint32_t)i % 2};
    snprintf(names[i], sizeof names[i], "field%02d", i);
    fields[i] = field;
  }
  options.fields = fields;
  options.field_count = 64;
  CHECK_CODE(vault_add(vault, "wide", "w", 1, &options), VAULT_E_LIMIT);
  options.field_count = 63;
  CHECK_CODE(vault_add(vault, "wide", "w", 1, &options), VAULT_OK);
  get.field = "field61";
  CHECK_CODE(vault_get(vault, "wide", &get, &secret), VAULT_OK);
  CHECK(vault_secret_size(secret) == 7 && memcmp(vault_secret_data(secret), "field61", 7) == 0);
  vault_secret_free(secret);
}

int main(void) {
  vault_handle* vault;
  make_test_dir();
  vault = make_test_vault();
  all_are_stored_in_one_commit(vault);
  one_fault_refuses_all(vault);
  none_is_fine(vault);
  impossible_counts_are_refused_unread(vault);
  all_are_read_in_their_order(vault);
  after_a_failure_no_secret_is_given(vault);
  a_secret_says_which_it_is(vault);
  a_wiped_secret_is_zero_and_has_its_size(vault);
  period_and_hint_are_kept(vault);
  options_of_one_entry_hold(vault);
  the_largest_values_are_stored(vault);
  CHECK_CODE(vault_verify(vault, NULL), VAULT_OK);
  vault_close(vault);
  return 0;
}

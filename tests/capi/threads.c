/* Many threads on one handle: 16 read, 2 write, and every reader gets the right bytes. */
#include <pthread.h>
#include <stdatomic.h>

#include "capi_test.h"

#define READERS 16
#define WRITERS 2
#define ENTRIES 20

static vault_handle* vault;
static int rounds;
static atomic_int writers_left;

static void name_of(char* out, const char* what, int number) { snprintf(out, 32, "%s-%02d", what, number); }

static vault_code is_token(const void* data, size_t size, void* context) {
  const char* token = (const char*)context;
  return size == strlen(token) && memcmp(data, token, size) == 0 ? VAULT_OK : VAULT_E_CORRUPT;
}

static void get_and_use(int number) {
  char label[32], token[32];
  name_of(label, "entry", number);
  name_of(token, "token", number);
  check_token(vault, label, token);
  CHECK_CODE(vault_use(vault, label, NULL, is_token, token), VAULT_OK);
}

static void show(int number) {
  vault_entry_info info = VAULT_ENTRY_INFO_INIT;
  vault_entry* entry = NULL;
  char label[32];
  name_of(label, "entry", number);
  CHECK_CODE(vault_show(vault, label, &entry), VAULT_OK);
  CHECK_CODE(vault_entry_describe(entry, &info), VAULT_OK);
  CHECK(strcmp(info.label, label) == 0 && info.version_count == 1);
  vault_entry_free(entry);
}

static void find(void) {
  vault_selection selection = VAULT_SELECTION_INIT;
  vault_entry_info info = VAULT_ENTRY_INFO_INIT;
  vault_list* list = NULL;
  const vault_entry* entry;
  size_t count = 0;
  selection.prefix = "entry-";
  CHECK_CODE(vault_find(vault, &selection, &list), VAULT_OK);
  CHECK(vault_list_size(list) == ENTRIES);
  for (entry = vault_list_next(list); entry != NULL; entry = vault_list_next(list)) {
    CHECK_CODE(vault_entry_describe(entry, &info), VAULT_OK);
    CHECK(strncmp(info.label, "entry-", 6) == 0);
    ++count;
  }
  CHECK(count == ENTRIES);
  vault_list_free(list);
}

static void look_at_the_whole(void) {
  vault_status_info status = VAULT_STATUS_INFO_INIT;
  vault_log_options newest = VAULT_LOG_OPTIONS_INIT;
  vault_list* list = NULL;
  newest.limit = 3;
  CHECK_CODE(vault_status(vault, &status), VAULT_OK);
  CHECK(status.entries >= ENTRIES);
  CHECK_CODE(vault_slots(vault, &list), VAULT_OK);
  vault_list_free(list);
  CHECK_CODE(vault_teams(vault, &list), VAULT_OK);
  vault_list_free(list);
  CHECK_CODE(vault_log(vault, &newest, &list), VAULT_OK);
  vault_list_free(list);
}

/* Its own message, whatever the other threads are told. */
static void the_last_error_is_this_threads(int reader) {
  char label[32];
  vault_secret* secret = NULL;
  name_of(label, "missing", reader);
  CHECK_CODE(vault_get(vault, label, NULL, &secret), VAULT_E_NOT_FOUND);
  usleep(100);
  CHECK(strstr(vault_last_error(), label) != NULL);
}

static void* read_until_all_is_written(void* argument) {
  const int reader = (int)(intptr_t)argument;
  int round;
  for (round = 0; round < rounds || atomic_load(&writers_left) > 0; ++round) {
    const int number = (reader + round) % ENTRIES;
    get_and_use(number);
    if (round % 4 == 0) show(number);
    if (round % 8 == 1) find();
    if (round % 8 == 5) look_at_the_whole();
    if (round % 4 == 2) the_last_error_is_this_threads(reader);
  }
  return NULL;
}

/* An entry of its own: added, edited, moved, removed, brought back, destroyed. */
static void one_life(int writer, int round) {
  vault_edit_options edit = VAULT_EDIT_OPTIONS_INIT;
  char first[32], second[32];
  snprintf(first, sizeof first, "mine-%d-%d", writer, round);
  snprintf(second, sizeof second, "moved-%d-%d", writer, round);
  edit.note = "changed";
  CHECK_CODE(vault_add(vault, first, first, strlen(first), NULL), VAULT_OK);
  check_token(vault, first, first);
  CHECK_CODE(vault_edit(vault, first, &edit), VAULT_OK);
  CHECK_CODE(vault_move(vault, first, second), VAULT_OK);
  check_token(vault, second, first);
  CHECK_CODE(vault_remove(vault, second), VAULT_OK);
  CHECK_CODE(vault_undelete(vault, second), VAULT_OK);
  check_token(vault, second, first);
  if (round % 2 == 0) CHECK_CODE(vault_destroy(vault, second), VAULT_OK);
}

static void* write_lives(void* argument) {
  const int writer = (int)(intptr_t)argument;
  int round;
  for (round = 0; round < rounds; ++round) {
    one_life(writer, round);
    if (writer == 0 && round == rounds / 2) CHECK_CODE(vault_rekey(vault, NULL), VAULT_OK);
  }
  atomic_fetch_sub(&writers_left, 1);
  return NULL;
}

static void add_entries(void) {
  int i;
  for (i = 0; i < ENTRIES; ++i) {
    char label[32], token[32];
    name_of(label, "entry", i);
    name_of(token, "token", i);
    CHECK_CODE(vault_add(vault, label, token, strlen(token), NULL), VAULT_OK);
  }
}

int main(int argc, char** argv) {
  pthread_t threads[READERS + WRITERS];
  int i;
  rounds = test_rounds(argc, argv, TEST_SANITIZED ? 4 : 10);
  make_test_dir();
  vault = make_test_vault();
  add_entries();
  atomic_store(&writers_left, WRITERS);
  for (i = 0; i < READERS; ++i)
    CHECK(pthread_create(&threads[i], NULL, read_until_all_is_written, (void*)(intptr_t)i) == 0);
  for (i = 0; i < WRITERS; ++i)
    CHECK(pthread_create(&threads[READERS + i], NULL, write_lives, (void*)(intptr_t)i) == 0);
  for (i = 0; i < READERS + WRITERS; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
  CHECK_CODE(vault_verify(vault, NULL), VAULT_OK);
  vault_close(vault);
  return 0;
}

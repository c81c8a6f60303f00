/* A vault is closed while others use it: they get an answer or USAGE, and nobody a freed vault. And forks among threads. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "capi_test.h"

#define ENTRIES (TEST_SANITIZED ? 20 : 200)
#define MOST_ENTRIES 200
#define THREADS 4

static vault_handle* volatile vault;
static atomic_int inside; /* threads that have had a first answer */

static void fill(vault_handle* empty) {
  static char labels[MOST_ENTRIES][16], tokens[MOST_ENTRIES][16];
  static vault_new_entry entries[MOST_ENTRIES];
  int i;
  for (i = 0; i < ENTRIES; ++i) {
    snprintf(labels[i], sizeof labels[i], "entry-%03d", i);
    snprintf(tokens[i], sizeof tokens[i], "token-%03d", i);
    entries[i].label = labels[i];
    entries[i].secret = tokens[i];
    entries[i].size = strlen(tokens[i]);
  }
  CHECK_CODE(vault_add_all(empty, entries, ENTRIES), VAULT_OK);
}

static vault_code get_one(void) {
  vault_secret* secret = NULL;
  const vault_code code = vault_get(vault, "entry-010", NULL, &secret);
  CHECK((secret != NULL) == (code == VAULT_OK));
  if (code == VAULT_OK) CHECK(memcmp(vault_secret_data(secret), "token-010", 9) == 0);
  vault_secret_free(secret);
  return code;
}

static vault_code find_all(void) {
  vault_list* list = NULL;
  const vault_code code = vault_find(vault, NULL, &list);
  if (code == VAULT_OK) CHECK(vault_list_size(list) == ENTRIES);
  vault_list_free(list);
  return code;
}

static vault_code verify(void) { return vault_verify(vault, NULL); }

typedef vault_code (*call)(void);

/* Calls until the vault is closed. */
static void* call_until_closed(void* argument) {
  const call* work = (const call*)argument;
  vault_code code;
  int first = 1;
  do {
    code = (*work)();
    if (first) atomic_fetch_add(&inside, 1);
    first = 0;
    CHECK(code == VAULT_OK || code == VAULT_E_USAGE);
  } while (code == VAULT_OK);
  return NULL;
}

static void start(pthread_t* threads, call* work) {
  int i;
  atomic_store(&inside, 0);
  for (i = 0; i < THREADS; ++i) CHECK(pthread_create(&threads[i], NULL, call_until_closed, work) == 0);
  while (atomic_load(&inside) < THREADS) usleep(1000);
}

static void join(pthread_t* threads) {
  int i;
  for (i = 0; i < THREADS; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
}

static void closing_waits_for_calls(void) {
  static call works[] = {get_one, find_all, verify};
  pthread_t threads[THREADS];
  size_t i;
  for (i = 0; i < sizeof works / sizeof works[0]; ++i) {
    vault = open_test_vault(test_vault, test_key_file, VAULT_OK);
    start(threads, &works[i]);
    vault_close(vault);
    CHECK_CODE(works[i](), VAULT_E_USAGE);
    join(threads);
  }
}

static void* close_it(void* ignored) {
  vault_close(vault);
  return ignored;
}

static void only_one_of_many_closes(void) {
  static call get = get_one;
  pthread_t threads[THREADS], closers[THREADS];
  int i;
  vault = open_test_vault(test_vault, test_key_file, VAULT_OK);
  start(threads, &get);
  for (i = 0; i < THREADS; ++i) CHECK(pthread_create(&closers[i], NULL, close_it, NULL) == 0);
  for (i = 0; i < THREADS; ++i) CHECK(pthread_join(closers[i], NULL) == 0);
  join(threads);
}

static vault_code close_inside(const void* data, size_t size, void* context) {
  vault_close((vault_handle*)context);
  CHECK_CODE(get_one(), VAULT_E_USAGE);
  CHECK(size == 9 && memcmp(data, "token-010", 9) == 0); /* the bytes are still lent */
  return VAULT_E_CANCELLED;
}

static void who_uses_a_secret_may_close_the_vault(void) {
  vault = open_test_vault(test_vault, test_key_file, VAULT_OK);
  CHECK_CODE(vault_use(vault, "entry-010", NULL, close_inside, vault), VAULT_E_CANCELLED);
}

static void secrets_and_lists_outlive_their_vault(void) {
  vault_secret* secret = NULL;
  vault_list* list = NULL;
  vault_entry_info info = VAULT_ENTRY_INFO_INIT;
  vault = open_test_vault(test_vault, test_key_file, VAULT_OK);
  CHECK_CODE(vault_get(vault, "entry-010", NULL, &secret), VAULT_OK);
  CHECK_CODE(vault_find(vault, NULL, &list), VAULT_OK);
  vault_close(vault);
  CHECK(memcmp(vault_secret_data(secret), "token-010", 9) == 0);
  CHECK_CODE(vault_entry_describe(vault_list_at(list, 10), &info), VAULT_OK);
  CHECK(strcmp(info.label, "entry-010") == 0);
  vault_secret_free(secret);
  vault_list_free(list);
}

/* In the child: what was open is locked, may be freed, and a vault that is opened anew works. */
static void in_the_child(vault_secret* secret) {
  vault_list* list = NULL;
  alarm(60); /* a lock that the other threads held would stay shut for ever */
  if (get_one() != VAULT_E_LOCKED || verify() != VAULT_E_LOCKED) _exit(1);
  if (vault_find(vault, NULL, &list) != VAULT_E_LOCKED || list != NULL) _exit(2);
  if (vault_add(vault, "child", "c", 1, NULL) != VAULT_E_LOCKED) _exit(3);
  if (vault_add_all(vault, NULL, 0) != VAULT_E_LOCKED) _exit(4);
  if (vault_rekey(vault, NULL) != VAULT_E_LOCKED || vault_slot_remove(vault, "first") != VAULT_E_LOCKED) _exit(5);
  vault_secret_free(secret);
  vault_close(vault);
  vault_close(vault);
  _exit(0);
}

static void a_child_of_a_busy_process_is_locked_and_goes(void) {
  static call works[] = {get_one, find_all, verify};
  pthread_t threads[THREADS];
  size_t i;
  int round;
  for (i = 0; i < sizeof works / sizeof works[0]; ++i) {
    vault = open_test_vault(test_vault, test_key_file, VAULT_OK);
    start(threads, &works[i]);
    for (round = 0; round < (TEST_SANITIZED ? 3 : 10); ++round) {
      vault_secret* secret = NULL;
      int status = 0;
      pid_t child;
      CHECK_CODE(vault_get(vault, "entry-000", NULL, &secret), VAULT_OK);
      child = fork();
      if (child == 0) in_the_child(secret);
      CHECK(child > 0 && waitpid(child, &status, 0) == child);
      if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fprintf(stderr, "the child ended with %#x\n", (unsigned)status);
      CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
      vault_secret_free(secret);
    }
    CHECK_CODE(works[i](), VAULT_OK); /* the parent goes on */
    vault_close(vault);
    join(threads);
  }
}

/* A thread that is cancelled in a call ends after it: no lock stays shut, and the process lives. */
static void* get_for_ever(void* ignored) {
  for (;;) {
    CHECK_CODE(get_one(), VAULT_OK);
    atomic_store(&inside, 1);
    pthread_testcancel();
  }
  return ignored;
}

static void a_cancelled_thread_leaves_no_lock(void) {
  int round;
  vault = open_test_vault(test_vault, test_key_file, VAULT_OK);
  for (round = 0; round < (TEST_SANITIZED ? 5 : 20); ++round) {
    void* result = NULL;
    pthread_t thread;
    atomic_store(&inside, 0);
    CHECK(pthread_create(&thread, NULL, get_for_ever, NULL) == 0);
    while (!atomic_load(&inside)) usleep(100);
    CHECK(pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
    CHECK_CODE(get_one(), VAULT_OK);
  }
  vault_close(vault);
}

int main(void) {
  make_test_dir();
  vault = make_test_vault();
  fill(vault);
  vault_close(vault);
  closing_waits_for_calls();
  only_one_of_many_closes();
  who_uses_a_secret_may_close_the_vault();
  secrets_and_lists_outlive_their_vault();
  a_child_of_a_busy_process_is_locked_and_goes();
  a_cancelled_thread_leaves_no_lock();
  return 0;
}

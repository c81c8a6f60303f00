/* A process may end while threads of it are inside the library: its status is its own. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "capi_test.h"

#define THREADS 4

static vault_handle* vault;
static atomic_int inside;

static void* work_for_ever(void* ignored) {
  int i;
  for (i = 0;; ++i) {
    vault_secret* secret = NULL;
    vault_list* list = NULL;
    (void)vault_get(vault, "a", NULL, &secret);
    vault_secret_free(secret);
    (void)vault_find(vault, NULL, &list);
    vault_list_free(list);
    (void)vault_edit(vault, "a", NULL);
    if (i == 0) atomic_fetch_add(&inside, 1);
  }
  return ignored;
}

/* Called after the library's static objects are gone, if it has such: the threads run on a little. */
static void stay(void) { usleep(TEST_SANITIZED ? 500000 : 20000); }

static void end_in_the_middle(int round) {
  pthread_t thread;
  int i;
  snprintf(test_vault, sizeof test_vault, "%s/vault-%d", test_dir, round);
  vault = make_test_vault();
  CHECK_CODE(vault_add(vault, "a", "token", 5, NULL), VAULT_OK);
  for (i = 0; i < THREADS; ++i) CHECK(pthread_create(&thread, NULL, work_for_ever, NULL) == 0);
  while (atomic_load(&inside) < THREADS) usleep(1000);
  exit(42);
}

/* Each in a process of its own, that has not used the library before. */
int main(void) {
  int round;
  make_test_dir();
  for (round = 0; round < 5; ++round) {
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
      if (atexit(stay) != 0) _exit(1); /* the first to be registered is the last to be called */
      end_in_the_middle(round);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    if (status != 42 << 8) fprintf(stderr, "the child ended with %#x\n", (unsigned)status);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
  }
  return 0;
}

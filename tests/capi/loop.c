/* Open, get, free, close, many times: neither memory nor descriptors grow. Memory is judged from 1,000 rounds on, without sanitizers. */
#include <dirent.h>

#include "capi_test.h"

static int count_descriptors(void) {
  DIR* dir = opendir("/proc/self/fd");
  int count = 0;
  CHECK(dir != NULL);
  while (readdir(dir) != NULL) ++count;
  closedir(dir);
  return count;
}

static long resident_kib(void) {
  FILE* file = fopen("/proc/self/status", "r");
  char line[256];
  long kib = -1;
  CHECK(file != NULL);
  while (fgets(line, sizeof line, file) != NULL) {
    if (sscanf(line, "VmRSS: %ld", &kib) == 1) break;
  }
  fclose(file);
  CHECK(kib > 0);
  return kib;
}

/* With failures too: what they began is given back as well. */
static void one_round(void) {
  vault_handle* vault = open_test_vault(test_vault, test_key_file, VAULT_OK);
  vault_secret* secret = NULL;
  vault_list* list = NULL;
  check_token(vault, "a", "token");
  CHECK_CODE(vault_get(vault, "b", NULL, &secret), VAULT_E_NOT_FOUND);
  CHECK_CODE(vault_find(vault, NULL, &list), VAULT_OK);
  vault_list_free(list);
  vault_close(vault);
  open_test_vault(test_vault, test_path("other-key"), VAULT_E_WRONG_KEY);
}

static void make_a_key_that_opens_nothing(void) {
  vault_slot_options slot = VAULT_SLOT_OPTIONS_INIT;
  vault_handle* other = NULL;
  slot.key_file = test_path("other-key");
  CHECK_CODE(vault_create(test_path("other"), &slot, NULL, &other), VAULT_OK);
  vault_close(other);
}

int main(int argc, char** argv) {
  const int rounds = test_rounds(argc, argv, TEST_SANITIZED ? 100 : 10000), warm_up = rounds / 20 + 1;
  const long slack_kib = 512; /* a leak of 64 bytes a round is more */
  long memory = 0;
  int descriptors = 0, i;
  vault_handle* vault;
  make_test_dir();
  vault = make_test_vault();
  CHECK_CODE(vault_add(vault, "a", "token", 5, NULL), VAULT_OK);
  vault_close(vault);
  make_a_key_that_opens_nothing();
  for (i = 0; i < rounds; ++i) {
    if (i == warm_up) memory = resident_kib(), descriptors = count_descriptors();
    one_round();
  }
  CHECK(count_descriptors() == descriptors);
  if (!TEST_SANITIZED && rounds >= 1000 && resident_kib() > memory + slack_kib) {
    fprintf(stderr, "%ld KiB after %d rounds, %ld KiB after %d\n", memory, warm_up, resident_kib(), rounds);
    return 1;
  }
  return 0;
}

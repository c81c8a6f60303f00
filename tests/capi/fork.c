/* After a fork the child's handle is locked and its secrets have no bytes; the parent's go on. */
#include <sys/wait.h>

#include "capi_test.h"

int main(void) {
  vault_handle* vault;
  vault_secret* secret = NULL;
  int status = 0;
  pid_t child;
  make_test_dir();
  vault = make_test_vault();
  CHECK_CODE(vault_add(vault, "a", "token", 5, NULL), VAULT_OK);
  CHECK_CODE(vault_get(vault, "a", NULL, &secret), VAULT_OK);
  child = fork();
  if (child == 0) {
    const int wiped = vault_secret_data(secret) == NULL && vault_secret_size(secret) == 0;
    vault_close(vault);
    _exit(wiped ? vault_get(vault, "a", NULL, &secret) : 99);
  }
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == VAULT_E_LOCKED);
  CHECK(vault_secret_equal(secret, "token", 5) && !vault_secret_equal(secret, "tokem", 5));
  vault_secret_free(secret);
  CHECK_CODE(vault_get(vault, "a", NULL, &secret), VAULT_OK);
  vault_secret_free(secret);
  vault_close(vault);
  return 0;
}

/* After a fork the child's handle is locked; the parent's goes on. */
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
  child = fork();
  if (child == 0) _exit(vault_get(vault, "a", NULL, &secret));
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == VAULT_E_LOCKED);
  CHECK_CODE(vault_get(vault, "a", NULL, &secret), VAULT_OK);
  vault_secret_free(secret);
  vault_close(vault);
  return 0;
}

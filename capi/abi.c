/* Only for the check of the ABI (vault_abi): what programs have compiled in, but no function of vault.h mentions. */
#include "capi/vault.h"

_Static_assert(VAULT_NEVER == INT64_MAX, "the numbers of a release never change");
_Static_assert(VAULT_FACTOR_PASSPHRASE == 1 && VAULT_FACTOR_KEY_FILE == 2 && VAULT_FACTOR_RECOVERY_CODE == 4 &&
                   VAULT_FACTOR_CREDENTIAL == 8 && VAULT_FACTOR_OTHER == 0x80000000,
               "the numbers of a release never change");

/* Members hold these as uint32_t: this brings them into vault.abi. */
VAULT_API void vault_abi_enums(vault_role role, vault_state state, vault_sort sort, vault_commit_kind kind,
                               vault_rollback_guard guard);
void vault_abi_enums(vault_role role, vault_state state, vault_sort sort, vault_commit_kind kind,
                     vault_rollback_guard guard) {
  (void)role, (void)state, (void)sort, (void)kind, (void)guard;
}

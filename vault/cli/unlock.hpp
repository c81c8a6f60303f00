#pragma once

#include "vault/cli/context.hpp"

namespace vault::cli {

struct OpenedVault {
  fs::path dir;
  Vault vault;
  Factors factors;  // those it was opened with, and perhaps more
};

// Opens the vault. With factor options: with just those, and a prompt where a slot needs a passphrase beside the key file that
// was given. Without: $CREDENTIALS_DIRECTORY/vault.key, `key_file` of config.toml, a prompt. Where none of it is possible, `locked` before
// any run of Argon2. Descriptors are read before any file is opened.
Result<OpenedVault> open_vault(Context& context);

// The same, for a verb whose first argument is a label: one that is none is refused before anything is asked.
struct LabelInVault {
  Label label;
  OpenedVault opened;
};
Result<LabelInVault> open_vault_at_label(Context& context);

// Where the vault is, or will be.
Result<fs::path> find_directory(const Context& context);

}  // namespace vault::cli

#pragma once

#include "vault/config.hpp"
#include "vault/keyslot/factor.hpp"

namespace vault {

// What opens a vault with nobody there.
struct MachineFactors {
  Factors factors;
  std::string missing;  // why key_file of config.toml is not among them; empty: it is, or none is named
};

// $CREDENTIALS_DIRECTORY/vault.key, and `key_file` of config.toml: those that are there. Errors: usage, denied, internal.
Result<MachineFactors> machine_factors(Files& files, const Config& config);

// A file in $CREDENTIALS_DIRECTORY, where systemd puts a service's credentials; nothing where that is not set.
std::optional<fs::path> credential_path(std::string_view name);
// Errors: not_found, usage, internal.
Result<std::shared_ptr<const Factor>> read_credential(Files& files, const fs::path& path);

}  // namespace vault

#pragma once

#include <optional>

#include "vault/base/file.hpp"

namespace vault {

// $XDG_CONFIG_HOME/vault/config.toml, all of it: which vault, and a key file that opens it.
struct Config {
  std::optional<fs::path> dir;
  std::optional<fs::path> key_file;
};

// Empty where there is no such file. Errors: usage (not TOML, an unknown key, a wrong type, a relative path), denied (others can
// write it), limit, internal.
Result<Config> read_config(Files& files);

// Sets `key_file` and keeps everything else as it is, comments too; the path it wrote. Errors: usage, denied, internal.
Result<fs::path> write_default_key_file(Files& files, const fs::path& key_file);

// Where the vault is: as the caller says, VAULT_DIR, `dir` of the configuration, the standard place. Errors: usage.
Result<fs::path> vault_directory(const std::optional<std::string>& given, const Config& config);

}  // namespace vault

#pragma once

#include "vault/cli/context.hpp"

namespace vault::cli {

// What `key_file` of config.toml is to a vault, when its slots change: commands without a factor of their own unlock with it.
class DefaultKeyFile {
 public:
  DefaultKeyFile(const Context& context, fs::path dir);

  // The file, where there is one and it opens the vault alone. No Argon2id is spent on that.
  const std::optional<fs::path>& that_opens() const { return that_opens_; }

  // Says so, if it opened the vault before and now does not.
  void tell_if_it_opens_no_more(const Output& output) const;

 private:
  std::optional<fs::path> look() const;

  const Context& context_;
  fs::path dir_;
  std::optional<fs::path> that_opens_;
};

}  // namespace vault::cli

#pragma once

#include "vault/cli/output.hpp"
#include "vault/config.hpp"
#include "vault/store/sqlcipher_build.hpp"
#include "vault/vault.hpp"

namespace vault::cli {

// One thing that `doctor` looked at.
struct Finding {
  enum class State { ok, weak, bad, unknown };
  std::string name;
  State state = State::ok;
  std::string sentence;
  std::string mend;  // how to mend it; empty where nothing is to be done
};
std::string_view name(Finding::State state) noexcept;

// Where `doctor` looks, so that tests can show it another world.
struct Surroundings {
  Files& files;
  fs::path root;      // holds proc and sys
  unsigned user = 0;  // whose files they must be
  Time now{};
  Time built{};           // when the program was made: no clock is right that is before it
  KdfParameters floor{};  // what a new passphrase costs at least
  bool memory_locked = true;
  std::uint64_t memory_limit = 0;  // of locked memory, bytes

  static Surroundings of(const Platform& platform);
};

// The machine around the vault.
std::vector<Finding> examine_machine(const Surroundings& around);
Finding examine_sqlcipher(const Result<SqlCipherBuild>& build);
// The vault's files and the key file of the configuration, as they lie there; no key is needed.
std::vector<Finding> examine_files(const Surroundings& around, const fs::path& dir);
// `opens_alone`: whether the key file opens the vault without another factor, where that is known.
Finding examine_key_file(const Surroundings& around, const Result<Config>& config,
                         std::optional<bool> opens_alone = {});
// What only an open vault can tell; or why it was not opened.
std::vector<Finding> examine_opened(const Surroundings& around, const Result<VaultStatus>& status);

namespace text {
std::string findings(const std::vector<Finding>& findings, const Style& style);
}
namespace json {
std::string findings(const fs::path& dir, const std::vector<Finding>& findings);
}

}  // namespace vault::cli

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/base/result.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace vault::cli {

// A verb's option table is made of these. A value that cannot be right is refused while parsing, with a sentence that names the
// option and never the value: it may be a secret in the wrong place.
class Options {
 public:
  Options(CLI::App& app, std::string group) : app_(app), group_(std::move(group)) {}

  Options& flag(const char* names, bool& into, const char* help);
  Options& text(const char* names, std::optional<std::string>& into, const char* type, const char* help);
  Options& texts(const char* names, std::vector<std::string>& into, const char* type, const char* help);
  Options& number(const char* names, std::optional<std::uint32_t>& into, const char* type, const char* help);

 private:
  CLI::Option& value(const char* names, const std::function<void(const std::string&)>& set, const char* type,
                     const char* help);

  CLI::App& app_;
  std::string group_;
};

// Before or after the verb.
struct GlobalOptions {
  std::optional<std::string> dir;
  bool json = false;
  bool no_prompt = false;
  bool no_agent = false;
  bool yes = false;
  bool accept_rollback = false;
  std::optional<std::string> wait;
  bool help = false;

  void add_to(CLI::App& app);
};

// What opens the vault; on `init`, what will.
struct FactorOptions {
  std::optional<std::uint32_t> passphrase_fd;
  std::optional<std::string> passphrase_file;
  std::optional<std::string> key_file;
  std::optional<std::uint32_t> recovery_fd;
  std::optional<std::string> credential;
  std::optional<std::string> slot;

  bool any() const { return passphrase_fd || passphrase_file || key_file || recovery_fd || credential; }
  void add_to(CLI::App& app);
};

inline constexpr const char* kRecoverySlot = "recovery";

// What a slot will need.
struct NewFactorOptions {
  std::optional<std::uint32_t> passphrase_fd;
  std::optional<std::string> passphrase_file;
  std::optional<std::string> key_file;  // made if absent
  bool recovery = false;                // a new recovery code, shown once
  std::optional<std::uint32_t> recovery_out_fd;
  std::optional<std::string> unlock_time;
  std::optional<std::uint32_t> kdf_memory, kdf_passes, kdf_lanes;

  bool any() const { return passphrase_fd || passphrase_file || key_file || recovery; }
  bool passphrase() const { return passphrase_fd || passphrase_file || !any(); }
  std::string slot_name() const;  // for a slot that nobody named: "passphrase and key file"
  bool kdf_given() const { return kdf_memory || kdf_passes || kdf_lanes; }
  void add_to(CLI::App& app);
};

// `KEY=VALUE` in two. Nothing without '=', or with nothing before it.
struct Pair {
  std::string key, value;
};
std::optional<Pair> split_pair(std::string_view text);

}  // namespace vault::cli

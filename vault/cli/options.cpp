#include "vault/cli/options.hpp"

#include <CLI/CLI.hpp>
#include <charconv>

namespace vault::cli {

CLI::Option& Options::value(const char* names, const std::function<void(const std::string&)>& set, const char* type,
                            const char* help) {
  return *app_.add_option_function<std::string>(names, set, help)->type_name(type)->group(group_);
}

Options& Options::flag(const char* names, bool& into, const char* help) {
  app_.add_flag(names, into, help)->group(group_);
  return *this;
}

Options& Options::text(const char* names, std::optional<std::string>& into, const char* type, const char* help) {
  value(
      names, [&into](const std::string& given) { into = given; }, type, help);
  return *this;
}

Options& Options::texts(const char* names, std::vector<std::string>& into, const char* type, const char* help) {
  // Called once for each value, so that nothing is split at commas and brackets.
  value(
      names, [&into](const std::string& given) { into.push_back(given); }, type, help)
      .multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->trigger_on_parse();
  return *this;
}

Options& Options::number(const char* names, std::optional<std::uint32_t>& into, const char* type, const char* help) {
  auto set = [&into, option = std::string(names)](const std::string& given) {
    std::uint32_t number = 0;
    auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), number);
    if (error != std::errc{} || end != given.data() + given.size() || number > 0x7fffffff) {
      throw CLI::ValidationError(option + " takes a number");
    }
    into = number;
  };
  value(names, set, type, help);
  return *this;
}

void GlobalOptions::add_to(CLI::App& app) {
  Options(app, "Always")
      .text("--dir", dir, "DIR",
            "The vault; else $VAULT_DIR, else dir in config.toml, else ~/.local/share/vault/default")
      .flag("--json", json, "Answer with one JSON object, errors too")
      .flag("--no-prompt", no_prompt, "Never ask for a passphrase: fail with status 4 instead")
      .flag("--no-agent", no_agent, "Do not use an agent (this version has none)")
      .flag("--yes", yes, "Do not ask before something is removed")
      .text("--wait", wait, "TIME", "Wait so long for another process that holds the vault (5s)")
      .flag("--accept-rollback", accept_rollback, "Take an older copy of the vault for the present state (admins)")
      .flag("-h,--help", help, "This help");
}

void FactorOptions::add_to(CLI::App& app) {
  Options(app, "To unlock")
      .number("--passphrase-fd", passphrase_fd, "N", "Read the passphrase from this descriptor")
      .text("--passphrase-file", passphrase_file, "FILE", "Read the passphrase from a file")
      .text("--key-file", key_file, "FILE", "Unlock with a key file")
      .number("--recovery-fd", recovery_fd, "N", "Read a recovery code from this descriptor")
      .text("--credential", credential, "NAME", "Unlock with $CREDENTIALS_DIRECTORY/NAME, a key file from systemd")
      .text("--slot", slot, "SLOT", "Only this keyslot: its name, or the beginning of its id");
}

void NewFactorOptions::add_to(CLI::App& app) {
  Options(app, "The slot's factors (several: all of them are needed)")
      .number("--new-passphrase-fd", passphrase_fd, "N", "Read the new passphrase from this descriptor")
      .text("--new-passphrase-file", passphrase_file, "FILE", "Read the new passphrase from a file")
      .text("--new-key-file", key_file, "FILE", "Need this key file; it is made if it is not there")
      .flag("--new-recovery", recovery, "Need a new recovery code, shown once on the terminal")
      .number("--recovery-out-fd", recovery_out_fd, "N", "Write the recovery code to this descriptor instead")
      .text("--unlock-time", unlock_time, "TIME", "How long testing one passphrase shall take here (500ms)")
      .number("--kdf-memory", kdf_memory, "MIB", "Argon2id's memory, instead of --unlock-time")
      .number("--kdf-passes", kdf_passes, "N", "Argon2id's passes over it")
      .number("--kdf-lanes", kdf_lanes, "N", "Argon2id's lanes");
}

std::string NewFactorOptions::slot_name() const {
  std::string text = passphrase() ? "passphrase" : "";
  if (key_file) text += text.empty() ? "key file" : " and key file";
  if (recovery) text += text.empty() ? kRecoverySlot : " and recovery code";
  return text;
}

std::optional<Pair> split_pair(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  return Pair{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

}  // namespace vault::cli

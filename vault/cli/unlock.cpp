#include "vault/cli/unlock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "vault/base/limits.hpp"
#include "vault/cli/terminal.hpp"
#include "vault/keyslot/key_file.hpp"
#include "vault/keyslot/passphrase.hpp"
#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

constexpr int kTries = 3;

using MaybeFactor = Result<std::shared_ptr<const Factor>>;

MaybeFactor passphrase_factor(Context& context, Result<SecretBuffer> passphrase) {
  if (!passphrase) return passphrase.error();
  return PassphraseFactor::make(std::move(*passphrase), context.platform.kdf, context.platform.limits);
}

std::optional<fs::path> credential_path(std::string_view name) {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (directory == nullptr || *directory == '\0') return std::nullopt;
  return fs::path(directory) / name;
}

// systemd keeps credentials closed to others by its own means, with permissions that are not ours to judge.
MaybeFactor credential_factor(Context& context, const fs::path& path) {
  constexpr std::size_t kLongest = 256;
  auto content = read_secret_file(context.platform.files, path, kLongest);
  if (!content) return content.error();
  auto factor = KeyFileFactor::parse(content->expose());
  if (factor) return factor;
  return Error{factor.error().code, fmt::format("credential {}: {}", path.string(), factor.error().message)};
}

MaybeFactor named_credential(Context& context, const std::string& name) {
  if (name.empty() || name.find('/') != std::string::npos || name.starts_with('.')) {
    return Error{Errc::usage, "--credential takes the name of a file in $CREDENTIALS_DIRECTORY"};
  }
  auto path = credential_path(name);
  if (!path)
    return Error{Errc::usage, "--credential: CREDENTIALS_DIRECTORY is not set; systemd does that for a service"};
  return credential_factor(context, *path);
}

Result<Factors> factors_from_options(Context& context) {
  const FactorOptions& given = context.factors;
  std::vector<MaybeFactor> made;
  if (given.passphrase_fd && given.passphrase_file) {
    return Error{Errc::usage, "--passphrase-fd and --passphrase-file: a slot has one passphrase"};
  }
  if (given.passphrase_fd) {
    made.push_back(
        passphrase_factor(context, context.input.passphrase_descriptor(static_cast<int>(*given.passphrase_fd))));
  }
  if (given.passphrase_file) {
    made.push_back(
        passphrase_factor(context, context.input.passphrase_file(context.platform.files, *given.passphrase_file)));
  }
  if (given.key_file) made.push_back(KeyFileFactor::read(context.platform.files, *given.key_file));
  if (given.credential) made.push_back(named_credential(context, *given.credential));
  Factors factors;
  for (MaybeFactor& factor : made) {
    // A file that is not there is a bad argument: 3 is for labels.
    const bool missing = !factor && factor.error().code == Errc::not_found;
    if (!factor)
      return Error{missing ? Errc::usage : factor.error().code, fmt::format("unlock: {}", factor.error().message)};
    factors.push_back(*factor);
  }
  return factors;
}

// What opens a vault with nobody there. A key file that is not there (on a stick, say) leaves the prompt.
Result<Factors> machine_factors(Context& context, const Config& config) {
  Factors factors;
  if (auto path = credential_path("vault.key")) {
    auto factor = credential_factor(context, *path);
    if (!factor && factor.error().code != Errc::not_found) return factor.error();
    if (factor) factors.push_back(*factor);
  }
  if (config.key_file) {
    auto factor = KeyFileFactor::read(context.platform.files, *config.key_file);
    if (!factor && factor.error().code != Errc::not_found) {
      return Error{factor.error().code, fmt::format("{} (key_file in config.toml)", factor.error().message)};
    }
    if (factor) factors.push_back(*factor);
    if (!factor) context.output.note(fmt::format("vault: key_file in config.toml: {}", factor.error().message));
  }
  return factors;
}

bool names(std::string_view wanted, const SlotView& slot) {
  return wanted.empty() || slot.name == wanted || to_hex(slot.id.bytes).starts_with(wanted);
}

bool fits(FactorType wanted, const Factors& factors) {
  return std::ranges::any_of(factors, [&](const auto& factor) { return factor->fits(wanted); });
}

// Finds the way to open a vault; one object an attempt.
class Opening {
 public:
  Opening(Context& context, fs::path dir, std::vector<SlotView> slots, Factors factors, std::chrono::milliseconds wait)
      : context_(context),
        dir_(std::move(dir)),
        factors_(std::move(factors)),
        wait_(wait),
        slot_(context.factors.slot.value_or("")) {
    for (SlotView& slot : slots) {
      if (names(slot_, slot)) slots_.push_back(std::move(slot));
    }
  }

  Result<OpenedVault> run() const {
    if (slots_.empty() && !slot_.empty()) {
      return Error{Errc::not_found, fmt::format("unlock: no slot {}; 'vault slot list' shows them", in_quotes(slot_))};
    }
    const bool prompt_helps = some_slot_fits(true);
    if (some_slot_fits(false) || !prompt_helps) {
      if (factors_.empty()) return Error{Errc::locked, "unlock: this takes a key file: name it with --key-file FILE"};
      auto opened = open(factors_);
      if (opened || opened.error().code != Errc::wrong_key || !prompt_helps || !can_prompt()) return opened;
    }
    if (context_.global.no_prompt) return locked("--no-prompt forbids asking for the passphrase");
    auto terminal = Terminal::open();
    if (!terminal) return locked("there is no terminal to ask for the passphrase");
    return prompt(*terminal);
  }

 private:
  // Whether some slot can be tried, without asking for a passphrase or with it. Who names a factor is not asked for another one,
  // unless a slot needs both.
  bool some_slot_fits(bool asking) const {
    const bool options = context_.factors.any();
    return std::ranges::any_of(slots_, [&](const SlotView& slot) {
      if (asking && options && slot.factors.size() == 1) return false;
      bool asked = false;
      for (FactorType type : slot.factors) {
        if (fits(type, factors_)) continue;
        if (!asking || type != FactorType::passphrase) return false;
        asked = true;
      }
      return asked == asking;
    });
  }

  bool can_prompt() const { return !context_.global.no_prompt && Terminal::open().has_value(); }

  Result<OpenedVault> open(const Factors& factors) const {
    auto vault = Vault::open(dir_, {factors, slot_, wait_, context_.global.accept_rollback}, context_.platform);
    if (!vault) return vault.error();
    return OpenedVault{dir_, std::move(*vault), factors};
  }

  Result<OpenedVault> prompt(Terminal& terminal) const {
    for (int tries = 1;; ++tries) {
      auto typed =
          terminal.read_secret(fmt::format("Passphrase for {}: ", printable(dir_.string())), limits::passphrase_bytes);
      if (!typed) return typed.error();
      if (typed->empty()) return Error{Errc::cancelled, "unlock: no passphrase was typed"};
      auto factor = passphrase_factor(context_, std::move(typed));
      if (!factor) return factor.error();
      Factors factors = factors_;
      factors.push_back(*factor);
      auto opened = open(factors);
      if (opened || opened.error().code != Errc::wrong_key || tries == kTries) return opened;
      terminal.say("That passphrase opens no slot; try again.\n");
    }
  }

  Error locked(std::string_view why) const {
    return {Errc::locked, fmt::format("unlock: {}; use --passphrase-fd N, --passphrase-file FILE or --key-file FILE, "
                                      "or make 'vault slot add --new-key-file FILE --default'",
                                      why)};
  }

  Context& context_;
  fs::path dir_;
  std::vector<SlotView> slots_;
  Factors factors_;
  std::chrono::milliseconds wait_;
  std::string slot_;
};

Result<std::chrono::milliseconds> wait_of(const Context& context) {
  if (!context.global.wait) return Unlock{}.wait;
  auto wait = parse_duration(*context.global.wait);
  if (!wait) return Error{wait.error().code, fmt::format("--wait: {}", wait.error().message)};
  return to_milliseconds(*wait);
}

}  // namespace

Result<fs::path> find_directory(const Context& context) {
  auto config = read_config(context.platform.files);
  if (!config) return config.error();
  return vault_directory(context.global.dir, *config);
}

Result<OpenedVault> open_vault(Context& context) {
  auto wait = wait_of(context);
  if (!wait) return wait.error();
  auto given = factors_from_options(context);
  if (!given) return given.error();
  auto config = read_config(context.platform.files);
  if (!config) return config.error();
  auto dir = vault_directory(context.global.dir, *config);
  if (!dir) return dir.error();
  auto slots = peek_slots(*dir, context.platform);
  if (!slots) return slots.error();
  if (!context.factors.any()) given = machine_factors(context, *config);
  if (!given) return given.error();
  auto opened = Opening(context, std::move(*dir), std::move(*slots), std::move(*given), *wait).run();
  if (opened && opened->vault.header_from_copy()) {
    context.output.note("vault: the header was missing or damaged; its copy was read, and the next change mends it");
  }
  return opened;
}

}  // namespace vault::cli

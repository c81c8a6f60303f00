#include "vault/cli/unlock.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vault/base/limits.hpp"
#include "vault/cli/terminal.hpp"
#include "vault/keyslot/key_file.hpp"
#include "vault/keyslot/passphrase.hpp"
#include "vault/keyslot/recovery_code.hpp"
#include "vault/machine_factors.hpp"
#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

constexpr int kTries = 3;

using MaybeFactor = Result<std::shared_ptr<const Factor>>;

MaybeFactor passphrase_factor(Context& context, Result<SecretBuffer> passphrase) {
  if (!passphrase) return passphrase.error();
  return PassphraseFactor::make(std::move(*passphrase), context.platform.kdf, context.platform.limits);
}

MaybeFactor recovery_factor(const Result<SecretBuffer>& code) {
  if (!code) return code.error();
  auto factor = RecoveryCodeFactor::parse(code->expose());
  if (!factor) return factor.error();
  return std::shared_ptr<const Factor>(std::move(*factor));
}

MaybeFactor named_credential(Context& context, const std::string& name) {
  if (name.empty() || name.find('/') != std::string::npos || name.starts_with('.')) {
    return Error{Errc::usage, "--credential takes the name of a file in $CREDENTIALS_DIRECTORY"};
  }
  auto path = credential_path(name);
  if (!path)
    return Error{Errc::usage, "--credential: CREDENTIALS_DIRECTORY is not set; systemd does that for a service"};
  return read_credential(context.platform.files, *path);
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
  if (given.recovery_fd)
    made.push_back(recovery_factor(context.input.recovery_descriptor(static_cast<int>(*given.recovery_fd))));
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

// A key file that is not there (on a stick, say) leaves the prompt.
Result<Factors> factors_of_machine(Context& context, const Config& config) {
  auto found = machine_factors(context.platform.files, config);
  if (!found) return found.error();
  if (!found->missing.empty()) context.output.note(fmt::format("vault: key_file in config.toml: {}", found->missing));
  return std::move(found->factors);
}

bool names(std::string_view wanted, const SlotView& slot) {
  return wanted.empty() || slot.name == wanted || to_hex(slot.id.bytes).starts_with(wanted);
}

bool fits(FactorType wanted, const Factors& factors) {
  return std::ranges::any_of(factors, [&](const auto& factor) { return factor->fits(wanted); });
}

bool asks_for_recovery(const std::vector<FactorType>& asked) {
  return std::ranges::find(asked, FactorType::recovery_code) != asked.end();
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
    const std::vector<FactorType> asked = to_be_asked();
    const bool prompt_helps = !asked.empty();
    if (some_slot_fits() || !prompt_helps) {
      if (factors_.empty()) return needs_a_machine();
      auto opened = open(factors_);
      if (opened || opened.error().code != Errc::wrong_key || !prompt_helps || !can_prompt()) return opened;
      if (!context_.factors.any())
        context_.output.note(
            "vault: the key file that config.toml names, or the credential, opens no slot of this vault");
    }
    if (context_.global.no_prompt) return locked("--no-prompt forbids asking for the", asked);
    auto terminal = Terminal::open();
    if (!terminal) return locked("there is no terminal to ask for the", asked);
    return prompt(*terminal, asked);
  }

 private:
  // What a slot still needs, where a person could type all of it. A recovery code is asked for only where its slot is named: it is for the
  // day when the passphrase is lost.
  std::optional<std::vector<FactorType>> missing(const SlotView& slot) const {
    std::vector<FactorType> types;
    for (FactorType type : slot.factors) {
      if (fits(type, factors_)) continue;
      if (type != FactorType::passphrase && (type != FactorType::recovery_code || slot_.empty())) return std::nullopt;
      types.push_back(type);
    }
    return types;
  }

  bool some_slot_fits() const {
    return std::ranges::any_of(slots_, [&](const SlotView& slot) {
      auto types = missing(slot);
      return types && types->empty();
    });
  }

  // What to ask for, so that one more slot can be tried. Who names a factor is not asked for another one, unless a slot needs both.
  std::vector<FactorType> to_be_asked() const {
    for (const SlotView& slot : slots_) {
      if (context_.factors.any() && slot.factors.size() == 1) continue;
      auto types = missing(slot);
      if (types && !types->empty()) return *types;
    }
    return {};
  }

  Error needs_a_machine() const {
    const bool recovery =
        std::ranges::all_of(slots_, [](const SlotView& slot) { return asks_for_recovery(slot.factors); });
    if (!recovery) return {Errc::locked, "unlock: this takes a key file: name it with --key-file FILE"};
    return {Errc::locked,
            "unlock: this takes a recovery code: use --recovery-fd N, or name the slot with --slot to type it"};
  }

  bool can_prompt() const { return !context_.global.no_prompt && Terminal::open().has_value(); }

  Result<OpenedVault> open(const Factors& factors) const {
    auto vault = Vault::open(dir_, {factors, slot_, wait_, context_.global.accept_rollback}, context_.platform);
    if (!vault) return vault.error();
    return OpenedVault{dir_, std::move(*vault), factors};
  }

  Result<OpenedVault> prompt(Terminal& terminal, const std::vector<FactorType>& asked) const {
    for (int tries = 1;; ++tries) {
      auto typed = ask(terminal, asked);
      if (!typed && (typed.error().code != Errc::usage || !asks_for_recovery(asked) || tries == kTries))
        return typed.error();
      if (!typed) {
        terminal.say(fmt::format("vault: {}; try again.\n", typed.error().message));
        continue;
      }
      auto opened = open(*typed);
      if (opened || opened.error().code != Errc::wrong_key || tries == kTries) return opened;
      terminal.say(fmt::format("That {} opens no slot; try again.\n", text::factors(asked)));
    }
  }

  // What was offered, and what the person types. Errors: cancelled, usage.
  Result<Factors> ask(Terminal& terminal, const std::vector<FactorType>& asked) const {
    Factors factors = factors_;
    for (FactorType type : asked) {
      const bool passphrase = type == FactorType::passphrase;
      auto typed = terminal.read_secret(
          fmt::format("{} for {}: ", passphrase ? "Passphrase" : "Recovery code", printable(dir_.string())),
          passphrase ? limits::passphrase_bytes : limits::recovery_code_bytes);
      if (!typed) return typed.error();
      if (typed->empty()) return Error{Errc::cancelled, fmt::format("unlock: no {} was typed", name(type))};
      auto factor = passphrase ? passphrase_factor(context_, std::move(typed)) : recovery_factor(typed);
      if (!factor) return factor.error();
      factors.push_back(*factor);
    }
    return factors;
  }

  static Error locked(std::string_view why, const std::vector<FactorType>& asked) {
    return {Errc::locked,
            fmt::format("unlock: {} {}; use {}--passphrase-fd N, --passphrase-file FILE or --key-file FILE, "
                        "or make 'vault slot add --new-key-file FILE --default'",
                        why, text::factors(asked), asks_for_recovery(asked) ? "--recovery-fd N, " : "")};
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
  if (!context.factors.any()) given = factors_of_machine(context, *config);
  if (!given) return given.error();
  auto opened = Opening(context, std::move(*dir), std::move(*slots), std::move(*given), *wait).run();
  if (!opened && opened.error().code == Errc::wrong_key && !context.factors.any() && config->key_file)
    return Error{Errc::wrong_key,
                 fmt::format("{} (key_file in config.toml is {})", opened.error().message, config->key_file->string())};
  if (opened && opened->vault.header_from_copy()) {
    context.output.note("vault: the header was missing or damaged; its copy was read, and the next change mends it");
  }
  return opened;
}

Result<LabelInVault> open_vault_at_label(Context& context) {
  auto label = Label::parse(context.arguments.front());
  if (!label) return label.error();
  auto opened = open_vault(context);
  if (!opened) return opened.error();
  return LabelInVault{std::move(*label), std::move(*opened)};
}

}  // namespace vault::cli

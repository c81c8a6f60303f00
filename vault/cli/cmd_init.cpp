#include <fmt/format.h>

#include "vault/cli/commands.hpp"
#include "vault/cli/new_factors.hpp"
#include "vault/cli/unlock.hpp"
#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

class Init final : public Verb {
 public:
  void add_to(CLI::App& app) override {
    Options(app, "Options")
        .text("--name", name_, "NAME", "A name for the keyslot, for people")
        .flag("--no-recovery", no_recovery_, "Make no recovery code, with a slot of its own, beside it");
    new_.add_to(app);
  }

  Status run(Context& context) override {
    if (auto taken = take_unlock_options(context.factors); !taken) return taken;
    auto dir = find_directory(context);
    if (!dir) return dir.error();
    if (auto found = find_recovery(context); !found) return found;
    NewFactors factors(context, new_);
    if (auto read = factors.read(); !read) return read;
    if (auto free = check_free(*dir, context); !free) return free;
    if (auto asked = factors.ask(); !asked) return asked;
    auto made = factors.make();
    if (!made) return made.error();
    const NewSlot slot{name_.value_or(new_.slot_name()), std::move(*made)};
    return create(context, *dir, slot, factors);
  }

 private:
  // Here nothing is to be unlocked: the options that unlock elsewhere name the new slot's factors too.
  Status take_unlock_options(const FactorOptions& given) {
    if (given.credential || given.slot || given.recovery_fd)
      return Error{Errc::usage, "init: --credential, --recovery-fd and --slot go with a vault that exists"};
    if ((given.passphrase_fd && new_.passphrase_fd) || (given.passphrase_file && new_.passphrase_file) ||
        (given.key_file && new_.key_file)) {
      return Error{Errc::usage,
                   "init: --passphrase-fd and --new-passphrase-fd (and so on) mean the same here; give one"};
    }
    if (given.passphrase_fd) new_.passphrase_fd = given.passphrase_fd;
    if (given.passphrase_file) new_.passphrase_file = given.passphrase_file;
    if (given.key_file) new_.key_file = given.key_file;
    return {};
  }

  Status create(const Context& context, const fs::path& dir, const NewSlot& slot, const NewFactors& factors) {
    std::vector<NewSlot> more;
    auto code = RecoveryCodeFactor::create(context.platform.random);
    if (!code) return code.error();
    if (recovery_) more.push_back({slot.name == kRecoverySlot ? "recovery code" : kRecoverySlot, {*code}});
    auto vault = Vault::create(dir, slot, context.platform, more);
    if (!vault) return vault.error();
    if (recovery_) {
      if (auto shown = show_recovery(**code, dir, *vault); !shown) return shown;
    }
    return receipt(context.output, *vault, factors);
  }

  // Before anybody chooses a passphrase for nothing.
  static Status check_free(const fs::path& dir, const Context& context) {
    auto slots = peek_slots(dir, context.platform);
    if (!slots) return slots.error().code == Errc::no_vault ? Status{} : slots.error();
    return Error{Errc::conflict, fmt::format("init: there is a vault in {}; --dir DIR makes another one elsewhere",
                                             printable(dir.string()))};
  }

  // Here a recovery code gets a slot of its own, also unasked; where it cannot be handed out, none is made.
  Status find_recovery(const Context& context) {
    if (no_recovery_ && (new_.recovery || new_.recovery_out_fd))
      return Error{Errc::usage, "init: --no-recovery, --new-recovery and --recovery-out-fd cannot all be meant"};
    const std::optional<std::uint32_t> fd = new_.recovery_out_fd;
    new_.recovery = false;
    new_.recovery_out_fd.reset();
    if (no_recovery_) return {};
    auto output = RecoveryOutput::find(context, fd);
    if (!output) return output.error();
    if (*output) recovery_.emplace(std::move(**output));
    return {};
  }

  // Now that the vault is there. A code that nobody saw opens nothing.
  Status show_recovery(const RecoveryCodeFactor& code, const fs::path& dir, Vault& vault) {
    auto shown = recovery_->show(code, dir);
    if (shown) return {};
    auto slots = vault.slots();
    const bool removed = slots && vault.remove_slot(to_hex(slots->back().id.bytes));
    return Error{shown.error().code,
                 fmt::format("init: the vault is made, but its recovery code could not be handed out: {}; {}",
                             shown.error().message, removed ? "its slot was removed again" : "remove its slot")};
  }

  std::string recovery_sentence(const std::vector<SlotView>& slots) const {
    if (recovery_)
      return fmt::format("A recovery code opens it too (slot \"{}\"): {}", slots.back().name, recovery_->sentence());
    return "No recovery code was made: there is no terminal to show it on, and no --recovery-out-fd N; "
           "'vault slot add --new-recovery' makes one";
  }

  Status receipt(const Output& output, const Vault& vault, const NewFactors& factors) const {
    auto status = vault.status();
    if (!status) return status.error();
    auto slots = vault.slots();
    if (!slots) return slots.error();
    const SlotView& slot = slots->front();
    const SlotView* recovery = recovery_ ? &slots->back() : nullptr;
    if (output.json && !recovery && !no_recovery_) output.note(recovery_sentence(*slots));
    if (output.json) return output.data(json::created(*status, slot, recovery, factors.kdf()));
    output.note(fmt::format("Made a vault in {}", printable(status->dir.string())));
    output.note(fmt::format("It opens with: {} (slot \"{}\")", text::factors(slot.factors), printable(slot.name)));
    if (factors.kdf()) output.note(factors.kdf_sentence());
    if (factors.key_file_made()) output.note("The key file is new: keep a copy where the vault is not");
    if (!no_recovery_) output.note(recovery_sentence(*slots));
    output.note(fmt::format("Without its {} the vault is lost: nobody can reset it",
                            text::factors(slot.factors) + (recovery_ ? " or its recovery code" : "")));
    if (!recovery_) output.note("'vault slot add' makes a second way in");
    output.note("Next: 'vault add LABEL' stores a first key");
    return {};
  }

  std::optional<std::string> name_;
  bool no_recovery_ = false;
  NewFactorOptions new_;
  std::optional<RecoveryOutput> recovery_;
};

}  // namespace

std::unique_ptr<Verb> make_init() { return std::make_unique<Init>(); }

}  // namespace vault::cli

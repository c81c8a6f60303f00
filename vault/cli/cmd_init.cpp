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
    Options(app, "Options").text("--name", name_, "NAME", "A name for the keyslot, for people");
    new_.add_to(app);
  }

  Status run(Context& context) override {
    if (auto taken = take_unlock_options(context.factors); !taken) return taken;
    auto dir = find_directory(context);
    if (!dir) return dir.error();
    NewFactors factors(context, new_);
    if (auto read = factors.read(); !read) return read;
    if (auto free = check_free(*dir, context); !free) return free;
    if (auto asked = factors.ask(); !asked) return asked;
    auto made = factors.make();
    if (!made) return made.error();
    auto vault = Vault::create(*dir, {name_.value_or(default_name()), std::move(*made)}, context.platform);
    if (!vault) return vault.error();
    return receipt(context.output, *vault, factors);
  }

 private:
  // Here nothing is to be unlocked: the options that unlock elsewhere name the new slot's factors too.
  Status take_unlock_options(const FactorOptions& given) {
    if (given.credential || given.slot)
      return Error{Errc::usage, "init: --credential and --slot go with a vault that exists"};
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

  // Before anybody chooses a passphrase for nothing.
  static Status check_free(const fs::path& dir, const Context& context) {
    auto slots = peek_slots(dir, context.platform);
    if (!slots) return slots.error().code == Errc::no_vault ? Status{} : slots.error();
    return Error{Errc::conflict, fmt::format("init: there is a vault in {}; --dir DIR makes another one elsewhere",
                                             printable(dir.string()))};
  }

  std::string default_name() const {
    const bool passphrase = new_.passphrase_fd || new_.passphrase_file || !new_.any();
    if (passphrase && new_.key_file) return "passphrase and key file";
    return passphrase ? "passphrase" : "key file";
  }

  static Status receipt(const Output& output, const Vault& vault, const NewFactors& factors) {
    auto status = vault.status();
    if (!status) return status.error();
    auto slots = vault.slots();
    if (!slots) return slots.error();
    const SlotView& slot = slots->front();
    if (output.json) return output.data(json::created(*status, slot, factors.kdf()));
    output.note(fmt::format("Made a vault in {}", printable(status->dir.string())));
    output.note(fmt::format("It opens with: {} (slot \"{}\")", text::factors(slot.factors), printable(slot.name)));
    if (factors.kdf()) output.note(factors.kdf_sentence());
    if (factors.key_file_made()) output.note("The key file is new: keep a copy where the vault is not");
    output.note(fmt::format("Without its {} the vault is lost: nobody can reset it", text::factors(slot.factors)));
    output.note("'vault slot add' makes a second way in");
    output.note("Next: 'vault add LABEL' stores a first key");
    return {};
  }

  std::optional<std::string> name_;
  NewFactorOptions new_;
};

}  // namespace

std::unique_ptr<Verb> make_init() { return std::make_unique<Init>(); }

}  // namespace vault::cli

#include <fmt/format.h>

#include "vault/cli/commands.hpp"
#include "vault/cli/new_factors.hpp"
#include "vault/cli/unlock.hpp"
#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

class SlotAdd final : public Verb {
 public:
  void add_to(CLI::App& app) override {
    Options(app, "Options")
        .text("--name", name_, "NAME", "A name for the slot, for people: laptop, cron")
        .flag("--default", default_, "Write the new key file into config.toml, so that scripts need no option");
    new_.add_to(app);
  }

  Status run(Context& context) override {
    if (default_ && !new_.key_file) return Error{Errc::usage, "slot add: --default goes with --new-key-file FILE"};
    if (default_ && (new_.passphrase_fd || new_.passphrase_file)) {
      return Error{Errc::usage, "slot add: --default is for a slot that a key file opens alone"};
    }
    NewFactors factors(context, new_);
    if (auto read = factors.read(); !read) return read;
    auto opened = open_vault(context);
    if (!opened) return opened.error();
    auto slots = opened->vault.slots();
    if (!slots) return slots.error();
    if (auto fits = check_name(*slots); !fits) return fits;
    if (auto asked = factors.ask(); !asked) return asked;
    auto made = factors.make();
    if (!made) return made.error();
    auto slot = opened->vault.add_slot({name_.value_or(free_name(*slots)), std::move(*made)});
    if (!slot) return slot.error();
    return finish(context, *slot, factors);
  }

 private:
  // "key file", "key file 2", ...
  std::string free_name(const std::vector<SlotView>& slots) const {
    const bool passphrase = new_.passphrase_fd || new_.passphrase_file || !new_.any();
    const std::string kind = passphrase && new_.key_file ? "passphrase and key file"
                             : passphrase                ? "passphrase"
                                                         : "key file";
    for (std::size_t number = 1;; ++number) {
      std::string name = number == 1 ? kind : fmt::format("{} {}", kind, number);
      if (!is_used(name, slots)) return name;
    }
  }

  // Before a key file is made for nothing.
  Status check_name(const std::vector<SlotView>& slots) const {
    if (!name_) return {};
    auto name = parse_name("slot", *name_);
    if (!name) return Error{name.error().code, fmt::format("slot add: {}", name.error().message)};
    if (!is_used(*name, slots)) return {};
    return Error{Errc::conflict, fmt::format("slot add: there is a slot {} already", in_quotes(*name))};
  }

  static bool is_used(const std::string& name, const std::vector<SlotView>& slots) {
    return std::ranges::any_of(slots, [&](const SlotView& slot) { return slot.name == name; });
  }

  Status finish(const Context& context, const SlotView& slot, const NewFactors& factors) const {
    const Output& output = context.output;
    std::optional<fs::path> config;
    if (default_) {
      auto written = write_default_key_file(context.platform.files, *new_.key_file);
      if (!written) {
        return Error{written.error().code,
                     fmt::format("slot add: the slot is there, but not in config.toml: {}", written.error().message)};
      }
      config = *written;
    }
    if (output.json) return output.data(json::slot(slot, "added", factors.kdf()));
    output.note(fmt::format("Added slot \"{}\": it opens the vault with {}", printable(slot.name),
                            text::factors(slot.factors)));
    if (factors.kdf()) output.note(factors.kdf_sentence());
    if (new_.key_file) {
      output.note(fmt::format("Key file: {}{}", printable(*new_.key_file),
                              factors.key_file_made() ? " (new)" : " (was there already)"));
    }
    if (config)
      output.note(fmt::format("{} names it: commands of this user now unlock with it", printable(config->string())));
    return {};
  }

  std::optional<std::string> name_;
  bool default_ = false;
  NewFactorOptions new_;
};

}  // namespace

std::unique_ptr<Verb> make_slot_add() { return std::make_unique<SlotAdd>(); }

}  // namespace vault::cli

#include <fmt/format.h>

#include "vault/cli/commands.hpp"
#include "vault/cli/new_factors.hpp"
#include "vault/cli/unlock.hpp"
#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

class Clone final : public Verb {
 public:
  void add_to(CLI::App& app) override {
    Options(app, "Options").text("--name", name_, "NAME", "A name for the new vault's keyslot, for people");
    new_.add_to(app);
  }

  Status run(Context& context) override {
    const fs::path dir = context.arguments.front();
    if (dir.empty()) return Error{Errc::usage, "clone: name the directory of the new vault"};
    NewFactors factors(context, new_);
    if (auto read = factors.read(); !read) return read;
    auto opened = open_vault(context);
    if (!opened) return opened.error();
    if (auto asked = factors.ask(); !asked) return asked;
    auto made = factors.make();
    if (!made) return made.error();
    const Output& output = context.output;
    auto clone =
        opened->vault.clone(dir, {name_.value_or(new_.slot_name()), std::move(*made)},
                            [&](std::uint64_t done, std::uint64_t total) { output.progress("clone", done, total); });
    output.progress("clone", 1, 1);
    if (!clone) return clone.error();
    if (auto shown = factors.show_recovery(dir); !shown)
      return Error{shown.error().code,
                   fmt::format("clone: the vault in {} is made, but nobody has its recovery code: {}; remove it",
                               printable(dir.string()), shown.error().message)};
    return say(output, *clone, factors);
  }

 private:
  Status say(const Output& output, const Vault& clone, const NewFactors& factors) const {
    auto status = clone.status();
    if (!status) return status.error();
    auto slots = clone.slots();
    if (!slots) return slots.error();
    const SlotView& slot = slots->front();
    if (output.json) return output.data(json::created(*status, slot, nullptr, factors.kdf()));
    output.note(fmt::format("Made a clone in {} (entries: {}; teams: {})", printable(status->dir.string()),
                            status->entries, status->teams));
    output.note(fmt::format("It opens with: {} (slot \"{}\"), and with nothing that opens the first one",
                            text::factors(slot.factors), printable(slot.name)));
    if (factors.kdf()) output.note(factors.kdf_sentence());
    if (new_.recovery) output.note(fmt::format("The recovery code: {}", factors.recovery_sentence()));
    output.note("From now on each lives its own life; readers of the first one are not in it");
    return {};
  }

  std::optional<std::string> name_;
  NewFactorOptions new_;
};

}  // namespace

std::unique_ptr<Verb> make_clone() { return std::make_unique<Clone>(); }

}  // namespace vault::cli

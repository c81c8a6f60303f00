#include <fmt/format.h>

#include "vault/cli/commands.hpp"
#include "vault/cli/terminal.hpp"
#include "vault/cli/unlock.hpp"
#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

class SlotRemove final : public Verb {
 public:
  void add_to(CLI::App&) override {}

  Status run(Context& context) override {
    const std::string& name = context.arguments.front();
    auto opened = open_vault(context);
    if (!opened) return opened.error();
    if (auto sure = ask(context, name); !sure) return sure;
    auto slot = opened->vault.remove_slot(name);
    if (!slot) return slot.error();
    if (context.output.json) return context.output.data(json::slot(*slot, "removed"));
    context.output.note(fmt::format("Removed slot \"{}\"", printable(slot->name)));
    if (slot->last) {
      context.output.note(fmt::format("It was the last slot of the {} identity {}, which is removed with it",
                                      vault::name(slot->role), printable(slot->identity_name)));
      context.output.note("It may have kept what it could read: 'vault rekey' makes new keys for all that comes");
    }
    context.output.note("Copies of the vault from before, in backups too, still open with what it needed");
    return {};
  }

 private:
  static Status ask(const Context& context, const std::string& name) {
    if (context.global.yes || context.global.no_prompt) return {};
    auto terminal = Terminal::open();
    if (!terminal) return {};
    auto sure = terminal->confirm(fmt::format("Remove slot {}?", in_quotes(name)));
    if (!sure) return sure.error();
    return *sure ? Status{} : Error{Errc::cancelled, fmt::format("slot remove {}: nothing was changed", name)};
  }
};

}  // namespace

std::unique_ptr<Verb> make_slot_remove() { return std::make_unique<SlotRemove>(); }

}  // namespace vault::cli

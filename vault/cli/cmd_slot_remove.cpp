#include <fmt/format.h>

#include "vault/cli/commands.hpp"
#include "vault/cli/confirm.hpp"
#include "vault/cli/default_key_file.hpp"
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
    const std::string question =
        fmt::format("Remove slot {}? What opens it will open the vault no more.", in_quotes(name));
    if (auto sure = confirm(context, fmt::format("slot remove {}", name), question); !sure) return sure;
    DefaultKeyFile default_key_file(context, opened->dir);
    auto slot = opened->vault.remove_slot(name);
    if (!slot) return slot.error();
    if (context.output.json) {
      default_key_file.tell_if_it_opens_no_more(context.output);
      return context.output.data(json::slot(*slot, "removed"));
    }
    context.output.note(fmt::format("Removed slot \"{}\"", printable(slot->name)));
    if (slot->last) {
      context.output.note(fmt::format("It was the last slot of the {} identity {}, which is removed with it",
                                      vault::name(slot->role), printable(slot->identity_name)));
      context.output.note("It may have kept what it could read: 'vault rekey' makes new keys for all that comes");
    }
    context.output.note("Copies of the vault from before, in backups too, still open with what it needed");
    default_key_file.tell_if_it_opens_no_more(context.output);
    return {};
  }
};
}  // namespace

std::unique_ptr<Verb> make_slot_remove() { return std::make_unique<SlotRemove>(); }

}  // namespace vault::cli

#include <fmt/format.h>

#include "vault/cli/commands.hpp"
#include "vault/cli/confirm.hpp"
#include "vault/cli/unlock.hpp"
#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

class Destroy final : public Verb {
 public:
  void add_to(CLI::App&) override {}

  Status run(Context& context) override {
    auto at = open_vault_at_label(context);
    if (!at) return at.error();
    const std::string operation = fmt::format("destroy {}", at->label.text());
    const std::string question = fmt::format(
        "Destroy the secrets of {}, of all its versions? Nothing brings them back.", printable(at->label.text()));
    if (can_confirm(context) && at->opened.vault.show(at->label)) {  // nobody is asked about what is not there
      if (auto sure = confirm(context, operation, question); !sure) return sure;
    }
    auto entry = at->opened.vault.destroy(at->label);
    if (!entry) return entry.error();
    if (context.output.json) return context.output.data(json::changed(*entry, "destroyed"));
    context.output.note(fmt::format("Destroyed the secrets of {}; its record stays", printable(entry->label.text())));
    context.output.note(fmt::format(
        "Copies of the vault from before, in backups too, still hold them; only the provider ({}) can revoke "
        "the key itself",
        printable(entry->issuer)));
    return {};
  }
};

}  // namespace

std::unique_ptr<Verb> make_destroy() { return std::make_unique<Destroy>(); }

}  // namespace vault::cli

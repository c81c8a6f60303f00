#include <fmt/format.h>

#include "vault/cli/commands.hpp"
#include "vault/cli/unlock.hpp"
#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

class Undelete final : public Verb {
 public:
  void add_to(CLI::App&) override {}

  Status run(Context& context) override {
    auto at = open_vault_at_label(context);
    if (!at) return at.error();
    auto entry = at->opened.vault.undelete(at->label);
    if (!entry) return entry.error();
    if (context.output.json) return context.output.data(json::changed(*entry, "undeleted"));
    context.output.note(fmt::format("{} is back", printable(entry->label.text())));
    return {};
  }
};

}  // namespace

std::unique_ptr<Verb> make_undelete() { return std::make_unique<Undelete>(); }

}  // namespace vault::cli

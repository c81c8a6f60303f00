#include "vault/cli/commands.hpp"
#include "vault/cli/unlock.hpp"

namespace vault::cli {
namespace {

class Show final : public Verb {
 public:
  void add_to(CLI::App&) override {}

  Status run(Context& context) override {
    auto at = open_vault_at_label(context);
    if (!at) return at.error();
    auto entry = at->opened.vault.show(at->label);
    if (!entry) return entry.error();
    if (context.output.json) return context.output.data(json::entry(*entry));
    return context.output.data(text::entry(*entry, style_of_stdout(context.platform.clock.now())));
  }
};

}  // namespace

std::unique_ptr<Verb> make_show() { return std::make_unique<Show>(); }

}  // namespace vault::cli

#include <fmt/format.h>

#include "vault/cli/commands.hpp"
#include "vault/cli/confirm.hpp"
#include "vault/cli/unlock.hpp"
#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

class Remove final : public Verb {
 public:
  void add_to(CLI::App&) override {}

  Status run(Context& context) override {
    auto at = open_vault_at_label(context);
    if (!at) return at.error();
    const std::string operation = fmt::format("rm {}", at->label.text());
    const std::string question = fmt::format("Remove {}? Scripts that read it will fail.", printable(at->label.text()));
    if (can_confirm(context) && at->opened.vault.show(at->label)) {  // nobody is asked about what is not there
      if (auto sure = confirm(context, operation, question); !sure) return sure;
    }
    auto entry = at->opened.vault.remove(at->label);
    if (!entry) return entry.error();
    if (context.output.json) return context.output.data(json::changed(*entry, "removed"));
    context.output.note(
        fmt::format("Removed {0}; 'vault undelete {0}' brings it back", printable(entry->label.text())));
    return {};
  }
};

}  // namespace

std::unique_ptr<Verb> make_rm() { return std::make_unique<Remove>(); }

}  // namespace vault::cli

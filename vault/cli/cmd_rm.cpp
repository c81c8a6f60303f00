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
    auto label = Label::parse(context.arguments.front());
    if (!label) return label.error();
    auto opened = open_vault(context);
    if (!opened) return opened.error();
    const std::string operation = fmt::format("rm {}", label->text());
    const std::string question = fmt::format("Remove {}? Scripts that read it will fail.", printable(label->text()));
    if (auto sure = confirm(context, operation, question); !sure) return sure;
    auto entry = opened->vault.remove(*label);
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

#include <fmt/format.h>

#include "vault/cli/commands.hpp"
#include "vault/cli/unlock.hpp"
#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

class Move final : public Verb {
 public:
  void add_to(CLI::App&) override {}

  Status run(Context& context) override {
    auto from = Label::parse(context.arguments.at(0));
    if (!from) return from.error();
    auto to = Label::parse(context.arguments.at(1));
    if (!to) return to.error();
    auto opened = open_vault(context);
    if (!opened) return opened.error();
    auto entry = opened->vault.move(*from, *to);
    if (!entry) return entry.error();
    if (context.output.json) return context.output.data(json::changed(*entry, "moved"));
    context.output.note(fmt::format("Moved {} to {}; the old label still leads to it", printable(from->text()),
                                    printable(entry->label.text())));
    return {};
  }
};

}  // namespace

std::unique_ptr<Verb> make_mv() { return std::make_unique<Move>(); }

}  // namespace vault::cli

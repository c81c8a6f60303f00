#include "vault/cli/commands.hpp"
#include "vault/cli/unlock.hpp"

namespace vault::cli {
namespace {

class SlotList final : public Verb {
 public:
  void add_to(CLI::App&) override {}

  Status run(Context& context) override {
    auto opened = open_vault(context);
    if (!opened) return opened.error();
    auto slots = opened->vault.slots();
    if (!slots) return slots.error();
    if (context.output.json) return context.output.data(json::slots(*slots));
    return context.output.data(text::slots(*slots, style_of_stdout(context.platform.clock.now())));
  }
};

}  // namespace

std::unique_ptr<Verb> make_slot_list() { return std::make_unique<SlotList>(); }

}  // namespace vault::cli

#include "vault/cli/commands.hpp"
#include "vault/cli/unlock.hpp"

namespace vault::cli {
namespace {

class StatusVerb final : public Verb {
 public:
  void add_to(CLI::App&) override {}

  Status run(Context& context) override {
    auto opened = open_vault(context);
    if (!opened) return opened.error();
    auto status = opened->vault.status();
    if (!status) return status.error();
    if (context.output.json) return context.output.data(json::status(*status));
    return context.output.data(text::status(*status, style_of_stdout(context.platform.clock.now())));
  }
};

}  // namespace

std::unique_ptr<Verb> make_status() { return std::make_unique<StatusVerb>(); }

}  // namespace vault::cli

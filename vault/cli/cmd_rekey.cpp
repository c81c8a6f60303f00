#include <fmt/format.h>

#include "vault/cli/commands.hpp"
#include "vault/cli/unlock.hpp"

namespace vault::cli {
namespace {

class Rekey final : public Verb {
 public:
  void add_to(CLI::App&) override {}

  Status run(Context& context) override {
    auto opened = open_vault(context);
    if (!opened) return opened.error();
    const Output& output = context.output;
    auto report =
        opened->vault.rekey([&](std::uint64_t done, std::uint64_t total) { output.progress("rekey", done, total); });
    output.progress("rekey", 1, 1);
    if (!report) return report.error();
    if (output.json) return output.data(json::rekeyed(*report));
    output.note(text::rekeyed(*report));
    output.note("Copies of the vault from before, in backups too, still open with the old keys");
    return {};
  }
};

}  // namespace

std::unique_ptr<Verb> make_rekey() { return std::make_unique<Rekey>(); }

}  // namespace vault::cli

#include "vault/cli/commands.hpp"
#include "vault/cli/unlock.hpp"

namespace vault::cli {
namespace {

class Verify final : public Verb {
 public:
  void add_to(CLI::App&) override {}

  Status run(Context& context) override {
    auto opened = open_vault(context);
    if (!opened) return opened.error();
    const Output& output = context.output;
    auto report =
        opened->vault.verify([&](std::uint64_t done, std::uint64_t total) { output.progress("verify", done, total); });
    output.progress("verify", 1, 1);
    if (!report) return report.error();
    auto status = opened->vault.status();
    if (!status) return status.error();
    return output.data(output.json ? json::verified(*report, *status) : text::verified(*report, *status));
  }
};

}  // namespace

std::unique_ptr<Verb> make_verify() { return std::make_unique<Verify>(); }

}  // namespace vault::cli

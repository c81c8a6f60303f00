#include "vault/cli/commands.hpp"
#include "vault/cli/unlock.hpp"

namespace vault::cli {
namespace {

class TeamShow final : public Verb {
 public:
  void add_to(CLI::App&) override {}

  Status run(Context& context) override {
    auto opened = open_vault(context);
    if (!opened) return opened.error();
    auto team = opened->vault.team(context.arguments.front());
    if (!team) return team.error();
    if (context.output.json) return context.output.data(json::team(*team));
    return context.output.data(text::team(*team, style_of_stdout(context.platform.clock.now())));
  }
};

}  // namespace

std::unique_ptr<Verb> make_team_show() { return std::make_unique<TeamShow>(); }

}  // namespace vault::cli

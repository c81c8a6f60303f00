#include "vault/cli/commands.hpp"
#include "vault/cli/unlock.hpp"

namespace vault::cli {
namespace {

class TeamList final : public Verb {
 public:
  void add_to(CLI::App&) override {}

  Status run(Context& context) override {
    auto opened = open_vault(context);
    if (!opened) return opened.error();
    auto teams = opened->vault.teams();
    if (!teams) return teams.error();
    if (context.output.json) return context.output.data(json::teams(*teams));
    return context.output.data(text::teams(*teams, style_of_stdout(context.platform.clock.now())));
  }
};

}  // namespace

std::unique_ptr<Verb> make_team_list() { return std::make_unique<TeamList>(); }

}  // namespace vault::cli

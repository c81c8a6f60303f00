#include <algorithm>

#include "vault/cli/commands.hpp"
#include "vault/cli/default_key_file.hpp"
#include "vault/cli/doctor.hpp"
#include "vault/cli/unlock.hpp"
#include "vault/keyslot/header_file.hpp"

namespace vault::cli {
namespace {

class Doctor final : public Verb {
 public:
  void add_to(CLI::App&) override {}

  Status run(Context& context) override {
    auto config = read_config(context.platform.files);
    auto dir = vault_directory(context.global.dir, config ? *config : Config{});
    if (!dir) return dir.error();
    auto status = config ? open_quietly(context) : Result<VaultStatus>(config.error());
    if (config && !status && ends_here(status.error().code)) return status.error();
    const Surroundings around = Surroundings::of(context.platform);
    std::vector<Finding> findings = examine_files(around, *dir);
    std::optional<bool> opens_alone;
    if (read_header(context.platform.files, *dir)) opens_alone = DefaultKeyFile(context, *dir).that_opens().has_value();
    findings.push_back(examine_key_file(around, config, opens_alone));
    findings.push_back(examine_sqlcipher(sqlcipher_build()));
    for (auto& more : {examine_opened(around, status), examine_machine(around)}) {
      findings.insert(findings.end(), more.begin(), more.end());
    }
    if (context.output.json) return context.output.data(json::findings(*dir, findings));
    return context.output.data(text::findings(findings, style_of_stdout(around.now)));
  }

 private:
  // Nobody is asked for anything: what a closed vault hides stays unknown.
  static Result<VaultStatus> open_quietly(Context& context) {
    context.global.no_prompt = true;
    auto opened = open_vault(context);
    if (!opened) return opened.error();
    return opened->vault.status();
  }

  // There is nothing to look at, or the command line makes no sense.
  static bool ends_here(Errc code) { return code == Errc::no_vault || code == Errc::usage || code == Errc::cancelled; }
};

}  // namespace

std::unique_ptr<Verb> make_doctor() { return std::make_unique<Doctor>(); }

}  // namespace vault::cli

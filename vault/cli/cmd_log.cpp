#include "vault/cli/commands.hpp"
#include "vault/cli/unlock.hpp"

namespace vault::cli {
namespace {

class Log final : public Verb {
 public:
  void add_to(CLI::App& app) override { Options(app, "Options").number("--limit", limit_, "N", "The newest N only"); }

  Status run(Context& context) override {
    LogOptions options;
    if (limit_ && *limit_ == 0) return Error{Errc::usage, "log: --limit takes a number from 1"};
    options.limit = limit_.value_or(0);
    if (!context.arguments.empty()) {
      auto label = Label::parse(context.arguments.front());
      if (!label) return label.error();
      options.label = std::move(*label);
    }
    auto opened = open_vault(context);
    if (!opened) return opened.error();
    auto commits = opened->vault.log(options);
    if (!commits) return commits.error();
    if (context.output.json) return context.output.data(json::commits(*commits));
    return context.output.data(text::commits(*commits, style_of_stdout(context.platform.clock.now())));
  }

 private:
  std::optional<std::uint32_t> limit_;
};

}  // namespace

std::unique_ptr<Verb> make_log() { return std::make_unique<Log>(); }

}  // namespace vault::cli

#include <fmt/format.h>
#include <unistd.h>

#include "vault/cli/commands.hpp"
#include "vault/cli/terminal.hpp"
#include "vault/cli/unlock.hpp"
#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

std::optional<Selection::Sort> parse_sort(std::string_view text) {
  using Sort = Selection::Sort;
  if (text == "label") return Sort::label;
  if (text == "expires") return Sort::expires;
  if (text == "created") return Sort::created;
  if (text == "team") return Sort::team;
  if (text == "issuer") return Sort::issuer;
  return std::nullopt;
}

class List final : public Verb {
 public:
  void add_to(CLI::App& app) override {
    Options(app, "Only entries that")
        .text("--team", selection_.team, "NAME", "belong to this team")
        .text("--issuer", selection_.issuer, "NAME", "come from this issuer")
        .text("--account", selection_.account, "NAME", "come from this account")
        .texts("--scope", selection_.scopes, "SCOPE", "have this scope (several: all of them)")
        .text("--state", state_, "STATE", "are active, retiring, retired, expired, revoked, hidden or destroyed")
        .texts("--attr", attributes_, "KEY=VALUE", "have this attribute")
        .text("--expiring-within", within_, "TIME", "expire between now and then: 14d");
    Options(app, "Output")
        .text("--sort", sort_, "BY", "By label, expires, created, team or issuer (label)")
        .flag("--labels", labels_, "Labels only, one a line");
  }

  Status run(Context& context) override {
    if (auto understood = select(context.arguments); !understood) {
      return Error{understood.error().code, fmt::format("list: {}", understood.error().message)};
    }
    auto opened = open_vault(context);
    if (!opened) return opened.error();
    auto entries = opened->vault.list(selection_);
    if (!entries) return entries.error();
    if (context.output.json) return context.output.data(json::entries(*entries));
    if (labels_) return context.output.data(labels_of(*entries));
    if (entries->empty()) {
      context.output.note("No entries.");
      return {};
    }
    return context.output.data(text::entries(*entries, style_of_stdout(context.platform.clock.now())));
  }

 private:
  Status select(const std::vector<std::string>& arguments) {
    if (!arguments.empty()) selection_.prefix = arguments.front();
    for (const std::string& attribute : attributes_) {
      auto pair = split_pair(attribute);
      if (!pair) return Error{Errc::usage, "--attr takes KEY=VALUE"};
      selection_.attributes[pair->key] = pair->value;
    }
    if (state_) {
      selection_.state = parse_state(*state_);
      if (!selection_.state) {
        return Error{
            Errc::usage,
            fmt::format("--state: {} is none of active, retiring, retired, expired, revoked, hidden, destroyed",
                        in_quotes(*state_))};
      }
    }
    if (within_) {
      auto within = parse_duration(*within_);
      if (!within) return Error{within.error().code, fmt::format("--expiring-within: {}", within.error().message)};
      selection_.expiring_within = *within;
    }
    if (sort_) {
      auto sort = parse_sort(*sort_);
      if (!sort)
        return Error{Errc::usage,
                     fmt::format("--sort: {} is none of label, expires, created, team, issuer", in_quotes(*sort_))};
      selection_.sort = *sort;
    }
    return {};
  }

  // As they are, for scripts; on a terminal nothing that would move its cursor or turn its text around.
  static std::string labels_of(const std::vector<EntryView>& entries) {
    const bool shown = is_terminal(STDOUT_FILENO);
    std::string lines;
    for (const EntryView& entry : entries) lines += (shown ? printable(entry.label.text()) : entry.label.text()) + "\n";
    return lines;
  }

  Selection selection_;
  bool labels_ = false;
  std::vector<std::string> attributes_;
  std::optional<std::string> state_, within_, sort_;
};

}  // namespace

std::unique_ptr<Verb> make_list() { return std::make_unique<List>(); }

}  // namespace vault::cli

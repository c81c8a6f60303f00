#include <fmt/format.h>

#include "vault/cli/commands.hpp"
#include "vault/cli/unlock.hpp"
#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

class Edit final : public Verb {
 public:
  void add_to(CLI::App& app) override {
    Options(app, "What changes")
        .texts("--attr", attributes_, "KEY=VALUE", "Set an attribute")
        .texts("--remove-attr", edit_.remove_attributes, "KEY", "Take an attribute away")
        .text("--note", edit_.note, "TEXT", "Another note; an empty one takes it away")
        .text("--team", edit_.team, "NAME", "Another team owns it; its secrets are sealed anew, under that team's key");
    Options(app, "Only if")
        .text("--if-revision", edit_.revision, "HEX", "the entry is as 'vault show' showed it; else status 14");
  }

  Status run(Context& context) override {
    auto label = Label::parse(context.arguments.front());
    if (!label) return label.error();
    if (auto understood = describe(); !understood)
      return Error{understood.error().code, fmt::format("edit {}: {}", label->text(), understood.error().message)};
    auto opened = open_vault(context);
    if (!opened) return opened.error();
    auto before = opened->vault.show(*label);
    auto entry = opened->vault.edit(*label, edit_);
    if (!entry) return entry.error();
    const bool changed = !before || before->revision != entry->revision;
    if (context.output.json) return context.output.data(json::changed(*entry, changed ? "edited" : "unchanged"));
    const std::string name = printable(entry->label.text());
    context.output.note(changed ? fmt::format("Changed {}", name)
                                : fmt::format("Nothing to change: {} is so already", name));
    return {};
  }

 private:
  Status describe() {
    for (const std::string& attribute : attributes_) {
      auto pair = split_pair(attribute);
      if (!pair) return Error{Errc::usage, "--attr takes KEY=VALUE"};
      if (!edit_.set_attributes.insert({pair->key, pair->value}).second)
        return Error{Errc::usage, fmt::format("--attr: {} is given twice", in_quotes(pair->key))};
    }
    if (edit_.set_attributes.empty() && edit_.remove_attributes.empty() && !edit_.note && !edit_.team)
      return Error{Errc::usage, "nothing is to be changed; --attr, --remove-attr, --note and --team say what"};
    return {};
  }

  std::vector<std::string> attributes_;
  EntryEdit edit_;
};

}  // namespace

std::unique_ptr<Verb> make_edit() { return std::make_unique<Edit>(); }

}  // namespace vault::cli

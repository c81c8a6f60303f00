#include "vault/cli/help.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "vault/cli/table.hpp"

namespace vault::cli {
namespace {

constexpr std::size_t kWidth = 79;
constexpr std::size_t kColumn = 27;  // where the explanations begin

std::string line(std::string_view left, std::string_view right) {
  std::string out = fmt::format("  {}", left);
  if (out.size() + 2 > kColumn)
    out += "\n" + std::string(kColumn, ' ');
  else
    out.append(kColumn - out.size(), ' ');
  return out + wrapped(right, kWidth - kColumn, kColumn) + "\n";
}

std::string summaries(std::string_view group) {
  std::string out;
  for (const Command& command : commands()) {
    if (!command.name.starts_with(group)) continue;
    const std::string_view space = command.arguments.empty() ? "" : " ";
    out += line(fmt::format("{}{}{}", command.name, space, command.arguments), command.summary);
  }
  return out;
}

std::string option_line(const CLI::Option& option) {
  std::string left = option.get_name(false, true);
  if (option.get_items_expected_max() > 0) left += " " + option.get_type_name();
  for (std::size_t comma = left.find(','); comma != std::string::npos; comma = left.find(',', comma + 2))
    left.insert(comma + 1, " ");
  return line(left, option.get_description());
}

}  // namespace

std::string usage_line(const Command& command) {
  const std::string_view space = command.arguments.empty() ? "" : " ";
  return fmt::format("usage: vault {}{}{} [options]\n", command.name, space, command.arguments);
}

std::string short_help() {
  return "usage: vault VERB [options]\n\nKeeps API keys encrypted on this machine and hands them to scripts.\n\n" +
         summaries("") + line("help [VERB]", "This, or everything about a verb") +
         "\nThe vault is --dir DIR, else $VAULT_DIR, else ~/.local/share/vault/default.\n"
         "`vault --version` prints the version. Begin with `vault init`.\n";
}

std::string group_help(std::string_view group) {
  return fmt::format("usage: vault {} VERB [options]\n\n{}", group, summaries(fmt::format("{} ", group)));
}

std::string command_help(const Command& command, const CLI::App& app) {
  std::string out = fmt::format("{}\n{}.\n", usage_line(command), command.summary);
  std::string group;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group() != group) {
      group = option->get_group();
      out += fmt::format("\n{}:\n", group);
    }
    out += option_line(*option);
  }
  return out + fmt::format("\nExample:\n  {}\n", command.example);
}

}  // namespace vault::cli

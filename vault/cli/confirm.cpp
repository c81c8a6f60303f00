#include "vault/cli/confirm.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "vault/cli/terminal.hpp"

namespace vault::cli {

bool can_confirm(const Context& context) {
  if (context.global.yes || context.global.no_prompt) return false;
  return is_terminal(STDIN_FILENO) && is_terminal(STDOUT_FILENO);
}

Status confirm(const Context& context, std::string_view operation, std::string_view question) {
  if (!can_confirm(context)) return {};
  auto terminal = Terminal::open();
  if (!terminal) return {};
  auto sure = terminal->confirm(question);
  if (!sure) return sure.error();
  return *sure ? Status{} : Error{Errc::cancelled, fmt::format("{}: nothing was changed", operation)};
}

}  // namespace vault::cli

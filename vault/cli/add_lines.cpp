#include "vault/cli/add_lines.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "vault/cli/json_lines.hpp"
#include "vault/cli/unlock.hpp"
#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

Result<std::vector<ReadEntry>> read(Context& context, const std::string& file) {
  Files& files = context.platform.files;
  const Time now = context.platform.clock.now();
  if (file.empty()) {
    if (auto claimed = context.input.claim(STDIN_FILENO, "the entries"); !claimed)
      return Error{claimed.error().code,
                   fmt::format("add: {}; name a file, or write to the standard input", claimed.error().message)};
    LineReader lines(files, STDIN_FILENO);
    return read_entry_lines(lines, now);
  }
  OpenFile opened(files, files.open(file, O_RDONLY, 0));
  if (opened.fd() < 0)
    return Error{Errc::usage, fmt::format("add: cannot read {}: {}", printable(file), std::strerror(errno))};
  LineReader lines(files, opened.fd());
  return read_entry_lines(lines, now);
}

std::string plural(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

Status say(const Output& output, const std::vector<AddReceipt>& receipts, const std::vector<std::uint64_t>& numbers,
           const std::string& file) {
  if (!file.empty()) output.note(fmt::format("{} still has the secrets in the clear; remove it", printable(file)));
  if (output.json) return output.data(json::added_lines(receipts, numbers));
  const auto teams = static_cast<std::size_t>(std::ranges::count(receipts, true, &AddReceipt::team_created));
  const auto accounts = static_cast<std::size_t>(std::ranges::count(receipts, true, &AddReceipt::account_created));
  std::string made;
  if (teams > 0) made += fmt::format(", {}", plural(teams, "new team", "new teams"));
  if (accounts > 0) made += fmt::format(", {}", plural(accounts, "new account", "new accounts"));
  output.note(fmt::format("Added {}{}", plural(receipts.size(), "entry", "entries"), made));
  return {};
}

}  // namespace

Status add_json_lines(Context& context) {
  std::string file = context.arguments.empty() ? "" : context.arguments.front();
  if (file == "-") file.clear();
  auto lines = read(context, file);
  if (!lines) return Error{lines.error().code, fmt::format("{} (nothing was stored)", lines.error().message)};
  std::vector<NewEntry> entries;
  std::vector<std::uint64_t> numbers;
  for (ReadEntry& line : *lines) {
    entries.push_back(std::move(line.entry));
    numbers.push_back(line.number);
  }
  auto opened = open_vault(context);
  if (!opened) return opened.error();
  const Output& output = context.output;
  auto receipts = opened->vault.add_all(
      std::move(entries), [&](std::uint64_t done, std::uint64_t total) { output.progress("add", done, total); });
  output.progress("add", 1, 1);
  if (!receipts) return receipts.error();
  return say(output, *receipts, numbers, file);
}

}  // namespace vault::cli

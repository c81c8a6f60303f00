#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "vault/cli/doctor.hpp"
#include "vault/cli/table.hpp"
#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

constexpr std::size_t kNameWidth = 11, kStateWidth = 7, kGap = 2;
constexpr std::size_t kIndent = kNameWidth + kStateWidth + 2 * kGap;
constexpr std::size_t kNarrow = 60;  // below, a sentence begins on a line of its own
constexpr std::size_t kNarrowIndent = 2;
constexpr std::size_t kWidest = 100;

Colour colour_of(Finding::State state) {
  switch (state) {
    case Finding::State::ok: return Colour::none;
    case Finding::State::weak:
    case Finding::State::unknown: return Colour::yellow;
    case Finding::State::bad: return Colour::red;
  }
  return Colour::none;
}

std::string padded(std::string_view text, std::size_t width) {
  return std::string(text) + std::string(width + kGap - std::min(width, display_width(text)), ' ');
}

bool is_narrow(const Style& style) { return style.width > 0 && style.width < kNarrow; }
std::size_t indent(const Style& style) { return is_narrow(style) ? kNarrowIndent : kIndent; }

// Not broken where stdout is no terminal: a line is then one finding.
std::string broken(std::string_view text, const Style& style) {
  if (style.width == 0) return std::string(text) + "\n";
  const std::size_t width = std::min(style.width, kWidest);
  return wrapped(text, width - std::min(width, indent(style)), indent(style)) + "\n";
}

std::string summary(const std::vector<Finding>& findings) {
  auto count = [&](Finding::State state) { return std::ranges::count(findings, state, &Finding::state); };
  return fmt::format("{} ok, {} weak, {} bad, {} not known\n", count(Finding::State::ok), count(Finding::State::weak),
                     count(Finding::State::bad), count(Finding::State::unknown));
}

}  // namespace

namespace text {

std::string findings(const std::vector<Finding>& findings, const Style& style) {
  std::string out;
  for (const Finding& finding : findings) {
    const std::string state = padded(name(finding.state), kStateWidth);
    out += padded(finding.name, kNameWidth);
    out += style.colour ? coloured(state, colour_of(finding.state)) : state;
    if (is_narrow(style)) out += "\n" + std::string(kNarrowIndent, ' ');
    out += broken(printable(finding.sentence), style);
    if (!finding.mend.empty())
      out += std::string(indent(style), ' ') + broken("mend it: " + printable(finding.mend), style);
  }
  return out + summary(findings);
}

}  // namespace text

namespace json {

std::string findings(const fs::path& dir, const std::vector<Finding>& findings) {
  using Json = nlohmann::ordered_json;
  Json checks = Json::array();
  for (const Finding& finding : findings) {
    checks.push_back({{"name", finding.name},
                      {"state", name(finding.state)},
                      {"sentence", finding.sentence},
                      {"mend", finding.mend}});
  }
  const Json object{{"schema", 1}, {"dir", dir.string()}, {"checks", checks}};
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace json
}  // namespace vault::cli

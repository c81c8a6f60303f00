#include "vault/model/duration.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "vault/model/text.hpp"

namespace vault {
namespace {

using Unit = Duration::Unit;

constexpr std::uint64_t kDayMs = 86'400'000;
constexpr std::uint64_t kMaxMs = 36'525 * kDayMs;

struct UnitRow {
  std::string_view name;
  Unit unit;
  std::uint64_t ms;
  std::uint64_t max;  // the most of this unit that 100 years hold
};

constexpr UnitRow row(std::string_view name, Unit unit, std::uint64_t ms) { return {name, unit, ms, kMaxMs / ms}; }

// In the order of Duration::Unit.
constexpr std::array<UnitRow, 7> kUnits{{row("ms", Unit::ms, 1), row("s", Unit::s, 1'000), row("m", Unit::m, 60'000),
                                         row("h", Unit::h, 3'600'000), row("d", Unit::d, kDayMs),
                                         row("w", Unit::w, 7 * kDayMs), row("y", Unit::y, 365 * kDayMs)}};

constexpr const UnitRow& row_of(Unit unit) { return kUnits[static_cast<std::size_t>(unit)]; }

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The number, or more than any limit where it is too large to count.
std::uint64_t bounded_number(std::string_view digits) {
  std::uint64_t number = 0;
  for (char c : digits) {
    if (number > kMaxMs) return number;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

Error malformed(std::string_view text) {
  return Error{Errc::usage, "duration " + in_quotes(text) +
                                " is not understood; write a number and one of ms s m h d w y, as in 500ms, 90d or 1y"};
}

Time add_years(Time from, std::uint64_t years) {
  using namespace std::chrono;
  auto day = floor<days>(from);
  year_month_day date{day};
  if (years > static_cast<std::uint64_t>(9999 - static_cast<int>(date.year()))) return kLastTime;
  date += std::chrono::years{static_cast<int>(years)};
  if (!date.ok()) date = date.year() / February / 28;
  return sys_days{date} + (from - day);
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  auto digits = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  auto unit_name = text.substr(digits);
  auto unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const UnitRow& row) { return row.name == unit_name; });
  if (digits == 0 || unit == kUnits.end()) return malformed(text);
  auto amount = bounded_number(text.substr(0, digits));
  if (amount > (unit->unit == Unit::y ? 100 : unit->max)) {
    return Error{Errc::limit, "duration " + in_quotes(text) + " is more than 100 years; write a shorter one or never"};
  }
  return Duration{amount, unit->unit};
}

std::string to_string(Duration duration) { return std::to_string(duration.amount).append(row_of(duration.unit).name); }

Time add(Time from, Duration duration) {
  using std::chrono::seconds;
  if (from == kNever) return kNever;
  from = std::clamp(from, Time{}, kLastTime);
  if (duration.unit == Unit::y) return add_years(from, duration.amount);
  auto step = std::chrono::ceil<seconds>(to_milliseconds(duration));
  return step > kLastTime - from ? kLastTime : from + step;
}

std::chrono::milliseconds to_milliseconds(Duration duration) {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max() - 1000;  // room to round up to a second
  auto unit_ms = row_of(duration.unit).ms;
  if (duration.amount > static_cast<std::uint64_t>(kMax) / unit_ms) return std::chrono::milliseconds{kMax};
  return std::chrono::milliseconds{static_cast<std::int64_t>(duration.amount * unit_ms)};
}

}  // namespace vault

#include "vault/model/time_text.hpp"

#include <algorithm>
#include <optional>

#include "vault/model/text.hpp"

namespace vault {
namespace {

using std::chrono::seconds;

constexpr std::string_view kTimeForm = "write it as 2026-11-22T19:12:25Z, in the years 1970 to 9999";
constexpr std::string_view kDateForm = "write it as 2026-11-22, in the years 1970 to 9999";
constexpr std::string_view kExpiresForm =
    "write a duration (90d, 1y), a date (2026-11-22), a time (2026-11-22T19:12:25Z) or never";
constexpr std::string_view kIssuedForm = "write a date (2026-11-22) or a time (2026-11-22T19:12:25Z)";

constexpr std::size_t kDateSize = 10;  // 2026-11-22

Error not_understood(std::string_view what, std::string_view text, std::string_view way_out) {
  std::string message(what);
  message += ' ';
  message += in_quotes(text);
  message += " is not understood; ";
  message += way_out;
  return Error{Errc::usage, std::move(message)};
}

// Takes text from the front. The first thing that does not fit fails the scanner for good.
class Scanner {
 public:
  explicit Scanner(std::string_view rest) : rest_(rest) {}

  // Exactly `digits` digits, a number from `min` to `max`.
  int number(std::size_t digits, int min, int max) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (!at_digit()) return fail();
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value < min || value > max ? fail() : value;
  }

  bool skip(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!skip(c)) fail();
  }
  void skip_fraction() {
    if (!skip('.')) return;
    if (!at_digit()) fail();
    while (at_digit()) rest_.remove_prefix(1);
  }

  int fail() {
    failed_ = true;
    return 0;
  }
  bool ok() const { return !failed_; }
  bool finished() const { return !failed_ && rest_.empty(); }

 private:
  bool at_digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }

  std::string_view rest_;
  bool failed_ = false;
};

// Fails the scanner where the day is not on the calendar.
Time scan_date(Scanner& scan) {
  using namespace std::chrono;
  int y = scan.number(4, 1, 9999);
  scan.expect('-');
  int m = scan.number(2, 1, 12);
  scan.expect('-');
  int d = scan.number(2, 1, 31);
  year_month_day date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
  if (!scan.ok() || !date.ok()) {
    scan.fail();
    return Time{};
  }
  return sys_days{date};
}

seconds scan_time_of_day(Scanner& scan) {
  using namespace std::chrono;
  hours h{scan.number(2, 0, 23)};
  scan.expect(':');
  minutes m{scan.number(2, 0, 59)};
  scan.expect(':');
  seconds s{scan.number(2, 0, 59)};
  scan.skip_fraction();
  return h + m + s;
}

seconds scan_offset(Scanner& scan) {
  using namespace std::chrono;
  if (scan.skip('Z') || scan.skip('z')) return seconds{0};
  bool west = scan.skip('-');
  if (!west) scan.expect('+');
  hours h{scan.number(2, 0, 23)};
  scan.expect(':');
  minutes m{scan.number(2, 0, 59)};
  return west ? -(h + m) : h + m;
}

std::optional<Time> in_range(const Scanner& scan, Time time) {
  if (!scan.finished() || time < Time{} || time > kLastTime) return std::nullopt;
  return time;
}

std::optional<Time> read_time(std::string_view text) {
  Scanner scan(text);
  Time time = scan_date(scan);
  if (!scan.skip('T')) {
    if (!scan.skip('t')) return std::nullopt;
  }
  time += scan_time_of_day(scan);
  time -= scan_offset(scan);
  return in_range(scan, time);
}

std::optional<Time> read_date(std::string_view text) {
  Scanner scan(text);
  Time time = scan_date(scan);
  return in_range(scan, time);
}

void append_number(std::string& out, unsigned value, std::size_t digits) {
  auto at = out.size();
  out.append(digits, '0');
  for (auto i = at + digits; i-- > at; value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

struct Span {
  std::int64_t amount;
  std::string_view unit;
};

// The nearest whole number of the unit that people would use.
Span human_span(std::int64_t s) {
  auto nearest = [s](std::int64_t unit) { return (s + unit / 2) / unit; };
  if (s < 60) return {s, "second"};
  if (nearest(60) < 60) return {nearest(60), "minute"};
  if (nearest(3'600) < 48) return {nearest(3'600), "hour"};
  if (nearest(86'400) < 730) return {nearest(86'400), "day"};
  return {nearest(31'556'952), "year"};  // the mean Gregorian year
}

std::string spoken(Span span) {
  std::string text = std::to_string(span.amount) + ' ';
  text += span.unit;
  if (span.amount != 1) text += 's';
  return text;
}

}  // namespace

Result<Time> parse_time(std::string_view text) {
  if (auto time = read_time(text)) return *time;
  return not_understood("time", text, kTimeForm);
}

Result<Time> parse_date(std::string_view text) {
  if (auto time = read_date(text)) return *time;
  return not_understood("date", text, kDateForm);
}

Result<Time> parse_expires(std::string_view text, Time from) {
  if (text == "never") return kNever;
  if (text.size() >= kDateSize) {
    if (auto day = read_date(text)) return *day + std::chrono::hours{24} - seconds{1};
    if (auto time = read_time(text)) return *time;
  }
  auto duration = parse_duration(text);
  if (duration) return add(from, *duration);
  if (duration.error().code == Errc::limit) return Error{Errc::limit, "expires: " + duration.error().message};
  return not_understood("expires", text, kExpiresForm);
}

Result<Time> parse_issued(std::string_view text) {
  if (auto day = read_date(text)) return *day;
  if (auto time = read_time(text)) return *time;
  return not_understood("issued", text, kIssuedForm);
}

std::string to_rfc3339(Time time) {
  using namespace std::chrono;
  if (time == kNever) return "never";
  time = std::clamp(time, Time{}, kLastTime);
  auto day = floor<days>(time);
  year_month_day date{day};
  hh_mm_ss clock{time - day};
  std::string text;
  append_number(text, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  append_number(text += '-', static_cast<unsigned>(date.month()), 2);
  append_number(text += '-', static_cast<unsigned>(date.day()), 2);
  append_number(text += 'T', static_cast<unsigned>(clock.hours().count()), 2);
  append_number(text += ':', static_cast<unsigned>(clock.minutes().count()), 2);
  append_number(text += ':', static_cast<unsigned>(clock.seconds().count()), 2);
  return text += 'Z';
}

std::string to_relative(Time time, Time now) {
  if (time == kNever) return "never";
  auto distance = (std::clamp(time, Time{}, kLastTime) - std::clamp(now, Time{}, kLastTime)).count();
  if (distance == 0) return "now";
  if (distance < 0) return spoken(human_span(-distance)) + " ago";
  return "in " + spoken(human_span(distance));
}

}  // namespace vault

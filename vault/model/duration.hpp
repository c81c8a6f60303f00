#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "vault/base/clock.hpp"
#include "vault/base/result.hpp"

namespace vault {

// The last time we accept, 9999-12-31T23:59:59Z. Only kNever is later.
inline constexpr Time kLastTime{std::chrono::sys_days{std::chrono::year{9999} / std::chrono::December / 31} +
                                std::chrono::hours{24} - std::chrono::seconds{1}};

// A number and a unit as written: 90d, 1y, 500ms. At most 100 years (36,525 days).
// Equal means written alike, so 7d is not 1w; 1y is a date next year and not 365d.
struct Duration {
  enum class Unit : std::uint8_t { ms, s, m, h, d, w, y };  // m: minutes

  std::uint64_t amount = 0;
  Unit unit = Unit::s;

  bool operator==(const Duration&) const = default;
};

// Digits and one of the units ms s m h d w y, nothing else: no sign, space, fraction or capital.
// Errors: usage (malformed); limit (more than 100 years).
Result<Duration> parse_duration(std::string_view text);

// As parse_duration reads it, without leading zeros: "90d".
std::string to_string(Duration duration);

// `from` and the duration. A year is the same date and time of day in the next year (29 February: 28 February where
// there is none). Parts of a second round up, so that only a zero duration adds nothing. `from` is first brought into
// 1970..9999; the sum stops at kLastTime; kNever stays kNever.
Time add(Time from, Duration duration);

// For time budgets and comparisons: a year counts as 365 days. Stops at the largest value for a Duration made by hand.
std::chrono::milliseconds to_milliseconds(Duration duration);

}  // namespace vault

#pragma once

#include <string>
#include <string_view>

#include "vault/base/clock.hpp"
#include "vault/base/result.hpp"
#include "vault/model/duration.hpp"

namespace vault {

// Times as text. Strict: what is not fully understood is `usage`. Years 1970 to 9999, the Gregorian calendar, UTC.

// RFC 3339: 2026-11-22T19:12:25Z, 2026-11-22T20:12:25.5+01:00. T and Z in either case; a fraction is cut off; the
// offset is at most 23:59. A leap second (:60) is refused, as our times cannot tell it from the next second.
Result<Time> parse_time(std::string_view text);

// A date, 2026-11-22: its first second, UTC.
Result<Time> parse_date(std::string_view text);

// When a key expires: a duration counted from `from`, a date (its last second, 23:59:59 UTC), an RFC 3339 time, or
// `never` (kNever). May lie in the past. Errors: usage; limit (a duration of more than 100 years).
Result<Time> parse_expires(std::string_view text, Time from);

// When a key was issued: a date (its first second, UTC) or an RFC 3339 time. Error: usage.
Result<Time> parse_issued(std::string_view text);

// "2026-11-22T19:12:25Z"; "never" for kNever. Times outside 1970..9999 come out as the nearest inside.
std::string to_rfc3339(Time time);

// For people: "in 12 days", "3 hours ago", "now", "never". Rounded to the nearest whole unit: seconds to a minute,
// minutes to an hour, hours to two days, days to two years, then years.
std::string to_relative(Time time, Time now);

}  // namespace vault

#pragma once

#include <chrono>

namespace vault {

// Seconds since 1970-01-01T00:00:00Z.
using Time = std::chrono::sys_seconds;

// "Never" as an expiry: later than every time we accept (years 1970 to 9999).
inline constexpr Time kNever = Time::max();

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  // Never set back: for how long ago something was in this process.
  virtual std::chrono::steady_clock::time_point steady() const { return std::chrono::steady_clock::now(); }
};

class SystemClock final : public Clock {
 public:
  Time now() const override { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }
};

}  // namespace vault

#pragma once

#include "vault/base/clock.hpp"
#include "vault/base/reader.hpp"
#include "vault/base/writer.hpp"

namespace vault {

// A time on disk: uint64 seconds since 1970, up to the end of the year 9999. Only an expiry may be all ones: never.
inline constexpr std::uint64_t kNeverOnDisk = ~std::uint64_t{0};
inline constexpr std::uint64_t kLastSecond = 253402300799;

inline void write_time(Writer& out, Time time) {
  out.u64(time == kNever ? kNeverOnDisk : static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

inline Time time_of(Reader& in, std::uint64_t seconds) {
  if (seconds > kLastSecond) in.fail();
  return in.ok() ? Time{std::chrono::seconds(seconds)} : Time{};
}

inline Time read_time(Reader& in) { return time_of(in, in.u64()); }

inline Time read_expiry(Reader& in) {
  const std::uint64_t seconds = in.u64();
  return seconds == kNeverOnDisk ? kNever : time_of(in, seconds);
}

}  // namespace vault

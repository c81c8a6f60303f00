#pragma once

#include "vault/base/clock.hpp"
#include "vault/base/reader.hpp"
#include "vault/base/writer.hpp"

namespace vault {

// A time on disk: uint64 seconds since 1970, up to the end of the year 9999; all ones means never.
inline constexpr std::uint64_t kNeverOnDisk = ~std::uint64_t{0};
inline constexpr std::uint64_t kLastSecond = 253402300799;

inline void write_time(Writer& out, Time time) {
  out.u64(time == kNever ? kNeverOnDisk : static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

inline Time read_time(Reader& in) {
  std::uint64_t seconds = in.u64();
  if (seconds == kNeverOnDisk) return kNever;
  if (seconds > kLastSecond) in.fail();
  return in.ok() ? Time{std::chrono::seconds(seconds)} : Time{};
}

}  // namespace vault

// Durations, expiries and times from any bytes. The first eight bytes are the time to count from.
#include <cstdlib>
#include <cstring>

#include "vault/model/time_text.hpp"

namespace {

using vault::Time;

void require(bool holds) {
  if (!holds) std::abort();
}

bool accepted(Time time) { return time >= Time{} && time <= vault::kLastTime; }

void check_duration(std::string_view text, Time from) {
  auto duration = vault::parse_duration(text);
  if (!duration) return;
  auto again = vault::parse_duration(vault::to_string(*duration));
  require(again && *again == *duration);
  require(vault::to_milliseconds(*duration).count() >= 0);
  auto sum = vault::add(from, *duration);
  require(from == vault::kNever ? sum == vault::kNever : accepted(sum));
  require(!accepted(from) || sum >= from);
}

void check_time(std::string_view text, Time from) {
  auto time = vault::parse_time(text);
  if (!time) return;
  require(accepted(*time));
  auto again = vault::parse_time(vault::to_rfc3339(*time));
  require(again && *again == *time);
  auto expires = vault::parse_expires(text, from);
  require(expires && *expires == *time);
  auto issued = vault::parse_issued(text);
  require(issued && *issued == *time);
}

void check_expires(std::string_view text, Time from) {
  auto time = vault::parse_expires(text, from);
  if (!time) return require(time.error().message.size() < 512);
  require(*time == vault::kNever || accepted(*time));
  require(!vault::to_relative(*time, from).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  std::int64_t seconds = 0;
  if (size < sizeof seconds) return 0;
  std::memcpy(&seconds, data, sizeof seconds);
  Time from{std::chrono::seconds{seconds}};
  std::string_view text(reinterpret_cast<const char*>(data) + sizeof seconds, size - sizeof seconds);
  check_duration(text, from);
  check_time(text, from);
  check_expires(text, from);
  return 0;
}

#include "vault/model/duration.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "vault/model/time_text.hpp"

namespace vault {
namespace {

using Unit = Duration::Unit;

Time at(std::string_view text) { return *parse_time(text); }
std::string sum(std::string_view from, std::string_view duration) {
  return to_rfc3339(add(at(from), *parse_duration(duration)));
}
Errc parse_code(std::string_view text) {
  auto duration = parse_duration(text);
  return duration ? Errc{0} : duration.error().code;
}

rc::Gen<Duration> any_duration() {
  return rc::gen::map(rc::gen::pair(rc::gen::arbitrary<std::uint64_t>(), rc::gen::inRange(0, 7)),
                      [](std::pair<std::uint64_t, int> parts) {
                        return Duration{parts.first, static_cast<Unit>(parts.second)};
                      });
}
rc::Gen<Time> any_time() {
  return rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t s) { return Time{std::chrono::seconds{s}}; });
}
rc::Gen<Time> accepted_time() {
  return rc::gen::map(rc::gen::inRange<std::int64_t>(0, kLastTime.time_since_epoch().count()),
                      [](std::int64_t s) { return Time{std::chrono::seconds{s}}; });
}

TEST(ParseDuration, ReadsEveryUnit) {
  EXPECT_EQ(*parse_duration("500ms"), (Duration{500, Unit::ms}));
  EXPECT_EQ(*parse_duration("30s"), (Duration{30, Unit::s}));
  EXPECT_EQ(*parse_duration("15m"), (Duration{15, Unit::m}));
  EXPECT_EQ(*parse_duration("12h"), (Duration{12, Unit::h}));
  EXPECT_EQ(*parse_duration("90d"), (Duration{90, Unit::d}));
  EXPECT_EQ(*parse_duration("2w"), (Duration{2, Unit::w}));
  EXPECT_EQ(*parse_duration("1y"), (Duration{1, Unit::y}));
}
TEST(ParseDuration, TakesZero) { EXPECT_EQ(*parse_duration("0s"), (Duration{0, Unit::s})); }
TEST(ParseDuration, IgnoresLeadingZeros) {
  EXPECT_EQ(*parse_duration(std::string(1000, '0') + "7d"), (Duration{7, Unit::d}));
}
TEST(ParseDuration, RefusesMalformedText) {
  for (auto text : {"",
                    "d",
                    "1",
                    "-1d",
                    "+1d",
                    " 1d",
                    "1d ",
                    "1 d",
                    "1D",
                    "1Y",
                    "1mo",
                    "1.5d",
                    "1d2h",
                    "1,000s",
                    "1e3s",
                    "0x1d",
                    "days",
                    "ms",
                    "1msx",
                    "\xd9\xa1"
                    "d",
                    "1d\n"}) {
    EXPECT_EQ(parse_code(text), Errc::usage) << text;
  }
}
TEST(ParseDuration, RefusesAZeroByte) { EXPECT_EQ(parse_code(std::string_view("1d\0", 3)), Errc::usage); }
TEST(ParseDuration, Takes100Years) {
  for (auto text : {"100y", "36525d", "5217w", "876600h", "3155760000s", "3155760000000ms"}) {
    EXPECT_EQ(parse_code(text), Errc{0}) << text;
  }
}
TEST(ParseDuration, BeyondAHundredYearsIsLimit) {
  for (auto text : {"101y", "36526d", "5218w", "876601h", "52596001m", "3155760001s", "3155760000001ms"}) {
    EXPECT_EQ(parse_code(text), Errc::limit) << text;
  }
}
TEST(ParseDuration, NumbersBeyond64BitsAreLimit) {
  EXPECT_EQ(parse_code("18446744073709551617s"), Errc::limit);
  EXPECT_EQ(parse_code(std::string(1'000'000, '9') + "ms"), Errc::limit);
}
TEST(ParseDuration, MalformedWinsOverTooLong) { EXPECT_EQ(parse_code("99999999999999999999x"), Errc::usage); }
TEST(ParseDuration, MessageShowsTheTextSafely) {
  EXPECT_NE(parse_duration("1\x1b").error().message.find(R"("1\x1b")"), std::string::npos);
}
TEST(DurationText, IsTheShortestForm) { EXPECT_EQ(to_string(*parse_duration("0090d")), "90d"); }

TEST(Add, CountsDays) { EXPECT_EQ(sum("2026-11-22T19:12:25Z", "90d"), "2027-02-20T19:12:25Z"); }
TEST(Add, CountsWeeksAsSevenDays) { EXPECT_EQ(sum("2026-11-22T00:00:00Z", "2w"), "2026-12-06T00:00:00Z"); }
TEST(Add, CountsMinutes) { EXPECT_EQ(sum("2026-12-31T23:59:00Z", "1m"), "2027-01-01T00:00:00Z"); }
TEST(Add, AYearIsTheSameDate) { EXPECT_EQ(sum("2027-06-01T08:00:00Z", "1y"), "2028-06-01T08:00:00Z"); }
TEST(Add, AYearFromLeapDayIsTheTwentyEighth) { EXPECT_EQ(sum("2028-02-29T23:59:59Z", "1y"), "2029-02-28T23:59:59Z"); }
TEST(Add, FourYearsFromLeapDayIsLeapDay) { EXPECT_EQ(sum("2028-02-29T01:02:03Z", "4y"), "2032-02-29T01:02:03Z"); }
TEST(Add, SkipsTheMissingLeapDayOf2100) { EXPECT_EQ(sum("2096-02-29T00:00:00Z", "4y"), "2100-02-28T00:00:00Z"); }
TEST(Add, PartsOfASecondRoundUp) { EXPECT_EQ(sum("2026-01-01T00:00:00Z", "1001ms"), "2026-01-01T00:00:02Z"); }
TEST(Add, ZeroAddsNothing) { EXPECT_EQ(sum("2026-01-01T00:00:00Z", "0ms"), "2026-01-01T00:00:00Z"); }
TEST(Add, StopsAtTheLastTime) {
  EXPECT_EQ(add(kLastTime, Duration{1, Unit::s}), kLastTime);
  EXPECT_EQ(add(kLastTime, Duration{1, Unit::y}), kLastTime);
  EXPECT_EQ(sum("9999-01-01T00:00:00Z", "1y"), "9999-12-31T23:59:59Z");
}
TEST(Add, NeverStaysNever) { EXPECT_EQ(add(kNever, Duration{1, Unit::d}), kNever); }
TEST(Add, BringsAClockBefore1970Inside) {
  EXPECT_EQ(add(Time::min(), Duration{1, Unit::s}), Time{std::chrono::seconds{1}});
}

TEST(Milliseconds, AYearIs365Days) {
  EXPECT_EQ(to_milliseconds(Duration{1, Unit::y}), to_milliseconds(Duration{365, Unit::d}));
}
TEST(Milliseconds, Counts) { EXPECT_EQ(to_milliseconds(Duration{2, Unit::s}).count(), 2000); }

RC_GTEST_PROP(DurationProperty, AddNeverOverflows, ()) {
  auto from = *rc::gen::oneOf(any_time(), accepted_time());
  auto result = add(from, *any_duration());
  if (from == kNever) return;
  RC_ASSERT(result >= Time{});
  RC_ASSERT(result <= kLastTime);
}
RC_GTEST_PROP(DurationProperty, AddNeverGoesBack, ()) {
  auto from = *accepted_time();
  RC_ASSERT(add(from, *any_duration()) >= from);
}
RC_GTEST_PROP(DurationProperty, MillisecondsAreNeverNegative, ()) {
  RC_ASSERT(to_milliseconds(*any_duration()).count() >= 0);
}
RC_GTEST_PROP(DurationProperty, WhatIsWrittenReadsBack, ()) {
  Duration duration = *any_duration();
  duration.amount %= 101;
  auto again = parse_duration(to_string(duration));
  RC_ASSERT(bool(again));
  RC_ASSERT(*again == duration);
}
RC_GTEST_PROP(DurationProperty, AYearKeepsMonthAndTimeOfDay, ()) {
  auto from = *accepted_time();
  auto years = *rc::gen::inRange<std::uint64_t>(1, 101);
  auto before = to_rfc3339(from);
  auto after = to_rfc3339(add(from, Duration{years, Unit::y}));
  RC_PRE(after != to_rfc3339(kLastTime) && before.substr(5, 5) != "02-29");
  RC_ASSERT(after.substr(4) == before.substr(4));
}

}  // namespace
}  // namespace vault

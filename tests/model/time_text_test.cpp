#include "vault/model/time_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdio>
#include <ctime>

namespace vault {
namespace {

std::string read_time(std::string_view text) {
  auto time = parse_time(text);
  return time ? to_rfc3339(*time) : std::string(name(time.error().code));
}

const Time kNow = *parse_time("2026-11-22T19:12:25Z");

std::string expires(std::string_view text) {
  auto time = parse_expires(text, kNow);
  return time ? to_rfc3339(*time) : std::string(name(time.error().code));
}
std::string issued(std::string_view text) {
  auto time = parse_issued(text);
  return time ? to_rfc3339(*time) : std::string(name(time.error().code));
}
std::string relative(std::int64_t seconds) { return to_relative(kNow + std::chrono::seconds{seconds}, kNow); }

constexpr std::int64_t kHour = 3'600;
constexpr std::int64_t kDay = 86'400;

rc::Gen<Time> accepted_time() {
  return rc::gen::map(rc::gen::inRange<std::int64_t>(0, kLastTime.time_since_epoch().count() + 1),
                      [](std::int64_t s) { return Time{std::chrono::seconds{s}}; });
}
rc::Gen<std::string> almost_a_time() {
  return rc::gen::container<std::string>(rc::gen::elementOf(std::string("0123456789-:TZtz+.dy never")));
}

TEST(ParseTime, ReadsUtc) { EXPECT_EQ(parse_time("2026-11-22T19:12:25Z")->time_since_epoch().count(), 1795374745); }
TEST(ParseTime, ReadsTheEpoch) { EXPECT_EQ(*parse_time("1970-01-01T00:00:00Z"), Time{}); }
TEST(ParseTime, ReadsTheLastSecond) { EXPECT_EQ(*parse_time("9999-12-31T23:59:59Z"), kLastTime); }
TEST(ParseTime, ReadsLowerCase) { EXPECT_EQ(read_time("2026-11-22t19:12:25z"), "2026-11-22T19:12:25Z"); }
TEST(ParseTime, EastOfUtcIsEarlier) { EXPECT_EQ(read_time("2026-01-01T00:30:00+01:00"), "2025-12-31T23:30:00Z"); }
TEST(ParseTime, WestOfUtcIsLater) { EXPECT_EQ(read_time("2026-12-31T20:30:00-05:30"), "2027-01-01T02:00:00Z"); }
TEST(ParseTime, ReadsTheUnknownOffset) { EXPECT_EQ(read_time("2026-11-22T19:12:25-00:00"), "2026-11-22T19:12:25Z"); }
TEST(ParseTime, CutsTheFraction) { EXPECT_EQ(read_time("2026-11-22T19:12:25.999999999999Z"), "2026-11-22T19:12:25Z"); }
TEST(ParseTime, ReadsLeapDays) { EXPECT_EQ(read_time("2028-02-29T00:00:00Z"), "2028-02-29T00:00:00Z"); }
TEST(ParseTime, RefusesDaysThatAreNot) {
  for (auto text : {"2027-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z",
                    "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z"}) {
    EXPECT_EQ(read_time(text), "usage") << text;
  }
}
TEST(ParseTime, RefusesTimesThatAreNot) {
  for (auto text : {"2026-11-22T24:00:00Z", "2026-11-22T19:60:00Z", "2026-11-22T19:12:61Z", "2026-11-22T19:12:25+24:00",
                    "2026-11-22T19:12:25+01:60"}) {
    EXPECT_EQ(read_time(text), "usage") << text;
  }
}
TEST(ParseTime, RefusesLeapSeconds) { EXPECT_EQ(read_time("2016-12-31T23:59:60Z"), "usage"); }
TEST(ParseTime, RefusesYearsOutside) {
  for (auto text : {"1969-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "10000-01-01T00:00:00Z"}) {
    EXPECT_EQ(read_time(text), "usage") << text;
  }
}
TEST(ParseTime, OffsetsDoNotLeadOutside) {
  EXPECT_EQ(read_time("1970-01-01T00:00:00+00:01"), "usage");
  EXPECT_EQ(read_time("9999-12-31T23:59:59-00:01"), "usage");
}
TEST(ParseTime, RefusesWhatIsNotRfc3339) {
  for (auto text : {"",
                    "2026",
                    "2026-11-22",
                    "2026-11-22T",
                    "2026-11-22T19:12Z",
                    "2026-11-22T19:12:25",
                    "2026-11-22 19:12:25Z",
                    "2026-11-22T19:12:25.Z",
                    "2026-11-22T19:12:25,5Z",
                    "2026-11-22T19:12:25+0100",
                    "2026-11-22T19:12:25+01",
                    "2026-11-22T19:12:25ZZ",
                    " 2026-11-22T19:12:25Z",
                    "2026-11-22T19:12:25Z ",
                    "20261122T191225Z",
                    "2026-1-22T19:12:25Z",
                    "+026-11-22T19:12:25Z",
                    "2026-11-22T19:12:25GMT",
                    "2026/11/22T19:12:25Z",
                    "-2026-11-22T19:12:25Z",
                    "2026-11-22T-1:12:25Z",
                    "2026-W47-7T19:12:25Z"}) {
    EXPECT_EQ(read_time(text), "usage") << text;
  }
}
TEST(ParseTime, RefusesAZeroByte) { EXPECT_EQ(read_time(std::string_view("2026-11-22T19:12:25Z\0", 21)), "usage"); }
TEST(ParseTime, MessageShowsTheTextSafely) {
  EXPECT_NE(parse_time("\x1b[2J").error().message.find(R"("\x1b[2J")"), std::string::npos);
}
TEST(ParseDate, IsTheFirstSecond) { EXPECT_EQ(to_rfc3339(*parse_date("2026-11-22")), "2026-11-22T00:00:00Z"); }
TEST(ParseDate, RefusesATime) { EXPECT_EQ(parse_date("2026-11-22T00:00:00Z").error().code, Errc::usage); }

TEST(ParseExpires, CountsADurationFromTheStart) { EXPECT_EQ(expires("90d"), "2027-02-20T19:12:25Z"); }
TEST(ParseExpires, AYearIsTheSameDate) { EXPECT_EQ(expires("1y"), "2027-11-22T19:12:25Z"); }
TEST(ParseExpires, ADateIsTheEndOfThatDay) { EXPECT_EQ(expires("2026-12-31"), "2026-12-31T23:59:59Z"); }
TEST(ParseExpires, TheLastDateEndsAtTheLastTime) { EXPECT_EQ(*parse_expires("9999-12-31", kNow), kLastTime); }
TEST(ParseExpires, TakesATime) { EXPECT_EQ(expires("2026-12-31T12:00:00+01:00"), "2026-12-31T11:00:00Z"); }
TEST(ParseExpires, TakesThePast) { EXPECT_EQ(expires("2020-01-01"), "2020-01-01T23:59:59Z"); }
TEST(ParseExpires, TakesNever) { EXPECT_EQ(*parse_expires("never", kNow), kNever); }
TEST(ParseExpires, RefusesMalformedText) {
  for (auto text : {"", "Never", "never ", "soon", "90", "-90d", "2026-02-30", "2026-11", "22.11.2026", "11/22/2026",
                    "tomorrow", "2026-11-22T19:12", "1970-01-01T00:00:00+01:00", "1mo"}) {
    EXPECT_EQ(expires(text), "usage") << text;
  }
}
TEST(ParseExpires, BeyondAHundredYearsIsLimit) { EXPECT_EQ(expires("1000y"), "limit"); }

TEST(ParseIssued, ADateIsTheStartOfThatDay) { EXPECT_EQ(issued("2026-11-22"), "2026-11-22T00:00:00Z"); }
TEST(ParseIssued, TakesATime) { EXPECT_EQ(issued("2026-11-22T10:00:00Z"), "2026-11-22T10:00:00Z"); }
TEST(ParseIssued, RefusesDurationsAndNever) {
  for (auto text : {"", "90d", "never", "now"}) EXPECT_EQ(issued(text), "usage") << text;
}

TEST(ToRfc3339, WritesNever) { EXPECT_EQ(to_rfc3339(kNever), "never"); }
TEST(ToRfc3339, StaysInsideTheYears) {
  EXPECT_EQ(to_rfc3339(Time::min()), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(kNever - std::chrono::seconds{1}), "9999-12-31T23:59:59Z");
}

TEST(ToRelative, SaysNowAndNever) {
  EXPECT_EQ(relative(0), "now");
  EXPECT_EQ(to_relative(kNever, kNow), "never");
}
TEST(ToRelative, SaysOneWithoutPlural) { EXPECT_EQ(relative(1), "in 1 second"); }
TEST(ToRelative, SaysSeconds) { EXPECT_EQ(relative(-59), "59 seconds ago"); }
TEST(ToRelative, SaysMinutes) { EXPECT_EQ(relative(61), "in 1 minute"); }
TEST(ToRelative, SaysHours) { EXPECT_EQ(relative(-3 * kHour), "3 hours ago"); }
TEST(ToRelative, SaysHoursToTwoDays) { EXPECT_EQ(relative(47 * kHour), "in 47 hours"); }
TEST(ToRelative, SaysDays) { EXPECT_EQ(relative(12 * kDay), "in 12 days"); }
TEST(ToRelative, StillSays90DaysAMomentAfterTheKeyWasMade) { EXPECT_EQ(relative(90 * kDay - 1), "in 90 days"); }
TEST(ToRelative, SaysDaysForAYear) { EXPECT_EQ(relative(365 * kDay), "in 365 days"); }
TEST(ToRelative, SaysYears) { EXPECT_EQ(relative(-3 * 365 * kDay), "3 years ago"); }
TEST(ToRelative, RoundsUpIntoTheNextUnit) {
  EXPECT_EQ(relative(kHour - 1), "in 1 hour");
  EXPECT_EQ(relative(2 * kDay - 1), "in 2 days");
}
TEST(ToRelative, EndsOfTimeDoNotOverflow) {
  EXPECT_EQ(to_relative(Time::min(), kNever), "8030 years ago");
  EXPECT_EQ(to_relative(kLastTime, Time::min()), "in 8030 years");
}

RC_GTEST_PROP(TimeTextProperty, WhatIsWrittenReadsBack, ()) {
  auto time = *accepted_time();
  auto again = parse_time(to_rfc3339(time));
  RC_ASSERT(bool(again));
  RC_ASSERT(*again == time);
}
RC_GTEST_PROP(TimeTextProperty, AgreesWithTheCLibrary, ()) {
  auto time = *accepted_time();
  std::time_t seconds = time.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  RC_ASSERT(to_rfc3339(time) == text);
}
RC_GTEST_PROP(TimeTextProperty, OffsetsCancelOut, ()) {
  auto time = *accepted_time();
  auto minutes = *rc::gen::inRange(-23 * 60, 23 * 60);
  auto shifted = time + std::chrono::minutes{minutes};
  RC_PRE(shifted >= Time{} && shifted <= kLastTime);
  char offset[16];
  std::snprintf(offset, sizeof offset, "%c%02d:%02d", minutes < 0 ? '-' : '+', std::abs(minutes) / 60,
                std::abs(minutes) % 60);
  auto text = to_rfc3339(shifted);
  text.replace(text.size() - 1, 1, offset);
  auto again = parse_time(text);
  RC_ASSERT(bool(again));
  RC_ASSERT(*again == time);
}
RC_GTEST_PROP(TimeTextProperty, ExpiriesStayInsideWhateverIsTyped, ()) {
  auto time = parse_expires(*almost_a_time(), *accepted_time());
  if (!time || *time == kNever) return;
  RC_ASSERT(*time >= Time{});
  RC_ASSERT(*time <= kLastTime);
}

}  // namespace
}  // namespace vault

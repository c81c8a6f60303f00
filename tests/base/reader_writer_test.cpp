#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "vault/base/time_bytes.hpp"

namespace vault {
namespace {

Bytes bytes(std::initializer_list<int> values) {
  Bytes out;
  for (int value : values) out.push_back(std::byte(value));
  return out;
}

TEST(Writer, NumbersAreBigEndian) {
  EXPECT_EQ(Writer().u8(1).u16(0x0203).u32(0x04050607).u64(0x08090a0b0c0d0e0f).take(),
            bytes({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}));
}

TEST(Writer, StringHasItsLengthInFourBytes) { EXPECT_EQ(Writer().string("ab").take(), bytes({0, 0, 0, 2, 'a', 'b'})); }

TEST(Reader, EmptyInputIsFinishedAndGivesNothing) {
  Reader in{ByteView{}};
  EXPECT_TRUE(in.finished());
  EXPECT_EQ(in.u8(), 0);
  EXPECT_FALSE(in.ok());
}

TEST(Reader, NumberCutShortFails) {
  for (int size = 0; size < 8; ++size) {
    const Bytes short_input(static_cast<std::size_t>(size), std::byte{0xff});
    Reader in(short_input);
    EXPECT_EQ(in.u64(), 0U);
    EXPECT_FALSE(in.ok());
  }
}

TEST(Reader, FailureIsForGood) {
  const Bytes input = bytes({2, 7, 7, 7, 7, 7, 7, 7, 7});
  Reader in(input);
  in.boolean();
  EXPECT_EQ(in.u8(), 0);
  EXPECT_EQ(in.u32(), 0U);
  EXPECT_TRUE(in.raw(1).empty());
  EXPECT_TRUE(in.string(100).empty());
  EXPECT_EQ(in.count(100, 1), 0U);
  EXPECT_EQ(in.array<2>(), ByteArray<2>{});
  EXPECT_FALSE(in.finished());
}

TEST(Reader, ZeroBytesReadAfterAFailureDoNotHealIt) {
  Reader in{ByteView{}};
  in.fail();
  in.raw(0);
  EXPECT_FALSE(in.finished());
}

TEST(Reader, BooleanIsZeroOrOne) {
  for (int value = 0; value < 256; ++value) {
    const Bytes input = bytes({value});
    Reader in(input);
    EXPECT_EQ(in.boolean(), value == 1);
    EXPECT_EQ(in.finished(), value <= 1) << value;
  }
}

TEST(Reader, TrailingBytesAreNotFinished) {
  const Bytes input = bytes({1, 0});
  Reader in(input);
  in.u8();
  EXPECT_TRUE(in.ok());
  EXPECT_FALSE(in.finished());
}

TEST(Reader, StringLongerThanAllowedFailsThoughItIsThere) {
  const Bytes input = Writer().string("abc").take();
  Reader in(input);
  EXPECT_TRUE(in.string(2).empty());
  EXPECT_FALSE(in.ok());
}

TEST(Reader, StringLongerThanTheInputFails) {
  for (int top : {0, 0x7f, 0xff}) {
    const Bytes input = bytes({top, 0, 0, 4, 'a', 'b', 'c'});
    Reader in(input);
    EXPECT_TRUE(in.string(~std::size_t{0}).empty());
    EXPECT_FALSE(in.ok());
  }
}

TEST(Reader, CountBeyondItsMaximumFails) {
  const Bytes input = Writer().u32(3).u32(0).take();
  Reader in(input);
  EXPECT_EQ(in.count(2, 1), 0U);
  EXPECT_FALSE(in.ok());
}

TEST(Reader, CountThatCannotFitInWhatIsLeftFails) {
  const Bytes input = Writer().u32(2).raw(Bytes(15)).take();
  Reader in(input);
  EXPECT_EQ(in.count(1000, 8), 0U);
  EXPECT_FALSE(in.ok());
}

TEST(Reader, CountThatJustFitsIsGiven) {
  const Bytes input = Writer().u32(2).raw(Bytes(16)).take();
  Reader in(input);
  EXPECT_EQ(in.count(2, 8), 2U);
}

TEST(Reader, HugeCountTimesItemSizeDoesNotWrapAround) {
  const Bytes input = Writer().u32(0xffffffff).raw(Bytes(16)).take();
  Reader in(input);
  EXPECT_EQ(in.count(0xffffffff, std::size_t{1} << 33), 0U);
  EXPECT_FALSE(in.ok());
}

TEST(Reader, TimesRoundTripFromTheFirstToTheLastSecond) {
  for (std::uint64_t seconds : {std::uint64_t{0}, std::uint64_t{1}, kLastSecond}) {
    Writer out;
    write_time(out, Time{std::chrono::seconds(seconds)});
    Reader in(out.bytes());
    EXPECT_EQ(static_cast<std::uint64_t>(read_time(in).time_since_epoch().count()), seconds);
    EXPECT_TRUE(in.finished());
    Reader again(out.bytes());
    EXPECT_EQ(static_cast<std::uint64_t>(read_expiry(again).time_since_epoch().count()), seconds);
  }
}

TEST(Reader, OnlyAnExpiryMayBeNever) {
  Writer out;
  write_time(out, kNever);
  Reader expiry(out.bytes());
  EXPECT_EQ(read_expiry(expiry), kNever);
  EXPECT_TRUE(expiry.finished());
  Reader time(out.bytes());
  read_time(time);
  EXPECT_FALSE(time.ok());
}

TEST(Reader, TextIsUtf8) {
  for (std::string_view good : {"", "plain", "gr\xc3\xbc\xc3\x9f", "a\nb"}) {
    const Bytes input = Writer().string(good).take();
    Reader in(input);
    EXPECT_EQ(in.text(100), good);
    EXPECT_TRUE(in.finished());
  }
  for (std::string_view bad : {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
    const Bytes input = Writer().string(bad).take();
    Reader in(input);
    EXPECT_EQ(in.text(100), "");
    EXPECT_FALSE(in.ok());
  }
}

TEST(Reader, NameHasNoControlCharacters) {
  for (std::string_view bad : {"a\nb", "\x1b[2J", "\x7f"}) {
    const Bytes input = Writer().string(bad).take();
    Reader in(input);
    in.name(100);
    EXPECT_FALSE(in.ok());
  }
  const Bytes input = Writer().string("prod dns").take();
  Reader in(input);
  EXPECT_EQ(in.name(100), "prod dns");
}

TEST(Reader, TimeBeyondTheYear9999Fails) {
  for (std::uint64_t seconds : {kLastSecond + 1, kNeverOnDisk - 1, std::uint64_t{1} << 63}) {
    const Bytes input = Writer().u64(seconds).take();
    Reader in(input);
    read_expiry(in);
    EXPECT_FALSE(in.ok()) << seconds;
  }
}

TEST(ReaderAndWriter, RoundTrip) {
  EXPECT_TRUE(
      rc::check([](std::uint8_t a, std::uint16_t b, std::uint32_t c, std::uint64_t d, bool e, const std::string& f) {
        const Bytes input = Writer().u8(a).u16(b).u32(c).u64(d).boolean(e).string(f).take();
        Reader in(input);
        RC_ASSERT(in.u8() == a);
        RC_ASSERT(in.u16() == b);
        RC_ASSERT(in.u32() == c);
        RC_ASSERT(in.u64() == d);
        RC_ASSERT(in.boolean() == e);
        RC_ASSERT(as_text(in.string(f.size())) == f);
        RC_ASSERT(in.finished());
      }));
}

TEST(Reader, NeverReadsPastTheEndWhateverItIsAsked) {
  EXPECT_TRUE(rc::check([](const std::vector<std::uint8_t>& input, const std::vector<std::uint8_t>& questions) {
    std::vector<std::byte> exact(input.size());  // its own block, so that ASan sees one byte too many
    std::transform(input.begin(), input.end(), exact.begin(), [](std::uint8_t b) { return std::byte(b); });
    Reader in(exact);
    for (std::uint8_t question : questions) {
      const std::size_t left = in.left();
      switch (question % 6) {
        case 0: in.u8(); break;
        case 1: in.u64(); break;
        case 2: in.boolean(); break;
        case 3: RC_ASSERT(in.string(question).size() <= question); break;
        case 4: RC_ASSERT(in.count(question, 2) <= question); break;
        default: in.raw(question); break;
      }
      RC_ASSERT(in.left() <= left);
    }
  }));
}

TEST(Hex, RoundTrips) {
  EXPECT_EQ(to_hex(bytes({0, 0x9f, 0xff})), "009fff");
  EXPECT_EQ(from_hex("009FfF"), bytes({0, 0x9f, 0xff}));
}

TEST(Hex, RefusesOddLengthAndOtherCharacters) {
  for (std::string_view text : {"0", "0g", " 0", "0x", "-1"}) EXPECT_FALSE(from_hex(text)) << text;
}

}  // namespace
}  // namespace vault

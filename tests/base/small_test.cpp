// crc32, error, result, random.
#include <gtest/gtest.h>

#include <set>

#include "vault/base/crc32.hpp"
#include "vault/base/random.hpp"

namespace vault {
namespace {

TEST(Crc32, HasItsCheckValue) { EXPECT_EQ(crc32(as_bytes("123456789")), 0xCBF43926U); }

TEST(Crc32, OfNothingIsZero) { EXPECT_EQ(crc32({}), 0U); }

TEST(Error, NamesAreThoseOfTheTableOfOutcomes) {
  const char* names[] = {"internal", "usage",    "not_found", "locked",      "expired", "expiring",
                         "inactive", "denied",   "busy",      "wrong_key",   "corrupt", "audit_failed",
                         "no_vault", "conflict", "limit",     "unsupported", "stale",   "cancelled"};
  int number = 1;
  for (const char* expected : names) EXPECT_EQ(name(static_cast<Errc>(number++)), expected);
}

TEST(Result, HoldsAValueOrAnError) {
  Result<int> good = 7;
  Result<int> bad = Error{Errc::busy, "later"};
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, 7);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Errc::busy);
}

TEST(Result, TakingTheValueOfAnErrorThrowsRatherThanGivingGarbage) {
  Result<int> bad = Error{Errc::busy, "later"};
  EXPECT_THROW(static_cast<void>(*bad), std::bad_variant_access);
  EXPECT_THROW(static_cast<void>(Status().error()), std::bad_optional_access);
}

TEST(Result, MovesWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(3);
  std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 3);
}

TEST(SystemRandom, FillsEveryByteAndNeverRepeats) {
  SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    ByteArray<16> id{};
    ASSERT_TRUE(random.fill(id));
    EXPECT_TRUE(seen.insert(to_hex(id)).second);
  }
  Bytes many(4096);
  ASSERT_TRUE(random.fill(many));
  std::set<std::byte> values(many.begin(), many.end());
  EXPECT_EQ(values.size(), 256U);
}

}  // namespace
}  // namespace vault

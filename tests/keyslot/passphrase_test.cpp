#include "tests/support/world.hpp"

namespace vault {
namespace {

class Passphrase : public World {
 protected:
  Result<std::shared_ptr<const Factor>> make(std::string_view text) {
    return PassphraseFactor::make(secret(text), kdf, platform.limits, cheap);
  }
  static Bytes parameters(const KdfParameters& costs) { return encode(PassphraseParameters{costs, {}}); }
};

TEST_F(Passphrase, EmptyIsUsage) { EXPECT_CODE(make(""), usage); }

TEST_F(Passphrase, UpTo1024BytesAreTaken) {
  EXPECT_TRUE(make("x"));
  EXPECT_TRUE(make(std::string(1024, 'x')));
  EXPECT_CODE(make(std::string(1025, 'x')), usage);
}

// "é" as one code point and as two: different bytes, different passphrases.
TEST_F(Passphrase, IsNeverNormalised) {
  const Bytes stored = parameters(cheap);
  EXPECT_NE(must(must(make("\xc3\xa9"))->output(stored)), must(must(make("e\xcc\x81"))->output(stored)));
  EXPECT_NE(must(must(make("a"))->output(stored)), must(must(make("a "))->output(stored)));
}

TEST_F(Passphrase, MayHoldAnyByte) {
  const Bytes stored = parameters(cheap);
  EXPECT_NE(must(must(make(std::string_view("a\0b", 3)))->output(stored)), must(must(make("a"))->output(stored)));
}

TEST_F(Passphrase, OutputIsArgon2idOfTheStoredParameters) {
  PassphraseParameters stored{{72, 2, 1}, {}};
  stored.salt.fill(std::byte{5});
  Bytes expected(32);
  must(argon2id_libargon2(stored.kdf, stored.salt, as_bytes("passphrase"), expected));
  EXPECT_TRUE(equal(must(must(make("passphrase"))->output(encode(stored))).expose(), expected));
}

TEST_F(Passphrase, NewParametersHaveTheCostsAndAFreshSalt) {
  auto factor = must(make("passphrase"));
  auto a = decode_passphrase_parameters(must(factor->new_parameters(random)));
  auto b = decode_passphrase_parameters(must(factor->new_parameters(random)));
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->kdf, cheap);
  EXPECT_NE(a->salt, b->salt);
}

TEST_F(Passphrase, NewSlotBelowTheFloorIsDenied) {
  const KdfLimits strict{{64 * 1024, 3, 1}, {19 * 1024, 2, 1}, 1 << 20};
  auto factor = must(PassphraseFactor::make(secret("p"), kdf, strict, cheap));
  EXPECT_CODE(factor->new_parameters(random), denied);
}

TEST_F(Passphrase, StoredCostsBelowTheOpenFloorAreDeniedBeforeAnyRun) {
  const KdfLimits strict{{64 * 1024, 3, 1}, {19 * 1024, 2, 1}, 1 << 20};
  auto factor = must(PassphraseFactor::make(secret("p"), kdf, strict, cheap));
  EXPECT_CODE(factor->output(parameters(cheap)), denied);
  EXPECT_EQ(kdf.runs, 0);
}

TEST_F(Passphrase, ParametersRoundTrip) {
  PassphraseParameters stored{{4u << 20, 32, 16}, {}};
  stored.salt.fill(std::byte{9});
  auto decoded = decode_passphrase_parameters(encode(stored));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->kdf, stored.kdf);
  EXPECT_EQ(decoded->salt, stored.salt);
}

TEST_F(Passphrase, ParametersBeyondTheCeilingDoNotDecode) {
  for (KdfParameters p : {KdfParameters{64u << 20, 3, 1},
                          {4u << 20 | 1, 3, 1},
                          {64, 1u << 31, 1},
                          {64, 33, 1},
                          {64, 0, 1},
                          {64, 1, 0},
                          {7, 1, 1},
                          {1024, 1, 17},
                          {~0U, ~0U, ~0U},
                          {0, 0, 0},
                          {0, 1, 1u << 29}}) {
    EXPECT_FALSE(decode_passphrase_parameters(parameters(p))) << p.memory_kib << " " << p.passes << " " << p.lanes;
    EXPECT_FALSE(valid_parameters(FactorType::passphrase, parameters(p)));
  }
}

TEST_F(Passphrase, ParametersCutOrWithTrailingBytesDoNotDecode) {
  Bytes good = parameters(cheap);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(decode_passphrase_parameters(ByteView(good).first(size))) << size;
  good.push_back(std::byte{0});
  EXPECT_FALSE(decode_passphrase_parameters(good));
}

TEST_F(Passphrase, ParametersOfMachineFactorsAreEmpty) {
  for (FactorType type : {FactorType::key_file, FactorType::recovery_code, FactorType::systemd_credential}) {
    EXPECT_TRUE(valid_parameters(type, {}));
    EXPECT_FALSE(valid_parameters(type, Bytes(1)));
  }
}

}  // namespace
}  // namespace vault

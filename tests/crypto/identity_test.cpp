#include "vault/crypto/identity.hpp"

#include <sodium.h>

#include "tests/support/vectors.hpp"
#include "tests/support/world.hpp"
#include "vault/base/writer.hpp"

namespace vault {
namespace {

constexpr SignedType kTypes[] = {SignedType::body, SignedType::admin_list, SignedType::slot, SignedType::commit,
                                 SignedType::succession};

VaultId vault_of(int number) {
  VaultId id;
  id.bytes.fill(std::byte(number));
  return id;
}

class Identity : public testing::Test {
 protected:
  Identity() { must(init_crypto()); }
  static IdentityKeys keys_of(int number, const VaultId& vault = vault_of(1)) {
    IdentitySeed seed{SecretBuffer(32)};
    std::ranges::fill(seed.bytes.expose_for_writing(), std::byte(number));
    return IdentityKeys(seed, vault);
  }
  Grant seal(const GrantContext& of) { return must(seal_grant(alice.sealing(), vault, of, key, random)); }

  SeededRandom random{3};
  VaultId vault = vault_of(1);
  IdentityKeys alice = keys_of(1);
  IdentityKeys bob = keys_of(2);
  Bytes key = Bytes(32, std::byte{0x42});
  GrantContext context{GrantKind::team_key, {}, 7};
};

// ---- the primitives -----------------------------------------------------------------------------------------------------

TEST_F(Identity, Rfc8032Ed25519) {
  Vectors v("ed25519.txt");
  for (const char* n : {"1", "2", "3"}) {
    const Bytes& message = v[std::string("message") + n];
    unsigned char public_key[32], secret_key[64];
    Bytes signature(64);
    crypto_sign_seed_keypair(public_key, secret_key, as_uchar(v[std::string("secret") + n]));
    crypto_sign_detached(as_writable_uchar(signature), nullptr, as_uchar(message), message.size(), secret_key);
    EXPECT_TRUE(equal(std::as_bytes(std::span(public_key)), v[std::string("public") + n]));
    EXPECT_EQ(signature, v[std::string("signature") + n]);
    EXPECT_EQ(crypto_sign_verify_detached(as_uchar(signature), as_uchar(message), message.size(), public_key), 0);
  }
}

Bytes multiply(ByteView scalar, ByteView point) {
  Bytes out(32);
  EXPECT_EQ(crypto_scalarmult(as_writable_uchar(out), as_uchar(scalar), as_uchar(point)), 0);
  return out;
}

TEST_F(Identity, Rfc7748X25519) {
  Vectors v("x25519.txt");
  EXPECT_EQ(multiply(v["scalar1"], v["point1"]), v["result1"]);
  EXPECT_EQ(multiply(v["scalar2"], v["point2"]), v["result2"]);
}

TEST_F(Identity, Rfc7748X25519Iterated) {
  Vectors v("x25519.txt");
  Bytes k = v["start"], u = v["start"];
  for (int i = 1; i <= 1000; ++i) {
    Bytes next = multiply(k, u);
    u = std::exchange(k, next);
    if (i == 1) {
      EXPECT_EQ(k, v["after_1"]);
    }
  }
  EXPECT_EQ(k, v["after_1000"]);
}

// ---- identities ---------------------------------------------------------------------------------------------------------

TEST_F(Identity, KeysFollowFromSeedAndVault) {
  EXPECT_EQ(alice.signing(), keys_of(1).signing());
  EXPECT_EQ(alice.sealing(), keys_of(1).sealing());
  EXPECT_NE(alice.signing(), bob.signing());
  EXPECT_NE(alice.sealing(), bob.sealing());
  EXPECT_NE(alice.signing(), keys_of(1, vault_of(2)).signing());
  EXPECT_NE(alice.sealing(), keys_of(1, vault_of(2)).sealing());
}

TEST_F(Identity, KeysAreWhatTheirDefinitionSays) {
  const Bytes seed(32, std::byte{1});
  unsigned char public_key[32], secret_key[64];
  crypto_sign_seed_keypair(public_key, secret_key, as_uchar(subkey(seed, personals::ed25519, vault).expose()));
  EXPECT_TRUE(equal(std::as_bytes(std::span(public_key)), alice.signing().bytes));
  crypto_scalarmult_base(public_key, as_uchar(subkey(seed, personals::x25519, vault).expose()));
  EXPECT_TRUE(equal(std::as_bytes(std::span(public_key)), alice.sealing().bytes));
}

TEST_F(Identity, SignatureVerifiesAsWhatItIs) {
  for (SignedType type : kTypes) {
    EXPECT_TRUE(verify(type, vault, as_bytes("text"), alice.signing(), alice.sign(type, vault, as_bytes("text"))));
  }
}

TEST_F(Identity, SignatureOfOneTypeIsNoneOfAnother) {
  for (SignedType made : kTypes) {
    const Signature signature = alice.sign(made, vault, as_bytes("text"));
    for (SignedType asked : kTypes) {
      EXPECT_EQ(verify(asked, vault, as_bytes("text"), alice.signing(), signature), made == asked);
    }
  }
}

TEST_F(Identity, SignatureIsBoundToVaultTextAndKey) {
  const Signature signature = alice.sign(SignedType::commit, vault, as_bytes("text"));
  EXPECT_FALSE(verify(SignedType::commit, vault_of(2), as_bytes("text"), alice.signing(), signature));
  EXPECT_FALSE(verify(SignedType::commit, vault, as_bytes("texT"), alice.signing(), signature));
  EXPECT_FALSE(verify(SignedType::commit, vault, as_bytes("text"), bob.signing(), signature));
}

TEST_F(Identity, SignatureWithAnyFlippedByteIsRefused) {
  const Signature signature = alice.sign(SignedType::slot, vault, as_bytes("text"));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    Signature flipped = signature;
    flipped[i] ^= std::byte{0x80};
    EXPECT_FALSE(verify(SignedType::slot, vault, as_bytes("text"), alice.signing(), flipped)) << i;
  }
}

TEST_F(Identity, SignedBytesAreTagSuiteVaultAndHash) {
  Bytes digest(64);
  Hash(personals::signature, {}, {}, 64).add(as_bytes("text")).finish_into(digest);
  const Bytes message = Writer().raw(as_bytes("vlt1-sign-commit")).u16(1).id(vault).raw(digest).take();
  const Signature signature = alice.sign(SignedType::commit, vault, as_bytes("text"));
  EXPECT_EQ(crypto_sign_verify_detached(as_uchar(signature), as_uchar(message), message.size(),
                                        as_uchar(alice.signing().bytes)),
            0);
}

TEST_F(Identity, AllZeroPublicKeyVerifiesNothing) {
  EXPECT_FALSE(verify(SignedType::body, vault, as_bytes("text"), SigningPublicKey{}, Signature{}));
}

// ---- grants -------------------------------------------------------------------------------------------------------------

TEST_F(Identity, GrantOpensForItsMember) {
  auto opened = open_grant(alice, vault, context, seal(context));
  ASSERT_TRUE(opened);
  EXPECT_TRUE(equal(opened->expose(), key));
}

TEST_F(Identity, GrantsOfTheSameKeyDiffer) { EXPECT_NE(seal(context), seal(context)); }

TEST_F(Identity, GrantOpensForNobodyElse) { EXPECT_FALSE(open_grant(bob, vault, context, seal(context))); }

TEST_F(Identity, GrantIsBoundToKindTeamAndGeneration) {
  const Grant grant = seal(context);
  for (GrantKind kind : {GrantKind::vault_key, GrantKind::fingerprint_key, GrantKind::audit_secret}) {
    EXPECT_FALSE(open_grant(alice, vault, {kind, {}, 7}, grant));
  }
  TeamId team;
  team.bytes[15] = std::byte{1};
  EXPECT_FALSE(open_grant(alice, vault, {GrantKind::team_key, team, 7}, grant));
  for (std::uint64_t generation : {std::uint64_t{0}, std::uint64_t{6}, std::uint64_t{8}, std::uint64_t{7} << 32}) {
    EXPECT_FALSE(open_grant(alice, vault, {GrantKind::team_key, {}, generation}, grant));
  }
}

TEST_F(Identity, GrantIsBoundToTheVault) { EXPECT_FALSE(open_grant(alice, vault_of(2), context, seal(context))); }

TEST_F(Identity, GrantWithAnyFlippedByteIsRefused) {
  const Grant grant = seal(context);
  for (std::size_t i = 0; i < kGrantSize; ++i) {
    Grant flipped = grant;
    (i < 32 ? flipped.ephemeral[i] : flipped.wrapped[i - 32]) ^= std::byte{1};
    EXPECT_FALSE(open_grant(alice, vault, context, flipped)) << i;
  }
}

// X25519 ignores the top bit of a public key; the key of the grant takes the bytes as they stand.
TEST_F(Identity, GrantWithAnotherEncodingOfItsEphemeralKeyIsRefused) {
  Grant grant = seal(context);
  grant.ephemeral[31] ^= std::byte{0x80};
  EXPECT_FALSE(open_grant(alice, vault, context, grant));
}

std::vector<ByteArray<32>> small_order_points() {
  std::vector<ByteArray<32>> points(3);
  points[1][0] = std::byte{1};  // order 4
  points[2].fill(std::byte{0xff});
  points[2][0] = std::byte{0xec}, points[2][31] = std::byte{0x7f};  // p - 1
  Bytes order8 = *from_hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");
  points.emplace_back();
  std::ranges::copy(order8, points.back().begin());
  return points;
}

TEST_F(Identity, GrantToAMemberKeyOfSmallOrderIsRefused) {
  for (const ByteArray<32>& point : small_order_points()) {
    EXPECT_CODE(seal_grant(SealingPublicKey{point}, vault, context, key, random), corrupt);
  }
}

TEST_F(Identity, GrantWithAnEphemeralKeyOfSmallOrderOpensNothing) {
  Grant grant = seal(context);
  for (const ByteArray<32>& point : small_order_points()) {
    grant.ephemeral = point;
    EXPECT_FALSE(open_grant(alice, vault, context, grant));
  }
}

// What somebody without any key could make if an all-zero X25519 result were taken.
TEST_F(Identity, GrantForgedUnderTheAllZeroResultOpensNothing) {
  const ByteArray<32> zeros{};
  Bytes tail = Writer().u8(2).id(context.team).u64(context.generation).take();
  SecretBuffer forged_key = keyed_hash(personals::grant, zeros, vault.bytes, {zeros, alice.sealing().bytes, tail});
  Bytes aad = Writer().string("grant").u16(kSuite).id(vault).u8(2).id(context.team).u64(context.generation).take();
  Grant grant;
  std::ranges::copy(must(wrap_secret(forged_key.expose(), aad, key, random)), grant.wrapped.begin());
  EXPECT_FALSE(open_grant(alice, vault, context, grant));
}

TEST_F(Identity, GrantIsWhatItsDefinitionSays) {
  const Grant grant = seal(context);
  SecretBuffer secret = subkey(Bytes(32, std::byte{1}), personals::x25519, vault);
  const Bytes shared = multiply(secret.expose(), grant.ephemeral);
  Bytes tail = Writer().u8(2).id(context.team).u64(7).take();
  SecretBuffer wrapping =
      keyed_hash(personals::grant, shared, vault.bytes, {grant.ephemeral, alice.sealing().bytes, tail});
  Bytes aad = Writer().string("grant").u16(1).id(vault).u8(2).id(context.team).u64(7).take();
  EXPECT_TRUE(unwrap_secret(wrapping.expose(), aad, grant.wrapped));
}

}  // namespace
}  // namespace vault

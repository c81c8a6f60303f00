#include "vault/crypto/wrap.hpp"

#include <sodium.h>

#include "tests/support/vectors.hpp"
#include "tests/support/world.hpp"
#include "vault/crypto/hash.hpp"

namespace vault {
namespace {

class FailingRandom final : public Random {
 public:
  Status fill(std::span<std::byte>) override { return Error{Errc::internal, "no random bytes"}; }
};

class Wrap : public testing::Test {
 protected:
  Wrap() { must(init_crypto()); }
  Bytes wrapped(std::string_view text) { return must(wrap_secret(key, as_bytes("aad"), as_bytes(text), random)); }
  std::optional<SecretBuffer> open(ByteView bytes) { return unwrap_secret(key, as_bytes("aad"), bytes); }

  SeededRandom random{7};
  Bytes key = Bytes(32, std::byte{0x11});
};

TEST(XChaCha20Poly1305, DraftIrtfCfrgXchacha) {
  must(init_crypto());
  Vectors v("xchacha20poly1305.txt");
  Bytes out(v["plaintext"].size() + 16);
  crypto_aead_xchacha20poly1305_ietf_encrypt(as_writable_uchar(out), nullptr, as_uchar(v["plaintext"]),
                                             v["plaintext"].size(), as_uchar(v["aad"]), v["aad"].size(), nullptr,
                                             as_uchar(v["nonce"]), as_uchar(v["key"]));
  Bytes expected = v["ciphertext"];
  expected.insert(expected.end(), v["tag"].begin(), v["tag"].end());
  EXPECT_EQ(out, expected);
}

TEST_F(Wrap, GivesBackWhatWasWrapped) {
  for (std::size_t size : {0U, 1U, 32U, 160U, 65536U}) {
    const std::string text(size, 'x');
    const Bytes bytes = wrapped(text);
    EXPECT_EQ(bytes.size(), size + kWrapOverhead);
    auto opened = open(bytes);
    ASSERT_TRUE(opened) << size;
    EXPECT_EQ(as_text(opened->expose()), text);
  }
}

// Step by step from its definition in wrap.hpp, by libsodium alone.
TEST_F(Wrap, IsWhatItsDefinitionSays) {
  const std::string text = "attack at dawn";
  const Bytes bytes = wrapped(text);
  unsigned char wrap_personal[16] = {'v', 'l', 't', '1', '-', 'w', 'r', 'a', 'p'};
  unsigned char commit_personal[16] = {'v', 'l', 't', '1', '-', 'c', 'o', 'm', 'm', 'i', 't'};
  unsigned char zeros[16] = {};
  const unsigned char* nonce = as_uchar(bytes);

  unsigned char keys[64];
  crypto_generichash_blake2b_salt_personal(keys, 64, nonce, 24, as_uchar(key), 32, zeros, wrap_personal);
  Bytes sealed(text.size() + 16);
  crypto_aead_xchacha20poly1305_ietf_encrypt(as_writable_uchar(sealed), nullptr, as_uchar(as_bytes(text)), text.size(),
                                             as_uchar(as_bytes("aad")), 3, nullptr, nonce, keys);
  Bytes message(bytes.begin(), bytes.begin() + 24);
  for (int i = 0; i < 8; ++i) message.push_back(std::byte(i == 0 ? 3 : 0));
  for (char c : {'a', 'a', 'd'}) message.push_back(std::byte(c));
  message.insert(message.end(), sealed.end() - 16, sealed.end());
  Bytes commitment(32);
  crypto_generichash_blake2b_salt_personal(as_writable_uchar(commitment), 32, as_uchar(message), message.size(),
                                           keys + 32, 32, zeros, commit_personal);

  Bytes expected(bytes.begin(), bytes.begin() + 24);
  expected.insert(expected.end(), sealed.begin(), sealed.end());
  expected.insert(expected.end(), commitment.begin(), commitment.end());
  EXPECT_EQ(bytes, expected);
}

TEST_F(Wrap, DrawsAFreshNonceEachTime) { EXPECT_NE(wrapped("same"), wrapped("same")); }

TEST_F(Wrap, WrongKeyOpensNothing) {
  const Bytes bytes = wrapped("secret");
  for (std::size_t i = 0; i < key.size(); ++i) {
    Bytes other = key;
    other[i] ^= std::byte{1};
    EXPECT_FALSE(unwrap_secret(other, as_bytes("aad"), bytes)) << i;
  }
}

TEST_F(Wrap, OtherAssociatedDataOpensNothing) {
  const Bytes bytes = wrapped("secret");
  for (std::string_view aad : {"", "aa", "aaD", "Aad", "aada"})
    EXPECT_FALSE(unwrap_secret(key, as_bytes(aad), bytes)) << aad;
  EXPECT_FALSE(unwrap_secret(key, as_bytes(std::string_view("aad\0", 4)), bytes));
}

TEST_F(Wrap, AnyFlippedBitOpensNothing) {
  const Bytes bytes = wrapped("secret");
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    Bytes flipped = bytes;
    flipped[i / 8] ^= std::byte(1 << i % 8);
    EXPECT_FALSE(open(flipped)) << "bit " << i;
  }
}

TEST_F(Wrap, CutOrLongerOpensNothing) {
  const Bytes bytes = wrapped("secret");
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(open(ByteView(bytes).first(size))) << size;
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(open(longer));
}

TEST_F(Wrap, FailsWithoutRandomBytes) {
  FailingRandom none;
  EXPECT_CODE(wrap_secret(key, {}, as_bytes("secret"), none), internal);
}

// ---- key commitment -----------------------------------------------------------------------------------------------------

class TwoKeys : public testing::Test {
 protected:
  TwoKeys() { must(init_crypto()); }
  Bytes sealed() const { return join({v["ciphertext"], v["tag"]}); }
  Bytes wrapped(const std::string& commitment) const {
    return join({v["nonce"], v["ciphertext"], v["tag"], v[commitment]});
  }
  static Bytes join(std::initializer_list<Bytes> parts) {
    Bytes all;
    for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
  }
  bool plain_opens(const std::string& encryption_key) const {
    unsigned char out[16];
    const Bytes both = sealed();
    return crypto_aead_xchacha20poly1305_ietf_decrypt(out, nullptr, nullptr, as_uchar(both), both.size(),
                                                      as_uchar(v["aad"]), v["aad"].size(), as_uchar(v["nonce"]),
                                                      as_uchar(v[encryption_key])) == 0;
  }
  Vectors v{"two_key_collision.txt"};
};

TEST_F(TwoKeys, PlainXChaCha20Poly1305OpensUnderBoth) {
  EXPECT_TRUE(plain_opens("encryption_key1"));
  EXPECT_TRUE(plain_opens("encryption_key2"));
}

TEST_F(TwoKeys, WrapOpensUnderTheKeyItCommitsToAndRefusesTheSecond) {
  EXPECT_TRUE(unwrap_secret(v["key1"], v["aad"], wrapped("commitment1")));
  EXPECT_FALSE(unwrap_secret(v["key2"], v["aad"], wrapped("commitment1")));
  EXPECT_TRUE(unwrap_secret(v["key2"], v["aad"], wrapped("commitment2")));
  EXPECT_FALSE(unwrap_secret(v["key1"], v["aad"], wrapped("commitment2")));
}

}  // namespace
}  // namespace vault

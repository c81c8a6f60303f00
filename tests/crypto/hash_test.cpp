#include "vault/crypto/hash.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "tests/support/vectors.hpp"
#include "vault/crypto/init.hpp"

namespace vault {
namespace {

class HashTest : public testing::Test {
 protected:
  HashTest() { EXPECT_TRUE(init_crypto()); }
  static Bytes of(const Personal& personal, ByteView key, const ByteArray<16>& salt, ByteView input, std::size_t size) {
    Bytes out(size);
    Hash(personal, key, salt, size).add(input).finish_into(out);
    return out;
  }
};

// Without key, salt and personal ours is plain BLAKE2b.
TEST_F(HashTest, Rfc7693) {
  Vectors vectors("blake2b.txt");
  EXPECT_EQ(of({}, {}, {}, vectors["abc"], 64), vectors["abc_512"]);
  EXPECT_EQ(of({}, {}, {}, {}, 64), vectors["empty_512"]);
}

TEST_F(HashTest, OfficialKeyedVectors) {
  Vectors vectors("blake2b.txt");
  EXPECT_EQ(of({}, vectors["keyed_key"], {}, {}, 64), vectors["keyed_empty_512"]);
  EXPECT_EQ(of({}, vectors["keyed_key"], {}, Bytes(1), 64), vectors["keyed_00_512"]);
}

TEST_F(HashTest, GivesKeySaltAndPersonalToLibsodiumInTheirPlaces) {
  unsigned char salt[16], key[32], input[200];
  randombytes_buf(salt, sizeof salt);
  randombytes_buf(key, sizeof key);
  randombytes_buf(input, sizeof input);
  const Personal purpose = personal("vlt1-test-purpos");
  for (std::size_t size : {32U, 64U}) {
    Bytes expected(size);
    ASSERT_EQ(crypto_generichash_blake2b_salt_personal(as_writable_uchar(expected), size, input, sizeof input, key,
                                                       sizeof key, salt, as_uchar(purpose.bytes)),
              0);
    ByteArray<16> our_salt;
    std::copy_n(reinterpret_cast<std::byte*>(salt), 16, our_salt.begin());
    EXPECT_EQ(of(purpose, std::as_bytes(std::span(key)), our_salt, std::as_bytes(std::span(input)), size), expected);
  }
}

TEST_F(HashTest, SaltPersonalAndKeyEachChangeTheResult) {
  ByteArray<16> salt{};
  salt[15] = std::byte{1};
  const Bytes key(32, std::byte{1});
  const Bytes results[] = {of({}, {}, {}, as_bytes("m"), 32), of(personals::kek, {}, {}, as_bytes("m"), 32),
                           of({}, {}, salt, as_bytes("m"), 32), of({}, key, {}, as_bytes("m"), 32)};
  for (const Bytes& a : results) {
    EXPECT_EQ(std::ranges::count(results, a), 1);
  }
}

TEST_F(HashTest, PartsAddUpToTheWhole) {
  EXPECT_EQ(Hash(personals::body).add(as_bytes("one")).add({}).add(as_bytes("two")).finish(),
            hash(personals::body, as_bytes("onetwo")));
  const Bytes key(32, std::byte{9});
  SecretBuffer whole = keyed_hash(personals::kek, key, {}, {as_bytes("onetwo")});
  EXPECT_EQ(keyed_hash(personals::kek, key, {}, {as_bytes("one"), as_bytes("two")}), whole);
}

TEST_F(HashTest, SubkeyDependsOnKeyPurposeAndVault) {
  const Bytes key(32, std::byte{1}), other(32, std::byte{2});
  VaultId a{}, b{};
  b.bytes[0] = std::byte{1};
  SecretBuffer base = subkey(key, personals::ed25519, a);
  EXPECT_EQ(base, subkey(key, personals::ed25519, a));
  EXPECT_NE(base, subkey(other, personals::ed25519, a));
  EXPECT_NE(base, subkey(key, personals::x25519, a));
  EXPECT_NE(base, subkey(key, personals::ed25519, b));
}

TEST_F(HashTest, SubkeyIsBlake2bWithTheVaultAsSaltAndNoMessage) {
  const Bytes key(32, std::byte{1});
  VaultId vault;
  vault.bytes.fill(std::byte{7});
  Bytes expected(32);
  crypto_generichash_blake2b_salt_personal(as_writable_uchar(expected), 32, nullptr, 0, as_uchar(key), key.size(),
                                           as_uchar(vault.bytes), as_uchar(personals::store_key.bytes));
  EXPECT_TRUE(equal(subkey(key, personals::store_key, vault).expose(), expected));
}

// ---- the registry, read from the source so that a new line cannot be forgotten ------------------------------------------

std::string source(const std::string& file) {
  std::ifstream in(std::string(VAULT_SOURCE_DIR) + "/" + file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> names_in(const std::string& text) {
  std::vector<std::string> names;
  const std::regex call("personal\\(\"([^\"]*)\"\\)");
  for (std::sregex_iterator i(text.begin(), text.end(), call), end; i != end; ++i) names.push_back((*i)[1]);
  return names;
}

TEST(PersonalStrings, AreUsedOnceAndAtMost16Bytes) {
  std::map<std::string, int> used;
  for (const std::string& name : names_in(source("vault/crypto/hash.hpp"))) {
    EXPECT_LE(name.size(), 16U) << name;
    EXPECT_TRUE(name.starts_with("vlt1-")) << name;
    EXPECT_EQ(++used[name], 1) << name;
  }
  EXPECT_GE(used.size(), 28U);
}

TEST(PersonalStrings, AreMadeInTheRegistryOnly) {
  for (const auto& file : std::filesystem::recursive_directory_iterator(VAULT_SOURCE_DIR "/vault")) {
    const std::string path = std::filesystem::relative(file.path(), VAULT_SOURCE_DIR).string();
    if (!file.is_regular_file() || path == "vault/crypto/hash.hpp") continue;
    EXPECT_TRUE(names_in(source(path)).empty()) << path;
  }
}

TEST(PersonalStrings, AreZeroPadded) {
  EXPECT_EQ(to_hex(personals::wrap.bytes), "766c74312d7772617000000000000000");
  static_assert(sizeof(Personal) == 16);
}

}  // namespace
}  // namespace vault

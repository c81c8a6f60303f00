// Makes tests/vectors/wrap.json, grant.json, signature.json, key_file.json and recovery_code.json.
#include "tests/support/made_header.hpp"
#include "tests/support/tamper.hpp"
#include "tests/support/vector_file.hpp"
#include "vault/crypto/wrap.hpp"
#include "vault/keyslot/recovery_code.hpp"

namespace vault {
namespace {

class CryptoVectors : public World {
 protected:
  template <std::size_t N>
  ByteArray<N> drawn() {
    ByteArray<N> out{};
    must(random.fill(out));
    return out;
  }
};

TEST_F(CryptoVectors, Wrap) {
  VectorFile file("wrap.json");
  const auto key = drawn<32>();
  const Bytes aad(as_bytes("associated").begin(), as_bytes("associated").end());
  const auto input = [](ByteView k, ByteView a, ByteView wrapped) {
    return Json{{"key", hex(k)}, {"aad", hex(a)}, {"wrapped", hex(wrapped)}};
  };
  for (std::size_t size : {0U, 1U, 32U, 160U, 1000U}) {
    Bytes plain(size);
    must(random.fill(plain));
    const Bytes wrapped = must(wrap_secret(key, aad, plain, random));
    file.good(std::to_string(size) + " bytes", "wrap", input(key, aad, wrapped), {{"plaintext", hex(plain)}});
  }
  const Bytes no_aad = must(wrap_secret(key, {}, aad, random));
  file.good("no associated data", "wrap", input(key, {}, no_aad), {{"plaintext", hex(aad)}});
  const Bytes good = must(wrap_secret(key, aad, drawn<32>(), random));
  const auto refused = [&](const std::string& name, const Json& of) { file.refused(name, "wrap", of, Errc::corrupt); };
  refused("another key", input(touched(key, 0), aad, good));
  refused("other associated data", input(key, touched(aad, 0), good));
  refused("shorter associated data", input(key, ByteView(aad).first(9), good));
  refused("another nonce", input(key, aad, touched(good, 0)));
  refused("another ciphertext", input(key, aad, touched(good, 24)));
  refused("another tag", input(key, aad, touched(good, 24 + 32)));
  refused("another commitment", input(key, aad, touched(good, good.size() - 1)));
  refused("cut by a byte", input(key, aad, ByteView(good).first(good.size() - 1)));
  refused("71 bytes", input(key, aad, ByteView(good).first(71)));
  refused("72 bytes of zero", input(key, aad, Bytes(72)));
  refused("nothing", input(key, aad, {}));
  file.settle();
}

TEST_F(CryptoVectors, Grant) {
  VectorFile file("grant.json");
  const auto vault = must(random_id<VaultId>(random));
  const Person member(random, vault, Role::reader);
  const Person other(random, vault, Role::reader);
  const auto key = drawn<32>();
  const auto team = must(random_id<TeamId>(random));
  const auto input = [&](const Person& who, const VaultId& of, const GrantContext& context, const Grant& grant) {
    return Json{{"vault", hex(of.bytes)},
                {"seed", hex(who.seed.bytes.expose())},
                {"kind", static_cast<int>(context.kind)},
                {"team", hex(context.team.bytes)},
                {"generation", context.generation},
                {"ephemeral", hex(grant.ephemeral)},
                {"wrapped", hex(grant.wrapped)}};
  };
  const std::pair<const char*, GrantContext> contexts[] = {
      {"the vault key, epoch 1", {GrantKind::vault_key, {}, 1}},
      {"the vault key, epoch 2", {GrantKind::vault_key, {}, 2}},
      {"a team key", {GrantKind::team_key, team, 3}},
      {"the fingerprint key", {GrantKind::fingerprint_key, {}, 1}},
      {"the audit secret", {GrantKind::audit_secret, {}, 1}},
  };
  for (const auto& [name, context] : contexts) {
    const Grant grant = must(seal_grant(member.keys.sealing(), vault, context, key, random));
    file.good(name, "grant", input(member, vault, context, grant), {{"key", hex(key)}});
  }
  const GrantContext context{GrantKind::team_key, team, 3};
  const Grant good = must(seal_grant(member.keys.sealing(), vault, context, key, random));
  const auto refused = [&](const std::string& name, const Json& of) { file.refused(name, "grant", of, Errc::corrupt); };
  refused("for another member", input(other, vault, context, good));
  refused("of another vault", input(member, VaultId{}, context, good));
  refused("of another kind", input(member, vault, {GrantKind::vault_key, team, 3}, good));
  refused("of another team", input(member, vault, {GrantKind::team_key, {}, 3}, good));
  refused("of another generation", input(member, vault, {GrantKind::team_key, team, 2}, good));
  for (std::size_t at : {std::size_t{0}, std::size_t{24}, std::size_t{56}, good.wrapped.size() - 1}) {
    Grant bad = good;
    bad.wrapped.at(at) ^= std::byte{1};
    refused("touched in byte " + std::to_string(at) + " of its wrap", input(member, vault, context, bad));
  }
  Grant bad = good;
  bad.ephemeral[5] ^= std::byte{1};
  refused("touched in its ephemeral key", input(member, vault, context, bad));
  bad.ephemeral = {};
  refused("an ephemeral key of small order: 0", input(member, vault, context, bad));
  bad.ephemeral[0] = std::byte{1};
  refused("an ephemeral key of small order: 1", input(member, vault, context, bad));
  file.settle();
}

constexpr std::pair<const char*, SignedType> kSignedTypes[] = {{"body", SignedType::body},
                                                               {"admin", SignedType::admin_list},
                                                               {"slot", SignedType::slot},
                                                               {"commit", SignedType::commit},
                                                               {"succ", SignedType::succession}};

TEST_F(CryptoVectors, Signature) {
  VectorFile file("signature.json");
  const auto vault = must(random_id<VaultId>(random));
  const Person author(random, vault, Role::admin);
  const Bytes message(as_bytes("what is signed").begin(), as_bytes("what is signed").end());
  const auto input = [&](const char* type, ByteView of, const VaultId& in, ByteView key, ByteView signature) {
    return Json{{"type", type},
                {"vault", hex(in.bytes)},
                {"message", hex(of)},
                {"key", hex(key)},
                {"signature", hex(signature)}};
  };
  const ByteArray<32> key = author.keys.signing().bytes;
  const auto refused = [&](const std::string& name, const Json& of) {
    file.refused(name, "signature", of, Errc::corrupt);
  };
  for (const auto& [name, type] : kSignedTypes) {
    const Signature good = author.keys.sign(type, vault, message);
    file.good(std::string("of type ") + name, "signature", input(name, message, vault, key, good));
    for (const auto& [other, its_type] : kSignedTypes) {
      if (its_type != type && (type == SignedType::commit || its_type == SignedType::commit))
        refused(std::string(name) + " taken as " + other, input(other, message, vault, key, good));
    }
  }
  const Signature good = author.keys.sign(SignedType::commit, vault, message);
  file.good("of an empty message", "signature",
            input("commit", {}, vault, key, author.keys.sign(SignedType::commit, vault, {})));
  refused("of another message", input("commit", touched(message, 0), vault, key, good));
  refused("in another vault", input("commit", message, VaultId{}, key, good));
  refused("by another key",
          input("commit", message, vault, Person(random, vault, Role::admin).keys.signing().bytes, good));
  refused("another R", input("commit", message, vault, key, touched(good, 0)));
  refused("another S", input("commit", message, vault, key, touched(good, 40)));
  refused("all zero", input("commit", message, vault, key, Signature{}));
  refused("all zero, by the key zero", input("commit", message, vault, ByteArray<32>{}, Signature{}));
  // S and the group order: the same signature to who does not look.
  const auto order = *from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  Signature higher = good;
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += std::to_integer<unsigned>(good[32 + i]) + std::to_integer<unsigned>(order[i]);
    higher[32 + i] = std::byte(carry & 0xff);
    carry >>= 8;
  }
  refused("S not below the group order", input("commit", message, vault, key, higher));
  file.settle();
}

TEST_F(CryptoVectors, KeyFile) {
  VectorFile file("key_file.json");
  const Bytes bytes = (key_file(), file_bytes(dir() / "key"));
  const std::string good(as_text(bytes));
  const std::string output = hex(must(key_file()->output({})).expose());
  const auto input = [](std::string_view text) { return Json{{"text", hex(as_bytes(text))}}; };
  const auto refused = [&](const std::string& name, const std::string& text) {
    file.refused(name, "key_file", input(text), Errc::usage);
  };
  file.good("as it is written", "key_file", input(good), {{"output", output}});
  file.good("without its newline", "key_file", input(good.substr(0, 69)), {{"output", output}});
  refused("empty", "");
  refused("cut", good.substr(0, 40));
  refused("two newlines", good + "\n");
  refused("a carriage return", good.substr(0, 69) + "\r\n");
  refused("a space at the end", good.substr(0, 69) + " ");
  refused("another version", std::string(good).replace(14, 1, "2"));
  refused("another digit in the checksum", std::string(good).replace(68, 1, good[68] == '0' ? "1" : "0"));
  refused("another letter in the key", std::string(good).replace(20, 1, good[20] == 'A' ? "B" : "A"));
  refused("no letter in the key", std::string(good).replace(20, 1, "-"));
  refused("no padding", std::string(good).replace(59, 1, "A"));
  refused("no space before the checksum", std::string(good).replace(60, 1, "_"));
  std::string capitals = good;
  std::ranges::transform(capitals.begin() + 61, capitals.end(), capitals.begin() + 61,
                         [](char c) { return static_cast<char>(std::toupper(c)); });
  ASSERT_NE(capitals, good);
  refused("a checksum in capitals", capitals);
  std::string bits = good;  // the last letter stands for four bits; the two below them are zero
  ++bits[58];
  refused("bits that no byte has", bits);
  file.settle();
}

TEST_F(CryptoVectors, RecoveryCode) {
  VectorFile file("recovery_code.json");
  const auto input = [](std::string_view text) { return Json{{"text", hex(as_bytes(text))}}; };
  const auto good = [&](const std::string& name, const std::string& text, const Factor& code) {
    file.good(name, "recovery_code", input(text), {{"output", hex(must(code.output({})).expose())}});
  };
  const auto refused = [&](const std::string& name, const std::string& text) {
    file.refused(name, "recovery_code", input(text), Errc::usage);
  };
  for (int i = 0; i < 3; ++i) {
    const auto code = must(RecoveryCodeFactor::create(random));
    good("as it is shown, " + std::to_string(i + 1), text_of(code->text()), *code);
  }
  const std::string shown = "000G-40R4-0M30-E209-185G-R38E-1W81-24GK-R";
  const auto code = must(RecoveryCodeFactor::parse(as_bytes(shown)));
  std::string small = shown, spaced = shown, bare = shown, folded = shown;
  std::ranges::transform(small, small.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
  std::ranges::replace(spaced, '-', ' ');
  std::erase(bare, '-');
  std::ranges::replace(folded, '0', 'o');
  std::ranges::replace(folded, '1', 'I');
  good("in small letters", small, *code);
  good("spaces in place of hyphens", spaced, *code);
  good("without hyphens", bare, *code);
  good("O for 0, I for 1", folded, *code);
  std::ranges::replace(folded, 'I', 'l');
  good("O for 0, l for 1", folded, *code);
  good("hyphens and spaces anywhere", "  0-00G 40R4 0M30-E209 185G R38E 1W81-24G-K-R-- ", *code);
  refused("empty", "");
  refused("one symbol mistyped", "000G-40R4-0M30-E209-185G-R38E-1W81-24GM-R");
  refused("two symbols exchanged", "000G-40R4-0M30-E290-185G-R38E-1W81-24GK-R");
  refused("another check symbol", "000G-40R4-0M30-E209-185G-R38E-1W81-24GK-S");
  refused("no check symbol", "000G-40R4-0M30-E209-185G-R38E-1W81-24GK");
  refused("a symbol too many", shown + "0");
  refused("a check symbol among the others", "*00G-40R4-0M30-E209-185G-R38E-1W81-24GK-R");
  refused("a U among the others", "U00G-40R4-0M30-E209-185G-R38E-1W81-24GK-R");
  refused("a line break", shown + "\n");
  refused("a character that is not ASCII", shown + "\xc2\xa0");
  file.settle();
}

}  // namespace
}  // namespace vault

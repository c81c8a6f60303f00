#include "vault/keyslot/recovery_code.hpp"

#include "tests/support/vectors.hpp"
#include "tests/support/world.hpp"

namespace vault {
namespace {

// Gives the bits of a vector as randomness.
class GivenRandom final : public Random {
 public:
  explicit GivenRandom(Bytes bytes) : bytes_(std::move(bytes)) {}
  Status fill(std::span<std::byte> out) override {
    if (out.size() != bytes_.size()) return Error{Errc::internal, "other bytes are asked for"};
    std::ranges::copy(bytes_, out.begin());
    return {};
  }

 private:
  Bytes bytes_;
};

class RecoveryCode : public World {
 protected:
  using Made = std::shared_ptr<const RecoveryCodeFactor>;
  static Result<Made> parse(std::string_view typed) { return RecoveryCodeFactor::parse(as_bytes(typed)); }
  static std::string text(const RecoveryCodeFactor& code) { return text_of(code.text()); }
  Made made() { return must(RecoveryCodeFactor::create(random)); }
  static bool same(const Factor& a, const Factor& b) { return must(a.output({})) == must(b.output({})); }

  // Refused with a sentence that has this in it, and nothing of what was typed.
  static void expect_refused(std::string_view typed, std::string_view why) {
    auto code = parse(typed);
    ASSERT_TRUE(has_code(code, Errc::usage));
    EXPECT_NE(code.error().message.find(why), std::string::npos) << code.error().message;
    EXPECT_EQ(code.error().message.find(typed.substr(0, 4)), std::string::npos) << code.error().message;
  }
};

TEST_F(RecoveryCode, VectorsAreShownReadAndHashed) {
  const Vectors vectors("recovery_code.txt");
  for (const char* name : {"zeros", "ones", "rising", "one", "star", "tilde", "dollar", "equals", "letter_u"}) {
    SCOPED_TRACE(name);
    auto of = [&](const char* what) { return vectors[std::string(name) + what]; };
    GivenRandom bits(of("_bits"));
    const Made drawn = must(RecoveryCodeFactor::create(bits));
    EXPECT_EQ(text(*drawn), as_text(of("_code")));
    EXPECT_TRUE(equal(must(drawn->output({})).expose(), of("_output")));
    const Made read = must(RecoveryCodeFactor::parse(of("_code")));
    EXPECT_TRUE(equal(must(read->output({})).expose(), of("_output")));
  }
}

TEST_F(RecoveryCode, IsEightGroupsOfFourAndACheckSymbol) {
  const std::string code = text(*made());
  ASSERT_EQ(code.size(), 41U);
  for (std::size_t i = 0; i < code.size(); ++i) EXPECT_EQ(code[i] == '-', i % 5 == 4 && i < 40) << i;
}

TEST_F(RecoveryCode, EachOneIsAnother) { EXPECT_FALSE(same(*made(), *made())); }

TEST_F(RecoveryCode, IsReadHoweverItWasTyped) {
  const Made code = made();
  std::string lower, spaced, together;
  for (char c : text(*code)) {
    lower += static_cast<char>(std::tolower(c));
    spaced += c == '-' ? ' ' : c;
    if (c != '-') together += c;
  }
  for (const std::string& typed : {lower, spaced, together, " - " + lower + "- "}) {
    EXPECT_TRUE(same(*must(parse(typed)), *code)) << typed;
  }
}

TEST_F(RecoveryCode, TheLettersILAndOAreReadAsDigits) {
  const Made zeros = must(parse("0000-0000-0000-0000-0000-0000-0000-0000-0"));
  const Made one = must(parse("0000-0000-0000-0000-0000-0000-0000-0001-1"));
  for (const char* typed : {"OOOO-oooo-0000-0000-0000-0000-0000-0000-O", "0o0O-0000-0000-0000-0000-0000-0000-0000-o"}) {
    EXPECT_TRUE(same(*must(parse(typed)), *zeros)) << typed;
  }
  for (const char* last : {"I-L", "i-1", "L-l", "l-I"}) {
    const std::string typed = "0000-0000-0000-0000-0000-0000-0000-000" + std::string(last);
    EXPECT_TRUE(same(*must(parse(typed)), *one)) << typed;
  }
}

// 37 is a prime above 32: one wrong symbol changes the rest, and so do two neighbours that changed places.
TEST_F(RecoveryCode, EveryOtherSymbolInAnyPlaceIsFound) {
  const std::string code = text(*made());
  constexpr std::string_view symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (code[i] == '-') continue;
    for (char other : symbols) {
      std::string typed = code;
      typed[i] = other;
      if (typed == code) continue;
      EXPECT_CODE(parse(typed), usage) << "place " << i;
    }
  }
}

TEST_F(RecoveryCode, NeighboursThatChangedPlacesAreFound) {
  std::string code = text(*made());
  std::erase(code, '-');
  for (std::size_t i = 0; i + 2 < code.size(); ++i) {
    std::string typed = code;
    std::swap(typed[i], typed[i + 1]);
    if (typed == code) continue;
    EXPECT_CODE(parse(typed), usage) << "place " << i;
  }
}

TEST_F(RecoveryCode, WhatIsWrongIsSaidAndNothingOfItShown) {
  const std::string code = text(*made());
  expect_refused(code.substr(0, 39), "cut");
  expect_refused(code + "Z", "too long");
  expect_refused("?" + code.substr(1), "character that no code has");
  expect_refused("U" + code.substr(1), "only its end");
  expect_refused("0000-0000-0000-0000-0000-0000-0000-0000-1", "check character");
  EXPECT_CODE(parse(""), usage);
  EXPECT_CODE(parse("- -"), usage);
  EXPECT_CODE(parse(std::string(10'000, '0')), usage);
  EXPECT_CODE(parse(code + "\n"), usage);
  EXPECT_CODE(parse(std::string("\xc3\x96") + code), usage);
}

TEST_F(RecoveryCode, TakesNoParameters) {
  const Made code = made();
  EXPECT_TRUE(must(code->new_parameters(random)).empty());
  EXPECT_CODE(code->output(Bytes(1)), corrupt);
  EXPECT_TRUE(code->fits(FactorType::recovery_code));
  EXPECT_FALSE(code->fits(FactorType::key_file));
}

TEST_F(RecoveryCode, OpensItsSlotWithoutTheKdf) {
  const Made code = made();
  Vault vault = create();
  must(vault.add(entry("prod", "tok")));
  must(vault.add_slot({"recovery", {code}}));
  Vault opened = must(open_with({must(parse(text(*code)))}));
  EXPECT_EQ(text_of(must(opened.get(label("prod"))).bytes), "tok");
  EXPECT_EQ(kdf.runs, 0);
  EXPECT_CODE(open_with({made()}), wrong_key);
}

TEST_F(RecoveryCode, IsNeededBesideAnotherFactorOfItsSlot) {
  const Made code = made();
  Vault vault = create();
  must(vault.add_slot({"both", {passphrase(), code}}));
  EXPECT_CODE(open_with({code}), wrong_key);
  EXPECT_CODE(open_with({passphrase()}), wrong_key);
  EXPECT_CODE(open_with({passphrase(), made()}), wrong_key);
  EXPECT_TRUE(open_with({passphrase(), code}));
}

TEST_F(RecoveryCode, IsAWayInThatMayBeTheLast) {
  Vault vault = create();
  must(vault.add_slot({"recovery", {made()}}));
  must(vault.remove_slot("first"));
  EXPECT_CODE(vault.remove_slot("recovery"), limit);
}

}  // namespace
}  // namespace vault

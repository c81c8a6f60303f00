#include "vault/model/label.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <unordered_set>
#include <vector>

namespace vault {
namespace {

using std::string_literals::operator""s;

std::string label_text(std::string_view text) {
  auto label = Label::parse(text);
  return label ? label->text() : "refused: " + label.error().message;
}

Error label_error(std::string_view text) {
  auto label = Label::parse(text);
  return label ? Error{Errc::internal, "accepted"} : label.error();
}

bool refused(std::string_view text) { return label_error(text).code == Errc::usage; }

bool says(const Error& error, std::string_view words) { return error.message.find(words) != std::string::npos; }

rc::Gen<std::string> joined(rc::Gen<std::string> part) {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(std::move(part)),
                      [](const std::vector<std::string>& parts) {
                        std::string text;
                        for (const auto& p : parts) text += p;
                        return text;
                      });
}
// Text that is a legal label more often than not, in and out of normal form.
rc::Gen<std::string> likely_label() {
  return joined(rc::gen::element<std::string>(
      "a", "B", "7", "_", "=", "-x", "/x", ".y", " z", "\xc3\xa9", "e", "\xcc\x81", "\xcc\xa3", "\xf0\x9f\x94\x91",
      "\xe1\x84\x80", "\xe1\x85\xa1", "\xe1\x86\xa8", "\xea\xb0\x80", "\xe0\xa5\x98", "\xe2\x84\xab"));
}
// Bytes of every kind.
rc::Gen<std::string> any_text() {
  auto part = rc::gen::element<std::string>("a", "-", ".", "/", " ", "\xe2\x80\xae", "\xff", "\n", "\x1b", "\xcc\x81",
                                            "\xc2\x9b", "\xee\x80\x80", "\xf0\x9f");
  return rc::gen::oneOf(likely_label(), joined(part), rc::gen::arbitrary<std::string>());
}

TEST(Label, KeepsPlainText) { EXPECT_EQ(label_text("prod-dns"), "prod-dns"); }
TEST(Label, KeepsParts) { EXPECT_EQ(label_text("web/stripe-live"), "web/stripe-live"); }
TEST(Label, KeepsInnerSpaces) { EXPECT_EQ(label_text("my  key"), "my  key"); }
TEST(Label, KeepsOtherScripts) { EXPECT_EQ(label_text("ключ/日本"), "ключ/日本"); }
TEST(Label, KeepsEmoji) { EXPECT_EQ(label_text("\xf0\x9f\x94\x91"), "\xf0\x9f\x94\x91"); }
TEST(Label, KeepsDotsInsideAPart) { EXPECT_EQ(label_text(".hidden/a..b/..."), ".hidden/a..b/..."); }
TEST(Label, KeepsAHyphenAfterASlash) { EXPECT_EQ(label_text("a/-b"), "a/-b"); }
TEST(Label, KeepsCase) { EXPECT_NE(label_text("A"), label_text("a")); }

TEST(Label, ComposesCharacters) { EXPECT_EQ(label_text("caf\x65\xcc\x81"), "caf\xc3\xa9"); }
TEST(Label, ComposesHangul) { EXPECT_EQ(label_text("\xe1\x84\x80\xe1\x85\xa1"), "\xea\xb0\x80"); }
TEST(Label, KeepsTheVowelThatUtf8procSwallows) {
  EXPECT_EQ(label_text("\xea\xb0\x80\xe1\x86\xa7"), "\xea\xb0\x80\xe1\x86\xa7");
}
TEST(Label, OrdersCombiningMarks) { EXPECT_EQ(label_text("a\xcc\x81\xcc\xa3"), label_text("a\xcc\xa3\xcc\x81")); }
TEST(Label, DoesNotFoldCompatibilityForms) {
  EXPECT_EQ(label_text("\xef\xac\x81"), "\xef\xac\x81");
}  // the fi ligature

TEST(Label, TakesTheLongest) { EXPECT_EQ(label_text(std::string(255, 'a')), std::string(255, 'a')); }
TEST(Label, MeasuresAfterNormalising) {
  std::string decomposed, composed;
  for (int i = 0; i < 127; ++i) decomposed += "e\xcc\x81", composed += "\xc3\xa9";
  EXPECT_EQ(label_text(decomposed), composed);
}
TEST(Label, RefusesEmpty) { EXPECT_TRUE(refused("")); }
TEST(Label, RefusesTooLong) { EXPECT_TRUE(says(label_error(std::string(256, 'a')), "longer than 255 bytes")); }
TEST(Label, RefusesWhatGrowsTooLongByNormalising) {
  std::string text;
  for (int i = 0; i < 84; ++i) text += "\xe0\xa5\x98";  // U+0958, three bytes that become six
  EXPECT_TRUE(says(label_error(text), "longer than 255 bytes"));
}
TEST(Label, RefusesHugeInputWithoutNormalisingIt) { EXPECT_TRUE(refused(std::string(50'000'000, '\xcc'))); }
TEST(Label, RefusesALeadingHyphen) { EXPECT_TRUE(says(label_error("-rf"), "read as an option")); }
TEST(Label, RefusesALeadingSpace) { EXPECT_TRUE(says(label_error(" a"), "begins with a space")); }
TEST(Label, RefusesATrailingSpace) { EXPECT_TRUE(says(label_error("a "), "ends with a space")); }
TEST(Label, RefusesOneSpace) { EXPECT_TRUE(refused(" ")); }
TEST(Label, RefusesEmptyParts) {
  for (auto text : {"/", "/a", "a/", "a//b"}) EXPECT_TRUE(says(label_error(text), "empty part")) << text;
}
TEST(Label, RefusesDotParts) {
  for (auto text : {".", "./a", "a/./b", "a/."}) EXPECT_TRUE(says(label_error(text), "part '.'")) << text;
}
TEST(Label, RefusesDotDotParts) {
  for (auto text : {"..", "../a", "a/../b", "a/.."}) EXPECT_TRUE(says(label_error(text), "part '..'")) << text;
}
TEST(Label, RefusesInvalidUtf8) {
  for (auto text :
       {"\xff", "a\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "\xf8\x88"}) {
    EXPECT_TRUE(says(label_error(text), "not valid UTF-8")) << printable(text);
  }
}
TEST(Label, RefusesControlCharacters) {
  for (int c = 0; c < 0x20; ++c) EXPECT_TRUE(refused("a"s + static_cast<char>(c) + "b")) << c;
  EXPECT_TRUE(refused("a\x7f"));
  EXPECT_TRUE(refused("a\xc2\x85"));  // NEL, a C1 control
}
TEST(Label, RefusesAZeroByte) { EXPECT_TRUE(refused("a\0b"s)); }
TEST(Label, RefusesBidiControls) { EXPECT_TRUE(says(label_error("a\xe2\x80\xae"), "U+202E")); }
TEST(Label, RefusesZeroWidthCharacters) {
  for (auto text : {"a\xe2\x80\x8b", "a\xe2\x80\x8d",
                    "\xef\xbb\xbf"
                    "a",
                    "a\xc2\xad"})
    EXPECT_TRUE(refused(text)) << text;
}
TEST(Label, RefusesPrivateUse) { EXPECT_TRUE(says(label_error("\xee\x80\x80"), "U+E000")); }
TEST(Label, RefusesUnassigned) { EXPECT_TRUE(says(label_error("\xcd\xb8"), "U+0378")); }
TEST(Label, RefusesNoncharacters) { EXPECT_TRUE(says(label_error("\xef\xbf\xbf"), "U+FFFF")); }
TEST(Label, RefusesLineAndParagraphSeparators) {
  EXPECT_TRUE(refused("a\xe2\x80\xa8"));
  EXPECT_TRUE(refused("a\xe2\x80\xa9"));
}
TEST(Label, RefusesOtherSpaces) {
  EXPECT_TRUE(says(label_error("a\xc2\xa0"
                               "b"),
                   "U+00A0"));
  EXPECT_TRUE(says(label_error("a\xe3\x80\x80"
                               "b"),
                   "U+3000"));
}
TEST(Label, QuotesRefusedTextSafely) {
  EXPECT_TRUE(says(label_error("a\x1b[2J\xff"), R"("a\x1b[2J\xff")")) << label_error("a\x1b[2J\xff").message;
}
TEST(Label, QuotesAtMost64Characters) { EXPECT_LT(label_error(std::string(100'000, 'x')).message.size(), 200u); }

TEST(Label, OrdersByBytes) {
  std::set<Label> labels;
  for (auto text : {"b", "a", "\xc3\xa9", "Z", "a/b"}) labels.insert(*Label::parse(text));
  std::vector<std::string> texts;
  for (const auto& label : labels) texts.push_back(label.text());
  EXPECT_EQ(texts, (std::vector<std::string>{"Z", "a", "a/b", "b", "\xc3\xa9"}));
}
TEST(Label, HashesAlikeWhenWrittenInTwoForms) {
  std::unordered_set<Label> labels{*Label::parse("caf\xc3\xa9")};
  EXPECT_EQ(labels.count(*Label::parse("cafe\xcc\x81")), 1u);
}

RC_GTEST_PROP(LabelProperty, ParsingIsIdempotent, ()) {
  auto label = Label::parse(*likely_label());
  RC_CLASSIFY(bool(label), "legal");
  if (!label) return;
  auto again = Label::parse(label->text());
  RC_ASSERT(bool(again));
  RC_ASSERT(*again == *label);
}
RC_GTEST_PROP(LabelProperty, AcceptedLabelsKeepTheGrammar, ()) {
  auto label = Label::parse(*any_text());
  if (!label) return;
  const auto& text = label->text();
  RC_ASSERT(!text.empty());
  RC_ASSERT(text.size() <= kMaxLabelBytes);
  RC_ASSERT(text.front() != '-');
  RC_ASSERT(text.front() != ' ');
  RC_ASSERT(text.back() != ' ');
  for (auto part : {"//", "/./", "/../"}) RC_ASSERT(("/" + text + "/").find(part) == std::string::npos);
  RC_ASSERT(printable(text) == text);
}
RC_GTEST_PROP(LabelProperty, RefusalsAreUsageAndSafeToShow, ()) {
  auto label = Label::parse(*any_text());
  if (label) return;
  RC_ASSERT(label.error().code == Errc::usage);
  RC_ASSERT(printable(label.error().message) == label.error().message);
}

TEST(Name, IsNormalised) { EXPECT_EQ(*parse_name("team", "caf\x65\xcc\x81"), "caf\xc3\xa9"); }
TEST(Name, MayHoldSlashesAndDots) { EXPECT_EQ(*parse_name("key name", "a//b/../."), "a//b/../."); }
TEST(Name, Takes64Bytes) { EXPECT_TRUE(parse_name("team", std::string(64, 'a'))); }
TEST(Name, Beyond64BytesIsLimit) { EXPECT_EQ(parse_name("team", std::string(65, 'a')).error().code, Errc::limit); }
TEST(Name, HugeIsLimit) { EXPECT_EQ(parse_name("team", std::string(9'000'000, 'a')).error().code, Errc::limit); }
TEST(Name, EmptyIsUsage) { EXPECT_EQ(parse_name("team", "").error().code, Errc::usage); }
TEST(Name, RefusesTheCharactersThatLabelsRefuse) {
  for (auto text : {" a", "a ", "-a", "a\n", "\xff", "a\xe2\x80\xae", "a\xc2\xa0"}) {
    EXPECT_EQ(parse_name("team", text).error().code, Errc::usage) << printable(text);
  }
}
TEST(Name, MessageNamesTheField) { EXPECT_TRUE(says(parse_name("account", "a\n").error(), "account \"a\\n\"")); }

TEST(Note, KeepsNewlinesAndTabs) { EXPECT_EQ(*parse_note("a\n\tb\n"), "a\n\tb\n"); }
TEST(Note, MayBeEmpty) { EXPECT_EQ(*parse_note(""), ""); }
TEST(Note, IsNotNormalised) { EXPECT_EQ(*parse_note("e\xcc\x81"), "e\xcc\x81"); }
TEST(Note, Takes16KiB) { EXPECT_TRUE(parse_note(std::string(kMaxNoteBytes, 'a'))); }
TEST(Note, Beyond16KiBIsLimit) { EXPECT_EQ(parse_note(std::string(kMaxNoteBytes + 1, 'a')).error().code, Errc::limit); }
TEST(Note, RefusesOtherControls) {
  for (auto text : {"\r\n", "\x1b[31m", "\x7f", "\xc2\x9b"}) {
    EXPECT_EQ(parse_note(text).error().code, Errc::usage) << printable(text);
  }
}
TEST(Note, RefusesInvalidUtf8) { EXPECT_TRUE(says(parse_note("ok\xff").error(), "at byte 2")); }
TEST(Note, MessageDoesNotQuoteIt) { EXPECT_FALSE(says(parse_note("hunter2\r").error(), "hunter2")); }

TEST(Printable, KeepsPlainText) { EXPECT_EQ(printable("a\\b é 日本"), "a\\b é 日本"); }
TEST(Printable, EscapesControls) { EXPECT_EQ(printable("\x1b[31m\n\r\t\x7f"), R"(\x1b[31m\n\r\t\x7f)"); }
TEST(Printable, EscapesC1Controls) { EXPECT_EQ(printable("\xc2\x9b"), R"(\u{9b})"); }
TEST(Printable, EscapesZeroBytes) { EXPECT_EQ(printable("\0"s), R"(\x00)"); }
TEST(Printable, EscapesInvalidUtf8ByteByByte) { EXPECT_EQ(printable("\xe2\x80z"), R"(\xe2\x80z)"); }
TEST(Printable, EscapesBidiControls) { EXPECT_EQ(printable("\xe2\x80\xae"), R"(\u{202e})"); }
TEST(Printable, EscapesLineSeparators) { EXPECT_EQ(printable("\xe2\x80\xa8"), R"(\u{2028})"); }
TEST(InQuotes, CutsAfter64Characters) {
  EXPECT_EQ(in_quotes(std::string(70, 'x')), '"' + std::string(64, 'x') + "\"...");
}
TEST(InQuotes, NeverCutsACharacter) {
  std::string keys;
  for (int i = 0; i < 64; ++i) keys += "\xf0\x9f\x94\x91";
  EXPECT_EQ(in_quotes(keys), '"' + keys + '"');
}

RC_GTEST_PROP(PrintableProperty, IsIdempotent, ()) {
  auto once = printable(*any_text());
  RC_ASSERT(printable(once) == once);
}
RC_GTEST_PROP(PrintableProperty, LeavesNoControlByte, ()) {
  for (char c : printable(*any_text())) RC_ASSERT(!(static_cast<unsigned char>(c) < 0x20 || c == 0x7f));
}

}  // namespace
}  // namespace vault

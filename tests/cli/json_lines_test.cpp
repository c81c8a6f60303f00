#include "vault/cli/json_lines.hpp"

#include <fcntl.h>
#include <rapidcheck.h>

#include <fstream>

#include "tests/support/slow_files.hpp"
#include "tests/support/world.hpp"
#include "vault/cli/output.hpp"
#include "vault/model/time_text.hpp"

namespace vault::cli {
namespace {

const Time kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22);

testing::AssertionResult has(const std::string& text, std::string_view part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << text << " has no " << part;
}

std::string shown(std::string_view line) { return std::string(line.substr(0, 80)); }

// ---- what is refused, with its code and sentence ----

struct Refused {
  std::string_view line;
  std::string_view sentence;
  Errc code = Errc::usage;
};

void expect_refused(const Refused& c) {
  SCOPED_TRACE(shown(c.line));
  auto entry = parse_entry_line(c.line, 17, kNow);
  ASSERT_FALSE(entry);
  EXPECT_EQ(name(entry.error().code), name(c.code)) << entry.error().message;
  EXPECT_TRUE(has(entry.error().message, c.sentence));
  EXPECT_TRUE(has(entry.error().message, "line 17"));
  EXPECT_EQ(entry.error().message.find("SECRET"), std::string::npos) << entry.error().message;
}

TEST(JsonLines, RefusesWhatIsNoObject) {
  for (const Refused& c : std::initializer_list<Refused>{
           {"", "the line must be an object"},
           {" ", "the line must be an object"},
           {"[]", "the line must be an object"},
           {"\"SECRET\"", "the line must be an object"},
           {"12", "the line must be an object"},
           {"null", "the line must be an object"},
           {"true", "the line must be an object"},
           {"SECRET", "the line must be an object"},
           {"'SECRET'", "the line must be an object"},
           {"// SECRET", "the line must be an object"},
           {"#SECRET", "the line must be an object"},
           {"]", "the line must be an object"},
           {"}", "the line must be an object"},
           {"\xef\xbb\xbf{\"label\":\"a\",\"token\":\"SECRET\"}", "byte order mark"},
           {"[{\"label\":\"a\",\"token\":\"SECRET\"}]", "the line must be an object"},
       })
    expect_refused(c);
}

TEST(JsonLines, RefusesBrokenGrammar) {
  for (const Refused& c : std::initializer_list<Refused>{
           {"{", "the line ends too early"},
           {"{ ", "the line ends too early"},
           {"{\"label\"", "a colon is missing"},
           {"{\"label\":", "label must be a text"},
           {"{\"label\" \"a\"}", "a colon is missing"},
           {"{\"label\"=\"a\"}", "a colon is missing"},
           {"{\"label\"::\"a\"}", "label must be a text"},
           {"{\"label\":\"a\"", "the line ends too early"},
           {"{\"label\":\"a\",", "a key in double quotes is missing"},
           {"{\"label\":\"a\",}", "a comma before }"},
           {"{\"label\":\"a\", }", "a comma before }"},
           {"{,}", "a key in double quotes is missing"},
           {"{,\"label\":\"a\"}", "a key in double quotes is missing"},
           {"{\"label\":\"a\",,\"token\":\"SECRET\"}", "a key in double quotes is missing"},
           {"{\"label\":\"a\" \"token\":\"SECRET\"}", "a comma or } is missing"},
           {"{\"label\":\"a\";\"token\":\"SECRET\"}", "a comma or } is missing"},
           {"{\"label\":\"a\"]", "a comma or } is missing"},
           {"{label:\"a\"}", "a key in double quotes is missing"},
           {"{'label':\"a\"}", "a key in double quotes is missing"},
           {"{\"label\":'a'}", "label must be a text"},
           {"{\"label\":a}", "label must be a text"},
           {"{1:\"a\"}", "a key in double quotes is missing"},
           {"{null:\"a\"}", "a key in double quotes is missing"},
           {"{{}:\"a\"}", "a key in double quotes is missing"},
           {"{\"label", "the line ends within a text"},
           {"{\"label\":\"a", "the line ends within a text"},
           {"{\"label\":\"a\\\"}", "the line ends within a text"},
           {"{\"label\":\"a\\", "the line ends within a text"},
           {"{\"label\":\"a\",\"token\":\"SECRET\"} x", "something follows"},
           {"{\"label\":\"a\",\"token\":\"SECRET\"}{}", "something follows"},
           {"{\"label\":\"a\",\"token\":\"SECRET\"},", "something follows"},
           {"{\"label\":\"a\",\"token\":\"SECRET\"}}", "something follows"},
           {"{\"label\":\"a\",\"token\":\"SECRET\"} {\"label\":\"b\",\"token\":\"SECRET\"}", "something follows"},
           {"{\"label\":\"a\",\"token\":\"SECRET\"}//", "something follows"},
           {"{/**/\"label\":\"a\"}", "a key in double quotes is missing"},
           {"{\"label\":/**/\"a\"}", "label must be a text"},
           {"{\"label\":\"a\"/**/}", "a comma or } is missing"},
           {"{\f\"label\":\"a\"}", "a key in double quotes is missing"},
           {"{\v\"label\":\"a\"}", "a key in double quotes is missing"},
           {"{\xc2\xa0\"label\":\"a\"}", "a key in double quotes is missing"},
       })
    expect_refused(c);
}

TEST(JsonLines, RefusesBytesThatAreNoText) {
  using namespace std::string_view_literals;
  for (const Refused& c : std::initializer_list<Refused>{
           {"{\"label\":\"a\",\"token\":\"SECRET\xff\"}", "not valid UTF-8"},
           {"{\"label\":\"a\",\"token\":\"\xc3\"}", "not valid UTF-8"},
           {"{\"label\":\"a\",\"token\":\"\xc0\x80\"}", "not valid UTF-8"},
           {"{\"label\":\"a\",\"token\":\"\xe0\x80\x80\"}", "not valid UTF-8"},
           {"{\"label\":\"a\",\"token\":\"\xed\xa0\x80\"}", "not valid UTF-8"},
           {"{\"label\":\"a\",\"token\":\"\xf4\x90\x80\x80\"}", "not valid UTF-8"},
           {"{\"label\":\"a\",\"token\":\"\xf8\x88\x80\x80\x80\"}", "not valid UTF-8"},
           {"{\"lab\xff\":\"a\"}", "not valid UTF-8"},
           {"\xff\xfe{\0", "not valid UTF-8"},
           {"{\"label\":\"a\0b\"}"sv, "control character"},
           {"{\"label\":\"a\",\"token\":\"SEC\0RET\"}"sv, "control character"},
           {"{\"la\0bel\":\"a\"}"sv, "control character"},
           {"\0{}"sv, "the line must be an object"},
           {"{\0}"sv, "a key in double quotes is missing"},
           {"{\"label\":\"a\"\0}"sv, "a comma or } is missing"},
           {"{\"label\":\"a\",\"token\":\"x\"}\0"sv, "something follows"},
           {"{\"label\":\"a\tb\"}", "control character"},
           {"{\"label\":\"a\nb\"}", "control character"},
           {"{\"label\":\"a\rb\"}", "control character"},
           {"{\"label\":\"a\x1f\"}", "control character"},
           {"{\"label\":\"a\",\"note\":\"\x01\"}", "control character"},
       })
    expect_refused(c);
}

TEST(JsonLines, RefusesEscapesThatStandForNothing) {
  for (const Refused& c : std::initializer_list<Refused>{
           {R"({"label":"a\x"})", "no such escape"},
           {R"({"label":"a\'"})", "no such escape"},
           {R"({"label":"a\0"})", "no such escape"},
           {R"({"label":"a\U0041"})", "no such escape"},
           {R"({"label":"a\ "})", "no such escape"},
           {R"({"label":"\u"})", "four hexadecimal digits"},
           {R"({"label":"\u1"})", "four hexadecimal digits"},
           {R"({"label":"\u12"})", "four hexadecimal digits"},
           {R"({"label":"\u123"})", "four hexadecimal digits"},
           {R"({"label":"\u123g"})", "four hexadecimal digits"},
           {R"({"label":"\u-123"})", "four hexadecimal digits"},
           {R"({"label":"\u 123"})", "four hexadecimal digits"},
           {R"({"label":"\u0x1"})", "four hexadecimal digits"},
           {R"({"label":"\u{41}"})", "four hexadecimal digits"},
           {R"({"label":"\u00)", "four hexadecimal digits"},
           {R"({"label":"a","token":"\ud800"})", "half a surrogate pair"},
           {R"({"label":"a","token":"\udc00"})", "half a surrogate pair"},
           {R"({"label":"a","token":"\udfff"})", "half a surrogate pair"},
           {R"({"label":"a","token":"\ud800x"})", "half a surrogate pair"},
           {R"({"label":"a","token":"\ud800\n"})", "half a surrogate pair"},
           {R"({"label":"a","token":"\ud800\ud800"})", "half a surrogate pair"},
           {R"({"label":"a","token":"\ud800\u0041"})", "half a surrogate pair"},
           {R"({"label":"a","token":"\ud800\u"})", "half a surrogate pair"},
           {R"({"label":"a","token":"\ud800\udc0"})", "half a surrogate pair"},
           {R"({"label":"a","token":"\udc00\ud800"})", "half a surrogate pair"},
           {R"({"label":"a","token":"\uD83D"})", "half a surrogate pair"},
           {R"({"label":"\ud800"})", "half a surrogate pair"},
           {R"({"\ud800":"a"})", "half a surrogate pair"},
       })
    expect_refused(c);
}

TEST(JsonLines, RefusesKeysItDoesNotKnow) {
  for (const Refused& c : std::initializer_list<Refused>{
           {R"({"SECRET":"a"})", "an unknown key"},
           {R"({"Label":"a"})", "an unknown key"},
           {R"({"LABEL":"a"})", "an unknown key"},
           {R"({"":"a"})", "an unknown key"},
           {R"({"label ":"a"})", "an unknown key"},
           {R"({" label":"a"})", "an unknown key"},
           {R"({"labels":["a"]})", "an unknown key"},
           {R"({"lab":"a"})", "an unknown key"},
           {R"({"name":"a"})", "an unknown key"},
           {R"({"label\u0000":"a"})", "an unknown key"},
           {R"({"\u0000":"a"})", "an unknown key"},
           {R"({"scope":["a"]})", "an unknown key"},
           {R"({"field":[]})", "an unknown key"},
           {R"({"secret":"SECRET"})", "an unknown key"},
           {R"({"password":"SECRET"})", "an unknown key"},
           {R"({"value":"SECRET"})", "an unknown key"},
           {R"({"keyName":"a"})", "an unknown key"},
           {R"({"key-name":"a"})", "an unknown key"},
           {R"({"replace_tombstone":true})", "an unknown key"},
           {R"({"origin":"a"})", "an unknown key"},
           {R"({"__proto__":{}})", "an unknown key"},
           {R"({"label":"a","token":"SECRET","SECRET":"x"})", "add a, line 17: "},
           {R"({"label":"a","fields":[{"name":"n","value":"SECRET"}]})", "an unknown key of a field"},
           {R"({"label":"a","fields":[{"label":"n"}]})", "an unknown key of a field"},
           {R"({"label":"a","fields":[{"SECRET":"n"}]})", "an unknown key of a field"},
           {R"({"label":"a","fields":[{"":"n"}]})", "an unknown key of a field"},
       })
    expect_refused(c);
}

TEST(JsonLines, RefusesKeysThatAreThereTwice) {
  for (std::string_view key : {"label", "issuer", "account", "team", "issued", "expires", "period", "key_name",
                               "minted_by", "minted_with", "note", "token"}) {
    const std::string line = "{\"" + std::string(key) + "\":\"SECRET\",\"" + std::string(key) + "\":\"SECRET\"}";
    expect_refused({line.substr(0, 8) == "{\"label\"" ? R"({"label":"x","label":"x"})" : line, "is there twice"});
  }
  for (const Refused& c : std::initializer_list<Refused>{
           {R"({"label":"a","\u006cabel":"b"})", "the key \"label\" is there twice"},
           {R"({"fingerprint":true,"fingerprint":true})", "the key \"fingerprint\" is there twice"},
           {R"({"hint":true,"hint":false})", "the key \"hint\" is there twice"},
           {R"({"allow_empty":true,"allow_empty":false})", "the key \"allow_empty\" is there twice"},
           {R"({"scopes":[],"scopes":[]})", "the key \"scopes\" is there twice"},
           {R"({"fields":[],"fields":[]})", "the key \"fields\" is there twice"},
           {R"({"attributes":{},"attributes":{}})", "the key \"attributes\" is there twice"},
           {R"({"label":"a","attributes":{"k":"1","k":"2"}})", "an attribute is there twice"},
           {R"({"label":"a","attributes":{"k":"1","\u006b":"2"}})", "an attribute is there twice"},
           {R"({"label":"a","fields":[{"name":"n","name":"n"}]})", "the key \"name\" is there twice"},
           {R"({"label":"a","fields":[{"text":"n","text":"n"}]})", "the key \"text\" is there twice"},
           {R"({"label":"a","fields":[{"base64":"","base64":""}]})", "the key \"base64\" is there twice"},
           {R"({"label":"a","fields":[{"secret":true,"secret":true}]})", "the key \"secret\" is there twice"},
       })
    expect_refused(c);
}

// Every key with every kind of value that it does not take.
TEST(JsonLines, RefusesValuesOfAnotherKind) {
  const std::vector<std::string> not_texts{
      "1",   "-1",       "1.5", "1e5", "true", "false", "null", "{}", "[]", "[\"SECRET\"]", "{\"SECRET\":1}",
      "NaN", "Infinity", "\\",  "+1",  "0x10", "01",    ".5"};
  for (std::string_view key : {"label", "issuer", "account", "team", "issued", "expires", "period", "key_name",
                               "minted_by", "minted_with", "note", "token"}) {
    for (const std::string& value : not_texts) {
      expect_refused({"{\"" + std::string(key) + "\":" + value + "}", std::string(key) + " must be a text"});
    }
  }
  for (std::string_view key : {"fingerprint", "hint", "allow_empty"}) {
    for (std::string_view value :
         {"1", "0", "null", "\"true\"", "\"SECRET\"", "{}", "[]", "True", "TRUE", "yes", "tru"}) {
      const std::string line = "{\"" + std::string(key) + "\":" + std::string(value) + "}";
      expect_refused({line, std::string(key) + " must be true or false"});
    }
  }
  for (std::string_view value : {"1", "null", "true", "\"SECRET\"", "{}", "{\"a\":1}"}) {
    expect_refused({"{\"scopes\":" + std::string(value) + "}", "scopes must be a list"});
    expect_refused({"{\"fields\":" + std::string(value) + "}", "fields must be a list"});
  }
  for (std::string_view value : {"1", "null", "true", "\"SECRET\"", "[]"}) {
    expect_refused({"{\"attributes\":" + std::string(value) + "}", "attributes must be an object"});
    expect_refused({"{\"fields\":[" + std::string(value) + "]}", "a field must be an object"});
  }
  for (std::string_view value : {"1", "null", "true", "{}", "[]", "[[]]"}) {
    expect_refused({"{\"scopes\":[" + std::string(value) + "]}", "a scope must be a text"});
    expect_refused({"{\"attributes\":{\"k\":" + std::string(value) + "}}", "an attribute must be a text"});
    expect_refused({"{\"fields\":[{\"name\":" + std::string(value) + "}]}", "name must be a text"});
    expect_refused({"{\"fields\":[{\"text\":" + std::string(value) + "}]}", "text must be a text"});
    expect_refused({"{\"fields\":[{\"base64\":" + std::string(value) + "}]}", "base64 must be a text"});
  }
  expect_refused({R"({"fields":[{"secret":"yes"}]})", "secret must be true or false"});
  expect_refused({R"({"fields":[{"secret":1}]})", "secret must be true or false"});
}

TEST(JsonLines, RefusesDeepNestingWithoutGoingDown) {
  for (std::string_view key : {"label", "token", "scopes", "fields", "attributes", "hint", "x"}) {
    for (char bracket : {'[', '{'}) {
      const std::string line = "{\"" + std::string(key) + "\":" + std::string(1'000'000, bracket);
      EXPECT_FALSE(parse_entry_line(line, 17, kNow)) << key << bracket;
    }
  }
  EXPECT_FALSE(parse_entry_line(std::string(1'000'000, '{'), 17, kNow));
}

TEST(JsonLines, RefusesListsThatAreBroken) {
  for (const Refused& c : std::initializer_list<Refused>{
           {R"({"scopes":[})", "a scope must be a text"},
           {R"({"scopes":[)", "the line ends too early"},
           {R"({"scopes":["a")", "the line ends too early"},
           {R"({"scopes":["a",)", "a scope must be a text"},
           {R"({"scopes":["a",]})", "a comma before ]"},
           {R"({"scopes":[,]})", "a scope must be a text"},
           {R"({"scopes":["a" "b"]})", "a comma or ] is missing"},
           {R"({"scopes":["a"}})", "a comma or ] is missing"},
           {R"({"scopes":["a"]])", "a comma or } is missing"},
           {R"({"attributes":{"a"}})", "a colon is missing"},
           {R"({"attributes":{"a":"b",}})", "a comma before }"},
           {R"({"attributes":{"a":"b"]})", "a comma or } is missing"},
           {R"({"fields":[{}]})", "a field's \"name\" is missing"},
           {R"({"fields":[{"text":"SECRET"}]})", "a field's \"name\" is missing"},
           {R"({"fields":[{"name":"n"}]})", "in \"text\" or in \"base64\""},
           {R"({"fields":[{"name":"n","text":"SECRET","base64":""}]})", "in \"text\" or in \"base64\""},
           {R"({"fields":[{"name":"n","text":"SECRET"},]})", "a comma before ]"},
           {R"({"fields":[{"name":"n","text":"SECRET",}]})", "a comma before }"},
       })
    expect_refused(c);
}

TEST(JsonLines, RefusesBase64ThatIsNotCanonical) {
  for (std::string_view value : {"A",     "AA",    "AAA",     "AA=",        "AAA==",    "====",      "=AAA", "A=AA",
                                 "AA=A",  "A===",  "AB==",    "AAB=",       "AA==AA==", "AA==AAAA",  "AA-_", "AA A",
                                 " AAAA", "AAAA ", "AAAA\\n", "AA\\u0000A", "A!AA",     "\\u00e9AAA"}) {
    const std::string line =
        "{\"label\":\"a\",\"fields\":[{\"name\":\"n\",\"base64\":\"" + std::string(value) + "\"}]}";
    expect_refused({line, "is not base64"});
  }
}

TEST(JsonLines, RefusesWhatMakesNoSense) {
  for (const Refused& c : std::initializer_list<Refused>{
           {"{}", "the key \"label\" is missing"},
           {R"({"token":"SECRET"})", "the key \"label\" is missing"},
           {R"({"label":"","token":"SECRET"})", "the value of \"label\" is refused"},
           {R"({"label":"-x","token":"SECRET"})", "the value of \"label\" is refused"},
           {R"({"label":"a//b","token":"SECRET"})", "the value of \"label\" is refused"},
           {R"({"label":"..","token":"SECRET"})", "the value of \"label\" is refused"},
           {R"({"label":" a","token":"SECRET"})", "the value of \"label\" is refused"},
           {R"({"label":"a\u0000b","token":"SECRET"})", "the value of \"label\" is refused"},
           {R"({"label":"a\nb","token":"SECRET"})", "the value of \"label\" is refused"},
           {R"({"label":"a\u202eb","token":"SECRET"})", "the value of \"label\" is refused"},
           {R"({"label":"a","scopes":[""]})", "the value of \"scopes\" is refused"},
           {R"({"label":"a","scopes":["x\u0000"]})", "the value of \"scopes\" is refused"},
           {R"({"label":"a","expires":"SECRET"})", "the value of \"expires\" is refused"},
           {R"({"label":"a","expires":""})", "the value of \"expires\" is refused"},
           {R"({"label":"a","expires":"90"})", "the value of \"expires\" is refused"},
           {R"({"label":"a","expires":"2026-02-30"})", "the value of \"expires\" is refused"},
           {R"({"label":"a","expires":"101y"})", "at most 100 years", Errc::limit},
           {R"({"label":"a","issued":"SECRET"})", "the value of \"issued\" is refused"},
           {R"({"label":"a","issued":"90d"})", "the value of \"issued\" is refused"},
           {R"({"label":"a","issued":"never"})", "the value of \"issued\" is refused"},
       })
    expect_refused(c);
}

std::string repeated(std::string_view item, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += (i == 0 ? "" : ",") + std::string(item);
  return out;
}

TEST(JsonLines, RefusesMoreThanAVersionHolds) {
  expect_refused({"{\"label\":\"a\",\"scopes\":[" + repeated("\"s\"", 257) + "]}", "at most 256 scopes", Errc::limit});
  expect_refused({"{\"label\":\"a\",\"scopes\":[\"" + std::string(129, 's') + "\"]}", "1 to 128 bytes", Errc::limit});
  expect_refused({"{\"label\":\"a\",\"fields\":[" + repeated(R"({"name":"n","text":"SECRET"})", 65) + "]}",
                  "at most 64 fields", Errc::limit});
  std::string attributes;
  for (int i = 0; i < 65; ++i) attributes += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":\"\"";
  expect_refused({"{\"label\":\"a\",\"attributes\":{" + attributes + "}}", "at most 64 attributes", Errc::limit});
}

// ---- no message shows a value: where columns were swapped it is a secret ----

class SwappedColumns : public World {
 protected:
  static constexpr std::string_view kCanary = "Q7zK2wX9pV4m";

  // Every @ becomes the canary.
  static std::string planted(std::string_view text) {
    std::string out;
    for (char c : text) out += c == '@' ? std::string(kCanary) : std::string(1, c);
    return out;
  }

  static std::string canaries(std::size_t bytes) {
    std::string out;
    while (out.size() < bytes) out += kCanary;
    return out;
  }

  // What `add --json-lines` would say to a line: its parser's word, or the vault's.
  Error refusal(const std::string& line) {
    auto entry = parse_entry_line(line, 17, kNow);
    if (!entry) return entry.error();
    std::vector<NewEntry> one;
    one.push_back(std::move(*entry));
    auto added = vault_.add_all(std::move(one));
    return added ? Error{Errc::internal, "it was stored"} : added.error();
  }

  static void expect_nothing_of_the_canary(const std::string& text) {
    for (std::size_t i = 0; i + 6 <= kCanary.size(); ++i)
      EXPECT_EQ(text.find(kCanary.substr(i, 6)), std::string::npos) << text;
  }

  void expect_hidden(const std::string& line, std::string_view sentence) {
    SCOPED_TRACE(shown(line));
    const Error error = refusal(line);
    EXPECT_TRUE(has(error.message, sentence));
    EXPECT_TRUE(has(error.message, "line 17"));
    expect_nothing_of_the_canary(error.message);
    expect_nothing_of_the_canary(json::error(error));
  }

  void expect_member_hidden(const std::string& member, std::string_view sentence) {
    expect_hidden(R"({"label":"x","token":"t",)" + member + "}", sentence);
  }

  Vault vault_ = create();
};

const std::vector<std::string> kNoNames{R"(@\n)",     R"(@\u0000@)", R"(\u001b@)", " @",
                                        "@ ",         "-@",          R"(@\u202e)", R"(@\u2028@)",
                                        R"(@\u0378)", R"(@\u00a0@)", "@@@@@@",     R"(\u3000@)"};

TEST_F(SwappedColumns, NamesAreNotShown) {
  for (const std::string key : {"issuer", "account", "team", "key_name", "minted_by", "period"}) {
    const std::string sentence = "the value of \"" + key + "\" is refused";
    for (const std::string& value : kNoNames)
      expect_member_hidden("\"" + key + "\":\"" + planted(value) + "\"", sentence);
    expect_member_hidden("\"" + key + "\":\"" + canaries(5000) + "\"", sentence);
    expect_member_hidden("\"" + key + "\":[\"" + canaries(1) + "\"]", key + " must be a text");
  }
  expect_member_hidden(planted(R"("issuer":"@")"),
                       "the value of \"issuer\" names no issuer of this vault; there are: 101domain, generic");
}

TEST_F(SwappedColumns, ALabelThatIsNoneIsNotShown) {
  std::vector<std::string> values = kNoNames;
  values.back() = canaries(256);
  values[values.size() - 2] = canaries(5000);
  for (std::string_view more : {"@//x", "/@", "@/", "@/./x", "../@", "@/.."}) values.emplace_back(more);
  for (const std::string& value : values)
    expect_hidden(R"({"label":")" + planted(value) + R"(","token":"t"})", "the value of \"label\" is refused");
}

TEST_F(SwappedColumns, WhatIsOneOfFewIsNotShown) {
  for (std::string_view key : {"minted_with", "issued", "expires"}) {
    for (std::string_view value : {"@", " @", R"(@\n)", "2fa @", "2030-01-31@", "90d@"}) {
      expect_member_hidden(planted("\"" + std::string(key) + "\":\"" + std::string(value) + "\""),
                           "the value of \"" + std::string(key) + "\" is refused");
    }
  }
  for (const std::string key : {"fingerprint", "hint", "allow_empty"})
    expect_member_hidden(planted("\"" + key + R"(":"@")"), key + " must be true or false");
}

TEST_F(SwappedColumns, NotesAndScopesAreNotShown) {
  for (const std::string& value : {planted(R"(@\u0000)"), planted(R"(\u001b@)"), canaries(16385)})
    expect_member_hidden(R"("note":")" + value + "\"", "the value of \"note\" is refused");
  for (const std::string& value : {planted(R"(@\n)"), planted(" @"), planted("@ "), canaries(129), canaries(5000)})
    expect_member_hidden(R"("scopes":["a",")" + value + "\"]", "the value of \"scopes\" is refused");
  expect_member_hidden(planted(R"("scopes":"@")"), "scopes must be a list");
  expect_member_hidden(planted(R"("scopes":{"@":1})"), "scopes must be a list");
}

TEST_F(SwappedColumns, AttributesAreNotShown) {
  constexpr std::string_view kRefused = "the value of \"attributes\" is refused";
  for (const std::string& key : kNoNames)
    expect_member_hidden(R"("attributes":{")" + planted(key) + R"(":"v"})", kRefused);
  expect_member_hidden(planted(R"("attributes":{"":"@"})"), kRefused);
  expect_member_hidden(planted(R"("attributes":{"@":"\u0000"})"), kRefused);
  expect_member_hidden(planted(R"("attributes":{"k":"@\u0000"})"), kRefused);
  expect_member_hidden(R"("attributes":{"k":")" + canaries(1025) + "\"}", kRefused);
  expect_member_hidden(planted(R"("attributes":{"@":")") + std::string(1025, 'v') + "\"}", kRefused);
  expect_member_hidden(planted(R"("attributes":{"@\u00e9":"1","@e\u0301":"2"})"), kRefused);
  expect_member_hidden(planted(R"("attributes":{"@":"1","@":"2"})"), "an attribute is there twice");
  expect_member_hidden(planted(R"("attributes":{"@":1})"), "an attribute must be a text");
}

TEST_F(SwappedColumns, FieldsAreNotShown) {
  constexpr std::string_view kRefused = "the value of \"fields\" is refused";
  auto field = [](std::string_view members) { return R"("fields":[{)" + planted(members) + "}]"; };
  for (const std::string& name : kNoNames)
    expect_member_hidden(field(R"("name":")" + name + R"(","text":"@")"), kRefused);
  expect_member_hidden(field(R"("name":"","text":"@")"), kRefused);
  expect_member_hidden(field(R"("name":"@e\u0301","text":"@")"), kRefused);
  expect_member_hidden(field(R"("name":"@","text":"")"), "one of the \"fields\" is empty");
  expect_member_hidden(field(R"("name":"@","text":")" + canaries(65537) + "\""), "one of the \"fields\" is larger");
  expect_member_hidden(field(R"("name":"@","text":"1"},{"name":"@","text":"2")"),
                       "one of the \"fields\" is given twice");
  expect_member_hidden(field(R"("name":"token","text":"@")"), "field 'token' is given twice");
  expect_member_hidden(field(R"("name":"@","base64":"@!")"), "is not base64");
  expect_member_hidden(field(R"("@":"@")"), "an unknown key of a field");
  expect_member_hidden(field(R"("text":"@")"), "\"name\" is missing");
  expect_member_hidden(field(R"("name":"@","text":"@","base64":"@")"), "one of them only");
}

TEST_F(SwappedColumns, TokensAndUnknownKeysAreNotShown) {
  expect_hidden(R"({"label":"x","token":")" + canaries(65537) + "\"}", "field 'token' is larger");
  expect_member_hidden(planted(R"("@":1)"), "an unknown key");
  must(vault_.add(entry("there", kCanary)));
  expect_hidden(planted(R"({"label":"x","token":"@"})"), "stored already under 'there'");
  expect_hidden(planted(R"({"label":"there","token":"other","note":"@"})"), "the label is used already");
}

TEST(JsonLines, NamesTheLabelOnceItIsKnown) {
  auto before = parse_entry_line(R"({"hint":1,"label":"a"})", 3, kNow);
  auto after = parse_entry_line(R"({"label":"a","hint":1})", 3, kNow);
  ASSERT_FALSE(before || after);
  EXPECT_EQ(before.error().message, "add line 3: at byte 9: hint must be true or false");
  EXPECT_EQ(after.error().message, "add a, line 3: at byte 21: hint must be true or false");
}

// ---- what is taken ----

NewEntry parsed(std::string_view line) {
  auto entry = parse_entry_line(line, 17, kNow);
  if (!entry) throw std::runtime_error(entry.error().message);
  return std::move(*entry);
}

std::string value_of(const NewEntry& entry, std::size_t field) {
  return std::string(as_text(entry.fields.at(field).value.expose()));
}

TEST(JsonLines, TakesTheLeast) {
  const NewEntry entry = parsed(R"({"label":"a","token":"t"})");
  EXPECT_EQ(entry.label.text(), "a");
  EXPECT_EQ(entry.issuer, "generic");
  EXPECT_EQ(entry.account, "default");
  EXPECT_EQ(entry.team, "default");
  EXPECT_EQ(entry.expires_at, kNever);
  EXPECT_FALSE(entry.issued_at);
  EXPECT_TRUE(entry.fingerprint);
  EXPECT_FALSE(entry.hint);
  EXPECT_FALSE(entry.allow_empty);
  EXPECT_EQ(entry.origin, "line 17");
  ASSERT_EQ(entry.fields.size(), 1u);
  EXPECT_EQ(entry.fields[0].name, "token");
  EXPECT_TRUE(entry.fields[0].secret);
  EXPECT_EQ(value_of(entry, 0), "t");
}

TEST(JsonLines, TakesEveryKey) {
  const NewEntry entry = parsed(
      R"( { "label" : "web/x" , "issuer":"101domain","account":"main","team":"web","scopes":["b","a","b"],)"
      R"("issued":"2026-01-31","expires":"1y","key_name":"k","minted_by":"anna","minted_with":"sso","note":"n\n",)"
      R"("attributes":{"k":"v","e":""},"fields":[{"name":"user","secret":false,"text":"bob"},{"base64":"AP8=","name":"bin"}],)"
      R"("token":"t","fingerprint":false,"hint":true,"allow_empty":true } )"
      "\r");
  EXPECT_EQ(entry.label.text(), "web/x");
  EXPECT_EQ(entry.issuer, "101domain");
  EXPECT_EQ(entry.account, "main");
  EXPECT_EQ(entry.team, "web");
  EXPECT_EQ(entry.scopes.items(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(to_rfc3339(*entry.issued_at), "2026-01-31T00:00:00Z");
  EXPECT_EQ(to_rfc3339(entry.expires_at), "2027-01-31T00:00:00Z");
  EXPECT_EQ(entry.period, "1y");
  EXPECT_EQ(entry.key_name, "k");
  EXPECT_EQ(entry.minted_by, "anna");
  EXPECT_EQ(entry.minted_with, "sso");
  EXPECT_EQ(entry.note, "n\n");
  EXPECT_EQ(entry.attributes, (std::map<std::string, std::string>{{"e", ""}, {"k", "v"}}));
  EXPECT_FALSE(entry.fingerprint);
  EXPECT_TRUE(entry.hint);
  EXPECT_TRUE(entry.allow_empty);
  ASSERT_EQ(entry.fields.size(), 3u);
  EXPECT_EQ(entry.fields[0].name, "token");  // wherever it stands in the line
  EXPECT_EQ(value_of(entry, 0), "t");
  EXPECT_FALSE(entry.fields[1].secret);
  EXPECT_EQ(value_of(entry, 1), "bob");
  EXPECT_TRUE(entry.fields[2].secret);
  EXPECT_EQ(value_of(entry, 2), std::string("\0\xff", 2));
}

TEST(JsonLines, CountsDurationsFromTheMomentOfReading) {
  const NewEntry entry = parsed(R"({"label":"a","expires":"90d","period":"quarter"})");
  EXPECT_EQ(entry.expires_at, kNow + std::chrono::days(90));
  EXPECT_EQ(entry.issued_at, kNow);
  EXPECT_EQ(entry.period, "quarter");
  EXPECT_EQ(parsed(R"({"label":"a","expires":"never"})").expires_at, kNever);
  EXPECT_EQ(to_rfc3339(parsed(R"({"label":"a","expires":"2027-01-31"})").expires_at), "2027-01-31T23:59:59Z");
}

TEST(JsonLines, ResolvesEscapes) {
  struct Case {
    std::string_view json, value;
  };
  using namespace std::string_view_literals;
  for (const Case& c : {
           Case{R"(\"\\\/\b\f\n\r\t)", "\"\\/\b\f\n\r\t"},
           {R"(\u0000)", "\0"sv},
           {R"(a\u0000b)", "a\0b"sv},
           {R"(\u0041\u007f)", "A\x7f"},
           {R"(\u0080\u07ff)", "\xc2\x80\xdf\xbf"},
           {R"(\u0800\uffff)", "\xe0\xa0\x80\xef\xbf\xbf"},
           {R"(\ud7ff\ue000)", "\xed\x9f\xbf\xee\x80\x80"},
           {R"(\ud800\udc00)", "\xf0\x90\x80\x80"},
           {R"(\uDBFF\uDFFF)", "\xf4\x8f\xbf\xbf"},
           {R"(\uD83D\uDD11)", "\xf0\x9f\x94\x91"},
           {"\xf0\x9f\x94\x91", "\xf0\x9f\x94\x91"},
           {"\x7f", "\x7f"},
           {R"(\u00e9)", "\xc3\xa9"},
           {R"(\u00E9)", "\xc3\xa9"},
           {R"(\\u0041)", "\\u0041"},
       }) {
    const NewEntry entry = parsed("{\"label\":\"a\",\"token\":\"" + std::string(c.json) + "\"}");
    EXPECT_EQ(value_of(entry, 0), c.value) << c.json;
  }
}

TEST(JsonLines, KnowsKeysThatAreEscaped) {
  EXPECT_EQ(parsed(R"({"\u006c\u0061bel":"a","tok\u0065n":"t"})").label.text(), "a");
}

TEST(JsonLines, TakesEveryLengthOfBase64) {
  for (auto [json, value] : {std::pair<std::string, std::string>("", ""),
                             {"Zg==", "f"},
                             {"Zm8=", "fo"},
                             {"Zm9v", "foo"},
                             {"Zm9vYg==", "foob"},
                             {"Zm9vYmE=", "fooba"},
                             {"Zm9vYmFy", "foobar"},
                             {"+/+/", "\xfb\xff\xbf"}}) {
    const NewEntry entry = parsed("{\"label\":\"a\",\"fields\":[{\"name\":\"n\",\"base64\":\"" + json + "\"}]}");
    EXPECT_EQ(value_of(entry, 0), value);
  }
}

// ---- any value there and back ----

std::string escaped(const std::string& text) {
  std::string out = "\"";
  for (unsigned char c : text) {
    char hex[8];
    std::snprintf(hex, sizeof hex, "\\u%04x", c);
    out += hex;
  }
  return out + "\"";
}

std::string base64(const std::string& bytes) {
  static constexpr std::string_view symbols = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0);
    for (std::size_t j = 0; j < 4; ++j) out += i + j <= bytes.size() ? symbols[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

// What \u00XX stands for, one code point a byte.
std::string as_latin1(const std::string& text) {
  std::string out;
  for (unsigned char c : text) {
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else {
      out += static_cast<char>(0xc0 | c >> 6);
      out += static_cast<char>(0x80 | (c & 0x3f));
    }
  }
  return out;
}

TEST(JsonLines, EveryValueComesBack) {
  EXPECT_TRUE(rc::check([](const std::string& token, const std::string& bytes, const std::string& attribute,
                           bool hint) {
    const std::string line = "{\"token\":" + escaped(token) + ",\"label\":\"a\",\"hint\":" + (hint ? "true" : "false") +
                             ",\"fields\":[{\"name\":\"bin\",\"base64\":\"" + base64(bytes) +
                             "\"}],\"attributes\":{\"k\":" + escaped(attribute) + "}}";
    const NewEntry entry = parsed(line);
    RC_ASSERT(value_of(entry, 0) == as_latin1(token));
    RC_ASSERT(value_of(entry, 1) == bytes);
    RC_ASSERT(entry.attributes.at("k") == as_latin1(attribute));
    RC_ASSERT(entry.hint == hint);
  }));
}

TEST(JsonLines, NoPrefixOfALineIsALine) {
  const std::string line =
      R"({"label":"a","scopes":["x","y"],"attributes":{"k":"v"},"fields":[{"name":"n","text":"\ud83d\udd11"}],"hint":true})";
  ASSERT_TRUE(parse_entry_line(line, 1, kNow));
  for (std::size_t size = 0; size < line.size(); ++size) {
    EXPECT_FALSE(parse_entry_line(std::string_view(line).substr(0, size), 1, kNow)) << size;
  }
}

// ---- lines ----

class LinesOf : public World {
 protected:
  LineReader reader(Files& through, std::string_view text, std::size_t longest = kLongestLine) {
    std::ofstream(dir() / "lines", std::ios::binary) << text;
    opened_ = ::open((dir() / "lines").c_str(), O_RDONLY | O_CLOEXEC);
    return {through, opened_, longest};
  }
  ~LinesOf() override { ::close(opened_); }
  int opened_ = -1;
};

TEST_F(LinesOf, AreGivenOneByOne) {
  LineReader lines = reader(files, "one\n\ntwo\r\nthree");
  EXPECT_EQ(must(lines.next()), "one");
  EXPECT_EQ(must(lines.next()), "");
  EXPECT_EQ(must(lines.next()), "two\r");
  EXPECT_EQ(lines.number(), 3u);
  EXPECT_EQ(must(lines.next()), "three");
  EXPECT_EQ(lines.number(), 4u);
  EXPECT_EQ(must(lines.next()), std::nullopt);
  EXPECT_EQ(must(lines.next()), std::nullopt);
}

TEST_F(LinesOf, AreTheSameByteByByte) {
  SlowFiles slow;
  std::string text;
  for (std::size_t size : {0u, 1u, 99u, 100u, 3u, 100u}) text += std::string(size, 'x') + "\n";
  LineReader lines = reader(slow, text, 100);
  for (std::size_t size : {0u, 1u, 99u, 100u, 3u, 100u}) EXPECT_EQ(must(lines.next())->size(), size);
  EXPECT_EQ(must(lines.next()), std::nullopt);
}

TEST_F(LinesOf, AreFoundInALargeFile) {
  std::string text;
  for (std::size_t i = 0; i < 2000; ++i) text += std::string(i % 700, 'x') + "\n";
  LineReader lines = reader(files, text, 1000);
  for (std::size_t i = 0; i < 2000; ++i) ASSERT_EQ(must(lines.next())->size(), i % 700) << i;
  EXPECT_EQ(must(lines.next()), std::nullopt);
}

TEST_F(LinesOf, MayBeAsLongAsAllowedAndNoLonger) {
  for (std::string_view end : {"", "\n", "\nmore\n"}) {
    EXPECT_EQ(must(reader(files, std::string(100, 'x') + std::string(end), 100).next())->size(), 100u);
    LineReader lines = reader(files, "a\n" + std::string(101, 'x') + std::string(end), 100);
    must(lines.next());
    auto line = lines.next();
    ASSERT_CODE(line, usage);
    EXPECT_TRUE(has(line.error().message, "line 2"));
  }
}

TEST_F(LinesOf, AreNotReadToTheirEndWhenTooLong) {
  LineReader lines = reader(files, std::string(10'000'000, 'x'), 1000);
  files.fail(0, 0);
  EXPECT_CODE(lines.next(), usage);
  EXPECT_LE(files.calls(), 2);
}

TEST_F(LinesOf, TellOfAFailedRead) {
  LineReader lines = reader(files, "one\n");
  files.fail(1, EIO);
  EXPECT_CODE(lines.next(), internal);
}

TEST_F(LinesOf, LeaveOutEmptyOnesAndKeepTheirNumbers) {
  LineReader lines = reader(files, "\n{\"label\":\"a\",\"token\":\"1\"}\n \t\r\n{\"label\":\"b\",\"token\":\"2\"}");
  auto entries = must(read_entry_lines(lines, kNow));
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].number, 2u);
  EXPECT_EQ(entries[1].number, 4u);
  EXPECT_EQ(entries[1].entry.origin, "line 4");
}

TEST_F(LinesOf, AreRefusedWhenThereIsNoEntry) {
  for (std::string_view text : {"", "\n", "\n\n  \n"}) {
    LineReader lines = reader(files, text);
    EXPECT_CODE(read_entry_lines(lines, kNow), usage);
  }
}

}  // namespace
}  // namespace vault::cli

#include "vault/model/issuer.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace vault {
namespace {

using MintFactor = IssuerProfile::MintFactor;
using Unit = Duration::Unit;

IssuerProfile builtin(std::string_view name) {
  for (const auto& issuer : builtin_issuers()) {
    if (issuer.name == name) return *parse_issuer_profile(issuer.json);
  }
  return {};
}

// A profile named "x" with these further fields.
Result<IssuerProfile> with(std::string_view fields) {
  return parse_issuer_profile(R"({"name":"x",)" + std::string(fields) + "}");
}
std::string refusal(const Result<IssuerProfile>& profile) {
  if (profile) return "accepted";
  return std::string(name(profile.error().code)) + ": " + profile.error().message;
}
// The refusal's code and the field it names.
std::string refused_field(const Result<IssuerProfile>& profile) {
  auto text = refusal(profile);
  constexpr std::string_view kOpening = ": issuer profile: field \"";
  auto at = text.find(kOpening);
  if (at == std::string::npos) return text;
  auto field = at + kOpening.size();
  return text.substr(0, at) + " " + text.substr(field, text.find('"', field) - field);
}
#define EXPECT_REFUSED(profile, field, code) EXPECT_EQ(refused_field(profile), #code " " field)

TEST(BuiltinIssuers, AreThese) {
  ASSERT_EQ(builtin_issuers().size(), 2u);
  EXPECT_EQ(builtin_issuers()[0].name, "101domain");
  EXPECT_EQ(builtin_issuers()[1].name, "generic");
}
TEST(BuiltinIssuers, AreCanonicalAndCarryTheirNames) {
  for (const auto& issuer : builtin_issuers()) {
    auto profile = parse_issuer_profile(issuer.json);
    ASSERT_TRUE(profile) << refusal(profile);
    EXPECT_EQ(profile->name, issuer.name);
    EXPECT_EQ(to_json(*profile), issuer.json);
  }
}
TEST(BuiltinIssuers, The101domainRules) {
  auto profile = builtin("101domain");
  EXPECT_EQ(profile.console, "https://my.101domain.com/");
  EXPECT_EQ(profile.periods, (std::vector<Duration>{{7, Unit::d}, {30, Unit::d}, {90, Unit::d}, {1, Unit::y}}));
  EXPECT_EQ(profile.longest_life, (Duration{1, Unit::y}));
  EXPECT_EQ(profile.active_key_limit, 10u);
  EXPECT_EQ(profile.mint_requires, (std::vector<MintFactor>{MintFactor::two_factor, MintFactor::sso}));
  EXPECT_EQ(profile.presentation, "Authorization: Bearer");
  EXPECT_EQ(profile.token, TokenPattern{});
}
TEST(BuiltinIssuers, The101domainScopes) {
  auto profile = builtin("101domain");
  EXPECT_EQ(profile.scopes.size(), 8u);
  for (std::string area : {"account", "domains", "dns", "products"}) {
    EXPECT_TRUE(profile.scopes.contains(area + ":read"));
    EXPECT_TRUE(profile.scopes.contains(area + ":write"));
  }
  EXPECT_TRUE(profile.scopes_closed);
  EXPECT_TRUE(profile.empty_scopes_allowed);
}
TEST(BuiltinIssuers, GenericRestrictsNothing) {
  IssuerProfile free;
  free.name = "generic";
  EXPECT_EQ(builtin("generic"), free);
}

TEST(IssuerProfile, NeedsOnlyAName) { EXPECT_TRUE(parse_issuer_profile(R"( {"name": "x"} )")); }
TEST(IssuerProfile, ReadsEveryField) {
  auto profile = with(R"("console":"https://example.com:8443/keys?a=1","periods":["7d"],"longest_life":"30d",
    "active_key_limit":3,"scopes":{"words":["b","a"],"closed":true,"empty_allowed":false},"mint_requires":["sso"],
    "token":{"prefix":"ghp_","characters":"abc","min_length":8,"max_length":40},"hosts":["api.example.com"],
    "presentation":"PRIVATE-TOKEN:")");
  ASSERT_TRUE(profile) << refusal(profile);
  EXPECT_EQ(profile->scopes, *ScopeSet::make({"a", "b"}));
  EXPECT_FALSE(profile->empty_scopes_allowed);
  EXPECT_EQ(profile->token, (TokenPattern{"ghp_", "abc", 8, 40}));
  EXPECT_EQ(profile->hosts, std::vector<std::string>{"api.example.com"});
  EXPECT_EQ(*parse_issuer_profile(to_json(*profile)), *profile);
}
TEST(IssuerProfile, RefusesWhatIsNotJson) {
  for (auto text :
       {"", "{", "nonsense", R"({"name":"x"} x)", R"({"name":"x",})", R"({'name':'x'})", R"({"name":"\ud800"})",
        "{\"name\":\"\xff\"}", R"({"name":"x" /* no comments */})", R"({"name":"x","active_key_limit":1e999})"}) {
    EXPECT_EQ(refusal(parse_issuer_profile(text)).rfind("usage: issuer profile: not valid JSON", 0), 0u) << text;
  }
}
TEST(IssuerProfile, RefusesOtherValuesThanAnObject) {
  for (auto text : {"null", "[]", "1", "\"x\"", "true"}) {
    EXPECT_EQ(refusal(parse_issuer_profile(text)), "usage: issuer profile: must be an object") << text;
  }
}
TEST(IssuerProfile, RefusesMoreThan64KiB) {
  auto text = R"({"name":"x"})" + std::string(kMaxIssuerProfileBytes, ' ');
  EXPECT_EQ(refusal(parse_issuer_profile(text)).rfind("limit: ", 0), 0u);
}
TEST(IssuerProfile, RefusesDeepNesting) {
  auto deep = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_EQ(refusal(parse_issuer_profile(deep(8))).rfind("usage: ", 0), 0u);
  EXPECT_EQ(refusal(parse_issuer_profile(deep(9))).rfind("limit: ", 0), 0u);
  EXPECT_EQ(refusal(parse_issuer_profile(deep(32'000))).rfind("limit: ", 0), 0u);
  EXPECT_EQ(refusal(parse_issuer_profile(std::string(65'000, '['))).rfind("limit: ", 0), 0u);
  std::string objects;
  for (int i = 0; i < 9'000; ++i) objects += R"({"a":)";
  EXPECT_EQ(refusal(parse_issuer_profile(objects)).rfind("limit: ", 0), 0u);
}
TEST(IssuerProfile, RefusesUnknownFields) {
  EXPECT_REFUSED(with(R"("colour":1)"), "colour", usage);
  EXPECT_REFUSED(with(R"("scopes":{"words":[],"open":true})"), "scopes.open", usage);
  EXPECT_REFUSED(with(R"("token":{"regex":".*"})"), "token.regex", usage);
}
TEST(IssuerProfile, ShowsUnknownFieldsSafely) { EXPECT_REFUSED(with(R"("\u001b[2J":1)"), "\\x1b[2J", usage); }
TEST(IssuerProfile, RefusesRepeatedFields) {
  EXPECT_REFUSED(with(R"("name":"y")"), "name", usage);
  EXPECT_REFUSED(with(R"("scopes":{"closed":true,"closed":false})"), "closed", usage);
}
TEST(IssuerProfile, RefusesNull) { EXPECT_REFUSED(with(R"("console":null)"), "console", usage); }
TEST(IssuerProfile, RefusesAMissingName) { EXPECT_REFUSED(parse_issuer_profile("{}"), "name", usage); }
TEST(IssuerProfile, RefusesBadNames) {
  EXPECT_REFUSED(parse_issuer_profile(R"({"name":""})"), "name", usage);
  EXPECT_REFUSED(parse_issuer_profile(R"({"name":"a\n"})"), "name", usage);
  EXPECT_REFUSED(parse_issuer_profile(R"({"name":7})"), "name", usage);
  EXPECT_REFUSED(parse_issuer_profile(R"({"name":")" + std::string(65, 'a') + "\"}"), "name", limit);
}
TEST(IssuerProfile, RefusesBadConsoles) {
  for (std::string url : {"http://a.example", "https://", "https:///x", "javascript:alert(1)", "https://a b",
                          "https://u@h/", "https://u:p@h/", "https://h\\n", "https://\xc3\xa9.example", "https://-"}) {
    EXPECT_REFUSED(with(R"("console":")" + url + '"'), "console", usage);
  }
}
TEST(IssuerProfile, RefusesBadPeriods) {
  EXPECT_REFUSED(with(R"("periods":"7d")"), "periods", usage);
  EXPECT_REFUSED(with(R"("periods":["7d","soon"])"), "periods[1]", usage);
  EXPECT_REFUSED(with(R"("periods":[7])"), "periods[0]", usage);
  EXPECT_REFUSED(with(R"("periods":["0d"])"), "periods[0]", usage);
  EXPECT_REFUSED(with(R"("periods":["7d","07d"])"), "periods", usage);
  EXPECT_REFUSED(with(R"("periods":["101y"])"), "periods[0]", limit);
}
TEST(IssuerProfile, RefusesBadLongestLives) {
  EXPECT_REFUSED(with(R"("longest_life":"never")"), "longest_life", usage);
  EXPECT_REFUSED(with(R"("longest_life":"0y")"), "longest_life", usage);
}
TEST(IssuerProfile, RefusesAPeriodBeyondTheLongestLife) {
  EXPECT_REFUSED(with(R"("periods":["7d","366d"],"longest_life":"1y")"), "periods[1]", usage);
  EXPECT_TRUE(with(R"("periods":["365d","1y","52w"],"longest_life":"1y")"));
}
TEST(IssuerProfile, RefusesBadLimits) {
  for (std::string number : {"0", "-1", "1.0", "\"10\"", "1000001", "18446744073709551616", "true"}) {
    EXPECT_REFUSED(with(R"("active_key_limit":)" + number), "active_key_limit", usage);
  }
}
TEST(IssuerProfile, RefusesBadScopes) {
  EXPECT_REFUSED(with(R"("scopes":["a"])"), "scopes", usage);
  EXPECT_REFUSED(with(R"("scopes":{"words":["a",1]})"), "scopes.words[1]", usage);
  EXPECT_REFUSED(with(R"("scopes":{"words":[" a"]})"), "scopes.words", usage);
  EXPECT_REFUSED(with(R"("scopes":{"closed":"yes"})"), "scopes.closed", usage);
  EXPECT_REFUSED(with(R"("scopes":{"words":[")" + std::string(129, 'a') + "\"]}"), "scopes.words[0]", limit);
}
TEST(IssuerProfile, RefusesAVocabularyThatAllowsNoKey) {
  EXPECT_REFUSED(with(R"("scopes":{"closed":true,"empty_allowed":false})"), "scopes.closed", usage);
}
TEST(IssuerProfile, RefusesUnknownMintFactors) {
  EXPECT_REFUSED(with(R"("mint_requires":["sms"])"), "mint_requires[0]", usage);
  EXPECT_REFUSED(with(R"("mint_requires":["sso","sso"])"), "mint_requires", usage);
}
TEST(IssuerProfile, RefusesBadTokenPatterns) {
  EXPECT_REFUSED(with(R"("token":{"prefix":"a b"})"), "token.prefix", usage);
  EXPECT_REFUSED(with(R"("token":{"prefix":""})"), "token.prefix", usage);
  EXPECT_REFUSED(with(R"("token":{"characters":"aa"})"), "token.characters", usage);
  EXPECT_REFUSED(with(R"("token":{"characters":"a\n"})"), "token.characters", usage);
  EXPECT_REFUSED(with(R"("token":{"min_length":0})"), "token.min_length", usage);
  EXPECT_REFUSED(with(R"("token":{"max_length":65537})"), "token.max_length", usage);
}
TEST(IssuerProfile, RefusesTokenPatternsThatContradictThemselves) {
  EXPECT_REFUSED(with(R"("token":{"min_length":9,"max_length":8})"), "token.min_length", usage);
  EXPECT_REFUSED(with(R"("token":{"prefix":"abcd","max_length":4})"), "token.prefix", usage);
}
TEST(IssuerProfile, RefusesBadHosts) {
  for (std::string host : {"Api.example.com", "https://a.example", "a.example/x", "*.example.com", "a..b", ".a", "a.",
                           "-a", "a-.b", "a:443", "a b"}) {
    EXPECT_REFUSED(with(R"("hosts":[")" + host + "\"]"), "hosts[0]", usage);
  }
  EXPECT_REFUSED(with(R"("hosts":["a","a"])"), "hosts", usage);
}
TEST(IssuerProfile, RefusesPresentationsThatCouldCarryAnotherHeader) {
  for (std::string text : {"Bearer", ": Bearer", "Authorization: ", "Authorization:Bearer", "Auth orization: x",
                           "Authorization: Bearer\\r\\nX-Evil: 1", "Authorization: a b"}) {
    EXPECT_REFUSED(with(R"("presentation":")" + text + '"'), "presentation", usage);
  }
}

RC_GTEST_PROP(IssuerProfileProperty, DamagedProfilesNeverCrashAndReadBackWhenAccepted, ()) {
  std::string text(builtin_issuers()[0].json);
  auto edits = *rc::gen::container<std::vector<std::pair<std::size_t, char>>>(
      1, rc::gen::pair(rc::gen::inRange<std::size_t>(0, text.size()), rc::gen::arbitrary<char>()));
  for (auto [at, c] : edits) text[at] = c;
  auto profile = parse_issuer_profile(text);
  if (!profile) return;
  auto again = parse_issuer_profile(to_json(*profile));
  RC_ASSERT(bool(again));
  RC_ASSERT(*again == *profile);
}

}  // namespace
}  // namespace vault

#include "vault/model/scope.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace vault {
namespace {

using Strings = std::vector<std::string>;

Errc make_code(Strings scopes) {
  auto set = ScopeSet::make(std::move(scopes));
  return set ? Errc{0} : set.error().code;
}
Strings numbered(int count) {
  Strings scopes;
  for (int i = 0; i < count; ++i) scopes.push_back("scope:" + std::to_string(i));
  return scopes;
}
rc::Gen<Strings> any_scopes() {
  return rc::gen::container<Strings>(rc::gen::element<std::string>("account:read", "account:write", "dns:read",
                                                                   "dns:write", "domains:read", "é", "a b", "*"));
}

TEST(ScopeSet, SortsByBytes) {
  EXPECT_EQ(ScopeSet::make({"b", "é", "a", "Z"})->items(), (Strings{"Z", "a", "b", "é"}));
}
TEST(ScopeSet, DropsRepeats) { EXPECT_EQ(ScopeSet::make({"a", "b", "a"})->items(), (Strings{"a", "b"})); }
TEST(ScopeSet, EqualsInAnyOrder) { EXPECT_EQ(*ScopeSet::make({"a", "b"}), *ScopeSet::make({"b", "a"})); }
TEST(ScopeSet, MayBeEmpty) { EXPECT_TRUE(ScopeSet::make({})->empty()); }
TEST(ScopeSet, KeepsTextLiterally) {
  for (auto text :
       {"repo:read", "https://www.googleapis.com/auth/drive", "*", "-x", "Zone / DNS:Edit", "e\xcc\x81", "=,;"}) {
    EXPECT_EQ(ScopeSet::make({text})->items(), Strings{text});
  }
}
TEST(ScopeSet, RefusesBadText) {
  for (auto text : {"", " a", "a ", "a\n", "a\tb", "\xff", "a\xe2\x80\xae", "a\xc2\xa0", "a\x1b[0m"}) {
    EXPECT_EQ(make_code({"ok", text}), Errc::usage) << text;
  }
}
TEST(ScopeSet, Takes128Bytes) { EXPECT_EQ(make_code({std::string(128, 'a')}), Errc{0}); }
TEST(ScopeSet, Beyond128BytesIsLimit) { EXPECT_EQ(make_code({std::string(129, 'a')}), Errc::limit); }
TEST(ScopeSet, Takes256Scopes) { EXPECT_EQ(make_code(numbered(256)), Errc{0}); }
TEST(ScopeSet, Beyond256ScopesIsLimit) { EXPECT_EQ(make_code(numbered(257)), Errc::limit); }
TEST(ScopeSet, CountsRepeatsOnce) { EXPECT_EQ(make_code(Strings(1000, "a")), Errc{0}); }
TEST(ScopeSet, MessageShowsTheScopeSafely) {
  EXPECT_NE(ScopeSet::make({"a\x1b"}).error().message.find(R"("a\x1b")"), std::string::npos);
}
TEST(ScopeSet, ContainsExactTextOnly) {
  auto set = *ScopeSet::make({"dns:write"});
  EXPECT_TRUE(set.contains("dns:write"));
  EXPECT_FALSE(set.contains("dns:read"));
  EXPECT_FALSE(set.contains("dns"));
  EXPECT_FALSE(set.contains("DNS:WRITE"));
  EXPECT_FALSE(set.contains(""));
}
TEST(ScopeSet, ContainsAllOfTheEmptySet) {
  EXPECT_TRUE(ScopeSet().contains_all(ScopeSet()));
  EXPECT_FALSE(ScopeSet().contains_all(*ScopeSet::make({"a"})));
}

RC_GTEST_PROP(ScopeSetProperty, AgreesWithASet, ()) {
  auto have = *any_scopes();
  auto need = *any_scopes();
  std::set<std::string> model(have.begin(), have.end());
  auto set = *ScopeSet::make(have);
  bool all = true;
  for (const auto& scope : need) {
    RC_ASSERT(set.contains(scope) == (model.count(scope) == 1));
    all = all && model.count(scope) == 1;
  }
  RC_ASSERT(set.size() == model.size());
  RC_ASSERT(set.contains_all(*ScopeSet::make(need)) == all);
}
RC_GTEST_PROP(ScopeSetProperty, MakingIsIdempotent, ()) {
  auto set = *ScopeSet::make(*any_scopes());
  RC_ASSERT(*ScopeSet::make(set.items()) == set);
}

}  // namespace
}  // namespace vault

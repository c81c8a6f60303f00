#include "tests/support/world.hpp"

namespace vault {
namespace {

using std::chrono::seconds;

Duration days(std::uint64_t n) { return {n, Duration::Unit::d}; }
Duration of_seconds(std::uint64_t n) { return {n, Duration::Unit::s}; }

// ---- expiry -----------------------------------------------------------------------------------------------------------

class Expiry : public World {
 protected:
  Expiry() {
    NewEntry key = entry("key", "tok");
    key.expires_at = end;
    must(vault.add(std::move(key)));
    must(vault.add(entry("forever", "tok of ever")));
  }
  Result<SecretValue> get(GetOptions options = {}) { return vault.get(label("key"), options); }

  Vault vault = create();
  const Time end = clock.now() + seconds(100);
};

TEST_F(Expiry, AKeyIsGivenUpToItsLastSecond) {
  clock.set(end - seconds(1));
  EXPECT_EQ(must(get()).expires_at, end);
}
TEST_F(Expiry, AKeyIsExpiredFromItsEndOn) {
  for (Time now : {end, end + seconds(1)}) {
    clock.set(now);
    EXPECT_CODE(get(), expired);
    EXPECT_EQ(must(vault.show(label("key"))).state, State::expired);
  }
}
TEST_F(Expiry, AnExpiredKeyIsGivenToWhoAsksForItAllTheSame) {
  clock.set(end);
  EXPECT_EQ(text_of(must(get({"", 0, {}, true})).bytes), "tok");
}
TEST_F(Expiry, AllowExpiredGivesItDespiteAMinimumOfLife) {
  clock.set(end);
  EXPECT_EQ(text_of(must(get({"", 0, days(1), true})).bytes), "tok");
}
TEST_F(Expiry, NeverDoesNotEnd) {
  clock.set(kLastTime);
  EXPECT_EQ(must(vault.get(label("forever"), {"", 0, Duration{100, Duration::Unit::y}, false})).expires_at, kNever);
}
TEST_F(Expiry, MinTtlIsMetUpToTheExactSecond) {
  EXPECT_CODE(get({"", 0, of_seconds(101), false}), expiring);
  must(get({"", 0, of_seconds(100), false}));
  must(get({"", 0, of_seconds(0), false}));
  clock.advance(seconds(1));
  EXPECT_CODE(get({"", 0, of_seconds(100), false}), expiring);
}
TEST_F(Expiry, ExpiredComesBeforeExpiring) {
  clock.set(end);
  EXPECT_CODE(get({"", 0, days(1), false}), expired);
}
TEST_F(Expiry, AnUnknownFieldComesBeforeExpired) {
  clock.set(end);
  EXPECT_CODE(get({"other", 0, {}, false}), not_found);
}
TEST_F(Expiry, PlainFieldsExpireToo) {
  NewEntry key = entry("plain", "another tok");
  key.fields.push_back({"id", false, secret("x")});
  key.expires_at = end;
  must(vault.add(std::move(key)));
  clock.set(end);
  EXPECT_CODE(vault.get(label("plain"), {"id", 0, {}, false}), expired);
}
TEST_F(Expiry, AKeyMayBeStoredThoughItIsExpired) {
  NewEntry old = entry("old", "old tok");
  old.expires_at = clock.now() - seconds(1);
  EXPECT_EQ(must(vault.add(std::move(old))).entry.state, State::expired);
}
TEST_F(Expiry, TheMessageSaysWhenAndTheWayOut) {
  clock.set(end);
  const std::string message = get().error().message;
  for (const char* word : {"key", "2026-11-22T12:01:40Z", "--allow-expired"})
    EXPECT_NE(message.find(word), std::string::npos) << message;
}

// ---- list -------------------------------------------------------------------------------------------------------------

class List : public World {
 protected:
  List() {
    add("web/a", "web", "101domain", "acme", {"dns:read"}, 1, "prod");
    add("web/b", "web", "101domain", "other", {"dns:read", "dns:write"}, 10, "test");
    add("db", "ops", "generic", "default", {}, 0, "prod");
    add("old", "ops", "generic", "default", {"dns:write"}, -1, "");
  }

  void add(const std::string& name, const std::string& team, const std::string& issuer, const std::string& account,
           std::vector<std::string> scopes, int days_left, const std::string& env) {
    NewEntry one = entry(name, "token of " + name);
    one.team = team;
    one.issuer = issuer;
    one.account = account;
    one.scopes = must(ScopeSet::make(std::move(scopes)));
    if (days_left != 0) one.expires_at = clock.now() + std::chrono::days(days_left);
    if (!env.empty()) one.attributes = {{"env", env}};
    must(vault.add(std::move(one)));
    clock.advance(seconds(1));
  }

  std::string names(const Selection& selection) {
    std::string out;
    for (const EntryView& entry : must(vault.list(selection))) out += (out.empty() ? "" : " ") + entry.label.text();
    return out;
  }
  template <class Change>
  std::string where(Change change) {
    Selection selection;
    change(selection);
    return names(selection);
  }

  Vault vault = create();
};

TEST_F(List, HasEverythingByLabel) { EXPECT_EQ(names({}), "db old web/a web/b"); }
TEST_F(List, ByPrefix) {
  EXPECT_EQ(where([](Selection& s) { s.prefix = "web/"; }), "web/a web/b");
}
TEST_F(List, ByTeam) {
  EXPECT_EQ(where([](Selection& s) { s.team = "ops"; }), "db old");
}
TEST_F(List, ByUnknownTeamIsEmpty) {
  EXPECT_EQ(where([](Selection& s) { s.team = "nobody"; }), "");
}
TEST_F(List, ByIssuer) {
  EXPECT_EQ(where([](Selection& s) { s.issuer = "101domain"; }), "web/a web/b");
}
TEST_F(List, ByAccount) {
  EXPECT_EQ(where([](Selection& s) { s.account = "acme"; }), "web/a");
}
TEST_F(List, ByScope) {
  EXPECT_EQ(where([](Selection& s) { s.scopes = {"dns:read"}; }), "web/a web/b");
}
TEST_F(List, ByAllOfSeveralScopes) {
  EXPECT_EQ(where([](Selection& s) { s.scopes = {"dns:read", "dns:write"}; }), "web/b");
}
TEST_F(List, ByAttribute) {
  EXPECT_EQ(where([](Selection& s) { s.attributes = {{"env", "prod"}}; }), "db web/a");
}
TEST_F(List, ByState) {
  EXPECT_EQ(where([](Selection& s) { s.state = State::expired; }), "old");
  EXPECT_EQ(where([](Selection& s) { s.state = State::active; }), "db web/a web/b");
  EXPECT_EQ(where([](Selection& s) { s.state = State::revoked; }), "");
}
TEST_F(List, ByTheTimeLeft) {
  EXPECT_EQ(where([](Selection& s) { s.expiring_within = days(2); }), "web/a");
  EXPECT_EQ(where([](Selection& s) { s.expiring_within = days(20); }), "web/a web/b");
  EXPECT_EQ(where([](Selection& s) { s.expiring_within = of_seconds(1); }), "");
}
TEST_F(List, BySeveralAtOnce) {
  EXPECT_EQ(where([](Selection& s) { s.team = "web", s.attributes = {{"env", "test"}}; }), "web/b");
  EXPECT_EQ(where([](Selection& s) { s.team = "ops", s.issuer = "101domain"; }), "");
}
TEST_F(List, SortedByEndWithNeverLast) {
  EXPECT_EQ(where([](Selection& s) { s.sort = Selection::Sort::expires; }), "old web/a web/b db");
}
TEST_F(List, SortedByCreation) {
  EXPECT_EQ(where([](Selection& s) { s.sort = Selection::Sort::created; }), "web/a web/b db old");
}
TEST_F(List, SortedByTeam) {
  EXPECT_EQ(where([](Selection& s) { s.sort = Selection::Sort::team; }), "db old web/a web/b");
}
TEST_F(List, SortedByIssuer) {
  EXPECT_EQ(where([](Selection& s) { s.sort = Selection::Sort::issuer; }), "web/a web/b db old");
}

TEST_F(List, HasTheCurrentVersionOfEach) {
  const EntryView view = must(vault.list()).at(2);
  ASSERT_EQ(view.versions.size(), 1U);
  EXPECT_EQ(view.versions[0].scopes.items(), std::vector<std::string>{"dns:read"});
  EXPECT_EQ(view.versions[0].fields.at(0).name, "token");
}

TEST_F(List, StatesFollowTheClock) {
  clock.advance(std::chrono::days(5));
  EXPECT_EQ(where([](Selection& s) { s.state = State::expired; }), "old web/a");
}

}  // namespace
}  // namespace vault

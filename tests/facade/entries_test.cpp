#include "tests/support/world.hpp"
#include "vault/base/limits.hpp"

namespace vault {
namespace {

constexpr std::size_t kMost = limits::field_bytes;

// What may be stored, and that it comes back exactly.
class Entries : public World {
 protected:
  Vault vault = create();

  static SecretBuffer binary(std::size_t size) {
    SecretBuffer out(size);
    for (std::size_t i = 0; i < size; ++i) out.expose_for_writing()[i] = std::byte(i * 7 + i / 251);
    return out;
  }
  NewEntry without_fields(std::string_view name) const { return NewEntry{label(name)}; }
  NewEntry with_fields(std::string_view name, std::uint32_t count) {
    NewEntry out = without_fields(name);
    for (std::uint32_t i = 0; i < count; ++i)
      out.fields.push_back({"field-" + std::to_string(i), true, secret("value " + std::to_string(i))});
    return out;
  }
  std::string get(std::string_view name, const std::string& field = "") {
    return text_of(must(vault.get(label(name), {field, 0, {}, false})).bytes);
  }
  VersionView version_of(std::string_view name) { return must(vault.show(label(name))).versions.at(0); }
};

// ---- fields -----------------------------------------------------------------------------------------------------------

TEST_F(Entries, AnEmptyTokenNeedsPermission) {
  EXPECT_CODE(vault.add(entry("empty", "")), usage);
  NewEntry allowed = entry("empty", "");
  allowed.allow_empty = true;
  must(vault.add(std::move(allowed)));
  EXPECT_EQ(get("empty"), "");
  EXPECT_EQ(version_of("empty").fields.at(0).size, 0U);
}

TEST_F(Entries, TwoEmptyTokensAreNotTheSameToken) {
  for (const char* name : {"first", "second"}) {
    NewEntry empty = entry(name, "");
    empty.allow_empty = true;
    EXPECT_EQ(code_of(vault.add(std::move(empty))), 0) << name;
  }
}

TEST_F(Entries, AFieldOf64KiBOfAnyBytesComesBack) {
  NewEntry large = without_fields("large");
  large.fields.push_back({"token", true, binary(kMost)});
  must(vault.add(std::move(large)));
  EXPECT_TRUE(must(vault.get(label("large"))).bytes == binary(kMost));
  EXPECT_EQ(version_of("large").fields.at(0).size, kMost);
}

TEST_F(Entries, APlainFieldOf64KiBComesBack) {
  NewEntry large = entry("large", "tok");
  large.fields.push_back({"plain", false, binary(kMost)});
  must(vault.add(std::move(large)));
  EXPECT_TRUE(must(vault.get(label("large"), {"plain", 0, {}, false})).bytes == binary(kMost));
}

TEST_F(Entries, AFieldBeyond64KiBIsLimit) {
  for (bool is_secret : {true, false}) {
    NewEntry large = without_fields("large");
    large.fields.push_back({"token", is_secret, binary(kMost + 1)});
    EXPECT_CODE(vault.add(std::move(large)), limit);
  }
  EXPECT_CODE(vault.get(label("large")), not_found);
}

TEST_F(Entries, BytesThatLookLikeTextAreKeptAsTheyAre) {
  int i = 0;
  for (std::string_view token :
       {std::string_view("\n"), std::string_view("tok\n"), std::string_view("\0", 1), std::string_view("a\0b\0", 4),
        std::string_view("\xff\xfe"), std::string_view("e\xcc\x81"), std::string_view(" tok ")}) {
    const std::string name = "entry-" + std::to_string(i++);
    must(vault.add(entry(name, token)));
    EXPECT_EQ(get(name), token);
  }
}

TEST_F(Entries, SeveralFieldsComeBackByName) {
  NewEntry aws = without_fields("aws");
  aws.fields.push_back({"access_key_id", false, secret("AKIAEXAMPLE")});
  aws.fields.push_back({"secret_access_key", true, secret("wJalrEXAMPLE")});
  aws.fields.push_back({"session", true, secret("another")});
  must(vault.add(std::move(aws)));
  EXPECT_EQ(get("aws", "access_key_id"), "AKIAEXAMPLE");
  EXPECT_EQ(get("aws", "secret_access_key"), "wJalrEXAMPLE");
  EXPECT_EQ(get("aws", "session"), "another");
}

TEST_F(Entries, TheFirstSecretFieldIsTheToken) {
  NewEntry aws = without_fields("aws");
  aws.fields.push_back({"id", false, secret("AKIAEXAMPLE")});
  aws.fields.push_back({"key", true, secret("wJalrEXAMPLE")});
  must(vault.add(std::move(aws)));
  SecretValue value = must(vault.get(label("aws")));
  EXPECT_EQ(value.field, "key");
  EXPECT_EQ(text_of(value.bytes), "wJalrEXAMPLE");
}

TEST_F(Entries, AnEntryOfPlainFieldsAloneHasNoToken) {
  NewEntry plain = without_fields("plain");
  plain.fields.push_back({"id", false, secret("AKIAEXAMPLE")});
  must(vault.add(std::move(plain)));
  EXPECT_CODE(vault.get(label("plain")), not_found);
  EXPECT_EQ(get("plain", "id"), "AKIAEXAMPLE");
  EXPECT_EQ(version_of("plain").fingerprint, "");
}

TEST_F(Entries, AnEmptyPlainFieldNeedsNoPermission) {
  NewEntry plain = entry("plain", "tok");
  plain.fields.push_back({"note", false, {}});
  must(vault.add(std::move(plain)));
  EXPECT_EQ(get("plain", "note"), "");
}

TEST_F(Entries, SixtyFourFieldsComeBack) {
  must(vault.add(with_fields("many", limits::fields)));
  for (std::uint32_t i = 0; i < limits::fields; ++i)
    EXPECT_EQ(get("many", "field-" + std::to_string(i)), "value " + std::to_string(i));
}

TEST_F(Entries, OneFieldMoreIsLimit) { EXPECT_CODE(vault.add(with_fields("many", limits::fields + 1)), limit); }
TEST_F(Entries, NoFieldIsUsage) { EXPECT_CODE(vault.add(without_fields("none")), usage); }

TEST_F(Entries, AFieldGivenTwiceIsUsage) {
  NewEntry twice = entry("twice", "tok");
  twice.fields.push_back({"token", true, secret("tok 2")});
  EXPECT_CODE(vault.add(std::move(twice)), usage);
}

TEST_F(Entries, ABadFieldNameIsRefused) {
  for (const char* name : {"", "-x", " x", "a\nb", "\xff", "e\xcc\x81"}) {
    NewEntry bad = without_fields("bad");
    bad.fields.push_back({name, true, secret("tok")});
    EXPECT_CODE(vault.add(std::move(bad)), usage) << name;
  }
  NewEntry bad = without_fields("bad");
  bad.fields.push_back({std::string(limits::name_bytes + 1, 'x'), true, secret("tok")});
  EXPECT_CODE(vault.add(std::move(bad)), limit);
}

TEST_F(Entries, ShowSaysTheSizesOfItsFields) {
  NewEntry aws = entry("aws", "12345");
  aws.fields.push_back({"id", false, secret("1234567")});
  must(vault.add(std::move(aws)));
  const auto fields = version_of("aws").fields;
  EXPECT_EQ(fields.at(0).size, 5U);
  EXPECT_EQ(fields.at(1).size, 7U);
  EXPECT_FALSE(fields.at(1).secret);
}

// ---- metadata ---------------------------------------------------------------------------------------------------------

TEST_F(Entries, EveryScopeSetComesBackSorted) {
  const std::vector<std::string> all{"account:read", "account:write", "dns:read",      "dns:write",
                                     "domains:read", "domains:write", "products:read", "products:write"};
  for (std::size_t n = 0; n <= all.size(); ++n) {
    const std::string name = "key-" + std::to_string(n);
    NewEntry scoped = entry(name, "token " + std::to_string(n));
    std::vector<std::string> some(all.rbegin(), all.rbegin() + static_cast<std::ptrdiff_t>(n));
    scoped.scopes = must(ScopeSet::make(some));
    must(vault.add(std::move(scoped)));
    std::ranges::sort(some);
    EXPECT_EQ(version_of(name).scopes.items(), some);
  }
}

TEST_F(Entries, EverythingThatWasSaidIsShown) {
  NewEntry full = entry("full", "tok");
  full.issuer = "101domain";
  full.account = "acme";
  full.team = "web";
  full.issued_at = clock.now() - std::chrono::hours(24);
  full.expires_at = clock.now() + std::chrono::hours(24);
  full.period = "7d";
  full.key_name = "prod key";
  full.minted_by = "ana";
  full.minted_with = "2fa";
  full.note = "line one\nline two\n";
  full.attributes = {{"env", "prod"}, {"url", "https://example.com/?a=b"}};
  const Time issued = *full.issued_at, expires = full.expires_at;
  const EntryView shown = must(vault.add(std::move(full))).entry;
  EXPECT_EQ(shown.issuer, "101domain");
  EXPECT_EQ(shown.account, "acme");
  EXPECT_EQ(shown.team, "web");
  EXPECT_EQ(shown.created, clock.now());
  EXPECT_EQ(shown.changed, clock.now());
  EXPECT_EQ(shown.note, "line one\nline two\n");
  EXPECT_EQ(shown.attributes.at("url"), "https://example.com/?a=b");
  const VersionView& version = shown.versions.at(0);
  EXPECT_EQ(version.issued_at, issued);
  EXPECT_EQ(version.expires_at, expires);
  EXPECT_EQ(version.stored_at, clock.now());
  EXPECT_EQ(version.period, "7d");
  EXPECT_EQ(version.key_name, "prod key");
  EXPECT_EQ(version.minted_by, "ana");
  EXPECT_EQ(version.minted_with, "2fa");
}

TEST_F(Entries, WithoutAnIssueDateItIsNow) {
  must(vault.add(entry("plain", "tok")));
  EXPECT_EQ(version_of("plain").issued_at, clock.now());
}

TEST_F(Entries, NamesAreKeptInNfc) {
  NewEntry decomposed = entry("plain", "tok");
  decomposed.team = "e\u0301quipe";
  decomposed.account = "e\u0301";
  decomposed.key_name = "cle\u0301";
  const EntryView shown = must(vault.add(std::move(decomposed))).entry;
  EXPECT_EQ(shown.team, "\u00e9quipe");
  EXPECT_EQ(shown.account, "\u00e9");
  EXPECT_EQ(shown.versions.at(0).key_name, "cl\u00e9");
  EXPECT_EQ(must(vault.team("\u00e9quipe")).entries, 1U);
}

// parse_name says of attribute keys what it says of other names: they are kept in NFC.
TEST_F(Entries, AttributeKeysAreKeptInNfc) {
  NewEntry decomposed = entry("plain", "tok");
  decomposed.attributes = {{"cle\u0301", "v"}};
  EXPECT_TRUE(must(vault.add(std::move(decomposed))).entry.attributes.contains("cl\u00e9"));
}

TEST_F(Entries, BadNamesAreUsage) {
  for (auto part :
       {&NewEntry::issuer, &NewEntry::account, &NewEntry::team, &NewEntry::key_name, &NewEntry::minted_by}) {
    NewEntry bad = entry("bad", "tok");
    bad.*part = "a\nb";
    EXPECT_CODE(vault.add(std::move(bad)), usage);
    NewEntry long_one = entry("bad", "tok");
    long_one.*part = std::string(limits::name_bytes + 1, 'x');
    EXPECT_CODE(vault.add(std::move(long_one)), limit);
  }
}

TEST_F(Entries, SixtyFourAttributesComeBackAndNoMore) {
  NewEntry many = entry("many", "tok");
  for (std::uint32_t i = 0; i < limits::attributes; ++i) many.attributes["key-" + std::to_string(i)] = "value";
  NewEntry too_many = entry("too-many", "tok 2");
  too_many.attributes = many.attributes;
  too_many.attributes["one more"] = "";
  EXPECT_EQ(must(vault.add(std::move(many))).entry.attributes.size(), limits::attributes);
  EXPECT_CODE(vault.add(std::move(too_many)), limit);
}

TEST_F(Entries, AttributesHaveLimitsOfTheirOwn) {
  auto code = [&](const std::string& key, const std::string& value) {
    NewEntry one = entry("one", "tok");
    one.attributes = {{key, value}};
    return code_of(vault.add(std::move(one)));
  };
  EXPECT_EQ(code("", "v"), static_cast<int>(Errc::usage));
  EXPECT_EQ(code("k", std::string("a\0b", 3)), static_cast<int>(Errc::usage));
  EXPECT_EQ(code(std::string(limits::attribute_key_bytes + 1, 'k'), "v"), static_cast<int>(Errc::limit));
  EXPECT_EQ(code("k", std::string(limits::attribute_value_bytes + 1, 'v')), static_cast<int>(Errc::limit));
  EXPECT_EQ(code(std::string(limits::attribute_key_bytes, 'k'), std::string(limits::attribute_value_bytes, 'v')), 0);
}

TEST_F(Entries, ANoteOf16KiBComesBackAndNoLongerOne) {
  NewEntry noted = entry("noted", "tok");
  noted.note = std::string(limits::note_bytes, 'n');
  EXPECT_EQ(must(vault.add(std::move(noted))).entry.note.size(), limits::note_bytes);
  NewEntry longer = entry("longer", "tok 2");
  longer.note = std::string(limits::note_bytes + 1, 'n');
  EXPECT_CODE(vault.add(std::move(longer)), limit);
}

TEST_F(Entries, MintedWithIsTwoFactorOrSso) {
  NewEntry bad = entry("bad", "tok");
  bad.minted_with = "password";
  EXPECT_CODE(vault.add(std::move(bad)), usage);
}

TEST_F(Entries, TimesOutside1970To9999AreUsage) {
  const Time beyond = kLastTime + std::chrono::seconds(1);
  const Time before = Time{} - std::chrono::seconds(1);
  for (auto [issued, expires] : {std::pair(clock.now(), beyond),
                                 {beyond, kNever},
                                 {before, kNever},
                                 {kNever, kNever},
                                 {before - std::chrono::seconds(1), before}}) {
    NewEntry odd = entry("odd", "tok");
    odd.issued_at = issued;
    odd.expires_at = expires;
    EXPECT_CODE(vault.add(std::move(odd)), usage)
        << issued.time_since_epoch().count() << " " << expires.time_since_epoch().count();
  }
  must(vault.list());
  EXPECT_CODE(vault.get(label("odd")), not_found);
}

TEST_F(Entries, AnEndBeforeTheIssueDateIsUsage) {
  NewEntry odd = entry("odd", "tok");
  odd.issued_at = clock.now();
  odd.expires_at = clock.now();
  EXPECT_CODE(vault.add(std::move(odd)), usage);
}

// ---- labels -----------------------------------------------------------------------------------------------------------

TEST_F(Entries, ALabelReachesTheStoreInNfc) {
  must(vault.add(entry("cafe\u0301", "tok")));
  EXPECT_EQ(get("caf\u00e9"), "tok");
  EXPECT_EQ(must(vault.list()).at(0).label.text(), "caf\u00e9");
}

TEST_F(Entries, ALabelIsUsedOnceWhateverItsForm) {
  must(vault.add(entry("caf\u00e9", "tok")));
  EXPECT_CODE(vault.add(entry("cafe\u0301", "tok 2")), conflict);
}

TEST_F(Entries, LabelsAreCaseSensitive) {
  must(vault.add(entry("prod", "lower")));
  must(vault.add(entry("Prod", "upper")));
  EXPECT_EQ(get("prod"), "lower");
  EXPECT_EQ(get("Prod"), "upper");
}

TEST_F(Entries, TheLongestLabelWorks) {
  const std::string longest(limits::label_bytes, 'x');
  must(vault.add(entry(longest, "tok")));
  EXPECT_EQ(get(longest), "tok");
}

TEST_F(Entries, AUsedLabelIsConflictAndKeepsItsValue) {
  must(vault.add(entry("prod", "tok")));
  EXPECT_CODE(vault.add(entry("prod", "tok 2")), conflict);
  EXPECT_EQ(get("prod"), "tok");
}

TEST_F(Entries, AnUnknownLabelIsNotFound) {
  EXPECT_CODE(vault.get(label("prod")), not_found);
  EXPECT_CODE(vault.show(label("prod")), not_found);
}

TEST_F(Entries, AnUnknownFieldOrVersionIsNotFound) {
  must(vault.add(entry("prod", "tok")));
  EXPECT_CODE(vault.get(label("prod"), {"other", 0, {}, false}), not_found);
  EXPECT_CODE(vault.get(label("prod"), {"", 2, {}, false}), not_found);
  EXPECT_CODE(vault.get(label("prod"), {"", 0xffffffff, {}, false}), not_found);
  EXPECT_EQ(must(vault.get(label("prod"), {"", 1, {}, false})).version, 1U);
}

// ---- fingerprints and hints -------------------------------------------------------------------------------------------

TEST_F(Entries, TheSameTokenTwiceIsConflictAndNamesTheOtherLabel) {
  must(vault.add(entry("prod", "tok_secret")));
  auto again = vault.add(entry("copy", "tok_secret"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::conflict);
  EXPECT_NE(again.error().message.find("'prod'"), std::string::npos) << again.error().message;
  EXPECT_EQ(again.error().message.find("tok_secret"), std::string::npos);
}

TEST_F(Entries, TheSameTokenWithoutFingerprintIsStored) {
  must(vault.add(entry("prod", "tok")));
  NewEntry copy = entry("copy", "tok");
  copy.fingerprint = false;
  EXPECT_EQ(must(vault.add(std::move(copy))).entry.versions.at(0).fingerprint, "");
  EXPECT_EQ(get("copy"), "tok");
}

TEST_F(Entries, ATokenKeptWithoutFingerprintIsNotKnownToLaterOnes) {
  NewEntry quiet = entry("quiet", "tok");
  quiet.fingerprint = false;
  must(vault.add(std::move(quiet)));
  must(vault.add(entry("prod", "tok")));
  EXPECT_EQ(version_of("prod").fingerprint.size(), 16U);
}

TEST_F(Entries, AHintIsKeptOnlyWhenAskedForAndOnlyOfLongTokens) {
  auto hint = [&](const std::string& name, const std::string& token, bool wanted) {
    NewEntry hinted = entry(name, token);
    hinted.hint = wanted;
    must(vault.add(std::move(hinted)));
    return version_of(name).hint;
  };
  EXPECT_EQ(hint("short", std::string(19, 'a') + "WXYZ", true), "");
  EXPECT_EQ(hint("unasked", std::string(20, 'b') + "WXYZ", false), "");
  const std::string kept = hint("long", std::string(20, 'c') + "WXYZ", true);
  EXPECT_TRUE(kept.ends_with("WXYZ")) << kept;
  EXPECT_EQ(kept.find("cc"), std::string::npos);
}

// ---- issuers, accounts, teams -----------------------------------------------------------------------------------------

TEST_F(Entries, AnUnknownIssuerIsNotFoundAndStoresNothing) {
  NewEntry odd = entry("odd", "tok");
  odd.issuer = "nobody";
  odd.team = "new team";
  EXPECT_CODE(vault.add(std::move(odd)), not_found);
  EXPECT_TRUE(must(vault.list()).empty());
  EXPECT_CODE(vault.team("new team"), not_found);
}

TEST_F(Entries, ANewTeamAndAccountAreMadeInTheSameCommitAndNamed) {
  const auto before = must(vault.status()).head_sequence;
  NewEntry first = entry("first", "tok");
  first.team = "web";
  first.account = "acme";
  const AddReceipt receipt = must(vault.add(std::move(first)));
  EXPECT_TRUE(receipt.team_created);
  EXPECT_TRUE(receipt.account_created);
  EXPECT_EQ(must(vault.status()).head_sequence, before + 1);
}

TEST_F(Entries, AKnownTeamAndAccountAreNotMadeAgain) {
  for (const char* name : {"first", "second"}) {
    NewEntry one = entry(name, std::string("token of ") + name);
    one.team = "web";
    one.account = "acme";
    const AddReceipt receipt = must(vault.add(std::move(one)));
    EXPECT_EQ(receipt.team_created, std::string_view(name) == "first");
    EXPECT_EQ(receipt.account_created, std::string_view(name) == "first");
  }
}

TEST_F(Entries, AccountsOfTwoIssuersAreTwo) {
  NewEntry one = entry("one", "tok 1"), two = entry("two", "tok 2");
  one.account = two.account = "acme";
  two.issuer = "101domain";
  EXPECT_TRUE(must(vault.add(std::move(one))).account_created);
  EXPECT_TRUE(must(vault.add(std::move(two))).account_created);
}

TEST_F(Entries, TeamsAreListedWithTheirEntriesAndMembers) {
  must(vault.add(entry("one", "tok 1")));
  NewEntry two = entry("two", "tok 2");
  two.team = "a team";
  must(vault.add(std::move(two)));
  const auto teams = must(vault.teams());
  ASSERT_EQ(teams.size(), 2U);
  EXPECT_EQ(teams[0].name, "a team");
  EXPECT_EQ(teams[1].name, "default");
  EXPECT_EQ(teams[1].entries, 1U);
  EXPECT_EQ(teams[1].generation, 1U);
  EXPECT_EQ(teams[1].members, std::vector<std::string>{"root"});
}

TEST_F(Entries, ANewTeamsEntryOpensInAnotherHandle) {
  NewEntry one = entry("one", "tok");
  one.team = "web";
  must(vault.add(std::move(one)));
  EXPECT_EQ(text_of(must(must(open()).get(label("one"))).bytes), "tok");
}

TEST_F(Entries, AnUnknownTeamIsNotFound) { EXPECT_CODE(vault.team("nobody"), not_found); }

// ---- status and verify ------------------------------------------------------------------------------------------------

TEST_F(Entries, StatusSaysWhatThereIs) {
  must(vault.add(entry("one", "tok")));
  const VaultStatus status = must(vault.status());
  EXPECT_EQ(status.dir, vault_dir());
  EXPECT_EQ(status.suite, 1);
  EXPECT_EQ(status.epoch, 1U);
  EXPECT_EQ(status.header_sequence, 1U);
  EXPECT_FALSE(status.header_from_copy);
  EXPECT_EQ(status.head_sequence, 2U);
  EXPECT_EQ(status.head_time, clock.now());
  EXPECT_EQ(status.entries, 1U);
  EXPECT_EQ(status.teams, 1U);
  EXPECT_EQ(status.identity, "root");
  EXPECT_EQ(status.role, Role::admin);
  EXPECT_EQ(status.slots, 1U);
  EXPECT_EQ(status.audit_policy, "off");
  EXPECT_NE(status.sqlcipher_version, "");
}

TEST_F(Entries, VerifyCountsWhatItChecked) {
  must(vault.add(with_fields("many", 3)));
  NewEntry plain = entry("plain", "tok");
  plain.fields.push_back({"id", false, secret("x")});
  must(vault.add(std::move(plain)));
  const VerifyReport report = must(vault.verify());
  EXPECT_EQ(report.commits, 3U);
  EXPECT_EQ(report.versions, 2U);
  EXPECT_EQ(report.fields, 4U);
  EXPECT_EQ(report.fields_not_ours, 0U);
}

TEST_F(Entries, EveryRefusedAddLeavesTheVaultAsItWas) {
  must(vault.add(entry("prod", "tok")));
  const auto head = must(vault.status()).head_hash;
  EXPECT_CODE(vault.add(entry("prod", "another")), conflict);
  EXPECT_CODE(vault.add(entry("other", "tok")), conflict);
  EXPECT_CODE(vault.add(entry("other", "")), usage);
  EXPECT_EQ(must(vault.status()).head_hash, head);
  must(vault.verify());
}

}  // namespace
}  // namespace vault

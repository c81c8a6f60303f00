#include "tests/support/tamper.hpp"
#include "vault/base/limits.hpp"

namespace vault {
namespace {

class Edits : public World {
 protected:
  Edits() {
    NewEntry two = entry("alpha", "token of alpha");
    two.fields.push_back({"second", true, secret("second of alpha")});
    two.fields.push_back({"plain", false, secret("plain of alpha")});
    two.attributes = {{"env", "prod"}, {"app", "shop"}};
    must(vault.add(std::move(two)));
    must(vault.add(entry("beta", "token of beta")));
  }

  std::string get(std::string_view name, const std::string& field = "") {
    return text_of(must(vault.get(label(name), {field, 0, {}, false})).bytes);
  }
  EntryView show(std::string_view name) { return must(vault.show(label(name))); }
  std::uint64_t commits() { return must(vault.status()).head_sequence; }
  Result<EntryView> edit(const EntryEdit& edit, std::string_view name = "alpha") {
    return vault.edit(label(name), edit);
  }

  Vault vault = create();
};

TEST_F(Edits, AttributesAreSetChangedAndRemoved) {
  EntryView after = must(edit({.set_attributes = {{"env", "test"}, {"new", "1"}}, .remove_attributes = {"app"}}));
  EXPECT_EQ(after.attributes, (std::map<std::string, std::string>{{"env", "test"}, {"new", "1"}}));
  EXPECT_EQ(show("alpha").attributes, after.attributes);
  EXPECT_EQ(get("alpha"), "token of alpha");
  must(vault.verify());
}

TEST_F(Edits, ANoteIsReplacedAndTakenAway) {
  EXPECT_EQ(must(edit({.note = "first\nsecond"})).note, "first\nsecond");
  EXPECT_EQ(must(edit({.note = ""})).note, "");
}

TEST_F(Edits, WhatIsNotNamedStays) {
  const EntryView before = show("alpha");
  clock.advance(std::chrono::hours(1));
  const EntryView after = must(edit({.note = "a note"}));
  EXPECT_EQ(after.attributes, before.attributes);
  EXPECT_EQ(after.team, before.team);
  EXPECT_EQ(after.created, before.created);
  EXPECT_EQ(after.changed, clock.now());
  EXPECT_EQ(after.versions.at(0).fingerprint, before.versions.at(0).fingerprint);
}

TEST_F(Edits, EveryEditIsOneCommitAndAnotherRevision) {
  const std::string before = show("alpha").revision;
  const std::uint64_t commits_before = commits();
  const EntryView after = must(edit({.set_attributes = {{"a", "b"}}, .note = "n", .team = "web"}));
  EXPECT_EQ(commits(), commits_before + 1);
  EXPECT_NE(after.revision, before);
  EXPECT_EQ(after.revision.size(), 64U);
}

TEST_F(Edits, AnEditThatChangesNothingMakesNoCommit) {
  const EntryView before = show("alpha");
  const std::uint64_t commits_before = commits();
  for (const EntryEdit& nothing : {EntryEdit{}, EntryEdit{.set_attributes = {{"env", "prod"}}}, EntryEdit{.note = ""},
                                   EntryEdit{.team = "default"}}) {
    EXPECT_EQ(must(edit(nothing)).revision, before.revision);
  }
  EXPECT_EQ(commits(), commits_before);
}

TEST_F(Edits, ARevisionThatWasReadIsAcceptedOnce) {
  const std::string revision = show("alpha").revision;
  must(edit({.note = "one", .revision = revision}));
  auto second = edit({.note = "two", .revision = revision});
  EXPECT_CODE(second, conflict);
  EXPECT_EQ(show("alpha").note, "one");
}

TEST_F(Edits, ARevisionIsHexInEitherCase) {
  std::string revision = show("alpha").revision;
  std::ranges::transform(revision, revision.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  must(edit({.note = "one", .revision = revision}));
  for (const char* wrong : {"", "12", "zz"}) EXPECT_CODE(edit({.note = "two", .revision = wrong}), usage);
}

TEST_F(Edits, AnothersRevisionIsConflict) {
  EXPECT_CODE(edit({.note = "x", .revision = show("beta").revision}), conflict);
}

TEST_F(Edits, AnotherTeamIsMadeInTheSameCommitAndItsKeySealsEverySecret) {
  const std::uint64_t before = commits();
  EXPECT_EQ(must(edit({.team = "web"})).team, "web");
  EXPECT_EQ(commits(), before + 1);
  EXPECT_EQ(get("alpha"), "token of alpha");
  EXPECT_EQ(get("alpha", "second"), "second of alpha");
  EXPECT_EQ(get("alpha", "plain"), "plain of alpha");
  EXPECT_EQ(must(vault.team("web")).entries, 1U);
  EXPECT_EQ(must(vault.verify()).fields, 3U);
}

TEST_F(Edits, ATeamThatIsThereIsUsed) {
  must(edit({.team = "web"}));
  must(edit({.team = "web"}, "beta"));
  EXPECT_EQ(must(vault.teams()).size(), 2U);
  EXPECT_EQ(get("beta"), "token of beta");
  must(edit({.team = "default"}));
  EXPECT_EQ(get("alpha"), "token of alpha");
  must(vault.verify());
}

// Under the old team's key nothing of it opens any more: an old row in its place is refused.
TEST_F(Edits, TheOldRowOfAVersionIsRefusedAfterAChangeOfTeam) {
  OpenedStore(vault_dir(), {key_file()}).run("CREATE TABLE kept AS SELECT * FROM versions");
  must(edit({.team = "web"}));
  OpenedStore(vault_dir(), {key_file()}).run("INSERT OR REPLACE INTO versions SELECT * FROM kept");
  Vault again = must(open());
  EXPECT_CODE(again.get(label("alpha")), corrupt);
  EXPECT_EQ(text_of(must(again.get(label("beta"))).bytes), "token of beta");
}

TEST_F(Edits, AnOldRecordPutBackIsRefused) {
  OpenedStore(vault_dir(), {key_file()}).run("CREATE TABLE kept AS SELECT * FROM records");
  must(edit({.note = "new"}));
  OpenedStore(vault_dir(), {key_file()}).run("INSERT OR REPLACE INTO records SELECT * FROM kept");
  Vault again = must(open());
  EXPECT_CODE(again.get(label("alpha")), corrupt);
  EXPECT_CODE(again.edit(label("alpha"), {.note = "newer"}), corrupt);
}

TEST_F(Edits, ARemovedEntryMayBeEditedAndStaysRemoved) {
  must(vault.remove(label("alpha")));
  EXPECT_EQ(must(edit({.note = "why it was removed", .team = "web"})).state, State::hidden);
  must(vault.undelete(label("alpha")));
  EXPECT_EQ(get("alpha"), "token of alpha");
  EXPECT_EQ(show("alpha").note, "why it was removed");
}

TEST_F(Edits, ADestroyedEntryIsInactive) {
  must(vault.destroy(label("alpha")));
  EXPECT_CODE(edit({.note = "x"}), inactive);
}

TEST_F(Edits, AFormerLabelLeadsToTheEntry) {
  must(vault.move(label("alpha"), label("omega")));
  EXPECT_EQ(must(edit({.note = "x"})).label, label("omega"));
}

TEST_F(Edits, WhatCannotBeStoredIsRefusedAndChangesNothing) {
  const std::string revision = show("alpha").revision;
  std::map<std::string, std::string> many;
  for (std::uint32_t i = 0; i <= limits::attributes; ++i) many["key-" + std::to_string(i)] = "v";
  EXPECT_CODE(edit({.set_attributes = many}), limit);
  many.erase(many.begin());  // 64 and the two that are there
  EXPECT_CODE(edit({.set_attributes = many}), limit);
  EXPECT_CODE(edit({.set_attributes = {{"k", std::string(limits::attribute_value_bytes + 1, 'v')}}}), limit);
  EXPECT_CODE(edit({.set_attributes = {{std::string(limits::attribute_key_bytes + 1, 'k'), "v"}}}), limit);
  EXPECT_CODE(edit({.set_attributes = {{"k", "\x1b"}}}), usage);
  EXPECT_CODE(edit({.set_attributes = {{"", "v"}}}), usage);
  EXPECT_CODE(edit({.set_attributes = {{"env", "v"}}, .remove_attributes = {"env"}}), usage);
  EXPECT_CODE(edit({.remove_attributes = {"no-such"}}), not_found);
  EXPECT_CODE(edit({.note = std::string(limits::note_bytes + 1, 'n')}), limit);
  EXPECT_CODE(edit({.note = "\x1b"}), usage);
  EXPECT_CODE(edit({.team = ""}), usage);
  EXPECT_CODE(edit({.note = "x"}, "no-such"), not_found);
  EXPECT_EQ(show("alpha").revision, revision);
}

TEST_F(Edits, RemovingMakesRoomForOthers) {
  std::map<std::string, std::string> many;
  for (std::uint32_t i = 0; i < limits::attributes; ++i) many["key-" + std::to_string(i)] = "v";
  EXPECT_EQ(must(edit({.set_attributes = many, .remove_attributes = {"env", "app"}})).attributes, many);
}

TEST_F(Edits, TheClockMustFitTheFormat) {
  clock.set(Time(std::chrono::seconds(-1)));
  EXPECT_CODE(edit({.note = "x"}), usage);
}

// ---- one view of several labels ---------------------------------------------------------------------------------------

TEST_F(Edits, GetAllGivesEveryValueInOrder) {
  auto values = must(vault.get_all({label("beta"), label("alpha"), label("beta")}));
  ASSERT_EQ(values.size(), 3U);
  EXPECT_EQ(text_of(values[0].bytes), "token of beta");
  EXPECT_EQ(text_of(values[1].bytes), "token of alpha");
  EXPECT_EQ(text_of(values[2].bytes), "token of beta");
  EXPECT_TRUE(must(vault.get_all({})).empty());
}

TEST_F(Edits, GetAllGivesNothingWhenOneFails) {
  auto values = vault.get_all({label("alpha"), label("no-such"), label("beta")});
  EXPECT_CODE(values, not_found);
  EXPECT_NE(values.error().message.find("get no-such"), std::string::npos) << values.error().message;
}

// ---- a write that fails -----------------------------------------------------------------------------------------------

// Every verb that changes an entry, on a vault where any table refuses to be written: the old state stays, and is whole.
TEST_F(Edits, AWriteThatFailsOnTheWayLeavesTheOldState) {
  const EntryView before = show("alpha");
  const std::vector<std::function<Result<EntryView>(Vault&)>> verbs{
      [&](Vault& v) { return v.edit(label("alpha"), {.note = "x", .team = "web"}); },
      [&](Vault& v) { return v.move(label("alpha"), label("omega")); },
      [&](Vault& v) { return v.remove(label("alpha")); },
      [&](Vault& v) { return v.destroy(label("alpha")); },
  };
  for (std::string at :
       {"UPDATE ON records", "INSERT ON buckets", "INSERT ON nodes", "INSERT ON commits", "INSERT ON deltas"}) {
    OpenedStore(vault_dir(), {key_file()})
        .run("CREATE TRIGGER refuse BEFORE " + at + " BEGIN SELECT RAISE(ABORT, 'no'); END");
    for (const auto& verb : verbs) EXPECT_FALSE(verb(vault)) << at;
    OpenedStore(vault_dir(), {key_file()}).run("DROP TRIGGER refuse");
    EXPECT_EQ(show("alpha").revision, before.revision) << at;
    EXPECT_EQ(get("alpha"), "token of alpha") << at;
    must(vault.verify());
  }
  for (const auto& verb : verbs) must(verb(vault));
  must(vault.verify());
}

// `make` fails at the second of two versions' rows, after the first was sealed anew.
TEST_F(Edits, ADamagedVersionStopsAChangeOfTeamAndOfNothingElse) {
  const VersionId version = show("alpha").versions.at(0).id;
  OpenedStore(vault_dir(), {key_file()})
      .run("UPDATE versions SET fields = x'00' WHERE id = " + std::to_string(row_of(version.bytes)));
  EXPECT_CODE(edit({.team = "web"}), corrupt);
  EXPECT_CODE(vault.destroy(label("alpha")), corrupt);
  EXPECT_EQ(must(vault.teams()).size(), 1U);
  EXPECT_EQ(must(vault.list()).at(0).state, State::active);
}

TEST_F(Edits, AFailingFileSystemGivesTheOldStateOrTheNewOne) {
  for (int nth = 1; nth < 6; ++nth) {
    const std::string note = "note " + std::to_string(nth);
    files.fail(nth, EIO, 1);
    const bool done = static_cast<bool>(edit({.note = note}));
    files.fail(0, 0);
    EXPECT_EQ(show("alpha").note == note, done) << nth;
  }
  must(vault.verify());
}

}  // namespace
}  // namespace vault

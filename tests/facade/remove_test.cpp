#include "tests/support/signed_change.hpp"

namespace vault {
namespace {

// rm, undelete, destroy, and labels of destroyed entries that are used again.
class Removals : public World {
 protected:
  Removals() {
    NewEntry alpha = entry("alpha", "token of alpha");
    alpha.fields.push_back({"plain", false, secret("plain of alpha")});
    must(vault.add(std::move(alpha)));
    must(vault.add(entry("beta", "token of beta")));
  }

  std::string get(std::string_view name) { return text_of(must(vault.get(label(name))).bytes); }
  EntryView show(std::string_view name) { return must(vault.show(label(name))); }
  std::size_t listed(std::optional<State> state = {}) {
    Selection selection;
    selection.state = state;
    return must(vault.list(selection)).size();
  }
  std::uint64_t live() { return must(vault.status()).entries; }
  void run(const std::string& sql) { OpenedStore(vault_dir(), {key_file()}).run(sql); }
  Result<AddReceipt> add_again(std::string_view name, std::string_view token) {
    NewEntry again = entry(name, token);
    again.replace_tombstone = true;
    return vault.add(std::move(again));
  }
  static bool says(const Error& error, std::string_view words) {
    return error.message.find(words) != std::string::npos;
  }

  Vault vault = create();
};

TEST_F(Removals, ARemovedEntryIsHiddenAndComesBack) {
  const EntryView before = show("alpha");
  EXPECT_EQ(must(vault.remove(label("alpha"))).state, State::hidden);
  EXPECT_CODE(vault.get(label("alpha")), inactive);
  EXPECT_EQ(listed(), 1U);
  EXPECT_EQ(listed(State::hidden), 1U);
  EXPECT_EQ(live(), 1U);
  EXPECT_NE(show("alpha").revision, before.revision);
  must(vault.verify());
  EXPECT_EQ(must(vault.undelete(label("alpha"))).state, State::active);
  EXPECT_EQ(get("alpha"), "token of alpha");
  EXPECT_EQ(live(), 2U);
  must(vault.verify());
}

TEST_F(Removals, EachVerbRefusesAStateThatItDoesNotEnd) {
  EXPECT_CODE(vault.undelete(label("alpha")), conflict);
  must(vault.remove(label("alpha")));
  EXPECT_CODE(vault.remove(label("alpha")), inactive);
  must(vault.destroy(label("alpha")));
  EXPECT_CODE(vault.remove(label("alpha")), inactive);
  EXPECT_CODE(vault.undelete(label("alpha")), inactive);
  EXPECT_CODE(vault.destroy(label("alpha")), inactive);
  for (auto verb : {&Vault::remove, &Vault::undelete, &Vault::destroy})
    EXPECT_CODE((vault.*verb)(label("no-such")), not_found);
  must(vault.verify());
}

TEST_F(Removals, ALabelOfARemovedEntryIsNotFree) {
  must(vault.remove(label("alpha")));
  auto again = add_again("alpha", "another token");
  EXPECT_CODE(again, conflict);
  EXPECT_TRUE(says(again.error(), "vault undelete alpha")) << again.error().message;
}

TEST_F(Removals, DestroyLeavesNoSecretAndKeepsTheRest) {
  const VersionId version = show("alpha").versions.at(0).id;
  const std::string fields_of =
      "SELECT length(fields) FROM versions WHERE id = " + std::to_string(row_of(version.bytes));
  const EntryView after = must(vault.destroy(label("alpha")));
  EXPECT_EQ(after.state, State::destroyed);
  EXPECT_EQ(after.versions.at(0).state, State::destroyed);
  EXPECT_EQ(after.versions.at(0).fields.at(0).size, 0U);
  EXPECT_EQ(after.versions.at(0).fields.at(1).size, 14U);
  EXPECT_CODE(vault.get(label("alpha")), inactive);
  EXPECT_CODE(vault.get(label("alpha"), {"plain", 1, {}, true}), inactive);
  // A count, an empty string, and the plain field's 14 bytes.
  EXPECT_EQ(OpenedStore(vault_dir(), {key_file()}).number(fields_of.c_str()), 4 + 4 + 4 + 14);
  EXPECT_EQ(live(), 1U);
  EXPECT_EQ(listed(State::destroyed), 1U);
  must(vault.verify());
}

TEST_F(Removals, ADestroyedTokenIsStillKnown) {
  must(vault.destroy(label("alpha")));
  auto again = vault.add(entry("gamma", "token of alpha"));
  EXPECT_CODE(again, conflict);
  EXPECT_TRUE(says(again.error(), "'alpha', since destroyed")) << again.error().message;
}

// ---- labels used again ------------------------------------------------------------------------------------------------

TEST_F(Removals, TheLabelOfADestroyedEntryIsUsedAgainOnlyWhereThatIsSaid) {
  must(vault.destroy(label("alpha")));
  auto refused = vault.add(entry("alpha", "second token"));
  EXPECT_CODE(refused, conflict);
  EXPECT_TRUE(says(refused.error(), "--replace-tombstone")) << refused.error().message;
  must(add_again("alpha", "second token"));
  EXPECT_EQ(get("alpha"), "second token");
  EXPECT_EQ(show("alpha").version_count, 1U);
  EXPECT_EQ(live(), 2U);
  EXPECT_EQ(listed(), 2U);
  EXPECT_EQ(listed(State::destroyed), 1U);
  must(vault.verify());
  EXPECT_CODE(add_again("alpha", "third token"), conflict);
}

TEST_F(Removals, OfSeveralTombstonesTheLastIsShown) {
  std::vector<EntryId> ids;
  for (int i = 0; i < 6; ++i) {
    if (i > 0) must(add_again("alpha", "token " + std::to_string(i)));
    ids.push_back(show("alpha").id);
    clock.advance(std::chrono::seconds(1));
    must(vault.destroy(label("alpha")));
    EXPECT_EQ(show("alpha").id, ids.back());
    EXPECT_CODE(vault.get(label("alpha")), inactive);
    must(vault.verify());
  }
  EXPECT_EQ(listed(State::destroyed), 6U);
  EXPECT_EQ(live(), 1U);
  must(add_again("alpha", "the last token"));
  must(vault.remove(label("alpha")));
  EXPECT_EQ(show("alpha").state, State::hidden);
  must(vault.undelete(label("alpha")));
  EXPECT_EQ(get("alpha"), "the last token");
}

TEST_F(Removals, AnAliasBesideATombstoneLeadsToTheLivingEntry) {
  must(vault.destroy(label("alpha")));
  must(add_again("alpha", "second token"));
  must(vault.move(label("alpha"), label("omega")));
  EXPECT_EQ(get("alpha"), "second token");
  EXPECT_CODE(add_again("alpha", "third token"), conflict);
  must(vault.move(label("omega"), label("alpha")));
  EXPECT_EQ(get("omega"), "second token");
  must(vault.verify());
}

TEST_F(Removals, AFormerLabelLeadsToItsOwnTombstoneAndNotToTheNextEntry) {
  must(vault.move(label("alpha"), label("omega")));
  must(vault.destroy(label("omega")));
  must(add_again("omega", "second token"));
  EXPECT_EQ(get("omega"), "second token");
  EXPECT_CODE(vault.get(label("alpha")), inactive);
  EXPECT_EQ(show("alpha").state, State::destroyed);
  must(vault.verify());
}

TEST_F(Removals, WithoutATombstoneTheOptionDoesNothing) {
  must(add_again("gamma", "token of gamma"));
  EXPECT_CODE(add_again("beta", "another token"), conflict);
}

// ---- damage -----------------------------------------------------------------------------------------------------------

TEST_F(Removals, ARemovedEntryWhoseRowIsHiddenIsCorruptAndNotUnknown) {
  must(vault.remove(label("alpha")));
  const EntryId id = show("alpha").id;
  const Bytes good = file_bytes(vault_dir() / "store-1.db");
  for (const std::string& sql : {"DELETE FROM records WHERE id = " + std::to_string(row_of(id.bytes)),
                                 "DELETE FROM buckets WHERE id = " +
                                     std::to_string(entry_bucket_row(header_of(vault_dir()).body.vault, "alpha"))}) {
    run(sql);
    Vault again = must(open());
    EXPECT_CODE(again.show(label("alpha")), corrupt) << sql;
    EXPECT_CODE(again.undelete(label("alpha")), corrupt) << sql;
    EXPECT_CODE(again.destroy(label("alpha")), corrupt) << sql;
    put_file(vault_dir() / "store-1.db", good);
  }
}

TEST_F(Removals, ADestroyedValuePutBackInItsRowIsFound) {
  run("CREATE TABLE kept AS SELECT * FROM versions");
  must(vault.destroy(label("alpha")));
  run("UPDATE versions SET fields = (SELECT fields FROM kept WHERE kept.id = versions.id)");
  Vault again = must(open());
  EXPECT_CODE(again.get(label("alpha")), inactive);
  EXPECT_CODE(again.show(label("alpha")), corrupt);
  EXPECT_CODE(again.verify(), corrupt);
}

TEST_F(Removals, AnEntryIsNotBroughtBackByItsOldRows) {
  run("CREATE TABLE kept AS SELECT * FROM records");
  run("CREATE TABLE kept_buckets AS SELECT * FROM buckets");
  must(vault.destroy(label("alpha")));
  run("INSERT OR REPLACE INTO records SELECT * FROM kept");
  EXPECT_CODE(must(open()).show(label("alpha")), corrupt);
  run("INSERT OR REPLACE INTO buckets SELECT * FROM kept_buckets");
  EXPECT_CODE(must(open()).get(label("alpha")), corrupt);
}

TEST_F(Removals, VerifyFindsATombstoneWhoseVersionsAreNotDestroyed) {
  {
    SignedChange store(vault_dir(), {key_file()});
    store.write([&](ReadView& view, Change& change) {
      Item item = store.current(view, "alpha");
      item.status = ItemStatus::tombstone;
      change.items.push_back({RecordKind::entry, false, item});
    });
  }
  EXPECT_CODE(must(open()).verify(), corrupt);
}

}  // namespace
}  // namespace vault

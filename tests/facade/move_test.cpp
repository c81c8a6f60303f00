#include "tests/support/signed_change.hpp"
#include "vault/base/limits.hpp"

namespace vault {
namespace {

using Labels = std::vector<std::string>;

class Moves : public World {
 protected:
  Moves() {
    must(vault.add(entry("alpha", "token of alpha")));
    must(vault.add(entry("beta", "token of beta")));
  }

  std::string get(std::string_view name) { return text_of(must(vault.get(label(name))).bytes); }
  EntryView show(std::string_view name) { return must(vault.show(label(name))); }
  Result<EntryView> move(std::string_view from, std::string_view to) { return vault.move(label(from), label(to)); }
  static bool says(const Error& error, std::string_view words) {
    return error.message.find(words) != std::string::npos;
  }

  Vault vault = create();
};

TEST_F(Moves, TheOldLabelStillLeadsToTheEntry) {
  const EntryView moved = must(move("alpha", "dns/alpha"));
  EXPECT_EQ(moved.label, label("dns/alpha"));
  EXPECT_EQ(moved.former_labels, Labels{"alpha"});
  EXPECT_EQ(get("alpha"), "token of alpha");
  EXPECT_EQ(get("dns/alpha"), "token of alpha");
  EXPECT_EQ(show("alpha").label, label("dns/alpha"));
  EXPECT_EQ(must(vault.list()).size(), 2U);
  EXPECT_EQ(must(vault.status()).entries, 2U);
  must(vault.verify());
}

TEST_F(Moves, EveryFormerLabelLeadsToTheLast) {
  for (auto [from, to] : {std::pair("alpha", "one"), {"one", "two"}, {"alpha", "three"}}) must(move(from, to));
  EXPECT_EQ(show("three").former_labels, (Labels{"alpha", "one", "two"}));
  for (const char* name : {"alpha", "one", "two", "three"}) EXPECT_EQ(get(name), "token of alpha") << name;
  must(vault.verify());
}

TEST_F(Moves, MovingBackTurnsTheAliasIntoTheEntry) {
  must(move("alpha", "one"));
  must(move("one", "two"));
  const EntryView back = must(move("two", "alpha"));
  EXPECT_EQ(back.former_labels, (Labels{"one", "two"}));
  for (const char* name : {"alpha", "one", "two"}) EXPECT_EQ(get(name), "token of alpha") << name;
  must(vault.verify());
}

TEST_F(Moves, WhatHasTheLabelAlreadyIsNamed) {
  auto live = move("alpha", "beta");
  EXPECT_CODE(live, conflict);
  EXPECT_TRUE(says(live.error(), "used already")) << live.error().message;
  must(move("beta", "gamma"));
  auto alias = move("alpha", "beta");
  EXPECT_CODE(alias, conflict);
  EXPECT_TRUE(says(alias.error(), "leads to gamma")) << alias.error().message;
  must(vault.remove(label("gamma")));
  auto hidden = move("alpha", "gamma");
  EXPECT_CODE(hidden, conflict);
  EXPECT_TRUE(says(hidden.error(), "removed")) << hidden.error().message;
  must(vault.destroy(label("gamma")));
  auto tombstone = move("alpha", "gamma");
  EXPECT_CODE(tombstone, conflict);
  EXPECT_TRUE(says(tombstone.error(), "destroyed")) << tombstone.error().message;
  auto self = move("alpha", "alpha");
  EXPECT_CODE(self, conflict);
  EXPECT_EQ(get("alpha"), "token of alpha");
  must(vault.verify());
}

TEST_F(Moves, ItsOwnLabelByAnAliasIsConflict) {
  must(move("alpha", "one"));
  EXPECT_CODE(move("alpha", "one"), conflict);
}

TEST_F(Moves, UnknownAndDestroyedOnesAreRefused) {
  EXPECT_CODE(move("no-such", "other"), not_found);
  must(vault.destroy(label("alpha")));
  EXPECT_CODE(move("alpha", "other"), inactive);
}

TEST_F(Moves, AddOntoAFormerLabelIsConflictWhateverTheOption) {
  must(move("alpha", "one"));
  for (bool replace : {false, true}) {
    NewEntry again = entry("alpha", "another token");
    again.replace_tombstone = replace;
    auto added = vault.add(std::move(again));
    EXPECT_CODE(added, conflict);
    EXPECT_TRUE(says(added.error(), "leads to one")) << added.error().message;
  }
}

TEST_F(Moves, ARemovedEntryMovesAndStaysRemoved) {
  must(vault.remove(label("alpha")));
  EXPECT_EQ(must(move("alpha", "one")).state, State::hidden);
  EXPECT_CODE(vault.get(label("alpha")), inactive);
  must(vault.undelete(label("alpha")));
  EXPECT_EQ(get("one"), "token of alpha");
  must(vault.verify());
}

TEST_F(Moves, FormerLabelsLeadToTheTombstoneToo) {
  must(move("alpha", "one"));
  must(vault.destroy(label("alpha")));
  for (const char* name : {"alpha", "one"}) {
    EXPECT_EQ(show(name).label, label("one"));
    EXPECT_EQ(show(name).state, State::destroyed);
    EXPECT_CODE(vault.get(label(name)), inactive);
  }
  must(vault.verify());
}

TEST_F(Moves, TheFingerprintLeadsToTheNewLabel) {
  must(move("alpha", "one"));
  auto twice = vault.add(entry("other", "token of alpha"));
  EXPECT_CODE(twice, conflict);
  EXPECT_TRUE(says(twice.error(), "'one'")) << twice.error().message;
}

TEST_F(Moves, AnEntryKeeps64FormerLabelsAndMovingBackMakesRoom) {
  for (std::uint32_t i = 0; i < limits::former_labels; ++i) must(move("alpha", "label-" + std::to_string(i)));
  EXPECT_EQ(show("alpha").former_labels.size(), limits::former_labels);
  EXPECT_CODE(move("alpha", "one-more"), limit);
  EXPECT_EQ(must(move("alpha", "label-7")).former_labels.size(), limits::former_labels);
  EXPECT_EQ(get("alpha"), "token of alpha");
  must(vault.verify());
}

// ---- damage -----------------------------------------------------------------------------------------------------------

class MovesDamaged : public Moves {
 protected:
  void run(const std::string& sql) { OpenedStore(vault_dir(), {key_file()}).run(sql); }
};

TEST_F(MovesDamaged, AnOldBucketDoesNotBringTheOldPlaceBack) {
  run("CREATE TABLE kept AS SELECT * FROM buckets");
  must(move("alpha", "one"));
  run("INSERT OR REPLACE INTO buckets SELECT * FROM kept");
  Vault again = must(open());
  EXPECT_CODE(again.get(label("alpha")), corrupt);
  EXPECT_CODE(again.move(label("alpha"), label("two")), corrupt);
}

TEST_F(MovesDamaged, AnAliasThatWasTakenAwayIsCorruptAndNotUnknown) {
  must(move("alpha", "one"));
  run("DELETE FROM buckets WHERE id = " + std::to_string(entry_bucket_row(header_of(vault_dir()).body.vault, "alpha")));
  EXPECT_CODE(must(open()).get(label("alpha")), corrupt);
}

// Changes that only a faulty writer with an admin's keys makes: `verify` compares aliases, fingerprints and former labels both ways.
TEST_F(MovesDamaged, VerifyFindsAnAliasThatNoEntryNames) {
  {
    SignedChange store(vault_dir(), {key_file()});
    store.write([&](ReadView& view, Change& change) {
      Item alias = store.current(view, "alpha");
      alias.value = alias.key;
      alias.key = entry_key(store.vault(), "nobody");
      alias.status = ItemStatus::alias;
      change.items.push_back({RecordKind::entry, false, alias});
    });
  }
  EXPECT_CODE(must(open()).verify(), corrupt);
}

TEST_F(MovesDamaged, VerifyFindsAFormerLabelWithoutAlias) {
  {
    SignedChange store(vault_dir(), {key_file()});
    store.write([&](ReadView& view, Change& change) {
      const Item item = store.current(view, "alpha");
      EntryRecord record = must(view.entry(item));
      record.former_labels.push_back(label("before"));
      store.put(change, item, record);
    });
  }
  EXPECT_CODE(must(open()).verify(), corrupt);
}

TEST_F(MovesDamaged, AnAliasThatLeadsNowhereIsCorrupt) {
  must(move("alpha", "one"));
  {
    SignedChange store(vault_dir(), {key_file()});
    store.write([&](ReadView& view, Change& change) {
      Item alias = must(view.tree().find(RecordKind::entry, entry_key(store.vault(), "alpha"))).at(0);
      alias.value = entry_key(store.vault(), "nowhere");
      change.items.push_back({RecordKind::entry, false, alias});
    });
  }
  Vault again = must(open());
  EXPECT_CODE(again.get(label("alpha")), corrupt);
  EXPECT_CODE(again.verify(), corrupt);
}

TEST_F(MovesDamaged, VerifyFindsAFingerprintOfAnotherPlace) {
  {
    SignedChange store(vault_dir(), {key_file()});
    store.write([&](ReadView& view, Change& change) {
      Item pointer = must(view.tree().items(RecordKind::fingerprint)).at(0);
      pointer.value = entry_key(store.vault(), pointer.value == entry_key(store.vault(), "alpha") ? "beta" : "alpha");
      change.items.push_back({RecordKind::fingerprint, false, pointer});
    });
  }
  EXPECT_CODE(must(open()).verify(), corrupt);
}

// Tokens that a later version minted are led to the new label too.
TEST_F(MovesDamaged, AMintedTokenLeadsToTheNewLabel) {
  Digest place{};
  place[0] = std::byte{7};
  {
    SignedChange store(vault_dir(), {key_file()});
    store.write([&](ReadView& view, Change& change) {
      const Item item = store.current(view, "alpha");
      EntryRecord record = must(view.entry(item));
      VersionRecord version = must(view.version(record, record.versions.at(0)));
      auto values = must(view.fields(version, false));
      version.verifier = Digest{};
      VersionWrite write{version.id, encode(version), encode_field_values(values), false};
      record.versions.at(0).digest = version_digest(write.version, store.vault());
      change.versions.push_back(std::move(write));
      change.items.push_back({RecordKind::mint, false, {place, version.id.bytes, ItemStatus::live, item.key}});
      store.put(change, item, record);
    });
  }
  Vault again = must(open());
  must(again.move(label("alpha"), label("one")));
  must(again.verify());
  SignedChange store(vault_dir(), {key_file()});
  store.write([&](ReadView& view, Change&) {
    EXPECT_EQ(must(view.tree().find(RecordKind::mint, place)).at(0).value, entry_key(store.vault(), "one"));
  });
}

}  // namespace
}  // namespace vault

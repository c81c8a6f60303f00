#include "tests/support/tamper.hpp"

// A clone: another vault with the same content.

namespace vault {
namespace {

class CloneTest : public World {
 protected:
  fs::path clone_dir() const { return dir() / "clone"; }
  NewSlot clone_slot() { return {"clone", {key_file("clone key")}}; }
  Result<Vault> open_clone() { return Vault::open(clone_dir(), {{key_file("clone key")}, ""}, platform); }

  Vault filled() {
    Vault vault = create();
    NewEntry first = entry("prod-dns", "token-1");
    first.team = "web";
    first.issuer = "101domain";
    first.account = "main";
    first.note = "a note";
    first.attributes = {{"env", "prod"}};
    first.fields.push_back({"user", false, secret("bob")});
    must(vault.add(std::move(first)));
    for (const char* name : {"moved", "hidden", "gone"}) must(vault.add(entry(name, std::string("token of ") + name)));
    must(vault.move(label("moved"), label("moved/there")));
    must(vault.remove(label("hidden")));
    must(vault.destroy(label("gone")));
    return vault;
  }
  std::string get(const Vault& vault, std::string_view name) { return text_of(must(vault.get(label(name))).bytes); }
};

TEST_F(CloneTest, HoldsEverythingUnderAnotherId) {
  Vault vault = filled();
  Vault clone = must(vault.clone(clone_dir(), clone_slot()));
  EXPECT_NE(must(clone.status()).id, must(vault.status()).id);
  EXPECT_EQ(must(clone.status()).head_sequence, 1u);
  EXPECT_EQ(get(clone, "prod-dns"), "token-1");
  EXPECT_EQ(get(clone, "moved"), "token of moved");
  EXPECT_EQ(get(clone, "moved/there"), "token of moved");
  EXPECT_CODE(clone.get(label("hidden")), inactive);
  EXPECT_CODE(clone.get(label("gone")), inactive);
  const EntryView before = must(vault.show(label("prod-dns")));
  const EntryView after = must(clone.show(label("prod-dns")));
  EXPECT_EQ(after.id, before.id);
  EXPECT_EQ(after.team, before.team);
  EXPECT_EQ(after.account, before.account);
  EXPECT_EQ(after.note, before.note);
  EXPECT_EQ(after.attributes, before.attributes);
  EXPECT_EQ(after.versions.front().fingerprint, before.versions.front().fingerprint);
  EXPECT_EQ(must(clone.verify()).fields, must(vault.verify()).fields);
}

TEST_F(CloneTest, LivesItsOwnLife) {
  Vault vault = filled();
  Vault clone = must(vault.clone(clone_dir(), clone_slot()));
  must(clone.undelete(label("hidden")));
  must(clone.add(entry("new", "token-9")));
  must(clone.edit(label("prod-dns"), {.team = "other"}));
  EXPECT_CODE(vault.get(label("new")), not_found);
  EXPECT_CODE(vault.get(label("hidden")), inactive);
  EXPECT_TRUE(must(open_clone()).verify());
  EXPECT_TRUE(must(open()).verify());
  must(clone.rekey());
  EXPECT_EQ(get(clone, "prod-dns"), "token-1");
}

TEST_F(CloneTest, OldFactorsDoNotOpenItAndNewOnesNotTheOld) {
  Vault vault = filled();
  must(vault.clone(clone_dir(), clone_slot()));
  EXPECT_CODE(Vault::open(clone_dir(), {{key_file()}, ""}, platform), wrong_key);
  EXPECT_CODE(open_with({key_file("clone key")}), wrong_key);
}

TEST_F(CloneTest, KnowsTokensByTheirFingerprintsDestroyedOnesToo) {
  Vault vault = filled();
  Vault clone = must(vault.clone(clone_dir(), clone_slot()));
  EXPECT_CODE(clone.add(entry("again", "token-1")), conflict);
  EXPECT_CODE(clone.add(entry("again", "token of gone")), conflict);
}

TEST_F(CloneTest, SaysWhereItComesFrom) {
  Vault vault = filled();
  Vault clone = must(vault.clone(clone_dir(), clone_slot()));
  const auto log = must(clone.log());
  ASSERT_EQ(log.size(), 1u);
  EXPECT_EQ(log.front().kind, CommitKind::clone);
  Vault again = must(clone.clone(dir() / "again", {"again", {key_file()}}));  // a clone of a clone
  EXPECT_EQ(get(again, "prod-dns"), "token-1");
  EXPECT_TRUE(again.verify());
}

TEST_F(CloneTest, RefusesAPlaceThatIsUsed) {
  Vault vault = filled();
  EXPECT_CODE(vault.clone(vault_dir(), clone_slot()), conflict);
  fs::create_directory(clone_dir());
  fs::permissions(clone_dir(), fs::perms::owner_all);
  put_file(clone_dir() / "something", as_bytes("else"));
  EXPECT_CODE(vault.clone(clone_dir(), clone_slot()), conflict);
}

TEST_F(CloneTest, IsForAdminsAlone) {
  Vault vault = filled();
  must(vault.add_identity({{"reader", {key_file("reader")}}, Role::reader, {"web"}}));
  Vault reader = must(open_with({key_file("reader")}));
  EXPECT_CODE(reader.clone(clone_dir(), clone_slot()), denied);
  EXPECT_FALSE(fs::exists(clone_dir()));
  EXPECT_CODE(reader.rekey(), denied);
}

TEST_F(CloneTest, FailingFileOperationLeavesNoHalfVault) {
  Vault vault = filled();
  for (int nth = 1;; ++nth) {
    files.fail(nth, EIO);
    auto clone = vault.clone(clone_dir(), clone_slot());
    const bool failed = files.failed();
    files.fail(0, 0);
    if (clone) {
      EXPECT_TRUE(must(open_clone()).verify()) << nth;
    } else if (fs::exists(clone_dir() / "header")) {
      EXPECT_TRUE(must(open_clone()).verify()) << nth;  // it failed after it was made: at opening it
    }
    fs::remove_all(clone_dir());
    if (!failed) break;
  }
  EXPECT_TRUE(vault.verify());
}

}  // namespace
}  // namespace vault

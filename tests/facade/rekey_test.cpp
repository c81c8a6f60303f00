#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "tests/support/tamper.hpp"
#include "vault/mark.hpp"

// New keys for everything: what changes, what stays, who sees what in between.

namespace vault {
namespace {

class RekeyTest : public World {
 protected:
  RekeyTest() { platform.state_dir = dir() / "state"; }

  Vault filled() {
    Vault vault = create();
    must(vault.add(entry("prod-dns", "token-1")));
    NewEntry web = entry("web/mail", "token-2");
    web.team = "web";
    web.fields.push_back({"user", false, secret("bob")});
    web.fields.push_back({"second", true, secret("token-3")});
    must(vault.add(std::move(web)));
    return vault;
  }

  std::string get(const Vault& vault, std::string_view name, const std::string& field = "") {
    GetOptions options;
    options.field = field;
    return text_of(must(vault.get(label(name), options)).bytes);
  }

  std::vector<std::string> stores() const {
    std::vector<std::string> names;
    for (const auto& file : fs::directory_iterator(vault_dir())) {
      if (file.path().filename().string().starts_with("store-")) names.push_back(file.path().filename());
    }
    std::ranges::sort(names);
    return names;
  }

  // A copy of the vault, and the vault as it was when that was made.
  fs::path untouched() const { return dir() / "untouched"; }
  Vault open_untouched() {
    fs::remove_all(vault_dir());
    fs::remove_all(platform.state_dir);
    copy_vault(untouched(), vault_dir());
    return must(open());
  }
};

using Names = std::vector<std::string>;

TEST_F(RekeyTest, EverythingIsThereUnderNewKeys) {
  Vault vault = filled();
  const Header before = header_of(vault_dir());
  const RekeyReport report = must(vault.rekey());
  EXPECT_EQ(report.epoch, 2u);
  EXPECT_EQ(report.teams, 2u);
  EXPECT_EQ(report.fields, 3u);
  const Header after = header_of(vault_dir());
  EXPECT_EQ(after.body.epoch, 2u);
  EXPECT_NE(after.body.audit_key, before.body.audit_key);
  EXPECT_EQ(after.body.audit_key_number, before.body.audit_key_number + 1);
  const Unlocked old_self = must(unlock(before, {key_file()}, "", platform.limits));
  const Unlocked new_self = must(unlock(after, {key_file()}, "", platform.limits));
  EXPECT_FALSE(old_self.vault_key.bytes == new_self.vault_key.bytes);
  const Vault fresh = must(open());
  for (const Vault* opened : {&std::as_const(vault), &fresh}) {
    EXPECT_EQ(get(*opened, "prod-dns"), "token-1");
    EXPECT_EQ(get(*opened, "web/mail"), "token-2");
    EXPECT_EQ(get(*opened, "web/mail", "user"), "bob");
    EXPECT_EQ(get(*opened, "web/mail", "second"), "token-3");
    EXPECT_EQ(must(opened->verify()).fields, 3u);
  }
  EXPECT_EQ(stores(), Names{"store-2.db"});
}

TEST_F(RekeyTest, HistoryGoesOnAndNamesTheEpoch) {
  Vault vault = filled();
  const auto before = must(vault.status());
  must(vault.rekey());
  const auto after = must(vault.status());
  EXPECT_EQ(after.head_sequence, before.head_sequence + 1);
  const auto log = must(vault.log());
  EXPECT_EQ(log.front().kind, CommitKind::epoch);
  EXPECT_EQ(log.front().epoch, 2u);
  EXPECT_EQ(log[1].hash, before.head_hash);
  EXPECT_EQ(log[1].epoch, 1u);
}

TEST_F(RekeyTest, FingerprintsStayTrue) {
  Vault vault = filled();
  must(vault.rekey());
  EXPECT_CODE(vault.add(entry("again", "token-1")), conflict);
}

TEST_F(RekeyTest, OldTeamKeysOpenNothingAnyMore) {
  Vault vault = filled();
  const Header before = header_of(vault_dir());
  const fs::path old = dir() / "old";
  copy_vault(vault_dir(), old);
  must(vault.rekey());
  // Who kept the old vault key cannot open the new store.
  const Unlocked self = must(unlock(before, {key_file()}, "", platform.limits));
  EXPECT_CODE(Database::open(vault_dir() / "store-2.db", store_key(self.vault_key, before.body.vault)), corrupt);
  EXPECT_EQ(must(vault.team("web")).generation, 2u);
}

TEST_F(RekeyTest, HiddenDestroyedMovedAndManyRekeysSurvive) {
  Vault vault = filled();
  must(vault.add(entry("gone", "token-4")));
  must(vault.add(entry("hidden", "token-5")));
  must(vault.destroy(label("gone")));
  must(vault.remove(label("hidden")));
  must(vault.move(label("prod-dns"), label("dns")));
  for (int i = 0; i < 3; ++i) must(vault.rekey());
  EXPECT_EQ(must(vault.status()).epoch, 4u);
  EXPECT_EQ(get(vault, "prod-dns"), "token-1");
  EXPECT_CODE(vault.get(label("gone")), inactive);
  must(vault.undelete(label("hidden")));
  EXPECT_EQ(get(vault, "hidden"), "token-5");
  EXPECT_TRUE(vault.verify());
  EXPECT_TRUE(open());
}

TEST_F(RekeyTest, MoreEntriesThanAreRewrittenAtOnce) {
  Vault vault = create();
  std::vector<NewEntry> many;
  for (int i = 0; i < 1203; ++i) many.push_back(entry("e" + std::to_string(i), "token-" + std::to_string(i)));
  must(vault.add_all(std::move(many)));
  std::uint64_t last = 0;
  const auto report = must(vault.rekey([&](std::uint64_t done, std::uint64_t total) {
    EXPECT_LE(done, total);
    EXPECT_GE(done, last);
    last = done;
  }));
  EXPECT_EQ(report.fields, 1203u);
  EXPECT_EQ(last, 1203u);
  EXPECT_EQ(get(vault, "e1202"), "token-1202");
  EXPECT_EQ(must(vault.verify()).fields, 1203u);
}

TEST_F(RekeyTest, OpenHandleOfAnotherProcessFollows) {
  Vault vault = filled();
  const Vault reader = must(open());
  Vault writer = must(open());
  must(vault.rekey());
  EXPECT_EQ(get(reader, "prod-dns"), "token-1");
  EXPECT_EQ(must(reader.status()).epoch, 2u);
  must(writer.add(entry("new", "token-9")));
  EXPECT_EQ(get(vault, "new"), "token-9");
  EXPECT_TRUE(vault.verify());
}

// It had read the header of the epoch before, and the store that names is gone.
TEST_F(RekeyTest, OpenHandleThatMissedTwoFollows) {
  Vault vault = filled();
  const Vault reader = must(open());
  must(vault.rekey());
  must(vault.rekey());
  EXPECT_EQ(get(reader, "prod-dns"), "token-1");
}

TEST_F(RekeyTest, ReadersAreNeverRefused) {
  Vault vault = filled();
  std::atomic<bool> done = false;
  int reads = 0;
  std::thread reader([&] {
    while (!done) {
      auto opened = open();
      ASSERT_TRUE(opened) << opened.error().message;
      ASSERT_EQ(get(*opened, "prod-dns"), "token-1");
      ++reads;
    }
  });
  for (int i = 0; i < 10; ++i) must(vault.rekey());
  done = true;
  reader.join();
  EXPECT_GT(reads, 0);
}

// Every file operation fails once: then the vault is the old one or the new one, and the next rekey works.
TEST_F(RekeyTest, FailingFileOperationLeavesTheOldStateOrTheNew) {
  { Vault vault = filled(); }
  copy_vault(vault_dir(), untouched());
  for (int nth = 1;; ++nth) {
    Vault vault = open_untouched();
    files.fail(nth, EIO);
    auto report = vault.rekey();
    const bool failed = files.failed();
    files.fail(0, 0);
    Vault again = must(open());
    EXPECT_EQ(get(again, "web/mail"), "token-2") << nth;
    ASSERT_TRUE(again.verify()) << nth;
    EXPECT_TRUE(!report || must(again.status()).epoch == 2) << nth;
    must(again.rekey());
    EXPECT_EQ(stores().size(), 1u) << nth;
    if (!failed) break;
  }
}

// From the nth on every file operation fails: no descriptors are left, say.
TEST_F(RekeyTest, FilesThatFailForGoodNeverTakeTheStoreThatTheHeaderNames) {
  { Vault vault = filled(); }
  copy_vault(vault_dir(), untouched());
  for (int nth = 1;; ++nth) {
    Vault vault = open_untouched();
    files.fail(nth, EMFILE, 1'000'000);
    static_cast<void>(vault.rekey());
    const bool failed = files.failed();
    files.fail(0, 0);
    Vault again = must(open());
    EXPECT_EQ(get(again, "web/mail"), "token-2") << nth;
    EXPECT_TRUE(vault.get(label("prod-dns"))) << nth;  // the handle too goes on
    ASSERT_TRUE(again.verify()) << nth;
    if (!failed) break;
  }
}

TEST_F(RekeyTest, FilesOfOtherNamesStay) {
  Vault vault = filled();
  for (const char* name : {"store-old.db", "store-1-backup.db", "store-01.db", "store-.db", "store-1.db.bak"})
    put_file(vault_dir() / name, as_bytes("mine"));
  for (const char* name : {"store-7.db", "store-7.db-journal"}) put_file(vault_dir() / name, as_bytes("a stray"));
  must(vault.add(entry("x", "token-9")));
  EXPECT_EQ(stores(),
            (Names{"store-.db", "store-01.db", "store-1-backup.db", "store-1.db", "store-1.db.bak", "store-old.db"}));
}

TEST_F(RekeyTest, HandleFollowsARolledBackAndRekeyedVault) {
  Vault idle = filled();
  const fs::path backup = dir() / "backup";
  copy_vault(vault_dir(), backup);
  Vault other = must(open());
  must(other.rekey());
  EXPECT_EQ(get(idle, "prod-dns"), "token-1");
  fs::remove_all(vault_dir());
  copy_vault(backup, vault_dir());
  Unlock accepting{{key_file()}, ""};
  accepting.accept_rollback = true;
  Vault again = must(Vault::open(vault_dir(), accepting, platform));
  must(again.rekey());  // epoch 2 once more, under another vault key
  EXPECT_EQ(get(again, "prod-dns"), "token-1");
  EXPECT_EQ(get(must(open()), "prod-dns"), "token-1");
}

// kill -9 at any moment: a child rekeys in circles and dies.
TEST_F(RekeyTest, KilledAtAnyMomentTheVaultIsSound) {
  { Vault vault = filled(); }
  for (int round = 0; round < 25; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      for (;;) {
        auto vault = open();
        if (!vault || !vault->rekey()) _exit(1);
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + 3 * round));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child gave up by itself, round " << round;
    Vault vault = must(open());
    ASSERT_EQ(get(vault, "web/mail"), "token-2");
    ASSERT_TRUE(vault.verify());
  }
  Vault vault = must(open());
  must(vault.rekey());
  EXPECT_EQ(stores().size(), 1u);
}

// ---- a slot whose secret leaked ---------------------------------------------------------------------------------------

class LeakedSlot : public RekeyTest {
 protected:
  // Slots "first" (key), "second" (key 2), "third" (key 3) of the root admin.
  Vault three_slots() {
    Vault vault = filled();
    must(vault.add_slot({"second", {key_file("key 2")}}));
    must(vault.add_slot({"third", {key_file("key 3")}}));
    return vault;
  }
};

TEST_F(LeakedSlot, OldSecretOpensNothingEvenInAnOldHeader) {
  Vault vault = three_slots();
  const Bytes old_header = file_bytes(vault_dir() / "header");
  const auto report = must(vault.change_leaked_slot("first", {key_file("new")}, {key_file("key 2")}));
  EXPECT_EQ(report.dropped_slots, Names{"third"});
  EXPECT_EQ(report.epoch, 2u);
  EXPECT_CODE(open_with({key_file()}), wrong_key);
  EXPECT_CODE(open_with({key_file("key 3")}), wrong_key);
  for (const char* name : {"new", "key 2"}) {
    Vault opened = must(open_with({key_file(name)}));
    EXPECT_EQ(get(opened, "prod-dns"), "token-1") << name;
    EXPECT_TRUE(opened.verify()) << name;
    must(opened.add(entry(std::string("by ") + name, std::string("token of ") + name)));
  }
  const Header now = header_of(vault_dir());
  EXPECT_EQ(now.slots.size(), 2u);
  EXPECT_EQ(now.body.successions.size(), 1u);
  put_file(vault_dir() / "header", old_header);
  EXPECT_CODE(open_with({key_file()}), stale);
}

TEST_F(LeakedSlot, HandleThatDidItGoesOn) {
  Vault vault = three_slots();
  must(vault.change_leaked_slot("", {key_file("new")}, {}));
  must(vault.add(entry("after", "token-9")));
  must(vault.add_slot({"fourth", {key_file("key 4")}}));
  EXPECT_EQ(get(vault, "after"), "token-9");
  EXPECT_TRUE(must(open_with({key_file("key 4")})).verify());
}

TEST_F(LeakedSlot, FactorOfTheLeakedSlotKeepsNoOtherSlot) {
  Vault vault = filled();
  must(vault.add_slot({"same secret", {key_file()}}));
  const auto report = must(vault.change_leaked_slot("first", {key_file("new")}, {key_file()}));
  EXPECT_EQ(report.dropped_slots, Names{"same secret"});
  EXPECT_CODE(open(), wrong_key);
}

TEST_F(LeakedSlot, PassphraseSlotIsKeptAtItsCosts) {
  Vault vault = filled();
  must(vault.add_slot({"words", {passphrase("correct horse")}}));
  const auto without_costs =
      must(PassphraseFactor::make(secret("correct horse"), kdf, platform.limits));  // as one that only unlocks
  const auto report = must(vault.change_leaked_slot("first", {key_file("new")}, {without_costs}));
  EXPECT_TRUE(report.dropped_slots.empty());
  EXPECT_TRUE(must(open_with({without_costs})).verify());
}

// A slot that another machine made, with costs beyond this one, must not stand in the way.
TEST_F(LeakedSlot, SlotThatCannotBeTriedHereIsDroppedAndNamed) {
  Vault vault = filled();
  must(vault.add_slot({"words", {passphrase("correct horse")}}));
  platform.limits.memory_kib = 8;
  Vault small = must(open());
  const auto report = must(small.change_leaked_slot("first", {key_file("new")}, {passphrase("correct horse")}));
  EXPECT_EQ(report.dropped_slots, Names{"words"});
  EXPECT_TRUE(must(open_with({key_file("new")})).verify());
}

TEST_F(LeakedSlot, OldRootIsNotBelievedAfterAnOldCopyAndARollbackOfItsOwn) {
  Vault vault = filled();
  must(vault.add_identity({{"reader", {key_file("reader")}}, Role::reader, {"default"}}));
  const fs::path old = dir() / "old";
  copy_vault(vault_dir(), old);
  must(vault.change_leaked_slot("first", {key_file("new")}, {}));
  Platform laptop = platform;
  laptop.state_dir = dir() / "laptop";
  ASSERT_TRUE(Vault::open(vault_dir(), {{key_file("reader")}, ""}, laptop));

  // Who has the old copy and the leaked key makes more commits than there are, goes back, and has that accepted.
  Platform attacker = platform;
  attacker.state_dir = dir() / "attacker";
  Unlock leaked{{key_file()}, ""};
  leaked.accept_rollback = true;
  {
    Vault evil = must(Vault::open(old, leaked, attacker));
    for (int i = 0; i < 9; ++i) must(evil.add(entry("e" + std::to_string(i), "t" + std::to_string(i))));
    must(evil.add_slot({"s", {key_file("s")}}));
  }
  fs::remove_all(vault_dir());
  copy_vault(old, vault_dir());
  for (int i = 0; i < 2; ++i)
    EXPECT_CODE(Vault::open(vault_dir(), {{key_file("reader")}, ""}, laptop), corrupt) << "its header is no older";
}

TEST_F(LeakedSlot, SeveralLeaksChainTheirSuccessions) {
  Vault vault = three_slots();
  must(vault.change_leaked_slot("first", {key_file("new")}, {key_file("key 2")}));
  must(vault.change_leaked_slot("first", {key_file("newer")}, {key_file("key 2")}));
  Vault opened = must(open_with({key_file("key 2")}));
  EXPECT_TRUE(opened.verify());
  EXPECT_EQ(header_of(vault_dir()).body.successions.size(), 2u);
  EXPECT_EQ(must(opened.status()).epoch, 3u);
}

TEST_F(LeakedSlot, OtherHandlesOfTheIdentityAreLocked) {
  Vault vault = three_slots();
  Vault other = must(open_with({key_file("key 2")}));
  must(vault.change_leaked_slot("first", {key_file("new")}, {key_file("key 2")}));
  EXPECT_CODE(other.get(label("prod-dns")), locked);
  EXPECT_CODE(other.add(entry("x", "token-9")), locked);
  EXPECT_TRUE(open_with({key_file("key 2")}));
}

TEST_F(LeakedSlot, MarkOfTheOldKeysCountsForNothing) {
  Vault vault = three_slots();
  Platform laptop = platform;
  laptop.state_dir = dir() / "laptop";
  ASSERT_TRUE(Vault::open(vault_dir(), {{key_file("key 2")}, ""}, laptop));
  must(vault.change_leaked_slot("first", {key_file("new")}, {key_file("key 2")}));
  Vault opened = must(Vault::open(vault_dir(), {{key_file("key 2")}, ""}, laptop));
  EXPECT_EQ(must(opened.status()).rollback_guard.kind, RollbackGuard::Kind::first_use);
  EXPECT_TRUE(Vault::open(vault_dir(), {{key_file("key 2")}, ""}, laptop));
}

TEST_F(LeakedSlot, UnknownSlotChangesNothing) {
  Vault vault = three_slots();
  EXPECT_CODE(vault.change_leaked_slot("other", {key_file("new")}, {}), not_found);
  EXPECT_EQ(header_of(vault_dir()).body.epoch, 1u);
  EXPECT_EQ(stores(), Names{"store-1.db"});
}

TEST_F(LeakedSlot, OldRootCannotSignAnyMore) {
  Vault vault = three_slots();
  const Header before = header_of(vault_dir());
  Unlocked old_self = must(unlock(before, {key_file()}, "", platform.limits));
  must(vault.change_leaked_slot("first", {key_file("new")}, {}));
  Header forged = header_of(vault_dir());
  forged.author = old_self.keys.signing();
  forged.body_signature = old_self.keys.sign(SignedType::body, forged.body.vault, forged.body_bytes);
  Unlocked self = must(unlock(header_of(vault_dir()), {key_file("new")}, "", platform.limits));
  forged.mac = header_mac(self.vault_key, forged);
  EXPECT_CODE(unlock(must(decode_header(encode(forged))), {key_file("new")}, "", platform.limits), corrupt);
}

}  // namespace
}  // namespace vault

#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "tests/support/tamper.hpp"
#include "vault/base/limits.hpp"
#include "vault/mark.hpp"
#include "vault/session.hpp"

// What is noticed of an older copy of the vault, and by what: docs/FORMAT.md section 11.

namespace vault {
namespace {

class Freshness : public World {
 protected:
  Freshness() { platform.state_dir = dir() / "state" / "vault"; }

  void add(Vault& vault, std::string_view name) { must(vault.add(entry(name, "token of " + std::string(name)))); }

  // A vault with commits `init`, and one for each label.
  void make(std::initializer_list<std::string_view> labels) {
    Vault vault = create();
    for (std::string_view name : labels) add(vault, name);
  }

  fs::path copy(const std::string& name) {
    copy_vault(vault_dir(), dir() / name);
    return dir() / name;
  }
  void put_back(const fs::path& backup) {
    fs::remove_all(vault_dir());
    copy_vault(backup, vault_dir());
  }

  // As another machine of the same person sees it: the same vault, a memory of its own.
  Platform on(const std::string& machine) {
    Platform other = platform;
    other.state_dir = dir() / machine;
    return other;
  }
  Result<Vault> open_on(const std::string& machine, bool accept_rollback = false) {
    return Vault::open(vault_dir(), unlocking(accept_rollback), on(machine));
  }
  Unlock unlocking(bool accept_rollback) {
    Unlock unlock{{key_file()}, ""};
    unlock.accept_rollback = accept_rollback;
    return unlock;
  }
  Result<Vault> open_accepting() { return Vault::open(vault_dir(), unlocking(true), platform); }

  std::vector<fs::path> marks() const {
    std::vector<fs::path> found;
    if (!fs::exists(platform.state_dir)) return found;
    for (const auto& file : fs::recursive_directory_iterator(platform.state_dir)) {
      if (file.is_regular_file() && file.path().filename() != "lock") found.push_back(file.path());
    }
    return found;
  }
  RollbackGuard guard() { return must(must(open()).status()).rollback_guard; }
};

using Guard = RollbackGuard::Kind;

TEST_F(Freshness, NewMachineRemembersFromTheFirstOpeningOn) {
  make({});
  fs::remove_all(platform.state_dir);
  EXPECT_EQ(guard().kind, Guard::first_use);
  EXPECT_EQ(guard().kind, Guard::mark);
}

TEST_F(Freshness, MarkIsOneFileForEachIdentityAndClosedToOthers) {
  make({"a"});
  ASSERT_EQ(marks().size(), 1u);
  Vault vault = must(open());
  const auto status = must(vault.status());
  EXPECT_EQ(marks().front().parent_path().filename(), to_hex(status.id.bytes));
  EXPECT_EQ(fs::status(marks().front()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(marks().front().parent_path()).permissions(), fs::perms::owner_all);
}

TEST_F(Freshness, MarkThatSaysTheSameIsNotWrittenAgain) {
  make({"a"});
  must(open());
  const fs::path mark = marks().at(0);
  const fs::file_time_type before = fs::file_time_type::clock::now() - std::chrono::hours{1};
  fs::last_write_time(mark, before);  // each writing makes a new file
  must(must(open()).get(label("a")));
  EXPECT_EQ(fs::last_write_time(mark), before);
}

TEST_F(Freshness, GuardNamesTheNewestCommit) {
  make({"a", "b"});
  const RollbackGuard found = guard();
  EXPECT_EQ(found.sequence, 3u);
  EXPECT_EQ(found.time, clock.now());
  EXPECT_EQ(found.file, marks().front());
}

TEST_F(Freshness, WithoutAPlaceTheVaultOpensAndSaysThatNothingGuardsIt) {
  platform.state_dir.clear();
  make({});
  const RollbackGuard found = guard();
  EXPECT_EQ(found.kind, Guard::none);
  EXPECT_NE(found.why.find("HOME"), std::string::npos);
}

TEST_F(Freshness, UnwritablePlaceIsNoObstacleAndIsSaid) {
  std::ofstream(dir() / "state") << "a file where a directory should be";
  make({"a"});
  const RollbackGuard found = guard();
  EXPECT_EQ(found.kind, Guard::none);
  EXPECT_NE(found.why.find("state"), std::string::npos) << found.why;
}

TEST_F(Freshness, RestoredBackupIsStaleAndNamesBothStates) {
  make({"a"});
  const fs::path backup = copy("backup");
  clock.advance(std::chrono::hours(24));
  { add(*std::make_unique<Vault>(must(open())), "b"); }
  put_back(backup);
  auto opened = open();
  ASSERT_TRUE(has_code(opened, Errc::stale));
  for (const char* said : {"commit 2 of 2026-11-22", "commit 3 of 2026-11-23", "--accept-rollback"}) {
    EXPECT_NE(opened.error().message.find(said), std::string::npos) << opened.error().message;
  }
}

TEST_F(Freshness, AcceptedBackupIsTheVaultFromThenOn) {
  make({"a"});
  const fs::path backup = copy("backup");
  {
    Vault vault = must(open());
    add(vault, "b");
  }
  put_back(backup);
  Vault vault = must(open_accepting());
  EXPECT_CODE(vault.get(label("b")), not_found);
  EXPECT_EQ(must(vault.status()).head_sequence, 3u);
  EXPECT_EQ(must(vault.status()).rollbacks, 1u);
  EXPECT_TRUE(vault.verify());
  add(vault, "c");
  EXPECT_TRUE(open());
}

TEST_F(Freshness, AcceptingWhenNothingIsOlderChangesNothing) {
  make({"a"});
  EXPECT_EQ(must(must(open_accepting()).status()).head_sequence, 2u);
}

TEST_F(Freshness, AnotherMachineBelievesTheAcceptedRollback) {
  make({"a"});
  const fs::path backup = copy("backup");
  {
    Vault vault = must(open());
    add(vault, "b");
  }
  ASSERT_TRUE(open_on("laptop"));
  put_back(backup);
  EXPECT_CODE(open_on("laptop"), stale);
  must(open_accepting());
  EXPECT_TRUE(open_on("laptop"));
  EXPECT_TRUE(open_on("laptop"));
}

TEST_F(Freshness, MachineThatHadSeenMoreThanWasGivenUpStaysStale) {
  make({"a"});
  const fs::path backup = copy("backup");
  {
    Vault vault = must(open());
    add(vault, "b");
  }
  const fs::path middle = copy("middle");
  {
    Vault vault = must(open_on("laptop"));
    add(vault, "c");
  }
  put_back(middle);
  put_back(backup);
  must(open_accepting());  // this machine knows of "b" only
  EXPECT_CODE(open_on("laptop"), stale);
  EXPECT_TRUE(open_on("laptop", true));
  EXPECT_TRUE(open());
}

TEST_F(Freshness, OldRollbackIsNoExcuseForANewOne) {
  make({"a"});
  const fs::path first = copy("first");
  {
    Vault vault = must(open());
    for (auto name : {"b", "c", "d", "e"}) add(vault, name);
  }
  put_back(first);
  must(open_accepting());  // gives up commits 3 to 6
  const fs::path second = copy("second");
  {
    Vault vault = must(open());
    add(vault, "f");
  }
  put_back(second);
  EXPECT_CODE(open(), stale);
}

TEST_F(Freshness, ForkIsStaleWhereverItsHeadLies) {
  make({"a"});
  const fs::path twin = copy("twin");
  {
    Vault vault = must(open());
    add(vault, "b");
  }
  const fs::path ours = copy("ours");
  put_back(twin);
  {
    Vault vault = must(open_on("laptop"));
    add(vault, "x");
  }
  EXPECT_CODE(open(), stale);  // same sequence, another commit
  {
    Vault vault = must(open_on("laptop"));
    add(vault, "y");
  }
  auto opened = open();  // a higher one
  ASSERT_TRUE(has_code(opened, Errc::stale));
  EXPECT_NE(opened.error().message.find("went apart"), std::string::npos) << opened.error().message;
  Vault accepted = must(open_accepting());
  EXPECT_TRUE(accepted.get(label("y")));
  EXPECT_TRUE(accepted.verify());
  EXPECT_TRUE(open());
}

TEST_F(Freshness, CopyOfTheDirectoryIsTheSameVault) {
  make({"a"});
  const fs::path other = copy("other");
  EXPECT_TRUE(Vault::open(other, unlocking(false), platform));
  {
    Vault vault = must(open());
    add(vault, "b");
  }
  EXPECT_CODE(Vault::open(other, unlocking(false), platform), stale);
}

TEST_F(Freshness, OlderStoreUnderTheNewHeaderIsStaleWithAMark) {
  make({"a"});
  const Bytes old = file_bytes(vault_dir() / "store-1.db");
  {
    Vault vault = must(open());
    add(vault, "b");
  }
  {
    Vault vault = must(open());
    must(vault.add_slot({"second", {key_file("second")}}));
  }
  put_file(vault_dir() / "store-1.db", old);
  EXPECT_CODE(open(), stale);
  EXPECT_CODE(open_on("laptop"), corrupt);  // the header's body names a commit that is not there
  Vault vault = must(open_accepting());
  EXPECT_TRUE(vault.verify());
}

TEST_F(Freshness, OlderHeaderOverTheNewStoreIsStaleWithAMark) {
  make({"a"});
  const Bytes old = file_bytes(vault_dir() / "header");
  {
    Vault vault = must(open());
    must(vault.add_slot({"second", {key_file("second")}}));
  }
  put_file(vault_dir() / "header", old);
  put_file(vault_dir() / "header.2", old);
  EXPECT_CODE(open(), stale);
  EXPECT_CODE(open_on("laptop"), corrupt);  // the head names a newer header
  Vault vault = must(open_accepting());
  EXPECT_TRUE(vault.verify());
  EXPECT_EQ(must(vault.slots()).size(), 1u);
  EXPECT_TRUE(open());
}

TEST_F(Freshness, WithoutAMarkAnOlderCopyOfTheWholeIsNotNoticed) {
  make({"a"});
  const fs::path backup = copy("backup");
  {
    Vault vault = must(open());
    add(vault, "b");
  }
  put_back(backup);
  EXPECT_TRUE(open_on("new machine"));  // `status` says first_use there: docs/SECURITY.md
}

TEST_F(Freshness, TouchedMarkIsStaleByteForByte) {
  make({"a"});
  const fs::path path = marks().front();
  const Bytes good = file_bytes(path);
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= std::byte{1};
    put_file(path, bad);
    EXPECT_CODE(open(), stale) << "byte " << i;
  }
  for (std::size_t size = 1; size < good.size(); ++size) {
    put_file(path, ByteView(good).first(size));
    EXPECT_CODE(open(), stale) << size << " bytes";
  }
  put_file(path, good);
  EXPECT_TRUE(open());
}

TEST_F(Freshness, EmptyMarkIsTheTraceOfAPowerCut) {
  make({"a"});
  put_file(marks().front(), {});
  EXPECT_EQ(guard().kind, Guard::first_use);
}

TEST_F(Freshness, MarkOfAnotherVaultIsStale) {
  make({"a"});
  const fs::path ours = marks().front();
  const Vault other = must(Vault::create(dir() / "other", {"first", {key_file()}}, platform));
  for (const fs::path& path : marks()) {
    if (path != ours) put_file(ours, file_bytes(path));
  }
  EXPECT_CODE(open(), stale);
}

TEST_F(Freshness, OpenHandleFollowsAnAcceptedRollback) {
  make({"a"});
  const fs::path backup = copy("backup");
  Vault handle = must(open());
  add(handle, "b");
  const Bytes old_store = file_bytes(backup / "store-1.db");
  put_file(vault_dir() / "store-1.db", old_store);  // in place: the handle's own file
  EXPECT_CODE(handle.list(), stale);
  must(open_accepting());
  EXPECT_EQ(must(handle.list()).size(), 1u);
}

TEST_F(Freshness, ReaderOfAnOpenHandleMovesTheMark) {
  make({"a"});
  Vault reader = must(open_on("laptop"));
  const fs::path backup = copy("backup");
  {
    Vault vault = must(open());
    add(vault, "b");
  }
  must(reader.list());
  put_back(backup);
  EXPECT_CODE(open_on("laptop"), stale);
}

TEST_F(Freshness, PartThatIsOlderIsCorruptAndAWholeThatIsIsStale) {
  make({});
  {
    Vault vault = must(open());
    must(vault.change_slot("", {key_file("new")}));
  }
  const Header header = header_of(vault_dir());
  Unlocked self = must(unlock(header, {key_file("new")}, "", platform.limits));
  const Mark mark = mark_of(header, self, {});
  EXPECT_TRUE(check_header_age(mark, header, self));
  Header older = header;
  --older.slots.front().counter;
  EXPECT_CODE(check_header_age(mark, older, self), corrupt);
  older = header;
  --older.body.roster.list_sequence;
  EXPECT_CODE(check_admins_age(mark, older, self), corrupt);
  older = header;
  --older.body.sequence;
  EXPECT_CODE(check_header_age(mark, older, self), corrupt);
  --older.sequence;
  EXPECT_CODE(check_header_age(mark, older, self), stale);
}

TEST_F(Freshness, StaleHeaderStaysStaleHoweverOftenItIsTried) {
  make({"a"});
  const Bytes old = file_bytes(vault_dir() / "header");
  must(must(open()).add_identity({{"reader", {key_file("reader")}}, Role::reader, {"default"}}));
  auto as_reader = [&](const std::string& key) { return open_with({key_file(key)}); };
  const Bytes before = file_bytes(vault_dir() / "header");
  must(must(as_reader("reader")).change_slot("", {key_file("reader 2")}));
  put_file(vault_dir() / "header", before);
  put_file(vault_dir() / "header.2", before);
  for (int i = 0; i < 3; ++i) EXPECT_CODE(as_reader("reader"), stale) << i;
}

TEST_F(Freshness, RemovedOwnSlotThatIsPutBackIsCorrupt) {
  make({});
  {
    Vault vault = must(open());
    must(vault.add_slot({"second", {key_file("second")}}));
  }
  const Slot second = header_of(vault_dir()).slots.back();
  {
    Vault vault = must(open());
    must(vault.remove_slot("second"));
  }
  Header header = header_of(vault_dir());
  const Unlocked self = must(unlock(header, {key_file()}, "", platform.limits));
  header.slots.push_back(second);
  ++header.sequence;
  header.mac = header_mac(self.vault_key, header);  // as anybody can who holds the vault key
  must(write_header(files, vault_dir(), header));
  EXPECT_CODE(open(), corrupt);
  EXPECT_CODE(open_with({key_file("second")}), corrupt);
}

TEST_F(Freshness, RollbackElsewhereDoesNotHideAFork) {
  make({"a"});
  const fs::path twin = copy("twin");
  {
    Vault vault = must(open());
    for (auto name : {"y1", "y2"}) add(vault, name);
  }  // commit 4
  put_back(twin);
  {
    Vault vault = must(open_on("laptop"));
    for (auto name : {"1", "2", "3", "4"}) add(vault, name);
  }
  const fs::path middle = copy("middle");
  {
    Vault vault = must(open_on("laptop"));
    for (auto name : {"5", "6", "7"}) add(vault, name);
  }
  put_back(middle);
  must(open_on("laptop", true));  // gives up 9 to go back to 6
  EXPECT_CODE(open(), stale);
}

TEST_F(Freshness, SecondRollbackToBeforeTheFirstIsBelieved) {
  make({"a"});
  const fs::path first = copy("first");
  {
    Vault vault = must(open());
    add(vault, "b");
  }
  put_back(first);
  {
    Vault vault = must(open_accepting());
    add(vault, "c");
  }
  ASSERT_TRUE(open_on("laptop"));
  put_back(first);
  {
    Vault vault = must(open_accepting());
    EXPECT_EQ(must(vault.status()).rollbacks, 2u);
  }
  EXPECT_TRUE(open_on("laptop"));
  EXPECT_TRUE(must(open()).verify());
}

TEST_F(Freshness, OlderHeaderUnderANewerStoreCanBeTakenWithoutAMarkToo) {
  make({"a"});
  const Bytes old = file_bytes(vault_dir() / "header");
  {
    Vault vault = must(open());
    must(vault.add_slot({"second", {key_file("second")}}));
  }
  put_file(vault_dir() / "header", old);
  put_file(vault_dir() / "header.2", old);
  EXPECT_CODE(open_on("new"), corrupt);
  Vault vault = must(open_on("new", true));
  EXPECT_TRUE(vault.verify());
  EXPECT_TRUE(vault.get(label("a")));
  EXPECT_TRUE(open_on("new"));
}

TEST_F(Freshness, HeaderAtTheLastSequenceIsLimitAndNotDestroyed) {
  make({});
  Header header = header_of(vault_dir());
  const Unlocked self = must(unlock(header, {key_file()}, "", platform.limits));
  header.sequence = limits::header_sequence;
  header.mac = header_mac(self.vault_key, header);
  must(write_header(files, vault_dir(), header));
  Vault vault = must(open());
  EXPECT_CODE(vault.add_slot({"second", {key_file("second")}}), limit);
  EXPECT_CODE(vault.rekey(), limit);
  EXPECT_TRUE(open());
}

TEST_F(Freshness, GenerationInTheLockFileRisesWithEveryChange) {
  make({});
  auto generation = [&] { return file_bytes(vault_dir() / "lock"); };
  const Bytes before = generation();
  {
    Vault vault = must(open());
    add(vault, "a");
  }
  const Bytes after = generation();
  EXPECT_EQ(after.size(), 8u);
  EXPECT_NE(before, after);
  must(must(open()).list());
  EXPECT_EQ(generation(), after);
}

TEST_F(Freshness, LockFileOfAnyContentIsNoObstacle) {
  make({"a"});
  for (std::string_view content : {"", "x", "12345678", "much more than a generation"}) {
    put_file(vault_dir() / "lock", as_bytes(content));
    Vault vault = must(open());
    EXPECT_TRUE(vault.get(label("a"))) << content;
    EXPECT_TRUE(vault.add(entry("b" + std::to_string(content.size()), "token" + std::string(content)))) << content;
  }
}

TEST_F(Freshness, LockThatIsALinkOrAPipeIsRefusedAndNothingWrittenThroughIt) {
  make({"a"});
  const fs::path target = dir() / "target";
  put_file(target, as_bytes("precious"));
  const fs::path lock = vault_dir() / "lock";
  fs::remove(lock);
  fs::create_symlink(target, lock);
  EXPECT_CODE(must(open()).add(entry("b", "token")), corrupt);
  EXPECT_EQ(as_text(file_bytes(target)), "precious");
  fs::remove(lock);
  ASSERT_EQ(mkfifo(lock.c_str(), 0600), 0);
  EXPECT_CODE(must(open()).add(entry("b", "token")), corrupt);
  fs::remove(lock);
  EXPECT_TRUE(must(open()).add(entry("b", "token")));
}

TEST_F(Freshness, HeaderThatIsAPipeHangsNobody) {
  make({"a"});
  fs::remove(vault_dir() / "header");
  ASSERT_EQ(mkfifo((vault_dir() / "header").c_str(), 0600), 0);
  EXPECT_TRUE(open());
  fs::remove(vault_dir() / "header.2");
  EXPECT_CODE(open(), corrupt);
}

// A lock file that was removed while somebody waited for it locks nobody out.
TEST_F(Freshness, LockFileThatIsReplacedIsLockedAnew) {
  make({"a"});
  auto held = must(lock_for_writing(files, vault_dir(), std::chrono::milliseconds{0}));
  std::thread remover([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds{30});
    fs::remove(vault_dir() / "lock");
    WriteLock gone = std::move(held);
  });
  SystemFiles own;
  auto lock = lock_for_writing(own, vault_dir(), std::chrono::seconds{60});
  remover.join();
  ASSERT_TRUE(lock);
  EXPECT_CODE(lock_for_writing(files, vault_dir(), std::chrono::milliseconds{0}), busy);
}

// Slots come and go for years.
TEST_F(Freshness, MarkOfMoreSlotsThanItHoldsIsStillRead) {
  make({});
  const Header header = header_of(vault_dir());
  const Unlocked self = must(unlock(header, {key_file()}, "", platform.limits));
  Mark mark = mark_of(header, self, {});
  for (std::uint32_t i = 0; i < 1100; ++i) {
    SlotId slot;
    slot.bytes[0] = std::byte(i >> 8);
    slot.bytes[1] = std::byte(i);
    mark.counters[slot] = i;
  }
  mark = mark_of(header, self, {7}, mark);
  EXPECT_TRUE(mark.counters.contains(header.slots.front().id));
  RollbackGuard guard;
  write_mark(platform, mark, self.seed, guard);
  write_mark(platform, mark_of(header, self, {8}, mark), self.seed, guard);
  EXPECT_TRUE(must(read_mark(platform, header, self)).mark);
}

TEST_F(Freshness, HeldLockIsBusyAfterTheWait) {
  make({"a"});
  Unlock impatient = unlocking(false);
  impatient.wait = std::chrono::milliseconds{0};
  Vault vault = must(Vault::open(vault_dir(), impatient, platform));
  auto held = must(lock_for_writing(files, vault_dir(), std::chrono::milliseconds{0}));
  EXPECT_CODE(vault.add(entry("b", "token")), busy);
  EXPECT_TRUE(vault.get(label("a")));
}

TEST_F(Freshness, StoreHeldByAnotherWriterIsBusyAfterTheWait) {
  make({"a"});
  Unlock impatient = unlocking(false);
  impatient.wait = std::chrono::milliseconds{0};
  Vault vault = must(Vault::open(vault_dir(), impatient, platform));
  OpenedStore other(vault_dir(), {key_file()});
  other.run("BEGIN EXCLUSIVE");
  EXPECT_CODE(vault.add(entry("b", "token")), busy);
  EXPECT_CODE(vault.get(label("a")), busy);
  other.run("ROLLBACK");
  EXPECT_TRUE(vault.get(label("a")));
}

}  // namespace
}  // namespace vault

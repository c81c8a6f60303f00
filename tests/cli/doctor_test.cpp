#include "vault/cli/doctor.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/world.hpp"

namespace vault::cli {
namespace {

using State = Finding::State;

class Doctor : public World {
 protected:
  Doctor() { around.built = clock.now() - std::chrono::days(1); }

  // A file of the other world's proc or sys.
  void put(const fs::path& path, std::string_view text) {
    fs::create_directories((dir() / path).parent_path());
    std::ofstream(dir() / path, std::ios::binary) << text;
  }
  static const Finding& named(const std::vector<Finding>& findings, std::string_view name) {
    auto found = std::ranges::find(findings, name, &Finding::name);
    if (found == findings.end()) throw std::runtime_error("no finding of that name");
    return *found;
  }
  Finding machine(std::string_view name) { return named(examine_machine(around), name); }
  Finding in_files(std::string_view name) { return named(examine_files(around, vault_dir()), name); }
  Finding opened(std::string_view name, const VaultStatus& status) {
    return named(examine_opened(around, status), name);
  }

  Surroundings around{files, dir(), geteuid(), clock.now(), {}, cheap, true, std::uint64_t{8} << 20};
};

// What is not well says how to mend it, except where nothing can be done.
void expect_state(const Finding& finding, State state, std::string_view part = "") {
  EXPECT_EQ(name(finding.state), name(state)) << finding.sentence;
  EXPECT_NE(finding.sentence.find(part), std::string::npos) << finding.sentence;
  const bool must_mend = state == State::bad || state == State::weak;
  EXPECT_TRUE(!must_mend || !finding.mend.empty()) << finding.name;
  EXPECT_TRUE(state != State::ok || finding.mend.empty()) << finding.name;
}

TEST_F(Doctor, SeesWhetherMemoryIsLocked) {
  expect_state(machine("memory"), State::ok, "8 MiB");
  around.memory_limit = 64 * 1024;
  expect_state(machine("memory"), State::weak, "64 KiB");
  around.memory_locked = false;
  expect_state(machine("memory"), State::bad, "may reach swap");
}

TEST_F(Doctor, SeesSwapThatIsNotEncrypted) {
  const std::string titles = "Filename\tType\tSize\tUsed\tPriority\n";
  expect_state(machine("swap"), State::unknown);
  put("proc/swaps", titles);
  expect_state(machine("swap"), State::ok, "no swap");
  put("proc/swaps", titles + "/dev/zram0 partition 1 0 -2\n");
  expect_state(machine("swap"), State::ok, "in memory");
  put("proc/swaps", titles + "/dev/dm-3 partition 1 0 -2\n");
  expect_state(machine("swap"), State::weak, "/dev/dm-3");
  put("sys/block/dm-3/dm/uuid", "LVM-abc\n");
  expect_state(machine("swap"), State::weak, "/dev/dm-3");
  put("sys/block/dm-3/dm/uuid", "CRYPT-PLAIN-swap\n");
  expect_state(machine("swap"), State::ok, "encrypted");
  put("proc/swaps", titles + "/dev/dm-3 partition 1 0 -2\n/swapfile file 1 0 -3\n");
  expect_state(machine("swap"), State::weak, "/swapfile");
  around.memory_locked = false;
  expect_state(machine("swap"), State::bad, "not locked either");
}

TEST_F(Doctor, SeesWhoKeepsCoreDumps) {
  expect_state(machine("core dumps"), State::unknown);
  put("proc/sys/kernel/core_pattern", "core\n");
  expect_state(machine("core dumps"), State::ok);
  put("proc/sys/kernel/core_pattern", "|/usr/lib/systemd/systemd-coredump %P %u\n");
  expect_state(machine("core dumps"), State::weak, "systemd-coredump");
  put("proc/sys/kernel/core_pattern", "|/usr/bin/apport\n");
  expect_state(machine("core dumps"), State::weak, "apport");
}

TEST_F(Doctor, SeesWhetherDebuggersMayAttach) {
  expect_state(machine("debuggers"), State::weak);
  put("proc/sys/kernel/yama/ptrace_scope", "0\n");
  expect_state(machine("debuggers"), State::weak);
  put("proc/sys/kernel/yama/ptrace_scope", "1\n");
  expect_state(machine("debuggers"), State::ok);
}

TEST_F(Doctor, SeesAClockFromBeforeTheProgram) {
  expect_state(machine("clock"), State::ok);
  around.built = around.now + std::chrono::days(1);
  expect_state(machine("clock"), State::bad, "before the program was made");
}

TEST_F(Doctor, SeesAVaultOpenToOthers) {
  create();
  expect_state(in_files("directory"), State::ok);
  expect_state(in_files("files"), State::ok);
  ::chmod(vault_dir().c_str(), 0750);
  ::chmod((vault_dir() / "header").c_str(), 0644);
  ::chmod((vault_dir() / "store-1.db").c_str(), 0660);
  expect_state(in_files("directory"), State::bad, "0750");
  expect_state(in_files("files"), State::bad,
               "header is open to others (mode 0644); store-1.db is open to others (mode 0660)");
}

TEST_F(Doctor, SeesFilesOfAnotherUser) {
  create();
  around.user = geteuid() + 1;
  expect_state(in_files("directory"), State::bad, "belongs to another user");
  expect_state(in_files("files"), State::bad, "lock belongs to another user");
}

TEST_F(Doctor, SeesFilesThatDoNotBelong) {
  create();
  put("vault/store-1.db-journal", "");
  fs::create_directory(vault_dir() / "audit");
  expect_state(in_files("strays"), State::ok);
  put("vault/header.new", "");
  put("vault/store-2.db", "");
  expect_state(in_files("strays"), State::weak, "header.new, store-2.db");
  put("vault/keys.txt", "");
  expect_state(in_files("strays"), State::weak, "not the vault's: keys.txt");
}

// A copy that somebody made by hand is his: the next change does not touch it, and we do not say so.
TEST_F(Doctor, TellsLeftOverStoresFromForeignOnes) {
  create();
  for (const char* name : {"store-0.db", "store-2.db", "store-2.db-journal", "store-12.db", "header.2.new"}) {
    put(fs::path("vault") / name, "");
    expect_state(in_files("strays"), State::weak, std::string("cut short: ") + name);
    fs::remove(vault_dir() / name);
  }
  for (const char* name :
       {"store-old.db", "store-1-backup.db", "store-.db", "store-02.db", "store-2", "store-2.db.bak", "store-+2.db",
        "store- 2.db", "store-2.db-journal-journal", "store-99999999999999999999.db", "keys.new", "store-2.db-wal"}) {
    put(fs::path("vault") / name, "");
    expect_state(in_files("strays"), State::weak, std::string("not the vault's: ") + name);
    EXPECT_EQ(in_files("strays").mend.find("next change"), std::string::npos);
    fs::remove(vault_dir() / name);
  }
}

// A vault at epoch 2, and what it was at epoch 1.
class DoctorAfterRekey : public Doctor {
 protected:
  DoctorAfterRekey() {
    Vault vault = create();
    must(vault.add(entry("prod", "tok")));
    fs::copy(vault_dir(), dir() / "before", fs::copy_options::recursive);
    must(vault.rekey());
  }
  void bring_back(const char* name, const char* as) {
    fs::copy_file(dir() / "before" / name, vault_dir() / as, fs::copy_options::overwrite_existing);
  }
};

TEST_F(DoctorAfterRekey, IsContent) {
  expect_state(in_files("header"), State::ok);
  expect_state(in_files("strays"), State::ok);
}

TEST_F(DoctorAfterRekey, KeepsTheStoreThatOnlyTheCopyNames) {
  bring_back("store-1.db", "store-1.db");
  bring_back("header", "header.2");
  expect_state(in_files("strays"), State::weak, "cut short: store-1.db");  // the header's own is there
  fs::remove(vault_dir() / "store-2.db");
  expect_state(in_files("header"), State::bad,
               "header names store-2.db, which is missing; header.2 names store-1.db, which is there");
  expect_state(in_files("strays"), State::ok);
  put("vault/store-3.db", "");
  expect_state(in_files("strays"), State::weak, "not named by the header: store-3.db");
  EXPECT_EQ(in_files("strays").mend, "remove nothing before the header is mended");
  EXPECT_FALSE(open());
  fs::rename(vault_dir() / "header", dir() / "elsewhere");  // as it advises
  EXPECT_EQ(text_of(must(must(open()).get(label("prod"))).bytes), "tok");
}

TEST_F(DoctorAfterRekey, SeesAnOlderHeaderThatWasPutBack) {
  bring_back("store-1.db", "store-1.db");
  bring_back("header", "header");
  expect_state(in_files("header"), State::bad, "header names store-1.db, and header.2 the later store-2.db");
  expect_state(in_files("strays"), State::ok);
  fs::remove(vault_dir() / "store-1.db");
  expect_state(in_files("header"), State::bad,
               "header names store-1.db, which is missing; header.2 names store-2.db, which is there");
}

TEST_F(DoctorAfterRekey, SeesThatTheStoreIsMissing) {
  fs::rename(vault_dir() / "store-2.db", vault_dir() / "store-2-backup.db");
  expect_state(in_files("header"), State::bad, "header names store-2.db, which is missing: nothing opens this vault");
  expect_state(in_files("strays"), State::weak, "not the vault's: store-2-backup.db");
  EXPECT_EQ(in_files("strays").mend, "remove nothing before the header is mended");
  put("vault/header", "damaged");
  expect_state(in_files("header"), State::bad, "header.2 names store-2.db, which is missing");
}

TEST_F(Doctor, SaysWhereTheDirectoryCannotBeRead) {
  create();
  ::chmod(vault_dir().c_str(), 0300);
  if (geteuid() != 0) {
    for (const char* name : {"files", "strays"}) expect_state(in_files(name), State::unknown, "cannot be read");
    expect_state(in_files("header"), State::ok);
  }
  ::chmod(vault_dir().c_str(), 0700);
}

TEST_F(Doctor, SeesADamagedHeader) {
  create();
  expect_state(in_files("header"), State::ok);
  const Bytes old = must(read_file(files, vault_dir() / "header", 1 << 20));
  put("vault/header.2", "damaged");
  expect_state(in_files("header"), State::bad, "header.2 is missing or damaged");
  fs::remove(vault_dir() / "header.2");
  expect_state(in_files("header"), State::bad, "header.2 is missing or damaged");
  put("vault/header", "damaged");
  put("vault/header.2", as_text(old));
  expect_state(in_files("header"), State::bad, "header is missing or damaged");
  expect_state(in_files("ways in"), State::weak);  // read from the copy
  put("vault/header.2", "damaged");
  expect_state(in_files("header"), State::bad, "nothing opens this vault");
  for (const char* name : {"strays", "passphrases", "ways in"})
    expect_state(in_files(name), State::unknown, "not checked");
}

TEST_F(Doctor, SeesAnOlderCopyOfTheHeader) {
  Vault vault = create();
  const Bytes old = must(read_file(files, vault_dir() / "header", 1 << 20));
  must(vault.add_slot({"words", {passphrase()}}));
  put("vault/header.2", as_text(old));
  expect_state(in_files("header"), State::weak, "may still open with an old secret");
}

TEST_F(Doctor, SeesPassphrasesThatAreCheapToGuess) {
  Vault vault = create();
  expect_state(in_files("passphrases"), State::ok, "no slot has a passphrase");
  must(vault.add_slot({"words", {passphrase()}}));
  expect_state(in_files("passphrases"), State::ok, "what a new one would");
  around.floor.memory_kib = 2 * cheap.memory_kib;
  expect_state(in_files("passphrases"), State::weak, "\"words\"");
  around.floor = cheap;
  around.floor.passes = cheap.passes + 1;
  expect_state(in_files("passphrases"), State::weak, "\"words\"");
}

TEST_F(Doctor, CountsTheWaysIn) {
  Vault vault = create();
  expect_state(in_files("ways in"), State::weak, "one way in");
  must(vault.add_identity({{"auditor", {key_file("auditor")}}, Role::metadata, {}}));
  expect_state(in_files("ways in"), State::weak, "one way in");  // that one leads no admin back
  must(vault.add_slot({"words", {passphrase()}}));
  expect_state(in_files("ways in"), State::ok, "2 slots");
}

TEST_F(Doctor, SeesANetworkFileSystem) {
  create();
  expect_state(in_files("file system"), State::ok);
  files.file_system = 0x6969;
  expect_state(in_files("file system"), State::weak, "(nfs)");
}

TEST_F(Doctor, LooksAtTheKeyFileOfTheConfiguration) {
  Config config;
  expect_state(examine_key_file(around, config), State::ok, "names no key file");
  config.key_file = dir() / "key";
  expect_state(examine_key_file(around, config), State::weak, "is not there");
  key_file("key");
  expect_state(examine_key_file(around, config), State::ok);
  expect_state(examine_key_file(around, config, true), State::ok);
  expect_state(examine_key_file(around, config, false), State::weak, "does not open this vault alone");
  ::chmod((dir() / "key").c_str(), 0640);
  expect_state(examine_key_file(around, config), State::bad, "0640");
  ::chmod((dir() / "key").c_str(), 0600);
  around.user = geteuid() + 1;
  expect_state(examine_key_file(around, config), State::bad, "another user");
  expect_state(examine_key_file(around, Error{Errc::usage, "config.toml: line 1: not TOML"}), State::bad, "not TOML");
}

TEST_F(Doctor, JudgesSqlcipher) {
  expect_state(examine_sqlcipher(sqlcipher_build()), State::ok, "encrypts");
  expect_state(examine_sqlcipher(SqlCipherBuild{"3.15.2", true, false, true}), State::ok, "3.15.2");
  expect_state(examine_sqlcipher(SqlCipherBuild{"3.15.2", false, false, true}), State::bad, "without encryption");
  expect_state(examine_sqlcipher(SqlCipherBuild{"3.15.2", true, true, true}), State::bad, "temporary tables");
  expect_state(examine_sqlcipher(SqlCipherBuild{"3.15.2", true, false, false}), State::bad, "thread safety");
  expect_state(examine_sqlcipher(Error{Errc::unsupported, "SQLCipher is not installed"}), State::bad, "not installed");
}

TEST_F(Doctor, TellsOfTheRollbackGuard) {
  VaultStatus status;
  status.rollback_guard.kind = RollbackGuard::Kind::mark;
  expect_state(opened("rollback", status), State::ok, "remembers the newest state");
  status.rollback_guard.kind = RollbackGuard::Kind::first_use;
  expect_state(opened("rollback", status), State::ok, "from now on");
  status.rollback_guard = {RollbackGuard::Kind::none, "the directory is read-only", {}, 0, {}};
  expect_state(opened("rollback", status), State::weak, "the directory is read-only");
}

TEST_F(Doctor, TellsOfStatesThatWentBack) {
  VaultStatus status;
  status.rollback_guard.kind = RollbackGuard::Kind::mark;
  status.rollbacks = 2;
  EXPECT_EQ(opened("rollback", status).state, State::weak);
  EXPECT_NE(opened("rollback", status).sentence.find("accepted 2 times"), std::string::npos);
}

TEST_F(Doctor, SeesALastChangeStillToCome) {
  VaultStatus status;
  status.head_time = clock.now();
  expect_state(opened("last change", status), State::ok);
  status.head_time = clock.now() + std::chrono::hours(1);
  expect_state(opened("last change", status), State::bad, "2026-11-22T13:00:00Z");
}

TEST_F(Doctor, SaysWhyAClosedVaultWasNotChecked) {
  const auto findings = examine_opened(around, Error{Errc::locked, "nobody can be asked"});
  EXPECT_EQ(findings.size(), 3u);
  for (const Finding& finding : findings) expect_state(finding, State::unknown, "not checked: nobody can be asked");
}

TEST_F(Doctor, LooksTheSameNamesUpOpenedAndNot) {
  const auto open = examine_opened(around, VaultStatus{});
  const auto closed = examine_opened(around, Error{Errc::locked, ""});
  ASSERT_EQ(open.size(), closed.size());
  for (std::size_t i = 0; i < open.size(); ++i) EXPECT_EQ(open[i].name, closed[i].name);
}

TEST_F(Doctor, WritesOneFindingALineWithoutATerminal) {
  const std::vector<Finding> findings{{"swap", State::bad, "it is bad", "turn it off"},
                                      {"clock", State::ok, "it is right", ""}};
  EXPECT_EQ(text::findings(findings, {}),
            "swap         bad      it is bad\n"
            "                      mend it: turn it off\n"
            "clock        ok       it is right\n"
            "1 ok, 0 weak, 1 bad, 0 not known\n");
}

TEST_F(Doctor, WrapsToTheTerminalAndColoursTheState) {
  const std::vector<Finding> findings{{"swap", State::bad, "a sentence of several words that must be broken", ""}};
  EXPECT_EQ(text::findings(findings, {{}, 60, true}),
            "swap         \x1b[31mbad      \x1b[0ma sentence of several words that must\n"
            "                      be broken\n"
            "0 ok, 0 weak, 1 bad, 0 not known\n");
  EXPECT_EQ(text::findings(findings, {{}, 40, false}),
            "swap         bad      \n"
            "  a sentence of several words that must\n"
            "  be broken\n"
            "0 ok, 0 weak, 1 bad, 0 not known\n");
}

// ---- where the vault may lie ----

TEST_F(Doctor, NoVaultIsMadeOnANetworkFileSystem) {
  for (std::uint32_t type : {0x6969u, 0xff534d42u, 0xfe534d42u, 0x01021997u, 0x00c36400u, 0x5346414fu}) {
    files.file_system = type;
    auto made = Vault::create(vault_dir(), {"first", {key_file()}}, platform);
    EXPECT_CODE(made, unsupported);
    EXPECT_FALSE(fs::exists(vault_dir() / "header"));
  }
  files.file_system = 0xef53;  // ext4
  EXPECT_TRUE(Vault::create(vault_dir(), {"first", {key_file()}}, platform));
}

TEST_F(Doctor, AVaultThatCameToLieOnOneStillOpens) {
  must(create().add(entry("prod", "tok")));
  files.file_system = 0xfe534d42;
  Vault vault = must(open());
  EXPECT_EQ(text_of(must(vault.get(label("prod"))).bytes), "tok");
  EXPECT_EQ(must(vault.status()).network_file_system, "smb2");
  must(vault.add(entry("more", "tok 2")));
  files.file_system.reset();
  EXPECT_EQ(must(vault.status()).network_file_system, "");
}

}  // namespace
}  // namespace vault::cli

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "tests/support/tamper.hpp"
#include "vault/keyslot/recovery_code.hpp"

namespace vault {
namespace {

class Create : public World {
 protected:
  Result<Vault> create_at(const fs::path& path) { return Vault::create(path, {"first", {key_file()}}, platform); }
  static unsigned mode(const fs::path& path) {
    struct stat info {};
    return stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
  }
  static std::set<std::string> names_in(const fs::path& path) {
    std::set<std::string> names;
    for (const auto& file : fs::directory_iterator(path)) names.insert(file.path().filename());
    return names;
  }
  void make_private_dir() {
    fs::create_directory(vault_dir());
    chmod(vault_dir().c_str(), 0700);
  }
};

TEST_F(Create, MakesAPrivateDirectoryOfPrivateFiles) {
  create();
  EXPECT_EQ(mode(vault_dir()), 0700U);
  EXPECT_EQ(names_in(vault_dir()), (std::set<std::string>{"header", "header.2", "lock", "store-1.db"}));
  for (const std::string& name : names_in(vault_dir())) EXPECT_EQ(mode(vault_dir() / name), 0600U) << name;
}

TEST_F(Create, GivesAnEmptyVaultWithTheDefaultTeam) {
  Vault vault = create();
  EXPECT_TRUE(must(vault.list()).empty());
  EXPECT_EQ(must(vault.team("default")).members.size(), 1U);
  must(vault.verify());
}

TEST_F(Create, MakesSeveralSlotsInOneHeader) {
  auto code = must(RecoveryCodeFactor::create(random));
  Vault vault = must(Vault::create(vault_dir(), {"first", {key_file()}}, platform, {{"recovery", {code}}}));
  EXPECT_EQ(must(vault.status()).header_sequence, 1U);
  EXPECT_EQ(must(vault.status()).head_sequence, 1U);
  const auto slots = must(vault.slots());
  ASSERT_EQ(slots.size(), 2U);
  EXPECT_EQ(slots[1].name, "recovery");
  EXPECT_EQ(slots[1].identity, slots[0].identity);
  EXPECT_EQ(slots[1].counter, 2U);
  EXPECT_TRUE(slots[0].opened);
  EXPECT_TRUE(open_with({code}));
  EXPECT_TRUE(open());
}

TEST_F(Create, TwoSlotsOfOneNameAreConflictAndLeaveNoVault) {
  EXPECT_CODE(Vault::create(vault_dir(), {"one", {key_file()}}, platform, {{"one", {key_file("other")}}}), conflict);
  EXPECT_CODE(Vault::create(vault_dir(), {"one", {key_file()}}, platform, {{"", {key_file("other")}}}), usage);
  EXPECT_FALSE(fs::exists(vault_dir()));
}

TEST_F(Create, MakesParentDirectoriesPrivate) {
  must(create_at(dir() / "a" / "b" / "vault"));
  for (const char* path : {"a", "a/b", "a/b/vault"}) EXPECT_EQ(mode(dir() / path), 0700U) << path;
}

TEST_F(Create, TakesAnEmptyDirectory) {
  make_private_dir();
  create();
}

TEST_F(Create, TakesATrailingSlash) { must(create_at(vault_dir() / "")); }

TEST_F(Create, TwiceIsConflictAndKeepsTheFirst) {
  must(create().add(entry("prod", "tok")));
  EXPECT_CODE(create_at(vault_dir()), conflict);
  EXPECT_EQ(text_of(must(must(open()).get(label("prod"))).bytes), "tok");
}

TEST_F(Create, AVaultWhoseHeaderIsLostIsStillAVault) {
  must(create().add(entry("prod", "tok")));
  fs::remove(vault_dir() / "header");  // `header.2` opens it
  EXPECT_CODE(create_at(vault_dir()), conflict);
  auto kept = open();
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(text_of(must(kept->get(label("prod"))).bytes), "tok");
}

TEST_F(Create, ForeignFilesAreConflictAndKept) {
  make_private_dir();
  put_file(vault_dir() / "thesis.txt", as_bytes("text"));
  EXPECT_CODE(create_at(vault_dir()), conflict);
  EXPECT_EQ(as_text(file_bytes(vault_dir() / "thesis.txt")), "text");
}

TEST_F(Create, ForeignDirectoriesAreConflict) {
  make_private_dir();
  fs::create_directory(vault_dir() / "photos");
  EXPECT_CODE(create_at(vault_dir()), conflict);
}

TEST_F(Create, ADirectoryOpenToOthersIsDeniedWithTheWayOut) {
  fs::create_directory(vault_dir());
  chmod(vault_dir().c_str(), 0755);
  auto made = create_at(vault_dir());
  EXPECT_CODE(made, denied);
  EXPECT_NE(made.error().message.find("chmod 700 '" + vault_dir().string() + "'"), std::string::npos)
      << made.error().message;
}

TEST_F(Create, OpeningADirectoryOpenToOthersIsDeniedWithTheWayOut) {
  create();
  for (unsigned bad : {0710U, 0750U, 0701U, 0777U}) {
    chmod(vault_dir().c_str(), bad);
    auto opened = open();
    EXPECT_CODE(opened, denied);
    EXPECT_NE(opened.error().message.find("chmod 700"), std::string::npos) << opened.error().message;
  }
  chmod(vault_dir().c_str(), 0700);
  must(open());
}

TEST_F(Create, AFileInItsPlaceIsRefusedAndKept) {
  put_file(vault_dir(), as_bytes("text"));
  EXPECT_FALSE(create_at(vault_dir()));
  EXPECT_EQ(as_text(file_bytes(vault_dir())), "text");
}

TEST_F(Create, WhatAnInterruptedInitLeftIsCleared) {
  make_private_dir();
  for (const char* name : {"lock", "header.new", "header.2.new", "store-1.db", "store-1.db-journal"}) {
    put_file(vault_dir() / name, as_bytes("half of it"));
  }
  Vault vault = must(create_at(vault_dir()));
  must(vault.add(entry("prod", "tok")));
  EXPECT_EQ(names_in(vault_dir()), (std::set<std::string>{"header", "header.2", "lock", "store-1.db"}));
}

TEST_F(Create, ABadSlotLeavesNothing) {
  EXPECT_CODE(Vault::create(vault_dir(), {"", {key_file()}}, platform), usage);
  EXPECT_CODE(Vault::create(vault_dir(), {"none", {}}, platform), usage);
  EXPECT_FALSE(fs::exists(vault_dir()));
}

TEST_F(Create, ABadSlotKeepsADirectoryThatWasThere) {
  make_private_dir();
  EXPECT_CODE(Vault::create(vault_dir(), {"none", {}}, platform), usage);
  EXPECT_TRUE(fs::exists(vault_dir()));
  must(create_at(vault_dir()));
}

TEST_F(Create, NothingThereIsNoVaultWithTheWayOut) {
  auto opened = Vault::open(dir() / "nowhere", {{key_file()}, ""}, platform);
  EXPECT_CODE(opened, no_vault);
  EXPECT_NE(opened.error().message.find("vault init"), std::string::npos);
}

TEST_F(Create, AnEmptyDirectoryIsNoVault) {
  make_private_dir();
  EXPECT_CODE(open(), no_vault);
}

TEST_F(Create, TwoVaultsShareNoIdAndNoByteOfKeys) {
  Vault one = create();
  Vault two = must(create_at(dir() / "other"));
  EXPECT_NE(must(one.status()).id, must(two.status()).id);
  EXPECT_NE(header_of(vault_dir()).slots[0].wrapped, header_of(dir() / "other").slots[0].wrapped);
}

TEST_F(Create, AStandingLockIsWaitedForAndThenTaken) {
  make_private_dir();
  put_file(vault_dir() / "lock", {});
  must(create_at(vault_dir()));
}

// Random bytes that give out after a while.
class FailingRandom final : public Random {
 public:
  FailingRandom(Random& random, int good) : random_(random), good_(good) {}
  Status fill(std::span<std::byte> out) override {
    if (good_-- <= 0) return Error{Errc::internal, "no random bytes"};
    return random_.fill(out);
  }
  bool failed() const { return good_ < 0; }

 private:
  Random& random_;
  int good_;
};

TEST_F(Create, WithoutRandomBytesThereIsNoVault) {
  for (int good = 0;; ++good) {
    FailingRandom failing(random, good);
    Platform poor{files, clock, failing, kdf, platform.limits};
    auto made = Vault::create(vault_dir(), {"first", {key_file()}}, poor);
    if (!failing.failed()) break;
    ASSERT_FALSE(made) << good;
    EXPECT_CODE(open(), no_vault);
  }
  must(open());
}

}  // namespace
}  // namespace vault

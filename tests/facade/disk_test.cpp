#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "tests/support/tamper.hpp"

namespace vault {
namespace {

// ---- files that may not grow ------------------------------------------------------------------------------------------

// While it lives, no file of this process grows beyond `bytes`: writes beyond end short, then with EFBIG.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    rlimit limit{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, signal_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*signal_)(int);
};

class FullDisk : public World {
 protected:
  NewEntry large(std::string_view name) {
    NewEntry out = entry(name, std::string("token of ") + std::string(name));
    out.fields.push_back({"more", true, SecretBuffer(60'000)});
    return out;
  }
  // The old state is there, and the vault goes on.
  void expect_unharmed(Vault& vault, const std::string& name) {
    EXPECT_CODE(vault.get(label("lost")), not_found);
    EXPECT_EQ(text_of(must(vault.get(label("prod"))).bytes), "tok");
    must(vault.add(entry(name, "token of " + name)));
    must(vault.verify());
    Vault fresh = must(open());
    EXPECT_EQ(text_of(must(fresh.get(label(name))).bytes), "token of " + name);
    must(fresh.verify());
  }
};

TEST_F(FullDisk, AnAddThatDoesNotFitIsAnErrorAndTheOldStateStays) {
  Vault vault = create();
  must(vault.add(entry("prod", "tok")));
  const auto size = fs::file_size(vault_dir() / "store-1.db");
  int failures = 0;
  for (rlim_t room :
       {rlim_t{0}, rlim_t{100}, rlim_t{4096}, rlim_t{20'000}, static_cast<rlim_t>(size - 4096),
        static_cast<rlim_t>(size), static_cast<rlim_t>(size + 4096), static_cast<rlim_t>(size + 30'000)}) {
    SCOPED_TRACE(room);
    Result<AddReceipt> added = [&] {
      FileSizeLimit limit(room);
      return vault.add(large("lost"));
    }();
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code, Errc::internal) << added.error().message;
    expect_unharmed(vault, "entry-" + std::to_string(failures++));
    if (HasFailure()) return;
  }
}

TEST_F(FullDisk, ASlotThatDoesNotFitIsAnErrorAndTheOldStateStays) {
  Vault vault = create();
  must(vault.add(entry("prod", "tok")));
  for (rlim_t room : {rlim_t{0}, rlim_t{100}, rlim_t{600}}) {
    SCOPED_TRACE(room);
    Result<SlotView> added = [&] {
      FileSizeLimit limit(room);
      return vault.add_slot({"laptop", {passphrase()}});
    }();
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code, Errc::internal) << added.error().message;
    EXPECT_CODE(open_with({passphrase()}), wrong_key);
    expect_unharmed(vault, "entry-" + std::to_string(room));
  }
}

// The header fits and counts from then on; its commit does not, and the next one names it.
TEST_F(FullDisk, ASlotWhoseCommitDoesNotFitOpensAndTheVaultGoesOn) {
  Vault vault = create();
  must(vault.add(entry("prod", "tok")));
  Result<SlotView> added = [&] {
    FileSizeLimit limit(8192);
    return vault.add_slot({"laptop", {passphrase()}});
  }();
  EXPECT_TRUE(added);
  must(open_with({passphrase()}));
  expect_unharmed(vault, "later");
}

TEST_F(FullDisk, ReadsNeedNoRoom) {
  Vault vault = create();
  must(vault.add(entry("prod", "tok")));
  FileSizeLimit limit(0);
  EXPECT_EQ(text_of(must(vault.get(label("prod"))).bytes), "tok");
  EXPECT_EQ(text_of(must(must(open()).get(label("prod"))).bytes), "tok");
}

TEST_F(FullDisk, AVaultThatDoesNotFitIsNotMade) {
  for (rlim_t room : {rlim_t{0}, rlim_t{500}, rlim_t{4096}, rlim_t{20'000}, rlim_t{40'000}}) {
    SCOPED_TRACE(room);
    Result<Vault> made = [&] {
      auto key = key_file();
      FileSizeLimit limit(room);
      return Vault::create(vault_dir(), {"first", {key}}, platform);
    }();
    if (made) continue;  // it is that small
    EXPECT_EQ(made.error().code, Errc::internal) << made.error().message;
    EXPECT_CODE(open(), no_vault);
    EXPECT_FALSE(fs::exists(vault_dir()));
  }
}

// ---- a small file system of our own ------------------------------------------------------------------------------------

class SmallDisk : public FullDisk {
 protected:
  void SetUp() override {
    fs::create_directory(vault_dir());
    chmod(vault_dir().c_str(), 0700);
    if (mount("tmpfs", vault_dir().c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=256k,mode=0700") != 0) {
      GTEST_SKIP() << "a file system cannot be mounted here (needs root)";
    }
    mounted_ = true;
  }
  void TearDown() override {
    if (mounted_) umount2(vault_dir().c_str(), MNT_DETACH);
  }
  bool remount(bool read_only) {
    return mount("tmpfs", vault_dir().c_str(), "tmpfs",
                 MS_REMOUNT | MS_NOSUID | MS_NODEV | (read_only ? static_cast<unsigned long>(MS_RDONLY) : 0UL),
                 "size=256k,mode=0700") == 0;
  }

 private:
  bool mounted_ = false;
};

TEST_F(SmallDisk, FillsUpWithAnErrorAndKeepsWhatWasAcknowledged) {
  Vault vault = create();
  must(vault.add(entry("prod", "tok")));
  int stored = 0;
  Result<AddReceipt> added = Error{Errc::internal, ""};
  while ((added = vault.add(large("entry-" + std::to_string(stored))))) ASSERT_LT(++stored, 100);
  EXPECT_EQ(added.error().code, Errc::internal);
  EXPECT_NE(added.error().message.find("disk is full"), std::string::npos) << added.error().message;
  for (int i = 0; i < stored; ++i) EXPECT_TRUE(vault.get(label("entry-" + std::to_string(i)))) << i;
  EXPECT_EQ(must(vault.list()).size(), static_cast<std::size_t>(stored + 1));
  must(vault.verify());
  must(must(open()).verify());
}

TEST_F(SmallDisk, ReadOnlyStillReads) {
  must(create().add(entry("prod", "tok")));
  ASSERT_TRUE(remount(true));
  Vault vault = must(open());
  EXPECT_EQ(text_of(must(vault.get(label("prod"))).bytes), "tok");
  must(vault.verify());
}

TEST_F(SmallDisk, ReadOnlyRefusesWritesAndTheOldStateStays) {
  must(create().add(entry("prod", "tok")));
  ASSERT_TRUE(remount(true));
  {
    Vault vault = must(open());
    EXPECT_CODE(vault.add(entry("lost", "tok 2")), internal);
    EXPECT_CODE(vault.add_slot({"laptop", {passphrase()}}), internal);
    EXPECT_EQ(text_of(must(vault.get(label("prod"))).bytes), "tok");
  }
  ASSERT_TRUE(remount(false));
  Vault vault = must(open());
  expect_unharmed(vault, "later");
}

TEST_F(SmallDisk, AReadOnlyPlaceGetsNoVault) {
  ASSERT_TRUE(remount(true));
  auto made = Vault::create(vault_dir() / "new", {"first", {key_file()}}, platform);
  EXPECT_CODE(made, internal);
  EXPECT_NE(made.error().message.find("Read-only"), std::string::npos) << made.error().message;
}

TEST_F(SmallDisk, AVaultThatDoesNotFitIsNotMade) {
  put_file(vault_dir() / "ballast", Bytes(240 * 1024));
  auto made = Vault::create(vault_dir() / "new", {"first", {key_file()}}, platform);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::internal) << made.error().message;
  EXPECT_FALSE(fs::exists(vault_dir() / "new"));
}

}  // namespace
}  // namespace vault

#include <unistd.h>

#include <cerrno>

#include "tests/support/tamper.hpp"

namespace vault {
namespace {

// `init` looks at the place and its parents with these calls; from the next on it makes and writes.
constexpr int kLooksAtParents = 1;

// Every call to the file system fails once, then all calls from the Nth on; after each, the vault is in the old state or in the new one.
class Faults : public World, public testing::WithParamInterface<std::pair<int, int>> {
 protected:
  int error() const { return GetParam().first; }
  int count() const { return GetParam().second; }

  // Runs `work` with the first call failing, then the second, ... until one run has no failure. `check` is told whether `work` succeeded.
  template <class Prepare, class Work, class Check>
  void for_each_call(Prepare prepare, Work work, Check check, int first = 1) {
    for (int nth = first;; ++nth) {
      SCOPED_TRACE("call " + std::to_string(nth));
      files.fail(0, 0);
      prepare();
      files.fail(nth, error(), count());
      const bool done = work();
      const bool failed = files.failed();
      files.fail(0, 0);
      check(done);
      if (!failed) {
        EXPECT_TRUE(done);
        EXPECT_GT(nth, 5);
        return;
      }
      ASSERT_LT(nth, 500);
      if (HasFailure()) return;
    }
  }

  void expect_works(Vault& vault) {
    must(vault.add(entry("later", "later tok")));
    EXPECT_EQ(text_of(must(vault.get(label("later"))).bytes), "later tok");
    must(vault.verify());
  }

  // A vault with one entry, made once and copied for each run.
  void keep_template() {
    files.fail(0, 0);
    Vault vault = create();
    must(vault.add(entry("prod", "tok")));
    copy_vault(vault_dir(), dir() / "template");
  }
  void restore_template() { copy_vault(dir() / "template", vault_dir()); }
};

TEST_P(Faults, CreateLeavesNoVaultOrACompleteOne) {
  for_each_call([&] { fs::remove_all(vault_dir()); },
                [&] {
                  return static_cast<bool>(Vault::create(vault_dir(), {"first", {key_file()}}, platform));
                },
                [&](bool done) {
                  auto vault = open();
                  if (!vault) {
                    EXPECT_FALSE(done) << vault.error().message;
                    EXPECT_CODE(vault, no_vault);
                    auto again = Vault::create(vault_dir(), {"first", {key_file()}}, platform);
                    ASSERT_TRUE(again) << again.error().message;
                    expect_works(*again);
                  } else {
                    expect_works(*vault);
                  }
                },
                count() == 1 ? 1 : kLooksAtParents);
}

TEST_P(Faults, AddSlotGivesTheOldStateOrTheNewOne) {
  keep_template();
  std::optional<Vault> vault;
  for_each_call([&] { vault.reset(), restore_template(), vault.emplace(must(open())); },
                [&] {
                  return static_cast<bool>(vault->add_slot({"laptop", {passphrase()}}));
                },
                [&](bool done) {
                  auto by_old = open();
                  ASSERT_TRUE(by_old) << by_old.error().message;
                  auto by_new = open_with({passphrase()});
                  if (!by_new) {
                    EXPECT_FALSE(done);
                    EXPECT_CODE(by_new, wrong_key);
                  }
                  EXPECT_EQ(text_of(must(by_old->get(label("prod"))).bytes), "tok");
                  EXPECT_EQ(text_of(must(vault->get(label("prod"))).bytes), "tok");
                  expect_works(*vault);
                });
}

TEST_P(Faults, ChangeSlotOpensWithTheOldFactorOrTheNewOne) {
  keep_template();
  std::optional<Vault> vault;
  for_each_call([&] { vault.reset(), restore_template(), vault.emplace(must(open())); },
                [&] { return static_cast<bool>(vault->change_slot("first", {passphrase()})); },
                [&](bool done) {
                  auto by_old = open();
                  auto by_new = open_with({passphrase()});
                  EXPECT_NE(static_cast<bool>(by_old), static_cast<bool>(by_new));
                  EXPECT_TRUE(by_new || !done);
                  expect_works(*vault);
                });
}

TEST_P(Faults, AfterAFailedSlotChangeTheSameHandleCanTryAgain) {
  keep_template();
  std::optional<Vault> vault;
  for_each_call([&] { vault.reset(), restore_template(), vault.emplace(must(open())); },
                [&] { return static_cast<bool>(vault->change_slot("first", {passphrase("one")})); },
                [&](bool) {
                  must(vault->change_slot("first", {passphrase("two")}));
                  must(open_with({passphrase("two")}));
                  EXPECT_CODE(open_with({passphrase("one")}), wrong_key);
                });
}

TEST_P(Faults, AddGivesTheOldStateOrTheNewOne) {
  keep_template();
  std::optional<Vault> vault;
  vault.emplace(must(open()));
  for (int nth = 1; nth < 6; ++nth) {
    const std::string name = "entry-" + std::to_string(nth);
    files.fail(nth, error(), count());
    const bool done = static_cast<bool>(vault->add(entry(name, "token of " + name)));
    files.fail(0, 0);
    EXPECT_EQ(static_cast<bool>(vault->get(label(name))), done) << nth;
  }
  must(vault->verify());
}

TEST_P(Faults, OpenGivesTheVaultOrAnErrorAndHarmsNothing) {
  keep_template();
  for_each_call([&] {}, [&] { return static_cast<bool>(open()); }, [&](bool) { EXPECT_TRUE(open()); });
}

std::string fault_name(const testing::TestParamInfo<std::pair<int, int>>& fault) {
  switch (fault.param.first) {
    case EIO: return "EIO";
    case ENOSPC: return "ENOSPC";
    case EROFS: return "EROFS";
    default: return "EINTR";
  }
}
INSTANTIATE_TEST_SUITE_P(Once, Faults, testing::Values(std::pair(EIO, 1), std::pair(ENOSPC, 1), std::pair(EINTR, 1)),
                         fault_name);
INSTANTIATE_TEST_SUITE_P(FromThenOn, Faults, testing::Values(std::pair(EIO, 1'000'000), std::pair(EROFS, 1'000'000)),
                         fault_name);

class FaultsAtOnce : public World {};

// In a process of its own, because what it looks for is a recursion without end.
TEST_F(FaultsAtOnce, CreateGivesUpWhereNoDirectoryCanBeLookedAt) {
  key_file();
  EXPECT_EXIT(
      {
        files.fail(1, EIO, 1'000'000);
        _exit(code_of(Vault::create(vault_dir(), {"first", {key_file()}}, platform)));
      },
      testing::ExitedWithCode(static_cast<int>(Errc::internal)), "");
}

}  // namespace
}  // namespace vault

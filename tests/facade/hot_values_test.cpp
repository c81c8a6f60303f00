#include "vault/hot_values.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/support/allocations.hpp"
#include "tests/support/tamper.hpp"

// What a handle answers from what it verified before, and when it looks again. Who holds the store exclusively sees who touches it: a look is
// `busy` then, and an answer without a look is not.

namespace vault {
namespace {

class Hot : public World {
 protected:
  Vault filled() {
    Vault vault = create();
    must(vault.add(entry("prod", "tok")));
    must(vault.add(entry("other", "tok 2")));
    return impatient();
  }
  Vault impatient() {
    Unlock unlock{{key_file()}, ""};
    unlock.wait = std::chrono::milliseconds{0};
    return must(Vault::open(vault_dir(), unlock, platform));
  }
  // Whether a get of `prod` does without the store; `held` keeps it from everybody else for that long.
  bool is_hot(const Vault& vault) {
    OpenedStore held(vault_dir(), {key_file()});
    held.run("BEGIN EXCLUSIVE");
    auto value = vault.get(label("prod"));
    held.run("ROLLBACK");
    EXPECT_TRUE(value || value.error().code == Errc::busy);
    return static_cast<bool>(value);
  }
  std::string token(const Vault& vault, std::string_view name = "prod") {
    return text_of(must(vault.get(label(name))).bytes);
  }
  Vault reader = filled();
};

TEST_F(Hot, FirstGetLooksAndFurtherOnesDoNot) {
  EXPECT_FALSE(is_hot(reader));
  token(reader);
  EXPECT_TRUE(is_hot(reader));
  EXPECT_TRUE(is_hot(reader));
}

TEST_F(Hot, GetReadsTheGenerationAndNothingElse) {
  token(reader);
  files.fail(0, 0);  // counts from here
  token(reader);
  EXPECT_EQ(files.calls(), 1);
}

TEST_F(Hot, GetAllocatesNothingOfItsOwn) {
  if (!Allocations::watching()) GTEST_SKIP() << "the sanitizers bring their own operator new";
  const Label prod = label("prod");
  token(reader);
  const Allocations allocations;
  auto value = reader.get(prod);
  EXPECT_EQ(allocations.total(), 0U);
  EXPECT_TRUE(value);
}

TEST_F(Hot, AfterASecondItLooksAgain) {
  token(reader);
  clock.advance(std::chrono::seconds{1});
  EXPECT_FALSE(is_hot(reader));
  EXPECT_EQ(token(reader), "tok");
  EXPECT_TRUE(is_hot(reader));  // the head is the same, and so is what was verified under it
}

TEST_F(Hot, FailedLookIsNoReasonToBelieve) {
  token(reader);
  clock.advance(std::chrono::seconds{1});
  EXPECT_FALSE(is_hot(reader));
  EXPECT_FALSE(is_hot(reader));
}

TEST_F(Hot, WithoutAReadableGenerationEveryGetLooks) {
  for (std::string_view content : {"", "short"}) {
    put_file(vault_dir() / "lock", as_bytes(content));
    Vault vault = impatient();
    token(vault);
    EXPECT_FALSE(is_hot(vault)) << content;
  }
  fs::remove(vault_dir() / "lock");
  Vault vault = impatient();
  token(vault);
  EXPECT_FALSE(is_hot(vault));
}

TEST_F(Hot, FieldsAndVersionsAreKeptApart) {
  NewEntry both = entry("both", "secret");
  both.fields.push_back({"plain", false, secret("for all to see")});
  must(reader.add(std::move(both)));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(token(reader, "both"), "secret");
    EXPECT_EQ(text_of(must(reader.get(label("both"), {"plain", 1, {}, false})).bytes), "for all to see");
    EXPECT_EQ(must(reader.get(label("both"), {"token", 1, {}, false})).field, "token");
    EXPECT_CODE(reader.get(label("both"), {"", 2, {}, false}), not_found);
    EXPECT_CODE(reader.get(label("both"), {"none", 1, {}, false}), not_found);
  }
}

TEST_F(Hot, ExpiryIsJudgedAtEachAnswer) {
  NewEntry brief = entry("brief", "soon over");
  brief.expires_at = clock.now() + std::chrono::seconds{100};
  must(reader.add(std::move(brief)));
  EXPECT_EQ(token(reader, "brief"), "soon over");
  clock.set(clock.now() + std::chrono::seconds{99});  // the other clock, of the second that is believed, stands
  GetOptions with_life;
  with_life.min_ttl = must(parse_duration("5s"));
  EXPECT_CODE(reader.get(label("brief"), with_life), expiring);
  EXPECT_EQ(token(reader, "brief"), "soon over");
  clock.set(clock.now() + std::chrono::seconds{1});
  EXPECT_CODE(reader.get(label("brief")), expired);
  GetOptions however;
  however.allow_expired = true;
  EXPECT_EQ(text_of(must(reader.get(label("brief"), however)).bytes), "soon over");
}

// ---- what others do ----

TEST_F(Hot, EveryChangeByAnotherHandleIsSeenAtOnce) {
  Vault writer = must(open());
  token(reader);
  must(writer.remove(label("prod")));
  EXPECT_CODE(reader.get(label("prod")), inactive);
  must(writer.undelete(label("prod")));
  EXPECT_EQ(token(reader), "tok");
  must(writer.move(label("prod"), label("moved")));
  EXPECT_EQ(token(reader), "tok");  // the old label leads there
  must(writer.destroy(label("moved")));
  EXPECT_CODE(reader.get(label("prod")), inactive);
  EXPECT_CODE(reader.get(label("moved")), inactive);
}

TEST_F(Hot, OwnWritesAreSeenAtOnce) {
  token(reader);
  must(reader.remove(label("prod")));
  EXPECT_CODE(reader.get(label("prod")), inactive);
}

TEST_F(Hot, OwnWritesAreSeenThoughTheGenerationDidNotRise) {
  token(reader);
  const Bytes before = file_bytes(vault_dir() / "lock");
  must(reader.remove(label("prod")));
  put_file(vault_dir() / "lock", before);
  EXPECT_CODE(reader.get(label("prod")), inactive);
}

TEST_F(Hot, CommitThatRaisedNoGenerationIsSeenWithinASecond) {
  token(reader);
  const Bytes before = file_bytes(vault_dir() / "lock");
  must(must(open()).remove(label("prod")));
  put_file(vault_dir() / "lock", before);  // as if the writer had been killed before it could
  clock.advance(std::chrono::seconds{1});
  EXPECT_CODE(reader.get(label("prod")), inactive);
}

TEST_F(Hot, ChangeOfSlotsMakesItLookAgain) {
  Vault writer = must(open());
  token(reader);
  must(writer.add_slot({"second", {key_file("second")}}));
  EXPECT_FALSE(is_hot(reader));
  EXPECT_EQ(token(reader), "tok");
}

TEST_F(Hot, RekeyIsFollowed) {
  Vault writer = must(open());
  token(reader);
  must(writer.rekey());
  EXPECT_EQ(token(reader), "tok");
  EXPECT_TRUE(is_hot(reader));
}

TEST_F(Hot, RemovedIdentityIsAnsweredNothingMore) {
  Vault admin = must(open());
  must(admin.add_identity({{"guest", {key_file("guest")}}, Role::reader, {"default"}}));
  Vault guest = must(open_with({key_file("guest")}));
  EXPECT_EQ(token(guest), "tok");
  must(admin.remove_slot("guest"));
  EXPECT_CODE(guest.get(label("prod")), denied);
}

TEST_F(Hot, AcceptedRollbackIsSeenAtOnce) {
  platform.state_dir = dir() / "state";
  Vault vault = must(open());
  const fs::path backup = dir() / "backup";
  copy_vault(vault_dir(), backup);
  must(vault.add(entry("late", "tok 3")));
  EXPECT_EQ(token(vault, "late"), "tok 3");
  put_file(vault_dir() / "store-1.db", file_bytes(backup / "store-1.db"));
  Unlock accepting{{key_file()}, ""};
  accepting.accept_rollback = true;
  must(Vault::open(vault_dir(), accepting, platform));
  EXPECT_CODE(vault.get(label("late")), not_found);
}

constexpr const char* kDir = "VAULT_TEST_REMOVER_DIR";

class HotProcesses : public Hot {};

// Not a test by itself: another process.
TEST_F(HotProcesses, DISABLED_Remover) {
  if (std::getenv(kDir) == nullptr) GTEST_SKIP() << "run by ChangeByAnotherProcessIsSeenAtOnce";
  const fs::path place = std::getenv(kDir);
  Vault vault = must(Vault::open(place / "vault", {{must(KeyFileFactor::read(files, place / "key"))}, ""}, platform));
  must(vault.remove(label("prod")));
}

TEST_F(HotProcesses, ChangeByAnotherProcessIsSeenAtOnce) {
  token(reader);
  const pid_t child = fork();
  if (child == 0) {
    setenv(kDir, dir().c_str(), 1);
    unsetenv("GTEST_TOTAL_SHARDS");  // or it may be left to another shard
    unsetenv("GTEST_SHARD_INDEX");
    execl("/proc/self/exe", "vault_tests", "--gtest_filter=HotProcesses.DISABLED_Remover",
          "--gtest_also_run_disabled_tests", "--gtest_brief=1", nullptr);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_CODE(reader.get(label("prod")), inactive);
}

TEST_F(HotProcesses, ForkedChildIsRefused) {
  token(reader);
  const pid_t child = fork();
  if (child == 0) _exit(code_of(reader.get(label("prod"))));
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, static_cast<int>(Errc::locked));
}

// ---- the memory itself ----

HotValue value_of(std::size_t bytes) {
  HotValue value;
  value.stored.resize(bytes);
  return value;
}

TEST(HotValues, AreBoundedInNumber) {
  HotValues values;
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < HotValues::kMost + 10; ++i) labels.push_back("label " + std::to_string(i));
  for (const std::string& label : labels) {
    values.put({label, "", 0}, value_of(10));
    ASSERT_NE(values.find({labels.front(), "", 0}), nullptr);  // asked for again and again
  }
  EXPECT_EQ(values.size(), HotValues::kMost);
  EXPECT_EQ(values.find({labels[1], "", 0}), nullptr);  // the one that was asked for longest ago
  EXPECT_NE(values.find({labels.back(), "", 0}), nullptr);
}

TEST(HotValues, AreBoundedInBytes) {
  HotValues values;
  for (int i = 0; i < 200; ++i) values.put({std::to_string(i), "", 0}, value_of(HotValues::kMostBytes / 100));
  EXPECT_LT(values.size(), 100U);
  EXPECT_GT(values.size(), 90U);
  values.put({"too large", "", 0}, value_of(HotValues::kMostBytes));
  EXPECT_EQ(values.size(), 0U);
}

TEST(HotValues, AreForgottenUnderAnotherHeadOrHeader) {
  HotValues values;
  HotValues::Basis basis{{std::byte{1}}, 1};
  auto remembers = [&] { return values.find({"label", "field", 1}) != nullptr; };
  for (int i = 0; i < 2; ++i) {
    values.keep_for(basis);
    EXPECT_FALSE(remembers());
    values.put({"label", "field", 1}, value_of(1));
    values.keep_for(basis);
    EXPECT_TRUE(remembers());
    basis.header_sequence = 2;
  }
  basis.head[31] = std::byte{1};
  values.keep_for(basis);
  EXPECT_FALSE(remembers());
}

}  // namespace
}  // namespace vault

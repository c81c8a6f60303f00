#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <latch>
#include <thread>

#include "tests/support/world.hpp"

namespace vault {
namespace {

constexpr unsigned kPatience = 20;  // seconds until a child that hangs is ended

// The exit status of `work` in a forked child; 128 and more when a signal ended it.
template <class Work>
int in_child(Work work) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(kPatience);
    _exit(work());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

constexpr int kLocked = static_cast<int>(Errc::locked);

// ---- fork -------------------------------------------------------------------------------------------------------------

class Fork : public World {
 protected:
  Fork() { must(vault.add(entry("prod", "tok"))); }
  Vault vault = create();
};

TEST_F(Fork, AChildIsRefusedByEveryMethod) {
  const std::shared_ptr<const Factor> factor = key_file("other");
  const std::pair<const char*, std::function<int()>> methods[] = {
      {"get", [&] { return code_of(vault.get(label("prod"))); }},
      {"add", [&] { return code_of(vault.add(entry("more", "tok 2"))); }},
      {"list", [&] { return code_of(vault.list()); }},
      {"show", [&] { return code_of(vault.show(label("prod"))); }},
      {"teams", [&] { return code_of(vault.teams()); }},
      {"team", [&] { return code_of(vault.team("default")); }},
      {"add_slot",
       [&] {
         return code_of(vault.add_slot({"other", {factor}}));
       }},
      {"change_slot", [&] { return code_of(vault.change_slot("first", {factor})); }},
      {"remove_slot", [&] { return code_of(vault.remove_slot("first")); }},
      {"status", [&] { return code_of(vault.status()); }},
      {"verify", [&] { return code_of(vault.verify()); }},
  };
  for (const auto& [name, method] : methods) EXPECT_EQ(in_child(method), kLocked) << name;
}

TEST_F(Fork, TheParentGoesOn) {
  in_child([&] { return code_of(vault.get(label("prod"))); });
  EXPECT_EQ(text_of(must(vault.get(label("prod"))).bytes), "tok");
  must(vault.add(entry("more", "tok 2")));
  must(vault.verify());
}

TEST_F(Fork, AChildThatClosesItsCopyHarmsNothing) {
  std::optional<Vault> own(std::move(vault));
  EXPECT_EQ(in_child([&] { return own.reset(), 0; }), 0);
  must(own->add(entry("more", "tok 2")));
  must(own->verify());
}

// A clock that waits until it is told to go on: who asks for the time inside a vault's method holds that vault.
class StoppedClock final : public Clock {
 public:
  Time now() const override {
    if (stopping) {
      reached.count_down();
      go_on.wait();
    }
    return Time(std::chrono::seconds(1'800'000'000));
  }
  std::atomic<bool> stopping = false;
  mutable std::latch reached{1};
  mutable std::latch go_on{1};
};

TEST_F(Fork, AChildIsRefusedThoughAThreadOfItsParentWasInsideTheVault) {
  StoppedClock stopped;
  Platform with_stopped{files, stopped, random, kdf, platform.limits};
  Vault busy = must(Vault::open(vault_dir(), {{key_file()}, ""}, with_stopped));
  stopped.stopping = true;
  std::thread reader([&] { (void)busy.get(label("prod")); });
  stopped.reached.wait();
  const pid_t child = fork();
  if (child == 0) {
    alarm(3);  // a child that waits for a lock that nobody will give back
    _exit(code_of(busy.get(label("prod"))));
  }
  stopped.stopping = false;
  stopped.go_on.count_down();
  reader.join();
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status)) << "the child hung";
  EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, kLocked);
}

// ---- threads ----------------------------------------------------------------------------------------------------------

class Threads : public World {
 protected:
  static constexpr int kThreads = 8;
  template <class Work>
  static void run(Work work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back([=] { work(i); });
    for (std::thread& thread : threads) thread.join();
  }
  // How often `work` fails, or the opening of a vault for it.
  template <class Work>
  int failures_with_own_vaults(Work work) {
    std::atomic<int> failed = 0;
    const auto key = key_file();
    run([&, this](int thread) {
      auto own = Vault::open(vault_dir(), {{key}, ""}, threadsafe);
      failed += own ? work(*own, thread) : 1;
    });
    return failed;
  }
  // A platform that several threads may use.
  SystemFiles system_files;
  SystemRandom system_random;
  Argon2id argon2id;
  Platform threadsafe{system_files, clock, system_random, argon2id, platform.limits};
};

TEST_F(Threads, MayReadOneVaultAtOnce) {
  {
    Vault vault = create();
    for (int i = 0; i < kThreads; ++i)
      must(vault.add(entry("entry-" + std::to_string(i), "token " + std::to_string(i))));
  }
  const Vault vault = must(Vault::open(vault_dir(), {{key_file()}, ""}, threadsafe));
  std::atomic<int> wrong = 0;
  run([&vault, &wrong](int thread) {
    for (int i = 0; i < 40; ++i) {
      const int n = (thread + i) % kThreads;
      auto value = vault.get(label("entry-" + std::to_string(n)));
      if (!value || text_of(value->bytes) != "token " + std::to_string(n)) ++wrong;
      if (i % 10 == 0 && code_of(vault.list()) + code_of(vault.status()) + code_of(vault.show(label("entry-0"))) != 0)
        ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST_F(Threads, WithVaultsOfTheirOwnLoseNoUpdate) {
  create();
  EXPECT_EQ(failures_with_own_vaults([](Vault& own, int thread) {
              int failed = 0;
              for (int i = 0; i < 4; ++i) {
                const std::string name = "entry-" + std::to_string(thread) + "-" + std::to_string(i);
                if (!own.add(entry(name, "token of " + name)) || !own.get(label(name))) ++failed;
              }
              return failed;
            }),
            0);
  Vault vault = must(open());
  EXPECT_EQ(must(vault.list()).size(), static_cast<std::size_t>(kThreads * 4));
  EXPECT_EQ(must(vault.verify()).commits, static_cast<std::uint64_t>(1 + kThreads * 4));
}

TEST_F(Threads, ReadWhileOthersWrite) {
  must(create().add(entry("prod", "tok")));
  EXPECT_EQ(failures_with_own_vaults([](Vault& own, int thread) {
              int failed = 0;
              for (int i = 0; i < 8; ++i) {
                const std::string n = std::to_string(thread * 8 + i);
                if (thread < 2) {
                  if (!own.add(entry("entry-" + n, "token " + n))) ++failed;
                } else if (auto value = own.get(label("prod")); !value || text_of(value->bytes) != "tok") {
                  ++failed;
                }
              }
              return failed;
            }),
            0);
}

TEST_F(Threads, TwoHandlesThatAddSlotsAndEntriesAtOnceLoseNothing) {
  create();
  const auto key = key_file();
  EXPECT_EQ(failures_with_own_vaults([&key](Vault& own, int thread) {
              const std::string name = "name-" + std::to_string(thread);
              const bool adds_slot = thread % 2 == 0;
              const auto code =
                  adds_slot ? code_of(own.add_slot({name, {key}})) : code_of(own.add(entry(name, "token of " + name)));
              return code == 0 ? 0 : 1;
            }),
            0);
  Vault vault = must(open());
  EXPECT_EQ(must(vault.slots()).size(), 1U + kThreads / 2);
  EXPECT_EQ(must(vault.list()).size(), static_cast<std::size_t>(kThreads / 2));
  must(vault.verify());
}

// ---- two processes ----------------------------------------------------------------------------------------------------

constexpr const char* kWriterDir = "VAULT_TEST_WRITER_DIR";
constexpr const char* kWriterName = "VAULT_TEST_WRITER_NAME";
constexpr int kWrites = 8;

class Processes : public World {};

// Not a test by itself: what a writer does in a process of its own.
TEST_F(Processes, DISABLED_Writer) {
  if (std::getenv(kWriterDir) == nullptr) GTEST_SKIP() << "run by TwoWritersLoseNoUpdate";
  const fs::path place = std::getenv(kWriterDir);
  const std::string name = std::getenv(kWriterName);
  SystemRandom system_random;
  Platform own{files, clock, system_random, kdf, platform.limits};
  Vault vault = must(Vault::open(place / "vault", {{must(KeyFileFactor::read(files, place / "key"))}, ""}, own));
  for (int i = 0; i < kWrites; ++i) {
    const std::string written = name + "-" + std::to_string(i);
    must(vault.add(entry(written, "token of " + written)));
  }
}

TEST_F(Processes, TwoWritersLoseNoUpdate) {
  create();
  std::vector<pid_t> writers;
  for (const char* name : {"ana", "ben"}) {
    const pid_t child = fork();
    if (child == 0) {
      setenv(kWriterDir, dir().c_str(), 1);
      setenv(kWriterName, name, 1);
      unsetenv("GTEST_TOTAL_SHARDS");  // or the writer may be left to another shard
      unsetenv("GTEST_SHARD_INDEX");
      execl("/proc/self/exe", "vault_tests", "--gtest_filter=Processes.DISABLED_Writer",
            "--gtest_also_run_disabled_tests", "--gtest_brief=1", nullptr);
      _exit(127);
    }
    writers.push_back(child);
  }
  for (pid_t writer : writers) {
    int status = 0;
    waitpid(writer, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  Vault vault = must(open());
  EXPECT_EQ(must(vault.list()).size(), 2U * kWrites);
  for (const char* name : {"ana", "ben"}) {
    for (int i = 0; i < kWrites; ++i) {
      const std::string written = std::string(name) + "-" + std::to_string(i);
      EXPECT_EQ(text_of(must(vault.get(label(written))).bytes), "token of " + written);
    }
  }
  EXPECT_EQ(must(vault.verify()).commits, 1U + 2U * kWrites);
}

}  // namespace
}  // namespace vault

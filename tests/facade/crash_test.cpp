#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <thread>

#include "tests/support/world.hpp"

// kill -9 at any moment: what was acknowledged is there, the rest is as if it had never begun.

namespace vault {
namespace {

class Crash : public World {
 protected:
  Crash() { platform.state_dir = dir() / "state"; }

  // Runs `work` in a child, which writes a byte to `fd` for each thing that is acknowledged; kills it after a while; gives how many were.
  template <class Work>
  int killed_after(std::chrono::milliseconds time, Work work) {
    std::array<int, 2> pipe_ends{};
    if (pipe(pipe_ends.data()) != 0) throw std::runtime_error("pipe");
    random = SeededRandom(++seed_);  // no child draws what another one drew
    const pid_t child = fork();
    if (child == 0) {
      close(pipe_ends[0]);
      try {
        work([&] { static_cast<void>(!write(pipe_ends[1], "x", 1)); });
      } catch (const std::exception& failure) {
        std::cerr << failure.what() << '\n';
      }
      _exit(1);  // it should have been killed
    }
    close(pipe_ends[1]);
    std::this_thread::sleep_for(time);
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
    int acknowledged = 0;
    for (char byte = 0; read(pipe_ends[0], &byte, 1) == 1;) ++acknowledged;
    close(pipe_ends[0]);
    return acknowledged;
  }

  std::uint64_t seed_ = 100;

  static std::string numbered(int round, int i) { return "e" + std::to_string(round) + "/" + std::to_string(i); }
};

TEST_F(Crash, EveryAcknowledgedEntryIsThere) {
  { Vault vault = create(); }
  int all = 0;
  for (int round = 0; round < 20; ++round) {
    const int acknowledged = killed_after(std::chrono::milliseconds(10 + 4 * round), [&](auto acknowledge) {
      Vault vault = must(open());
      for (int i = 0;; ++i) {
        must(vault.add(entry(numbered(round, i), "token " + numbered(round, i))));
        acknowledge();
      }
    });
    Vault vault = must(open());
    for (int i = 0; i < acknowledged; ++i) {
      ASSERT_EQ(text_of(must(vault.get(label(numbered(round, i)))).bytes), "token " + numbered(round, i));
    }
    ASSERT_TRUE(vault.verify());
    all += acknowledged;
  }
  EXPECT_GT(all, 0);
}

TEST_F(Crash, SlotsAreTheOldOnesOrTheNew) {
  { Vault vault = create(); }
  for (int round = 0; round < 20; ++round) {
    killed_after(std::chrono::milliseconds(10 + 3 * round), [&](auto) {
      Vault vault = must(open());
      for (;;) {
        must(vault.add_slot({"second", {key_file("second")}}));
        must(vault.remove_slot("second"));
      }
    });
    Vault vault = must(open());
    ASSERT_LE(must(vault.slots()).size(), 2u);
    ASSERT_TRUE(vault.verify());
    if (must(vault.slots()).size() == 2) must(vault.remove_slot("second"));
  }
}

TEST_F(Crash, ChangesOfOneEntryAreWholeOrNotThere) {
  {
    Vault vault = create();
    must(vault.add(entry("a", "token")));
  }
  for (int round = 0; round < 20; ++round) {
    killed_after(std::chrono::milliseconds(10 + 3 * round), [&](auto) {
      Vault vault = must(open());
      for (int i = 0;; ++i) {
        const std::string team = i % 2 == 0 ? "red" : "blue";
        must(vault.edit(label("a"), {.set_attributes = {{"team", team}}, .team = team}));
      }
    });
    Vault vault = must(open());
    const EntryView now = must(vault.show(label("a")));
    ASSERT_TRUE(!now.attributes.contains("team") || now.attributes.at("team") == now.team);
    ASSERT_EQ(text_of(must(vault.get(label("a"))).bytes), "token");
    ASSERT_TRUE(vault.verify());
  }
}

// ---- a clock that is wrong --------------------------------------------------------------------------------------------

TEST_F(Crash, ClockTenYearsOffChangesNoState) {
  Vault vault = create();
  NewEntry key = entry("key", "token");
  key.expires_at = clock.now() + std::chrono::days(90);
  must(vault.add(std::move(key)));
  const auto head = must(vault.status()).head_hash;
  const Time now = clock.now();

  clock.set(now + std::chrono::days(3650));
  EXPECT_CODE(vault.get(label("key")), expired);
  EXPECT_EQ(must(vault.show(label("key"))).state, State::expired);
  EXPECT_TRUE(open());
  EXPECT_TRUE(vault.verify());

  clock.set(now - std::chrono::days(3650));
  EXPECT_TRUE(vault.get(label("key")));
  EXPECT_TRUE(open());
  must(vault.add(entry("other", "token-2")));  // a commit before the one it follows: dates prove nothing, links do
  EXPECT_TRUE(vault.verify());

  clock.set(now);
  EXPECT_TRUE(vault.get(label("key")));
  EXPECT_EQ(must(vault.show(label("key"))).state, State::active);
  const auto log = must(vault.log());
  EXPECT_EQ(log[1].hash, head);
}

}  // namespace
}  // namespace vault

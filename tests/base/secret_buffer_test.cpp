#include "vault/base/secret_buffer.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <thread>

#include "tests/support/sanitized.hpp"
#include "vault/base/arena.hpp"

constexpr bool kMlockWorks = !VAULT_TEST_SANITIZED;

namespace vault {
namespace {

static_assert(!std::is_copy_constructible_v<SecretBuffer> && !std::is_copy_assignable_v<SecretBuffer>);
static_assert(std::is_nothrow_move_constructible_v<SecretBuffer> && std::is_nothrow_move_assignable_v<SecretBuffer>);

SecretBuffer of(std::string_view text) { return SecretBuffer::copy(as_bytes(text)); }

bool all_zero(ByteView bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

TEST(SecretBuffer, BeginsWithZeros) {
  for (std::size_t size : {1U, 64U, 65U, 4096U, 4097U, 70000U})
    EXPECT_TRUE(all_zero(SecretBuffer(size).expose())) << size;
}

TEST(SecretBuffer, BeginsWithZerosInAReusedBlock) {
  for (int round = 0; round < 3; ++round) {
    SecretBuffer buffer(100);
    EXPECT_TRUE(all_zero(buffer.expose()));
    std::ranges::fill(buffer.expose_for_writing(), std::byte{0xaa});
  }
}

TEST(SecretBuffer, EmptyOneHoldsNothing) {
  SecretBuffer empty;
  SecretBuffer zero(0);
  EXPECT_TRUE(empty.empty());
  EXPECT_TRUE(zero.expose().empty());
  EXPECT_EQ(empty, zero);
  empty.truncate(0);
  empty.reset();
}

TEST(SecretBuffer, HoldsEverySizeUpTo70000) {
  for (std::size_t size = 1; size <= 70000; size += size < 5000 ? 1 : 997) {
    SecretBuffer buffer(size);
    buffer.expose_for_writing().front() = std::byte{1};
    buffer.expose_for_writing().back() = std::byte{2};
    ASSERT_EQ(buffer.size(), size);
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(buffer.expose().data()) % 64, 0U) << size;
  }
}

TEST(SecretBuffer, NeighboursDoNotOverlap) {
  std::vector<SecretBuffer> buffers;
  for (std::size_t i = 0; i < 300; ++i) {
    buffers.emplace_back(1 + i * 37 % 4500);
    std::ranges::fill(buffers.back().expose_for_writing(), std::byte(i));
  }
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    EXPECT_TRUE(std::ranges::all_of(buffers[i].expose(), [&](std::byte b) { return b == std::byte(i); })) << i;
  }
}

TEST(SecretBuffer, MoveLeavesTheSourceEmpty) {
  SecretBuffer source = of("secret");
  const std::byte* place = source.expose().data();
  SecretBuffer target = std::move(source);
  EXPECT_TRUE(source.empty());  // NOLINT(bugprone-use-after-move): the point of the test
  EXPECT_EQ(target.expose().data(), place);
  EXPECT_EQ(as_text(target.expose()), "secret");
}

TEST(SecretBuffer, MoveAssignmentWipesWhatWasThere) {
  SecretBuffer target = of("old secret");
  ByteView old = target.expose();
  target = of("new");
  EXPECT_TRUE(all_zero(old.subspan(sizeof(void*))));
  EXPECT_EQ(as_text(target.expose()), "new");
}

TEST(SecretBuffer, MoveAssignmentToItselfKeepsTheSecret) {
  SecretBuffer buffer = of("secret");
  SecretBuffer& same = buffer;
  buffer = std::move(same);
  EXPECT_EQ(as_text(buffer.expose()), "secret");
}

// Blocks of slabs stay mapped, so what is left in them can be read. The first bytes are the free list's link.
TEST(SecretBuffer, IsWipedWhenFreed) {
  for (std::size_t size : {9U, 64U, 200U, 4096U}) {
    ByteView freed;
    {
      SecretBuffer buffer(size);
      std::ranges::fill(buffer.expose_for_writing(), std::byte{0x5a});
      freed = buffer.expose();
    }
    EXPECT_TRUE(all_zero(freed.subspan(sizeof(void*)))) << size;
  }
}

TEST(SecretBuffer, ResetWipes) {
  SecretBuffer buffer = of("a longer secret");
  ByteView freed = buffer.expose();
  buffer.reset();
  EXPECT_TRUE(buffer.empty());
  EXPECT_TRUE(all_zero(freed.subspan(sizeof(void*))));
}

TEST(SecretBuffer, TruncateWipesTheRest) {
  SecretBuffer buffer = of("0123456789");
  ByteView whole = buffer.expose();
  buffer.truncate(4);
  EXPECT_EQ(as_text(buffer.expose()), "0123");
  EXPECT_TRUE(all_zero(whole.subspan(4)));
}

TEST(SecretBuffer, TruncateNeverGrows) {
  SecretBuffer buffer = of("01");
  buffer.truncate(10);
  EXPECT_EQ(buffer.size(), 2U);
}

// A block is freed by the size it was made with, not the size it was cut to.
TEST(SecretBuffer, TruncatedOneGoesBackToItsOwnSizeClass) {
  for (std::size_t cut : {std::size_t{1}, std::size_t{64}, std::size_t{4096}}) {
    for (int i = 0; i < 20; ++i) {
      SecretBuffer buffer(70000);
      buffer.truncate(cut);
    }
  }
  SecretBuffer small(64), large(4096);
  EXPECT_TRUE(all_zero(small.expose()));
  EXPECT_TRUE(all_zero(large.expose()));
}

TEST(SecretBuffer, TakeWipesItsSource) {
  std::string source = "secret";
  SecretBuffer buffer = SecretBuffer::take(std::as_writable_bytes(std::span(source)));
  EXPECT_EQ(as_text(buffer.expose()), "secret");
  EXPECT_EQ(source, std::string(6, '\0'));
}

TEST(SecretBuffer, EqualityLooksAtEveryByteAndTheSize) {
  EXPECT_EQ(of("secret"), of("secret"));
  EXPECT_NE(of("secret"), of("secreT"));
  EXPECT_NE(of("secret"), of("Secret"));
  EXPECT_NE(of("secret"), of("secre"));
  EXPECT_NE(of("secret"), SecretBuffer());
}

TEST(SecretBuffer, ManyThreadsKeepTheirOwn) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&wrong, t] {
      std::vector<SecretBuffer> kept;
      for (std::size_t i = 0; i < 2000; ++i) {
        SecretBuffer buffer(1 + i * 31 % 5000);
        if (!all_zero(buffer.expose())) ++wrong;
        std::ranges::fill(buffer.expose_for_writing(), std::byte(t + 1));
        kept.push_back(std::move(buffer));
        if (kept.size() > 20) kept.erase(kept.begin());
        if (!std::ranges::all_of(kept.front().expose(), [&](std::byte b) { return b == std::byte(t + 1); })) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

// ---- the arena's pages --------------------------------------------------------------------------------------------------

std::size_t locked_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmLck:")) return std::stoul(line.substr(6));
  }
  return 0;
}

// The VmFlags of the mapping around `address`: "rd wr mr mw me lo dd wf".
std::string flags_of(const void* address) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t start = 0, end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &start, &end) == 2) inside = start <= wanted && wanted < end;
    if (inside && line.starts_with("VmFlags:")) return line + " ";
  }
  return "";
}

TEST(Arena, MemoryIsLocked) {
  if (!kMlockWorks) GTEST_SKIP() << "the sanitizers make mlock do nothing";
  const std::size_t before = locked_kib();
  SecretBuffer buffer(64 * 1024);
  EXPECT_TRUE(Arena::instance().locked());
  EXPECT_GE(locked_kib(), before + 64);
}

TEST(Arena, PagesAreLeftOutOfCoreDumpsAndWipedInAChild) {
  for (std::size_t size : {32U, 5000U}) {
    SecretBuffer buffer(size);
    const std::string flags = flags_of(buffer.expose().data());
    EXPECT_NE(flags.find(" dd "), std::string::npos) << flags;
    EXPECT_NE(flags.find(" wf "), std::string::npos) << flags;
    EXPECT_EQ(flags.find(" lo ") != std::string::npos, kMlockWorks) << flags;
  }
}

int status_of_child(const std::function<bool()>& good) {
  const pid_t child = fork();
  if (child == 0) _exit(good() ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

TEST(Arena, ForkedChildSeesZeros) {
  SecretBuffer small = of("secret"), large(5000);
  std::ranges::fill(large.expose_for_writing(), std::byte{0x5a});
  EXPECT_EQ(status_of_child([&] { return all_zero(small.expose()) && all_zero(large.expose()); }), 0);
  EXPECT_EQ(as_text(small.expose()), "secret");
}

TEST(Arena, ForkedChildCanStillAllocateAndFree) {
  std::vector<SecretBuffer> kept;
  for (int i = 0; i < 10; ++i) kept.emplace_back(100);
  kept.resize(5);
  EXPECT_EQ(status_of_child([] {
              for (int i = 0; i < 1000; ++i) {
                SecretBuffer buffer(100);
                if (!all_zero(buffer.expose())) return false;
                std::ranges::fill(buffer.expose_for_writing(), std::byte{0x5a});
              }
              return true;
            }),
            0);
}

TEST(Arena, ForkedChildTakesNoBlockFromBeforeTheFork) {
  auto inherited = std::make_unique<SecretBuffer>(100);
  const std::byte* block = inherited->expose().data();
  EXPECT_EQ(status_of_child([&] {
              inherited.reset();
              std::vector<SecretBuffer> fresh;
              for (int i = 0; i < 1000; ++i) {
                fresh.emplace_back(100);
                if (fresh.back().expose().data() == block) return false;
              }
              return true;
            }),
            0);
}

void touch(const std::byte* at) { *const_cast<volatile std::byte*>(at) = std::byte{1}; }

TEST(ArenaDeathTest, PageBeforeABlockIsAGuard) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(
      {
        SecretBuffer buffer(4097);
        touch(buffer.expose().data() - 1);
      },
      "");
}

TEST(ArenaDeathTest, PageAfterABlockIsAGuard) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  EXPECT_DEATH(
      {
        SecretBuffer buffer(4097);
        touch(buffer.expose().data() + (4097 + page - 1) / page * page);
      },
      "");
}

TEST(ArenaDeathTest, LargeBlockIsUnmappedWhenFreed) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(
      {
        const std::byte* place = SecretBuffer(100000).expose().data();
        touch(place);
      },
      "");
}

TEST(Arena, SizeThatCannotBeHadThrows) { EXPECT_THROW(SecretBuffer(std::size_t{1} << 60), std::bad_alloc); }

// In a child, because a mapping smaller than the buffer would end this process.
TEST(Arena, SizeNearTheEndOfTheAddressSpaceThrows) {
  EXPECT_EQ(status_of_child([] {
              try {
                SecretBuffer buffer(~std::size_t{0} - 100);
              } catch (const std::bad_alloc&) {
                return true;
              }
              return false;
            }),
            0);
}

}  // namespace
}  // namespace vault

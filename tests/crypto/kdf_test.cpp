#include <argon2.h>
#include <sodium.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/sanitized.hpp"
#include "tests/support/vectors.hpp"
#include "tests/support/world.hpp"

namespace vault {
namespace {

using namespace std::chrono_literals;

class KdfTest : public testing::Test {
 protected:
  KdfTest() { must(init_crypto()); }
};

std::uint8_t* writable(const Bytes& bytes) { return const_cast<std::uint8_t*>(as_uchar(bytes)); }

// With the secret and the associated data that we do not use: the library itself is right, lanes and all.
TEST_F(KdfTest, Rfc9106Argon2id) {
  Vectors v("argon2id.txt");
  Bytes out(32);
  argon2_context context{};
  context.out = as_writable_uchar(out), context.outlen = 32;
  context.pwd = writable(v["rfc_password"]), context.pwdlen = 32;
  context.salt = writable(v["rfc_salt"]), context.saltlen = 16;
  context.secret = writable(v["rfc_secret"]), context.secretlen = 8;
  context.ad = writable(v["rfc_associated_data"]), context.adlen = 12;
  context.t_cost = 3, context.m_cost = 32, context.lanes = context.threads = 4;
  context.version = ARGON2_VERSION_13;
  ASSERT_EQ(argon2id_ctx(&context), ARGON2_OK);
  EXPECT_EQ(out, v["rfc_tag"]);
}

TEST_F(KdfTest, LibsodiumsVectorsThroughBothLibraries) {
  Vectors v("argon2id.txt");
  for (std::string n : {"sodium1_", "sodium2_", "sodium3_"}) {
    const KdfParameters parameters{v.number(n + "memory_kib"), v.number(n + "passes"), 1};
    Bytes out(v[n + "tag"].size()), password = v[n + "password"];
    password.reserve(1);  // libsodium takes no null, even for an empty password
    must(argon2id_sodium(parameters, v.array<16>(n + "salt"), password, out));
    EXPECT_EQ(out, v[n + "tag"]) << n;
    std::ranges::fill(out, std::byte{0});
    must(argon2id_libargon2(parameters, v.array<16>(n + "salt"), password, out));
    EXPECT_EQ(out, v[n + "tag"]) << n;
  }
}

TEST_F(KdfTest, BothLibrariesAgreeAtOneLane) {
  SeededRandom random{11};
  for (std::uint32_t i = 0; i < 60; ++i) {
    const KdfParameters parameters{8 + i * 7, 1 + i % 4, 1};
    ByteArray<16> salt{};
    Bytes passphrase(1 + i * 17 % 1024), a(32), b(32);
    must(random.fill(salt));
    must(random.fill(passphrase));
    must(argon2id_sodium(parameters, salt, passphrase, a));
    must(argon2id_libargon2(parameters, salt, passphrase, b));
    ASSERT_EQ(a, b) << i;
  }
}

TEST_F(KdfTest, EveryParameterChangesTheResult) {
  Argon2id kdf;
  std::vector<Bytes> results;
  auto derive = [&](KdfParameters parameters, std::uint8_t salt_byte, std::string_view passphrase) {
    ByteArray<16> salt{};
    salt[15] = std::byte(salt_byte);
    Bytes out(32);
    must(kdf.derive(parameters, salt, as_bytes(passphrase), out));
    EXPECT_EQ(std::ranges::count(results, out), 0);
    results.push_back(out);
  };
  derive({64, 1, 1}, 0, "a");
  derive({65, 1, 1}, 0, "a");
  derive({64, 2, 1}, 0, "a");
  derive({64, 1, 2}, 0, "a");
  derive({64, 1, 1}, 1, "a");
  derive({64, 1, 1}, 0, "b");
}

TEST_F(KdfTest, LanesAreThoseOfLibargon2) {
  Bytes ours(32), theirs(32);
  const ByteArray<16> salt{};
  must(Argon2id().derive({128, 2, 4}, salt, as_bytes("passphrase"), ours));
  ASSERT_EQ(argon2id_hash_raw(2, 128, 4, "passphrase", 10, salt.data(), 16, theirs.data(), 32), ARGON2_OK);
  EXPECT_EQ(ours, theirs);
}

// ---- what is allowed ----------------------------------------------------------------------------------------------------

constexpr KdfLimits kLimits{{64 * 1024, 3, 1}, {19 * 1024, 2, 1}, 1 << 20};

TEST(KdfLimits, OpenFloorIs19MibAnd2Passes) {
  EXPECT_TRUE(check_open({19 * 1024, 2, 1}, kLimits));
  EXPECT_CODE(check_open({19 * 1024 - 1, 2, 1}, kLimits), denied);
  EXPECT_CODE(check_open({1 << 20, 1, 1}, kLimits), denied);
}

TEST(KdfLimits, CreateFloorIs64MibAnd3Passes) {
  EXPECT_TRUE(check_create({64 * 1024, 3, 1}, kLimits));
  EXPECT_CODE(check_create({64 * 1024 - 1, 3, 1}, kLimits), denied);
  EXPECT_CODE(check_create({64 * 1024, 2, 1}, kLimits), denied);
}

TEST(KdfLimits, FloorsInTheProgramAreThoseOfTheDesign) {
  const KdfLimits limits = KdfLimits::of_this_machine();
  EXPECT_EQ(limits.create_floor, (KdfParameters{64 * 1024, 3, 1}));
  EXPECT_EQ(limits.open_floor, (KdfParameters{19 * 1024, 2, 1}));
}

TEST(KdfLimits, HalfOfTheMachinesMemoryAtMost) {
  const auto all =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) / 1024;
  const KdfLimits limits = KdfLimits::of_this_machine();
  EXPECT_LE(limits.memory_kib, all / 2);
  EXPECT_GT(limits.memory_kib, 0U);
}

TEST(KdfLimits, DeniedNamesWhatWasAskedAndTheFloor) {
  auto checked = check_open({8 * 1024, 1, 1}, kLimits);
  EXPECT_NE(checked.error().message.find("8 MiB, 1 passes"), std::string::npos) << checked.error().message;
  EXPECT_NE(checked.error().message.find("19 MiB, 2 passes"), std::string::npos) << checked.error().message;
}

TEST(KdfLimits, MoreMemoryThanAllowedIsLimitAndNamesTheNeed) {
  EXPECT_TRUE(check_open({1 << 20, 3, 1}, kLimits));
  auto checked = check_open({2 << 20, 3, 1}, kLimits);
  EXPECT_CODE(checked, limit);
  EXPECT_NE(checked.error().message.find("2048 MiB"), std::string::npos) << checked.error().message;
  EXPECT_NE(checked.error().message.find("1024 MiB"), std::string::npos) << checked.error().message;
}

TEST(KdfLimits, NothingBeyondTheCeilingIsCreated) {
  constexpr KdfLimits huge{{64, 1, 1}, {64, 1, 1}, std::uint64_t{1} << 40};
  EXPECT_TRUE(check_create({4u << 20, 32, 16}, huge));
  for (KdfParameters p :
       {KdfParameters{(4u << 20) + 1, 32, 16}, {4u << 20, 33, 16}, {4u << 20, 32, 17}, {127, 1, 16}}) {
    EXPECT_CODE(check_create(p, huge), limit);
  }
}

TEST(KdfLimits, NoLaneOrNoPassIsUsage) {
  EXPECT_CODE(check_create({64 * 1024, 3, 0}, kLimits), usage);
  EXPECT_CODE(check_create({64 * 1024, 0, 1}, kLimits), usage);
}

TEST(KdfLimits, CeilingNeeds8KibALane) {
  EXPECT_TRUE(within_ceiling({128, 1, 16}));
  EXPECT_FALSE(within_ceiling({127, 1, 16}));
  EXPECT_FALSE(within_ceiling({0, 1, 1u << 29}));  // 8 times that is 0 in 32 bits
}

// ---- out of memory ------------------------------------------------------------------------------------------------------

#if !VAULT_TEST_SANITIZED
// In a child that may have little more address space than it uses now.
int code_without_memory(Status (*derive)(const KdfParameters&, const ByteArray<16>&, ByteView, std::span<std::byte>)) {
  const pid_t child = fork();
  if (child == 0) {
    rlimit limit{std::size_t{256} << 20, std::size_t{256} << 20};
    setrlimit(RLIMIT_AS, &limit);
    ByteArray<32> out{};
    Status done = derive({1 << 20, 3, 1}, {}, as_bytes("passphrase"), out);
    _exit(done ? 0 : static_cast<int>(done.error().code));
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(KdfMemory, ArenaThatCannotBeHadIsInternal) {
  must(init_crypto());
  EXPECT_EQ(code_without_memory(argon2id_libargon2), static_cast<int>(Errc::internal));
  EXPECT_EQ(code_without_memory(argon2id_sodium), static_cast<int>(Errc::internal));
}
#endif

// ---- calibration --------------------------------------------------------------------------------------------------------

// Takes no time worth naming, and remembers what it was asked for.
class InstantKdf final : public Kdf {
 public:
  Status derive(const KdfParameters& parameters, const ByteArray<16>&, ByteView, std::span<std::byte>) override {
    asked.push_back(parameters);
    if (asked.size() == fail_at) return Error{Errc::internal, "Argon2id: out of memory"};
    return {};
  }
  std::vector<KdfParameters> asked;
  std::size_t fail_at = 0;
};

TEST(Calibrate, FillsMemoryBeforePasses) {
  InstantKdf kdf;
  const Calibration chosen = must(calibrate(kdf, kLimits, 10s));
  ASSERT_EQ(kdf.asked.size(), 3U);
  EXPECT_EQ(kdf.asked[0], (KdfParameters{64 * 1024, 3, 1}));
  EXPECT_EQ(kdf.asked[1], (KdfParameters{1 << 20, 3, 1}));
  EXPECT_EQ(kdf.asked[2], (KdfParameters{1 << 20, 32, 1}));
  EXPECT_EQ(chosen.parameters, kdf.asked[2]);
}

TEST(Calibrate, TakesAtMostOneGibibyte) {
  InstantKdf kdf;
  EXPECT_EQ(must(calibrate(kdf, {kLimits.create_floor, kLimits.open_floor, 8u << 20}, 10s)).parameters.memory_kib,
            1u << 20);
}

TEST(Calibrate, TakesAtMostWhatTheMachineAllows) {
  InstantKdf kdf;
  EXPECT_EQ(must(calibrate(kdf, {kLimits.create_floor, kLimits.open_floor, 100 * 1024}, 10s)).parameters.memory_kib,
            100U * 1024);
}

TEST(Calibrate, NoBudgetGivesTheFloor) {
  InstantKdf kdf;
  EXPECT_EQ(must(calibrate(kdf, kLimits, 0ms)).parameters, kLimits.create_floor);
}

TEST(Calibrate, WhatItChoosesMayBeCreatedAndOpened) {
  for (auto budget : {0ms, 1ms, 500ms, 3600000ms}) {
    for (std::uint64_t memory : {64u * 1024, 65u * 1024 + 1, 1u << 20, 8u << 20}) {
      InstantKdf kdf;
      const KdfLimits limits{kLimits.create_floor, kLimits.open_floor, memory};
      const KdfParameters chosen = must(calibrate(kdf, limits, budget)).parameters;
      EXPECT_TRUE(check_create(chosen, limits)) << chosen.memory_kib << " KiB of " << memory;
      EXPECT_TRUE(check_open(chosen, limits));
    }
  }
}

// A day's budget over a KDF of nanoseconds is more passes than fit in 32 bits.
TEST(Calibrate, EnormousBudgetGivesTheMostPasses) {
  InstantKdf kdf;
  EXPECT_EQ(must(calibrate(kdf, kLimits, std::chrono::hours(24 * 365))).parameters.passes, 32U);
}

TEST(Calibrate, KeepsTheLanes) {
  InstantKdf kdf;
  EXPECT_EQ(must(calibrate(kdf, kLimits, 10s, 4)).parameters.lanes, 4U);
}

TEST(Calibrate, LanesThatAreNotAllowedAreRefusedBeforeAnyRun) {
  InstantKdf kdf;
  EXPECT_CODE(calibrate(kdf, kLimits, 10s, 17), limit);
  EXPECT_CODE(calibrate(kdf, kLimits, 10s, 0), usage);
  EXPECT_TRUE(kdf.asked.empty());
}

TEST(Calibrate, MachineBelowTheFloorIsLimitBeforeAnyRun) {
  InstantKdf kdf;
  EXPECT_CODE(calibrate(kdf, {kLimits.create_floor, kLimits.open_floor, 32 * 1024}, 10s), limit);
  EXPECT_TRUE(kdf.asked.empty());
}

TEST(Compare, LessWorkIsWeakerHoweverLongItTakes) {
  const Calibration chosen{{256 * 1024, 3, 1}, 500ms};
  EXPECT_EQ(compare({{64 * 1024, 3, 1}, 2000ms}, chosen), KdfVerdict::weaker);
  EXPECT_EQ(compare({{256 * 1024, 2, 1}, 300ms}, chosen), KdfVerdict::weaker);
}

TEST(Compare, MoreTimeIsSlower) {
  const Calibration chosen{{256 * 1024, 3, 1}, 500ms};
  EXPECT_EQ(compare({{1024 * 1024, 3, 1}, 2000ms}, chosen), KdfVerdict::slower);
  EXPECT_EQ(compare({{256 * 1024, 3, 1}, 626ms}, chosen), KdfVerdict::slower);
}

TEST(Compare, AFifthMoreOrLessIsAlike) {
  const Calibration chosen{{256 * 1024, 3, 1}, 500ms};
  EXPECT_EQ(compare(chosen, chosen), KdfVerdict::alike);
  EXPECT_EQ(compare({{208 * 1024, 3, 1}, 400ms}, chosen), KdfVerdict::alike);
  EXPECT_EQ(compare({{300 * 1024, 3, 1}, 600ms}, chosen), KdfVerdict::alike);
  EXPECT_EQ(compare({{512 * 1024, 3, 4}, 300ms}, chosen), KdfVerdict::alike);  // more lanes, more work, less time
}

TEST(Measure, IsOneRun) {
  InstantKdf kdf;
  must(measure(kdf, {64 * 1024, 3, 2}));
  EXPECT_EQ(kdf.asked, (std::vector<KdfParameters>{{64 * 1024, 3, 2}}));
  kdf.fail_at = 2;
  EXPECT_CODE(measure(kdf, {64 * 1024, 3, 2}), internal);
}

TEST(Calibrate, RunThatFailsIsItsError) {
  for (std::size_t nth : {1U, 2U, 3U}) {
    InstantKdf kdf;
    kdf.fail_at = nth;
    EXPECT_CODE(calibrate(kdf, kLimits, 10s), internal);
  }
}

}  // namespace
}  // namespace vault

// What unlocking costs: the raw Argon2id call of each library, and what the vault adds to it.
#include <benchmark/benchmark.h>

#include <chrono>

#include "bench/bench_vault.hpp"

namespace vault::bench {
namespace {

// Argon2id that remembers how long it took.
class TimedKdf final : public Kdf {
 public:
  Status derive(const KdfParameters& parameters, const ByteArray<16>& salt, ByteView passphrase,
                std::span<std::byte> out) override {
    auto start = std::chrono::steady_clock::now();
    Status done = argon2id_.derive(parameters, salt, passphrase, out);
    took += std::chrono::steady_clock::now() - start;
    return done;
  }
  std::chrono::duration<double> took{};

 private:
  Argon2id argon2id_;
};

using RawCall = Status (*)(const KdfParameters&, const ByteArray<16>&, ByteView, std::span<std::byte>);

void raw_argon2id(benchmark::State& state, RawCall call) {
  const KdfParameters cost{static_cast<std::uint32_t>(state.range(0)) * 1024,
                           static_cast<std::uint32_t>(state.range(1)), static_cast<std::uint32_t>(state.range(2))};
  SecretBuffer out(32);
  for (auto _ : state) {
    if (!call(cost, {}, as_bytes("correct horse battery staple"), out.expose_for_writing()))
      state.SkipWithError("Argon2id failed");
  }
}
BENCHMARK_CAPTURE(raw_argon2id, libsodium, argon2id_sodium)
    ->Args({19, 2, 1})
    ->Args({64, 3, 1})
    ->Args({256, 3, 1})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(raw_argon2id, libargon2, argon2id_libargon2)
    ->Args({19, 2, 1})
    ->Args({64, 3, 1})
    ->Args({64, 3, 2})
    ->Args({256, 3, 1})
    ->Unit(benchmark::kMillisecond);

// Vault::open with a passphrase at 64 MiB and 3 passes, less the time inside Argon2id.
void unlock_beyond_kdf(benchmark::State& state) {
  const BenchVault& vault = BenchVault::of_size(10);
  TimedKdf kdf;
  Platform platform = Platform::native();
  Platform timed{platform.files, platform.clock, platform.random, kdf, platform.limits, platform.state_dir};
  auto factor = BenchVault::passphrase(timed);
  for (auto _ : state) {
    kdf.took = {};
    auto start = std::chrono::steady_clock::now();
    Vault opened = must(Vault::open(vault.dir(), {{factor}, "passphrase"}, timed));
    std::chrono::duration<double> whole = std::chrono::steady_clock::now() - start;
    state.SetIterationTime((whole - kdf.took).count());
  }
}
BENCHMARK(unlock_beyond_kdf)->UseManualTime()->Unit(benchmark::kMicrosecond);

void unlock_with_key_file(benchmark::State& state) {
  const BenchVault& vault = BenchVault::of_size(static_cast<std::size_t>(state.range(0)));
  auto factor = vault.key_file();
  for (auto _ : state) must(Vault::open(vault.dir(), {{factor}, "key"}));
}
BENCHMARK(unlock_with_key_file)->Apply(at_every_size)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace vault::bench

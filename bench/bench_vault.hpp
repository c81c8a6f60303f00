#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "vault/keyslot/key_file.hpp"
#include "vault/keyslot/passphrase.hpp"
#include "vault/vault.hpp"

namespace vault::bench {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

// A vault in a temporary directory with `entries` entries `entry-0`, `entry-1`, ..., one key-file slot and one passphrase slot with the
// given cost. Every hundredth entry belongs to team `ops` and expires in 20 days. Removed at the end of the program.
class BenchVault {
 public:
  BenchVault(std::size_t entries, const KdfParameters& cost);
  ~BenchVault();

  std::filesystem::path dir() const { return dir_ / "vault"; }
  std::filesystem::path key_path() const { return dir_ / "key"; }
  std::shared_ptr<const Factor> key_file() const;
  static std::shared_ptr<const Factor> passphrase(const Platform& platform, const KdfParameters& cost = {});
  static Label label(std::size_t number);
  static NewEntry entry(std::size_t number);
  // Up to 1,000 labels, spread over a vault of a size.
  static std::vector<Label> working_set(std::size_t entries);
  Vault open() const;  // with the key file

  // The vault of a size, made at first use and kept for the run.
  static const BenchVault& of_size(std::size_t entries);

 private:
  std::filesystem::path dir_;
};

// `p50_us` and `p99_us` of single calls, wall time.
template <class Call>
void count_percentiles(benchmark::State& state, Call call) {
  std::vector<double> took(100'000);
  for (double& one : took) {
    const auto start = std::chrono::steady_clock::now();
    call();
    one = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
  }
  std::ranges::sort(took);
  state.counters["p50_us"] = took[took.size() / 2];
  state.counters["p99_us"] = took[took.size() * 99 / 100];
}

// Each benchmark at 10, 1,000 and 100,000 entries, and with VAULT_BENCH_MILLION set at 1,000,000 too, which takes minutes to make.
void at_every_size(benchmark::internal::Benchmark* benchmark);

inline constexpr KdfParameters kCost{64 * 1024, 3, 1};

}  // namespace vault::bench

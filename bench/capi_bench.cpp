// What the C interface adds to the facade, and what an open vault takes.
#include <malloc.h>

#include "bench/bench_vault.hpp"
#include "capi/vault.h"

namespace vault::bench {
namespace {

void must(vault_code code) {
  if (code != VAULT_OK) throw std::runtime_error(vault_last_error());
}

using Handle = std::unique_ptr<vault_handle, decltype(&vault_close)>;

Handle open_in_c(const BenchVault& vault) {
  const std::string dir = vault.dir(), key_file = vault.key_path();
  vault_unlock_options options = VAULT_UNLOCK_OPTIONS_INIT;
  options.key_file = key_file.c_str();
  vault_handle* handle = nullptr;
  must(vault_open(dir.c_str(), &options, &handle));
  return {handle, vault_close};
}

void get_and_free(const vault_handle* vault, const Label& label) {
  vault_secret* secret = nullptr;
  must(vault_get(vault, label.text().c_str(), nullptr, &secret));
  benchmark::DoNotOptimize(vault_secret_data(secret));
  vault_secret_free(secret);
}

// As get_hot, which is the facade's.
void get_hot_c(benchmark::State& state) {
  const auto entries = static_cast<std::size_t>(state.range(0));
  const Handle vault = open_in_c(BenchVault::of_size(entries));
  const std::vector<Label> labels = BenchVault::working_set(entries);
  for (const Label& label : labels) get_and_free(vault.get(), label);
  std::size_t next = 0;
  for (auto _ : state) get_and_free(vault.get(), labels[next++ % labels.size()]);
  state.SetItemsProcessed(state.iterations());
  count_percentiles(state, [&] { get_and_free(vault.get(), labels[next++ % labels.size()]); });
}
BENCHMARK(get_hot_c)->Apply(at_every_size)->Unit(benchmark::kMicrosecond);

// What is allocated, SQLCipher's share too; not the locked memory of keys, some kilobytes.
std::uint64_t allocated_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// `bytes_a_handle`: for each vault of 1,000 entries that is open and has read one.
void open_and_close_c(benchmark::State& state) {
  constexpr std::size_t kHandles = 50;
  const BenchVault& vault = BenchVault::of_size(1000);
  for (auto _ : state) benchmark::DoNotOptimize(open_in_c(vault).get());
  const std::uint64_t before = allocated_bytes();
  std::vector<Handle> open;
  for (std::size_t i = 0; i < kHandles; ++i) {
    open.push_back(open_in_c(vault));
    get_and_free(open.back().get(), BenchVault::label(i));
  }
  state.counters["bytes_a_handle"] = static_cast<double>(allocated_bytes() - before) / kHandles;
}
BENCHMARK(open_and_close_c)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace vault::bench

// What a commit costs: of one entry, and of many.
#include <benchmark/benchmark.h>

#include "bench/bench_vault.hpp"

namespace vault::bench {
namespace {

// On disk and read back when it returns.
void add_one(benchmark::State& state) {
  Vault vault = BenchVault::of_size(static_cast<std::size_t>(state.range(0))).open();
  static std::size_t number = 0;
  for (auto _ : state) {
    NewEntry entry{must(Label::parse("new-" + std::to_string(++number)))};
    std::string token = "new-token-" + std::to_string(number);
    entry.fields.push_back({"token", true, SecretBuffer::copy(as_bytes(token))});
    must(vault.add(std::move(entry)));
  }
}
BENCHMARK(add_one)->Apply(at_every_size)->Unit(benchmark::kMicrosecond)->UseRealTime();

// One commit with so many entries in an empty vault. `bytes_an_entry`: by which the store grew.
void import(benchmark::State& state) {
  const auto entries = static_cast<std::size_t>(state.range(0));
  double grown = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const BenchVault files(0, kCost);
    const auto store = files.dir() / "store-1.db";
    const auto before = std::filesystem::file_size(store);
    Vault vault = files.open();
    std::vector<NewEntry> batch;
    for (std::size_t i = 0; i < entries; ++i) batch.push_back(BenchVault::entry(i));
    state.ResumeTiming();
    must(vault.add_all(std::move(batch)));
    grown = static_cast<double>(std::filesystem::file_size(store) - before);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["bytes_an_entry"] = grown / static_cast<double>(entries);
}
BENCHMARK(import)->Apply(at_every_size)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace vault::bench

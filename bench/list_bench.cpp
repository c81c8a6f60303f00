// What the complete walks cost: lists with their filters, teams, verify.
#include <benchmark/benchmark.h>

#include "bench/bench_vault.hpp"

namespace vault::bench {
namespace {

void list(benchmark::State& state, const Selection& selection) {
  const Vault vault = BenchVault::of_size(static_cast<std::size_t>(state.range(0))).open();
  std::size_t entries = 0;
  for (auto _ : state) entries = must(vault.list(selection)).size();
  state.counters["entries"] = static_cast<double>(entries);
}

Selection of_prefix(std::string prefix) {
  Selection selection;
  selection.prefix = std::move(prefix);
  return selection;
}

Selection of_team(std::string team) {
  Selection selection;
  selection.team = std::move(team);
  return selection;
}

Selection expiring_within(std::string_view duration) {
  Selection selection;
  selection.expiring_within = must(parse_duration(duration));
  return selection;
}

BENCHMARK_CAPTURE(list, all, {})->Apply(at_every_size)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(list, by_prefix, of_prefix("entry-99"))->Apply(at_every_size)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(list, by_team, of_team("ops"))->Apply(at_every_size)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(list, expiring, expiring_within("30d"))->Apply(at_every_size)->Unit(benchmark::kMillisecond);

void teams(benchmark::State& state) {
  const Vault vault = BenchVault::of_size(static_cast<std::size_t>(state.range(0))).open();
  for (auto _ : state) benchmark::DoNotOptimize(must(vault.teams()));
}
BENCHMARK(teams)->Apply(at_every_size)->Unit(benchmark::kMillisecond);

// Every commit, node, record, version and field.
void verify(benchmark::State& state) {
  const Vault vault = BenchVault::of_size(static_cast<std::size_t>(state.range(0))).open();
  for (auto _ : state) benchmark::DoNotOptimize(must(vault.verify()));
}
BENCHMARK(verify)->Apply(at_every_size)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vault::bench

// What reading one secret costs: inside a process with the vault open, and as a whole process with a key-file slot.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <optional>

#include "bench/bench_vault.hpp"

namespace vault::bench {
namespace {

// Again and again over a working set of up to 1,000 labels, verified under the signed head.
void get_hot(benchmark::State& state) {
  const auto entries = static_cast<std::size_t>(state.range(0));
  const Vault vault = BenchVault::of_size(entries).open();
  const std::vector<Label> labels = BenchVault::working_set(entries);
  for (const Label& label : labels) must(vault.get(label));
  std::size_t next = 0;
  for (auto _ : state) benchmark::DoNotOptimize(must(vault.get(labels[next++ % labels.size()])));
  state.SetItemsProcessed(state.iterations());
  count_percentiles(state, [&] { benchmark::DoNotOptimize(must(vault.get(labels[next++ % labels.size()]))); });
}
BENCHMARK(get_hot)->Apply(at_every_size)->Unit(benchmark::kMicrosecond);

// The first read of a record, down from the signed head, by a handle that is open.
void get_first(benchmark::State& state) {
  const auto entries = static_cast<std::size_t>(state.range(0));
  const std::vector<Label> labels = BenchVault::working_set(entries);
  std::optional<Vault> vault;
  std::size_t next = 0;
  for (auto _ : state) {
    if (next % labels.size() == 0) {
      state.PauseTiming();
      vault.emplace(BenchVault::of_size(entries).open());
      state.ResumeTiming();
    }
    benchmark::DoNotOptimize(must(vault->get(labels[next++ % labels.size()])));
  }
}
BENCHMARK(get_first)->Apply(at_every_size)->Unit(benchmark::kMicrosecond);

// Runs a program to its end, with standard output thrown away.
bool run(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  int status = -1;
  const bool spawned = posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ) == 0;
  posix_spawn_file_actions_destroy(&actions);
  return spawned && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string program(const char* variable, const char* otherwise) {
  const char* set = std::getenv(variable);
  return set == nullptr ? otherwise : set;
}

// `vault get` from start to end.
void get_cold(benchmark::State& state) {
  const BenchVault& files = BenchVault::of_size(static_cast<std::size_t>(state.range(0)));
  const std::string vault = program("VAULT_PROGRAM", VAULT_BENCH_PROGRAM);
  const std::vector<std::string> command{vault, "get", "entry-5", "--dir", files.dir(), "--key-file", files.key_path()};
  for (auto _ : state) {
    if (!run(command)) state.SkipWithError("vault get failed");
  }
}
BENCHMARK(get_cold)->Apply(at_every_size)->Unit(benchmark::kMillisecond)->UseRealTime();

// The floor beneath it: a C program, linked the same way, that opens an SQLCipher file with a raw key and reads one row.
void raw_sqlcipher_get(benchmark::State& state) {
  const std::string file = BenchVault::of_size(10).dir().parent_path() / "raw.db";
  if (!run({VAULT_BENCH_RAW_GET, file, "make"})) state.SkipWithError("raw_sqlcipher_get cannot make its file");
  for (auto _ : state) {
    if (!run({VAULT_BENCH_RAW_GET, file})) state.SkipWithError("raw_sqlcipher_get failed");
  }
}
BENCHMARK(raw_sqlcipher_get)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace vault::bench

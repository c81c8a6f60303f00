#include "bench/bench_vault.hpp"

#include <cstdlib>
#include <map>

#include "vault/crypto/init.hpp"

namespace vault::bench {
namespace {

constexpr std::size_t kBatch = 100000;

// Where everything lies, what the machine remembers of the vaults included.
class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "vault-bench-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
    setenv("XDG_STATE_HOME", (path_ / "state").c_str(), 1);
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path next() {
    const std::filesystem::path path = path_ / std::to_string(++number_);
    std::filesystem::create_directory(path);
    return path;
  }

 private:
  std::filesystem::path path_;
  int number_ = 0;
};

std::filesystem::path new_directory() {
  static Directory directory;
  return directory.next();
}

}  // namespace

std::vector<Label> BenchVault::working_set(std::size_t entries) {
  constexpr std::size_t kMost = 1000;
  const std::size_t count = std::min(entries, kMost);
  std::vector<Label> labels;
  for (std::size_t i = 0; i < count; ++i) labels.push_back(label(i * (entries / count)));
  return labels;
}

NewEntry BenchVault::entry(std::size_t number) {
  NewEntry entry{label(number)};
  entry.issuer = "101domain";
  entry.scopes = must(ScopeSet::make({"dns:read", "dns:write"}));
  if (number % 100 == 0) {
    entry.team = "ops";
    entry.expires_at = Platform::native().clock.now() + std::chrono::days(20);
  }
  std::string token = "token-of-entry-" + std::to_string(number) + "-0123456789abcdefghijklmnop";
  entry.fields.push_back({"token", true, SecretBuffer::copy(as_bytes(token))});
  return entry;
}

BenchVault::BenchVault(std::size_t entries, const KdfParameters& cost) : dir_(new_directory()) {
  if (auto ready = init_crypto(); !ready) throw std::runtime_error(ready.error().message);
  const Platform& platform = Platform::native();
  auto key = must(KeyFileFactor::create(platform.files, platform.random, key_path()));
  Vault vault = must(Vault::create(dir(), {"key", {key}}));
  must(vault.add_slot({"passphrase", {passphrase(platform, cost)}}));
  for (std::size_t done = 0; done < entries;) {
    std::vector<NewEntry> batch;
    for (; batch.size() < kBatch && done < entries; ++done) batch.push_back(entry(done));
    must(vault.add_all(std::move(batch)));
  }
}

BenchVault::~BenchVault() {
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

std::shared_ptr<const Factor> BenchVault::key_file() const {
  return must(KeyFileFactor::read(Platform::native().files, key_path()));
}

std::shared_ptr<const Factor> BenchVault::passphrase(const Platform& platform, const KdfParameters& cost) {
  return must(PassphraseFactor::make(SecretBuffer::copy(as_bytes("correct horse battery staple")), platform.kdf,
                                     platform.limits, cost));
}

Vault BenchVault::open() const { return must(Vault::open(dir(), {{key_file()}, "key"})); }

Label BenchVault::label(std::size_t number) { return must(Label::parse("entry-" + std::to_string(number))); }

const BenchVault& BenchVault::of_size(std::size_t entries) {
  static std::map<std::size_t, std::unique_ptr<BenchVault>> vaults;
  auto& vault = vaults[entries];
  if (!vault) vault = std::make_unique<BenchVault>(entries, kCost);
  return *vault;
}

void at_every_size(benchmark::internal::Benchmark* benchmark) {
  benchmark->Arg(10)->Arg(1000)->Arg(100000);
  if (std::getenv("VAULT_BENCH_MILLION") != nullptr) benchmark->Arg(1000000);
}

}  // namespace vault::bench

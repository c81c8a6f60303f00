#include "bench/bench_vault.hpp"

#include <cstdlib>
#include <map>

#include "vault/crypto/init.hpp"

namespace vault::bench {
namespace {

constexpr std::size_t kBatch = 20000;

NewEntry entry(std::size_t number) {
  NewEntry entry{BenchVault::label(number)};
  entry.issuer = "101domain";
  entry.scopes = must(ScopeSet::make({"dns:read", "dns:write"}));
  std::string token = "token-of-entry-" + std::to_string(number) + "-0123456789abcdefghijklmnop";
  entry.fields.push_back({"token", true, SecretBuffer::copy(as_bytes(token))});
  return entry;
}

}  // namespace

BenchVault::BenchVault(std::size_t entries, const KdfParameters& cost) {
  if (auto ready = init_crypto(); !ready) throw std::runtime_error(ready.error().message);
  std::string name = (std::filesystem::temp_directory_path() / "vault-bench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  dir_ = name;
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

Label BenchVault::label(std::size_t number) { return must(Label::parse("entry-" + std::to_string(number))); }

const BenchVault& BenchVault::of_size(std::size_t entries) {
  static std::map<std::size_t, std::unique_ptr<BenchVault>> vaults;
  auto& vault = vaults[entries];
  if (!vault) vault = std::make_unique<BenchVault>(entries, kCost);
  return *vault;
}

}  // namespace vault::bench

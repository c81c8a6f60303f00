#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>

#include "vault/crypto/init.hpp"
#include "vault/keyslot/key_file.hpp"
#include "vault/keyslot/passphrase.hpp"
#include "vault/vault.hpp"

namespace vault {

// A clock that stands where the test put it.
class FixedClock final : public Clock {
 public:
  Time now() const override { return now_; }
  void set(Time time) { now_ = time; }
  std::chrono::steady_clock::time_point steady() const override { return steady_; }
  void advance(std::chrono::seconds by) { now_ += by, steady_ += by; }

 private:
  std::chrono::steady_clock::time_point steady_;
  Time now_ = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + std::chrono::hours(12);
};

// The same bytes in every run: BLAKE2b of a counter under a seed.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : seed_(seed) {}
  Status fill(std::span<std::byte> out) override;

 private:
  std::uint64_t seed_;
  std::uint64_t counter_ = 0;
};

// Argon2id that counts its runs and remembers the most memory it was asked for.
class CountingKdf final : public Kdf {
 public:
  Status derive(const KdfParameters& parameters, const ByteArray<16>& salt, ByteView passphrase,
                std::span<std::byte> out) override;
  int runs = 0;
  std::uint32_t most_memory_kib = 0;

 private:
  Argon2id argon2id_;
};

// The real files, of which a test can make the Nth operation fail. Every virtual call counts as one.
class FaultyFiles final : public Files {
 public:
  // From the `nth` call on (counted from 1), `count` calls fail with `error`. 0: none.
  void fail(int nth, int error, int count = 1) { calls_ = 0, nth_ = nth, error_ = error, count_ = count; }
  int calls() const { return calls_; }
  bool failed() const { return nth_ > 0 && calls_ >= nth_; }

  int open(const fs::path& path, int flags, unsigned mode) override;
  ssize_t read(int fd, std::span<std::byte> out) override;
  ssize_t write(int fd, ByteView bytes) override;
  int sync(int fd) override;
  int close(int fd) override;
  int rename(const fs::path& from, const fs::path& to) override;
  int remove(const fs::path& path) override;
  int make_directory(const fs::path& path, unsigned mode) override;
  int stat(const fs::path& path, FileInfo& info) override;
  int stat_open(int fd, FileInfo& info) override;
  int try_lock(int fd, bool exclusive) override;
  int unlock(int fd) override { return files_.unlock(fd); }
  ssize_t read_at(int fd, std::span<std::byte> out, std::uint64_t offset) override;
  ssize_t write_at(int fd, ByteView bytes, std::uint64_t offset) override;
  // Not counted: nothing depends on it.
  int stat_file_system(const fs::path& path, std::uint32_t& type) override {
    if (!file_system) return files_.stat_file_system(path, type);
    type = *file_system;
    return 0;
  }
  std::optional<std::uint32_t> file_system;  // what every path seems to lie on

 private:
  bool fails();
  SystemFiles files_;
  std::atomic<int> calls_ = 0;
  int nth_ = 0, error_ = 0, count_ = 0;
};

// A temporary directory with a world of its own around it: clock, randomness, files and KDF that the test controls, and floors low enough
// that a passphrase slot costs next to nothing. Removed at the end.
class World : public testing::Test {
 protected:
  World();
  ~World() override;

  const fs::path& dir() const { return dir_; }
  fs::path vault_dir() const { return dir_ / "vault"; }

  // Factors. Key files are made at first use.
  std::shared_ptr<const Factor> key_file(const std::string& name = "key");
  std::shared_ptr<const Factor> passphrase(std::string_view text = "correct horse");

  // A vault with one key-file slot "first" (no KDF), and the means to open it again.
  Vault create();
  Result<Vault> open();
  Result<Vault> open_with(const Factors& factors, const std::string& slot = "");

  static SecretBuffer secret(std::string_view text);
  static Label label(std::string_view text);
  static NewEntry entry(std::string_view label, std::string_view token);
  static std::string text_of(const SecretBuffer& secret) { return std::string(as_text(secret.expose())); }

  FixedClock clock;
  SeededRandom random{1};
  FaultyFiles files;
  CountingKdf kdf;
  KdfParameters cheap{64, 1, 1};                                           // 64 KiB, one pass
  Platform platform{files, clock, random, kdf, {cheap, cheap, 1u << 20}};  // without a place for high-water marks

 private:
  fs::path dir_;
};

// The value, or a test failure that says what went wrong.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(std::string(name(result.error().code)) + ": " + result.error().message);
  return std::move(*result);
}
inline void must(const Status& status) {
  if (!status) throw std::runtime_error(std::string(name(status.error().code)) + ": " + status.error().message);
}

// What a result answered: its code, or 0.
template <class T>
int code_of(const Result<T>& result) {
  return result ? 0 : static_cast<int>(result.error().code);
}
template <class T>
testing::AssertionResult has_code(const Result<T>& result, Errc code) {
  if (code_of(result) == static_cast<int>(code)) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "expected " << name(code) << ", got "
                                     << (result
                                             ? std::string("a value")
                                             : std::string(name(result.error().code)) + ": " + result.error().message);
}
#define EXPECT_CODE(result, code) EXPECT_TRUE(has_code(result, Errc::code))
#define ASSERT_CODE(result, code) ASSERT_TRUE(has_code(result, Errc::code))

}  // namespace vault

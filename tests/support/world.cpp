#include "tests/support/world.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "vault/crypto/hash.hpp"

namespace vault {

Status SeededRandom::fill(std::span<std::byte> out) {
  while (!out.empty()) {
    ByteArray<16> input{};
    for (std::size_t i = 0; i < 8; ++i) {
      input[i] = std::byte(seed_ >> (8 * i));
      input[8 + i] = std::byte(counter_ >> (8 * i));
    }
    ++counter_;
    Digest block = hash(personal("test-random"), input);
    const std::size_t size = std::min(block.size(), out.size());
    std::copy_n(block.begin(), size, out.begin());
    out = out.subspan(size);
  }
  return {};
}

Status CountingKdf::derive(const KdfParameters& parameters, const ByteArray<16>& salt, ByteView passphrase,
                           std::span<std::byte> out) {
  ++runs;
  most_memory_kib = std::max(most_memory_kib, parameters.memory_kib);
  return argon2id_.derive(parameters, salt, passphrase, out);
}

bool FaultyFiles::fails() {
  ++calls_;
  if (nth_ == 0 || calls_ < nth_ || calls_ >= nth_ + count_) return false;
  errno = error_;
  return true;
}

int FaultyFiles::open(const fs::path& path, int flags, unsigned mode) {
  return fails() ? -1 : files_.open(path, flags, mode);
}
ssize_t FaultyFiles::read(int fd, std::span<std::byte> out) { return fails() ? -1 : files_.read(fd, out); }
ssize_t FaultyFiles::write(int fd, ByteView bytes) { return fails() ? -1 : files_.write(fd, bytes); }
int FaultyFiles::sync(int fd) { return fails() ? -1 : files_.sync(fd); }
int FaultyFiles::close(int fd) {
  const bool failing = fails();
  const int error = errno;
  const int code = files_.close(fd);  // a failing close closes all the same
  errno = failing ? error : errno;
  return failing ? -1 : code;
}
int FaultyFiles::rename(const fs::path& from, const fs::path& to) { return fails() ? -1 : files_.rename(from, to); }
int FaultyFiles::remove(const fs::path& path) { return fails() ? -1 : files_.remove(path); }
int FaultyFiles::make_directory(const fs::path& path, unsigned mode) {
  return fails() ? -1 : files_.make_directory(path, mode);
}
int FaultyFiles::stat(const fs::path& path, FileInfo& info) { return fails() ? -1 : files_.stat(path, info); }
int FaultyFiles::stat_open(int fd, FileInfo& info) { return fails() ? -1 : files_.stat_open(fd, info); }
int FaultyFiles::try_lock(int fd, bool exclusive) { return fails() ? -1 : files_.try_lock(fd, exclusive); }

ssize_t FaultyFiles::read_at(int fd, std::span<std::byte> out, std::uint64_t offset) {
  return fails() ? -1 : files_.read_at(fd, out, offset);
}
ssize_t FaultyFiles::write_at(int fd, ByteView bytes, std::uint64_t offset) {
  return fails() ? -1 : files_.write_at(fd, bytes, offset);
}

World::World() {
  must(init_crypto());
  std::string name = (fs::temp_directory_path() / "vault-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp");
  dir_ = name;
}

World::~World() {
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
}

std::shared_ptr<const Factor> World::key_file(const std::string& name) {
  SystemFiles system_files;
  auto known = KeyFileFactor::read(system_files, dir_ / name);
  return known ? *known : must(KeyFileFactor::create(system_files, random, dir_ / name));
}

std::shared_ptr<const Factor> World::passphrase(std::string_view text) {
  return must(PassphraseFactor::make(secret(text), kdf, platform.limits, cheap));
}

Vault World::create() { return must(Vault::create(vault_dir(), {"first", {key_file()}}, platform)); }
Result<Vault> World::open() { return open_with({key_file()}); }
Result<Vault> World::open_with(const Factors& factors, const std::string& slot) {
  return Vault::open(vault_dir(), {factors, slot}, platform);
}

SecretBuffer World::secret(std::string_view text) { return SecretBuffer::copy(as_bytes(text)); }
Label World::label(std::string_view text) { return must(Label::parse(text)); }

NewEntry World::entry(std::string_view name, std::string_view token) {
  NewEntry entry{label(name)};
  entry.fields.push_back({"token", true, secret(token)});
  return entry;
}

}  // namespace vault

#include "vault/write_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <thread>

#include "vault/base/reader.hpp"
#include "vault/base/writer.hpp"

namespace vault {
namespace {

constexpr std::size_t kGenerationSize = 8;  // all that the lock file need hold
constexpr std::chrono::milliseconds kLockPause{10};

// What is written there must not go through a link to a file of somebody else's.
Result<OpenFile> open_lock(Files& files, const fs::path& path) {
  const auto strange = [&] {
    return Error{Errc::corrupt, fmt::format("{} is not the vault's lock file: remove what stands in its place (the "
                                            "vault makes its own)",
                                            path.string())};
  };
  OpenFile lock(files, files.open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (lock.fd() < 0) {
    const bool no_file = errno == ELOOP || errno == EISDIR || errno == ENXIO;
    return no_file ? strange() : system_error("open", path, errno);
  }
  FileInfo info{};
  if (files.stat_open(lock.fd(), info) != 0) return system_error("look at", path, errno);
  if (info.kind != FileInfo::Kind::file) return strange();
  return lock;
}

// Not removed, or replaced, before it was locked: an `init` that fails takes its lock file with it.
bool is_still_there(Files& files, int fd, const fs::path& path) {
  FileInfo open{}, there{};
  return files.stat_open(fd, open) == 0 && files.stat(path, there) == 0 && open.device == there.device &&
         open.inode == there.inode;
}

}  // namespace

Result<WriteLock> lock_for_writing(Files& files, const fs::path& dir, std::chrono::milliseconds wait) {
  const fs::path path = dir / "lock";
  const auto start = std::chrono::steady_clock::now();
  for (;;) {
    auto lock = open_lock(files, path);
    if (!lock) return lock.error();
    const bool locked = files.try_lock(lock->fd(), true) == 0;
    if (!locked && errno != EAGAIN && errno != EACCES && errno != EINTR) return system_error("lock", path, errno);
    if (locked && is_still_there(files, lock->fd(), path)) return WriteLock(files, std::move(*lock));
    if (std::chrono::steady_clock::now() - start >= wait)
      return Error{Errc::busy, "another process is changing the vault; try again, or wait longer with --wait"};
    std::this_thread::sleep_for(kLockPause);
  }
}

std::optional<std::uint64_t> read_generation(Files& files, int fd) {
  std::array<std::byte, kGenerationSize> bytes{};
  if (fd < 0 || files.read_at(fd, bytes, 0) != static_cast<ssize_t>(bytes.size())) return std::nullopt;
  return Reader(bytes).u64();
}

void WriteLock::announce() {
  const std::uint64_t generation = read_generation(*files_, file_.fd()).value_or(0);
  files_->write_at(file_.fd(), Writer().u64(generation + 1).bytes(), 0);
}

}  // namespace vault

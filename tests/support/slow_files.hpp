#pragma once

#include <cerrno>

#include "vault/base/file.hpp"

namespace vault {

// The real files as a slow disk or a signal storm shows them: one byte a read or write, and every second call interrupted.
class SlowFiles final : public Files {
 public:
  int open(const fs::path& path, int flags, unsigned mode) override { return files_.open(path, flags, mode); }
  ssize_t read(int fd, std::span<std::byte> out) override { return interrupted() ? -1 : files_.read(fd, out.first(1)); }
  ssize_t write(int fd, ByteView bytes) override { return interrupted() ? -1 : files_.write(fd, bytes.first(1)); }
  int sync(int fd) override { return files_.sync(fd); }
  int close(int fd) override { return files_.close(fd); }
  int rename(const fs::path& from, const fs::path& to) override { return files_.rename(from, to); }
  int remove(const fs::path& path) override { return files_.remove(path); }
  int make_directory(const fs::path& path, unsigned mode) override { return files_.make_directory(path, mode); }
  int stat(const fs::path& path, FileInfo& info) override { return files_.stat(path, info); }
  int stat_open(int fd, FileInfo& info) override { return files_.stat_open(fd, info); }
  int unlock(int fd) override { return files_.unlock(fd); }
  int try_lock(int fd, bool exclusive) override { return files_.try_lock(fd, exclusive); }
  int stat_file_system(const fs::path& path, std::uint32_t& type) override {
    return files_.stat_file_system(path, type);
  }

  ssize_t read_at(int fd, std::span<std::byte> out, std::uint64_t offset) override {
    return files_.read_at(fd, out, offset);
  }
  ssize_t write_at(int fd, ByteView bytes, std::uint64_t offset) override { return files_.write_at(fd, bytes, offset); }

  int interruptions = 0;

 private:
  bool interrupted() {
    next_ = !next_;
    if (!next_) return false;
    ++interruptions;
    errno = EINTR;
    return true;
  }
  SystemFiles files_;
  bool next_ = false;
};

}  // namespace vault

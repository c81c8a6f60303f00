#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "vault/base/bytes.hpp"
#include "vault/base/result.hpp"
#include "vault/base/secret_buffer.hpp"

namespace vault {

namespace fs = std::filesystem;

// What stat(2) says, as far as we ask.
struct FileInfo {
  enum class Kind { file, directory, other } kind;
  std::uint64_t size;
  unsigned mode;  // permission bits
  unsigned owner;
  std::uint64_t device, inode;
};

// The few file operations the vault's own files need, each one system call, so that tests can fail the Nth, record their
// order, or replay a power cut. Descriptors are close-on-exec. Return values and errno are those of the system calls.
class Files {
 public:
  virtual ~Files() = default;
  virtual int open(const fs::path& path, int flags, unsigned mode) = 0;
  virtual ssize_t read(int fd, std::span<std::byte> out) = 0;
  virtual ssize_t write(int fd, ByteView bytes) = 0;
  virtual int sync(int fd) = 0;
  virtual int close(int fd) = 0;
  virtual int rename(const fs::path& from, const fs::path& to) = 0;
  virtual int remove(const fs::path& path) = 0;
  virtual int make_directory(const fs::path& path, unsigned mode) = 0;
  virtual int stat(const fs::path& path, FileInfo& info) = 0;
  virtual int stat_open(int fd, FileInfo& info) = 0;
  virtual int try_lock(int fd,
                       bool exclusive) = 0;  // open file description lock (fcntl F_OFD_SETLK) over the whole file
  virtual int unlock(int fd) = 0;
  virtual ssize_t read_at(int fd, std::span<std::byte> out, std::uint64_t offset) = 0;
  virtual ssize_t write_at(int fd, ByteView bytes, std::uint64_t offset) = 0;
  virtual int stat_file_system(const fs::path& path, std::uint32_t& type) = 0;  // statfs(2)'s f_type
};

class SystemFiles final : public Files {
 public:
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
  int unlock(int fd) override;
  ssize_t read_at(int fd, std::span<std::byte> out, std::uint64_t offset) override;
  ssize_t write_at(int fd, ByteView bytes, std::uint64_t offset) override;
  int stat_file_system(const fs::path& path, std::uint32_t& type) override;
};

// An open descriptor that closes itself.
class OpenFile {
 public:
  OpenFile(Files& files, int fd) : files_(&files), fd_(fd) {}
  ~OpenFile() { close(); }
  OpenFile(OpenFile&& other) noexcept : files_(other.files_), fd_(std::exchange(other.fd_, -1)) {}
  OpenFile& operator=(OpenFile&& other) noexcept;
  int fd() const { return fd_; }
  int close() { return fd_ < 0 ? 0 : files_->close(std::exchange(fd_, -1)); }

 private:
  Files* files_;
  int fd_;
};

// `internal` for a failed system call, named with the path and the system's word for `error_number` (errno).
Error system_error(std::string_view doing, const fs::path& path, int error_number);

// A whole file of at most `max` bytes. Errors: not_found (no such file), limit (larger), internal.
Result<Bytes> read_file(Files& files, const fs::path& path, std::size_t max);

// The same, straight into locked memory.
Result<SecretBuffer> read_secret_file(Files& files, const fs::path& path, std::size_t max);
// The same, and the file that was opened is a regular one of this user, closed to everybody else. Errors: as check_private too.
Result<SecretBuffer> read_private_file(Files& files, const fs::path& path, std::size_t max);

// Makes a file that was not there, mode 0600, and syncs it and its name. Errors: conflict (there is one), internal.
Status create_file(Files& files, const fs::path& path, ByteView bytes);

// Writes `bytes` to `<path>.new`, syncs, renames it over `path` and syncs the directory: after a crash there is the old
// file or the new one. Errors: internal; the old file is intact (unless only the directory could not be synced: then the new one is there,
// and may be gone after a crash).
// `renamed`: which of the two it was.
Status replace_file(Files& files, const fs::path& path, ByteView bytes, bool* renamed = nullptr);

// The same without syncing: after a power cut there may be the old file, the new one, or an empty one.
Status replace_file_unsynced(Files& files, const fs::path& path, ByteView bytes);

// Makes a directory and those above it that are missing, mode 0700. Errors: internal.
Status make_directories(Files& files, const fs::path& dir);

// The names of what a directory holds, sorted. Errors: internal (also: it is not there).
Result<std::vector<std::string>> list_directory(const fs::path& dir);

// Makes the names in a directory durable.
Status sync_directory(Files& files, const fs::path& dir);

// Refuses what is not a file or directory of this user closed to everybody else. Errors: not_found, denied (with the chmod
// line), internal.
Status check_private(Files& files, const fs::path& path, FileInfo::Kind kind);

}  // namespace vault

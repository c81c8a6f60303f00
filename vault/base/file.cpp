#include "vault/base/file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace vault {

int SystemFiles::open(const fs::path& path, int flags, unsigned mode) {
  return ::open(path.c_str(), flags | O_CLOEXEC, mode);
}
ssize_t SystemFiles::read(int fd, std::span<std::byte> out) { return ::read(fd, out.data(), out.size()); }
ssize_t SystemFiles::write(int fd, ByteView bytes) { return ::write(fd, bytes.data(), bytes.size()); }
int SystemFiles::sync(int fd) { return ::fsync(fd); }
int SystemFiles::close(int fd) { return ::close(fd); }
int SystemFiles::rename(const fs::path& from, const fs::path& to) { return ::rename(from.c_str(), to.c_str()); }
int SystemFiles::remove(const fs::path& path) { return ::unlink(path.c_str()); }
int SystemFiles::make_directory(const fs::path& path, unsigned mode) { return ::mkdir(path.c_str(), mode); }

namespace {

FileInfo info_of(const struct stat& st) {
  const FileInfo::Kind kind = S_ISREG(st.st_mode)   ? FileInfo::Kind::file
                              : S_ISDIR(st.st_mode) ? FileInfo::Kind::directory
                                                    : FileInfo::Kind::other;
  return {kind, static_cast<std::uint64_t>(st.st_size), st.st_mode & 07777, st.st_uid, st.st_dev, st.st_ino};
}

int set_lock(int fd, int type) {
  struct flock lock {};
  lock.l_type = static_cast<short>(type);
  lock.l_whence = SEEK_SET;
  return ::fcntl(fd, F_OFD_SETLK, &lock);
}

}  // namespace

int SystemFiles::stat(const fs::path& path, FileInfo& info) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return -1;
  info = info_of(st);
  return 0;
}

int SystemFiles::stat_open(int fd, FileInfo& info) {
  struct stat st {};
  if (::fstat(fd, &st) != 0) return -1;
  info = info_of(st);
  return 0;
}

int SystemFiles::try_lock(int fd, bool exclusive) { return set_lock(fd, exclusive ? F_WRLCK : F_RDLCK); }
ssize_t SystemFiles::read_at(int fd, std::span<std::byte> out, std::uint64_t offset) {
  return pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
}
ssize_t SystemFiles::write_at(int fd, ByteView bytes, std::uint64_t offset) {
  return pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
}
int SystemFiles::unlock(int fd) { return set_lock(fd, F_UNLCK); }

int SystemFiles::stat_file_system(const fs::path& path, std::uint32_t& type) {
  struct statfs st {};
  if (::statfs(path.c_str(), &st) != 0) return -1;
  type = static_cast<std::uint32_t>(st.f_type);
  return 0;
}

OpenFile& OpenFile::operator=(OpenFile&& other) noexcept {
  if (this != &other) {
    close();
    files_ = other.files_;
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Error system_error(std::string_view doing, const fs::path& path, int error_number) {
  return {Errc::internal, fmt::format("{} {}: {}", doing, path.string(), std::strerror(error_number))};
}

namespace {

Result<OpenFile> open_for_reading(Files& files, const fs::path& path, int more_flags = 0) {
  OpenFile file(files, files.open(path, O_RDONLY | more_flags, 0));
  if (file.fd() >= 0) return file;
  if (errno == EACCES) return Error{Errc::denied, fmt::format("{}: {}", path.string(), std::strerror(errno))};
  if (errno == ENOENT || errno == ENOTDIR) return Error{Errc::not_found, fmt::format("no file {}", path.string())};
  return system_error("open", path, errno);
}

// Reads until `out` is full or the file ends.
Result<std::size_t> fill(Files& files, int fd, std::span<std::byte> out, const fs::path& path) {
  std::size_t size = 0;
  while (size < out.size()) {
    ssize_t got = files.read(fd, out.subspan(size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read", path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  return size;
}

Error too_large(const fs::path& path, std::size_t max) {
  return {Errc::limit, fmt::format("{} is larger than {} bytes", path.string(), max)};
}

}  // namespace

Result<Bytes> read_file(Files& files, const fs::path& path, std::size_t max) {
  auto file = open_for_reading(files, path, O_NONBLOCK);  // a pipe in its place must not hang us
  if (!file) return file.error();
  Bytes bytes;
  for (std::size_t size = 0;;) {
    bytes.resize(std::min(max + 1, size + 16 * 1024));
    auto got = fill(files, file->fd(), std::span(bytes).subspan(size), path);
    if (!got) return got.error();
    size += *got;
    if (size > max) return too_large(path, max);
    if (size < bytes.size()) {
      bytes.resize(size);
      return bytes;
    }
  }
}

namespace {

Result<SecretBuffer> read_secret(Files& files, const OpenFile& file, const fs::path& path, std::size_t max) {
  SecretBuffer secret(max + 1);
  auto size = fill(files, file.fd(), secret.expose_for_writing(), path);
  if (!size) return size.error();
  if (*size > max) return too_large(path, max);
  secret.truncate(*size);
  return secret;
}

std::string shell_quoted(const fs::path& path) {
  std::string quoted = "'";
  for (char c : path.string()) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

Status check_private(const FileInfo& info, const fs::path& path, FileInfo::Kind kind) {
  const bool directory = kind == FileInfo::Kind::directory;
  if (info.kind != kind) {
    return Error{Errc::usage, fmt::format("{} is not a {}", path.string(), directory ? "directory" : "regular file")};
  }
  if (info.owner != geteuid()) {
    return Error{Errc::denied,
                 fmt::format("{} belongs to another user (uid {}): use one of your own", path.string(), info.owner)};
  }
  if ((info.mode & 077) != 0) {
    return Error{Errc::denied, fmt::format("{} is open to other users (mode {:04o}): chmod {} {}", path.string(),
                                           info.mode, directory ? "700" : "600", shell_quoted(path))};
  }
  return {};
}

}  // namespace

Result<SecretBuffer> read_secret_file(Files& files, const fs::path& path, std::size_t max) {
  auto file = open_for_reading(files, path);
  if (!file) return file.error();
  return read_secret(files, *file, path, max);
}

Result<SecretBuffer> read_private_file(Files& files, const fs::path& path, std::size_t max) {
  auto file = open_for_reading(files, path, O_NONBLOCK);
  if (!file) return file.error();
  FileInfo info{};
  if (files.stat_open(file->fd(), info) != 0) return system_error("look at", path, errno);
  if (auto fine = check_private(info, path, FileInfo::Kind::file); !fine) return fine.error();
  return read_secret(files, *file, path, max);
}

namespace {

Status write_all(Files& files, int fd, ByteView bytes, const fs::path& path) {
  while (!bytes.empty()) {
    ssize_t put = files.write(fd, bytes);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return system_error("write", path, put == 0 ? EIO : errno);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

// `made` says whether the file is there because of us.
Status write_new_file(Files& files, const fs::path& path, int disposition, ByteView bytes, bool& made) {
  OpenFile file(files, files.open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | disposition, 0600));
  if (file.fd() < 0 && errno == EEXIST) return Error{Errc::conflict, fmt::format("{} is there already", path.string())};
  if (file.fd() < 0) return system_error("create", path, errno);
  made = true;
  if (auto written = write_all(files, file.fd(), bytes, path); !written) return written;
  if (files.sync(file.fd()) != 0) return system_error("sync", path, errno);
  if (file.close() != 0) return system_error("close", path, errno);
  return {};
}

fs::path directory_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

}  // namespace

Status create_file(Files& files, const fs::path& path, ByteView bytes) {
  bool made = false;
  Status done = write_new_file(files, path, O_EXCL, bytes, made);
  if (done) done = sync_directory(files, directory_of(path));
  if (!done && made) files.remove(path);
  return done;
}

Status replace_file(Files& files, const fs::path& path, ByteView bytes, bool* renamed) {
  fs::path fresh = path;
  fresh += ".new";
  bool made = false;
  Status done = write_new_file(files, fresh, O_TRUNC, bytes, made);
  if (done && files.rename(fresh, path) != 0) done = system_error("rename", fresh, errno);
  if (renamed != nullptr) *renamed = static_cast<bool>(done);
  if (!done) {
    files.remove(fresh);
    return done;
  }
  return sync_directory(files, directory_of(path));
}

Status replace_file_unsynced(Files& files, const fs::path& path, ByteView bytes) {
  static std::atomic<std::uint64_t> number = 0;  // others may be at it too, in this process and beside it
  fs::path fresh = path;
  fresh += fmt::format(".{}.{}.new", getpid(), ++number);
  OpenFile file(files, files.open(fresh, O_WRONLY | O_CREAT | O_NOFOLLOW | O_TRUNC, 0600));
  if (file.fd() < 0) return system_error("create", fresh, errno);
  Status done = write_all(files, file.fd(), bytes, fresh);
  if (done && file.close() != 0) done = system_error("close", fresh, errno);
  if (done && files.rename(fresh, path) != 0) done = system_error("rename", fresh, errno);
  if (!done) files.remove(fresh);
  return done;
}

Status make_directories(Files& files, const fs::path& dir) {
  FileInfo info{};
  if (dir.empty() || files.stat(dir, info) == 0) return {};
  if (errno != ENOENT || dir == dir.parent_path()) return system_error("look at", dir, errno);
  if (auto parent = make_directories(files, dir.parent_path()); !parent) return parent;
  if (files.make_directory(dir, 0700) != 0 && errno != EEXIST) return system_error("make directory", dir, errno);
  return {};
}

Result<std::vector<std::string>> list_directory(const fs::path& dir) {
  // Not with fs::directory_iterator: where it reports errors it ends the process when memory runs out.
  const std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(dir.c_str()), closedir);
  if (!open) return system_error("read directory", dir, errno);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* file = readdir(open.get())) {
    const std::string_view name = file->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) return system_error("read directory", dir, errno);
  std::ranges::sort(names);
  return names;
}

Status sync_directory(Files& files, const fs::path& dir) {
  OpenFile file(files, files.open(dir, O_RDONLY | O_DIRECTORY, 0));
  if (file.fd() < 0) return system_error("open", dir, errno);
  if (files.sync(file.fd()) != 0) return system_error("sync", dir, errno);
  return {};
}

Status check_private(Files& files, const fs::path& path, FileInfo::Kind kind) {
  FileInfo info{};
  if (files.stat(path, info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return Error{Errc::not_found, fmt::format("no file {}", path.string())};
    if (errno == EACCES) return Error{Errc::denied, fmt::format("{}: {}", path.string(), std::strerror(errno))};
    return system_error("look at", path, errno);
  }
  return check_private(info, path, kind);
}

}  // namespace vault

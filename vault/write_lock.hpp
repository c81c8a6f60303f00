#pragma once

#include <chrono>
#include <optional>

#include "vault/base/file.hpp"

namespace vault {

// An exclusive hold on the vault's `lock` file. It is given back by name, not only by closing: a forked child may hold a copy of the descriptor.
class WriteLock {
 public:
  WriteLock(Files& files, OpenFile file) : files_(&files), file_(std::move(file)) {}
  ~WriteLock() {
    if (file_.fd() >= 0) files_->unlock(file_.fd());
  }
  // Raises the generation in the file, so that others look again.
  void announce();

  WriteLock(WriteLock&&) noexcept = default;
  WriteLock& operator=(WriteLock&&) = delete;

 private:
  Files* files_;
  OpenFile file_;
};

// Of `lock` in that directory, which is made. Errors: busy, corrupt (something else stands in its place), internal.
Result<WriteLock> lock_for_writing(Files& files, const fs::path& dir, std::chrono::milliseconds wait);

// The generation in a lock file that is open.
std::optional<std::uint64_t> read_generation(Files& files, int fd);

}  // namespace vault

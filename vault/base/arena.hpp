#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

namespace vault {

// The memory behind every SecretBuffer: anonymous mappings between two guard pages, locked against swapping, left out
// of core dumps, wiped in a forked child. Small blocks come from slabs of one size each (64 bytes to 4 KiB); larger
// ones get a mapping of their own. sodium_malloc is not used: it says nothing when locking fails, and costs a mapping a call.
// Thread-safe. One arena a process.
class Arena {
 public:
  static Arena& instance();

  std::byte* allocate(std::size_t size);                      // zero-filled; throws std::bad_alloc
  void release(std::byte* block, std::size_t size) noexcept;  // wipes; `size` as it was asked for

  // False once a mapping could not be locked: secrets may then be written to swap. `doctor` and `status` show it.
  bool locked() const noexcept { return locked_; }

  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

 private:
  static constexpr std::size_t kClasses = 7;  // 64, 128, ... 4096
  struct FreeBlock {
    FreeBlock* next;
  };

  Arena() = default;
  std::byte* map(std::size_t size);  // a guarded, locked mapping; null when there is no memory
  static void unmap(std::byte* start, std::size_t size) noexcept;
  bool refill(std::size_t size_class);
  void start_anew_in_child();
  bool may_be_used_again(const std::byte* block) const;

  std::mutex mutex_;
  std::array<FreeBlock*, kClasses> free_{};
  std::byte* chunk_ = nullptr;  // what is left of the newest slab chunk
  std::size_t chunk_left_ = 0;
  bool forked_ = false;                   // in a child
  std::vector<const std::byte*> chunks_;  // a child's own
  std::atomic<bool> locked_ = true;
};

}  // namespace vault

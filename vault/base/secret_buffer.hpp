#pragma once

#include "vault/base/bytes.hpp"

namespace vault {

// Bytes that must never reach a disk, a log or another process: kept in the locked arena (arena.hpp), zeroed when freed,
// move-only, without stream operator or implicit conversion. An audit of all uses is: grep 'expose('.
// Throws std::bad_alloc when no memory is left; the borders (C ABI, command line) turn that into an Error.
class SecretBuffer {
 public:
  SecretBuffer() noexcept = default;
  explicit SecretBuffer(std::size_t size);  // zero-filled
  ~SecretBuffer() { reset(); }
  SecretBuffer(SecretBuffer&& other) noexcept;
  SecretBuffer& operator=(SecretBuffer&& other) noexcept;
  SecretBuffer(const SecretBuffer&) = delete;
  SecretBuffer& operator=(const SecretBuffer&) = delete;

  static SecretBuffer take(std::span<std::byte> source);  // copies, then wipes `source`
  static SecretBuffer copy(ByteView source);              // a second copy, where one is really needed

  ByteView expose() const noexcept { return {data_, size_}; }
  std::span<std::byte> expose_for_writing() noexcept { return {data_, size_}; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  void truncate(std::size_t size) noexcept;  // keeps the first `size` bytes, wipes the rest
  void reset() noexcept;                     // wipes and frees

  friend bool operator==(const SecretBuffer& a, const SecretBuffer& b) noexcept;

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// Constant-time for equal sizes; sizes are not secret.
bool is_equal(ByteView a, ByteView b) noexcept;

// Zeroes bytes so that the compiler cannot leave it out.
void wipe(std::span<std::byte> bytes) noexcept;

}  // namespace vault

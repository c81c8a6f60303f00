#include "vault/base/secret_buffer.hpp"

#include <sodium.h>

#include <utility>

#include "vault/base/arena.hpp"

namespace vault {

SecretBuffer::SecretBuffer(std::size_t size) : size_(size), capacity_(size) {
  if (size > 0) data_ = Arena::instance().allocate(size);
}

SecretBuffer::SecretBuffer(SecretBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

SecretBuffer& SecretBuffer::operator=(SecretBuffer&& other) noexcept {
  if (this != &other) {
    reset();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
  }
  return *this;
}

SecretBuffer SecretBuffer::take(std::span<std::byte> source) {
  SecretBuffer buffer = copy(source);
  wipe(source);
  return buffer;
}

SecretBuffer SecretBuffer::copy(ByteView source) {
  SecretBuffer buffer(source.size());
  std::copy(source.begin(), source.end(), buffer.data_);
  return buffer;
}

void SecretBuffer::truncate(std::size_t size) noexcept {
  if (size >= size_) return;
  wipe({data_ + size, size_ - size});
  size_ = size;
}

void SecretBuffer::reset() noexcept {
  if (data_ != nullptr) Arena::instance().release(data_, capacity_);
  data_ = nullptr;
  size_ = capacity_ = 0;
}

bool is_equal(ByteView a, ByteView b) noexcept {
  return a.size() == b.size() && (a.empty() || sodium_memcmp(a.data(), b.data(), a.size()) == 0);
}

bool operator==(const SecretBuffer& a, const SecretBuffer& b) noexcept { return is_equal(a.expose(), b.expose()); }

void wipe(std::span<std::byte> bytes) noexcept {
  if (!bytes.empty()) sodium_memzero(bytes.data(), bytes.size());
}

}  // namespace vault

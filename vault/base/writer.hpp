#pragma once

#include "vault/base/bytes.hpp"

namespace vault {

// Writes the one encoding (see Reader) into a growing buffer. For public or sealed bytes only: the buffer is not wiped.
class Writer {
 public:
  Writer& u8(std::uint8_t value) { return big_endian(value, 1); }
  Writer& u16(std::uint16_t value) { return big_endian(value, 2); }
  Writer& u32(std::uint32_t value) { return big_endian(value, 4); }
  Writer& u64(std::uint64_t value) { return big_endian(value, 8); }
  Writer& boolean(bool value) { return u8(value ? 1 : 0); }
  Writer& string(ByteView bytes) { return u32(static_cast<std::uint32_t>(bytes.size())).raw(bytes); }
  Writer& string(std::string_view text) { return string(as_bytes(text)); }
  Writer& raw(ByteView bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  template <class Tag>
  Writer& id(const Id<Tag>& id) {
    return raw(id.bytes);
  }

  const Bytes& bytes() const { return bytes_; }
  Bytes take() { return std::move(bytes_); }

 private:
  Writer& big_endian(std::uint64_t value, int size) {
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) bytes_.push_back(std::byte(value >> shift));
    return *this;
  }

  Bytes bytes_;
};

}  // namespace vault

#pragma once

#include "vault/base/bytes.hpp"

namespace vault {

// Reads the one encoding (docs/FORMAT.md section 2; the data types of RFC 4251 section 5, plus uint16 and fixed byte arrays)
// from bytes that may be hostile. It never reads past the end and never allocates. The first thing that does not fit
// fails the reader for good: every later read gives zero, and `finished()` is false. So a decoder reads all its
// fields and asks once at the end.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(big_endian(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(big_endian(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(big_endian(4)); }
  std::uint64_t u64() { return big_endian(8); }
  bool boolean();  // only 0 and 1 are legal

  // A length-prefixed string of at most `max` bytes. The view lives as long as the input.
  ByteView string(std::size_t max);
  std::string text(std::size_t max);  // UTF-8
  std::string name(std::size_t max);  // UTF-8 without control characters

  // How many items follow: at most `max`, and no more than could fit in what is left at `min_item_size` bytes each.
  std::uint32_t count(std::uint32_t max, std::size_t min_item_size);

  ByteView raw(std::size_t size);
  template <std::size_t N>
  ByteArray<N> array() {
    ByteArray<N> out{};
    ByteView bytes = raw(N);
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
  }
  template <class Tag>
  void id(Id<Tag>& out) {
    out.bytes = array<16>();
  }

  void fail() { failed_ = true; }
  bool ok() const { return !failed_; }
  bool finished() const { return !failed_ && rest_.empty(); }
  std::size_t left() const { return rest_.size(); }

 private:
  std::uint64_t big_endian(std::size_t size);

  ByteView rest_;
  bool failed_ = false;
};

}  // namespace vault

#include "vault/base/reader.hpp"

#include "vault/base/utf8.hpp"

namespace vault {

std::uint64_t Reader::big_endian(std::size_t size) {
  std::uint64_t value = 0;
  for (std::byte b : raw(size)) value = value << 8 | std::to_integer<std::uint64_t>(b);
  return value;
}

bool Reader::boolean() {
  std::uint8_t value = u8();
  if (value > 1) fail();
  return ok() && value == 1;
}

ByteView Reader::string(std::size_t max) {
  std::uint32_t size = u32();
  if (size > max) fail();
  return raw(size);
}

std::string Reader::text(std::size_t max) {
  std::string_view text = as_text(string(max));
  if (!is_utf8(text)) fail();
  return ok() ? std::string(text) : std::string();
}

std::string Reader::name(std::size_t max) {
  std::string name = text(max);
  if (has_control_characters(name)) fail();
  return name;
}

std::uint32_t Reader::count(std::uint32_t max, std::size_t min_item_size) {
  std::uint32_t count = u32();
  if (count > max || count > left() / min_item_size) fail();
  return ok() ? count : 0;
}

ByteView Reader::raw(std::size_t size) {
  if (failed_ || size > rest_.size()) {
    fail();
    return {};
  }
  ByteView bytes = rest_.first(size);
  rest_ = rest_.subspan(size);
  return bytes;
}

}  // namespace vault

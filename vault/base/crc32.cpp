#include "vault/base/crc32.hpp"

namespace vault {

std::uint32_t crc32(ByteView bytes) noexcept {
  std::uint32_t crc = ~0U;
  for (std::byte b : bytes) {
    crc ^= std::to_integer<std::uint32_t>(b);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (0xEDB88320U & (0U - (crc & 1U)));
  }
  return ~crc;
}

}  // namespace vault

#pragma once

#include "vault/base/bytes.hpp"

namespace vault {

// CRC-32 as in zlib and PNG (ISO-HDLC). It finds slips of hand and cut files, not attackers.
std::uint32_t crc32(ByteView bytes) noexcept;

}  // namespace vault

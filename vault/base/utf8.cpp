#include "vault/base/utf8.hpp"

#include <cstdint>

namespace vault {
namespace {

// The least code point for which a sequence of this many bytes is the shortest.
constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};

std::size_t length_of(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC0 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  if (first >= 0xF0 && first < 0xF8) return 4;
  return 0;
}

bool is_code_point(std::string_view sequence) {
  if (sequence.size() == 1) return true;
  std::uint32_t code_point = static_cast<unsigned char>(sequence[0]) & (0x7FU >> sequence.size());
  for (char c : sequence.substr(1)) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80) return false;
    code_point = code_point << 6 | (byte & 0x3FU);
  }
  const bool surrogate = code_point >= 0xD800 && code_point < 0xE000;
  return code_point >= kLeast[sequence.size()] && code_point <= 0x10FFFF && !surrogate;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = length_of(static_cast<unsigned char>(text[0]));
    if (length == 0 || length > text.size() || !is_code_point(text.substr(0, length))) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool has_control_characters(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    const bool c1 =
        byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;  // U+0080 to U+009F
    if (c1) return true;
  }
  return false;
}

}  // namespace vault

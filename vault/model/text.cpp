#include "vault/model/text.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>

namespace vault {
namespace {

constexpr std::size_t kQuotedCharacters = 64;
constexpr char kHexDigits[] = "0123456789abcdef";

constexpr bool is_plain_ascii(char c) { return c >= 0x20 && c < 0x7f; }

// U+0020 and other spaces are both harmless to show; only labels are narrower.
bool is_showable(std::int32_t code_point) noexcept {
  return is_plain_character(code_point) || utf8proc_category(code_point) == UTF8PROC_CATEGORY_ZS;
}

std::string hex(std::uint32_t value) {
  std::string digits;
  for (; value != 0 || digits.empty(); value >>= 4) digits += kHexDigits[value & 15];
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string escaped_byte(char c) {
  auto byte = static_cast<unsigned char>(c);
  return {'\\', 'x', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
}

std::string escaped(std::int32_t code_point) {
  switch (code_point) {
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: break;
  }
  if (code_point < 0x80) return escaped_byte(static_cast<char>(code_point));
  return "\\u{" + hex(static_cast<std::uint32_t>(code_point)) + "}";
}

std::string shown(std::string_view bytes, CodePoint point) {
  if (point.code_point < 0) return escaped_byte(bytes.front());
  if (!is_showable(point.code_point)) return escaped(point.code_point);
  return std::string(bytes.substr(0, point.size));
}

std::string code_point_name(std::int32_t code_point) {
  std::string digits = hex(static_cast<std::uint32_t>(code_point));
  for (char& c : digits) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  return "U+" + std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits;
}

// utf8proc 2.8 swallows U+11A7 after a Hangul syllable. It composes with nothing, so what stands before and after it
// is normalised by itself.
constexpr std::string_view kSwallowed = "\xe1\x86\xa7";

Status append_nfc(std::string& normal, std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_plain_ascii)) {
    normal += text;
    return {};
  }
  utf8proc_uint8_t* raw = nullptr;
  auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &raw, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(raw, &std::free);
  if (size < 0) return Error{Errc::internal, std::string("normalising text: ") + utf8proc_errmsg(size)};
  normal.append(reinterpret_cast<const char*>(raw), static_cast<std::size_t>(size));
  return {};
}

}  // namespace

CodePoint first_code_point(std::string_view text) noexcept {
  utf8proc_int32_t code_point = -1;
  auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                               static_cast<utf8proc_ssize_t>(text.size()), &code_point);
  if (size <= 0) return {-1, 1};
  return {code_point, static_cast<std::size_t>(size)};
}

bool is_plain_character(std::int32_t code_point) noexcept {
  switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return false;
    case UTF8PROC_CATEGORY_ZS: return code_point == ' ';
    default: return true;
  }
}

std::string printable(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    CodePoint point = first_code_point(bytes);
    text += shown(bytes, point);
    bytes.remove_prefix(point.size);
  }
  return text;
}

std::string in_quotes(std::string_view bytes) {
  std::string text = "\"";
  std::size_t used = 0;
  while (!bytes.empty()) {
    CodePoint point = first_code_point(bytes);
    std::string next = shown(bytes, point);
    used += next.size() == point.size ? 1 : next.size();  // an escape counts as it shows
    if (used > kQuotedCharacters) return text + "\"...";
    text += next;
    bytes.remove_prefix(point.size);
  }
  return text + "\"";
}

std::string character_fault(std::string_view text) {
  if (text.starts_with(' ')) return "begins with a space";
  if (text.ends_with(' ')) return "ends with a space";
  for (std::string_view rest = text; !rest.empty();) {
    if (is_plain_ascii(rest.front())) {
      rest.remove_prefix(1);
      continue;
    }
    CodePoint point = first_code_point(rest);
    if (point.code_point < 0) return "is not valid UTF-8";
    if (!is_plain_character(point.code_point)) {
      return "has the character " + code_point_name(point.code_point) +
             ", which is a control, an invisible or an unknown character";
    }
    rest.remove_prefix(point.size);
  }
  return {};
}

Result<std::string> to_nfc(std::string_view text) {
  std::string normal;
  while (true) {
    auto at = text.find(kSwallowed);
    if (auto done = append_nfc(normal, text.substr(0, at)); !done) return done.error();
    if (at == std::string_view::npos) return normal;
    normal += kSwallowed;
    text.remove_prefix(at + kSwallowed.size());
  }
}

}  // namespace vault

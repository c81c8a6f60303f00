#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vault/base/result.hpp"

namespace vault {

// What text we accept, and how text is shown. The one home of utf8proc.

// Any bytes, made safe to show on a terminal: control, format (bidi, zero-width), private and unassigned characters,
// line separators and invalid UTF-8 come out as \n \t \r \x1b \u{202e} \xff. A backslash stays as it is, so that
// every legal label prints as itself. The result is valid UTF-8 on one line.
std::string printable(std::string_view bytes);

// For messages: printable text in double quotes, cut after 64 characters.
std::string in_quotes(std::string_view bytes);

// Whether a code point may stand in a label, a name or a scope: assigned, visible, or U+0020.
// Not the categories Cc, Cf, Cn, Co, Cs, Zl, Zp, nor a space other than U+0020.
bool is_plain_character(std::int32_t code_point) noexcept;

// What is wrong with `text` under the character rules of labels: valid UTF-8, only plain characters, no space at
// either end. An empty string when nothing is.
std::string character_fault(std::string_view text);

// Unicode normalisation form C of valid UTF-8. Error: internal (out of memory). At most three times as long.
Result<std::string> to_nfc(std::string_view text);

// Reads one code point at the front of `text`, which is not empty. `size` is 1 and `code_point` negative where the
// bytes there are not UTF-8.
struct CodePoint {
  std::int32_t code_point;
  std::size_t size;
};
CodePoint first_code_point(std::string_view text) noexcept;

}  // namespace vault

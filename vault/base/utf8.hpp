#pragma once

#include <string_view>

namespace vault {

// Whether bytes are UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). The same on every machine: no Unicode tables.
bool is_utf8(std::string_view text) noexcept;

// Whether UTF-8 text has a C0 or C1 control character or DEL.
bool has_control_characters(std::string_view text) noexcept;

}  // namespace vault

#include "vault/cli/json_cursor.hpp"

#include <fmt/format.h>

#include <cstdint>

#include "vault/base/utf8.hpp"

namespace vault::cli {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kEscapes = "\"\\/bfnrt";
constexpr std::string_view kEscaped = "\"\\/\b\f\n\r\t";

bool is_high_surrogate(unsigned unit) { return unit >= 0xd800 && unit <= 0xdbff; }
bool is_low_surrogate(unsigned unit) { return unit >= 0xdc00 && unit <= 0xdfff; }

unsigned hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return 16;
}

// Four digits that were checked.
unsigned hex_unit(std::string_view digits) {
  unsigned unit = 0;
  for (char c : digits.substr(0, 4)) unit = unit << 4 | hex_digit(c);
  return unit;
}

std::size_t put_utf8(std::uint32_t point, char* out) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (point >> shift & 0x3f)); };
  if (point < 0x80) {
    out[0] = static_cast<char>(point);
    return 1;
  }
  if (point < 0x800) {
    out[0] = static_cast<char>(0xc0 | point >> 6);
    out[1] = tail(0);
    return 2;
  }
  if (point < 0x10000) {
    out[0] = static_cast<char>(0xe0 | point >> 12);
    out[1] = tail(6);
    out[2] = tail(0);
    return 3;
  }
  out[0] = static_cast<char>(0xf0 | point >> 18);
  out[1] = tail(12);
  out[2] = tail(6);
  out[3] = tail(0);
  return 4;
}

// The character that the escape at the front of `raw`, which was checked, stands for; it is taken off.
std::uint32_t take_escape(std::string_view& raw) {
  const char kind = raw[1];
  raw.remove_prefix(2);
  if (kind != 'u') return static_cast<unsigned char>(kEscaped[kEscapes.find(kind)]);
  const unsigned unit = hex_unit(raw);
  raw.remove_prefix(4);
  if (!is_high_surrogate(unit)) return unit;
  const unsigned low = hex_unit(raw.substr(2));
  raw.remove_prefix(6);
  return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

// Never longer than `raw`. The size.
std::size_t resolve(std::string_view raw, char* out) {
  std::size_t size = 0;
  while (!raw.empty()) {
    if (raw.front() == '\\') {
      size += put_utf8(take_escape(raw), out + size);
    } else {
      out[size++] = raw.front();
      raw.remove_prefix(1);
    }
  }
  return size;
}

}  // namespace

bool JsonString::operator==(std::string_view text) const {
  if (raw_.size() <= text.size() || raw_.find('\\') == std::string_view::npos)
    return raw_ == text;  // escapes are longer
  return as_text(secret().expose()) == text;
}

std::string JsonString::text() const {
  std::string out(raw_.size(), '\0');
  out.resize(resolve(raw_, out.data()));
  return out;
}

SecretBuffer JsonString::secret() const {
  SecretBuffer out(raw_.size());
  out.truncate(resolve(raw_, reinterpret_cast<char*>(out.expose_for_writing().data())));
  return out;
}

JsonCursor::JsonCursor(std::string_view text) : text_(text) {
  if (text_.starts_with(kByteOrderMark)) {
    fail({Errc::usage, "it begins with a byte order mark; save the file as UTF-8 without one"});
  } else if (!is_utf8(text_)) {
    fail({Errc::usage, "it is not valid UTF-8; a value of other bytes is written as base64"});
  }
}

bool JsonCursor::fail(Error fault) {
  if (!fault_) fault_ = std::move(fault);
  return false;
}

bool JsonCursor::fail_here(std::string_view what) {
  return fail({Errc::usage, fmt::format("at byte {}: {}", at_ + 1, what)});
}

void JsonCursor::skip_space() {
  while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
}

bool JsonCursor::take(char c) {
  if (at_ >= text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

bool JsonCursor::take_word(std::string_view word) {
  if (!text_.substr(at_).starts_with(word)) return false;
  at_ += word.size();
  return true;
}

bool JsonCursor::enter(char bracket, std::string_view what, std::string_view kind) {
  if (!ok()) return false;
  skip_space();
  if (!take(bracket)) return fail_here(fmt::format("{} must be {}, in {}", what, kind, bracket == '{' ? "{}" : "[]"));
  first_ = true;
  return true;
}

// Moves to the next member; false at the end of the object or list, and at a fault.
bool JsonCursor::next(char closing) {
  if (!ok()) return false;
  skip_space();
  const bool first = std::exchange(first_, false);
  if (take(closing)) return false;
  if (at_ == text_.size()) return fail_here("the line ends too early");
  if (!first) {
    if (!take(',')) return fail_here(fmt::format("a comma or {} is missing", closing));
    skip_space();
    if (peek() == closing) return fail_here(fmt::format("there is a comma before {}", closing));
  }
  return true;
}

bool JsonCursor::next_key(JsonString& key) {
  if (!next('}')) return false;
  if (peek() != '"') return fail_here("a key in double quotes is missing");
  if (!scan_string(key)) return false;
  skip_space();
  if (!take(':')) return fail_here("a colon is missing after a key");
  return true;
}

bool JsonCursor::next_item() { return next(']'); }

bool JsonCursor::string(std::string_view what, JsonString& out) {
  if (!ok()) return false;
  skip_space();
  if (peek() == '"') return scan_string(out);
  if (peek() == 'n')
    return fail_here(fmt::format("{} must be a text in double quotes; leave the key out for none", what));
  return fail_here(fmt::format("{} must be a text in double quotes", what));
}

bool JsonCursor::boolean(std::string_view what, bool& out) {
  if (!ok()) return false;
  skip_space();
  out = take_word("true");
  if (out || take_word("false")) return true;
  return fail_here(fmt::format("{} must be true or false", what));
}

bool JsonCursor::finish() {
  if (!ok()) return false;
  skip_space();
  if (at_ != text_.size()) return fail_here("something follows the object; each line is one object");
  return true;
}

bool JsonCursor::scan_string(JsonString& out) {
  ++at_;
  const std::size_t start = at_;
  while (at_ < text_.size() && text_[at_] != '"') {
    if (static_cast<unsigned char>(text_[at_]) < 0x20)
      return fail_here("a control character in a text must be written with a backslash, as \\n or \\u0000");
    if (text_[at_] == '\\') {
      if (!scan_escape()) return false;
    } else {
      ++at_;
    }
  }
  if (at_ == text_.size()) return fail_here("the line ends within a text; a newline in it is written \\n");
  out = JsonString(text_.substr(start, at_ - start));
  ++at_;
  return true;
}

bool JsonCursor::scan_escape() {
  ++at_;
  if (take('u')) return scan_unicode_escape();
  if (at_ == text_.size()) return fail_here("the line ends within a text");
  if (kEscapes.find(text_[at_]) == std::string_view::npos)
    return fail_here("no such escape; after a backslash comes one of \" \\ / b f n r t u");
  ++at_;
  return true;
}

bool JsonCursor::scan_unicode_escape() {
  constexpr std::string_view kLone = "half a surrogate pair; write both halves, or a value of other bytes as base64";
  auto unit = scan_hex();
  if (!unit) return fail_here("\\u needs four hexadecimal digits");
  if (is_low_surrogate(*unit)) return fail_here(kLone);
  if (!is_high_surrogate(*unit)) return true;
  auto low = take_word("\\u") ? scan_hex() : std::nullopt;
  if (!low || !is_low_surrogate(*low)) return fail_here(kLone);
  return true;
}

std::optional<unsigned> JsonCursor::scan_hex() {
  const std::string_view digits = text_.substr(at_, 4);
  if (digits.size() < 4) return std::nullopt;
  for (char c : digits) {
    if (hex_digit(c) > 15) return std::nullopt;
  }
  at_ += 4;
  return hex_unit(digits);
}

}  // namespace vault::cli

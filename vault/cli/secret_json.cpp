#include "vault/cli/secret_json.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vault/base/utf8.hpp"
#include "vault/model/text.hpp"
#include "vault/model/time_text.hpp"

namespace vault::cli {
namespace {

// Text that grows in locked memory.
class SecretText {
 public:
  SecretText& add(std::string_view text) {
    if (size_ + text.size() > buffer_.size()) grow(size_ + text.size());
    std::ranges::copy(as_bytes(text), buffer_.expose_for_writing().subspan(size_).begin());
    size_ += text.size();
    return *this;
  }
  SecretText& add(char c) { return add(std::string_view(&c, 1)); }
  SecretBuffer take() && {
    buffer_.truncate(size_);
    return std::move(buffer_);
  }

 private:
  void grow(std::size_t least) {
    SecretBuffer larger(std::max<std::size_t>(2 * least, 1024));
    std::ranges::copy(buffer_.expose(), larger.expose_for_writing().begin());
    buffer_ = std::move(larger);
  }
  SecretBuffer buffer_;
  std::size_t size_ = 0;
};

void add_escaped(SecretText& out, char c) {
  static constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  switch (c) {
    case '"': out.add("\\\""); return;
    case '\\': out.add("\\\\"); return;
    case '\n': out.add("\\n"); return;
    case '\r': out.add("\\r"); return;
    case '\t': out.add("\\t"); return;
    default: break;
  }
  if (byte >= 0x20) {
    out.add(c);
  } else {
    out.add("\\u00").add(digits[byte >> 4]).add(digits[byte & 15]);
  }
}

void add_string(SecretText& out, std::string_view text) {
  out.add('"');
  for (char c : text) add_escaped(out, c);
  out.add('"');
}

void add_base64(SecretText& out, ByteView bytes) {
  static constexpr std::string_view symbols = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out.add('"');
  for (; !bytes.empty(); bytes = bytes.subspan(std::min<std::size_t>(3, bytes.size()))) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i]) : 0);
    for (std::size_t i = 0; i < 4; ++i) out.add(i <= bytes.size() ? symbols[group >> (18 - 6 * i) & 63] : '=');
  }
  out.add('"');
}

void add_value(SecretText& out, const NamedValue& named) {
  const SecretValue& value = named.value;
  out.add("{\"label\":");
  add_string(out, named.label.text());
  out.add(fmt::format(",\"version\":{},\"field\":", value.version));
  add_string(out, value.field);
  if (std::string_view text = as_text(value.bytes.expose()); is_utf8(text)) {
    out.add(",\"text\":");
    add_string(out, text);
  } else {
    out.add(",\"base64\":");
    add_base64(out, value.bytes.expose());
  }
  out.add(value.expires_at == kNever ? ",\"expires_at\":null}"
                                     : fmt::format(",\"expires_at\":\"{}\"}}", to_rfc3339(value.expires_at)));
}

}  // namespace

SecretBuffer secret_json(const std::vector<NamedValue>& values) {
  SecretText out;
  out.add("{\"schema\":1,\"values\":[");
  for (const NamedValue& value : values) {
    if (&value != &values.front()) out.add(',');
    add_value(out, value);
  }
  out.add("]}\n");
  return std::move(out).take();
}

}  // namespace vault::cli

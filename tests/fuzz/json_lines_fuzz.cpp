// Lines of `add --json-lines` from any bytes: an entry within the limits, or an error that names its line.
#include <cstdlib>

#include "vault/base/limits.hpp"
#include "vault/cli/json_lines.hpp"
#include "vault/crypto/init.hpp"

namespace {

using vault::Errc;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(std::string_view line) {
  auto entry = vault::cli::parse_entry_line(line, 7, vault::Time{});
  if (!entry) {
    const Errc code = entry.error().code;
    require(code == Errc::usage || code == Errc::limit);
    require(entry.error().message.find("line 7") != std::string::npos && entry.error().message.size() < 4096);
    return;
  }
  require(entry->scopes.items().size() <= vault::limits::scopes);
  require(entry->attributes.size() <= vault::limits::attributes);
  require(entry->fields.size() <= vault::limits::fields + 1);
  for (const vault::NewField& field : entry->fields) require(field.value.size() <= line.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const bool ready = static_cast<bool>(vault::init_crypto());
  require(ready);
  std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text);
  for (std::size_t newline; (newline = text.find('\n')) != std::string_view::npos; text.remove_prefix(newline + 1)) {
    check(text.substr(0, newline));
  }
  return 0;
}

// A key file from any bytes: one of ours, or `usage` with a message that shows nothing of it.
#include <fmt/format.h>

#include <cstdlib>

#include "vault/base/crc32.hpp"
#include "vault/crypto/init.hpp"
#include "vault/keyslot/key_file.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(std::string_view text) {
  auto factor = vault::KeyFileFactor::parse(vault::as_bytes(text));
  if (!factor) {
    require(factor.error().code == vault::Errc::usage && factor.error().message.size() < 256);
    return;
  }
  auto key = (*factor)->output({});
  require(key && key->size() == 32);
  require(text.size() == 69 || (text.size() == 70 && text.back() == '\n'));
  require(text.substr(61, 8) == fmt::format("{:08x}", vault::crc32(key->expose())));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const bool ready = static_cast<bool>(vault::init_crypto());
  require(ready);
  std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text);
  check(std::string("vault-keyfile-1 ").append(text));
  return 0;
}

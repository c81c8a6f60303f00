// A recovery code from any bytes: read, shown and read again it is the same, or `usage` with a message that shows nothing of it.
#include <cstdlib>

#include "vault/crypto/init.hpp"
#include "vault/keyslot/recovery_code.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(std::string_view typed) {
  auto code = vault::RecoveryCodeFactor::parse(vault::as_bytes(typed));
  if (!code) {
    const std::string& message = code.error().message;
    require(code.error().code == vault::Errc::usage && message.size() < 256);
    return;
  }
  const vault::SecretBuffer shown = (*code)->text();
  require(shown.size() == 41);
  auto again = vault::RecoveryCodeFactor::parse(shown.expose());
  require(static_cast<bool>(again));
  auto output = (*code)->output({});
  auto output_again = (*again)->output({});
  require(output && output_again && output->size() == 32 && *output == *output_again);
  require((*again)->text() == shown);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const bool ready = static_cast<bool>(vault::init_crypto());
  require(ready);
  std::string_view typed(reinterpret_cast<const char*>(data), size);
  check(typed);
  check(std::string("0000-0000-0000-0000-0000-0000-0000-").append(typed));  // most of a good one
  return 0;
}

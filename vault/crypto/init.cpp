#include "vault/crypto/init.hpp"

#include <sodium.h>

namespace vault {

Status init_crypto() {
  static const int ready = sodium_init();
  if (ready < 0) return Error{Errc::internal, "libsodium could not be initialised"};
  return {};
}

}  // namespace vault

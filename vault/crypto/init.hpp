#pragma once

#include "vault/base/result.hpp"

namespace vault {

// Prepares libsodium (chooses its fastest code for this CPU). Idempotent and thread-safe; every entry point that does
// cryptography calls it, so callers of the library need not. Errors: internal.
Status init_crypto();

}  // namespace vault

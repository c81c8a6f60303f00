#pragma once

#include "vault/base/random.hpp"
#include "vault/base/secret_buffer.hpp"

namespace vault {

// 32-byte keys. Keys of different use are different types, so that the compiler refuses a mix-up.
struct VaultKey {  // VK: metadata; used only through subkey()
  SecretBuffer bytes;
};
struct TeamKey {  // TK: wraps the secret fields of one team, of one generation
  SecretBuffer bytes;
};
struct FingerprintKey {  // FK: fingerprints of tokens
  SecretBuffer bytes;
};
struct AuditSecretKey {  // X25519: opens the audit log's session keys
  SecretBuffer bytes;
};
struct IdentitySeed {  // the secret of an identity; used only through subkey()
  SecretBuffer bytes;
};
struct Kek {  // a keyslot's key-encrypting key
  SecretBuffer bytes;
};

inline constexpr std::size_t kKeySize = 32;

// A new key or seed. Errors: internal.
inline Result<SecretBuffer> random_key(Random& random) {
  SecretBuffer key(kKeySize);
  if (auto filled = random.fill(key.expose_for_writing()); !filled) return filled.error();
  return key;
}

}  // namespace vault

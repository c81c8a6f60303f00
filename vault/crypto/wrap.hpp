#pragma once

#include "vault/base/random.hpp"
#include "vault/base/secret_buffer.hpp"

namespace vault {

// The suite of all cryptography here; authenticated wherever it is named. Another number is `unsupported`.
inline constexpr std::uint16_t kSuite = 1;

// The committing wrap: XChaCha20-Poly1305 whose ciphertext opens under one key only.
//     Kenc || Kcom = BLAKE2b-512(key K, "vlt1-wrap", N)         N: 24 random bytes
//     C, T         = XChaCha20-Poly1305-IETF(Kenc, N, AAD, P)
//     Com          = BLAKE2b-256(key Kcom, "vlt1-commit", N || le64(len AAD) || AAD || T)
//     wrapped      = N || C || T || Com
// After the CTX construction (Chan, Rogaway: eprint 2022/1260). XChaCha20-Poly1305 alone commits to no key.
inline constexpr std::size_t kWrapOverhead = 24 + 16 + 32;

// `key` is 32 secret bytes. Errors: internal (no random bytes).
Result<Bytes> wrap_secret(ByteView key, ByteView aad, ByteView plaintext, Random& random);

// Compares the commitment first, in constant time, then decrypts. Nothing when the key, the AAD or a byte is another.
std::optional<SecretBuffer> unwrap_secret(ByteView key, ByteView aad, ByteView wrapped);

}  // namespace vault

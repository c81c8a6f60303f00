#include "vault/crypto/wrap.hpp"

#include <sodium.h>

#include "vault/crypto/hash.hpp"

namespace vault {
namespace {

constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kCommitment = 32;
static_assert(kNonce + kTag + kCommitment == kWrapOverhead);

struct WrapKeys {
  SecretBuffer both;  // encryption key || commitment key
  ByteView encryption() const { return both.expose().first(32); }
  ByteView commitment() const { return both.expose().last(32); }
};

WrapKeys derive(ByteView key, ByteView nonce) { return {keyed_hash(personals::wrap, key, {}, {nonce}, 64)}; }

Digest commitment(const WrapKeys& keys, ByteView nonce, ByteView aad, ByteView tag) {
  ByteArray<8> size;
  for (std::size_t i = 0; i < size.size(); ++i) size[i] = std::byte(aad.size() >> (8 * i));
  return Hash(personals::commitment, keys.commitment()).add(nonce).add(size).add(aad).add(tag).finish();
}

}  // namespace

Result<Bytes> wrap_secret(ByteView key, ByteView aad, ByteView plaintext, Random& random) {
  Bytes wrapped(plaintext.size() + kWrapOverhead);
  std::span<std::byte> out(wrapped);
  std::span<std::byte> nonce = out.first(kNonce);
  if (auto filled = random.fill(nonce); !filled) return filled.error();
  WrapKeys keys = derive(key, nonce);
  crypto_aead_xchacha20poly1305_ietf_encrypt(as_writable_uchar(out.subspan(kNonce)), nullptr, as_uchar(plaintext),
                                             plaintext.size(), as_uchar(aad), aad.size(), nullptr, as_uchar(nonce),
                                             as_uchar(keys.encryption()));
  Digest com = commitment(keys, nonce, aad, out.subspan(kNonce + plaintext.size(), kTag));
  std::ranges::copy(com, out.last(kCommitment).begin());
  return wrapped;
}

std::optional<SecretBuffer> unwrap_secret(ByteView key, ByteView aad, ByteView wrapped) {
  if (wrapped.size() < kWrapOverhead) return std::nullopt;
  const std::size_t size = wrapped.size() - kWrapOverhead;
  ByteView nonce = wrapped.first(kNonce);
  ByteView sealed = wrapped.subspan(kNonce, size + kTag);
  WrapKeys keys = derive(key, nonce);
  Digest com = commitment(keys, nonce, aad, sealed.last(kTag));
  if (sodium_memcmp(com.data(), wrapped.last(kCommitment).data(), kCommitment) != 0) return std::nullopt;
  SecretBuffer plaintext(size);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(as_writable_uchar(plaintext.expose_for_writing()), nullptr, nullptr,
                                                 as_uchar(sealed), sealed.size(), as_uchar(aad), aad.size(),
                                                 as_uchar(nonce), as_uchar(keys.encryption())) != 0) {
    return std::nullopt;
  }
  return plaintext;
}

}  // namespace vault

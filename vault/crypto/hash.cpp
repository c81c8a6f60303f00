#include "vault/crypto/hash.hpp"

#include <sodium.h>

namespace vault {
namespace {

auto* state_of(ByteArray<384>& bytes) { return reinterpret_cast<crypto_generichash_blake2b_state*>(bytes.data()); }

}  // namespace

static_assert(sizeof(crypto_generichash_blake2b_state) <= 384);

Hash::Hash(const Personal& personal, ByteView key, const ByteArray<16>& salt, std::size_t size) : size_(size) {
  crypto_generichash_blake2b_init_salt_personal(state_of(state_), as_uchar(key), key.size(), size, as_uchar(salt),
                                                as_uchar(personal.bytes));
}

Hash::~Hash() { wipe(state_); }

Hash& Hash::add(ByteView bytes) {
  crypto_generichash_blake2b_update(state_of(state_), as_uchar(bytes), bytes.size());
  return *this;
}

void Hash::finish_into(std::span<std::byte> out) {
  crypto_generichash_blake2b_final(state_of(state_), as_writable_uchar(out), size_);
}

Digest Hash::finish() {
  Digest digest;
  finish_into(digest);
  return digest;
}

Digest hash(const Personal& personal, ByteView bytes, const ByteArray<16>& salt) {
  return Hash(personal, {}, salt).add(bytes).finish();
}

SecretBuffer keyed_hash(const Personal& personal, ByteView key, const ByteArray<16>& salt,
                        std::initializer_list<ByteView> parts, std::size_t size) {
  Hash hash(personal, key, salt, size);
  for (ByteView part : parts) hash.add(part);
  SecretBuffer out(size);
  hash.finish_into(out.expose_for_writing());
  return out;
}

SecretBuffer subkey(ByteView key, const Personal& purpose, const VaultId& vault) {
  return keyed_hash(purpose, key, vault.bytes, {});
}

}  // namespace vault

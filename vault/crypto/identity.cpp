#include "vault/crypto/identity.hpp"

#include <sodium.h>

#include "vault/base/writer.hpp"

namespace vault {
namespace {

Personal tag_of(SignedType type) {
  switch (type) {
    case SignedType::body: return personals::sign_body;
    case SignedType::admin_list: return personals::sign_admin_list;
    case SignedType::slot: return personals::sign_slot;
    case SignedType::commit: return personals::sign_commit;
    case SignedType::succession: return personals::sign_succession;
  }
  return {};
}

Bytes signed_message(SignedType type, const VaultId& vault, ByteView canonical) {
  ByteArray<64> digest;
  Hash(personals::signature, {}, {}, digest.size()).add(canonical).finish_into(digest);
  return Writer().raw(tag_of(type).bytes).u16(kSuite).id(vault).raw(digest).take();
}

Bytes grant_aad(const VaultId& vault, const GrantContext& context) {
  return Writer()
      .string("grant")
      .u16(kSuite)
      .id(vault)
      .u8(static_cast<std::uint8_t>(context.kind))
      .id(context.team)
      .u64(context.generation)
      .take();
}

// The wrapping key of a grant, or nothing when the X25519 result is all zero (libsodium says so).
std::optional<SecretBuffer> grant_key(ByteView own_secret, const ByteArray<32>& other_public,
                                      const ByteArray<32>& ephemeral, const ByteArray<32>& member, const VaultId& vault,
                                      const GrantContext& context) {
  SecretBuffer shared(crypto_scalarmult_BYTES);
  if (crypto_scalarmult(as_writable_uchar(shared.expose_for_writing()), as_uchar(own_secret), as_uchar(other_public)) !=
      0) {
    return std::nullopt;
  }
  Bytes tail = Writer().u8(static_cast<std::uint8_t>(context.kind)).id(context.team).u64(context.generation).take();
  return keyed_hash(personals::grant, shared.expose(), vault.bytes, {ephemeral, member, tail});
}

}  // namespace

std::string_view name(Role role) noexcept {
  switch (role) {
    case Role::metadata: return "metadata";
    case Role::reader: return "reader";
    case Role::admin: return "admin";
  }
  return "metadata";
}

IdentityKeys::IdentityKeys(const IdentitySeed& seed, const VaultId& vault)
    : signing_secret_(crypto_sign_SECRETKEYBYTES) {
  SecretBuffer signing_seed = subkey(seed.bytes.expose(), personals::ed25519, vault);
  crypto_sign_seed_keypair(as_writable_uchar(signing_public_.bytes),
                           as_writable_uchar(signing_secret_.expose_for_writing()), as_uchar(signing_seed.expose()));
  sealing_secret_ = subkey(seed.bytes.expose(), personals::x25519, vault);
  crypto_scalarmult_base(as_writable_uchar(sealing_public_.bytes), as_uchar(sealing_secret_.expose()));
}

Signature IdentityKeys::sign(SignedType type, const VaultId& vault, ByteView canonical) const {
  Bytes message = signed_message(type, vault, canonical);
  Signature signature;
  crypto_sign_detached(as_writable_uchar(signature), nullptr, as_uchar(message), message.size(),
                       as_uchar(signing_secret_.expose()));
  return signature;
}

bool verify(SignedType type, const VaultId& vault, ByteView canonical, const SigningPublicKey& key,
            const Signature& signature) {
  Bytes message = signed_message(type, vault, canonical);
  return crypto_sign_verify_detached(as_uchar(signature), as_uchar(message), message.size(), as_uchar(key.bytes)) == 0;
}

Result<Grant> seal_grant(const SealingPublicKey& member, const VaultId& vault, const GrantContext& context,
                         ByteView key, Random& random) {
  auto ephemeral = new_sealing_key(random);
  if (!ephemeral) return ephemeral.error();
  const ByteArray<32>& ephemeral_public = ephemeral->public_key.bytes;
  auto wrapping = grant_key(ephemeral->secret.expose(), member.bytes, ephemeral_public, member.bytes, vault, context);
  if (!wrapping) return Error{Errc::corrupt, "seal a grant: the member's key is not a valid X25519 key"};
  auto wrapped = wrap_secret(wrapping->expose(), grant_aad(vault, context), key, random);
  if (!wrapped) return wrapped.error();
  Grant grant{ephemeral_public, {}};
  std::ranges::copy(*wrapped, grant.wrapped.begin());
  return grant;
}

std::optional<SecretBuffer> open_grant(const IdentityKeys& member, const VaultId& vault, const GrantContext& context,
                                       const Grant& grant) {
  auto wrapping = grant_key(member.sealing_secret_.expose(), grant.ephemeral, grant.ephemeral, member.sealing().bytes,
                            vault, context);
  if (!wrapping) return std::nullopt;
  return unwrap_secret(wrapping->expose(), grant_aad(vault, context), grant.wrapped);
}

Result<SealingKeyPair> new_sealing_key(Random& random) {
  SealingKeyPair pair{SecretBuffer(crypto_scalarmult_SCALARBYTES), {}};
  if (auto filled = random.fill(pair.secret.expose_for_writing()); !filled) return filled.error();
  crypto_scalarmult_base(as_writable_uchar(pair.public_key.bytes), as_uchar(pair.secret.expose()));
  return pair;
}

}  // namespace vault

#pragma once

#include "vault/crypto/hash.hpp"
#include "vault/crypto/keys.hpp"
#include "vault/crypto/wrap.hpp"

namespace vault {

// Ed25519 (RFC 8032) and X25519 (RFC 7748) public keys; different types.
struct SigningPublicKey {
  ByteArray<32> bytes{};
  auto operator<=>(const SigningPublicKey&) const = default;
};
struct SealingPublicKey {
  ByteArray<32> bytes{};
  auto operator<=>(const SealingPublicKey&) const = default;
};
using Signature = ByteArray<64>;

// What an identity may do. The numbers are bytes on disk.
enum class Role : std::uint8_t { metadata = 1, reader = 2, admin = 3 };
std::string_view name(Role role) noexcept;

// The 16-byte type tag of what is signed: a signature of one kind is never one of another.
enum class SignedType { body, admin_list, slot, commit, succession };

// The two key pairs of an identity, from its 32-byte seed: Ed25519 seed = sub(seed, "vlt1-ed"), X25519 secret = sub(seed, "vlt1-x").
class IdentityKeys {
 public:
  IdentityKeys(const IdentitySeed& seed, const VaultId& vault);

  const SigningPublicKey& signing() const { return signing_public_; }
  const SealingPublicKey& sealing() const { return sealing_public_; }

  // Signs tag || suite || vault id || BLAKE2b-512("vlt1-sig", canonical).
  Signature sign(SignedType type, const VaultId& vault, ByteView canonical) const;

 private:
  friend std::optional<SecretBuffer> open_grant(const IdentityKeys&, const VaultId&, const struct GrantContext&,
                                                const struct Grant&);
  SecretBuffer signing_secret_;
  SecretBuffer sealing_secret_;
  SigningPublicKey signing_public_;
  SealingPublicKey sealing_public_;
};

bool verify(SignedType type, const VaultId& vault, ByteView canonical, const SigningPublicKey& key,
            const Signature& signature);

// What a grant hands over, and to which generation (or epoch, or key number) it belongs: all of it enters the grant's key.
enum class GrantKind : std::uint8_t { vault_key = 1, team_key = 2, fingerprint_key = 3, audit_secret = 4 };
struct GrantContext {
  GrantKind kind;
  TeamId team;  // zero unless a team key
  std::uint64_t generation;
};

// A 32-byte key sealed to an identity:
//     key = BLAKE2b-256(key X25519(ephemeral, member), "vlt1-grant", salt = vault id,
//                       ephemeral pk || member pk || kind || team || generation), then the committing wrap.
struct Grant {
  ByteArray<32> ephemeral{};
  ByteArray<kKeySize + kWrapOverhead> wrapped{};
  bool operator==(const Grant&) const = default;
};
inline constexpr std::size_t kGrantSize = 32 + kKeySize + kWrapOverhead;

// Errors: internal (no random bytes), corrupt (a member key of small order).
Result<Grant> seal_grant(const SealingPublicKey& member, const VaultId& vault, const GrantContext& context,
                         ByteView key, Random& random);
// Nothing when the grant is not for this identity and context, or was touched.
std::optional<SecretBuffer> open_grant(const IdentityKeys& member, const VaultId& vault, const GrantContext& context,
                                       const Grant& grant);

// A fresh X25519 key pair (the audit key).
struct SealingKeyPair {
  SecretBuffer secret;
  SealingPublicKey public_key;
};
Result<SealingKeyPair> new_sealing_key(Random& random);

}  // namespace vault

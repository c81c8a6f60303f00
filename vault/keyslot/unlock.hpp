#pragma once

#include "vault/crypto/kdf.hpp"
#include "vault/keyslot/keyslot.hpp"

namespace vault {

// An opened header: who we are, and the keys that follow from it.
struct Unlocked {
  SlotId slot;
  IdentityId identity;
  Role role = Role::metadata;
  IdentitySeed seed;
  IdentityKeys keys;
  SigningPublicKey root_admin;  // today's, by succession from the one pinned in the slot
  VaultKey vault_key;
};

// Finds a slot by its id, a prefix of it (4 hex digits or more), or its name. Errors: not_found, usage (ambiguous).
Result<const Slot*> find_slot(const Header& header, std::string_view name_or_id);

// Opens a slot with the offered factors (those without a passphrase first; at most 4 runs of Argon2id), then verifies, in this order:
// succession from the pinned root, the admin list's signature, the body's signature, the identity's row in the roster, its slots' signatures, its
// vault-key grant, the MAC. `slot`: only that one. Errors: wrong_key, corrupt, not_found, denied, limit, internal.
Result<Unlocked> unlock(const Header& header, const Factors& offered, std::string_view slot,
                        const KdfLimits& limits = KdfLimits::of_this_machine());

// Follows the succession links from a root admin's key to today's. Errors: corrupt.
Result<SigningPublicKey> current_root(const HeaderBody& body, SigningPublicKey root);

// The checks after the slot, for a header that was read while the vault is open; then `self` is what the header makes of it: today's root
// admin, its role, the vault key of the header's epoch. Errors: corrupt; `self` is as it was.
Status adopt(const Header& header, Unlocked& self);

// What a header that we cannot open any more makes of this identity, by a roster that the root admin and the header's author signed: an admin took
// it out, or its keys were replaced by new ones. Anything else: a member, as far as can be told.
enum class Standing { member, removed, replaced };
Standing standing_in(const Header& header, const Unlocked& self);

// Admins' own keys. Nothing when the identity has no such grant, or it does not open.
std::optional<FingerprintKey> open_fingerprint_key(const Header& header, const Unlocked& self);
std::optional<AuditSecretKey> open_audit_key(const Header& header, const Unlocked& self);

}  // namespace vault

#pragma once

#include <vector>

#include "vault/base/clock.hpp"
#include "vault/base/result.hpp"
#include "vault/crypto/identity.hpp"
#include "vault/keyslot/factor.hpp"

namespace vault {

// The header file as plain values, with its canonical encoding (docs/FORMAT.md section 4). Nothing here is trusted because it decodes:
// unlock.hpp checks signatures and the MAC.

// ---- slots ------------------------------------------------------------------------------------------------------------

struct SlotFactor {
  FactorType type;
  Bytes parameters;
  bool operator==(const SlotFactor&) const = default;
};

struct Slot {
  SlotId id;
  IdentityId identity;
  std::uint64_t counter = 1;
  Time created{};
  std::string name;
  std::vector<SlotFactor> factors;
  Bytes wrapped;          // the payload under the KEK
  Signature signature{};  // by the identity, over all before it
  bool operator==(const Slot&) const = default;
};

// What a slot wraps: 160 bytes, those not used yet zero and checked.
struct SlotPayload {
  IdentitySeed seed;
  SigningPublicKey root_admin;  // the pinned root
};
inline constexpr std::size_t kSlotPayloadSize = 160;

Bytes encode_slot_header(const Slot& slot);  // what enters the KEK and the AAD
Bytes encode_signed_slot(const Slot& slot);  // what the identity signs: the slot header and the wrap
Bytes encode(const Slot& slot);

// ---- body -------------------------------------------------------------------------------------------------------------

// One key of one identity, and the commits it may sign (if it is an admin's).
struct RosterRow {
  IdentityId id;
  SigningPublicKey signing;
  SealingPublicKey sealing;
  Role role = Role::metadata;
  std::uint64_t from = 0;  // first commit sequence
  bool closed = false;
  std::uint64_t to = 0;  // last commit sequence, and that commit's hash, once closed
  Digest to_hash{};
  bool operator==(const RosterRow&) const = default;
};

struct Roster {
  std::vector<RosterRow> rows;
  std::uint64_t list_sequence = 1;  // of the admin list; never falls
  Signature admin_signature{};      // by the root admin, over the list sequence and the admin rows
  bool operator==(const Roster&) const = default;

  const RosterRow* open_row(const IdentityId& id) const;
  // Whether `key` was an admin's at a commit sequence.
  bool was_admin(const SigningPublicKey& key, std::uint64_t sequence) const;
};
Bytes encode_admin_list(const Roster& roster);

struct VaultKeyGrant {
  IdentityId identity;
  Grant grant;
  bool operator==(const VaultKeyGrant&) const = default;
};

struct AdminGrants {
  IdentityId identity;
  Grant fingerprint_key;
  Grant audit_secret;
  bool operator==(const AdminGrants&) const = default;
};

// The root admin hands over to a new key.
struct Succession {
  SigningPublicKey from;
  SigningPublicKey to;
  Signature signature{};  // by `from`, over both
  bool operator==(const Succession&) const = default;
};
Bytes encode_succession(const Succession& link);

struct HeaderBody {
  VaultId vault;
  std::uint64_t epoch = 1;
  std::string store_name;
  std::uint64_t sequence = 1;
  std::uint64_t head_sequence = 0;  // the head when this was signed; 0 and zeros: there was none
  Digest head_hash{};
  Roster roster;
  std::vector<VaultKeyGrant> vault_key_grants;
  std::vector<AdminGrants> admin_grants;
  std::uint64_t audit_key_number = 1;
  SealingPublicKey audit_key;
  std::vector<Succession> successions;
  bool operator==(const HeaderBody&) const = default;
};
Bytes encode(const HeaderBody& body);
Digest body_hash(ByteView encoded, const VaultId& vault);

std::string store_name(std::uint64_t epoch);
// The epoch in the name of a store, or of its journal.
std::optional<std::uint64_t> epoch_of_store(std::string_view name);

// ---- the whole --------------------------------------------------------------------------------------------------------

struct Header {
  HeaderBody body;
  Bytes body_bytes;  // as they were read: what the signature and the hash are over
  SigningPublicKey author;
  Signature body_signature{};
  std::vector<Slot> slots;
  std::uint64_t sequence = 1;
  Digest mac{};
};

Bytes encode_for_mac(const Header& header);  // all before the MAC
Digest header_mac(const VaultKey& key, const Header& header);
Bytes encode(const Header& header);  // with MAC and checksum

// Checks size, checksum and form. Allocates in proportion to `bytes` at most. Errors: corrupt, unsupported (newer format or suite).
Result<Header> decode_header(ByteView bytes);

}  // namespace vault

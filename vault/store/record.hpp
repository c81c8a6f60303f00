#pragma once

#include <map>
#include <string>
#include <vector>

#include "vault/base/clock.hpp"
#include "vault/base/result.hpp"
#include "vault/crypto/identity.hpp"
#include "vault/model/label.hpp"
#include "vault/model/scope.hpp"
#include "vault/model/state.hpp"

namespace vault {

// What the vault stores, as plain values with one canonical encoding each (docs/FORMAT.md section 6). Decoding is bounded, refuses
// what is not canonical, and answers nothing for damaged bytes. Every encoding (of a commit too) begins with the number of its layout, so that a later version
// can add to one: known_layout() tells `unsupported` from `corrupt`.

inline constexpr std::uint8_t kRecordLayout = 1;
bool known_layout(ByteView encoded) noexcept;

enum class RecordKind : std::uint8_t {
  entry = 1,
  issuer = 2,
  account = 3,
  team = 4,
  identity = 5,
  policy = 6,
  mint = 7,
  fingerprint = 8
};
inline constexpr std::uint8_t kLastRecordKind = 8;
// What a record of the kind is called before its name: "entry", "team".
std::string_view name(RecordKind kind) noexcept;

// ---- versions ---------------------------------------------------------------------------------------------------------

// One field as it is stored: sealed under the team key when secret, as given when plain.
struct StoredField {
  std::string name;
  bool secret = true;
  std::uint64_t generation = 0;  // of the team key; 0 when plain
  Digest digest{};               // over all of this and the stored bytes
};

// One issued value of an entry; immutable but for its life (state, expiry), which is in the entry's record.
struct VersionRecord {
  VersionId id;
  EntryId entry;
  ScopeSet scopes;
  Time issued_at{};
  Time stored_at{};
  std::string period;       // as asked for: "90d"; empty when an end date was given
  std::string key_name;     // the key's name at the issuer
  std::string minted_by;    // who made it there
  std::string minted_with;  // "2fa", "sso" or empty
  VersionId replaces;       // zero: none
  std::string hint;         // prefix and last four, masked; empty: none
  std::optional<Digest> fingerprint;
  std::optional<Digest> verifier;  // of a token we minted
  std::vector<StoredField> fields;

  const StoredField* field(std::string_view field_name) const;
};
Bytes encode(const VersionRecord& version);
std::optional<VersionRecord> decode_version(ByteView bytes);
Digest version_digest(ByteView encoded, const VaultId& vault);

// The stored bytes of a version's fields, in the version's order. Of a destroyed version, those of secret fields are empty.
Bytes encode_field_values(const std::vector<Bytes>& values);
std::optional<std::vector<ByteView>> decode_field_values(ByteView bytes);
Digest field_digest(const StoredField& field, ByteView stored, const VaultId& vault);

// ---- entries ----------------------------------------------------------------------------------------------------------

struct VersionEntry {  // a version as its entry's record lists it
  VersionId id;
  VersionLife life;
  bool verify_only = false;
  Digest digest{};
};

struct EntryRecord {
  EntryId id;
  Label label;
  Digest parent{};  // hash of the record this one replaced; zero: the first
  std::string issuer{};
  std::string account{};
  TeamId team{};
  Time created{};
  Time changed{};
  std::string note{};
  std::map<std::string, std::string> attributes{};
  std::vector<Label>
      former_labels{};  // in the order they were given up; an alias in the tree leads from each to this entry
  VersionId active{};   // zero: none
  std::vector<VersionEntry> versions{};  // `--version N` is the place in this list, from 1

  const VersionEntry* version(const VersionId& version_id) const;
};
Bytes encode(const EntryRecord& entry);
std::optional<EntryRecord> decode_entry(ByteView bytes);

// ---- the other kinds --------------------------------------------------------------------------------------------------

struct TeamGrant {
  IdentityId identity;
  std::uint64_t generation = 0;
  Grant grant;
};

struct TeamRecord {
  TeamId id;
  std::string name;
  Digest parent{};
  Time created{};
  std::uint64_t generation = 1;  // of the current team key
  std::vector<TeamGrant> grants;
};
Bytes encode(const TeamRecord& team);
std::optional<TeamRecord> decode_team(ByteView bytes);

struct AccountRecord {
  ObjectId id;
  std::string issuer;
  std::string name;
  Digest parent{};
  Time created{};
  std::string primary_user;
  std::string note;
};
Bytes encode(const AccountRecord& account);
std::optional<AccountRecord> decode_account(ByteView bytes);

struct IssuerRecord {
  ObjectId id;
  std::string name;
  Digest parent{};
  Time created{};
  std::string profile;  // JSON (model/issuer.hpp)
};
Bytes encode(const IssuerRecord& issuer);
std::optional<IssuerRecord> decode_issuer(ByteView bytes);

struct IdentityRecord {
  IdentityId id;
  std::string name;
  Digest parent{};
  Time created{};
  std::string note;
};
Bytes encode(const IdentityRecord& identity);
std::optional<IdentityRecord> decode_identity(ByteView bytes);

struct PolicyRecord {
  ObjectId id;
  std::string name;
  Digest parent{};
  Time created{};
  std::string value;
};
Bytes encode(const PolicyRecord& policy);
std::optional<PolicyRecord> decode_policy(ByteView bytes);

Digest record_hash(ByteView encoded, const VaultId& vault);

}  // namespace vault

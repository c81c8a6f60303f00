#include "vault/store/record.hpp"

#include "vault/base/limits.hpp"
#include "vault/base/time_bytes.hpp"
#include "vault/crypto/hash.hpp"

namespace vault {

std::string_view name(RecordKind kind) noexcept {
  switch (kind) {
    case RecordKind::entry: return "entry";
    case RecordKind::issuer: return "issuer";
    case RecordKind::account: return "account";
    case RecordKind::team: return "team";
    case RecordKind::identity: return "identity";
    case RecordKind::policy: return "policy";
    case RecordKind::mint: return "minted token";
    case RecordKind::fingerprint: return "fingerprint";
  }
  return "entry";
}
namespace {

constexpr std::size_t kVersionEntry = 16 + 1 + 8 + 1 + 8 + 32;
constexpr std::size_t kLeastField = 4 + 1 + 8 + 32;

enum VersionFlags : std::uint8_t { kDestroyed = 1, kVerifyOnly = 2 };

void write_kind(Writer& out, RecordKind kind) { out.u8(kRecordLayout).u8(static_cast<std::uint8_t>(kind)); }

void read_layout(Reader& in) {
  if (in.u8() != kRecordLayout) in.fail();
}

void read_kind(Reader& in, RecordKind kind) {
  read_layout(in);
  if (in.u8() != static_cast<std::uint8_t>(kind)) in.fail();
}

void write_optional(Writer& out, const std::optional<Digest>& digest) {
  out.boolean(digest.has_value());
  if (digest) out.raw(*digest);
}

std::optional<Digest> read_optional(Reader& in) {
  if (!in.boolean()) return std::nullopt;
  return in.array<32>();
}

// Zeros, which stand for none, take no room.
template <std::size_t size>
void write_unless_zero(Writer& out, const ByteArray<size>& bytes) {
  const bool there = bytes != ByteArray<size>{};
  out.boolean(there);
  if (there) out.raw(bytes);
}

template <std::size_t size>
ByteArray<size> read_unless_zero(Reader& in) {
  if (!in.boolean()) return {};
  const auto bytes = in.array<size>();
  if (bytes == ByteArray<size>{}) in.fail();
  return bytes;
}

// What most small records share: id, name, parent, created.
template <class Record>
void write_common(Writer& out, RecordKind kind, const Record& record) {
  write_kind(out, kind);
  out.id(record.id).string(record.name);
  write_unless_zero(out, record.parent);
  write_time(out, record.created);
}

template <class Record>
void read_common(Reader& in, RecordKind kind, Record& record) {
  read_kind(in, kind);
  in.id(record.id);
  record.name = in.name(limits::name_bytes);
  record.parent = read_unless_zero<32>(in);
  record.created = read_time(in);
}

template <class Record>
std::optional<Record> finished(const Reader& in, Record record) {
  return in.finished() ? std::optional(std::move(record)) : std::nullopt;
}

void write(Writer& out, const VersionEntry& version) {
  const VersionLife& life = version.life;
  out.id(version.id).u8(static_cast<std::uint8_t>(life.state));
  write_time(out, life.retiring_until);
  out.u8(static_cast<std::uint8_t>((life.destroyed ? kDestroyed : 0) | (version.verify_only ? kVerifyOnly : 0)));
  write_time(out, life.expires_at);
  out.raw(version.digest);
}

VersionEntry read_version_entry(Reader& in) {
  VersionEntry version;
  in.id(version.id);
  const std::uint8_t state = in.u8();
  if (state < 1 || state > 3) in.fail();
  version.life.state = static_cast<VersionState>(state);
  version.life.retiring_until = read_time(in);
  if (version.life.state != VersionState::retiring && version.life.retiring_until != Time{}) in.fail();
  const std::uint8_t flags = in.u8();
  if (flags > (kDestroyed | kVerifyOnly)) in.fail();
  version.life.destroyed = (flags & kDestroyed) != 0;
  version.verify_only = (flags & kVerifyOnly) != 0;
  version.life.expires_at = read_expiry(in);
  version.digest = in.array<32>();
  return version;
}

std::map<std::string, std::string> read_attributes(Reader& in) {
  std::map<std::string, std::string> attributes;
  for (std::uint32_t n = in.count(limits::attributes, 8); n > 0; --n) {
    std::string key = in.name(limits::attribute_key_bytes);
    if (!attributes.empty() && key <= attributes.rbegin()->first) in.fail();  // sorted, each once
    attributes.emplace(std::move(key), in.text(limits::attribute_value_bytes));
  }
  return attributes;
}

// Labels that the entry had before: other ones than the present, each once.
std::vector<Label> read_former_labels(Reader& in, const Label& present) {
  std::vector<Label> labels;
  for (std::uint32_t n = in.count(limits::former_labels, 5); n > 0; --n) {
    auto label = Label::stored(in.name(limits::label_bytes));
    if (!label || *label == present || std::ranges::find(labels, *label) != labels.end()) {
      in.fail();
      break;
    }
    labels.push_back(std::move(*label));
  }
  return labels;
}

// Ids that differ, found without comparing each with each: an entry may have 1,000 versions.
bool all_differ(const std::vector<VersionEntry>& versions) {
  std::vector<VersionId> ids;
  std::ranges::transform(versions, std::back_inserter(ids), &VersionEntry::id);
  std::ranges::sort(ids);
  return std::ranges::adjacent_find(ids) == ids.end();
}

// Scopes are written sorted and unique; anything else is not canonical.
ScopeSet read_scopes(Reader& in) {
  std::vector<std::string> items;
  for (std::uint32_t n = in.count(limits::scopes, 5); n > 0; --n) items.push_back(in.name(limits::scope_bytes));
  auto scopes = ScopeSet::stored(std::move(items));
  if (!scopes) in.fail();
  return scopes ? *scopes : ScopeSet{};
}

}  // namespace

bool known_layout(ByteView encoded) noexcept { return !encoded.empty() && encoded.front() == std::byte{kRecordLayout}; }

// ---- versions ---------------------------------------------------------------------------------------------------------

const StoredField* VersionRecord::field(std::string_view field_name) const {
  auto found = std::ranges::find(fields, field_name, &StoredField::name);
  return found == fields.end() ? nullptr : &*found;
}

Bytes encode(const VersionRecord& version) {
  Writer out;
  out.u8(kRecordLayout).id(version.id).id(version.entry).u32(static_cast<std::uint32_t>(version.scopes.size()));
  for (const std::string& scope : version.scopes.items()) out.string(scope);
  write_time(out, version.issued_at);
  write_time(out, version.stored_at);
  out.string(version.period).string(version.key_name).string(version.minted_by).string(version.minted_with);
  write_unless_zero(out, version.replaces.bytes);
  out.string(version.hint);
  write_optional(out, version.fingerprint);
  write_optional(out, version.verifier);
  out.u32(static_cast<std::uint32_t>(version.fields.size()));
  for (const StoredField& field : version.fields) {
    out.string(field.name).boolean(field.secret).u64(field.generation).raw(field.digest);
  }
  return out.take();
}

std::optional<VersionRecord> decode_version(ByteView bytes) {
  Reader in(bytes);
  VersionRecord version;
  read_layout(in);
  in.id(version.id);
  in.id(version.entry);
  version.scopes = read_scopes(in);
  version.issued_at = read_time(in);
  version.stored_at = read_time(in);
  version.period = in.name(limits::name_bytes);
  version.key_name = in.name(limits::name_bytes);
  version.minted_by = in.name(limits::name_bytes);
  version.minted_with = in.name(limits::name_bytes);
  version.replaces.bytes = read_unless_zero<16>(in);
  version.hint = in.name(limits::name_bytes);
  version.fingerprint = read_optional(in);
  version.verifier = read_optional(in);
  for (std::uint32_t n = in.count(limits::fields, kLeastField); n > 0; --n) {
    StoredField field;
    field.name = in.name(limits::name_bytes);
    field.secret = in.boolean();
    field.generation = in.u64();
    field.digest = in.array<32>();
    if (field.secret != (field.generation != 0) || version.field(field.name) != nullptr) in.fail();
    version.fields.push_back(std::move(field));
  }
  return finished(in, std::move(version));
}

Digest version_digest(ByteView encoded, const VaultId& vault) { return hash(personals::version, encoded, vault.bytes); }

Bytes encode_field_values(const std::vector<Bytes>& values) {
  Writer out;
  out.u32(static_cast<std::uint32_t>(values.size()));
  for (const Bytes& value : values) out.string(value);
  return out.take();
}

std::optional<std::vector<ByteView>> decode_field_values(ByteView bytes) {
  constexpr std::size_t most = limits::field_bytes + 128;  // sealed values are longer
  Reader in(bytes);
  std::vector<ByteView> values;
  for (std::uint32_t n = in.count(limits::fields, 4); n > 0; --n) values.push_back(in.string(most));
  return finished(in, std::move(values));
}

Digest field_digest(const StoredField& field, ByteView stored, const VaultId& vault) {
  Bytes bytes = Writer().string(field.name).boolean(field.secret).u64(field.generation).string(stored).take();
  return hash(personals::field, bytes, vault.bytes);
}

// ---- entries ----------------------------------------------------------------------------------------------------------

const VersionEntry* EntryRecord::version(const VersionId& version_id) const {
  auto found = std::ranges::find(versions, version_id, &VersionEntry::id);
  return found == versions.end() ? nullptr : &*found;
}

Bytes encode(const EntryRecord& entry) {
  Writer out;
  write_kind(out, RecordKind::entry);
  out.id(entry.id).string(entry.label.text());
  write_unless_zero(out, entry.parent);
  out.string(entry.issuer).string(entry.account).id(entry.team);
  write_time(out, entry.created);
  write_time(out, entry.changed);
  out.string(entry.note).u32(static_cast<std::uint32_t>(entry.attributes.size()));
  for (const auto& [key, value] : entry.attributes) out.string(key).string(value);
  out.u32(static_cast<std::uint32_t>(entry.former_labels.size()));
  for (const Label& label : entry.former_labels) out.string(label.text());
  out.id(entry.active).u32(static_cast<std::uint32_t>(entry.versions.size()));
  for (const VersionEntry& version : entry.versions) write(out, version);
  return out.take();
}

std::optional<EntryRecord> decode_entry(ByteView bytes) {
  Reader in(bytes);
  read_kind(in, RecordKind::entry);
  EntryId id;
  in.id(id);
  std::string text = in.name(limits::label_bytes);
  auto label = Label::stored(std::move(text));
  if (!label) return std::nullopt;
  EntryRecord entry{id, *label};
  entry.parent = read_unless_zero<32>(in);
  entry.issuer = in.name(limits::name_bytes);
  entry.account = in.name(limits::name_bytes);
  in.id(entry.team);
  entry.created = read_time(in);
  entry.changed = read_time(in);
  entry.note = in.text(limits::note_bytes);
  entry.attributes = read_attributes(in);
  entry.former_labels = read_former_labels(in, entry.label);
  in.id(entry.active);
  for (std::uint32_t n = in.count(limits::versions, kVersionEntry); n > 0; --n)
    entry.versions.push_back(read_version_entry(in));
  if (!all_differ(entry.versions)) in.fail();
  if (!entry.active.is_zero() && entry.version(entry.active) == nullptr) in.fail();
  return finished(in, std::move(entry));
}

// ---- the other kinds --------------------------------------------------------------------------------------------------

Bytes encode(const TeamRecord& team) {
  Writer out;
  write_common(out, RecordKind::team, team);
  out.u64(team.generation).u32(static_cast<std::uint32_t>(team.grants.size()));
  for (const TeamGrant& grant : team.grants) {
    out.id(grant.identity).u64(grant.generation).raw(grant.grant.ephemeral).raw(grant.grant.wrapped);
  }
  return out.take();
}

std::optional<TeamRecord> decode_team(ByteView bytes) {
  Reader in(bytes);
  TeamRecord team;
  read_common(in, RecordKind::team, team);
  team.generation = in.u64();
  for (std::uint32_t n = in.count(limits::team_grants, 16 + 8 + kGrantSize); n > 0; --n) {
    TeamGrant grant;
    in.id(grant.identity);
    grant.generation = in.u64();
    grant.grant.ephemeral = in.array<32>();
    grant.grant.wrapped = in.array<kKeySize + kWrapOverhead>();
    team.grants.push_back(grant);
  }
  return finished(in, std::move(team));
}

Bytes encode(const AccountRecord& account) {
  Writer out;
  write_common(out, RecordKind::account, account);
  return out.string(account.issuer).string(account.primary_user).string(account.note).take();
}

std::optional<AccountRecord> decode_account(ByteView bytes) {
  Reader in(bytes);
  AccountRecord account;
  read_common(in, RecordKind::account, account);
  account.issuer = in.name(limits::name_bytes);
  account.primary_user = in.name(limits::name_bytes);
  account.note = in.text(limits::note_bytes);
  return finished(in, std::move(account));
}

Bytes encode(const IssuerRecord& issuer) {
  Writer out;
  write_common(out, RecordKind::issuer, issuer);
  return out.string(issuer.profile).take();
}

std::optional<IssuerRecord> decode_issuer(ByteView bytes) {
  Reader in(bytes);
  IssuerRecord issuer;
  read_common(in, RecordKind::issuer, issuer);
  issuer.profile = in.text(limits::issuer_profile_bytes);
  return finished(in, std::move(issuer));
}

Bytes encode(const IdentityRecord& identity) {
  Writer out;
  write_common(out, RecordKind::identity, identity);
  return out.string(identity.note).take();
}

std::optional<IdentityRecord> decode_identity(ByteView bytes) {
  Reader in(bytes);
  IdentityRecord identity;
  read_common(in, RecordKind::identity, identity);
  identity.note = in.text(limits::note_bytes);
  return finished(in, std::move(identity));
}

Bytes encode(const PolicyRecord& policy) {
  Writer out;
  write_common(out, RecordKind::policy, policy);
  return out.string(policy.value).take();
}

std::optional<PolicyRecord> decode_policy(ByteView bytes) {
  Reader in(bytes);
  PolicyRecord policy;
  read_common(in, RecordKind::policy, policy);
  policy.value = in.name(limits::name_bytes);
  return finished(in, std::move(policy));
}

Digest record_hash(ByteView encoded, const VaultId& vault) { return hash(personals::record, encoded, vault.bytes); }

}  // namespace vault

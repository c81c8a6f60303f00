#include "vault/keyslot/header.hpp"

#include <fmt/format.h>

#include <charconv>

#include "vault/base/limits.hpp"
#include "vault/base/time_bytes.hpp"

namespace vault {
namespace {

constexpr std::string_view kMagic = "vaulthdr";
constexpr std::uint32_t kFormat = 1;
constexpr std::uint32_t kMostFactors = 8;
constexpr std::size_t kMostParameterBytes = 4096;
constexpr std::size_t kWrappedPayload = kSlotPayloadSize + kWrapOverhead;
constexpr std::size_t kLeastSlot = 4 + 16 + 16 + 8 + 8 + 4 + 4 + 4 + kWrappedPayload + 64;
constexpr std::size_t kRosterRow = 16 + 32 + 32 + 1 + 8 + 1 + 8 + 32;

void write(Writer& out, const Grant& grant) { out.raw(grant.ephemeral).raw(grant.wrapped); }

Grant read_grant(Reader& in) {
  Grant grant;
  grant.ephemeral = in.array<32>();
  grant.wrapped = in.array<kKeySize + kWrapOverhead>();
  return grant;
}

// ---- slots ----

Slot read_slot(Reader& header) {
  Reader in(header.string(limits::header_bytes));
  Slot slot;
  in.id(slot.id);
  in.id(slot.identity);
  slot.counter = in.u64();
  slot.created = read_time(in);
  slot.name = in.name(limits::name_bytes);
  int passphrases = 0;
  for (std::uint32_t n = in.count(kMostFactors, 5); n > 0; --n) {
    const auto type = static_cast<FactorType>(in.u8());
    ByteView parameters = in.string(kMostParameterBytes);
    if (type == FactorType{} || !valid_parameters(type, parameters)) in.fail();
    if (type == FactorType::passphrase && ++passphrases > 1) in.fail();
    slot.factors.push_back({type, Bytes(parameters.begin(), parameters.end())});
  }
  ByteView wrapped = in.raw(kWrappedPayload);
  slot.wrapped.assign(wrapped.begin(), wrapped.end());
  slot.signature = in.array<64>();
  if (!in.finished() || slot.factors.empty()) header.fail();
  return slot;
}

// ---- body ----

void write(Writer& out, const RosterRow& row) {
  out.id(row.id).raw(row.signing.bytes).raw(row.sealing.bytes).u8(static_cast<std::uint8_t>(row.role)).u64(row.from);
  out.boolean(row.closed).u64(row.to).raw(row.to_hash);
}

RosterRow read_roster_row(Reader& in) {
  RosterRow row;
  in.id(row.id);
  row.signing.bytes = in.array<32>();
  row.sealing.bytes = in.array<32>();
  std::uint8_t role = in.u8();
  if (role < 1 || role > 3) in.fail();
  row.role = static_cast<Role>(role);
  row.from = in.u64();
  row.closed = in.boolean();
  row.to = in.u64();
  row.to_hash = in.array<32>();
  if (!row.closed && (row.to != 0 || row.to_hash != Digest{})) in.fail();
  return row;
}

void write(Writer& out, const Roster& roster) {
  out.u32(static_cast<std::uint32_t>(roster.rows.size()));
  for (const RosterRow& row : roster.rows) write(out, row);
  out.u64(roster.list_sequence).raw(roster.admin_signature);
}

Roster read_roster(Reader& in) {
  Roster roster;
  for (std::uint32_t n = in.count(limits::identities, kRosterRow); n > 0; --n) {
    RosterRow row = read_roster_row(in);
    if (!row.closed && roster.open_row(row.id) != nullptr) in.fail();  // one open key an identity
    roster.rows.push_back(row);
  }
  roster.list_sequence = in.u64();
  roster.admin_signature = in.array<64>();
  return roster;
}

template <class Grants>
bool has_identity(const std::vector<Grants>& grants, const IdentityId& identity) {
  return std::ranges::find(grants, identity, &Grants::identity) != grants.end();
}

HeaderBody read_body(Reader& in) {
  HeaderBody body;
  in.id(body.vault);
  if (in.u16() != kSuite) in.fail();
  body.epoch = in.u64();
  body.store_name = in.name(limits::name_bytes);
  if (body.store_name != store_name(body.epoch)) in.fail();
  body.sequence = in.u64();
  body.head_sequence = in.u64();
  body.head_hash = in.array<32>();
  if ((body.head_sequence == 0) != (body.head_hash == Digest{})) in.fail();
  body.roster = read_roster(in);
  for (std::uint32_t n = in.count(limits::identities, 16 + kGrantSize); n > 0; --n) {
    VaultKeyGrant grant;
    in.id(grant.identity);
    grant.grant = read_grant(in);
    if (has_identity(body.vault_key_grants, grant.identity)) in.fail();
    body.vault_key_grants.push_back(grant);
  }
  for (std::uint32_t n = in.count(limits::identities, 16 + 2 * kGrantSize); n > 0; --n) {
    AdminGrants grants;
    in.id(grants.identity);
    grants.fingerprint_key = read_grant(in);
    grants.audit_secret = read_grant(in);
    if (has_identity(body.admin_grants, grants.identity)) in.fail();
    body.admin_grants.push_back(grants);
  }
  body.audit_key_number = in.u64();
  body.audit_key.bytes = in.array<32>();
  for (std::uint32_t n = in.count(limits::successions, 128); n > 0; --n) {
    Succession link;
    link.from.bytes = in.array<32>();
    link.to.bytes = in.array<32>();
    link.signature = in.array<64>();
    body.successions.push_back(link);
  }
  return body;
}

Error damaged(std::string_view what) { return {Errc::corrupt, fmt::format("the vault's header is damaged: {}", what)}; }

Digest checksum(ByteView bytes) { return hash(personals::checksum, bytes); }

// The format number, and the suite inside the body, decide whether the rest is ours to understand.
Status check_numbers(ByteView bytes) {
  Reader in(bytes);
  if (!equal(in.raw(kMagic.size()), as_bytes(kMagic))) return damaged("it does not begin as one");
  const std::uint32_t format = in.u32();
  if (!in.ok()) return damaged("it is cut");
  if (format != kFormat) {
    return Error{
        Errc::unsupported,
        fmt::format("the vault has format {}; this version reads format {}: use a newer one", format, kFormat)};
  }
  Reader body(in.string(limits::header_bytes));
  body.raw(16);
  if (std::uint16_t suite = body.u16(); body.ok() && suite != kSuite) {
    return Error{Errc::unsupported,
                 fmt::format("the vault uses cipher suite {}; this version knows suite {}", suite, kSuite)};
  }
  return {};
}

}  // namespace

Bytes encode_slot_header(const Slot& slot) {
  Writer out;
  out.id(slot.id).id(slot.identity).u64(slot.counter);
  write_time(out, slot.created);
  out.string(slot.name).u32(static_cast<std::uint32_t>(slot.factors.size()));
  for (const SlotFactor& factor : slot.factors)
    out.u8(static_cast<std::uint8_t>(factor.type)).string(factor.parameters);
  return out.take();
}

Bytes encode_signed_slot(const Slot& slot) { return Writer().raw(encode_slot_header(slot)).raw(slot.wrapped).take(); }

Bytes encode(const Slot& slot) { return Writer().raw(encode_signed_slot(slot)).raw(slot.signature).take(); }

const RosterRow* Roster::open_row(const IdentityId& id) const {
  auto row = std::ranges::find_if(rows, [&](const RosterRow& r) { return r.id == id && !r.closed; });
  return row == rows.end() ? nullptr : &*row;
}

bool Roster::was_admin(const SigningPublicKey& key, std::uint64_t sequence) const {
  return std::ranges::any_of(rows, [&](const RosterRow& row) {
    return row.role == Role::admin && row.signing == key && sequence >= row.from && (!row.closed || sequence <= row.to);
  });
}

Bytes encode_admin_list(const Roster& roster) {
  Writer rows;
  std::uint32_t count = 0;
  for (const RosterRow& row : roster.rows) {
    if (row.role != Role::admin) continue;
    write(rows, row);
    ++count;
  }
  return Writer().u64(roster.list_sequence).u32(count).raw(rows.bytes()).take();
}

Bytes encode_succession(const Succession& link) { return Writer().raw(link.from.bytes).raw(link.to.bytes).take(); }

Bytes encode(const HeaderBody& body) {
  Writer out;
  out.id(body.vault).u16(kSuite).u64(body.epoch).string(body.store_name).u64(body.sequence);
  out.u64(body.head_sequence).raw(body.head_hash);
  write(out, body.roster);
  out.u32(static_cast<std::uint32_t>(body.vault_key_grants.size()));
  for (const VaultKeyGrant& grant : body.vault_key_grants) {
    out.id(grant.identity);
    write(out, grant.grant);
  }
  out.u32(static_cast<std::uint32_t>(body.admin_grants.size()));
  for (const AdminGrants& grants : body.admin_grants) {
    out.id(grants.identity);
    write(out, grants.fingerprint_key);
    write(out, grants.audit_secret);
  }
  out.u64(body.audit_key_number).raw(body.audit_key.bytes).u32(static_cast<std::uint32_t>(body.successions.size()));
  for (const Succession& link : body.successions) out.raw(encode_succession(link)).raw(link.signature);
  return out.take();
}

Digest body_hash(ByteView encoded, const VaultId& vault) { return hash(personals::body, encoded, vault.bytes); }

std::string store_name(std::uint64_t epoch) { return fmt::format("store-{}.db", epoch); }

std::optional<std::uint64_t> epoch_of_store(std::string_view name) {
  constexpr std::string_view kFront = "store-";
  if (!name.starts_with(kFront)) return std::nullopt;
  std::uint64_t epoch = 0;
  const auto [end, failed] = std::from_chars(name.data() + kFront.size(), name.data() + name.size(), epoch);
  const std::string store = store_name(epoch);
  return failed == std::errc{} && (name == store || name == store + "-journal") ? std::optional(epoch) : std::nullopt;
}

Bytes encode_for_mac(const Header& header) {
  Writer out;
  out.raw(as_bytes(kMagic)).u32(kFormat).string(header.body_bytes).raw(header.author.bytes).raw(header.body_signature);
  out.u32(static_cast<std::uint32_t>(header.slots.size()));
  for (const Slot& slot : header.slots) out.string(encode(slot));
  return out.u64(header.sequence).take();
}

Digest header_mac(const VaultKey& key, const Header& header) {
  const VaultId& vault = header.body.vault;
  SecretBuffer mac_key = subkey(key.bytes.expose(), personals::header_mac_key, vault);
  return Hash(personals::header_mac, mac_key.expose(), vault.bytes).add(encode_for_mac(header)).finish();
}

Bytes encode(const Header& header) {
  Writer out;
  out.raw(encode_for_mac(header)).raw(header.mac);
  return out.raw(checksum(out.bytes())).take();
}

Result<Header> decode_header(ByteView bytes) {
  constexpr std::size_t kChecksum = sizeof(Digest);
  if (bytes.size() > limits::header_bytes) return damaged("it is too large");
  if (bytes.size() < kChecksum) return damaged("it is cut");
  if (!equal(checksum(bytes.first(bytes.size() - kChecksum)), bytes.last(kChecksum)))
    return damaged("its checksum is wrong");
  bytes = bytes.first(bytes.size() - kChecksum);
  if (auto known = check_numbers(bytes); !known) return known.error();

  Reader in(bytes);
  in.raw(kMagic.size() + 4);
  Header header;
  ByteView body_bytes = in.string(limits::header_bytes);
  header.body_bytes.assign(body_bytes.begin(), body_bytes.end());
  Reader body(body_bytes);
  header.body = read_body(body);
  if (!body.finished()) return damaged("its body is not well-formed");
  header.author.bytes = in.array<32>();
  header.body_signature = in.array<64>();
  std::uint32_t slots = in.count(limits::slots, kLeastSlot);
  for (; slots > 0 && in.ok(); --slots) {
    Slot slot = read_slot(in);
    if (std::ranges::find(header.slots, slot.id, &Slot::id) != header.slots.end()) in.fail();
    header.slots.push_back(std::move(slot));
  }
  header.sequence = in.u64();
  if (header.sequence > limits::header_sequence) in.fail();
  header.mac = in.array<32>();
  if (!in.finished()) return damaged("its slots are not well-formed");
  return header;
}

}  // namespace vault

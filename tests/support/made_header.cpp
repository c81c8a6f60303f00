#include "tests/support/made_header.hpp"

namespace vault {

Person::Person(Random& random, const VaultId& vault, Role its_role)
    : Person(must(random_id<IdentityId>(random)), random, vault, its_role) {}

Person::Person(const IdentityId& same, Random& random, const VaultId& vault, Role its_role)
    : id(same), seed{must(random_key(random))}, keys(seed, vault), role(its_role) {}

MadeHeader::MadeHeader(Random& random, Time now) : MadeHeader(random, now, must(random_id<VaultId>(random))) {}

MadeHeader::MadeHeader(Random& random, Time now, const VaultId& vault)
    : root(random, vault, Role::admin), vault_key{must(random_key(random))}, random_(random), now_(now) {
  header.body.vault = vault;
  header.body.store_name = store_name(header.body.epoch);
  header.body.audit_key = must(new_sealing_key(random)).public_key;
  header.author = root.keys.signing();
  admit(root);
}

void MadeHeader::admit(const Person& person) {
  add_row(person);
  add_grants(person);
}

void MadeHeader::add_row(const Person& person) {
  header.body.roster.rows.push_back(
      {person.id, person.keys.signing(), person.keys.sealing(), person.role, 1, false, 0, {}});
}

void MadeHeader::add_grants(const Person& person) {
  HeaderBody& body = header.body;
  const ByteArray<kKeySize> other_key{std::byte{7}};
  body.vault_key_grants.push_back(
      {person.id, grant(person, GrantKind::vault_key, body.epoch, vault_key.bytes.expose())});
  if (person.role != Role::admin) return;
  body.admin_grants.push_back({person.id, grant(person, GrantKind::fingerprint_key, 1, other_key),
                               grant(person, GrantKind::audit_secret, body.audit_key_number, other_key)});
}

Slot& MadeHeader::add_slot(const Person& person, const std::string& name, const Factors& factors,
                           const SigningPublicKey& pinned_root) {
  const SlotPayload payload{{SecretBuffer::copy(person.seed.bytes.expose())}, pinned_root};
  const auto id = must(random_id<SlotId>(random_));
  header.slots.push_back(must(seal_slot(header.body.vault, person.id, person.keys, payload, name, factors,
                                        header.slots.size() + 1, id, now_, random_)));
  return header.slots.back();
}

void MadeHeader::succeed(const IdentityKeys& from, const IdentityKeys& to) {
  Succession link{from.signing(), to.signing(), {}};
  link.signature = from.sign(SignedType::succession, header.body.vault, encode_succession(link));
  header.body.successions.push_back(link);
}

void MadeHeader::sign_list(const IdentityKeys& by) {
  Roster& roster = header.body.roster;
  roster.admin_signature = by.sign(SignedType::admin_list, header.body.vault, encode_admin_list(roster));
}

void MadeHeader::sign_body(const IdentityKeys& by) {
  header.author = by.signing();
  header.body_bytes = encode(header.body);
  header.body_signature = by.sign(SignedType::body, header.body.vault, header.body_bytes);
}

void MadeHeader::mac() { header.mac = header_mac(vault_key, header); }

Bytes MadeHeader::finished() {
  sign_list(root.keys);
  sign_body(root.keys);
  mac();
  return encode(header);
}

Grant MadeHeader::grant(const Person& to, GrantKind kind, std::uint64_t generation, ByteView key) {
  return must(seal_grant(to.keys.sealing(), header.body.vault, {kind, {}, generation}, key, random_));
}

}  // namespace vault

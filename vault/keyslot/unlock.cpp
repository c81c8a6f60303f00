#include "vault/keyslot/unlock.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include "vault/keyslot/passphrase.hpp"

namespace vault {
namespace {

constexpr int kMostArgon2Runs = 4;
constexpr std::size_t kLeastIdPrefix = 4;

Error damaged(std::string_view what) {
  return {Errc::corrupt, fmt::format("the vault's header was tampered with: {}", what)};
}

GrantContext vault_key_context(const HeaderBody& body) { return {GrantKind::vault_key, {}, body.epoch}; }

Status verify_roster(const Header& header, const SigningPublicKey& pinned_root) {
  const HeaderBody& body = header.body;
  auto root = current_root(body, pinned_root);
  if (!root) return root.error();
  if (!verify(SignedType::admin_list, body.vault, encode_admin_list(body.roster), *root, body.roster.admin_signature)) {
    return damaged("the list of admins is not signed by the root admin");
  }
  const bool open_admin = std::ranges::any_of(body.roster.rows, [&](const RosterRow& row) {
    return row.role == Role::admin && !row.closed && row.signing == header.author;
  });
  if (!open_admin) return damaged("its author is not an admin");
  if (!verify(SignedType::body, body.vault, header.body_bytes, header.author, header.body_signature)) {
    return damaged("its body is not signed by its author");
  }
  return {};
}

Status verify_signatures(const Header& header, const SigningPublicKey& pinned_root, const IdentityId& identity,
                         const IdentityKeys& keys) {
  const HeaderBody& body = header.body;
  if (auto roster = verify_roster(header, pinned_root); !roster) return roster;
  const RosterRow* row = body.roster.open_row(identity);
  if (row == nullptr || row->signing != keys.signing() || row->sealing != keys.sealing()) {
    return damaged("the roster does not have this identity");
  }
  for (const Slot& slot : header.slots) {
    if (slot.identity != identity) continue;
    if (!verify(SignedType::slot, body.vault, encode_signed_slot(slot), keys.signing(), slot.signature)) {
      return damaged("a slot of this identity is not signed by it");
    }
  }
  return {};
}

Status verify_mac(const Header& header, const VaultKey& key) {
  Digest mac = header_mac(key, header);
  if (sodium_memcmp(mac.data(), header.mac.data(), mac.size()) != 0) return damaged("its MAC is wrong");
  return {};
}

Result<VaultKey> open_vault_key(const HeaderBody& body, const IdentityId& identity, const IdentityKeys& keys) {
  auto grant = std::ranges::find(body.vault_key_grants, identity, &VaultKeyGrant::identity);
  if (grant == body.vault_key_grants.end()) return damaged("this identity has no vault key");
  auto key = open_grant(keys, body.vault, vault_key_context(body), grant->grant);
  if (!key) return damaged("the vault key of this identity does not open");
  return VaultKey{std::move(*key)};
}

// Slots without a passphrase first: they cost nothing to try.
std::vector<const Slot*> in_trying_order(const Header& header, const Factors& offered) {
  std::vector<const Slot*> slots;
  for (bool passphrase : {false, true}) {
    for (const Slot& slot : header.slots) {
      if (needs_passphrase(slot) == passphrase && can_try(slot, offered)) slots.push_back(&slot);
    }
  }
  return slots;
}

std::string needs(const Slot& slot) {
  std::string text;
  for (const SlotFactor& factor : slot.factors) {
    if (!text.empty()) text += " and ";
    text += factor.type == FactorType::passphrase ? "a passphrase" : fmt::format("a {}", name(factor.type));
  }
  return text;
}

struct Opened {
  const Slot* slot;
  SlotPayload payload;
};

// The slots that open without a passphrase, or whose cost this machine and our policy allow.
std::string slots_that_fit(const Header& header, const KdfLimits& limits) {
  std::string names;
  for (const Slot& slot : header.slots) {
    const bool fits = std::ranges::all_of(slot.factors, [&](const SlotFactor& factor) {
      if (factor.type != FactorType::passphrase) return true;
      auto parameters = decode_passphrase_parameters(factor.parameters);
      return parameters && check_open(parameters->kdf, limits);
    });
    if (fits) names += fmt::format("{}'{}'", names.empty() ? "" : ", ", slot.name);
  }
  return names.empty() ? "no slot fits here" : "slots that fit: " + names;
}

Result<Opened> open_first(const Header& header, const std::vector<const Slot*>& slots, const Factors& offered,
                          const KdfLimits& limits) {
  int runs = kMostArgon2Runs;
  std::size_t untried = 0;
  std::optional<Error> refused;  // a slot that this machine or our policy cannot try must not hide another that opens
  for (const Slot* slot : slots) {
    if (needs_passphrase(*slot) && runs <= 0) {
      ++untried;
      continue;
    }
    auto payload = open_slot(header.body.vault, *slot, offered, runs);
    if (payload && *payload) return Opened{slot, std::move(**payload)};
    if (!payload && !refused) refused = payload.error();
    if (payload && runs < 0) ++untried;  // with some of the passphrases only
  }
  if (refused && refused->code == Errc::limit) refused->message += "; " + slots_that_fit(header, limits);
  if (refused) return *refused;
  std::string rest = untried == 0 ? "" : fmt::format(" ({} slots were not tried: name yours with --slot)", untried);
  return Error{Errc::wrong_key, fmt::format("unlock: no slot opens with what was given{}", rest)};
}

}  // namespace

Result<SigningPublicKey> current_root(const HeaderBody& body, SigningPublicKey root) {
  for (const Succession& link : body.successions) {
    if (link.from != root) continue;
    if (!verify(SignedType::succession, body.vault, encode_succession(link), root, link.signature)) {
      return damaged("a succession of root admins is not signed by the old one");
    }
    root = link.to;
  }
  return root;
}

Result<const Slot*> find_slot(const Header& header, std::string_view name_or_id) {
  std::vector<const Slot*> found;
  for (const Slot& slot : header.slots) {
    if (slot.name == name_or_id) return &slot;
    const bool prefix = name_or_id.size() >= kLeastIdPrefix && to_hex(slot.id.bytes).starts_with(name_or_id);
    if (prefix) found.push_back(&slot);
  }
  if (found.size() == 1) return found.front();
  if (found.empty())
    return Error{Errc::not_found, fmt::format("no slot '{}'; 'vault slot list' shows them", name_or_id)};
  return Error{Errc::usage, fmt::format("'{}' begins the ids of {} slots; give more of it", name_or_id, found.size())};
}

Status adopt(const Header& header, Unlocked& self) {
  const HeaderBody& body = header.body;
  if (auto signs = verify_signatures(header, self.root_admin, self.identity, self.keys); !signs) return signs;
  auto root = current_root(body, self.root_admin);
  if (!root) return root.error();
  auto vault_key = open_vault_key(body, self.identity, self.keys);
  if (!vault_key) return vault_key.error();
  if (auto mac = verify_mac(header, *vault_key); !mac) return mac;
  self.role = body.roster.open_row(self.identity)->role;
  self.root_admin = *root;
  self.vault_key = std::move(*vault_key);
  return {};
}

Standing standing_in(const Header& header, const Unlocked& self) {
  const Roster& roster = header.body.roster;
  auto row = std::ranges::find(roster.rows, self.keys.signing(), &RosterRow::signing);
  const bool is_closed = row != roster.rows.end() && row->id == self.identity && row->closed;
  if (!is_closed || !verify_roster(header, self.root_admin)) return Standing::member;
  return roster.open_row(self.identity) == nullptr ? Standing::removed : Standing::replaced;
}

Result<Unlocked> unlock(const Header& header, const Factors& offered, std::string_view slot_name,
                        const KdfLimits& limits) {
  const HeaderBody& body = header.body;
  std::vector<const Slot*> slots = in_trying_order(header, offered);
  if (!slot_name.empty()) {
    auto slot = find_slot(header, slot_name);
    if (!slot) return slot.error();
    if (!can_try(**slot, offered)) {
      return Error{Errc::wrong_key, fmt::format("unlock: slot '{}' needs {}", (*slot)->name, needs(**slot))};
    }
    slots = {*slot};
  }
  if (slots.empty())
    return Error{Errc::wrong_key,
                 "unlock: no slot takes the factors that were given; 'vault slot list' shows what each needs"};
  auto opened = open_first(header, slots, offered, limits);
  if (!opened) return opened.error();

  IdentityKeys keys(opened->payload.seed, body.vault);
  const IdentityId identity = opened->slot->identity;
  const SigningPublicKey root = opened->payload.root_admin;
  if (auto signs = verify_signatures(header, root, identity, keys); !signs) return signs.error();
  auto vault_key = open_vault_key(body, identity, keys);
  if (!vault_key) return vault_key.error();
  if (auto mac = verify_mac(header, *vault_key); !mac) return mac.error();
  return Unlocked{opened->slot->id,
                  identity,
                  body.roster.open_row(identity)->role,
                  std::move(opened->payload.seed),
                  std::move(keys),
                  *current_root(body, root),
                  std::move(*vault_key)};
}

namespace {

const AdminGrants* own_admin_grants(const Header& header, const Unlocked& self) {
  const auto& all = header.body.admin_grants;
  auto own = std::ranges::find(all, self.identity, &AdminGrants::identity);
  return own == all.end() ? nullptr : &*own;
}

}  // namespace

std::optional<FingerprintKey> open_fingerprint_key(const Header& header, const Unlocked& self) {
  const AdminGrants* grants = own_admin_grants(header, self);
  if (grants == nullptr) return std::nullopt;
  auto key = open_grant(self.keys, header.body.vault, {GrantKind::fingerprint_key, {}, 1}, grants->fingerprint_key);
  return key ? std::optional(FingerprintKey{std::move(*key)}) : std::nullopt;
}

std::optional<AuditSecretKey> open_audit_key(const Header& header, const Unlocked& self) {
  const AdminGrants* grants = own_admin_grants(header, self);
  if (grants == nullptr) return std::nullopt;
  auto key = open_grant(self.keys, header.body.vault, {GrantKind::audit_secret, {}, header.body.audit_key_number},
                        grants->audit_secret);
  return key ? std::optional(AuditSecretKey{std::move(*key)}) : std::nullopt;
}

}  // namespace vault

#pragma once

#include "tests/support/world.hpp"
#include "vault/keyslot/header_file.hpp"
#include "vault/keyslot/keyslot.hpp"

namespace vault {

// Somebody in a vault that exists as a header only.
struct Person {
  Person(Random& random, const VaultId& vault, Role its_role);
  Person(const IdentityId& same, Random& random, const VaultId& vault, Role its_role);  // with new keys

  IdentityId id;
  IdentitySeed seed;
  IdentityKeys keys;
  Role role;
};

// A header made by hand, so that any part of it can be wrong while all others are right. One admin, the root, is in it from the start.
class MadeHeader {
 public:
  MadeHeader(Random& random, Time now);

  Person person(Role role) { return {random_, header.body.vault, role}; }
  void admit(const Person& person);  // a roster row, and the grants of its role
  void add_row(const Person& person);
  void add_grants(const Person& person);
  // Sealed and signed by `person`, who believes in `pinned_root`.
  Slot& add_slot(const Person& person, const std::string& name, const Factors& factors,
                 const SigningPublicKey& pinned_root);
  Slot& add_slot(const Person& person, const std::string& name, const Factors& factors) {
    return add_slot(person, name, factors, root.keys.signing());
  }
  void succeed(const IdentityKeys& from, const IdentityKeys& to);

  void sign_list(const IdentityKeys& by);
  void sign_body(const IdentityKeys& by);  // encodes it first
  void mac();
  // All of it, by the root.
  Bytes finished();

  Header header;
  Person root;
  VaultKey vault_key;

 private:
  MadeHeader(Random& random, Time now, const VaultId& vault);
  Grant grant(const Person& to, GrantKind kind, std::uint64_t generation, ByteView key);
  Random& random_;
  Time now_;
};

}  // namespace vault

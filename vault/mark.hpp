#pragma once

#include "vault/keyslot/unlock.hpp"
#include "vault/store/record_store.hpp"
#include "vault/vault.hpp"

namespace vault {

// The high-water mark: what this machine has seen of a vault, kept outside of it, so that an older copy of the whole vault is
// noticed. `<state directory>/<vault id>/<identity id>`, under a MAC by the identity's seed (docs/FORMAT.md section 11).
struct Mark {
  VaultId vault;
  IdentityId identity;
  SigningPublicKey key;         // of the identity; it changes when its secret leaked
  SigningPublicKey root_admin;  // today's
  std::uint64_t body_sequence = 0;
  std::uint64_t list_sequence = 0;
  std::map<SlotId, std::uint64_t> counters;  // of the identity's own slots; kGone for those that were removed
  Seen seen;
  bool operator==(const Mark&) const = default;

  static constexpr std::uint64_t kGone = ~std::uint64_t{0};
};

Bytes encode(const Mark& mark, const IdentitySeed& seed);

// What `header` and the seen state come to, for this identity. Slots that were there `before` are remembered as gone.
Mark mark_of(const Header& header, const Unlocked& self, const Seen& seen, const std::optional<Mark>& before = {});

struct FoundMark {
  std::optional<Mark> mark;
  RollbackGuard guard;
};

// Reads this identity's mark. Without one, or without a place for one, `guard` says so. Errors: stale (it was changed by somebody else).
Result<FoundMark> read_mark(const Platform& platform, const Header& header, const Unlocked& self);

// Whether a header is as new as the mark: its sequences and the own slots, which an accepted rollback may set back; and its list of admins and
// root admin, which nothing sets back. Errors: stale; corrupt (a part of it is older, and the whole is not).
Status check_header_age(const Mark& mark, const Header& header, const Unlocked& self);
Status check_admins_age(const Mark& mark, const Header& header, const Unlocked& self);
// Both. Without a mark, every header is as new.
Status check_age(const std::optional<Mark>& mark, const Header& header, const Unlocked& self);

// Replaces the mark; what another process has written there by now is never set back, but for an accepted rollback; `guard` says afterwards how it went. No error: a machine that cannot keep a mark
// still reads its vault.
void write_mark(const Platform& platform, const Mark& mark, const IdentitySeed& seed, RollbackGuard& guard);

}  // namespace vault

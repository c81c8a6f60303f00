#pragma once

#include "vault/keyslot/header.hpp"

namespace vault {

// Makes a slot that opens with all of `factors` and wraps `payload`. Errors: usage (no factor, two passphrases), and those of
// Factor::new_parameters.
Result<Slot> seal_slot(const VaultId& vault, const IdentityId& identity, const IdentityKeys& keys,
                       const SlotPayload& payload, const std::string& name, const Factors& factors,
                       std::uint64_t counter, const SlotId& id, Time now, Random& random);

// Tries the offered factors on one slot: every combination that gives each of the slot's factors something of its type. Nothing when none opens
// it. At most `argon2_runs` derivations are spent; the rest is left in it, negative when there were not enough. `used`: gets the factors that opened it. Errors: those of Factor::output; unsupported (it opens, but what it
// holds is of a newer version).
Result<std::optional<SlotPayload>> open_slot(const VaultId& vault, const Slot& slot, const Factors& offered,
                                             int& argon2_runs, Factors* used = nullptr);

// Whether the offered factors have one of each type that the slot needs.
bool can_try(const Slot& slot, const Factors& offered);
bool needs_passphrase(const Slot& slot);

}  // namespace vault

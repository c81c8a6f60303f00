#pragma once

#include "capi/arguments.hpp"
#include "vault/keyslot/recovery_code.hpp"

namespace vault::capi {

// The factors that the caller offers to open what exists; perhaps none. Errors: usage, denied, internal.
Result<Factors> factors_of(const vault_unlock_options& options);

// One more, from the caller's callback. Errors: usage, internal; what the callback returned.
Result<std::shared_ptr<const Factor>> asked_passphrase(const vault_unlock_options& options);

// The factors of a new slot, one or more, with what is made for it: a key file that is not there, a recovery code.
struct NewFactors {
  Factors factors;
  std::shared_ptr<const RecoveryCodeFactor> recovery_code;
};
// Errors: usage, denied, limit, internal.
Result<NewFactors> new_factors(const vault_slot_options& options);

// How a function with a new slot begins: `out` is where its caller wants the recovery code.
Status recovery_place(const vault_slot_options& options, vault_secret* const* out);
// The recovery code as its caller gets it; null where there is none. Made before the slot is, for it must not be lost for want of memory.
std::unique_ptr<vault_secret> recovery_secret(const NewFactors& made);

std::string slot_name(const vault_slot_options& options);

}  // namespace vault::capi

#pragma once

#include "vault/crypto/kdf.hpp"
#include "vault/crypto/keys.hpp"
#include "vault/keyslot/factor.hpp"

namespace vault {

// What a passphrase slot stores: Argon2id's costs and 16 salt bytes, fresh at each change.
struct PassphraseParameters {
  KdfParameters kdf;
  ByteArray<16> salt{};
};
Bytes encode(const PassphraseParameters& parameters);
std::optional<PassphraseParameters> decode_passphrase_parameters(ByteView bytes);  // nothing beyond the ceiling

// A passphrase: bytes as given, 1 to 1,024, never normalised.
class PassphraseFactor final : public Factor {
 public:
  // `for_new_slots` are the costs new_parameters() writes. Errors: usage (empty, too long).
  static Result<std::shared_ptr<const Factor>> make(SecretBuffer passphrase, Kdf& kdf, const KdfLimits& limits,
                                                    const KdfParameters& for_new_slots = {});

  FactorType type() const override { return FactorType::passphrase; }
  Result<SecretBuffer> output(ByteView parameters) const override;
  Result<Bytes> new_parameters(Random& random) const override;
  std::shared_ptr<const Factor> at_costs_of(ByteView parameters) const override;

 private:
  PassphraseFactor(SecretBuffer passphrase, Kdf& kdf, const KdfLimits& limits, const KdfParameters& for_new_slots);
  SecretBuffer passphrase_;
  Kdf& kdf_;
  KdfLimits limits_;
  KdfParameters for_new_slots_;
};

}  // namespace vault

#pragma once

#include "vault/keyslot/factor.hpp"

namespace vault {

// A recovery code: 160 random bits as 32 symbols of Crockford's base32 in groups of four and a check symbol, to be kept on paper. Nothing is
// there to be guessed: such a slot opens without Argon2.
class RecoveryCodeFactor final : public Factor {
 public:
  // From what a person typed: capitals or not, hyphens and spaces anywhere, I and L for 1, O for 0. Errors: usage (a character that no code
  // has, too few or too many of them, a check symbol that does not fit); a message never shows any of it.
  static Result<std::shared_ptr<const RecoveryCodeFactor>> parse(ByteView typed);
  // A new one. Errors: internal.
  static Result<std::shared_ptr<const RecoveryCodeFactor>> create(Random& random);

  // The code as it is shown, 41 characters: "9ZSM-...-4WKA-X".
  SecretBuffer text() const;

  FactorType type() const override { return FactorType::recovery_code; }
  Result<SecretBuffer> output(ByteView parameters) const override;
  Result<Bytes> new_parameters(Random&) const override { return Bytes{}; }

 private:
  explicit RecoveryCodeFactor(SecretBuffer bits) : bits_(std::move(bits)) {}
  SecretBuffer bits_;
};

}  // namespace vault

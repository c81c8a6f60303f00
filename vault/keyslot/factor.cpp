#include "vault/keyslot/factor.hpp"

#include "vault/keyslot/passphrase.hpp"

namespace vault {

std::string_view name(FactorType type) noexcept {
  switch (type) {
    case FactorType::passphrase: return "passphrase";
    case FactorType::key_file: return "key file";
    case FactorType::recovery_code: return "recovery code";
    case FactorType::systemd_credential: return "systemd credential";
  }
  return "factor of a newer version";
}

bool Factor::fits(FactorType wanted) const noexcept {
  const bool same_content = type() == FactorType::systemd_credential && wanted == FactorType::key_file;
  return type() == wanted || same_content;
}

bool valid_parameters(FactorType type, ByteView parameters) noexcept {
  switch (type) {
    case FactorType::passphrase: return decode_passphrase_parameters(parameters).has_value();
    case FactorType::key_file:
    case FactorType::recovery_code:
    case FactorType::systemd_credential: return parameters.empty();
  }
  return true;
}

}  // namespace vault

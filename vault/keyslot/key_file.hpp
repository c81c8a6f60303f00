#pragma once

#include "vault/base/file.hpp"
#include "vault/keyslot/factor.hpp"

namespace vault {

// A key file holds one line: `vault-keyfile-1 <base64 of 32 bytes> <8 hex digits: CRC-32 of the 32 bytes>`, mode 0600. 32 random bytes
// need no stretching: such a slot opens without Argon2. A systemd credential has the same content.
class KeyFileFactor final : public Factor {
 public:
  // Reads a key file. Errors: not_found, usage (not one of ours, or cut), denied (open to others), internal.
  static Result<std::shared_ptr<const Factor>> read(Files& files, const fs::path& path,
                                                    FactorType type = FactorType::key_file);
  // From the file's content.
  static Result<std::shared_ptr<const Factor>> parse(ByteView content, FactorType type = FactorType::key_file);
  // Writes a new key file. Errors: conflict (a file is there already), internal.
  static Result<std::shared_ptr<const Factor>> create(Files& files, Random& random, const fs::path& path);

  FactorType type() const override { return type_; }
  Result<SecretBuffer> output(ByteView parameters) const override;
  Result<Bytes> new_parameters(Random&) const override { return Bytes{}; }

 private:
  KeyFileFactor(FactorType type, SecretBuffer key) : type_(type), key_(std::move(key)) {}
  FactorType type_;
  SecretBuffer key_;
};

}  // namespace vault

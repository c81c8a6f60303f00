#pragma once

#include "vault/cli/context.hpp"

namespace vault::cli {

// The factors of a slot to be, from options or a prompt. In this order, with the vault opened after the first step.
class NewFactors {
 public:
  NewFactors(Context& context, const NewFactorOptions& options) : context_(context), options_(options) {}

  // Descriptors and files. Errors: usage.
  Status read();
  // A passphrase from the terminal, where no option named a factor. Errors: locked (nobody to ask), cancelled, usage.
  Status ask();
  // Chooses Argon2id's costs, and makes or reads the key file. Errors: usage, denied, limit, internal.
  Result<Factors> make();

  const std::optional<KdfChoice>& kdf() const { return kdf_; }  // after make(), where there is a passphrase
  bool key_file_made() const { return key_file_made_; }
  std::string kdf_sentence() const;

 private:
  Result<KdfChoice> choose_kdf() const;
  Result<std::shared_ptr<const Factor>> key_file();

  Context& context_;
  const NewFactorOptions& options_;
  std::optional<SecretBuffer> passphrase_;
  std::optional<KdfChoice> kdf_;
  bool key_file_made_ = false;
};

}  // namespace vault::cli

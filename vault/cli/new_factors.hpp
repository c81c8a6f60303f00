#pragma once

#include "vault/cli/context.hpp"
#include "vault/cli/recovery_output.hpp"

namespace vault::cli {

// The factors of a slot to be, from options or a prompt. In this order, with the vault opened after the first step.
class NewFactors {
 public:
  NewFactors(Context& context, const NewFactorOptions& options) : context_(context), options_(options) {}

  // Descriptors and files. Errors: usage, locked (nowhere to show a recovery code).
  Status read();
  // A passphrase from the terminal, where no option named a factor. Errors: locked (nobody to ask), cancelled, usage.
  Status ask();
  // Chooses Argon2id's costs, makes or reads the key file, draws the recovery code. Errors: usage, denied, limit, internal.
  Result<Factors> make();
  // Hands out the recovery code, if there is one. Errors: internal.
  Status show_recovery(const fs::path& dir);

  const std::optional<KdfChoice>& kdf() const { return kdf_; }  // after make(), where there is a passphrase
  bool key_file_made() const { return key_file_made_; }
  std::string kdf_sentence() const;
  std::string recovery_sentence() const { return recovery_output_->sentence(); }  // where there is a recovery code

 private:
  Status read_recovery();
  Result<KdfChoice> choose_kdf() const;
  Result<std::shared_ptr<const Factor>> key_file();

  Context& context_;
  const NewFactorOptions& options_;
  std::optional<SecretBuffer> passphrase_;
  std::optional<KdfChoice> kdf_;
  std::optional<RecoveryOutput> recovery_output_;
  std::shared_ptr<const RecoveryCodeFactor> recovery_;
  bool key_file_made_ = false;
};

// How long a try of a passphrase shall take: --unlock-time, or 500 ms. Errors: usage, limit.
Result<std::chrono::milliseconds> unlock_time(const std::optional<std::string>& given);

}  // namespace vault::cli

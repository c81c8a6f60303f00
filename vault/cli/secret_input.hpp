#pragma once

#include <string_view>
#include <vector>

#include "vault/base/file.hpp"
#include "vault/base/secret_buffer.hpp"

namespace vault::cli {

// Secrets on their way in: from a descriptor or a file straight into locked memory, never more than is allowed.
class SecretInput {
 public:
  // Everything up to the end of the descriptor. `what` names the secret in messages. A descriptor gives one secret only.
  // Errors: usage (closed, a terminal, asked for twice), limit (more than `max` bytes and a newline), internal.
  Result<SecretBuffer> descriptor(int fd, std::string_view what, std::size_t max);

  // That a secret may come from there: nothing else was read from it, and it shows nothing on a terminal. Errors: usage.
  Status claim(int fd, std::string_view what);

  // A passphrase, without its newline. Errors: usage (the descriptor, empty, too long), not_found, internal.
  Result<SecretBuffer> passphrase_descriptor(int fd);
  Result<SecretBuffer> passphrase_file(Files& files, const fs::path& path);
  // What may be a recovery code, without its newline. Errors: as above.
  Result<SecretBuffer> recovery_descriptor(int fd);

 private:
  std::vector<int> used_;
};

void strip_newline(SecretBuffer& secret);  // one, at the end

}  // namespace vault::cli

#pragma once

#include "vault/cli/context.hpp"
#include "vault/cli/terminal.hpp"
#include "vault/keyslot/recovery_code.hpp"

namespace vault::cli {

// Where a new recovery code goes, once: to a descriptor of the caller's, or to the person at the terminal; never to stdout or stderr, which
// end up in logs.
class RecoveryOutput {
 public:
  // Nothing where there is neither. To be asked before any file is opened: a descriptor of ours is none of the caller's. Errors: usage.
  static Result<std::optional<RecoveryOutput>> find(const Context& context, const std::optional<std::uint32_t>& fd);

  // Errors: internal (not all of it was written).
  Status show(const RecoveryCodeFactor& code, const fs::path& dir);
  std::string sentence() const;  // where it went

 private:
  RecoveryOutput(int fd, std::optional<Terminal> terminal) : fd_(fd), terminal_(std::move(terminal)) {}
  int fd_;
  std::optional<Terminal> terminal_;
};

}  // namespace vault::cli

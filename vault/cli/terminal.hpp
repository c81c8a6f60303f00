#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "vault/base/result.hpp"
#include "vault/base/secret_buffer.hpp"

namespace vault::cli {

bool is_terminal(int fd);
std::size_t terminal_width(int fd);  // in columns; 80 where that is not known
bool wants_colour(int fd);           // a terminal, no NO_COLOR, TERM not "dumb"

// The person at /dev/tty, whatever stdin and stdout are.
class Terminal {
 public:
  // Nothing where the process has no terminal.
  static std::optional<Terminal> open();
  ~Terminal();
  Terminal(Terminal&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Terminal& operator=(Terminal&&) = delete;

  // One line, not shown while it is typed, without its newline. The terminal is as before afterwards, also after a signal.
  // Errors: cancelled (Ctrl-C, Ctrl-D, a signal), usage (longer than `max`, or several lines were pasted).
  Result<SecretBuffer> read_secret(std::string_view prompt, std::size_t max);

  // A new passphrase, asked for twice; up to three times. Errors: those of read_secret, usage.
  Result<SecretBuffer> read_new_passphrase(std::string_view prompt);

  // y or n; Enter is no. Errors: cancelled.
  Result<bool> confirm(std::string_view question);

  void say(std::string_view text);
  // Shows a secret to the person. Errors: internal (not all of it was shown).
  Status show(const SecretBuffer& secret);

 private:
  explicit Terminal(int fd) : fd_(fd) {}
  bool write(ByteView bytes);
  int fd_;
};

}  // namespace vault::cli

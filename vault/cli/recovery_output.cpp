#include "vault/cli/recovery_output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

Status check_descriptor(int fd) {
  if (fd <= STDERR_FILENO) {
    return Error{Errc::usage,
                 "--recovery-out-fd takes a descriptor of its own, 3 or above: what goes to the standard "
                 "output and the standard error is often kept"};
  }
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags == -1 || (flags & O_ACCMODE) == O_RDONLY)
    return Error{Errc::usage, fmt::format("--recovery-out-fd: descriptor {} is not open for writing", fd)};
  return {};
}

SecretBuffer line_of(const SecretBuffer& text) {
  SecretBuffer line(text.size() + 1);
  std::ranges::copy(text.expose(), line.expose_for_writing().begin());
  line.expose_for_writing().back() = std::byte{'\n'};
  return line;
}

Status write_to(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0)
      return Error{Errc::internal, fmt::format("cannot write to descriptor {}: {}", fd, std::strerror(errno))};
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

}  // namespace

Result<std::optional<RecoveryOutput>> RecoveryOutput::find(const Context& context,
                                                           const std::optional<std::uint32_t>& fd) {
  if (fd) {
    if (auto usable = check_descriptor(static_cast<int>(*fd)); !usable) return usable.error();
    return std::optional(RecoveryOutput(static_cast<int>(*fd), std::nullopt));
  }
  auto terminal = context.global.no_prompt ? std::nullopt : Terminal::open();
  if (!terminal) return std::optional<RecoveryOutput>{};
  return std::optional(RecoveryOutput(-1, std::move(terminal)));
}

Status RecoveryOutput::show(const RecoveryCodeFactor& code, const fs::path& dir) {
  const SecretBuffer line = line_of(code.text());
  if (!terminal_) return write_to(fd_, line.expose());
  terminal_->say(fmt::format("\nThe recovery code of {}, shown this once:\n\n    ", printable(dir.string())));
  if (auto shown = terminal_->show(line); !shown) return shown;
  terminal_->say("\nWrite it down, and keep it where the vault is not. 'vault get LABEL --slot NAME' asks for it.\n\n");
  return {};
}

std::string RecoveryOutput::sentence() const {
  return terminal_ ? "it was shown on the terminal" : fmt::format("it was written to descriptor {}", fd_);
}

}  // namespace vault::cli

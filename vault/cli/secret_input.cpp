#include "vault/cli/secret_input.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "vault/base/limits.hpp"
#include "vault/cli/terminal.hpp"

namespace vault::cli {
namespace {

constexpr std::size_t kFirstRead = 4096;

void grow(SecretBuffer& buffer, std::size_t size) {
  SecretBuffer larger(size);
  std::ranges::copy(buffer.expose(), larger.expose_for_writing().begin());
  buffer = std::move(larger);
}

std::string source(int fd) { return fd == STDIN_FILENO ? "the standard input" : fmt::format("descriptor {}", fd); }

Result<SecretBuffer> checked_passphrase(Result<SecretBuffer> read, std::string_view where) {
  if (!read) {
    if (read.error().code != Errc::limit) return read;
    return Error{Errc::usage,
                 fmt::format("the passphrase in {} is longer than {} bytes", where, limits::passphrase_bytes)};
  }
  strip_newline(*read);
  if (read->empty()) return Error{Errc::usage, fmt::format("the passphrase in {} is empty", where)};
  if (read->size() > limits::passphrase_bytes) {
    return Error{Errc::usage,
                 fmt::format("the passphrase in {} is longer than {} bytes", where, limits::passphrase_bytes)};
  }
  return read;
}

}  // namespace

void strip_newline(SecretBuffer& secret) {
  if (!secret.empty() && secret.expose().back() == std::byte{'\n'}) secret.truncate(secret.size() - 1);
}

Status SecretInput::claim(int fd, std::string_view what) {
  if (std::ranges::find(used_, fd) != used_.end()) {
    return Error{Errc::usage, fmt::format("{} cannot give {} too: it was read to its end", source(fd), what)};
  }
  used_.push_back(fd);
  if (is_terminal(fd)) {
    return Error{Errc::usage, fmt::format("{} would be shown while it is typed: {} is a terminal", what, source(fd))};
  }
  return {};
}

Result<SecretBuffer> SecretInput::descriptor(int fd, std::string_view what, std::size_t max) {
  if (auto claimed = claim(fd, what); !claimed) return claimed.error();
  const std::size_t most = max + 2;  // a newline, and one byte to see that there is more
  SecretBuffer secret(std::min(most, kFirstRead));
  std::size_t size = 0;
  while (size < most) {
    if (size == secret.size()) grow(secret, std::min(most, 4 * size));
    auto rest = secret.expose_for_writing().subspan(size);
    ssize_t got = ::read(fd, rest.data(), rest.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Error{errno == EBADF ? Errc::usage : Errc::internal,
                   fmt::format("cannot read {} from {}: {}", what, source(fd), std::strerror(errno))};
    }
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  secret.truncate(size);
  const bool newline = size > 0 && secret.expose().back() == std::byte{'\n'};
  if (size > max + (newline ? 1 : 0)) return Error{Errc::limit, fmt::format("{} is longer than {} bytes", what, max)};
  return secret;
}

Result<SecretBuffer> SecretInput::passphrase_descriptor(int fd) {
  return checked_passphrase(descriptor(fd, "the passphrase", limits::passphrase_bytes), source(fd));
}

Result<SecretBuffer> SecretInput::recovery_descriptor(int fd) {
  auto code = descriptor(fd, "the recovery code", limits::recovery_code_bytes);
  if (!code && code.error().code == Errc::limit) return Error{Errc::usage, code.error().message};
  if (code) strip_newline(*code);
  return code;
}

Result<SecretBuffer> SecretInput::passphrase_file(Files& files, const fs::path& path) {
  return checked_passphrase(read_secret_file(files, path, limits::passphrase_bytes + 1), path.string());
}

}  // namespace vault::cli

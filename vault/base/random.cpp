#include "vault/base/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstring>

namespace vault {

Status SystemRandom::fill(std::span<std::byte> out) {
  while (!out.empty()) {
    ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Error{Errc::internal, std::string("random bytes: ") + std::strerror(errno)};
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

}  // namespace vault

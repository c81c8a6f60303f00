#include "vault/base/error.hpp"

namespace vault {

std::string_view name(Errc code) noexcept {
  switch (code) {
    case Errc::internal: return "internal";
    case Errc::usage: return "usage";
    case Errc::not_found: return "not_found";
    case Errc::locked: return "locked";
    case Errc::expired: return "expired";
    case Errc::expiring: return "expiring";
    case Errc::inactive: return "inactive";
    case Errc::denied: return "denied";
    case Errc::busy: return "busy";
    case Errc::wrong_key: return "wrong_key";
    case Errc::corrupt: return "corrupt";
    case Errc::audit_failed: return "audit_failed";
    case Errc::no_vault: return "no_vault";
    case Errc::conflict: return "conflict";
    case Errc::limit: return "limit";
    case Errc::unsupported: return "unsupported";
    case Errc::stale: return "stale";
    case Errc::cancelled: return "cancelled";
  }
  return "internal";
}

}  // namespace vault

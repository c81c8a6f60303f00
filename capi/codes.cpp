#include <algorithm>
#include <string_view>

#include "capi/guard.hpp"
#include "vault/model/text.hpp"

namespace vault::capi {
namespace {

constexpr std::size_t kMostMessage = 1024;
thread_local char last_error[kMostMessage] = "";

constexpr std::string_view kFeatures[] = {
    "passphrase",    "key-file", "recovery-code", "systemd-credential",
    "identities",    "rekey",    "clone",         "rollback-guard",
#ifndef NDEBUG
    "handle-checks",
#endif
};

}  // namespace

void copy_utf8(char* to, std::size_t capacity, std::string_view text) noexcept {
  std::size_t size = 0;
  while (!text.empty()) {
    const CodePoint next = first_code_point(text);
    if (size + next.size >= capacity) break;
    if (next.code_point < 0) {
      to[size] = '?';
    } else {
      std::memcpy(to + size, text.data(), next.size);
    }
    size += next.size;
    text.remove_prefix(next.size);
  }
  to[size] = '\0';
}

vault_code to_code(Errc code) noexcept {
  switch (code) {
    case Errc::internal: return VAULT_E_INTERNAL;
    case Errc::usage: return VAULT_E_USAGE;
    case Errc::not_found: return VAULT_E_NOT_FOUND;
    case Errc::locked: return VAULT_E_LOCKED;
    case Errc::expired: return VAULT_E_EXPIRED;
    case Errc::expiring: return VAULT_E_EXPIRING;
    case Errc::inactive: return VAULT_E_INACTIVE;
    case Errc::denied: return VAULT_E_DENIED;
    case Errc::busy: return VAULT_E_BUSY;
    case Errc::wrong_key: return VAULT_E_WRONG_KEY;
    case Errc::corrupt: return VAULT_E_CORRUPT;
    case Errc::audit_failed: return VAULT_E_AUDIT_FAILED;
    case Errc::no_vault: return VAULT_E_NO_VAULT;
    case Errc::conflict: return VAULT_E_CONFLICT;
    case Errc::limit: return VAULT_E_LIMIT;
    case Errc::unsupported: return VAULT_E_UNSUPPORTED;
    case Errc::stale: return VAULT_E_STALE;
    case Errc::cancelled: return VAULT_E_CANCELLED;
  }
  return VAULT_E_INTERNAL;
}

vault_code fail(Errc code, const char* message) noexcept {
  copy_text(last_error, message);
  return to_code(code);
}

vault_code keep_message(vault_code code, const char* message) noexcept {
  copy_text(last_error, message);
  return code;
}

vault_code fail(const Error& error) noexcept { return fail(error.code, error.message.c_str()); }

}  // namespace vault::capi

extern "C" {

const char* vault_version(void) { return VAULT_VERSION; }

int vault_supports(const char* feature) {
  if (feature == nullptr) return 0;
  return std::ranges::find(vault::capi::kFeatures, std::string_view(feature)) != std::end(vault::capi::kFeatures);
}

const char* vault_code_name(int code) {
  if (code == VAULT_OK) return "ok";
  if (code < VAULT_E_INTERNAL || code > VAULT_E_CANCELLED) return "unknown";
  return vault::name(static_cast<vault::Errc>(code)).data();  // literals, so they end with zero
}

const char* vault_last_error(void) { return vault::capi::last_error; }

}  // extern "C"

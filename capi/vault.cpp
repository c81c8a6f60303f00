#include "capi/vault.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "capi/guard.hpp"
#include "vault/base/limits.hpp"
#include "vault/crypto/init.hpp"
#include "vault/keyslot/key_file.hpp"
#include "vault/keyslot/passphrase.hpp"
#include "vault/vault.hpp"

struct vault_handle {
  vault::Vault vault;
};

struct vault_secret {
  vault::SecretBuffer bytes;
};

namespace vault::capi {
namespace {

constexpr std::chrono::milliseconds kUnlockTime{500};
constexpr const char* kFirstSlot = "first";
constexpr std::uint64_t kMostTtl = 100ULL * 366 * 24 * 3600;

Status required(const void* pointer, const char* what) {
  if (pointer != nullptr) return {};
  return Error{Errc::usage, std::string(what) + " is NULL"};
}

Result<std::shared_ptr<const Factor>> passphrase_factor(const vault_unlock_options& options,
                                                        const KdfParameters& for_new) {
  const Platform& platform = Platform::native();
  if (options.passphrase_size > limits::passphrase_bytes) return Error{Errc::usage, "the passphrase is too long"};
  ByteView bytes{static_cast<const std::byte*>(options.passphrase), options.passphrase_size};
  return PassphraseFactor::make(SecretBuffer::copy(bytes), platform.kdf, platform.limits, for_new);
}

Result<std::shared_ptr<const Factor>> new_passphrase_factor(const vault_unlock_options& options) {
  const Platform& platform = Platform::native();
  auto chosen = calibrate(platform.kdf, platform.limits, kUnlockTime);
  if (!chosen) return chosen.error();
  return passphrase_factor(options, chosen->parameters);
}

Result<std::shared_ptr<const Factor>> key_file_factor(const char* path, bool may_make) {
  const Platform& platform = Platform::native();
  auto known = KeyFileFactor::read(platform.files, path);
  if (known || known.error().code != Errc::not_found) return known;
  if (!may_make) return Error{Errc::usage, known.error().message};
  return KeyFileFactor::create(platform.files, platform.random, path);
}

Result<Factors> factors_of(const vault_unlock_options& options, bool is_new) {
  if (auto ready = init_crypto(); !ready) return ready.error();
  Factors factors;
  if (options.passphrase != nullptr) {
    auto factor = is_new ? new_passphrase_factor(options) : passphrase_factor(options, {});
    if (!factor) return factor.error();
    factors.push_back(*factor);
  }
  if (options.key_file != nullptr) {
    auto factor = key_file_factor(options.key_file, is_new);
    if (!factor) return factor.error();
    factors.push_back(*factor);
  }
  if (factors.empty()) return Error{Errc::usage, "options: a passphrase or a key file is needed"};
  return factors;
}

std::string text_or(const char* text, const char* otherwise) { return text == nullptr ? otherwise : text; }

Result<NewEntry> new_entry(const char* label_text, const void* secret, std::size_t size,
                           const vault_add_options& options) {
  auto label = Label::parse(label_text);
  if (!label) return label.error();
  NewEntry entry{*label};
  entry.issuer = text_or(options.issuer, "generic");
  entry.account = text_or(options.account, "default");
  entry.team = text_or(options.team, "default");
  if (size > limits::field_bytes) return Error{Errc::limit, "the secret is larger than 64 KiB"};
  if (options.scope_count > limits::scopes) return Error{Errc::limit, "at most 256 scopes"};
  std::vector<std::string> scopes;
  for (std::size_t i = 0; i < options.scope_count; ++i) {
    if (auto fine = required(options.scopes, "scopes"); !fine) return fine.error();
    if (auto fine = required(options.scopes[i], "a scope"); !fine) return fine.error();
    scopes.emplace_back(options.scopes[i]);
  }
  auto set = ScopeSet::make(std::move(scopes));
  if (!set) return set.error();
  entry.scopes = std::move(*set);
  if (options.expires_at != 0 && options.expires_at != VAULT_NEVER) {
    if (options.expires_at < 0 || Time(std::chrono::seconds(options.expires_at)) > kLastTime) {
      return Error{Errc::usage, "expires_at lies outside the years 1970 to 9999"};
    }
    entry.expires_at = Time(std::chrono::seconds(options.expires_at));
  }
  entry.fields.push_back({"token", true, SecretBuffer::copy({static_cast<const std::byte*>(secret), size})});
  return entry;
}

using Opener = Result<Vault> (*)(const char* dir, Factors factors, const char* slot);

vault_code open_with(const char* dir, const vault_unlock_options* given, vault_handle** out, bool is_new,
                     Opener opener) {
  return guard([&]() -> Status {
    if (auto fine = required(out, "vault"); !fine) return fine;
    *out = nullptr;
    if (auto fine = required(dir, "dir"); !fine) return fine;
    auto options = options_of(given);
    if (!options) return options.error();
    auto factors = factors_of(*options, is_new);
    if (!factors) return factors.error();
    auto vault = opener(dir, std::move(*factors), options->slot);
    if (!vault) return vault.error();
    *out = new vault_handle{std::move(*vault)};
    return {};
  });
}

}  // namespace
}  // namespace vault::capi

using namespace vault::capi;

extern "C" {

vault_code vault_create(const char* dir, const vault_unlock_options* options, vault_handle** vault) {
  return open_with(dir, options, vault, true, [](const char* at, vault::Factors factors, const char* slot) {
    return vault::Vault::create(at, {slot == nullptr ? kFirstSlot : slot, std::move(factors)});
  });
}

vault_code vault_open(const char* dir, const vault_unlock_options* options, vault_handle** vault) {
  return open_with(dir, options, vault, false, [](const char* at, vault::Factors factors, const char* slot) {
    return vault::Vault::open(at, {std::move(factors), slot == nullptr ? "" : slot});
  });
}

void vault_close(vault_handle* vault) { delete vault; }

vault_code vault_add(vault_handle* vault, const char* label, const void* secret, size_t size,
                     const vault_add_options* given) {
  return guard([&]() -> vault::Status {
    if (auto fine = required(vault, "vault"); !fine) return fine;
    if (auto fine = required(label, "label"); !fine) return fine;
    if (auto fine = required(secret, "secret"); !fine) return fine;
    auto options = options_of(given);
    if (!options) return options.error();
    auto entry = new_entry(label, secret, size, *options);
    if (!entry) return entry.error();
    auto receipt = vault->vault.add(std::move(*entry));
    if (!receipt) return receipt.error();
    return {};
  });
}

vault_code vault_get(const vault_handle* vault, const char* label, const vault_get_options* given,
                     vault_secret** secret) {
  return guard([&]() -> vault::Status {
    if (auto fine = required(secret, "secret"); !fine) return fine;
    *secret = nullptr;
    if (auto fine = required(vault, "vault"); !fine) return fine;
    if (auto fine = required(label, "label"); !fine) return fine;
    auto options = options_of(given);
    if (!options) return options.error();
    auto parsed = vault::Label::parse(label);
    if (!parsed) return parsed.error();
    vault::GetOptions wanted;
    wanted.field = text_or(options->field, "");
    wanted.version = options->version;
    wanted.allow_expired = options->allow_expired != 0;
    if (options->min_ttl > 0)
      wanted.min_ttl = vault::Duration{std::min(options->min_ttl, kMostTtl), vault::Duration::Unit::s};
    auto value = vault->vault.get(*parsed, wanted);
    if (!value) return value.error();
    *secret = new vault_secret{std::move(value->bytes)};
    return {};
  });
}

const void* vault_secret_data(const vault_secret* secret) {
  return secret == nullptr ? nullptr : secret->bytes.expose().data();
}
size_t vault_secret_size(const vault_secret* secret) { return secret == nullptr ? 0 : secret->bytes.size(); }
void vault_secret_free(vault_secret* secret) { delete secret; }

}  // extern "C"

#include "capi/vault.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "capi/arguments.hpp"
#include "capi/handles.hpp"
#include "vault/base/limits.hpp"
#include "vault/crypto/init.hpp"
#include "vault/keyslot/key_file.hpp"
#include "vault/keyslot/passphrase.hpp"
#include "vault/keyslot/recovery_code.hpp"

namespace vault::capi {
namespace {

constexpr std::chrono::milliseconds kUnlockTime{500};
constexpr const char* kFirstSlot = "first";
constexpr std::int64_t kLongestWaitMs = 24LL * 3600 * 1000;
constexpr std::size_t kMostCredential = 256;

using MaybeFactor = Result<std::shared_ptr<const Factor>>;

MaybeFactor passphrase_factor(const vault_unlock_options& options, const KdfParameters& for_new) {
  const Platform& platform = Platform::native();
  if (options.passphrase_size > limits::passphrase_bytes) return Error{Errc::usage, "the passphrase is too long"};
  ByteView bytes{static_cast<const std::byte*>(options.passphrase), options.passphrase_size};
  return PassphraseFactor::make(SecretBuffer::copy(bytes), platform.kdf, platform.limits, for_new);
}

MaybeFactor new_passphrase_factor(const vault_unlock_options& options) {
  const Platform& platform = Platform::native();
  auto chosen = calibrate(platform.kdf, platform.limits, kUnlockTime);
  if (!chosen) return chosen.error();
  return passphrase_factor(options, chosen->parameters);
}

MaybeFactor key_file_factor(const char* path, bool may_make) {
  const Platform& platform = Platform::native();
  auto known = KeyFileFactor::read(platform.files, path);
  if (known || known.error().code != Errc::not_found) return known;
  if (!may_make) return Error{Errc::usage, known.error().message};
  return KeyFileFactor::create(platform.files, platform.random, path);
}

MaybeFactor recovery_factor(const vault_unlock_options& options) {
  if (options.recovery_code_size > limits::recovery_code_bytes)
    return Error{Errc::usage, "the recovery code is too long"};
  auto code =
      RecoveryCodeFactor::parse({static_cast<const std::byte*>(options.recovery_code), options.recovery_code_size});
  if (!code) return code.error();
  return std::shared_ptr<const Factor>(std::move(*code));
}

// systemd keeps credentials closed to others by its own means.
MaybeFactor credential_factor(const char* path) {
  auto content = read_secret_file(Platform::native().files, path, kMostCredential);
  if (!content) return Error{Errc::usage, content.error().message};
  return KeyFileFactor::parse(content->expose(), FactorType::systemd_credential);
}

Result<Factors> factors_of(const vault_unlock_options& options, bool is_new) {
  if (auto ready = init_crypto(); !ready) return ready.error();
  std::vector<MaybeFactor> made;
  if (options.passphrase != nullptr)
    made.push_back(is_new ? new_passphrase_factor(options) : passphrase_factor(options, {}));
  if (options.key_file != nullptr) made.push_back(key_file_factor(options.key_file, is_new));
  if (options.recovery_code != nullptr) made.push_back(recovery_factor(options));
  if (options.credential != nullptr) made.push_back(credential_factor(options.credential));
  Factors factors;
  for (MaybeFactor& factor : made) {
    if (!factor) return factor.error();
    factors.push_back(std::move(*factor));
  }
  return factors;
}

std::chrono::milliseconds wait_of(std::int64_t wait_ms) {
  if (wait_ms == 0) return Unlock{}.wait;
  return std::chrono::milliseconds(std::clamp<std::int64_t>(wait_ms, 0, kLongestWaitMs));
}

Result<Vault> create(const char* dir, const vault_unlock_options& options) {
  if (options.recovery_code != nullptr || options.credential != nullptr || options.ask_passphrase != nullptr)
    return Error{Errc::usage, "options: a vault is made with a passphrase, a key file, or both"};
  auto factors = factors_of(options, true);
  if (!factors) return factors.error();
  if (factors->empty()) return Error{Errc::usage, "options: a passphrase or a key file is needed"};
  return Vault::create(dir, {options.slot == nullptr ? kFirstSlot : options.slot, std::move(*factors)});
}

MaybeFactor asked_passphrase(const vault_unlock_options& options) {
  SecretBuffer typed(limits::passphrase_bytes);
  std::size_t size = 0;
  const int code = options.ask_passphrase(options.ask_context, typed.expose_for_writing().data(), typed.size(), &size);
  if (code < VAULT_OK || code > VAULT_E_CANCELLED)
    return Error{Errc::internal, "open: ask_passphrase gave no known code"};
  if (code != VAULT_OK) return Error{static_cast<Errc>(code), "open: ask_passphrase gave no passphrase"};
  if (size > typed.size()) return Error{Errc::usage, "open: ask_passphrase gave more than its buffer holds"};
  typed.truncate(size);
  const Platform& platform = Platform::native();
  return PassphraseFactor::make(std::move(typed), platform.kdf, platform.limits, {});
}

// Whether a passphrase more would let one slot more be tried.
bool passphrase_helps(const char* dir, const std::string& wanted) {
  auto slots = peek_slots(dir);
  return slots && std::ranges::any_of(*slots, [&](const SlotView& slot) {
           const bool named = wanted.empty() || slot.name == wanted || to_hex(slot.id.bytes).starts_with(wanted);
           return named && std::ranges::find(slot.factors, FactorType::passphrase) != slot.factors.end();
         });
}

Result<Vault> open(const char* dir, const vault_unlock_options& options) {
  auto factors = factors_of(options, false);
  if (!factors) return factors.error();
  Unlock unlock{std::move(*factors), text_or(options.slot, ""), wait_of(options.wait_ms), options.accept_rollback != 0};
  const bool may_ask = options.ask_passphrase != nullptr && options.passphrase == nullptr;
  if (unlock.factors.empty() && !may_ask) return Error{Errc::usage, "options: a factor is needed"};
  if (!unlock.factors.empty()) {
    auto opened = Vault::open(dir, unlock);
    if (opened || opened.error().code != Errc::wrong_key || !may_ask || !passphrase_helps(dir, unlock.slot))
      return opened;
  } else if (!passphrase_helps(dir, unlock.slot)) {
    return Vault::open(dir, unlock);  // its error says what is wrong
  }
  auto passphrase = asked_passphrase(options);
  if (!passphrase) return passphrase.error();
  unlock.factors.push_back(std::move(*passphrase));
  return Vault::open(dir, unlock);
}

Status add_fields(NewEntry& entry, const vault_field* fields, std::size_t count) {
  if (count >= limits::fields) return Error{Errc::limit, "fields: at most " + std::to_string(limits::fields)};
  for (std::size_t i = 0; i < count; ++i) {
    if (auto fine = required(fields, "fields"); !fine) return fine;
    const vault_field& field = fields[i];
    if (auto fine = required(field.name, "a field's name"); !fine) return fine;
    if (field.size > 0 && field.data == nullptr) return Error{Errc::usage, "a field's data is NULL"};
    if (field.size > limits::field_bytes) return Error{Errc::limit, "a field is larger than 64 KiB"};
    entry.fields.push_back(
        {field.name, field.secret != 0, SecretBuffer::copy({static_cast<const std::byte*>(field.data), field.size})});
  }
  return {};
}

Status set_times(NewEntry& entry, const vault_add_options& options) {
  if (options.expires_at != 0 && options.expires_at != VAULT_NEVER) {
    auto expires = time_of(options.expires_at, "expires_at");
    if (!expires) return expires.error();
    entry.expires_at = *expires;
  }
  if (options.issued_at == 0) return {};
  auto issued = time_of(options.issued_at, "issued_at");
  if (!issued) return issued.error();
  entry.issued_at = *issued;
  return {};
}

Result<NewEntry> new_entry(const char* label_text, const void* secret, std::size_t size,
                           const vault_add_options& options) {
  auto label = Label::parse(label_text);
  if (!label) return label.error();
  NewEntry entry{*label};
  entry.issuer = text_or(options.issuer, "generic");
  entry.account = text_or(options.account, "default");
  entry.team = text_or(options.team, "default");
  entry.note = text_or(options.note, "");
  entry.key_name = text_or(options.key_name, "");
  entry.minted_by = text_or(options.minted_by, "");
  entry.minted_with = text_or(options.minted_with, "");
  entry.fingerprint = options.no_fingerprint == 0;
  entry.allow_empty = options.allow_empty != 0;
  entry.replace_tombstone = options.replace_tombstone != 0;
  if (size > limits::field_bytes) return Error{Errc::limit, "the secret is larger than 64 KiB"};
  auto scopes = texts_of(options.scopes, options.scope_count, limits::scopes, "scopes");
  if (!scopes) return scopes.error();
  auto set = ScopeSet::make(std::move(*scopes));
  if (!set) return set.error();
  entry.scopes = std::move(*set);
  auto attributes = attributes_of(options.attributes, options.attribute_count);
  if (!attributes) return attributes.error();
  entry.attributes = std::move(*attributes);
  if (auto times = set_times(entry, options); !times) return times.error();
  entry.fields.push_back({"token", true, SecretBuffer::copy({static_cast<const std::byte*>(secret), size})});
  if (auto fields = add_fields(entry, options.fields, options.field_count); !fields) return fields.error();
  return entry;
}

using Opener = Result<Vault> (*)(const char* dir, const vault_unlock_options& options);

vault_code open_with(const char* dir, const vault_unlock_options* given, vault_handle** out, Opener opener) {
  return guard([&]() -> Status {
    if (auto fine = required(out, "vault"); !fine) return fine;
    *out = nullptr;
    if (auto fine = required(dir, "dir"); !fine) return fine;
    auto options = options_of(given);
    if (!options) return options.error();
    auto vault = opener(dir, *options);
    if (!vault) return vault.error();
    *out = new vault_handle{std::move(*vault)};
    return {};
  });
}

Result<SecretValue> read_secret(const vault_handle* vault, const char* label, const vault_get_options* given) {
  if (auto fine = required(vault, "vault"); !fine) return fine.error();
  if (auto fine = required(label, "label"); !fine) return fine.error();
  auto options = get_options_of(given);
  if (!options) return options.error();
  auto parsed = Label::parse(label);
  if (!parsed) return parsed.error();
  return vault->vault.get(*parsed, *options);
}

}  // namespace
}  // namespace vault::capi

using namespace vault::capi;

extern "C" {

vault_code vault_create(const char* dir, const vault_unlock_options* options, vault_handle** vault) {
  return open_with(dir, options, vault, vault::capi::create);
}

vault_code vault_open(const char* dir, const vault_unlock_options* options, vault_handle** vault) {
  return open_with(dir, options, vault, vault::capi::open);
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

vault_code vault_get(const vault_handle* vault, const char* label, const vault_get_options* options,
                     vault_secret** secret) {
  return guard([&]() -> vault::Status {
    if (auto fine = required(secret, "secret"); !fine) return fine;
    *secret = nullptr;
    auto value = read_secret(vault, label, options);
    if (!value) return value.error();
    *secret = new vault_secret{std::move(value->bytes)};
    return {};
  });
}

vault_code vault_use(const vault_handle* vault, const char* label, const vault_get_options* options,
                     vault_use_callback use, void* context) {
  vault::SecretBuffer bytes;
  const vault_code read = guard([&]() -> vault::Status {
    if (use == nullptr) return vault::Error{vault::Errc::usage, "use is NULL"};
    auto value = read_secret(vault, label, options);
    if (!value) return value.error();
    bytes = std::move(value->bytes);
    return {};
  });
  return read == VAULT_OK ? use(bytes.expose().data(), bytes.size(), context) : read;
}

const void* vault_secret_data(const vault_secret* secret) {
  return secret == nullptr ? nullptr : secret->bytes.expose().data();
}
size_t vault_secret_size(const vault_secret* secret) { return secret == nullptr ? 0 : secret->bytes.size(); }
void vault_secret_free(vault_secret* secret) { delete secret; }

}  // extern "C"

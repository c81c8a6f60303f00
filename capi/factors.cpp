#include "capi/factors.hpp"

#include <chrono>

#include "capi/handles.hpp"
#include "vault/base/limits.hpp"
#include "vault/crypto/init.hpp"
#include "vault/keyslot/key_file.hpp"
#include "vault/keyslot/passphrase.hpp"

namespace vault::capi {
namespace {

constexpr std::uint32_t kUnlockTimeMs = 500;
constexpr std::uint32_t kLongestUnlockTimeMs = 60'000;
constexpr const char* kFirstSlot = "first";
constexpr std::size_t kMostCredential = 256;

using MaybeFactor = Result<std::shared_ptr<const Factor>>;

MaybeFactor passphrase_factor(const void* data, std::size_t size) {
  const Platform& platform = Platform::native();
  if (size > limits::passphrase_bytes) return Error{Errc::usage, "the passphrase is too long"};
  const ByteView bytes{static_cast<const std::byte*>(data), size};
  return PassphraseFactor::make(SecretBuffer::copy(bytes), platform.kdf, platform.limits, {});
}

bool names_costs(const vault_slot_options& options) {
  return options.kdf_memory_kib != 0 || options.kdf_passes != 0 || options.kdf_lanes != 0;
}

Result<KdfParameters> costs_of(const vault_slot_options& options) {
  const Platform& platform = Platform::native();
  if (!names_costs(options)) {
    const std::uint32_t budget = options.unlock_time_ms == 0 ? kUnlockTimeMs : options.unlock_time_ms;
    if (budget > kLongestUnlockTimeMs) return Error{Errc::limit, "unlock_time_ms: at most 60,000"};
    auto chosen = calibrate(platform.kdf, platform.limits, std::chrono::milliseconds(budget));
    if (!chosen) return chosen.error();
    return chosen->parameters;
  }
  if (options.unlock_time_ms != 0)
    return Error{Errc::usage, "unlock_time_ms measures the costs, the kdf_ members name them: one or the other"};
  KdfParameters costs = platform.limits.create_floor;
  if (options.kdf_memory_kib != 0) costs.memory_kib = options.kdf_memory_kib;
  if (options.kdf_passes != 0) costs.passes = options.kdf_passes;
  if (options.kdf_lanes != 0) costs.lanes = options.kdf_lanes;
  if (auto allowed = check_create(costs, platform.limits); !allowed) return allowed.error();
  return costs;
}

// The passphrase is copied before its costs are measured: who cancels meanwhile may wipe it.
MaybeFactor new_passphrase_factor(const vault_slot_options& options) {
  const Platform& platform = Platform::native();
  if (options.passphrase_size > limits::passphrase_bytes) return Error{Errc::usage, "the passphrase is too long"};
  auto passphrase = SecretBuffer::copy({static_cast<const std::byte*>(options.passphrase), options.passphrase_size});
  auto costs = costs_of(options);
  if (!costs) return costs.error();
  return PassphraseFactor::make(std::move(passphrase), platform.kdf, platform.limits, *costs);
}

MaybeFactor key_file_factor(const char* path) {
  auto known = KeyFileFactor::read(Platform::native().files, path);
  if (known || known.error().code != Errc::not_found) return known;
  return Error{Errc::usage, known.error().message};
}

MaybeFactor new_key_file_factor(const char* path) {
  const Platform& platform = Platform::native();
  auto known = KeyFileFactor::read(platform.files, path);
  if (known || known.error().code != Errc::not_found) return known;
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

Status keep(Factors& factors, MaybeFactor made) {
  if (!made) return made.error();
  factors.push_back(std::move(*made));
  return {};
}

}  // namespace

Result<Factors> factors_of(const vault_unlock_options& options) {
  if (auto ready = init_crypto(); !ready) return ready.error();
  Factors factors;
  Status made;
  if (options.passphrase != nullptr)
    made = keep(factors, passphrase_factor(options.passphrase, options.passphrase_size));
  if (made && options.key_file != nullptr) made = keep(factors, key_file_factor(options.key_file));
  if (made && options.recovery_code != nullptr) made = keep(factors, recovery_factor(options));
  if (made && options.credential != nullptr) made = keep(factors, credential_factor(options.credential));
  if (!made) return made.error();
  return factors;
}

Result<std::shared_ptr<const Factor>> asked_passphrase(const vault_unlock_options& options) {
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

Result<NewFactors> new_factors(const vault_slot_options& options) {
  if (auto ready = init_crypto(); !ready) return ready.error();
  if (options.passphrase == nullptr && (names_costs(options) || options.unlock_time_ms != 0))
    return Error{Errc::usage, "only a passphrase needs Argon2id: its costs go with one"};
  NewFactors made;
  Status fine;
  if (options.passphrase != nullptr) fine = keep(made.factors, new_passphrase_factor(options));
  if (fine && options.key_file != nullptr) fine = keep(made.factors, new_key_file_factor(options.key_file));
  if (!fine) return fine.error();
  if (options.recovery_code != 0) {
    auto code = RecoveryCodeFactor::create(Platform::native().random);
    if (!code) return code.error();
    made.recovery_code = std::move(*code);
    made.factors.push_back(made.recovery_code);
  }
  if (made.factors.empty())
    return Error{Errc::usage, "a slot needs a factor: a passphrase, a key file or a recovery code"};
  return made;
}

Status recovery_place(const vault_slot_options& options, vault_secret* const* out) {
  if (options.recovery_code != 0 && out == nullptr)
    return Error{Errc::usage, "recovery_code is NULL, and there is one to be given"};
  return {};
}

std::unique_ptr<vault_secret> recovery_secret(const NewFactors& made) {
  if (!made.recovery_code) return nullptr;
  return std::unique_ptr<vault_secret>(new vault_secret{{made.recovery_code->text(), "recovery-code"}});
}

std::string slot_name(const vault_slot_options& options) { return text_or(options.name, kFirstSlot); }

}  // namespace vault::capi

// Vaults: made, opened, closed, and looked at as a whole.

#include "capi/vault.h"

#include <algorithm>
#include <chrono>

#include "capi/factors.hpp"
#include "capi/handles.hpp"
#include "vault/crypto/init.hpp"
#include "vault/machine_factors.hpp"

namespace vault::capi {
namespace {

constexpr std::int64_t kLongestWaitMs = 24LL * 3600 * 1000;

std::chrono::milliseconds wait_of(std::int64_t wait_ms) {
  if (wait_ms == 0) return Unlock{}.wait;
  return std::chrono::milliseconds(std::clamp<std::int64_t>(wait_ms, 0, kLongestWaitMs));
}

// Whether a passphrase more would let one slot more be tried.
bool passphrase_helps(const fs::path& dir, const std::string& wanted) {
  auto slots = peek_slots(dir);
  return slots && std::ranges::any_of(*slots, [&](const SlotView& slot) {
           const bool named = wanted.empty() || slot.name == wanted || to_hex(slot.id.bytes).starts_with(wanted);
           return named && std::ranges::find(slot.factors, FactorType::passphrase) != slot.factors.end();
         });
}

bool names_a_factor(const vault_unlock_options& options) {
  return options.passphrase != nullptr || options.key_file != nullptr || options.recovery_code != nullptr ||
         options.credential != nullptr;
}

Result<Factors> factors_to_open_with(const vault_unlock_options& options, const Config& config) {
  if (names_a_factor(options) || options.ask_passphrase != nullptr) return factors_of(options);
  auto found = machine_factors(Platform::native().files, config);
  if (!found) return found.error();
  return std::move(found->factors);
}

Result<Vault> open(const fs::path& dir, const vault_unlock_options& options, const Config& config) {
  if (auto ready = init_crypto(); !ready) return ready.error();
  auto factors = factors_to_open_with(options, config);
  if (!factors) return factors.error();
  Unlock unlock{std::move(*factors), text_or(options.slot, ""), wait_of(options.wait_ms), options.accept_rollback != 0};
  const bool may_ask = options.ask_passphrase != nullptr && options.passphrase == nullptr;
  if (unlock.factors.empty() && !may_ask) {
    if (auto slots = peek_slots(dir); !slots) return slots.error();
    return Error{Errc::locked,
                 "unlock: no factor was given, and neither a credential nor key_file of config.toml is there"};
  }
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

// A new vault, by a function that makes one of a directory and its first slot.
template <class Make>
Status make_vault(const vault_slot_options* given, vault_secret** recovery_code, vault_handle** out, Make make) {
  auto options = options_of(given);
  if (!options) return options.error();
  if (auto fine = recovery_place(*options, recovery_code); !fine) return fine;
  if (options->role != VAULT_ROLE_OWN || options->team_count != 0)
    return Error{Errc::usage, "slot: the first one is its root admin's; it has no other role"};
  auto made = new_factors(*options);
  if (!made) return made.error();
  auto recovery = recovery_secret(*made);
  auto vault = make(NewSlot{slot_name(*options), made->factors});
  if (!vault) return vault.error();
  *out = opened(std::move(*vault));
  if (recovery) *recovery_code = recovery.release();
  return {};
}

std::uint32_t guard_of(RollbackGuard::Kind kind) {
  switch (kind) {
    case RollbackGuard::Kind::none: return VAULT_GUARD_NONE;
    case RollbackGuard::Kind::first_use: return VAULT_GUARD_FIRST_USE;
    case RollbackGuard::Kind::mark: return VAULT_GUARD_MARK;
  }
  return VAULT_GUARD_NONE;
}

vault_status_info info_of(const VaultStatus& status) {
  vault_status_info info = VAULT_STATUS_INFO_INIT;
  info.epoch = status.epoch;
  info.sequence = status.head_sequence;
  info.changed_at = to_seconds(status.head_time);
  info.entries = status.entries;
  info.teams = status.teams;
  info.slots = status.slots;
  info.rollbacks = status.rollbacks;
  info.mark_sequence = status.rollback_guard.sequence;
  info.suite = status.suite;
  info.role = static_cast<std::uint32_t>(status.role);
  info.rollback_guard = guard_of(status.rollback_guard.kind);
  info.header_from_copy = status.header_from_copy ? 1 : 0;
  info.memory_locked = status.memory_locked ? 1 : 0;
  copy_text(info.id, to_hex(status.id.bytes));
  copy_text(info.head, to_hex(status.head_hash));
  copy_text(info.identity, status.identity);
  copy_text(info.audit_policy, status.audit_policy);
  copy_text(info.sqlcipher_version, status.sqlcipher_version);
  copy_text(info.network_file_system, status.network_file_system);
  copy_text(info.rollback_why, status.rollback_guard.why);
  return info;
}

}  // namespace
}  // namespace vault::capi

using namespace vault::capi;

extern "C" {

vault_code vault_create(const char* dir, const vault_slot_options* slot, vault_secret** recovery_code,
                        vault_handle** vault) {
  clear(recovery_code);
  clear(vault);
  return guard([&]() -> vault::Status {
    if (auto fine = required(vault, "vault"); !fine) return fine;
    auto place = directory_of(dir);
    if (!place) return place.error();
    return make_vault(slot, recovery_code, vault,
                      [&](const vault::NewSlot& first) { return vault::Vault::create(*place, first); });
  });
}

vault_code vault_clone(const vault_handle* vault, const char* dir, const vault_slot_options* slot,
                       vault_secret** recovery_code, vault_handle** clone) {
  clear(recovery_code);
  clear(clone);
  return on(vault, [&](vault::Vault& open) -> vault::Status {
    if (auto fine = required(clone, "clone"); !fine) return fine;
    if (auto fine = required(dir, "dir"); !fine) return fine;
    return make_vault(slot, recovery_code, clone, [&](const vault::NewSlot& first) { return open.clone(dir, first); });
  });
}

vault_code vault_open(const char* dir, const vault_unlock_options* given, vault_handle** vault) {
  clear(vault);
  return guard([&]() -> vault::Status {
    if (auto fine = required(vault, "vault"); !fine) return fine;
    auto options = options_of(given);
    if (!options) return options.error();
    auto config = vault::read_config(vault::Platform::native().files);
    if (!config) return config.error();
    auto place = vault::vault_directory(optional_text(dir), *config);
    if (!place) return place.error();
    auto unlocked = vault::capi::open(*place, *options, *config);
    if (!unlocked) return unlocked.error();
    *vault = opened(std::move(*unlocked));
    return {};
  });
}

void vault_close(vault_handle* vault) { vault::capi::close(vault); }

vault_code vault_status(const vault_handle* vault, vault_status_info* info) {
  return on(vault, [&](vault::Vault& open) -> vault::Status {
    auto status = open.status();
    if (!status) return status.error();
    return fill(info, info_of(*status));
  });
}

vault_code vault_verify(const vault_handle* vault, vault_verify_report* report) {
  return on(vault, [&](vault::Vault& open) -> vault::Status {
    auto found = open.verify();
    if (!found) return found.error();
    if (report == nullptr) return {};
    vault_verify_report out = VAULT_VERIFY_REPORT_INIT;
    out.commits = found->commits;
    out.records = found->records;
    out.versions = found->versions;
    out.fields = found->fields;
    out.fields_not_ours = found->fields_not_ours;
    return fill(report, out);
  });
}

vault_code vault_rekey(vault_handle* vault, vault_rekey_report* report) {
  return on(vault, [&](vault::Vault& open) -> vault::Status {
    if (auto fine = rekeyed_place(report); !fine) return fine;
    auto done = open.rekey();
    return done ? fill_rekeyed(report, *done) : done.error();
  });
}

}  // extern "C"

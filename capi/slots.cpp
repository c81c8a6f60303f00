// Slots, the ways into a vault.

#include <algorithm>

#include "capi/factors.hpp"
#include "capi/handles.hpp"
#include "vault/base/limits.hpp"

namespace vault::capi {
namespace {

static_assert(static_cast<int>(Role::metadata) == VAULT_ROLE_METADATA);
static_assert(static_cast<int>(Role::reader) == VAULT_ROLE_READER);
static_assert(static_cast<int>(Role::admin) == VAULT_ROLE_ADMIN);

std::uint32_t bits_of(const std::vector<FactorType>& factors) {
  std::uint32_t bits = 0;
  for (FactorType factor : factors) {
    const auto number = static_cast<std::uint32_t>(factor);
    bits |= number >= 1 && number <= 4 ? 1U << (number - 1) : VAULT_FACTOR_OTHER;
  }
  return bits;
}
static_assert(VAULT_FACTOR_PASSPHRASE == 1U << (static_cast<int>(FactorType::passphrase) - 1));
static_assert(VAULT_FACTOR_KEY_FILE == 1U << (static_cast<int>(FactorType::key_file) - 1));
static_assert(VAULT_FACTOR_RECOVERY_CODE == 1U << (static_cast<int>(FactorType::recovery_code) - 1));
static_assert(VAULT_FACTOR_CREDENTIAL == 1U << (static_cast<int>(FactorType::systemd_credential) - 1));

void tell_last_ones(std::vector<SlotView>& slots) {
  for (SlotView& slot : slots) slot.last = std::ranges::count(slots, slot.identity, &SlotView::identity) == 1;
}

Status give_slots(vault_list** out, Result<std::vector<SlotView>> found) {
  if (found) tell_last_ones(*found);
  return give_list<SlotItem>(out, std::move(found), [](SlotView view) {
    std::string id = to_hex(view.id.bytes);
    return SlotItem{std::move(view), std::move(id)};
  });
}

Status status_of(const Result<SlotView>& changed) { return changed ? Status{} : changed.error(); }

Result<NewIdentity> identity_of(const vault_slot_options& options, NewSlot slot) {
  auto teams = texts_of(options.teams, options.team_count, limits::team_grants, "teams");
  if (!teams) return teams.error();
  return NewIdentity{std::move(slot), static_cast<Role>(options.role), std::move(*teams)};
}

Status check_role(const vault_slot_options& options) {
  if (options.role > VAULT_ROLE_READER) return Error{Errc::usage, "role: a new identity is METADATA or READER"};
  if ((options.role == VAULT_ROLE_READER) != (options.team_count != 0))
    return Error{Errc::usage, "teams: they are for a slot with the role READER, which has one at least"};
  return {};
}

Status add_slot(Vault& vault, const vault_slot_options& options, const Factors& factors) {
  NewSlot slot{slot_name(options), factors};
  if (options.role != VAULT_ROLE_OWN) {
    auto identity = identity_of(options, std::move(slot));
    return identity ? status_of(vault.add_identity(*identity)) : identity.error();
  }
  return status_of(vault.add_slot(slot));
}

// What vault_slot_change and vault_slot_leaked share. `change` takes the new factors and gives a Status.
template <class Change>
Status with_new_factors(const vault_slot_options* given, vault_secret** recovery_code, Change change) {
  auto options = options_of(given);
  if (!options) return options.error();
  if (auto fine = recovery_place(*options, recovery_code); !fine) return fine;
  if (options->name != nullptr || options->role != VAULT_ROLE_OWN || options->team_count != 0)
    return Error{Errc::usage, "factors: a slot keeps its name and its identity"};
  auto made = new_factors(*options);
  if (!made) return made.error();
  auto recovery = recovery_secret(*made);
  if (auto changed = change(made->factors); !changed) return changed;
  if (recovery) *recovery_code = recovery.release();
  return {};
}

}  // namespace
}  // namespace vault::capi

using namespace vault::capi;

extern "C" {

vault_code vault_peek(const char* dir, vault_list** slots) {
  clear(slots);
  return guard([&]() -> vault::Status {
    if (auto fine = required(slots, "slots"); !fine) return fine;
    auto place = directory_of(dir);
    if (!place) return place.error();
    return give_slots(slots, vault::peek_slots(*place));
  });
}

vault_code vault_slots(const vault_handle* vault, vault_list** slots) {
  clear(slots);
  return on(vault, [&](vault::Vault& open) -> vault::Status {
    if (auto fine = required(slots, "slots"); !fine) return fine;
    return give_slots(slots, open.slots());
  });
}

vault_code vault_list_slot(const vault_list* slots, size_t index, vault_slot_info* info) {
  return guard([&]() -> vault::Status {
    auto item = item_at<SlotItem>(slots, index, "slot");
    if (!item) return item.error();
    const vault::SlotView& view = (*item)->view;
    vault_slot_info out = VAULT_SLOT_INFO_INIT;
    out.id = (*item)->id.c_str();
    out.name = view.name.c_str();
    out.identity = view.identity_name.c_str();
    out.role = static_cast<std::uint32_t>(view.role);
    out.factors = bits_of(view.factors);
    out.created_at = to_seconds(view.created);
    out.counter = view.counter;
    if (view.kdf) {
      out.kdf_memory_kib = view.kdf->memory_kib;
      out.kdf_passes = view.kdf->passes;
      out.kdf_lanes = view.kdf->lanes;
    }
    out.opened = view.opened ? 1 : 0;
    out.last = view.last ? 1 : 0;
    return fill(info, out);
  });
}

vault_code vault_slot_add(vault_handle* vault, const vault_slot_options* slot, vault_secret** recovery_code) {
  clear(recovery_code);
  return on(vault, [&](vault::Vault& open) -> vault::Status {
    auto options = options_of(slot);
    if (!options) return options.error();
    if (auto fine = recovery_place(*options, recovery_code); !fine) return fine;
    if (auto fine = check_role(*options); !fine) return fine;  // before a key file is made
    auto made = new_factors(*options);
    if (!made) return made.error();
    auto recovery = recovery_secret(*made);
    if (auto added = add_slot(open, *options, made->factors); !added) return added;
    if (recovery) *recovery_code = recovery.release();
    return {};
  });
}

vault_code vault_slot_change(vault_handle* vault, const char* slot, const vault_slot_options* factors,
                             vault_secret** recovery_code) {
  clear(recovery_code);
  return on(vault, [&](vault::Vault& open) {
    return with_new_factors(factors, recovery_code, [&](const vault::Factors& made) {
      return status_of(open.change_slot(text_or(slot, ""), made));
    });
  });
}

vault_code vault_slot_leaked(vault_handle* vault, const char* slot, const vault_slot_options* factors,
                             const vault_unlock_options* kept, vault_secret** recovery_code,
                             vault_rekey_report* report) {
  clear(recovery_code);
  return on(vault, [&](vault::Vault& open) -> vault::Status {
    if (auto fine = rekeyed_place(report); !fine) return fine;
    auto others = options_of(kept);
    if (!others) return others.error();
    if (others->ask_passphrase != nullptr || others->slot != nullptr || others->wait_ms != 0 ||
        others->accept_rollback != 0)
      return vault::Error{vault::Errc::usage, "kept: it names factors, and nothing else"};
    auto known = factors_of(*others);
    if (!known) return known.error();
    return with_new_factors(factors, recovery_code, [&](const vault::Factors& made) -> vault::Status {
      auto done = open.change_leaked_slot(text_or(slot, ""), made, *known);
      return done ? fill_rekeyed(report, *done) : done.error();
    });
  });
}

vault_code vault_slot_remove(vault_handle* vault, const char* slot) {
  return on(vault, [&](vault::Vault& open) -> vault::Status {
    if (auto fine = required(slot, "slot"); !fine) return fine;
    return status_of(open.remove_slot(slot));
  });
}

}  // extern "C"

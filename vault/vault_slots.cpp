#include <fmt/format.h>

#include "vault/base/limits.hpp"
#include "vault/crypto/init.hpp"
#include "vault/keyslot/passphrase.hpp"
#include "vault/model/label.hpp"
#include "vault/session.hpp"

namespace vault {
SlotView slot_view(const Header& header, const Slot& slot) {
  SlotView view;
  if (const RosterRow* row = header.body.roster.open_row(slot.identity)) view.role = row->role;
  view.id = slot.id;
  view.name = slot.name;
  view.identity = slot.identity;
  view.created = slot.created;
  view.counter = slot.counter;
  for (const SlotFactor& factor : slot.factors) {
    view.factors.push_back(factor.type);
    if (factor.type != FactorType::passphrase) continue;
    if (auto parameters = decode_passphrase_parameters(factor.parameters)) view.kdf = parameters->kdf;
  }
  return view;
}

namespace {

// Needs nothing but what a person knows or can copy.
bool needs_no_hardware(const Slot& slot) {
  return std::ranges::all_of(slot.factors, [](const SlotFactor& factor) {
    switch (factor.type) {
      case FactorType::passphrase:
      case FactorType::key_file:
      case FactorType::recovery_code: return true;
      case FactorType::systemd_credential: return false;  // may be bound to this machine's TPM
    }
    return false;
  });
}

// Who it is for can be told where the store can be read; a change is on disk whatever that says.
SlotView with_identity(Vault::Impl& vault, SlotView view) {
  auto names = vault.read([&](ReadView& store) { return vault.identity_names(store); });
  if (names) view.identity_name = (*names)[view.identity];
  return view;
}

Result<Slot*> own_slot(Header& header, const Unlocked& self, std::string_view name) {
  auto found = find_slot(header, name.empty() ? to_hex(self.slot.bytes) : name);
  if (!found) return found.error();
  if ((*found)->identity != self.identity)
    return Error{Errc::denied,
                 fmt::format("slot '{}' belongs to another identity: only that one can change it", (*found)->name)};
  return &header.slots[static_cast<std::size_t>(*found - header.slots.data())];
}

SlotPayload payload_of(const Unlocked& self) {
  return {{SecretBuffer::copy(self.seed.bytes.expose())}, self.root_admin};
}

std::uint64_t next_counter(const Header& header, const IdentityId& identity) {
  std::uint64_t counter = 0;
  for (const Slot& slot : header.slots) {
    if (slot.identity == identity) counter = std::max(counter, slot.counter);
  }
  return counter + 1;
}

}  // namespace

Result<std::vector<SlotView>> peek_slots(const fs::path& dir, const Platform& platform) {
  if (auto ready = init_crypto(); !ready) return ready.error();
  auto file = read_header(platform.files, dir);
  if (!file) return file.error();
  std::vector<SlotView> views;
  for (const Slot& slot : file->header.slots) views.push_back(slot_view(file->header, slot));
  return views;
}

Result<std::vector<SlotView>> Vault::slots() const {
  return impl_->read([&](ReadView& store) -> Result<std::vector<SlotView>> {
    auto names = impl_->identity_names(store);
    if (!names) return names.error();
    std::vector<SlotView> views;
    for (const Slot& slot : impl_->header().slots) {
      SlotView& view = views.emplace_back(slot_view(impl_->header(), slot));
      view.identity_name = (*names)[slot.identity];
      view.opened = slot.id == impl_->self().slot;
    }
    return views;
  });
}

bool Vault::header_from_copy() const { return !impl_->is_forked() && impl_->header_from_copy(); }

Result<SlotView> Vault::add_slot(const NewSlot& slot) {
  auto name = parse_name("slot", slot.name);
  if (!name) return doing("slot add", name.error());
  SlotView view;
  auto done = impl_->write_slots("slot add", Vault::Impl::Right::everybody, [&](Header& header) -> Status {
    if (header.slots.size() >= limits::slots)
      return Error{Errc::limit, fmt::format("a vault has at most {} slots", limits::slots)};
    if (std::ranges::find(header.slots, *name, &Slot::name) != header.slots.end()) {
      return Error{Errc::conflict, fmt::format("there is a slot '{}' already", *name)};
    }
    const Unlocked& self = impl_->self();
    Random& random = impl_->platform().random;
    auto id = random_id<SlotId>(random);
    if (!id) return id.error();
    auto sealed = seal_slot(impl_->vault(), self.identity, self.keys, payload_of(self), *name, slot.factors,
                            next_counter(header, self.identity), *id, impl_->now(), random);
    if (!sealed) return sealed.error();
    view = slot_view(header, *sealed);
    header.slots.push_back(std::move(*sealed));
    return {};
  });
  if (!done) return doing("slot add", done.error());
  return with_identity(*impl_, std::move(view));
}

Result<SlotView> Vault::change_slot(std::string_view slot, const Factors& factors) {
  SlotView view;
  auto done = impl_->write_slots("slot passwd", Vault::Impl::Right::everybody, [&](Header& header) -> Status {
    const Unlocked& self = impl_->self();
    auto old = own_slot(header, self, slot);
    if (!old) return old.error();
    auto sealed = seal_slot(impl_->vault(), self.identity, self.keys, payload_of(self), (*old)->name, factors,
                            next_counter(header, self.identity), (*old)->id, impl_->now(), impl_->platform().random);
    if (!sealed) return sealed.error();
    **old = std::move(*sealed);
    view = slot_view(header, **old);
    return {};
  });
  if (!done) return doing("slot passwd", done.error());
  return with_identity(*impl_, std::move(view));
}

namespace {

// With its last slot an identity that an admin shows out is gone.
Status remove_others_slot(Vault::Impl& vault, ReadView& store, Vault::Impl::IdentityChange& next, SlotView& view) {
  if (vault.self().role != Role::admin)
    return Error{Errc::denied, fmt::format("slot '{}' belongs to another identity: an admin can remove it", view.name)};
  if (view.role == Role::admin)
    return Error{Errc::denied,
                 fmt::format("slot '{}' belongs to another admin: only that one can remove it", view.name)};
  view.last = std::ranges::find(next.header.slots, view.identity, &Slot::identity) == next.header.slots.end();
  return view.last ? close_identity(store, next, view.identity) : Status{};
}

Status keep_a_way_in(const Header& header, const SlotView& removed) {
  const bool way_in = std::ranges::any_of(
      header.slots, [&](const Slot& s) { return s.identity == removed.identity && needs_no_hardware(s); });
  if (way_in) return {};
  return Error{Errc::limit, fmt::format("'{}' is the last way in: add another slot first", removed.name)};
}

}  // namespace

Result<SlotView> Vault::remove_slot(std::string_view slot) {
  if (slot.empty()) return Error{Errc::usage, "slot remove: name the slot; 'vault slot list' shows them"};
  SlotView view;
  auto prepare = [&](ReadView& store, Impl::IdentityChange& next) -> Status {
    auto names = impl_->identity_names(store);
    if (!names) return names.error();
    auto found = find_slot(next.header, slot);
    if (!found) return found.error();
    view = slot_view(next.header, **found);
    view.identity_name = (*names)[view.identity];
    next.header.slots.erase(next.header.slots.begin() + (*found - next.header.slots.data()));
    if (view.identity == impl_->self().identity) return keep_a_way_in(next.header, view);
    return remove_others_slot(*impl_, store, next, view);
  };
  auto done = impl_->write_identities("slot remove", Impl::Right::everybody, prepare);
  if (!done) return doing("slot remove", done.error());
  return view;
}

}  // namespace vault

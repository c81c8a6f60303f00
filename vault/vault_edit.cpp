#include <fmt/format.h>

#include <set>

#include "vault/base/limits.hpp"
#include "vault/entries.hpp"

namespace vault {
namespace {

constexpr std::string_view kDestroyed = "the entry was destroyed";
constexpr std::size_t kRevisionDigits = 2 * sizeof(Digest);

Error inactive(std::string_view why) { return {Errc::inactive, std::string(why)}; }

// One entry that changes, inside the write transaction, where what it looks up cannot change.
class EntryChange {
 public:
  EntryChange(Vault::Impl& vault, ReadView& view, std::string_view operation, const Item& item, EntryRecord record)
      : vault_(vault),
        view_(view),
        operation_(operation),
        now_(vault.now()),
        item_(item),
        status_(item.status),
        record_(std::move(record)),
        owners_(vault, view, now_) {}

  const Item& item() const { return item_; }
  ItemStatus status() const { return item_.status; }
  const EntryRecord& record() const { return record_; }
  const Label& label() const { return record_.label; }

  void set_status(ItemStatus status) { status_ = status, changed_ = true; }

  Status bring_back() {
    if (status_ != ItemStatus::hidden) return Error{Errc::conflict, "it was not removed"};
    set_status(ItemStatus::live);
    return check_room(view_, 1);
  }

  void set_note(const std::string& note) {
    changed_ |= record_.note != note;
    record_.note = note;
  }

  Status set_attributes(const std::map<std::string, std::string>& set, const std::vector<std::string>& remove) {
    auto attributes = record_.attributes;
    for (const std::string& key : remove) {
      if (attributes.erase(key) == 0) return no_attribute(key);
    }
    for (const auto& [key, value] : set) attributes[key] = value;
    if (attributes.size() > limits::attributes)
      return Error{Errc::limit,
                   fmt::format("an entry holds at most {} attributes; leave some out", limits::attributes)};
    changed_ |= attributes != record_.attributes;
    record_.attributes = std::move(attributes);
    return {};
  }

  // Every secret that is still there is opened under the old team's key and sealed under the new one's.
  Status give_to(const std::string& team) {
    bool made = false;
    auto owner = owners_.find_or_make(team, change_, made);
    if (!owner) return owner.error();
    if (owner->id == record_.team) return {};
    changed_ = true;
    for (VersionEntry& listed : record_.versions) {
      if (listed.life.destroyed) continue;
      if (auto sealed = seal_for(*owner, listed); !sealed) return sealed;
    }
    record_.team = owner->id;
    return {};
  }

  // The entry gets another label; the old one becomes an alias, and whatever led to it leads to the new one.
  Status move_to(const Label& to) {
    if (to == record_.label) return Error{Errc::conflict, "that is its label already"};
    if (auto free = check_label_is_free(view_, to, record_.id, false); !free) return free;
    const Digest key = entry_key(id(), to.text());
    std::vector<Label>& former = record_.former_labels;
    std::erase(former, to);
    if (former.size() >= limits::former_labels) {
      return Error{Errc::limit,
                   fmt::format("an entry keeps at most {} former labels; 'vault show' lists those there are; moving "
                               "back to one frees it",
                               limits::former_labels)};
    }
    former.push_back(record_.label);
    record_.label = to;
    for (const Label& label : former) put_alias(label, key);
    changed_ = true;
    return lead_versions_to(key);
  }

  Status destroy_values() {
    for (VersionEntry& listed : record_.versions) {
      if (listed.life.destroyed) continue;
      auto version = view_.version(record_, listed);
      if (!version) return version.error();
      auto stored = view_.fields(*version, false);
      if (!stored) return stored.error();
      for (std::size_t i = 0; i < stored->size(); ++i) {
        if (version->fields[i].secret) (*stored)[i].clear();
      }
      write(*version, *stored);
      listed.life.destroyed = true;
    }
    set_status(ItemStatus::tombstone);
    return {};
  }

  // The whole; of an entry that stays as it was, no change.
  Change take() {
    if (!changed_) return {};
    change_.operation = operation_;
    record_.parent = item_.value;
    record_.changed = now_;
    RecordWrite write{record_.id.bytes, false, encode(record_)};
    put(RecordKind::entry,
        {entry_key(id(), record_.label.text()), record_.id.bytes, status_, record_hash(write.bytes, id())});
    change_.records.push_back(std::move(write));
    return std::move(change_);
  }

 private:
  const VaultId& id() const { return vault_.vault(); }

  void put(RecordKind kind, const Item& item) { change_.items.push_back({kind, false, item}); }

  void put_alias(const Label& label, const Digest& leads_to) {
    put(RecordKind::entry, {entry_key(id(), label.text()), record_.id.bytes, ItemStatus::alias, leads_to});
  }

  Error no_attribute(const std::string& key) const {
    std::vector<std::string_view> keys;
    for (const auto& [known, value] : record_.attributes) keys.push_back(known);
    if (keys.empty()) return {Errc::not_found, fmt::format("no attribute '{}'; it has none", key)};
    return {Errc::not_found, fmt::format("no attribute '{}'; it has: {}", key, fmt::join(keys, ", "))};
  }

  Digest write(const VersionRecord& version, const std::vector<Bytes>& values) {
    VersionWrite write{version.id, encode(version), encode_field_values(values), false};
    const Digest digest = version_digest(write.version, id());
    change_.versions.push_back(std::move(write));
    return digest;
  }

  Status seal_for(const Owner& owner, VersionEntry& listed) {
    auto version = view_.version(record_, listed);
    if (!version) return version.error();
    auto stored = view_.fields(*version, false);
    if (!stored) return stored.error();
    for (std::size_t i = 0; i < stored->size(); ++i) {
      StoredField& field = version->fields[i];
      if (!field.secret) continue;
      auto value = open_field(vault_, view_, record_.team, *version, field, (*stored)[i]);
      if (!value) return value.error();
      auto sealed = seal_field(vault_.vault(), *version, owner, field, value->expose(), vault_.platform().random);
      if (!sealed) return sealed.error();
      (*stored)[i] = std::move(*sealed);
    }
    listed.digest = write(*version, *stored);
    return {};
  }

  Status lead_versions_to(const Digest& key) {
    bool minted = false;
    for (const VersionEntry& listed : record_.versions) {
      auto version = view_.version(record_, listed);
      if (!version) return version.error();
      minted |= version->verifier.has_value();
      if (version->fingerprint) {
        put(RecordKind::fingerprint,
            {fingerprint_key(id(), *version->fingerprint), version->id.bytes, ItemStatus::live, key});
      }
    }
    return minted ? lead_minted_to(key) : Status{};
  }

  // A version does not say under which key its minted token lies: only the walk over all of them tells.
  Status lead_minted_to(const Digest& key) {
    auto items = view_.tree().items(RecordKind::mint);
    if (!items) return items.error();
    std::set<VersionId> own;
    for (const VersionEntry& listed : record_.versions) own.insert(listed.id);
    for (Item& item : *items) {
      if (!own.contains({item.id})) continue;
      item.value = key;
      put(RecordKind::mint, item);
    }
    return {};
  }

  Vault::Impl& vault_;
  ReadView& view_;
  std::string operation_;
  Time now_;
  Item item_;
  ItemStatus status_;
  EntryRecord record_;
  OwnersOfChange owners_;
  Change change_;
  bool changed_ = false;
};

// Finds the entry, lets `make` change it, commits that, and reads the entry back, verified.
template <class Make>
Result<EntryView> change_entry(const Vault& vault, Vault::Impl& impl, std::string_view operation, const Label& label,
                               Make make) {
  EntryView after{{}, label};
  auto head = impl.write([&](ReadView& view) -> Result<Change> {
    if (!is_storable(impl.now())) return Error{Errc::usage, "the clock says a year before 1970 or after 9999"};
    auto item = find_entry(view, label);
    if (!item) return item.error();
    if (item->status == ItemStatus::tombstone) return inactive(kDestroyed);
    auto record = view.entry(*item);
    if (!record) return record.error();
    EntryChange change(impl, view, operation, *item, std::move(*record));
    if (Status made = make(change); !made) return made.error();
    after = {change.record().id, change.label()};
    return change.take();
  });
  if (!head) return head.error();
  auto stored = vault.show(after.label);
  if (!stored && stored.error().code == Errc::busy) return after;  // it is on disk all the same
  return stored;
}

Error about(std::string_view operation, const Label& label, const Error& error) {
  return doing(fmt::format("{} {}", operation, label.text()), error);
}

// What can be said of an edit without the entry. Names come out in normal form.
Status check_edit(EntryEdit& edit) {
  if (auto fine = normalise_attributes(edit.set_attributes); !fine) return fine;
  for (std::string& key : edit.remove_attributes) {
    if (auto fine = normalise_name("attribute", key); !fine) return fine;
    if (edit.set_attributes.contains(key))
      return Error{Errc::usage, fmt::format("attribute '{}' is both set and removed", key)};
  }
  if (edit.note) {
    if (auto fine = parse_note(*edit.note); !fine) return fine.error();
  }
  if (edit.team) {
    if (auto fine = normalise_name("team", *edit.team); !fine) return fine;
  }
  if (!edit.revision) return {};
  auto bytes = from_hex(*edit.revision);
  if (!bytes || edit.revision->size() != kRevisionDigits)
    return Error{Errc::usage,
                 fmt::format("a revision is {} hexadecimal digits, as 'vault show' prints it", kRevisionDigits)};
  *edit.revision = to_hex(*bytes);
  return {};
}

Status apply(const EntryEdit& edit, EntryChange& change) {
  if (edit.revision && *edit.revision != to_hex(change.item().value)) {
    return Error{Errc::conflict, "it was changed since that revision; 'vault show' shows it as it is now"};
  }
  if (auto set = change.set_attributes(edit.set_attributes, edit.remove_attributes); !set) return set;
  if (edit.note) change.set_note(*edit.note);
  return edit.team ? change.give_to(*edit.team) : Status{};
}

}  // namespace

Result<EntryView> Vault::edit(const Label& label, const EntryEdit& wanted) {
  EntryEdit edit = wanted;
  if (auto fine = check_edit(edit); !fine) return about("edit", label, fine.error());
  auto edited = change_entry(*this, *impl_, "edit", label, [&](EntryChange& change) { return apply(edit, change); });
  if (!edited) return about("edit", label, edited.error());
  return edited;
}

Result<EntryView> Vault::move(const Label& from, const Label& to) {
  auto moved = change_entry(*this, *impl_, "mv", from, [&](EntryChange& change) { return change.move_to(to); });
  if (!moved) return doing(fmt::format("mv {} to {}", from.text(), to.text()), moved.error());
  return moved;
}

Result<EntryView> Vault::remove(const Label& label) {
  auto removed = change_entry(*this, *impl_, "rm", label, [](EntryChange& change) -> Status {
    if (change.status() == ItemStatus::hidden)
      return inactive("it was removed already; 'vault undelete' brings it back, 'vault destroy' ends it");
    change.set_status(ItemStatus::hidden);
    return {};
  });
  if (!removed) return about("rm", label, removed.error());
  return removed;
}

Result<EntryView> Vault::undelete(const Label& label) {
  auto brought_back =
      change_entry(*this, *impl_, "undelete", label, [](EntryChange& change) { return change.bring_back(); });
  if (!brought_back) return about("undelete", label, brought_back.error());
  return brought_back;
}

Result<EntryView> Vault::destroy(const Label& label) {
  auto destroyed =
      change_entry(*this, *impl_, "destroy", label, [](EntryChange& change) { return change.destroy_values(); });
  if (!destroyed) return about("destroy", label, destroyed.error());
  return destroyed;
}

}  // namespace vault

#include <fmt/format.h>

#include "vault/base/limits.hpp"
#include "vault/entries.hpp"

namespace vault {
namespace {

constexpr std::size_t kEntriesAtOnce = 500;  // whose rows are in memory at a time
constexpr int kMostArgon2Runs = 4;

const RosterRow* open_row_of(const Header& header, const IdentityId& identity) {
  return header.body.roster.open_row(identity);
}

// ---- the keys of a new epoch ------------------------------------------------------------------------------------------

// Who signs it and goes on: the identity as it was, or with new keys.
struct NewSelf {
  IdentitySeed seed;
  IdentityKeys keys;
};

// Vault key and audit key are drawn anew, and granted to everybody who is in the roster; the fingerprint key stays.
Result<VaultKey> begin_epoch(HeaderBody& body, const FingerprintKey& fingerprint_key, Random& random) {
  auto bytes = random_key(random);
  if (!bytes) return bytes.error();
  VaultKey vault_key{std::move(*bytes)};
  auto audit = new_sealing_key(random);
  if (!audit) return audit.error();
  ++body.epoch;
  body.store_name = store_name(body.epoch);
  ++body.audit_key_number;
  body.audit_key = audit->public_key;
  body.vault_key_grants.clear();
  body.admin_grants.clear();
  for (const RosterRow& row : body.roster.rows) {
    if (row.closed) continue;
    auto seal = [&](GrantKind kind, std::uint64_t number, const SecretBuffer& key) {
      return seal_grant(row.sealing, body.vault, {kind, {}, number}, key.expose(), random);
    };
    auto vk = seal(GrantKind::vault_key, body.epoch, vault_key.bytes);
    if (!vk) return vk.error();
    body.vault_key_grants.push_back({row.id, *vk});
    if (row.role != Role::admin) continue;
    auto fk = seal(GrantKind::fingerprint_key, 1, fingerprint_key.bytes);
    if (!fk) return fk.error();
    auto secret = seal(GrantKind::audit_secret, body.audit_key_number, audit->secret);
    if (!secret) return secret.error();
    body.admin_grants.push_back({row.id, *fk, *secret});
  }
  return vault_key;
}

// ---- the change that begins it ----------------------------------------------------------------------------------------

// Every team gets a new key, and every secret field is wrapped anew under it. Rows are written as they are made.
class Rewrap {
 public:
  Rewrap(Vault::Impl& vault, ReadView& view, RecordStore& next_store, const Header& next, RekeyReport& report,
         const Vault::Progress& progress)
      : vault_(vault), view_(view), next_store_(next_store), next_(next), report_(report), progress_(progress) {}

  Result<Change> run() {
    change_.operation = "rekey";
    change_.kind = CommitKind::epoch;
    change_.payload = encode(NewEpoch{next_.body.epoch, next_.body.store_name});
    if (auto teams = renew_teams(); !teams) return teams.error();
    if (auto entries = renew_entries(); !entries) return entries.error();
    // Only now: until here team records were read from the rows as they were.
    for (RecordWrite& team : team_records_) change_.records.push_back(std::move(team));
    return std::move(change_);
  }

 private:
  const VaultId& id() const { return vault_.vault(); }
  Random& random() const { return vault_.platform().random; }

  Status renew_teams() {
    auto items = view_.tree().items(RecordKind::team);
    if (!items) return items.error();
    for (Item& item : *items) {
      auto team = view_.team(item);
      if (!team) return team.error();
      if (auto renewed = renew(*team); !renewed) return renewed;
      team->parent = item.value;
      RecordWrite write{team->id.bytes, false, encode(*team)};
      item.value = record_hash(write.bytes, id());
      team_records_.push_back(std::move(write));
      change_.items.push_back({RecordKind::team, false, item});
      ++report_.teams;
    }
    return {};
  }

  // Who held the present key, and is still in the roster, gets the new one.
  Status renew(TeamRecord& team) {
    auto bytes = random_key(random());
    if (!bytes) return bytes.error();
    TeamKey& key = keys_[team.id] = TeamKey{std::move(*bytes)};
    const std::uint64_t generation = team.generation + 1;
    std::vector<TeamGrant> grants;
    for (const TeamGrant& held : team.grants) {
      const RosterRow* member = open_row_of(next_, held.identity);
      if (held.generation != team.generation || member == nullptr) continue;
      auto grant =
          seal_grant(member->sealing, id(), {GrantKind::team_key, team.id, generation}, key.bytes.expose(), random());
      if (!grant) return grant.error();
      grants.push_back({held.identity, generation, *grant});
    }
    team.generation = generation;
    team.grants = std::move(grants);
    owners_[team.id] = {team.id, generation, &key};
    return {};
  }

  Status renew_entries() {
    auto items = view_.tree().items(RecordKind::entry);
    if (!items) return items.error();
    std::size_t looked_at = 0, renewed_entries = 0;
    for (Item& item : *items) {
      ++looked_at;
      if (!item.is_current()) continue;
      if (auto renewed = renew_entry(item); !renewed) return renewed;
      if (++renewed_entries % kEntriesAtOnce != 0) continue;
      if (auto written = next_store_.write_early(change_); !written) return written;
      if (progress_) progress_(looked_at, items->size());
    }
    if (progress_) progress_(items->size(), items->size());
    return {};
  }

  Status renew_entry(Item& item) {
    auto entry = view_.entry(item);
    if (!entry) return entry.error();
    bool changed = false;
    for (VersionEntry& listed : entry->versions) {
      if (listed.life.destroyed) continue;
      if (auto renewed = renew_version(*entry, listed, changed); !renewed) return renewed;
    }
    if (!changed) return {};
    entry->parent = item.value;
    RecordWrite write{entry->id.bytes, false, encode(*entry)};
    item.value = record_hash(write.bytes, id());
    change_.records.push_back(std::move(write));
    change_.items.push_back({RecordKind::entry, false, item});
    return {};
  }

  Status renew_version(const EntryRecord& entry, VersionEntry& listed, bool& changed) {
    auto version = view_.version(entry, listed);
    if (!version) return version.error();
    auto stored = view_.fields(*version, false);
    if (!stored) return stored.error();
    bool any = false;
    for (std::size_t i = 0; i < stored->size(); ++i) {
      StoredField& field = version->fields[i];
      if (!field.secret) continue;
      auto value = open_field(vault_, view_, entry.team, *version, field, (*stored)[i]);
      if (!value) return value.error();
      auto sealed = seal_field(vault_.vault(), *version, owners_.at(entry.team), field, value->expose(),
                               vault_.platform().random);
      if (!sealed) return sealed.error();
      (*stored)[i] = std::move(*sealed);
      any = true;
      ++report_.fields;
    }
    if (!any) return {};
    VersionWrite write{version->id, encode(*version), encode_field_values(*stored), false};
    listed.digest = version_digest(write.version, id());
    change_.versions.push_back(std::move(write));
    changed = true;
    return {};
  }

  Vault::Impl& vault_;
  ReadView& view_;
  RecordStore& next_store_;
  const Header& next_;
  RekeyReport& report_;
  const Vault::Progress& progress_;
  std::map<TeamId, TeamKey> keys_;
  std::map<TeamId, Owner> owners_;
  std::vector<RecordWrite> team_records_;
  Change change_;
};

// ---- an identity whose secret leaked ----------------------------------------------------------------------------------

// New keys for the root admin: the old key is closed with the present head, and hands over to the new one.
Result<NewSelf> replace_root(Header& next, const Unlocked& self, const Head& head, Random& random) {
  HeaderBody& body = next.body;
  Roster& roster = body.roster;
  if (roster.rows.size() >= limits::identities || body.successions.size() >= limits::successions) {
    return Error{Errc::limit, "this vault has had too many keys of identities: make a new one with 'vault clone'"};
  }
  auto bytes = random_key(random);
  if (!bytes) return bytes.error();
  IdentitySeed seed{std::move(*bytes)};
  IdentityKeys keys(seed, body.vault);
  for (RosterRow& row : roster.rows) {
    if (row.id != self.identity || row.closed) continue;
    row.closed = true;
    row.to = head.commit.sequence;
    row.to_hash = head.hash;
  }
  roster.rows.push_back(
      {self.identity, keys.signing(), keys.sealing(), Role::admin, head.commit.sequence + 1, false, 0, {}});
  ++roster.list_sequence;
  roster.admin_signature = keys.sign(SignedType::admin_list, body.vault, encode_admin_list(roster));
  Succession link{self.keys.signing(), keys.signing(), {}};
  link.signature = self.keys.sign(SignedType::succession, body.vault, encode_succession(link));
  body.successions.push_back(link);
  return NewSelf{std::move(seed), std::move(keys)};
}

// The slots of an identity with new keys. Nobody but who gives a slot's factors can seal it anew.
class Reseal {
 public:
  Reseal(const Header& old, const Unlocked& self, const NewSelf& renewed, const Platform& platform, Time now)
      : old_(old), self_(self), renewed_(renewed), platform_(platform), now_(now) {
    for (const Slot& slot : old.slots) {
      if (slot.identity == self.identity) counter_ = std::max(counter_, slot.counter);
    }
  }

  // `leaked` opens with `factors` from now on; what opened it so far counts for no other slot.
  Result<std::vector<Slot>> run(const Slot& leaked, const Factors& factors, Factors kept,
                                std::vector<std::string>& dropped) {
    auto known = which_open(leaked, kept);
    if (!known && !is_beyond_us(known.error())) return known.error();
    // Where it cannot be told which of them opens the leaked slot, whatever might do so counts as leaked.
    std::erase_if(kept, [&](const auto& factor) {
      return known ? std::ranges::find(*known, factor) != known->end()
                   : std::ranges::any_of(leaked.factors, [&](const auto& one) { return factor->fits(one.type); });
    });
    std::vector<Slot> slots;
    for (const Slot& slot : old_.slots) {
      if (slot.identity != self_.identity) {
        slots.push_back(slot);
        continue;
      }
      auto opens = slot.id == leaked.id ? Result<Factors>(factors) : which_open(slot, kept);
      if (!opens && !is_beyond_us(opens.error())) return opens.error();
      if (!opens) opens = Factors{};
      if (slot.id != leaked.id) keep_costs(slot, *opens);
      if (opens->empty()) {
        dropped.push_back(slot.name);
        continue;
      }
      auto sealed = seal(slot, *opens);
      if (!sealed) return sealed.error();
      slots.push_back(std::move(*sealed));
    }
    return slots;
  }

 private:
  // A slot that costs more than this machine has, less than it accepts, or was made by a newer version.
  static bool is_beyond_us(const Error& error) {
    return error.code == Errc::limit || error.code == Errc::denied || error.code == Errc::unsupported;
  }

  // Those of the factors that open a slot together; none when they do not.
  Result<Factors> which_open(const Slot& slot, const Factors& offered) {
    Factors used;
    if (!can_try(slot, offered)) return used;
    int runs = kMostArgon2Runs;
    auto payload = open_slot(old_.body.vault, slot, offered, runs, &used);
    if (!payload) return payload.error();
    if (!*payload) used.clear();
    return used;
  }

  // A passphrase that only unlocked has no costs for a new slot of its own: it keeps those it has.
  static void keep_costs(const Slot& slot, Factors& factors) {
    for (std::size_t i = 0; i < factors.size(); ++i) {
      if (auto same = factors[i]->at_costs_of(slot.factors[i].parameters)) factors[i] = std::move(same);
    }
  }

  Result<Slot> seal(const Slot& slot, const Factors& factors) {
    SlotPayload payload{{SecretBuffer::copy(renewed_.seed.bytes.expose())}, renewed_.keys.signing()};
    return seal_slot(old_.body.vault, slot.identity, renewed_.keys, payload, slot.name, factors, ++counter_, slot.id,
                     now_, platform_.random);
  }

  const Header& old_;
  const Unlocked& self_;
  const NewSelf& renewed_;
  const Platform& platform_;
  Time now_;
  std::uint64_t counter_ = 0;
};

}  // namespace

// ---- the switch -------------------------------------------------------------------------------------------------------

// Builds the store of the new epoch beside the old one; the header that names it is the switch.
class Vault::Impl::Rekeying {
 public:
  Rekeying(Impl& vault, WriteLock& lock, Head head) : vault_(vault), lock_(lock), head_(std::move(head)) {}

  Header& next() { return next_; }
  const Head& head() const { return head_; }
  void renew_self(NewSelf renewed) { renewed_ = std::move(renewed); }

  Result<RekeyReport> run(const Progress& progress) {
    if (!vault_.fingerprint_key_) return Error{Errc::corrupt, "this admin's fingerprint key does not open"};
    auto vault_key = begin_epoch(next_.body, *vault_.fingerprint_key_, vault_.platform_.random);
    if (!vault_key) return vault_key.error();
    const IdentityKeys& keys = renewed_ ? renewed_->keys : vault_.self_.keys;
    vault_.sign_body(next_, head_, keys);
    ++next_.sequence;
    next_.mac = header_mac(*vault_key, next_);
    RekeyReport report;
    report.epoch = next_.body.epoch;
    auto head = build_store(*vault_key, keys, report, progress);
    const Status switched = head ? switch_over() : Status(head.error());
    if (!switched) {
      remove_store(next_.body.store_name);
      return switched.error();
    }
    go_on(std::move(*vault_key), *head);
    return report;
  }

 private:
  Result<Head> build_store(const VaultKey& vault_key, const IdentityKeys& keys, RekeyReport& report,
                           const Progress& progress) {
    remove_store(next_.body.store_name);  // what a killed rekey left
    const StoreKey key = store_key(vault_key, vault_.vault());
    CommitAuthor author{keys, vault_.now()};
    return vault_.store_.create_successor(
        vault_.platform_.files, vault_.dir_ / next_.body.store_name, key, vault_.header_.header, next_, author,
        [&](ReadView& view, RecordStore& store) { return Rewrap(vault_, view, store, next_, report, progress).run(); });
  }

  // The rename of the header is the switch: from then on there is no error, and the new store stays.
  Status switch_over() { return write_header(vault_.platform_.files, vault_.dir_, next_, &synced_); }

  void go_on(VaultKey vault_key, const Head& head) {
    const std::string old_store = vault_.header_.header.body.store_name;
    vault_.self_.vault_key = std::move(vault_key);
    if (renewed_) {
      vault_.self_.seed = std::move(renewed_->seed);
      vault_.self_.keys = std::move(renewed_->keys);
      vault_.self_.root_admin = vault_.self_.keys.signing();
      vault_.mark_.reset();
    }
    vault_.header_ = {std::move(next_), false};
    vault_.team_keys_.clear();
    vault_.store_.remember(RecordStore::seen_at(head, vault_.header_.header.sequence));
    vault_.reopen_store_ = true;
    if (synced_) remove_store(old_store);
    lock_.announce();
    vault_.keep_mark();
  }

  void remove_store(const std::string& name) {
    for (const char* suffix : {"", "-journal"}) vault_.platform_.files.remove(vault_.dir_ / (name + suffix));
  }

  Impl& vault_;
  WriteLock& lock_;
  Head head_;
  Header next_ = vault_.header_.header;
  std::optional<NewSelf> renewed_;
  bool synced_ = true;
};

template <class Prepare>
Result<RekeyReport> Vault::Impl::rekey(Prepare prepare, const Progress& progress) {
  if (auto usable = check_process(); !usable) return usable.error();
  std::lock_guard guard(mutex_);
  auto lock = begin_write(Right::admin);
  if (!lock) return lock.error();
  std::optional<Head> head;
  {
    auto view = store_.read(header_.header);
    if (!view) return view.error();
    head = view->head();
  }
  Rekeying rekeying(*this, *lock, std::move(*head));
  if (Status prepared = prepare(rekeying); !prepared) return prepared.error();
  return rekeying.run(progress);
}

Result<RekeyReport> Vault::rekey(const Progress& progress) {
  auto report = impl_->rekey([](Impl::Rekeying&) -> Status { return {}; }, progress);
  if (!report) return doing("rekey", report.error());
  return report;
}

Result<RekeyReport> Vault::change_leaked_slot(std::string_view slot, const Factors& factors, const Factors& kept,
                                              const Progress& progress) {
  std::vector<std::string> dropped;
  auto report = impl_->rekey(
      [&](Impl::Rekeying& rekeying) -> Status {
        const Unlocked& self = impl_->self();
        if (self.keys.signing() != self.root_admin)
          return Error{Errc::denied,
                       "only the root admin can replace his keys; ask him to remove your slots, add new "
                       "ones, and run 'vault rekey'"};
        const Header& old = impl_->header();
        auto leaked = find_slot(old, slot.empty() ? to_hex(self.slot.bytes) : slot);
        if (!leaked) return leaked.error();
        if ((*leaked)->identity != self.identity)
          return Error{
              Errc::denied,
              fmt::format("slot '{}' belongs to another identity: remove it with 'vault slot remove', then run "
                          "'vault rekey'",
                          (*leaked)->name)};
        auto renewed = replace_root(rekeying.next(), self, rekeying.head(), impl_->platform().random);
        if (!renewed) return renewed.error();
        auto slots = Reseal(old, self, *renewed, impl_->platform(), impl_->now()).run(**leaked, factors, kept, dropped);
        if (!slots) return slots.error();
        rekeying.next().slots = std::move(*slots);
        rekeying.renew_self(std::move(*renewed));
        return {};
      },
      progress);
  if (!report && impl_->self().role != Role::admin && report.error().code == Errc::denied)
    return Error{Errc::denied,
                 "slot passwd --leaked: only an admin can do that; ask one to remove this identity's slots, "
                 "to add new ones, and to run 'vault rekey'"};
  if (!report) return doing("slot passwd --leaked", report.error());
  report->dropped_slots = std::move(dropped);
  return report;
}

}  // namespace vault

#pragma once

#include "tests/support/tamper.hpp"
#include "vault/session.hpp"

namespace vault {

// The store in an admin's hands, below the facade: changes that no verb makes, with a good signature. No Vault may be in a call.
class SignedChange {
 public:
  SignedChange(const fs::path& dir, const Factors& factors)
      : header_(header_of(dir)),
        self_(must(unlock(header_, factors, ""))),
        store_(must(RecordStore::open(dir / header_.body.store_name, store_key(self_.vault_key, header_.body.vault)))) {
  }

  // `make` takes a ReadView& and a Change&.
  template <class Make>
  void write(Make make, Time now = Time(std::chrono::hours(24 * 365 * 50))) {
    must(store_.write(header_, {self_.keys, now}, [&](ReadView& view) -> Result<Change> {
      Change change;
      change.operation = "test";
      make(view, change);
      return change;
    }));
  }

  const VaultId& vault() const { return header_.body.vault; }

  TeamKey team_key(ReadView& view, std::string_view team_name) {
    auto item = must(view.tree().find_current(RecordKind::team, named_key(vault(), RecordKind::team, team_name)));
    const TeamRecord team = must(view.team(*item));
    auto key =
        open_grant(self_.keys, vault(), {GrantKind::team_key, team.id, team.generation}, team.grants.at(0).grant);
    return {std::move(*key)};
  }

  Item current(ReadView& view, std::string_view label) {
    return *must(view.tree().find_current(RecordKind::entry, entry_key(vault(), label)));
  }

  // Puts a changed record in place of the one that `item` leads to.
  void put(Change& change, Item item, const EntryRecord& record) {
    RecordWrite write{record.id.bytes, false, encode(record)};
    item.value = record_hash(write.bytes, vault());
    change.items.push_back({RecordKind::entry, false, item});
    change.records.push_back(std::move(write));
  }

 private:
  Header header_;
  Unlocked self_;
  RecordStore store_;
};

}  // namespace vault

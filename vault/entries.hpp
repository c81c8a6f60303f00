#pragma once

#include <list>

#include "vault/session.hpp"

namespace vault {

// What the parts of the facade that read and change entries share.

// ---- finding ----------------------------------------------------------------------------------------------------------

// The item a label leads to: its own, or by an alias the one of the entry's present label, or the newest tombstone of a destroyed
// entry. Errors: not_found (proven), corrupt.
Result<Item> find_entry(ReadView& view, const Label& label);

// The entry that has a version; `pointer` is the version's fingerprint. Errors: corrupt.
struct FoundEntry {
  Item item;
  EntryRecord record;
};
Result<FoundEntry> entry_of_version(ReadView& view, const Item& pointer);

// Whether a label can be given to an entry that exists (`own`), or to a new one. Errors: conflict, which says what has the label.
Status check_label_is_free(ReadView& view, const Label& label, const std::optional<EntryId>& own,
                           bool beside_tombstones);

// Room for `more` live entries beside those there are. Errors: limit.
Status check_room(const ReadView& view, std::uint64_t more);

// Where a record of any kind belongs in the tree, and how it is called; nothing when the bytes are not well-formed.
struct RecordPlace {
  ByteArray<16> id;
  Digest key;
  std::string name;
};
std::optional<RecordPlace> place_of(RecordKind kind, ByteView record, const VaultId& vault);

// ---- fields -----------------------------------------------------------------------------------------------------------

// The value of a secret field of a team. Errors: denied (the team's key is not ours), corrupt.
Result<SecretBuffer> open_field(Vault::Impl& vault, ReadView& view, const TeamId& team, const VersionRecord& version,
                                const StoredField& field, ByteView stored);

// A team that owns what a change writes, and its present key.
struct Owner {
  TeamId id;
  std::uint64_t generation;
  const TeamKey* key;
};

// The bytes to store for a field's value: sealed when secret. Sets the field's generation and digest.
Result<Bytes> seal_field(const VaultId& vault, const VersionRecord& version, const Owner& owner, StoredField& field,
                         ByteView value, Random& random);

// ---- changing ---------------------------------------------------------------------------------------------------------

// The teams of one change, by name; those that do not exist are made in it.
class OwnersOfChange {
 public:
  OwnersOfChange(Vault::Impl& vault, ReadView& view, Time now) : vault_(vault), view_(view), now_(now) {}

  // `made` tells whether this call made the team. Errors: denied, corrupt, internal.
  Result<Owner> find_or_make(const std::string& team, Change& change, bool& made);

 private:
  Result<Owner> known(const Item& item);
  Result<Owner> make(const std::string& name, const Digest& key, Change& change);

  Vault::Impl& vault_;
  ReadView& view_;
  Time now_;
  std::map<std::string, Owner> owners_;
  std::list<TeamKey> new_keys_;
};

// What a record's times can hold. Errors: usage.
bool is_storable(Time time);

// A name in normal form, in place.
Status normalise_name(std::string_view what, std::string& name);
// Keys in normal form, in place; values are text. Errors: usage, limit.
Status normalise_attributes(std::map<std::string, std::string>& attributes);

}  // namespace vault

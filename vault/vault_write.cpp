#include <fmt/format.h>
#include <sodium.h>

#include <set>

#include "vault/base/limits.hpp"
#include "vault/model/issuer.hpp"
#include "vault/session.hpp"

namespace vault {
namespace {

constexpr std::size_t kLeastForHint = 24;
constexpr std::size_t kHintTail = 4;

// ---- what may be stored ----

Status check_field(const NewField& field, const NewEntry& entry, std::set<std::string>& names) {
  auto name = parse_name("field", field.name);
  if (!name) return name.error();
  if (*name != field.name) return Error{Errc::usage, fmt::format("the field name '{}' is not in normal form (NFC)", field.name)};
  if (!names.insert(field.name).second) return Error{Errc::usage, fmt::format("field '{}' is given twice", field.name)};
  if (field.value.size() > limits::field_bytes) {
    return Error{Errc::limit, fmt::format("field '{}' is larger than {} KiB", field.name, limits::field_bytes / 1024)};
  }
  if (field.secret && field.value.empty() && !entry.allow_empty) {
    return Error{Errc::usage, fmt::format("field '{}' is empty; --allow-empty stores it all the same", field.name)};
  }
  return {};
}

Status check_fields(const NewEntry& entry) {
  if (entry.fields.empty()) return Error{Errc::usage, "there is no field to store"};
  if (entry.fields.size() > limits::fields) return Error{Errc::limit, fmt::format("at most {} fields", limits::fields)};
  std::set<std::string> names;
  for (const NewField& field : entry.fields) {
    if (auto fine = check_field(field, entry, names); !fine) return fine;
  }
  return {};
}

// Names in normal form, in place. Those that may be empty are left so.
Status normalise(std::string_view what, std::string& name, bool may_be_empty) {
  if (name.empty() && may_be_empty) return {};
  auto parsed = parse_name(what, name);
  if (!parsed) return parsed.error();
  name = std::move(*parsed);
  return {};
}

Status check_attributes(const NewEntry& entry) {
  if (entry.attributes.size() > limits::attributes) return Error{Errc::limit, fmt::format("at most {} attributes", limits::attributes)};
  for (const auto& [key, value] : entry.attributes) {
    if (auto name = parse_name("attribute", key); !name) return name.error();
    if (value.size() > limits::attribute_value_bytes) {
      return Error{Errc::limit, fmt::format("attribute '{}' is longer than {} bytes", key, limits::attribute_value_bytes)};
    }
    if (auto text = parse_note(value); !text) return text.error();
  }
  return {};
}

Status check_times(const NewEntry& entry, Time now) {
  const Time first{};
  if (entry.issued_at.value_or(now) < first || entry.expires_at < first) return Error{Errc::usage, "times lie in the years 1970 to 9999"};
  if (entry.expires_at <= entry.issued_at.value_or(now) && entry.expires_at != kNever && entry.issued_at) {
    return Error{Errc::usage, "it would expire before it was issued"};
  }
  return {};
}

Status check_new_entry(NewEntry& entry, Time now) {
  for (auto [what, name, may_be_empty] : {std::tuple("issuer", &entry.issuer, false), {"account", &entry.account, false},
                                          {"team", &entry.team, false}, {"key name", &entry.key_name, true},
                                          {"minted-by", &entry.minted_by, true}, {"period", &entry.period, true}}) {
    if (auto fine = normalise(what, *name, may_be_empty); !fine) return fine;
  }
  if (!entry.minted_with.empty() && entry.minted_with != "2fa" && entry.minted_with != "sso") {
    return Error{Errc::usage, "minted-with is 2fa or sso"};
  }
  if (auto note = parse_note(entry.note); !note) return note.error();
  if (auto attributes = check_attributes(entry); !attributes) return attributes;
  if (auto times = check_times(entry, now); !times) return times;
  return check_fields(entry);
}

// ---- what is derived from the token ----

const NewField* token_of(const NewEntry& entry) {
  auto secret = std::ranges::find_if(entry.fields, &NewField::secret);
  return secret == entry.fields.end() ? nullptr : &*secret;
}

// BLAKE2b-256(FK, "vlt1-fpr", SHA-256 of the token): SHA-256 because that is what providers' logs have.
Digest fingerprint_of(const FingerprintKey& key, const SecretBuffer& token) {
  Digest sha256;
  crypto_hash_sha256(as_writable_uchar(sha256), as_uchar(token.expose()), token.size());
  return Hash(personals::fingerprint, key.bytes.expose()).add(sha256).finish();
}

// The last four characters of a long token of visible ASCII; empty for any other.
std::string hint_of(const SecretBuffer& token) {
  if (token.size() < kLeastForHint) return "";
  std::string_view tail = as_text(token.expose().last(kHintTail));
  const bool visible = std::ranges::all_of(tail, [](char c) { return c > ' ' && c <= '~'; });
  return visible ? fmt::format("...{}", tail) : "";
}

template <class Record>
Result<Record> new_named(std::string_view record_name, Time now, Random& random) {
  auto id = random_id<ObjectId>(random);
  if (!id) return id.error();
  Record record;
  record.id = *id;
  record.name = record_name;
  record.created = now;
  return record;
}

}  // namespace

// One `add`, made inside the write transaction, where what it looks up cannot change.
class AddChange {
 public:
  AddChange(Vault::Impl& vault, ReadView& view, const NewEntry& entry, AddReceipt& receipt)
      : vault_(vault), view_(view), new_(entry), receipt_(receipt), now_(vault.now()) {}

  Result<Change> make() {
    change_.operation = "add";
    if (auto free = check_label(); !free) return free.error();
    if (auto issuer = check_issuer(); !issuer) return issuer.error();
    if (auto account = find_or_make_account(); !account) return account.error();
    auto team = find_or_make_team();
    if (!team) return team.error();
    if (auto entry = make_entry(*team); !entry) return entry.error();
    return std::move(change_);
  }

 private:
  const VaultId& id() const { return vault_.vault(); }
  Random& random() const { return vault_.platform().random; }

  Status check_label() {
    auto items = view_.tree().find(RecordKind::entry, entry_key(id(), new_.label.text()));
    if (!items) return items.error();
    if (!items->empty()) {
      return Error{Errc::conflict, fmt::format("the label is used already; 'vault show {}' shows by what", new_.label.text())};
    }
    const Subtrees& subtrees = view_.head().commit.subtrees;
    auto entries = subtrees.find(RecordKind::entry);
    if (entries != subtrees.end() && entries->second.live >= limits::entries) {
      return Error{Errc::limit, fmt::format("a vault holds at most {} entries", limits::entries)};
    }
    return {};
  }

  Status check_issuer() {
    auto issuer = view_.tree().find_current(RecordKind::issuer, named_key(id(), RecordKind::issuer, new_.issuer));
    if (!issuer) return issuer.error();
    if (*issuer) return {};
    return Error{Errc::not_found, fmt::format("no issuer '{}'; there are: 101domain, generic", new_.issuer)};
  }

  Status find_or_make_account() {
    const Digest key = account_key(id(), new_.issuer, new_.account);
    auto item = view_.tree().find_current(RecordKind::account, key);
    if (!item) return item.error();
    if (*item) return {};
    auto account = new_named<AccountRecord>(new_.account, now_, random());
    if (!account) return account.error();
    account->issuer = new_.issuer;
    put_new(change_, RecordKind::account, key, *account, id());
    receipt_.account_created = true;
    return {};
  }

  struct Team {
    TeamId id;
    std::uint64_t generation;
    const TeamKey* key;
  };

  Result<Team> find_or_make_team() {
    const Digest key = named_key(id(), RecordKind::team, new_.team);
    auto item = view_.tree().find_current(RecordKind::team, key);
    if (!item) return item.error();
    if (*item) {
      auto team = view_.team(**item);
      if (!team) return team.error();
      auto team_key = vault_.team_key(view_, team->id, team->generation);
      if (!team_key) return team_key.error();
      return Team{team->id, team->generation, *team_key};
    }
    auto team = make_team(new_.team, vault_.header(), now_, random(), fresh_team_key_);
    if (!team) return team.error();
    put_new(change_, RecordKind::team, key, *team, id());
    receipt_.team_created = true;
    return Team{team->id, team->generation, &fresh_team_key_};
  }

  // One field as it will lie in the store: sealed when secret.
  Result<Bytes> store_field(const NewField& field, const VersionRecord& version, const Team& team, StoredField& stored) {
    stored = {field.name, field.secret, field.secret ? team.generation : 0, {}};
    Bytes bytes;
    if (field.secret) {
      Bytes aad = field_aad(id(), version.entry, version.id, field.name, team.id, team.generation);
      auto sealed = wrap_secret(team.key->bytes.expose(), aad, field.value.expose(), random());
      if (!sealed) return sealed.error();
      bytes = std::move(*sealed);
    } else {
      bytes.assign(field.value.expose().begin(), field.value.expose().end());
    }
    stored.digest = field_digest(stored, bytes, id());
    return bytes;
  }

  Status add_fingerprint(VersionRecord& version, const SecretBuffer& token) {
    if (!new_.fingerprint || token.empty() || !vault_.fingerprint_key()) return {};
    version.fingerprint = fingerprint_of(*vault_.fingerprint_key(), token);
    const Digest key = fingerprint_key(id(), *version.fingerprint);
    auto known = view_.tree().find(RecordKind::fingerprint, key);
    if (!known) return known.error();
    if (!known->empty()) return already_stored(known->front());
    change_.items.push_back({RecordKind::fingerprint, false,
                             {key, version.id.bytes, ItemStatus::live, entry_key(id(), new_.label.text())}});
    return {};
  }

  Error already_stored(const Item& fingerprint) {
    std::string label = "another label";
    if (auto item = view_.tree().find_current(RecordKind::entry, fingerprint.value); item && *item) {
      if (auto entry = view_.entry(**item)) label = fmt::format("'{}'", entry->label.text());
    }
    return {Errc::conflict, fmt::format("the same token is stored already under {}; --no-fingerprint stores it once more", label)};
  }

  Status make_entry(const Team& team) {
    auto entry_id = random_id<EntryId>(random());
    if (!entry_id) return entry_id.error();
    auto version_id = random_id<VersionId>(random());
    if (!version_id) return version_id.error();
    VersionRecord version;
    version.id = *version_id;
    version.entry = *entry_id;
    version.scopes = new_.scopes;
    version.issued_at = new_.issued_at.value_or(now_);
    version.expires_at = new_.expires_at;
    version.stored_at = now_;
    version.period = new_.period;
    version.key_name = new_.key_name;
    version.minted_by = new_.minted_by;
    version.minted_with = new_.minted_with;
    if (const NewField* token = token_of(new_)) {
      if (auto fingerprint = add_fingerprint(version, token->value); !fingerprint) return fingerprint;
      if (new_.hint) version.hint = hint_of(token->value);
    }
    std::vector<Bytes> values;
    for (const NewField& field : new_.fields) {
      StoredField stored;
      auto bytes = store_field(field, version, team, stored);
      if (!bytes) return bytes.error();
      version.fields.push_back(std::move(stored));
      values.push_back(std::move(*bytes));
    }
    VersionWrite write{version.id, encode(version), encode_field_values(values)};

    EntryRecord entry{*entry_id, new_.label};
    entry.issuer = new_.issuer;
    entry.account = new_.account;
    entry.team = team.id;
    entry.created = entry.changed = now_;
    entry.note = new_.note;
    entry.attributes = new_.attributes;
    entry.active = version.id;
    entry.versions.push_back({version.id, {VersionState::active, {}, false, version.expires_at}, false,
                              version_digest(write.version, id())});
    change_.versions.push_back(std::move(write));
    put_new(change_, RecordKind::entry, entry_key(id(), new_.label.text()), entry, id());
    return {};
  }

  Vault::Impl& vault_;
  ReadView& view_;
  const NewEntry& new_;
  AddReceipt& receipt_;
  Time now_;
  Change change_;
  TeamKey fresh_team_key_;
};

Result<AddReceipt> Vault::add(NewEntry entry) {
  const std::string operation = fmt::format("add {}", entry.label.text());
  if (auto fine = check_new_entry(entry, impl_->now()); !fine) return doing(operation, fine.error());
  AddReceipt receipt{EntryView{{}, entry.label}};
  auto head = impl_->write([&](ReadView& view) { return AddChange(*impl_, view, entry, receipt).make(); });
  if (!head) return doing(operation, head.error());
  auto stored = show(entry.label);  // read back and verified before the receipt says so
  if (!stored) return stored.error();
  receipt.entry = std::move(*stored);
  return receipt;
}

}  // namespace vault

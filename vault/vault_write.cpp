#include <fmt/format.h>
#include <sodium.h>

#include <set>
#include <unordered_map>
#include <unordered_set>

#include "vault/base/limits.hpp"
#include "vault/entries.hpp"
#include "vault/line_value.hpp"
#include "vault/model/issuer.hpp"

namespace vault {
namespace {

constexpr std::size_t kLeastForHint = 24;
constexpr std::size_t kHintTail = 4;

// ---- what may be stored ----

// Of an entry that came from a line, a refused value is told by its key: it may be a secret in the wrong column.
Status of_key(const NewEntry& entry, std::string_view key, const Status& status) {
  return status || entry.origin.empty() ? status : refused_value(key, status.error().code);
}

std::string called(const NewField& field, const NewEntry& entry) {
  return entry.origin.empty() || field.name == kTokenKey ? fmt::format("field '{}'", field.name)
                                                         : "one of the \"fields\"";
}

Status check_field_name(const std::string& given) {
  auto name = parse_name("field", given);
  if (!name) return name.error();
  if (*name == given) return {};
  return Error{Errc::usage, fmt::format("the field name '{}' is not in normal form (NFC)", given)};
}

Status check_field(const NewField& field, const NewEntry& entry, std::set<std::string>& names) {
  if (auto name = of_key(entry, "fields", check_field_name(field.name)); !name) return name;
  const std::string name = called(field, entry);
  if (!names.insert(field.name).second) return Error{Errc::usage, fmt::format("{} is given twice", name)};
  if (field.value.size() > limits::field_bytes) {
    return Error{Errc::limit, fmt::format("{} is larger than {} KiB; store a key here, and with it encrypt the file",
                                          name, limits::field_bytes / 1024)};
  }
  if (field.secret && field.value.empty() && !entry.allow_empty)
    return Error{Errc::usage, fmt::format("{} is empty; --allow-empty stores it all the same", name)};
  return {};
}

Status check_fields(const NewEntry& entry) {
  if (entry.fields.empty()) return Error{Errc::usage, "there is no field to store; give it a token or another field"};
  if (entry.fields.size() > limits::fields)
    return Error{Errc::limit, fmt::format("an entry holds at most {} fields; make two of it", limits::fields)};
  std::set<std::string> names;
  for (const NewField& field : entry.fields) {
    if (auto fine = check_field(field, entry, names); !fine) return fine;
  }
  return {};
}

Status check_times(const NewEntry& entry, Time now) {
  const Time issued = entry.issued_at.value_or(now);
  if (!is_storable(issued) || !is_storable(now) || (entry.expires_at != kNever && !is_storable(entry.expires_at))) {
    return Error{Errc::usage, "times lie in the years 1970 to 9999"};
  }
  if (entry.issued_at && entry.expires_at <= issued)
    return Error{Errc::usage, "it would expire before it was issued; look at both dates again"};
  return {};
}

Status check_minted_with(const std::string& factor) {
  if (factor.empty() || factor == "2fa" || factor == "sso") return {};
  return Error{Errc::usage, "minted-with is 2fa or sso"};
}

Status check_note(const std::string& text) {
  auto note = parse_note(text);
  return note ? Status{} : note.error();
}

Status check_names(NewEntry& entry) {
  for (auto [key, what, name, may_be_empty] : {std::tuple("issuer", "issuer", &entry.issuer, false),
                                               {"account", "account", &entry.account, false},
                                               {"team", "team", &entry.team, false},
                                               {"key_name", "key name", &entry.key_name, true},
                                               {"minted_by", "minted-by", &entry.minted_by, true},
                                               {"period", "period", &entry.period, true}}) {
    if (name->empty() && may_be_empty) continue;
    if (auto fine = of_key(entry, key, normalise_name(what, *name)); !fine) return fine;
  }
  return {};
}

Status check_new_entry(NewEntry& entry, Time now) {
  if (auto names = check_names(entry); !names) return names;
  if (auto factor = of_key(entry, "minted_with", check_minted_with(entry.minted_with)); !factor) return factor;
  if (auto note = of_key(entry, "note", check_note(entry.note)); !note) return note;
  if (auto fine = of_key(entry, "attributes", normalise_attributes(entry.attributes)); !fine) return fine;
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
  const Digest fingerprint = Hash(personals::fingerprint, key.bytes.expose()).add(sha256).finish();
  wipe(sha256);  // of a short token it would be an oracle
  return fingerprint;
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

// New entries in one change, made inside the write transaction, where what it looks up cannot change.
class AddChange {
 public:
  AddChange(Vault::Impl& vault, ReadView& view)
      : vault_(vault), view_(view), now_(vault.now()), owners_(vault, view, now_) {
    change_.operation = "add";
  }

  Status add(const NewEntry& entry, AddReceipt& receipt) {
    if (auto free = check_label(entry); !free) return free;
    if (auto issuer = check_issuer(entry); !issuer) return issuer;
    if (auto account = find_or_make_account(entry, receipt); !account) return account;
    auto team = owners_.find_or_make(entry.team, change_, receipt.team_created);
    if (!team) return team.error();
    return make_entry(entry, *team);
  }

  Change take() { return std::move(change_); }

 private:
  const VaultId& id() const { return vault_.vault(); }
  Random& random() const { return vault_.platform().random; }

  Status check_label(const NewEntry& entry) {
    const Digest key = entry_key(id(), entry.label.text());
    if (auto free = check_label_is_free(view_, entry.label, {}, entry.replace_tombstone); !free) return free;
    if (!new_keys_.insert(key).second)
      return Error{Errc::conflict, "the label is given twice; each entry has one of its own"};
    return check_room(view_, ++added_);
  }

  Status check_issuer(const NewEntry& entry) {
    if (known_issuers_.contains(entry.issuer)) return {};
    auto issuer = view_.tree().find_current(RecordKind::issuer, named_key(id(), RecordKind::issuer, entry.issuer));
    if (!issuer) return issuer.error();
    if (!*issuer) return no_issuer(entry);
    known_issuers_.insert(entry.issuer);
    return {};
  }

  Error no_issuer(const NewEntry& entry) {
    std::set<std::string> names;
    auto items = view_.tree().items(RecordKind::issuer);
    if (!items) return items.error();
    for (const Item& item : *items) {
      auto bytes = view_.record(item);
      if (!bytes) return bytes.error();
      if (auto issuer = decode_issuer(*bytes)) names.insert(issuer->name);
    }
    const std::string fault = entry.origin.empty() ? fmt::format("no issuer '{}'", entry.issuer)
                                                   : "the value of \"issuer\" names no issuer of this vault";
    return {Errc::not_found, fmt::format("{}; there are: {}", fault, fmt::join(names, ", "))};
  }

  Status find_or_make_account(const NewEntry& entry, AddReceipt& receipt) {
    const Digest key = account_key(id(), entry.issuer, entry.account);
    if (known_accounts_.contains(key)) return {};
    auto item = view_.tree().find_current(RecordKind::account, key);
    if (!item) return item.error();
    if (*item) {
      known_accounts_.insert(key);
      return {};
    }
    auto account = new_named<AccountRecord>(entry.account, now_, random());
    if (!account) return account.error();
    account->issuer = entry.issuer;
    put_new(change_, RecordKind::account, key, *account, id());
    known_accounts_.insert(key);
    receipt.account_created = true;
    return {};
  }

  Status add_fingerprint(const NewEntry& entry, VersionRecord& version, const SecretBuffer& token) {
    if (!entry.fingerprint || token.empty() || !vault_.fingerprint_key()) return {};
    version.fingerprint = fingerprint_of(*vault_.fingerprint_key(), token);
    const Digest key = fingerprint_key(id(), *version.fingerprint);
    auto known = view_.tree().find(RecordKind::fingerprint, key);
    if (!known) return known.error();
    if (!known->empty()) return already_stored(known->front());
    if (!new_keys_.insert(key).second)
      return Error{Errc::conflict, "the same token is given twice; leave one out, or store it without a fingerprint"};
    change_.items.push_back({RecordKind::fingerprint,
                             false,
                             {key, version.id.bytes, ItemStatus::live, entry_key(id(), entry.label.text())}});
    return {};
  }

  Error already_stored(const Item& fingerprint) {
    auto owner = entry_of_version(view_, fingerprint);
    if (!owner) return owner.error();
    const bool destroyed = owner->item.status == ItemStatus::tombstone;
    return {Errc::conflict,
            fmt::format("the same token {} stored already under '{}'{}; --no-fingerprint stores it once more",
                        destroyed ? "was" : "is", owner->record.label.text(), destroyed ? ", since destroyed" : "")};
  }

  Result<VersionRecord> make_version(const NewEntry& entry, const EntryId& entry_id) {
    auto version_id = random_id<VersionId>(random());
    if (!version_id) return version_id.error();
    VersionRecord version;
    version.id = *version_id;
    version.entry = entry_id;
    version.scopes = entry.scopes;
    version.issued_at = entry.issued_at.value_or(now_);
    version.stored_at = now_;
    version.period = entry.period;
    version.key_name = entry.key_name;
    version.minted_by = entry.minted_by;
    version.minted_with = entry.minted_with;
    if (const NewField* token = token_of(entry)) {
      if (auto fingerprint = add_fingerprint(entry, version, token->value); !fingerprint) return fingerprint.error();
      if (entry.hint) version.hint = hint_of(token->value);
    }
    return version;
  }

  Status make_entry(const NewEntry& entry, const Owner& team) {
    auto entry_id = random_id<EntryId>(random());
    if (!entry_id) return entry_id.error();
    auto version = make_version(entry, *entry_id);
    if (!version) return version.error();
    std::vector<Bytes> values;
    for (const NewField& field : entry.fields) {
      StoredField stored{field.name, field.secret, 0, {}};
      auto bytes = seal_field(vault_.vault(), *version, team, stored, field.value.expose(), vault_.platform().random);
      if (!bytes) return bytes.error();
      version->fields.push_back(std::move(stored));
      values.push_back(std::move(*bytes));
    }
    VersionWrite write{version->id, encode(*version), encode_field_values(values)};

    EntryRecord record{*entry_id, entry.label};
    record.issuer = entry.issuer;
    record.account = entry.account;
    record.team = team.id;
    record.created = record.changed = now_;
    record.note = entry.note;
    record.attributes = entry.attributes;
    record.active = version->id;
    record.versions.push_back(
        {version->id, {VersionState::active, {}, false, entry.expires_at}, false, version_digest(write.version, id())});
    change_.versions.push_back(std::move(write));
    put_new(change_, RecordKind::entry, entry_key(id(), entry.label.text()), record, id());
    return {};
  }

  Vault::Impl& vault_;
  ReadView& view_;
  Time now_;
  Change change_;
  std::uint64_t added_ = 0;
  std::unordered_set<Digest, HashOfRandom> new_keys_;  // labels and fingerprints of this change
  std::set<Digest> known_accounts_;
  std::set<std::string> known_issuers_;
  OwnersOfChange owners_;
};

namespace {

constexpr std::size_t kProgressStep = 256;

// A line's keys are called otherwise than the options.
std::string in_words_of_lines(std::string message) {
  static constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"--allow-empty", "\"allow_empty\": true"},
      {"--no-fingerprint", "\"fingerprint\": false"},
      {"'vault add --replace-tombstone'", "a line cannot, 'vault add --replace-tombstone'"},
  };
  for (const auto& [option, key] : kWords) {
    if (auto at = message.find(option); at != std::string::npos) message.replace(at, option.size(), key);
  }
  return message;
}

// What is wrong with one entry, which keeps all of them out.
Error refused(const NewEntry& entry, const Error& error) {
  const std::string message = entry.origin.empty() ? error.message : in_words_of_lines(error.message);
  return {error.code, fmt::format("add {}{}{}: {}{}", entry.label.text(), entry.origin.empty() ? "" : ", ",
                                  entry.origin, message, entry.origin.empty() ? "" : " (nothing was stored)")};
}

// Of two passes over the entries: making them, and reading them back.
class TwoPasses {
 public:
  TwoPasses(const Vault::Progress& progress, std::size_t entries) : progress_(progress), total_(2 * entries) {}
  void step() {
    if (progress_ && ++done_ % kProgressStep == 0) progress_(done_, total_);
  }

 private:
  const Vault::Progress& progress_;
  std::uint64_t done_ = 0, total_;
};

// One walk over all entries costs less than finding each, where they are one in so many or more.
constexpr std::uint64_t kFewOfAll = 8;

Result<std::vector<Item>> items_of(ReadView& view, const std::vector<AddReceipt>& receipts) {
  std::vector<Item> found;
  if (receipts.size() >= view.live(RecordKind::entry) / kFewOfAll) {
    auto all = view.tree().items(RecordKind::entry);
    if (!all) return all.error();
    std::unordered_set<Digest, HashOfRandom> keys;
    for (const AddReceipt& receipt : receipts) keys.insert(entry_key(view.vault(), receipt.entry.label.text()));
    std::ranges::copy_if(*all, std::back_inserter(found),
                         [&](const Item& item) { return item.is_current() && keys.contains(item.key); });
    if (found.size() == receipts.size()) return found;
    found.clear();  // somebody removed one of them at once: the search tells which
  }
  for (const AddReceipt& receipt : receipts) {
    auto item = find_entry(view, receipt.entry.label);
    if (!item) return doing(fmt::format("add {}", receipt.entry.label.text()), item.error());
    found.push_back(*item);
  }
  return found;
}

}  // namespace

// Verified before the receipts say that they are stored. Who cannot look because others write has them on disk all the same.
Status Vault::Impl::read_back(std::vector<AddReceipt>& receipts, const std::function<void()>& step) {
  auto looked = read([&](ReadView& view) -> Status {
    auto items = items_of(view, receipts);
    if (!items) return items.error();
    auto stored = show_all(view, std::move(*items));
    if (!stored) return doing("add", stored.error());
    std::unordered_map<Label, EntryView*> places;
    for (AddReceipt& receipt : receipts) places.emplace(receipt.entry.label, &receipt.entry);
    for (EntryView& entry : *stored) {
      // What somebody has given another label at once keeps a receipt of the label alone.
      if (auto place = places.find(entry.label); place != places.end()) *place->second = std::move(entry);
      step();
    }
    return {};
  });
  return !looked && looked.error().code == Errc::busy ? Status{} : looked;
}

Result<std::vector<AddReceipt>> Vault::add_all(std::vector<NewEntry> entries, const Progress& progress) {
  using Receipts = std::vector<AddReceipt>;
  if (entries.empty()) return impl_->read([](ReadView&) -> Result<Receipts> { return Receipts(); });  // not a commit
  for (NewEntry& entry : entries) {
    if (auto fine = check_new_entry(entry, impl_->now()); !fine) return refused(entry, fine.error());
  }
  TwoPasses passes(progress, entries.size());
  std::vector<AddReceipt> receipts;
  for (const NewEntry& entry : entries) receipts.push_back({EntryView{{}, entry.label}});
  auto head = impl_->write([&](ReadView& view) -> Result<Change> {
    AddChange change(*impl_, view);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (auto added = change.add(entries[i], receipts[i]); !added) return refused(entries[i], added.error());
      passes.step();
    }
    return change.take();
  });
  if (!head) return head.error();
  if (auto stored = impl_->read_back(receipts, [&] { passes.step(); }); !stored) return stored.error();
  return receipts;
}

Result<AddReceipt> Vault::add(NewEntry entry) {
  std::vector<NewEntry> one;
  one.push_back(std::move(entry));
  auto receipts = add_all(std::move(one));
  if (!receipts) return receipts.error();
  return std::move(receipts->front());
}

}  // namespace vault

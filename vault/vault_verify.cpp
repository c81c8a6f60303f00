#include <fmt/format.h>

#include "vault/entries.hpp"
#include "vault/store/rows.hpp"

namespace vault {
namespace {

constexpr std::uint64_t kProgressEvery = 1024;

Error damaged(const std::string& what) { return {Errc::corrupt, fmt::format("verify: {}", what)}; }

bool is_destroyed(const VersionEntry& version) { return version.life.destroyed; }

// One complete walk. The history is replayed from its first commit into a tree in memory, which at each step must have the root that was
// signed, and in the end be the tree in the store, row by row. Then everything the tree names is read and checked.
class Verification {
 public:
  Verification(Vault::Impl& vault, ReadView& view, const Vault::Progress& progress)
      : vault_(vault), view_(view), progress_(progress), replayed_(replay_storage_, vault.vault(), {}) {}

  Result<VerifyReport> run() {
    for (auto step : {&Verification::replay_history, &Verification::compare_tree, &Verification::check_records,
                      &Verification::compare_pointers, &Verification::check_row_counts}) {
      if (auto done = (this->*step)(); !done) return done.error();
    }
    return report_;
  }

 private:
  const VaultId& id() const { return vault_.vault(); }

  void tick() {
    if (progress_ && ++done_ % kProgressEvery == 0) progress_(done_, total());
  }
  std::uint64_t total() const {
    std::uint64_t all = view_.head().commit.sequence;
    for (const auto& [kind, subtree] : view_.head().commit.subtrees) all += subtree.live;
    return std::max(all, done_);
  }

  // ---- the history ----

  Status replay_history() {
    auto query = view_.database().statement("SELECT sequence, bytes, signature FROM commits ORDER BY sequence");
    if (!query) return query.error();
    Digest previous{};
    std::optional<Error> newer;  // a commit we do not know, if the next one says that it is genuine
    for (;;) {
      auto row = query->step();
      if (!row) return row.error();
      if (!*row) break;
      ByteView bytes = query->bytes(1);
      auto commit = decode_commit(bytes);
      if (newer && commit && commit->previous == previous) return *newer;
      if (newer) return damaged("the history has a commit that is neither known nor named by the next");
      if (!commit && commit.error().code == Errc::unsupported) {
        newer = commit.error();
      } else if (auto fine = check_commit(commit, bytes, query->bytes(2), query->number(0), previous); !fine) {
        return fine;
      }
      previous = commit_hash(bytes, id());
      ++report_.commits;
      tick();
    }
    if (previous != view_.head().hash) return damaged("the history does not end at the head");
    return {};
  }

  Status check_commit(const Result<Commit>& commit, ByteView bytes, ByteView signature_bytes, std::int64_t sequence,
                      const Digest& previous) {
    const std::string which = fmt::format("commit {}", sequence);
    if (!commit) return doing("verify: " + which, commit.error());
    if (signature_bytes.size() != sizeof(Signature)) return damaged(which + " has no signature");
    const bool in_place =
        commit->sequence == report_.commits + 1 && static_cast<std::int64_t>(commit->sequence) == sequence;
    if (!in_place || commit->previous != previous || commit->vault != id())
      return damaged(which + " does not continue the history");
    if (auto abandoned = abandoned_by(*commit)) rollbacks_ = std::max(rollbacks_, abandoned->rollbacks) + 1;
    epoch_ += commit->kind == CommitKind::epoch ? 1 : 0;
    if (commit->rollbacks != rollbacks_ || commit->epoch != epoch_)
      return damaged(which + " counts its rollbacks or epochs wrong");
    Signature signature;
    std::ranges::copy(signature_bytes, signature.begin());
    if (!vault_.header().body.roster.was_admin(commit->author, commit->sequence))
      return damaged(which + " is not by an admin");
    if (!vault::verify(SignedType::commit, id(), bytes, commit->author, signature))
      return damaged(which + " has a wrong signature");
    return replay_delta(*commit, which);
  }

  Status replay_delta(const Commit& commit, const std::string& which) {
    auto query = view_.database().statement("SELECT bytes, id FROM deltas WHERE id BETWEEN ?1 AND ?2 ORDER BY id");
    if (!query) return query.error();
    const std::int64_t first = delta_row(commit.sequence);
    query->bind(1, first).bind(2, delta_row(commit.sequence + 1) - 1);
    Bytes delta;
    for (;;) {
      auto row = query->step();
      if (!row) return row.error();
      if (!*row) break;
      ByteView chunk = query->bytes(0);
      const bool in_place = query->number(1) == first + static_cast<std::int64_t>(delta.size() / kDeltaChunk);
      const bool right_size = !chunk.empty() && chunk.size() <= kDeltaChunk && delta.size() % kDeltaChunk == 0;
      if (!in_place || !right_size) return damaged(which + " has its delta in disorder");
      delta.insert(delta.end(), chunk.begin(), chunk.end());
      ++delta_rows_;
    }
    auto changes = decode_delta(delta);
    if (!changes || changes->size() != commit.delta_count ||
        hash(personals::delta, delta, id().bytes) != commit.delta_hash) {
      return damaged(which + " does not match its delta");
    }
    if (auto applied = replayed_.apply(std::move(*changes)); !applied) return applied;
    if (replayed_.subtrees() != commit.subtrees) return damaged(which + " does not lead to the tree it signed");
    return {};
  }

  // ---- the tree in the store ----

  Status compare_table(const char* sql, TreeStorage::Table table) {
    auto query = view_.database().statement(sql);
    if (!query) return query.error();
    const auto& expected = std::as_const(replay_storage_).rows(table);
    std::size_t rows = 0;
    for (;; ++rows) {
      auto row = query->step();
      if (!row) return row.error();
      if (!*row) break;
      auto same = expected.find(query->number(0));
      if (same == expected.end() || !equal(same->second, query->bytes(1)))
        return damaged("the tree is not the one its history made");
    }
    if (rows != expected.size()) return damaged("the tree misses parts");
    return {};
  }

  Status compare_tree() {
    if (auto nodes = compare_table("SELECT id, bytes FROM nodes", TreeStorage::Table::nodes); !nodes) return nodes;
    return compare_table("SELECT id, bytes FROM buckets", TreeStorage::Table::buckets);
  }

  // ---- what the tree names ----

  Status check_records() {
    for (const auto& [kind, subtree] : view_.head().commit.subtrees) {
      auto items = view_.tree().items(kind);
      if (!items) return items.error();
      for (const Item& item : *items) {
        if (auto fine = check_item(kind, item); !fine) return fine;
      }
    }
    auto entries = view_.each_entry(std::move(entries_), [&](const Item& item, const EntryRecord& entry) {
      tick();
      return check_entry(item, entry);
    });
    return entries ? check_versions() : entries;
  }

  // Entries are left for later, when all of them are known.
  Status check_item(RecordKind kind, const Item& item) {
    if (kind == RecordKind::mint || kind == RecordKind::fingerprint || item.status == ItemStatus::alias) {
      tick();
      return check_pointer(kind, item);
    }
    ++report_.records;
    if (kind == RecordKind::entry) {
      entries_.push_back(item);
      return {};
    }
    tick();
    auto bytes = view_.record(item);
    if (!bytes) return bytes.error();
    if (!well_formed(kind, *bytes, item)) return damaged("a record is not well-formed");
    return {};
  }

  // Aliases and fingerprints are compared with what the entries say, once all are read.
  Status check_pointer(RecordKind kind, const Item& item) {
    if (kind != RecordKind::mint) {
      pointers_[kind].found.push_back(item);
      return {};
    }
    auto entry = view_.tree().find(RecordKind::entry, item.value);
    if (!entry) return entry.error();
    if (entry->empty()) return damaged("an index leads to no entry");
    return {};
  }

  Status compare_pointers() {
    for (auto& [kind, pointers] : pointers_) {
      for (auto* items : {&pointers.found, &pointers.expected})
        std::ranges::sort(*items, {}, [](const Item& item) { return std::tie(item.key, item.id); });
      if (pointers.found == pointers.expected) continue;
      return damaged(kind == RecordKind::entry ? "former labels and aliases do not agree"
                                               : "tokens and their fingerprints do not agree");
    }
    return {};
  }

  bool well_formed(RecordKind kind, ByteView bytes, const Item& item) const {
    auto place = place_of(kind, bytes, id());
    return place && place->id == item.id && place->key == item.key;
  }

  Status check_entry(const Item& item, const EntryRecord& entry) {
    if (item.key != entry_key(id(), entry.label.text()))
      return damaged(fmt::format("entry {} lies in another's place", entry.label.text()));
    for (const Label& label : entry.former_labels) {
      pointers_[RecordKind::entry].expected.push_back(
          {entry_key(id(), label.text()), item.id, ItemStatus::alias, item.key});
    }
    if (item.status == ItemStatus::tombstone && !std::ranges::all_of(entry.versions, is_destroyed))
      return damaged(fmt::format("entry {} was destroyed, but not all of its versions", entry.label.text()));
    for (const VersionEntry& listed : entry.versions) {
      wanted_.push_back({entry.id, listed});
      owners_.push_back({item.key, entry.team, entry.label});
    }
    return {};
  }

  Status check_versions() {
    return view_.each_version(
        wanted_, ReadView::Fields::checked,
        [&](std::size_t place, const VersionRecord& version, const std::vector<ByteView>& stored) -> Status {
          ++report_.versions;
          if (version.fingerprint) {
            pointers_[RecordKind::fingerprint].expected.push_back(
                {fingerprint_key(id(), *version.fingerprint), version.id.bytes, ItemStatus::live, owners_[place].key});
          }
          for (std::size_t i = 0; i < stored.size() && !wanted_[place].listed.life.destroyed; ++i) {
            if (auto fine = check_secret(owners_[place], version, version.fields[i], stored[i]); !fine) return fine;
          }
          return {};
        });
  }

  struct VersionOwner {  // the entry of a version that is to be checked
    Digest key;
    TeamId team;
    Label label;
  };

  Status check_secret(const VersionOwner& entry, const VersionRecord& version, const StoredField& field,
                      ByteView stored) {
    if (!field.secret) return {};
    auto value = open_field(vault_, view_, entry.team, version, field, stored);
    if (!value && value.error().code == Errc::denied) {
      ++report_.fields_not_ours;
      return {};
    }
    if (!value) return doing(fmt::format("verify: field {} of {}", field.name, entry.label.text()), value.error());
    ++report_.fields;
    return {};
  }

  // Nothing lies in the store that the tree does not name.
  Status check_row_counts() {
    struct Table {
      const char* sql;
      std::uint64_t expected;
    };
    for (const Table& table : {Table{"SELECT count(*) FROM records", report_.records},
                               {"SELECT count(*) FROM versions", report_.versions},
                               {"SELECT count(*) FROM deltas", delta_rows_}}) {
      auto rows = view_.count_rows(table.sql);
      if (!rows) return rows.error();
      if (*rows != table.expected) return damaged("the store has rows that its history does not name");
    }
    return {};
  }

  Vault::Impl& vault_;
  ReadView& view_;
  const Vault::Progress& progress_;
  MemoryTreeStorage replay_storage_;
  HashTree replayed_;
  VerifyReport report_;
  struct Pointers {
    std::vector<Item> found, expected;
  };
  std::map<RecordKind, Pointers> pointers_;  // aliases under `entry`
  std::vector<Item> entries_;
  std::vector<WantedVersion> wanted_;
  std::vector<VersionOwner> owners_;  // of each wanted version
  std::uint64_t delta_rows_ = 0;
  std::uint64_t rollbacks_ = 0, epoch_ = 1;  // up to the commit that was read last
  std::uint64_t done_ = 0;
};

}  // namespace

Result<VerifyReport> Vault::verify(const Progress& progress) const {
  return impl_->read([&](ReadView& view) { return Verification(*impl_, view, progress).run(); });
}

}  // namespace vault

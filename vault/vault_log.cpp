#include <fmt/format.h>

#include "vault/entries.hpp"
#include "vault/store/rows.hpp"

namespace vault {

std::string_view name(CommitView::Touched::What what) noexcept {
  using What = CommitView::Touched::What;
  switch (what) {
    case What::added: return "added";
    case What::changed: return "changed";
    case What::hidden: return "hidden";
    case What::destroyed: return "destroyed";
    case What::renamed: return "renamed";
  }
  return "changed";
}

namespace {

using Touched = CommitView::Touched;

// One record that a commit touched.
struct Touch {
  Touched::What what;
  RecordKind kind;
  ByteArray<16> id;
};

// The history, from the signed head back along the hashes. What a commit says is proven by the one after it.
class History {
 public:
  History(Vault::Impl& vault, ReadView& view) : vault_(vault), view_(view) {}

  Result<std::vector<CommitView>> walk(const LogOptions& options) {
    std::optional<ByteArray<16>> entry;
    if (options.label) {
      auto item = find_entry(view_, *options.label);
      if (!item) return item.error();
      entry = item->id;
    }
    std::vector<CommitView> seen;
    Head head = view_.head();
    for (;;) {
      auto before = view_.before(head.commit);
      if (!before) return before.error();
      auto touches = touches_of(head.commit, *before);
      if (!touches) return touches.error();
      const Touch* own = entry ? find_touch(*touches, *entry) : nullptr;
      if (!entry || own != nullptr) {
        auto commit = seen_commit(head, *touches);
        if (!commit) return commit.error();
        seen.push_back(std::move(*commit));
      }
      const bool born = own != nullptr && own->what == Touched::What::added;  // nothing before can be about it
      if (!*before || born || (options.limit > 0 && seen.size() == options.limit)) return seen;
      head = {std::move(**before), head.commit.previous};
    }
  }

 private:
  const VaultId& id() const { return vault_.vault(); }

  // ---- what a commit did ----

  static const Touch* find_touch(const std::vector<Touch>& touches, const ByteArray<16>& entry) {
    auto found = std::ranges::find_if(
        touches, [&](const Touch& touch) { return touch.kind == RecordKind::entry && touch.id == entry; });
    return found == touches.end() ? nullptr : &*found;
  }

  static std::uint64_t live(const Subtrees& subtrees, RecordKind kind) {
    return subtrees.contains(kind) ? subtrees.at(kind).live : 0;
  }

  // A delta says how things are after it, not how they were. They were not there before when there are now as many more live ones as
  // the delta names; but what was brought back was there.
  static std::map<RecordKind, bool> all_new(const Commit& commit, const std::optional<Commit>& before,
                                            const std::vector<ItemChange>& delta) {
    std::map<RecordKind, std::uint64_t> put;
    for (const ItemChange& change : delta) {
      if (!change.remove && change.item.status == ItemStatus::live) ++put[change.kind];
    }
    std::map<RecordKind, bool> out;
    for (const auto& [kind, count] : put) {
      const std::uint64_t had = before ? live(before->subtrees, kind) : 0;
      out[kind] = commit.operation != "undelete" && live(commit.subtrees, kind) == had + count;
    }
    return out;
  }

  static Touched::What what_of(const ItemChange& change, bool is_new) {
    if (change.remove) return Touched::What::destroyed;
    switch (change.item.status) {
      case ItemStatus::live: return is_new ? Touched::What::added : Touched::What::changed;
      case ItemStatus::hidden: return Touched::What::hidden;
      case ItemStatus::tombstone: return Touched::What::destroyed;
      case ItemStatus::alias: break;
    }
    return Touched::What::renamed;
  }

  Result<std::vector<Touch>> touches_of(const Commit& commit, const std::optional<Commit>& before) {
    auto delta = view_.delta(commit);
    if (!delta) return delta.error();
    auto is_new = all_new(commit, before, *delta);
    std::vector<Touch> touches;
    std::map<std::pair<RecordKind, ByteArray<16>>, std::size_t> places;
    for (const ItemChange& change : *delta) {
      if (change.kind == RecordKind::mint || change.kind == RecordKind::fingerprint) continue;
      const Touched::What what = what_of(change, is_new[change.kind]);
      auto [place, first] = places.emplace(std::pair(change.kind, change.item.id), touches.size());
      if (first) touches.push_back({what, change.kind, change.item.id});
      if (what == Touched::What::renamed) touches[place->second].what = what;
    }
    return touches;
  }

  // ---- names ----

  Result<CommitView> seen_commit(const Head& head, const std::vector<Touch>& touches) {
    const Commit& commit = head.commit;
    CommitView out{commit.sequence,        head.hash, commit.time, commit.kind, commit.operation, {}, commit.epoch,
                   commit.header_sequence, {},        {}};
    if (auto abandoned = abandoned_by(commit)) out.gave_up = abandoned->sequence;
    auto author = author_of(commit);
    if (!author) return author.error();
    out.identity = std::move(*author);
    for (const Touch& touch : touches) {
      auto name = name_of(touch.kind, touch.id);
      if (!name) return name.error();
      out.touched.push_back({touch.what, touch.kind, std::move(*name)});
    }
    return out;
  }

  // Empty for a key that the roster does not know.
  Result<std::string> author_of(const Commit& commit) {
    const auto& rows = vault_.header().body.roster.rows;
    auto row = std::ranges::find(rows, commit.author, &RosterRow::signing);
    if (row == rows.end()) return std::string();
    return name_of(RecordKind::identity, row->id.bytes);
  }

  Result<std::string> name_of(RecordKind kind, const ByteArray<16>& record) {
    const auto place = std::pair(kind, record);
    if (auto known = names_.find(place); known != names_.end()) return known->second;
    auto name = look_up_name(kind, record);
    if (name) names_.emplace(place, *name);
    return name;
  }

  // The row found by id is a hint to the key; the tree then proves it, or the walk over all of the kind tells what is wrong.
  Result<std::string> look_up_name(RecordKind kind, const ByteArray<16>& record) {
    auto hint = view_.unverified_record(record);
    if (!hint) return hint.error();
    if (auto place = place_of(kind, *hint, id()); place && place->id == record) {
      auto items = view_.tree().find(kind, place->key);
      if (!items) return items.error();
      if (std::ranges::any_of(*items, [&](const Item& item) { return proves(item, record, *hint); }))
        return place->name;
    }
    auto items = view_.tree().items(kind);
    if (!items) return items.error();
    for (const Item& item : *items) {
      if (item.id != record || item.status == ItemStatus::alias) continue;
      auto bytes = view_.record(item);
      if (!bytes) return bytes.error();
      auto place = place_of(kind, *bytes, id());
      if (!place) return damaged_store("a record is not well-formed");
      return place->name;
    }
    return std::string();  // it is in the vault no more
  }

  bool proves(const Item& item, const ByteArray<16>& record, ByteView bytes) const {
    return item.id == record && item.status != ItemStatus::alias && item.value == record_hash(bytes, id());
  }

  Vault::Impl& vault_;
  ReadView& view_;
  std::map<std::pair<RecordKind, ByteArray<16>>, std::string> names_;
};

}  // namespace

Result<std::vector<CommitView>> Vault::log(const LogOptions& options) const {
  auto commits = impl_->read([&](ReadView& view) { return History(*impl_, view).walk(options); });
  if (!commits) return doing(options.label ? fmt::format("log {}", options.label->text()) : "log", commits.error());
  return commits;
}

}  // namespace vault

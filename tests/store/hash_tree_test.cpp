#include "vault/store/hash_tree.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "tests/support/world.hpp"

namespace vault {
namespace {

using Table = TreeStorage::Table;

constexpr VaultId kVault{{std::byte{7}}};

// Item `n`. Keys of the same n % 3 share the 18 bits of their path and so lie in one bucket.
Item item(unsigned n, unsigned value = 1, ItemStatus status = ItemStatus::live) {
  Item out;
  out.key[0] = std::byte(0x11 * (n % 3));
  out.key[2] = std::byte(n & 0x3f);  // below the path
  out.key[31] = std::byte(n);
  out.id[0] = std::byte(n);
  out.status = status;
  out.value[0] = std::byte(value);
  return out;
}

ItemChange put(unsigned n, unsigned value = 1, RecordKind kind = RecordKind::entry) {
  return {kind, false, item(n, value)};
}
ItemChange take(unsigned n, RecordKind kind = RecordKind::entry) { return {kind, true, item(n)}; }

// A tree and the rows below it.
struct Grown {
  MemoryTreeStorage storage;
  Subtrees subtrees;

  Status apply(std::vector<ItemChange> changes) {
    HashTree tree(storage, kVault, subtrees);
    Status done = tree.apply(std::move(changes));
    if (done) subtrees = tree.subtrees();
    return done;
  }
  HashTree tree() { return {storage, kVault, subtrees}; }
  bool same_as(const Grown& other) const {
    return subtrees == other.subtrees && storage.rows(Table::nodes) == other.storage.rows(Table::nodes) &&
           storage.rows(Table::buckets) == other.storage.rows(Table::buckets);
  }
};

std::unique_ptr<Grown> grown(const std::vector<ItemChange>& changes) {
  auto out = std::make_unique<Grown>();
  EXPECT_TRUE(out->apply(changes));
  return out;
}

using Model = std::map<std::tuple<RecordKind, Digest, ByteArray<16>>, Item>;

// Changes out of small numbers, so that keys are often hit twice: bit 0 the kind, bit 1 removal, then the item and its value. What is removed is there,
// just so.
rc::Gen<std::vector<ItemChange>> any_changes() {
  return rc::gen::map(rc::gen::container<std::vector<unsigned>>(rc::gen::inRange(0U, 1U << 10)),
                      [](const auto& numbers) {
                        std::vector<ItemChange> changes;
                        Model there;
                        for (unsigned n : numbers) {
                          const RecordKind kind = (n & 1) == 0 ? RecordKind::entry : RecordKind::team;
                          const auto status = static_cast<ItemStatus>(1 + (n >> 8 & 3));
                          ItemChange change{kind, (n & 2) != 0, item(n >> 2 & 31, n >> 7, status)};
                          const auto place = std::tuple(kind, change.item.key, change.item.id);
                          if (change.remove) {
                            if (!there.contains(place)) continue;
                            change.item = there[place];
                            there.erase(place);
                          } else {
                            there[place] = change.item;
                          }
                          changes.push_back(change);
                        }
                        return changes;
                      });
}

Model model_of(const std::vector<ItemChange>& changes) {
  Model model;
  for (const ItemChange& change : changes) {
    auto place = std::tuple(change.kind, change.item.key, change.item.id);
    if (change.remove) {
      model.erase(place);
    } else {
      model[place] = change.item;
    }
  }
  return model;
}

std::vector<ItemChange> puts_of(const Model& model) {
  std::vector<ItemChange> changes;
  for (const auto& [place, item] : model) changes.push_back({std::get<0>(place), false, item});
  return changes;
}

// ---- the root is a function of the set --------------------------------------------------------------------------------

RC_GTEST_PROP(HashTree, IsAFunctionOfItsSetWhateverTheHistory, ()) {
  const auto changes = *any_changes();
  Grown one_by_one;
  for (const ItemChange& change : changes) RC_ASSERT(static_cast<bool>(one_by_one.apply({change})));
  Grown at_once;
  RC_ASSERT(static_cast<bool>(at_once.apply(changes)));
  auto backwards = puts_of(model_of(changes));
  std::ranges::reverse(backwards);
  Grown directly;
  RC_ASSERT(static_cast<bool>(directly.apply(backwards)));
  RC_ASSERT(one_by_one.same_as(directly));
  RC_ASSERT(at_once.same_as(directly));
}

RC_GTEST_PROP(HashTree, FindsWhatItsSetHoldsAndNothingElse, ()) {
  const auto changes = *any_changes();
  const Model model = model_of(changes);
  Grown all;
  RC_ASSERT(static_cast<bool>(all.apply(changes)));
  for (RecordKind kind : {RecordKind::entry, RecordKind::team}) {
    for (unsigned n = 0; n < 32; ++n) {
      auto found = all.tree().find(kind, item(n).key);
      RC_ASSERT(static_cast<bool>(found));
      auto expected = model.find({kind, item(n).key, item(n).id});
      RC_ASSERT(*found == (expected == model.end() ? std::vector<Item>{} : std::vector<Item>{expected->second}));
    }
  }
}

RC_GTEST_PROP(HashTree, CountsTheLiveItemsOfEachKind, ()) {
  const auto changes = *any_changes();
  std::map<RecordKind, std::uint64_t> expected;
  const Model model = model_of(changes);
  for (const auto& [place, item] : model) expected[std::get<0>(place)] += item.status == ItemStatus::live ? 1 : 0;
  Grown all;
  for (const ItemChange& change : changes) RC_ASSERT(static_cast<bool>(all.apply({change})));
  RC_ASSERT(all.subtrees.size() == expected.size());
  for (const auto& [kind, subtree] : all.subtrees) RC_ASSERT(subtree.live == expected[kind]);
}

RC_GTEST_PROP(HashTree, WithoutItemsIsTheEmptyTree, ()) {
  const auto changes = *any_changes();
  Grown all;
  RC_ASSERT(static_cast<bool>(all.apply(changes)));
  auto removals = puts_of(model_of(changes));
  for (ItemChange& change : removals) change.remove = true;
  RC_ASSERT(static_cast<bool>(all.apply(removals)));
  RC_ASSERT(all.same_as(Grown{}));
}

RC_GTEST_PROP(HashTree, ListsItsItemsInPathOrder, ()) {
  const auto changes = *any_changes();
  Grown all;
  RC_ASSERT(static_cast<bool>(all.apply(changes)));
  std::vector<Item> expected;
  const Model model = model_of(changes);
  for (const auto& [place, item] : model) {
    if (std::get<0>(place) == RecordKind::entry) expected.push_back(item);
  }
  RC_ASSERT(*all.tree().items(RecordKind::entry) == expected);
}

TEST(HashTree, OfNothingHasNoSubtrees) { EXPECT_TRUE(grown({})->subtrees.empty()); }

TEST(HashTree, RemovingWhatIsNotThereIsRefused) {
  EXPECT_CODE(grown({put(1)})->apply({take(2)}), corrupt);
  EXPECT_CODE(grown({put(1)})->apply({take(4)}), corrupt);  // it would lie in the bucket of 1
}

TEST(HashTree, RemovingWhatIsThereOtherwiseIsRefused) {
  ItemChange other = take(1);
  other.item.value[0] ^= std::byte{1};
  EXPECT_CODE(grown({put(1)})->apply({other}), corrupt);
}

TEST(HashTree, KeepsItemsOfOneBucketApart) {
  auto tree = grown({put(0), put(3), put(6), put(9)});
  EXPECT_EQ(std::as_const(tree->storage).rows(Table::buckets).size(), 1U);
  ASSERT_TRUE(tree->apply({take(3)}));
  EXPECT_EQ(tree->tree().find(RecordKind::entry, item(6).key)->size(), 1U);
  EXPECT_TRUE(tree->tree().find(RecordKind::entry, item(3).key)->empty());
}

TEST(HashTree, KeepsKindsApart) {
  auto tree = grown({put(1, 1, RecordKind::team)});
  EXPECT_TRUE(tree->tree().find(RecordKind::entry, item(1).key)->empty());
}

TEST(HashTree, FindsHiddenItemsAsCurrentAndNoTombstones) {
  auto tree = grown({{RecordKind::entry, false, item(1, 1, ItemStatus::hidden)},
                     {RecordKind::entry, false, item(2, 1, ItemStatus::tombstone)}});
  EXPECT_TRUE(tree->tree().find_current(RecordKind::entry, item(1).key)->has_value());
  EXPECT_FALSE(tree->tree().find_current(RecordKind::entry, item(2).key)->has_value());
}

// ---- damaged rows -----------------------------------------------------------------------------------------------------

std::vector<ItemChange> several() { return {put(0), put(1), put(2), put(3), put(4), put(1, 1, RecordKind::team)}; }

// Every row of the tree, and a way to replace it.
struct Row {
  Table table;
  std::int64_t id;
};
std::vector<Row> rows_of(const Grown& tree, RecordKind kind) {
  std::vector<Row> rows;
  for (Table table : {Table::nodes, Table::buckets}) {
    for (const auto& [id, bytes] : tree.storage.rows(table)) {
      if (id >> 32 == static_cast<int>(kind)) rows.push_back({table, id});
    }
  }
  return rows;
}

template <class T>
bool is_corrupt(const Result<T>& result) {
  return !result && result.error().code == Errc::corrupt;
}

// What lies below the damaged row is refused, by each way to it; the rest is right.
void expect_damage_is_found(Grown& tree) {
  EXPECT_TRUE(is_corrupt(tree.tree().items(RecordKind::entry)));
  bool refused = false;
  for (unsigned n = 0; n < 9; ++n) {
    auto found = tree.tree().find(RecordKind::entry, item(n).key);
    if (found) {
      EXPECT_EQ(found->size(), n < 5 ? 1U : 0U) << n;
      continue;
    }
    EXPECT_EQ(found.error().code, Errc::corrupt);
    refused = true;
  }
  EXPECT_TRUE(refused);
}

TEST(HashTree, EveryFlippedByteOfARowIsCorrupt) {
  auto tree = grown(several());
  for (const Row& row : rows_of(*tree, RecordKind::entry)) {
    const Bytes good = *tree->storage.read(row.table, row.id);
    for (std::size_t i = 0; i < good.size(); ++i) {
      Bytes bad = good;
      bad[i] ^= std::byte{1};
      ASSERT_TRUE(tree->storage.write(row.table, row.id, bad));
      expect_damage_is_found(*tree);
    }
    ASSERT_TRUE(tree->storage.write(row.table, row.id, good));
  }
}

TEST(HashTree, ARemovedRowIsCorrupt) {
  for (const Row& row : rows_of(*grown(several()), RecordKind::entry)) {
    auto tree = grown(several());
    ASSERT_TRUE(tree->storage.write(row.table, row.id, {}));
    expect_damage_is_found(*tree);
  }
}

TEST(HashTree, AZeroedRowIsCorrupt) {
  for (const Row& row : rows_of(*grown(several()), RecordKind::entry)) {
    auto tree = grown(several());
    ASSERT_TRUE(tree->storage.write(row.table, row.id, Bytes(tree->storage.read(row.table, row.id)->size())));
    expect_damage_is_found(*tree);
  }
}

TEST(HashTree, ACutOrLongerRowIsCorrupt) {
  for (const Row& row : rows_of(*grown(several()), RecordKind::entry)) {
    auto tree = grown(several());
    Bytes bytes = *tree->storage.read(row.table, row.id);
    for (std::size_t size : {bytes.size() - 1, bytes.size() + 1, bytes.size() * 2, std::size_t{1}}) {
      Bytes other = bytes;
      other.resize(size);
      ASSERT_TRUE(tree->storage.write(row.table, row.id, other));
      expect_damage_is_found(*tree);
    }
  }
}

TEST(HashTree, ARowInAnothersPlaceIsCorrupt) {
  const auto rows = rows_of(*grown(several()), RecordKind::entry);
  for (const Row& a : rows) {
    for (const Row& b : rows) {
      auto tree = grown(several());
      const Bytes other = *tree->storage.read(b.table, b.id);
      if (other == *tree->storage.read(a.table, a.id)) continue;
      ASSERT_TRUE(tree->storage.write(a.table, a.id, other));
      expect_damage_is_found(*tree);
    }
  }
}

TEST(HashTree, AnOlderRowIsCorrupt) {
  auto old = grown({put(0), put(1)});
  for (const Row& row : rows_of(*old, RecordKind::entry)) {
    auto tree = grown(several());
    const Bytes before = *old->storage.read(row.table, row.id);
    if (before == *tree->storage.read(row.table, row.id)) continue;
    ASSERT_TRUE(tree->storage.write(row.table, row.id, before));
    expect_damage_is_found(*tree);
  }
}

TEST(HashTree, ChangesNothingOnTopOfADamagedPath) {
  for (const Row& row : rows_of(*grown({put(0)}), RecordKind::entry)) {
    auto tree = grown({put(0)});
    ASSERT_TRUE(
        tree->storage.write(row.table, row.id, Bytes(tree->storage.read(row.table, row.id)->size(), std::byte{1})));
    Status done = tree->apply({put(3)});
    EXPECT_TRUE(is_corrupt(done));
  }
}

TEST(HashTree, RowsOfOtherPathsAreNotRead) {
  auto tree = grown({put(0), put(1)});
  auto alone = grown({put(1)});
  for (const Row& row : rows_of(*tree, RecordKind::entry)) {
    if (row.table != Table::buckets || std::as_const(alone->storage).rows(Table::buckets).contains(row.id)) continue;
    ASSERT_TRUE(tree->storage.write(row.table, row.id, {}));  // the bucket of item 0
  }
  EXPECT_EQ(tree->tree().find(RecordKind::entry, item(1).key)->size(), 1U);
}

// A walk over everything asks four times, however much there is: a level at a time.
class CountingStorage final : public TreeStorage {
 public:
  explicit CountingStorage(MemoryTreeStorage& rows) : rows_(rows) {}
  Result<Bytes> read(Table table, std::int64_t id) override { return ++reads, rows_.read(table, id); }
  Status read_range(Table table, std::int64_t first, std::int64_t last, const Visit& visit) override {
    ++ranges;
    return rows_.read_range(table, first, last, visit);
  }
  Status write(Table table, std::int64_t id, ByteView bytes) override { return rows_.write(table, id, bytes); }
  int reads = 0, ranges = 0;

 private:
  MemoryTreeStorage& rows_;
};

TEST(HashTree, CompleteWalkAsksOnceForEachLevel) {
  std::vector<ItemChange> changes;
  for (unsigned n = 0; n < 2000; ++n) {
    ItemChange change = put(n);
    change.item.key = hash(personals::path, std::as_bytes(std::span(&n, 1)));
    change.item.id[1] = std::byte(n >> 8);
    changes.push_back(change);
  }
  auto tree = grown(changes);
  CountingStorage counting(tree->storage);
  EXPECT_EQ(HashTree(counting, kVault, tree->subtrees).items(RecordKind::entry)->size(), changes.size());
  EXPECT_EQ(counting.ranges, 4);
  EXPECT_EQ(counting.reads, 0);
}

TEST(HashTree, CompleteWalkPassesOverRowsThatNothingNames) {
  auto tree = grown({put(0), put(1), put(2)});
  const auto rows = rows_of(*tree, RecordKind::entry);
  ASSERT_TRUE(tree->storage.write(Table::buckets, rows.back().id - 1, Bytes(10, std::byte{1})));
  EXPECT_EQ(tree->tree().items(RecordKind::entry)->size(), 3U);
}

// ---- deltas -----------------------------------------------------------------------------------------------------------

Bytes encoded(const std::vector<ItemChange>& changes) {
  Writer out;
  for (const ItemChange& change : changes) encode(out, change);
  return out.take();
}

RC_GTEST_PROP(Delta, ComesBackAsItWasWritten, ()) {
  const auto changes = *any_changes();
  const Bytes bytes = encoded(changes);
  RC_ASSERT(bytes.size() == changes.size() * kDeltaItemSize);
  RC_ASSERT(decode_delta(bytes) == changes);
}

TEST(Delta, RefusesACutItem) {
  const Bytes bytes = encoded({put(1), put(2)});
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    if (size == kDeltaItemSize) continue;
    EXPECT_FALSE(decode_delta(ByteView(bytes).first(size))) << size;
  }
}

TEST(Delta, RefusesBadNumbers) {
  auto with = [](std::size_t at, int value) {
    Bytes bytes = encoded({put(1)});
    bytes[at] = std::byte(value);
    return decode_delta(bytes).has_value();
  };
  EXPECT_FALSE(with(0, 0)) << "kind";
  EXPECT_FALSE(with(0, 9)) << "kind";
  EXPECT_FALSE(with(1, 2)) << "remove";
  EXPECT_FALSE(with(2 + 48, 0)) << "status";
  EXPECT_FALSE(with(2 + 48, 5)) << "status";
}

// ---- keys -------------------------------------------------------------------------------------------------------------

TEST(TreeKey, DependsOnVaultKindAndName) {
  const Digest key = named_key(kVault, RecordKind::team, "a");
  EXPECT_NE(key, named_key(VaultId{}, RecordKind::team, "a"));
  EXPECT_NE(key, named_key(kVault, RecordKind::issuer, "a"));
  EXPECT_NE(key, named_key(kVault, RecordKind::team, "b"));
}

TEST(TreeKey, OfAnAccountKeepsIssuerAndNameApart) {
  EXPECT_NE(account_key(kVault, "ab", "c"), account_key(kVault, "a", "bc"));
}

}  // namespace
}  // namespace vault

#include "vault/store/hash_tree.hpp"

#include <bit>

#include "vault/base/reader.hpp"

namespace vault {
namespace {

constexpr int kLevels = 3;
constexpr int kBitsPerLevel = 6;
constexpr int kPathBits = kLevels * kBitsPerLevel;
constexpr std::uint32_t kChildren = 1U << kBitsPerLevel;
constexpr Digest kEmpty{};

// Rows are numbered kind << 32 | level << 24 | index (nodes) and kind << 32 | path (buckets).
std::int64_t node_row(RecordKind kind, int level, std::uint32_t index) {
  return std::int64_t{static_cast<std::uint8_t>(kind)} << 32 | std::int64_t{level} << 24 | index;
}
std::int64_t bucket_row(RecordKind kind, std::uint32_t path) {
  return std::int64_t{static_cast<std::uint8_t>(kind)} << 32 | path;
}

// The index or path in a row's number.
std::uint32_t index_of(std::int64_t row) { return static_cast<std::uint32_t>(row & 0xff'ffff); }

// The first 18 bits of the key hash.
std::uint32_t path_of(const Digest& key) {
  auto byte = [&](int i) { return std::to_integer<std::uint32_t>(key[static_cast<std::size_t>(i)]); };
  return (byte(0) << 16 | byte(1) << 8 | byte(2)) >> (24 - kPathBits);
}

// The ancestor of a bucket at a level: its first 6 * level bits.
std::uint32_t ancestor(std::uint32_t path, int level) { return path >> (kBitsPerLevel * (kLevels - level)); }

// ---- nodes: uint64 bitmap of the children there are, then their digests in order ----

using Node = std::array<Digest, kChildren>;

Bytes encode_node(const Node& node) {
  Writer out;
  std::uint64_t bitmap = 0;
  for (std::size_t i = 0; i < node.size(); ++i) bitmap |= std::uint64_t{node[i] != kEmpty} << i;
  if (bitmap == 0) return {};
  out.u64(bitmap);
  for (const Digest& child : node) {
    if (child != kEmpty) out.raw(child);
  }
  return out.take();
}

std::optional<Node> decode_node(ByteView bytes) {
  Node node{};
  if (bytes.empty()) return node;
  Reader in(bytes);
  const std::uint64_t bitmap = in.u64();
  if (bitmap == 0) return std::nullopt;
  for (std::size_t i = 0; i < node.size(); ++i) {
    if ((bitmap >> i & 1) == 0) continue;
    node[i] = in.array<32>();
    if (node[i] == kEmpty) in.fail();
  }
  return in.finished() ? std::optional(node) : std::nullopt;
}

// One child of an encoded node, without decoding the others.
std::optional<Digest> child_of(ByteView bytes, std::uint32_t index) {
  if (bytes.empty()) return kEmpty;
  Reader in(bytes);
  const std::uint64_t bitmap = in.u64();
  if (!in.ok() || bitmap == 0 || in.left() != sizeof(Digest) * static_cast<std::size_t>(std::popcount(bitmap)))
    return std::nullopt;
  if ((bitmap >> index & 1) == 0) return kEmpty;
  in.raw(sizeof(Digest) * static_cast<std::size_t>(std::popcount(bitmap & ((std::uint64_t{1} << index) - 1))));
  Digest child = in.array<32>();
  return child == kEmpty ? std::nullopt : std::optional(child);
}

// ---- buckets: items sorted by key and id, each once ----

bool before(const Item& a, const Item& b) { return std::tie(a.key, a.id) < std::tie(b.key, b.id); }
bool same_place(const Item& a, const Item& b) { return a.key == b.key && a.id == b.id; }

void encode_item(Writer& out, const Item& item) {
  out.raw(item.key).raw(item.id).u8(static_cast<std::uint8_t>(item.status)).raw(item.value);
}

Item read_item(Reader& in) {
  Item item;
  item.key = in.array<32>();
  item.id = in.array<16>();
  const std::uint8_t status = in.u8();
  if (status < 1 || status > 4) in.fail();
  item.status = static_cast<ItemStatus>(status);
  item.value = in.array<32>();
  return item;
}

Bytes encode_bucket(const std::vector<Item>& items) {
  Writer out;
  for (const Item& item : items) encode_item(out, item);
  return out.take();
}

std::optional<std::vector<Item>> decode_bucket(ByteView bytes, std::uint32_t path) {
  std::vector<Item> items;
  items.reserve(bytes.size() / kItemSize);
  Reader in(bytes);
  while (in.ok() && in.left() > 0) items.push_back(read_item(in));
  if (!in.finished() || !std::ranges::is_sorted(items, before)) return std::nullopt;
  if (std::ranges::adjacent_find(items, same_place) != items.end()) return std::nullopt;
  if (!std::ranges::all_of(items, [&](const Item& item) { return path_of(item.key) == path; })) return std::nullopt;
  return items;
}

Digest row_hash(TreeStorage::Table table, ByteView bytes, const VaultId& vault) {
  if (bytes.empty()) return kEmpty;
  return hash(table == TreeStorage::Table::nodes ? personals::node : personals::bucket, bytes, vault.bytes);
}

Error damaged() {
  return {Errc::corrupt,
          "the vault's store is damaged or was tampered with: its hash tree does not match its signed history"};
}

Digest key_hash(const VaultId& vault, const Writer& kind_and_key) {
  return hash(personals::path, kind_and_key.bytes(), vault.bytes);
}

Writer key_of(RecordKind kind) {
  Writer out;
  out.u8(static_cast<std::uint8_t>(kind));
  return out;
}

}  // namespace

Digest entry_key(const VaultId& vault, std::string_view label) { return named_key(vault, RecordKind::entry, label); }
Digest named_key(const VaultId& vault, RecordKind kind, std::string_view name) {
  return key_hash(vault, key_of(kind).string(name));
}
Digest account_key(const VaultId& vault, std::string_view issuer, std::string_view name) {
  return key_hash(vault, key_of(RecordKind::account).string(issuer).string(name));
}
Digest identity_key(const VaultId& vault, const IdentityId& id) {
  return key_hash(vault, key_of(RecordKind::identity).id(id));
}
Digest fingerprint_key(const VaultId& vault, const Digest& fingerprint) {
  return key_hash(vault, key_of(RecordKind::fingerprint).raw(fingerprint));
}

Result<Bytes> MemoryTreeStorage::read(Table table, std::int64_t id) {
  auto row = rows(table).find(id);
  return row == rows(table).end() ? Bytes{} : row->second;
}

Status MemoryTreeStorage::read_range(Table table, std::int64_t first, std::int64_t last, const Visit& visit) {
  std::vector<std::int64_t> ids;
  for (const auto& [id, bytes] : rows(table)) {
    if (id >= first && id <= last) ids.push_back(id);
  }
  std::ranges::sort(ids);
  for (std::int64_t id : ids) {
    if (auto visited = visit(id, rows(table).at(id)); !visited) return visited;
  }
  return {};
}

Status MemoryTreeStorage::write(Table table, std::int64_t id, ByteView bytes) {
  if (bytes.empty()) {
    rows(table).erase(id);
  } else {
    rows(table)[id].assign(bytes.begin(), bytes.end());
  }
  return {};
}

// ---- reading ----------------------------------------------------------------------------------------------------------

Result<Bytes> HashTree::verified(TreeStorage::Table table, std::int64_t id, const Digest& expected) const {
  if (expected == kEmpty) return Bytes{};
  auto bytes = storage_.read(table, id);
  if (!bytes) return bytes.error();
  if (row_hash(table, *bytes, vault_) != expected) return damaged();
  return bytes;
}

Result<std::vector<Item>> HashTree::bucket(RecordKind kind, std::uint32_t path, const Digest& expected) const {
  auto bytes = verified(TreeStorage::Table::buckets, bucket_row(kind, path), expected);
  if (!bytes) return bytes.error();
  auto items = decode_bucket(*bytes, path);
  if (!items) return damaged();
  return std::move(*items);
}

Result<std::vector<Item>> HashTree::find(RecordKind kind, const Digest& key) const {
  auto subtree = subtrees_.find(kind);
  if (subtree == subtrees_.end()) return std::vector<Item>{};
  const std::uint32_t path = path_of(key);
  Digest expected = subtree->second.root;
  for (int level = 0; level < kLevels && expected != kEmpty; ++level) {
    auto node = verified(TreeStorage::Table::nodes, node_row(kind, level, ancestor(path, level)), expected);
    if (!node) return node.error();
    auto child = child_of(*node, ancestor(path, level + 1) % kChildren);
    if (!child) return damaged();
    expected = *child;
  }
  auto items = bucket(kind, path, expected);
  if (!items) return items.error();
  std::erase_if(*items, [&](const Item& item) { return item.key != key; });
  if (std::ranges::count_if(*items, &Item::is_current) > 1) return damaged();
  return items;
}

Result<std::optional<Item>> HashTree::find_current(RecordKind kind, const Digest& key) const {
  auto items = find(kind, key);
  if (!items) return items.error();
  auto current = std::ranges::find_if(*items, &Item::is_current);
  return current == items->end() ? std::optional<Item>{} : *current;
}

struct HashTree::Named {
  std::int64_t row;
  Digest hash;
};

// All of a level at once. `rows` are in order; each is there just as its parent names it, or the tree is damaged.
Status HashTree::each_verified(TreeStorage::Table table, const std::vector<Named>& rows,
                               const TreeStorage::Visit& visit) const {
  if (rows.empty()) return {};
  auto next = rows.begin();
  auto check = [&](std::int64_t id, ByteView bytes) -> Status {
    if (next == rows.end() || id < next->row) return {};  // a row that nothing names
    if (id != next->row || row_hash(table, bytes, vault_) != next->hash) return damaged();
    ++next;
    return visit(id, bytes);
  };
  if (auto read = storage_.read_range(table, rows.front().row, rows.back().row, check); !read) return read;
  return next == rows.end() ? Status{} : damaged();
}

namespace {

// Of one key; a bucket has them side by side.
bool has_two_current(const std::vector<Item>& items) {
  const Item* last = nullptr;
  for (const Item& item : items) {
    if (!item.is_current()) continue;
    if (last != nullptr && last->key == item.key) return true;
    last = &item;
  }
  return false;
}

}  // namespace

Result<std::vector<Item>> HashTree::items(RecordKind kind) const {
  std::vector<Item> all;
  auto subtree = subtrees_.find(kind);
  if (subtree == subtrees_.end()) return all;
  std::vector<Named> level_rows{{node_row(kind, 0, 0), subtree->second.root}};
  for (int level = 0; level < kLevels; ++level) {
    const bool last = level + 1 == kLevels;
    std::vector<Named> children;
    auto read = each_verified(TreeStorage::Table::nodes, level_rows, [&](std::int64_t id, ByteView bytes) -> Status {
      auto node = decode_node(bytes);
      if (!node) return damaged();
      const std::uint32_t first_child = index_of(id) * kChildren;
      for (std::uint32_t i = 0; i < kChildren; ++i) {
        const std::uint32_t child = first_child + i;
        if ((*node)[i] == kEmpty) continue;
        children.push_back({last ? bucket_row(kind, child) : node_row(kind, level + 1, child), (*node)[i]});
      }
      return {};
    });
    if (!read) return read.error();
    level_rows = std::move(children);
  }
  auto read = each_verified(TreeStorage::Table::buckets, level_rows, [&](std::int64_t id, ByteView bytes) -> Status {
    auto items = decode_bucket(bytes, index_of(id));
    if (!items || has_two_current(*items)) return damaged();
    all.insert(all.end(), items->begin(), items->end());
    return {};
  });
  if (!read) return read.error();
  if (static_cast<std::uint64_t>(std::ranges::count(all, ItemStatus::live, &Item::status)) != subtree->second.live)
    return damaged();
  return all;
}

// ---- changing ---------------------------------------------------------------------------------------------------------

Result<Digest> HashTree::change_bucket(RecordKind kind, std::uint32_t path, const Digest& expected,
                                       std::span<const ItemChange> changes, std::int64_t& live) {
  auto items = bucket(kind, path, expected);
  if (!items) return items.error();
  auto count_live = [&] { return std::ranges::count(*items, ItemStatus::live, &Item::status); };
  live -= count_live();
  for (const ItemChange& change : changes) {
    auto place = std::ranges::lower_bound(*items, change.item, before);
    const bool there = place != items->end() && same_place(*place, change.item);
    if (change.remove) {
      if (!there || *place != change.item) return damaged();
      items->erase(place);
    } else if (there) {
      *place = change.item;
    } else {
      items->insert(place, change.item);
    }
  }
  live += count_live();
  Bytes bytes = encode_bucket(*items);
  if (auto written = storage_.write(TreeStorage::Table::buckets, bucket_row(kind, path), bytes); !written)
    return written.error();
  return row_hash(TreeStorage::Table::buckets, bytes, vault_);
}

// `changes` are those below this node, sorted by path.
Result<Digest> HashTree::change_node(RecordKind kind, int level, std::uint32_t index, const Digest& expected,
                                     std::span<const ItemChange> changes, std::int64_t& live) {
  if (level == kLevels) return change_bucket(kind, index, expected, changes, live);
  auto bytes = verified(TreeStorage::Table::nodes, node_row(kind, level, index), expected);
  if (!bytes) return bytes.error();
  auto node = decode_node(*bytes);
  if (!node) return damaged();
  for (auto rest = changes; !rest.empty();) {
    const std::uint32_t child = ancestor(path_of(rest.front().item.key), level + 1);
    auto end = std::ranges::find_if(
        rest, [&](const ItemChange& c) { return ancestor(path_of(c.item.key), level + 1) != child; });
    const auto below = static_cast<std::size_t>(end - rest.begin());
    Digest& digest = (*node)[child % kChildren];
    auto changed = change_node(kind, level + 1, child, digest, rest.first(below), live);
    if (!changed) return changed.error();
    digest = *changed;
    rest = rest.subspan(below);
  }
  Bytes encoded = encode_node(*node);
  if (auto written = storage_.write(TreeStorage::Table::nodes, node_row(kind, level, index), encoded); !written)
    return written.error();
  return row_hash(TreeStorage::Table::nodes, encoded, vault_);
}

Status HashTree::apply(std::vector<ItemChange> changes) {
  std::ranges::stable_sort(changes, [](const ItemChange& a, const ItemChange& b) {
    return std::pair(a.kind, path_of(a.item.key)) < std::pair(b.kind, path_of(b.item.key));
  });
  for (std::span<const ItemChange> rest(changes); !rest.empty();) {
    const RecordKind kind = rest.front().kind;
    auto end = std::ranges::find_if(rest, [&](const ItemChange& c) { return c.kind != kind; });
    const auto same_kind = static_cast<std::size_t>(end - rest.begin());
    Subtree subtree = subtrees_.contains(kind) ? subtrees_.at(kind) : Subtree{};
    std::int64_t live = 0;
    auto root = change_node(kind, 0, 0, subtree.root, rest.first(same_kind), live);
    if (!root) return root.error();
    subtree = {*root, subtree.live + static_cast<std::uint64_t>(live)};
    if (subtree.root == kEmpty) {
      subtrees_.erase(kind);
    } else {
      subtrees_[kind] = subtree;
    }
    rest = rest.subspan(same_kind);
  }
  return {};
}

// ---- deltas -----------------------------------------------------------------------------------------------------------

void encode(Writer& out, const ItemChange& change) {
  out.u8(static_cast<std::uint8_t>(change.kind)).boolean(change.remove);
  encode_item(out, change.item);
}

std::optional<std::vector<ItemChange>> decode_delta(ByteView bytes) {
  std::vector<ItemChange> changes;
  Reader in(bytes);
  while (in.ok() && in.left() > 0) {
    ItemChange change{};
    const std::uint8_t kind = in.u8();
    if (kind < 1 || kind > 8) in.fail();
    change.kind = static_cast<RecordKind>(kind);
    change.remove = in.boolean();
    change.item = read_item(in);
    changes.push_back(change);
  }
  return in.finished() ? std::optional(std::move(changes)) : std::nullopt;
}

}  // namespace vault

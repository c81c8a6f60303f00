// Makes tests/vectors/tree.json, commit.json and delta.json.
#include "tests/support/made_header.hpp"
#include "tests/support/vector_file.hpp"
#include "vault/store/commit.hpp"

namespace vault {
namespace {

using Table = TreeStorage::Table;

// A tree whose rows can be changed, with all hashes above them.
class StoreVectors : public World {
 protected:
  Digest digest() {
    Digest out{};
    must(random.fill(out));
    return out;
  }
  Item item(const Digest& key, ItemStatus status = ItemStatus::live) {
    return {key, must(random_id<ObjectId>(random)).bytes, status, digest()};
  }
  static Json rows_of(const MemoryTreeStorage& storage, Table table) {
    Json rows = Json::object();
    std::map<std::int64_t, Bytes> sorted(storage.rows(table).begin(), storage.rows(table).end());
    for (const auto& [id, bytes] : sorted) rows[std::to_string(id)] = hex(bytes);
    return rows;
  }
  Json tree(const MemoryTreeStorage& storage, const Subtree& root) const {
    return {{"vault", hex(vault.bytes)},
            {"kind", 1},
            {"root", hex(root.root)},
            {"live", root.live},
            {"nodes", rows_of(storage, Table::nodes)},
            {"buckets", rows_of(storage, Table::buckets)}};
  }
  static Bytes encoded(const std::vector<Item>& items) {
    Writer out;
    for (const Item& i : items) out.raw(i.key).raw(i.id).u8(static_cast<std::uint8_t>(i.status)).raw(i.value);
    return out.take();
  }
  static Json json(const std::vector<Item>& items) {
    Json list = Json::array();
    for (const Item& one : items) list.push_back(hex(encoded({one})));
    return list;
  }
  // The tree of one bucket of any bytes, at the place of `key`.
  std::pair<MemoryTreeStorage, Subtree> of_bucket(const Digest& key, const Bytes& bytes, std::uint64_t live = 1) {
    MemoryTreeStorage storage;
    const std::uint64_t path = path_of(key);
    must(storage.write(Table::buckets, std::int64_t{1} << 32 | static_cast<std::int64_t>(path), bytes));
    Digest below = hash(personals::bucket, bytes, vault.bytes);
    for (int level = 2; level >= 0; --level) {
      const std::uint64_t index = path >> (18 - 6 * level);
      const Bytes node = Writer().u64(std::uint64_t{1} << (path >> (12 - 6 * level) & 63)).raw(below).take();
      below = put_node(storage, level, index, node);
    }
    return {storage, {below, live}};
  }
  Digest put_node(MemoryTreeStorage& storage, int level, std::uint64_t index, const Bytes& node) const {
    must(storage.write(Table::nodes,
                       std::int64_t{1} << 32 | std::int64_t{level} << 24 | static_cast<std::int64_t>(index), node));
    return hash(personals::node, node, vault.bytes);
  }
  static std::uint64_t path_of(const Digest& key) {
    return (std::to_integer<std::uint64_t>(key[0]) << 16 | std::to_integer<std::uint64_t>(key[1]) << 8 |
            std::to_integer<std::uint64_t>(key[2])) >>
           6;
  }

  VaultId vault = must(random_id<VaultId>(random));
};

TEST_F(StoreVectors, Tree) {
  VectorFile file("tree.json");
  std::vector<Item> items;
  for (const char* name : {"alpha", "beta", "gamma"}) items.push_back(item(entry_key(vault, name)));
  items.push_back(item(entry_key(vault, "hidden"), ItemStatus::hidden));
  items.push_back(item(entry_key(vault, "gone"), ItemStatus::tombstone));
  items.push_back(item(entry_key(vault, "gone"), ItemStatus::tombstone));
  items.push_back(item(entry_key(vault, "gone"), ItemStatus::live));
  items.push_back(item(entry_key(vault, "former"), ItemStatus::alias));
  MemoryTreeStorage storage;
  HashTree built(storage, vault, {});
  std::vector<ItemChange> changes;
  for (const Item& one : items) changes.push_back({RecordKind::entry, false, one});
  must(built.apply(changes));
  const Subtree root = built.subtrees().at(RecordKind::entry);
  const Json good = tree(storage, root);
  const auto with = [](Json input, const Json& more) {
    input.update(more);
    return input;
  };
  const auto looked_up = [&](Json input, const Digest& key) { return with(std::move(input), {{"key", hex(key)}}); };
  const auto refused = [&](const std::string& name, const std::string& run, const Json& input) {
    file.refused(name, run, input, Errc::corrupt);
  };

  file.good("built from its items", "tree build", {{"vault", hex(vault.bytes)}, {"items", json(items)}},
            {{"root", hex(root.root)}, {"live", root.live}, {"nodes", good["nodes"]}, {"buckets", good["buckets"]}});
  std::ranges::reverse(items);
  file.good("the order of its items makes no difference", "tree build",
            {{"vault", hex(vault.bytes)}, {"items", json(items)}},
            {{"root", hex(root.root)}, {"live", root.live}, {"nodes", good["nodes"]}, {"buckets", good["buckets"]}});
  std::ranges::reverse(items);
  file.good("all items", "tree list", good, {{"items", json(must(built.items(RecordKind::entry)))}});
  file.good("an item that is there", "tree find", looked_up(good, items[0].key), {{"items", json({items[0]})}});
  file.good("a hidden item", "tree find", looked_up(good, items[3].key), {{"items", json({items[3]})}});
  file.good("an alias", "tree find", looked_up(good, items[7].key), {{"items", json({items[7]})}});
  file.good("one current item beside two tombstones", "tree find", looked_up(good, items[4].key),
            {{"items", json(must(built.find(RecordKind::entry, items[4].key)))}});
  const Digest absent = entry_key(vault, "absent");
  file.good("an absent item, proven by a node", "tree find", looked_up(good, absent), {{"items", Json::array()}});
  Digest neighbour = items[0].key;
  neighbour[31] ^= std::byte{1};
  file.good("an absent item in the bucket of another", "tree find", looked_up(good, neighbour),
            {{"items", Json::array()}});
  file.good("nothing in an empty subtree", "tree find", looked_up(tree({}, {}), absent), {{"items", Json::array()}});

  for (const char* table : {"nodes", "buckets"}) {
    for (const auto& [row, bytes] : good[table].items()) {
      Json bad = good;
      bad[table].erase(row);
      if (table == std::string("buckets") || std::stoll(row) == std::int64_t{1} << 32)
        refused("without row " + row + " of " + table, "tree list", bad);
      bad = good;
      bad[table][row] = hex(touched(bytes_of(bytes), 20));
      if (table == std::string("buckets") || std::stoll(row) == std::int64_t{1} << 32)
        refused("another byte in row " + row + " of " + table, "tree list", bad);
    }
  }
  refused("a missing root node is no proof of absence", "tree find",
          looked_up(with(good, {{"nodes", Json::object()}}), absent));
  refused("a missing bucket is no proof of absence", "tree find",
          looked_up(with(good, {{"buckets", Json::object()}}), items[0].key));
  refused("one live item too many was said", "tree list", with(good, {{"live", root.live + 1}}));
  refused("one live item too few was said", "tree list", with(good, {{"live", root.live - 1}}));

  const auto bucket = [&](const std::string& name, const Bytes& bytes, std::uint64_t live = 1) {
    const auto [rows, its_root] = of_bucket(items[0].key, bytes, live);
    refused(name, "tree list", tree(rows, its_root));
    refused(name + ", looked up", "tree find", looked_up(tree(rows, its_root), items[0].key));
  };
  Item same_key = item(items[0].key, ItemStatus::tombstone);
  std::vector<Item> two{items[0], same_key};
  if (two[0].id > two[1].id) std::swap(two[0], two[1]);
  {
    const auto [rows, its_root] = of_bucket(items[0].key, encoded(two));
    file.good("two items of one key", "tree list", tree(rows, its_root), {{"items", json(two)}});
  }
  std::swap(two[0], two[1]);
  bucket("items out of order", encoded(two));
  bucket("one item twice", encoded({items[0], items[0]}), 2);
  bucket("an item in the bucket of another", encoded({items[1]}));
  Item odd = items[0];
  odd.status = ItemStatus{5};
  bucket("status 5", encoded({odd}), 0);
  odd.status = ItemStatus{0};
  bucket("status 0", encoded({odd}), 0);
  Bytes cut = encoded({items[0]});
  cut.pop_back();
  bucket("a bucket cut short", cut);
  std::vector<Item> current{items[0], same_key};
  current[1].status = ItemStatus::hidden;
  if (current[0].id > current[1].id) std::swap(current[0], current[1]);
  {
    const auto [rows, its_root] = of_bucket(items[0].key, encoded(current));
    refused("two current items of one key", "tree find", looked_up(tree(rows, its_root), items[0].key));
    refused("two current items of one key, in a list", "tree list", tree(rows, its_root));
  }

  const auto root_node = [&](const std::string& name, auto change) {
    auto [rows, its_root] = of_bucket(items[0].key, encoded({items[0]}));
    Bytes node = std::as_const(rows).rows(Table::nodes).at(std::int64_t{1} << 32);
    change(node);
    its_root.root = put_node(rows, 0, 0, node);
    refused(name, "tree list", tree(rows, its_root));
    refused(name + ", looked up", "tree find", looked_up(tree(rows, its_root), items[0].key));
  };
  root_node("a node with an empty bitmap", [](Bytes& node) { node.assign(8, {}); });
  root_node("a node with bytes left over", [](Bytes& node) { node.push_back({}); });
  root_node("a node cut short", [](Bytes& node) { node.pop_back(); });
  root_node("a node with a digest of zeros",
            [](Bytes& node) { std::fill(node.begin() + 8, node.end(), std::byte{0}); });
  file.settle();
}

TEST_F(StoreVectors, Commit) {
  VectorFile file("commit.json");
  const auto good = [&](const std::string& name, const Commit& commit) {
    file.good(name, "commit", {{"vault", hex(vault.bytes)}, {"bytes", hex(encode(commit))}},
              {{"sequence", commit.sequence},
               {"kind", static_cast<int>(commit.kind)},
               {"operation", commit.operation},
               {"hash", hex(commit_hash(encode(commit), vault))}});
  };
  const auto refused_bytes = [&](const std::string& name, const Bytes& bytes, Errc code = Errc::corrupt) {
    file.refused(name, "commit", {{"vault", hex(vault.bytes)}, {"bytes", hex(bytes)}}, code);
  };
  Commit commit;
  commit.vault = vault;
  commit.time = clock.now();
  must(random.fill(commit.author.bytes));
  commit.operation = "init";
  commit.header_sequence = commit.body_sequence = 1;
  commit.body_hash = digest();
  commit.subtrees[RecordKind::issuer] = {digest(), 3};
  commit.subtrees[RecordKind::team] = {digest(), 1};
  commit.delta_hash = digest();
  commit.delta_count = 4;
  good("the first", commit);
  const Commit first = commit;
  commit.sequence = 9;
  commit.previous = digest();
  commit.operation = "add";
  commit.subtrees[RecordKind::entry] = {digest(), 10};
  commit.subtrees[RecordKind::fingerprint] = {digest(), 0};
  good("a change", commit);
  const Commit change = commit;
  Commit rollback = change;
  rollback.kind = CommitKind::rollback;
  rollback.rollbacks = 1;
  rollback.payload = encode(Abandoned{12, digest(), 30, 0});
  good("a rollback", rollback);
  Commit epoch = change;
  epoch.kind = CommitKind::epoch;
  epoch.epoch = 2;
  epoch.payload = encode(NewEpoch{2, "store-2.db"});
  good("an epoch", epoch);
  Commit clone = first;
  clone.kind = CommitKind::clone;
  clone.payload = encode(Origin{must(random_id<VaultId>(random)), digest()});
  good("a clone", clone);
  Commit audited = change;
  must(random.fill(audited.audit.session));
  audited.audit.event = 7;
  good("an audit position, which is reserved", audited);
  Commit last = change;
  last.sequence = (std::uint64_t{1} << 43) - 1;
  good("the highest sequence", last);
  Commit empty = change;
  empty.subtrees.clear();
  empty.delta_count = 0;
  good("an empty vault", empty);

  const auto refused = [&](const std::string& name, Commit from, auto edit, Errc code = Errc::corrupt) {
    edit(from);
    refused_bytes(name, encode(from), code);
  };
  refused("sequence 0", first, [](Commit& c) { c.sequence = 0; });
  refused("sequence 2^43", change, [](Commit& c) { c.sequence = std::uint64_t{1} << 43; });
  refused("kind 0", change, [](Commit& c) { c.kind = CommitKind{0}; });
  refused(
      "kind 5", change, [](Commit& c) { c.kind = CommitKind{5}; }, Errc::unsupported);
  refused(
      "kind 5 with a payload that we do not know", change,
      [](Commit& c) {
        c.kind = CommitKind{5};
        c.payload = Bytes(256);
      },
      Errc::unsupported);
  refused("a payload of 257 bytes", change, [](Commit& c) {
    c.kind = CommitKind{5};
    c.payload = Bytes(257);
  });
  refused(
      "a subtree of kind 9", change,
      [&](Commit& c) {
        c.subtrees[RecordKind{9}] = {digest(), 1};
      },
      Errc::unsupported);
  refused("a subtree of kind 0", change, [&](Commit& c) { c.subtrees[RecordKind{0}] = {digest(), 1}; });
  refused("a subtree with a root of zeros", change, [](Commit& c) { c.subtrees[RecordKind::entry].root = {}; });
  refused("a time after the year 9999", change, [](Commit& c) { c.time = Time(std::chrono::seconds(253402300800)); });
  refused("an operation with a control character", change, [](Commit& c) { c.operation = "a\n"; });
  refused("a change with a payload", change, [](Commit& c) { c.payload = Bytes(1); });
  refused("a rollback that is not above what it gives up", rollback, [](Commit& c) {
    c.payload = encode(Abandoned{12, Digest{std::byte{1}}, 30, 1});
  });
  refused("a rollback as the first commit", rollback, [](Commit& c) { c.sequence = 1; });
  refused("a rollback that is not counted", rollback, [](Commit& c) { c.rollbacks = 0; });
  refused("a rollback that gives up commit 0", rollback,
          [](Commit& c) { std::fill_n(c.payload.begin(), 8, std::byte{0}); });
  refused("a rollback's payload cut short", rollback, [](Commit& c) { c.payload.pop_back(); });
  refused("a rollback's payload with a byte left over", rollback, [](Commit& c) { c.payload.push_back({}); });
  refused("an epoch as the first commit", epoch, [](Commit& c) { c.sequence = 1; });
  refused("an epoch whose payload says another", epoch, [](Commit& c) {
    c.payload = encode(NewEpoch{3, "store-3.db"});
  });
  refused("an epoch whose payload names another store", epoch, [](Commit& c) {
    c.payload = encode(NewEpoch{2, "store-3.db"});
  });
  refused("an epoch without a payload", epoch, [](Commit& c) { c.payload.clear(); });
  refused("a clone that is not the first commit", clone, [](Commit& c) { c.sequence = 2; });
  refused("a clone without a payload", clone, [](Commit& c) { c.payload.clear(); });
  refused("a commit of another vault", change, [](Commit& c) { c.vault.bytes[0] ^= std::byte{1}; });
  Bytes bytes = encode(change);
  bytes.push_back({});
  refused_bytes("a byte left over", bytes);
  bytes.resize(bytes.size() - 2);
  refused_bytes("cut short", bytes);
  bytes = encode(change);
  bytes[0] = std::byte{2};
  refused_bytes("layout 2", bytes, Errc::unsupported);
  bytes.resize(3);
  refused_bytes("layout 2, and nothing else that we know", bytes, Errc::unsupported);
  bytes = encode(change);
  bytes[2] = std::byte{2};
  refused_bytes("suite 2", bytes, Errc::unsupported);
  refused_bytes("nothing", {});
  // Two subtrees exchanged: the list is the last thing before 32 + 4 + 16 + 8 + 32 + 4 bytes.
  bytes = encode(first);
  const auto list = bytes.end() - 96 - 2 * 41;
  std::rotate(list, list + 41, list + 82);
  refused_bytes("subtrees out of order", bytes);
  file.settle();
}

TEST_F(StoreVectors, Delta) {
  VectorFile file("delta.json");
  Writer out;
  file.good("empty", "delta", {{"bytes", ""}}, {{"changes", 0}});
  for (bool remove : {false, true}) encode(out, {RecordKind::entry, remove, item(digest())});
  const Bytes good = out.take();
  file.good("an item put, an item taken out", "delta", {{"bytes", hex(good)}}, {{"changes", 2}});
  const auto refused = [&](const std::string& name, std::size_t at, std::uint8_t value) {
    Bytes bad = good;
    bad[at] = std::byte{value};
    file.refused(name, "delta", {{"bytes", hex(bad)}}, Errc::corrupt);
  };
  refused("kind 0", 0, 0);
  refused("kind 9", 0, 9);
  refused("a boolean of 2", 83 + 1, 2);
  refused("status 0", 2 + 32 + 16, 0);
  refused("status 5", 2 + 32 + 16, 5);
  file.refused("cut short", "delta", {{"bytes", hex(ByteView(good).first(100))}}, Errc::corrupt);
  file.settle();
}

}  // namespace
}  // namespace vault

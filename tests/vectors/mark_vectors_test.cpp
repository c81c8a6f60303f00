// Makes tests/vectors/mark.json.
#include "tests/support/made_header.hpp"
#include "tests/support/tamper.hpp"
#include "tests/support/vector_file.hpp"
#include "vault/base/writer.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/mark.hpp"

namespace vault {
namespace {

class MarkVectors : public World {
 protected:
  MarkVectors() {
    made.header.sequence = 5;
    made.header.body.sequence = 4;
    made.header.body.roster.list_sequence = 3;
    Person former(made.root.id, random, made.header.body.vault, Role::admin);
    former_key = former.keys.signing();
    made.add_row(former);
    made.header.body.roster.rows.back().closed = true;
    made.header.body.roster.rows.back().to = 2;
    for (const char* name : {"first", "second"}) made.add_slot(made.root, name, {key_file()});
    const std::string key(as_text(file_bytes(dir() / "key")));
    file.given({{"header", hex(made.finished())}, {"factors", Json::array({{{"key_file", key}}})}});
    Digest head{};
    must(random.fill(head));
    self.emplace(must(unlock(made.header, {key_file()}, "")));
    mark = mark_of(made.header, *self, {7, head, clock.now(), 1, 5});
  }

  void good(const std::string& name, const Bytes& bytes, bool found) {
    Json output{{"found", found}};
    if (found) output["sequence"] = mark.seen.sequence;
    file.good(name, "mark", {{"mark", hex(bytes)}}, output);
  }
  void stale(const std::string& name, const Bytes& bytes) {
    file.refused(name, "mark", {{"mark", hex(bytes)}}, Errc::stale);
  }
  template <class Change>
  void stale_when(const std::string& name, Change change) {
    Mark changed = mark;
    change(changed);
    stale(name, encode(changed, made.root.seed));
  }
  // The header as a whole is not older than the mark, and something in it is.
  template <class Change>
  void corrupt_when(const std::string& name, Change change) {
    Mark changed = mark;
    change(changed);
    file.refused(name, "mark", {{"mark", hex(encode(changed, made.root.seed))}}, Errc::corrupt);
  }
  // Under a right MAC.
  Bytes sealed(const Bytes& bytes) const {
    const VaultId& vault = made.header.body.vault;
    const SecretBuffer key = subkey(made.root.seed.bytes.expose(), personals::mark_key, vault);
    const Digest mac = Hash(personals::mark, key.expose(), vault.bytes).add(bytes).finish();
    return Writer().raw(bytes).raw(mac).take();
  }

  VectorFile file{"mark.json"};
  std::shared_ptr<const Factor> factor = key_file();
  MadeHeader made{random, clock.now()};
  SigningPublicKey former_key;
  std::optional<Unlocked> self;
  Mark mark;
};

TEST_F(MarkVectors, Mark) {
  const Bytes whole = encode(mark, made.root.seed);
  const Bytes unsealed(whole.begin(), whole.end() - 32);
  good("of the header that is there", whole, true);
  {
    Mark older = mark;
    older.seen.header_sequence = older.body_sequence = older.list_sequence = 1;
    older.counters.clear();
    good("of an older header", encode(older, made.root.seed), true);
    older.counters[SlotId{}] = 99;
    good("a counter of a slot that is gone", encode(older, made.root.seed), true);
  }
  {
    Mark former = mark;
    former.key = former_key;
    good("of a former key of the identity: as if there were none", encode(former, made.root.seed), false);
  }
  good("an empty file: as if there were none", {}, false);

  stale("a wrong MAC", touched(whole, whole.size() - 1));
  stale("another byte under the MAC", touched(whole, whole.size() - 33));
  stale("cut short", Bytes(whole.begin(), whole.end() - 1));
  stale("31 bytes", Bytes(31));
  stale("another magic", sealed(touched(unsealed, 0)));
  stale("format 0", sealed(touched(unsealed, 11)));
  Bytes other = unsealed;
  other[11] = std::byte{2};
  stale("format 2", sealed(other));
  other = unsealed;
  other.push_back({});
  stale("a byte left over", sealed(other));
  other = unsealed;
  other.pop_back();
  stale("a byte too few", sealed(other));
  // 8 magic, 4 format, 16 vault, 16 identity, 64 keys, 24 sequences: the counters begin at 132.
  other = unsealed;
  std::rotate(other.begin() + 136, other.begin() + 160, other.begin() + 184);
  stale("counters out of order", sealed(other));
  other = unsealed;
  std::copy_n(other.begin() + 136, 24, other.begin() + 160);
  stale("one slot's counter twice", sealed(other));
  other = unsealed;
  other[134] = std::byte{1};
  stale("more counters than bytes", sealed(other));
  other = unsealed;
  std::fill_n(other.end() - 16, 8, std::byte{0x7f});
  stale("a time after the year 9999", sealed(other));
  stale_when("of another vault", [](Mark& m) { m.vault.bytes[3] ^= std::byte{1}; });
  stale_when("of another identity", [](Mark& m) { m.identity.bytes[3] ^= std::byte{1}; });
  stale_when("of a key that the identity never had", [](Mark& m) { m.key.bytes[3] ^= std::byte{1}; });
  stale_when("an older header sequence in the header", [](Mark& m) { ++m.seen.header_sequence; });
  corrupt_when("an older body sequence in the header", [](Mark& m) { ++m.body_sequence; });
  corrupt_when("an older list sequence in the header", [](Mark& m) { ++m.list_sequence; });
  corrupt_when("an older counter of an own slot in the header", [](Mark& m) { ++m.counters.begin()->second; });
  corrupt_when("an own slot that was removed", [](Mark& m) { m.counters.begin()->second = Mark::kGone; });
  stale_when("an older header, in every part", [](Mark& m) {
    ++m.seen.header_sequence;
    ++m.body_sequence;
  });
  corrupt_when("a root from which no succession leads to today's",
               [](Mark& m) { m.root_admin.bytes[3] ^= std::byte{1}; });
  file.settle();
}

}  // namespace
}  // namespace vault

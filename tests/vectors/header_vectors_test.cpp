// Makes tests/vectors/header.json and slot.json.
#include "tests/support/headers.hpp"
#include "tests/support/made_header.hpp"
#include "tests/support/tamper.hpp"
#include "tests/support/vector_file.hpp"
#include "vault/base/writer.hpp"
#include "vault/keyslot/recovery_code.hpp"

namespace vault {
namespace {

constexpr std::uint64_t kHighestSequence = (std::uint64_t{1} << 63) - 1;

class HeaderVectors : public World {
 protected:
  // All key files first: what a vector draws later does not depend on the order in which a compiler evaluates arguments.
  HeaderVectors() {
    for (const char* name : {"key", "others", "nobody", "cron", "laptop", "one", "two"}) key_file(name);
  }
  Json key(const std::string& name) {
    key_file(name);
    return {{"key_file", std::string(as_text(file_bytes(dir() / name)))}};
  }
  Json opening(const Bytes& header, const Json& factors) { return {{"header", hex(header)}, {"factors", factors}}; }
  Json opening(const Bytes& header) { return opening(header, Json::array({key("key")})); }

  static Json opened(const MadeHeader& made, const Slot& slot, Role role) {
    return {{"slot", hex(slot.id.bytes)},
            {"identity", hex(slot.identity.bytes)},
            {"role", static_cast<int>(role)},
            {"vault_key", hex(made.vault_key.bytes.expose())}};
  }

  MadeHeader made() { return {random, clock.now()}; }
  // With one slot of the root, "first", that opens with the key file "key".
  MadeHeader with_slot() {
    MadeHeader out = made();
    out.add_slot(out.root, "first", {key_file()});
    return out;
  }

  void opens(const std::string& name, MadeHeader& header, const Bytes& bytes, std::size_t slot = 0,
             Role role = Role::admin) {
    file.good(name, "header", opening(bytes), opened(header, header.header.slots.at(slot), role));
  }
  // `change` is done to a header before it is signed.
  template <class Change>
  void refused_when(const std::string& name, Errc code, Change change) {
    MadeHeader header = with_slot();
    change(header);
    file.refused(name, "header", opening(header.finished()), code);
  }
  // `change` is done to a good header, with all of its signatures; it gets a right MAC.
  template <class Change>
  void refused_after(const std::string& name, Errc code, Change change) {
    MadeHeader header = with_slot();
    header.finished();
    change(header);
    header.mac();
    file.refused(name, "header", opening(encode(header.header)), code);
  }
  // `change` is done to the bytes before the checksum.
  template <class Change>
  void refused_bytes(const std::string& name, Errc code, Change change) {
    MadeHeader header = with_slot();
    Bytes bytes = header.finished();
    bytes.resize(bytes.size() - sizeof(Digest));
    change(bytes);
    file.refused(name, "header", opening(with_checksum(std::move(bytes))), code);
  }
  // The body as `change` leaves its bytes, signed and all.
  template <class Change>
  void refused_body(const std::string& name, Errc code, Change change) {
    MadeHeader header = with_slot();
    header.sign_list(header.root.keys);
    Header& out = header.header;
    out.body_bytes = encode(out.body);
    change(out.body_bytes);
    out.body_signature = header.root.keys.sign(SignedType::body, out.body.vault, out.body_bytes);
    header.mac();
    file.refused(name, "header", opening(encode(out)), code);
  }
  VectorFile file{"header.json"};
};

TEST_F(HeaderVectors, Header) {
  {
    MadeHeader header = with_slot();
    opens("one slot", header, header.finished());
  }
  {
    MadeHeader header = made();
    for (const char* name : {"cron", "laptop", "key"}) header.add_slot(header.root, name, {key_file(name)});
    opens("three slots", header, header.finished(), 2);
  }
  {
    MadeHeader header = made();
    for (int i = 0; i < 128; ++i)
      header.add_slot(header.root, "slot " + std::to_string(i), {key_file(i == 127 ? "key" : "others")});
    opens("128 slots", header, header.finished(), 127);
  }
  for (Role role : {Role::metadata, Role::reader, Role::admin}) {
    MadeHeader header = made();
    header.add_slot(header.root, "first", {key_file("others")});
    const Person second = header.person(role);
    header.admit(second);
    header.add_slot(second, "second", {key_file()});
    opens("two identities, the second opens: " + std::string(name(role)), header, header.finished(), 1, role);
  }
  {
    MadeHeader header = with_slot();
    const Person second = header.person(Role::reader);
    header.admit(second);
    header.add_slot(second, "second", {key_file("others")}).signature.back() ^= std::byte{1};
    opens("another identity's slot has a wrong signature: the MAC vouches for it", header, header.finished());
  }
  {
    MadeHeader header = made();
    for (Role role : {Role::reader, Role::admin}) {
      header.add_row(header.person(role));
      RosterRow& row = header.header.body.roster.rows.back();
      row.closed = true;
      row.to = 5;
      row.to_hash[0] = std::byte{1};
    }
    header.add_slot(header.root, "first", {key_file()});
    opens("closed rows of others", header, header.finished());
  }
  {
    MadeHeader header = made();
    RosterRow& old = header.header.body.roster.rows.front();
    const Person renewed(header.root.id, random, header.header.body.vault, Role::admin);
    old.closed = true;
    old.to = 9;
    old.to_hash[0] = std::byte{1};
    header.add_row(renewed);
    header.header.body.vault_key_grants.clear();
    header.header.body.admin_grants.clear();
    header.add_grants(renewed);
    header.succeed(header.root.keys, renewed.keys);
    header.add_slot(renewed, "first", {key_file()}, header.root.keys.signing());
    header.sign_list(renewed.keys);
    header.sign_body(renewed.keys);
    header.mac();
    opens("a succession from the pinned root to new keys of the same identity", header, encode(header.header));
  }
  {
    MadeHeader header = made();
    const Person first = header.person(Role::admin);
    const Person second = header.person(Role::admin);
    header.succeed(first.keys, second.keys);
    header.succeed(second.keys, header.root.keys);
    header.add_slot(header.root, "first", {key_file()}, first.keys.signing());
    opens("two successions, one after the other", header, header.finished());
  }
  {
    MadeHeader header = with_slot();
    const Person other = header.person(Role::admin);
    header.succeed(other.keys, header.root.keys);
    header.header.body.successions.back().signature = {};
    opens("a succession from another key, not signed, is passed over", header, header.finished());
  }
  {
    MadeHeader header = with_slot();
    HeaderBody& body = header.header.body;
    body.sequence = 4;
    body.head_sequence = 17;
    body.head_hash[31] = std::byte{1};
    header.header.sequence = kHighestSequence;
    opens("the highest header sequence, and a body that names a head", header, header.finished());
  }

  // The file as a whole.
  file.refused("an empty file", "header", opening({}), Errc::corrupt);
  {
    MadeHeader header = with_slot();
    const Bytes good = header.finished();
    file.refused("a wrong checksum", "header", opening(touched(good, good.size() - 1)), Errc::corrupt);
    file.refused("cut in half", "header", opening(Bytes(good.begin(), good.begin() + good.size() / 2)), Errc::corrupt);
    Bytes longer = good;
    longer.push_back({});
    file.refused("a byte after the checksum", "header", opening(longer), Errc::corrupt);
  }
  refused_bytes("another magic", Errc::corrupt, [](Bytes& b) { b[0] = std::byte{'V'}; });
  refused_bytes("format 2", Errc::unsupported, [](Bytes& b) { b[11] = std::byte{2}; });
  refused_bytes("format 0", Errc::unsupported, [](Bytes& b) { b[11] = std::byte{0}; });
  refused_bytes("format 2, and nothing else that we know", Errc::unsupported, [](Bytes& b) {
    b.resize(12);
    b[11] = std::byte{2};
  });
  refused_bytes("another magic with format 2", Errc::corrupt, [](Bytes& b) { b[7] = b[11] = std::byte{2}; });
  refused_bytes("suite 2", Errc::unsupported, [](Bytes& b) { b[33] = std::byte{2}; });
  refused_bytes("suite 2 in a body of another form", Errc::unsupported, [](Bytes& b) {
    b.resize(200);
    b[33] = std::byte{2};
    const Bytes length = Writer().u32(184).take();
    std::ranges::copy(length, b.begin() + 12);
  });
  refused_bytes("only magic and format", Errc::corrupt, [](Bytes& b) { b.resize(12); });
  refused_bytes("a byte between MAC and checksum", Errc::corrupt, [](Bytes& b) { b.push_back({}); });
  refused_bytes("MAC cut short", Errc::corrupt, [](Bytes& b) { b.pop_back(); });
  refused_bytes("a body longer than the file", Errc::corrupt, [](Bytes& b) { b[12] = std::byte{1}; });
  refused_when("a header sequence of 2^63", Errc::corrupt,
               [](MadeHeader& h) { h.header.sequence = kHighestSequence + 1; });

  // The body's form.
  refused_body("a byte left over in the body", Errc::corrupt, [](Bytes& b) { b.push_back({}); });
  refused_when("the store of another epoch", Errc::corrupt,
               [](MadeHeader& h) { h.header.body.store_name = "store-2.db"; });
  refused_when("a store in another directory", Errc::corrupt,
               [](MadeHeader& h) { h.header.body.store_name = "../store-1.db"; });
  refused_when("a head sequence without a hash", Errc::corrupt, [](MadeHeader& h) { h.header.body.head_sequence = 3; });
  refused_when("the hash of no head", Errc::corrupt, [](MadeHeader& h) { h.header.body.head_hash[0] = std::byte{1}; });
  refused_when("two open rows of one identity", Errc::corrupt, [](MadeHeader& h) { h.add_row(h.root); });
  refused_when("an open row that ends", Errc::corrupt, [](MadeHeader& h) { h.header.body.roster.rows[0].to = 1; });
  refused_when("an open row with the hash of an end", Errc::corrupt,
               [](MadeHeader& h) { h.header.body.roster.rows[0].to_hash[0] = std::byte{1}; });
  refused_when("role 0", Errc::corrupt, [](MadeHeader& h) { h.header.body.roster.rows[0].role = Role{0}; });
  refused_when("role 4", Errc::corrupt, [](MadeHeader& h) { h.header.body.roster.rows[0].role = Role{4}; });
  refused_when("two vault-key grants of one identity", Errc::corrupt,
               [](MadeHeader& h) { h.header.body.vault_key_grants.push_back(h.header.body.vault_key_grants[0]); });
  refused_when("two admin grants of one identity", Errc::corrupt,
               [](MadeHeader& h) { h.header.body.admin_grants.push_back(h.header.body.admin_grants[0]); });
  refused_when("65 successions", Errc::corrupt, [](MadeHeader& h) { h.header.body.successions.resize(65); });
  // 16 vault, 2 suite, 8 epoch, 14 store name, 16 sequences, 32 head: the count of rows is at 88, the first row's `closed` at 181.
  refused_body("a row more than there is", Errc::corrupt, [](Bytes& b) { b[91] = std::byte{2}; });
  refused_body("4,294,967,041 rows", Errc::corrupt, [](Bytes& b) { b[88] = b[89] = b[90] = std::byte{0xff}; });
  refused_body("a boolean of 2", Errc::corrupt, [](Bytes& b) { b[88 + 4 + 16 + 64 + 1 + 8] = std::byte{2}; });

  // 4.4: signatures, the own row, the own grant, the MAC.
  file.refused("a key file of nobody", "header", opening(with_slot().finished(), Json::array({key("nobody")})),
               Errc::wrong_key);
  file.refused("no factor at all", "header", opening(with_slot().finished(), Json::array()), Errc::wrong_key);
  refused_after("a wrong signature of the admin list", Errc::corrupt, [](MadeHeader& h) {
    h.header.body.roster.admin_signature[3] ^= std::byte{1};
    h.sign_body(h.root.keys);
  });
  refused_after("the admin list signed by another admin", Errc::corrupt, [](MadeHeader& h) {
    const Person other = h.person(Role::admin);
    h.admit(other);
    h.sign_list(other.keys);
    h.sign_body(h.root.keys);
  });
  refused_after("a list sequence that was not signed", Errc::corrupt, [](MadeHeader& h) {
    ++h.header.body.roster.list_sequence;
    h.sign_body(h.root.keys);
  });
  refused_after("a reader who made himself an admin", Errc::corrupt, [](MadeHeader& h) {
    Person reader = h.person(Role::reader);
    h.admit(reader);
    h.header.body.roster.rows.back().role = Role::admin;
    h.sign_body(reader.keys);
  });
  refused_after("a body signed by a reader", Errc::corrupt, [](MadeHeader& h) {
    const Person reader = h.person(Role::reader);
    h.admit(reader);
    h.sign_body(reader.keys);
  });
  refused_after("a body signed by an admin whose row is closed", Errc::corrupt, [](MadeHeader& h) {
    const Person other = h.person(Role::admin);
    h.add_row(other);
    h.header.body.roster.rows.back().closed = true;
    h.sign_list(h.root.keys);
    h.sign_body(other.keys);
  });
  refused_after("a wrong signature of the body", Errc::corrupt,
                [](MadeHeader& h) { h.header.body_signature[60] ^= std::byte{1}; });
  refused_after("the body signed as a commit", Errc::corrupt, [](MadeHeader& h) {
    h.header.body_signature = h.root.keys.sign(SignedType::commit, h.header.body.vault, h.header.body_bytes);
  });
  refused_after("a roster without the own row", Errc::corrupt, [](MadeHeader& h) {
    const Person other = h.person(Role::admin);
    h.admit(other);
    h.header.body.roster.rows.erase(h.header.body.roster.rows.begin());
    h.sign_list(h.root.keys);
    h.sign_body(other.keys);
  });
  refused_after("another signing key in the own row", Errc::corrupt, [](MadeHeader& h) {
    const Person other = h.person(Role::admin);
    h.admit(other);
    h.header.body.roster.rows[0].signing = h.person(Role::admin).keys.signing();
    h.sign_list(h.root.keys);
    h.sign_body(other.keys);
  });
  refused_when("another sealing key in the own row", Errc::corrupt,
               [](MadeHeader& h) { h.header.body.roster.rows[0].sealing = h.person(Role::admin).keys.sealing(); });
  refused_after("a wrong signature of an own slot", Errc::corrupt,
                [](MadeHeader& h) { h.header.slots[0].signature[0] ^= std::byte{1}; });
  refused_when("no vault-key grant", Errc::corrupt, [](MadeHeader& h) { h.header.body.vault_key_grants.clear(); });
  refused_when("the vault-key grant of another", Errc::corrupt, [](MadeHeader& h) {
    const Person other = h.person(Role::reader);
    h.admit(other);
    auto& grants = h.header.body.vault_key_grants;
    std::swap(grants[0].grant, grants[1].grant);
  });
  refused_when("the vault-key grant of another epoch", Errc::corrupt, [](MadeHeader& h) {
    h.header.body.epoch = 2;
    h.header.body.store_name = store_name(2);
  });
  refused_when("a succession with a wrong signature", Errc::corrupt, [](MadeHeader& h) {
    const Person next = h.person(Role::admin);
    h.succeed(h.root.keys, next.keys);
    h.header.body.successions[0].signature[1] ^= std::byte{1};
  });
  refused_when("a succession to a root that did not sign the list", Errc::corrupt, [](MadeHeader& h) {
    const Person next = h.person(Role::admin);
    h.succeed(h.root.keys, next.keys);
  });
  {
    MadeHeader header = made();
    header.add_slot(header.root, "first", {key_file()}, header.person(Role::admin).keys.signing());
    file.refused("a slot that pins another root", "header", opening(header.finished()), Errc::corrupt);
  }
  refused_bytes("a wrong MAC", Errc::corrupt, [](Bytes& b) { b.back() ^= std::byte{1}; });
  refused_bytes("a header sequence raised without the key", Errc::corrupt,
                [](Bytes& b) { b[b.size() - 33] ^= std::byte{4}; });
  {
    MadeHeader header = with_slot();
    header.add_slot(header.root, "second", {key_file("others")});
    header.finished();
    header.header.slots.pop_back();
    file.refused("a slot taken out without the key", "header", opening(encode(header.header)), Errc::corrupt);
  }
  {
    MadeHeader header = with_slot();
    const Slot old = header.header.slots[0];
    header.header.slots.clear();
    header.add_slot(header.root, "first", {key_file("others")});
    header.finished();
    header.header.slots[0] = old;
    file.refused("a slot of an older header, spliced in", "header", opening(encode(header.header)), Errc::corrupt);
  }
  file.settle();
}

class SlotVectors : public HeaderVectors {
 protected:
  std::shared_ptr<const Factor> other_passphrase(const KdfParameters& costs) {
    return must(
        PassphraseFactor::make(secret("correct horse"), kdf, {KdfParameters{8, 1, 1}, {8, 1, 1}, 1u << 20}, costs));
  }
  static Json typed(const char* text) { return Json{{"passphrase", text}}; }
  void good(const std::string& name, const Factors& sealed, const Json& factors) {
    MadeHeader header = made();
    const Slot slot = header.add_slot(header.root, "first", sealed);
    file.good(name, "header", opening(header.finished(), factors), opened(header, slot, Role::admin));
  }
  void bad(const std::string& name, const Factors& sealed, const Json& factors, Errc code) {
    MadeHeader header = made();
    header.add_slot(header.root, "first", sealed);
    file.refused(name, "header", opening(header.finished(), factors), code);
  }
  static Slot with_factor(Slot slot, int type, const Bytes& parameters) {
    slot.factors.push_back({static_cast<FactorType>(type), parameters});
    return slot;
  }
  // A slot that holds something in the bytes that are not used yet.
  void seal_newer(MadeHeader& header, Slot& slot) {
    Bytes payload(kSlotPayloadSize);
    std::ranges::copy(header.root.seed.bytes.expose(), payload.begin());
    payload.back() = std::byte{1};
    const VaultId& vault = header.header.body.vault;
    Hash kek(personals::kek, ByteArray<32>{}, slot.id.bytes);
    const Bytes before = encode_slot_header(slot);
    const SecretBuffer output = must(key_file()->output({}));
    const Digest key_bytes = kek.add(output.expose()).add(hash(personals::slot_header, before)).finish();
    const Bytes aad = Writer().string("slot").u16(kSuite).id(vault).string(before).take();
    slot.wrapped = must(wrap_secret(key_bytes, aad, payload, random));
    slot.signature = header.root.keys.sign(SignedType::slot, vault, encode_signed_slot(slot));
  }

  VectorFile file{"slot.json"};
};

TEST_F(SlotVectors, Slot) {
  const Json key_only = Json::array({key("key")});
  const auto code = must(RecoveryCodeFactor::create(random));
  const std::string code_text = text_of(code->text());
  std::string folded = code_text;
  std::ranges::transform(folded, folded.begin(),
                         [](char c) { return c == '1' ? 'l' : static_cast<char>(std::tolower(c)); });

  good("a passphrase", {passphrase()}, Json::array({typed("correct horse")}));
  good("a passphrase of 1,024 bytes", {passphrase(std::string(1024, 'x'))},
       Json::array({typed(std::string(1024, 'x').c_str())}));
  good("a passphrase that is not normalised: e and an accent", {passphrase("caf\x65\xcc\x81")},
       Json::array({typed("caf\x65\xcc\x81")}));
  good("a passphrase in two lanes", {other_passphrase({64, 2, 2})}, Json::array({typed("correct horse")}));
  good("a key file", {key_file()}, key_only);
  good("a recovery code", {code}, Json::array({{{"recovery_code", code_text}}}));
  good("a recovery code in small letters", {code}, Json::array({{{"recovery_code", folded}}}));
  good("a passphrase and a key file", {passphrase(), key_file()}, Json::array({typed("correct horse"), key("key")}));
  good("the factors are offered in another order", {passphrase(), key_file()},
       Json::array({key("key"), typed("correct horse")}));
  good("two key files, in the slot's order", {key_file("one"), key_file("two")}, Json::array({key("two"), key("one")}));
  good("three factors", {key_file(), passphrase(), code},
       Json::array({typed("correct horse"), {{"recovery_code", code_text}}, key("key")}));
  {
    MadeHeader header = made();
    const auto credential = must(KeyFileFactor::parse(file_bytes(dir() / "key"), FactorType::systemd_credential));
    const Slot slot = header.add_slot(header.root, "service", {credential});
    const Json offered = Json::array({{{"credential", key("key")["key_file"]}}});
    file.good("a systemd credential", "header", opening(header.finished(), offered), opened(header, slot, Role::admin));
    file.refused("a key file where a systemd credential is needed", "header", opening(header.finished()),
                 Errc::wrong_key);
    good("a systemd credential where a key file is needed", {key_file()}, offered);
  }
  {
    MadeHeader header = with_slot();
    Slot newer = with_factor(header.header.slots[0], 9, Bytes(100));
    must(random.fill(newer.id.bytes));
    newer.signature = header.root.keys.sign(SignedType::slot, header.header.body.vault, encode_signed_slot(newer));
    header.header.slots.insert(header.header.slots.begin(), newer);
    file.good("a slot with a factor of a later version is passed over", "header", opening(header.finished()),
              opened(header, header.header.slots[1], Role::admin));
    header.header.slots.pop_back();
    file.refused("only a slot with a factor of a later version", "header", opening(header.finished()), Errc::wrong_key);
  }
  {
    MadeHeader header = made();
    header.add_slot(header.root, "cheap", {other_passphrase({32, 1, 1})});
    header.add_slot(header.root, "dear", {passphrase("other")});
    const Json both = Json::array({typed("correct horse"), typed("other")});
    file.good("a slot whose costs are too low hides no other that opens", "header", opening(header.finished(), both),
              opened(header, header.header.slots[1], Role::admin));
  }
  {
    MadeHeader header = made();
    seal_newer(header, header.add_slot(header.root, "newer", {key_file()}));
    file.refused("a payload of a newer version", "header", opening(header.finished()), Errc::unsupported);
    header.add_slot(header.root, "plain", {key_file()});
    file.good("a payload of a newer version hides no other slot that opens", "header", opening(header.finished()),
              opened(header, header.header.slots[1], Role::admin));
  }

  bad("a wrong passphrase", {passphrase()}, Json::array({typed("correct house")}), Errc::wrong_key);
  bad("another key file", {key_file()}, Json::array({key("nobody")}), Errc::wrong_key);
  bad("another recovery code", {code},
      Json::array({{{"recovery_code", text_of(must(RecoveryCodeFactor::create(random))->text())}}}), Errc::wrong_key);
  bad("only one of two factors", {passphrase(), key_file()}, key_only, Errc::wrong_key);
  bad("two factors, one wrong", {passphrase(), key_file()}, Json::array({typed("correct horse"), key("nobody")}),
      Errc::wrong_key);
  bad("one key file where two are needed", {key_file("one"), key_file("two")}, Json::array({key("one")}),
      Errc::wrong_key);
  bad("Argon2id under the reader's floor", {other_passphrase({32, 1, 1})}, Json::array({typed("correct horse")}),
      Errc::denied);
  const auto change_slot = [&](const std::string& name, auto change, Errc code_of_it = Errc::corrupt) {
    MadeHeader header = with_slot();
    Slot& slot = header.header.slots.front();
    change(slot);
    slot.signature = header.root.keys.sign(SignedType::slot, header.header.body.vault, encode_signed_slot(slot));
    file.refused(name, "header", opening(header.finished()), code_of_it);
  };
  change_slot(
      "another counter", [](Slot& s) { ++s.counter; }, Errc::wrong_key);
  change_slot(
      "another name", [](Slot& s) { s.name = "second"; }, Errc::wrong_key);
  change_slot(
      "another date", [](Slot& s) { s.created += std::chrono::seconds(1); }, Errc::wrong_key);
  change_slot(
      "another slot id", [](Slot& s) { s.id.bytes[0] ^= std::byte{1}; }, Errc::wrong_key);
  change_slot(
      "a byte of the wrap", [](Slot& s) { s.wrapped[100] ^= std::byte{1}; }, Errc::wrong_key);
  change_slot("no factor", [](Slot& s) { s.factors.clear(); });
  change_slot("nine factors", [](Slot& s) { s.factors.assign(9, {FactorType::key_file, {}}); });
  change_slot("factor 0", [](Slot& s) { s.factors[0].type = FactorType{0}; });
  change_slot("a key file with parameters", [](Slot& s) { s.factors[0].parameters = Bytes(1); });
  change_slot("a recovery code with parameters", [](Slot& s) { s = with_factor(s, 3, Bytes(1)); });
  change_slot("4,097 bytes of parameters", [](Slot& s) { s = with_factor(s, 200, Bytes(4097)); });
  change_slot("a name with a control character", [](Slot& s) { s.name = "a\x1b[31m"; });
  change_slot("a name that is not UTF-8", [](Slot& s) { s.name = "\xc0\xaf"; });
  change_slot("a name of 65 bytes", [](Slot& s) { s.name.assign(65, 'n'); });
  change_slot("a date after the year 9999", [](Slot& s) { s.created = Time(std::chrono::seconds(253402300800)); });
  change_slot("a byte left over in a slot", [](Slot& s) { s.wrapped.push_back({}); });
  change_slot("a slot cut short", [](Slot& s) { s.wrapped.pop_back(); });
  const auto parameters = [](std::uint32_t memory, std::uint32_t passes, std::uint32_t lanes) {
    return Writer().u32(memory).u32(passes).u32(lanes).raw(ByteArray<16>{}).take();
  };
  change_slot("two passphrases",
              [&](Slot& s) { s = with_factor(with_factor(s, 1, parameters(64, 1, 1)), 1, parameters(64, 1, 1)); });
  change_slot("Argon2id without a pass", [&](Slot& s) { s = with_factor(s, 1, parameters(64, 0, 1)); });
  change_slot("Argon2id with 33 passes", [&](Slot& s) { s = with_factor(s, 1, parameters(64, 33, 1)); });
  change_slot("Argon2id without a lane", [&](Slot& s) { s = with_factor(s, 1, parameters(64, 1, 0)); });
  change_slot("Argon2id with 17 lanes", [&](Slot& s) { s = with_factor(s, 1, parameters(1024, 1, 17)); });
  change_slot("Argon2id with 7 KiB", [&](Slot& s) { s = with_factor(s, 1, parameters(7, 1, 1)); });
  change_slot("Argon2id with more than 4 GiB", [&](Slot& s) { s = with_factor(s, 1, parameters(4194305, 1, 1)); });
  change_slot("Argon2id's parameters cut", [&](Slot& s) { s = with_factor(s, 1, Bytes(27)); });
  {
    MadeHeader header = with_slot();
    header.header.slots.push_back(header.header.slots[0]);
    file.refused("two slots of one id", "header", opening(header.finished()), Errc::corrupt);
  }
  {
    MadeHeader header = made();
    header.add_slot(header.root, "first", {passphrase()});
    header.header.slots[0].factors[0].parameters.back() ^= std::byte{1};
    file.refused("another salt", "header", opening(header.finished(), Json::array({typed("correct horse")})),
                 Errc::wrong_key);
  }
  file.settle();
}

}  // namespace
}  // namespace vault

// Makes tests/vectors/record.json, entry.json, version.json and field.json.
#include "tests/support/vector_file.hpp"
#include "vault/base/writer.hpp"
#include "vault/session.hpp"
#include "vault/store/record.hpp"

namespace vault {
namespace {

constexpr std::uint64_t kGeneration = 2;  // of a team key
constexpr std::size_t kVersionEntrySize = 66;

class RecordVectors : public World {
 protected:
  template <class IdType>
  IdType id() {
    return must(random_id<IdType>(random));
  }
  Digest digest() {
    Digest out{};
    must(random.fill(out));
    return out;
  }
  static Json input(RecordKind kind, ByteView bytes) {
    return {{"kind", static_cast<int>(kind)}, {"bytes", hex(bytes)}};
  }
  template <class Record>
  static Json summary(const Record& record) {
    return {{"id", hex(record.id.bytes)}, {"name", record.name}};
  }
  static Bytes plus(Bytes bytes) {
    bytes.push_back({});
    return bytes;
  }
  static Bytes minus(Bytes bytes) {
    bytes.pop_back();
    return bytes;
  }
};

TEST_F(RecordVectors, Record) {
  VectorFile file("record.json");
  const auto good = [&](const std::string& name, RecordKind kind, const auto& record) {
    file.good(name, "record", input(kind, encode(record)), summary(record));
  };
  const auto refused = [&](const std::string& name, RecordKind kind, const Bytes& bytes, Errc code = Errc::corrupt) {
    file.refused(name, "record", input(kind, bytes), code);
  };
  const IssuerRecord issuer{id<ObjectId>(), "generic", {}, clock.now(), "{}"};
  const AccountRecord account{id<ObjectId>(), "101domain", "default", digest(), clock.now(), "anna", "line\nline"};
  TeamRecord team{id<TeamId>(), "default", {}, clock.now(), 2, {}};
  good("an issuer", RecordKind::issuer, issuer);
  good("an account with a parent and a note", RecordKind::account, account);
  good("a team without grants", RecordKind::team, team);
  for (std::uint64_t generation : {1U, 2U}) {
    TeamGrant grant{id<IdentityId>(), generation, {}};
    must(random.fill(grant.grant.ephemeral));
    must(random.fill(grant.grant.wrapped));
    team.grants.push_back(grant);
  }
  good("a team with two grants", RecordKind::team, team);
  const IdentityRecord identity{id<IdentityId>(), "root", {}, clock.now(), ""};
  good("an identity", RecordKind::identity, identity);
  const PolicyRecord policy{id<ObjectId>(), "audit", {}, clock.now(), "off"};
  good("a policy", RecordKind::policy, policy);
  PolicyRecord odd = policy;
  odd.name = "";
  good("an empty name, which no writer writes", RecordKind::policy, odd);
  odd.name = std::string(64, 'n');
  odd.created = Time(std::chrono::seconds(253402300799));
  good("a name of 64 bytes and the last second of 9999", RecordKind::policy, odd);
  odd.name = "\xe2\x80\xae name";
  good("a name that is harmful on a terminal, but well-formed", RecordKind::policy, odd);

  const Bytes bytes = encode(policy);
  Bytes other = bytes;
  other[0] = std::byte{2};
  refused("layout 2", RecordKind::policy, other, Errc::unsupported);
  other[0] = std::byte{0};
  refused("layout 0", RecordKind::policy, other, Errc::unsupported);
  other = {std::byte{2}};
  refused("layout 2, and nothing else that we know", RecordKind::policy, other, Errc::unsupported);
  refused("nothing", RecordKind::policy, {});
  refused("the kind of another subtree", RecordKind::team, bytes);
  refused("a byte left over", RecordKind::policy, plus(bytes));
  refused("cut short", RecordKind::policy, minus(bytes));
  odd = policy;
  odd.name = std::string(65, 'n');
  refused("a name of 65 bytes", RecordKind::policy, encode(odd));
  odd.name = "a\nb";
  refused("a name with a newline", RecordKind::policy, encode(odd));
  odd.name = "a\xc2\x85";
  refused("a name with U+0085", RecordKind::policy, encode(odd));
  odd.name = "\xed\xa0\x80";
  refused("a name with a surrogate", RecordKind::policy, encode(odd));
  odd.name = "\xe0\x80\xaf";
  refused("a name with an overlong form", RecordKind::policy, encode(odd));
  odd.name = "\xf4\x90\x80\x80";
  refused("a name with a character above U+10FFFF", RecordKind::policy, encode(odd));
  odd = policy;
  odd.created = Time(std::chrono::seconds(253402300800));
  refused("a time after the year 9999", RecordKind::policy, encode(odd));
  AccountRecord long_note = account;
  long_note.note.assign(16385, 'n');
  refused("a note of 16,385 bytes", RecordKind::account, encode(long_note));
  refused("a grant cut short", RecordKind::team, minus(encode(team)));
  file.settle();
}

TEST_F(RecordVectors, Entry) {
  VectorFile file("entry.json");
  const auto good = [&](const std::string& name, const EntryRecord& entry) {
    Json former = Json::array();
    for (const Label& label : entry.former_labels) former.push_back(label.text());
    Json states = Json::array();
    for (const VersionEntry& version : entry.versions)
      states.push_back(vault::name(state_at(version.life, clock.now())));
    file.good(name, "entry", {{"now", clock.now().time_since_epoch().count()}, {"bytes", hex(encode(entry))}},
              {{"id", hex(entry.id.bytes)},
               {"label", entry.label.text()},
               {"former_labels", former},
               {"attributes", entry.attributes},
               {"active", hex(entry.active.bytes)},
               {"states", states}});
  };
  const auto refused = [&](const std::string& name, const Bytes& bytes, Errc code = Errc::corrupt) {
    file.refused(name, "entry", {{"now", 0}, {"bytes", hex(bytes)}}, code);
  };
  const auto version = [&](VersionState state) {
    VersionEntry out;
    out.id = id<VersionId>();
    out.life.state = state;
    out.digest = digest();
    return out;
  };
  EntryRecord entry{id<EntryId>(), label("prod-dns")};
  entry.issuer = "generic";
  entry.account = "default";
  entry.team = id<TeamId>();
  entry.created = entry.changed = clock.now();
  good("no version", entry);
  entry.versions.push_back(version(VersionState::active));
  entry.active = entry.versions[0].id;
  good("one version", entry);
  const EntryRecord small = entry;
  EntryRecord full = entry;
  full.parent = digest();
  full.label = label("Käse/Ωmega");
  full.note = "first line\nsecond\twith a tab";
  full.attributes = {{"app", "shop"}, {"env", "prod"}, {"empty", ""}};
  full.former_labels = {label("stripe"), label("web/stripe")};
  good("note, attributes and former labels", full);
  EntryRecord states = entry;
  states.versions.clear();
  for (auto state : {VersionState::active, VersionState::retiring, VersionState::revoked})
    states.versions.push_back(version(state));
  states.versions[1].life.retiring_until = clock.now() + std::chrono::seconds(1);
  states.versions.push_back(states.versions[1]);
  states.versions.back().id = id<VersionId>();
  states.versions.back().life.retiring_until = clock.now();
  for (auto [expires, destroyed] :
       {std::pair(clock.now(), false), {clock.now() + std::chrono::seconds(1), false}, {kNever, true}}) {
    states.versions.push_back(version(VersionState::active));
    states.versions.back().life.expires_at = expires;
    states.versions.back().life.destroyed = destroyed;
  }
  states.versions.push_back(version(VersionState::revoked));
  states.versions.back().life.destroyed = true;
  states.versions.back().verify_only = true;
  states.active = states.versions[0].id;
  good("every state", states);
  EntryRecord many = entry;
  many.versions.clear();
  for (int i = 0; i < 60; ++i) many.versions.push_back(version(VersionState::revoked));
  many.versions.back().life.state = VersionState::active;
  many.active = many.versions.back().id;
  good("sixty versions", many);
  EntryRecord labels = entry;
  for (int i = 0; i < 64; ++i) labels.former_labels.push_back(label("former/" + std::to_string(i)));
  good("64 former labels", labels);
  labels.former_labels.push_back(label("one more"));
  refused("65 former labels", encode(labels));
  entry.label = label(std::string(255, 'l'));
  entry.active = {};
  good("a label of 255 bytes, and no active version", entry);

  const auto edited = [&](EntryRecord record, auto change) {
    change(record);
    return encode(record);
  };
  const Bytes bytes = encode(small);
  Bytes other = bytes;
  other[0] = std::byte{2};
  refused("layout 2", other, Errc::unsupported);
  other = bytes;
  other[1] = std::byte{2};
  refused("another kind", other);
  refused("a byte left over", plus(bytes));
  refused("cut short", minus(bytes));
  refused("a former label twice", edited(full, [&](auto& e) { e.former_labels[1] = e.former_labels[0]; }));
  refused("a former label that is the present one", edited(full, [&](auto& e) { e.former_labels[1] = e.label; }));
  refused("an active version that is not in the list",
          edited(small, [&](auto& e) { e.active.bytes[0] ^= std::byte{1}; }));
  refused("an active version without any", edited(small, [&](auto& e) { e.versions.clear(); }));
  refused("one version twice", edited(small, [&](auto& e) { e.versions.push_back(e.versions[0]); }));
  refused("state 0", edited(small, [&](auto& e) { e.versions[0].life.state = VersionState{0}; }));
  refused("state 4", edited(small, [&](auto& e) { e.versions[0].life.state = VersionState{4}; }));
  refused("a time of retiring in a version that is active",
          edited(small, [&](auto& e) { e.versions[0].life.retiring_until = clock.now(); }));
  const std::size_t version_at = bytes.size() - kVersionEntrySize;
  other = bytes;
  other[version_at + 16 + 1 + 8] = std::byte{4};
  refused("flag 4", other);
  other = bytes;
  other[version_at + 16 + 1 + 8 + 1] = std::byte{0x7f};
  refused("an expiry that is neither a time nor never", other);
  refused("a note with bytes that are not UTF-8", edited(small, [&](auto& e) { e.note = "\xff"; }));
  refused("an attribute's key with a tab", edited(small, [&](auto& e) { e.attributes = {{"a\tb", ""}}; }));
  refused("an attribute's value of 1,025 bytes", edited(small, [&](auto& e) {
            e.attributes = {{"a", std::string(1025, 'v')}};
          }));
  other = bytes;
  const auto parent_at = other.begin() + 2 + 16 + 4 + static_cast<std::ptrdiff_t>(small.label.text().size());
  *parent_at = std::byte{1};
  other.insert(parent_at + 1, 32, std::byte{0});
  refused("a parent of zeros", other);
  // What no EntryRecord can hold, byte by byte: label, attributes, former labels.
  const auto written = [&](const std::string& text, const std::vector<std::string>& keys,
                           const std::vector<std::string>& former) {
    Writer out;
    out.u8(1).u8(1).id(small.id).string(text).boolean(false).string("generic").string("default").id(small.team);
    out.u64(0).u64(0).string("").u32(static_cast<std::uint32_t>(keys.size()));
    for (const auto& key : keys) out.string(key).string("");
    out.u32(static_cast<std::uint32_t>(former.size()));
    for (const auto& one : former) out.string(one);
    return out.id(VersionId{}).u32(0).take();
  };
  file.good("written by hand", "entry", {{"now", 0}, {"bytes", hex(written("x", {"a", "b"}, {"y"}))}},
            {{"id", hex(small.id.bytes)},
             {"label", "x"},
             {"former_labels", Json::array({"y"})},
             {"attributes", {{"a", ""}, {"b", ""}}},
             {"active", hex(VersionId{}.bytes)},
             {"states", Json::array()}});
  refused("an empty label", written("", {}, {}));
  refused("a label of 256 bytes", written(std::string(256, 'l'), {}, {}));
  refused("a label with a control character", written("a\x7f", {}, {}));
  refused("attributes out of order", written("x", {"b", "a"}, {}));
  refused("an attribute twice", written("x", {"a", "a"}, {}));
  refused("an empty former label", written("x", {}, {""}));
  file.settle();
}

TEST_F(RecordVectors, Version) {
  VectorFile file("version.json");
  const auto good = [&](const std::string& name, const VersionRecord& version) {
    Json fields = Json::array();
    for (const StoredField& field : version.fields) fields.push_back(field.name);
    file.good(name, "version", {{"bytes", hex(encode(version))}},
              {{"id", hex(version.id.bytes)},
               {"entry", hex(version.entry.bytes)},
               {"scopes", version.scopes.items()},
               {"fields", fields}});
  };
  const auto refused = [&](const std::string& name, const Bytes& bytes, Errc code = Errc::corrupt) {
    file.refused(name, "version", {{"bytes", hex(bytes)}}, code);
  };
  VersionRecord version;
  version.id = id<VersionId>();
  version.entry = id<EntryId>();
  version.issued_at = version.stored_at = clock.now();
  good("no field, no scope", version);
  version.fields = {{"token", true, 1, digest()}};
  good("one secret field", version);
  const VersionRecord small = version;
  version.scopes = must(ScopeSet::make({"dns:write", "dns:read", "-x"}));
  version.period = "90d";
  version.key_name = "ci";
  version.minted_by = "ada";
  version.minted_with = "2fa";
  version.replaces = id<VersionId>();
  version.hint = "...wxyz";
  version.fingerprint = digest();
  version.fields.push_back({"user", false, 0, digest()});
  good("everything that a writer writes", version);
  version.verifier = digest();
  good("a verifier, which is reserved", version);
  for (int i = 0; i < 62; ++i) version.fields.push_back({"f" + std::to_string(i), false, 0, {}});
  good("64 fields", version);
  version.fields.push_back({"one more", false, 0, {}});
  refused("65 fields", encode(version));

  const Bytes bytes = encode(small);
  Bytes other = bytes;
  other[0] = std::byte{2};
  refused("layout 2", other, Errc::unsupported);
  refused("a byte left over", plus(bytes));
  refused("cut short", minus(bytes));
  const auto edited = [&](auto change) {
    VersionRecord record = small;
    change(record);
    return encode(record);
  };
  refused("two fields of one name", edited([](auto& v) { v.fields.push_back(v.fields[0]); }));
  refused("a secret field of generation 0", edited([](auto& v) { v.fields[0].generation = 0; }));
  refused("a plain field with a generation", edited([](auto& v) { v.fields[0].secret = false; }));
  refused("a hint of 65 bytes", edited([](auto& v) { v.hint.assign(65, '.'); }));
  refused("a field's name with a control character", edited([](auto& v) { v.fields[0].name = "\x01"; }));
  other = bytes;
  other[bytes.size() - (4 + 4 + 5 + 1 + 8 + 32) - 1] = std::byte{2};  // before the fields: the verifier's boolean
  refused("an optional of 2", other);
  const auto scopes = [&](const std::vector<std::string>& items) {
    Writer out;
    out.u8(1).id(small.id).id(small.entry).u32(static_cast<std::uint32_t>(items.size()));
    for (const auto& item : items) out.string(item);
    const std::size_t before = 1 + 16 + 16 + 4;
    return out.raw(ByteView(bytes).subspan(before)).take();
  };
  file.good("scopes written by hand", "version", {{"bytes", hex(scopes({"a", "b"}))}},
            {{"id", hex(small.id.bytes)},
             {"entry", hex(small.entry.bytes)},
             {"scopes", Json::array({"a", "b"})},
             {"fields", Json::array({"token"})}});
  refused("scopes out of order", scopes({"b", "a"}));
  refused("a scope twice", scopes({"a", "a"}));
  refused("an empty scope", scopes({""}));
  refused("a scope of 129 bytes", scopes({std::string(129, 's')}));
  file.settle();
}

TEST_F(RecordVectors, Field) {
  VectorFile file("field.json");
  const auto vault = id<VaultId>();
  const auto entry = id<EntryId>();
  const auto team = id<TeamId>();
  const Digest key = digest();
  const Digest other_key = digest();
  VersionRecord version;
  version.id = id<VersionId>();
  version.entry = entry;
  const auto sealed = [&](std::string_view name, std::string_view value, std::uint64_t generation = kGeneration) {
    return must(wrap_secret(key, field_aad(vault, entry, version.id, name, team, generation), as_bytes(value), random));
  };
  std::vector<Bytes> values{sealed("token", "the token"), Bytes(3, std::byte{'b'}), sealed("empty", "")};
  version.fields = {{"token", true, kGeneration, {}}, {"user", false, 0, {}}, {"empty", true, kGeneration, {}}};
  const auto digests = [&](const VersionRecord& of, const std::vector<Bytes>& stored) {
    VersionRecord out = of;
    for (std::size_t i = 0; i < out.fields.size(); ++i)
      out.fields[i].digest = field_digest(out.fields[i], stored[i], vault);
    return out;
  };
  version = digests(version, values);
  const auto input = [&](const std::string& field, const VersionRecord& of, const Bytes& stored, ByteView team_key,
                         const TeamId& its_team) {
    return Json{{"vault", hex(vault.bytes)},  {"team", hex(its_team.bytes)}, {"team_key", hex(team_key)},
                {"version", hex(encode(of))}, {"values", hex(stored)},       {"field", field}};
  };
  const Bytes stored = encode_field_values(values);
  file.good("a secret field", "field", input("token", version, stored, key, team),
            {{"value", hex(as_bytes("the token"))}});
  file.good("a plain field", "field", input("user", version, stored, key, team), {{"value", hex(as_bytes("bbb"))}});
  file.good("an empty secret", "field", input("empty", version, stored, key, team), {{"value", ""}});
  file.refused("no field of that name", "field", input("password", version, stored, key, team), Errc::not_found);
  const auto refused = [&](const std::string& name, const Json& of) { file.refused(name, "field", of, Errc::corrupt); };
  refused("another team key", input("token", version, stored, other_key, team));
  refused("another team", input("token", version, stored, key, TeamId{}));
  refused("two values exchanged",
          input("token", version, encode_field_values({values[2], values[1], values[0]}), key, team));
  const std::vector<Bytes> exchanged{values[2], values[1], values[0]};
  refused("two values exchanged, with digests that fit",
          input("token", digests(version, exchanged), encode_field_values(exchanged), key, team));
  refused("another plain value",
          input("user", version, encode_field_values({values[0], Bytes(3), values[2]}), key, team));
  refused("a value too few", input("token", version, encode_field_values({values[0], values[1]}), key, team));
  refused("a value too many",
          input("token", version, encode_field_values({values[0], values[1], values[2], {}}), key, team));
  refused("a secret that is empty, as if it were destroyed",
          input("token", version, encode_field_values({{}, values[1], values[2]}), key, team));
  const std::vector<Bytes> older{sealed("token", "the token", 1), values[1], values[2]};
  refused("sealed for another generation",
          input("token", digests(version, older), encode_field_values(older), key, team));
  VersionRecord posing = version;
  posing.id = id<VersionId>();
  refused("another version's value", input("token", digests(posing, values), stored, key, team));
  posing = version;
  posing.fields[0].name = "tokem";
  refused("another field's name", input("tokem", digests(posing, values), stored, key, team));
  posing = version;
  posing.fields[0].secret = false;
  posing.fields[0].generation = 0;
  file.good("a sealed value said to be plain is handed out as it is stored", "field",
            input("token", digests(posing, values), stored, key, team), {{"value", hex(values[0])}});
  refused("values with a byte left over", input("token", version, plus(stored), key, team));
  refused("values cut short", input("token", version, minus(stored), key, team));
  file.settle();
}

}  // namespace
}  // namespace vault

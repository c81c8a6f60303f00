#include "vault/store/record.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/support/world.hpp"
#include "vault/base/limits.hpp"
#include "vault/base/time_bytes.hpp"
#include "vault/store/commit.hpp"

namespace vault {
namespace {

// ---- generators: each draws from the running property -----------------------------------------------------------------

template <std::size_t N>
ByteArray<N> any_bytes() {
  auto numbers = *rc::gen::arbitrary<std::array<std::uint8_t, N>>();
  ByteArray<N> out;
  std::ranges::transform(numbers, out.begin(), [](std::uint8_t n) { return std::byte(n); });
  return out;
}
template <class IdType>
IdType any_id() {
  return {any_bytes<16>()};
}
std::string any_text(std::size_t most) {
  static const std::string letters[] = {"a", "Z", "9", " ", "-", "/", "\u00e9", "\u4e2d", "\U0001F511"};
  std::string text;
  for (int n = *rc::gen::inRange(0, 12); n > 0; --n)
    text += letters[*rc::gen::inRange<std::size_t>(0, std::size(letters))];
  return text.size() <= most ? text : "";
}
Time any_time() {
  return Time(std::chrono::seconds(*rc::gen::inRange<std::int64_t>(0, static_cast<std::int64_t>(kLastSecond) + 1)));
}
std::optional<Digest> any_optional() {
  return *rc::gen::arbitrary<bool>() ? std::optional(any_bytes<32>()) : std::nullopt;
}
Label any_label() {
  return *Label::parse(*rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', '{'))));
}
ScopeSet any_scopes() {
  auto words = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("account:read", "dns:read", "dns:write", "domains:read", "é", "*"));
  return *ScopeSet::make(words);
}
int any_count(int below) { return *rc::gen::inRange(0, below); }

template <class Record>
Record any_common() {
  Record record;
  record.id = {any_bytes<16>()};
  record.name = any_text(limits::name_bytes);
  record.parent = any_bytes<32>();
  record.created = any_time();
  return record;
}

VersionRecord any_version() {
  VersionRecord version;
  version.id = any_id<VersionId>();
  version.entry = any_id<EntryId>();
  version.scopes = any_scopes();
  version.issued_at = any_time();
  version.stored_at = any_time();
  version.period = any_text(limits::name_bytes);
  version.key_name = any_text(limits::name_bytes);
  version.minted_by = any_text(limits::name_bytes);
  version.minted_with = any_text(limits::name_bytes);
  version.replaces = any_id<VersionId>();
  version.hint = any_text(limits::name_bytes);
  version.fingerprint = any_optional();
  version.verifier = any_optional();
  for (int n = any_count(5); n > 0; --n) {
    const bool secret = *rc::gen::arbitrary<bool>();
    const std::uint64_t generation = secret ? *rc::gen::inRange<std::uint64_t>(1, UINT64_MAX) : 0;
    version.fields.push_back({"field-" + std::to_string(n), secret, generation, any_bytes<32>()});
  }
  return version;
}

EntryRecord any_entry() {
  EntryRecord entry{any_id<EntryId>(), any_label()};
  entry.parent = any_bytes<32>();
  entry.issuer = any_text(limits::name_bytes);
  entry.account = any_text(limits::name_bytes);
  entry.team = any_id<TeamId>();
  entry.created = any_time();
  entry.changed = any_time();
  entry.note = any_text(limits::note_bytes);
  for (int n = any_count(5); n > 0; --n)
    entry.attributes[any_text(limits::attribute_key_bytes)] = any_text(limits::attribute_value_bytes);
  for (int n = any_count(5); n > 0; --n) {
    const Label former = must(Label::parse("former-" + std::to_string(n)));
    entry.former_labels.push_back(former);
  }
  for (int n = any_count(5); n > 0; --n) {
    const auto state = static_cast<VersionState>(1 + any_count(3));
    const Time until = state == VersionState::retiring ? any_time() : Time{};
    VersionLife life{state, until, *rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>() ? kNever : any_time()};
    entry.versions.push_back({any_id<VersionId>(), life, *rc::gen::arbitrary<bool>(), any_bytes<32>()});
  }
  if (!entry.versions.empty()) entry.active = entry.versions.back().id;
  return entry;
}

TeamRecord any_team() {
  auto team = any_common<TeamRecord>();
  team.generation = *rc::gen::arbitrary<std::uint64_t>();
  for (int n = any_count(4); n > 0; --n) {
    team.grants.push_back({any_id<IdentityId>(),
                           *rc::gen::arbitrary<std::uint64_t>(),
                           {any_bytes<32>(), any_bytes<kKeySize + kWrapOverhead>()}});
  }
  return team;
}

// ---- round trips: decoding and encoding again gives the same bytes, and cutting or lengthening them gives nothing ------

template <class Decode>
void expect_canonical(const Bytes& bytes, Decode decode) {
  auto decoded = decode(ByteView(bytes));
  RC_ASSERT(static_cast<bool>(decoded));
  RC_ASSERT(encode(*decoded) == bytes);
  RC_ASSERT(!decode(ByteView(bytes).first(static_cast<std::size_t>(*rc::gen::inRange<std::size_t>(0, bytes.size())))));
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  RC_ASSERT(!decode(ByteView(longer)));
}

RC_GTEST_PROP(RecordEncoding, VersionIsCanonical, ()) { expect_canonical(encode(any_version()), decode_version); }
RC_GTEST_PROP(RecordEncoding, EntryIsCanonical, ()) { expect_canonical(encode(any_entry()), decode_entry); }
RC_GTEST_PROP(RecordEncoding, TeamIsCanonical, ()) { expect_canonical(encode(any_team()), decode_team); }
RC_GTEST_PROP(RecordEncoding, AccountIsCanonical, ()) {
  auto account = any_common<AccountRecord>();
  account.issuer = any_text(limits::name_bytes);
  account.primary_user = any_text(limits::name_bytes);
  account.note = any_text(limits::note_bytes);
  expect_canonical(encode(account), decode_account);
}
RC_GTEST_PROP(RecordEncoding, IssuerIsCanonical, ()) {
  auto issuer = any_common<IssuerRecord>();
  issuer.profile = any_text(limits::issuer_profile_bytes);
  expect_canonical(encode(issuer), decode_issuer);
}
RC_GTEST_PROP(RecordEncoding, IdentityIsCanonical, ()) {
  auto identity = any_common<IdentityRecord>();
  identity.note = any_text(limits::note_bytes);
  expect_canonical(encode(identity), decode_identity);
}
RC_GTEST_PROP(RecordEncoding, PolicyIsCanonical, ()) {
  auto policy = any_common<PolicyRecord>();
  policy.value = any_text(limits::name_bytes);
  expect_canonical(encode(policy), decode_policy);
}

RC_GTEST_PROP(RecordEncoding, VersionKeepsItsValues, ()) {
  const VersionRecord version = any_version();
  const VersionRecord back = *decode_version(encode(version));
  RC_ASSERT(back.id == version.id && back.entry == version.entry && back.replaces == version.replaces);
  RC_ASSERT(back.scopes == version.scopes);
  RC_ASSERT(back.issued_at == version.issued_at && back.stored_at == version.stored_at);
  RC_ASSERT(back.key_name == version.key_name && back.minted_by == version.minted_by && back.hint == version.hint);
  RC_ASSERT(back.fingerprint == version.fingerprint && back.verifier == version.verifier);
  RC_ASSERT(back.fields.size() == version.fields.size());
}

RC_GTEST_PROP(RecordEncoding, EntryKeepsItsValues, ()) {
  const EntryRecord entry = any_entry();
  const EntryRecord back = *decode_entry(encode(entry));
  RC_ASSERT(back.label == entry.label && back.team == entry.team && back.active == entry.active);
  RC_ASSERT(back.attributes == entry.attributes && back.note == entry.note);
  RC_ASSERT(back.former_labels == entry.former_labels);
  RC_ASSERT(back.versions.size() == entry.versions.size());
  for (std::size_t i = 0; i < entry.versions.size(); ++i) {
    RC_ASSERT(back.versions[i].life.state == entry.versions[i].life.state);
    RC_ASSERT(back.versions[i].life.destroyed == entry.versions[i].life.destroyed);
    RC_ASSERT(back.versions[i].life.expires_at == entry.versions[i].life.expires_at);
    RC_ASSERT(back.versions[i].verify_only == entry.versions[i].verify_only);
  }
}

RC_GTEST_PROP(RecordEncoding, NeverReadsOneKindAsAnother, ()) {
  RC_ASSERT(!decode_issuer(encode(any_common<IdentityRecord>())));
  RC_ASSERT(!decode_identity(encode(any_common<IssuerRecord>())));
  RC_ASSERT(!decode_team(encode(any_common<AccountRecord>())));
}

RC_GTEST_PROP(RecordEncoding, TakesAnyBytesWithoutHarm, ()) {
  auto numbers = *rc::gen::arbitrary<std::vector<std::uint8_t>>();
  Bytes bytes;
  for (std::uint8_t n : numbers) bytes.push_back(std::byte(n));
  for (int kind = 0; kind < 10; ++kind) {
    if (!bytes.empty()) bytes[0] = std::byte(kind);
    if (auto entry = decode_entry(bytes)) RC_ASSERT(encode(*entry) == bytes);
    if (auto team = decode_team(bytes)) RC_ASSERT(encode(*team) == bytes);
    if (auto version = decode_version(bytes)) RC_ASSERT(encode(*version) == bytes);
    decode_field_values(bytes);
    static_cast<void>(decode_commit(bytes));
  }
}

// ---- what is not canonical is refused ---------------------------------------------------------------------------------

// `bytes` with one run of text in place of another of the same length.
Bytes replaced(const Bytes& bytes, std::string_view from, std::string_view to) {
  std::string text(as_text(bytes));
  auto at = text.find(from);
  EXPECT_NE(at, std::string::npos);
  text.replace(at, from.size(), to);
  ByteView out = as_bytes(text);
  return {out.begin(), out.end()};
}
Bytes swapped(const Bytes& bytes, std::string_view a, std::string_view b) {
  return replaced(replaced(replaced(bytes, a, "!?"), b, a), "!?", b);
}
Bytes with_byte(Bytes bytes, std::size_t at, int value) {
  bytes.at(at) = std::byte(value);
  return bytes;
}

EntryRecord small_entry() {
  EntryRecord entry{{}, *Label::parse("xx\u00e9")};
  entry.attributes = {{"k1", "v1"}, {"k2", "v2"}};
  entry.versions.push_back({});
  return entry;
}
VersionRecord small_version() {
  VersionRecord version;
  version.scopes = *ScopeSet::make({"s1", "s2"});
  version.fields = {{"f1", true, 1, {}}, {"f2", false, 0, {}}};
  return version;
}
constexpr std::size_t kVersionEntry = 16 + 1 + 8 + 1 + 8 + 32;

// None has one encoding.
TEST(EntryRecord, RefusesAParentOfZeros) {
  EntryRecord entry = small_entry();
  entry.parent = {};
  Bytes bytes = encode(entry);
  ASSERT_TRUE(decode_entry(bytes));
  const auto there = bytes.begin() + 2 + 16 + 4 + static_cast<std::ptrdiff_t>(entry.label.text().size());
  ASSERT_EQ(*there, std::byte{0});
  *there = std::byte{1};
  bytes.insert(there + 1, 32, std::byte{0});
  EXPECT_FALSE(decode_entry(bytes));
}

TEST(EntryRecord, RefusesUnsortedAttributes) { EXPECT_FALSE(decode_entry(swapped(encode(small_entry()), "k1", "k2"))); }
TEST(EntryRecord, RefusesAnAttributeSaidTwice) {
  EXPECT_FALSE(decode_entry(replaced(encode(small_entry()), "k2", "k1")));
}
// Whoever stored it may have had newer Unicode tables than we have.
TEST(EntryRecord, TakesALabelThatOnlyUnicodeTablesWouldRefuse) {
  EXPECT_TRUE(decode_entry(replaced(encode(small_entry()), "xx\u00e9", "xe\u0301")));
}
TEST(EntryRecord, RefusesALabelThatIsNotUtf8) {
  EXPECT_FALSE(decode_entry(replaced(encode(small_entry()), "xx", "x\xff")));
}
TEST(EntryRecord, RefusesALabelWithControlCharacters) {
  EXPECT_FALSE(decode_entry(replaced(encode(small_entry()), "xx", "x\x1b")));
}
TEST(EntryRecord, RefusesAVersionListedTwice) {
  EntryRecord entry = small_entry();
  entry.versions.push_back(entry.versions.back());
  EXPECT_FALSE(decode_entry(encode(entry)));
}
TEST(EntryRecord, RefusesUnknownStates) {
  const Bytes bytes = encode(small_entry());
  const std::size_t state = bytes.size() - kVersionEntry + 16;
  EXPECT_TRUE(decode_entry(with_byte(bytes, state, 3)));
  EXPECT_FALSE(decode_entry(with_byte(bytes, state, 0)));
  EXPECT_FALSE(decode_entry(with_byte(bytes, state, 4)));
}
TEST(EntryRecord, RefusesUnknownFlags) {
  const Bytes bytes = encode(small_entry());
  const std::size_t flags = bytes.size() - kVersionEntry + 16 + 1 + 8;
  EXPECT_TRUE(decode_entry(with_byte(bytes, flags, 3)));
  EXPECT_FALSE(decode_entry(with_byte(bytes, flags, 4)));
}
TEST(EntryRecord, RefusesAnActiveVersionItDoesNotList) {
  EntryRecord entry = small_entry();
  entry.active.bytes[0] = std::byte{1};
  EXPECT_FALSE(decode_entry(encode(entry)));
}
TEST(EntryRecord, RefusesATimeBeyondTheYear9999) {
  EntryRecord entry = small_entry();
  entry.created = Time(std::chrono::seconds(kLastSecond + 1));
  EXPECT_FALSE(decode_entry(encode(entry)));
}
TEST(EntryRecord, TakesAsManyAttributesAsTheLimitAndNoMore) {
  EntryRecord entry = small_entry();
  entry.attributes.clear();
  while (entry.attributes.size() < limits::attributes)
    entry.attributes["k" + std::to_string(entry.attributes.size())] = "";
  EXPECT_TRUE(decode_entry(encode(entry)));
  entry.attributes["one more"] = "";
  EXPECT_FALSE(decode_entry(encode(entry)));
}
TEST(EntryRecord, RefusesAFormerLabelThatIsSaidTwiceOrIsThePresentOne) {
  EntryRecord entry = small_entry();
  entry.former_labels = {*Label::parse("first"), *Label::parse("other")};
  EXPECT_TRUE(decode_entry(encode(entry)));
  EXPECT_FALSE(decode_entry(replaced(encode(entry), "other", "first")));
  entry.former_labels.push_back(entry.label);
  EXPECT_FALSE(decode_entry(encode(entry)));
}
TEST(EntryRecord, RefusesAFormerLabelThatIsNoLabel) {
  EntryRecord entry = small_entry();
  entry.former_labels = {*Label::parse("first")};
  EXPECT_FALSE(decode_entry(replaced(encode(entry), "first", "f\x1brst")));
  const Bytes bytes = encode(entry);
  const std::string_view text = as_text(bytes);
  const std::size_t length = text.find("first") - 1;
  Bytes empty = with_byte(bytes, length, 0);
  empty.erase(empty.begin() + static_cast<std::ptrdiff_t>(length) + 1,
              empty.begin() + static_cast<std::ptrdiff_t>(length) + 6);
  EXPECT_FALSE(decode_entry(empty));
}
TEST(EntryRecord, TakesAsManyFormerLabelsAsTheLimitAndNoMore) {
  EntryRecord entry = small_entry();
  auto add_label = [&] {
    entry.former_labels.push_back(*Label::parse("l" + std::to_string(entry.former_labels.size())));
  };
  while (entry.former_labels.size() < limits::former_labels) add_label();
  EXPECT_TRUE(decode_entry(encode(entry)));
  add_label();
  EXPECT_FALSE(decode_entry(encode(entry)));
}
TEST(EntryRecord, TakesAsManyVersionsAsTheLimitAndNoMore) {
  EntryRecord entry = small_entry();
  auto add_version = [&] {
    const std::size_t number = entry.versions.size();
    entry.versions.emplace_back().id.bytes = {std::byte{0xff}, std::byte(number >> 8), std::byte(number)};
  };
  while (entry.versions.size() < limits::versions) add_version();
  EXPECT_TRUE(decode_entry(encode(entry)));
  add_version();
  EXPECT_FALSE(decode_entry(encode(entry)));
}
TEST(EntryRecord, RefusesALongNote) {
  EntryRecord entry = small_entry();
  entry.note.assign(limits::note_bytes, 'n');
  EXPECT_TRUE(decode_entry(encode(entry)));
  entry.note += 'n';
  EXPECT_FALSE(decode_entry(encode(entry)));
}

TEST(VersionRecord, RefusesUnsortedScopes) {
  EXPECT_FALSE(decode_version(swapped(encode(small_version()), "s1", "s2")));
}
TEST(VersionRecord, RefusesAScopeSaidTwice) {
  EXPECT_FALSE(decode_version(replaced(encode(small_version()), "s2", "s1")));
}
TEST(VersionRecord, RefusesAFieldSaidTwice) {
  EXPECT_FALSE(decode_version(replaced(encode(small_version()), "f2", "f1")));
}
TEST(VersionRecord, RefusesABooleanThatIsNeither) {
  const Bytes bytes = encode(small_version());
  EXPECT_FALSE(decode_version(with_byte(bytes, bytes.size() - 32 - 8 - 1, 2)));
}
TEST(VersionRecord, TakesAsManyFieldsAsTheLimitAndNoMore) {
  VersionRecord version;
  for (std::uint32_t i = 0; i < limits::fields; ++i) version.fields.push_back({"f" + std::to_string(i), true, 1, {}});
  EXPECT_TRUE(decode_version(encode(version)));
  version.fields.push_back({"one more", true, 1, {}});
  EXPECT_FALSE(decode_version(encode(version)));
}

TEST(FieldValues, ComeBackAsTheyWere) {
  const std::vector<Bytes> values{{std::byte{1}}, {}, Bytes(limits::field_bytes, std::byte{2})};
  const Bytes bytes = encode_field_values(values);
  auto back = decode_field_values(bytes);
  ASSERT_TRUE(back);
  ASSERT_EQ(back->size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(equal((*back)[i], values[i]));
}
TEST(FieldValues, RefuseTrailingBytes) {
  Bytes bytes = encode_field_values({{std::byte{1}}});
  bytes.push_back(std::byte{0});
  EXPECT_FALSE(decode_field_values(bytes));
}
TEST(FieldDigest, DependsOnNameSecrecyGenerationBytesAndVault) {
  const StoredField field{"f", true, 1, {}};
  const Bytes value{std::byte{1}};
  const Digest digest = field_digest(field, value, {});
  EXPECT_NE(digest, field_digest({"g", true, 1, {}}, value, {}));
  EXPECT_NE(digest, field_digest({"f", false, 1, {}}, value, {}));
  EXPECT_NE(digest, field_digest({"f", true, 2, {}}, value, {}));
  EXPECT_NE(digest, field_digest(field, Bytes{std::byte{2}}, {}));
  EXPECT_NE(digest, field_digest(field, value, VaultId{{std::byte{1}}}));
}

// ---- commits ----------------------------------------------------------------------------------------------------------

Commit any_commit() {
  Commit commit;
  commit.vault = any_id<VaultId>();
  commit.epoch = *rc::gen::arbitrary<std::uint64_t>();
  commit.sequence = *rc::gen::inRange<std::uint64_t>(1, std::uint64_t{1} << 43);
  commit.previous = any_bytes<32>();
  commit.rollbacks = *rc::gen::inRange<std::uint64_t>(0, commit.sequence);
  commit.time = any_time();
  commit.author.bytes = any_bytes<32>();
  commit.operation = any_text(limits::name_bytes);
  commit.header_sequence = *rc::gen::arbitrary<std::uint64_t>();
  commit.body_sequence = *rc::gen::arbitrary<std::uint64_t>();
  commit.body_hash = any_bytes<32>();
  for (int kind = 1; kind <= 8; ++kind) {
    if (*rc::gen::arbitrary<bool>()) continue;
    Subtree subtree{any_bytes<32>(), *rc::gen::arbitrary<std::uint64_t>()};
    subtree.root[31] |= std::byte{1};  // never zero
    commit.subtrees[static_cast<RecordKind>(kind)] = subtree;
  }
  commit.delta_hash = any_bytes<32>();
  commit.delta_count = *rc::gen::arbitrary<std::uint32_t>();
  commit.audit = {any_bytes<16>(), *rc::gen::arbitrary<std::uint64_t>(), any_bytes<32>()};
  return commit;
}

Commit small_commit() {
  Commit commit;
  commit.operation = "add";
  commit.subtrees[RecordKind::entry] = {Digest{std::byte{1}}, 1};
  commit.subtrees[RecordKind::team] = {Digest{std::byte{2}}, 1};
  return commit;
}
constexpr std::size_t kFirstSubtree = 2 + 16 + 8 + 8 + 32 + 8 + 8 + 32 + 1 + (4 + 3) + 8 + 8 + 32 + 4;

RC_GTEST_PROP(CommitEncoding, ComesBackAsItWasWritten, ()) {
  const Commit commit = any_commit();
  const Bytes bytes = encode(commit);
  auto decoded = decode_commit(bytes);
  RC_ASSERT(decoded && *decoded == commit);
  expect_canonical(bytes, decode_commit);
}

TEST(Commit, AnotherLayoutIsUnsupported) {
  EXPECT_CODE(decode_commit(with_byte(encode(small_commit()), 0, 2)), unsupported);
}
TEST(Commit, AnotherSuiteIsUnsupported) {
  EXPECT_CODE(decode_commit(with_byte(encode(small_commit()), 2, 2)), unsupported);
}
TEST(Commit, KindsOfNewerVersionsAreUnsupported) {
  const std::size_t kind = 1 + 2 + 16 + 8 + 8 + 32 + 8 + 8 + 32;
  EXPECT_CODE(decode_commit(with_byte(encode(small_commit()), kind, 0)), corrupt);
  EXPECT_CODE(decode_commit(with_byte(encode(small_commit()), kind, 5)), unsupported);
}

Commit commit_of_kind(CommitKind kind, std::uint64_t sequence, Bytes payload) {
  Commit commit = small_commit();
  commit.kind = kind;
  commit.sequence = sequence;
  commit.rollbacks = kind == CommitKind::rollback ? 1 : 0;
  commit.payload = std::move(payload);
  return commit;
}

TEST(Commit, PayloadFitsItsKind) {
  const Abandoned abandoned{9, Digest{std::byte{1}}, 4, 0};
  const Commit rollback = commit_of_kind(CommitKind::rollback, 5, encode(abandoned));
  EXPECT_EQ(abandoned_by(must(decode_commit(encode(rollback)))), abandoned);
  EXPECT_EQ(abandoned_by(small_commit()), std::nullopt);
  Commit epoch = commit_of_kind(CommitKind::epoch, 5, encode(NewEpoch{3, "store-3.db"}));
  epoch.epoch = 3;
  EXPECT_TRUE(decode_commit(encode(epoch)));
  EXPECT_TRUE(decode_commit(encode(commit_of_kind(CommitKind::clone, 1, encode(Origin{})))));
}

TEST(Commit, PayloadThatDoesNotFitIsCorrupt) {
  const Bytes rollback = encode(Abandoned{9, {}, 4, 0});
  Bytes longer = rollback;
  longer.push_back(std::byte{0});
  Commit without_count = commit_of_kind(CommitKind::rollback, 5, rollback);
  without_count.rollbacks = 0;
  Commit too_few = commit_of_kind(CommitKind::rollback, 5, encode(Abandoned{9, {}, 4, 7}));
  too_few.rollbacks = 7;
  for (const Commit& commit : {
           commit_of_kind(CommitKind::change, 5, rollback),
           commit_of_kind(CommitKind::rollback, 1, rollback),
           commit_of_kind(CommitKind::rollback, 5, longer),
           commit_of_kind(CommitKind::rollback, 5, {}),
           commit_of_kind(CommitKind::rollback, 5, encode(Abandoned{0, {}, 4, 0})),
           commit_of_kind(CommitKind::epoch, 5, encode(NewEpoch{2, "store-2.db"})),  // the commit itself is of epoch 1
           commit_of_kind(CommitKind::epoch, 5, encode(NewEpoch{1, "store-2.db"})),
           commit_of_kind(CommitKind::clone, 2, encode(Origin{})),
           commit_of_kind(CommitKind::clone, 1, {}),
           without_count,
           too_few,
       }) {
    EXPECT_CODE(decode_commit(encode(commit)), corrupt);
  }
}
TEST(Commit, SubtreesOfNewerVersionsAreUnsupported) {
  Commit commit = small_commit();
  commit.subtrees[static_cast<RecordKind>(9)] = {{std::byte{1}}, 1};
  EXPECT_CODE(decode_commit(encode(commit)), unsupported);
}
TEST(Commit, RefusesSubtreesOutOfOrder) {
  Bytes bytes = encode(small_commit());
  std::swap_ranges(bytes.begin() + kFirstSubtree, bytes.begin() + kFirstSubtree + 41,
                   bytes.begin() + kFirstSubtree + 41);
  EXPECT_FALSE(decode_commit(bytes));
}
TEST(Commit, RefusesAnEmptySubtree) {
  Commit commit = small_commit();
  commit.subtrees[RecordKind::entry] = {};
  EXPECT_FALSE(decode_commit(encode(commit)));
}
TEST(Commit, RefusesALargePayload) {
  Commit commit = small_commit();
  commit.payload.resize(257);
  EXPECT_FALSE(decode_commit(encode(commit)));
}
TEST(Commit, HashDependsOnEveryByte) {
  const Bytes bytes = encode(small_commit());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes other = bytes;
    other[i] ^= std::byte{0x80};
    EXPECT_NE(commit_hash(other, {}), commit_hash(bytes, {}));
  }
}

}  // namespace
}  // namespace vault

// The header's bytes: form, damage, bombs. What each changed byte leads to after the checksum was made right again is in
// header_forgery_test.cpp.
#include <rapidcheck.h>

#include "tests/support/allocations.hpp"
#include "tests/support/headers.hpp"
#include "vault/base/limits.hpp"
#include "vault/base/writer.hpp"

namespace vault {
namespace {

class HeaderTest : public HeaderWorld {
 protected:
  // `corrupt`, without a KDF run, and without memory beyond what the bytes themselves justify.
  void expect_refused(const Bytes& bytes, Errc code = Errc::corrupt) {
    Allocations allocations;
    auto decoded = decode_header(bytes);
    EXPECT_EQ(code_of(decoded), static_cast<int>(code));
    EXPECT_LT(allocations.largest(), std::size_t{1} << 20);
    EXPECT_LT(allocations.total(), std::size_t{16} << 20);
    EXPECT_EQ(kdf.runs, 0);
  }
  // The header with other slots' bytes, each a string, behind a count of its own.
  Bytes with_slots(std::uint32_t count, const std::vector<Bytes>& slots) {
    Header h = header();
    Writer out;
    out.raw(as_bytes("vaulthdr")).u32(1).string(h.body_bytes).raw(h.author.bytes).raw(h.body_signature).u32(count);
    for (const Bytes& slot : slots) out.string(slot);
    return with_checksum(out.u64(h.sequence).raw(h.mac).take());
  }
  // The header with another body, as bytes.
  Bytes with_body(const Bytes& body) {
    Header h = header();
    h.body_bytes = body;
    return encode(h);
  }
  Slot laptop_slot() { return header().slots[1]; }
  std::vector<Bytes> different_slots(std::size_t count) {
    std::vector<Bytes> slots;
    Slot slot = laptop_slot();
    for (std::size_t i = 0; i < count; ++i) {
      slot.id.bytes[0] = std::byte(i);
      slots.push_back(encode(slot));
    }
    return slots;
  }
  static Slot with_costs(Slot slot, const KdfParameters& costs) {
    slot.factors[0].parameters = encode(PassphraseParameters{costs, {}});
    return slot;
  }
};

// ---- round trip ---------------------------------------------------------------------------------------------------------

TEST_F(HeaderTest, EncodesAgainToTheSameBytes) { EXPECT_EQ(encode(header()), bytes()); }

TEST_F(HeaderTest, BodyEncodesAgainToTheSameBytes) { EXPECT_EQ(encode(header().body), header().body_bytes); }

TEST_F(HeaderTest, LayoutIsThatOfTheFormat) {
  const Bytes all = bytes();
  EXPECT_EQ(as_text(ByteView(all).first(8)), "vaulthdr");
  EXPECT_EQ(to_hex(ByteView(all).subspan(8, 4)), "00000001");
  EXPECT_EQ(as_text(ByteView(all).subspan(16 + 16 + 2 + 8 + 4, 10)), "store-1.db");
  EXPECT_EQ(to_hex(ByteView(all).subspan(32, 2)), "0001");
}

HeaderBody any_body() {
  auto bytes = [](auto& array) {
    for (auto& b : array) b = std::byte(*rc::gen::arbitrary<std::uint8_t>());
  };
  auto number = [] { return *rc::gen::arbitrary<std::uint64_t>(); };
  HeaderBody body;
  bytes(body.vault.bytes);
  body.epoch = number();
  body.store_name = store_name(body.epoch);
  body.sequence = number();
  body.head_sequence = number();
  if (body.head_sequence != 0) bytes(body.head_hash), body.head_hash[0] |= std::byte{1};
  body.roster.list_sequence = number();
  for (int n = *rc::gen::inRange(0, 4); n > 0; --n) {
    RosterRow row;
    bytes(row.id.bytes);
    row.id.bytes[0] = std::byte(n);  // each its own
    bytes(row.signing.bytes);
    row.role = static_cast<Role>(*rc::gen::inRange(1, 4));
    row.from = number();
    row.closed = *rc::gen::arbitrary<bool>();
    if (row.closed) row.to = number(), bytes(row.to_hash);
    body.roster.rows.push_back(row);
  }
  for (int n = *rc::gen::inRange(0, 3); n > 0; --n) {
    VaultKeyGrant grant;
    bytes(grant.identity.bytes);
    grant.identity.bytes[0] = std::byte(n);
    bytes(grant.grant.wrapped);
    body.vault_key_grants.push_back(grant);
    body.admin_grants.push_back({grant.identity, grant.grant, {}});
    Succession link;
    bytes(link.to.bytes);
    body.successions.push_back(link);
  }
  body.audit_key_number = number();
  return body;
}

TEST(HeaderProperty, AnyBodyRoundTrips) {
  must(init_crypto());
  EXPECT_TRUE(rc::check([] {
    Header header;
    header.body = any_body();
    header.body_bytes = encode(header.body);
    header.sequence = *rc::gen::arbitrary<std::uint64_t>() >> 1;
    auto decoded = decode_header(encode(header));
    RC_ASSERT(static_cast<bool>(decoded));
    RC_ASSERT(decoded->body == header.body);
    RC_ASSERT(decoded->sequence == header.sequence);
  }));
}

// ---- damage -------------------------------------------------------------------------------------------------------------

TEST_F(HeaderTest, AnyFlippedBitIsCorrupt) {
  const Bytes good = bytes();
  for (std::size_t i = 0; i < good.size() * 8; ++i) {
    Bytes flipped = good;
    flipped[i / 8] ^= std::byte(1 << i % 8);
    ASSERT_EQ(code_of(decode_header(flipped)), static_cast<int>(Errc::corrupt)) << "bit " << i;
  }
}

TEST_F(HeaderTest, CutAnywhereIsCorrupt) {
  const Bytes good = bytes();
  for (std::size_t size = 0; size < good.size(); ++size) {
    ASSERT_EQ(code_of(decode_header(ByteView(good).first(size))), static_cast<int>(Errc::corrupt)) << size;
  }
}

TEST_F(HeaderTest, CutAnywhereWithARightChecksumIsCorrupt) {
  const Bytes good = bytes();
  for (std::size_t size = 0; size + sizeof(Digest) < good.size(); ++size) {
    Bytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(code_of(decode_header(with_checksum(cut))), static_cast<int>(Errc::corrupt)) << size;
  }
}

TEST_F(HeaderTest, TrailingByteIsCorrupt) {
  Bytes longer = bytes();
  longer.push_back(std::byte{0});
  expect_refused(longer);
  Bytes before_checksum = bytes();
  before_checksum.resize(before_checksum.size() - sizeof(Digest));
  before_checksum.push_back(std::byte{0});
  expect_refused(with_checksum(before_checksum));
}

TEST_F(HeaderTest, TrailingByteInTheBodyIsCorrupt) {
  Bytes body = header().body_bytes;
  body.push_back(std::byte{0});
  expect_refused(with_body(body));
}

TEST_F(HeaderTest, TrailingByteInASlotIsCorrupt) {
  Bytes slot = encode(laptop_slot());
  slot.push_back(std::byte{0});
  expect_refused(with_slots(1, {slot}));
}

TEST_F(HeaderTest, EmptyIsCorrupt) {
  expect_refused({});
  expect_refused(with_checksum({}));
}

TEST_F(HeaderTest, AnotherMagicIsCorrupt) {
  Bytes other = bytes();
  other[0] = std::byte{'V'};
  expect_refused(repaired(other));
}

TEST_F(HeaderTest, NewerFormatIsUnsupportedAndSaysSo) {
  Bytes newer = bytes();
  newer[11] = std::byte{2};
  auto decoded = decode_header(repaired(newer));
  EXPECT_CODE(decoded, unsupported);
  EXPECT_NE(decoded.error().message.find("format 2"), std::string::npos) << decoded.error().message;
}

TEST_F(HeaderTest, OtherSuiteIsUnsupportedAndSaysSo) {
  Bytes other = bytes();
  other[33] = std::byte{2};
  auto decoded = decode_header(repaired(other));
  EXPECT_CODE(decoded, unsupported);
  EXPECT_NE(decoded.error().message.find("suite 2"), std::string::npos) << decoded.error().message;
}

// The rest of a newer format is not ours to judge.
TEST_F(HeaderTest, NewerFormatWithAnythingBehindItIsUnsupported) {
  Bytes newer = Writer().raw(as_bytes("vaulthdr")).u32(7).string("a wholly different thing").take();
  expect_refused(with_checksum(newer), Errc::unsupported);
}

// ---- bombs --------------------------------------------------------------------------------------------------------------

TEST_F(HeaderTest, SixtyFourGibibytesOfArgon2AreCorrupt) {
  expect_refused(with_slots(1, {encode(with_costs(laptop_slot(), {64u << 20, 3, 1}))}));
}

TEST_F(HeaderTest, TwoToThe31PassesAreCorrupt) {
  expect_refused(with_slots(1, {encode(with_costs(laptop_slot(), {64, 1u << 31, 1}))}));
}

TEST_F(HeaderTest, NoPassesNoLanesOrTooManyAreCorrupt) {
  for (KdfParameters costs :
       {KdfParameters{64, 0, 1}, {64, 1, 0}, {1024, 1, 17}, {1024, 1, 1u << 29}, {~0U, ~0U, ~0U}}) {
    expect_refused(with_slots(1, {encode(with_costs(laptop_slot(), costs))}));
  }
}

TEST_F(HeaderTest, AMillionSlotsAreCorrupt) {
  expect_refused(with_slots(1'000'000, {encode(laptop_slot())}));
  expect_refused(with_slots(0xffffffff, {}));
}

TEST_F(HeaderTest, MoreSlotsThanTheLimitAreCorruptThoughTheyAreThere) {
  const std::vector<Bytes> slots = different_slots(limits::slots + 1);
  expect_refused(with_slots(limits::slots + 1, slots));
}

TEST_F(HeaderTest, AsManySlotsAsTheLimitDecode) {
  const std::vector<Bytes> slots = different_slots(limits::slots);
  EXPECT_EQ(must(decode_header(with_slots(limits::slots, slots))).slots.size(), limits::slots);
}

TEST_F(HeaderTest, FewerSlotsThanWereCountedAreCorrupt) { expect_refused(with_slots(2, {encode(laptop_slot())})); }

TEST_F(HeaderTest, EveryLengthAndCountThatLiesIsRefused) {
  const Bytes good = bytes();
  for (std::size_t at = 8; at + 4 + sizeof(Digest) <= good.size(); ++at) {
    for (std::uint32_t lie : {0xffffffffU, 0x80000000U, 0x7fffffffU, 0x0003ffffU, 0x00010000U}) {
      Bytes lying = good;
      const Bytes number = Writer().u32(lie).take();
      std::ranges::copy(number, lying.begin() + static_cast<std::ptrdiff_t>(at));
      Allocations allocations;
      auto decoded = decode_header(repaired(lying));
      ASSERT_LT(allocations.total(), std::size_t{16} << 20) << at;
      ASSERT_TRUE(!decoded || encode(*decoded) == repaired(lying)) << at;
    }
  }
}

TEST_F(HeaderTest, SlotWithoutAFactorIsCorrupt) {
  Slot slot = laptop_slot();
  slot.factors.clear();
  expect_refused(with_slots(1, {encode(slot)}));
}

TEST_F(HeaderTest, TwoSlotsOfOneIdAreCorrupt) {
  expect_refused(with_slots(2, {encode(laptop_slot()), encode(laptop_slot())}));
}

TEST_F(HeaderTest, FactorOfNoTypeIsCorrupt) {
  Slot slot = laptop_slot();
  slot.factors[0].type = FactorType{};
  expect_refused(with_slots(1, {encode(slot)}));
}

// A slot of a newer version is kept as it is, whatever its parameters, and never tried.
TEST_F(HeaderTest, SlotWithAFactorOfANewerVersionIsKeptAndNotTried) {
  for (int type : {5, 255}) {
    Slot slot = laptop_slot();
    slot.factors[0] = {static_cast<FactorType>(type), Bytes(4096, std::byte{7})};
    const Bytes with_it = with_slots(1, {encode(slot)});
    Header decoded = must(decode_header(with_it));
    EXPECT_EQ(encode(decoded), with_it);
    EXPECT_CODE(unlock(decoded, {passphrase(), key_file()}, ""), wrong_key);
    EXPECT_EQ(kdf.runs, 0);
  }
}

TEST_F(HeaderTest, TwoOpenKeysOrTwoGrantsOfOneIdentityAreCorrupt) {
  HeaderBody body = header().body;
  body.roster.rows.push_back(body.roster.rows[0]);
  expect_refused(with_body(encode(body)));
  body = header().body;
  body.vault_key_grants.push_back(body.vault_key_grants[0]);
  expect_refused(with_body(encode(body)));
  body = header().body;
  body.admin_grants.push_back(body.admin_grants[0]);
  expect_refused(with_body(encode(body)));
}

TEST_F(HeaderTest, HeadWithoutItsSequenceOrItsHashIsCorrupt) {
  HeaderBody body = header().body;
  body.head_sequence = 1;
  body.head_hash = {};
  expect_refused(with_body(encode(body)));
  body.head_sequence = 0;
  body.head_hash[0] = std::byte{1};
  expect_refused(with_body(encode(body)));
}

TEST_F(HeaderTest, NameOfASlotIsUtf8WithoutControlCharacters) {
  for (const char* name : {"a\nb", "\xff", "\x1b]0;title\x07"}) {
    Slot slot = laptop_slot();
    slot.name = name;
    expect_refused(with_slots(1, {encode(slot)}));
  }
}

TEST_F(HeaderTest, SlotWithTooManyFactorsIsCorrupt) {
  Slot slot = laptop_slot();
  slot.factors.assign(9, {FactorType::key_file, {}});
  expect_refused(with_slots(1, {encode(slot)}));
}

// Two Argon2id factors would cost two runs a guess, and only the last would enter the KEK as its key.
TEST_F(HeaderTest, SlotWithTwoPassphrasesIsCorrupt) {
  Slot slot = laptop_slot();
  slot.factors.push_back(slot.factors[0]);
  expect_refused(with_slots(1, {encode(slot)}));
}

TEST_F(HeaderTest, SlotWithParametersOfAKeyFileIsCorrupt) {
  Slot slot = header().slots[0];
  slot.factors[0].parameters = Bytes(1);
  expect_refused(with_slots(1, {encode(slot)}));
}

TEST_F(HeaderTest, UnknownRoleIsCorrupt) {
  for (int role : {0, 4, 255}) {
    HeaderBody body = header().body;
    body.roster.rows[0].role = static_cast<Role>(role);
    expect_refused(with_body(encode(body)));
  }
}

TEST_F(HeaderTest, OpenRosterRowWithAnEndIsCorrupt) {
  HeaderBody body = header().body;
  body.roster.rows[0].to = 1;
  expect_refused(with_body(encode(body)));
}

// The store's name leads to a file: it is never what an attacker wrote.
TEST_F(HeaderTest, StoreNameThatIsNotItsEpochsIsCorrupt) {
  for (const char* name : {"../store-1.db", "/etc/passwd", "store-2.db", "store-01.db", "", "store-1.db\0"}) {
    HeaderBody body = header().body;
    body.store_name = name;
    if (body.store_name == "store-1.db") continue;
    expect_refused(with_body(encode(body)));
  }
}

TEST_F(HeaderTest, LargerThan256KibIsCorrupt) {
  Bytes large(limits::header_bytes + 1 - sizeof(Digest));
  expect_refused(with_checksum(large));
}

TEST_F(HeaderTest, FileLargerThan256KibIsCorruptAndNotReadWhole) {
  fs::remove(vault_dir() / "header.2");
  fs::resize_file(vault_dir() / "header", std::uintmax_t{1} << 40);
  Allocations allocations;
  EXPECT_CODE(read_header(files, vault_dir()), corrupt);
  EXPECT_LT(allocations.total(), std::size_t{16} << 20);
}

TEST_F(HeaderTest, BombOpenedThroughTheFacadeCostsNoRunAndNoMemory) {
  const Bytes bomb = with_slots(1, {encode(with_costs(laptop_slot(), {64u << 20, 3, 1}))});
  put("header", bomb);
  put("header.2", bomb);
  Factors factors = laptop();
  Allocations allocations;
  EXPECT_CODE(open_with(factors), corrupt);
  EXPECT_EQ(kdf.runs, 0);
  EXPECT_LT(allocations.total(), std::size_t{16} << 20);
}

// ---- the copy -----------------------------------------------------------------------------------------------------------

TEST_F(HeaderTest, CopyIsTheSame) { EXPECT_EQ(must(read_file(files, vault_dir() / "header.2", 1 << 20)), bytes()); }

TEST_F(HeaderTest, GoodHeaderIsReadThoughItsCopyIsDamagedOrMissing) {
  put("header.2", as_bytes("rubbish"));
  EXPECT_FALSE(must(read_header(files, vault_dir())).from_copy);
  fs::remove(vault_dir() / "header.2");
  EXPECT_FALSE(must(read_header(files, vault_dir())).from_copy);
}

TEST_F(HeaderTest, CopyIsReadWhenTheFirstIsMissing) {
  fs::remove(vault_dir() / "header");
  EXPECT_TRUE(must(read_header(files, vault_dir())).from_copy);
  EXPECT_TRUE(open_with(cron()));
}

TEST_F(HeaderTest, CopyIsReadWhenTheFirstIsDamaged) {
  Bytes damaged = bytes();
  damaged[100] ^= std::byte{1};
  put("header", damaged);
  EXPECT_TRUE(must(read_header(files, vault_dir())).from_copy);
  Vault vault = must(open_with(cron()));
  EXPECT_TRUE(must(vault.status()).header_from_copy);
}

TEST_F(HeaderTest, BothDamagedAreCorrupt) {
  put("header", as_bytes("rubbish"));
  put("header.2", as_bytes("rubbish"));
  EXPECT_CODE(read_header(files, vault_dir()), corrupt);
}

TEST_F(HeaderTest, OneMissingAndOneDamagedAreCorrupt) {
  put("header.2", as_bytes("rubbish"));
  fs::remove(vault_dir() / "header");
  EXPECT_CODE(read_header(files, vault_dir()), corrupt);
  put("header", as_bytes("rubbish"));
  fs::remove(vault_dir() / "header.2");
  EXPECT_CODE(read_header(files, vault_dir()), corrupt);
}

TEST_F(HeaderTest, BothMissingAreNoVaultAndHowToMakeOne) {
  fs::remove(vault_dir() / "header");
  fs::remove(vault_dir() / "header.2");
  auto read = read_header(files, vault_dir());
  EXPECT_CODE(read, no_vault);
  EXPECT_NE(read.error().message.find("vault init"), std::string::npos);
  EXPECT_CODE(read_header(files, dir() / "nowhere"), no_vault);
}

// A newer header must not be answered by an older copy.
TEST_F(HeaderTest, UnsupportedHeaderIsNotPassedOverForItsCopy) {
  Bytes newer = bytes();
  newer[11] = std::byte{2};
  put("header", repaired(newer));
  EXPECT_CODE(read_header(files, vault_dir()), unsupported);
}

TEST_F(HeaderTest, DirectoryOpenToOthersIsDenied) {
  fs::permissions(vault_dir(), fs::perms(0750));
  auto read = read_header(files, vault_dir());
  EXPECT_CODE(read, denied);
  EXPECT_NE(read.error().message.find("chmod 700"), std::string::npos);
}

TEST_F(HeaderTest, WriteThatFailsLeavesAHeaderThatOpens) {
  Header next = header();
  Unlocked me = self();
  const Bytes old = bytes();
  ++next.sequence;
  next.mac = header_mac(me.vault_key, next);
  files.fail(0, 0);
  must(write_header(files, vault_dir(), next));
  const int calls = files.calls();
  const Bytes fresh = bytes();
  for (int nth = 1; nth <= calls; ++nth) {
    files.fail(0, 0);
    put("header", old);
    put("header.2", old);
    files.fail(nth, ENOSPC, 100);  // and the disk stays full
    const bool done = static_cast<bool>(write_header(files, vault_dir(), next));
    files.fail(0, 0);
    const Bytes now = bytes();
    EXPECT_TRUE(now == fresh || (now == old && !done)) << "call " << nth;
    EXPECT_TRUE(open_with(cron())) << "call " << nth;
  }
}

}  // namespace
}  // namespace vault

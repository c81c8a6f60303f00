// Headers that somebody changed who can make the checksum right again: nothing he writes may open to other data.
#include <functional>
#include <map>

#include "tests/support/headers.hpp"

namespace vault {
namespace {

class HeaderForgery : public HeaderWorld {
 protected:
  Result<Unlocked> open(const Bytes& bytes, const Factors& factors, const std::string& slot = "") {
    auto decoded = decode_header(bytes);
    return decoded ? unlock(*decoded, factors, slot) : Result<Unlocked>(decoded.error());
  }
  Result<Unlocked> open(const Header& header, const Factors& factors, const std::string& slot = "") {
    return open(encode(header), factors, slot);
  }
  // The header as it was before a slot's passphrase changed, and after.
  struct Change {
    Header before, after;
  };
  Change after_new_passphrase() {
    Change change{header(), {}};
    must(must(open_with(cron())).change_slot("laptop", {passphrase("changed")}));
    change.after = header();
    return change;
  }
  static Header with_body(Header header, const HeaderBody& body) {
    header.body = body;
    header.body_bytes = encode(body);
    return header;
  }
};

// The header's last 32 bytes are the checksum itself.
void flip_every_byte(const Bytes& good, std::byte flip, const std::function<void(const Bytes&, std::size_t)>& check) {
  for (std::size_t i = 0; i + sizeof(Digest) < good.size(); ++i) {
    Bytes flipped = good;
    flipped[i] ^= flip;
    check(repaired(flipped), i);
  }
}

// No byte is harmless: each is under a signature, the MAC, a wrap, or what the decoder demands.
TEST_F(HeaderForgery, NoByteCanBeChangedWhateverTheSlot) {
  platform.limits.memory_kib = 1024;
  const Bytes good = bytes();
  const Factors ways[] = {cron(), laptop(), desk()};
  const std::string slots[] = {"", "", "desk"};
  std::map<int, int> codes;
  for (std::byte flip : {std::byte{1}, std::byte{0x80}, std::byte{0xff}}) {
    flip_every_byte(good, flip, [&](const Bytes& forged, std::size_t at) {
      // A passphrase costs a run of Argon2id each time; one flip is enough there.
      for (std::size_t way = 0; way < (flip == std::byte{1} ? std::size(ways) : 1); ++way) {
        auto opened = open(forged, ways[way], slots[way]);
        ASSERT_FALSE(opened) << "byte " << at << " of " << good.size() << ", way " << way;
        const Errc code = opened.error().code;
        EXPECT_TRUE(code == Errc::wrong_key || code == Errc::corrupt || code == Errc::denied || code == Errc::limit ||
                    code == Errc::unsupported || code == Errc::not_found)
            << "byte " << at << ": " << name(code);
        ++codes[static_cast<int>(code)];
      }
    });
  }
  EXPECT_GT(codes[static_cast<int>(Errc::corrupt)], 1000);
}

TEST_F(HeaderForgery, SaltEditedIsWrongKey) {
  Header forged = header();
  forged.slots[1].factors[0].parameters.back() ^= std::byte{1};
  auto opened = open(forged, laptop());
  EXPECT_CODE(opened, wrong_key);
}

TEST_F(HeaderForgery, MacThatIsWrongIsCorrupt) {
  Header forged = header();
  forged.mac[0] ^= std::byte{1};
  auto opened = open(forged, cron());
  EXPECT_CODE(opened, corrupt);
  EXPECT_NE(opened.error().message.find("MAC"), std::string::npos) << opened.error().message;
}

TEST_F(HeaderForgery, HeaderSequenceRaisedIsCorrupt) {
  Header forged = header();
  ++forged.sequence;
  EXPECT_CODE(open(forged, cron()), corrupt);
}

TEST_F(HeaderForgery, SlotRemovedIsCorrupt) {
  Header forged = header();
  forged.slots.erase(forged.slots.begin() + 1);
  EXPECT_CODE(open(forged, cron()), corrupt);
}

TEST_F(HeaderForgery, SlotsInAnotherOrderAreCorrupt) {
  Header forged = header();
  std::swap(forged.slots[0], forged.slots[1]);
  EXPECT_CODE(open(forged, cron()), corrupt);
}

TEST_F(HeaderForgery, SlotAddedTwiceIsCorrupt) {
  Header forged = header();
  forged.slots.push_back(forged.slots[0]);
  EXPECT_CODE(open(forged, cron()), corrupt);
}

// ---- splicing -----------------------------------------------------------------------------------------------------------

// The old slot opens with the old passphrase and carries its own good signature; the MAC is over all slots and their counters.
TEST_F(HeaderForgery, OwnSlotOfAnOlderHeaderIsCorrupt) {
  auto [before, after] = after_new_passphrase();
  ASSERT_LT(before.slots[1].counter, after.slots[1].counter);
  Header forged = after;
  forged.slots[1] = before.slots[1];
  EXPECT_CODE(open(forged, laptop()), corrupt);
  EXPECT_CODE(open(forged, cron()), corrupt);
}

TEST_F(HeaderForgery, SlotThatWasChangedOpensNoMoreWithTheOldPassphrase) {
  auto [before, after] = after_new_passphrase();
  EXPECT_CODE(open(after, laptop()), wrong_key);
  EXPECT_TRUE(open(after, {passphrase("changed")}));
}

TEST_F(HeaderForgery, CounterOfASlotRaisedIsRefusedByItsOwnWrap) {
  Header forged = header();
  ++forged.slots[0].counter;
  EXPECT_CODE(open(forged, cron()), wrong_key);
}

TEST_F(HeaderForgery, SlotSignatureThatIsWrongIsCorruptThoughTheMacIsRight) {
  Unlocked me = self();
  for (std::size_t slot : {0U, 1U, 2U}) {
    Header forged = header();
    forged.slots[slot].signature[5] ^= std::byte{1};
    forged.mac = header_mac(me.vault_key, forged);
    auto opened = open(forged, cron());
    EXPECT_CODE(opened, corrupt);
    EXPECT_NE(opened.error().message.find("slot"), std::string::npos);
  }
}

TEST_F(HeaderForgery, SlotOfAnotherVaultIsWrongKey) {
  must(Vault::create(dir() / "other", {"cron", cron()}, platform));
  Header other = must(decode_header(must(read_file(files, dir() / "other" / "header", 1 << 20))));
  Header forged = header();
  forged.slots = other.slots;
  EXPECT_CODE(open(forged, cron()), wrong_key);
}

TEST_F(HeaderForgery, BodyOfAnotherVaultOpensNothing) {
  must(Vault::create(dir() / "other", {"cron", cron()}, platform));
  Header forged = must(decode_header(must(read_file(files, dir() / "other" / "header", 1 << 20))));
  forged.slots = header().slots;
  EXPECT_CODE(open(forged, cron()), wrong_key);  // the vault id is under every slot's wrap
}

// With the id of this vault, but the other's roster, grants and signatures.
TEST_F(HeaderForgery, BodyOfAnotherVaultUnderThisVaultsIdIsCorrupt) {
  must(Vault::create(dir() / "other", {"cron", cron()}, platform));
  Header other = must(decode_header(must(read_file(files, dir() / "other" / "header", 1 << 20))));
  HeaderBody body = other.body;
  body.vault = header().body.vault;
  Header forged = with_body(header(), body);
  forged.author = other.author;
  forged.body_signature = other.body_signature;
  EXPECT_CODE(open(forged, cron()), corrupt);
}

// ---- body ---------------------------------------------------------------------------------------------------------------

TEST_F(HeaderForgery, AnyEditOfTheBodyIsCorrupt) {
  const std::function<void(HeaderBody&)> edits[] = {
      [](HeaderBody& b) { ++b.epoch, b.store_name = store_name(b.epoch); },
      [](HeaderBody& b) { ++b.sequence; },
      [](HeaderBody& b) { ++b.head_sequence; },
      [](HeaderBody& b) { b.head_hash[0] ^= std::byte{1}; },
      [](HeaderBody& b) { b.roster.rows[0].role = Role::reader; },
      [](HeaderBody& b) { b.roster.rows[0].from = 2; },
      [](HeaderBody& b) { b.roster.rows[0].closed = true; },
      [](HeaderBody& b) { b.roster.rows.push_back(b.roster.rows[0]); },
      [](HeaderBody& b) { b.roster.rows.clear(); },
      [](HeaderBody& b) { ++b.roster.list_sequence; },
      [](HeaderBody& b) { b.vault_key_grants.clear(); },
      [](HeaderBody& b) { b.admin_grants.clear(); },
      [](HeaderBody& b) { b.audit_key.bytes[0] ^= std::byte{1}; },
      [](HeaderBody& b) { ++b.audit_key_number; },
      [](HeaderBody& b) { b.successions.push_back({}); },
  };
  int number = 0;
  for (const auto& edit : edits) {
    HeaderBody body = header().body;
    edit(body);
    EXPECT_CODE(open(with_body(header(), body), cron()), corrupt) << number;
    ++number;
  }
}

// Whoever adds himself to the roster and signs all of it with his own key is not the root that the slot pins.
TEST_F(HeaderForgery, RosterSignedByAStrangerIsCorrupt) {
  IdentitySeed seed{SecretBuffer(32)};
  IdentityKeys mallory(seed, header().body.vault);
  HeaderBody body = header().body;
  IdentityId id;
  id.bytes.fill(std::byte{0x66});
  body.roster.rows.push_back({id, mallory.signing(), mallory.sealing(), Role::admin, 1, false, 0, {}});
  body.roster.admin_signature = mallory.sign(SignedType::admin_list, body.vault, encode_admin_list(body.roster));
  Header forged = with_body(header(), body);
  forged.author = mallory.signing();
  forged.body_signature = mallory.sign(SignedType::body, body.vault, forged.body_bytes);
  EXPECT_CODE(open(forged, cron()), corrupt);
}

// And a succession from the root to him needs the root's signature.
TEST_F(HeaderForgery, SuccessionThatTheRootDidNotSignIsCorrupt) {
  Unlocked me = self();
  IdentitySeed seed{SecretBuffer(32)};
  IdentityKeys mallory(seed, header().body.vault);
  HeaderBody body = header().body;
  Succession link{me.root_admin, mallory.signing(), {}};
  link.signature = mallory.sign(SignedType::succession, body.vault, encode_succession(link));
  body.successions.push_back(link);
  body.roster.rows[0].signing = mallory.signing();
  body.roster.admin_signature = mallory.sign(SignedType::admin_list, body.vault, encode_admin_list(body.roster));
  Header forged = with_body(header(), body);
  forged.author = mallory.signing();
  forged.body_signature = mallory.sign(SignedType::body, body.vault, forged.body_bytes);
  auto opened = open(forged, cron());
  EXPECT_CODE(opened, corrupt);
  EXPECT_NE(opened.error().message.find("succession"), std::string::npos) << opened.error().message;
}

TEST_F(HeaderForgery, SuccessionThatTheRootSignedIsFollowed) {
  Unlocked me = self();
  IdentitySeed seed{SecretBuffer(32)};
  IdentityKeys heir(seed, header().body.vault);
  HeaderBody body = header().body;
  IdentityId id;
  id.bytes.fill(std::byte{0x55});
  body.roster.rows.push_back({id, heir.signing(), heir.sealing(), Role::admin, 2, false, 0, {}});
  Succession link{me.root_admin, heir.signing(), {}};
  link.signature = me.keys.sign(SignedType::succession, body.vault, encode_succession(link));
  body.successions.push_back(link);
  body.roster.admin_signature = heir.sign(SignedType::admin_list, body.vault, encode_admin_list(body.roster));
  Header next = with_body(header(), body);
  next.body_signature = me.keys.sign(SignedType::body, body.vault, next.body_bytes);
  next.mac = header_mac(me.vault_key, next);
  auto opened = open(next, cron());
  EXPECT_TRUE(opened) << opened.error().message;
}

TEST_F(HeaderForgery, AuthorWhoIsNoAdminIsCorrupt) {
  Unlocked me = self();
  IdentitySeed seed{SecretBuffer(32)};
  IdentityKeys reader(seed, header().body.vault);
  for (Role role : {Role::reader, Role::metadata}) {
    HeaderBody body = header().body;
    IdentityId id;
    id.bytes.fill(std::byte{0x44});
    body.roster.rows.push_back({id, reader.signing(), reader.sealing(), role, 1, false, 0, {}});
    Header forged = with_body(header(), body);
    forged.author = reader.signing();
    forged.body_signature = reader.sign(SignedType::body, body.vault, forged.body_bytes);
    forged.mac = header_mac(me.vault_key, forged);
    auto opened = open(forged, cron());
    EXPECT_CODE(opened, corrupt);
    EXPECT_NE(opened.error().message.find("not an admin"), std::string::npos) << opened.error().message;
  }
}

TEST_F(HeaderForgery, AuthorWhoseKeyWasClosedIsCorrupt) {
  Unlocked me = self();
  IdentitySeed seed{SecretBuffer(32)};
  IdentityKeys former(seed, header().body.vault);
  HeaderBody body = header().body;
  IdentityId id;
  id.bytes.fill(std::byte{0x33});
  body.roster.rows.push_back({id, former.signing(), former.sealing(), Role::admin, 1, true, 1, {}});
  body.roster.admin_signature = me.keys.sign(SignedType::admin_list, body.vault, encode_admin_list(body.roster));
  Header forged = with_body(header(), body);
  forged.author = former.signing();
  forged.body_signature = former.sign(SignedType::body, body.vault, forged.body_bytes);
  forged.mac = header_mac(me.vault_key, forged);
  EXPECT_CODE(open(forged, cron()), corrupt);
}

TEST_F(HeaderForgery, IdentityThatIsNotInTheRosterIsCorruptThoughAllIsSigned) {
  Unlocked me = self();
  Header forged = header();
  RosterRow gone = forged.body.roster.rows[0];
  gone.closed = true;
  gone.to = 1;
  IdentitySeed seed{SecretBuffer(32)};
  IdentityKeys other(seed, forged.body.vault);
  IdentityId id;
  id.bytes.fill(std::byte{0x22});
  forged.body.roster.rows = {gone, {id, other.signing(), other.sealing(), Role::admin, 2, false, 0, {}}};
  forged.body.roster.admin_signature =
      me.keys.sign(SignedType::admin_list, forged.body.vault, encode_admin_list(forged.body.roster));
  forged.body_bytes = encode(forged.body);
  forged.author = other.signing();
  forged.body_signature = other.sign(SignedType::body, forged.body.vault, forged.body_bytes);
  forged.mac = header_mac(me.vault_key, forged);
  auto opened = open(forged, cron());
  EXPECT_CODE(opened, corrupt);
  EXPECT_NE(opened.error().message.find("roster"), std::string::npos) << opened.error().message;
}

// ---- grants -------------------------------------------------------------------------------------------------------------

TEST_F(HeaderForgery, GrantsSwappedAreCorruptThoughAllIsSigned) {
  Unlocked me = self();
  Header forged = header();
  std::swap(forged.body.vault_key_grants[0].grant, forged.body.admin_grants[0].fingerprint_key);
  auto opened = open(signed_again(forged, me), cron());
  EXPECT_CODE(opened, corrupt);
  EXPECT_NE(opened.error().message.find("vault key"), std::string::npos) << opened.error().message;
}

TEST_F(HeaderForgery, AdminGrantsSwappedGiveNoKey) {
  Unlocked me = self();
  Header forged = header();
  std::swap(forged.body.admin_grants[0].audit_secret, forged.body.admin_grants[0].fingerprint_key);
  Unlocked opened = must(open(signed_again(forged, me), cron()));
  Header again = must(decode_header(signed_again(forged, me)));
  EXPECT_FALSE(open_fingerprint_key(again, opened));
  EXPECT_FALSE(open_audit_key(again, opened));
}

TEST_F(HeaderForgery, AdminGrantsOpenWhereTheyBelong) {
  Unlocked me = self();
  EXPECT_TRUE(open_fingerprint_key(header(), me));
  EXPECT_TRUE(open_audit_key(header(), me));
}

TEST_F(HeaderForgery, AuditGrantOfAnotherKeyNumberGivesNoKey) {
  Unlocked me = self();
  Header forged = header();
  ++forged.body.audit_key_number;
  EXPECT_FALSE(open_audit_key(must(decode_header(signed_again(forged, me))), me));
}

TEST_F(HeaderForgery, VaultKeyGrantOfAnotherEpochIsCorruptThoughAllIsSigned) {
  Unlocked me = self();
  Header forged = header();
  ++forged.body.epoch;
  forged.body.store_name = store_name(forged.body.epoch);
  EXPECT_CODE(open(signed_again(forged, me), cron()), corrupt);
}

TEST_F(HeaderForgery, MissingVaultKeyGrantIsCorrupt) {
  Unlocked me = self();
  Header forged = header();
  forged.body.vault_key_grants.clear();
  EXPECT_CODE(open(signed_again(forged, me), cron()), corrupt);
}

TEST_F(HeaderForgery, HeaderReadAgainIsVerifiedTheSameWay) {
  Unlocked me = self();
  EXPECT_TRUE(adopt(header(), me));
  Header forged = header();
  ++forged.sequence;
  EXPECT_CODE(adopt(forged, me), corrupt);
  forged = header();
  forged.body_signature[0] ^= std::byte{1};
  EXPECT_CODE(adopt(forged, me), corrupt);
}

// ---- costs --------------------------------------------------------------------------------------------------------------

// An attacker who lowers the cost of a slot gets an answer, not a cheap derivation of a real passphrase.
TEST_F(HeaderForgery, CostLoweredBelowTheFloorIsDeniedWithoutAnyRun) {
  platform.limits.open_floor = cheap;
  Header forged = header();
  forged.slots[1].factors[0].parameters = encode(PassphraseParameters{{8, 1, 1}, {}});
  EXPECT_CODE(open(forged, laptop(), "laptop"), denied);
  EXPECT_EQ(kdf.runs, 0);
}

TEST_F(HeaderForgery, CostRaisedBeyondTheMachineIsLimitWithoutAnyRun) {
  platform.limits.memory_kib = 1u << 20;
  Header forged = header();
  forged.slots[1].factors[0].parameters = encode(PassphraseParameters{{4u << 20, 32, 16}, {}});
  EXPECT_CODE(open(forged, laptop(), "laptop"), limit);
  EXPECT_EQ(kdf.runs, 0);
}

TEST_F(HeaderForgery, CostOfAnotherSlotNeverHindersAKeyFile) {
  Header forged = header();
  forged.slots[1].factors[0].parameters = encode(PassphraseParameters{{4u << 20, 32, 16}, {}});
  EXPECT_CODE(open(forged, cron()), corrupt);  // found out by the MAC, at no cost
  EXPECT_EQ(kdf.runs, 0);
}

}  // namespace
}  // namespace vault

// Which slot opens with what, and how many derivations that costs.
#include "tests/support/headers.hpp"
#include "vault/base/writer.hpp"

namespace vault {
namespace {

class Keyslot : public HeaderWorld {
 protected:
  Result<Unlocked> open(const Factors& factors, const std::string& slot = "") {
    kdf.runs = 0;
    return unlock(header(), factors, slot);
  }
  std::string slot_of(const Unlocked& unlocked) {
    for (const Slot& slot : header().slots) {
      if (slot.id == unlocked.slot) return slot.name;
    }
    return "";
  }
  // A header with `count` passphrase slots of their own passphrases "p0", "p1", ...
  Header with_passphrase_slots(int count) {
    Unlocked me = self();
    Header header = this->header();
    header.slots.clear();
    for (int i = 0; i < count; ++i) {
      SlotPayload payload{{SecretBuffer::copy(me.seed.bytes.expose())}, me.root_admin};
      SlotId id;
      id.bytes.fill(std::byte(i + 1));
      header.slots.push_back(must(seal_slot(header.body.vault, me.identity, me.keys, payload, "s" + std::to_string(i),
                                            {passphrase("p" + std::to_string(i))}, 1, id, clock.now(), random)));
    }
    header.mac = header_mac(me.vault_key, header);
    kdf.runs = 0;
    return header;
  }
};

// ---- what opens ---------------------------------------------------------------------------------------------------------

TEST_F(Keyslot, KeyFileOpensItsSlotWithoutAnyRun) {
  EXPECT_EQ(slot_of(must(open(cron()))), "cron");
  EXPECT_EQ(kdf.runs, 0);
}

TEST_F(Keyslot, PassphraseOpensItsSlotWithOneRun) {
  EXPECT_EQ(slot_of(must(open(laptop()))), "laptop");
  EXPECT_EQ(kdf.runs, 1);
}

TEST_F(Keyslot, PassphraseAndKeyFileOpenTheirSlotTogether) { EXPECT_EQ(slot_of(must(open(desk(), "desk"))), "desk"); }

TEST_F(Keyslot, EverySlotLeadsToTheSameKeys) {
  Unlocked a = must(open(cron())), b = must(open(laptop())), c = must(open(desk()));
  EXPECT_EQ(a.vault_key.bytes, b.vault_key.bytes);
  EXPECT_EQ(a.vault_key.bytes, c.vault_key.bytes);
  EXPECT_EQ(a.seed.bytes, c.seed.bytes);
  EXPECT_EQ(a.role, Role::admin);
}

TEST_F(Keyslot, MachineSlotsComeFirst) {
  Factors all = laptop();
  all.push_back(key_file("key"));
  EXPECT_EQ(slot_of(must(open(all))), "cron");
  EXPECT_EQ(kdf.runs, 0);
}

TEST_F(Keyslot, OneOfTwoFactorsOpensNothing) {
  EXPECT_CODE(open({passphrase("battery staple")}), wrong_key);
  EXPECT_CODE(open({key_file("desk-key")}), wrong_key);
  EXPECT_CODE(open({passphrase("battery staple")}, "desk"), wrong_key);
}

TEST_F(Keyslot, WrongOneOfTwoFactorsOpensNothing) {
  EXPECT_CODE(open({passphrase("battery staplE"), key_file("desk-key")}), wrong_key);
  EXPECT_CODE(open({passphrase("battery staple"), key_file("other")}), wrong_key);
}

// Nothing tells a guesser which of the two was wrong: not the message, not the work.
TEST_F(Keyslot, SameAnswerAndSameRunsWhateverWasWrong) {
  auto wrong_passphrase = open({passphrase("wrong"), key_file("desk-key")});
  const int runs = kdf.runs;
  auto wrong_file = open({passphrase("battery staple"), key_file("other")});
  EXPECT_EQ(kdf.runs, runs);
  auto wrong_both = open({passphrase("wrong"), key_file("other")});
  EXPECT_EQ(kdf.runs, runs);
  EXPECT_EQ(wrong_passphrase.error().message, wrong_file.error().message);
  EXPECT_EQ(wrong_both.error().message, wrong_file.error().message);
  EXPECT_EQ(runs, 2);  // laptop, desk
}

TEST_F(Keyslot, SameAnswerForAnEmptySaltedAndALongWrongPassphrase) {
  auto a = open({passphrase("w")});
  const int runs = kdf.runs;
  auto b = open({passphrase(std::string(1024, 'w'))});
  EXPECT_EQ(kdf.runs, runs);
  EXPECT_EQ(a.error().message, b.error().message);
}

TEST_F(Keyslot, MessageNeverShowsThePassphrase) {
  auto failed = open({passphrase("hunter2hunter2")});
  EXPECT_EQ(failed.error().message.find("hunter2"), std::string::npos);
}

TEST_F(Keyslot, SeveralOfferedKeyFilesAreEachTried) {
  EXPECT_EQ(slot_of(must(open({key_file("other"), key_file("key")}))), "cron");
  EXPECT_EQ(slot_of(must(open({passphrase("battery staple"), key_file("other"), key_file("desk-key")}))), "desk");
}

TEST_F(Keyslot, SystemdCredentialStandsForAKeyFile) {
  auto content = must(read_file(files, dir() / "key", 100));
  EXPECT_EQ(slot_of(must(open({must(KeyFileFactor::parse(content, FactorType::systemd_credential))}))), "cron");
}

TEST_F(Keyslot, NothingOfferedIsWrongKeyWithoutAnyRun) {
  EXPECT_CODE(open({}), wrong_key);
  EXPECT_EQ(kdf.runs, 0);
}

// ---- which slot ---------------------------------------------------------------------------------------------------------

TEST_F(Keyslot, NamedSlotIsTheOnlyOneTried) {
  EXPECT_CODE(open(laptop(), "cron"), wrong_key);
  EXPECT_EQ(kdf.runs, 0);
  EXPECT_EQ(slot_of(must(open(laptop(), "laptop"))), "laptop");
  EXPECT_EQ(kdf.runs, 1);
}

TEST_F(Keyslot, NamedSlotThatNeedsMoreSaysWhat) {
  auto failed = open({passphrase("battery staple")}, "desk");
  EXPECT_NE(failed.error().message.find("a passphrase and a key file"), std::string::npos) << failed.error().message;
}

TEST_F(Keyslot, IsFoundByIdAndItsPrefix) {
  const std::string id = to_hex(header().slots[1].id.bytes);
  EXPECT_EQ(slot_of(must(open(laptop(), id))), "laptop");
  EXPECT_EQ(slot_of(must(open(laptop(), id.substr(0, 8)))), "laptop");
}

TEST_F(Keyslot, ThatIsNotThereIsNotFoundWithoutAnyRun) {
  for (const char* name : {"nope", "lapto", "000", "cronn"}) EXPECT_CODE(open(laptop(), name), not_found) << name;
  EXPECT_CODE(open(laptop(), to_hex(header().slots[1].id.bytes).substr(0, 3)), not_found);
  EXPECT_EQ(kdf.runs, 0);
}

TEST_F(Keyslot, AmbiguousPrefixIsUsage) {
  Header two = with_passphrase_slots(2);
  two.slots[1].id = two.slots[0].id;
  two.slots[1].id.bytes[15] = std::byte{0xff};
  EXPECT_CODE(find_slot(two, "01010101"), usage);
}

// ---- four runs ----------------------------------------------------------------------------------------------------------

TEST_F(Keyslot, FourthPassphraseSlotIsStillTried) {
  EXPECT_TRUE(unlock(with_passphrase_slots(6), {passphrase("p3")}, ""));
  EXPECT_EQ(kdf.runs, 4);
}

TEST_F(Keyslot, FifthIsNotAndTheMessageNamesTheWayOut) {
  auto failed = unlock(with_passphrase_slots(6), {passphrase("p4")}, "");
  EXPECT_CODE(failed, wrong_key);
  EXPECT_EQ(kdf.runs, 4);
  EXPECT_NE(failed.error().message.find("2 slots were not tried"), std::string::npos) << failed.error().message;
  EXPECT_NE(failed.error().message.find("--slot"), std::string::npos) << failed.error().message;
}

TEST_F(Keyslot, FifthOpensWhenItIsNamed) {
  EXPECT_TRUE(unlock(with_passphrase_slots(6), {passphrase("p4")}, "s4"));
  EXPECT_EQ(kdf.runs, 1);
}

TEST_F(Keyslot, MoreThanFourRunsAreNeverSpentWithSeveralPassphrases) {
  const Header six = with_passphrase_slots(6);
  EXPECT_CODE(unlock(six, {passphrase("a"), passphrase("b"), passphrase("c")}, ""), wrong_key);
  EXPECT_LE(kdf.runs, 4);
}

// Three passphrases: three runs on the first slot, one on the second, whose other two were not tried.
TEST_F(Keyslot, SlotTriedWithSomeOfThePassphrasesIsNotPassedOverInSilence) {
  auto failed = unlock(with_passphrase_slots(2), {passphrase("a"), passphrase("b"), passphrase("p1")}, "");
  EXPECT_CODE(failed, wrong_key);
  EXPECT_NE(failed.error().message.find("--slot"), std::string::npos) << failed.error().message;
}

// ---- costs beyond what is allowed ---------------------------------------------------------------------------------------

TEST_F(Keyslot, CostBeyondThisMachineIsLimitNamingTheNeedWithoutAnyRun) {
  platform.limits.memory_kib = 32;
  auto failed = open(laptop());
  EXPECT_CODE(failed, limit);
  EXPECT_EQ(kdf.runs, 0);
  EXPECT_NE(failed.error().message.find("Argon2id"), std::string::npos) << failed.error().message;
}

// DESIGN section 14: naming the need and the slots that fit.
TEST_F(Keyslot, CostBeyondThisMachineNamesTheSlotsThatFit) {
  Header header = with_passphrase_slots(2);
  header.slots[0].factors[0].parameters = encode(PassphraseParameters{{2u << 20, 3, 1}, {}});
  auto failed = unlock(header, {passphrase("p0")}, "", platform.limits);
  EXPECT_CODE(failed, limit);
  EXPECT_NE(failed.error().message.find("s1"), std::string::npos) << failed.error().message;
}

TEST_F(Keyslot, SlotTooBigForThisMachineDoesNotStandInTheWayOfOneThatFits) {
  Unlocked me = self();
  Header header = with_passphrase_slots(2);
  header.slots[0].factors[0].parameters = encode(PassphraseParameters{{2u << 20, 3, 1}, {}});
  header.slots[0].signature = me.keys.sign(SignedType::slot, header.body.vault, encode_signed_slot(header.slots[0]));
  header.mac = header_mac(me.vault_key, header);
  auto opened = unlock(header, {passphrase("p1")}, "");
  EXPECT_TRUE(opened) << opened.error().message;
}

TEST_F(Keyslot, CostBelowTheFloorIsDeniedWithoutAnyRun) {
  platform.limits.open_floor = {128, 2, 1};
  EXPECT_CODE(open(laptop()), denied);
  EXPECT_EQ(kdf.runs, 0);
}

TEST_F(Keyslot, KeyFileSlotOpensWhateverTheFloor) {
  platform.limits.open_floor = {1 << 20, 30, 1};
  platform.limits.memory_kib = 0;
  EXPECT_TRUE(open(cron()));
}

// ---- sealing ------------------------------------------------------------------------------------------------------------

class Seal : public Keyslot {
 protected:
  Result<Slot> seal(const Factors& factors) {
    Unlocked me = self();
    SlotPayload payload{{SecretBuffer::copy(me.seed.bytes.expose())}, me.root_admin};
    return seal_slot(header().body.vault, me.identity, me.keys, payload, "new", factors, 9, SlotId{}, clock.now(),
                     random);
  }
  Result<std::optional<SlotPayload>> open(const Slot& slot, const Factors& factors) {
    int runs = 4;
    return open_slot(header().body.vault, slot, factors, runs);
  }
};

TEST_F(Seal, WithoutAFactorIsUsage) { EXPECT_CODE(seal({}), usage); }

TEST_F(Seal, WithTwoPassphrasesIsUsage) { EXPECT_CODE(seal({passphrase("a"), passphrase("b")}), usage); }

TEST_F(Seal, TwoKeyFilesAreBothNeeded) {
  const Slot slot = must(seal({key_file("a"), key_file("b")}));
  EXPECT_TRUE(must(open(slot, {key_file("a"), key_file("b")})));
  EXPECT_TRUE(must(open(slot, {key_file("b"), key_file("a")})));
  EXPECT_FALSE(must(open(slot, {key_file("a")})));
  EXPECT_FALSE(must(open(slot, {key_file("a"), key_file("c")})));
}

TEST_F(Seal, PayloadComesBack) {
  const Slot slot = must(seal(desk()));
  auto payload = must(open(slot, desk()));
  ASSERT_TRUE(payload);
  EXPECT_EQ(payload->seed.bytes, self().seed.bytes);
  EXPECT_EQ(payload->root_admin, self().root_admin);
}

TEST_F(Seal, EachTimeHasAFreshSaltAndNonce) {
  const Slot a = must(seal(laptop())), b = must(seal(laptop()));
  EXPECT_NE(a.factors[0].parameters, b.factors[0].parameters);
  EXPECT_NE(a.wrapped, b.wrapped);
}

TEST_F(Seal, EveryPublicPartIsBoundToTheWrap) {
  const Slot good = must(seal(laptop()));
  auto refused = [&](auto change) {
    Slot slot = good;
    change(slot);
    EXPECT_FALSE(must(open(slot, laptop())));
  };
  refused([](Slot& s) { s.id.bytes[0] ^= std::byte{1}; });
  refused([](Slot& s) { s.identity.bytes[0] ^= std::byte{1}; });
  refused([](Slot& s) { ++s.counter; });
  refused([](Slot& s) { s.created += std::chrono::seconds(1); });
  refused([](Slot& s) { s.name = "other"; });
  refused([](Slot& s) { s.factors[0].parameters.back() ^= std::byte{1}; });
  EXPECT_TRUE(must(open(good, laptop())));
}

TEST_F(Seal, IsBoundToItsVault) {
  const Slot slot = must(seal(laptop()));
  VaultId other = header().body.vault;
  other.bytes[3] ^= std::byte{1};
  int runs = 4;
  EXPECT_FALSE(must(open_slot(other, slot, laptop(), runs)));
}

// KEK = BLAKE2b-256(key Argon2id output or zeros, "vlt1-kek", salt slot id, other outputs || BLAKE2b-256("vlt1-slot", slot header)).
Kek kek_of(const Slot& slot, ByteView argon2, std::initializer_list<ByteView> others) {
  Hash kek(personals::kek, argon2, slot.id.bytes);
  for (ByteView other : others) kek.add(other);
  kek.add(hash(personals::slot_header, encode_slot_header(slot)));
  Kek out{SecretBuffer(32)};
  kek.finish_into(out.bytes.expose_for_writing());
  return out;
}
Bytes aad_of(const VaultId& vault, const Slot& slot) {
  return Writer().string("slot").u16(1).id(vault).string(encode_slot_header(slot)).take();
}

TEST_F(Seal, KekIsWhatItsDefinitionSays) {
  const Slot slot = must(seal(desk()));
  SecretBuffer argon2 = must(desk()[0]->output(slot.factors[0].parameters));
  SecretBuffer file = must(desk()[1]->output({}));
  Kek kek = kek_of(slot, argon2.expose(), {file.expose()});
  auto payload = unwrap_secret(kek.bytes.expose(), aad_of(header().body.vault, slot), slot.wrapped);
  ASSERT_TRUE(payload);
  EXPECT_EQ(payload->size(), kSlotPayloadSize);
  EXPECT_TRUE(std::ranges::all_of(payload->expose().subspan(64), [](std::byte b) { return b == std::byte{0}; }));
}

TEST_F(Seal, PayloadWithAnUnusedByteThatIsNotZeroIsOfANewerVersion) {
  Slot slot = must(seal(cron()));
  SecretBuffer file = must(cron()[0]->output({}));
  Kek kek = kek_of(slot, Bytes(32), {file.expose()});
  const Bytes aad = aad_of(header().body.vault, slot);
  SecretBuffer payload = must(Result<SecretBuffer>(*unwrap_secret(kek.bytes.expose(), aad, slot.wrapped)));
  for (std::size_t i : {std::size_t{64}, std::size_t{100}, kSlotPayloadSize - 1}) {
    payload.expose_for_writing()[i] = std::byte{1};
    slot.wrapped = must(wrap_secret(kek.bytes.expose(), aad, payload.expose(), random));
    EXPECT_CODE(open(slot, cron()), unsupported) << i;
    payload.expose_for_writing()[i] = std::byte{0};
  }
  slot.wrapped = must(wrap_secret(kek.bytes.expose(), aad, payload.expose(), random));
  EXPECT_TRUE(must(open(slot, cron())));
}

}  // namespace
}  // namespace vault

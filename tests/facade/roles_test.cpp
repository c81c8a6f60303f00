#include <cerrno>

#include "tests/support/tamper.hpp"
#include "vault/base/limits.hpp"

namespace vault {
namespace {

// A vault with an entry in each of three teams, a metadata identity "eyes" and "web-ci", who reads team `web`.
class Roles : public World {
 protected:
  Roles() {
    for (const char* team : {"default", "web", "mail"}) {
      NewEntry one = entry(std::string("key-of-") + team, std::string("token of ") + team);
      one.team = team;
      must(vault.add(std::move(one)));
    }
    must(vault.add_identity({{"eyes", eyes()}, Role::metadata, {}}));
    must(vault.add_identity({{"web-ci", web_ci()}, Role::reader, {"web"}}));
  }

  Factors eyes() { return {key_file("eyes-key")}; }
  Factors web_ci() { return {key_file("web-key")}; }
  std::string token(const Vault& from, std::string_view name) { return text_of(must(from.get(label(name))).bytes); }
  Header header() { return header_of(vault_dir()); }

  // Everybody who opens it finds it corrupt, and so does who has it open.
  void expect_corrupt_for_all() {
    EXPECT_CODE(vault.list(), corrupt);
    EXPECT_CODE(open(), corrupt);
    EXPECT_CODE(open_with(eyes()), corrupt);
    EXPECT_CODE(open_with(web_ci()), corrupt);
  }

  Vault vault = create();
};

// ---- what each may ----------------------------------------------------------------------------------------------------

TEST_F(Roles, AMetadataIdentityListsShowsAndVerifies) {
  Vault other = must(open_with(eyes()));
  EXPECT_EQ(must(other.list()).size(), 3U);
  EXPECT_EQ(must(other.show(label("key-of-web"))).team, "web");
  EXPECT_EQ(must(other.teams()).size(), 3U);
  Selection soon;
  soon.expiring_within = must(parse_duration("14d"));
  EXPECT_TRUE(must(other.list(soon)).empty());
  EXPECT_EQ(must(other.log()).front().identity, "root");
  const VerifyReport report = must(other.verify());
  EXPECT_EQ(report.fields, 0U);
  EXPECT_EQ(report.fields_not_ours, 3U);
  EXPECT_EQ(must(other.status()).role, Role::metadata);
  EXPECT_EQ(must(other.status()).identity, "eyes");
}

TEST_F(Roles, AMetadataIdentityOpensNoFieldAndIsToldTheWayOut) {
  Vault other = must(open_with(eyes()));
  for (const char* name : {"key-of-default", "key-of-web", "key-of-mail"}) EXPECT_CODE(other.get(label(name)), denied);
  auto got = other.get(label("key-of-web"));
  EXPECT_NE(got.error().message.find("slot add --role reader --team web"), std::string::npos) << got.error().message;
  EXPECT_CODE(other.get(label("unknown")), not_found);
}

TEST_F(Roles, AReaderOpensTheFieldsOfItsTeamsOnly) {
  Vault other = must(open_with(web_ci()));
  EXPECT_EQ(token(other, "key-of-web"), "token of web");
  EXPECT_CODE(other.get(label("key-of-default")), denied);
  EXPECT_CODE(other.get(label("key-of-mail")), denied);
  EXPECT_EQ(must(other.list()).size(), 3U);
  const VerifyReport report = must(other.verify());
  EXPECT_EQ(report.fields, 1U);
  EXPECT_EQ(report.fields_not_ours, 2U);
}

TEST_F(Roles, AReaderOfSeveralTeamsOpensThemAll) {
  must(vault.add_identity({{"both", {key_file("both")}}, Role::reader, {"web", "mail", "web"}}));
  Vault other = must(open_with({key_file("both")}));
  EXPECT_EQ(token(other, "key-of-web"), "token of web");
  EXPECT_EQ(token(other, "key-of-mail"), "token of mail");
  EXPECT_CODE(other.get(label("key-of-default")), denied);
}

TEST_F(Roles, AReaderSeesWhatIsAddedLater) {
  Vault other = must(open_with(web_ci()));
  NewEntry later = entry("later", "token 2");
  later.team = "web";
  must(vault.add(std::move(later)));
  EXPECT_EQ(token(other, "later"), "token 2");
  NewEntry elsewhere = entry("elsewhere", "token 3");
  elsewhere.team = "new";
  must(vault.add(std::move(elsewhere)));
  EXPECT_CODE(other.get(label("elsewhere")), denied);
}

TEST_F(Roles, NeitherChangesTheVault) {
  const Bytes store = file_bytes(vault_dir() / "store-1.db");
  const Bytes before = file_bytes(vault_dir() / "header");
  for (const Factors& factors : {eyes(), web_ci()}) {
    Vault other = must(open_with(factors));
    NewEntry mine = entry("mine", "token");
    mine.team = "web";
    EXPECT_CODE(other.add(std::move(mine)), denied);
    EXPECT_CODE(other.edit(label("key-of-web"), {.note = "mine"}), denied);
    EXPECT_CODE(other.move(label("key-of-web"), label("mine")), denied);
    EXPECT_CODE(other.remove(label("key-of-web")), denied);
    EXPECT_CODE(other.destroy(label("key-of-web")), denied);
    EXPECT_CODE(other.add_identity({{"friend", {key_file("friend")}}, Role::metadata, {}}), denied);
    EXPECT_CODE(other.remove_slot("first"), denied);
    EXPECT_CODE(other.change_slot("first", {key_file("mine")}), denied);
  }
  Vault ci = must(open_with(web_ci()));
  EXPECT_CODE(ci.remove_slot("eyes"), denied);
  EXPECT_EQ(file_bytes(vault_dir() / "header"), before);
  EXPECT_EQ(file_bytes(vault_dir() / "store-1.db"), store);
}

TEST_F(Roles, SlotsNameTheirIdentityAndRole) {
  Vault other = must(open_with(web_ci()));
  const auto slots = must(other.slots());
  ASSERT_EQ(slots.size(), 3U);
  EXPECT_EQ(slots[0].identity_name, "root");
  EXPECT_EQ(slots[0].role, Role::admin);
  EXPECT_EQ(slots[1].identity_name, "eyes");
  EXPECT_EQ(slots[1].role, Role::metadata);
  EXPECT_EQ(slots[2].identity_name, "web-ci");
  EXPECT_EQ(slots[2].role, Role::reader);
  EXPECT_TRUE(slots[2].opened);
}

TEST_F(Roles, TeamsNameTheirReaders) {
  EXPECT_EQ(must(vault.team("web")).members, (std::vector<std::string>{"root", "web-ci"}));
  EXPECT_EQ(must(vault.team("mail")).members, std::vector<std::string>{"root"});
}

TEST_F(Roles, APassphraseSlotOfANewIdentityCostsOneRun) {
  kdf.runs = 0;
  must(vault.add_identity({{"person", {passphrase("person")}}, Role::reader, {"web"}}));
  EXPECT_EQ(kdf.runs, 1);
  Vault other = must(open_with({passphrase("person")}));
  EXPECT_EQ(kdf.runs, 2);
  EXPECT_EQ(token(other, "key-of-web"), "token of web");
}

// ---- adding -----------------------------------------------------------------------------------------------------------

TEST_F(Roles, AnIdentityIsTwoCommitsAndVerifies) {
  const std::uint64_t before = must(vault.status()).head_sequence;
  must(vault.add_identity({{"more", {key_file("more")}}, Role::reader, {"web"}}));
  EXPECT_EQ(must(vault.status()).head_sequence, before + 2);
  EXPECT_EQ(header().body.roster.rows.back().from, before + 2);
  must(vault.verify());
  must(must(open_with({key_file("more")})).verify());
}

TEST_F(Roles, EachIdentityHasItsOwnSeed) {
  const Unlocked root = insider(vault_dir(), {key_file()}), ci = insider(vault_dir(), web_ci());
  EXPECT_NE(root.keys.signing(), ci.keys.signing());
  EXPECT_EQ(root.root_admin, ci.root_admin);
  EXPECT_FALSE(open_fingerprint_key(header(), ci));
  EXPECT_FALSE(open_audit_key(header(), ci));
}

TEST_F(Roles, WhatCannotBeAdded) {
  const Factors factors{key_file("another")};
  EXPECT_CODE(vault.add_identity({{"first", factors}, Role::metadata, {}}), conflict);  // a slot
  EXPECT_CODE(vault.add_identity({{"root", factors}, Role::metadata, {}}), conflict);   // an identity
  EXPECT_CODE(vault.add_identity({{"", factors}, Role::metadata, {}}), usage);
  EXPECT_CODE(vault.add_identity({{"x", {}}, Role::metadata, {}}), usage);
  EXPECT_CODE(vault.add_identity({{"x", factors}, Role::reader, {}}), usage);
  EXPECT_CODE(vault.add_identity({{"x", factors}, Role::metadata, {"web"}}), usage);
  EXPECT_CODE(vault.add_identity({{"x", factors}, Role::admin, {}}), usage);
  EXPECT_CODE(vault.add_identity({{"x", factors}, Role::reader, {"web", "nothing"}}), not_found);
  EXPECT_EQ(must(vault.slots()).size(), 3U);
  EXPECT_EQ(must(vault.status()).header_sequence, 3U);
}

TEST_F(Roles, IdentitiesAreAtMostAsManyAsSlots) {
  while (must(vault.slots()).size() < limits::slots) {
    const std::string name = "slot " + std::to_string(must(vault.slots()).size());
    must(vault.add_slot({name, {key_file()}}));
  }
  EXPECT_CODE(vault.add_identity({{"one more", {key_file("more")}}, Role::metadata, {}}), limit);
}

// An older generation of a team's key still opens what was sealed under it, until everything was sealed anew.
TEST_F(Roles, AReaderGetsEveryGenerationThatTheAdminHolds) {
  const Unlocked root = insider(vault_dir(), {key_file()});
  const VaultId id = header().body.vault;
  {
    RecordStore store = must(RecordStore::open(vault_dir() / "store-1.db", store_key(root.vault_key, id)));
    must(store.write(header(), {root.keys, clock.now()}, [&](ReadView& view) -> Result<Change> {
      Item item = *must(view.tree().find_current(RecordKind::team, named_key(id, RecordKind::team, "web")));
      TeamRecord team = must(view.team(item));
      team.generation = 2;
      team.parent = item.value;
      team.grants.push_back({root.identity, 2,
                             must(seal_grant(root.keys.sealing(), id, {GrantKind::team_key, team.id, 2},
                                             Bytes(32, std::byte{7}), random))});
      Change change;
      change.operation = "test";
      change.records.push_back({item.id, false, encode(team)});
      item.value = record_hash(change.records.back().bytes, id);
      change.items.push_back({RecordKind::team, false, item});
      return change;
    }));
  }
  NewEntry young = entry("young", "token of generation 2");
  young.team = "web";
  must(vault.add(std::move(young)));
  must(vault.add_identity({{"late", {key_file("late")}}, Role::reader, {"web"}}));
  Vault late = must(open_with({key_file("late")}));
  EXPECT_EQ(token(late, "young"), "token of generation 2");
  EXPECT_EQ(token(late, "key-of-web"), "token of web");
  EXPECT_CODE(must(open_with(web_ci())).get(label("young")), denied);  // had the first generation only
}

// Whatever file operation fails on the way: the vault is whole, and nobody is a member who cannot open it.
TEST_F(Roles, AnInterruptedAdditionDoesNoHarm) {
  for (int nth = 1;; ++nth) {
    const std::string name = "reader " + std::to_string(nth);
    const Factors factors{key_file(name)};
    files.fail(nth, EIO);
    auto added = vault.add_identity({{name, factors}, Role::reader, {"web"}});
    const bool failed = files.failed();
    files.fail(0, 0);
    must(must(open()).verify());
    const auto members = must(must(open()).team("web")).members;
    EXPECT_EQ(std::ranges::count(members, name), open_with(factors) ? 1 : 0) << nth;
    EXPECT_TRUE(!added || open_with(factors)) << nth;
    if (!failed) break;
  }
}

// ---- own slots --------------------------------------------------------------------------------------------------------

TEST_F(Roles, AReaderChangesItsOwnSlotsAndEverybodyCarriesOn) {
  Vault ci = must(open_with(web_ci()));
  Vault ci_elsewhere = must(open_with(web_ci()));
  const SlotView added = must(ci.add_slot({"backup", {passphrase("backup")}}));
  EXPECT_EQ(added.identity_name, "web-ci");
  EXPECT_EQ(added.role, Role::reader);
  must(ci.change_slot("web-ci", {key_file("web-key-2")}));
  EXPECT_CODE(open_with(web_ci()), wrong_key);
  EXPECT_EQ(token(must(open_with({key_file("web-key-2")})), "key-of-web"), "token of web");
  EXPECT_EQ(token(ci_elsewhere, "key-of-web"), "token of web");
  EXPECT_EQ(must(ci_elsewhere.slots()).size(), 4U);
  must(vault.add(entry("after", "token 2")));
  EXPECT_EQ(must(vault.slots()).size(), 4U);
  must(ci_elsewhere.remove_slot("backup"));
  EXPECT_CODE(open_with({passphrase("backup")}), wrong_key);
  must(vault.change_slot("first", {key_file("first-2")}));
  must(vault.verify());
  must(ci.verify());
  EXPECT_EQ(must(must(open_with({key_file("first-2")})).slots()).size(), 3U);
}

TEST_F(Roles, AReaderKeepsAWayIn) { EXPECT_CODE(must(open_with(web_ci())).remove_slot("web-ci"), limit); }

TEST_F(Roles, AReadersSlotChangeMakesNoCommit) {
  const std::uint64_t before = must(vault.status()).head_sequence;
  must(must(open_with(web_ci())).add_slot({"backup", {key_file("backup")}}));
  EXPECT_EQ(must(vault.status()).head_sequence, before);
  EXPECT_EQ(header().body.sequence, 3U);
}

// ---- taken out --------------------------------------------------------------------------------------------------------

TEST_F(Roles, WithItsLastSlotAnIdentityIsRemoved) {
  must(must(open_with(web_ci())).add_slot({"backup", {key_file("backup")}}));
  const SlotView first = must(vault.remove_slot("web-ci"));
  EXPECT_FALSE(first.last);
  EXPECT_EQ(first.identity_name, "web-ci");
  EXPECT_EQ(token(must(open_with({key_file("backup")})), "key-of-web"), "token of web");
  const std::uint64_t head = must(vault.status()).head_sequence;
  const SlotView second = must(vault.remove_slot("backup"));
  EXPECT_TRUE(second.last);
  EXPECT_EQ(second.role, Role::reader);
  EXPECT_CODE(open_with({key_file("backup")}), wrong_key);
  EXPECT_EQ(must(vault.team("web")).members, std::vector<std::string>{"root"});
  const HeaderBody body = header().body;
  EXPECT_TRUE(body.roster.rows.back().closed);
  EXPECT_EQ(body.roster.rows.back().to, head);
  EXPECT_EQ(body.vault_key_grants.size(), 2U);
  must(vault.verify());
  must(must(open_with(eyes())).verify());
}

TEST_F(Roles, ARemovedIdentityIsToldSoWhereItIsOpen) {
  Vault reading = must(open_with(web_ci()));
  Vault writing = must(open_with(web_ci()));
  Vault listing = must(open_with(web_ci()));
  must(vault.remove_slot("web-ci"));
  auto got = reading.get(label("key-of-web"));
  EXPECT_CODE(got, denied);
  EXPECT_NE(got.error().message.find("was removed"), std::string::npos) << got.error().message;
  EXPECT_CODE(reading.list(), denied);
  EXPECT_CODE(reading.verify(), denied);
  EXPECT_CODE(writing.add_slot({"more", {key_file("more")}}), denied);
  EXPECT_CODE(writing.get(label("key-of-web")), denied);
  EXPECT_CODE(listing.slots(), denied);
}

TEST_F(Roles, ARekeyKeepsReadersAndLeavesOutWhoWasRemoved) {
  must(vault.add_identity({{"gone", {key_file("gone")}}, Role::reader, {"web"}}));
  Vault ci = must(open_with(web_ci()));
  Vault gone = must(open_with({key_file("gone")}));
  must(vault.remove_slot("gone"));
  must(vault.rekey());
  EXPECT_CODE(gone.get(label("key-of-web")), denied);
  EXPECT_EQ(token(ci, "key-of-web"), "token of web");
  EXPECT_EQ(token(must(open_with(web_ci())), "key-of-web"), "token of web");
  EXPECT_CODE(must(open_with(web_ci())).get(label("key-of-mail")), denied);
  EXPECT_EQ(must(must(open_with(eyes())).list()).size(), 3U);
  EXPECT_EQ(must(vault.team("web")).members, (std::vector<std::string>{"root", "web-ci"}));
  must(vault.verify());
}

TEST_F(Roles, ARemovedNameMayBeUsedAgain) {
  must(vault.remove_slot("web-ci"));
  must(vault.add_identity({{"web-ci", {key_file("another")}}, Role::metadata, {}}));
  EXPECT_CODE(must(open_with({key_file("another")})).get(label("key-of-web")), denied);
  EXPECT_CODE(open_with(web_ci()), wrong_key);
}

TEST_F(Roles, TheAdminsLastSlotStays) {
  EXPECT_CODE(vault.remove_slot("first"), limit);
  must(vault.remove_slot("eyes"));
  must(vault.remove_slot("web-ci"));
  EXPECT_CODE(vault.remove_slot("first"), limit);
}

// ---- forged by one who has keys of his own ----------------------------------------------------------------------------

class Insiders : public Roles {
 protected:
  Change harmless() {
    Change change;
    change.operation = "add";
    return change;
  }
  IdentityKeys stranger() { return {IdentitySeed{SecretBuffer(32)}, header().body.vault}; }

  // The body signed by `author`, the header under a right MAC, one sequence further.
  void put_body(Header forged, const IdentityKeys& author, const Unlocked& insider) {
    forged.body_bytes = encode(forged.body);
    forged.author = author.signing();
    forged.body_signature = author.sign(SignedType::body, forged.body.vault, forged.body_bytes);
    ++forged.sequence;
    put_header(vault_dir(), std::move(forged), insider);
  }
};

TEST_F(Insiders, ACommitByAReaderIsCorrupt) {
  const Unlocked ci = insider(vault_dir(), web_ci());
  put_commit(vault_dir(), ci, ci.keys, harmless());
  expect_corrupt_for_all();
}

TEST_F(Insiders, ACommitByAMetadataIdentityIsCorrupt) {
  const Unlocked other = insider(vault_dir(), eyes());
  put_commit(vault_dir(), other, other.keys, harmless());
  expect_corrupt_for_all();
}

TEST_F(Insiders, ACommitByAStrangerIsCorrupt) {
  put_commit(vault_dir(), insider(vault_dir(), web_ci()), stranger(), harmless());
  expect_corrupt_for_all();
}

TEST_F(Insiders, AnExtraGrantUnderAReadersCommitIsCorrupt) {
  const Unlocked ci = insider(vault_dir(), web_ci());
  const VaultId id = header().body.vault;
  Change change = harmless();
  {
    RecordStore store = must(RecordStore::open(vault_dir() / "store-1.db", store_key(ci.vault_key, id)));
    ReadView view = must(store.read(header()));
    Item item = *must(view.tree().find_current(RecordKind::team, named_key(id, RecordKind::team, "web")));
    TeamRecord team = must(view.team(item));
    auto mine = std::ranges::find(team.grants, ci.identity, &TeamGrant::identity);
    auto key = open_grant(ci.keys, id, {GrantKind::team_key, team.id, 1}, mine->grant);
    const Unlocked eyes_too = insider(vault_dir(), eyes());
    team.grants.push_back({eyes_too.identity, 1,
                           must(seal_grant(eyes_too.keys.sealing(), id, {GrantKind::team_key, team.id, 1},
                                           key.value().expose(), random))});
    team.parent = item.value;
    change.records.push_back({item.id, false, encode(team)});
    item.value = record_hash(change.records.back().bytes, id);
    change.items.push_back({RecordKind::team, false, item});
  }
  put_commit(vault_dir(), ci, ci.keys, change);
  expect_corrupt_for_all();
}

TEST_F(Insiders, ABodySignedByAReaderIsCorrupt) {
  const Unlocked ci = insider(vault_dir(), web_ci());
  Header forged = header();
  ++forged.body.sequence;
  put_body(forged, ci.keys, ci);
  EXPECT_CODE(open(), corrupt);
  EXPECT_CODE(open_with(web_ci()), corrupt);
  EXPECT_CODE(vault.add(entry("x", "y")), corrupt);
}

TEST_F(Insiders, ARaisedRoleIsCorruptWhoeverSeemsToHaveSigned) {
  const Unlocked ci = insider(vault_dir(), web_ci());
  Header raised = header();
  raised.body.roster.rows.back().role = Role::admin;
  ++raised.body.sequence;
  const Bytes good = file_bytes(vault_dir() / "header");
  put_body(raised, ci.keys, ci);  // by himself, as the admin that he would be
  EXPECT_CODE(open(), corrupt);
  EXPECT_CODE(open_with(web_ci()), corrupt);

  Header unsigned_body = raised;  // under the old signature
  unsigned_body.body_bytes = encode(raised.body);
  ++unsigned_body.sequence;
  put_header(vault_dir(), unsigned_body, ci);
  EXPECT_CODE(open(), corrupt);
  EXPECT_CODE(open_with(web_ci()), corrupt);

  raised.body.roster.admin_signature =  // and with an admin list of his own
      ci.keys.sign(SignedType::admin_list, raised.body.vault, encode_admin_list(raised.body.roster));
  put_body(raised, ci.keys, ci);
  EXPECT_CODE(open(), corrupt);
  EXPECT_CODE(open_with(web_ci()), corrupt);
  put_file(vault_dir() / "header", good);
  put_file(vault_dir() / "header.2", good);
  EXPECT_TRUE(open());
}

TEST_F(Insiders, AnOlderBodyInThePresentHeaderIsCorrupt) {
  const Header older = header();
  const Unlocked ci = insider(vault_dir(), web_ci());
  must(vault.add_slot({"second", {key_file("second")}}));
  Header forged = header();
  forged.body = older.body;
  forged.body_bytes = older.body_bytes;
  forged.body_signature = older.body_signature;
  ++forged.sequence;
  const Bytes without_mac = encode(forged);
  put_header(vault_dir(), Bytes(without_mac.begin(), without_mac.end() - sizeof(Digest)));
  EXPECT_CODE(open(), corrupt);
  EXPECT_CODE(open_with(web_ci()), corrupt);
  put_header(vault_dir(), forged, ci);
  EXPECT_CODE(open(), corrupt);
  EXPECT_CODE(open_with(web_ci()), corrupt);
  EXPECT_CODE(vault.add(entry("x", "y")), corrupt);
}

TEST_F(Insiders, AnOlderSlotInThePresentHeaderIsCorrupt) {
  const Header older = header();
  must(must(open_with(web_ci())).change_slot("web-ci", {key_file("web-key-2")}));
  Header forged = header();
  forged.slots[2] = older.slots[2];
  const Bytes bytes = encode(forged);
  put_header(vault_dir(), Bytes(bytes.begin(), bytes.end() - sizeof(Digest)));
  EXPECT_CODE(open_with(web_ci()), corrupt);
  EXPECT_CODE(open(), corrupt);
}

// With his own seed in a slot that claims to be the admin's he is nobody.
TEST_F(Insiders, ASlotInAnAdminsNameIsCorrupt) {
  const Unlocked ci = insider(vault_dir(), web_ci());
  Header forged = header();
  const SlotPayload payload{{SecretBuffer::copy(ci.seed.bytes.expose())}, ci.root_admin};
  forged.slots.push_back(must(seal_slot(forged.body.vault, forged.slots[0].identity, ci.keys, payload, "mine",
                                        {key_file("mine")}, 2, must(random_id<SlotId>(random)), clock.now(), random)));
  ++forged.sequence;
  put_header(vault_dir(), forged, ci);
  EXPECT_CODE(open_with({key_file("mine")}), corrupt);
  EXPECT_CODE(open(), corrupt);  // its own slots are not all signed by it
}

TEST_F(Insiders, ARemovedIdentityThatPutsItsSlotBackIsCorrupt) {
  const Unlocked ci = insider(vault_dir(), web_ci());
  const Slot slot = header().slots[2];
  must(vault.remove_slot("web-ci"));
  Header forged = header();
  forged.slots.push_back(slot);
  ++forged.sequence;
  put_header(vault_dir(), forged, ci);
  EXPECT_CODE(open_with(web_ci()), corrupt);
}

// A second admin, added and closed by the root: his key signs nothing after that, and nothing else before.
class FormerAdmin : public Insiders {
 protected:
  FormerAdmin() : root(insider(vault_dir(), {key_file()})) {
    before_close = file_bytes(vault_dir() / "store-1.db");
    must(vault.add(entry("last", "token")));
    Header next = header();
    HeaderBody& body = next.body;
    IdentityId id;
    id.bytes.fill(std::byte{0x33});
    const VaultStatus status = must(vault.status());
    body.roster.rows.push_back(
        {id, former.signing(), former.sealing(), Role::admin, 1, true, status.head_sequence, status.head_hash});
    ++body.roster.list_sequence;
    body.roster.admin_signature = root.keys.sign(SignedType::admin_list, body.vault, encode_admin_list(body.roster));
    ++body.sequence;
    put_body(next, root.keys, root);
    must(must(open()).verify());
  }

  IdentityKeys former{IdentitySeed{SecretBuffer(32)}, header().body.vault};
  Unlocked root;
  Bytes before_close;
};

TEST_F(FormerAdmin, ACommitByAClosedKeyIsCorrupt) {
  put_commit(vault_dir(), root, former, harmless());
  expect_corrupt_for_all();
}

TEST_F(FormerAdmin, AForkByAClosedKeyIsRefused) {
  put_file(vault_dir() / "store-1.db", before_close);
  Header then = header();  // as it was: his key open, and no head named
  {
    HeaderBody body = then.body;
    body.roster.rows.back().closed = false;
    body.roster.rows.back().to = 0;
    body.roster.rows.back().to_hash = {};
    body.head_sequence = 0;
    body.head_hash = {};
    then.body = body;
    then.body_bytes = encode(body);
    RecordStore store =
        must(RecordStore::open(vault_dir() / "store-1.db", store_key(root.vault_key, header().body.vault)));
    must(store.write(then, {former, clock.now()}, [&](ReadView&) -> Result<Change> { return harmless(); }));
  }
  EXPECT_CODE(open(), corrupt);
  EXPECT_CODE(open_with(web_ci()), corrupt);
}

}  // namespace
}  // namespace vault

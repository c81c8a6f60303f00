// The first inputs of the fuzzers are real encodings. With VAULT_WRITE_CORPUS set this writes them, else it checks that they are still
// what the code reads: a format that changed leaves its old corpus behind unnoticed.
#include <cstdlib>
#include <fstream>

#include "tests/support/headers.hpp"
#include "vault/base/writer.hpp"
#include "vault/keyslot/recovery_code.hpp"
#include "vault/store/commit.hpp"
#include "vault/store/record.hpp"

namespace vault {
namespace {

class Corpus : public HeaderWorld {
 protected:
  static fs::path folder(const std::string& target) {
    return fs::path(VAULT_SOURCE_DIR) / "tests/fuzz/corpus" / target;
  }

  // Writes the file, or checks it with `decodes`.
  void seed(const std::string& target, const std::string& name, const Bytes& bytes,
            const std::function<bool(ByteView)>& decodes) {
    const fs::path path = folder(target) / name;
    EXPECT_TRUE(decodes(bytes)) << name;
    if (std::getenv("VAULT_WRITE_CORPUS") != nullptr) {
      fs::create_directories(path.parent_path());
      std::ofstream(path, std::ios::binary) << as_text(bytes);
      return;
    }
    auto stored = read_file(files, path, 1 << 20);
    ASSERT_TRUE(stored) << path << ": run this test with VAULT_WRITE_CORPUS=1";
    EXPECT_TRUE(decodes(*stored)) << path << ": run this test with VAULT_WRITE_CORPUS=1";
  }
  template <class IdType>
  IdType id() {
    return must(random_id<IdType>(random));
  }
  Digest digest() {
    Digest out{};
    must(random.fill(out));
    return out;
  }
};

TEST_F(Corpus, Header) {
  auto decodes = [](ByteView bytes) { return static_cast<bool>(decode_header(bytes)); };
  seed("header", "three_slots", bytes(), decodes);
  Header one = header();
  one.slots.resize(1);
  seed("header", "one_slot", encode(one), decodes);
  one.slots.clear();
  HeaderBody& body = one.body;
  body.vault_key_grants.clear();
  body.admin_grants.clear();
  body.roster.rows[0].closed = true;
  body.successions.push_back({});
  one.body_bytes = encode(body);
  seed("header", "no_slot", encode(one), decodes);
}

TEST_F(Corpus, KeyFile) {
  key_file("corpus");
  const Bytes whole = must(read_file(files, dir() / "corpus", 100));
  auto decodes = [](ByteView text) { return static_cast<bool>(KeyFileFactor::parse(text)); };
  seed("key_file", "whole", whole, decodes);
  seed("key_file", "no_newline", Bytes(whole.begin(), whole.end() - 1), decodes);
}

TEST_F(Corpus, RecoveryCode) {
  const SecretBuffer shown = must(RecoveryCodeFactor::create(random))->text();
  auto decodes = [](ByteView text) { return static_cast<bool>(RecoveryCodeFactor::parse(text)); };
  seed("recovery_code", "shown", Bytes(shown.expose().begin(), shown.expose().end()), decodes);
  std::string typed = " " + text_of(shown) + " ";
  std::ranges::replace(typed, '-', ' ');
  std::ranges::replace(typed, '1', 'l');
  std::ranges::replace(typed, '0', 'o');
  seed("recovery_code", "typed", Bytes(as_bytes(typed).begin(), as_bytes(typed).end()), decodes);
}

TEST_F(Corpus, Entry) {
  auto decodes = [](ByteView bytes) { return decode_entry(bytes).has_value(); };
  EntryRecord entry{id<EntryId>(), label("web/stripe-live")};
  entry.issuer = "101domain";
  entry.account = "default";
  seed("record", "entry_small", encode(entry), decodes);
  entry.parent = digest();
  entry.note = "rotated by hand";
  entry.attributes = {{"host", "api.example.com"}, {"repo", "web"}};
  entry.former_labels = {label("stripe"), label("web/stripe")};
  for (VersionState state : {VersionState::active, VersionState::retiring, VersionState::revoked}) {
    VersionEntry version;
    version.id = id<VersionId>();
    version.life.state = state;
    version.digest = digest();
    entry.versions.push_back(version);
  }
  entry.active = entry.versions[0].id;
  seed("record", "entry", encode(entry), decodes);
}

TEST_F(Corpus, Version) {
  VersionRecord version;
  version.id = id<VersionId>();
  version.scopes = must(ScopeSet::make({"dns:read", "dns:write"}));
  version.issued_at = version.stored_at = clock.now();
  version.period = "90d";
  version.minted_by = "anna";
  version.hint = "tok_...1234";
  version.fingerprint = digest();
  version.fields = {{"token", true, 1, digest()}, {"user", false, 0, digest()}};
  seed("record", "version", encode(version), [](ByteView bytes) { return decode_version(bytes).has_value(); });
  seed("record", "values", encode_field_values({Bytes(80), Bytes(3)}),
       [](ByteView bytes) { return decode_field_values(bytes).has_value(); });
}

TEST_F(Corpus, OtherRecords) {
  TeamRecord team{id<TeamId>(), "default", {}, clock.now(), 1, {{id<IdentityId>(), 1, {}}}};
  seed("record", "team", encode(team), [](ByteView bytes) { return decode_team(bytes).has_value(); });
  AccountRecord account{id<ObjectId>(), "101domain", "default", {}, clock.now(), "anna", "note"};
  seed("record", "account", encode(account), [](ByteView bytes) { return decode_account(bytes).has_value(); });
  IssuerRecord issuer{id<ObjectId>(), "generic", {}, clock.now(), "{}"};
  seed("record", "issuer", encode(issuer), [](ByteView bytes) { return decode_issuer(bytes).has_value(); });
  IdentityRecord identity{id<IdentityId>(), "root", {}, clock.now(), ""};
  seed("record", "identity", encode(identity), [](ByteView bytes) { return decode_identity(bytes).has_value(); });
  PolicyRecord policy{id<ObjectId>(), "audit", {}, clock.now(), "off"};
  seed("record", "policy", encode(policy), [](ByteView bytes) { return decode_policy(bytes).has_value(); });
}

TEST_F(Corpus, CommitAndDelta) {
  Commit commit;
  commit.vault = id<VaultId>();
  commit.time = clock.now();
  commit.operation = "add";
  commit.subtrees[RecordKind::entry] = {digest(), 10};
  commit.subtrees[RecordKind::team] = {digest(), 1};
  seed("record", "commit", encode(commit), [](ByteView bytes) { return static_cast<bool>(decode_commit(bytes)); });
  Writer delta;
  for (bool remove : {false, true}) {
    encode(delta, ItemChange{RecordKind::entry, remove, {digest(), id<EntryId>().bytes, ItemStatus::live, digest()}});
  }
  seed("delta", "two_items", delta.take(), [](ByteView bytes) { return decode_delta(bytes).has_value(); });
}

}  // namespace
}  // namespace vault

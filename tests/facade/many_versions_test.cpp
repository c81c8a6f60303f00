#include "tests/support/signed_change.hpp"
#include "vault/base/limits.hpp"

namespace vault {
namespace {

// An entry with as many versions as one may have. No verb makes a second one yet, so they come in by the store's own door.
class ManyVersions : public World {
 protected:
  ManyVersions() {
    {
      Vault vault = create();
      must(vault.add(entry("alpha", "token 1")));
    }
    SignedChange store(vault_dir(), {key_file()});
    store.write([&](ReadView& view, Change& change) {
      const Item item = store.current(view, "alpha");
      EntryRecord record = must(view.entry(item));
      const TeamKey key = store.team_key(view, "default");
      while (record.versions.size() < limits::versions) add_version(store.vault(), key, record, change);
      store.put(change, item, record);
    });
  }

  void add_version(const VaultId& vault, const TeamKey& key, EntryRecord& record, Change& change) {
    const std::string token = "token " + std::to_string(record.versions.size() + 1);
    VersionRecord version;
    version.id = must(random_id<VersionId>(random));
    version.entry = record.id;
    StoredField field{"token", true, 1, {}};
    const Bytes aad = field_aad(vault, record.id, version.id, "token", record.team, 1);
    const Bytes sealed = must(wrap_secret(key.bytes.expose(), aad, as_bytes(token), random));
    field.digest = field_digest(field, sealed, vault);
    version.fields.push_back(field);
    VersionWrite write{version.id, encode(version), encode_field_values({sealed})};
    record.versions.push_back({version.id, {}, false, version_digest(write.version, vault)});
    record.active = version.id;
    change.versions.push_back(std::move(write));
  }

  void expect_token(Vault& vault, std::uint32_t version) {
    auto value = vault.get(label("alpha"), {"", version, {}, false});
    ASSERT_TRUE(value) << value.error().message;
    EXPECT_EQ(text_of(value->bytes), "token " + std::to_string(version));
  }
};

TEST_F(ManyVersions, AnEntryOf1000VersionsTakesEveryVerb) {
  Vault vault = must(open());
  EXPECT_EQ(text_of(must(vault.get(label("alpha"))).bytes), "token 1000");
  EXPECT_EQ(must(vault.show(label("alpha"))).versions.size(), 1000U);
  for (std::uint32_t version : {1U, 2U, 999U, 1000U}) expect_token(vault, version);
  must(vault.edit(label("alpha"), {.team = "web"}));
  for (std::uint32_t version : {1U, 500U, 1000U}) expect_token(vault, version);
  must(vault.move(label("alpha"), label("omega")));
  must(vault.remove(label("alpha")));
  must(vault.undelete(label("alpha")));
  expect_token(vault, 777);
  EXPECT_EQ(must(vault.verify()).fields, 1000U);
  const EntryView destroyed = must(vault.destroy(label("omega")));
  EXPECT_EQ(destroyed.versions.size(), 1000U);
  EXPECT_TRUE(
      std::ranges::all_of(destroyed.versions, [](const VersionView& v) { return v.state == State::destroyed; }));
  EXPECT_EQ(must(vault.verify()).fields, 0U);
  EXPECT_EQ(must(vault.log({.label = label("alpha")})).size(), 7U);
}

// A version that is destroyed already has nothing to seal anew.
TEST_F(ManyVersions, ADestroyedVersionStaysSoThroughAChangeOfTeam) {
  {
    SignedChange store(vault_dir(), {key_file()});
    store.write([&](ReadView& view, Change& change) {
      const Item item = store.current(view, "alpha");
      EntryRecord record = must(view.entry(item));
      VersionEntry& listed = record.versions.at(41);
      const VersionRecord version = must(view.version(record, listed));
      listed.life.destroyed = true;
      change.versions.push_back({version.id, encode(version), encode_field_values({Bytes{}}), false});
      store.put(change, item, record);
    });
  }
  Vault vault = must(open());
  must(vault.edit(label("alpha"), {.team = "web"}));
  EXPECT_CODE(vault.get(label("alpha"), {"", 42, {}, false}), inactive);
  expect_token(vault, 43);
  EXPECT_EQ(must(vault.verify()).fields, 999U);
  must(vault.destroy(label("alpha")));
  must(vault.verify());
}

}  // namespace
}  // namespace vault

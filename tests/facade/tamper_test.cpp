#include "tests/support/tamper.hpp"

#include <set>

namespace vault {
namespace {

// A vault of three entries, on which every kind of damage is tried. Whatever was done, an answer is exactly right or an error that says so:
// never other bytes, never "no such entry".
class Tamper : public World {
 protected:
  Tamper() {
    Vault vault = create();
    for (const auto& [name, token] : tokens()) must(vault.add(entry(name, token)));
  }

  static const std::map<std::string, std::string>& tokens() {
    static const std::map<std::string, std::string> all{
        {"alpha", "token of alpha"}, {"beta", "token of beta"}, {"gamma", "token of gamma"}};
    return all;
  }

  fs::path store() const { return vault_dir() / "store-1.db"; }
  OpenedStore opened_store() { return {vault_dir(), {key_file()}}; }

  static bool is_refusal(Errc code) {
    return code == Errc::corrupt || code == Errc::unsupported || code == Errc::wrong_key || code == Errc::stale;
  }

  // True when everything was answered, and rightly.
  bool right_or_refused() {
    auto vault = open();
    if (!vault) {
      EXPECT_TRUE(is_refusal(vault.error().code)) << static_cast<int>(vault.error().code) << vault.error().message;
      return false;
    }
    bool right = true;
    for (const auto& [name, token] : tokens()) {
      auto value = vault->get(label(name));
      if (value) {
        EXPECT_EQ(text_of(value->bytes), token);
      } else {
        EXPECT_TRUE(is_refusal(value.error().code))
            << name << ": " << static_cast<int>(value.error().code) << value.error().message;
        right = false;
      }
    }
    auto list = vault->list();
    if (list) {
      EXPECT_EQ(list->size(), tokens().size());
    } else {
      EXPECT_TRUE(is_refusal(list.error().code)) << static_cast<int>(list.error().code) << list.error().message;
      right = false;
    }
    return right;
  }

  Errc verify_code() {
    auto vault = open();
    if (!vault) return vault.error().code;
    auto report = vault->verify();
    return report ? Errc{0} : report.error().code;
  }

  // Damage of the store by one SQL statement: answers are right or refused, and `verify` finds it.
  void expect_found(const std::string& sql) {
    SCOPED_TRACE(sql);
    const Bytes before = file_bytes(store());
    {
      OpenedStore damaged = opened_store();
      damaged.run(sql);
      ASSERT_GT(damaged.database().changes(), 0);
    }
    right_or_refused();
    const Errc found = verify_code();  // a head whose layout number was changed reads as one of a newer version
    EXPECT_TRUE(found == Errc::corrupt || found == Errc::unsupported) << name(found);
    put_file(store(), before);
  }

  std::vector<std::int64_t> ids(OpenedStore& open, const char* sql) {
    std::vector<std::int64_t> out;
    Statement query = must(open.database().statement(sql));
    while (must(query.step())) out.push_back(query.number(0));
    return out;
  }
  std::vector<std::int64_t> ids(const char* sql) {
    OpenedStore open = opened_store();
    return ids(open, sql);
  }
};

// ---- bytes of the header ----------------------------------------------------------------------------------------------

TEST_F(Tamper, EveryFlippedBitOfTheHeaderIsHealedByItsCopy) {
  const Bytes good = file_bytes(vault_dir() / "header");
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= std::byte(1 << i % 8);
    put_file(vault_dir() / "header", bad);
    auto vault = open();
    ASSERT_TRUE(vault) << "byte " << i << ": " << vault.error().message;
    EXPECT_TRUE(must(vault->status()).header_from_copy);
  }
}

TEST_F(Tamper, EveryFlippedBitOfHeaderAndCopyIsCorrupt) {
  const Bytes good = file_bytes(vault_dir() / "header");
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= std::byte(1 << i % 8);
    put_file(vault_dir() / "header", bad);
    put_file(vault_dir() / "header.2", bad);
    ASSERT_EQ(code_of(open()), static_cast<int>(Errc::corrupt)) << "byte " << i;
  }
}

TEST_F(Tamper, EveryFlippedBitOfTheHeaderIsRefusedThoughItsChecksumWasRepaired) {
  const Bytes good = file_bytes(vault_dir() / "header");
  for (std::size_t i = 0; i < good.size() - sizeof(Digest); ++i) {
    Bytes bad(good.begin(), good.end() - sizeof(Digest));
    bad[i] ^= std::byte(1 << i % 8);
    put_header(vault_dir(), bad);
    auto vault = open();
    ASSERT_FALSE(vault) << "byte " << i;
    EXPECT_TRUE(is_refusal(vault.error().code)) << "byte " << i << ": " << vault.error().message;
  }
}

TEST_F(Tamper, ACutHeaderIsCorruptAtEveryLength) {
  const Bytes good = file_bytes(vault_dir() / "header");
  fs::remove(vault_dir() / "header.2");
  for (std::size_t size = 0; size < good.size(); size += 7) {
    put_file(vault_dir() / "header", ByteView(good).first(size));
    ASSERT_EQ(code_of(open()), static_cast<int>(Errc::corrupt)) << size << " bytes";
  }
}

TEST_F(Tamper, ALongerHeaderIsCorrupt) {
  Bytes longer = file_bytes(vault_dir() / "header");
  longer.push_back(std::byte{0});
  put_file(vault_dir() / "header", longer);
  put_file(vault_dir() / "header.2", longer);
  EXPECT_CODE(open(), corrupt);
}

TEST_F(Tamper, AMissingHeaderIsReplacedByItsCopy) {
  fs::remove(vault_dir() / "header");
  EXPECT_TRUE(right_or_refused());
}

TEST_F(Tamper, WithoutBothHeadersThereIsNoVault) {
  fs::remove(vault_dir() / "header");
  fs::remove(vault_dir() / "header.2");
  EXPECT_CODE(open(), no_vault);
}

// ---- bytes of the store -----------------------------------------------------------------------------------------------

TEST_F(Tamper, AFlippedBitOfTheStoreGivesTheRightDataOrARefusal) {
  const Bytes good = file_bytes(store());
  std::size_t refused = 0;
  constexpr std::size_t kStride = 13;  // no common divisor with the page size: places differ from page to page
  for (std::size_t i = 0; i < good.size(); i += kStride) {
    Bytes bad = good;
    bad[i] ^= std::byte(1 << i % 8);
    put_file(store(), bad);
    refused += right_or_refused() ? 0 : 1;
    if (HasFailure()) FAIL() << "at byte " << i << " of " << good.size();
  }
  EXPECT_GT(refused, 0U);
}

TEST_F(Tamper, AStoreCutAtAnyPageIsRefused) {
  const Bytes good = file_bytes(store());
  for (std::size_t size = 0; size < good.size(); size += 4096) {
    put_file(store(), ByteView(good).first(size));
    EXPECT_EQ(verify_code(), Errc::corrupt) << size << " bytes";
    right_or_refused();
  }
}

TEST_F(Tamper, AStoreCutInsideAPageIsRefused) {
  const Bytes good = file_bytes(store());
  for (std::size_t size : {std::size_t{1}, std::size_t{15}, std::size_t{512}, good.size() / 2 + 100,
                           good.size() - 28}) {  // the last 12 bytes of a page are padding, 20 before them its HMAC
    put_file(store(), ByteView(good).first(size));
    EXPECT_EQ(verify_code(), Errc::corrupt) << size << " bytes";
    right_or_refused();
  }
}

TEST_F(Tamper, AMissingStoreIsCorrupt) {
  fs::remove(store());
  EXPECT_CODE(open(), corrupt);
  EXPECT_FALSE(fs::exists(store()));
}

TEST_F(Tamper, AnOldPageInTheStoreIsNeverBelieved) {
  const Bytes old = file_bytes(store());
  {
    Vault vault = must(open());
    must(vault.add(entry("delta", "token of delta")));
  }
  const Bytes now = file_bytes(store());
  for (std::size_t page = 0; page + 4096 <= old.size(); page += 4096) {
    if (std::equal(old.begin() + page, old.begin() + page + 4096, now.begin() + page)) continue;
    Bytes mixed = now;
    std::copy_n(old.begin() + page, 4096, mixed.begin() + page);
    put_file(store(), mixed);
    auto vault = open();
    if (!vault) {
      EXPECT_TRUE(is_refusal(vault.error().code)) << "page " << page / 4096 << ": " << vault.error().message;
      continue;
    }
    auto value = vault->get(label("delta"));
    if (value) {
      EXPECT_EQ(text_of(value->bytes), "token of delta");
    } else {
      EXPECT_TRUE(is_refusal(value.error().code)) << "page " << page / 4096 << ": " << value.error().message;
    }
    // Page 0 is the schema, which did not change.
    EXPECT_EQ(verify_code(), page == 0 ? Errc{0} : Errc::corrupt) << "page " << page / 4096;
  }
}

// ---- rows, by somebody who has the vault key --------------------------------------------------------------------------

constexpr const char* kTables[] = {"commits", "deltas", "nodes", "buckets", "records", "versions"};
std::string id_column(std::string_view table) { return table == "commits" ? "sequence" : "id"; }

TEST_F(Tamper, EveryRemovedRowIsFound) {
  for (std::string table : kTables) {
    for (std::int64_t id : ids(("SELECT " + id_column(table) + " FROM " + table).c_str())) {
      expect_found("DELETE FROM " + table + " WHERE " + id_column(table) + " = " + std::to_string(id));
    }
  }
}

TEST_F(Tamper, EveryRowWithOneOtherByteIsFound) {
  for (std::string table : kTables) {
    const std::string column = table == "versions" ? "version" : "bytes";
    for (std::int64_t id : ids(("SELECT " + id_column(table) + " FROM " + table).c_str())) {
      // 0xee and the rest of the row, in place of the row
      expect_found("UPDATE " + table + " SET " + column + " = CAST(x'ee' || substr(" + column + ", 2) AS BLOB) WHERE " +
                   id_column(table) + " = " + std::to_string(id));
    }
  }
}

TEST_F(Tamper, EveryEmptiedRowIsFound) {
  for (std::string table : kTables) {
    const std::string column = table == "versions" ? "fields" : "bytes";
    for (std::int64_t id : ids(("SELECT " + id_column(table) + " FROM " + table).c_str())) {
      expect_found("UPDATE " + table + " SET " + column + " = x'' WHERE " + id_column(table) + " = " +
                   std::to_string(id));
    }
  }
}

TEST_F(Tamper, EveryRowInTheNextOnesPlaceIsFound) {
  for (std::string table : kTables) {
    const std::string column = table == "versions" ? "fields" : "bytes";
    const auto all = ids(("SELECT " + id_column(table) + " FROM " + table).c_str());
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string from = std::to_string(all[(i + 1) % all.size()]);
      expect_found("UPDATE " + table + " SET " + column + " = (SELECT " + column + " FROM " + table + " WHERE " +
                   id_column(table) + " = " + from + ") WHERE " + id_column(table) + " = " + std::to_string(all[i]));
    }
  }
}

TEST_F(Tamper, AForgedSignatureIsFound) {
  for (std::int64_t sequence : ids("SELECT sequence FROM commits")) {
    expect_found("UPDATE commits SET signature = zeroblob(64) WHERE sequence = " + std::to_string(sequence));
  }
}

TEST_F(Tamper, AVersionThatPosesAsAnothersIsFound) {
  std::vector<std::int64_t> versions = ids("SELECT id FROM versions");
  for (std::int64_t other : {versions.at(1), versions.at(2)}) {
    expect_found("UPDATE versions SET version = (SELECT version FROM versions WHERE id = " + std::to_string(other) +
                 "), fields = (SELECT fields FROM versions WHERE id = " + std::to_string(other) +
                 ") WHERE id = " + std::to_string(versions.at(0)));
  }
}

TEST_F(Tamper, ARowTooManyIsFoundByVerify) {
  for (const char* sql :
       {"INSERT INTO commits SELECT sequence + 1, bytes, signature FROM commits ORDER BY sequence DESC LIMIT 1",
        "INSERT INTO commits SELECT 0, bytes, signature FROM commits WHERE sequence = 1",
        "INSERT INTO commits SELECT -1, bytes, signature FROM commits WHERE sequence = 1",
        "INSERT INTO deltas VALUES (0, x'00')", "INSERT INTO deltas VALUES (-1, x'00')",
        "INSERT INTO deltas VALUES (9223372036854775807, x'00')",
        "INSERT INTO deltas SELECT id + 1, bytes FROM deltas WHERE id = (1 << 20)",
        "INSERT INTO nodes SELECT id + 77, bytes FROM nodes LIMIT 1",
        "INSERT INTO buckets SELECT id + 77, bytes FROM buckets LIMIT 1",
        "INSERT INTO records SELECT id + 1, bytes FROM records LIMIT 1",
        "INSERT INTO versions SELECT id + 1, version, fields FROM versions LIMIT 1"}) {
    expect_found(sql);
  }
}

TEST_F(Tamper, AMissingTableIsFound) {
  for (std::string table : kTables) {
    const Bytes before = file_bytes(store());
    opened_store().run("DROP TABLE " + table);
    right_or_refused();
    EXPECT_EQ(verify_code(), Errc::corrupt) << table;
    put_file(store(), before);
  }
}

TEST_F(Tamper, AnEntryWithoutItsRecordIsCorruptAndNotUnknown) {
  const EntryId id = must(must(open()).show(label("alpha"))).id;
  opened_store().run("DELETE FROM records WHERE id = " + std::to_string(row_of(id.bytes)));
  Vault vault = must(open());
  EXPECT_CODE(vault.get(label("alpha")), corrupt);
  EXPECT_CODE(vault.list(), corrupt);
  EXPECT_EQ(text_of(must(vault.get(label("beta"))).bytes), "token of beta");
}

TEST_F(Tamper, AnEntryWithoutItsBucketIsCorruptAndNotUnknown) {
  OpenedStore(vault_dir(), {key_file()})
      .run("DELETE FROM buckets WHERE id = " +
           std::to_string(entry_bucket_row(header_of(vault_dir()).body.vault, "alpha")));
  Vault vault = must(open());
  EXPECT_CODE(vault.get(label("alpha")), corrupt);
  EXPECT_CODE(vault.add(entry("alpha", "another")), corrupt);
}

TEST_F(Tamper, AnEntryWithoutOneOfItsNodesIsCorruptAndNotUnknown) {
  for (int level = 0; level < 3; ++level) {
    const Bytes before = file_bytes(store());
    const std::int64_t row = entry_node_row(header_of(vault_dir()).body.vault, "alpha", level);
    opened_store().run("DELETE FROM nodes WHERE id = " + std::to_string(row));
    EXPECT_CODE(must(open()).get(label("alpha")), corrupt) << level;
    put_file(store(), before);
  }
}

TEST_F(Tamper, AnOlderNodeHidesNothing) {
  const std::int64_t root = entry_node_row(header_of(vault_dir()).body.vault, "alpha", 0);
  opened_store().run("CREATE TABLE kept AS SELECT * FROM nodes WHERE id = " + std::to_string(root));
  must(must(open()).add(entry("delta", "token of delta")));
  opened_store().run("INSERT OR REPLACE INTO nodes SELECT * FROM kept");
  EXPECT_CODE(must(open()).get(label("delta")), corrupt);
  EXPECT_CODE(must(open()).list(), corrupt);
}

TEST_F(Tamper, AnOlderHeadAloneIsRefused) {
  opened_store().run("DELETE FROM commits WHERE sequence = (SELECT max(sequence) FROM commits)");
  EXPECT_FALSE(right_or_refused());
  EXPECT_EQ(verify_code(), Errc::corrupt);
}

TEST_F(Tamper, WithoutAnyCommitTheStoreIsCorrupt) {
  opened_store().run("DELETE FROM commits");
  EXPECT_CODE(open(), corrupt);
}

TEST_F(Tamper, ARefusedWriteChangesNothing) {
  const std::int64_t root = entry_node_row(header_of(vault_dir()).body.vault, "alpha", 0);
  opened_store().run("DELETE FROM nodes WHERE id = " + std::to_string(root));
  const Bytes before = file_bytes(store());
  EXPECT_CODE(must(open()).add(entry("delta", "token of delta")), corrupt);
  EXPECT_EQ(file_bytes(store()), before);
}

// ---- whole files from another time or vault ---------------------------------------------------------------------------

TEST_F(Tamper, AnOldHeaderUnderANewerStoreIsRefused) {
  const Bytes old = file_bytes(vault_dir() / "header");
  must(must(open()).add_slot({"second", {key_file("other")}}));
  put_file(vault_dir() / "header", old);
  put_file(vault_dir() / "header.2", old);
  EXPECT_CODE(open(), corrupt);
}

TEST_F(Tamper, AnOldHeaderAfterARemovedSlotIsRefused) {
  must(must(open()).add_slot({"second", {key_file("other")}}));
  const Bytes old = file_bytes(vault_dir() / "header");
  must(must(open()).remove_slot("second"));
  put_file(vault_dir() / "header", old);
  put_file(vault_dir() / "header.2", old);
  EXPECT_CODE(open_with({key_file("other")}), corrupt);
}

// A slot change signs the header's body anew, with the head of that moment in it.
TEST_F(Tamper, AnOldStoreUnderANewerHeaderIsRefused) {
  const Bytes old = file_bytes(store());
  must(must(open()).add(entry("newer", "token of newer")));
  must(must(open()).add_slot({"second", {key_file("other")}}));
  put_file(store(), old);
  auto vault = open();
  ASSERT_FALSE(vault);
  EXPECT_TRUE(is_refusal(vault.error().code));
}

// An open vault has seen the newest head itself, and can say so without any mark on disk.
TEST_F(Tamper, AnOpenVaultRefusesAnOlderHeadThanItHasSeen) {
  const Bytes old = file_bytes(store());
  Vault vault = must(open());
  must(vault.add(entry("delta", "token of delta")));
  put_file(store(), old);
  EXPECT_CODE(vault.get(label("delta")), stale);
}

TEST_F(Tamper, TheStoreOfAnotherVaultIsRefused) {
  const fs::path other = dir() / "other";
  {
    Vault vault = must(Vault::create(other, {"first", {key_file()}}, platform));
    must(vault.add(entry("alpha", "token of another alpha")));
  }
  const Bytes mine = file_bytes(store());
  put_file(store(), file_bytes(other / "store-1.db"));
  put_file(other / "store-1.db", mine);
  EXPECT_CODE(open(), corrupt);
  EXPECT_CODE(Vault::open(other, {{key_file()}, ""}, platform), corrupt);
}

TEST_F(Tamper, TheHeaderOfAnotherVaultIsRefused) {
  const fs::path other = dir() / "other";
  must(Vault::create(other, {"first", {key_file()}}, platform));
  fs::copy_file(other / "header", vault_dir() / "header", fs::copy_options::overwrite_existing);
  fs::copy_file(other / "header", vault_dir() / "header.2", fs::copy_options::overwrite_existing);
  EXPECT_CODE(open(), corrupt);
}

// An attacker with the vault key can encrypt for the store, but not sign: rows of another vault do not pass under this one's head.
TEST_F(Tamper, RowsOfAnotherVaultAreRefused) {
  const fs::path other = dir() / "other";
  {
    Vault vault = must(Vault::create(other, {"first", {key_file()}}, platform));
    for (const auto& [name, token] : tokens()) must(vault.add(entry(name, "another " + token)));
  }
  OpenedStore theirs(other, {key_file()});
  {
    OpenedStore mine = opened_store();
    mine.run("DELETE FROM commits");
    Statement read = must(theirs.database().statement("SELECT sequence, bytes, signature FROM commits"));
    while (must(read.step())) {
      Statement put = must(mine.database().statement("INSERT INTO commits VALUES (?1, ?2, ?3)"));
      must(put.bind(1, read.number(0)).bind(2, read.bytes(1)).bind(3, read.bytes(2)).run());
    }
  }
  EXPECT_CODE(open(), corrupt);
}

TEST_F(Tamper, AnUndamagedVaultPassesVerify) { EXPECT_EQ(verify_code(), Errc{0}); }

}  // namespace
}  // namespace vault

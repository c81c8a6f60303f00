// What a rollback journal may make SQLite do. It has no MAC: whoever may write to the vault's directory can leave one there.

#include "tests/support/tamper.hpp"
#include "vault/base/writer.hpp"

namespace vault {
namespace {

constexpr std::string_view kMagic = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
constexpr std::size_t kSector = 512;

class JournalTest : public World {
 protected:
  JournalTest() { must(create().add(entry("prod", "tok"))); }

  fs::path store() const { return vault_dir() / "store-1.db"; }
  fs::path journal() const { return vault_dir() / "store-1.db-journal"; }

  // Big-endian, as SQLite writes.
  static void number(Writer& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) out.u8(static_cast<std::uint8_t>(value >> shift));
  }
  // Of a transaction that changed no page.
  Bytes journal_header(std::uint32_t page_size) const {
    Writer out;
    out.raw(as_bytes(kMagic));
    number(out, 0);  // pages
    number(out, 7);  // nonce
    number(out, static_cast<std::uint32_t>(fs::file_size(store()) / 4096));
    number(out, kSector);
    number(out, page_size);
    Bytes header = out.take();
    header.resize(kSector);
    return header;
  }
  Bytes journal_naming(const fs::path& super_journal) const {
    const std::string name = super_journal.string();
    std::uint32_t sum = 0;
    for (char c : name) sum += static_cast<std::uint32_t>(static_cast<signed char>(c));
    Writer out;
    out.raw(journal_header(4096));
    number(out, 0x40000000 / 4096 + 1);
    out.raw(as_bytes(name));
    number(out, static_cast<std::uint32_t>(name.size()));
    number(out, sum);
    return out.raw(as_bytes(kMagic)).take();
  }
  int list_code() { return code_of(open_and_list()); }
  Status open_and_list() {
    auto vault = open();
    if (!vault) return vault.error();
    auto entries = vault->list();
    return entries ? Status{} : entries.error();
  }

  // The store through SQLCipher as it is, without our guard.
  void run_unguarded(const std::string& sql) {
    const SqlCipher& api = *must(sqlcipher());
    const Unlocked self = insider(vault_dir(), {key_file()});
    const StoreKey key = store_key(self.vault_key, header_of(vault_dir()).body.vault);
    const std::string text = "x'" + to_hex(key.key.expose()) + to_hex(key.salt.expose()) + "'";
    sqlite3* db = nullptr;
    ASSERT_EQ(api.open_v2(store().c_str(), &db, SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK);
    api.key(db, text.data(), static_cast<int>(text.size()));
    for (const std::string& one :
         {std::string("PRAGMA cipher_compatibility = 3"), std::string("PRAGMA cipher_page_size = 4096"), sql}) {
      sqlite3_stmt* statement = nullptr;
      EXPECT_EQ(api.prepare_v2(db, one.c_str(), -1, &statement, nullptr), SQLITE_OK) << api.errmsg(db);
      while (api.step(statement) == SQLITE_ROW) {
      }
      EXPECT_EQ(api.finalize(statement), SQLITE_OK) << one << ": " << api.errmsg(db);
    }
    api.close_v2(db);
  }
};

TEST_F(JournalTest, MakesNobodyDeleteAFileThatItNames) {
  const fs::path bystander = dir() / "bystander";
  put_file(bystander, as_bytes("precious"));
  put_file(journal(), journal_naming(bystander));
  EXPECT_EQ(list_code(), static_cast<int>(Errc::corrupt));
  EXPECT_TRUE(fs::exists(bystander));
}

// The journal above is one that works.
TEST_F(JournalTest, WithoutTheGuardTheNamedFileWouldBeDeleted) {
  const fs::path bystander = dir() / "bystander";
  put_file(bystander, as_bytes("precious"));
  put_file(journal(), journal_naming(bystander));
  run_unguarded("SELECT count(*) FROM commits");
  EXPECT_FALSE(fs::exists(bystander));
}

TEST_F(JournalTest, OfPagesOfAnotherSizeIsCorrupt) {
  for (std::uint32_t size : {0U, 512U, 1024U, 8192U, 65536U, 4097U}) {
    put_file(journal(), journal_header(size));
    EXPECT_EQ(list_code(), static_cast<int>(Errc::corrupt)) << size;
  }
  put_file(journal(), journal_header(4096));
  EXPECT_EQ(list_code(), 0);
}

TEST_F(JournalTest, ThatIsALinkIsRefusedAndItsTargetUntouched) {
  const fs::path target = dir() / "target";
  put_file(target, as_bytes("precious"));
  fs::create_symlink(target, journal());
  auto vault = open();
  EXPECT_FALSE(vault && vault->add(entry("more", "tok 2")));
  EXPECT_EQ(as_text(file_bytes(target)), "precious");
}

TEST_F(JournalTest, WriteAheadLogBesideTheStoreIsPassedOver) {
  const fs::path log = vault_dir() / "store-1.db-wal";
  put_file(log, Bytes(32 + 24 + 4096, std::byte{0x37}));
  {
    Vault vault = must(open());
    must(vault.add(entry("more", "tok 2")));
  }
  EXPECT_EQ(list_code(), 0);
  EXPECT_EQ(file_bytes(log).size(), 32U + 24 + 4096);
}

TEST_F(JournalTest, RowLargerThanAnyOfOursIsCorrupt) {
  run_unguarded("UPDATE records SET bytes = zeroblob(17000000)");
  EXPECT_EQ(list_code(), static_cast<int>(Errc::corrupt));
}

}  // namespace
}  // namespace vault

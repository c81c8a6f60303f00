#pragma once

#include "tests/support/world.hpp"
#include "vault/keyslot/header_file.hpp"
#include "vault/keyslot/unlock.hpp"
#include "vault/store/record_store.hpp"
#include "vault/store/rows.hpp"

namespace vault {

// A vault on an attacker's bench: its files as plain bytes, its header as values, its store opened with the vault's own key.

Bytes file_bytes(const fs::path& path);
void put_file(const fs::path& path, ByteView bytes);  // same mode when it was there, else 0600
void copy_vault(const fs::path& from, const fs::path& to);

// `header` and `header.2` alike; the checksum is made to fit.
void put_header(const fs::path& dir, Bytes before_checksum);
Header header_of(const fs::path& dir);

// The store as SQLCipher sees it. No Vault may have it open in a transaction.
class OpenedStore {
 public:
  OpenedStore(const fs::path& dir, const Factors& factors);
  void run(const std::string& sql) { must(db_.run(sql.c_str())); }
  std::int64_t number(const char* sql);  // the first column of the first row
  Database& database() { return db_; }
  const VaultId& vault() const { return header_.body.vault; }

 private:
  Header header_;
  Database db_;
};

// Who can open the vault, with all that he holds.
Unlocked insider(const fs::path& dir, const Factors& factors);

// What somebody who holds the vault key can write: a header under a right MAC, and a commit by any keys on top of the history.
void put_header(const fs::path& dir, Header header, const Unlocked& insider);
void put_commit(const fs::path& dir, const Unlocked& insider, const IdentityKeys& author, const Change& change);

// The numbers under which things lie in the store.
std::int64_t entry_bucket_row(const VaultId& vault, std::string_view label);
std::int64_t entry_node_row(const VaultId& vault, std::string_view label, int level);

}  // namespace vault

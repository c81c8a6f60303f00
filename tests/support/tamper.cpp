#include "tests/support/tamper.hpp"

#include <sys/stat.h>

#include <fstream>

namespace vault {

Bytes file_bytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  ByteView bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

void put_file(const fs::path& path, ByteView bytes) {
  const bool is_new = !fs::exists(path);
  {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
    if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
  }
  if (is_new) chmod(path.c_str(), 0600);
}

void copy_vault(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
  chmod(to.c_str(), 0700);
}

void put_header(const fs::path& dir, Bytes before_checksum) {
  const Digest checksum = hash(personals::checksum, before_checksum);
  before_checksum.insert(before_checksum.end(), checksum.begin(), checksum.end());
  put_file(dir / "header", before_checksum);
  put_file(dir / "header.2", before_checksum);
}

Header header_of(const fs::path& dir) { return must(decode_header(file_bytes(dir / "header"))); }

namespace {

Database open_database(const fs::path& dir, const Header& header, const Factors& factors) {
  Unlocked self = must(unlock(header, factors, ""));
  return must(Database::open(dir / header.body.store_name, store_key(self.vault_key, header.body.vault)));
}

std::int64_t path_of(const Digest& key) {
  auto byte = [&](std::size_t i) { return std::to_integer<std::int64_t>(key[i]); };
  return (byte(0) << 16 | byte(1) << 8 | byte(2)) >> 6;
}
constexpr std::int64_t kEntryRows = std::int64_t{1} << 32;

}  // namespace

OpenedStore::OpenedStore(const fs::path& dir, const Factors& factors)
    : header_(header_of(dir)), db_(open_database(dir, header_, factors)) {}

std::int64_t OpenedStore::number(const char* sql) {
  Statement query = must(db_.statement(sql));
  if (!must(query.step())) throw std::runtime_error(std::string("no row: ") + sql);
  return query.number(0);
}

Unlocked insider(const fs::path& dir, const Factors& factors) { return must(unlock(header_of(dir), factors, "")); }

void put_header(const fs::path& dir, Header header, const Unlocked& insider) {
  header.mac = header_mac(insider.vault_key, header);
  const Bytes bytes = encode(header);
  put_header(dir, Bytes(bytes.begin(), bytes.end() - sizeof(Digest)));
}

void put_commit(const fs::path& dir, const Unlocked& insider, const IdentityKeys& author, const Change& change) {
  const Header header = header_of(dir);
  const HeaderBody& body = header.body;
  RecordStore store = must(RecordStore::open(dir / body.store_name, store_key(insider.vault_key, body.vault)));
  must(store.write(header, {author, Time{}}, [&](ReadView&) -> Result<Change> { return change; }));
}

std::int64_t entry_bucket_row(const VaultId& vault, std::string_view label) {
  return kEntryRows | path_of(entry_key(vault, label));
}

std::int64_t entry_node_row(const VaultId& vault, std::string_view label, int level) {
  return kEntryRows | std::int64_t{level} << 24 | path_of(entry_key(vault, label)) >> (6 * (3 - level));
}

}  // namespace vault

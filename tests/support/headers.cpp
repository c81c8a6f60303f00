#include "tests/support/headers.hpp"

#include <fstream>
#include <map>

namespace vault {

Bytes with_checksum(Bytes header) {
  const Digest sum = hash(personals::checksum, header);
  header.insert(header.end(), sum.begin(), sum.end());
  return header;
}

Bytes repaired(Bytes header) {
  header.resize(header.size() - sizeof(Digest));
  return with_checksum(std::move(header));
}

Bytes signed_again(Header header, const Unlocked& author) {
  const VaultId& vault = header.body.vault;
  header.body.roster.admin_signature =
      author.keys.sign(SignedType::admin_list, vault, encode_admin_list(header.body.roster));
  header.body_bytes = encode(header.body);
  header.body_signature = author.keys.sign(SignedType::body, vault, header.body_bytes);
  header.mac = header_mac(author.vault_key, header);
  return encode(header);
}

namespace {

struct Template {
  std::map<fs::path, Bytes> files;  // by their path below the test's directory
  std::optional<SeededRandom> random;
};

void save(Template& made, const fs::path& dir, Files& files) {
  for (const auto& file : fs::recursive_directory_iterator(dir)) {
    if (file.is_regular_file())
      made.files[fs::relative(file.path(), dir)] = must(read_file(files, file.path(), 1 << 24));
  }
}

void restore(const Template& made, const fs::path& dir) {
  for (const auto& [name, bytes] : made.files) {
    const fs::path path = dir / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << as_text(bytes);
    fs::permissions(path, fs::perms(0600));
  }
}

}  // namespace

HeaderWorld::HeaderWorld() {
  static Template made;
  if (made.random) {
    restore(made, dir());
    fs::permissions(vault_dir(), fs::perms(0700));
    random = *made.random;
    return;
  }
  {
    Vault vault = must(Vault::create(vault_dir(), {"cron", cron()}, platform));
    must(vault.add_slot({"laptop", laptop()}));
    must(vault.add_slot({"desk", desk()}));
  }
  kdf.runs = 0;
  save(made, dir(), files);
  made.random = random;
}

}  // namespace vault

#pragma once

#include "tests/support/world.hpp"
#include "vault/keyslot/header_file.hpp"
#include "vault/keyslot/unlock.hpp"

namespace vault {

// A header's bytes with the unkeyed checksum made right again, as somebody without any key can.
Bytes repaired(Bytes header);

// The same, of the bytes as they stand before the checksum.
Bytes with_checksum(Bytes header_without_checksum);

// A header signed and MACed again with keys that its attacker must not have: to reach the checks behind those.
Bytes signed_again(Header header, const Unlocked& author);

// A vault with three slots of its root admin: "cron" (key file "key"), "laptop" (passphrase "correct horse") and
// "desk" (passphrase "battery staple" and key file "desk-key"). It is made once a process; each test has a copy.
class HeaderWorld : public World {
 protected:
  HeaderWorld();

  Factors cron() { return {key_file("key")}; }
  Factors laptop() { return {passphrase("correct horse")}; }
  Factors desk() { return {passphrase("battery staple"), key_file("desk-key")}; }

  Bytes bytes() { return must(read_file(files, vault_dir() / "header", 1 << 20)); }
  Header header() { return must(decode_header(bytes())); }
  Unlocked self() { return must(unlock(header(), cron(), "")); }
  void put(const char* name, ByteView content) { must(replace_file(files, vault_dir() / name, content)); }
};

}  // namespace vault

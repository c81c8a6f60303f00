#pragma once

#include <initializer_list>

#include "vault/base/bytes.hpp"
#include "vault/base/secret_buffer.hpp"

namespace vault {

// BLAKE2b's 16-byte personal string: one for each purpose, none used twice. The registry is the list below; there is no
// other way to make one. Always 16 bytes, zero-padded: libsodium reads 16, whatever the literal's length.
struct Personal {
  ByteArray<16> bytes{};
};

consteval Personal personal(const char* name) {
  Personal out;
  std::size_t i = 0;
  for (; name[i] != '\0'; ++i) out.bytes.at(i) = static_cast<std::byte>(name[i]);
  return out;
}

namespace personals {
inline constexpr Personal wrap = personal("vlt1-wrap");            // committing wrap: encryption and commitment keys
inline constexpr Personal commitment = personal("vlt1-commit");    // committing wrap: the commitment
inline constexpr Personal kek = personal("vlt1-kek");              // a keyslot's key-encrypting key
inline constexpr Personal slot_header = personal("vlt1-slot");     // a slot's public part, as it enters the KEK
inline constexpr Personal recovery = personal("vlt1-recovery");    // output of a recovery code
inline constexpr Personal grant = personal("vlt1-grant");          // key of a grant
inline constexpr Personal ed25519 = personal("vlt1-ed");           // sub(seed): signing seed
inline constexpr Personal x25519 = personal("vlt1-x");             // sub(seed): key-agreement secret
inline constexpr Personal header_mac_key = personal("vlt1-hmac");  // sub(VK): key of the header's MAC
inline constexpr Personal header_mac = personal("vlt1-hdr");       // the header's MAC
inline constexpr Personal checksum = personal("vlt1-sum");         // the header's unkeyed checksum
inline constexpr Personal body = personal("vlt1-body");            // hash of the header body
inline constexpr Personal store_key = personal("vlt1-db");         // sub(VK): SQLCipher's key
inline constexpr Personal store_salt = personal("vlt1-dbsalt");    // sub(VK): SQLCipher's salt
inline constexpr Personal signature = personal("vlt1-sig");        // the message of every signature
inline constexpr Personal field = personal("vlt1-field");          // digest of a stored field
inline constexpr Personal version = personal("vlt1-version");      // digest of a version
inline constexpr Personal record = personal("vlt1-record");        // hash of a record
inline constexpr Personal path = personal("vlt1-path");            // key hash: where an item lies in its tree
inline constexpr Personal bucket = personal("vlt1-bucket");        // hash of a bucket
inline constexpr Personal node = personal("vlt1-node");            // hash of a node
inline constexpr Personal delta = personal("vlt1-delta");          // hash of a commit's delta
inline constexpr Personal commit = personal("vlt1-cmt");           // hash of a commit
inline constexpr Personal fingerprint = personal("vlt1-fpr");      // fingerprint of a token
inline constexpr Personal mark_key = personal("vlt1-hwmk");        // sub(seed): key of the high-water mark's MAC
inline constexpr Personal mark = personal("vlt1-hwm");             // the high-water mark's MAC
// The type tags in front of what is signed; never a personal string of BLAKE2b, kept here so that none is one.
inline constexpr Personal sign_body = personal("vlt1-sign-body");
inline constexpr Personal sign_admin_list = personal("vlt1-sign-admin");
inline constexpr Personal sign_slot = personal("vlt1-sign-slot");
inline constexpr Personal sign_commit = personal("vlt1-sign-commit");
inline constexpr Personal sign_succession = personal("vlt1-sign-succ");
}  // namespace personals

// BLAKE2b with a personal string, and optionally a key (a SecretBuffer's bytes, at most 64) and a salt (a vault or slot id).
// RFC 7693; salt and personal are of the BLAKE2 paper, as in libsodium's crypto_generichash_blake2b_salt_personal.
class Hash {
 public:
  explicit Hash(const Personal& personal, ByteView key = {}, const ByteArray<16>& salt = {}, std::size_t size = 32);
  Hash(const Hash&) = delete;
  Hash& operator=(const Hash&) = delete;
  ~Hash();

  Hash& add(ByteView bytes);
  Digest finish();                             // for size 32
  void finish_into(std::span<std::byte> out);  // exactly `size` bytes

 private:
  alignas(64) ByteArray<384> state_;  // crypto_generichash_blake2b_state, kept out of this header
  std::size_t size_;
};

// One-shot forms.
Digest hash(const Personal& personal, ByteView bytes, const ByteArray<16>& salt = {});
SecretBuffer keyed_hash(const Personal& personal, ByteView key, const ByteArray<16>& salt,
                        std::initializer_list<ByteView> parts, std::size_t size = 32);

// sub(K, purpose) = BLAKE2b-256(key K, personal purpose, salt = vault id): the only use of VK and identity seeds.
SecretBuffer subkey(ByteView key, const Personal& purpose, const VaultId& vault);

}  // namespace vault

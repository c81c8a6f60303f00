// The header from any bytes: as they are, and with the unkeyed checksum made right, which anybody can.
#include <cstdlib>

#include "vault/base/limits.hpp"
#include "vault/crypto/init.hpp"
#include "vault/keyslot/passphrase.hpp"
#include "vault/keyslot/unlock.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// What decodes has one encoding, and asks for nothing beyond the limits.
void check(vault::ByteView bytes) {
  auto header = vault::decode_header(bytes);
  if (!header) {
    require(header.error().code == vault::Errc::corrupt || header.error().code == vault::Errc::unsupported);
    require(header.error().message.size() < 256);
    return;
  }
  require(vault::equal(vault::encode(*header), bytes));
  require(vault::encode(header->body) == header->body_bytes);
  require(header->body.store_name == vault::store_name(header->body.epoch));
  require(header->slots.size() <= vault::limits::slots && header->body.roster.rows.size() <= vault::limits::identities);
  for (const vault::Slot& slot : header->slots) {
    require(!slot.factors.empty());
    for (const vault::SlotFactor& factor : slot.factors)
      require(vault::valid_parameters(factor.type, factor.parameters));
  }
  require(!vault::unlock(*header, {}, ""));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const bool ready = static_cast<bool>(vault::init_crypto());
  require(ready);
  vault::ByteView bytes = std::as_bytes(std::span(data, size));
  check(bytes);
  vault::Bytes repaired(bytes.begin(), bytes.end());
  if (repaired.size() >= sizeof(vault::Digest)) repaired.resize(repaired.size() - sizeof(vault::Digest));
  const vault::Digest sum = vault::hash(vault::personals::checksum, repaired);
  repaired.insert(repaired.end(), sum.begin(), sum.end());
  check(repaired);
  return 0;
}

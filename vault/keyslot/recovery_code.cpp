#include "vault/keyslot/recovery_code.hpp"

#include <fmt/format.h>

#include "vault/crypto/hash.hpp"
#include "vault/crypto/keys.hpp"

namespace vault {
namespace {

// Crockford's base32; the last five stand for 32 to 36, and only as a check symbol.
constexpr std::string_view kSymbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";
constexpr unsigned kBase = 32;
constexpr unsigned kCheckBase = 37;
constexpr unsigned kBitsPerSymbol = 5;
constexpr std::size_t kBits = 20;      // bytes
constexpr std::size_t kCodeSize = 32;  // symbols, without the check symbol
constexpr std::size_t kGroup = 4;
constexpr std::size_t kTextSize = kCodeSize + kCodeSize / kGroup + 1;

static_assert(kSymbols.size() == kCheckBase && kBits * 8 == kCodeSize * kBitsPerSymbol);

// The symbol's value, or kCheckBase. Every symbol is compared, so that the time says nothing of it.
unsigned value_of(std::byte typed) {
  auto c = static_cast<char>(typed);
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (c == 'I' || c == 'L') c = '1';
  if (c == 'O') c = '0';
  unsigned value = kCheckBase;
  for (unsigned i = 0; i < kCheckBase; ++i) value = kSymbols[i] == c ? i : value;
  return value;
}

// The symbols' values, one a byte.
SecretBuffer values_of(ByteView bits) {
  SecretBuffer values(kCodeSize);
  auto out = values.expose_for_writing();
  unsigned held = 0;
  unsigned count = 0;
  std::size_t next = 0;
  for (std::byte byte : bits) {
    held = (held << 8 | std::to_integer<unsigned>(byte)) & 0xfff;
    for (count += 8; count >= kBitsPerSymbol; count -= kBitsPerSymbol) {
      out[next++] = static_cast<std::byte>(held >> (count - kBitsPerSymbol) & (kBase - 1));
    }
  }
  return values;
}

SecretBuffer bits_of(ByteView values) {
  SecretBuffer bits(kBits);
  auto out = bits.expose_for_writing();
  unsigned held = 0;
  unsigned count = 0;
  std::size_t next = 0;
  for (std::byte value : values) {
    held = (held << kBitsPerSymbol | std::to_integer<unsigned>(value)) & 0xfff;
    count += kBitsPerSymbol;
    if (count < 8) continue;
    count -= 8;
    out[next++] = static_cast<std::byte>(held >> count & 0xff);
  }
  return bits;
}

// The code as one number, modulo 37.
unsigned check_value(ByteView values) {
  unsigned rest = 0;
  for (std::byte value : values) rest = (rest * kBase + std::to_integer<unsigned>(value)) % kCheckBase;
  return rest;
}

Error bad(std::string_view why) { return {Errc::usage, fmt::format("the recovery code {}", why)}; }

}  // namespace

Result<std::shared_ptr<const RecoveryCodeFactor>> RecoveryCodeFactor::parse(ByteView typed) {
  SecretBuffer values(kCodeSize + 1);
  std::size_t size = 0;
  for (std::byte c : typed) {
    if (c == std::byte{'-'} || c == std::byte{' '}) continue;
    const unsigned value = value_of(c);
    if (value == kCheckBase) return bad("has a character that no code has: it is made of digits and letters");
    if (size == values.size()) return bad(fmt::format("is too long: it has {} characters", values.size()));
    values.expose_for_writing()[size++] = static_cast<std::byte>(value);
  }
  if (size != values.size())
    return bad(fmt::format("is cut: it has {} characters, the last one a check", values.size()));
  ByteView code = values.expose().first(kCodeSize);
  if (std::ranges::any_of(code, [](std::byte value) { return std::to_integer<unsigned>(value) >= kBase; })) {
    return bad("has a character that only its end can have");
  }
  if (check_value(code) != std::to_integer<unsigned>(values.expose().back())) {
    return bad("has a mistake: its check character does not fit the others");
  }
  return std::shared_ptr<const RecoveryCodeFactor>(new RecoveryCodeFactor(bits_of(code)));
}

Result<std::shared_ptr<const RecoveryCodeFactor>> RecoveryCodeFactor::create(Random& random) {
  SecretBuffer bits(kBits);
  if (auto filled = random.fill(bits.expose_for_writing()); !filled) return filled.error();
  return std::shared_ptr<const RecoveryCodeFactor>(new RecoveryCodeFactor(std::move(bits)));
}

SecretBuffer RecoveryCodeFactor::text() const {
  const SecretBuffer values = values_of(bits_.expose());
  SecretBuffer text(kTextSize);
  auto out = text.expose_for_writing();
  std::size_t next = 0;
  for (std::size_t i = 0; i < kCodeSize; ++i) {
    out[next++] = static_cast<std::byte>(kSymbols[std::to_integer<unsigned>(values.expose()[i])]);
    if (i % kGroup == kGroup - 1) out[next++] = std::byte{'-'};
  }
  out[next] = static_cast<std::byte>(kSymbols[check_value(values.expose())]);
  return text;
}

Result<SecretBuffer> RecoveryCodeFactor::output(ByteView parameters) const {
  if (!valid_parameters(type(), parameters))
    return Error{Errc::corrupt, "unlock: a slot's recovery-code parameters are damaged"};
  SecretBuffer out(kKeySize);
  Hash(personals::recovery).add(bits_.expose()).finish_into(out.expose_for_writing());
  return out;
}

}  // namespace vault

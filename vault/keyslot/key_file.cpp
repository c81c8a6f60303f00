#include "vault/keyslot/key_file.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include "vault/base/crc32.hpp"
#include "vault/crypto/keys.hpp"

namespace vault {
namespace {

constexpr std::string_view kMagic = "vault-keyfile-1 ";
constexpr int kBase64 = sodium_base64_VARIANT_ORIGINAL;
constexpr std::size_t kBase64Size = 44;  // of 32 bytes, with padding
constexpr std::size_t kFileSize = kMagic.size() + kBase64Size + 1 + 8 + 1;

// 32 bits that follow from the key: kept like it.
SecretBuffer checksum_of(const SecretBuffer& key) {
  SecretBuffer hex(8);
  fmt::format_to(reinterpret_cast<char*>(hex.expose_for_writing().data()), "{:08x}", crc32(key.expose()));
  return hex;
}

SecretBuffer format(const SecretBuffer& key) {
  SecretBuffer text(kFileSize + 1);  // and a terminating zero for libsodium
  auto out = text.expose_for_writing();
  std::ranges::copy(as_bytes(kMagic), out.begin());
  sodium_bin2base64(reinterpret_cast<char*>(out.data()) + kMagic.size(), kBase64Size + 1, as_uchar(key.expose()),
                    key.size(), kBase64);
  auto tail = out.subspan(kMagic.size() + kBase64Size, kFileSize - kMagic.size() - kBase64Size);
  tail.front() = std::byte{' '};
  std::ranges::copy(checksum_of(key).expose(), tail.subspan(1).begin());
  tail.back() = std::byte{'\n'};
  text.truncate(kFileSize);
  return text;
}

Error not_ours(std::string_view why) {
  return {Errc::usage,
          fmt::format("not a key file of this program ({}); 'vault slot add --new-key-file FILE' makes one", why)};
}

}  // namespace

Result<std::shared_ptr<const Factor>> KeyFileFactor::parse(ByteView content, FactorType type) {
  std::string_view text = as_text(content);
  if (!text.starts_with(kMagic)) return not_ours("it does not begin with 'vault-keyfile-1'");
  if (text.size() == kFileSize && text.back() == '\n') text.remove_suffix(1);
  if (text.size() != kFileSize - 1 || text[kMagic.size() + kBase64Size] != ' ')
    return not_ours("it is cut or has more in it");
  SecretBuffer key(kKeySize);
  std::size_t size = 0;
  const char* end = nullptr;
  const char* start = text.data() + kMagic.size();
  if (sodium_base642bin(as_writable_uchar(key.expose_for_writing()), key.size(), start, kBase64Size, nullptr, &size,
                        &end, kBase64) != 0 ||
      size != kKeySize || end != start + kBase64Size) {
    return not_ours("its base64 is damaged");
  }
  if (text.substr(text.size() - 8) != as_text(checksum_of(key).expose()))
    return not_ours("its checksum is wrong: a character was changed");
  return std::shared_ptr<const Factor>(new KeyFileFactor(type, std::move(key)));
}

Result<std::shared_ptr<const Factor>> KeyFileFactor::read(Files& files, const fs::path& path, FactorType type) {
  auto content = read_private_file(files, path, kFileSize);
  if (!content && content.error().code != Errc::limit) return content.error();
  auto factor =
      content ? parse(content->expose(), type) : Result<std::shared_ptr<const Factor>>(not_ours("it is too long"));
  if (!factor && factor.error().code == Errc::usage) {
    return Error{Errc::usage, fmt::format("key file {}: {}", path.string(), factor.error().message)};
  }
  return factor;
}

Result<std::shared_ptr<const Factor>> KeyFileFactor::create(Files& files, Random& random, const fs::path& path) {
  SecretBuffer key(kKeySize);
  if (auto filled = random.fill(key.expose_for_writing()); !filled) return filled.error();
  if (auto made = create_file(files, path, format(key).expose()); !made) return made.error();
  return std::shared_ptr<const Factor>(new KeyFileFactor(FactorType::key_file, std::move(key)));
}

Result<SecretBuffer> KeyFileFactor::output(ByteView parameters) const {
  if (!valid_parameters(type_, parameters))
    return Error{Errc::corrupt, "unlock: a slot's key-file parameters are damaged"};
  return SecretBuffer::copy(key_.expose());
}

}  // namespace vault

#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vault {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;
template <std::size_t N>
using ByteArray = std::array<std::byte, N>;

// A BLAKE2b-256 output.
using Digest = ByteArray<32>;

// 16 random bytes. Ids of different things are different types.
template <class Tag>
struct Id {
  ByteArray<16> bytes{};
  auto operator<=>(const Id&) const = default;
  bool is_zero() const { return *this == Id{}; }
};
using VaultId = Id<struct VaultTag>;
using SlotId = Id<struct SlotTag>;
using IdentityId = Id<struct IdentityTag>;
using EntryId = Id<struct EntryTag>;
using VersionId = Id<struct VersionTag>;
using TeamId = Id<struct TeamTag>;
using ObjectId = Id<struct ObjectTag>;  // any record's id, where the kind is said beside it

inline ByteView as_bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
inline const unsigned char* as_uchar(ByteView bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
inline unsigned char* as_writable_uchar(std::span<std::byte> bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

inline bool equal(ByteView a, ByteView b) { return std::ranges::equal(a, b); }  // public bytes only: not constant-time

// For hash tables of what is random or a hash already.
struct HashOfRandom {
  template <std::size_t N>
  std::size_t operator()(const ByteArray<N>& bytes) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
};

// Lower-case hexadecimal of public bytes.
std::string to_hex(ByteView bytes);
// The bytes of hexadecimal text, or nothing when it is not hexadecimal.
std::optional<Bytes> from_hex(std::string_view hex);

}  // namespace vault

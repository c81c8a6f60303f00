#pragma once

#include <cstddef>
#include <cstdint>

// The limits of docs/FORMAT.md section 1. Beyond them: `limit` when writing, `corrupt` when reading.
namespace vault::limits {

inline constexpr std::size_t header_bytes = 256 * 1024;
inline constexpr std::uint64_t header_sequence = (std::uint64_t{1} << 63) - 1;
inline constexpr std::uint32_t slots = 128;
inline constexpr std::uint32_t identities = 512;  // roster rows; every key an identity ever had is one
inline constexpr std::uint32_t successions = 64;
inline constexpr std::uint32_t team_grants = 16 * identities;
inline constexpr std::size_t name_bytes = 64;
inline constexpr std::size_t label_bytes = 255;
inline constexpr std::size_t field_bytes = 64 * 1024;
inline constexpr std::uint32_t fields = 64;
inline constexpr std::uint32_t versions = 1000;
inline constexpr std::uint32_t former_labels = 64;
inline constexpr std::uint32_t attributes = 64;
inline constexpr std::size_t attribute_key_bytes = 64;
inline constexpr std::size_t attribute_value_bytes = 1024;
inline constexpr std::uint32_t scopes = 256;
inline constexpr std::size_t scope_bytes = 128;
inline constexpr std::size_t note_bytes = 16 * 1024;
inline constexpr std::size_t issuer_profile_bytes = 64 * 1024;
inline constexpr std::size_t passphrase_bytes = 1024;
inline constexpr std::size_t recovery_code_bytes = 256;  // as it is typed, with all its hyphens and spaces
inline constexpr std::uint64_t entries = 10'000'000;

}  // namespace vault::limits

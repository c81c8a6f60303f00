#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "capi/guard.hpp"
#include "vault/model/scope.hpp"
#include "vault/vault.hpp"

namespace vault::capi {

// C's arguments as the facade's values. Errors: usage (NULL where something must be, not UTF-8, out of range), limit (too many).

Status required(const void* pointer, const char* what);
std::string text_or(const char* text, const char* otherwise);
std::optional<std::string> optional_text(const char* text);

Result<std::vector<std::string>> texts_of(const char* const* texts, std::size_t count, std::size_t most,
                                          const char* what);
Result<std::map<std::string, std::string>> attributes_of(const vault_attribute* attributes, std::size_t count);
Result<Time> time_of(std::int64_t seconds, const char* what);
std::int64_t to_seconds(Time time);                         // VAULT_NEVER for kNever
std::optional<Duration> seconds_of(std::uint64_t seconds);  // 0: none

// Where the vault is: where the program looks too, if the caller names no place.
Result<fs::path> directory_of(const char* dir);

Result<GetOptions> get_options_of(const vault_get_options* given);

// Whether a structure that is to be filled in says how large it is. Asked before work that cannot be taken back.
template <class Struct>
Status fillable(const Struct* out) {
  if (auto fine = required(out, "info"); !fine) return fine;
  if (is_size_of_struct(out->struct_size)) return {};
  return Error{Errc::usage, "info: struct_size is not set; use the INIT macro"};
}

// What a function gives through a structure: as much of it as the caller's version of the structure has; the rest of a newer one is zero.
template <class Struct>
Status fill(Struct* out, Struct value) {
  if (auto fine = fillable(out); !fine) return fine;
  const std::size_t size = out->struct_size;
  value.struct_size = size;
  std::memset(static_cast<void*>(out), 0, size);
  std::memcpy(out, &value, std::min(size, sizeof(Struct)));
  return {};
}

Status rekeyed_place(const vault_rekey_report* out);  // `out` may be NULL, here and there
Status fill_rekeyed(vault_rekey_report* out, const RekeyReport& report);

}  // namespace vault::capi

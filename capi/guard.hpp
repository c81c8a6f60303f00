#pragma once

#include <cstddef>
#include <cstring>
#include <exception>
#include <new>
#include <utility>

#include "capi/vault.h"
#include "vault/base/result.hpp"

namespace vault::capi {

vault_code to_code(Errc code) noexcept;
vault_code fail(Errc code, const char* message) noexcept;  // keeps the message for vault_last_error
vault_code fail(const Error& error) noexcept;

// Runs the work of one C function: no exception leaves it.
template <class Work>
vault_code guard(Work work) noexcept {
  try {
    Status done = work();
    return done ? VAULT_OK : fail(done.error());
  } catch (const std::bad_alloc&) {
    return fail(Errc::internal, "out of memory");
  } catch (const std::exception&) {
    return fail(Errc::internal, "an exception inside libvault: please report it");
  }
}

// The options as this version knows them: what an older caller's structure does not have is zero; what a newer one's has beyond ours must be zero.
template <class Options>
Result<Options> options_of(const Options* given) {
  Options options{};
  if (given == nullptr) return options;
  const std::size_t size = given->struct_size;
  if (size < sizeof(std::size_t) || size > 4096)
    return Error{Errc::usage, "options: struct_size is not set; use the INIT macro"};
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  for (std::size_t i = sizeof(Options); i < size; ++i) {
    if (bytes[i] != 0)
      return Error{Errc::unsupported, "options: a member that this version of libvault does not know is set"};
  }
  std::memcpy(&options, given, size < sizeof(Options) ? size : sizeof(Options));
  return options;
}

}  // namespace vault::capi

#pragma once

#include <pthread.h>

#include <cstddef>
#include <cstring>
#include <exception>
#include <new>
#include <string_view>
#include <utility>

#include "capi/vault.h"
#include "vault/base/result.hpp"

namespace vault::capi {

// Text into an array: cut between two characters where it is longer; what is no UTF-8, a byte of a path say, becomes '?'.
void copy_utf8(char* to, std::size_t capacity, std::string_view text) noexcept;
template <std::size_t N>
void copy_text(char (&to)[N], std::string_view text) noexcept {
  copy_utf8(to, N, text);
}

vault_code to_code(Errc code) noexcept;
vault_code fail(Errc code, const char* message) noexcept;  // keeps the message for vault_last_error
vault_code fail(const Error& error) noexcept;
vault_code keep_message(vault_code code, const char* message) noexcept;  // of a code that is not of our table, perhaps

// An output parameter, at the very beginning: after a failure there is nothing to be freed.
template <class Object>
void clear(Object** out) noexcept {
  if (out != nullptr) *out = nullptr;
}

// As long as it lives, pthread_cancel waits: glibc's way to end a thread is an exception, which must not pass through a call.
class Uncancelled {
 public:
  Uncancelled() noexcept { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
  ~Uncancelled() { pthread_setcancelstate(before_, &before_); }
  Uncancelled(const Uncancelled&) = delete;
  Uncancelled& operator=(const Uncancelled&) = delete;

 private:
  int before_ = PTHREAD_CANCEL_ENABLE;
};

// Runs the work of one C function: no exception leaves it.
template <class Work>
vault_code guard(Work work) noexcept {
  const Uncancelled uncancelled;
  try {
    Status done = work();
    return done ? VAULT_OK : fail(done.error());
  } catch (const std::bad_alloc&) {
    return fail(Errc::internal, "out of memory");
  } catch (const std::exception&) {
    return fail(Errc::internal, "an exception inside libvault: please report it");
  } catch (...) {
    return fail(Errc::internal, "an exception inside libvault, or in a callback");
  }
}

// Whether a structure of any version can have this size. Each ends where no member is cut in two.
constexpr bool is_size_of_struct(std::size_t size) {
  return size >= sizeof(std::size_t) && size <= 4096 && size % alignof(void*) == 0;
}

// The options as this version knows them: what an older caller's structure does not have is zero; what a newer one's has beyond ours must be zero.
template <class Options>
Result<Options> options_of(const Options* given) {
  Options options{};
  if (given == nullptr) return options;
  const std::size_t size = given->struct_size;
  if (!is_size_of_struct(size)) return Error{Errc::usage, "options: struct_size is not set; use the INIT macro"};
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  for (std::size_t i = sizeof(Options); i < size; ++i) {
    if (bytes[i] != 0)
      return Error{Errc::unsupported, "options: a member that this version of libvault does not know is set"};
  }
  std::memcpy(&options, given, size < sizeof(Options) ? size : sizeof(Options));
  return options;
}

}  // namespace vault::capi

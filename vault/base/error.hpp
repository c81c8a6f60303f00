#pragma once

#include <string>
#include <string_view>

namespace vault {

// The one table of outcomes. The number is the C code, Python's `.code`, the exit status and the JSON code.
// ABI: add at the end, never renumber.
enum class Errc : int {
  internal = 1,       // a bug, or the system failed in a way the message names
  usage = 2,          // bad arguments, malformed input
  not_found = 3,      // no such label, version, field, slot
  locked = 4,         // needs an unlock, and prompting is impossible or forbidden
  expired = 5,        // now >= expires-at
  expiring = 6,       // less life left than was asked for
  inactive = 7,       // revoked, retired, hidden or destroyed
  denied = 8,         // this identity may not; KDF below the floor; files open to others
  busy = 9,           // another process holds the vault past the wait
  wrong_key = 10,     // no slot opens with what was given
  corrupt = 11,       // damaged or tampered
  audit_failed = 12,  // the event could not be written
  no_vault = 13,      // nothing at that place
  conflict = 14,      // exists already, or changed since it was read
  limit = 15,         // a rule or a resource forbids it
  unsupported = 16,   // newer format, unknown suite, SQLCipher missing
  stale = 17,         // older than what this machine has seen, or a fork of it
  cancelled = 18,     // the person cancelled a prompt; a signal
};

// The table's name for a code: "not_found".
std::string_view name(Errc code) noexcept;

// What went wrong: the operation, the label, the way out; never a secret value.
struct Error {
  Errc code;
  std::string message;
};

}  // namespace vault

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "vault/base/clock.hpp"

namespace vault {

// What is stored of a version's life. The numbers are bytes on disk.
enum class VersionState : std::uint8_t { active = 1, retiring = 2, revoked = 3 };

struct VersionLife {
  VersionState state = VersionState::active;
  Time retiring_until{};   // with `retiring`
  bool destroyed = false;  // its value is gone
  Time expires_at = kNever;
};

// What a caller sees. `expired` and `retired` follow from the clock at the moment of the answer and are never stored;
// `hidden` is the entry's own.
enum class State { active, retiring, retired, expired, revoked, hidden, destroyed };
std::string_view name(State state) noexcept;
std::optional<State> parse_state(std::string_view text) noexcept;

State state_at(const VersionLife& life, Time now) noexcept;

}  // namespace vault

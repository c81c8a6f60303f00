#include "vault/model/state.hpp"

#include <array>

namespace vault {

std::string_view name(State state) noexcept {
  switch (state) {
    case State::active: return "active";
    case State::retiring: return "retiring";
    case State::retired: return "retired";
    case State::expired: return "expired";
    case State::revoked: return "revoked";
    case State::hidden: return "hidden";
    case State::destroyed: return "destroyed";
  }
  return "active";
}

std::optional<State> parse_state(std::string_view text) noexcept {
  for (State state : std::array{State::active, State::retiring, State::retired, State::expired, State::revoked,
                                State::hidden, State::destroyed}) {
    if (name(state) == text) return state;
  }
  return std::nullopt;
}

State state_at(const VersionLife& life, Time now) noexcept {
  if (life.destroyed) return State::destroyed;
  if (life.state == VersionState::revoked) return State::revoked;
  if (life.state == VersionState::retiring && now >= life.retiring_until) return State::retired;
  if (now >= life.expires_at) return State::expired;
  return life.state == VersionState::retiring ? State::retiring : State::active;
}

}  // namespace vault

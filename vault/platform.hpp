#pragma once

#include "vault/base/clock.hpp"
#include "vault/base/file.hpp"
#include "vault/base/random.hpp"
#include "vault/crypto/kdf.hpp"

namespace vault {

// The world as the vault sees it: everything a test replaces to inject a fault, a fixed time or fixed random bytes.
// The parts must outlive every Vault opened with them, and be thread-safe.
struct Platform {
  Files& files;
  Clock& clock;
  Random& random;
  Kdf& kdf;
  KdfLimits limits;
  fs::path state_dir{};  // of high-water marks; empty: there is no place for them. Here: $XDG_STATE_HOME/vault

  static const Platform& native();  // this machine
};

}  // namespace vault

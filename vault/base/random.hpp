#pragma once

#include "vault/base/bytes.hpp"
#include "vault/base/result.hpp"

namespace vault {

// A source of unpredictable bytes; a seam for tests (fixed seeds, failing calls).
class Random {
 public:
  virtual ~Random() = default;
  virtual Status fill(std::span<std::byte> out) = 0;
};

// getrandom(2). libsodium's own source is the same call, but it ends the process when that fails; a library must not.
class SystemRandom final : public Random {
 public:
  Status fill(std::span<std::byte> out) override;
};

// A new random id.
template <class IdType>
Result<IdType> random_id(Random& random) {
  IdType id;
  if (auto filled = random.fill(id.bytes); !filled) return filled.error();
  return id;
}

}  // namespace vault

#pragma once

#include <chrono>

#include "vault/base/result.hpp"
#include "vault/base/secret_buffer.hpp"

namespace vault {

// Argon2id's costs (RFC 9106 section 3.1): memory in KiB, passes over it, lanes.
struct KdfParameters {
  std::uint32_t memory_kib = 0;
  std::uint32_t passes = 0;
  std::uint32_t lanes = 0;
  bool operator==(const KdfParameters&) const = default;
};

// Beyond these no vault of ours asks: a header that does is `corrupt`, before anything is allocated.
inline constexpr KdfParameters kKdfCeiling{4u << 20, 32, 16};
inline bool within_ceiling(const KdfParameters& p) {
  return p.memory_kib >= 8 * p.lanes && p.memory_kib <= kKdfCeiling.memory_kib && p.passes >= 1 &&
         p.passes <= kKdfCeiling.passes && p.lanes >= 1 && p.lanes <= kKdfCeiling.lanes;
}

// What this machine and our policy allow. Tests inject a lower floor; no shipped program exports a way to.
struct KdfLimits {
  KdfParameters create_floor{64 * 1024, 3, 1};
  KdfParameters open_floor{19 * 1024, 2, 1};
  std::uint64_t memory_kib = 0;  // half of the machine's or the cgroup's memory

  static KdfLimits of_this_machine();
};

// Errors: denied (below the floor: too cheap to trust), limit (more memory than this machine may give; says how much).
Status check_open(const KdfParameters& parameters, const KdfLimits& limits);
Status check_create(const KdfParameters& parameters, const KdfLimits& limits);

class Kdf {
 public:
  virtual ~Kdf() = default;
  // `out` is 32 bytes. Errors: internal (out of memory). Thread-safe.
  virtual Status derive(const KdfParameters& parameters, const ByteArray<16>& salt, ByteView passphrase,
                        std::span<std::byte> out) = 0;
};

// libsodium at one lane (it has SIMD), libargon2 at more (it has lanes); they agree bit for bit at one.
class Argon2id final : public Kdf {
 public:
  Status derive(const KdfParameters& parameters, const ByteArray<16>& salt, ByteView passphrase,
                std::span<std::byte> out) override;
};
Status argon2id_sodium(const KdfParameters& parameters, const ByteArray<16>& salt, ByteView passphrase,
                       std::span<std::byte> out);  // lanes must be 1
Status argon2id_libargon2(const KdfParameters& parameters, const ByteArray<16>& salt, ByteView passphrase,
                          std::span<std::byte> out);

// Measures here and fills the time budget: with memory first (from the floor to 1 GiB or the machine's limit), then with passes.
struct Calibration {
  KdfParameters parameters;
  std::chrono::milliseconds measured;  // one derivation with them, here
};
Result<Calibration> calibrate(Kdf& kdf, const KdfLimits& limits, std::chrono::milliseconds budget,
                              std::uint32_t lanes = 1);

// One derivation with a made-up passphrase, here. Errors: internal.
Result<std::chrono::milliseconds> measure(Kdf& kdf, const KdfParameters& parameters);

// What a slot costs, beside what would be chosen for it today: clearly less work for who guesses, clearly longer for who knows, or neither.
enum class KdfVerdict { weaker, alike, slower };
KdfVerdict compare(const Calibration& slot, const Calibration& chosen);

}  // namespace vault

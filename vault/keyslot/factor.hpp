#pragma once

#include <memory>
#include <string_view>

#include "vault/base/random.hpp"
#include "vault/base/secret_buffer.hpp"

namespace vault {

// The numbers are bytes on disk. A number that is not here belongs to a newer version: its slot is kept as it is, and never tried.
enum class FactorType : std::uint8_t { passphrase = 1, key_file = 2, recovery_code = 3, systemd_credential = 4 };
std::string_view name(FactorType type) noexcept;

// One input of a keyslot's KEK: what the user has or knows.
class Factor {
 public:
  virtual ~Factor() = default;
  virtual FactorType type() const = 0;
  // Whether it can stand where a slot asks for `wanted`: a systemd credential is a key file by another way.
  bool fits(FactorType wanted) const noexcept;

  // The factor's 32 bytes under a slot's stored parameters. Wrong input is not an error here: only the whole slot can tell.
  // Errors: denied, limit (the KDF's cost), corrupt (parameters), internal.
  virtual Result<SecretBuffer> output(ByteView parameters) const = 0;

  // The same, to be used in a slot that is sealed anew: at least at the costs it has there. Nothing where it has none.
  virtual std::shared_ptr<const Factor> at_costs_of(ByteView) const { return nullptr; }

  // Fresh parameters (a salt) for a new slot. Errors: denied, limit, internal.
  virtual Result<Bytes> new_parameters(Random& random) const = 0;
};

// Whether stored parameters are ones that a slot can have (of a factor that we do not know: any); asked before any slot is tried.
bool valid_parameters(FactorType type, ByteView parameters) noexcept;

// Factors offered to open what exists, or needed by a new slot: all of them.
using Factors = std::vector<std::shared_ptr<const Factor>>;

}  // namespace vault

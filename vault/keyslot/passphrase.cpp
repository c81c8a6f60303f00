#include "vault/keyslot/passphrase.hpp"

#include <fmt/format.h>

#include "vault/base/limits.hpp"
#include "vault/base/reader.hpp"
#include "vault/base/writer.hpp"

namespace vault {

Bytes encode(const PassphraseParameters& parameters) {
  const KdfParameters& kdf = parameters.kdf;
  return Writer().u32(kdf.memory_kib).u32(kdf.passes).u32(kdf.lanes).raw(parameters.salt).take();
}

std::optional<PassphraseParameters> decode_passphrase_parameters(ByteView bytes) {
  Reader reader(bytes);
  PassphraseParameters parameters;
  parameters.kdf.memory_kib = reader.u32();
  parameters.kdf.passes = reader.u32();
  parameters.kdf.lanes = reader.u32();
  parameters.salt = reader.array<16>();
  if (!reader.finished() || !within_ceiling(parameters.kdf)) return std::nullopt;
  return parameters;
}

PassphraseFactor::PassphraseFactor(SecretBuffer passphrase, Kdf& kdf, const KdfLimits& limits,
                                   const KdfParameters& for_new_slots)
    : passphrase_(std::move(passphrase)), kdf_(kdf), limits_(limits), for_new_slots_(for_new_slots) {}

Result<std::shared_ptr<const Factor>> PassphraseFactor::make(SecretBuffer passphrase, Kdf& kdf, const KdfLimits& limits,
                                                             const KdfParameters& for_new_slots) {
  if (passphrase.empty()) return Error{Errc::usage, "the passphrase is empty"};
  if (passphrase.size() > limits::passphrase_bytes) {
    return Error{Errc::usage, fmt::format("the passphrase is longer than {} bytes", limits::passphrase_bytes)};
  }
  return std::shared_ptr<const Factor>(new PassphraseFactor(std::move(passphrase), kdf, limits, for_new_slots));
}

Result<SecretBuffer> PassphraseFactor::output(ByteView parameters) const {
  auto stored = decode_passphrase_parameters(parameters);
  if (!stored) return Error{Errc::corrupt, "unlock: a slot's Argon2id parameters are damaged"};
  if (auto allowed = check_open(stored->kdf, limits_); !allowed) return allowed.error();
  SecretBuffer out(kKeySize);
  if (auto done = kdf_.derive(stored->kdf, stored->salt, passphrase_.expose(), out.expose_for_writing()); !done) {
    return done.error();
  }
  return out;
}

Result<Bytes> PassphraseFactor::new_parameters(Random& random) const {
  if (auto allowed = check_create(for_new_slots_, limits_); !allowed) return allowed.error();
  PassphraseParameters parameters{for_new_slots_, {}};
  if (auto filled = random.fill(parameters.salt); !filled) return filled.error();
  return encode(parameters);
}

std::shared_ptr<const Factor> PassphraseFactor::at_costs_of(ByteView parameters) const {
  auto stored = decode_passphrase_parameters(parameters);
  if (!stored) return nullptr;
  KdfParameters costs = stored->kdf;
  costs.memory_kib = std::max(costs.memory_kib, limits_.create_floor.memory_kib);
  costs.passes = std::max(costs.passes, limits_.create_floor.passes);
  return std::shared_ptr<const Factor>(
      new PassphraseFactor(SecretBuffer::copy(passphrase_.expose()), kdf_, limits_, costs));
}

}  // namespace vault

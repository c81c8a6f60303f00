#include "vault/keyslot/keyslot.hpp"

#include "vault/base/writer.hpp"

namespace vault {
namespace {

// KEK = BLAKE2b-256(key = Argon2id output or zeros, "vlt1-kek", salt = slot id,
//                   every other factor's output in the slot's order || BLAKE2b-256(slot header)). All factors enter, so none can be tested alone.
Kek derive_kek(const Slot& slot, const std::vector<const SecretBuffer*>& outputs) {
  static constexpr ByteArray<kKeySize> zeros{};
  ByteView key = zeros;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (slot.factors[i].type == FactorType::passphrase) key = outputs[i]->expose();
  }
  Hash kek(personals::kek, key, slot.id.bytes);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (slot.factors[i].type != FactorType::passphrase) kek.add(outputs[i]->expose());
  }
  kek.add(hash(personals::slot_header, encode_slot_header(slot)));
  Kek out{SecretBuffer(kKeySize)};
  kek.finish_into(out.bytes.expose_for_writing());
  return out;
}

Bytes slot_aad(const VaultId& vault, const Slot& slot) {
  return Writer().string("slot").u16(kSuite).id(vault).string(encode_slot_header(slot)).take();
}

SecretBuffer encode_payload(const SlotPayload& payload) {
  SecretBuffer bytes(kSlotPayloadSize);
  auto out = bytes.expose_for_writing();
  std::ranges::copy(payload.seed.bytes.expose(), out.begin());
  std::ranges::copy(payload.root_admin.bytes, out.subspan(kKeySize).begin());
  return bytes;
}

using MaybePayload = Result<std::optional<SlotPayload>>;

MaybePayload decode_payload(const SecretBuffer& bytes) {
  ByteView in = bytes.expose();
  const bool unused_are_zero =
      std::ranges::all_of(in.subspan(2 * kKeySize), [](std::byte b) { return b == std::byte{0}; });
  if (!unused_are_zero) return Error{Errc::unsupported, "unlock: this slot was made by a newer version: use that"};
  SlotPayload payload{{SecretBuffer::copy(in.first(kKeySize))}, {}};
  std::ranges::copy(in.subspan(kKeySize, kKeySize), payload.root_admin.bytes.begin());
  return std::optional(std::move(payload));
}

MaybePayload open_with(const VaultId& vault, const Slot& slot, const std::vector<const SecretBuffer*>& outputs) {
  Kek kek = derive_kek(slot, outputs);
  auto payload = unwrap_secret(kek.bytes.expose(), slot_aad(vault, slot), slot.wrapped);
  if (!payload || payload->size() != kSlotPayloadSize) return std::optional<SlotPayload>{};
  return decode_payload(*payload);
}

struct FactorOutput {
  SecretBuffer bytes;
  std::shared_ptr<const Factor> factor;
};

// Every combination of one output for each of the slot's factors, in turn. `chosen` is the one that opens it.
MaybePayload try_combinations(const VaultId& vault, const Slot& slot,
                              const std::vector<std::vector<FactorOutput>>& outputs,
                              std::vector<const FactorOutput*>& chosen) {
  if (chosen.size() == outputs.size()) {
    std::vector<const SecretBuffer*> bytes;
    for (const FactorOutput* output : chosen) bytes.push_back(&output->bytes);
    return open_with(vault, slot, bytes);
  }
  for (const FactorOutput& output : outputs[chosen.size()]) {
    chosen.push_back(&output);
    auto payload = try_combinations(vault, slot, outputs, chosen);
    if (!payload || *payload) return payload;
    chosen.pop_back();
  }
  return std::optional<SlotPayload>{};
}

}  // namespace

bool needs_passphrase(const Slot& slot) {
  return std::ranges::any_of(slot.factors, [](const SlotFactor& f) { return f.type == FactorType::passphrase; });
}

bool can_try(const Slot& slot, const Factors& offered) {
  return std::ranges::all_of(slot.factors, [&](const SlotFactor& wanted) {
    return std::ranges::any_of(offered, [&](const auto& factor) { return factor->fits(wanted.type); });
  });
}

Result<Slot> seal_slot(const VaultId& vault, const IdentityId& identity, const IdentityKeys& keys,
                       const SlotPayload& payload, const std::string& name, const Factors& factors,
                       std::uint64_t counter, const SlotId& id, Time now, Random& random) {
  if (factors.empty()) return Error{Errc::usage, "a slot needs a passphrase, a key file or a recovery code"};
  auto is_passphrase = [](const auto& factor) { return factor->type() == FactorType::passphrase; };
  if (std::ranges::count_if(factors, is_passphrase) > 1)
    return Error{Errc::usage, "a slot takes one passphrase at most"};
  Slot slot{id, identity, counter, now, name, {}, {}, {}};
  std::vector<SecretBuffer> outputs;
  for (const auto& factor : factors) {
    auto parameters = factor->new_parameters(random);
    if (!parameters) return parameters.error();
    auto output = factor->output(*parameters);
    if (!output) return output.error();
    slot.factors.push_back({factor->type(), std::move(*parameters)});
    outputs.push_back(std::move(*output));
  }
  std::vector<const SecretBuffer*> chosen;
  for (const SecretBuffer& output : outputs) chosen.push_back(&output);
  Kek kek = derive_kek(slot, chosen);
  SecretBuffer plaintext = encode_payload(payload);
  auto wrapped = wrap_secret(kek.bytes.expose(), slot_aad(vault, slot), plaintext.expose(), random);
  if (!wrapped) return wrapped.error();
  slot.wrapped = std::move(*wrapped);
  slot.signature = keys.sign(SignedType::slot, vault, encode_signed_slot(slot));
  return slot;
}

Result<std::optional<SlotPayload>> open_slot(const VaultId& vault, const Slot& slot, const Factors& offered,
                                             int& argon2_runs, Factors* used) {
  std::vector<std::vector<FactorOutput>> outputs;
  for (const SlotFactor& wanted : slot.factors) {
    outputs.emplace_back();
    for (const auto& factor : offered) {
      if (!factor->fits(wanted.type)) continue;
      if (wanted.type == FactorType::passphrase && --argon2_runs < 0) break;
      auto output = factor->output(wanted.parameters);
      if (!output) return output.error();
      outputs.back().push_back({std::move(*output), factor});
    }
  }
  std::vector<const FactorOutput*> chosen;
  auto payload = try_combinations(vault, slot, outputs, chosen);
  if (used != nullptr && payload && *payload) {
    for (const FactorOutput* output : chosen) used->push_back(output->factor);
  }
  return payload;
}

}  // namespace vault

// Everything the store decodes, from any bytes: what decodes has one encoding.
#include <cstdlib>

#include "vault/base/limits.hpp"
#include "vault/base/writer.hpp"
#include "vault/crypto/init.hpp"
#include "vault/store/commit.hpp"
#include "vault/store/record.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// `decoded` is an optional or a Result.
template <class Decoded>
void check(const Decoded& record, vault::ByteView bytes) {
  if (record) require(vault::equal(vault::encode(*record), bytes));
}

void check_limits(const std::optional<vault::EntryRecord>& entry) {
  if (!entry) return;
  require(entry->versions.size() <= vault::limits::versions && entry->attributes.size() <= vault::limits::attributes);
  require(entry->former_labels.size() <= vault::limits::former_labels);
  require(entry->note.size() <= vault::limits::note_bytes);
  require(entry->active.is_zero() || entry->version(entry->active) != nullptr);
}

void check_limits(const std::optional<vault::VersionRecord>& version) {
  if (!version) return;
  require(version->fields.size() <= vault::limits::fields && version->scopes.size() <= vault::limits::scopes);
}

void check_values(vault::ByteView bytes) {
  auto values = vault::decode_field_values(bytes);
  if (!values) return;
  require(values->size() <= vault::limits::fields);
  std::vector<vault::Bytes> copies;
  for (vault::ByteView value : *values) copies.emplace_back(value.begin(), value.end());
  require(vault::equal(vault::encode_field_values(copies), bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const bool ready = static_cast<bool>(vault::init_crypto());
  require(ready);
  vault::ByteView bytes = std::as_bytes(std::span(data, size));
  auto entry = vault::decode_entry(bytes);
  auto version = vault::decode_version(bytes);
  check(entry, bytes);
  check_limits(entry);
  check(version, bytes);
  check_limits(version);
  check(vault::decode_team(bytes), bytes);
  check(vault::decode_account(bytes), bytes);
  check(vault::decode_issuer(bytes), bytes);
  check(vault::decode_identity(bytes), bytes);
  check(vault::decode_policy(bytes), bytes);
  check(vault::decode_commit(bytes), bytes);
  check_values(bytes);
  return 0;
}

// Secrets: stored and read.

#include <algorithm>

#include "capi/handles.hpp"
#include "vault/base/limits.hpp"

namespace vault::capi {
namespace {

Status add_fields(NewEntry& entry, const vault_field* fields, std::size_t count) {
  if (count >= limits::fields) return Error{Errc::limit, "fields: at most " + std::to_string(limits::fields)};
  for (std::size_t i = 0; i < count; ++i) {
    if (auto fine = required(fields, "fields"); !fine) return fine;
    const vault_field& field = fields[i];
    if (auto fine = required(field.name, "a field's name"); !fine) return fine;
    if (field.size > 0 && field.data == nullptr) return Error{Errc::usage, "a field's data is NULL"};
    if (field.size > limits::field_bytes) return Error{Errc::limit, "a field is larger than 64 KiB"};
    entry.fields.push_back(
        {field.name, field.secret != 0, SecretBuffer::copy({static_cast<const std::byte*>(field.data), field.size})});
  }
  return {};
}

Status set_times(NewEntry& entry, const vault_add_options& options) {
  if (options.expires_at != 0 && options.expires_at != VAULT_NEVER) {
    auto expires = time_of(options.expires_at, "expires_at");
    if (!expires) return expires.error();
    entry.expires_at = *expires;
  }
  if (options.issued_at == 0) return {};
  auto issued = time_of(options.issued_at, "issued_at");
  if (!issued) return issued.error();
  entry.issued_at = *issued;
  return {};
}

Result<NewEntry> new_entry(const char* label_text, const void* secret, std::size_t size,
                           const vault_add_options* given) {
  if (auto fine = required(label_text, "label"); !fine) return fine.error();
  if (size > 0) {
    if (auto fine = required(secret, "secret"); !fine) return fine.error();
  }
  auto options = options_of(given);
  if (!options) return options.error();
  auto label = Label::parse(label_text);
  if (!label) return label.error();
  NewEntry entry{*label};
  entry.issuer = text_or(options->issuer, "generic");
  entry.account = text_or(options->account, "default");
  entry.team = text_or(options->team, "default");
  entry.note = text_or(options->note, "");
  entry.key_name = text_or(options->key_name, "");
  entry.minted_by = text_or(options->minted_by, "");
  entry.minted_with = text_or(options->minted_with, "");
  entry.period = text_or(options->period, "");
  entry.hint = options->hint != 0;
  entry.fingerprint = options->no_fingerprint == 0;
  entry.allow_empty = options->allow_empty != 0;
  entry.replace_tombstone = options->replace_tombstone != 0;
  if (size > limits::field_bytes) return Error{Errc::limit, "the secret is larger than 64 KiB"};
  auto scopes = texts_of(options->scopes, options->scope_count, limits::scopes, "scopes");
  if (!scopes) return scopes.error();
  auto set = ScopeSet::make(std::move(*scopes));
  if (!set) return set.error();
  entry.scopes = std::move(*set);
  auto attributes = attributes_of(options->attributes, options->attribute_count);
  if (!attributes) return attributes.error();
  entry.attributes = std::move(*attributes);
  if (auto times = set_times(entry, *options); !times) return times.error();
  entry.fields.push_back({"token", true, SecretBuffer::copy({static_cast<const std::byte*>(secret), size})});
  if (auto fields = add_fields(entry, options->fields, options->field_count); !fields) return fields.error();
  return entry;
}

Result<SecretValue> read_secret(Vault& vault, const Label& label, const vault_get_options* given) {
  auto options = get_options_of(given);
  if (!options) return options.error();
  return vault.get(label, *options);
}

Result<std::vector<Label>> labels_of(const char* const* texts, std::size_t count) {
  auto wanted = texts_of(texts, count, limits::entries, "labels");
  if (!wanted) return wanted.error();
  std::vector<Label> labels;
  for (const std::string& text : *wanted) {
    auto label = Label::parse(text);
    if (!label) return label.error();
    labels.push_back(std::move(*label));
  }
  return labels;
}

}  // namespace
}  // namespace vault::capi

using namespace vault::capi;

extern "C" {

vault_code vault_add(vault_handle* vault, const char* label, const void* secret, size_t size,
                     const vault_add_options* options) {
  return on(vault, [&](vault::Vault& open) -> vault::Status {
    auto entry = new_entry(label, secret, size, options);
    if (!entry) return entry.error();
    auto receipt = open.add(std::move(*entry));
    return receipt ? vault::Status{} : receipt.error();
  });
}

vault_code vault_add_all(vault_handle* vault, const vault_new_entry* entries, size_t count) {
  return on(vault, [&](vault::Vault& open) -> vault::Status {
    if (count > 0 && entries == nullptr) return vault::Error{vault::Errc::usage, "entries is NULL"};
    if (count > vault::limits::entries) return vault::Error{vault::Errc::limit, "entries: too many"};
    std::vector<vault::NewEntry> made;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string place = "entry " + std::to_string(i + 1);
      auto entry = new_entry(entries[i].label, entries[i].secret, entries[i].size, entries[i].options);
      if (!entry) return vault::Error{entry.error().code, place + ": " + entry.error().message};
      entry->origin = place;
      made.push_back(std::move(*entry));
    }
    auto receipts = open.add_all(std::move(made));
    return receipts ? vault::Status{} : receipts.error();
  });
}

vault_code vault_get(const vault_handle* vault, const char* label, const vault_get_options* options,
                     vault_secret** secret) {
  clear(secret);
  return on(vault, label, [&](vault::Vault& open, const vault::Label& wanted) -> vault::Status {
    if (auto fine = required(secret, "secret"); !fine) return fine;
    auto value = read_secret(open, wanted, options);
    if (!value) return value.error();
    *secret = new vault_secret{std::move(*value)};
    return {};
  });
}

vault_code vault_get_all(const vault_handle* vault, const char* const* labels, size_t count,
                         const vault_get_options* given, vault_secret** secrets) {
  // More than there can be is not written to either: such a count is a bug of its caller.
  if (secrets != nullptr && count <= vault::limits::entries) std::fill_n(secrets, count, nullptr);
  return on(vault, [&](vault::Vault& open) -> vault::Status {
    if (auto fine = count == 0 ? vault::Status{} : required(secrets, "secrets"); !fine) return fine;
    auto options = get_options_of(given);
    if (!options) return options.error();
    auto wanted = labels_of(labels, count);
    if (!wanted) return wanted.error();
    auto values = open.get_all(*wanted, *options);
    if (!values) return values.error();
    std::vector<std::unique_ptr<vault_secret>> made;
    for (vault::SecretValue& value : *values) made.emplace_back(new vault_secret{std::move(value)});
    std::ranges::transform(made, secrets, [](auto& secret) { return secret.release(); });
    return {};
  });
}

vault_code vault_use(const vault_handle* vault, const char* label, const vault_get_options* options,
                     vault_use_callback use, void* context) {
  vault::SecretBuffer bytes;
  const vault_code read = on(vault, label, [&](vault::Vault& open, const vault::Label& wanted) -> vault::Status {
    if (use == nullptr) return vault::Error{vault::Errc::usage, "use is NULL"};
    auto value = read_secret(open, wanted, options);
    if (!value) return value.error();
    bytes = std::move(value->bytes);
    return {};
  });
  if (read != VAULT_OK) return read;
  const vault_code used =
      use(bytes.empty() ? "" : static_cast<const void*>(bytes.expose().data()), bytes.size(), context);
  return used == VAULT_OK ? used : keep_message(used, "use: the callback ended with this code");
}

const void* vault_secret_data(const vault_secret* secret) {
  if (!is_readable(secret)) return nullptr;
  return secret->value.bytes.empty() ? "" : static_cast<const void*>(secret->value.bytes.expose().data());
}

size_t vault_secret_size(const vault_secret* secret) { return is_readable(secret) ? secret->value.bytes.size() : 0; }

vault_code vault_secret_describe(const vault_secret* secret, vault_secret_info* info) {
  return guard([&]() -> vault::Status {
    if (auto fine = usable(secret, "secret"); !fine) return fine;
    vault_secret_info out = VAULT_SECRET_INFO_INIT;
    out.field = secret->value.field.c_str();
    out.version = secret->value.version;
    out.expires_at = to_seconds(secret->value.expires_at);
    return fill(info, out);
  });
}

int vault_secret_equal(const vault_secret* secret, const void* data, size_t size) {
  const auto* bytes = static_cast<const std::byte*>(data);
  return is_readable(secret) && (bytes != nullptr || size == 0) &&
         vault::is_equal(secret->value.bytes.expose(), {bytes, size});
}

void vault_secret_wipe(vault_secret* secret) {
  if (is_alive(secret)) vault::wipe(secret->value.bytes.expose_for_writing());
}

void vault_secret_free(vault_secret* secret) {
  if (is_alive(secret)) delete secret;
}

}  // extern "C"

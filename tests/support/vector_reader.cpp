#include "tests/support/vector_reader.hpp"

#include <fstream>

#include "tests/support/tamper.hpp"
#include "vault/base/reader.hpp"
#include "vault/base/writer.hpp"
#include "vault/keyslot/recovery_code.hpp"
#include "vault/mark.hpp"
#include "vault/session.hpp"

namespace vault {
namespace {

constexpr std::size_t kPage = 4096;

Outcome refused(const Error& error) { return {std::string(name(error.code))}; }
Outcome refused(Errc code) { return {std::string(name(code))}; }
Outcome ok(Json output = Json::object()) { return {"ok", std::move(output)}; }

template <std::size_t N>
ByteArray<N> array_of(const Json& hex) {
  const Bytes bytes = bytes_of(hex);
  if (bytes.size() != N) throw std::runtime_error("of another size: " + hex.dump());
  ByteArray<N> out{};
  std::ranges::copy(bytes, out.begin());
  return out;
}
template <class IdType>
IdType id_of(const Json& hex) {
  return {array_of<16>(hex)};
}

// ---- cryptography -----------------------------------------------------------------------------------------------------

Outcome read_wrap(const Json& in) {
  auto plain = unwrap_secret(bytes_of(in["key"]), bytes_of(in["aad"]), bytes_of(in["wrapped"]));
  return plain ? ok({{"plaintext", hex(plain->expose())}}) : refused(Errc::corrupt);
}

Outcome read_grant(const Json& in) {
  const auto vault = id_of<VaultId>(in["vault"]);
  const IdentitySeed seed{SecretBuffer::copy(bytes_of(in["seed"]))};
  const GrantContext context{GrantKind(in["kind"].get<int>()), id_of<TeamId>(in["team"]), in["generation"]};
  const Grant grant{array_of<32>(in["ephemeral"]), array_of<kKeySize + kWrapOverhead>(in["wrapped"])};
  auto key = open_grant(IdentityKeys(seed, vault), vault, context, grant);
  return key ? ok({{"key", hex(key->expose())}}) : refused(Errc::corrupt);
}

Outcome read_signature(const Json& in) {
  static const std::map<std::string, SignedType> types{{"body", SignedType::body},
                                                       {"admin", SignedType::admin_list},
                                                       {"slot", SignedType::slot},
                                                       {"commit", SignedType::commit},
                                                       {"succ", SignedType::succession}};
  const bool good = verify(types.at(in["type"]), id_of<VaultId>(in["vault"]), bytes_of(in["message"]),
                           {array_of<32>(in["key"])}, array_of<64>(in["signature"]));
  return good ? ok() : refused(Errc::corrupt);
}

template <class Parsed>
Outcome output_of(const Parsed& factor) {
  if (!factor) return refused(factor.error());
  return ok({{"output", hex(must((*factor)->output({})).expose())}});
}

Outcome read_key_file(const Json& in) { return output_of(KeyFileFactor::parse(bytes_of(in["text"]))); }
Outcome read_recovery_code(const Json& in) { return output_of(RecoveryCodeFactor::parse(bytes_of(in["text"]))); }

// ---- records ----------------------------------------------------------------------------------------------------------

// As a view of the store judges a record before it decodes it.
std::optional<Outcome> judged_by_layout(ByteView bytes) {
  if (bytes.empty()) return refused(Errc::corrupt);
  return known_layout(bytes) ? std::nullopt : std::optional(refused(Errc::unsupported));
}

template <class Record>
Outcome summary(const std::optional<Record>& record) {
  if (!record) return refused(Errc::corrupt);
  return ok({{"id", hex(record->id.bytes)}, {"name", record->name}});
}

Outcome read_record(const Json& in) {
  const Bytes bytes = bytes_of(in["bytes"]);
  if (auto judged = judged_by_layout(bytes)) return *judged;
  switch (RecordKind(in["kind"].get<int>())) {
    case RecordKind::issuer: return summary(decode_issuer(bytes));
    case RecordKind::account: return summary(decode_account(bytes));
    case RecordKind::team: return summary(decode_team(bytes));
    case RecordKind::identity: return summary(decode_identity(bytes));
    case RecordKind::policy: return summary(decode_policy(bytes));
    case RecordKind::entry:
    case RecordKind::mint:
    case RecordKind::fingerprint: break;
  }
  throw std::runtime_error("no such record");
}

Outcome read_entry(const Json& in) {
  const Bytes bytes = bytes_of(in["bytes"]);
  if (auto judged = judged_by_layout(bytes)) return *judged;
  auto entry = decode_entry(bytes);
  if (!entry) return refused(Errc::corrupt);
  const Time now{std::chrono::seconds(in["now"].get<std::int64_t>())};
  Json former = Json::array();
  for (const Label& label : entry->former_labels) former.push_back(label.text());
  Json states = Json::array();
  for (const VersionEntry& version : entry->versions) states.push_back(name(state_at(version.life, now)));
  return ok({{"id", hex(entry->id.bytes)},
             {"label", entry->label.text()},
             {"former_labels", former},
             {"attributes", entry->attributes},
             {"active", hex(entry->active.bytes)},
             {"states", states}});
}

Outcome read_version(const Json& in) {
  const Bytes bytes = bytes_of(in["bytes"]);
  if (auto judged = judged_by_layout(bytes)) return *judged;
  auto version = decode_version(bytes);
  if (!version) return refused(Errc::corrupt);
  Json fields = Json::array();
  for (const StoredField& field : version->fields) fields.push_back(field.name);
  return ok({{"id", hex(version->id.bytes)},
             {"entry", hex(version->entry.bytes)},
             {"scopes", version->scopes.items()},
             {"fields", fields}});
}

Outcome read_field(const Json& in) {
  const auto vault = id_of<VaultId>(in["vault"]);
  auto version = decode_version(bytes_of(in["version"]));
  if (!version) return refused(Errc::corrupt);
  const StoredField* field = version->field(in["field"].get<std::string>());
  if (field == nullptr) return refused(Errc::not_found);
  const Bytes stored = bytes_of(in["values"]);
  auto values = decode_field_values(stored);
  if (!values || values->size() != version->fields.size()) return refused(Errc::corrupt);
  const ByteView value = (*values)[static_cast<std::size_t>(field - version->fields.data())];
  if (field_digest(*field, value, vault) != field->digest) return refused(Errc::corrupt);
  if (!field->secret) return ok({{"value", hex(value)}});
  const Bytes aad =
      field_aad(vault, version->entry, version->id, field->name, id_of<TeamId>(in["team"]), field->generation);
  auto plain = unwrap_secret(bytes_of(in["team_key"]), aad, value);
  return plain ? ok({{"value", hex(plain->expose())}}) : refused(Errc::corrupt);
}

// ---- tree, commits ----------------------------------------------------------------------------------------------------

Json json_of(const std::vector<Item>& items) {
  Json list = Json::array();
  for (const Item& item : items) {
    list.push_back(
        hex(Writer().raw(item.key).raw(item.id).u8(static_cast<std::uint8_t>(item.status)).raw(item.value).bytes()));
  }
  return list;
}

Item item_of(const Json& hex) {
  const Bytes bytes = bytes_of(hex);
  Reader in(bytes);
  Item item;
  item.key = in.array<32>();
  item.id = in.array<16>();
  item.status = ItemStatus{in.u8()};
  item.value = in.array<32>();
  return item;
}

Json rows_of(const MemoryTreeStorage& storage, TreeStorage::Table table) {
  Json rows = Json::object();
  std::map<std::int64_t, Bytes> sorted(storage.rows(table).begin(), storage.rows(table).end());
  for (const auto& [id, bytes] : sorted) rows[std::to_string(id)] = hex(bytes);
  return rows;
}

Outcome build_tree(const Json& in) {
  MemoryTreeStorage storage;
  HashTree tree(storage, id_of<VaultId>(in["vault"]), {});
  std::vector<ItemChange> changes;
  for (const Json& item : in["items"]) changes.push_back({RecordKind::entry, false, item_of(item)});
  if (auto applied = tree.apply(changes); !applied) return refused(applied.error());
  const Subtree root = tree.subtrees().at(RecordKind::entry);
  return ok({{"root", hex(root.root)},
             {"live", root.live},
             {"nodes", rows_of(storage, TreeStorage::Table::nodes)},
             {"buckets", rows_of(storage, TreeStorage::Table::buckets)}});
}

Outcome read_tree(const Json& in, bool all) {
  const auto kind = RecordKind(in["kind"].get<int>());
  MemoryTreeStorage storage;
  for (const auto& [row, bytes] : in["nodes"].items())
    must(storage.write(TreeStorage::Table::nodes, std::stoll(row), bytes_of(bytes)));
  for (const auto& [row, bytes] : in["buckets"].items())
    must(storage.write(TreeStorage::Table::buckets, std::stoll(row), bytes_of(bytes)));
  const Subtree root{array_of<32>(in["root"]), in["live"]};
  const HashTree tree(storage, id_of<VaultId>(in["vault"]),
                      root.root == Digest{} ? Subtrees{} : Subtrees{{kind, root}});
  auto items = all ? tree.items(kind) : tree.find(kind, array_of<32>(in["key"]));
  return items ? ok({{"items", json_of(*items)}}) : refused(items.error());
}

Outcome read_commit(const Json& in) {
  const auto vault = id_of<VaultId>(in["vault"]);
  const Bytes bytes = bytes_of(in["bytes"]);
  auto commit = decode_commit(bytes);
  if (!commit) return refused(commit.error());
  if (commit->vault != vault) return refused(Errc::corrupt);
  return ok({{"sequence", commit->sequence},
             {"kind", static_cast<int>(commit->kind)},
             {"operation", commit->operation},
             {"hash", hex(commit_hash(bytes, vault))}});
}

Outcome read_delta(const Json& in) {
  auto changes = decode_delta(bytes_of(in["bytes"]));
  return changes ? ok({{"changes", changes->size()}}) : refused(Errc::corrupt);
}

// ---- whole vaults -----------------------------------------------------------------------------------------------------

void apply_pages(const Bytes& patch, const fs::path& file) {
  Reader in(patch);
  Bytes bytes = file_bytes(file);
  bytes.resize(in.u32() * kPage);
  while (in.ok() && in.left() > 0) {
    const std::size_t at = (in.u32() - 1) * kPage;
    const ByteView page = in.raw(kPage);
    if (!in.ok() || at + kPage > bytes.size()) throw std::runtime_error("pages that do not fit " + file.string());
    std::ranges::copy(page, bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }
  put_file(file, bytes);
}

// Nothing where most of the file is new.
std::optional<Bytes> pages_between(const Bytes& before, const Bytes& now) {
  Writer out;
  out.u32(static_cast<std::uint32_t>(now.size() / kPage));
  for (std::size_t at = 0; at < now.size(); at += kPage) {
    const ByteView page = ByteView(now).subspan(at, kPage);
    if (at + kPage <= before.size() && equal(page, ByteView(before).subspan(at, kPage))) continue;
    out.u32(static_cast<std::uint32_t>(at / kPage + 1)).raw(page);
  }
  return out.bytes().size() < now.size() ? std::optional(out.take()) : std::nullopt;
}

std::vector<fs::path> files_in(const fs::path& dir) {
  std::vector<fs::path> files;
  if (!fs::exists(dir)) return files;
  for (const auto& file : fs::recursive_directory_iterator(dir)) {
    if (file.is_regular_file()) files.push_back(fs::relative(file.path(), dir));
  }
  return files;
}

}  // namespace

void lay(const fs::path& layer, const fs::path& to) {
  if (!fs::exists(layer)) throw std::runtime_error("no layer " + layer.string());
  for (const fs::path& name : files_in(layer)) {
    const fs::path target = to / name;
    fs::create_directories(target.parent_path());
    fs::permissions(target.parent_path(), fs::perms(0700));
    if (name.extension() == ".pages") {
      apply_pages(file_bytes(layer / name), fs::path(target).replace_extension());
    } else {
      put_file(target, file_bytes(layer / name));
    }
  }
}

void save_layer(const fs::path& before, const fs::path& now, const fs::path& layer) {
  fs::remove_all(layer);
  fs::create_directories(layer);
  for (const fs::path& name : files_in(now)) {
    if (name.filename() == "lock") continue;
    const Bytes bytes = file_bytes(now / name);
    const Bytes old = !before.empty() && fs::exists(before / name) ? file_bytes(before / name) : Bytes{};
    if (bytes == old) continue;
    fs::create_directories((layer / name).parent_path());
    auto pages = name.extension() == ".db" && !old.empty() ? pages_between(old, bytes) : std::nullopt;
    put_file((layer / name).string() + (pages ? ".pages" : ""), pages ? *pages : bytes);
  }
}

Outcome VectorReader::header(const Json& in) {
  auto header = decode_header(bytes_of(in["header"]));
  if (!header) return refused(header.error());
  auto self = unlock(*header, factors_of(in["factors"], platform_, {64, 1, 1}), "", platform_.limits);
  if (!self) return refused(self.error());
  return ok({{"slot", hex(self->slot.bytes)},
             {"identity", hex(self->identity.bytes)},
             {"role", static_cast<int>(self->role)},
             {"vault_key", hex(self->vault_key.bytes.expose())}});
}

Outcome VectorReader::mark(const Json& in) {
  const Header header = must(decode_header(bytes_of(in["header"])));
  const Unlocked self = must(unlock(header, factors_of(in["factors"], platform_, {64, 1, 1}), "", platform_.limits));
  platform_.state_dir = dir_ / "state";
  const fs::path path = platform_.state_dir / to_hex(header.body.vault.bytes) / to_hex(self.identity.bytes);
  fs::create_directories(path.parent_path());
  put_file(path, bytes_of(in["mark"]));
  auto found = read_mark(platform_, header, self);
  if (!found) return refused(found.error());
  if (!found->mark) return ok({{"found", false}});
  if (auto age = check_age(found->mark, header, self); !age) return refused(age.error());
  return ok({{"found", true}, {"sequence", found->mark->seen.sequence}});
}

Outcome VectorReader::whole_vault(const Json& in) {
  const fs::path root = dir_ / "laid";
  fs::remove_all(root);
  for (const Json& layer : in["layers"]) lay(layers_ / layer.get<std::string>(), root);
  platform_.state_dir = root / "state";
  auto vault = Vault::open(root / "vault", {factors_of(in["factors"], platform_, {64, 1, 1}), ""}, platform_);
  if (!vault) return refused(vault.error());
  Json got = Json::object();
  for (const Json& label : in["labels"]) {
    auto value = vault->get(must(Label::parse(label.get<std::string>())));
    got[label.get<std::string>()] =
        value ? std::string(as_text(value->bytes.expose())) : "(" + std::string(name(value.error().code)) + ")";
  }
  auto report = vault->verify();
  if (!report) return refused(report.error());
  const VaultStatus status = must(vault->status());
  return ok({{"commits", report->commits}, {"epoch", status.epoch}, {"rollbacks", status.rollbacks}, {"values", got}});
}

Outcome VectorReader::read(const Json& vector) {
  static const std::map<std::string, std::function<Outcome(const Json&)>> simple{
      {"wrap", read_wrap},
      {"grant", read_grant},
      {"signature", read_signature},
      {"key_file", read_key_file},
      {"recovery_code", read_recovery_code},
      {"record", read_record},
      {"entry", read_entry},
      {"version", read_version},
      {"field", read_field},
      {"tree build", build_tree},
      {"tree list", [](const Json& in) { return read_tree(in, true); }},
      {"tree find", [](const Json& in) { return read_tree(in, false); }},
      {"commit", read_commit},
      {"delta", read_delta},
  };
  const std::string run = vector.at("run");
  const Json& in = vector.at("input");
  if (run == "header") return header(in);
  if (run == "mark") return mark(in);
  if (run == "vault") return whole_vault(in);
  return simple.at(run)(in);
}

std::map<std::string, Json> all_vectors() {
  std::map<std::string, Json> all;
  for (const auto& file : fs::directory_iterator(vectors_dir())) {
    if (file.path().extension() != ".json") continue;
    std::ifstream in(file.path());
    all[file.path().filename()] = Json::parse(in);
  }
  return all;
}

}  // namespace vault

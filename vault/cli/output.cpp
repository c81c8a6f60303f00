#include "vault/cli/output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "vault/cli/terminal.hpp"
#include "vault/model/time_text.hpp"

namespace vault::cli {
namespace {

bool write_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return true;
}

Error not_written() {
  return {Errc::internal, fmt::format("cannot write to the standard output: {}", std::strerror(errno))};
}

}  // namespace

Status Output::data(std::string_view text) const {
  if (!write_all(STDOUT_FILENO, as_bytes(text))) return not_written();
  return {};
}

Status Output::secret(const SecretBuffer& value) const {
  if (!write_all(STDOUT_FILENO, value.expose())) return not_written();
  return {};
}

Status Output::finish() const {
  if (::close(STDOUT_FILENO) != 0 && errno != EBADF) return not_written();
  return {};
}

void Output::note(std::string_view line) const { write_all(STDERR_FILENO, as_bytes(fmt::format("{}\n", line))); }

void Output::progress(std::string_view doing, std::uint64_t done, std::uint64_t total) const {
  if (!is_terminal(STDERR_FILENO)) return;
  std::string line = done == total ? "\r\x1b[K" : fmt::format("\r{} {}/{}\x1b[K", doing, done, total);
  write_all(STDERR_FILENO, as_bytes(line));
}

namespace json {
namespace {

using Json = nlohmann::ordered_json;

std::string finished(const Json& object) {
  Json all{{"schema", 1}};
  all.update(object);
  return all.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json of(Time time) { return time == kNever ? Json(nullptr) : Json(to_rfc3339(time)); }

template <class IdType>
Json of_id(const IdType& id) {
  return to_hex(id.bytes);
}

Json of(const KdfParameters& kdf) {
  return {{"memory_mib", kdf.memory_kib / 1024}, {"passes", kdf.passes}, {"lanes", kdf.lanes}};
}

Json of(const KdfChoice& kdf) {
  Json object = of(kdf.parameters);
  if (kdf.measured) object["measured_ms"] = kdf.measured->count();
  return object;
}

Json of(const SlotView& slot) {
  Json factors = Json::array();
  for (FactorType type : slot.factors) factors.push_back(name(type));
  return {{"id", of_id(slot.id)},
          {"name", slot.name},
          {"identity", of_id(slot.identity)},
          {"identity_name", slot.identity_name},
          {"role", name(slot.role)},
          {"factors", factors},
          {"kdf", slot.kdf ? of(*slot.kdf) : Json(nullptr)},
          {"created_at", of(slot.created)},
          {"counter", slot.counter},
          {"opened", slot.opened}};
}

Json of(const FieldView& field) { return {{"name", field.name}, {"secret", field.secret}, {"size", field.size}}; }

Json of(const VersionView& version) {
  Json fields = Json::array();
  for (const FieldView& field : version.fields) fields.push_back(of(field));
  return {{"version", version.number},          {"id", of_id(version.id)},
          {"state", name(version.state)},       {"scopes", version.scopes.items()},
          {"issued_at", of(version.issued_at)}, {"expires_at", of(version.expires_at)},
          {"stored_at", of(version.stored_at)}, {"period", version.period},
          {"key_name", version.key_name},       {"minted_by", version.minted_by},
          {"minted_with", version.minted_with}, {"hint", version.hint},
          {"fingerprint", version.fingerprint}, {"fields", fields}};
}

// What `list` says of an entry: its current version's facts beside its own.
Json of(const EntryView& entry) {
  Json object{{"label", entry.label.text()},
              {"id", of_id(entry.id)},
              {"team", entry.team},
              {"issuer", entry.issuer},
              {"account", entry.account},
              {"state", name(entry.state)},
              {"created_at", of(entry.created)},
              {"changed_at", of(entry.changed)},
              {"attributes", entry.attributes},
              {"note", entry.note},
              {"current", entry.current == 0 ? Json(nullptr) : Json(entry.current)},
              {"version_count", entry.version_count}};
  const VersionView* current = entry.current_version();
  object["expires_at"] = current == nullptr ? Json(nullptr) : of(current->expires_at);
  object["scopes"] = current == nullptr ? Json::array() : Json(current->scopes.items());
  return object;
}

Json of(const TeamView& team) {
  return {{"name", team.name},
          {"id", of_id(team.id)},
          {"created_at", of(team.created)},
          {"generation", team.generation},
          {"entries", team.entries},
          {"members", team.members}};
}

Json of(const CommitView::Touched& touched) {
  return {{"what", name(touched.what)},
          {"kind", name(touched.kind)},
          {"name", touched.name.empty() ? Json(nullptr) : Json(touched.name)}};
}

Json of(const CommitView& commit) {
  Json touched = Json::array();
  for (const CommitView::Touched& one : commit.touched) touched.push_back(of(one));
  return {{"sequence", commit.sequence},
          {"time", of(commit.time)},
          {"hash", to_hex(commit.hash)},
          {"kind", name(commit.kind)},
          {"operation", commit.operation},
          {"identity", commit.identity},
          {"epoch", commit.epoch},
          {"touched", touched},
          {"gave_up", commit.gave_up ? Json(*commit.gave_up) : Json(nullptr)}};
}

Json list_of(const auto& items) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(of(item));
  return list;
}

// What `show` and the verbs that change an entry say of it.
Json whole(const EntryView& entry) {
  Json object = of(entry);
  object["former_labels"] = entry.former_labels;
  object["revision"] = entry.revision;
  object["versions"] = list_of(entry.versions);
  return object;
}

Json head_of(const VaultStatus& status) {
  return {{"sequence", status.head_sequence}, {"hash", to_hex(status.head_hash)}, {"time", of(status.head_time)}};
}

}  // namespace

std::string error(const Error& error) {
  return finished(
      {{"error", {{"code", static_cast<int>(error.code)}, {"name", name(error.code)}, {"message", error.message}}}});
}

std::string version(std::string_view version) { return finished({{"version", version}}); }

std::string help(std::string_view text) { return finished({{"help", text}}); }

std::string created(const VaultStatus& status, const SlotView& slot, const SlotView* recovery,
                    const std::optional<KdfChoice>& kdf) {
  Json object{{"dir", status.dir.string()}, {"id", of_id(status.id)}, {"slot", of(slot)}};
  if (kdf) object["slot"]["kdf"] = of(*kdf);
  object["recovery"] = recovery == nullptr ? Json(nullptr) : of(*recovery);
  return finished(object);
}

std::string added(const AddReceipt& receipt) {
  Json object{{"entry", of(receipt.entry)}};
  object["entry"]["versions"] = list_of(receipt.entry.versions);
  object["team_created"] = receipt.team_created;
  object["account_created"] = receipt.account_created;
  return finished(object);
}

std::string added_lines(const std::vector<AddReceipt>& receipts, const std::vector<std::uint64_t>& lines) {
  Json added = Json::array();
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    const EntryView& entry = receipts[i].entry;
    const VersionView* version = entry.current_version();
    added.push_back({{"line", lines[i]},
                     {"label", entry.label.text()},
                     {"id", of_id(entry.id)},
                     {"expires_at", version == nullptr ? Json(nullptr) : of(version->expires_at)},
                     {"team_created", receipts[i].team_created},
                     {"account_created", receipts[i].account_created}});
  }
  return finished({{"added", added}});
}

std::string entries(const std::vector<EntryView>& entries) { return finished({{"entries", list_of(entries)}}); }

std::string entry(const EntryView& entry) { return finished({{"entry", whole(entry)}}); }

std::string changed(const EntryView& entry, std::string_view done) {
  return finished({{"done", done}, {"entry", whole(entry)}});
}

std::string commits(const std::vector<CommitView>& commits) { return finished({{"commits", list_of(commits)}}); }

std::string slots(const std::vector<SlotView>& slots) { return finished({{"slots", list_of(slots)}}); }

std::string slot(const SlotView& slot, std::string_view done, const std::optional<KdfChoice>& kdf) {
  Json object = of(slot);
  if (kdf) object["kdf"] = of(*kdf);
  Json answer{{"done", done}, {"slot", object}};
  if (done == "removed") answer["identity_removed"] = slot.last;
  return finished(answer);
}

namespace {

std::string_view word(KdfVerdict verdict) {
  switch (verdict) {
    case KdfVerdict::weaker: return "weaker";
    case KdfVerdict::alike: return "alike";
    case KdfVerdict::slower: return "slower";
  }
  return "alike";
}

}  // namespace

std::string calibration(std::chrono::milliseconds budget, const Calibration& chosen,
                        const std::vector<SlotCost>& costs) {
  Json slots = Json::array();
  for (const SlotCost& cost : costs) {
    Json slot{{"id", of_id(cost.slot.id)}, {"name", cost.slot.name}};
    slot["kdf"] = of(KdfChoice{*cost.slot.kdf, cost.measured});
    slot["verdict"] = cost.measured ? Json(word(cost.verdict)) : Json(nullptr);
    if (!cost.refused.empty()) slot["refused"] = cost.refused;
    slots.push_back(slot);
  }
  return finished({{"unlock_time_ms", budget.count()},
                   {"chosen", of(KdfChoice{chosen.parameters, chosen.measured})},
                   {"slots", slots}});
}

std::string teams(const std::vector<TeamView>& teams) { return finished({{"teams", list_of(teams)}}); }
std::string team(const TeamView& team) { return finished({{"team", of(team)}}); }

namespace {

Json of(const RollbackGuard& guard) {
  constexpr std::array kKinds{"mark", "first_use", "none"};
  Json json{{"kind", kKinds[static_cast<std::size_t>(guard.kind)]}};
  if (guard.kind == RollbackGuard::Kind::none) json["why"] = guard.why;
  if (!guard.file.empty()) json["file"] = guard.file.string();
  if (guard.sequence != 0) json["commit"] = {{"sequence", guard.sequence}, {"time", of(guard.time)}};
  return json;
}

}  // namespace

std::string rekeyed(const RekeyReport& report) {
  return finished({{"done", "rekeyed"},
                   {"epoch", report.epoch},
                   {"teams", report.teams},
                   {"fields", report.fields},
                   {"dropped_slots", report.dropped_slots}});
}

std::string status(const VaultStatus& status) {
  return finished(
      {{"dir", status.dir.string()},
       {"id", of_id(status.id)},
       {"suite", status.suite},
       {"identity", status.identity},
       {"role", name(status.role)},
       {"slots", status.slots},
       {"entries", status.entries},
       {"teams", status.teams},
       {"epoch", status.epoch},
       {"header_sequence", status.header_sequence},
       {"header_from_copy", status.header_from_copy},
       {"head", head_of(status)},
       {"audit", status.audit_policy},
       {"rollback_guard", of(status.rollback_guard)},
       {"rollbacks", status.rollbacks},
       {"sqlcipher", status.sqlcipher_version},
       {"memory_locked", status.memory_locked},
       {"network_file_system", status.network_file_system.empty() ? Json(nullptr) : Json(status.network_file_system)}});
}

std::string verified(const VerifyReport& report, const VaultStatus& status) {
  return finished({{"verified", true},
                   {"commits", report.commits},
                   {"records", report.records},
                   {"versions", report.versions},
                   {"fields", report.fields},
                   {"fields_not_ours", report.fields_not_ours},
                   {"head", head_of(status)}});
}

}  // namespace json
}  // namespace vault::cli

#include "options.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace {

bool is_callable(py::handle object) { return PyCallable_Check(object.ptr()) != 0; }

py::object unless_callable(const py::object& object) { return is_callable(object) ? py::none() : object; }

// A name among those that the C interface numbers.
std::uint32_t state_number(py::handle state) {
  if (state.is_none()) return VAULT_STATE_ANY;
  const Text name(state, "state");
  for (int i = VAULT_STATE_ACTIVE; i <= VAULT_STATE_DESTROYED; ++i) {
    if (std::strcmp(vault_state_name(i), name.c_str()) == 0) return static_cast<std::uint32_t>(i);
  }
  raise(VAULT_E_USAGE, "state: there is none of this name");
}

std::uint32_t sort_number(py::handle sort) {
  static constexpr const char* kNames[] = {"label", "expires", "created", "team", "issuer"};
  static_assert(VAULT_SORT_LABEL == 0 && VAULT_SORT_EXPIRES == 1 && VAULT_SORT_CREATED == 2 && VAULT_SORT_TEAM == 3 &&
                VAULT_SORT_ISSUER == 4);
  const Text name(sort, "sort");
  for (std::uint32_t i = 0; name.c_str() != nullptr && i < std::size(kNames); ++i) {
    if (std::strcmp(kNames[i], name.c_str()) == 0) return i;
  }
  raise(VAULT_E_USAGE, "sort: label, expires, created, team or issuer");
}

std::uint32_t role_number(py::handle role) {
  if (role.is_none()) return VAULT_ROLE_OWN;
  const Text name(role, "role");
  if (std::strcmp(name.c_str(), "metadata") == 0) return VAULT_ROLE_METADATA;
  if (std::strcmp(name.c_str(), "reader") == 0) return VAULT_ROLE_READER;
  raise(VAULT_E_USAGE, "role: metadata or reader; None is a slot of your own");
}

}  // namespace

UnlockOptions::UnlockOptions(const UnlockArguments& given)
    : dir_(given.path, "path"),
      key_file_(given.key_file, "key_file"),
      credential_(given.credential, "credential"),
      passphrase_(unless_callable(given.passphrase), "passphrase"),
      recovery_code_(given.recovery_code, "recovery_code"),
      slot_(given.slot, "slot") {
  options_.passphrase = passphrase_.data();
  options_.passphrase_size = passphrase_.size();
  options_.key_file = key_file_.c_str();
  options_.slot = slot_.c_str();
  options_.recovery_code = recovery_code_.data();
  options_.recovery_code_size = recovery_code_.size();
  options_.credential = credential_.c_str();
  options_.accept_rollback = given.accept_rollback ? 1 : 0;
  if (!given.wait.is_none()) {
    options_.wait_ms = milliseconds_of_timedelta(given.wait, "wait");
    if (options_.wait_ms == 0) options_.wait_ms = -1;  // for C, 0 is the default
  }
  if (is_callable(given.passphrase)) {
    callable_ = given.passphrase;
    options_.ask_passphrase = &ask;
    options_.ask_context = this;
  }
}

vault_code UnlockOptions::ask(void* context, void* buffer, std::size_t capacity, std::size_t* size) {
  auto* options = static_cast<UnlockOptions*>(context);
  // Where the interpreter ends meanwhile, this thread stays here (take_gil says why).
  try {
    const PyGILState_STATE state = PyGILState_Ensure();
    const vault_code code = options->answer(buffer, capacity, size);
    PyGILState_Release(state);
    return code;
  } catch (...) {
    for (;;) pause();
  }
}

vault_code UnlockOptions::answer(void* buffer, std::size_t capacity, std::size_t* size) {
  try {
    const py::object answer = callable_();
    if (answer.is_none()) return VAULT_E_CANCELLED;
    const BytesLike passphrase(answer, "the passphrase");
    if (passphrase.size() > capacity) raise(VAULT_E_USAGE, "the passphrase is too long");
    std::memcpy(buffer, passphrase.data(), passphrase.size());
    *size = passphrase.size();
    return VAULT_OK;
  } catch (py::error_already_set& error) {
    raised_.emplace(error);
    return VAULT_E_CANCELLED;
  }
}

void UnlockOptions::raise_what_the_callable_raised() {
  if (raised_) throw py::error_already_set(*raised_);
}

SlotOptions::SlotOptions(const SlotArguments& given)
    : name_(given.name, "name"),
      passphrase_(given.passphrase, "passphrase"),
      key_file_(given.key_file, "key_file"),
      teams_(given.teams, "teams") {
  options_.name = name_.c_str();
  options_.passphrase = passphrase_.data();
  options_.passphrase_size = passphrase_.size();
  options_.key_file = key_file_.c_str();
  options_.recovery_code = flag(given.recovery_code) ? 1 : 0;
  options_.role = role_number(given.role);
  options_.teams = teams_.data();
  options_.team_count = teams_.size();
  if (!given.unlock_time.is_none()) {
    const std::int64_t time = milliseconds_of_timedelta(given.unlock_time, "unlock_time");
    options_.unlock_time_ms = static_cast<std::uint32_t>(std::clamp<std::int64_t>(time, 1, 0xffffffffLL));
  }
  if (!given.kdf.is_none()) {
    const auto costs = py::reinterpret_borrow<py::sequence>(given.kdf);
    if (PySequence_Check(costs.ptr()) == 0 || py::len(costs) != 3)
      throw py::type_error("kdf is vault.KdfParameters(memory_kib, passes, lanes)");
    options_.kdf_memory_kib = integer(costs[0], "kdf.memory_kib");
    options_.kdf_passes = integer(costs[1], "kdf.passes");
    options_.kdf_lanes = integer(costs[2], "kdf.lanes");
  }
}

NewEntry::NewEntry(py::handle label, py::handle secret, const AddArguments& given)
    : label_(needed(label, "label"), "label"),
      secret_(needed(secret, "secret"), "secret"),
      issuer_(given.issuer, "issuer"),
      account_(given.account, "account"),
      team_(given.team, "team"),
      period_(given.period, "period"),
      note_(given.note, "note"),
      key_name_(given.key_name, "key_name"),
      minted_by_(given.minted_by, "minted_by"),
      minted_with_(given.minted_with, "minted_with"),
      scopes_(given.scopes, "scopes"),
      attributes_(given.attributes, "attributes") {
  options_.issuer = issuer_.c_str();
  options_.account = account_.c_str();
  options_.team = team_.c_str();
  options_.scopes = scopes_.data();
  options_.scope_count = scopes_.size();
  options_.note = note_.c_str();
  options_.key_name = key_name_.c_str();
  options_.minted_by = minted_by_.c_str();
  options_.minted_with = minted_with_.c_str();
  options_.attributes = attributes_.data();
  options_.attribute_count = attributes_.size();
  options_.period = period_.c_str();
  options_.hint = flag(given.hint) ? 1 : 0;
  options_.no_fingerprint = flag(given.fingerprint) ? 0 : 1;
  options_.allow_empty = flag(given.allow_empty) ? 1 : 0;
  options_.replace_tombstone = flag(given.replace_tombstone) ? 1 : 0;
  set_times(given);
  add_fields(given.fields, true);
  add_fields(given.plain, false);
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    fields_[i].name = field_names_[i].c_str();
    fields_[i].data = field_values_[i].data();
    fields_[i].size = field_values_[i].size();
  }
  options_.fields = fields_.data();
  options_.field_count = fields_.size();
}

void NewEntry::set_times(const AddArguments& given) {
  if (!given.issued.is_none()) options_.issued_at = seconds_of_datetime(given.issued, "issued");
  if (given.expires.is_none()) return;
  const py::object span = py::module_::import("datetime").attr("timedelta");
  if (!py::isinstance(given.expires, span)) {
    options_.expires_at = seconds_of_datetime(given.expires, "expires");
    return;
  }
  const std::int64_t from = options_.issued_at != 0 ? options_.issued_at : static_cast<std::int64_t>(time(nullptr));
  options_.expires_at = from + seconds_of_timedelta(given.expires, "expires");
}

void NewEntry::add_fields(py::handle mapping, bool secret) {
  for (auto& [name, value] : items_of(mapping, secret ? "fields" : "plain")) {
    field_names_.emplace_back(name, "a field's name");
    const bool is_text = !secret && PyUnicode_Check(value.ptr()) != 0;  // what is no secret may be a str
    if (is_text) static_cast<void>(Text(value, "a field's value"));     // refuses what has no UTF-8
    field_values_.emplace_back(is_text ? py::object(value.attr("encode")()) : value, "a field's value");
    fields_.push_back({nullptr, nullptr, 0, secret ? 1U : 0U});
  }
}

GetOptions::GetOptions(const GetArguments& given) : field_(given.field, "field") {
  options_.field = field_.c_str();
  if (!given.version.is_none()) {
    options_.version = integer(given.version, "version");
    if (options_.version == 0) raise(VAULT_E_USAGE, "version: they count from 1");
  }
  options_.allow_expired = flag(given.allow_expired) ? 1 : 0;
  if (!given.min_ttl.is_none())
    options_.min_ttl = static_cast<std::uint64_t>(seconds_of_timedelta(given.min_ttl, "min_ttl"));
}

SelectionOptions::SelectionOptions(const SelectionArguments& given)
    : prefix_(given.prefix, "prefix"),
      team_(given.team, "team"),
      issuer_(given.issuer, "issuer"),
      account_(given.account, "account"),
      scopes_(given.scopes, "scopes"),
      attributes_(given.attributes, "attributes") {
  selection_.prefix = prefix_.c_str();
  selection_.team = team_.c_str();
  selection_.issuer = issuer_.c_str();
  selection_.account = account_.c_str();
  selection_.scopes = scopes_.data();
  selection_.scope_count = scopes_.size();
  selection_.attributes = attributes_.data();
  selection_.attribute_count = attributes_.size();
  selection_.state = state_number(given.state);
  selection_.sort = sort_number(given.sort);
  if (given.expiring_within.is_none()) return;
  // For C, 0 is "whenever".
  const std::int64_t within = seconds_of_timedelta(given.expiring_within, "expiring_within");
  selection_.expiring_within = static_cast<std::uint64_t>(std::max<std::int64_t>(within, 1));
}

EditOptions::EditOptions(py::handle note, py::handle team, py::handle set, py::handle remove, py::handle revision)
    : note_(note, "note"),
      team_(team, "team"),
      revision_(revision, "revision"),
      set_(set, "attributes"),
      remove_(remove, "remove_attributes") {
  options_.note = note_.c_str();
  options_.team = team_.c_str();
  options_.set = set_.data();
  options_.set_count = set_.size();
  options_.remove = remove_.data();
  options_.remove_count = remove_.size();
  options_.revision = revision_.c_str();
}

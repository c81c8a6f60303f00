// What is known of entries, slots, teams and commits, as the package's named tuples.

#include "core.hpp"

namespace {

// The C interface fills a structure that says its own size; `init` is its INIT macro.
template <class Info, class Fill>
Info filled(Info init, Fill fill) {
  check(fill(&init));
  return init;
}

// One of the named tuples, made as their own __new__ does it, without a line of Python: where the interpreter ends meanwhile, a thread
// that runs Python would be unwound through destructors that need the GIL.
template <class... Values>
py::object made(const char* type, Values&&... values) {
  const py::object kind = python("_types", type);
  const py::tuple arguments = py::make_tuple(py::make_tuple(std::forward<Values>(values)...));
  PyObject* tuple = PyTuple_Type.tp_new(reinterpret_cast<PyTypeObject*>(kind.ptr()), arguments.ptr(), nullptr);
  if (tuple == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(tuple);
}

py::str text(const char* value) { return {value}; }

template <class Make>
py::tuple tuple_of(std::size_t count, Make make) {
  py::tuple out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = make(i);
  return out;
}

py::str state_name(std::uint32_t state) { return text(vault_state_name(static_cast<int>(state))); }

const char* role_name(std::uint32_t role) {
  switch (role) {
    case VAULT_ROLE_METADATA: return "metadata";
    case VAULT_ROLE_READER: return "reader";
    case VAULT_ROLE_ADMIN: return "admin";
    default: return "unknown";
  }
}

py::object field_of(const vault_entry* entry, std::size_t version, std::size_t index) {
  const auto info = filled(vault_field_info(VAULT_FIELD_INFO_INIT),
                           [&](auto* out) { return vault_entry_field(entry, version, index, out); });
  return made("Field", text(info.name), info.size, info.secret != 0);
}

py::object version_of(const vault_entry* entry, std::size_t index) {
  const auto info = filled(vault_version_info(VAULT_VERSION_INFO_INIT),
                           [&](auto* out) { return vault_entry_version(entry, index, out); });
  const py::tuple scopes = tuple_of(info.scope_count, [&](std::size_t i) {
    const char* scope = nullptr;
    check(vault_entry_scope(entry, index, i, &scope));
    return text(scope);
  });
  const py::tuple fields = tuple_of(info.field_count, [&](std::size_t i) { return field_of(entry, index, i); });
  return made("Version", info.number, state_name(info.state), scopes, to_datetime(info.issued_at),
              to_datetime(info.expires_at), to_datetime(info.stored_at), text(info.period), text(info.key_name),
              text(info.minted_by), text(info.minted_with), text(info.hint), text(info.fingerprint), fields);
}

py::object attributes_of(const vault_entry* entry, std::size_t count) {
  py::dict attributes;
  for (std::size_t i = 0; i < count; ++i) {
    vault_attribute attribute{};
    check(vault_entry_attribute(entry, i, &attribute));
    attributes[text(attribute.key)] = text(attribute.value);
  }
  return py::module_::import("types").attr("MappingProxyType")(attributes);
}

const char* factor_name(std::uint32_t bit) {
  switch (bit) {
    case VAULT_FACTOR_PASSPHRASE: return "passphrase";
    case VAULT_FACTOR_KEY_FILE: return "key-file";
    case VAULT_FACTOR_RECOVERY_CODE: return "recovery-code";
    case VAULT_FACTOR_CREDENTIAL: return "systemd-credential";
    default: return "unknown";
  }
}

py::tuple factors_of(std::uint32_t bits) {
  py::list names;
  for (std::uint32_t bit = 1; bit != 0; bit <<= 1) {
    if ((bits & bit) != 0) names.append(text(factor_name(bit)));
  }
  return py::tuple(names);
}

py::object slot_of(const vault_list* slots, std::size_t index) {
  const auto info =
      filled(vault_slot_info(VAULT_SLOT_INFO_INIT), [&](auto* out) { return vault_list_slot(slots, index, out); });
  py::object kdf = py::none();
  if (info.kdf_memory_kib != 0) kdf = made("KdfParameters", info.kdf_memory_kib, info.kdf_passes, info.kdf_lanes);
  return made("Slot", text(info.id), text(info.name), text(info.identity), text(role_name(info.role)),
              factors_of(info.factors), kdf, to_datetime(info.created_at), info.counter, info.opened != 0,
              info.last != 0);
}

py::object team_of(const vault_list* teams, std::size_t index) {
  const auto info =
      filled(vault_team_info(VAULT_TEAM_INFO_INIT), [&](auto* out) { return vault_list_team(teams, index, out); });
  const py::tuple members = tuple_of(info.member_count, [&](std::size_t i) {
    const char* name = nullptr;
    check(vault_list_team_member(teams, index, i, &name));
    return text(name);
  });
  return made("Team", text(info.id), text(info.name), to_datetime(info.created_at), info.generation, info.entries,
              members);
}

const char* kind_name(std::uint32_t kind) {
  switch (kind) {
    case VAULT_COMMIT_CHANGE: return "change";
    case VAULT_COMMIT_ROLLBACK: return "rollback";
    case VAULT_COMMIT_EPOCH: return "epoch";
    case VAULT_COMMIT_CLONE: return "clone";
    default: return "unknown";
  }
}

py::object commit_of(const vault_list* commits, std::size_t index) {
  const auto info = filled(vault_commit_info(VAULT_COMMIT_INFO_INIT),
                           [&](auto* out) { return vault_list_commit(commits, index, out); });
  const py::tuple touched = tuple_of(info.touched_count, [&](std::size_t i) {
    const auto one = filled(vault_touched_info(VAULT_TOUCHED_INFO_INIT),
                            [&](auto* out) { return vault_list_touched(commits, index, i, out); });
    return made("Touched", text(one.what), text(one.kind), text(one.name));
  });
  py::object gave_up = py::none();
  if (info.gave_up != 0) gave_up = py::int_(info.gave_up);
  return made("Commit", info.sequence, to_datetime(info.time), text(info.operation), text(info.identity),
              text(info.hash), text(kind_name(info.kind)), info.epoch, gave_up, touched);
}

template <class Make>
py::list list_of(const vault_list* items, Make make) {
  py::list out;
  for (std::size_t i = 0; i < vault_list_size(items); ++i) out.append(make(items, i));
  return out;
}

const char* guard_name(std::uint32_t guard) {
  switch (guard) {
    case VAULT_GUARD_MARK: return "mark";
    case VAULT_GUARD_FIRST_USE: return "first-use";
    default: return "none";
  }
}

}  // namespace

py::object to_entry(const vault_entry* entry) {
  const auto info =
      filled(vault_entry_info(VAULT_ENTRY_INFO_INIT), [&](auto* out) { return vault_entry_describe(entry, out); });
  const py::tuple former = tuple_of(info.former_label_count, [&](std::size_t i) {
    const char* label = nullptr;
    check(vault_entry_former_label(entry, i, &label));
    return text(label);
  });
  const py::tuple versions = tuple_of(info.version_count, [&](std::size_t i) { return version_of(entry, i); });
  return made("Entry", text(info.label), text(info.issuer), text(info.account), text(info.team), state_name(info.state),
              text(info.note), attributes_of(entry, info.attribute_count), former, to_datetime(info.created_at),
              to_datetime(info.changed_at), info.current, versions, text(info.revision));
}

py::list to_entries(const vault_list* entries) {
  return list_of(entries, [](const vault_list* list, std::size_t i) { return to_entry(vault_list_at(list, i)); });
}

py::list to_slots(const vault_list* slots) { return list_of(slots, slot_of); }

py::list to_teams(const vault_list* teams) { return list_of(teams, team_of); }

py::list to_commits(const vault_list* commits) { return list_of(commits, commit_of); }

py::object to_status(const vault_status_info& status) {
  return made("Status", text(status.id), status.epoch, status.sequence, text(status.head),
              to_datetime(status.changed_at), status.entries, status.teams, status.slots, text(status.identity),
              text(role_name(status.role)), text(status.audit_policy), text(status.sqlcipher_version), status.suite,
              text(guard_name(status.rollback_guard)), text(status.rollback_why), status.rollbacks,
              status.header_from_copy != 0, status.memory_locked != 0, text(status.network_file_system));
}

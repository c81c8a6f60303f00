#include <unistd.h>

#include <algorithm>

#include "docstrings.hpp"
#include "options.hpp"

std::shared_ptr<vault_handle> Vault::open() const {
  if (handle_ == nullptr) raise(VAULT_E_USAGE, "the vault is closed");
  return handle_;
}

void Vault::close() {
  auto handle = std::exchange(handle_, nullptr);
  if (handle == nullptr) return;
  without_gil([&] {
    while (handle.use_count() > 1) usleep(1000);  // calls that run in other threads
    handle.reset();
    return VAULT_OK;
  });
}

namespace {

// For repr: the path as it was given, or the word for none.
std::unique_ptr<Vault> opened(vault_handle* handle, const char* dir) {
  std::shared_ptr<vault_handle> held(handle, vault_close);
  return std::make_unique<Vault>(std::move(held), dir == nullptr ? "in the standard place" : dir);
}

std::unique_ptr<Vault> open_vault(const py::object& path, const py::object& passphrase, const py::object& key_file,
                                  const py::object& recovery_code, const py::object& credential, const py::object& slot,
                                  const py::object& wait, const py::object& accept_rollback) {
  UnlockOptions options({path, passphrase, key_file, recovery_code, credential, slot, wait, flag(accept_rollback)});
  vault_handle* handle = nullptr;
  const vault_code code = without_gil([&] { return vault_open(options.dir(), options.get(), &handle); });
  const std::string message = code == VAULT_OK ? "" : vault_last_error();
  options.raise_what_the_callable_raised();
  if (code != VAULT_OK) raise(code, message);
  return opened(handle, options.dir());
}

std::unique_ptr<Vault> create(const py::object& path, const py::object& name, const py::object& passphrase,
                              const py::object& key_file, const py::object& unlock_time, const py::object& kdf) {
  const Path dir(path, "path");
  const SlotOptions slot({name, passphrase, key_file, py::bool_(false), unlock_time, kdf});
  vault_handle* handle = nullptr;
  run([&] { return vault_create(dir.c_str(), slot.get(), nullptr, &handle); });
  return opened(handle, dir.c_str());
}

py::list peek(const py::object& path) {
  const Path dir(path, "path");
  vault_list* slots = nullptr;
  run([&] { return vault_peek(dir.c_str(), &slots); });
  const ListHandle held(slots, vault_list_free);
  return to_slots(slots);
}

std::unique_ptr<Vault> make_clone(const Vault& self, const py::object& path, const py::object& name,
                                  const py::object& passphrase, const py::object& key_file,
                                  const py::object& unlock_time, const py::object& kdf) {
  const Path dir(path, "path");
  const SlotOptions slot({name, passphrase, key_file, py::bool_(false), unlock_time, kdf});
  vault_handle* handle = nullptr;
  self.run([&](vault_handle* vault) { return vault_clone(vault, dir.c_str(), slot.get(), nullptr, &handle); });
  return opened(handle, dir.c_str());
}

// ---- reading ----

std::unique_ptr<Secret> get(const Vault& self, py::handle label, py::handle field, py::handle version,
                            py::handle min_ttl, py::handle allow_expired) {
  const Text wanted(needed(label, "label"), "label");
  const GetOptions options({field, version, min_ttl, allow_expired});
  vault_secret* secret = nullptr;
  self.run([&](vault_handle* vault) { return vault_get(vault, wanted.c_str(), options.get(), &secret); });
  return std::make_unique<Secret>(SecretHandle(secret, vault_secret_free));
}

std::unique_ptr<Secret> get_item(const Vault& self, py::handle label) {
  return get(self, label, py::none(), py::none(), py::none(), py::bool_(false));
}

py::list get_all(const Vault& self, py::handle labels, py::handle field, py::handle version, py::handle min_ttl,
                 py::handle allow_expired) {
  const Texts wanted(labels, "labels");
  const GetOptions options({field, version, min_ttl, allow_expired});
  std::vector<vault_secret*> secrets(wanted.size());
  self.run([&](vault_handle* vault) {
    return vault_get_all(vault, wanted.data(), wanted.size(), options.get(), secrets.data());
  });
  std::vector<SecretHandle> held;
  held.reserve(secrets.size());
  for (vault_secret* secret : secrets) held.emplace_back(secret, vault_secret_free);
  py::list out;
  for (auto& secret : held) out.append(py::cast(std::make_unique<Secret>(std::move(secret))));
  return out;
}

EntryHandle show(const Vault& self, py::handle label) {
  const Text wanted(needed(label, "label"), "label");
  vault_entry* entry = nullptr;
  self.run([&](vault_handle* vault) { return vault_show(vault, wanted.c_str(), &entry); });
  return {entry, vault_entry_free};
}

py::object entry(const Vault& self, py::handle label) { return to_entry(show(self, label).get()); }

// Whether get() may find it: neither hidden nor destroyed.
bool contains(const Vault& self, const py::object& label) {
  const bool is_entry = py::isinstance(label, python("_types", "Entry"));
  const Text wanted(is_entry ? py::object(label.attr("label")) : label, "label");
  vault_entry* entry = nullptr;
  const vault_code code = self.code_of([&](vault_handle* vault) { return vault_show(vault, wanted.c_str(), &entry); });
  if (code == VAULT_E_NOT_FOUND || code == VAULT_E_USAGE) return false;  // no label at all is in no vault
  check(code);
  const EntryHandle held(entry, vault_entry_free);
  vault_entry_info info = VAULT_ENTRY_INFO_INIT;
  check(vault_entry_describe(entry, &info));
  return info.state != VAULT_STATE_HIDDEN && info.state != VAULT_STATE_DESTROYED;
}

py::list find(const Vault& self, const SelectionOptions& selection) {
  vault_list* list = nullptr;
  self.run([&](vault_handle* vault) { return vault_find(vault, selection.get(), &list); });
  const ListHandle held(list, vault_list_free);
  return to_entries(list);
}

py::list list(const Vault& self, const py::object& prefix, const py::object& team, const py::object& issuer,
              const py::object& account, const py::object& scopes, const py::object& attributes,
              const py::object& state, const py::object& expiring_within, const py::object& sort) {
  return find(self,
              SelectionOptions({prefix, team, issuer, account, scopes, attributes, state, expiring_within, sort}));
}

py::iterator iterate(const Vault& self) {
  const py::none none;
  return py::iter(list(self, none, none, none, none, none, none, none, none, py::str("label")));
}

// ---- changing ----

void add(Vault& self, py::handle label, py::handle secret, const AddArguments& arguments) {
  const NewEntry entry(label, secret, arguments);
  self.run([&](vault_handle* vault) {
    return vault_add(vault, entry.label(), entry.secret().data(), entry.secret().size(), entry.options());
  });
}

AddArguments arguments_of(const py::dict& given, py::object& label, py::object& secret) {
  AddArguments arguments;
  const std::pair<const char*, py::object*> places[] = {
      {"label", &label},
      {"secret", &secret},
      {"issuer", &arguments.issuer},
      {"account", &arguments.account},
      {"team", &arguments.team},
      {"scopes", &arguments.scopes},
      {"expires", &arguments.expires},
      {"issued", &arguments.issued},
      {"period", &arguments.period},
      {"note", &arguments.note},
      {"key_name", &arguments.key_name},
      {"minted_by", &arguments.minted_by},
      {"minted_with", &arguments.minted_with},
      {"attributes", &arguments.attributes},
      {"fields", &arguments.fields},
      {"plain", &arguments.plain},
      {"hint", &arguments.hint},
      {"fingerprint", &arguments.fingerprint},
      {"allow_empty", &arguments.allow_empty},
      {"replace_tombstone", &arguments.replace_tombstone},
  };
  for (const auto& item : items_of(given, "an entry")) {
    PyObject* key = item.first.ptr();
    const auto* place = std::find_if(std::begin(places), std::end(places), [&](const auto& candidate) {
      return PyUnicode_Check(key) && PyUnicode_CompareWithASCIIString(key, candidate.first) == 0;
    });
    if (place == std::end(places)) throw py::type_error("add_all: an entry has a key that add() does not take");
    *place->second = item.second;
  }
  return arguments;
}

void add_all(Vault& self, py::handle entries) {
  std::vector<std::unique_ptr<NewEntry>> held;
  std::vector<vault_new_entry> made;
  for (py::handle given : py::iter(entries)) {
    if (!py::isinstance<py::dict>(given)) throw py::type_error("add_all: every entry is a dict of add()'s arguments");
    py::object label = py::none();
    py::object secret = py::none();
    const AddArguments arguments = arguments_of(py::reinterpret_borrow<py::dict>(given), label, secret);
    held.push_back(std::make_unique<NewEntry>(label, secret, arguments));
    const NewEntry& entry = *held.back();
    made.push_back({entry.label(), entry.secret().data(), entry.secret().size(), entry.options()});
  }
  self.run([&](vault_handle* vault) { return vault_add_all(vault, made.data(), made.size()); });
}

void edit(Vault& self, py::handle label, py::handle note, py::handle team, py::handle attributes,
          py::handle remove_attributes, py::handle revision) {
  const Text wanted(needed(label, "label"), "label");
  const EditOptions options(note, team, attributes, remove_attributes, revision);
  self.run([&](vault_handle* vault) { return vault_edit(vault, wanted.c_str(), options.get()); });
}

void move(Vault& self, py::handle from, py::handle to) {
  const Text old_label(needed(from, "label"), "label");
  const Text new_label(needed(to, "to"), "to");
  self.run([&](vault_handle* vault) { return vault_move(vault, old_label.c_str(), new_label.c_str()); });
}

template <auto Function>
void at_label(Vault& self, py::handle label) {
  const Text wanted(needed(label, "label"), "label");
  self.run([&](vault_handle* vault) { return Function(vault, wanted.c_str()); });
}

// ---- slots, history, the vault ----

template <class Fetch, class Convert>
py::list fetched(const Vault& self, Fetch fetch, Convert convert) {
  vault_list* items = nullptr;
  self.run([&](vault_handle* vault) { return fetch(vault, &items); });
  const ListHandle held(items, vault_list_free);
  return convert(items);
}

py::object secret_or_none(vault_secret* secret) {
  if (secret == nullptr) return py::none();
  return py::cast(std::make_unique<Secret>(SecretHandle(secret, vault_secret_free)));
}

py::object slot_add(Vault& self, const py::object& name, const py::object& passphrase, const py::object& key_file,
                    const py::object& recovery_code, const py::object& unlock_time, const py::object& kdf,
                    const py::object& role, const py::object& teams) {
  const SlotOptions slot({name, passphrase, key_file, recovery_code, unlock_time, kdf, role, teams});
  vault_secret* code = nullptr;
  self.run([&](vault_handle* vault) { return vault_slot_add(vault, slot.get(), &code); });
  return secret_or_none(code);
}

py::object slot_change(Vault& self, const py::object& slot, const py::object& passphrase, const py::object& key_file,
                       const py::object& recovery_code, const py::object& unlock_time, const py::object& kdf) {
  const Text wanted(slot, "slot");
  const SlotOptions factors({py::none(), passphrase, key_file, recovery_code, unlock_time, kdf});
  vault_secret* code = nullptr;
  self.run([&](vault_handle* vault) { return vault_slot_change(vault, wanted.c_str(), factors.get(), &code); });
  return secret_or_none(code);
}

py::object slot_leaked(Vault& self, const py::object& slot, const py::object& passphrase, const py::object& key_file,
                       const py::object& recovery_code, const py::object& unlock_time, const py::object& kdf,
                       const py::object& kept_passphrase, const py::object& kept_key_file,
                       const py::object& kept_recovery_code) {
  const Text wanted(slot, "slot");
  const SlotOptions factors({py::none(), passphrase, key_file, recovery_code, unlock_time, kdf});
  const py::none none;
  if (PyCallable_Check(kept_passphrase.ptr()) != 0) throw py::type_error("kept_passphrase is bytes, not a callable");
  const UnlockOptions kept({none, kept_passphrase, kept_key_file, kept_recovery_code, none, none, none});
  vault_secret* code = nullptr;
  self.run([&](vault_handle* vault) {
    return vault_slot_leaked(vault, wanted.c_str(), factors.get(), kept.get(), &code, nullptr);
  });
  return secret_or_none(code);
}

py::list history(const Vault& self, py::handle label, py::handle limit) {
  const Text wanted(label, "label");
  vault_log_options options = VAULT_LOG_OPTIONS_INIT;
  options.label = wanted.c_str();
  if (!limit.is_none()) {
    options.limit = integer(limit, "limit");
    if (options.limit == 0) raise(VAULT_E_USAGE, "limit: it counts from 1");
  }
  return fetched(
      self, [&](auto* vault, auto* out) { return vault_log(vault, &options, out); }, to_commits);
}

vault_status_info status_info(const Vault& self) {
  vault_status_info info = VAULT_STATUS_INFO_INIT;
  self.run([&](vault_handle* vault) { return vault_status(vault, &info); });
  return info;
}

py::object verify(const Vault& self) {
  vault_verify_report report = VAULT_VERIFY_REPORT_INIT;
  self.run([&](vault_handle* vault) { return vault_verify(vault, &report); });
  return python("_types", "VerifyReport")(report.commits, report.records, report.versions, report.fields,
                                          report.fields_not_ours);
}

py::object rekey(Vault& self) {
  vault_rekey_report report = VAULT_REKEY_REPORT_INIT;
  self.run([&](vault_handle* vault) { return vault_rekey(vault, &report); });
  return python("_types", "RekeyReport")(report.epoch, report.teams, report.fields);
}

py::object shown(const Vault& vault) {
  const auto place = py::reinterpret_steal<py::object>(PyUnicode_DecodeFSDefault(vault.place().c_str()));
  if (!place) throw py::error_already_set();
  return py::str(vault.is_closed() ? "<vault.Vault, closed, {}>" : "<vault.Vault {}>").format(place);
}

}  // namespace

void define_vault(py::module_& module) {
  using py::arg;
  const py::none none;
  const py::bool_ no(false), yes(true);
  py::class_<Vault> type(
      module, "Vault", py::is_final(),
      "An open vault, from open() or create().\n\n"
      "Every method may be called from several threads at once, and lets other threads run meanwhile. After\n"
      "close(), or at the end of ``with``, methods raise UsageError; in a forked child LockedError. Iterating\n"
      "gives its entries; ``label in v`` tells whether one is there; ``v[label]`` is ``v.get(label)``.");
  type.attr("__module__") = "vault";
  type.def("close", &Vault::close, doc::close)
      .def_property_readonly("closed", &Vault::is_closed, "Whether it was closed.")
      .def("__enter__", [](py::object self) { return self; })
      .def("__exit__", [](Vault& vault, const py::args&) { vault.close(); })
      .def("__repr__", &shown)
      .def("__contains__", &contains)
      .def("__bool__", [](const Vault&) { return true; })
      .def("__reduce_ex__", &refuse_copies)
      .def("__reduce__", &refuse_copies)
      .def("__copy__", &refuse_copies)
      .def("__deepcopy__", &refuse_copies)
      .def("__iter__", &iterate)
      .def("__len__", [](const Vault& self) { return status_info(self).entries; })
      .def("__getitem__", &get_item)
      .def("get", &get, arg("label"), py::kw_only(), arg("field") = none, arg("version") = none, arg("min_ttl") = none,
           arg("allow_expired") = no, doc::get)
      .def("get_all", &get_all, arg("labels"), py::kw_only(), arg("field") = none, arg("version") = none,
           arg("min_ttl") = none, arg("allow_expired") = no, doc::get_all)
      .def(
          "use",
          [](const Vault& self, py::handle label, py::handle field, py::handle version, py::handle min_ttl,
             py::handle allow_expired) {
            return Use(py::cast(get(self, label, field, version, min_ttl, allow_expired)));
          },
          arg("label"), py::kw_only(), arg("field") = none, arg("version") = none, arg("min_ttl") = none,
          arg("allow_expired") = no, doc::use)
      .def("entry", &entry, arg("label"), doc::entry)
      .def("list", &list, py::kw_only(), arg("prefix") = none, arg("team") = none, arg("issuer") = none,
           arg("account") = none, arg("scopes") = none, arg("attributes") = none, arg("state") = none,
           arg("expiring_within") = none, arg("sort") = py::str("label"), doc::list)
      .def(
          "add",
          [](Vault& self, py::handle label, py::handle secret, const py::object& issuer, const py::object& account,
             const py::object& team, const py::object& scopes, const py::object& expires, const py::object& issued,
             const py::object& period, const py::object& note, const py::object& key_name, const py::object& minted_by,
             const py::object& minted_with, const py::object& attributes, const py::object& fields,
             const py::object& plain, const py::object& hint, const py::object& fingerprint,
             const py::object& allow_empty, const py::object& replace_tombstone) {
            add(self, label, secret,
                {issuer, account, team, scopes, expires, issued, period, note, key_name, minted_by, minted_with,
                 attributes, fields, plain, hint, fingerprint, allow_empty, replace_tombstone});
          },
          arg("label"), arg("secret"), py::kw_only(), arg("issuer") = none, arg("account") = none, arg("team") = none,
          arg("scopes") = none, arg("expires") = none, arg("issued") = none, arg("period") = none, arg("note") = none,
          arg("key_name") = none, arg("minted_by") = none, arg("minted_with") = none, arg("attributes") = none,
          arg("fields") = none, arg("plain") = none, arg("hint") = no, arg("fingerprint") = yes,
          arg("allow_empty") = no, arg("replace_tombstone") = no, doc::add)
      .def("add_all", &add_all, arg("entries"), doc::add_all)
      .def("edit", &edit, arg("label"), py::kw_only(), arg("note") = none, arg("team") = none, arg("attributes") = none,
           arg("remove_attributes") = none, arg("revision") = none, doc::edit)
      .def("move", &move, arg("label"), arg("to"), doc::move)
      .def("remove", &at_label<vault_remove>, arg("label"), doc::remove)
      .def("undelete", &at_label<vault_undelete>, arg("label"), doc::undelete)
      .def("destroy", &at_label<vault_destroy>, arg("label"), doc::destroy)
      .def(
          "slots",
          [](const Vault& self) {
            return fetched(
                self, [](auto* vault, auto* out) { return vault_slots(vault, out); }, to_slots);
          },
          doc::slots)
      .def("slot_add", &slot_add, arg("name"), py::kw_only(), arg("passphrase") = none, arg("key_file") = none,
           arg("recovery_code") = no, arg("unlock_time") = none, arg("kdf") = none, arg("role") = none,
           arg("teams") = none, doc::slot_add)
      .def("slot_change", &slot_change, arg("slot") = none, py::kw_only(), arg("passphrase") = none,
           arg("key_file") = none, arg("recovery_code") = no, arg("unlock_time") = none, arg("kdf") = none,
           doc::slot_change)
      .def("slot_leaked", &slot_leaked, arg("slot") = none, py::kw_only(), arg("passphrase") = none,
           arg("key_file") = none, arg("recovery_code") = no, arg("unlock_time") = none, arg("kdf") = none,
           arg("kept_passphrase") = none, arg("kept_key_file") = none, arg("kept_recovery_code") = none,
           doc::slot_leaked)
      .def(
          "slot_remove",
          [](Vault& self, py::handle slot) {
            const Text wanted(needed(slot, "slot"), "slot");
            self.run([&](vault_handle* vault) { return vault_slot_remove(vault, wanted.c_str()); });
          },
          arg("slot"), doc::slot_remove)
      .def(
          "teams",
          [](const Vault& self) {
            return fetched(
                self, [](auto* vault, auto* out) { return vault_teams(vault, out); }, to_teams);
          },
          doc::teams)
      .def("log", &history, arg("label") = none, py::kw_only(), arg("limit") = none, doc::log)
      .def(
          "status", [](const Vault& self) { return to_status(status_info(self)); }, doc::status)
      .def("verify", &verify, doc::verify)
      .def("rekey", &rekey, doc::rekey)
      .def("clone", &make_clone, arg("path"), py::kw_only(), arg("name") = none, arg("passphrase") = none,
           arg("key_file") = none, arg("unlock_time") = none, arg("kdf") = none, doc::clone);

  module.def("open", &open_vault, arg("path") = none, py::kw_only(), arg("passphrase") = none, arg("key_file") = none,
             arg("recovery_code") = none, arg("credential") = none, arg("slot") = none, arg("wait") = none,
             arg("accept_rollback") = no, doc::open);
  module.def("create", &create, arg("path") = none, py::kw_only(), arg("name") = none, arg("passphrase") = none,
             arg("key_file") = none, arg("unlock_time") = none, arg("kdf") = none, doc::create);
  module.def("peek", &peek, arg("path") = none, doc::peek);
  for (const char* name :
       {"get", "get_all", "use", "entry", "list", "add", "add_all", "edit", "move", "remove", "undelete", "destroy",
        "slot_add", "slot_change", "slot_leaked", "slot_remove", "log", "clone"})
    refuse_other_arguments(type, name);
  seal(type);
  for (const char* name : {"open", "create", "peek"}) refuse_other_arguments(module, name);
}

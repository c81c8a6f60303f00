#include <unistd.h>

#include <algorithm>

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
  const Text wanted(label, "label");
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
  const Text wanted(label, "label");
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
  for (auto& [key, value] : items_of(given, "an entry")) {
    const PyObject* name = key.ptr();
    const auto* place = std::find_if(std::begin(places), std::end(places), [&](const auto& candidate) {
      return PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(key.ptr(), candidate.first) == 0;
    });
    if (place == std::end(places)) throw py::type_error("add_all: an entry has a key that add() does not take");
    *place->second = value;
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
  const Text wanted(label, "label");
  const EditOptions options(note, team, attributes, remove_attributes, revision);
  self.run([&](vault_handle* vault) { return vault_edit(vault, wanted.c_str(), options.get()); });
}

void move(Vault& self, py::handle from, py::handle to) {
  const Text old_label(from, "label");
  const Text new_label(to, "to");
  self.run([&](vault_handle* vault) { return vault_move(vault, old_label.c_str(), new_label.c_str()); });
}

template <auto Function>
void at_label(Vault& self, py::handle label) {
  const Text wanted(label, "label");
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
  type.def("close", &Vault::close,
           "close(self, /)\n--\n\nWipe the keys; calls that run in other threads end first. More than once does no "
           "harm.")
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
           arg("allow_expired") = no,
           "get(self, /, label, *, field=None, version=None, min_ttl=None, allow_expired=False)\n--\n\n"
           "Read one secret: by default the first secret field of the active version.\n\n"
           "min_ttl: a timedelta; ExpiringError where less life is left. allow_expired: read an expired key all the "
           "same.\n"
           "Raises NotFoundError (proven), InactiveError, ExpiredError, ExpiringError, DeniedError, CorruptError, "
           "BusyError.\n\n"
           ">>> with v.get(\"prod-dns\") as secret:\n"
           "...     len(secret)\n"
           "7\n")
      .def("get_all", &get_all, arg("labels"), py::kw_only(), arg("field") = none, arg("version") = none,
           arg("min_ttl") = none, arg("allow_expired") = no,
           "get_all(self, /, labels, *, field=None, version=None, min_ttl=None, allow_expired=False)\n--\n\n"
           "Read the secrets of several labels at one moment: all or nothing. Raises as get().")
      .def(
          "use",
          [](const Vault& self, py::handle label, py::handle field, py::handle version, py::handle min_ttl,
             py::handle allow_expired) {
            return Use(py::cast(get(self, label, field, version, min_ttl, allow_expired)));
          },
          arg("label"), py::kw_only(), arg("field") = none, arg("version") = none, arg("min_ttl") = none,
          arg("allow_expired") = no,
          "use(self, /, label, *, field=None, version=None, min_ttl=None, allow_expired=False)\n--\n\n"
          "Lend a secret for the length of ``with``: a read-only memoryview over locked memory, wiped at the end. "
          "Raises as get().\n\n"
          ">>> with v.use(\"prod-dns\") as view:\n"
          "...     len(view)\n"
          "7\n")
      .def("entry", &entry, arg("label"),
           "entry(self, /, label)\n--\n\n"
           "What is known of an entry, with all its versions; of hidden and destroyed ones too. Raises NotFoundError "
           "(proven).\n\n"
           ">>> v.entry(\"prod-dns\").team\n"
           "'platform'\n")
      .def("list", &list, py::kw_only(), arg("prefix") = none, arg("team") = none, arg("issuer") = none,
           arg("account") = none, arg("scopes") = none, arg("attributes") = none, arg("state") = none,
           arg("expiring_within") = none, arg("sort") = py::str("label"),
           "list(self, /, *, prefix=None, team=None, issuer=None, account=None, scopes=None, attributes=None, "
           "state=None, "
           "expiring_within=None, sort='label')\n--\n\n"
           "The entries that fit all that is named, each with its current version.\n\n"
           "scopes: all of them are in the key's set. state: \"active\", \"retiring\", ...; by default all but hidden "
           "and\n"
           "destroyed ones. expiring_within: a timedelta. sort: label, expires, created, team or issuer.\n\n"
           ">>> [entry.label for entry in v.list(team=\"platform\")]\n"
           "['prod-dns']\n")
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
          arg("allow_empty") = no, arg("replace_tombstone") = no,
          "add(self, /, label, secret, *, issuer=None, account=None, team=None, scopes=None, expires=None, "
          "issued=None, "
          "period=None, note=None, key_name=None, minted_by=None, minted_with=None, attributes=None, fields=None, "
          "plain=None, "
          "hint=False, fingerprint=True, allow_empty=False, replace_tombstone=False)\n--\n\n"
          "Store a key under a new label; it is on disk when this returns.\n\n"
          "secret: bytes, bytearray or memoryview, up to 65,536 bytes, kept exactly. expires: a datetime with a time "
          "zone, a\n"
          "timedelta from `issued` or now, or None: never. fields: more secret fields, name to bytes; plain: fields "
          "for\n"
          "everybody who may see the entry. A team or account that does not exist is made. Raises ConflictError (the "
          "label\n"
          "is used, or the same secret is stored already), NotFoundError (issuer), LimitError, DeniedError, "
          "BusyError.\n\n"
          ">>> v.add(\"ci\", b\"token-2\", team=\"build\", expires=timedelta(days=90))\n"
          ">>> \"ci\" in v\n"
          "True\n")
      .def("add_all", &add_all, arg("entries"),
           "add_all(self, /, entries)\n--\n\n"
           "Store many in one commit, all or none: dicts of add()'s arguments, label and secret too. Raises as add(); "
           "the\n"
           "message names the place, from 1.\n\n"
           ">>> v.add_all({\"label\": f\"web/{n}\", \"secret\": b\"key %d\" % n} for n in range(3))\n"
           ">>> len(v.list(prefix=\"web/\"))\n"
           "3\n")
      .def("edit", &edit, arg("label"), py::kw_only(), arg("note") = none, arg("team") = none, arg("attributes") = none,
           arg("remove_attributes") = none, arg("revision") = none,
           "edit(self, /, label, *, note=None, team=None, attributes=None, remove_attributes=None, "
           "revision=None)\n--\n\n"
           "Change note, team or attributes; what is None stays. revision: of the Entry that was read: ConflictError "
           "when it\n"
           "has changed since.")
      .def("move", &move, arg("label"), arg("to"),
           "move(self, /, label, to)\n--\n\nGive an entry another label; the old one goes on leading to it.")
      .def("remove", &at_label<vault_remove>, arg("label"),
           "remove(self, /, label)\n--\n\nHide an entry; undelete() brings it back.")
      .def("undelete", &at_label<vault_undelete>, arg("label"),
           "undelete(self, /, label)\n--\n\nBring back an entry that remove() hid.")
      .def("destroy", &at_label<vault_destroy>, arg("label"),
           "destroy(self, /, label)\n--\n\nDestroy the values of all versions of an entry for good; its record stays.")
      .def(
          "slots",
          [](const Vault& self) {
            return fetched(
                self, [](auto* vault, auto* out) { return vault_slots(vault, out); }, to_slots);
          },
          "slots(self, /)\n--\n\nThe ways in.")
      .def("slot_add", &slot_add, arg("name"), py::kw_only(), arg("passphrase") = none, arg("key_file") = none,
           arg("recovery_code") = no, arg("unlock_time") = none, arg("kdf") = none, arg("role") = none,
           arg("teams") = none,
           "slot_add(self, /, name, *, passphrase=None, key_file=None, recovery_code=False, unlock_time=None, "
           "kdf=None, "
           "role=None, teams=None)\n--\n\n"
           "Make a slot that opens with all the factors that are given; a key file that is not there is made. With\n"
           "recovery_code=True a code is made and returned, this once. unlock_time: a timedelta, what a try of the "
           "passphrase\n"
           "may cost here (Argon2id, RFC 9106), 500 ms by default; or kdf, its costs by number. role: \"metadata\" or "
           "\"reader\"\n"
           "(of `teams`) makes a new identity with its slot. Raises ConflictError (name), DeniedError, LimitError.")
      .def("slot_change", &slot_change, arg("slot") = none, py::kw_only(), arg("passphrase") = none,
           arg("key_file") = none, arg("recovery_code") = no, arg("unlock_time") = none, arg("kdf") = none,
           "slot_change(self, /, slot=None, *, passphrase=None, key_file=None, recovery_code=False, unlock_time=None, "
           "kdf=None)\n--\n\n"
           "Give a slot of one's own new factors in place of those it has; None: the slot that the vault was opened "
           "with.\n"
           "Copies of the vault from before still open with the old ones. Returns a recovery code as slot_add().")
      .def("slot_leaked", &slot_leaked, arg("slot") = none, py::kw_only(), arg("passphrase") = none,
           arg("key_file") = none, arg("recovery_code") = no, arg("unlock_time") = none, arg("kdf") = none,
           arg("kept_passphrase") = none, arg("kept_key_file") = none, arg("kept_recovery_code") = none,
           "slot_leaked(self, /, slot=None, *, passphrase=None, key_file=None, recovery_code=False, unlock_time=None, "
           "kdf=None, kept_passphrase=None, kept_key_file=None, kept_recovery_code=None)\n--\n\n"
           "For a slot whose secret somebody may know: new factors, new keys for its identity and for all that is "
           "stored.\n"
           "One's other slots stay where their factors are given as kept_...; the rest is dropped.")
      .def(
          "slot_remove",
          [](Vault& self, py::handle slot) {
            const Text wanted(slot, "slot");
            self.run([&](vault_handle* vault) { return vault_slot_remove(vault, wanted.c_str()); });
          },
          arg("slot"), "slot_remove(self, /, slot)\n--\n\nRemove a slot, by name or id. LimitError: the last way in.")
      .def(
          "teams",
          [](const Vault& self) {
            return fetched(
                self, [](auto* vault, auto* out) { return vault_teams(vault, out); }, to_teams);
          },
          "teams(self, /)\n--\n\nThe teams and who is in them.")
      .def("log", &history, arg("label") = none, py::kw_only(), arg("limit") = none,
           "log(self, /, label=None, *, limit=None)\n--\n\n"
           "The commits, newest first, verified back from the signed head; of one entry, or the newest so many.\n\n"
           ">>> v.log(limit=1)[0].operation\n"
           "'add'\n")
      .def(
          "status", [](const Vault& self) { return to_status(status_info(self)); },
          "status(self, /)\n--\n\nWhat there is to say about the vault as a whole, the rollback guard too.")
      .def("verify", &verify,
           "verify(self, /)\n--\n\nCheck everything: every commit, record, version and field. Raises CorruptError, "
           "and says what.")
      .def("rekey", &rekey,
           "rekey(self, /)\n--\n\nNew keys for the vault and its teams. Raises DeniedError (no admin), BusyError.")
      .def("clone", &make_clone, arg("path"), py::kw_only(), arg("name") = none, arg("passphrase") = none,
           arg("key_file") = none, arg("unlock_time") = none, arg("kdf") = none,
           "clone(self, /, path, *, name=None, passphrase=None, key_file=None, unlock_time=None, kdf=None)\n--\n\n"
           "Make a new vault with everything this one holds, under new keys, and open it. Arguments as create().");

  module.def(
      "open", &open_vault, arg("path") = none, py::kw_only(), arg("passphrase") = none, arg("key_file") = none,
      arg("recovery_code") = none, arg("credential") = none, arg("slot") = none, arg("wait") = none,
      arg("accept_rollback") = no,
      "open(path=None, *, passphrase=None, key_file=None, recovery_code=None, credential=None, slot=None, wait=None, "
      "accept_rollback=False)\n--\n\n"
      "Open a vault: ``with vault.open() as v:``.\n\n"
      "path: its directory; None: where the program looks ($VAULT_DIR, config.toml, the standard place). passphrase: "
      "bytes,\n"
      "bytearray, memoryview, or a callable that gives one and is called only where it helps (None: cancelled). "
      "key_file,\n"
      "credential: paths. recovery_code: bytes. Without any of them: $CREDENTIALS_DIRECTORY/vault.key and key_file of\n"
      "config.toml. slot: name or id of the one to open with. wait: a timedelta, how long each call waits for other\n"
      "processes; 5 s by default. accept_rollback: take an older copy for the present state (admins).\n"
      "Raises NoVaultError, WrongKeyError, LockedError (nothing to open it with), CorruptError, StaleError, "
      "BusyError,\n"
      "UnsupportedError (SQLCipher is missing, or a newer format), CancelledError.");
  module.def(
      "create", &create, arg("path") = none, py::kw_only(), arg("name") = none, arg("passphrase") = none,
      arg("key_file") = none, arg("unlock_time") = none, arg("kdf") = none,
      "create(path=None, *, name=None, passphrase=None, key_file=None, unlock_time=None, kdf=None)\n--\n\n"
      "Make a vault with one slot, and open it. name: the slot's, \"first\" by default; factors as Vault.slot_add(), "
      "which\n"
      "makes more of them, a recovery code too. Raises ConflictError (something is there already), DeniedError.");
  module.def(
      "peek", &peek, arg("path") = none,
      "peek(path=None)\n--\n\n"
      "Which slots a vault says it has, read without a key: good enough to know what to ask for, proof of nothing.");
  for (const char* name :
       {"get", "get_all", "use", "entry", "list", "add", "add_all", "edit", "move", "remove", "undelete", "destroy",
        "slot_add", "slot_change", "slot_leaked", "slot_remove", "log", "clone"})
    refuse_other_arguments(type, name);
  seal(type);
  for (const char* name : {"open", "create", "peek"}) refuse_other_arguments(module, name);
}

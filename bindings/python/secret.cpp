#include "core.hpp"
#include "docstrings.hpp"

const vault_secret* Secret::open() const {
  if (closed_) raise(VAULT_E_USAGE, "the secret is closed, and wiped");
  if (vault_secret_data(secret_.get()) == nullptr)
    raise(VAULT_E_LOCKED, "the secret was read before a fork, and is wiped in this child");
  return secret_.get();
}

void Secret::close() {
  if (!closed_) vault_secret_wipe(secret_.get());
  closed_ = true;
}

py::object Use::enter() {
  if (view_) raise(VAULT_E_USAGE, "use: it lends once");
  static_cast<void>(secret_.cast<Secret&>().open());
  PyObject* view = PyMemoryView_FromObject(secret_.ptr());
  if (view == nullptr) throw py::error_already_set();
  view_ = py::reinterpret_steal<py::object>(view);
  return view_;
}

void Use::exit() {
  secret_.cast<Secret&>().close();
  if (!view_) return;
  try {
    view_.attr("release")();
  } catch (py::error_already_set& error) {
    if (!error.matches(PyExc_BufferError)) throw;  // a view of the view is held: it sees zeros now
  }
}

namespace {

std::string shown(const Secret& secret) {
  if (secret.is_closed()) return "<vault.Secret, closed>";
  return "<vault.Secret of " + std::to_string(vault_secret_size(secret.get())) + " bytes>";
}

py::buffer_info buffer_of(Secret& secret) {
  const vault_secret* open = secret.open();
  return py::buffer_info(static_cast<const unsigned char*>(vault_secret_data(open)),
                         static_cast<py::ssize_t>(vault_secret_size(open)), true);
}

py::bytes to_bytes(const Secret& secret) {
  const vault_secret* open = secret.open();
  return {static_cast<const char*>(vault_secret_data(open)), vault_secret_size(open)};
}

py::object reveal(const Secret& secret) {
  const vault_secret* open = secret.open();
  PyObject* text = PyUnicode_DecodeUTF8(static_cast<const char*>(vault_secret_data(open)),
                                        static_cast<Py_ssize_t>(vault_secret_size(open)), "strict");
  if (text != nullptr) return py::reinterpret_steal<py::object>(text);
  PyErr_Clear();  // UnicodeDecodeError would carry the bytes
  raise(VAULT_E_USAGE, "the secret is not UTF-8 text: use bytes() or memoryview()");
}

py::object is_equal(const Secret& secret, py::handle other) {
  if (PyUnicode_Check(other.ptr()) || PyObject_CheckBuffer(other.ptr()) == 0)
    return py::reinterpret_borrow<py::object>(Py_NotImplemented);
  const vault_secret* open = secret.open();
  const BytesLike bytes(other, "other");
  return py::bool_(vault_secret_equal(open, bytes.data(), bytes.size()) != 0);
}

vault_secret_info info_of(const Secret& secret) {
  vault_secret_info info = VAULT_SECRET_INFO_INIT;
  check(vault_secret_describe(secret.get(), &info));
  return info;
}

}  // namespace

void define_secret(py::module_& module) {
  py::class_<Secret> type(
      module, "Secret", py::buffer_protocol(), py::is_final(),
      "A secret's bytes, in locked memory.\n\n"
      "``memoryview(s)`` reads them where they are; ``bytes(s)`` and ``s.reveal()`` make copies that Python\n"
      "cannot wipe. ``with`` and ``close()`` wipe: views that are still held then see zeros, and the\n"
      "object raises UsageError (memoryview() a BufferError). It does not show its value in repr, str or format, is "
      "compared in\n"
      "constant time, and refuses copy, pickle and JSON. In a forked child it is wiped (LockedError).");
  type.attr("__module__") = "vault";
  type.def_buffer(&buffer_of)
      .def("reveal", &reveal, doc::secret_reveal)
      .def("close", &Secret::close, doc::secret_close)
      .def("__enter__", [](py::object self) { return self; })
      .def("__exit__", [](Secret& secret, const py::args&) { secret.close(); })
      .def("__bytes__", &to_bytes)
      .def("__len__", [](const Secret& secret) { return vault_secret_size(secret.open()); })
      .def("__eq__", &is_equal)
      .def("__repr__", &shown)
      .def("__str__", &shown)
      .def("__format__", [](const Secret& secret, const py::str&) { return shown(secret); })
      .def("__reduce_ex__", &refuse_copies)
      .def("__reduce__", &refuse_copies)
      .def("__copy__", &refuse_copies)
      .def("__deepcopy__", &refuse_copies)
      .def_property_readonly("closed", &Secret::is_closed, "Whether it was closed.")
      .def_property_readonly(
          "field", [](const Secret& secret) { return std::string(info_of(secret).field); },
          "Name of the field it is of: \"token\".")
      .def_property_readonly(
          "version", [](const Secret& secret) { return info_of(secret).version; },
          "Number of the version it is of, from 1; 0 for a recovery code.")
      .def_property_readonly(
          "expires_at", [](const Secret& secret) { return to_datetime(info_of(secret).expires_at); },
          "When the key ends (UTC), or None: never.");
  type.attr("__hash__") = py::none();
  seal(type);

  py::class_<Use> use(module, "Use", py::is_final(), "What Vault.use() gives: a context manager that lends the bytes.");
  use.def("__enter__", &Use::enter)
      .def("__exit__", [](Use& lent, const py::args&) { lent.exit(); })
      .def("__reduce_ex__", &refuse_copies);
  seal(use);
}

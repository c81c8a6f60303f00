#include <unistd.h>

#include "core.hpp"

py::object python(const char* module, const char* name) {
  return py::module_::import((std::string("vault.") + module).c_str()).attr(name);
}

// Before Python 3.14 a thread that comes back while the interpreter ends is unwound and gone, through frames that cannot be: destructors that
// need the GIL. As 3.14 does, it stays where it is until the process ends.
void take_gil(PyThreadState* state) {
  try {
    PyEval_RestoreThread(state);
  } catch (...) {
    for (;;) pause();
  }
}

void refuse_other_arguments(py::object scope, const char* name) {
  const std::string called = name;
  const auto refuse = [called](const py::args&, const py::kwargs& given) -> py::object {
    std::string names;
    for (auto item : given) names += (names.empty() ? " (by name: " : ", ") + item.first.cast<std::string>();
    if (!names.empty()) names += ")";
    PyErr_SetString(PyExc_TypeError, (called + "(): wrong arguments" + names + "; help() shows what it takes").c_str());
    throw py::error_already_set();
  };
  const py::object known = py::getattr(scope, name);
  if (PyType_Check(scope.ptr()) != 0)
    scope.attr(name) = py::cpp_function(refuse, py::name(name), py::is_method(scope), py::sibling(known));
  else
    scope.attr(name) = py::cpp_function(refuse, py::name(name), py::scope(scope), py::sibling(known));
}

void seal(py::object type) {
  auto* python = reinterpret_cast<PyTypeObject*>(type.ptr());
  python->tp_new = [](PyTypeObject* kind, PyObject*, PyObject*) -> PyObject* {
    PyErr_Format(PyExc_TypeError, "%s is not made by hand: vault.open() gives one", kind->tp_name);
    return nullptr;
  };
#if PY_VERSION_HEX >= 0x030A0000
  python->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;  // its instances do not take another class either
#endif
  PyType_Modified(python);
}

py::object refuse_copies(const py::args&, const py::kwargs&) {
  PyErr_SetString(PyExc_TypeError,
                  "vaults and secrets are not copied or pickled: reveal() and bytes() are a secret's ways out");
  throw py::error_already_set();
}

void raise(vault_code code, const std::string& message) {
  const py::object kinds = python("_errors", "BY_CODE");
  const py::object error = kinds[py::int_(static_cast<int>(code))](message);
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.ptr())), error.ptr());
  throw py::error_already_set();
}

void check(vault_code code) {
  if (code != VAULT_OK) raise(code, vault_last_error());
}

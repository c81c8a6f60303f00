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

void raise(vault_code code, const std::string& message) {
  const py::object error = python("_errors", "error_of")(static_cast<int>(code), message);
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.ptr())), error.ptr());
  throw py::error_already_set();
}

void check(vault_code code) {
  if (code != VAULT_OK) raise(code, vault_last_error());
}

#include "core.hpp"

PYBIND11_MODULE(_core_of_main, module) {
  py::options options;
  options.disable_function_signatures();  // the first line of each docstring is one that `inspect` understands
  module.doc() = "The vault, through its C interface. Use the package `vault`.";
  module.attr("version") = vault_version();
  define_secret(module);
  define_vault(module);
}

// Objects of one interpreter would be used by another: the exceptions, the callables. Asked before pybind11 looks for its own state,
// which waits for ever in a second interpreter before Python 3.12.
extern "C" PYBIND11_EXPORT PyObject* PyInit__core() {
  if (PyInterpreterState_Get() == PyInterpreterState_Main()) return PyInit__core_of_main();
  PyErr_SetString(PyExc_ImportError, "vault works in the main interpreter alone");
  return nullptr;
}

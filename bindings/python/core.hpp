#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "capi/vault.h"

namespace py = pybind11;

// What the parts of vault._core share. They know the C interface alone, and hold the GIL unless they say otherwise.

// Raises the exception of a code, with this thread's message, unless it is VAULT_OK.
void check(vault_code code);
[[noreturn]] void raise(vault_code code, const std::string& message);

// Something of the package's Python part, imported when it is first asked for: python("_types", "Entry").
py::object python(const char* module, const char* name);

// ---- arguments: each keeps what it points into alive ----

// A str without zero bytes, or None.
class Text {
 public:
  Text(py::handle text, const char* what);
  const char* c_str() const { return data_; }  // NULL: None

 private:
  py::object text_;
  const char* data_ = nullptr;
};

// The argument itself, which is not None.
py::handle needed(py::handle argument, const char* what);

// A path: str, bytes or os.PathLike; or None.
class Path {
 public:
  Path(py::handle path, const char* what);
  const char* c_str() const { return data_; }

 private:
  py::object bytes_;
  const char* data_ = nullptr;
};

// Anything with the buffer protocol; not a str. Or None.
class BytesLike {
 public:
  explicit BytesLike(py::handle object, const char* what);
  ~BytesLike();
  BytesLike(BytesLike&& other) noexcept : view_(other.view_), held_(std::exchange(other.held_, false)) {}
  BytesLike(const BytesLike&) = delete;
  BytesLike& operator=(const BytesLike&) = delete;

  const void* data() const;  // NULL: None
  std::size_t size() const { return held_ ? static_cast<std::size_t>(view_.len) : 0; }

 private:
  Py_buffer view_{};
  bool held_ = false;
};

// An iterable of str, but not a str.
class Texts {
 public:
  Texts(py::handle texts, const char* what);
  const char* const* data() const { return pointers_.data(); }
  std::size_t size() const { return pointers_.size(); }

 private:
  std::vector<Text> texts_;
  std::vector<const char*> pointers_;
};

// A mapping of str to str, or None.
class Attributes {
 public:
  Attributes(py::handle mapping, const char* what);
  const vault_attribute* data() const { return attributes_.data(); }
  std::size_t size() const { return attributes_.size(); }

 private:
  std::vector<Text> texts_;
  std::vector<vault_attribute> attributes_;
};

// The items of a mapping, or of None: pairs.
std::vector<std::pair<py::object, py::object>> items_of(py::handle mapping, const char* what);

bool flag(py::handle value);
std::uint32_t integer(py::handle value, const char* what);

// ---- times ----

std::int64_t seconds_of_timedelta(py::handle value, const char* what);  // whole ones, rounded up; not negative
std::int64_t milliseconds_of_timedelta(py::handle value, const char* what);
std::int64_t seconds_of_datetime(py::handle value, const char* what);  // one with a time zone
py::object to_datetime(std::int64_t seconds);                          // UTC; None for VAULT_NEVER

// ---- calls ----

// Takes the GIL back. Where the interpreter is ending meanwhile, it never returns.
void take_gil(PyThreadState* state);

// Runs a C function without the GIL.
template <class Call>
vault_code without_gil(Call call) {
  PyThreadState* state = PyEval_SaveThread();
  const vault_code code = call();
  take_gil(state);
  return code;
}

// The same, and raises what it says.
template <class Call>
void run(Call call) {
  check(without_gil(call));
}

// ---- objects ----

using SecretHandle = std::unique_ptr<vault_secret, decltype(&vault_secret_free)>;
using EntryHandle = std::unique_ptr<vault_entry, decltype(&vault_entry_free)>;
using ListHandle = std::unique_ptr<vault_list, decltype(&vault_list_free)>;

// vault.Secret: bytes in locked memory. close() wipes them; the memory goes when nobody holds the object or a view of it.
class Secret {
 public:
  explicit Secret(SecretHandle secret) : secret_(std::move(secret)) {}
  const vault_secret* open() const;  // raises UsageError when it is closed, LockedError in a forked child
  const vault_secret* get() const { return secret_.get(); }
  bool is_closed() const { return closed_; }
  void close();

 private:
  SecretHandle secret_;
  bool closed_ = false;
};

// What Vault.use() gives: `with` lends a view of the bytes and wipes them at its end.
class Use {
 public:
  explicit Use(py::object secret) : secret_(std::move(secret)) {}
  py::object enter();
  void exit();

 private:
  py::object secret_;
  py::object view_;
};

// vault.Vault. A call on it keeps the handle, so that closing it meanwhile takes nothing away.
class Vault {
 public:
  Vault(std::shared_ptr<vault_handle> handle, std::string place)
      : handle_(std::move(handle)), place_(std::move(place)) {}
  std::shared_ptr<vault_handle> open() const;  // raises UsageError when it is closed

  // Runs a C function on the handle, without the GIL. Python code that converts arguments has run before: it may have closed the vault.
  template <class Call>
  vault_code code_of(Call call) const {
    const auto vault = open();
    return without_gil([&] { return call(vault.get()); });
  }
  // The same, and raises what it says.
  template <class Call>
  void run(Call call) const {
    check(code_of(call));
  }
  bool is_closed() const { return handle_ == nullptr; }
  void close();
  const std::string& place() const { return place_; }

 private:
  std::shared_ptr<vault_handle> handle_;
  std::string place_;
};

// ---- what is known, as the package's named tuples ----

py::object to_entry(const vault_entry* entry);
py::list to_entries(const vault_list* entries);
py::list to_slots(const vault_list* slots);
py::list to_teams(const vault_list* teams);
py::list to_commits(const vault_list* commits);
py::object to_status(const vault_status_info& status);

// ---- the parts of the module ----

// Takes any arguments, after the methods that were defined: pybind11's own message would show the values that did not fit.
void refuse_other_arguments(py::object scope, const char* name);
// Of a class that is complete: nobody makes, derives or changes one by hand, and wrong arguments are refused without being shown.
void seal(py::object type);
[[noreturn]] py::object refuse_copies(const py::args&, const py::kwargs&);

void define_secret(py::module_& module);
void define_vault(py::module_& module);

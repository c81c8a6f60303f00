#include <algorithm>

// clang-format off
#include "core.hpp"
#include <datetime.h>  // needs Python.h before it
// clang-format on

namespace {

[[noreturn]] void raise_type(const std::string& message) {
  PyErr_SetString(PyExc_TypeError, message.c_str());
  throw py::error_already_set();
}

std::string type_name(py::handle object) { return Py_TYPE(object.ptr())->tp_name; }

// The C interface of datetime; it takes a millisecond to load, so not before it is needed.
void need_datetime() {
  if (PyDateTimeAPI == nullptr) PyDateTime_IMPORT;
  if (PyDateTimeAPI == nullptr) throw py::error_already_set();
}

// In microseconds.
std::int64_t span_of(py::handle value, const char* what) {
  need_datetime();
  if (!PyDelta_Check(value.ptr())) raise_type(std::string(what) + " is a datetime.timedelta, not " + type_name(value));
  constexpr std::int64_t kMostDays = 10'000'000;  // beyond every limit that is checked later
  const std::int64_t days = std::min<std::int64_t>(PyDateTime_DELTA_GET_DAYS(value.ptr()), kMostDays);
  if (days < 0) raise(VAULT_E_USAGE, std::string(what) + " is negative");
  return (days * 86'400 + PyDateTime_DELTA_GET_SECONDS(value.ptr())) * 1'000'000 +
         PyDateTime_DELTA_GET_MICROSECONDS(value.ptr());
}

}  // namespace

py::handle needed(py::handle argument, const char* what) {
  if (argument.is_none()) raise_type(std::string(what) + " is None");
  return argument;
}

Text::Text(py::handle text, const char* what) {
  if (text.is_none()) return;
  if (!PyUnicode_Check(text.ptr())) raise_type(std::string(what) + " is a str, not " + type_name(text));
  Py_ssize_t size = 0;
  data_ = PyUnicode_AsUTF8AndSize(text.ptr(), &size);
  if (data_ == nullptr) {
    PyErr_Clear();
    raise(VAULT_E_USAGE, std::string(what) + ": not Unicode text (a lone surrogate)");
  }
  if (std::char_traits<char>::length(data_) != static_cast<std::size_t>(size))
    raise(VAULT_E_USAGE, std::string(what) + ": a zero byte");
  text_ = py::reinterpret_borrow<py::object>(text);
}

Path::Path(py::handle path, const char* what) {
  if (path.is_none()) return;
  PyObject* encoded = nullptr;
  if (PyUnicode_FSConverter(path.ptr(), &encoded) == 0) {
    if (PyErr_ExceptionMatches(PyExc_ValueError) == 0) throw py::error_already_set();
    PyErr_Clear();
    raise(VAULT_E_USAGE, std::string(what) + ": not a path (a zero byte, or not encodable)");
  }
  bytes_ = py::reinterpret_steal<py::object>(encoded);
  data_ = PyBytes_AS_STRING(encoded);
}

BytesLike::BytesLike(py::handle object, const char* what) {
  if (object.is_none()) return;
  if (PyUnicode_Check(object.ptr()))
    raise_type(std::string(what) + " is bytes, bytearray or memoryview, not str: a str cannot be wiped");
  if (py::isinstance<Secret>(object)) static_cast<void>(object.cast<Secret&>().open());  // for its own error
  if (PyObject_GetBuffer(object.ptr(), &view_, PyBUF_SIMPLE) != 0) throw py::error_already_set();
  held_ = true;
}

BytesLike::~BytesLike() {
  if (held_) PyBuffer_Release(&view_);
}

const void* BytesLike::data() const {
  if (!held_) return nullptr;
  return view_.buf == nullptr ? "" : view_.buf;  // empty ones may have none
}

Texts::Texts(py::handle texts, const char* what) {
  if (texts.is_none()) return;
  if (PyUnicode_Check(texts.ptr()) || PyBytes_Check(texts.ptr()))
    raise_type(std::string(what) + " is an iterable of str, not a " + type_name(texts));
  for (py::handle text : py::iter(texts)) {
    if (text.is_none()) raise_type(std::string(what) + " has None in it");
    texts_.emplace_back(text, what);
    pointers_.push_back(texts_.back().c_str());
  }
}

std::vector<std::pair<py::object, py::object>> items_of(py::handle mapping, const char* what) {
  std::vector<std::pair<py::object, py::object>> out;
  if (mapping.is_none()) return out;
  if (PyMapping_Check(mapping.ptr()) == 0 || !py::hasattr(mapping, "items"))
    raise_type(std::string(what) + " is a mapping, not " + type_name(mapping));
  for (py::handle item : py::iter(mapping.attr("items")())) {
    if (!PyTuple_Check(item.ptr()) || PyTuple_GET_SIZE(item.ptr()) != 2)
      raise_type(std::string(what) + " is a mapping, whose items are pairs");
    const auto pair = py::reinterpret_borrow<py::tuple>(item);
    out.emplace_back(pair[0], pair[1]);
  }
  return out;
}

Attributes::Attributes(py::handle mapping, const char* what) {
  for (auto& [key, value] : items_of(mapping, what)) {
    texts_.emplace_back(key, what);
    texts_.emplace_back(value, what);
  }
  for (std::size_t i = 0; i < texts_.size(); i += 2) attributes_.push_back({texts_[i].c_str(), texts_[i + 1].c_str()});
}

std::uint32_t integer(py::handle value, const char* what) {
  if (!PyLong_Check(value.ptr()) || PyBool_Check(value.ptr()))
    raise_type(std::string(what) + " is an int, not " + type_name(value));
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
  if (overflow != 0 || number < 0 || number > 0xffffffffLL)
    raise(VAULT_E_USAGE, std::string(what) + " is out of range");
  return static_cast<std::uint32_t>(number);
}

bool flag(py::handle value) {
  const int truth = PyObject_IsTrue(value.ptr());
  if (truth < 0) throw py::error_already_set();
  return truth != 0;
}

std::int64_t seconds_of_timedelta(py::handle value, const char* what) {
  return (span_of(value, what) + 999'999) / 1'000'000;
}

std::int64_t milliseconds_of_timedelta(py::handle value, const char* what) {
  return (span_of(value, what) + 999) / 1'000;
}

std::int64_t seconds_of_datetime(py::handle value, const char* what) {
  need_datetime();
  if (!PyDateTime_Check(value.ptr()))
    raise_type(std::string(what) + " is a datetime.datetime with a time zone, not " + type_name(value));
  if (value.attr("tzinfo").is_none())
    raise(VAULT_E_USAGE, std::string(what) + " has no time zone: use datetime.now(timezone.utc) and the like");
  const auto since = py::reinterpret_steal<py::object>(PyNumber_Subtract(value.ptr(), to_datetime(0).ptr()));
  if (!since) throw py::error_already_set();
  if (!PyDelta_Check(since.ptr())) raise_type(std::string(what) + " is a datetime.datetime with a time zone");
  const std::int64_t seconds =
      std::int64_t{PyDateTime_DELTA_GET_DAYS(since.ptr())} * 86'400 + PyDateTime_DELTA_GET_SECONDS(since.ptr());
  if (seconds < 1)
    raise(VAULT_E_USAGE, std::string(what) + " does not lie after the beginning of 1970");  // 0 is C's "none"
  return seconds;
}

py::object to_datetime(std::int64_t seconds) {
  if (seconds == VAULT_NEVER) return py::none();
  need_datetime();
  const py::tuple arguments = py::make_tuple(seconds, py::handle(PyDateTime_TimeZone_UTC));
  PyObject* time = PyDateTimeAPI->DateTime_FromTimestamp(reinterpret_cast<PyObject*>(PyDateTimeAPI->DateTimeType),
                                                         arguments.ptr(), nullptr);
  if (time == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(time);
}

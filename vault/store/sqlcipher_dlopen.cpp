#include <dlfcn.h>
#include <fmt/format.h>

#include "vault/store/sqlcipher.hpp"

namespace vault {
namespace {

// Newest first. One file format for both (docs/FORMAT.md section 5).
constexpr const char* kNames[] = {"libsqlcipher.so.1", "libsqlcipher.so.0"};

// DEEPBIND: the library's own references go to itself, whatever the process has loaded under the same names. Never closed.
void* open_library() {
  for (const char* library : kNames) {
    if (void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND | RTLD_NODELETE)) return handle;
  }
  return nullptr;
}

// OpenSSL, below SQLCipher, would clean up when the process ends, under the feet of threads that still read. It asks once, at its first
// use; where the program has used it before, things are as the program has them.
void keep_openssl_until_the_end(void* library) {
  constexpr std::uint64_t kNoAtExit = 0x00080000;  // OPENSSL_INIT_NO_ATEXIT
  using Init = int (*)(std::uint64_t, const void*);
  if (auto init = reinterpret_cast<Init>(dlsym(library, "OPENSSL_init_crypto"))) init(kNoAtExit, nullptr);
}

class Symbols {
 public:
  explicit Symbols(void* library) : library_(library) {}
  template <class Function>
  void find(Function& function, const char* symbol) {
    void* address = dlsym(library_, symbol);
    if (address == nullptr && missing_.empty()) missing_ = symbol;
    function = reinterpret_cast<Function>(address);
  }
  const std::string& missing() const { return missing_; }

 private:
  void* library_;
  std::string missing_;
};

Result<const SqlCipher*> load() {
  void* library = open_library();
  if (library == nullptr) {
    return Error{Errc::unsupported,
                 "SQLCipher is not installed: libsqlcipher.so.1 or libsqlcipher.so.0 "
                 "(Debian: libsqlcipher1 or libsqlcipher0)"};
  }
  keep_openssl_until_the_end(library);
  static SqlCipher table;
  Symbols symbols(library);
  symbols.find(table.open_v2, "sqlite3_open_v2");
  symbols.find(table.close_v2, "sqlite3_close_v2");
  symbols.find(table.key, "sqlite3_key");
  symbols.find(table.busy_timeout, "sqlite3_busy_timeout");
  symbols.find(table.prepare_v2, "sqlite3_prepare_v2");
  symbols.find(table.step, "sqlite3_step");
  symbols.find(table.reset, "sqlite3_reset");
  symbols.find(table.finalize, "sqlite3_finalize");
  symbols.find(table.bind_int64, "sqlite3_bind_int64");
  symbols.find(table.bind_blob, "sqlite3_bind_blob");
  symbols.find(table.column_int64, "sqlite3_column_int64");
  symbols.find(table.column_blob, "sqlite3_column_blob");
  symbols.find(table.column_text, "sqlite3_column_text");
  symbols.find(table.column_bytes, "sqlite3_column_bytes");
  symbols.find(table.extended_errcode, "sqlite3_extended_errcode");
  symbols.find(table.errmsg, "sqlite3_errmsg");
  symbols.find(table.get_autocommit, "sqlite3_get_autocommit");
  symbols.find(table.changes, "sqlite3_changes");
  symbols.find(table.file_control, "sqlite3_file_control");
  symbols.find(table.compileoption_used, "sqlite3_compileoption_used");
  symbols.find(table.libversion, "sqlite3_libversion");
  symbols.find(table.limit, "sqlite3_limit");
  symbols.find(table.vfs_find, "sqlite3_vfs_find");
  symbols.find(table.vfs_register, "sqlite3_vfs_register");
  symbols.find(table.vfs_unregister, "sqlite3_vfs_unregister");
  if (!symbols.missing().empty()) {
    return Error{Errc::unsupported,
                 fmt::format("the library found as libsqlcipher is not SQLCipher: it has no {}", symbols.missing())};
  }
  return &table;
}

}  // namespace

Result<const SqlCipher*> sqlcipher() {
  static const Result<const SqlCipher*> table = load();
  return table;
}

}  // namespace vault

#include "vault/store/guarded_files.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <string_view>

#include "vault/base/bytes.hpp"

namespace vault {
namespace {

constexpr int kSuperJournal = 0x4000;  // SQLITE_OPEN_SUPER_JOURNAL; SQLITE_OPEN_MASTER_JOURNAL in older headers

// Where a rollback journal's first header has its page size (SQLite's file format, section 3), and what that must be: Database sets it.
constexpr sqlite3_int64 kPageSizeOffset = 24;
constexpr ByteArray<4> kPageSize{std::byte{0}, std::byte{0}, std::byte{0x10}, std::byte{0}};  // 4096

sqlite3_vfs* system_vfs = nullptr;  // set once, before any file is opened

int read_journal(sqlite3_file* file, void* out, int size, sqlite3_int64 offset);

// SQLite's files of one kind share one table of methods; the guarded one is a copy with another xRead.
struct JournalMethods {
  explicit JournalMethods(const sqlite3_io_methods& of_system) : system(&of_system), guarded(of_system) {
    guarded.xRead = read_journal;
  }
  const sqlite3_io_methods* system;
  sqlite3_io_methods guarded;
};

// Made of the first journal's methods; any others are the same, or refused.
const JournalMethods& journal_methods(const sqlite3_io_methods& of_system) {
  static const JournalMethods methods(of_system);
  return methods;
}

// Whenever SQLite looks at the page size in a journal's first header, it is ours, or the journal is none.
int read_journal(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  const int code = journal_methods(*file->pMethods).system->xRead(file, out, size, offset);
  const auto end = kPageSizeOffset + static_cast<sqlite3_int64>(kPageSize.size());
  if (code != SQLITE_OK || offset > kPageSizeOffset || offset + size < end) return code;
  const ByteView read{static_cast<const std::byte*>(out), static_cast<std::size_t>(size)};
  const auto found = read.subspan(static_cast<std::size_t>(kPageSizeOffset - offset), kPageSize.size());
  return equal(found, kPageSize) ? SQLITE_OK : SQLITE_CORRUPT;
}

int guard_journal(sqlite3_file* file) {
  const JournalMethods& methods = journal_methods(*file->pMethods);
  if (file->pMethods != methods.system) {
    file->pMethods->xClose(file);
    file->pMethods = nullptr;
    return SQLITE_CANTOPEN;
  }
  file->pMethods = &methods.guarded;
  return SQLITE_OK;
}

// Another program's file, or a pipe, would be written or waited for.
bool is_file_or_nothing(const char* path) {
  struct stat st {};
  if (::lstat(path, &st) != 0) return errno == ENOENT;
  return S_ISREG(st.st_mode);
}

int open_file(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  const bool journal = (flags & SQLITE_OPEN_MAIN_JOURNAL) != 0;
  if ((flags & kSuperJournal) != 0) return SQLITE_CORRUPT;
  if (!journal && (flags & SQLITE_OPEN_MAIN_DB) == 0) return SQLITE_CANTOPEN;
  if (journal && !is_file_or_nothing(path)) return SQLITE_CANTOPEN;
  const int code = system_vfs->xOpen(system_vfs, path, file, flags, out_flags);
  return code == SQLITE_OK && journal ? guard_journal(file) : code;
}

int access_file(sqlite3_vfs*, const char* path, int flags, int* out) {
  *out = 0;
  if (std::string_view(path).ends_with("-wal")) return SQLITE_OK;
  return system_vfs->xAccess(system_vfs, path, flags, out);
}

sqlite3_vfs guarded_vfs;
const SqlCipher* knows_guarded_vfs = nullptr;  // the library where it is registered

// SQLCipher stays in memory when we are unloaded, as part of a plug-in: it must not keep what points here.
__attribute__((destructor)) void unregister() {
  if (knows_guarded_vfs != nullptr) knows_guarded_vfs->vfs_unregister(&guarded_vfs);
}

Result<const char*> make(const SqlCipher& api) {
  // A name for each copy of this code in the process: with one for all, a store would be read through another copy's functions.
  static char name[32] = "";  // without a destructor: it is there as long as the library
  fmt::format_to_n(name, sizeof name - 1, "vault-{}", fmt::ptr(&guarded_vfs));
  system_vfs = api.vfs_find("unix");  // whatever another user of the library has made its default
  if (system_vfs == nullptr) return Error{Errc::unsupported, "SQLCipher has no access to files here"};
  guarded_vfs = *system_vfs;
  guarded_vfs.zName = name;
  guarded_vfs.pNext = nullptr;
  guarded_vfs.xOpen = open_file;
  guarded_vfs.xAccess = access_file;
  if (api.vfs_register(&guarded_vfs, 0) != SQLITE_OK) return Error{Errc::internal, "out of memory"};
  knows_guarded_vfs = &api;
  return guarded_vfs.zName;
}

}  // namespace

Result<const char*> guarded_files(const SqlCipher& api) {
  static const Result<const char*> name = make(api);
  return name;
}

}  // namespace vault

#pragma once

#define SQLITE_HAS_CODEC 1
#include <sqlcipher/sqlite3.h>

#include "vault/base/result.hpp"

namespace vault {

// SQLCipher's functions, as far as we use them. Everything goes through this table, because a process that also links libsqlite3 would
// bind the same names to that library, and write the vault in plaintext with every call answering OK.
struct SqlCipher {
  decltype(&::sqlite3_open_v2) open_v2;
  decltype(&::sqlite3_close_v2) close_v2;
  decltype(&::sqlite3_key) key;
  decltype(&::sqlite3_busy_timeout) busy_timeout;
  decltype(&::sqlite3_prepare_v2) prepare_v2;
  decltype(&::sqlite3_step) step;
  decltype(&::sqlite3_reset) reset;
  decltype(&::sqlite3_finalize) finalize;
  decltype(&::sqlite3_bind_int64) bind_int64;
  decltype(&::sqlite3_bind_blob) bind_blob;
  decltype(&::sqlite3_column_int64) column_int64;
  decltype(&::sqlite3_column_blob) column_blob;
  decltype(&::sqlite3_column_text) column_text;
  decltype(&::sqlite3_column_bytes) column_bytes;
  decltype(&::sqlite3_extended_errcode) extended_errcode;
  decltype(&::sqlite3_errmsg) errmsg;
  decltype(&::sqlite3_get_autocommit) get_autocommit;
  decltype(&::sqlite3_changes) changes;
  decltype(&::sqlite3_file_control) file_control;
  decltype(&::sqlite3_compileoption_used) compileoption_used;
  decltype(&::sqlite3_libversion) libversion;
  decltype(&::sqlite3_limit) limit;
  decltype(&::sqlite3_vfs_find) vfs_find;
  decltype(&::sqlite3_vfs_register) vfs_register;
  decltype(&::sqlite3_vfs_unregister) vfs_unregister;
};

// The table, found at the first call and kept. Errors: unsupported (no libsqlcipher here, or what answers to that name is not it).
// Two sources, one of which a program takes: sqlcipher_dlopen.cpp finds the library at run time, privately; sqlcipher_linked.cpp is for
// the program that embeds in nobody, and for sanitizer builds.
Result<const SqlCipher*> sqlcipher();

}  // namespace vault

#include <openssl/crypto.h>

#include "vault/store/sqlcipher.hpp"

namespace vault {

Result<const SqlCipher*> sqlcipher() {
  static const SqlCipher table{
      &::sqlite3_open_v2,        &::sqlite3_close_v2,           &::sqlite3_key,
      &::sqlite3_busy_timeout,   &::sqlite3_prepare_v2,         &::sqlite3_step,
      &::sqlite3_reset,          &::sqlite3_finalize,           &::sqlite3_bind_int64,
      &::sqlite3_bind_blob,      &::sqlite3_column_int64,       &::sqlite3_column_blob,
      &::sqlite3_column_text,    &::sqlite3_column_bytes,       &::sqlite3_extended_errcode,
      &::sqlite3_errmsg,         &::sqlite3_get_autocommit,     &::sqlite3_changes,
      &::sqlite3_file_control,   &::sqlite3_compileoption_used, &::sqlite3_libversion,
      &::sqlite3_limit,          &::sqlite3_vfs_find,           &::sqlite3_vfs_register,
      &::sqlite3_vfs_unregister,
  };
  // OpenSSL's configuration file can name code to load: the program does not read it.
  static const bool ready = OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) == 1;
  if (!ready) return Error{Errc::internal, "OpenSSL could not be initialised"};
  return &table;
}

}  // namespace vault

#pragma once

#include <string>

#include "vault/base/result.hpp"

namespace vault {

// How the SQLCipher that we found was built.
struct SqlCipherBuild {
  std::string sqlite_version;
  bool encrypts = false;         // HAS_CODEC
  bool temporary_files = false;  // TEMP_STORE=0: temporary tables go to files, whatever we ask for
  bool thread_safe = false;
};

// Errors: unsupported (there is none).
Result<SqlCipherBuild> sqlcipher_build();

}  // namespace vault

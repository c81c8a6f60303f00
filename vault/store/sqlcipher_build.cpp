#include "vault/store/sqlcipher_build.hpp"

#include "vault/store/sqlcipher.hpp"

namespace vault {

Result<SqlCipherBuild> sqlcipher_build() {
  auto api = sqlcipher();
  if (!api) return api.error();
  auto used = [&](const char* option) { return (*api)->compileoption_used(option) != 0; };
  return SqlCipherBuild{(*api)->libversion(), used("HAS_CODEC"), used("TEMP_STORE=0"), !used("THREADSAFE=0")};
}

}  // namespace vault

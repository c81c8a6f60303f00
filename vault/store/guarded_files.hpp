#pragma once

#include "vault/store/sqlcipher.hpp"

namespace vault {

// The name of an SQLite VFS, made at the first call: the system's own, without what only helps somebody who may write to the vault's
// directory. A journal has no MAC: SQLite believes it, and does as it says.
//   - A super-journal, which a journal names by any path and which SQLite deletes after the rollback, is never opened (one store needs
//     none): SQLite stops before the deletion.
//   - A journal of other pages than ours is refused: SQLite would resize its buffers, and SQLCipher's would stay.
//   - There is no write-ahead log beside the store, whatever lies there.
//   - A journal is a file, not a link or a pipe.
//   - No temporary files: they would hold plaintext.
// Errors: unsupported.
Result<const char*> guarded_files(const SqlCipher& api);

}  // namespace vault

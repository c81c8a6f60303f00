#pragma once

#include "vault/base/file.hpp"
#include "vault/keyslot/header.hpp"

namespace vault {

struct HeaderFile {
  Header header;
  bool from_copy = false;  // `header` was missing or damaged: this is `header.2`
};

// Reads `header`, or its copy `header.2` where that is missing or fails its checksum.
// Errors: no_vault (and the way to make one), denied (the directory is open to others), corrupt, unsupported, internal.
Result<HeaderFile> read_header(Files& files, const fs::path& dir);

// Writes `header` (by rename: old or new after a crash), then the copy. From the rename on the new header counts, and the answer is good;
// `synced` says whether a power cut may still bring the old one back. Errors: internal, limit; the old header is intact.
Status write_header(Files& files, const fs::path& dir, const Header& header, bool* synced = nullptr);

}  // namespace vault

#include "vault/keyslot/header_file.hpp"

#include <fmt/format.h>

#include "vault/base/limits.hpp"

namespace vault {
namespace {

Error no_vault(const fs::path& dir) {
  return {Errc::no_vault, fmt::format("no vault at {}; 'vault init' makes one", dir.string())};
}

Result<Header> read_one(Files& files, const fs::path& path) {
  auto bytes = read_file(files, path, limits::header_bytes);
  if (!bytes && bytes.error().code == Errc::limit) {
    return Error{Errc::corrupt, fmt::format("the vault's header is damaged: {}", bytes.error().message)};
  }
  if (!bytes) return bytes.error();
  return decode_header(*bytes);
}

}  // namespace

Result<HeaderFile> read_header(Files& files, const fs::path& dir) {
  auto is_private = check_private(files, dir, FileInfo::Kind::directory);
  if (!is_private && is_private.error().code == Errc::not_found) return no_vault(dir);
  if (!is_private) return is_private.error();
  auto first = read_one(files, dir / "header");
  if (first) return HeaderFile{std::move(*first), false};
  if (first.error().code == Errc::unsupported) return first.error();
  auto second = read_one(files, dir / "header.2");
  if (second) return HeaderFile{std::move(*second), true};
  if (first.error().code == Errc::not_found && second.error().code == Errc::not_found) return no_vault(dir);
  return first.error().code == Errc::not_found ? second.error() : first.error();
}

Status write_header(Files& files, const fs::path& dir, const Header& header, bool* synced) {
  const Bytes bytes = encode(header);
  if (bytes.size() > limits::header_bytes) {
    return Error{Errc::limit,
                 fmt::format("the vault's header would be larger than {} KiB", limits::header_bytes / 1024)};
  }
  if (header.sequence > limits::header_sequence)
    return Error{Errc::limit, "the vault's header was rewritten too often: make a new vault with 'vault clone'"};
  bool renamed = false;
  Status first = replace_file(files, dir / "header", bytes, &renamed);
  if (!first && !renamed) return first;
  if (synced != nullptr) *synced = static_cast<bool>(first);
  // The new header counts from here on. Where its copy cannot be written, the old one goes: it would open with old secrets. The next change
  // writes both again.
  if (auto second = replace_file(files, dir / "header.2", bytes); !second) files.remove(dir / "header.2");
  return {};
}

}  // namespace vault

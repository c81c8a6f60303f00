#include "vault/cli/default_key_file.hpp"

#include <fmt/format.h>

#include "vault/config.hpp"
#include "vault/keyslot/header_file.hpp"
#include "vault/keyslot/key_file.hpp"
#include "vault/keyslot/unlock.hpp"
#include "vault/model/text.hpp"

namespace vault::cli {

DefaultKeyFile::DefaultKeyFile(const Context& context, fs::path dir)
    : context_(context), dir_(std::move(dir)), that_opens_(look()) {}

std::optional<fs::path> DefaultKeyFile::look() const {
  Files& files = context_.platform.files;
  auto config = read_config(files);
  if (!config || !config->key_file) return std::nullopt;
  auto factor = KeyFileFactor::read(files, *config->key_file);
  auto header = read_header(files, dir_);
  if (!factor || !header) return std::nullopt;
  if (!unlock(header->header, {*factor}, "", context_.platform.limits)) return std::nullopt;
  return config->key_file;
}

void DefaultKeyFile::tell_if_it_opens_no_more(const Output& output) const {
  if (!that_opens_ || look()) return;
  output.note(
      fmt::format("{}, which config.toml names as the key file, opens this vault no more: commands without a "
                  "factor of their own will ask; 'vault slot add --new-key-file FILE --default' mends it",
                  printable(that_opens_->string())));
}

}  // namespace vault::cli

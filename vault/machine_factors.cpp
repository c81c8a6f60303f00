#include "vault/machine_factors.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "vault/keyslot/key_file.hpp"

namespace vault {

std::optional<fs::path> credential_path(std::string_view name) {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (directory == nullptr || *directory == '\0') return std::nullopt;
  return fs::path(directory) / name;
}

// systemd keeps credentials closed to others by its own means, with permissions that are not ours to judge.
Result<std::shared_ptr<const Factor>> read_credential(Files& files, const fs::path& path) {
  constexpr std::size_t kLongest = 256;
  auto content = read_secret_file(files, path, kLongest);
  if (!content) return content.error();
  auto factor = KeyFileFactor::parse(content->expose());
  if (factor) return factor;
  return Error{factor.error().code, fmt::format("credential {}: {}", path.string(), factor.error().message)};
}

Result<MachineFactors> machine_factors(Files& files, const Config& config) {
  MachineFactors found;
  if (auto path = credential_path("vault.key")) {
    auto factor = read_credential(files, *path);
    if (!factor && factor.error().code != Errc::not_found) return factor.error();
    if (factor) found.factors.push_back(std::move(*factor));
  }
  if (!config.key_file) return found;
  auto factor = KeyFileFactor::read(files, *config.key_file);
  if (!factor && factor.error().code != Errc::not_found)
    return Error{factor.error().code, fmt::format("{} (key_file in config.toml)", factor.error().message)};
  if (factor) found.factors.push_back(std::move(*factor));
  if (!factor) found.missing = factor.error().message;
  return found;
}

}  // namespace vault

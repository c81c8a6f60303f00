#include "vault/cli/new_factors.hpp"

#include <fmt/format.h>

#include "vault/cli/terminal.hpp"
#include "vault/keyslot/key_file.hpp"
#include "vault/keyslot/passphrase.hpp"
#include "vault/model/duration.hpp"

namespace vault::cli {
namespace {

constexpr std::string_view kDefaultUnlockTime = "500ms";
constexpr std::chrono::seconds kLongestUnlockTime{60};

}  // namespace

Result<std::chrono::milliseconds> unlock_time(const std::optional<std::string>& given) {
  auto budget = parse_duration(given.value_or(std::string(kDefaultUnlockTime)));
  if (!budget) return Error{Errc::usage, fmt::format("--unlock-time: {}", budget.error().message)};
  if (to_milliseconds(*budget) <= kLongestUnlockTime) return to_milliseconds(*budget);
  return Error{Errc::limit, fmt::format("--unlock-time: at most {} seconds", kLongestUnlockTime.count())};
}

Status NewFactors::read_recovery() {
  if (!options_.recovery) {
    if (!options_.recovery_out_fd) return {};
    return Error{Errc::usage, "--recovery-out-fd goes with --new-recovery"};
  }
  auto output = RecoveryOutput::find(context_, options_.recovery_out_fd);
  if (!output) return output.error();
  if (!*output)
    return Error{Errc::locked,
                 "there is no terminal to show a new recovery code on, and none was made; use --recovery-out-fd N"};
  recovery_output_.emplace(std::move(**output));
  return {};
}

Status NewFactors::read() {
  if (options_.passphrase_fd && options_.passphrase_file) {
    return Error{Errc::usage, "a slot has one passphrase: from a descriptor or from a file"};
  }
  if (options_.unlock_time && options_.kdf_given()) {
    return Error{
        Errc::usage,
        "--unlock-time measures the costs, --kdf-memory, --kdf-passes and --kdf-lanes name them: one or the other"};
  }
  if (options_.any() && !options_.passphrase_fd && !options_.passphrase_file &&
      (options_.kdf_given() || options_.unlock_time)) {
    return Error{Errc::usage, "only a passphrase needs Argon2id: --unlock-time and --kdf-... go with one"};
  }
  if (auto recovery = read_recovery(); !recovery) return recovery;
  if (!options_.passphrase_fd && !options_.passphrase_file) return {};
  auto passphrase = options_.passphrase_fd
                        ? context_.input.passphrase_descriptor(static_cast<int>(*options_.passphrase_fd))
                        : context_.input.passphrase_file(context_.platform.files, *options_.passphrase_file);
  if (!passphrase) return passphrase.error();
  passphrase_ = std::move(*passphrase);
  return {};
}

Status NewFactors::ask() {
  if (options_.any()) return {};
  const Error locked{Errc::locked,
                     "a new passphrase is needed, and nobody can be asked for it; use --new-passphrase-fd N, "
                     "--new-passphrase-file FILE or --new-key-file FILE"};
  if (context_.global.no_prompt) return locked;
  auto terminal = Terminal::open();
  if (!terminal) return locked;
  auto passphrase = terminal->read_new_passphrase("New passphrase");
  if (!passphrase) return passphrase.error();
  passphrase_ = std::move(*passphrase);
  return {};
}

Result<KdfChoice> NewFactors::choose_kdf() const {
  const KdfLimits& limits = context_.platform.limits;
  if (options_.kdf_given()) {
    KdfParameters parameters = limits.create_floor;
    if (options_.kdf_memory && *options_.kdf_memory > kKdfCeiling.memory_kib / 1024) {
      return Error{Errc::limit, fmt::format("--kdf-memory: at most {} MiB", kKdfCeiling.memory_kib / 1024)};
    }
    if (options_.kdf_memory) parameters.memory_kib = *options_.kdf_memory * 1024;
    if (options_.kdf_passes) parameters.passes = *options_.kdf_passes;
    if (options_.kdf_lanes) parameters.lanes = *options_.kdf_lanes;
    if (auto allowed = check_create(parameters, limits); !allowed) return allowed.error();
    return KdfChoice{parameters, {}};
  }
  auto budget = unlock_time(options_.unlock_time);
  if (!budget) return budget.error();
  auto calibrated = calibrate(context_.platform.kdf, limits, *budget);
  if (!calibrated) return calibrated.error();
  return KdfChoice{calibrated->parameters, calibrated->measured};
}

Result<std::shared_ptr<const Factor>> NewFactors::key_file() {
  Files& files = context_.platform.files;
  auto there = KeyFileFactor::read(files, *options_.key_file);
  if (there || there.error().code != Errc::not_found) return there;
  if (auto place = make_directories(files, fs::path(*options_.key_file).parent_path()); !place) return place.error();
  auto made = KeyFileFactor::create(files, context_.platform.random, *options_.key_file);
  key_file_made_ = static_cast<bool>(made);
  return made;
}

Result<Factors> NewFactors::make() {
  Factors factors;
  if (passphrase_) {
    auto kdf = choose_kdf();
    if (!kdf) return kdf.error();
    kdf_ = *kdf;
    auto factor = PassphraseFactor::make(std::move(*passphrase_), context_.platform.kdf, context_.platform.limits,
                                         kdf->parameters);
    if (!factor) return factor.error();
    factors.push_back(*factor);
  }
  if (options_.key_file) {
    auto factor = key_file();
    if (!factor) return factor.error();
    factors.push_back(*factor);
  }
  if (options_.recovery) {
    auto code = RecoveryCodeFactor::create(context_.platform.random);
    if (!code) return code.error();
    recovery_ = *code;
    factors.push_back(std::move(*code));
  }
  return factors;
}

Status NewFactors::show_recovery(const fs::path& dir) {
  return recovery_ ? recovery_output_->show(*recovery_, dir) : Status{};
}

std::string NewFactors::kdf_sentence() const {
  std::string text = fmt::format("Each try of the passphrase costs Argon2id with {}", text::kdf(kdf_->parameters));
  if (kdf_->measured) text += fmt::format(": {} ms here", kdf_->measured->count());
  return text;
}

}  // namespace vault::cli

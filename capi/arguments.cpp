#include "capi/arguments.hpp"

#include <algorithm>

#include "vault/base/limits.hpp"
#include "vault/config.hpp"

namespace vault::capi {
namespace {

constexpr std::uint64_t kMostSeconds = 9000ULL * 366 * 24 * 3600;  // more than there is until the last time

}  // namespace

Status required(const void* pointer, const char* what) {
  if (pointer != nullptr) return {};
  return Error{Errc::usage, std::string(what) + " is NULL"};
}

std::string text_or(const char* text, const char* otherwise) { return text == nullptr ? otherwise : text; }

std::optional<std::string> optional_text(const char* text) {
  return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}

Result<std::vector<std::string>> texts_of(const char* const* texts, std::size_t count, std::size_t most,
                                          const char* what) {
  if (count > most) return Error{Errc::limit, std::string(what) + ": at most " + std::to_string(most)};
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) {
    if (auto fine = required(texts, what); !fine) return fine.error();
    if (auto fine = required(texts[i], what); !fine) return fine.error();
    out.emplace_back(texts[i]);
  }
  return out;
}

Result<std::map<std::string, std::string>> attributes_of(const vault_attribute* attributes, std::size_t count) {
  if (count > limits::attributes)
    return Error{Errc::limit, "attributes: at most " + std::to_string(limits::attributes)};
  std::map<std::string, std::string> out;
  for (std::size_t i = 0; i < count; ++i) {
    if (auto fine = required(attributes, "attributes"); !fine) return fine.error();
    if (auto fine = required(attributes[i].key, "an attribute's key"); !fine) return fine.error();
    if (auto fine = required(attributes[i].value, "an attribute's value"); !fine) return fine.error();
    if (!out.emplace(attributes[i].key, attributes[i].value).second)
      return Error{Errc::usage, "attributes: a key is there twice"};
  }
  return out;
}

Result<Time> time_of(std::int64_t seconds, const char* what) {
  const std::int64_t last = std::chrono::duration_cast<std::chrono::seconds>(kLastTime.time_since_epoch()).count();
  if (seconds >= 0 && seconds <= last) return Time(std::chrono::seconds(seconds));
  return Error{Errc::usage, std::string(what) + " lies outside the years 1970 to 9999"};
}

std::int64_t to_seconds(Time time) {
  if (time == kNever) return VAULT_NEVER;
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::optional<Duration> seconds_of(std::uint64_t seconds) {
  if (seconds == 0) return std::nullopt;
  return Duration{std::min(seconds, kMostSeconds), Duration::Unit::s};
}

Result<fs::path> directory_of(const char* dir) {
  auto config = read_config(Platform::native().files);
  if (!config) return config.error();
  return vault_directory(optional_text(dir), *config);
}

Result<GetOptions> get_options_of(const vault_get_options* given) {
  auto options = options_of(given);
  if (!options) return options.error();
  GetOptions wanted;
  wanted.field = text_or(options->field, "");
  wanted.version = options->version;
  wanted.allow_expired = options->allow_expired != 0;
  wanted.min_ttl = seconds_of(options->min_ttl);
  return wanted;
}

Status rekeyed_place(const vault_rekey_report* out) { return out == nullptr ? Status{} : fillable(out); }

Status fill_rekeyed(vault_rekey_report* out, const RekeyReport& report) {
  if (out == nullptr) return {};
  vault_rekey_report value = VAULT_REKEY_REPORT_INIT;
  value.epoch = report.epoch;
  value.teams = report.teams;
  value.fields = report.fields;
  value.dropped_slots = report.dropped_slots.size();
  return fill(out, value);
}

}  // namespace vault::capi

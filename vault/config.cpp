#include "vault/config.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <sstream>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "vault/model/text.hpp"

namespace vault {
namespace {

constexpr std::size_t kLargest = 64 * 1024;

std::optional<fs::path> environment_path(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return fs::path(value);
}

// A directory of the XDG base directory specification: relative values do not count.
std::optional<fs::path> xdg_directory(const char* variable, const char* below_home) {
  if (auto set = environment_path(variable); set && set->is_absolute()) return set;
  if (auto home = environment_path("HOME"); home && home->is_absolute()) return *home / below_home;
  return std::nullopt;
}

std::optional<fs::path> config_path() {
  auto base = xdg_directory("XDG_CONFIG_HOME", ".config");
  if (!base) return std::nullopt;
  return *base / "vault" / "config.toml";
}

Error bad(const fs::path& path, std::string_view why) {
  return {Errc::usage, fmt::format("{}: {}", path.string(), why)};
}

// Whoever can write it could send us to another vault.
Status check_writers(Files& files, const fs::path& path) {
  FileInfo info{};
  if (files.stat(path, info) != 0)
    return errno == ENOENT || errno == ENOTDIR ? Status{} : system_error("look at", path, errno);
  if (info.owner != 0 && info.owner != geteuid()) {
    return Error{Errc::denied, fmt::format("{} belongs to another user (uid {})", path.string(), info.owner)};
  }
  if ((info.mode & 022) != 0) {
    return Error{Errc::denied, fmt::format("{0} can be written by other users (mode {1:04o}): chmod go-w '{0}'",
                                           path.string(), info.mode)};
  }
  return {};
}

Result<std::string> read_text(Files& files, const fs::path& path) {
  if (auto writers = check_writers(files, path); !writers) return writers.error();
  auto bytes = read_file(files, path, kLargest);
  if (bytes) return std::string(as_text(*bytes));
  return bytes.error().code == Errc::not_found ? Result<std::string>(std::string()) : bytes.error();
}

Result<toml::table> parse(const std::string& text, const fs::path& path) {
  toml::parse_result parsed = toml::parse(std::string_view(text));
  if (!parsed) {
    return bad(path, fmt::format("line {}: not TOML: {}", parsed.error().source().begin.line,
                                 printable(parsed.error().description())));
  }
  return std::move(parsed).table();
}

Result<fs::path> path_value(const toml::node& node, std::string_view key, const fs::path& path) {
  const auto* value = node.as_string();
  if (value == nullptr) return bad(path, fmt::format("{} must be a path in quotes", key));
  const std::string& given = value->get();
  fs::path result = given;
  if (given.starts_with("~/")) {
    auto home = environment_path("HOME");
    if (!home) return bad(path, fmt::format("{} begins with ~ and HOME is not set", key));
    result = *home / given.substr(2);
  }
  if (!result.is_absolute()) return bad(path, fmt::format("{} must be an absolute path, or begin with ~/", key));
  return result;
}

Result<Config> interpret(const toml::table& table, const fs::path& path) {
  Config config;
  for (const auto& [key, node] : table) {
    const std::string_view name = key.str();
    if (name != "dir" && name != "key_file") {
      return bad(path, fmt::format("unknown setting {}; there are dir and key_file", in_quotes(name)));
    }
    auto value = path_value(node, name, path);
    if (!value) return value.error();
    (name == "dir" ? config.dir : config.key_file) = *value;
  }
  return config;
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

// The text with the lines `first` to `last` (from 1) replaced by `line`; 0: added at the end.
std::string with_line(const std::string& text, std::size_t first, std::size_t last, const std::string& line) {
  std::string out;
  std::istringstream lines(text);
  std::string old;
  for (std::size_t number = 1; std::getline(lines, old); ++number) {
    if (number == first) out += line + "\n";
    if (number < first || number > last) out += old + "\n";
  }
  if (first == 0) out += line + "\n";
  return out;
}

// A configuration may be a link into somebody's repository of dotfiles; the link stays.
fs::path link_target(const fs::path& path) {
  std::error_code failed;
  fs::path target = fs::canonical(path, failed);
  return failed ? path : target;
}

// For messages: where that really is.
fs::path whole_path(const fs::path& path) {
  std::error_code failed;
  fs::path whole = fs::absolute(path, failed);
  return failed ? path : whole.lexically_normal();
}

}  // namespace

Result<Config> read_config(Files& files) {
  auto path = config_path();
  if (!path) return Config{};
  auto text = read_text(files, *path);
  if (!text) return text.error();
  if (text->empty()) return Config{};
  auto table = parse(*text, *path);
  if (!table) return table.error();
  return interpret(*table, *path);
}

Result<fs::path> write_default_key_file(Files& files, const fs::path& key_file) {
  auto path = config_path();
  if (!path) return Error{Errc::usage, "no place for config.toml: set HOME or XDG_CONFIG_HOME"};
  std::error_code failed;
  const std::string value = fs::absolute(key_file, failed).lexically_normal().string();
  if (failed || !character_fault(value).empty()) return bad(*path, "the key file's path cannot be written there");
  auto text = read_text(files, *path);
  if (!text) return text.error();
  auto table = parse(*text, *path);
  if (!table) return table.error();
  if (auto known = interpret(*table, *path); !known) return known.error();
  std::size_t first = 0, last = 0;
  if (const toml::node* old = table->get("key_file")) {
    first = old->source().begin.line;
    last = std::max<std::size_t>(first, old->source().end.line);
  }
  if (auto made = make_directories(files, path->parent_path()); !made) return made.error();
  const fs::path target = link_target(*path);
  const std::string changed = with_line(*text, first, last, "key_file = " + toml_string(value));
  if (auto written = replace_file(files, target, as_bytes(changed)); !written) return written.error();
  return *path;
}

Result<fs::path> vault_directory(const std::optional<std::string>& given, const Config& config) {
  if (given && given->empty()) return Error{Errc::usage, "the vault's directory (--dir) is empty"};
  if (given) return whole_path(*given);
  if (auto dir = environment_path("VAULT_DIR")) return whole_path(*dir);
  if (config.dir) return *config.dir;
  if (auto base = xdg_directory("XDG_DATA_HOME", ".local/share")) return *base / "vault" / "default";
  return Error{Errc::usage, "which vault? Give --dir DIR, or set VAULT_DIR or HOME"};
}

}  // namespace vault

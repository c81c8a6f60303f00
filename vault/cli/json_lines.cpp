#include "vault/cli/json_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "vault/base/limits.hpp"
#include "vault/line_value.hpp"
#include "vault/model/time_text.hpp"

namespace vault::cli {
namespace {

constexpr std::size_t kFirstBuffer = 64 * 1024;

constexpr std::array<std::string_view, 12> kTextKeys{"label",     "issuer",      "account", "team",
                                                     "issued",    "expires",     "period",  "key_name",
                                                     "minted_by", "minted_with", "note",    "token"};
constexpr std::array<std::string_view, 3> kFlagKeys{"fingerprint", "hint", "allow_empty"};

std::string line_of(std::uint64_t number) { return fmt::format("line {}", number); }

// The value of one base64 symbol; 64 for anything else.
unsigned base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0' + 52);
  if (c == '+') return 62;
  return c == '/' ? 63 : 64;
}

// RFC 4648 section 4, with padding and without unused bits: one text for each value.
std::optional<SecretBuffer> from_base64(ByteView symbols) {
  if (symbols.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < symbols.size() && symbols[symbols.size() - 1 - padding] == std::byte{'='}) ++padding;
  SecretBuffer out(symbols.size() / 4 * 3);
  auto to = out.expose_for_writing().begin();
  for (std::size_t i = 0; i < symbols.size(); i += 4) {
    std::uint32_t group = 0;
    for (std::size_t j = i; j < i + 4; ++j) {
      const unsigned digit = j >= symbols.size() - padding ? 0 : base64_digit(std::to_integer<char>(symbols[j]));
      if (digit > 63) return std::nullopt;
      group = group << 6 | digit;
    }
    for (int shift : {16, 8, 0}) *to++ = std::byte(group >> shift & 0xff);
  }
  if (std::ranges::any_of(out.expose().last(padding), [](std::byte b) { return b != std::byte{}; }))
    return std::nullopt;
  out.truncate(out.size() - padding);
  return out;
}

// One line's object. First its grammar, then what it means. The model's sentences quote what they refuse: they are not passed on.
class EntryParser {
 public:
  EntryParser(std::string_view line, std::uint64_t number, Time now) : cursor_(line), number_(number), now_(now) {}

  Result<NewEntry> run() {
    read_object();
    if (!cursor_.ok()) return named(cursor_.fault());
    if (!text("label")) return named({Errc::usage, "the key \"label\" is missing"});
    auto label = Label::parse(text("label")->text());
    if (!label) return named(refused_value("label", label.error().code));
    NewEntry entry{.label = std::move(*label)};
    if (auto described = describe(entry); !described) return named(described.error());
    if (token_) entry.fields.push_back({std::string(kTokenKey), true, std::move(*token_)});
    std::ranges::move(fields_, std::back_inserter(entry.fields));
    entry.origin = line_of(number_);
    return entry;
  }

 private:
  // ---- grammar ----

  void read_object() {
    if (!cursor_.enter_object("the line")) return;
    for (JsonString key; cursor_.next_key(key);) {
      if (!read_member(key)) return;
    }
    cursor_.finish();
  }

  bool read_member(const JsonString& key) {
    for (std::size_t i = 0; i < kTextKeys.size(); ++i) {
      if (key == kTextKeys[i]) return once(texts_[i].has_value(), kTextKeys[i]) && read_text(i);
    }
    for (std::size_t i = 0; i < kFlagKeys.size(); ++i) {
      if (key == kFlagKeys[i])
        return once(flags_[i].has_value(), kFlagKeys[i]) && cursor_.boolean(kFlagKeys[i], flags_[i].emplace());
    }
    if (key == "scopes") return once(std::exchange(saw_scopes_, true), "scopes") && read_scopes();
    if (key == "attributes") return once(std::exchange(saw_attributes_, true), "attributes") && read_attributes();
    if (key == "fields") return once(std::exchange(saw_fields_, true), "fields") && read_fields();
    // It is not named: it may be a value in the wrong place.
    return cursor_.fail_here(
        fmt::format("an unknown key comes before this; there are {}, {}, scopes, attributes, fields",
                    fmt::join(kTextKeys, ", "), fmt::join(kFlagKeys, ", ")));
  }

  bool once(bool seen, std::string_view key) {
    return !seen || cursor_.fail_here(fmt::format("the key \"{}\" is there twice", key));
  }

  bool read_text(std::size_t place) {
    JsonString value;
    if (!cursor_.string(kTextKeys[place], value)) return false;
    texts_[place] = value;
    if (kTextKeys[place] == "token") token_ = value.secret();
    return true;
  }

  bool read_scopes() {
    if (!cursor_.enter_array("scopes")) return false;
    while (cursor_.next_item()) {
      JsonString scope;
      if (!cursor_.string("a scope", scope)) return false;
      if (scopes_.size() == limits::scopes)
        return cursor_.fail({Errc::limit, fmt::format("at most {} scopes", limits::scopes)});
      scopes_.push_back(scope.text());
    }
    return cursor_.ok();
  }

  bool read_attributes() {
    if (!cursor_.enter_object("attributes")) return false;
    for (JsonString key; cursor_.next_key(key);) {
      JsonString value;
      if (!cursor_.string("an attribute", value)) return false;
      if (attributes_.size() == limits::attributes)
        return cursor_.fail({Errc::limit, fmt::format("at most {} attributes", limits::attributes)});
      if (!attributes_.emplace(key.text(), value.text()).second)
        return cursor_.fail_here("an attribute is there twice");
    }
    return cursor_.ok();
  }

  bool read_fields() {
    if (!cursor_.enter_array("fields")) return false;
    while (cursor_.next_item()) {
      if (fields_.size() == limits::fields)
        return cursor_.fail({Errc::limit, fmt::format("at most {} fields", limits::fields)});
      if (!read_field()) return false;
    }
    return cursor_.ok();
  }

  struct FieldKeys {
    std::optional<JsonString> name, text, base64;
    std::optional<bool> secret;
  };

  bool read_field() {
    if (!cursor_.enter_object("a field")) return false;
    FieldKeys keys;
    for (JsonString key; cursor_.next_key(key);) {
      if (!read_field_member(key, keys)) return false;
    }
    return cursor_.ok() && make_field(keys);
  }

  bool read_field_member(const JsonString& key, FieldKeys& keys) {
    if (key == "secret")
      return once(keys.secret.has_value(), "secret") && cursor_.boolean("secret", keys.secret.emplace());
    for (auto [known, into] : {std::pair<std::string_view, std::optional<JsonString>*>("name", &keys.name),
                               {"text", &keys.text},
                               {"base64", &keys.base64}}) {
      if (key == known) return once(into->has_value(), known) && cursor_.string(known, into->emplace());
    }
    return cursor_.fail_here("an unknown key of a field comes before this; there are name, secret, text, base64");
  }

  bool make_field(const FieldKeys& keys) {
    if (!keys.name) return cursor_.fail_here("a field's \"name\" is missing");
    if (keys.text.has_value() == keys.base64.has_value())
      return cursor_.fail_here("a field has its value in \"text\" or in \"base64\", and in one of them only");
    NewField field{keys.name->text(), keys.secret.value_or(true), {}};
    if (keys.text) {
      field.value = keys.text->secret();
    } else {
      auto value = from_base64(keys.base64->secret().expose());
      if (!value) return cursor_.fail_here("a field's \"base64\" is not base64 with padding (RFC 4648)");
      field.value = std::move(*value);
    }
    fields_.push_back(std::move(field));
    return true;
  }

  // ---- meaning ----

  Status describe(NewEntry& entry) {
    for (auto [key, into] : {std::pair<std::string_view, std::string*>("issuer", &entry.issuer),
                             {"account", &entry.account},
                             {"team", &entry.team},
                             {"period", &entry.period},
                             {"key_name", &entry.key_name},
                             {"minted_by", &entry.minted_by},
                             {"minted_with", &entry.minted_with},
                             {"note", &entry.note}}) {
      if (const auto& value = text(key)) *into = value->text();
    }
    entry.attributes = std::move(attributes_);
    entry.fingerprint = flags_[0].value_or(true);
    entry.hint = flags_[1].value_or(false);
    entry.allow_empty = flags_[2].value_or(false);
    auto scopes = ScopeSet::make(std::move(scopes_));
    if (!scopes) return refused_value("scopes", scopes.error().code);
    entry.scopes = std::move(*scopes);
    return describe_times(entry);
  }

  Status describe_times(NewEntry& entry) const {
    if (const auto& given = text("issued")) {
      auto issued = parse_issued(given->text());
      if (!issued) return refused_value("issued", issued.error().code);
      entry.issued_at = *issued;
    }
    const auto& given = text("expires");
    if (!given) return {};
    if (!entry.issued_at) entry.issued_at = now_;
    const std::string when = given->text();
    auto expires = parse_expires(when, *entry.issued_at);
    if (!expires) return refused_value("expires", expires.error().code);
    entry.expires_at = *expires;
    if (auto period = parse_duration(when); period && entry.period.empty()) entry.period = to_string(*period);
    return {};
  }

  const std::optional<JsonString>& text(std::string_view key) const {
    return texts_[static_cast<std::size_t>(std::ranges::find(kTextKeys, key) - kTextKeys.begin())];
  }

  Error named(const Error& error) const {
    std::string label;
    if (const auto& given = text("label")) {
      if (auto parsed = Label::parse(given->text())) label = parsed->text() + ", ";
    }
    return {error.code, fmt::format("add {}{}: {}", label, line_of(number_), error.message)};
  }

  JsonCursor cursor_;
  std::uint64_t number_;
  Time now_;
  std::array<std::optional<JsonString>, kTextKeys.size()> texts_;
  std::array<std::optional<bool>, kFlagKeys.size()> flags_;
  std::optional<SecretBuffer> token_;
  std::vector<std::string> scopes_;
  std::map<std::string, std::string> attributes_;
  std::vector<NewField> fields_;
  bool saw_scopes_ = false, saw_attributes_ = false, saw_fields_ = false;
};

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

LineReader::LineReader(Files& files, int fd, std::size_t longest)
    : files_(files), fd_(fd), longest_(longest), buffer_(std::min(kFirstBuffer, longest + 1)) {}

std::optional<std::string_view> LineReader::take(std::size_t size, std::size_t newline) {
  const std::string_view line = as_text(buffer_.expose().subspan(begin_, size));
  begin_ += size + newline;
  ++number_;
  return line;
}

// Moves what is there to the front, and doubles the buffer when that is full.
void LineReader::make_room() {
  const std::size_t size = end_ - begin_;
  SecretBuffer larger;
  if (size == buffer_.size()) larger = SecretBuffer(std::min(2 * size, longest_ + 1));
  auto to = larger.empty() ? buffer_.expose_for_writing() : larger.expose_for_writing();
  std::memmove(to.data(), buffer_.expose().data() + begin_, size);
  if (!larger.empty()) buffer_ = std::move(larger);
  begin_ = 0;
  end_ = size;
}

Result<std::optional<std::string_view>> LineReader::next() {
  for (std::size_t searched = 0;;) {
    const std::string_view there = as_text(buffer_.expose().subspan(begin_, end_ - begin_));
    const std::size_t newline = there.find('\n', searched);
    if (newline != std::string_view::npos && newline <= longest_) return take(newline, 1);
    searched = there.size();
    if (there.size() > longest_) {
      return Error{Errc::usage, fmt::format("add {}: it is longer than {} bytes", line_of(number_ + 1), longest_)};
    }
    if (ended_) return there.empty() ? std::optional<std::string_view>{} : take(there.size(), 0);
    make_room();
    const ssize_t got = files_.read(fd_, buffer_.expose_for_writing().subspan(end_));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{Errc::internal, fmt::format("add: cannot read the lines: {}", std::strerror(errno))};
    ended_ = got == 0;
    end_ += static_cast<std::size_t>(got);
  }
}

Result<NewEntry> parse_entry_line(std::string_view line, std::uint64_t number, Time now) {
  return EntryParser(line, number, now).run();
}

Result<std::vector<ReadEntry>> read_entry_lines(LineReader& lines, Time now) {
  std::vector<ReadEntry> entries;
  while (true) {
    auto line = lines.next();
    if (!line) return line.error();
    if (!*line) break;
    if (is_blank(**line)) continue;
    auto entry = parse_entry_line(**line, lines.number(), now);
    if (!entry) return entry.error();
    if (entries.size() == limits::entries)
      return Error{Errc::limit, fmt::format("add: a vault holds at most {} entries", limits::entries)};
    entries.push_back({std::move(*entry), lines.number()});
  }
  if (entries.empty()) return Error{Errc::usage, "add: no entry came; write one JSON object a line"};
  return entries;
}

}  // namespace vault::cli

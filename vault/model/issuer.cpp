#include "vault/model/issuer.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "vault/model/label.hpp"

namespace vault {
namespace {

using nlohmann::json;
using MintFactor = IssuerProfile::MintFactor;

constexpr std::size_t kMaxPeriods = 64;
constexpr std::size_t kMaxHosts = 64;
constexpr std::size_t kMaxHostBytes = 253;
constexpr std::size_t kMaxConsoleBytes = 2048;
constexpr std::size_t kMaxPrefixBytes = 64;
constexpr std::size_t kMaxTokenCharacters = 94;  // visible ASCII
constexpr std::size_t kMaxPresentationBytes = 128;
constexpr std::uint64_t kMaxTokenBytes = std::uint64_t{64} * 1024;
constexpr std::uint64_t kMaxActiveKeys = 1'000'000;

// 101domain: help.101domain.com/kb/how-to-get-api-keys and its sister pages. It publishes no token pattern and the
// pages name no host for its API.
constexpr std::string_view k101domain =
    R"({"active_key_limit":10,)"
    R"("console":"https://my.101domain.com/",)"
    R"("hosts":[],)"
    R"("longest_life":"1y",)"
    R"("mint_requires":["2fa","sso"],)"
    R"("name":"101domain",)"
    R"("periods":["7d","30d","90d","1y"],)"
    R"("presentation":"Authorization: Bearer",)"
    R"("scopes":{"closed":true,"empty_allowed":true,"words":["account:read","account:write","dns:read","dns:write",)"
    R"("domains:read","domains:write","products:read","products:write"]}})";

constexpr std::string_view kGeneric = R"({"hosts":[],"mint_requires":[],"name":"generic","periods":[],)"
                                      R"("scopes":{"closed":false,"empty_allowed":true,"words":[]}})";

constexpr std::array<BuiltinIssuer, 2> kBuiltins{{{"101domain", k101domain}, {"generic", kGeneric}}};

constexpr std::array<std::pair<std::string_view, MintFactor>, 2> kMintFactors{
    {{"2fa", MintFactor::two_factor}, {"sso", MintFactor::sso}}};

Error fault_at(Errc code, std::string_view field, std::string_view fault) {
  std::string message = "issuer profile: ";
  if (!field.empty()) message.append("field ").append(in_quotes(field)).append(" ");
  return Error{code, message.append(fault)};
}

bool is_visible_ascii(char c) { return c > 0x20 && c < 0x7f; }
bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_host_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }
bool is_header_character(char c) {
  return is_alphanumeric(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

template <class Items>
bool has_repeats(const Items& items) {  // of short lists
  return std::any_of(items.begin(), items.end(),
                     [&](const auto& item) { return std::count(items.begin(), items.end(), item) > 1; });
}

// Watches the parser: how deep it goes, and whether an object names a key twice (the library would keep the last).
class Watch {
 public:
  bool operator()(int depth, json::parse_event_t event, json& parsed) {
    using Event = json::parse_event_t;
    if (too_deep_) return false;
    if (event == Event::object_start || event == Event::array_start) {
      too_deep_ = static_cast<std::size_t>(depth) >= kMaxIssuerProfileDepth;
    }
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::object_end) keys_.pop_back();
    if (event == Event::key) see(parsed.get_ref<const std::string&>());
    return !too_deep_;
  }

  bool too_deep() const { return too_deep_; }
  const std::optional<std::string>& repeated() const { return repeated_; }

 private:
  void see(const std::string& key) {
    if (!keys_.back().insert(key).second && !repeated_) repeated_ = key;
  }

  std::vector<std::set<std::string>> keys_;
  bool too_deep_ = false;
  std::optional<std::string> repeated_;
};

Result<json> parse_json(std::string_view text) {
  if (text.size() > kMaxIssuerProfileBytes) return fault_at(Errc::limit, {}, "larger than 64 KiB; shorten it");
  Watch watch;
  auto document = json::parse(text.begin(), text.end(), std::ref(watch), /*allow_exceptions=*/false);
  if (watch.too_deep()) return fault_at(Errc::limit, {}, "nested deeper than 8 levels; see the schema");
  if (document.is_discarded()) return fault_at(Errc::usage, {}, "not valid JSON; check it with a JSON tool");
  if (watch.repeated()) return fault_at(Errc::usage, *watch.repeated(), "appears twice; keep one");
  return document;
}

// Reads the fields of one JSON object. The first fault is kept and everything after it reads as absent, so that the
// reader of a profile asks once at the end.
class Fields {
 public:
  using Fault = std::optional<Error>;

  Fields(const json& object, std::string path, std::initializer_list<std::string_view> known, Fault& fault)
      : object_(object), path_(std::move(path)), fault_(fault) {
    if (!object_.is_object()) {
      refuse_this("must be an object");
      return;
    }
    for (const auto& item : object_.items()) {
      if (std::find(known.begin(), known.end(), item.key()) == known.end()) {
        refuse(item.key(), "is not known; remove it or correct its name");
      }
    }
  }

  std::optional<std::string> text(std::string_view key, std::size_t max) {
    const json* value = find(key);
    if (!value) return std::nullopt;
    return text_of(*value, key, max);
  }

  std::vector<std::string> texts(std::string_view key, std::size_t max_items, std::size_t max) {
    const json* value = find(key);
    if (!value) return {};
    if (!value->is_array()) refuse(key, "must be a list of texts");
    if (value->size() > max_items) refuse(key, "has more than " + std::to_string(max_items) + " items", Errc::limit);
    std::vector<std::string> texts;
    for (std::size_t i = 0; !fault_ && i < value->size(); ++i) {
      if (auto item = text_of((*value)[i], item_name(key, i), max)) texts.push_back(std::move(*item));
    }
    return texts;
  }

  std::optional<std::uint64_t> number(std::string_view key, std::uint64_t max) {
    const json* value = find(key);
    if (!value) return std::nullopt;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() < 1 || value->get<std::uint64_t>() > max) {
      refuse(key, "must be a whole number from 1 to " + std::to_string(max));
      return std::nullopt;
    }
    return value->get<std::uint64_t>();
  }

  bool flag(std::string_view key, bool otherwise) {
    const json* value = find(key);
    if (!value) return otherwise;
    if (!value->is_boolean()) {
      refuse(key, "must be true or false");
      return otherwise;
    }
    return value->get<bool>();
  }

  // The object under `key`; an empty one when it is absent.
  Fields object(std::string_view key, std::initializer_list<std::string_view> known) {
    static const json kEmpty = json::object();
    const json* value = find(key);
    return Fields(value ? *value : kEmpty, full_name(key), known, fault_);
  }

  void refuse(std::string_view key, std::string_view fault, Errc code = Errc::usage) {
    if (!fault_) fault_ = fault_at(code, full_name(key), fault);
  }
  bool ok() const { return !fault_; }

  static std::string item_name(std::string_view key, std::size_t i) {
    return std::string(key) + "[" + std::to_string(i) + "]";
  }

 private:
  const json* find(std::string_view key) const {
    if (fault_) return nullptr;
    auto found = object_.find(std::string(key));
    return found == object_.end() ? nullptr : &*found;
  }

  std::optional<std::string> text_of(const json& value, std::string_view name, std::size_t max) {
    if (!value.is_string()) {
      refuse(name, "must be text");
      return std::nullopt;
    }
    auto text = value.get<std::string>();
    if (text.empty()) refuse(name, "is empty; give it a value or leave it out");
    if (text.size() > max) refuse(name, "is longer than " + std::to_string(max) + " bytes", Errc::limit);
    if (fault_) return std::nullopt;
    return text;
  }

  std::string full_name(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
  }
  void refuse_this(std::string_view fault) {
    if (!fault_) fault_ = fault_at(Errc::usage, path_, fault);
  }

  const json& object_;
  std::string path_;
  Fault& fault_;
};

void read_name(Fields& fields, IssuerProfile& profile) {
  auto text = fields.text("name", kMaxIssuerProfileBytes);
  if (!text) return fields.refuse("name", "is missing; give the issuer a name");
  auto name = parse_name("issuer name", *text);
  if (!name) return fields.refuse("name", "is refused: " + name.error().message, name.error().code);
  profile.name = std::move(*name);
}

// https, a host with an optional port, no user part (it would hide the real host), nothing invisible.
bool is_console_address(std::string_view address) {
  constexpr std::string_view kScheme = "https://";
  if (!address.starts_with(kScheme) || !std::all_of(address.begin(), address.end(), is_visible_ascii)) return false;
  address.remove_prefix(kScheme.size());
  auto authority = address.substr(0, address.find_first_of("/?#"));
  return !authority.empty() && is_alphanumeric(authority.front()) &&
         std::all_of(authority.begin(), authority.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == ':'; });
}

void read_console(Fields& fields, IssuerProfile& profile) {
  profile.console = fields.text("console", kMaxConsoleBytes);
  if (profile.console && !is_console_address(*profile.console)) {
    fields.refuse("console", "must be a web address that begins with https:// and a host name");
  }
}

std::optional<Duration> read_duration(Fields& fields, std::string_view key, std::string_view text) {
  auto duration = parse_duration(text);
  if (!duration) {
    fields.refuse(key, "is refused: " + duration.error().message, duration.error().code);
    return std::nullopt;
  }
  if (duration->amount == 0) {
    fields.refuse(key, "is zero; write how long a key may live");
    return std::nullopt;
  }
  return *duration;
}

void read_periods(Fields& fields, IssuerProfile& profile) {
  if (auto text = fields.text("longest_life", kMaxNameBytes)) {
    profile.longest_life = read_duration(fields, "longest_life", *text);
  }
  auto texts = fields.texts("periods", kMaxPeriods, kMaxNameBytes);
  for (std::size_t i = 0; fields.ok() && i < texts.size(); ++i) {
    auto key = Fields::item_name("periods", i);
    auto period = read_duration(fields, key, texts[i]);
    if (!period) return;
    if (profile.longest_life && to_milliseconds(*period) > to_milliseconds(*profile.longest_life)) {
      fields.refuse(key, "is longer than longest_life; correct one of them");
    }
    profile.periods.push_back(*period);
  }
  if (has_repeats(profile.periods)) fields.refuse("periods", "names a period twice; keep one");
}

void read_scopes(Fields& fields, IssuerProfile& profile) {
  auto scopes = fields.object("scopes", {"closed", "empty_allowed", "words"});
  auto words = ScopeSet::make(scopes.texts("words", kMaxScopes, kMaxScopeBytes));
  if (!words) return scopes.refuse("words", "is refused: " + words.error().message, words.error().code);
  profile.scopes = std::move(*words);
  profile.scopes_closed = scopes.flag("closed", false);
  profile.empty_scopes_allowed = scopes.flag("empty_allowed", true);
  if (profile.scopes_closed && profile.scopes.empty() && !profile.empty_scopes_allowed) {
    scopes.refuse("closed", "is true, but there are no words and the empty set is not allowed: no key could be added");
  }
}

void read_mint_requires(Fields& fields, IssuerProfile& profile) {
  auto words = fields.texts("mint_requires", kMintFactors.size(), kMaxNameBytes);
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto known = std::find_if(kMintFactors.begin(), kMintFactors.end(),
                              [&](const auto& factor) { return factor.first == words[i]; });
    if (known == kMintFactors.end()) {
      return fields.refuse(Fields::item_name("mint_requires", i), "must be \"2fa\" or \"sso\"");
    }
    profile.mint_requires.push_back(known->second);
  }
  if (has_repeats(profile.mint_requires)) fields.refuse("mint_requires", "names a factor twice; keep one");
}

bool is_character_set(std::string_view characters) {
  return std::all_of(characters.begin(), characters.end(), is_visible_ascii) && !has_repeats(characters);
}

void read_token(Fields& fields, IssuerProfile& profile) {
  auto token = fields.object("token", {"prefix", "characters", "min_length", "max_length"});
  TokenPattern pattern{token.text("prefix", kMaxPrefixBytes), token.text("characters", kMaxTokenCharacters),
                       token.number("min_length", kMaxTokenBytes), token.number("max_length", kMaxTokenBytes)};
  if (pattern.prefix && !std::all_of(pattern.prefix->begin(), pattern.prefix->end(), is_visible_ascii)) {
    token.refuse("prefix", "must be visible ASCII without spaces");
  }
  if (pattern.characters && !is_character_set(*pattern.characters)) {
    token.refuse("characters", "must name every allowed character once, in visible ASCII without spaces");
  }
  if (pattern.min_length && pattern.max_length && *pattern.min_length > *pattern.max_length) {
    token.refuse("min_length", "is more than max_length; correct one of them");
  }
  if (pattern.prefix && pattern.max_length && pattern.prefix->size() >= *pattern.max_length) {
    token.refuse("prefix", "leaves no room below max_length; correct one of them");
  }
  profile.token = std::move(pattern);
}

// A host name in lower case: parts of letters, digits and inner hyphens, between dots.
bool is_host_name(std::string_view host) {
  while (true) {
    auto dot = host.find('.');
    auto part = host.substr(0, dot);
    if (part.empty() || part.size() > 63 || part.starts_with('-') || part.ends_with('-')) return false;
    if (!std::all_of(part.begin(), part.end(), is_host_character)) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

void read_hosts(Fields& fields, IssuerProfile& profile) {
  profile.hosts = fields.texts("hosts", kMaxHosts, kMaxHostBytes);
  for (std::size_t i = 0; i < profile.hosts.size(); ++i) {
    if (!is_host_name(profile.hosts[i])) {
      return fields.refuse(Fields::item_name("hosts", i), "must be a host name in lower case, as in api.example.com");
    }
  }
  if (has_repeats(profile.hosts)) fields.refuse("hosts", "names a host twice; keep one");
}

// "Header:" or "Header: Scheme", so that no line break or second header can ride along.
bool is_presentation(std::string_view text) {
  auto colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  auto header = text.substr(0, colon);
  auto scheme = text.substr(colon + 1);
  if (!std::all_of(header.begin(), header.end(), is_header_character)) return false;
  if (scheme.empty()) return true;
  return scheme.size() > 1 && scheme.front() == ' ' && std::all_of(scheme.begin() + 1, scheme.end(), is_visible_ascii);
}

void read_presentation(Fields& fields, IssuerProfile& profile) {
  profile.presentation = fields.text("presentation", kMaxPresentationBytes);
  if (profile.presentation && !is_presentation(*profile.presentation)) {
    fields.refuse("presentation", "must be a header and an optional scheme, as in \"Authorization: Bearer\"");
  }
}

json token_json(const TokenPattern& token) {
  json object = json::object();
  if (token.prefix) object["prefix"] = *token.prefix;
  if (token.characters) object["characters"] = *token.characters;
  if (token.min_length) object["min_length"] = *token.min_length;
  if (token.max_length) object["max_length"] = *token.max_length;
  return object;
}

json periods_json(const std::vector<Duration>& periods) {
  json list = json::array();
  for (Duration period : periods) list.push_back(to_string(period));
  return list;
}

json mint_requires_json(const std::vector<MintFactor>& factors) {
  json list = json::array();
  for (MintFactor factor : factors) list.push_back(std::string(name(factor)));
  return list;
}

}  // namespace

std::string_view name(IssuerProfile::MintFactor factor) noexcept {
  return kMintFactors[static_cast<std::size_t>(factor)].first;
}

std::span<const BuiltinIssuer> builtin_issuers() { return kBuiltins; }

Result<IssuerProfile> parse_issuer_profile(std::string_view text) {
  auto document = parse_json(text);
  if (!document) return document.error();
  Fields::Fault fault;
  Fields fields(*document, {},
                {"name", "console", "periods", "longest_life", "active_key_limit", "scopes", "mint_requires", "token",
                 "hosts", "presentation"},
                fault);
  IssuerProfile profile;
  read_name(fields, profile);
  read_console(fields, profile);
  read_periods(fields, profile);
  if (auto limit = fields.number("active_key_limit", kMaxActiveKeys)) {
    profile.active_key_limit = static_cast<std::uint32_t>(*limit);
  }
  read_scopes(fields, profile);
  read_mint_requires(fields, profile);
  read_token(fields, profile);
  read_hosts(fields, profile);
  read_presentation(fields, profile);
  if (fault) return *fault;
  return profile;
}

std::string to_json(const IssuerProfile& profile) {
  json object = {{"name", profile.name},
                 {"periods", periods_json(profile.periods)},
                 {"scopes", json{{"words", profile.scopes.items()},
                                 {"closed", profile.scopes_closed},
                                 {"empty_allowed", profile.empty_scopes_allowed}}},
                 {"mint_requires", mint_requires_json(profile.mint_requires)},
                 {"hosts", profile.hosts}};
  if (profile.console) object["console"] = *profile.console;
  if (profile.longest_life) object["longest_life"] = to_string(*profile.longest_life);
  if (profile.active_key_limit) object["active_key_limit"] = *profile.active_key_limit;
  if (profile.token != TokenPattern{}) object["token"] = token_json(profile.token);
  if (profile.presentation) object["presentation"] = *profile.presentation;
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace vault

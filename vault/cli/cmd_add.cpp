#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "vault/base/limits.hpp"
#include "vault/cli/add_lines.hpp"
#include "vault/cli/commands.hpp"
#include "vault/cli/terminal.hpp"
#include "vault/cli/unlock.hpp"
#include "vault/model/issuer.hpp"
#include "vault/model/text.hpp"
#include "vault/model/time_text.hpp"

namespace vault::cli {
namespace {

constexpr std::string_view kToken = "token";

Error add_error(const Label& label, const Error& error) {
  return {error.code, fmt::format("add {}: {}", label.text(), error.message)};
}

// What the issuer's console asks of whoever makes a key there; empty where nothing is known.
std::string mint_requirement(const std::string& issuer) {
  for (const BuiltinIssuer& builtin : builtin_issuers()) {
    if (builtin.name != issuer) continue;
    auto profile = parse_issuer_profile(builtin.json);
    if (!profile || profile->mint_requires.empty()) return "";
    std::string factors;
    for (IssuerProfile::MintFactor factor : profile->mint_requires) {
      factors += factors.empty() ? "" : " or ";
      factors += factor == IssuerProfile::MintFactor::sso ? "SSO" : "2FA";
    }
    return fmt::format("{} lets its primary user make keys only with {}; --minted-with records which", issuer, factors);
  }
  return "";
}

class Add final : public Verb {
 public:
  void add_to(CLI::App& app) override {
    Options(app, "The secret")
        .texts("--field", fields_, "NAME", "Name of the secret field (token); again for one more that is asked for")
        .texts("--secret", secrets_, "NAME=N", "One more secret field, read from descriptor N")
        .texts("--plain", plain_, "NAME=VALUE", "A field that is not secret")
        .number("--fd", fd_, "N", "Read the secret from this descriptor instead of stdin")
        .flag("--exact", exact_, "Keep a newline at the end of the secret")
        .flag("--allow-empty", allow_empty_, "Take an empty secret")
        .flag("--json-lines", json_lines_,
              "Many entries, one JSON object a line, from stdin, or from a FILE given in place of LABEL");
    Options(app, "What is known about it")
        .text("--issuer", issuer_, "NAME", "The provider: 101domain, generic (generic)")
        .text("--account", account_, "NAME", "The account there (default)")
        .text("--team", team_, "NAME", "The team that owns it (default)")
        .texts("--scope", scopes_, "SCOPE", "A permission it has; once for each")
        .text("--expires", expires_, "WHEN", "90d, 1y, 2027-01-31, an RFC 3339 time or never (never)")
        .text("--issued", issued_, "DATE", "When it was issued (now); durations count from here")
        .text("--key-name", key_name_, "NAME", "The key's name at the provider")
        .text("--minted-by", minted_by_, "WHO", "Who made it there")
        .text("--minted-with", minted_with_, "2fa|sso", "How they proved who they are")
        .texts("--attr", attributes_, "KEY=VALUE", "An attribute, by which it can be found")
        .text("--note", note_, "TEXT", "A note")
        .flag("--no-fingerprint", no_fingerprint_, "Do not keep the fingerprint that answers \"whose token is this?\"")
        .flag("--replace-tombstone", replace_tombstone_, "Use the label of a destroyed entry again")
        .flag("--hint", hint_, "Keep the first and last characters readable, where there are 24 or more");
  }

  Status run(Context& context) override {
    if (json_lines_) {
      if (describes_one())
        return Error{Errc::usage, "add: with --json-lines, each line says what is known about its entry"};
      return add_json_lines(context);
    }
    if (context.arguments.empty())
      return Error{Errc::usage,
                   "add: LABEL is missing; 'vault add LABEL' stores one entry, 'vault help add' says more"};
    auto label = Label::parse(context.arguments.front());
    if (!label) return label.error();
    NewEntry entry{.label = *label};
    if (auto told = describe(entry, context.platform.clock.now()); !told) return add_error(*label, told.error());
    if (auto named = name_fields(); !named) return add_error(*label, named.error());
    if (auto read = read_descriptors(entry, context.input); !read) return add_error(*label, read.error());
    auto opened = open_vault(context);
    if (!opened) return opened.error();
    if (auto asked = ask(entry, context, opened->vault); !asked) return add_error(*label, asked.error());
    for (NewField& field : plain_fields_) entry.fields.push_back(std::move(field));
    auto receipt = opened->vault.add(std::move(entry));
    if (!receipt) return receipt.error();
    return say(context, *receipt);
  }

 private:
  bool describes_one() const {
    return !fields_.empty() || !secrets_.empty() || !plain_.empty() || !scopes_.empty() || !attributes_.empty() ||
           fd_ || issuer_ || account_ || team_ || expires_ || issued_ || key_name_ || minted_by_ || minted_with_ ||
           note_ || exact_ || allow_empty_ || no_fingerprint_ || hint_ || replace_tombstone_;
  }

  // From the options to the entry, all but its secrets.
  Status describe(NewEntry& entry, Time now) const {
    entry.issuer = issuer_.value_or(entry.issuer);
    entry.account = account_.value_or(entry.account);
    entry.team = team_.value_or(entry.team);
    entry.key_name = key_name_.value_or("");
    entry.minted_by = minted_by_.value_or("");
    entry.minted_with = minted_with_.value_or("");
    entry.note = note_.value_or("");
    entry.fingerprint = !no_fingerprint_;
    entry.hint = hint_;
    entry.replace_tombstone = replace_tombstone_;
    entry.allow_empty = allow_empty_;
    if (minted_with_ && *minted_with_ != "2fa" && *minted_with_ != "sso")
      return Error{Errc::usage, "--minted-with is 2fa or sso"};
    auto scopes = ScopeSet::make(scopes_);
    if (!scopes) return scopes.error();
    entry.scopes = std::move(*scopes);
    for (const std::string& attribute : attributes_) {
      auto pair = split_pair(attribute);
      if (!pair) return Error{Errc::usage, "--attr takes KEY=VALUE"};
      if (!entry.attributes.insert({pair->key, pair->value}).second) {
        return Error{Errc::usage, fmt::format("--attr: {} is given twice", in_quotes(pair->key))};
      }
    }
    return describe_times(entry, now);
  }

  Status describe_times(NewEntry& entry, Time now) const {
    if (issued_) {
      auto issued = parse_issued(*issued_);
      if (!issued) return Error{issued.error().code, fmt::format("--issued: {}", issued.error().message)};
      entry.issued_at = *issued;
    }
    if (!expires_) return {};
    if (!entry.issued_at) entry.issued_at = now;  // one moment for both, however long unlocking takes
    auto expires = parse_expires(*expires_, *entry.issued_at);
    if (!expires) return Error{expires.error().code, fmt::format("--expires: {}", expires.error().message)};
    entry.expires_at = *expires;
    if (auto period = parse_duration(*expires_)) entry.period = to_string(*period);
    return {};
  }

  // A secret field and where it comes from: a descriptor, or nothing yet for the standard input or a prompt.
  struct Source {
    std::string name;
    std::optional<int> fd;
  };

  Status name_fields() {
    for (const std::string& name : fields_) {
      if (name.find('=') != std::string::npos) {
        return Error{Errc::usage,
                     "--field takes a name alone; its value comes from stdin or a prompt, or with --secret NAME=N from "
                     "descriptor N: a secret is never written on the command line"};
      }
      sources_.push_back({name, {}});
    }
    if (sources_.empty()) sources_.push_back({std::string(kToken), {}});
    if (sources_.size() > 1 && (fd_ || !is_terminal(STDIN_FILENO))) {
      return Error{Errc::usage, fmt::format("{} gives one secret; name the others' descriptors: --secret NAME=N",
                                            fd_ ? "--fd" : "the standard input")};
    }
    if (fd_) sources_.front().fd = static_cast<int>(*fd_);
    for (const std::string& given : secrets_) {
      auto pair = split_pair(given);
      auto fd = pair ? descriptor_number(pair->value) : std::nullopt;
      if (!fd)
        return Error{Errc::usage,
                     "--secret takes NAME=N, where N is a descriptor; a secret is never written on the command line"};
      sources_.push_back({pair->key, fd});
    }
    return name_plain_fields();
  }

  Status name_plain_fields() {
    for (const std::string& given : plain_) {
      auto pair = split_pair(given);
      if (!pair) return Error{Errc::usage, "--plain takes NAME=VALUE"};
      plain_fields_.push_back({pair->key, false, SecretBuffer::copy(as_bytes(pair->value))});
    }
    return {};
  }

  static std::optional<int> descriptor_number(std::string_view text) {
    int number = -1;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
    return number;
  }

  // Before any file is opened: a descriptor that the caller forgot to open must not turn out to be one of ours.
  Status read_descriptors(NewEntry& entry, SecretInput& input) {
    for (const Source& source : sources_) {
      NewField field{source.name, true, {}};
      if (source.fd || !is_terminal(STDIN_FILENO)) {
        auto value = input.descriptor(source.fd.value_or(STDIN_FILENO),
                                      fmt::format("the field {}", in_quotes(source.name)), limits::field_bytes);
        if (!value) return value.error();
        if (!exact_) strip_newline(*value);
        if (value->empty() && !allow_empty_) return nothing_came(source);
        field.value = std::move(*value);
      } else {
        asks_ = true;
      }
      entry.fields.push_back(std::move(field));
    }
    return {};
  }

  static Error nothing_came(const Source& source) {
    return {Errc::usage,
            fmt::format("the field {} is empty; --allow-empty stores it all the same", in_quotes(source.name))};
  }

  // Before anybody types a secret for nothing.
  static Status check_label(const NewEntry& entry, const Vault& vault) {
    auto there = vault.show(entry.label);
    if (!there) return {};
    if (there->state != State::destroyed)
      return Error{Errc::conflict, "there is an entry of this label; 'vault show' shows it"};
    if (entry.replace_tombstone) return {};
    return Error{Errc::conflict, "the label is that of a destroyed entry; --replace-tombstone uses it again"};
  }

  // At the terminal, for the secrets that nothing else gave.
  Status ask(NewEntry& entry, const Context& context, const Vault& vault) const {
    if (!asks_) return {};
    if (auto free = check_label(entry, vault); !free) return free;
    auto terminal = context.global.no_prompt ? std::nullopt : Terminal::open();
    if (!terminal)
      return Error{Errc::locked, "nobody can be asked for the secret; write it to the standard input, or use --fd N"};
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      if (sources_[i].fd) continue;
      auto typed = terminal->read_secret(
          fmt::format("{} of {}: ", printable(sources_[i].name), printable(entry.label.text())), limits::field_bytes);
      if (!typed) return typed.error();
      if (typed->empty() && !allow_empty_) return nothing_came(sources_[i]);
      terminal->say(fmt::format("{} bytes\n", typed->size()));
      entry.fields[i].value = std::move(*typed);
    }
    return {};
  }

  static Status say(const Context& context, const AddReceipt& receipt) {
    if (context.output.json) return context.output.data(json::added(receipt));
    const EntryView& entry = receipt.entry;
    const VersionView* version = entry.current_version();
    const Time now = context.platform.clock.now();
    context.output.note(fmt::format("Added {} for team {}{}, account {}{} at {}", printable(entry.label.text()),
                                    printable(entry.team), receipt.team_created ? " (new)" : "",
                                    printable(entry.account), receipt.account_created ? " (new)" : "",
                                    printable(entry.issuer)));
    if (version == nullptr) return {};
    if (version->expires_at <= now) {
      context.output.note(expiry_warning(
          fmt::format("It has expired already: {}", text::expiry(version->expires_at, now)), version->expires_at, now));
    } else if (version->expires_at != kNever) {
      context.output.note(expiry_warning(fmt::format("It expires {}", text::expiry(version->expires_at, now)),
                                         version->expires_at, now));
    }
    if (std::string rule = mint_requirement(entry.issuer); !rule.empty() && version->minted_with.empty())
      context.output.note(rule);
    return {};
  }

  std::vector<std::string> fields_, secrets_, plain_, scopes_, attributes_;
  std::optional<std::uint32_t> fd_;
  std::optional<std::string> issuer_, account_, team_, expires_, issued_, key_name_, minted_by_, minted_with_, note_;
  bool exact_ = false, allow_empty_ = false, no_fingerprint_ = false, hint_ = false, replace_tombstone_ = false;
  bool json_lines_ = false, asks_ = false;
  std::vector<Source> sources_;
  std::vector<NewField> plain_fields_;
};

}  // namespace

std::unique_ptr<Verb> make_add() { return std::make_unique<Add>(); }

}  // namespace vault::cli

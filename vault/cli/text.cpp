#include "vault/model/text.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "vault/cli/output.hpp"
#include "vault/cli/table.hpp"
#include "vault/cli/terminal.hpp"
#include "vault/model/time_text.hpp"

// Answers for people.
namespace vault::cli {
namespace {

constexpr std::chrono::days kSoon{14};
constexpr std::size_t kShortId = 8;
constexpr std::size_t kMostTouched = 8;  // names on one line

template <class IdType>
std::string short_id(const IdType& id) {
  return to_hex(id.bytes).substr(0, kShortId);
}

Colour colour_of(State state, Time expires_at, Time now) {
  if (state == State::expired || state == State::retired || state == State::revoked || state == State::destroyed)
    return Colour::red;
  if (state == State::retiring || state == State::hidden) return Colour::yellow;
  if (expires_at != kNever && expires_at - now < kSoon) return Colour::yellow;
  return Colour::none;
}

std::string painted(const std::string& text, Colour colour, const Style& style) {
  return style.colour ? coloured(text, colour) : text;
}

std::string joined(const std::vector<std::string>& items, std::string_view separator) {
  std::string out;
  for (const std::string& item : items) {
    if (!out.empty()) out += separator;
    out += printable(item);
  }
  return out;
}

std::string scopes(const ScopeSet& set) { return set.empty() ? "none" : joined(set.items(), " "); }

std::string when(Time time, Time now) { return fmt::format("{} ({})", to_rfc3339(time), to_relative(time, now)); }

std::string plural(std::uint64_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

std::string minted(const VersionView& version) {
  if (version.minted_with.empty()) return printable(version.minted_by);
  return fmt::format("{} (with {})", version.minted_by.empty() ? "unknown" : printable(version.minted_by),
                     printable(version.minted_with));
}

std::string fields(const VersionView& version) {
  std::string out;
  for (const FieldView& field : version.fields) {
    if (!out.empty()) out += ", ";
    out += fmt::format("{} ({}, {})", printable(field.name), field.secret ? "secret" : "plain",
                       plural(field.size, "byte", "bytes"));
  }
  return out;
}

std::string version_text(const VersionView& version, bool current, const Style& style) {
  std::string title = fmt::format("version {}: {}{}", version.number, name(version.state), current ? ", current" : "");
  Colour colour = colour_of(version.state, version.expires_at, style.now);
  Facts facts(2);
  facts.add("fields", fields(version))
      .add("scopes", scopes(version.scopes))
      .add("issued", when(version.issued_at, style.now))
      .add("expires", painted(text::expiry(version.expires_at, style.now), colour, style))
      .add_unless_empty("period", printable(version.period))
      .add_unless_empty("key name", printable(version.key_name))
      .add_unless_empty("minted by", minted(version))
      .add_unless_empty("hint", printable(version.hint))
      .add_unless_empty("fingerprint", version.fingerprint)
      .add("stored", when(version.stored_at, style.now));
  return painted(title, colour, style) + "\n" + facts.render();
}

// "prod-dns, new team web": what a commit touched, on one line.
std::string touched(const CommitView& commit) {
  using What = CommitView::Touched::What;
  std::string out;
  std::size_t named = 0;
  if (commit.gave_up) out = fmt::format("gave up another history, up to commit {}", *commit.gave_up);
  for (const CommitView::Touched& touch : commit.touched) {
    if (named++ == kMostTouched) return out + fmt::format(" and {} more", commit.touched.size() - kMostTouched);
    if (!out.empty()) out += ", ";
    if (touch.what == What::added) out += "new ";
    if (touch.kind != RecordKind::entry) out += fmt::format("{} ", name(touch.kind));
    out += touch.name.empty() ? "?" : printable(touch.name);
  }
  return out;
}

std::string lines_of(std::string_view note) {
  std::string out;
  while (!note.empty()) {
    const std::size_t end = std::min(note.find('\n'), note.size());
    out += "  " + printable(note.substr(0, end)) + "\n";
    note.remove_prefix(std::min(end + 1, note.size()));
  }
  return out;
}

}  // namespace

Style style_of_stdout(Time now) {
  const bool terminal = is_terminal(STDOUT_FILENO);
  return {now, terminal ? terminal_width(STDOUT_FILENO) : 0, wants_colour(STDOUT_FILENO)};
}

std::string expiry_warning(const std::string& text, Time expires_at, Time now) {
  if (!wants_colour(STDERR_FILENO)) return text;
  return coloured(text, colour_of(expires_at <= now ? State::expired : State::active, expires_at, now));
}

namespace text {

std::string factors(std::span<const FactorType> factors) {
  std::string out;
  for (FactorType type : factors) {
    if (!out.empty()) out += " and ";
    out += name(type);
  }
  return out;
}

std::string kdf(const KdfParameters& p) {
  return fmt::format("{} MiB, {}, {}", p.memory_kib / 1024, plural(p.passes, "pass", "passes"),
                     plural(p.lanes, "lane", "lanes"));
}

std::string expiry(Time expires_at, Time now) { return expires_at == kNever ? "never" : when(expires_at, now); }

std::string entries(const std::vector<EntryView>& entries, const Style& style) {
  Table table({{"LABEL", 12, 2}, {"TEAM", 6, 4}, {"ISSUER", 6, 3}, {"STATE"}, {"EXPIRES"}, {"SCOPES", 6, 5}});
  for (const EntryView& entry : entries) {
    const VersionView* version = entry.current_version();
    const Time expires_at = version == nullptr ? kNever : version->expires_at;
    const Colour colour = colour_of(entry.state, expires_at, style.now);
    table.add({{printable(entry.label.text())},
               {printable(entry.team)},
               {printable(entry.issuer)},
               {std::string(name(entry.state)), colour},
               {version == nullptr ? "" : to_relative(expires_at, style.now), colour},
               {version == nullptr ? "" : joined(version->scopes.items(), " ")}});
  }
  return table.render(style.width, style.colour);
}

std::string entry(const EntryView& entry, const Style& style) {
  const VersionView* current = entry.current_version();
  const Colour colour = colour_of(entry.state, current == nullptr ? kNever : current->expires_at, style.now);
  Facts facts;
  facts.add("label", printable(entry.label.text()))
      .add("state", painted(std::string(name(entry.state)), colour, style))
      .add("team", printable(entry.team))
      .add("issuer", printable(entry.issuer))
      .add("account", printable(entry.account))
      .add("created", when(entry.created, style.now))
      .add("changed", when(entry.changed, style.now))
      .add("revision", entry.revision);
  for (const std::string& label : entry.former_labels) facts.add("formerly", printable(label));
  for (const auto& [key, value] : entry.attributes)
    facts.add("attribute", fmt::format("{}={}", printable(key), printable(value)));
  std::string out = facts.render();
  if (!entry.note.empty()) out += "note\n" + lines_of(entry.note);
  for (const VersionView& version : entry.versions) {
    out += "\n" + version_text(version, version.number == entry.current, style);
  }
  return out;
}

std::string commits(const std::vector<CommitView>& commits, const Style& style) {
  Table table({{"COMMIT"}, {"WHEN"}, {"WHO", 4, 2}, {"VERB", 4, 1}, {"TOUCHED", 4, 3}});
  for (const CommitView& commit : commits) {
    table.add({{std::to_string(commit.sequence)},
               {to_relative(commit.time, style.now)},
               {printable(commit.identity)},
               {printable(commit.operation)},
               {touched(commit)}});
  }
  return table.render(style.width, style.colour);
}

std::string slots(const std::vector<SlotView>& slots, const Style& style) {
  Table table(
      {{"ID"}, {"NAME", 8, 1}, {"IDENTITY", 8, 2}, {"ROLE"}, {"NEEDS", 10, 3}, {"KDF", 8, 5}, {"CREATED", 8, 4}, {""}});
  for (const SlotView& slot : slots) {
    table.add({{short_id(slot.id)},
               {printable(slot.name)},
               {printable(slot.identity_name)},
               {std::string(name(slot.role))},
               {factors(slot.factors)},
               {slot.kdf ? kdf(*slot.kdf) : "none needed"},
               {to_relative(slot.created, style.now)},
               {slot.opened ? "in use" : ""}});
  }
  return table.render(style.width, style.colour);
}

std::string calibration(std::chrono::milliseconds budget, const Calibration& chosen, const std::vector<SlotCost>& costs,
                        const Style& style) {
  std::string first = fmt::format("For {} ms this machine takes {}: {} ms\n", budget.count(), kdf(chosen.parameters),
                                  chosen.measured.count());
  if (costs.empty()) return first;
  Table table({{"SLOT", 8, 1}, {"KDF", 8, 2}, {"HERE"}, {""}});
  for (const SlotCost& cost : costs) {
    table.add({{printable(cost.slot.name)},
               {kdf(*cost.slot.kdf)},
               {cost.measured ? fmt::format("{} ms", cost.measured->count()) : "not tried"},
               {!cost.measured                       ? ""
                : cost.verdict == KdfVerdict::weaker ? "weaker than would be chosen"
                : cost.verdict == KdfVerdict::slower ? "slower than would be chosen"
                                                     : "as would be chosen"}});
  }
  return first + table.render(style.width, style.colour);
}

std::string teams(const std::vector<TeamView>& teams, const Style& style) {
  Table table({{"TEAM", 8, 1}, {"ENTRIES"}, {"MEMBERS", 8, 2}, {"CREATED"}});
  for (const TeamView& team : teams) {
    table.add({{printable(team.name)},
               {std::to_string(team.entries)},
               {joined(team.members, ", ")},
               {to_relative(team.created, style.now)}});
  }
  return table.render(style.width, style.colour);
}

std::string team(const TeamView& team, const Style& style) {
  return Facts()
      .add("team", printable(team.name))
      .add("id", to_hex(team.id.bytes))
      .add("entries", std::to_string(team.entries))
      .add("members", joined(team.members, ", "))
      .add("key", fmt::format("generation {}", team.generation))
      .add("created", when(team.created, style.now))
      .render();
}

namespace {

std::string rollback_guard(const VaultStatus& status) {
  const RollbackGuard& guard = status.rollback_guard;
  std::string text;
  switch (guard.kind) {
    case RollbackGuard::Kind::mark:
      text = "guarded: this machine remembers the newest state it saw, and refuses an older copy";
      break;
    case RollbackGuard::Kind::first_use:
      text =
          "guarded from now on: whether this is the newest state cannot be known, "
          "for this machine has not seen the vault before";
      break;
    case RollbackGuard::Kind::none:
      text = fmt::format("NO guard: an older copy would be taken for the vault, for nothing is remembered here: {}",
                         printable(guard.why));
      break;
  }
  if (status.rollbacks > 0) text += fmt::format("; older states accepted so far: {}", status.rollbacks);
  return text;
}

}  // namespace

std::string rekeyed(const RekeyReport& report) {
  return fmt::format("Made new keys (epoch {}; teams: {}; secrets wrapped anew: {})", report.epoch, report.teams,
                     report.fields);
}

std::string status(const VaultStatus& status, const Style& style) {
  return Facts()
      .add("vault", printable(status.dir.string()))
      .add("id", to_hex(status.id.bytes))
      .add("identity", fmt::format("{} ({})", printable(status.identity), name(status.role)))
      .add("slots", std::to_string(status.slots))
      .add("entries", std::to_string(status.entries))
      .add("teams", std::to_string(status.teams))
      .add("head", fmt::format("commit {}, {}, {}", status.head_sequence, to_hex(status.head_hash).substr(0, 16),
                               when(status.head_time, style.now)))
      .add("header",
           fmt::format("sequence {}, epoch {}, suite {}{}", status.header_sequence, status.epoch, status.suite,
                       status.header_from_copy ? "; read from header.2: header is missing or damaged" : ""))
      .add("sqlcipher", printable(status.sqlcipher_version))
      .add("memory", status.memory_locked ? "locked: secrets are not swapped out"
                                          : "NOT locked: secrets may reach swap; raise 'ulimit -l'")
      .add_unless_empty("network", status.network_file_system.empty()
                                       ? ""
                                       : fmt::format("it lies on a network file system ({}), which can damage it",
                                                     status.network_file_system))
      .add("audit", status.audit_policy == "off" ? "off: reads are not logged yet by this version"
                                                 : printable(status.audit_policy))
      .add("rollback", rollback_guard(status))
      .render();
}

std::string verified(const VerifyReport& report, const VaultStatus& status) {
  std::string out = "The vault is sound.\n";
  Facts facts(2);
  facts.add("commits", fmt::format("{}, each signed and following from the one before", report.commits))
      .add("records", fmt::format("{}, all in the signed tree", report.records))
      .add("versions", fmt::format("{}, each as its entry says", report.versions))
      .add("fields", fmt::format("{} secret, each opened", report.fields));
  if (report.fields_not_ours > 0) {
    facts.add("", fmt::format("{} of other teams, their bytes checked but not opened", report.fields_not_ours));
  }
  facts.add("head", fmt::format("commit {}, {}", status.head_sequence, to_hex(status.head_hash).substr(0, 16)));
  return out + facts.render();
}

}  // namespace text
}  // namespace vault::cli

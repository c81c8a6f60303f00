#include "vault/cli/doctor.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

#include "vault/base/arena.hpp"
#include "vault/base/file_system.hpp"
#include "vault/base/limits.hpp"
#include "vault/keyslot/header.hpp"
#include "vault/keyslot/passphrase.hpp"
#include "vault/model/text.hpp"
#include "vault/model/time_text.hpp"

namespace vault::cli {
namespace {

using State = Finding::State;

constexpr std::size_t kLargestSystemFile = 64 * 1024;
constexpr std::uint64_t kEnoughLockedMemory = 1024 * 1024;
constexpr std::chrono::minutes kClockSlack{1};

// A file of proc or sys; nothing where it cannot be read.
std::optional<std::string> system_file(const Surroundings& around, const fs::path& path) {
  auto bytes = read_file(around.files, around.root / path, kLargestSystemFile);
  if (!bytes) return std::nullopt;
  std::string text(as_text(*bytes));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string mebibytes(std::uint64_t bytes) {
  if (bytes == RLIM_INFINITY) return "no limit";
  return bytes < kEnoughLockedMemory ? fmt::format("{} KiB", bytes / 1024) : fmt::format("{} MiB", bytes >> 20);
}

Finding memory(const Surroundings& around) {
  const std::string limit = mebibytes(around.memory_limit);
  const std::string mend =
      "raise the limit: 'ulimit -l', memlock in /etc/security/limits.conf, or LimitMEMLOCK= of a service";
  if (!around.memory_locked) {
    return {"memory", State::bad, fmt::format("secrets could not be locked in memory ({}): they may reach swap", limit),
            mend};
  }
  if (around.memory_limit < kEnoughLockedMemory) {
    return {"memory", State::weak,
            fmt::format("secrets are locked in memory, but only {} can be: many at once do not fit", limit), mend};
  }
  return {"memory", State::ok, fmt::format("secrets are locked in memory ({})", limit), ""};
}

// dm-crypt's devices name themselves so; zram is memory.
bool swap_is_safe(const Surroundings& around, const std::string& device) {
  const std::string name = fs::path(device).filename().string();
  if (name.starts_with("zram")) return true;
  auto mapped = system_file(around, fs::path("sys/block") / name / "dm/uuid");
  return mapped && mapped->starts_with("CRYPT-");
}

Finding swap(const Surroundings& around) {
  auto table = system_file(around, "proc/swaps");
  if (!table) return {"swap", State::unknown, "/proc/swaps cannot be read", ""};
  std::istringstream lines(*table);
  std::string line, device, plain;
  std::getline(lines, line);  // the titles
  int devices = 0;
  for (; std::getline(lines, line); ++devices) {
    std::istringstream(line) >> device;
    if (!swap_is_safe(around, device)) plain += (plain.empty() ? "" : ", ") + printable(device);
  }
  if (devices == 0) return {"swap", State::ok, "there is no swap", ""};
  if (plain.empty()) return {"swap", State::ok, "swap is encrypted, or in memory", ""};
  return {"swap", around.memory_locked ? State::weak : State::bad,
          fmt::format("swap is not known to be encrypted: {}; vault's own memory is {}, that of programs it hands a "
                      "secret to is not",
                      plain, around.memory_locked ? "locked" : "not locked either"),
          "encrypt swap with a random key in /etc/crypttab, or turn it off with 'swapoff -a'"};
}

Finding core_dumps(const Surroundings& around) {
  auto pattern = system_file(around, "proc/sys/kernel/core_pattern");
  if (!pattern) return {"core dumps", State::unknown, "/proc/sys/kernel/core_pattern cannot be read", ""};
  if (pattern->starts_with('|')) {
    return {"core dumps", State::weak,
            fmt::format("vault makes none, but those of programs it hands a secret to are kept by {}",
                        printable(fs::path(pattern->substr(1, pattern->find(' ') - 1)).filename().string())),
            "start such programs with 'ulimit -c 0', or set Storage=none in /etc/systemd/coredump.conf"};
  }
  return {"core dumps", State::ok, "vault makes none; those of other programs obey 'ulimit -c'", ""};
}

Finding debuggers(const Surroundings& around) {
  auto scope = system_file(around, "proc/sys/kernel/yama/ptrace_scope");
  if (scope && !scope->empty() && *scope != "0")
    return {"debuggers", State::ok, "no process may look into another one that it did not start", ""};
  return {"debuggers", State::weak,
          "any process of yours may look into programs that vault hands a secret to (vault itself refuses)",
          "set kernel.yama.ptrace_scope=1 in /etc/sysctl.d, where the kernel has Yama"};
}

Finding clock_after_build(const Surroundings& around) {
  if (around.now + kClockSlack >= around.built)
    return {"clock", State::ok, "the clock is past the program's own date", ""};
  return {"clock", State::bad,
          fmt::format("the clock says {}, before the program was made: keys look younger than they are",
                      to_rfc3339(around.now)),
          "set the clock, for example by 'timedatectl set-ntp true'"};
}

// ---- files ----

std::string fault_of(const Surroundings& around, const std::string& name, const FileInfo& info) {
  std::string fault;
  if (info.owner != around.user) fault = fmt::format("{} belongs to another user (uid {})", name, info.owner);
  if ((info.mode & 077) != 0)
    fault += fmt::format("{}{} is open to others (mode {:04o})", fault.empty() ? "" : ", ", name, info.mode);
  return fault;
}

Finding directory(const Surroundings& around, const fs::path& dir) {
  FileInfo info{};
  if (around.files.stat(dir, info) != 0)
    return {"directory", State::unknown, "the vault's directory cannot be looked at", ""};
  const std::string fault = fault_of(around, "the vault's directory", info);
  if (fault.empty()) return {"directory", State::ok, "the vault's directory is yours and closed to others", ""};
  return {"directory", State::bad, fault,
          fmt::format("chown it to yourself, and 'chmod 700 {}'", printable(dir.string()))};
}

struct Names {
  std::vector<std::string> all;
  bool readable = true;

  bool have(std::string_view name) const { return std::ranges::find(all, name) != all.end(); }
};

Names names_in(const fs::path& dir) {
  auto names = list_directory(dir);
  if (!names) return {{}, false};
  return {std::move(*names)};
}

Finding permissions(const Surroundings& around, const fs::path& dir, const Names& names) {
  std::string faults;
  for (const std::string& name : names.all) {
    FileInfo info{};
    if (around.files.stat(dir / name, info) != 0) continue;
    const std::string fault = fault_of(around, printable(name), info);
    if (!fault.empty()) faults += (faults.empty() ? "" : "; ") + fault;
  }
  if (!names.readable) return {"files", State::unknown, "the vault's directory cannot be read", ""};
  if (faults.empty()) return {"files", State::ok, "the vault's files are yours and closed to others", ""};
  return {"files", State::bad, faults,
          fmt::format("chown them to yourself, and 'chmod -R go-rwx {}'", printable(dir.string()))};
}

struct Headers {
  std::optional<Header> first, second;
  bool same = false;

  const std::optional<Header>& serving() const { return first ? first : second; }
};

Headers read_headers(const Surroundings& around, const fs::path& dir) {
  Headers headers;
  auto first = read_file(around.files, dir / "header", limits::header_bytes);
  auto second = read_file(around.files, dir / "header.2", limits::header_bytes);
  auto decoded = [](const Result<Bytes>& bytes) -> std::optional<Header> {
    if (!bytes) return std::nullopt;
    auto header = decode_header(*bytes);
    return header ? std::optional(std::move(*header)) : std::nullopt;
  };
  headers.first = decoded(first);
  headers.second = decoded(second);
  headers.same = first && second && *first == *second;
  return headers;
}

// The copy names a store that the header does not lead to, neither now nor in a later epoch: it may be the vault's only good one.
bool copy_is_better(const Headers& headers, const Names& names) {
  if (!headers.first || !headers.second || !names.have(headers.second->body.store_name)) return false;
  return !names.have(headers.first->body.store_name) || headers.second->body.epoch > headers.first->body.epoch;
}

bool store_is_missing(const Headers& headers, const Names& names) {
  return names.readable && !names.have(headers.serving()->body.store_name);
}

Finding better_copy(const Headers& headers, const Names& names) {
  const std::string& store = headers.first->body.store_name;
  const std::string& other = headers.second->body.store_name;
  if (store_is_missing(headers, names)) {
    return {
        "header", State::bad,
        fmt::format("header names {}, which is missing; header.2 names {}, which is there: keep both", store, other),
        fmt::format("bring {} back from a backup; without one, move header elsewhere: the vault then opens with "
                    "header.2, as it was in {}",
                    store, other)};
  }
  return {"header", State::bad,
          fmt::format("header names {}, and header.2 the later {}: an older header was put back, and a change would "
                      "remove {}",
                      store, other, other),
          "change nothing; move header elsewhere: the vault then opens with header.2"};
}

Finding header_copies(const Headers& headers, const Names& names) {
  if (!headers.first && !headers.second)
    return {"header", State::bad, "the header and its copy are missing or damaged: nothing opens this vault",
            "bring header or header.2 back from a backup"};
  if (copy_is_better(headers, names)) return better_copy(headers, names);
  if (store_is_missing(headers, names)) {
    const std::string& store = headers.serving()->body.store_name;
    return {"header", State::bad,
            fmt::format("{} names {}, which is missing: nothing opens this vault",
                        headers.first ? "header" : "header.2", store),
            fmt::format("bring {} back from a backup", store)};
  }
  if (headers.first && headers.same) return {"header", State::ok, "the header and its copy are intact", ""};
  if (headers.first && headers.second)
    return {"header", State::weak, "header.2 is not a copy of header: what it has may still open with an old secret",
            "make any change, such as 'vault slot passwd': it writes both anew"};
  return {"header", State::bad,
          fmt::format("{} is missing or damaged; the other one serves", headers.first ? "header.2" : "header"),
          "make any change, such as 'vault slot passwd': it writes both anew"};
}

// Everything a vault's directory may hold while nobody writes.
bool belongs(std::string_view name, std::string_view store) {
  constexpr std::array<std::string_view, 4> kNames{"header", "header.2", "lock", "audit"};
  if (std::ranges::find(kNames, name) != kNames.end()) return true;
  return name == store || name == fmt::format("{}-journal", store);
}

// A store as we name them, or its journal: of another epoch, as this one's belongs. `store-old.db` is none of ours.
bool is_left_over(std::string_view name) {
  return name == "header.new" || name == "header.2.new" || epoch_of_store(name).has_value();
}

void append(std::string& list, std::string_view name) { list += (list.empty() ? "" : ", ") + printable(name); }

std::string mend_strays(bool keep, bool has_foreign) {
  if (keep) return "remove nothing before the header is mended";
  if (has_foreign) return "move what you know elsewhere; remove the rest";
  return "run 'vault verify'; when the vault is sound, remove them, or leave the stores to an admin's next change";
}

Finding strays(const Headers& headers, const Names& names) {
  if (!names.readable) return {"strays", State::unknown, "the vault's directory cannot be read", ""};
  const bool better = copy_is_better(headers, names);
  const bool keep = better || store_is_missing(headers, names);
  std::string left, foreign;
  for (const std::string& name : names.all) {
    if (belongs(name, headers.serving()->body.store_name)) continue;
    if (better && belongs(name, headers.second->body.store_name)) continue;
    append(is_left_over(name) ? left : foreign, name);
  }
  if (left.empty() && foreign.empty())
    return {"strays", State::ok, "the vault's directory holds only what belongs there", ""};
  const std::string_view why = keep ? "not named by the header" : "left over from a change that was cut short";
  std::string sentence = left.empty() ? "" : fmt::format("{}: {}", why, left);
  if (!foreign.empty()) sentence += fmt::format("{}not the vault's: {}", left.empty() ? "" : "; ", foreign);
  return {"strays", State::weak, sentence, mend_strays(keep, !foreign.empty())};
}

std::optional<KdfParameters> kdf_of(const Slot& slot) {
  for (const SlotFactor& factor : slot.factors) {
    if (factor.type != FactorType::passphrase) continue;
    if (auto parameters = decode_passphrase_parameters(factor.parameters)) return parameters->kdf;
  }
  return std::nullopt;
}

Finding passphrases(const Surroundings& around, const Header& header) {
  std::string cheap;
  int slots = 0;
  for (const Slot& slot : header.slots) {
    auto kdf = kdf_of(slot);
    if (!kdf) continue;
    ++slots;
    if (kdf->memory_kib >= around.floor.memory_kib && kdf->passes >= around.floor.passes) continue;
    cheap += fmt::format("{}\"{}\" ({})", cheap.empty() ? "" : ", ", printable(slot.name), text::kdf(*kdf));
  }
  if (slots == 0) return {"passphrases", State::ok, "no slot has a passphrase that could be guessed", ""};
  if (cheap.empty()) return {"passphrases", State::ok, "guessing a passphrase costs what a new one would", ""};
  return {"passphrases", State::weak, fmt::format("guessing is cheaper than it would be today: {}", cheap),
          "'vault slot passwd SLOT' sets it anew at today's costs"};
}

bool has(const Slot& slot, FactorType type) {
  return std::ranges::any_of(slot.factors, [&](const SlotFactor& factor) { return factor.type == type; });
}

// Slots of other identities do not bring an admin back in.
std::vector<const Slot*> slots_of_admins(const Header& header) {
  std::vector<const Slot*> slots;
  for (const Slot& slot : header.slots) {
    const bool admin = std::ranges::any_of(header.body.roster.rows, [&](const RosterRow& row) {
      return row.id == slot.identity && row.role == Role::admin && !row.closed;
    });
    if (admin) slots.push_back(&slot);
  }
  return slots;
}

Finding ways_in(const Header& header) {
  const auto slots = slots_of_admins(header);
  const auto portable =
      std::ranges::count_if(slots, [](const Slot* slot) { return !has(*slot, FactorType::systemd_credential); });
  const bool recovery =
      std::ranges::any_of(slots, [](const Slot* slot) { return has(*slot, FactorType::recovery_code); });
  if (portable == 0)
    return {"ways in", State::bad, "every slot of an admin needs this machine: with it, the vault would be lost",
            "'vault slot add' makes one with a passphrase"};
  if (recovery) return {"ways in", State::ok, "there is a recovery code, and a slot that needs no hardware", ""};
  if (slots.size() == 1)
    return {"ways in", State::weak, "an admin has one way in and no recovery code: who loses it loses the vault",
            "'vault slot add' makes a second one; 'vault help slot add' lists the kinds"};
  return {"ways in", State::ok,
          fmt::format("admins have {} slots, {} of them without hardware", slots.size(), portable), ""};
}

Finding file_system(const Surroundings& around, const fs::path& dir) {
  const std::string network = network_file_system(around.files, dir);
  if (network.empty()) return {"file system", State::ok, "the vault lies on a local file system", ""};
  return {"file system", State::weak,
          fmt::format("the vault lies on a network file system ({}): two writers or a lost connection can damage it",
                      network),
          "move the directory to a local disk, and name it in config.toml or VAULT_DIR"};
}

// ---- the open vault ----

Finding rollback(const VaultStatus& status) {
  const RollbackGuard& guard = status.rollback_guard;
  const std::string accepted =
      status.rollbacks == 0 ? "" : fmt::format("; an older state was accepted {} times", status.rollbacks);
  switch (guard.kind) {
    case RollbackGuard::Kind::mark:
      return {"rollback", status.rollbacks == 0 ? State::ok : State::weak,
              "this machine remembers the newest state it saw" + accepted, ""};
    case RollbackGuard::Kind::first_use:
      return {"rollback", State::ok, "this machine remembers from now on; what came before cannot be judged" + accepted,
              ""};
    case RollbackGuard::Kind::none: break;
  }
  return {"rollback", State::weak,
          fmt::format("an older copy of the vault would not be noticed here{}{}", guard.why.empty() ? "" : ": ",
                      printable(guard.why)) +
              accepted,
          "make $XDG_STATE_HOME/vault (~/.local/state/vault) writable for yourself"};
}

Finding clock_after_commit(const Surroundings& around, const VaultStatus& status) {
  if (around.now + kClockSlack >= status.head_time)
    return {"last change", State::ok, "the vault's last change lies in the past", ""};
  return {"last change", State::bad,
          fmt::format("the vault was last changed at {}, which is still to come: this clock or that one is wrong",
                      to_rfc3339(status.head_time)),
          "set the clock, for example by 'timedatectl set-ntp true'"};
}

Finding cipher_settings(const VaultStatus& status) {
  return {"settings", State::ok,
          fmt::format("SQLCipher {} took every setting, read back when the vault was opened",
                      printable(status.sqlcipher_version)),
          ""};
}

}  // namespace

std::string_view name(Finding::State state) noexcept {
  switch (state) {
    case State::ok: return "ok";
    case State::weak: return "weak";
    case State::bad: return "bad";
    case State::unknown: return "unknown";
  }
  return "";
}

Surroundings Surroundings::of(const Platform& platform) {
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  SecretBuffer touched(1);  // the arena's first mapping, so that it is known whether it can be locked
  Surroundings around{platform.files, "/", ::geteuid(), platform.clock.now()};
  if (auto built = parse_date(VAULT_BUILD_DATE)) around.built = *built;
  around.floor = platform.limits.create_floor;
  around.memory_locked = Arena::instance().locked();
  around.memory_limit = limit.rlim_max;
  return around;
}

std::vector<Finding> examine_machine(const Surroundings& around) {
  return {memory(around), swap(around), core_dumps(around), debuggers(around), clock_after_build(around)};
}

Finding examine_sqlcipher(const Result<SqlCipherBuild>& build) {
  if (!build) return {"sqlcipher", State::bad, build.error().message, "install SQLCipher"};
  if (!build->encrypts)
    return {"sqlcipher", State::bad, "the library found as libsqlcipher was built without encryption",
            "install SQLCipher itself"};
  if (build->temporary_files || !build->thread_safe)
    return {"sqlcipher", State::bad,
            build->temporary_files ? "SQLCipher was built to put temporary tables into files"
                                   : "SQLCipher was built without thread safety",
            "install the SQLCipher of your distribution"};
  return {"sqlcipher", State::ok, fmt::format("SQLCipher encrypts, with SQLite {}", build->sqlite_version), ""};
}

std::vector<Finding> examine_files(const Surroundings& around, const fs::path& dir) {
  const Names names = names_in(dir);
  const Headers headers = read_headers(around, dir);
  std::vector<Finding> findings{directory(around, dir), permissions(around, dir, names), header_copies(headers, names)};
  const auto& header = headers.serving();
  if (header) {
    findings.push_back(strays(headers, names));
    findings.push_back(passphrases(around, *header));
    findings.push_back(ways_in(*header));
  } else {
    for (const char* name : {"strays", "passphrases", "ways in"})
      findings.push_back({name, State::unknown, "not checked: there is no header to read", ""});
  }
  findings.push_back(file_system(around, dir));
  return findings;
}

Finding examine_key_file(const Surroundings& around, const Result<Config>& config, std::optional<bool> opens_alone) {
  if (!config) return {"key file", State::bad, config.error().message, "write it as vault(1) says"};
  if (!config->key_file) return {"key file", State::ok, "config.toml names no key file", ""};
  const std::string path = printable(config->key_file->string());
  FileInfo info{};
  if (around.files.stat(*config->key_file, info) != 0)
    return {"key file", State::weak, fmt::format("{} is not there: nothing unlocks without a prompt", path),
            "put it back, or take key_file out of config.toml"};
  const std::string fault = fault_of(around, path, info);
  if (fault.empty() && opens_alone == false)
    return {"key file", State::weak, fmt::format("{} does not open this vault alone: commands ask for more", path),
            "'vault slot add --new-key-file FILE --default' makes one that does, or take key_file out of config.toml"};
  if (fault.empty()) return {"key file", State::ok, fmt::format("{} is yours and closed to others", path), ""};
  return {
      "key file", State::bad, fault,
      fmt::format("'chmod 600 {}'; if others may have read it, make a new one with 'vault slot passwd --new-key-file'",
                  path)};
}

std::vector<Finding> examine_opened(const Surroundings& around, const Result<VaultStatus>& status) {
  if (status) return {cipher_settings(*status), rollback(*status), clock_after_commit(around, *status)};
  const bool closed = status.error().code == Errc::locked || status.error().code == Errc::wrong_key;
  const bool stale = status.error().code == Errc::stale;
  std::vector<Finding> findings;
  for (const char* name : {"settings", "rollback", "last change"}) {
    if (stale && name == std::string_view("rollback")) {
      findings.push_back({name, State::bad, status.error().message, ""});
    } else {
      const std::string why = stale ? "the vault was not opened" : status.error().message;
      findings.push_back({name, State::unknown, fmt::format("not checked: {}", why),
                          closed ? "name a key file with --key-file, or give --passphrase-fd N" : ""});
    }
  }
  return findings;
}

}  // namespace vault::cli

#include "vault/cli/commands.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "vault/cli/nearest.hpp"

namespace vault::cli {
namespace {

constexpr std::size_t kAny = 10'000;

constexpr std::array kCommands{
    Command{"init", "", 0, 0, "Make a vault", "vault init", make_init},
    Command{"add", "LABEL", 0, 1, "Store a new entry; the secret comes from stdin or a prompt",
            "vault add prod-dns --team web --scope dns:write --expires 90d", make_add},
    Command{"get", "LABEL...", 1, kAny, "Print a secret, exactly its bytes",
            "curl -H \"Authorization: Bearer $(vault get prod-dns)\" https://api.example.com", make_get},
    Command{"list", "[PREFIX]", 0, 1, "List entries, without values",
            "vault list --team web --expiring-within 14d --sort expires", make_list},
    Command{"show", "LABEL", 1, 1, "Show everything of an entry but its values", "vault show prod-dns", make_show},
    Command{"edit", "LABEL", 1, 1, "Change attributes, note or team of an entry",
            "vault edit prod-dns --attr env=prod --team platform", make_edit},
    Command{"mv", "LABEL NEW-LABEL", 2, 2, "Rename an entry; the old label still leads to it",
            "vault mv prod-dns dns/prod", make_mv},
    Command{"rm", "LABEL", 1, 1, "Remove an entry; undelete brings it back", "vault rm prod-dns", make_rm},
    Command{"undelete", "LABEL", 1, 1, "Bring a removed entry back", "vault undelete prod-dns", make_undelete},
    Command{"destroy", "LABEL", 1, 1, "Destroy an entry's secrets and keep its record", "vault destroy prod-dns --yes",
            make_destroy},
    Command{"log", "[LABEL]", 0, 1, "Show who changed what, and when", "vault log prod-dns --limit 10", make_log},
    Command{"slot list", "", 0, 0, "List the ways to unlock the vault", "vault slot list", make_slot_list},
    Command{"slot add", "", 0, 0, "Add a way to unlock, or somebody who reads",
            "vault slot add --name cron --new-key-file ~/.config/vault/key --default", make_slot_add},
    Command{"slot remove", "SLOT", 1, 1, "Remove a way to unlock", "vault slot remove cron", make_slot_remove},
    Command{"slot passwd", "[SLOT]", 0, 1, "Change the passphrase of a slot", "vault slot passwd", make_slot_passwd},
    Command{"slot calibrate", "", 0, 0, "Say what a passphrase costs here, and what it should",
            "vault slot calibrate --unlock-time 1s", make_slot_calibrate},
    Command{"rekey", "", 0, 0, "Make new keys for everything, and wrap it anew", "vault rekey", make_rekey},
    Command{"clone", "DIR", 1, 1, "Make another vault with the same entries and new keys",
            "vault clone /mnt/other/vault --new-key-file ~/other.key", make_clone},
    Command{"status", "", 0, 0, "Say what this vault is and how it is guarded", "vault status --json", make_status},
    Command{"verify", "", 0, 0, "Check every byte of the vault", "vault verify", make_verify},
    Command{"doctor", "", 0, 0, "Say what is weak here, and how to mend it", "vault doctor", make_doctor},
    Command{"team list", "", 0, 0, "List the teams that own entries", "vault team list", make_team_list},
    Command{"team show", "TEAM", 1, 1, "Show a team", "vault team show web", make_team_show},
};

std::string_view first_word(std::string_view name) { return name.substr(0, name.find(' ')); }

}  // namespace

std::span<const Command> commands() { return kCommands; }

const Command* find_command(std::string_view name) {
  auto found = std::ranges::find(kCommands, name, &Command::name);
  return found == kCommands.end() ? nullptr : &*found;
}

bool is_group(std::string_view word) {
  return std::ranges::any_of(kCommands, [&](const Command& c) { return first_word(c.name) == word && c.name != word; });
}

std::string nearest_command(std::string_view word) {
  std::vector<std::string_view> names{"help"};
  for (const Command& command : kCommands) {
    names.push_back(command.name);
    names.push_back(first_word(command.name));
  }
  return nearest(word, names);
}

}  // namespace vault::cli

#include <fmt/format.h>

#include "vault/cli/commands.hpp"
#include "vault/cli/new_factors.hpp"
#include "vault/cli/unlock.hpp"
#include "vault/config.hpp"
#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

class SlotAdd final : public Verb {
 public:
  void add_to(CLI::App& app) override {
    Options(app, "Options")
        .text("--name", name_, "NAME", "A name for the slot, for people: laptop, cron")
        .text("--role", role_, "ROLE", "A new identity: metadata (no values), or reader of teams")
        .texts("--team", teams_, "TEAM", "A team whose values the reader may open; again for more")
        .flag("--default", default_, "Write the new key file into config.toml, so that scripts need no option");
    new_.add_to(app);
  }

  Status run(Context& context) override {
    if (default_ && !new_.key_file) return Error{Errc::usage, "slot add: --default goes with --new-key-file FILE"};
    if (default_ && role_)
      return Error{Errc::usage,
                   "slot add: --default is for your own identity: commands of yours would become the new one's"};
    if (auto role = check_role(); !role) return role;
    if (default_ && (new_.passphrase() || new_.recovery)) {
      return Error{Errc::usage, "slot add: --default is for a slot that a key file opens alone"};
    }
    NewFactors factors(context, new_);
    if (auto read = factors.read(); !read) return read;
    auto opened = open_vault(context);
    if (!opened) return opened.error();
    auto slots = opened->vault.slots();
    if (!slots) return slots.error();
    if (auto fits = check_name(*slots); !fits) return fits;
    if (auto allowed = check_identity(opened->vault); !allowed) return allowed;
    if (auto asked = factors.ask(); !asked) return asked;
    auto made = factors.make();
    if (!made) return made.error();
    NewSlot wanted{name_.value_or(free_name(*slots)), std::move(*made)};
    auto slot = role_ ? opened->vault.add_identity({std::move(wanted), identity_role(), teams_})
                      : opened->vault.add_slot(wanted);
    if (!slot) return slot.error();
    if (auto shown = factors.show_recovery(opened->dir); !shown) return take_back(opened->vault, *slot, shown.error());
    return finish(context, *slot, factors);
  }

 private:
  Role identity_role() const { return *role_ == name(Role::reader) ? Role::reader : Role::metadata; }

  Status check_role() const {
    if (!role_ && teams_.empty()) return {};
    if (!role_) return Error{Errc::usage, "slot add: --team goes with --role reader"};
    if (*role_ != name(Role::metadata) && *role_ != name(Role::reader))
      return Error{Errc::usage, "slot add: --role takes metadata or reader"};
    if (identity_role() == Role::metadata && !teams_.empty())
      return Error{Errc::usage, "slot add: a metadata identity opens no team's values: --team goes with --role reader"};
    if (identity_role() == Role::reader && teams_.empty())
      return Error{Errc::usage, "slot add: a reader opens the values of teams: name them with --team"};
    if (!name_) return Error{Errc::usage, "slot add: --role makes a new identity: name it with --name NAME"};
    return {};
  }

  // Before a key file is made for nothing.
  Status check_identity(const Vault& vault) const {
    if (!role_) return {};
    auto status = vault.status();
    if (!status) return status.error();
    if (status->role != Role::admin)
      return Error{Errc::denied, fmt::format("slot add: only an admin may add an identity; this one's role is {}",
                                             name(status->role))};
    for (const std::string& team : teams_) {
      if (auto known = vault.team(team); !known)
        return Error{known.error().code, fmt::format("slot add: {}", known.error().message)};
    }
    return {};
  }

  // A slot that needs a code which nobody saw opens nothing.
  static Error take_back(Vault& vault, const SlotView& slot, const Error& why) {
    const bool removed = static_cast<bool>(vault.remove_slot(to_hex(slot.id.bytes)));
    return {why.code, fmt::format("slot add: the recovery code could not be handed out: {}; {}", why.message,
                                  removed ? "the slot was removed again"
                                          : fmt::format("remove the slot {}", in_quotes(slot.name)))};
  }

  // "key file", "key file 2", ...
  std::string free_name(const std::vector<SlotView>& slots) const {
    const std::string kind = new_.slot_name();
    for (std::size_t number = 1;; ++number) {
      std::string name = number == 1 ? kind : fmt::format("{} {}", kind, number);
      if (!is_used(name, slots)) return name;
    }
  }

  // Before a key file is made for nothing.
  Status check_name(const std::vector<SlotView>& slots) const {
    if (!name_) return {};
    auto name = parse_name("slot", *name_);
    if (!name) return Error{name.error().code, fmt::format("slot add: {}", name.error().message)};
    if (!is_used(*name, slots)) return {};
    return Error{Errc::conflict, fmt::format("slot add: there is a slot {} already", in_quotes(*name))};
  }

  static bool is_used(const std::string& name, const std::vector<SlotView>& slots) {
    return std::ranges::any_of(slots, [&](const SlotView& slot) { return slot.name == name; });
  }

  Status finish(const Context& context, const SlotView& slot, const NewFactors& factors) const {
    const Output& output = context.output;
    std::optional<fs::path> config, before;
    if (default_) {
      if (auto old = read_config(context.platform.files)) before = old->key_file;
      auto written = write_default_key_file(context.platform.files, *new_.key_file);
      if (!written) {
        return Error{written.error().code,
                     fmt::format("slot add: the slot is there, but not in config.toml: {}", written.error().message)};
      }
      config = *written;
    }
    if (output.json) return output.data(json::slot(slot, "added", factors.kdf()));
    output.note(fmt::format("Added slot \"{}\": it opens the vault with {}", printable(slot.name),
                            text::factors(slot.factors)));
    if (role_) output.note(identity_sentence(slot));
    if (new_.recovery) output.note(fmt::format("The recovery code is new: {}", factors.recovery_sentence()));
    if (factors.kdf()) output.note(factors.kdf_sentence());
    if (new_.key_file) {
      output.note(fmt::format("Key file: {}{}", printable(*new_.key_file),
                              factors.key_file_made() ? " (new)" : " (was there already)"));
    }
    if (config)
      output.note(fmt::format("{} names it: commands of this user now unlock with it", printable(config->string())));
    if (auto now = read_config(context.platform.files); config && before && now && now->key_file != before)
      output.note(fmt::format("Until now it named {}", printable(before->string())));
    return {};
  }

  std::string identity_sentence(const SlotView& slot) const {
    const std::string who = printable(slot.identity_name);
    if (slot.role == Role::metadata)
      return fmt::format("It is a new identity, {}: it lists and shows entries, and opens no value", who);
    std::string teams;
    for (const std::string& team : teams_) teams += (teams.empty() ? "" : ", ") + printable(team);
    return fmt::format("It is a new identity, {}: it lists and shows entries, and opens the values of {}", who, teams);
  }

  std::optional<std::string> name_;
  std::optional<std::string> role_;
  std::vector<std::string> teams_;
  bool default_ = false;
  NewFactorOptions new_;
};

}  // namespace

std::unique_ptr<Verb> make_slot_add() { return std::make_unique<SlotAdd>(); }

}  // namespace vault::cli

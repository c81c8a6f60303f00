#include <fmt/format.h>

#include <algorithm>

#include "vault/cli/commands.hpp"
#include "vault/cli/confirm.hpp"
#include "vault/cli/default_key_file.hpp"
#include "vault/cli/new_factors.hpp"
#include "vault/cli/unlock.hpp"
#include "vault/config.hpp"
#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

bool needs(const SlotView& slot, FactorType type) {
  return std::ranges::find(slot.factors, type) != slot.factors.end();
}

Error passwd_error(const SlotView& slot, std::string_view why) {
  return {Errc::usage, fmt::format("slot passwd {}: {}", slot.name, why)};
}

class SlotPasswd final : public Verb {
 public:
  void add_to(CLI::App& app) override {
    Options(app, "Options")
        .flag("--leaked", leaked_,
              "Somebody may know the slot's secret: make new keys for its identity and for all that is stored")
        .flag("--default", default_, "Write the new key file into config.toml, so that scripts need no option");
    new_.add_to(app);
  }

  Status run(Context& context) override {
    if (default_ && !new_.key_file) return Error{Errc::usage, "slot passwd: --default goes with --new-key-file FILE"};
    NewFactors factors(context, new_);
    if (auto read = factors.read(); !read) return read;
    auto opened = open_vault(context);
    if (!opened) return opened.error();
    DefaultKeyFile default_key_file(context, opened->dir);
    if (auto done = change(context, *opened, factors); !done) return done;
    if (default_) {
      auto written = write_default_key_file(context.platform.files, *new_.key_file);
      if (!written)
        return Error{written.error().code,
                     fmt::format("slot passwd: the slot is changed, but not config.toml: {}", written.error().message)};
    }
    default_key_file.tell_if_it_opens_no_more(context.output);
    return {};
  }

 private:
  Status change(Context& context, OpenedVault& opened, NewFactors& factors) const {
    auto slots = opened.vault.slots();
    if (!slots) return slots.error();
    auto slot = find(*slots, context.arguments);
    if (!slot) return slot.error();
    if (default_ && (slot->factors.size() > 1 || new_.passphrase() || new_.recovery))
      return passwd_error(*slot, "--default is for a slot that a key file opens alone");
    auto kept = kept_factors(*slot, opened.factors);
    if (!kept) return kept.error();
    if (leaked_) {
      const std::string question = fmt::format(
          "Make new keys for everything? Your slots whose factors are not given now will be gone ({} of yours in all).",
          std::ranges::count(*slots, slot->identity_name, &SlotView::identity_name));
      if (auto sure = confirm(context, fmt::format("slot passwd {}", slot->name), question); !sure) return sure;
    }
    if (auto asked = factors.ask(); !asked) return asked;
    auto made = factors.make();
    if (!made) return made.error();
    made->insert(made->end(), kept->begin(), kept->end());
    // Before the change: a code that was lost on its way must not be the only one that opens.
    if (auto shown = factors.show_recovery(opened.dir); !shown)
      return Error{shown.error().code,
                   fmt::format("slot passwd {}: nothing was changed: {}", slot->name, shown.error().message)};
    if (leaked_) return replace(context.output, opened, *slot, *made, factors);
    auto changed = opened.vault.change_slot(to_hex(slot->id.bytes), *made);
    if (!changed && new_.recovery)
      return Error{changed.error().code,
                   changed.error().message + " (the recovery code that was handed out opens nothing)"};
    if (!changed) return changed.error();
    if (new_.recovery && !context.output.json)
      context.output.note(fmt::format("The recovery code is new: {}", factors.recovery_sentence()));
    return say(context.output, *changed, factors);
  }

  static Result<SlotView> find(const std::vector<SlotView>& slots, const std::vector<std::string>& arguments) {
    std::vector<SlotView> found;
    for (const SlotView& slot : slots) {
      const bool named = !arguments.empty() &&
                         (slot.name == arguments.front() || to_hex(slot.id.bytes).starts_with(arguments.front()));
      if (arguments.empty() ? slot.opened : named) found.push_back(slot);
      if (named && slot.name == arguments.front()) return slot;
    }
    if (found.size() == 1) return found.front();
    if (found.empty())
      return Error{Errc::not_found, fmt::format("slot passwd: no slot {} of yours; 'vault slot list' shows them",
                                                in_quotes(arguments.empty() ? "" : arguments.front()))};
    return Error{Errc::usage, fmt::format("slot passwd: {} begins the ids of {} slots; give more of it",
                                          in_quotes(arguments.front()), found.size())};
  }

  // The new factors are all that the slot will need, but for what it needs now and keeps: what it was opened with.
  Result<Factors> kept_factors(const SlotView& slot, const Factors& offered) const {
    if (new_.passphrase() && !needs(slot, FactorType::passphrase) && !new_.key_file) {
      return passwd_error(
          slot,
          "this slot has no passphrase; name one that has ('vault slot list'), or make one with 'vault slot add'");
    }
    if (new_.recovery && !needs(slot, FactorType::recovery_code))
      return passwd_error(slot, "this slot has no recovery code; 'vault slot add --new-recovery' makes one that has");
    if (!new_.passphrase() && needs(slot, FactorType::passphrase)) {
      return passwd_error(slot, "give the new passphrase too, or its descriptor: the slot needs one");
    }
    Factors kept;
    for (FactorType type : slot.factors) {
      if (is_renewed(type)) continue;
      const auto before = kept.size();
      for (const auto& factor : offered) {
        if (slot.opened && factor->fits(type)) kept.push_back(factor);
      }
      if (kept.size() != before + 1)
        return passwd_error(slot,
                            fmt::format("this slot needs a {} too; name it with {}", name(type),
                                        type == FactorType::recovery_code ? "--new-recovery" : "--new-key-file FILE"));
    }
    return kept;
  }

  bool is_renewed(FactorType type) const {
    if (type == FactorType::passphrase) return true;
    return type == FactorType::recovery_code ? new_.recovery : new_.key_file.has_value();
  }

  Status replace(const Output& output, OpenedVault& opened, const SlotView& slot, const Factors& made,
                 const NewFactors& factors) const {
    auto report = opened.vault.change_leaked_slot(
        to_hex(slot.id.bytes), made, opened.factors,
        [&](std::uint64_t done, std::uint64_t total) { output.progress("rekey", done, total); });
    output.progress("rekey", 1, 1);
    if (!report) return report.error();
    if (output.json) return output.data(json::rekeyed(*report));
    output.note(fmt::format("Changed slot \"{}\", and the keys of its identity", printable(slot.name)));
    output.note(text::rekeyed(*report));
    if (factors.kdf()) output.note(factors.kdf_sentence());
    if (new_.recovery) output.note(fmt::format("The recovery code is new: {}", factors.recovery_sentence()));
    for (const std::string& dropped : report->dropped_slots)
      output.note(fmt::format("Slot \"{}\" is gone: its factors were not given; 'vault slot add' makes it again",
                              printable(dropped)));
    output.note(
        "Copies of the vault from before still open with the old secret: destroy those you can, and let the "
        "providers replace the keys in them");
    return {};
  }

  static Status say(const Output& output, const SlotView& slot, const NewFactors& factors) {
    if (output.json) return output.data(json::slot(slot, "changed", factors.kdf()));
    output.note(fmt::format("Changed slot \"{}\": it opens the vault with {}", printable(slot.name),
                            text::factors(slot.factors)));
    if (factors.kdf()) output.note(factors.kdf_sentence());
    if (factors.key_file_made()) output.note("The key file is new");
    output.note("Copies of the vault from before, in backups too, still open with what it needed until now");
    return {};
  }

  bool leaked_ = false, default_ = false;
  NewFactorOptions new_;
};

}  // namespace

std::unique_ptr<Verb> make_slot_passwd() { return std::make_unique<SlotPasswd>(); }

}  // namespace vault::cli

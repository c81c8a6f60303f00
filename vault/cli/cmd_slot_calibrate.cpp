#include <fmt/format.h>

#include "vault/cli/commands.hpp"
#include "vault/cli/new_factors.hpp"
#include "vault/cli/unlock.hpp"
#include "vault/keyslot/passphrase.hpp"
#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

// Measures with made-up passphrases: the vault is not unlocked, and nothing in it changes.
class SlotCalibrate final : public Verb {
 public:
  void add_to(CLI::App& app) override {
    Options(app, "Options").text("--unlock-time", unlock_time_, "TIME", "How long one try shall take here (500ms)");
  }

  Status run(Context& context) override {
    auto budget = unlock_time(unlock_time_);
    if (!budget) return budget.error();
    auto dir = find_directory(context);
    if (!dir) return dir.error();
    auto slots = peek_slots(*dir, context.platform);
    if (!slots) return slots.error();
    auto chosen = calibrate(context.platform.kdf, context.platform.limits, *budget);
    if (!chosen) return chosen.error();
    std::vector<SlotCost> costs;
    for (SlotView& slot : *slots) {
      if (slot.kdf) costs.push_back(cost_of(context, std::move(slot), *chosen));
    }
    return say(context, *budget, *chosen, costs);
  }

 private:
  static SlotCost cost_of(const Context& context, SlotView slot, const Calibration& chosen) {
    SlotCost cost{std::move(slot), {}, KdfVerdict::alike, ""};
    if (auto allowed = check_open(*cost.slot.kdf, context.platform.limits); !allowed) {
      cost.refused = allowed.error().message;
      return cost;
    }
    auto measured = measure(context.platform.kdf, *cost.slot.kdf);
    if (!measured) {
      cost.refused = measured.error().message;
      return cost;
    }
    cost.measured = *measured;
    cost.verdict = compare({*cost.slot.kdf, *measured}, chosen);
    return cost;
  }

  static Status say(const Context& context, std::chrono::milliseconds budget, const Calibration& chosen,
                    const std::vector<SlotCost>& costs) {
    const Output& output = context.output;
    if (output.json) return output.data(json::calibration(budget, chosen, costs));
    const Style style = style_of_stdout(context.platform.clock.now());
    if (auto done = output.data(text::calibration(budget, chosen, costs, style)); !done) return done;
    for (const SlotCost& cost : costs) {
      if (!cost.refused.empty()) output.note(fmt::format("Slot \"{}\": {}", printable(cost.slot.name), cost.refused));
    }
    output.note(costs.empty() ? "No slot of this vault has a passphrase, and nothing else costs Argon2id"
                              : "Nothing was changed: 'vault slot passwd SLOT' gives a slot what would be chosen now");
    return {};
  }

  std::optional<std::string> unlock_time_;
};

}  // namespace

std::unique_ptr<Verb> make_slot_calibrate() { return std::make_unique<SlotCalibrate>(); }

}  // namespace vault::cli

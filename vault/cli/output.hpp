#pragma once

#include <span>
#include <string>
#include <string_view>

#include "vault/vault.hpp"

namespace vault::cli {

// Data goes to stdout, everything else to stderr; with --json, data is one object.
class Output {
 public:
  bool json = false;

  // All of it or an error: a script must never take half an answer for the answer. Errors: internal.
  Status data(std::string_view text) const;
  Status secret(const SecretBuffer& value) const;
  Status finish() const;  // closes stdout: some file systems report a failed write only now

  // One line for the person.
  void note(std::string_view line) const;
  // Draws progress on a terminal, and nothing elsewhere. `done` = `total` clears it.
  void progress(std::string_view doing, std::uint64_t done, std::uint64_t total) const;
};

// What a slot says about its new passphrase.
struct KdfChoice {
  KdfParameters parameters;
  std::optional<std::chrono::milliseconds> measured;
};

// What a slot's passphrase costs here.
struct SlotCost {
  SlotView slot;
  std::optional<std::chrono::milliseconds> measured;
  KdfVerdict verdict = KdfVerdict::alike;  // where it was measured
  std::string refused;                     // why it was not
};

// Answers as JSON: one object with "schema": 1, on one line. Times are RFC 3339, `null` is never.
namespace json {
std::string error(const Error& error);
std::string version(std::string_view version);
std::string help(std::string_view text);
std::string created(const VaultStatus& status, const SlotView& slot, const SlotView* recovery,
                    const std::optional<KdfChoice>& kdf);
std::string added(const AddReceipt& receipt);
std::string added_lines(const std::vector<AddReceipt>& receipts, const std::vector<std::uint64_t>& lines);
std::string entries(const std::vector<EntryView>& entries);
std::string entry(const EntryView& entry);
std::string changed(const EntryView& entry, std::string_view done);  // "edited", "moved", ...
std::string commits(const std::vector<CommitView>& commits);
std::string slots(const std::vector<SlotView>& slots);
std::string slot(const SlotView& slot, std::string_view done, const std::optional<KdfChoice>& kdf = {});
std::string calibration(std::chrono::milliseconds budget, const Calibration& chosen,
                        const std::vector<SlotCost>& costs);
std::string teams(const std::vector<TeamView>& teams);
std::string team(const TeamView& team);
std::string rekeyed(const RekeyReport& report);
std::string status(const VaultStatus& status);
std::string verified(const VerifyReport& report, const VaultStatus& status);
}  // namespace json

// Answers for people. `now` is for relative times, `width` (columns; 0: no limit) and `colour` for tables.
struct Style {
  Time now{};
  std::size_t width = 0;
  bool colour = false;
};
Style style_of_stdout(Time now);
// A line for stderr about a key's end, in the colour that `list` gives it.
std::string expiry_warning(const std::string& text, Time expires_at, Time now);

namespace text {
std::string entries(const std::vector<EntryView>& entries, const Style& style);
std::string entry(const EntryView& entry, const Style& style);
std::string commits(const std::vector<CommitView>& commits, const Style& style);
std::string slots(const std::vector<SlotView>& slots, const Style& style);
std::string calibration(std::chrono::milliseconds budget, const Calibration& chosen, const std::vector<SlotCost>& costs,
                        const Style& style);
std::string teams(const std::vector<TeamView>& teams, const Style& style);
std::string team(const TeamView& team, const Style& style);
std::string rekeyed(const RekeyReport& report);
std::string status(const VaultStatus& status, const Style& style);
std::string verified(const VerifyReport& report, const VaultStatus& status);

std::string factors(std::span<const FactorType> factors);  // "passphrase and key file"
std::string kdf(const KdfParameters& parameters);          // "256 MiB, 3 passes, 1 lane"
std::string expiry(Time expires_at, Time now);             // "in 12 days (2026-12-04T...)"
}  // namespace text

}  // namespace vault::cli

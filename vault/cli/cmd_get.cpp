#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "vault/cli/commands.hpp"
#include "vault/cli/secret_json.hpp"
#include "vault/cli/terminal.hpp"
#include "vault/cli/unlock.hpp"
#include "vault/model/text.hpp"
#include "vault/model/time_text.hpp"

namespace vault::cli {
namespace {

constexpr std::chrono::days kWarning{14};

class Get final : public Verb {
 public:
  void add_to(CLI::App& app) override {
    Options(app, "Options")
        .text("--field", field_, "NAME", "This field instead of the first secret one")
        .number("--version", version_, "N", "This version instead of the current one")
        .text("--min-ttl", min_ttl_, "TIME", "Fail with status 6 if the key lives no longer than this")
        .flag("--allow-expired", options_.allow_expired, "Print an expired value all the same")
        .flag("-n,--newline", newline_, "End with a newline (as on a terminal)")
        .flag("-0,--null", null_, "End each value with a zero byte; for several labels");
  }

  Status run(Context& context) override {
    auto labels = parse_labels(context.arguments);
    if (!labels) return labels.error();
    if (auto checked = check_options(*labels, context.output); !checked) return checked;
    auto opened = open_vault(context);
    if (!opened) return opened.error();
    // All or nothing: everything is in hand before the first byte is written.
    auto got = opened->vault.get_all(*labels, options_);
    if (!got) return got.error();
    std::vector<NamedValue> values;
    for (std::size_t i = 0; i < labels->size(); ++i) values.push_back({(*labels)[i], std::move((*got)[i])});
    if (auto written = write(context.output, values); !written) return written;
    warn(context, values);
    return {};
  }

 private:
  static Result<std::vector<Label>> parse_labels(const std::vector<std::string>& arguments) {
    std::vector<Label> labels;
    for (const std::string& argument : arguments) {
      auto label = Label::parse(argument);
      if (!label) return label.error();
      labels.push_back(std::move(*label));
    }
    return labels;
  }

  Status check_options(const std::vector<Label>& labels, const Output& output) {
    if (labels.size() > 1 && !output.json && !null_) {
      return Error{Errc::usage, "get: several labels need --json or -0, to tell their values apart"};
    }
    if (null_ && (newline_ || output.json)) return Error{Errc::usage, "get: -0 goes with neither -n nor --json"};
    if (version_ && *version_ == 0) return Error{Errc::usage, "get: versions are numbered from 1"};
    options_.field = field_.value_or("");
    options_.version = version_.value_or(0);
    if (!min_ttl_) return {};
    auto duration = parse_duration(*min_ttl_);
    if (!duration) return Error{duration.error().code, fmt::format("get: --min-ttl: {}", duration.error().message)};
    options_.min_ttl = *duration;
    return {};
  }

  Status write(const Output& output, const std::vector<NamedValue>& values) const {
    if (output.json) return output.secret(secret_json(values));
    const bool newline = !null_ && (newline_ || is_terminal(STDOUT_FILENO));
    if (null_) {
      if (auto checked = check_no_zero(values); !checked) return checked;
    }
    for (const NamedValue& value : values) {
      if (auto written = output.secret(value.value.bytes); !written) return written;
      if (!null_ && !newline) continue;
      if (auto written = output.data(null_ ? std::string_view("\0", 1) : "\n"); !written) return written;
    }
    return {};
  }

  static Status check_no_zero(const std::vector<NamedValue>& values) {
    for (const NamedValue& value : values) {
      if (std::ranges::find(value.value.bytes.expose(), std::byte{0}) == value.value.bytes.expose().end()) continue;
      return Error{Errc::usage, fmt::format("get {}: the value has a zero byte in it, so -0 cannot end it; use --json",
                                            value.label.text())};
    }
    return {};
  }

  static void warn(const Context& context, const std::vector<NamedValue>& values) {
    if (!is_terminal(STDERR_FILENO)) return;
    const Time now = context.platform.clock.now();
    for (const NamedValue& value : values) {
      const Time end = value.value.expires_at;
      if (end == kNever || end - now > kWarning) continue;
      context.output.note(expiry_warning(fmt::format("vault: {} {} {}", printable(value.label.text()),
                                                     end <= now ? "expired" : "expires", to_relative(end, now)),
                                         end, now));
    }
  }

  std::optional<std::string> field_, min_ttl_;
  std::optional<std::uint32_t> version_;
  bool newline_ = false, null_ = false;
  GetOptions options_;
};

}  // namespace

std::unique_ptr<Verb> make_get() { return std::make_unique<Get>(); }

}  // namespace vault::cli

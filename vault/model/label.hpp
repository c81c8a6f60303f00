#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "vault/base/result.hpp"
#include "vault/model/text.hpp"

namespace vault {

inline constexpr std::size_t kMaxLabelBytes = 255;        // after normalisation
inline constexpr std::size_t kMaxLabelInputBytes = 1024;  // before; NFC shortens canonical text to a quarter at most
inline constexpr std::size_t kMaxNameBytes = 64;
inline constexpr std::size_t kMaxNoteBytes = std::size_t{16} * 1024;

// The unique name of an entry: `prod-dns`, `web/stripe-live`. 1 to 255 bytes of UTF-8 in NFC, compared as bytes.
// Refused: control, format, private, unassigned and separator characters, spaces other than U+0020, a space at
// either end, a leading '-', and segments between slashes that are empty, "." or "..".
// A label is its own parse, so a decoder that wants the canonical form checks `label.text() == bytes`.
class Label {
 public:
  // Normalises and checks. Error: usage; the message quotes the label safely and names the rule.
  static Result<Label> parse(std::string_view text);

  // A label as a store has it: it was checked when it went in, by a Unicode version that may be newer than ours, so only what needs no
  // tables is checked again: 1 to 255 bytes of UTF-8 without control characters. Nothing when it is not that.
  static std::optional<Label> stored(std::string text);

  const std::string& text() const { return text_; }

  bool operator==(const Label&) const = default;
  std::strong_ordering operator<=>(const Label& other) const { return text_.compare(other.text_) <=> 0; }

 private:
  explicit Label(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

// A team, account, issuer, slot, key name or attribute key, in NFC: the characters of a label (and no leading '-'),
// 1 to 64 bytes, slashes free. `what` names the field in messages: "team".
// Errors: usage; limit (longer than 64 bytes).
Result<std::string> parse_name(std::string_view what, std::string_view text);

// A note, kept as it is: up to 16 KiB of UTF-8 (may be empty), newlines and tabs but no other control characters.
// It may hold invisible characters: show it through printable(). The message never quotes the note.
// Errors: usage; limit (too long).
Result<std::string> parse_note(std::string_view text);

}  // namespace vault

template <>
struct std::hash<vault::Label> {
  std::size_t operator()(const vault::Label& label) const noexcept {
    return std::hash<std::string_view>{}(label.text());
  }
};

#include "vault/model/label.hpp"

#include <algorithm>

#include "vault/base/utf8.hpp"

namespace vault {
namespace {

Error bad(std::string_view what, std::string_view text, std::string_view fault, std::string_view way_out) {
  std::string message(what);
  message += ' ';
  message += in_quotes(text);
  message += ' ';
  message += fault;
  message += "; ";
  message += way_out;
  return Error{Errc::usage, std::move(message)};
}

Error empty(std::string_view what) { return Error{Errc::usage, std::string(what) + " is empty; give it a name"}; }

// Checks characters and ends, and gives the normal form. The input is bounded by the caller.
Result<std::string> normal_word(std::string_view what, std::string_view text) {
  // Before normalising too: it wants valid UTF-8, and the message should name the character that was typed.
  if (auto fault = character_fault(text); !fault.empty()) {
    return bad(what, text, fault, "use visible characters; the only space is U+0020, and not at the ends");
  }
  auto normal = to_nfc(text);
  if (!normal) return normal.error();
  if (auto fault = character_fault(*normal); !fault.empty()) {
    return bad(what, text, fault, "write it in composed characters (NFC)");
  }
  if (normal->starts_with('-')) {
    return bad(what, text, "begins with '-', which would read as an option", "begin with another character");
  }
  return normal;
}

// The first segment between slashes that is empty, "." or "..": what to say of it, or nothing.
std::string_view segment_fault(std::string_view path) {
  while (true) {
    auto slash = path.find('/');
    auto segment = path.substr(0, slash);
    if (segment.empty()) return "has an empty part before or after a '/'";
    if (segment == ".") return "has the part '.'";
    if (segment == "..") return "has the part '..'";
    if (slash == std::string_view::npos) return {};
    path.remove_prefix(slash + 1);
  }
}

bool is_note_control(std::int32_t code_point) {
  return (code_point < 0x20 && code_point != '\n' && code_point != '\t') || (code_point >= 0x7f && code_point < 0xa0);
}

}  // namespace

std::optional<Label> Label::stored(std::string text) {
  if (text.empty() || text.size() > kMaxLabelBytes || !is_utf8(text) || has_control_characters(text))
    return std::nullopt;
  return Label(std::move(text));
}

Result<Label> Label::parse(std::string_view text) {
  if (text.empty()) return empty("label");
  if (text.size() > kMaxLabelInputBytes) return bad("label", text, "is longer than 255 bytes", "shorten it");
  auto normal = normal_word("label", text);
  if (!normal) return normal.error();
  if (normal->size() > kMaxLabelBytes) return bad("label", text, "is longer than 255 bytes", "shorten it");
  if (auto fault = segment_fault(*normal); !fault.empty()) {
    return bad("label", text, fault, "write parts as in web/stripe-live");
  }
  return Label(std::move(*normal));
}

Result<std::string> parse_name(std::string_view what, std::string_view text) {
  auto too_long = [&] { return Error{Errc::limit, bad(what, text, "is longer than 64 bytes", "shorten it").message}; };
  if (text.empty()) return empty(what);
  if (text.size() > kMaxLabelInputBytes) return too_long();
  auto normal = normal_word(what, text);
  if (!normal) return normal.error();
  if (normal->size() > kMaxNameBytes) return too_long();
  return normal;
}

Result<std::string> parse_note(std::string_view text) {
  if (text.size() > kMaxNoteBytes) return Error{Errc::limit, "note is longer than 16 KiB; shorten it"};
  for (std::string_view rest = text; !rest.empty();) {
    CodePoint point = first_code_point(rest);
    std::string where = " at byte " + std::to_string(text.size() - rest.size());
    if (point.code_point < 0) return Error{Errc::usage, "note is not valid UTF-8" + where + "; save it as UTF-8"};
    if (is_note_control(point.code_point)) {
      return Error{Errc::usage, "note has the control character " + printable(rest.substr(0, point.size)) + where +
                                    "; only newlines and tabs are kept"};
    }
    rest.remove_prefix(point.size);
  }
  return std::string(text);
}

}  // namespace vault

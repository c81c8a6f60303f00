// Labels, names, notes and what is shown of them, from any bytes.
#include <cstdlib>

#include "vault/model/label.hpp"
#include "vault/model/scope.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_message(const vault::Error& error) {
  require(error.code == vault::Errc::usage || error.code == vault::Errc::limit);
  require(vault::printable(error.message) == error.message);
  require(error.message.size() < 512);
}

void check_label(std::string_view text) {
  auto label = vault::Label::parse(text);
  if (!label) return check_message(label.error());
  require(!label->text().empty() && label->text().size() <= vault::kMaxLabelBytes);
  require(vault::printable(label->text()) == label->text());
  auto again = vault::Label::parse(label->text());
  require(again && *again == *label);
}

void check_name(std::string_view text) {
  auto name = vault::parse_name("team", text);
  if (!name) return check_message(name.error());
  require(!name->empty() && name->size() <= vault::kMaxNameBytes);
  auto again = vault::parse_name("team", *name);
  require(again && *again == *name);
}

void check_note(std::string_view text) {
  auto note = vault::parse_note(text);
  if (!note) return check_message(note.error());
  require(*note == text && note->size() <= vault::kMaxNoteBytes);
}

void check_printable(std::string_view text) {
  auto shown = vault::printable(text);
  for (char c : shown) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  require(vault::printable(shown) == shown);
  require(vault::in_quotes(text).size() <= 64 * 4 + 5);
}

void check_scope(std::string_view text) {
  auto scopes = vault::ScopeSet::make({std::string(text)});
  if (!scopes) return check_message(scopes.error());
  require(scopes->contains(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  check_label(text);
  check_name(text);
  check_note(text);
  check_printable(text);
  check_scope(text);
  return 0;
}

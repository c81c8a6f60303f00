#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "vault/base/result.hpp"
#include "vault/base/secret_buffer.hpp"

namespace vault::cli {

// A string as it stands in a JSON text: checked, its escapes not yet resolved. Lives as long as the text.
class JsonString {
 public:
  JsonString() = default;
  explicit JsonString(std::string_view raw) : raw_(raw) {}

  bool operator==(std::string_view text) const;  // after its escapes are resolved
  std::string text() const;                      // for what is not secret
  SecretBuffer secret() const;

 private:
  std::string_view raw_;  // between the quotes
};

// Reads one JSON text (RFC 8259) from front to back, where the reader knows what must come next. Nothing is copied: the text may be
// secret. The first fault stays, and everything after it answers no. Faults are sentences that show nothing of the text.
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text);

  // `what` names the value in the fault. After enter_... the members are walked: while (next_key(key)) read its value.
  bool enter_object(std::string_view what) { return enter('{', what, "an object"); }
  bool enter_array(std::string_view what) { return enter('[', what, "a list"); }
  bool next_key(JsonString& key);  // false: the object ended, or a fault
  bool next_item();                // false: the list ended, or a fault
  bool string(std::string_view what, JsonString& out);
  bool boolean(std::string_view what, bool& out);
  bool finish();  // nothing follows but space

  bool ok() const { return !fault_; }
  bool fail(Error fault);                 // answers false
  bool fail_here(std::string_view what);  // `usage`, with the place
  const Error& fault() const { return *fault_; }

 private:
  bool enter(char bracket, std::string_view what, std::string_view kind);
  bool next(char closing);
  bool scan_string(JsonString& out);
  bool scan_escape();
  bool scan_unicode_escape();
  std::optional<unsigned> scan_hex();
  bool take(char c);
  bool take_word(std::string_view word);
  void skip_space();
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  std::string_view text_;
  std::size_t at_ = 0;
  bool first_ = false;  // no member of the innermost object or list was read yet
  std::optional<Error> fault_;
};

}  // namespace vault::cli

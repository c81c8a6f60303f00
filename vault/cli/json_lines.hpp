#pragma once

#include "vault/cli/json_cursor.hpp"
#include "vault/vault.hpp"

namespace vault::cli {

inline constexpr std::size_t kLongestLine = 8 * 1024 * 1024;

// Lines from a descriptor, read into locked memory; never more of one than is allowed.
class LineReader {
 public:
  // `longest` is for tests.
  LineReader(Files& files, int fd, std::size_t longest = kLongestLine);

  // The next line without its newline, valid until the next call; nothing at the end. Errors: usage (too long), internal.
  Result<std::optional<std::string_view>> next();
  std::uint64_t number() const { return number_; }  // of the line that next() gave, from 1

 private:
  std::optional<std::string_view> take(std::size_t size, std::size_t newline);
  void make_room();

  Files& files_;
  int fd_;
  std::size_t longest_;
  SecretBuffer buffer_;
  std::size_t begin_ = 0, end_ = 0;  // what was read and not given out yet
  std::uint64_t number_ = 0;
  bool ended_ = false;
};

// One line of `add --json-lines`: an object with the keys that vault-add(1) lists. Secret values go from the line, in locked memory,
// into the entry's fields and nowhere else. `now` is what durations count from without "issued". Errors: usage; limit. The
// message begins with "add", the label where it is known, and the line's number, and shows no value.
Result<NewEntry> parse_entry_line(std::string_view line, std::uint64_t number, Time now);

struct ReadEntry {
  NewEntry entry;
  std::uint64_t number;  // of its line
};

// All lines; empty ones are left out. Errors: as above; usage (no entry at all), limit (a line too long, too many), internal.
Result<std::vector<ReadEntry>> read_entry_lines(LineReader& lines, Time now);

}  // namespace vault::cli

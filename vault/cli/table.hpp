#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vault::cli {

// How many columns text takes on a terminal. The text is printable() already.
std::size_t display_width(std::string_view text);

// The front of a text, in at most `width` columns; "…" stands for what was cut.
std::string fitted(std::string_view text, std::size_t width);

enum class Colour { none, red, yellow, bold };
std::string coloured(std::string_view text, Colour colour);

struct Column {
  std::string title;
  std::size_t least = 0;  // may be cut down to this many columns; 0: never cut
  int give = 0;  // those with the highest number are cut first, and left out where that does not help; 0: never
};
struct Cell {
  std::string text;
  Colour colour = Colour::none;
};

// Rows under titles, fitted to `width` columns (0: any).
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  std::string render(std::size_t width, bool colour) const;

 private:
  std::vector<std::size_t> widths(std::size_t width) const;
  std::vector<std::size_t> by_give() const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// Names and values, one pair a line, the values under one another.
class Facts {
 public:
  explicit Facts(std::size_t indent = 0) : indent_(indent) {}
  Facts& add(std::string name, std::string value);
  Facts& add_unless_empty(std::string name, std::string value);
  std::string render() const;

 private:
  std::size_t indent_;
  std::vector<std::pair<std::string, std::string>> facts_;
};

// Text broken into lines of at most `width` columns, later ones indented.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

}  // namespace vault::cli

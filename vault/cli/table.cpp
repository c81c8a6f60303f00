#include "vault/cli/table.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>

#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

constexpr std::size_t kGap = 2;                                 // between columns
constexpr std::size_t kLeftOut = static_cast<std::size_t>(-1);  // a column for which there is no room

struct Range {
  std::int32_t first, last;
};
// Combining marks and variation selectors; wide East Asian characters and emoji. Enough for a table that lines up.
constexpr std::array kNarrow{Range{0x0300, 0x036f}, Range{0x0483, 0x0489}, Range{0x0591, 0x05bd},
                             Range{0x064b, 0x065f}, Range{0x1ab0, 0x1aff}, Range{0x1dc0, 0x1dff},
                             Range{0x20d0, 0x20ff}, Range{0xfe00, 0xfe0f}, Range{0xfe20, 0xfe2f}};
constexpr std::array kWide{Range{0x1100, 0x115f},   Range{0x2e80, 0x303e},   Range{0x3041, 0x33ff},
                           Range{0x3400, 0x4dbf},   Range{0x4e00, 0x9fff},   Range{0xa000, 0xa4cf},
                           Range{0xac00, 0xd7a3},   Range{0xf900, 0xfaff},   Range{0xfe30, 0xfe6f},
                           Range{0xff00, 0xff60},   Range{0xffe0, 0xffe6},   Range{0x1f300, 0x1f64f},
                           Range{0x1f680, 0x1f6ff}, Range{0x1f900, 0x1faff}, Range{0x20000, 0x3fffd}};

bool in(const auto& ranges, std::int32_t code_point) {
  return std::ranges::any_of(ranges, [&](Range r) { return code_point >= r.first && code_point <= r.last; });
}

std::size_t width_of(std::int32_t code_point) {
  if (code_point < 0x300) return 1;
  if (in(kNarrow, code_point)) return 0;
  return in(kWide, code_point) ? 2 : 1;
}

void pad(std::string& line, std::size_t columns) { line.append(columns, ' '); }

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    CodePoint point = first_code_point(text);
    width += width_of(point.code_point);
    text.remove_prefix(point.size);
  }
  return width;
}

std::string fitted(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  std::string cut;
  for (std::size_t used = 0; !text.empty();) {
    CodePoint point = first_code_point(text);
    used += width_of(point.code_point);
    if (used + 1 > width) break;
    cut += text.substr(0, point.size);
    text.remove_prefix(point.size);
  }
  return cut + "…";
}

std::string coloured(std::string_view text, Colour colour) {
  std::string_view code;
  switch (colour) {
    case Colour::none: return std::string(text);
    case Colour::red: code = "31"; break;
    case Colour::yellow: code = "33"; break;
    case Colour::bold: code = "1"; break;
  }
  std::string out = "\x1b[";
  out.append(code).append("m").append(text).append("\x1b[0m");
  return out;
}

// First the widest columns are cut, so that the short ones stay whole; then whole ones are left out, those that give most first; the one that
// gives least stays.
std::vector<std::size_t> Table::widths(std::size_t width) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    widths.push_back(display_width(columns_[i].title));
    for (const auto& row : rows_) widths[i] = std::max(widths[i], display_width(row[i].text));
  }
  if (width == 0) return widths;
  std::size_t needed = std::accumulate(widths.begin(), widths.end(), kGap * (columns_.size() - 1));
  const std::vector<std::size_t> order = by_give();
  for (; needed > width; --needed) {
    std::optional<std::size_t> widest;
    for (std::size_t i : order) {
      if (widths[i] > columns_[i].least && (!widest || widths[i] > widths[*widest])) widest = i;
    }
    if (!widest) break;
    --widths[*widest];
  }
  for (std::size_t place = 0; needed > width && place + 1 < order.size(); ++place) {
    needed -= widths[order[place]] + kGap;
    widths[order[place]] = kLeftOut;
  }
  return widths;
}

std::vector<std::size_t> Table::by_give() const {
  std::vector<std::size_t> order;
  for (std::size_t i = columns_.size(); i-- > 0;) {
    if (columns_[i].give > 0) order.push_back(i);
  }
  std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t i) { return columns_[i].give; });
  return order;
}

std::string Table::render(std::size_t width, bool colour) const {
  const std::vector<std::size_t> columns = widths(width);
  std::string out;
  auto add_row = [&](const std::vector<Cell>& row) {
    std::string line;
    std::size_t missing = 0;  // padding owed to the cell before; none at the end of a line
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (columns[i] == kLeftOut) continue;
      if (row[i].text.empty()) {
        missing += columns[i] + kGap;
        continue;
      }
      pad(line, missing);
      const std::string cell = fitted(row[i].text, columns[i]);
      line += colour ? coloured(cell, row[i].colour) : cell;
      missing = columns[i] + kGap - display_width(cell);
    }
    out += line + "\n";
  };
  std::vector<Cell> titles;
  for (const Column& column : columns_) titles.push_back({column.title, Colour::bold});
  add_row(titles);
  for (const auto& row : rows_) add_row(row);
  return out;
}

Facts& Facts::add(std::string name, std::string value) {
  facts_.emplace_back(std::move(name), std::move(value));
  return *this;
}

Facts& Facts::add_unless_empty(std::string name, std::string value) {
  if (!value.empty()) add(std::move(name), std::move(value));
  return *this;
}

std::string Facts::render() const {
  std::size_t widest = 0;
  for (const auto& [name, value] : facts_) widest = std::max(widest, display_width(name));
  std::string out;
  for (const auto& [name, value] : facts_) {
    pad(out, indent_);
    out += name;
    pad(out, widest + kGap - display_width(name));
    out += value + "\n";
  }
  return out;
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t size = display_width(word);
    if (used > 0 && used + 1 + size > width) {
      out += "\n";
      pad(out, indent);
      used = 0;
    } else if (used > 0) {
      out += " ";
      ++used;
    }
    out += word;
    used += size;
  }
  return out;
}

}  // namespace vault::cli

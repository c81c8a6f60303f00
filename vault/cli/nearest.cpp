#include "vault/cli/nearest.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace vault::cli {
namespace {

constexpr std::size_t kLongest = 32;
using Row = std::array<std::size_t, kLongest + 1>;

// How many letters were added, left out, changed or swapped with the next.
std::size_t distance(std::string_view a, std::string_view b) {
  Row before{}, last{}, row{};
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = a[i - 1] == b[j - 1];
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.size()];
}

}  // namespace

std::string nearest(std::string_view word, std::span<const std::string_view> names) {
  std::string_view best;
  std::size_t least = word.size() / 3 + 2;
  if (word.size() > kLongest) return "";
  for (std::string_view name : names) {
    const std::size_t far = name.size() > kLongest ? least : distance(word, name);
    if (far >= least || far >= name.size()) continue;
    least = far;
    best = name;
  }
  return std::string(best);
}

}  // namespace vault::cli

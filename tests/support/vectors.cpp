#include "tests/support/vectors.hpp"

#include <fstream>
#include <stdexcept>

namespace vault {

Vectors::Vectors(const std::string& file) {
  std::ifstream in(std::string(VAULT_SOURCE_DIR) + "/tests/vectors/" + file);
  std::string line;
  if (!std::getline(in, line) || !line.starts_with("# "))
    throw std::runtime_error(file + ": line one must name the source");
  while (std::getline(in, line)) {
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t sign = line.find(" =");
    const std::size_t value = line.find_first_not_of(' ', sign + 2);
    auto bytes = from_hex(value == std::string::npos ? "" : std::string_view(line).substr(value));
    if (sign == std::string::npos || !bytes) throw std::runtime_error(file + ": not 'name = hex': " + line);
    values_[line.substr(0, sign)] = *bytes;
  }
}

const Bytes& Vectors::operator[](const std::string& name) const { return values_.at(name); }

std::uint32_t Vectors::number(const std::string& name) const {
  std::uint32_t value = 0;
  for (std::byte b : (*this)[name]) value = value << 8 | std::to_integer<std::uint32_t>(b);
  return value;
}

}  // namespace vault

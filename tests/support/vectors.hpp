#pragma once

#include <map>
#include <string>

#include "vault/base/bytes.hpp"

namespace vault {

// The `name = hex` lines of tests/vectors/<file>; line one says where they are from. Throws when there is no such file or name,
// or a line is neither.
class Vectors {
 public:
  explicit Vectors(const std::string& file);
  const Bytes& operator[](const std::string& name) const;
  std::uint32_t number(const std::string& name) const;  // big-endian, at most 4 bytes
  template <std::size_t N>
  ByteArray<N> array(const std::string& name) const {
    ByteArray<N> out{};
    std::copy_n((*this)[name].begin(), std::min(N, (*this)[name].size()), out.begin());
    return out;
  }

 private:
  std::map<std::string, Bytes> values_;
};

}  // namespace vault

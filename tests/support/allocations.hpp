#pragma once

#include <cstddef>

namespace vault {

// Watches `operator new` of this thread while it lives. Under the sanitizers it sees nothing (they bring their own operator new):
// `watching()` is false there and the numbers are zero.
class Allocations {
 public:
  Allocations();
  ~Allocations();
  Allocations(const Allocations&) = delete;
  Allocations& operator=(const Allocations&) = delete;

  std::size_t largest() const;  // bytes of the largest single one
  std::size_t total() const;    // bytes of all, freed or not
  static bool watching();
};

}  // namespace vault

#include "tests/support/allocations.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "tests/support/sanitized.hpp"

namespace vault {
namespace {

thread_local bool active = false;
thread_local std::size_t largest_seen = 0;
thread_local std::size_t total_seen = 0;

}  // namespace

void note_allocation(std::size_t size);
void note_allocation(std::size_t size) {
  if (!active) return;
  largest_seen = std::max(largest_seen, size);
  total_seen += size;
}

Allocations::Allocations() { active = true, largest_seen = 0, total_seen = 0; }
Allocations::~Allocations() { active = false; }
std::size_t Allocations::largest() const { return largest_seen; }
std::size_t Allocations::total() const { return total_seen; }

bool Allocations::watching() { return !VAULT_TEST_SANITIZED; }

}  // namespace vault

// The aligned forms stay the library's: they do not go through these.
#if !VAULT_TEST_SANITIZED
void* operator new(std::size_t size) {
  vault::note_allocation(size);
  void* block = std::malloc(size == 0 ? 1 : size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
#endif

#include "vault/base/arena.hpp"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <new>

#include "vault/base/secret_buffer.hpp"

namespace vault {
namespace {

constexpr std::size_t kSmallest = 64;
constexpr std::size_t kLargest = 4096;
constexpr std::size_t kChunk = 32 * 1024;

std::size_t page_size() {
  static const std::size_t size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

std::size_t round_to_pages(std::size_t size) { return (size + page_size() - 1) / page_size() * page_size(); }

std::size_t size_class(std::size_t size) {
  return size <= kSmallest ? 0 : static_cast<std::size_t>(std::bit_width((size - 1) / kSmallest));
}

// Locks pages; when the soft limit forbids it, raises that to the hard limit and tries once more.
bool lock_pages(void* start, std::size_t size) {
  if (mlock(start, size) == 0) return true;
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return false;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_MEMLOCK, &limit) == 0 && mlock(start, size) == 0;
}

}  // namespace

Arena& Arena::instance() {
  static Arena* arena = new Arena;  // never destroyed: buffers in static objects may outlive it
  static const int watching_forks = pthread_atfork([] { instance().mutex_.lock(); }, [] { instance().mutex_.unlock(); },
                                                   [] { instance().start_anew_in_child(); });
  static_cast<void>(watching_forks);
  return *arena;
}

// The slabs are zeroed and not locked in a child: it takes new ones. Its only thread holds the mutex.
void Arena::start_anew_in_child() {
  free_ = {};
  chunk_ = nullptr;
  chunk_left_ = 0;
  forked_ = true;
  chunks_.clear();
  mutex_.unlock();
}

// In a child, blocks from before the fork are not locked: once freed they stay unused.
bool Arena::may_be_used_again(const std::byte* block) const {
  return !forked_ || std::ranges::any_of(chunks_, [&](const std::byte* chunk) {
    return !std::less<>()(block, chunk) && std::less<>()(block, chunk + kChunk);
  });
}

std::byte* Arena::allocate(std::size_t size) {
  if (size > SIZE_MAX - 3 * page_size()) throw std::bad_alloc();
  std::lock_guard guard(mutex_);
  if (size > kLargest) {
    std::byte* block = map(round_to_pages(size));
    if (block == nullptr) throw std::bad_alloc();
    return block;
  }
  std::size_t wanted = size_class(size);
  if (free_[wanted] == nullptr && !refill(wanted)) throw std::bad_alloc();
  FreeBlock* block = free_[wanted];
  free_[wanted] = block->next;
  block->next = nullptr;
  return reinterpret_cast<std::byte*>(block);
}

void Arena::release(std::byte* block, std::size_t size) noexcept {
  if (size > kLargest) {
    wipe({block, size});
    unmap(block, round_to_pages(size));
    return;
  }
  std::size_t wanted = size_class(size);
  wipe({block, kSmallest << wanted});
  std::lock_guard guard(mutex_);
  if (may_be_used_again(block)) free_[wanted] = new (block) FreeBlock{free_[wanted]};
}

// Cuts one more block off the newest chunk, or off a new one.
bool Arena::refill(std::size_t size_class) {
  std::size_t size = kSmallest << size_class;
  if (chunk_left_ < size) {
    std::byte* chunk = map(kChunk);
    if (chunk == nullptr) return false;
    if (forked_) chunks_.push_back(chunk);
    chunk_ = chunk;
    chunk_left_ = kChunk;
  }
  free_[size_class] = new (chunk_) FreeBlock{free_[size_class]};
  chunk_ += size;
  chunk_left_ -= size;
  return true;
}

std::byte* Arena::map(std::size_t size) {
  std::size_t page = page_size();
  void* region = mmap(nullptr, size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (region == MAP_FAILED) return nullptr;
  auto* start = static_cast<std::byte*>(region) + page;
  if (mprotect(start, size, PROT_READ | PROT_WRITE) != 0) {
    munmap(region, size + 2 * page);
    return nullptr;
  }
  madvise(start, size, MADV_DONTDUMP);
  madvise(start, size, MADV_WIPEONFORK);
  if (!lock_pages(start, size)) locked_ = false;
  return start;
}

void Arena::unmap(std::byte* start, std::size_t size) noexcept { munmap(start - page_size(), size + 2 * page_size()); }

}  // namespace vault

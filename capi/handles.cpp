#include "capi/handles.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>
#include <unordered_set>

namespace vault::capi {
namespace {

constexpr std::chrono::milliseconds kPause{1};

std::atomic<unsigned> fork_count{};

// The vaults that are open. A fork waits until nobody holds the mutex, so that a child can ask too.
struct OpenVaults {
  std::mutex mutex;
  std::vector<const vault_handle*> vaults;

  OpenVaults() {
    pthread_atfork([] { open_vaults().mutex.lock(); }, [] { open_vaults().mutex.unlock(); },
                   [] {
                     ++fork_count;
                     open_vaults().mutex.unlock();
                   });
  }
  static OpenVaults& open_vaults() {
    static auto* vaults = new OpenVaults;  // never freed: threads may run on when the process ends
    return *vaults;
  }
  auto find(const vault_handle* vault) { return std::ranges::find(vaults, vault); }
};

}  // namespace

unsigned forks() noexcept { return fork_count; }

vault_handle* opened(Vault vault) {
  auto handle = std::unique_ptr<vault_handle>(new vault_handle{std::move(vault)});
  OpenVaults& open = OpenVaults::open_vaults();
  const std::lock_guard lock(open.mutex);
  open.vaults.push_back(handle.get());
  return handle.release();
}

void close(vault_handle* vault) {
  const Uncancelled uncancelled;
  OpenVaults& open = OpenVaults::open_vaults();
  {
    const std::lock_guard lock(open.mutex);
    const auto place = open.find(vault);
    if (place == open.vaults.end() || vault->forks != forks()) return;
    open.vaults.erase(place);
  }
  while (vault->calls != 0) std::this_thread::sleep_for(kPause);
  delete vault;
}

Call::Call(const vault_handle* vault) : vault_(nullptr) {
  OpenVaults& open = OpenVaults::open_vaults();
  const std::lock_guard lock(open.mutex);
  if (open.find(vault) == open.vaults.end()) return;
  vault_ = const_cast<vault_handle*>(vault);  // made without const, by opened()
  ++vault_->calls;
}

Call::~Call() {
  if (vault_ != nullptr) --vault_->calls;
}

#ifndef NDEBUG
namespace {

// All that were given out. As with the open vaults, a fork waits for the mutex.
struct AllAlive {
  std::mutex mutex;
  std::unordered_set<const Alive*> objects;

  AllAlive() {
    pthread_atfork([] { all().mutex.lock(); }, [] { all().mutex.unlock(); }, [] { all().mutex.unlock(); });
  }
  static AllAlive& all() {
    static auto* alive = new AllAlive;
    return *alive;
  }
};

}  // namespace

Alive::Alive() {
  AllAlive& all = AllAlive::all();
  const std::lock_guard lock(all.mutex);
  all.objects.insert(this);
}

Alive::~Alive() {
  AllAlive& all = AllAlive::all();
  const std::lock_guard lock(all.mutex);
  all.objects.erase(this);
}

bool Alive::is(const Alive* alive) {
  AllAlive& all = AllAlive::all();
  const std::lock_guard lock(all.mutex);
  return all.objects.contains(alive);
}
#endif

}  // namespace vault::capi

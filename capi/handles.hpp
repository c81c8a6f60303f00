#pragma once

#include <atomic>
#include <variant>
#include <vector>

#include "capi/arguments.hpp"
#include "capi/vault.h"
#include "vault/vault.hpp"

namespace vault::capi {

// Builds without NDEBUG know every secret, entry and list that was given out, so that one that was freed is recognised.
#ifdef NDEBUG
class Alive {
 public:
  static bool is(const Alive*) { return true; }
};
#else
class Alive {
 public:
  Alive();
  Alive(const Alive&) : Alive() {}
  Alive& operator=(const Alive&) { return *this; }
  ~Alive();
  static bool is(const Alive* alive);  // which may be gone
};
#endif

// How many forks lie between the first process and this one; counted from when the library was first used.
unsigned forks() noexcept;

struct SlotItem {
  SlotView view;
  std::string id;
};

struct TeamItem {
  TeamView view;
  std::string id;
};

struct CommitItem {
  CommitView view;
  std::string hash;
};

}  // namespace vault::capi

// What the opaque types of vault.h are.

struct vault_handle {
  vault::Vault vault;
  unsigned forks = vault::capi::forks();
  std::atomic<unsigned> calls{};  // that run on it
};

struct vault_secret {
  vault::SecretValue value;
  unsigned forks = vault::capi::forks();
  [[no_unique_address]] vault::capi::Alive alive{};
};

struct vault_entry {
  vault::EntryView view;
  [[no_unique_address]] vault::capi::Alive alive{};
};

struct vault_list {
  std::variant<std::vector<vault_entry>, std::vector<vault::capi::SlotItem>, std::vector<vault::capi::TeamItem>,
               std::vector<vault::capi::CommitItem>>
      items;
  std::size_t next = 0;
  [[no_unique_address]] vault::capi::Alive alive{};
};

namespace vault::capi {

// A new vault is among the open ones until it is closed.
vault_handle* opened(Vault vault);
// Waits for the calls that run on it, then frees it. Does nothing with one that is not open, or was opened before a fork.
void close(vault_handle* vault);

// A call on a vault, from beginning to end: it is not freed meanwhile.
class Call {
 public:
  explicit Call(const vault_handle* vault);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  Vault* vault() const { return vault_ == nullptr ? nullptr : &vault_->vault; }  // null: it is not open

 private:
  vault_handle* vault_;
};

// The work of a C function on a vault: takes a Vault& and gives a Status.
template <class Work>
vault_code on(const vault_handle* vault, Work work) noexcept {
  return guard([&]() -> Status {
    if (auto fine = required(vault, "vault"); !fine) return fine;
    const Call call(vault);
    if (call.vault() == nullptr) return Error{Errc::usage, "vault: it is not open, or not any more"};
    return work(*call.vault());
  });
}

// The same, with a label.
template <class Work>
vault_code on(const vault_handle* vault, const char* label, Work work) noexcept {
  return on(vault, [&](Vault& open) -> Status {
    if (auto fine = required(label, "label"); !fine) return fine;
    auto parsed = Label::parse(label);
    if (!parsed) return parsed.error();
    return work(open, *parsed);
  });
}

template <class Handle>
bool is_alive(const Handle* handle) {
  return handle != nullptr && Alive::is(&handle->alive);
}

// The memory of a secret from before a fork is wiped in the child.
inline bool is_readable(const vault_secret* secret) { return is_alive(secret) && secret->forks == forks(); }

template <class Handle>
Status usable(const Handle* handle, const char* what) {
  if (auto fine = required(handle, what); !fine) return fine;
  if (!is_alive(handle)) return Error{Errc::usage, std::string(what) + " was freed"};
  return {};
}

inline Error no_such(const char* what) { return {Errc::not_found, std::string("no such ") + what}; }

// One of a list's items.
template <class Item>
Result<const Item*> item_at(const vault_list* list, std::size_t index, const char* what) {
  if (auto fine = usable(list, "list"); !fine) return fine.error();
  const auto* items = std::get_if<std::vector<Item>>(&list->items);
  if (items == nullptr) return Error{Errc::usage, std::string("this is no list with a ") + what};
  if (index >= items->size()) return no_such(what);
  return &(*items)[index];
}

// Gives a list of what the facade found, each made into an item of the C interface.
template <class Item, class View, class Make>
Status give_list(vault_list** out, Result<std::vector<View>> found, Make make) {
  if (!found) return found.error();
  std::vector<Item> items;
  items.reserve(found->size());
  for (View& view : *found) items.push_back(make(std::move(view)));
  *out = new vault_list{std::move(items)};
  return {};
}

}  // namespace vault::capi

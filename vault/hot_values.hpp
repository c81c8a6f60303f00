#pragma once

#include <list>
#include <unordered_map>

#include "vault/base/bytes.hpp"
#include "vault/model/state.hpp"

namespace vault {

// How a field is asked for.
struct HotKey {
  std::string_view label;
  std::string_view field;     // empty: the first secret one
  std::uint32_t version = 0;  // 0: the active one
  bool operator==(const HotKey&) const = default;
};

// A verified field as it lies in the store, and what is needed to judge and to open it. Never plaintext of a secret.
struct HotValue {
  std::string field;
  std::uint32_t version = 0;
  VersionLife life;
  bool secret = true;
  TeamId team;
  std::uint64_t generation = 0;  // of the team's key
  Bytes aad;                     // what its wrap is bound to
  Bytes stored;
};

// The values that were asked for last, so that a further answer needs no look at the store. They were verified under one head of the history
// and one header, and are gone with it. Bounded in number and bytes. Not thread-safe.
class HotValues {
 public:
  static constexpr std::size_t kMost = 4096;
  static constexpr std::size_t kMostBytes = std::size_t{8} * 1024 * 1024;

  struct Basis {
    Digest head{};
    std::uint64_t header_sequence = 0;
    bool operator==(const Basis&) const = default;
  };
  // What is remembered from here on is verified under this; what was verified under another is forgotten.
  void keep_for(const Basis& basis);
  void clear();

  const HotValue* find(const HotKey& key);  // valid until the next change
  void put(const HotKey& key, HotValue value);
  std::size_t size() const { return places_.size(); }

 private:
  struct Kept {
    std::string label, field;  // as asked for
    std::uint32_t version;
    HotValue value;
    HotKey key() const { return {label, field, version}; }
    std::size_t bytes() const;
  };
  struct KeyHash {
    std::size_t operator()(const HotKey& key) const noexcept;
  };
  void drop_last();

  Basis basis_;
  std::list<Kept> kept_;                                                   // the last asked for in front
  std::unordered_map<HotKey, std::list<Kept>::iterator, KeyHash> places_;  // their keys point into the list
  std::size_t bytes_ = 0;
};

}  // namespace vault

#include "vault/hot_values.hpp"

#include <functional>

namespace vault {

std::size_t HotValues::Kept::bytes() const {
  return sizeof(Kept) + label.size() + field.size() + value.field.size() + value.aad.size() + value.stored.size();
}

std::size_t HotValues::KeyHash::operator()(const HotKey& key) const noexcept {
  const std::hash<std::string_view> hash;
  return hash(key.label) ^ hash(key.field) * 3 ^ key.version;
}

void HotValues::keep_for(const Basis& basis) {
  if (basis == basis_) return;
  clear();
  basis_ = basis;
}

void HotValues::clear() {
  places_.clear();
  kept_.clear();
  bytes_ = 0;
}

const HotValue* HotValues::find(const HotKey& key) {
  auto place = places_.find(key);
  if (place == places_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, place->second);
  return &place->second->value;
}

void HotValues::put(const HotKey& key, HotValue value) {
  if (places_.contains(key)) return;  // the same, as long as the basis is
  kept_.push_front({std::string(key.label), std::string(key.field), key.version, std::move(value)});
  places_.emplace(kept_.front().key(), kept_.begin());
  bytes_ += kept_.front().bytes();
  while (kept_.size() > kMost || bytes_ > kMostBytes) drop_last();
}

void HotValues::drop_last() {
  bytes_ -= kept_.back().bytes();
  places_.erase(kept_.back().key());
  kept_.pop_back();
}

}  // namespace vault

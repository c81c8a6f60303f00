#include "vault/crypto/init.hpp"
#include "vault/session.hpp"

namespace vault {

Vault::Vault(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
// A forked child must not close what it inherited: SQLite would roll back its parent's transaction.
Vault::~Vault() {
  if (impl_ && impl_->is_forked()) static_cast<void>(impl_.release());
}
Vault::Vault(Vault&&) noexcept = default;
Vault& Vault::operator=(Vault&& other) noexcept {
  Vault old(std::move(*this));
  impl_ = std::move(other.impl_);
  return *this;
}

namespace {

constexpr int kMostRekeys = 20;  // that one opening may run into

}  // namespace

Result<Vault> Vault::open(const fs::path& dir, const Unlock& offered, const Platform& platform) {
  if (auto ready = init_crypto(); !ready) return ready.error();
  auto file = read_header(platform.files, dir);
  if (!file) return file.error();
  auto self = unlock(file->header, offered.factors, offered.slot, platform.limits);
  if (!self) return self.error();
  auto found = read_mark(platform, file->header, *self);
  if (!found) return found.error();
  for (int rekeys = 0;; ++rekeys) {
    const HeaderBody& body = file->header.body;
    auto store = RecordStore::open(dir / body.store_name, store_key(self->vault_key, body.vault), offered.wait);
    if (store) {
      auto impl =
          std::make_unique<Impl>(platform, dir, std::move(*file), std::move(*self), std::move(*store), offered.wait);
      if (auto begun = impl->begin(*found, offered.accept_rollback); !begun) return begun.error();
      return Vault(std::move(impl));
    }
    // The store may have been replaced by that of a new epoch since the header was read.
    auto newer = read_header(platform.files, dir);
    if (newer && newer->header.sequence > file->header.sequence && rekeys < kMostRekeys) {
      if (auto adopted = adopt(newer->header, *self); !adopted) return adopted.error();
      file = std::move(newer);
      continue;
    }
    const Status age = check_age(found->mark, file->header, *self);
    return age ? store.error() : age.error();
  }
}

}  // namespace vault

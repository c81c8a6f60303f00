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

Result<Vault> Vault::open(const fs::path& dir, const Unlock& offered, const Platform& platform) {
  if (auto ready = init_crypto(); !ready) return ready.error();
  auto file = read_header(platform.files, dir);
  if (!file) return file.error();
  auto self = unlock(file->header, offered.factors, offered.slot, platform.limits);
  if (!self) return self.error();
  auto store =
      RecordStore::open(dir / file->header.body.store_name, store_key(self->vault_key, file->header.body.vault));
  if (!store) return store.error();
  auto impl =
      std::make_unique<Impl>(platform, dir, std::move(*file), std::move(*self), std::move(*store), offered.wait);
  auto head = impl->read([](ReadView&) -> Status { return {}; });
  if (!head) return head.error();
  return Vault(std::move(impl));
}

}  // namespace vault

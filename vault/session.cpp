#include "vault/session.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace vault {
namespace {

constexpr std::chrono::milliseconds kLockPause{10};
constexpr int kMostHeaderRaces = 100;

}  // namespace

namespace {

fs::path state_directory() {
  const char* base = std::getenv("XDG_STATE_HOME");
  if (base != nullptr && fs::path(base).is_absolute()) return fs::path(base) / "vault";
  const char* home = std::getenv("HOME");
  if (home != nullptr && fs::path(home).is_absolute()) return fs::path(home) / ".local/state/vault";
  return {};
}

}  // namespace

const Platform& Platform::native() {
  static SystemFiles files;
  static SystemClock clock;
  static SystemRandom random;
  static Argon2id kdf;
  static const Platform platform{files, clock, random, kdf, KdfLimits::of_this_machine(), state_directory()};
  return platform;
}

Error doing(std::string_view operation, const Error& error) {
  return {error.code, fmt::format("{}: {}", operation, error.message)};
}

Result<WriteLock> lock_for_writing(Files& files, const fs::path& dir, std::chrono::milliseconds wait) {
  OpenFile lock(files, files.open(dir / "lock", O_RDWR | O_CREAT, 0600));
  if (lock.fd() < 0) return system_error("open", dir / "lock", errno);
  const auto end = std::chrono::steady_clock::now() + wait;
  while (files.try_lock(lock.fd(), true) != 0) {
    if (errno != EAGAIN && errno != EACCES && errno != EINTR) return system_error("lock", dir / "lock", errno);
    if (std::chrono::steady_clock::now() >= end)
      return Error{Errc::busy, "another process is changing the vault; try again"};
    std::this_thread::sleep_for(kLockPause);
  }
  return WriteLock(files, std::move(lock));
}

// ---- the open vault ---------------------------------------------------------------------------------------------------

Vault::Impl::Impl(const Platform& platform, fs::path dir, HeaderFile file, Unlocked self, RecordStore store,
                  std::chrono::milliseconds wait)
    : platform_(platform),
      dir_(std::move(dir)),
      header_(std::move(file)),
      self_(std::move(self)),
      store_(std::move(store)),
      fingerprint_key_(open_fingerprint_key(header_.header, self_)),
      wait_(wait),
      process_(getpid()) {}

bool Vault::Impl::is_forked() const { return getpid() != process_; }

Status Vault::Impl::check_process() const {
  if (!is_forked()) return {};
  return Error{Errc::locked, "this vault was opened before a fork: a child may open it again after exec"};
}

bool Vault::Impl::reload_header() {
  auto file = read_header(platform_.files, dir_);
  if (!file || file->header.sequence <= header_.header.sequence) return false;
  if (file->header.body.vault != vault() || !verify_header(file->header, self_)) return false;
  header_ = std::move(*file);
  self_.role = header_.header.body.roster.open_row(self_.identity)->role;
  return true;
}

// Called under the lock. What an interrupted writer or a bad sector left behind in one of the two files is mended.
Status Vault::Impl::refresh_header() {
  auto file = read_header(platform_.files, dir_);
  if (!file) return file.error();
  if (file->header.sequence < header_.header.sequence) {
    return Error{Errc::stale, "the vault's header is older than the one this process has read"};
  }
  if (file->header.body.vault != vault()) return Error{Errc::stale, "another vault was put in this one's place"};
  if (auto verified = verify_header(file->header, self_); !verified) return verified;
  header_ = std::move(*file);
  self_.role = header_.header.body.roster.open_row(self_.identity)->role;
  const Bytes bytes = encode(header_.header);
  auto copy = read_file(platform_.files, dir_ / "header.2", bytes.size());
  if (!header_.from_copy && copy && *copy == bytes) return {};
  if (auto mended = write_header(platform_.files, dir_, header_.header); !mended) return mended;
  header_.from_copy = false;
  return {};
}

Result<ReadView> Vault::Impl::begin_read() {
  // Another process may have changed the header since we read it: then, and only then, look again, each time at a newer one.
  for (int races = 0; races < kMostHeaderRaces; ++races) {
    auto view = store_.read(header_.header);
    if (view || view.error().code != Errc::corrupt || !reload_header()) return view;
  }
  return Error{Errc::busy, "the vault's header changes too fast to be read; try again"};
}

Result<WriteLock> Vault::Impl::begin_write(Right right) {
  auto lock = lock_for_writing(platform_.files, dir_, wait_);
  if (!lock) return lock.error();
  if (auto fresh = refresh_header(); !fresh) return fresh.error();
  if (right == Right::admin && self_.role != Role::admin)
    return Error{Errc::denied, "only an admin may change this vault"};
  return lock;
}

// The body names the present head, so that an older store is refused beside the new header.
Status Vault::Impl::sign_body(Header& next) {
  auto view = store_.read(header_.header);
  if (!view) return view.error();
  ++next.body.sequence;
  next.body.head_sequence = view->head().commit.sequence;
  next.body.head_hash = view->head().hash;
  next.body_bytes = encode(next.body);
  next.author = self_.keys.signing();
  next.body_signature = self_.keys.sign(SignedType::body, vault(), next.body_bytes);
  return {};
}

// An admin's new header has a new body, and a commit names it. Everybody else changes slots alone: the next commit will name that.
Status Vault::Impl::write_next_header(const char* operation, Header next) {
  const bool admin = self_.role == Role::admin;
  if (admin) {
    if (auto body = sign_body(next); !body) return body;
  }
  ++next.sequence;
  next.mac = header_mac(self_.vault_key, next);
  if (auto written = write_header(platform_.files, dir_, next); !written) return written;
  header_ = {std::move(next), false};
  if (!admin) return {};
  // The new header is on disk and counts. Should its own commit not fit (a full disk), the next one will name it.
  auto head = store_.write(header_.header, author(), [&](ReadView&) -> Result<Change> {
    Change change;
    change.operation = operation;
    return change;
  });
  static_cast<void>(head);
  return {};
}

}  // namespace vault

#include "vault/session.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>

namespace vault {
namespace {

constexpr int kMostHeaderRaces = 100;
constexpr std::chrono::seconds kLongestBelief{1};

fs::path state_directory() {
  const char* base = std::getenv("XDG_STATE_HOME");
  if (base != nullptr && fs::path(base).is_absolute()) return fs::path(base) / "vault";
  const char* home = std::getenv("HOME");
  if (home != nullptr && fs::path(home).is_absolute()) return fs::path(home) / ".local/state/vault";
  return {};
}

}  // namespace

// Never destroyed: threads may be inside the library when the process ends.
const Platform& Platform::native() {
  static auto& files = *new SystemFiles;
  static auto& clock = *new SystemClock;
  static auto& random = *new SystemRandom;
  static auto& kdf = *new Argon2id;
  static const auto& platform =
      *new Platform{files, clock, random, kdf, KdfLimits::of_this_machine(), state_directory()};
  return platform;
}

Error doing(std::string_view operation, const Error& error) {
  return {error.code, fmt::format("{}: {}", operation, error.message)};
}

namespace {

const Error kRemoved{Errc::denied, "this identity was removed from the vault; an admin can add a new one"};
const Error kReplaced{Errc::locked,
                      "this identity has new keys, since a secret of it had leaked: open the vault again"};

}  // namespace

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
      lock_file_(platform_.files, platform_.files.open(dir_ / "lock", O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0)),
      generation_(read_generation(platform_.files, lock_file_.fd())),
      looked_(platform_.clock.steady()),
      process_(getpid()) {}

bool Vault::Impl::is_forked() const { return getpid() != process_; }

Status Vault::Impl::check_process() const {
  if (!is_forked()) return {};
  return Error{Errc::locked, "this vault was opened before a fork: a child may open it again after exec"};
}

// A header that verifies, and is no older than what this machine has seen, takes the place of ours; with a new vault key comes a new store.
Status Vault::Impl::adopt(HeaderFile file) {
  if (file.header.body.vault != vault()) return Error{Errc::stale, "another vault was put in this one's place"};
  if (const Standing standing = standing_in(file.header, self_); standing != Standing::member)
    excluded_ = standing == Standing::removed ? kRemoved : kReplaced;
  if (excluded_) return *excluded_;
  SecretBuffer key = SecretBuffer::copy(self_.vault_key.bytes.expose());
  const auto [role, root] = std::pair(self_.role, self_.root_admin);
  if (auto verified = vault::adopt(file.header, self_); !verified) return verified;
  if (auto age = check_age(mark_, file.header, self_); !age) {
    self_.vault_key.bytes = std::move(key);
    self_.role = role;
    self_.root_admin = root;
    return age;
  }
  header_ = std::move(file);
  if (!(key == self_.vault_key.bytes)) reopen_store_ = true;
  return ensure_store();
}

Status Vault::Impl::ensure_store() {
  if (!reopen_store_) return {};
  auto store = open_store(header_.header);
  if (!store) return store.error();
  if (store_.seen()) store->remember(*store_.seen());
  store_ = std::move(*store);
  reopen_store_ = false;
  return {};
}

Result<RecordStore> Vault::Impl::open_store(const Header& header) const {
  return RecordStore::open(dir_ / header.body.store_name, store_key(self_.vault_key, header.body.vault), wait_);
}

bool Vault::Impl::reload_header() {
  auto file = read_header(platform_.files, dir_);
  if (!file || file->header.sequence <= header_.header.sequence) return false;
  if (adopt(std::move(*file))) return true;
  generation_.reset();  // what could not be taken over is looked at again, at the next call
  return false;
}

// Called under the lock. What an interrupted writer or a bad sector left behind in one of the two files is mended.
Status Vault::Impl::refresh_header() {
  auto file = read_header(platform_.files, dir_);
  if (!file) return file.error();
  if (file->header.sequence < header_.header.sequence) {
    return Error{Errc::stale, "the vault's header is older than the one this process has read"};
  }
  Bytes bytes = encode(header_.header);
  if (encode(file->header) == bytes) {
    header_.from_copy = file->from_copy;
    if (auto there = ensure_store(); !there) return there;
  } else {
    if (auto adopted = adopt(std::move(*file)); !adopted) return adopted;
    bytes = encode(header_.header);
  }
  auto copy = read_file(platform_.files, dir_ / "header.2", bytes.size());
  if (!header_.from_copy && copy && *copy == bytes) return {};
  if (auto mended = write_header(platform_.files, dir_, header_.header); !mended) return mended;
  header_.from_copy = false;
  return {};
}

std::optional<std::uint64_t> Vault::Impl::generation_now() { return read_generation(platform_.files, lock_file_.fd()); }

// The generation in `lock` is a hint that nothing has changed since the last look, believed for a second.
bool Vault::Impl::is_believed(std::optional<std::uint64_t> generation) const {
  return generation && generation == generation_ && platform_.clock.steady() - looked_ < kLongestBelief;
}

void Vault::Impl::look_again() {
  const auto generation = generation_now();
  if (is_believed(generation)) return;
  generation_ = generation;
  looked_ = platform_.clock.steady();
  reload_header();
}

// What was verified before holds on under the same head and header, and not when a look at them failed.
Result<ReadView> Vault::Impl::begin_read() {
  auto view = begin_view();
  if (view) {
    hot_values_.keep_for({view->head().hash, header_.header.sequence});
  } else {
    hot_values_.clear();
  }
  return view;
}

Result<ReadView> Vault::Impl::begin_view() {
  look_again();
  // Another process may have changed the header since we read it: then, and only then, look again, each time at a newer one.
  for (int races = 0; races < kMostHeaderRaces; ++races) {
    if (excluded_) return *excluded_;
    Status there = ensure_store();  // a rekey may have taken it since we read the header that names it
    Result<ReadView> view = there ? store_.read(header_.header) : there.error();
    if (view) keep_mark();
    if (view || view.error().code != Errc::corrupt) return view;
    if (!reload_header() && !excluded_) return view;
  }
  return Error{Errc::busy, "the vault's header changes too fast to be read; try again"};
}

Result<WriteLock> Vault::Impl::begin_write(Right right) {
  hot_values_.clear();
  auto lock = lock_for_writing(platform_.files, dir_, wait_);
  if (!lock) return lock.error();
  if (auto fresh = refresh_header(); !fresh) return fresh.error();
  if (right == Right::admin && self_.role != Role::admin)
    return Error{Errc::denied,
                 fmt::format("only an admin may change this vault; this identity's role is {}", name(self_.role))};
  if (right == Right::admin) remove_strays();
  return lock;
}

// Stores of other epochs: of a rekey that was killed before its header was written, or after it. They go only once the header that does not
// name them is sure to stay.
void Vault::Impl::remove_strays() {
  auto names = list_directory(dir_);
  if (!names) return;
  std::vector<fs::path> strays;
  for (const std::string& name : *names) {
    const auto epoch = epoch_of_store(name);
    if (epoch && *epoch != header_.header.body.epoch) strays.push_back(dir_ / name);
  }
  if (strays.empty() || !sync_directory(platform_.files, dir_)) return;
  for (const fs::path& stray : strays) platform_.files.remove(stray);
}

// ---- freshness --------------------------------------------------------------------------------------------------------

// After a commit, and when the head or the header moved.
void Vault::Impl::keep_mark() {
  if (!begun_ || !store_.seen()) return;
  Seen seen = *store_.seen();
  seen.header_sequence = header_.header.sequence;
  if (mark_ && mark_->seen == seen) return;
  mark_ = mark_of(header_.header, self_, seen, mark_);
  write_mark(platform_, *mark_, self_.seed, guard_);
}

namespace {

Error with_way_out(Error error) {
  if (error.code == Errc::stale)
    error.message += "; if that is as it should be (a restored backup), an admin says so with --accept-rollback";
  return error;
}

}  // namespace

// The first read. An older header than the mark's is right only where the history says that an admin went back to it.
Status Vault::Impl::begin(const FoundMark& found, bool accept_rollback) {
  guard_ = found.guard;
  if (found.mark) store_.remember(found.mark->seen);
  Status fresh = read([](ReadView&) -> Status { return {}; });
  Status admins, age;  // of the header that the read ended with
  if (found.mark) {
    admins = check_admins_age(*found.mark, header_.header, self_);
    age = check_header_age(*found.mark, header_.header, self_);
  }
  const auto went_back = store_.accepted_rollback();
  const bool excused = fresh && went_back && went_back->header_sequence >= found.mark->seen.header_sequence;
  if (!age && !excused) fresh = age;
  if (!admins) fresh = admins;
  if (!admins && admins.error().code != Errc::stale) return admins;  // nothing excuses that
  if (!fresh) {
    const std::optional<Mark> gone = found.mark && fresh.error().code == Errc::stale ? found.mark : disagreement();
    if (!accept_rollback || !gone) return with_way_out(fresh.error());
    return go_back(*gone);
  }
  begun_ = true;
  if (found.mark && age) mark_ = found.mark;  // else it is made anew: what it says of slots was given up
  std::lock_guard guard(mutex_);
  keep_mark();
  return {};
}

// Where header and store do not belong together: the newer state of which the one or the other knows.
std::optional<Mark> Vault::Impl::disagreement() {
  auto head = store_.head_of_any_age(header_.header);
  const HeaderBody& body = header_.header.body;
  if (!head) return std::nullopt;
  const bool older_header = header_.header.sequence < head->commit.header_sequence;
  const bool older_store = head->commit.sequence < body.head_sequence;
  if (!older_header && !older_store) return std::nullopt;
  Seen seen{head->commit.sequence, head->hash, head->commit.time, head->commit.rollbacks, 0};
  if (older_store) seen.sequence = body.head_sequence, seen.hash = body.head_hash;
  seen.header_sequence = std::max(header_.header.sequence, head->commit.header_sequence);
  return mark_of(header_.header, self_, seen);
}

// Takes the state that is there for the present one, however old. A new header above all that was seen names its head; then a commit says
// what was given up.
Status Vault::Impl::go_back(const Mark& mark) {
  auto lock = lock_for_writing(platform_.files, dir_, wait_);
  if (!lock) return lock.error();
  std::lock_guard guard(mutex_);
  auto file = read_header(platform_.files, dir_);
  if (!file) return file.error();
  if (auto adopted = adopt(std::move(*file)); !adopted) return adopted;
  if (self_.role != Role::admin) return Error{Errc::denied, "only an admin may accept an older copy of the vault"};
  if (auto root = current_root(header_.header.body, mark.root_admin); !root || *root != self_.root_admin)
    return check_admins_age(mark, header_.header, self_);  // its root is not the one that was seen last
  auto head = store_.head_of_any_age(header_.header);
  if (!head) return head.error();
  Header next = header_.header;
  next.sequence = std::max({next.sequence, mark.seen.header_sequence, head->commit.header_sequence});
  next.body.sequence = std::max({next.body.sequence, mark.body_sequence, head->commit.body_sequence});
  Roster& roster = next.body.roster;
  if (roster.list_sequence < mark.list_sequence) {
    if (self_.keys.signing() != self_.root_admin)
      return Error{Errc::denied, "only the root admin may accept a copy with an older list of admins"};
    roster.list_sequence = mark.list_sequence;
    roster.admin_signature = self_.keys.sign(SignedType::admin_list, vault(), encode_admin_list(roster));
  }
  if (auto written = put_header(std::move(next), *head); !written) return written;
  store_.forget();
  auto done = store_.write(header_.header, author(), [&](ReadView&) -> Result<Change> {
    Change change;
    change.operation = "accept rollback";
    change.kind = CommitKind::rollback;
    const Seen& gone = mark.seen;
    change.payload = encode(Abandoned{gone.sequence, gone.hash, gone.header_sequence, gone.rollbacks});
    return change;
  });
  if (!done) return done.error();
  lock->announce();
  begun_ = true;
  keep_mark();
  return {};
}

// ---- new headers ------------------------------------------------------------------------------------------------------

// The body names the present head, so that an older store is refused beside the new header.
void Vault::Impl::sign_body(Header& next, const Head& head, const IdentityKeys& keys) const {
  ++next.body.sequence;
  next.body.head_sequence = head.commit.sequence;
  next.body.head_hash = head.hash;
  next.body_bytes = encode(next.body);
  next.author = keys.signing();
  next.body_signature = keys.sign(SignedType::body, vault(), next.body_bytes);
}

Status Vault::Impl::put_header(Header next, const std::optional<Head>& head) {
  if (head) sign_body(next, *head, self_.keys);
  ++next.sequence;
  next.mac = header_mac(self_.vault_key, next);
  if (auto written = write_header(platform_.files, dir_, next); !written) return written;
  header_ = {std::move(next), false};
  return {};
}

// An admin's new header has a new body, and a commit names it. Everybody else changes slots alone: the next commit will name that.
Status Vault::Impl::write_next_header(WriteLock& lock, const char* operation, Header next, Change naming) {
  std::optional<Head> head;
  if (self_.role == Role::admin) {
    auto view = store_.read(header_.header);
    if (!view) return view.error();
    head = view->head();
  }
  if (auto written = put_header(std::move(next), head); !written) return written;
  if (head) {
    // The new header is on disk and counts. Should its own commit not fit (a full disk), the next one will name it.
    naming.operation = operation;
    static_cast<void>(
        store_.write(header_.header, author(), [&](ReadView&) -> Result<Change> { return std::move(naming); }));
  }
  lock.announce();
  keep_mark();
  return {};
}

}  // namespace vault

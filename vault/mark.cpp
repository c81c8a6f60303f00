#include "vault/mark.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include "vault/base/limits.hpp"
#include "vault/base/reader.hpp"
#include "vault/base/time_bytes.hpp"
#include "vault/base/writer.hpp"
#include "vault/model/time_text.hpp"
#include "vault/write_lock.hpp"

namespace vault {
namespace {

constexpr std::string_view kMagic = "vaultmrk";
constexpr std::uint32_t kFormat = 1;
constexpr std::size_t kLargest = 64 * 1024;
constexpr std::chrono::seconds kWait{1};       // for another process that writes a mark
constexpr std::uint32_t kMostCounters = 1024;  // of slots that are there or were
constexpr std::size_t kMacSize = 32;

fs::path mark_path(const fs::path& state_dir, const VaultId& vault, const IdentityId& identity) {
  return state_dir / to_hex(vault.bytes) / to_hex(identity.bytes);
}

Digest mac_of(ByteView bytes, const IdentitySeed& seed, const VaultId& vault) {
  const SecretBuffer key = subkey(seed.bytes.expose(), personals::mark_key, vault);
  return Hash(personals::mark, key.expose(), vault.bytes).add(bytes).finish();
}

Error touched(const fs::path& path) {
  return {Errc::stale,
          fmt::format("what this machine remembers of the vault, in {}, is damaged or was changed by somebody else; "
                      "if you know why, remove that file, and the vault is taken as it is",
                      path.string())};
}

Error of_other_keys(const fs::path& path) {
  return {
      Errc::stale,
      fmt::format("this machine has seen this identity with newer keys than this vault gives it: it is an older copy, "
                  "from before a secret leaked; if it is right to go back, remove {}, and the vault is taken as it is",
                  path.string())};
}

std::optional<Mark> decode(ByteView bytes) {
  Reader in(bytes);
  if (!equal(in.raw(kMagic.size()), as_bytes(kMagic)) || in.u32() != kFormat) return std::nullopt;
  Mark mark;
  in.id(mark.vault);
  in.id(mark.identity);
  mark.key.bytes = in.array<32>();
  mark.root_admin.bytes = in.array<32>();
  mark.seen.header_sequence = in.u64();
  mark.body_sequence = in.u64();
  mark.list_sequence = in.u64();
  for (std::uint32_t n = in.count(kMostCounters, 16 + 8); n > 0; --n) {
    SlotId slot;
    in.id(slot);
    if (!mark.counters.empty() && slot <= mark.counters.rbegin()->first) in.fail();
    mark.counters[slot] = in.u64();
  }
  mark.seen.sequence = in.u64();
  mark.seen.hash = in.array<32>();
  mark.seen.time = read_time(in);
  mark.seen.rollbacks = in.u64();
  return in.finished() ? std::optional(mark) : std::nullopt;
}

// Whose mark it is; nobody has proven it yet.
std::optional<SigningPublicKey> key_of(ByteView bytes) {
  if (bytes.size() < kMacSize) return std::nullopt;
  auto mark = decode(bytes.first(bytes.size() - kMacSize));
  return mark ? std::optional(mark->key) : std::nullopt;
}

// The identity got new keys since the mark was written: it says nothing any more.
bool is_former_key(const SigningPublicKey& key, const Header& header, const Unlocked& self) {
  return std::ranges::any_of(header.body.roster.rows, [&](const RosterRow& row) {
    return row.id == self.identity && row.closed && row.signing == key;
  });
}

RollbackGuard no_guard(fs::path file, std::string why) {
  return {RollbackGuard::Kind::none, std::move(why), std::move(file), 0, {}};
}

// The mark at a path, if this identity wrote it for this vault.
std::optional<Mark> authentic(ByteView bytes, const VaultId& vault, const IdentityId& identity,
                              const IdentitySeed& seed) {
  if (bytes.size() < kMacSize) return std::nullopt;
  const ByteView signed_part = bytes.first(bytes.size() - kMacSize);
  const Digest mac = mac_of(signed_part, seed, vault);
  if (sodium_memcmp(mac.data(), bytes.data() + signed_part.size(), mac.size()) != 0) return std::nullopt;
  auto mark = decode(signed_part);
  return mark && mark->vault == vault && mark->identity == identity ? mark : std::nullopt;
}

// Of a slot that is not in the mark yet. A full mark forgets the rest: they are slots that were removed, and their headers are older as a whole.
void add_counter(Mark& mark, const SlotId& slot, std::uint64_t counter) {
  if (mark.counters.size() < kMostCounters) mark.counters.try_emplace(slot, counter);
}

// What two processes know together. A list of admins and its root are never set back; the rest is, by who accepted a rollback.
Mark merged(Mark mark, const Mark& other) {
  if (other.list_sequence > mark.list_sequence) {
    mark.list_sequence = other.list_sequence;
    mark.root_admin = other.root_admin;
  }
  if (mark.seen.rollbacks > other.seen.rollbacks) return mark;
  mark.body_sequence = std::max(mark.body_sequence, other.body_sequence);
  for (const auto& [slot, counter] : other.counters) {
    add_counter(mark, slot, counter);
    if (auto known = mark.counters.find(slot); known != mark.counters.end())
      known->second = std::max(known->second, counter);
  }
  const std::uint64_t header_sequence = std::max(mark.seen.header_sequence, other.seen.header_sequence);
  if (std::pair(other.seen.rollbacks, other.seen.sequence) > std::pair(mark.seen.rollbacks, mark.seen.sequence))
    mark.seen = other.seen;
  mark.seen.header_sequence = header_sequence;
  return mark;
}

}  // namespace

Bytes encode(const Mark& mark, const IdentitySeed& seed) {
  Writer out;
  out.raw(as_bytes(kMagic)).u32(kFormat).id(mark.vault).id(mark.identity);
  out.raw(mark.key.bytes).raw(mark.root_admin.bytes);
  out.u64(mark.seen.header_sequence).u64(mark.body_sequence).u64(mark.list_sequence);
  out.u32(static_cast<std::uint32_t>(mark.counters.size()));
  for (const auto& [slot, counter] : mark.counters) out.id(slot).u64(counter);
  out.u64(mark.seen.sequence).raw(mark.seen.hash);
  write_time(out, mark.seen.time);
  out.u64(mark.seen.rollbacks);
  const Digest mac = mac_of(out.bytes(), seed, mark.vault);
  return out.raw(mac).take();
}

Mark mark_of(const Header& header, const Unlocked& self, const Seen& seen, const std::optional<Mark>& before) {
  Mark mark{header.body.vault,
            self.identity,
            self.keys.signing(),
            self.root_admin,
            header.body.sequence,
            header.body.roster.list_sequence,
            {},
            seen};
  mark.seen.header_sequence = header.sequence;
  for (const Slot& slot : header.slots) {
    if (slot.identity == self.identity) mark.counters[slot.id] = slot.counter;
  }
  if (before) {
    for (const auto& [slot, counter] : before->counters) add_counter(mark, slot, Mark::kGone);
  }
  return mark;
}

Result<FoundMark> read_mark(const Platform& platform, const Header& header, const Unlocked& self) {
  const VaultId& vault = header.body.vault;
  if (platform.state_dir.empty())
    return FoundMark{{}, no_guard({}, "neither HOME nor XDG_STATE_HOME says where to remember")};
  const fs::path path = mark_path(platform.state_dir, vault, self.identity);
  RollbackGuard first{RollbackGuard::Kind::first_use, "", path, 0, {}};
  auto bytes = read_file(platform.files, path, kLargest);
  if (!bytes && bytes.error().code == Errc::limit) return touched(path);
  if (!bytes && bytes.error().code != Errc::not_found) return FoundMark{{}, no_guard(path, bytes.error().message)};
  if (!bytes || bytes->empty()) return FoundMark{{}, std::move(first)};  // empty: the trace of a power cut
  if (auto other_key = key_of(*bytes); other_key && *other_key != self.keys.signing()) {
    if (!is_former_key(*other_key, header, self)) return of_other_keys(path);
    return FoundMark{{}, std::move(first)};
  }
  auto mark = authentic(*bytes, vault, self.identity, self.seed);
  if (!mark) return touched(path);
  RollbackGuard guard{RollbackGuard::Kind::mark, "", path, mark->seen.sequence, mark->seen.time};
  return FoundMark{std::move(mark), std::move(guard)};
}

namespace {

// A header that is older as a whole is an old copy; one that is not, but for a part of it, was put together by somebody.
Error older(const Mark& mark, const Header& header, std::string_view what) {
  if (header.sequence >= mark.seen.header_sequence)
    return {Errc::corrupt,
            fmt::format("the vault's header was tampered with: {} is older than the one that this machine "
                        "has seen",
                        what)};
  return {
      Errc::stale,
      fmt::format("the vault's header is older than the one this machine has seen: {} ({} now, {} then, with commit {} "
                  "of {})",
                  what, header.sequence, mark.seen.header_sequence, mark.seen.sequence, to_rfc3339(mark.seen.time))};
}

}  // namespace

Status check_header_age(const Mark& mark, const Header& header, const Unlocked& self) {
  if (header.sequence < mark.seen.header_sequence) return older(mark, header, "its sequence");
  if (header.body.sequence < mark.body_sequence) return older(mark, header, "its body");
  for (const Slot& slot : header.slots) {
    auto known = mark.counters.find(slot.id);
    if (slot.identity == self.identity && known != mark.counters.end() && slot.counter < known->second)
      return older(mark, header, fmt::format("slot '{}'", slot.name));
  }
  return {};
}

Status check_admins_age(const Mark& mark, const Header& header, const Unlocked& self) {
  const HeaderBody& body = header.body;
  if (body.roster.list_sequence < mark.list_sequence) return older(mark, header, "its list of admins");
  auto root = current_root(body, mark.root_admin);
  auto today = current_root(body, self.root_admin);
  if (!root || !today || *root != *today) return older(mark, header, "its root admin");
  return {};
}

Status check_age(const std::optional<Mark>& mark, const Header& header, const Unlocked& self) {
  if (!mark) return {};
  if (auto admins = check_admins_age(*mark, header, self); !admins) return admins;
  return check_header_age(*mark, header, self);
}

namespace {

// One process after the other, so that none sets back what another has just written. `next`: what is there afterwards.
Status write_merged(Files& files, const fs::path& path, const Mark& mark, const IdentitySeed& seed, Mark& next) {
  if (auto made = make_directories(files, path.parent_path()); !made) return made;
  auto lock = lock_for_writing(files, path.parent_path(), kWait);
  if (!lock) return lock.error();
  next = mark;
  if (auto there = read_file(files, path, kLargest)) {
    auto other = authentic(*there, mark.vault, mark.identity, seed);
    if (other) next = other->seen.rollbacks > mark.seen.rollbacks ? *other : merged(mark, *other);
    if (other && next == *other) return {};
  }
  return replace_file_unsynced(files, path, encode(next, seed));
}

}  // namespace

void write_mark(const Platform& platform, const Mark& mark, const IdentitySeed& seed, RollbackGuard& guard) {
  if (platform.state_dir.empty()) return;
  const fs::path path = mark_path(platform.state_dir, mark.vault, mark.identity);
  Mark next;
  if (auto written = write_merged(platform.files, path, mark, seed, next); !written) {
    guard = no_guard(path, written.error().message);
    return;
  }
  guard.file = path;
  guard.sequence = next.seen.sequence;
  guard.time = next.seen.time;
}

}  // namespace vault

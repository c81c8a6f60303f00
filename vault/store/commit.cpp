#include "vault/store/commit.hpp"

#include "vault/base/limits.hpp"
#include "vault/base/time_bytes.hpp"
#include "vault/keyslot/header.hpp"

namespace vault {
namespace {

constexpr std::size_t kMostPayload = 256;
constexpr std::uint32_t kMostKinds = 64;
constexpr std::size_t kSubtreeSize = 1 + 32 + 8;
constexpr std::uint64_t kMostSequence = std::uint64_t{1} << 43;  // what the numbering of delta rows leaves room for

Subtrees read_subtrees(Reader& in, bool& known) {
  Subtrees subtrees;
  std::uint8_t last = 0;
  for (std::uint32_t n = in.count(kMostKinds, kSubtreeSize); n > 0; --n) {
    const std::uint8_t kind = in.u8();
    const Digest root = in.array<32>();
    const std::uint64_t live = in.u64();
    if (kind <= last || root == Digest{}) in.fail();  // in order, each once, none empty
    if (kind > kLastRecordKind) known = false;
    last = kind;
    subtrees[static_cast<RecordKind>(kind)] = {root, live};
  }
  return subtrees;
}

Abandoned read_abandoned(Reader& in) {
  Abandoned abandoned;
  abandoned.sequence = in.u64();
  abandoned.hash = in.array<32>();
  abandoned.header_sequence = in.u64();
  abandoned.rollbacks = in.u64();
  return abandoned;
}

// A history begins with an `init` or as a clone. An epoch says in its payload what the commit itself must have.
bool payload_fits(const Commit& commit) {
  const bool first = commit.sequence == 1;
  Reader in(commit.payload);
  switch (commit.kind) {
    case CommitKind::change: break;
    case CommitKind::rollback: {
      const Abandoned abandoned = read_abandoned(in);
      if (first || commit.rollbacks <= abandoned.rollbacks || abandoned.sequence == 0) return false;
      break;
    }
    case CommitKind::epoch: {
      const bool same_epoch = in.u64() == commit.epoch;
      const bool same_store = in.name(limits::name_bytes) == store_name(commit.epoch);
      if (first || !same_epoch || !same_store) return false;
      break;
    }
    case CommitKind::clone:
      in.array<16>();
      in.array<32>();
      if (!first) return false;
      break;
  }
  return in.finished();
}

Error malformed() { return {Errc::corrupt, "a commit of the vault's history is not well-formed"}; }

Error newer() { return {Errc::unsupported, "the vault's history has a commit of a newer version: use that"}; }

}  // namespace

std::string_view name(CommitKind kind) noexcept {
  switch (kind) {
    case CommitKind::change: return "change";
    case CommitKind::rollback: return "rollback";
    case CommitKind::epoch: return "epoch";
    case CommitKind::clone: return "clone";
  }
  return "unknown";
}

Bytes encode(const Abandoned& abandoned) {
  return Writer()
      .u64(abandoned.sequence)
      .raw(abandoned.hash)
      .u64(abandoned.header_sequence)
      .u64(abandoned.rollbacks)
      .take();
}

Bytes encode(const NewEpoch& epoch) { return Writer().u64(epoch.epoch).string(epoch.store_name).take(); }

Bytes encode(const Origin& origin) { return Writer().id(origin.vault).raw(origin.head).take(); }

std::optional<Abandoned> abandoned_by(const Commit& commit) {
  if (commit.kind != CommitKind::rollback) return std::nullopt;
  Reader in(commit.payload);
  return read_abandoned(in);
}

Bytes encode(const Commit& commit) {
  Writer out;
  out.u8(kRecordLayout).u16(kSuite).id(commit.vault).u64(commit.epoch).u64(commit.sequence).raw(commit.previous);
  out.u64(commit.rollbacks);
  write_time(out, commit.time);
  out.raw(commit.author.bytes).u8(static_cast<std::uint8_t>(commit.kind)).string(commit.operation);
  out.u64(commit.header_sequence).u64(commit.body_sequence).raw(commit.body_hash);
  out.u32(static_cast<std::uint32_t>(commit.subtrees.size()));
  for (const auto& [kind, subtree] : commit.subtrees) {
    out.u8(static_cast<std::uint8_t>(kind)).raw(subtree.root).u64(subtree.live);
  }
  out.raw(commit.delta_hash).u32(commit.delta_count);
  out.raw(commit.audit.session).u64(commit.audit.event).raw(commit.audit.tag);
  return out.string(commit.payload).take();
}

Result<Commit> decode_commit(ByteView bytes) {
  Reader in(bytes);
  const bool same_layout = in.u8() == kRecordLayout;
  const bool same_suite = in.u16() == kSuite;
  if (in.ok() && !(same_layout && same_suite)) return newer();
  bool known = true;
  Commit commit;
  in.id(commit.vault);
  commit.epoch = in.u64();
  commit.sequence = in.u64();
  commit.previous = in.array<32>();
  commit.rollbacks = in.u64();
  commit.time = read_time(in);
  commit.author.bytes = in.array<32>();
  const std::uint8_t kind = in.u8();
  if (kind < 1) in.fail();
  if (kind > static_cast<std::uint8_t>(CommitKind::clone)) known = false;
  commit.kind = static_cast<CommitKind>(kind);
  commit.operation = in.name(limits::name_bytes);
  commit.header_sequence = in.u64();
  commit.body_sequence = in.u64();
  commit.body_hash = in.array<32>();
  commit.subtrees = read_subtrees(in, known);
  commit.delta_hash = in.array<32>();
  commit.delta_count = in.u32();
  commit.audit.session = in.array<16>();
  commit.audit.event = in.u64();
  commit.audit.tag = in.array<32>();
  ByteView payload = in.string(kMostPayload);
  commit.payload.assign(payload.begin(), payload.end());
  if (commit.sequence == 0 || commit.sequence >= kMostSequence) in.fail();
  if (!in.finished()) return malformed();
  if (!known) return newer();
  if (!payload_fits(commit)) return malformed();
  return commit;
}

Digest commit_hash(ByteView encoded, const VaultId& vault) { return hash(personals::commit, encoded, vault.bytes); }

}  // namespace vault

#include "vault/store/commit.hpp"

#include "vault/base/limits.hpp"
#include "vault/base/time_bytes.hpp"

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

Error malformed() { return {Errc::corrupt, "a commit of the vault's history is not well-formed"}; }

Error newer() { return {Errc::unsupported, "the vault's history has a commit of a newer version: use that"}; }

}  // namespace

Bytes encode(const Commit& commit) {
  Writer out;
  out.u8(kRecordLayout).u16(kSuite).id(commit.vault).u64(commit.epoch).u64(commit.sequence).raw(commit.previous);
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
  commit.time = read_time(in);
  commit.author.bytes = in.array<32>();
  const std::uint8_t kind = in.u8();
  if (kind < 1) in.fail();
  if (kind > static_cast<std::uint8_t>(CommitKind::change)) known = false;
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
  if (commit.kind == CommitKind::change && !commit.payload.empty()) in.fail();
  if (!in.finished()) return malformed();
  if (!known) return newer();
  return commit;
}

Digest commit_hash(ByteView encoded, const VaultId& vault) { return hash(personals::commit, encoded, vault.bytes); }

}  // namespace vault

#include "vault/store/commit.hpp"

#include "vault/base/limits.hpp"
#include "vault/base/time_bytes.hpp"

namespace vault {
namespace {

constexpr std::size_t kMostPayload = 256;
constexpr std::size_t kSubtreeSize = 1 + 32 + 8;

Subtrees read_subtrees(Reader& in) {
  Subtrees subtrees;
  for (std::uint32_t n = in.count(8, kSubtreeSize); n > 0; --n) {
    const std::uint8_t kind = in.u8();
    const Digest root = in.array<32>();
    const std::uint64_t live = in.u64();
    const bool in_order = subtrees.empty() || static_cast<std::uint8_t>(subtrees.rbegin()->first) < kind;
    if (kind < 1 || kind > 8 || !in_order || root == Digest{}) in.fail();
    subtrees[static_cast<RecordKind>(kind)] = {root, live};
  }
  return subtrees;
}

}  // namespace

Bytes encode(const Commit& commit) {
  Writer out;
  out.u16(kSuite).id(commit.vault).u64(commit.epoch).u64(commit.sequence).raw(commit.previous);
  write_time(out, commit.time);
  out.raw(commit.author.bytes).u8(static_cast<std::uint8_t>(commit.kind)).string(commit.operation);
  out.u64(commit.header_sequence).u64(commit.body_sequence).raw(commit.body_hash);
  out.u32(static_cast<std::uint32_t>(commit.subtrees.size()));
  for (const auto& [kind, subtree] : commit.subtrees) {
    out.u8(static_cast<std::uint8_t>(kind)).raw(subtree.root).u64(subtree.live);
  }
  out.raw(root_hash(commit.subtrees, commit.vault)).raw(commit.delta_hash).u32(commit.delta_count);
  out.raw(commit.audit.session).u64(commit.audit.event).raw(commit.audit.tag);
  return out.string(commit.payload).take();
}

std::optional<Commit> decode_commit(ByteView bytes) {
  Reader in(bytes);
  if (in.u16() != kSuite) return std::nullopt;
  Commit commit;
  in.id(commit.vault);
  commit.epoch = in.u64();
  commit.sequence = in.u64();
  commit.previous = in.array<32>();
  commit.time = read_time(in);
  commit.author.bytes = in.array<32>();
  const std::uint8_t kind = in.u8();
  if (kind < 1 || kind > 4) in.fail();
  commit.kind = static_cast<CommitKind>(kind);
  commit.operation = in.text(limits::name_bytes);
  commit.header_sequence = in.u64();
  commit.body_sequence = in.u64();
  commit.body_hash = in.array<32>();
  commit.subtrees = read_subtrees(in);
  if (in.array<32>() != root_hash(commit.subtrees, commit.vault)) in.fail();
  commit.delta_hash = in.array<32>();
  commit.delta_count = in.u32();
  commit.audit.session = in.array<16>();
  commit.audit.event = in.u64();
  commit.audit.tag = in.array<32>();
  ByteView payload = in.string(kMostPayload);
  commit.payload.assign(payload.begin(), payload.end());
  return in.finished() ? std::optional(std::move(commit)) : std::nullopt;
}

Digest commit_hash(ByteView encoded, const VaultId& vault) { return hash(personals::commit, encoded, vault.bytes); }

}  // namespace vault

#pragma once

#include "vault/crypto/identity.hpp"
#include "vault/store/hash_tree.hpp"

namespace vault {

enum class CommitKind : std::uint8_t { change = 1, rollback = 2, epoch = 3, clone = 4 };
std::string_view name(CommitKind kind) noexcept;

// What a commit of kind rollback gives up: the newest state that was known, when an older one was accepted in its place.
struct Abandoned {
  std::uint64_t sequence = 0;
  Digest hash{};
  std::uint64_t header_sequence = 0;
  std::uint64_t rollbacks = 0;  // that it had behind it
  bool operator==(const Abandoned&) const = default;
};

// What a commit of kind epoch begins.
struct NewEpoch {
  std::uint64_t epoch = 0;
  std::string store_name;
};

// Where the first commit of a clone comes from.
struct Origin {
  VaultId vault;
  Digest head{};
};

// Where its author's audit log stood; zero until there is one.
struct AuditPosition {
  ByteArray<16> session{};
  std::uint64_t event = 0;
  ByteArray<32> tag{};
  bool operator==(const AuditPosition&) const = default;
};

// One signed change. Commits form a hash chain; the newest is the head (docs/FORMAT.md section 8).
struct Commit {
  VaultId vault;
  std::uint64_t epoch = 1;
  std::uint64_t sequence = 1;
  Digest previous{};
  std::uint64_t rollbacks = 0;  // raised by each rollback above those of both the states that it chose between
  Time time{};
  SigningPublicKey author;
  CommitKind kind = CommitKind::change;
  std::string operation;  // the verb, for `log`: "add"
  std::uint64_t header_sequence = 0;
  std::uint64_t body_sequence = 0;
  Digest body_hash{};
  Subtrees subtrees;  // their hash is the root that is signed
  Digest delta_hash{};
  std::uint32_t delta_count = 0;
  AuditPosition audit;
  Bytes payload;  // by kind; empty for a change
  bool operator==(const Commit&) const = default;
};

Bytes encode(const Commit& commit);
Bytes encode(const Abandoned& abandoned);
Bytes encode(const NewEpoch& epoch);
Bytes encode(const Origin& origin);
// The payload of a commit of kind rollback; nothing for other kinds.
std::optional<Abandoned> abandoned_by(const Commit& commit);
// Errors: corrupt, unsupported (another suite, or a kind of commit or record that a newer version writes).
Result<Commit> decode_commit(ByteView bytes);
Digest commit_hash(ByteView encoded, const VaultId& vault);

}  // namespace vault

#pragma once

#include "vault/session.hpp"

namespace vault {

// A vault that is being made: what its header says, and its first admin's keys.
struct NewVault {
  const Platform& platform;
  Header header;
  Unlocked root;
};

// What the first commit holds.
using MakeFirstChange = std::function<Result<Change>(const NewVault& made)>;

// Makes a vault in a directory that is empty or not there, with its slots, all of its root admin. `kept`: the fingerprint key, if it shall be that of
// another vault. What fails leaves none. Errors: those of Vault::create, and of `first`.
Status create_vault(const fs::path& dir, const std::vector<NewSlot>& slots, const FingerprintKey* kept,
                    const Platform& platform, const MakeFirstChange& first);

}  // namespace vault

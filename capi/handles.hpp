#pragma once

#include <vector>

#include "capi/vault.h"
#include "vault/vault.hpp"

// What the opaque types of vault.h are.

struct vault_handle {
  vault::Vault vault;
};

struct vault_secret {
  vault::SecretBuffer bytes;
};

struct vault_entry {
  vault::EntryView view;
};

struct vault_list {
  std::vector<vault_entry> entries;
  std::size_t next = 0;
};

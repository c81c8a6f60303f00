#pragma once

#include <vector>

#include "vault/vault.hpp"

namespace vault::cli {

struct NamedValue {
  Label label;
  SecretValue value;
};

// What `get --json` prints, written into locked memory: {"schema":1,"values":[{"label","version","field","text"|"base64"}]}.
// "text" where the bytes are UTF-8.
SecretBuffer secret_json(const std::vector<NamedValue>& values);

}  // namespace vault::cli

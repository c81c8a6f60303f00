#pragma once

#include "vault/cli/options.hpp"
#include "vault/cli/output.hpp"
#include "vault/cli/secret_input.hpp"
#include "vault/config.hpp"
#include "vault/platform.hpp"

namespace vault::cli {

// What every verb has at hand.
struct Context {
  GlobalOptions global;
  FactorOptions factors;
  Output output;
  SecretInput input;
  std::vector<std::string> arguments;  // what is not an option
  const Platform& platform;
};

}  // namespace vault::cli

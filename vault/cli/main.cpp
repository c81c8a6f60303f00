#include "vault/cli/hardening.hpp"
#include "vault/cli/run.hpp"

int main(int argc, char** argv) {
  if (auto hardened = vault::cli::harden_process(); !hardened) return vault::cli::report({}, hardened.error());
  return vault::cli::run({argv + (argc > 0 ? 1 : 0), argv + argc});
}

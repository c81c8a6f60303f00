#pragma once

#include "vault/base/result.hpp"

namespace vault::cli {

// The first thing main does: no core dumps, no debugger of the same user, no new privileges, files private, descriptors
// 0 to 2 taken, SIGPIPE an error of write(2), other ending signals exit status 18. Errors: denied (set-user-ID).
Status harden_process();

}  // namespace vault::cli

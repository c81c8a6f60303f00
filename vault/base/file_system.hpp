#pragma once

#include <string>

#include "vault/base/file.hpp"

namespace vault {

// The name of the network file system that a path lies on ("nfs", "fuse.sshfs"); empty for local ones, and where it cannot be told.
std::string network_file_system(Files& files, const fs::path& path);

}  // namespace vault

#include "vault/base/file_system.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace vault {
namespace {

// statfs(2), linux/magic.h and the file systems' own sources.
struct Magic {
  std::uint32_t type;
  std::string_view name;
};
constexpr std::array kNetwork{Magic{0x6969, "nfs"},        Magic{0xff534d42, "cifs"},  Magic{0xfe534d42, "smb2"},
                              Magic{0x517b, "smbfs"},      Magic{0x01021997, "9p"},    Magic{0x00c36400, "ceph"},
                              Magic{0x5346414f, "afs"},    Magic{0x6b414653, "afs"},   Magic{0x73757245, "coda"},
                              Magic{0x0bd00bd0, "lustre"}, Magic{0x47504653, "gpfs"},  Magic{0x7461636f, "ocfs2"},
                              Magic{0x01161970, "gfs2"},   Magic{0xaad7aaea, "panfs"}, Magic{0x20030528, "orangefs"},
                              Magic{0x19830326, "beegfs"}, Magic{0x786f4256, "vboxsf"}};
constexpr std::uint32_t kFuse = 0x65735546;
constexpr std::size_t kLargestMountTable = 1 << 20;

// FUSE carries local file systems too: only these are known to reach over a network.
constexpr std::array<std::string_view, 12> kNetworkFuse{
    "fuse.sshfs",    "fuse.rclone",     "fuse.s3fs",    "fuse.glusterfs", "fuse.davfs",   "fuse.curlftpfs",
    "fuse.smbnetfs", "fuse.gvfsd-fuse", "fuse.juicefs", "fuse.ceph-fuse", "fuse.gcsfuse", "fuse.beegfs"};

bool lies_below(const std::string& path, const std::string& mount_point) {
  if (mount_point == "/") return true;
  return path.starts_with(mount_point) && (path.size() == mount_point.size() || path[mount_point.size()] == '/');
}

// The type of the mount that holds a path, from proc(5)'s mountinfo; empty where it is not found.
std::string mounted_type(Files& files, const fs::path& path) {
  auto table = read_file(files, "/proc/self/mountinfo", kLargestMountTable);
  std::error_code failed;
  const std::string whole = fs::canonical(path, failed).string();
  if (!table || failed) return "";
  std::string type, longest;
  std::istringstream lines{std::string(as_text(*table))};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string skipped, mount_point, word;
    words >> skipped >> skipped >> skipped >> skipped >> mount_point;
    while (words >> word && word != "-") {
    }
    if (words >> word && lies_below(whole, mount_point) && mount_point.size() >= longest.size()) {
      longest = mount_point;
      type = word;
    }
  }
  return type;
}

}  // namespace

std::string network_file_system(Files& files, const fs::path& path) {
  std::uint32_t type = 0;
  if (files.stat_file_system(path, type) != 0) return "";
  auto known = std::ranges::find(kNetwork, type, &Magic::type);
  if (known != kNetwork.end()) return std::string(known->name);
  if (type != kFuse) return "";
  const std::string mounted = mounted_type(files, path);
  return std::ranges::find(kNetworkFuse, mounted) != kNetworkFuse.end() ? mounted : "";
}

}  // namespace vault

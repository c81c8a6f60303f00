#include "vault/crypto/kdf.hpp"

#include <argon2.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "vault/base/file.hpp"

namespace vault {
namespace {

constexpr std::uint32_t kMostCalibratedKib = 1u << 20;

std::string describe(const KdfParameters& p) {
  return fmt::format("{} MiB, {} passes, {} lane{}", p.memory_kib / 1024, p.passes, p.lanes, p.lanes == 1 ? "" : "s");
}

Status check(const KdfParameters& p, const KdfParameters& floor, const KdfLimits& limits, std::string_view doing) {
  if (p.memory_kib < floor.memory_kib || p.passes < floor.passes) {
    return Error{Errc::denied,
                 fmt::format("{}: the passphrase is stretched too little ({}); the least allowed is {} MiB, {} passes",
                             doing, describe(p), floor.memory_kib / 1024, floor.passes)};
  }
  if (p.memory_kib > limits.memory_kib) {
    return Error{Errc::limit,
                 fmt::format("{}: Argon2id with {} needs more than half of this machine's memory ({} MiB may be used)",
                             doing, describe(p), limits.memory_kib / 1024)};
  }
  return {};
}

// A small file of the kernel's; empty when it cannot be read.
std::string kernel_file(const std::string& path) {
  SystemFiles files;
  auto bytes = read_file(files, path, 4096);
  return bytes ? std::string(as_text(*bytes)) : "";
}

// The smallest memory limit set on our cgroup or one above it (v2), in KiB; the largest number when there is none.
std::uint64_t cgroup_memory_kib() {
  constexpr std::string_view v2 = "0::";
  std::uint64_t smallest = UINT64_MAX;
  const std::string groups = kernel_file("/proc/self/cgroup");
  const std::size_t start = groups.rfind(v2);
  if (start == std::string::npos) return smallest;
  std::string path = groups.substr(start + v2.size(), groups.find('\n', start) - start - v2.size());
  for (;; path.resize(path.rfind('/'))) {
    const std::string limit = kernel_file("/sys/fs/cgroup" + path + "/memory.max");
    std::uint64_t bytes = 0;
    if (std::from_chars(limit.data(), limit.data() + limit.size(), bytes).ec == std::errc())
      smallest = std::min(smallest, bytes / 1024);
    if (path.find('/') == std::string::npos) return smallest;
  }
}

// libargon2's arena: never in a core dump, wiped when freed.
int allocate_arena(uint8_t** memory, size_t size) {
  void* region = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (region == MAP_FAILED) return ARGON2_MEMORY_ALLOCATION_ERROR;
  madvise(region, size, MADV_DONTDUMP);
  *memory = static_cast<uint8_t*>(region);
  return ARGON2_OK;
}
void free_arena(uint8_t* memory, size_t size) {
  wipe({reinterpret_cast<std::byte*>(memory), size});
  munmap(memory, size);
}

Error out_of_memory(const KdfParameters& p) {
  return {Errc::internal, fmt::format("Argon2id: out of memory ({})", describe(p))};
}

}  // namespace

KdfLimits KdfLimits::of_this_machine() {
  KdfLimits limits;
  auto pages = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES));
  auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  limits.memory_kib = std::min(pages * (page / 1024), cgroup_memory_kib()) / 2;
  return limits;
}

Status check_open(const KdfParameters& parameters, const KdfLimits& limits) {
  return check(parameters, limits.open_floor, limits, "unlock");
}

Status check_create(const KdfParameters& parameters, const KdfLimits& limits) {
  if (parameters.lanes == 0 || parameters.passes == 0)
    return Error{Errc::usage, "Argon2id: at least one lane and one pass"};
  if (!within_ceiling(parameters)) {
    return Error{Errc::limit, fmt::format("Argon2id: at most {} MiB, {} passes, {} lanes, and 8 KiB a lane",
                                          kKdfCeiling.memory_kib / 1024, kKdfCeiling.passes, kKdfCeiling.lanes)};
  }
  return check(parameters, limits.create_floor, limits, "new passphrase");
}

Status Argon2id::derive(const KdfParameters& parameters, const ByteArray<16>& salt, ByteView passphrase,
                        std::span<std::byte> out) {
  return parameters.lanes == 1 ? argon2id_sodium(parameters, salt, passphrase, out)
                               : argon2id_libargon2(parameters, salt, passphrase, out);
}

Status argon2id_sodium(const KdfParameters& p, const ByteArray<16>& salt, ByteView passphrase,
                       std::span<std::byte> out) {
  if (crypto_pwhash(as_writable_uchar(out), out.size(), reinterpret_cast<const char*>(passphrase.data()),
                    passphrase.size(), as_uchar(salt), p.passes, std::size_t{p.memory_kib} * 1024,
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return out_of_memory(p);
  }
  return {};
}

Status argon2id_libargon2(const KdfParameters& p, const ByteArray<16>& salt, ByteView passphrase,
                          std::span<std::byte> out) {
  argon2_context context{};
  context.out = as_writable_uchar(out);
  context.outlen = static_cast<std::uint32_t>(out.size());
  context.pwd = const_cast<std::uint8_t*>(as_uchar(passphrase));  // only read: ARGON2_FLAG_CLEAR_PASSWORD is not set
  context.pwdlen = static_cast<std::uint32_t>(passphrase.size());
  context.salt = const_cast<std::uint8_t*>(as_uchar(salt));
  context.saltlen = static_cast<std::uint32_t>(salt.size());
  context.t_cost = p.passes;
  context.m_cost = p.memory_kib;
  context.lanes = p.lanes;
  context.threads = p.lanes;
  context.version = ARGON2_VERSION_13;
  context.allocate_cbk = allocate_arena;
  context.free_cbk = free_arena;
  int code = argon2id_ctx(&context);
  if (code == ARGON2_OK) return {};
  if (code == ARGON2_MEMORY_ALLOCATION_ERROR) return out_of_memory(p);
  return Error{Errc::internal, fmt::format("Argon2id: {}", argon2_error_message(code))};
}

namespace {

Result<std::chrono::duration<double>> time_of(Kdf& kdf, const KdfParameters& parameters) {
  SecretBuffer out(32);
  auto start = std::chrono::steady_clock::now();
  if (auto done = kdf.derive(parameters, {}, as_bytes("calibration"), out.expose_for_writing()); !done)
    return done.error();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start);
}

}  // namespace

Result<Calibration> calibrate(Kdf& kdf, const KdfLimits& limits, std::chrono::milliseconds budget,
                              std::uint32_t lanes) {
  KdfParameters p{limits.create_floor.memory_kib, limits.create_floor.passes, lanes};
  if (auto allowed = check_create(p, limits); !allowed) return allowed.error();
  auto once = time_of(kdf, p);
  if (!once) return once.error();
  const double factor = std::chrono::duration<double>(budget) / *once;
  const double most = static_cast<double>(std::min<std::uint64_t>(kMostCalibratedKib, limits.memory_kib));
  const double memory =
      std::clamp(p.memory_kib * factor, double{1} * p.memory_kib, std::max(most, double{1} * p.memory_kib));
  p.memory_kib = static_cast<std::uint32_t>(memory) / 1024 * 1024;
  p.memory_kib = std::max(p.memory_kib, limits.create_floor.memory_kib);
  auto grown = time_of(kdf, p);
  if (!grown) return grown.error();
  const double passes = p.passes * (std::chrono::duration<double>(budget) / *grown);
  if (memory >= most && passes > p.passes) {
    p.passes = static_cast<std::uint32_t>(std::min(passes, double{1} * kKdfCeiling.passes));
    grown = time_of(kdf, p);
    if (!grown) return grown.error();
  }
  return Calibration{p, std::chrono::duration_cast<std::chrono::milliseconds>(*grown)};
}

Result<std::chrono::milliseconds> measure(Kdf& kdf, const KdfParameters& parameters) {
  auto once = time_of(kdf, parameters);
  if (!once) return once.error();
  return std::chrono::duration_cast<std::chrono::milliseconds>(*once);
}

// No two measurements are alike: a fifth more or less says nothing.
KdfVerdict compare(const Calibration& slot, const Calibration& chosen) {
  auto work = [](const KdfParameters& p) { return std::uint64_t{p.memory_kib} * p.passes; };
  if (work(slot.parameters) * 5 < work(chosen.parameters) * 4) return KdfVerdict::weaker;
  return slot.measured * 4 > chosen.measured * 5 ? KdfVerdict::slower : KdfVerdict::alike;
}

}  // namespace vault

#include "tests/support/vector_file.hpp"

#include <cstdlib>
#include <fstream>

#include "tests/support/tamper.hpp"
#include "vault/keyslot/recovery_code.hpp"

namespace vault {

fs::path vectors_dir() { return fs::path(VAULT_SOURCE_DIR) / "tests/vectors"; }

bool makes_vectors() { return std::getenv("VAULT_WRITE_VECTORS") != nullptr; }

void VectorFile::good(const std::string& name, const std::string& run, Json input, Json output) {
  add(name, run, std::move(input), "ok", std::move(output));
}

void VectorFile::refused(const std::string& vector, const std::string& run, Json input, Errc code) {
  add(vector, run, std::move(input), vault::name(code), nullptr);
}

void VectorFile::add(const std::string& vector, const std::string& run, Json input, Json expect, Json output) {
  Json made{{"name", vector}, {"run", run}, {"input", common_}, {"expect", std::move(expect)}};
  made["input"].update(input);
  if (!output.is_null()) made["output"] = std::move(output);
  vectors_.push_back(std::move(made));
}

void VectorFile::settle() const {
  const std::string text = vectors_.dump(1) + "\n";
  const fs::path path = vectors_dir() / name_;
  if (makes_vectors()) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  ASSERT_TRUE(fs::exists(path)) << path << ": run these tests with VAULT_WRITE_VECTORS=1";
  const Bytes there = file_bytes(path);
  EXPECT_TRUE(as_text(there) == text) << path << " is not what the code makes: run these tests with "
                                      << "VAULT_WRITE_VECTORS=1, and read the diff";
}

Bytes bytes_of(const Json& hex) {
  auto bytes = from_hex(hex.get<std::string>());
  if (!bytes) throw std::runtime_error("not hexadecimal: " + hex.get<std::string>());
  return *bytes;
}

Factors factors_of(const Json& list, Platform& platform, const KdfParameters& costs) {
  Factors factors;
  for (const Json& one : list) {
    const auto factor = one.begin();  // the only one
    const std::string& kind = factor.key();
    const Json& value = factor.value();
    const auto text = value.get<std::string>();
    if (kind == "passphrase") {
      factors.push_back(
          must(PassphraseFactor::make(SecretBuffer::copy(as_bytes(text)), platform.kdf, platform.limits, costs)));
    } else if (kind == "key_file") {
      factors.push_back(must(KeyFileFactor::parse(as_bytes(text))));
    } else if (kind == "credential") {
      factors.push_back(must(KeyFileFactor::parse(as_bytes(text), FactorType::systemd_credential)));
    } else if (kind == "recovery_code") {
      factors.push_back(must(RecoveryCodeFactor::parse(as_bytes(text))));
    } else {
      throw std::runtime_error("no such factor: " + kind);
    }
  }
  return factors;
}

Bytes touched(ByteView bytes, std::size_t at) {
  Bytes out(bytes.begin(), bytes.end());
  out.at(at) ^= std::byte{1};
  return out;
}

}  // namespace vault

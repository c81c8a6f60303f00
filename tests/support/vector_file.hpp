#pragma once

#include <nlohmann/json.hpp>

#include "tests/support/world.hpp"

namespace vault {

using Json = nlohmann::ordered_json;

// Where vectors lie (tests/vectors/README.md says what is in them), and whether this run makes them anew.
fs::path vectors_dir();
bool makes_vectors();

// One file of vectors while it is made: named inputs, and the outcome to which every reader must come.
class VectorFile {
 public:
  explicit VectorFile(std::string name) : name_(std::move(name)) {}

  // What every input of the vectors that follow has.
  void given(Json common) { common_ = std::move(common); }
  void good(const std::string& name, const std::string& run, Json input, Json output = Json::object());
  void refused(const std::string& name, const std::string& run, Json input, Errc code);

  // Writes the file when this run makes vectors; else it must be there, with the same bytes.
  void settle() const;
  const Json& vectors() const { return vectors_; }

 private:
  void add(const std::string& name, const std::string& run, Json input, Json expect, Json output);
  std::string name_;
  Json common_ = Json::object();
  Json vectors_ = Json::array();
};

inline std::string hex(ByteView bytes) { return to_hex(bytes); }
Bytes bytes_of(const Json& hex);

// The factors of an input: a list of {"passphrase": text}, {"key_file": its line}, {"credential": its line}, {"recovery_code": text}.
Factors factors_of(const Json& list, Platform& platform, const KdfParameters& costs);

// Bytes with one of them changed.
Bytes touched(ByteView bytes, std::size_t at);

}  // namespace vault

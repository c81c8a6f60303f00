#pragma once

#include "tests/support/vector_file.hpp"

namespace vault {

// What became of a vector: "ok" or the name of a code, and what was read.
struct Outcome {
  std::string code;
  Json output = Json::object();
};

// Reads vectors as docs/FORMAT.md says, by the program's own code.
class VectorReader {
 public:
  // `dir`: for temporary files. `layers`: where the layers of whole vaults lie.
  VectorReader(Platform platform, fs::path dir, fs::path layers)
      : platform_(std::move(platform)), dir_(std::move(dir)), layers_(std::move(layers)) {}

  // Throws for a vector that it does not know how to read.
  Outcome read(const Json& vector);

 private:
  Outcome header(const Json& in);
  Outcome mark(const Json& in);
  Outcome whole_vault(const Json& in);

  Platform platform_;
  fs::path dir_;
  fs::path layers_;
};

// A vault's directory is kept in layers: later files replace earlier ones, and `<name>.pages` changes pages of the file <name>.
void lay(const fs::path& layer, const fs::path& to);
// Keeps what `now` has and `before` has not.
void save_layer(const fs::path& before, const fs::path& now, const fs::path& layer);

// Every file of vectors, by its name.
std::map<std::string, Json> all_vectors();

}  // namespace vault

// Reads every vector with the program's own code; tests/format/test_vectors.py does it with the reader that knows docs/FORMAT.md alone.
#include <set>

#include "tests/support/vector_reader.hpp"

namespace vault {
namespace {

class ReadVectors : public World {
 protected:
  void SetUp() override {
    if (makes_vectors()) GTEST_SKIP() << "vectors are being made";
  }
};

TEST_F(ReadVectors, EveryVectorComesOutAsItSays) {
  VectorReader reader(platform, dir(), vectors_dir() / "vaults");
  for (const auto& [file, vectors] : all_vectors()) {
    for (const Json& vector : vectors) {
      SCOPED_TRACE(file + ": " + vector.at("name").get<std::string>());
      const Outcome outcome = reader.read(vector);
      EXPECT_EQ(outcome.code, vector.at("expect").get<std::string>());
      if (outcome.code != "ok") continue;
      EXPECT_EQ(Json(outcome.output).dump(), vector.at("output").dump());
    }
  }
}

TEST_F(ReadVectors, EveryVectorHasANameOfItsOwnAndEveryLayerAVector) {
  std::set<std::string> layers;
  std::size_t count = 0;
  for (const auto& [file, vectors] : all_vectors()) {
    std::set<std::string> names;
    for (const Json& vector : vectors) {
      EXPECT_TRUE(names.insert(vector.at("name").get<std::string>()).second) << file << ": " << vector.at("name");
      EXPECT_EQ(vector.contains("output"), vector.at("expect") == "ok") << vector.at("name");
      for (const Json& layer : vector.at("input").value("layers", Json::array())) layers.insert(layer);
      ++count;
    }
  }
  EXPECT_GE(count, 150U);
  for (const auto& layer : fs::directory_iterator(vectors_dir() / "vaults"))
    EXPECT_TRUE(layers.contains(layer.path().filename())) << layer.path();
}

}  // namespace
}  // namespace vault

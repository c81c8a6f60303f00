#include "tests/support/world.hpp"

namespace vault {
namespace {

class AddGet : public World {};

TEST_F(AddGet, GivesTheExactBytesBack) {
  Vault vault = create();
  must(vault.add(entry("prod-dns", "tok_123")));
  EXPECT_EQ(text_of(must(vault.get(label("prod-dns"))).bytes), "tok_123");
}

TEST_F(AddGet, SurvivesReopening) {
  {
    Vault vault = create();
    must(vault.add(entry("prod-dns", "tok_123")));
  }
  Vault vault = must(open());
  EXPECT_EQ(text_of(must(vault.get(label("prod-dns"))).bytes), "tok_123");
  EXPECT_EQ(must(vault.list()).size(), 1U);
  VerifyReport report = must(vault.verify());
  EXPECT_EQ(report.commits, 2U);
  EXPECT_EQ(report.fields, 1U);
}

}  // namespace
}  // namespace vault

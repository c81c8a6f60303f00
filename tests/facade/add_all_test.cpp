#include "tests/support/world.hpp"

namespace vault {
namespace {

class AddAll : public World {
 protected:
  static std::vector<NewEntry> entries(int number) {
    std::vector<NewEntry> out;
    for (int i = 0; i < number; ++i) {
      out.push_back(entry("many/" + std::to_string(i), "token " + std::to_string(i)));
      out.back().origin = "line " + std::to_string(i + 1);
    }
    return out;
  }
};

TEST_F(AddAll, IsOneCommitAndReadsEveryEntryBack) {
  Vault vault = create();
  const std::uint64_t before = must(vault.status()).head_sequence;
  const auto receipts = must(vault.add_all(entries(300)));
  EXPECT_EQ(must(vault.status()).head_sequence, before + 1);
  ASSERT_EQ(receipts.size(), 300u);
  for (int i = 0; i < 300; ++i) {
    const EntryView& stored = receipts[static_cast<std::size_t>(i)].entry;
    EXPECT_EQ(stored.label.text(), "many/" + std::to_string(i));
    ASSERT_EQ(stored.versions.size(), 1u);
    EXPECT_EQ(stored.versions[0].fields[0].size, ("token " + std::to_string(i)).size());
  }
  EXPECT_TRUE(receipts[0].account_created);
  EXPECT_FALSE(receipts[1].account_created);
  must(vault.verify());
}

TEST_F(AddAll, NamesWhereTheRefusedOneCameFromAndStoresNone) {
  Vault vault = create();
  auto refused_late = entries(3);
  refused_late[2].issuer = "nobody";  // found inside the transaction
  auto late = vault.add_all(std::move(refused_late));
  ASSERT_CODE(late, not_found);
  EXPECT_NE(late.error().message.find("add many/2, line 3: "), std::string::npos) << late.error().message;
  EXPECT_NE(late.error().message.find("nothing was stored"), std::string::npos) << late.error().message;
  auto refused_early = entries(3);
  refused_early[1].fields.clear();  // found before it
  auto early = vault.add_all(std::move(refused_early));
  ASSERT_CODE(early, usage);
  EXPECT_NE(early.error().message.find("add many/1, line 2: "), std::string::npos) << early.error().message;
  EXPECT_TRUE(must(vault.list()).empty());
}

TEST_F(AddAll, OfNoneIsNoCommit) {
  Vault vault = create();
  const auto before = must(vault.status()).head_sequence;
  EXPECT_TRUE(must(vault.add_all({})).empty());
  EXPECT_EQ(must(vault.status()).head_sequence, before);
}

TEST_F(AddAll, SaysNoOriginWhereThereIsNone) {
  Vault vault = create();
  auto refused = vault.add(entry("prod", ""));
  ASSERT_CODE(refused, usage);
  EXPECT_EQ(refused.error().message.find("add prod: "), 0u) << refused.error().message;
}

// Bytes that no JSON text has come from other callers.
TEST_F(AddAll, ShowsNoValueOfAnEntryWithAnOrigin) {
  Vault vault = create();
  const std::string canary = "Q7zK2wX9pV4m\xff";
  for (std::string NewEntry::*member :
       {&NewEntry::issuer, &NewEntry::account, &NewEntry::team, &NewEntry::period, &NewEntry::key_name,
        &NewEntry::minted_by, &NewEntry::minted_with, &NewEntry::note}) {
    auto one = entries(1);
    one[0].*member = canary;
    auto refused = vault.add_all(std::move(one));
    ASSERT_CODE(refused, usage);
    EXPECT_NE(refused.error().message.find("add many/0, line 1: the value of \""), std::string::npos);
    EXPECT_EQ(refused.error().message.find(canary.substr(0, 6)), std::string::npos) << refused.error().message;
  }
}

TEST_F(AddAll, QuotesTheValueOfAnEntryThatSomebodyTyped) {
  Vault vault = create();
  NewEntry typed = entry("prod", "tok");
  typed.issuer = "nobody";
  auto refused = vault.add(std::move(typed));
  ASSERT_CODE(refused, not_found);
  EXPECT_NE(refused.error().message.find("no issuer 'nobody'"), std::string::npos) << refused.error().message;
}

TEST_F(AddAll, TellsOfItsProgress) {
  Vault vault = create();
  std::vector<std::uint64_t> steps;
  must(vault.add_all(entries(600), [&](std::uint64_t done, std::uint64_t total) {
    EXPECT_EQ(total, 1200u);
    steps.push_back(done);
  }));
  ASSERT_FALSE(steps.empty());
  EXPECT_TRUE(std::ranges::is_sorted(steps));
  EXPECT_LE(steps.back(), 1200u);
}

}  // namespace
}  // namespace vault

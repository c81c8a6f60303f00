#include "tests/support/tamper.hpp"

namespace vault {
namespace {

using What = CommitView::Touched::What;

class Logs : public World {
 protected:
  Logs() {
    must(vault.add(entry("alpha", "token of alpha")));
    must(vault.add(entry("beta", "token of beta")));
  }

  std::vector<CommitView> log(const LogOptions& options = {}) { return must(vault.log(options)); }
  std::vector<CommitView> log_of(std::string_view name, std::uint64_t limit = 0) {
    return log({.label = label(name), .limit = limit});
  }
  CommitView newest() { return log({.label = {}, .limit = 1}).at(0); }
  static std::vector<std::string> operations(const std::vector<CommitView>& commits) {
    std::vector<std::string> out;
    for (const CommitView& commit : commits) out.push_back(commit.operation);
    return out;
  }
  // "changed entry alpha"
  static std::vector<std::string> touched(const CommitView& commit) {
    static const char* const words[] = {"added", "changed", "hidden", "destroyed", "renamed"};
    std::vector<std::string> out;
    for (const auto& touch : commit.touched) {
      out.push_back(std::string(words[static_cast<int>(touch.what)]) + " " +
                    std::to_string(static_cast<int>(touch.kind)) + " " + touch.name);
    }
    return out;
  }
  void run(const std::string& sql) { OpenedStore(vault_dir(), {key_file()}).run(sql); }

  Vault vault = create();
};

using Lines = std::vector<std::string>;

TEST_F(Logs, TheNewestComesFirstAndTheFirstIsTheBeginning) {
  const auto commits = log();
  EXPECT_EQ(operations(commits), (Lines{"add", "add", "init"}));
  const VaultStatus status = must(vault.status());
  EXPECT_EQ(commits.front().sequence, status.head_sequence);
  EXPECT_EQ(commits.front().hash, status.head_hash);
  EXPECT_EQ(commits.front().time, status.head_time);
  EXPECT_EQ(commits.back().sequence, 1U);
  for (const CommitView& commit : commits) {
    EXPECT_EQ(commit.identity, "root");
    EXPECT_EQ(commit.kind, CommitKind::change);
    EXPECT_EQ(commit.epoch, 1U);
    EXPECT_EQ(commit.header_sequence, 1U);
  }
  EXPECT_EQ(commits.back().touched.size(), 5U);  // identity, team, two issuers, policy
}

TEST_F(Logs, EachVerbSaysWhatItDid) {
  EXPECT_EQ(touched(newest()), Lines{"added 1 beta"});
  must(vault.edit(label("alpha"), {.note = "x", .team = "web"}));
  EXPECT_EQ(newest().operation, "edit");
  EXPECT_EQ(touched(newest()), (Lines{"added 4 web", "changed 1 alpha"}));
  must(vault.remove(label("alpha")));
  EXPECT_EQ(newest().operation, "rm");
  EXPECT_EQ(touched(newest()), Lines{"hidden 1 alpha"});
  must(vault.undelete(label("alpha")));
  EXPECT_EQ(newest().operation, "undelete");
  EXPECT_EQ(touched(newest()), Lines{"changed 1 alpha"});
  must(vault.move(label("alpha"), label("omega")));
  EXPECT_EQ(newest().operation, "mv");
  EXPECT_EQ(touched(newest()), Lines{"renamed 1 omega"});
  must(vault.move(label("omega"), label("alpha")));
  EXPECT_EQ(touched(newest()), Lines{"renamed 1 alpha"});
  must(vault.destroy(label("alpha")));
  EXPECT_EQ(newest().operation, "destroy");
  EXPECT_EQ(touched(newest()), Lines{"destroyed 1 alpha"});
}

TEST_F(Logs, AnAddNamesItsTeamAndAccount) {
  NewEntry gamma = entry("gamma", "token of gamma");
  gamma.team = "web";
  gamma.account = "main";
  must(vault.add(std::move(gamma)));
  auto lines = touched(newest());
  std::ranges::sort(lines);
  EXPECT_EQ(lines, (Lines{"added 1 gamma", "added 3 main", "added 4 web"}));
}

TEST_F(Logs, ASlotChangeTouchesNothing) {
  must(vault.add_slot({"laptop", {passphrase()}}));
  EXPECT_EQ(newest().operation, "slot add");
  EXPECT_TRUE(newest().touched.empty());
}

TEST_F(Logs, OldCommitsNameEntriesByTheirLabelOfToday) {
  must(vault.move(label("alpha"), label("omega")));
  EXPECT_EQ(touched(log_of("omega").back()).back(), "added 1 omega");
}

TEST_F(Logs, OfOneEntryOnlyWhatTouchedIt) {
  must(vault.edit(label("alpha"), {.note = "x"}));
  must(vault.edit(label("beta"), {.note = "x"}));
  must(vault.move(label("alpha"), label("omega")));
  for (const char* name : {"alpha", "omega"}) EXPECT_EQ(operations(log_of(name)), (Lines{"mv", "edit", "add"})) << name;
  EXPECT_EQ(operations(log_of("omega", 2)), (Lines{"mv", "edit"}));
  must(vault.destroy(label("omega")));
  EXPECT_EQ(operations(log_of("omega", 1)), Lines{"destroy"});
  EXPECT_CODE(vault.log({.label = label("no-such")}), not_found);
}

TEST_F(Logs, OfALabelThatIsUsedAgainOnlyTheNewEntry) {
  must(vault.destroy(label("alpha")));
  NewEntry again = entry("alpha", "second token");
  again.replace_tombstone = true;
  must(vault.add(std::move(again)));
  EXPECT_EQ(operations(log_of("alpha")), Lines{"add"});
}

TEST_F(Logs, ALimitIsKept) {
  EXPECT_EQ(log({.label = {}, .limit = 2}).size(), 2U);
  EXPECT_EQ(log({.label = {}, .limit = 99}).size(), 3U);
}

// What lies further back than asked for is not even read.
TEST_F(Logs, ALimitedLogReadsNoMoreOfTheHistory) {
  for (int i = 0; i < 20; ++i) must(vault.edit(label("alpha"), {.note = std::to_string(i)}));
  const std::uint64_t head = must(vault.status()).head_sequence;
  run("DELETE FROM commits WHERE sequence < " + std::to_string(head - 3));
  run("DELETE FROM deltas WHERE id >> 20 < " + std::to_string(head - 2));
  Vault again = must(open());
  EXPECT_EQ(must(again.log({.label = {}, .limit = 3})).size(), 3U);
  EXPECT_CODE(again.log(), corrupt);
}

// Nor does the log of an entry go back beyond its first commit.
TEST_F(Logs, TheLogOfAnEntryEndsWhereItWasAdded) {
  const std::uint64_t added = must(vault.status()).head_sequence;
  must(vault.edit(label("beta"), {.note = "x"}));
  run("DELETE FROM deltas WHERE id >> 20 < " + std::to_string(added));
  Vault again = must(open());
  EXPECT_EQ(must(again.log({.label = label("beta")})).size(), 2U);
  EXPECT_CODE(again.log({.label = label("alpha")}), corrupt);
}

TEST_F(Logs, EveryDamagedCommitAndDeltaIsFound) {
  const Bytes good = file_bytes(vault_dir() / "store-1.db");
  for (const char* sql :
       {"UPDATE commits SET bytes = CAST(bytes || x'00' AS BLOB) WHERE sequence = 2",
        "DELETE FROM commits WHERE sequence = 1",
        "UPDATE commits SET bytes = (SELECT bytes FROM commits WHERE sequence = 1) WHERE sequence = 2",
        "DELETE FROM deltas WHERE id = 2 << 20", "UPDATE deltas SET bytes = zeroblob(length(bytes)) WHERE id = 2 << 20",
        "UPDATE deltas SET bytes = (SELECT bytes FROM deltas WHERE id = 3 << 20) WHERE id = 2 << 20",
        "INSERT INTO deltas SELECT id + 1, bytes FROM deltas WHERE id = 2 << 20"}) {
    run(sql);
    EXPECT_CODE(must(open()).log(), corrupt) << sql;
    put_file(vault_dir() / "store-1.db", good);
  }
}

TEST_F(Logs, ANameWhoseRowIsDamagedIsCorruptAndNotUnknown) {
  const EntryId id = must(vault.show(label("alpha"))).id;
  run("UPDATE records SET bytes = (SELECT bytes FROM records WHERE id <> " + std::to_string(row_of(id.bytes)) +
      " LIMIT 1) WHERE id = " + std::to_string(row_of(id.bytes)));
  EXPECT_CODE(must(open()).log(), corrupt);
}

}  // namespace
}  // namespace vault

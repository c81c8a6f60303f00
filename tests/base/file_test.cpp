#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/slow_files.hpp"
#include "tests/support/world.hpp"

namespace vault {
namespace {

class File : public World {
 protected:
  fs::path path = dir() / "file";
  fs::path fresh = dir() / "file.new";

  static void put(const fs::path& where, std::string_view text) { std::ofstream(where) << text; }
  std::string content(const fs::path& where) { return std::string(as_text(must(read_file(system, where, 1 << 20)))); }
  SystemFiles system;
};

// ---- names --------------------------------------------------------------------------------------------------------------

TEST_F(File, ListGivesEveryNameInOrder) {
  const fs::path there = dir() / "listed";
  fs::create_directories(there / "c");
  put(there / "b", "");
  put(there / ".a", "");
  EXPECT_EQ(must(list_directory(there)), (std::vector<std::string>{".a", "b", "c"}));
  EXPECT_TRUE(must(list_directory(there / "c")).empty());
}

TEST_F(File, ListOfNoDirectoryIsInternalAndNamesIt) {
  put(path, "");
  for (const fs::path& none : {path, dir() / "nowhere"}) {
    auto names = list_directory(none);
    ASSERT_CODE(names, internal);
    EXPECT_NE(names.error().message.find(none.string()), std::string::npos) << names.error().message;
  }
}

// ---- reading ------------------------------------------------------------------------------------------------------------

TEST_F(File, ReadGivesTheWholeFile) {
  const std::string text(100'000, 'x');
  put(path, text);
  EXPECT_EQ(content(path), text);
}

TEST_F(File, ReadOfAnEmptyFileIsEmpty) {
  put(path, "");
  EXPECT_TRUE(must(read_file(files, path, 10)).empty());
  EXPECT_TRUE(must(read_secret_file(files, path, 10)).empty());
}

TEST_F(File, ReadTakesExactlyTheMaximum) {
  for (std::size_t size : {1U, 16383U, 16384U, 16385U, 40000U}) {
    put(path, std::string(size, 'x'));
    EXPECT_EQ(must(read_file(files, path, size)).size(), size);
    EXPECT_EQ(must(read_secret_file(files, path, size)).size(), size);
  }
}

TEST_F(File, ReadOfOneByteMoreIsLimit) {
  for (std::size_t size : {1U, 16384U, 40000U}) {
    put(path, std::string(size, 'x'));
    EXPECT_CODE(read_file(files, path, size - 1), limit);
    EXPECT_CODE(read_secret_file(files, path, size - 1), limit);
  }
}

TEST_F(File, ReadOfNothingIsNotFound) {
  EXPECT_CODE(read_file(files, path, 10), not_found);
  EXPECT_CODE(read_file(files, path / "below", 10), not_found);
  EXPECT_CODE(read_secret_file(files, path, 10), not_found);
}

TEST_F(File, ReadOfADirectoryIsInternalAndNamesIt) {
  auto read = read_file(files, dir(), 10);
  EXPECT_CODE(read, internal);
  EXPECT_NE(read.error().message.find(dir().string()), std::string::npos);
}

TEST_F(File, ReadThatFailsIsInternal) {
  put(path, "content");
  files.fail(2, EIO);
  EXPECT_CODE(read_file(files, path, 10), internal);
}

TEST_F(File, ShortAndInterruptedReadsAreContinued) {
  put(path, "all of it");
  SlowFiles slow;
  EXPECT_EQ(as_text(must(read_file(slow, path, 100))), "all of it");
  EXPECT_EQ(text_of(must(read_secret_file(slow, path, 100))), "all of it");
  EXPECT_GT(slow.interruptions, 10);
}

// ---- writing ------------------------------------------------------------------------------------------------------------

TEST_F(File, ShortAndInterruptedWritesAreContinued) {
  SlowFiles slow;
  must(replace_file(slow, path, as_bytes("all of it")));
  EXPECT_EQ(content(path), "all of it");
}

TEST_F(File, WriteOfNothingToAFullDiskIsInternal) {
  files.fail(2, ENOSPC);
  auto done = create_file(files, path, as_bytes("text"));
  EXPECT_CODE(done, internal);
  EXPECT_NE(done.error().message.find("No space left"), std::string::npos) << done.error().message;
}

TEST_F(File, NewFilesAreForTheirOwnerOnly) {
  must(create_file(files, path, as_bytes("a")));
  must(replace_file(files, dir() / "other", as_bytes("b")));
  for (const fs::path& made : {path, dir() / "other"}) {
    FileInfo info{};
    ASSERT_EQ(files.stat(made, info), 0);
    EXPECT_EQ(info.mode, 0600U);
  }
}

TEST_F(File, CreateRefusesAFileThatIsThereAndLeavesIt) {
  put(path, "old");
  EXPECT_CODE(create_file(files, path, as_bytes("new")), conflict);
  EXPECT_EQ(content(path), "old");
}

TEST_F(File, CreateRefusesASymbolicLink) {
  fs::create_symlink(dir() / "elsewhere", path);
  EXPECT_CODE(create_file(files, path, as_bytes("new")), conflict);
  EXPECT_FALSE(fs::exists(dir() / "elsewhere"));
}

TEST_F(File, CreateThatFailsLeavesNoFile) {
  must(create_file(files, dir() / "probe", as_bytes("new")));
  files.fail(0, 0);
  must(create_file(files, path, as_bytes("new")));
  const int calls = files.calls();
  for (int nth = 1; nth <= calls; ++nth) {
    fs::remove(path);
    files.fail(nth, EIO);
    if (create_file(files, path, as_bytes("new"))) continue;  // closing the directory may fail unseen
    EXPECT_FALSE(fs::exists(path)) << "call " << nth << " of " << calls;
  }
}

TEST_F(File, ReplaceWritesANewFileToo) {
  must(replace_file(files, path, as_bytes("new")));
  EXPECT_EQ(content(path), "new");
}

TEST_F(File, ReplaceOverwritesWhatAnInterruptedOneLeft) {
  put(path, "old");
  put(fresh, "half of a much longer text that was never finished");
  must(replace_file(files, path, as_bytes("new")));
  EXPECT_EQ(content(path), "new");
  EXPECT_FALSE(fs::exists(fresh));
}

TEST_F(File, ReplaceDoesNotFollowALinkAtItsTemporaryName) {
  put(dir() / "victim", "victim");
  fs::create_symlink(dir() / "victim", fresh);
  EXPECT_CODE(replace_file(files, path, as_bytes("new")), internal);
  EXPECT_EQ(content(dir() / "victim"), "victim");
}

// Open, write, sync, close, rename; then open, sync, close of the directory.
TEST_F(File, ReplaceThatFailsUpToTheRenameLeavesTheOldFileAlone) {
  for (int error : {EIO, ENOSPC, EROFS}) {
    for (int nth = 1; nth <= 5; ++nth) {
      put(path, "old");
      files.fail(nth, error);
      EXPECT_CODE(replace_file(files, path, as_bytes("new")), internal);
      EXPECT_EQ(content(path), "old") << "call " << nth;
      EXPECT_FALSE(fs::exists(fresh)) << "call " << nth;
    }
  }
}

TEST_F(File, ReplaceThatFailsAnywhereLeavesTheOldFileOrTheNewOne) {
  files.fail(0, 0);
  must(replace_file(files, path, as_bytes("old")));
  const int calls = files.calls();
  EXPECT_EQ(calls, 8);
  for (int nth = 1; nth <= calls; ++nth) {
    put(path, "old");
    files.fail(nth, EIO);
    const bool done = static_cast<bool>(replace_file(files, path, as_bytes("new")));
    const std::string after = content(path);
    EXPECT_TRUE(after == "new" || (after == "old" && !done)) << "call " << nth << ": " << after;
    EXPECT_FALSE(fs::exists(fresh));
  }
}

// The name was changed but may not survive a power cut: the caller is told, though the new content is there.
TEST_F(File, ReplaceWhoseDirectoryCannotBeSyncedIsAnError) {
  put(path, "old");
  files.fail(7, EIO);
  EXPECT_CODE(replace_file(files, path, as_bytes("new")), internal);
  EXPECT_EQ(content(path), "new");
}

// ---- who may look -------------------------------------------------------------------------------------------------------

TEST_F(File, PrivateFileAndDirectoryPass) {
  must(create_file(files, path, as_bytes("a")));
  EXPECT_TRUE(check_private(files, path, FileInfo::Kind::file));
  EXPECT_TRUE(check_private(files, dir(), FileInfo::Kind::directory));
}

TEST_F(File, OpenToAnyBodyElseIsDeniedWithTheChmodLine) {
  must(create_file(files, path, as_bytes("a")));
  for (mode_t mode : {0604, 0640, 0602, 0620, 0601, 0610}) {
    chmod(path.c_str(), mode);
    auto checked = check_private(files, path, FileInfo::Kind::file);
    EXPECT_CODE(checked, denied);
    EXPECT_NE(checked.error().message.find("chmod 600 '" + path.string() + "'"), std::string::npos)
        << checked.error().message;
  }
}

TEST_F(File, OpenDirectoryIsDeniedWithItsOwnChmodLine) {
  chmod(dir().c_str(), 0750);
  auto checked = check_private(files, dir(), FileInfo::Kind::directory);
  EXPECT_CODE(checked, denied);
  EXPECT_NE(checked.error().message.find("chmod 700 '" + dir().string() + "'"), std::string::npos)
      << checked.error().message;
}

TEST_F(File, ChmodLineQuotesAPathThatHasAQuoteInIt) {
  const fs::path odd = dir() / "it's";
  must(create_file(files, odd, as_bytes("a")));
  chmod(odd.c_str(), 0644);
  auto checked = check_private(files, odd, FileInfo::Kind::file);
  const std::string unsafe = "chmod 600 '" + odd.string() + "'";
  EXPECT_EQ(checked.error().message.find(unsafe), std::string::npos)
      << "a shell reads this otherwise: " << checked.error().message;
}

TEST_F(File, CheckOfNothingIsNotFound) { EXPECT_CODE(check_private(files, path, FileInfo::Kind::file), not_found); }

TEST_F(File, CheckOfTheWrongKindIsUsage) {
  must(create_file(files, path, as_bytes("a")));
  EXPECT_CODE(check_private(files, path, FileInfo::Kind::directory), usage);
  EXPECT_CODE(check_private(files, dir(), FileInfo::Kind::file), usage);
  mkfifo((dir() / "pipe").c_str(), 0600);
  EXPECT_CODE(check_private(files, dir() / "pipe", FileInfo::Kind::file), usage);
}

TEST_F(File, AnotherUsersFileIsDenied) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can make another user's file";
  must(create_file(files, path, as_bytes("a")));
  ASSERT_EQ(chown(path.c_str(), 12345, static_cast<gid_t>(-1)), 0);
  auto checked = check_private(files, path, FileInfo::Kind::file);
  EXPECT_CODE(checked, denied);
  EXPECT_NE(checked.error().message.find("another user"), std::string::npos);
}

TEST_F(File, DescriptorsAreClosedOnExec) {
  put(path, "a");
  OpenFile file(files, files.open(path, O_RDONLY, 0));
  EXPECT_NE(fcntl(file.fd(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(File, OpenFileClosesOnceWhenMoved) {
  put(path, "a");
  files.fail(0, 0);
  {
    OpenFile first(files, files.open(path, O_RDONLY, 0));
    OpenFile second = std::move(first);
    OpenFile third(files, -1);
    third = std::move(second);
  }
  EXPECT_EQ(files.calls(), 2);
}

TEST_F(File, LocksExcludeAnotherDescriptor) {
  put(path, "a");
  OpenFile first(files, files.open(path, O_RDWR, 0)), second(files, files.open(path, O_RDWR, 0));
  EXPECT_EQ(files.try_lock(first.fd(), true), 0);
  EXPECT_EQ(files.try_lock(second.fd(), true), -1);
  EXPECT_EQ(errno, EAGAIN);
  first.close();
  EXPECT_EQ(files.try_lock(second.fd(), true), 0);
}

}  // namespace
}  // namespace vault

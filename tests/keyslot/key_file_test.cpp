#include <sys/stat.h>

#include <fstream>

#include "tests/support/world.hpp"

namespace vault {
namespace {

class KeyFile : public World {
 protected:
  fs::path path = dir() / "made";

  std::string content() { return std::string(as_text(must(read_file(files, path, 1000)))); }
  Result<std::shared_ptr<const Factor>> parse(std::string_view text) { return KeyFileFactor::parse(as_bytes(text)); }
  Result<std::shared_ptr<const Factor>> read(std::string_view text) {
    fs::remove(path);
    must(create_file(files, path, as_bytes(text)));
    return KeyFileFactor::read(files, path);
  }
  std::string good() {
    fs::remove(path);
    must(KeyFileFactor::create(files, random, path));
    return content();
  }
  static bool same_key(const Factor& a, const Factor& b) { return must(a.output({})) == must(b.output({})); }
};

TEST_F(KeyFile, IsOneLineOfMagicKeyAndChecksum) {
  const std::string text = good();
  EXPECT_EQ(text.size(), 70U);
  EXPECT_TRUE(text.starts_with("vault-keyfile-1 "));
  EXPECT_EQ(text[60], ' ');
  EXPECT_EQ(text.back(), '\n');
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
}

// 32 zero bytes; CRC-32 of them as zlib gives it.
TEST_F(KeyFile, FormatIsFixed) {
  auto factor = must(parse("vault-keyfile-1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= 190a55ad\n"));
  EXPECT_EQ(must(factor->output({})), SecretBuffer(32));
}

TEST_F(KeyFile, IsMadeForItsOwnerOnly) {
  good();
  FileInfo info{};
  ASSERT_EQ(files.stat(path, info), 0);
  EXPECT_EQ(info.mode, 0600U);
}

TEST_F(KeyFile, ReadsWhatItMade) {
  auto made = must(KeyFileFactor::create(files, random, path));
  EXPECT_TRUE(same_key(*made, *must(KeyFileFactor::read(files, path))));
}

TEST_F(KeyFile, EachOneIsAnother) {
  auto a = must(KeyFileFactor::create(files, random, dir() / "a"));
  auto b = must(KeyFileFactor::create(files, random, dir() / "b"));
  EXPECT_FALSE(same_key(*a, *b));
}

TEST_F(KeyFile, CreateNeverOverwrites) {
  const std::string before = good();
  EXPECT_CODE(KeyFileFactor::create(files, random, path), conflict);
  EXPECT_EQ(content(), before);
}

TEST_F(KeyFile, ThatIsMissingIsNotFound) { EXPECT_CODE(KeyFileFactor::read(files, dir() / "none"), not_found); }

TEST_F(KeyFile, MayLackItsNewline) {
  std::string text = good();
  text.pop_back();
  EXPECT_TRUE(read(text));
}

TEST_F(KeyFile, CutAnywhereIsUsage) {
  const std::string text = good();
  for (std::size_t size = 0; size + 1 < text.size(); ++size) EXPECT_CODE(read(text.substr(0, size)), usage) << size;
}

TEST_F(KeyFile, WithMoreInItIsUsage) {
  const std::string text = good();
  const std::string line = text.substr(0, 69);
  for (const std::string& more :
       {text + "\n", text + " ", text + text, line + " ", line + "\r\n", line + "\r", line + std::string(1, '\0')}) {
    EXPECT_CODE(read(more), usage) << more.size();
  }
}

TEST_F(KeyFile, AnyChangedCharacterIsUsage) {
  const std::string text = good();
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    for (char c : {'A', 'b', '7', ' ', '\0', '='}) {
      std::string changed = text;
      if (changed[i] == c) continue;
      changed[i] = c;
      EXPECT_CODE(parse(changed), usage) << "place " << i << " to " << c;
    }
  }
}

TEST_F(KeyFile, ChecksumInCapitalsIsUsage) {
  EXPECT_CODE(parse("vault-keyfile-1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= 190A55AD\n"), usage);
}

// 32 bytes leave two unused bits in the last symbol; only zero is canonical.
TEST_F(KeyFile, Base64WithUnusedBitsSetIsUsage) {
  EXPECT_CODE(parse("vault-keyfile-1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB= 190a55ad\n"), usage);
}

TEST_F(KeyFile, OfAnotherVersionIsUsage) {
  EXPECT_CODE(parse("vault-keyfile-2 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= 190a55ad\n"), usage);
}

TEST_F(KeyFile, ForeignFileIsUsageAndSaysHowToMakeOne) {
  for (const std::string& foreign :
       {std::string("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn"), std::string(32, '\x7f'), std::string()}) {
    auto factor = read(foreign);
    EXPECT_CODE(factor, usage);
    EXPECT_NE(factor.error().message.find("--new-key-file"), std::string::npos) << factor.error().message;
    EXPECT_NE(factor.error().message.find(path.string()), std::string::npos) << factor.error().message;
  }
}

TEST_F(KeyFile, HugeFileIsUsageAndNotReadWhole) {
  must(create_file(files, path, as_bytes("x")));
  fs::resize_file(path, std::uintmax_t{1} << 40);  // sparse
  EXPECT_CODE(KeyFileFactor::read(files, path), usage);
}

TEST_F(KeyFile, OpenToOthersIsDeniedWithTheChmodLine) {
  good();
  for (mode_t mode : {0640, 0604, 0666}) {
    chmod(path.c_str(), mode);
    auto factor = KeyFileFactor::read(files, path);
    EXPECT_CODE(factor, denied);
    EXPECT_NE(factor.error().message.find("chmod 600"), std::string::npos) << factor.error().message;
  }
}

TEST_F(KeyFile, ReadOnlyForItsOwnerIsFine) {
  good();
  chmod(path.c_str(), 0400);
  EXPECT_TRUE(KeyFileFactor::read(files, path));
}

TEST_F(KeyFile, DirectoryOrPipeIsUsage) {
  EXPECT_CODE(KeyFileFactor::read(files, dir()), usage);
  mkfifo(path.c_str(), 0600);
  EXPECT_CODE(KeyFileFactor::read(files, path), usage);
}

TEST_F(KeyFile, MessageNeverShowsItsContent) {
  std::string text = good();
  const std::string key = text.substr(16, 44);
  text[66] = text[66] == '0' ? '1' : '0';
  auto factor = read(text);
  EXPECT_CODE(factor, usage);
  EXPECT_EQ(factor.error().message.find(key.substr(0, 8)), std::string::npos);
}

TEST_F(KeyFile, CreateThatFailsLeavesNoFile) {
  good();
  files.fail(0, 0);
  good();
  const int calls = files.calls();
  for (int nth = 1; nth <= calls; ++nth) {
    fs::remove(path);
    files.fail(nth, ENOSPC);
    if (KeyFileFactor::create(files, random, path)) continue;
    EXPECT_FALSE(fs::exists(path)) << "call " << nth << ": the next try is a conflict";
  }
}

TEST_F(KeyFile, StandsForItsTypeOnly) {
  auto credential = must(KeyFileFactor::parse(as_bytes(good()), FactorType::systemd_credential));
  auto file = must(parse(content()));
  EXPECT_TRUE(credential->fits(FactorType::key_file));
  EXPECT_TRUE(credential->fits(FactorType::systemd_credential));
  EXPECT_TRUE(file->fits(FactorType::key_file));
  EXPECT_FALSE(file->fits(FactorType::systemd_credential));
  EXPECT_FALSE(file->fits(FactorType::passphrase));
}

}  // namespace
}  // namespace vault

// Makes tests/vectors/vaults.json and the layers of whole vaults in tests/vectors/vaults. SQLCipher draws the IVs of its pages itself, so the
// layers are made once and kept; a run that does not write them makes them all the same, elsewhere, and reads those.
#include "tests/support/headers.hpp"
#include "tests/support/signed_change.hpp"
#include "tests/support/vector_reader.hpp"
#include "vault/keyslot/recovery_code.hpp"

namespace vault {
namespace {

class VaultVectors : public World {
 protected:
  VaultVectors() {
    for (const char* name : {"key", "other", "reader", "metadata", "clone", "spare"}) key_file(name);
    fs::create_directories(live());
    platform.state_dir = live() / "state";
  }

  // The vault that is worked on, with what this machine remembers of it.
  fs::path live() const { return dir() / "live"; }
  fs::path at() const { return live() / "vault"; }
  fs::path layers() const { return makes_vectors() ? vectors_dir() / "vaults" : dir() / "layers"; }

  Json key(const std::string& name) { return {{"key_file", std::string(as_text(file_bytes(dir() / name)))}}; }
  Vault opened(const std::string& name = "key", bool accept_rollback = false) {
    Unlock unlock{{key_file(name)}, ""};
    unlock.accept_rollback = accept_rollback;
    return must(Vault::open(at(), unlock, platform));
  }
  std::string with_team(Vault& vault, const char* name, const char* team) {
    NewEntry made = entry(name, std::string("token of ") + name);
    made.team = team;
    must(vault.add(std::move(made)));
    return name;
  }

  using Layers = std::vector<std::string>;
  // Keeps the live vault as `layer` on top of `below`.
  void keep(const std::string& layer, const Layers& below = {}) {
    const fs::path before = dir() / "before";
    fs::remove_all(before);
    for (const std::string& one : below) lay(layers() / one, before);
    save_layer(before / "vault", at(), layers() / layer / "vault");
  }
  // Keeps what this machine remembers.
  void keep_mark(const std::string& layer) { save_layer({}, live() / "state", layers() / layer / "state"); }
  // Makes the live vault one that was kept.
  void put_back(const Layers& all) {
    fs::remove_all(live());
    for (const std::string& one : all) lay(layers() / one, live());
  }
  Json input(const Layers& all, const Json& factors, const std::vector<std::string>& labels = {}) {
    return {{"layers", all}, {"factors", Json::array({factors})}, {"labels", labels}};
  }
  static Json counted(int commits, int epoch, const Json& values, int rollbacks = 0) {
    return {{"commits", commits}, {"epoch", epoch}, {"rollbacks", rollbacks}, {"values", values}};
  }
  void good(const std::string& name, const Layers& all, const Json& factors, const Json& output) {
    std::vector<std::string> labels;
    for (const auto& [label, value] : output["values"].items()) labels.push_back(label);
    file.good(name, "vault", input(all, factors, labels), output);
  }
  void refused(const std::string& name, const Layers& all, Errc code) {
    file.refused(name, "vault", input(all, key("key")), code);
  }
  // The vault with `entries`, as `damage` leaves it.
  template <class Damage>
  void refused_when(const std::string& name, const std::string& layer, Errc code, Damage damage) {
    put_back({"fresh", "entries"});
    damage();
    keep(layer, {"fresh", "entries"});
    refused(name, {"fresh", "entries", layer}, code);
  }
  void run_sql(const std::string& sql) { OpenedStore(at(), {key_file()}).run(sql); }

  void make_good();
  void make_rollbacks();
  void make_journal();
  void make_refused();

  VectorFile file{"vaults.json"};
  Json six = {{"moved", "token of first"}, {"first", "token of first"},       {"hidden", "(inactive)"},
              {"destroyed", "(inactive)"}, {"web/mail", "token of web/mail"}, {"nothing", "(not_found)"}};
};

void VaultVectors::make_good() {
  must(Vault::create(at(), {"first", {key_file()}}, platform));
  keep("fresh");
  good("fresh", {"fresh"}, key("key"), counted(1, 1, {{"nothing", "(not_found)"}}));
  {
    Vault vault = opened();
    for (const char* name : {"first", "hidden", "destroyed"}) with_team(vault, name, "default");
    with_team(vault, "web/mail", "web");
    must(vault.move(label("first"), label("moved")));
    must(vault.remove(label("hidden")));
    must(vault.destroy(label("destroyed")));
  }
  keep("entries", {"fresh"});
  good("entries: moved, hidden, destroyed, of two teams", {"fresh", "entries"}, key("key"), counted(8, 1, six));
  {
    Vault vault = opened();
    must(vault.add_identity({{"metadata", {key_file("metadata")}}, Role::metadata, {}}));
    must(vault.add_identity({{"reader", {key_file("reader")}}, Role::reader, {"web"}}));
    must(vault.add_slot({"laptop", {passphrase()}}));
  }
  keep("roles", {"fresh", "entries"});
  const Layers roles{"fresh", "entries", "roles"};
  Json of_reader = six;
  of_reader["first"] = of_reader["moved"] = "(denied)";
  Json of_metadata = of_reader;
  of_metadata["web/mail"] = "(denied)";
  const int commits = static_cast<int>(must(opened().status()).head_sequence);
  good("roles: the root admin", roles, key("key"), counted(commits, 1, six));
  good("roles: the root admin by a passphrase", roles, {{"passphrase", "correct horse"}}, counted(commits, 1, six));
  good("roles: a reader of one team", roles, key("reader"), counted(commits, 1, of_reader));
  good("roles: metadata only", roles, key("metadata"), counted(commits, 1, of_metadata));
  file.refused("roles: a key of nobody", "vault", input(roles, key("spare")), Errc::wrong_key);

  must(opened().rekey());
  keep("rekeyed", roles);
  good("after a rekey", {"rekeyed"}, key("key"), counted(commits + 1, 2, six));
  good("after a rekey: a reader of one team", {"rekeyed"}, key("reader"), counted(commits + 1, 2, of_reader));
  keep_mark("mark-rekeyed");
  fs::remove_all(dir() / "before-rekey");
  for (const std::string& one : roles) lay(layers() / one, dir() / "before-rekey");
  for (const char* name : {"header", "header.2"})
    put_file(at() / name, file_bytes(dir() / "before-rekey/vault/header"));
  keep("header-before-rekey", {"rekeyed"});
  refused("a header whose store a rekey took away", {"rekeyed", "header-before-rekey"}, Errc::corrupt);
  refused("a header whose store a rekey took away, on a machine that saw the rekey",
          {"rekeyed", "header-before-rekey", "mark-rekeyed"}, Errc::stale);
  put_back({"rekeyed"});
  const Unlocked old = insider(at(), {key_file()});
  must(opened().change_leaked_slot("first", {key_file("other")}, {passphrase()}));
  keep("leaked", {});
  const int newest = static_cast<int>(must(opened("other").status()).head_sequence);
  good("after a leaked slot: with the new key", {"leaked"}, key("other"), counted(newest, 3, six));
  good("after a leaked slot: by the slot that was kept", {"leaked"}, {{"passphrase", "correct horse"}},
       counted(newest, 3, six));
  file.refused("after a leaked slot: with the old key", "vault", input({"leaked"}, key("key")), Errc::wrong_key);
  const Unlocked self = insider(at(), {key_file("other")});
  Change change;
  change.operation = "test";
  put_commit(at(), self, old.keys, change);
  keep("closed-key", {"leaked"});
  file.refused("a commit by a key that is closed", "vault", input({"leaked", "closed-key"}, key("other")),
               Errc::corrupt);
  put_back({"leaked"});
  fs::copy(at() / "header", at() / "header.2", fs::copy_options::overwrite_existing);
  put_file(at() / "header", touched(file_bytes(at() / "header"), 40));
  keep("damaged-header", {"leaked"});
  good("a damaged header: its copy serves", {"leaked", "damaged-header"}, key("other"), counted(newest, 3, six));

  put_back({"fresh", "entries"});
  must(opened().clone(dir() / "clone-made/vault", {"clone", {key_file("clone")}}));
  fs::remove_all(live());
  fs::create_directories(live());
  fs::rename(dir() / "clone-made/vault", at());
  keep("clone");
  good("a clone", {"clone"}, key("clone"), counted(1, 1, six));
  put_file(at() / "header", file_bytes(layers() / "fresh/vault/header"));
  put_file(at() / "header.2", file_bytes(layers() / "fresh/vault/header"));
  keep("foreign", {"clone"});
  refused("the store of another vault", {"clone", "foreign"}, Errc::corrupt);
}

void VaultVectors::make_rollbacks() {
  const Layers below{"fresh", "entries"};
  const auto on_top = [&](std::initializer_list<const char*> more) {
    Layers all = below;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  put_back(below);
  {
    Vault vault = opened();
    with_team(vault, "newest", "default");
  }
  keep("newer", below);
  keep_mark("mark-newer");
  {
    Vault vault = opened();
    with_team(vault, "last", "default");
  }
  keep_mark("mark-last");
  good("as the mark says", on_top({"newer", "mark-newer"}), key("key"), counted(9, 1, {{"newest", "token of newest"}}));
  refused("an older copy than the mark says", on_top({"mark-newer"}), Errc::stale);
  put_back(on_top({"mark-newer"}));
  opened("key", true);
  keep("accepted", below);
  keep_mark("mark-accepted");
  const Json output = counted(9, 1, six, 1);
  good("an accepted rollback", on_top({"accepted", "mark-accepted"}), key("key"), output);
  good("an accepted rollback, on a machine that saw what was given up", on_top({"accepted", "mark-newer"}), key("key"),
       output);
  refused("an accepted rollback, on a machine that saw more than was given up", on_top({"accepted", "mark-last"}),
          Errc::stale);
  refused("a fork: what was given up, on a machine that saw the rollback", on_top({"newer", "mark-accepted"}),
          Errc::stale);
}

// As a writer leaves it that dies in the middle: pages of its transaction are in the store already.
void VaultVectors::make_journal() {
  put_back({"fresh", "entries"});
  const fs::path kept = dir() / "kept";
  {
    OpenedStore store(at(), {key_file()});
    store.run("PRAGMA cache_size = 1");
    store.run("BEGIN IMMEDIATE");
    for (const char* table : {"records", "nodes", "buckets", "deltas"})
      store.run(std::string("UPDATE ") + table + " SET bytes = zeroblob(length(bytes))");
    store.run("PRAGMA cache_spill = 1");
    store.run("UPDATE versions SET fields = zeroblob(length(fields))");
    fs::copy(live(), kept, fs::copy_options::recursive);
    store.run("ROLLBACK");
  }
  ASSERT_TRUE(fs::exists(kept / "vault/store-1.db-journal"));
  fs::remove_all(live());
  fs::rename(kept, live());
  keep("hot-journal", {"fresh", "entries"});
  good("a hot journal", {"fresh", "entries", "hot-journal"}, key("key"), counted(8, 1, six));
  put_back({"fresh", "entries", "hot-journal"});
  fs::remove(at() / "store-1.db-journal");
  keep("no-journal", {"fresh", "entries"});
  refused("the same without its journal", {"fresh", "entries", "no-journal"}, Errc::corrupt);
}

void VaultVectors::make_refused() {
  const auto header = [&](const Bytes& bytes) {
    put_file(at() / "header", bytes);
    put_file(at() / "header.2", bytes);
  };
  const Layers roles{"fresh", "entries", "roles"};
  put_back(roles);
  header(file_bytes(layers() / "fresh/vault/header"));
  keep("old-header", roles);
  refused("an older header over a newer store", {"fresh", "entries", "roles", "old-header"}, Errc::corrupt);
  refused_when("an older store under a newer header", "old-store", Errc::corrupt, [&] {
    put_back({"fresh", "entries", "roles"});
    const Bytes newer = file_bytes(at() / "header");
    put_back({"fresh", "entries"});
    header(newer);
  });
  refused_when("a slot of another header, spliced in", "spliced-slot", Errc::corrupt, [&] {
    Header spliced = header_of(at());
    must(opened().add_slot({"spare", {key_file("spare")}}));
    spliced.slots.push_back(header_of(at()).slots.back());
    put_back({"fresh", "entries"});
    header(encode(spliced));
  });
  refused_when("suite 2", "suite", Errc::unsupported, [&] {
    Bytes bytes = file_bytes(at() / "header");
    bytes[33] = std::byte{2};
    header(repaired(bytes));
  });
  refused_when("format 2", "format", Errc::unsupported, [&] {
    Bytes bytes = file_bytes(at() / "header");
    bytes[11] = std::byte{2};
    header(repaired(bytes));
  });
  for (const char* name : {"header", "header.2"}) fs::remove(at() / name);
  keep("store-only");
  refused("no header", {"store-only"}, Errc::no_vault);
  refused_when("tables of a later version", "tables", Errc::unsupported, [&] { run_sql("PRAGMA user_version = 2"); });
  refused_when("no version of the tables", "no-tables", Errc::corrupt, [&] { run_sql("PRAGMA user_version = 0"); });
  refused_when("a head of layout 2", "head-layout", Errc::unsupported, [&] {
    run_sql("UPDATE commits SET bytes = CAST(x'02' || substr(bytes, 2) AS BLOB) WHERE sequence = 8");
  });
  refused_when("a history without its second commit", "cut-history", Errc::corrupt,
               [&] { run_sql("DELETE FROM commits WHERE sequence = 2"); });
  refused_when("no history", "no-history", Errc::corrupt, [&] { run_sql("DELETE FROM commits"); });
  refused_when("a head with a wrong signature", "head-signature", Errc::corrupt,
               [&] { run_sql("UPDATE commits SET signature = zeroblob(64) WHERE sequence = 8"); });
  refused_when("a row that nothing names", "row-too-many", Errc::corrupt,
               [&] { run_sql("INSERT INTO records SELECT id + 1, bytes FROM records LIMIT 1"); });
  refused_when("a bucket that is gone", "no-bucket", Errc::corrupt,
               [&] { run_sql("DELETE FROM buckets WHERE id = (SELECT max(id) FROM buckets)"); });
  refused_when("a version's values that are another's", "other-values", Errc::corrupt, [&] {
    run_sql(
        "UPDATE versions SET fields = (SELECT fields FROM versions ORDER BY id LIMIT 1) "
        "WHERE id = (SELECT max(id) FROM versions)");
  });
  refused_when("a record of layout 2, signed", "record-layout", Errc::unsupported, [&] {
    SignedChange(at(), {key_file()}).write([&](ReadView& view, Change& change) {
      SignedChange other(at(), {key_file()});
      Item item = other.current(view, "moved");
      Bytes bytes = must(view.record(item));
      bytes[0] = std::byte{2};
      item.value = record_hash(bytes, view.vault());
      change.items.push_back({RecordKind::entry, false, item});
      change.records.push_back({item.id, false, bytes});
    });
  });
  refused_when("a page of an older store", "old-page", Errc::corrupt, [&] {
    constexpr std::size_t kPage = 4096;
    const Bytes old = file_bytes(layers() / "fresh/vault/store-1.db");
    Bytes bytes = file_bytes(at() / "store-1.db");
    std::copy_n(old.begin() + kPage, kPage, bytes.begin() + kPage);
    put_file(at() / "store-1.db", bytes);
  });
  refused_when("a byte of a page", "touched-page", Errc::corrupt,
               [&] { put_file(at() / "store-1.db", touched(file_bytes(at() / "store-1.db"), 5000)); });
  refused_when("a store that is not encrypted", "plain-store", Errc::corrupt, [&] {
    Bytes bytes(4096);
    std::ranges::copy(as_bytes("SQLite format 3"), bytes.begin());
    put_file(at() / "store-1.db", bytes);
  });
  put_back(roles);
  const Unlocked reader = insider(at(), {key_file("reader")});
  Change change;
  change.operation = "test";
  put_commit(at(), reader, reader.keys, change);
  keep("by-reader", roles);
  refused("a commit by a reader", {"fresh", "entries", "roles", "by-reader"}, Errc::corrupt);
}

TEST_F(VaultVectors, WholeVaults) {
  make_good();
  make_rollbacks();
  make_journal();
  make_refused();
  file.settle();
  VectorReader reader(platform, dir(), layers());
  for (const Json& vector : file.vectors()) {
    const Outcome outcome = reader.read(vector);
    EXPECT_EQ(outcome.code, vector["expect"].get<std::string>()) << vector["name"];
    if (outcome.code != "ok") continue;
    EXPECT_EQ(outcome.output.dump(), vector["output"].dump()) << vector["name"];
  }
}

// One vault written by each version of SQLCipher's format code; made by a run of these tests with that version.
TEST_F(VaultVectors, WrittenByOtherVersions) {
  VectorFile written("sqlcipher.json");
  for (const std::string version : {"3.4.1", "4.6.1"}) {
    written.good("written by SQLCipher " + version, "vault",
                 {{"layers", Json::array({"sqlcipher-" + version})},
                  {"factors", Json::array({key("key")})},
                  {"labels", Json::array({"first", "second"})}},
                 counted(4, 1, {{"first", "(inactive)"}, {"second", "token of second"}}));
  }
  written.settle();
  Vault vault = must(Vault::create(at(), {"first", {key_file()}}, platform));
  for (const char* name : {"first", "second"}) with_team(vault, name, "default");
  must(vault.remove(label("first")));
  const std::string version = must(vault.status()).sqlcipher_version;
  keep("sqlcipher-" + version.substr(0, version.find(' ')));
}

}  // namespace
}  // namespace vault

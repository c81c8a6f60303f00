"""What `cmake --install` leaves is found, linked and run by other programs: by pkg-config, by CMake, and as an archive."""

import http.server
import os
import pathlib
import re
import shutil
import subprocess
import threading

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TEST_BUILD_DIR", "build/release")).resolve()
EXAMPLES = SOURCE / "capi" / "examples"
NAMES = ["get_token", "add_and_list", "curl_auth"]
TOKEN = "canary-token-0123456789"

pytestmark = [
    pytest.mark.skipif("asan" in BUILD.name or "tsan" in BUILD.name, reason="a plain program cannot load a sanitized library"),
    pytest.mark.skipif(shutil.which("cc") is None or shutil.which("cmake") is None, reason="no C compiler or no cmake"),
]


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def pkg_config(prefix, *arguments):
    return run("pkg-config", *arguments, env=dict(os.environ, PKG_CONFIG_PATH=str(prefix / "lib" / "pkgconfig"))).split()


def needed(program):
    return set(re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", program)))


def build_by_hand(prefix, out, *pkg_config_arguments):
    out.mkdir()
    for name in NAMES:
        flags = pkg_config(prefix, *pkg_config_arguments) + (["-lcurl"] if name == "curl_auth" else [])
        run("cc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", EXAMPLES / f"{name}.c", "-o", out / name, *flags)
    return out


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """The prefix; installed in one place and moved to another, so that every path in it is relative."""
    place = tmp_path_factory.mktemp("install")
    run("cmake", "--install", BUILD, "--prefix", place / "first")
    (place / "first").rename(place / "moved here")
    (place / "moved").symlink_to("moved here")  # cc splits what pkg-config says at spaces
    return place / "moved"


@pytest.fixture(scope="session")
def by_pkg_config(installed, tmp_path_factory):
    return build_by_hand(installed, tmp_path_factory.mktemp("pkg") / "out", "--cflags", "--libs", "vault")


@pytest.fixture(scope="session")
def by_archive(installed, tmp_path_factory):
    return build_by_hand(installed, tmp_path_factory.mktemp("archive") / "out", "--cflags", "--libs", "vault-static")


@pytest.fixture(scope="session")
def by_cmake(installed, tmp_path_factory):
    place = tmp_path_factory.mktemp("cmake")
    shutil.copytree(EXAMPLES, place / "examples")
    run("cmake", "-G", "Ninja", "-S", place / "examples", "-B", place / "out", f"-DCMAKE_PREFIX_PATH={installed}")
    run("cmake", "--build", place / "out")
    return place / "out"


@pytest.fixture(params=["by_pkg_config", "by_archive", "by_cmake"])
def programs(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def sandbox(tmp_path, installed):
    """The environment and the place of a new vault with one key, prod-dns."""
    environment = dict(os.environ, HOME=str(tmp_path), LD_LIBRARY_PATH=str(installed / "lib"))
    for name in ("CONFIG", "DATA", "STATE"):
        environment[f"XDG_{name}_HOME"] = str(tmp_path / name)
    place = ["--dir", tmp_path / "v", "--key-file", tmp_path / "key"]
    run(installed / "bin" / "vault", "init", *place, env=environment)
    run(installed / "bin" / "vault", "add", "prod-dns", "--team", "ops", *place, input=TOKEN, env=environment)
    return environment, [tmp_path / "v", tmp_path / "key"]


@pytest.fixture
def server():
    """Answers 200 to who shows the token, 401 to others."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.headers["Authorization"] == f"Bearer {TOKEN}" else 401)
            self.end_headers()
            self.wfile.write(b"zones: 2\n")

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/zones"
        running.shutdown()
        thread.join()


def test_get_token_prints_a_key(programs, sandbox):
    environment, place = sandbox
    assert run(programs / "get_token", *place, "prod-dns", env=environment) == TOKEN


def test_add_and_list_stores_a_key_and_lists_what_ends_soon(programs, sandbox):
    environment, place = sandbox

    def add(label, team, days):
        return run(programs / "add_and_list", *place, label, team, days, input=f"key of {label}", env=environment)

    assert add("late", "ops", 90) == ""
    assert add("other", "build", 5) == "other dns:read dns:write, 5 days left\n"
    assert add("soon", "ops", 20) == "soon dns:read dns:write, 20 days left\n"
    assert run(programs / "get_token", *place, "soon", env=environment) == "key of soon"


def test_curl_auth_shows_the_key_to_a_server(programs, sandbox, server):
    environment, place = sandbox
    assert run(programs / "curl_auth", *place, "prod-dns", server, env=environment) == "zones: 2\n"


def test_curl_auth_says_why_a_server_or_a_vault_refused(by_pkg_config, sandbox, server):
    environment, place = sandbox
    run(by_pkg_config / "add_and_list", *place, "wrong", "ops", 5, input="another key", env=environment)
    for label, code, why in [("wrong", 8, "401"), ("missing", 3, "get missing")]:
        done = subprocess.run([str(part) for part in (by_pkg_config / "curl_auth", *place, label, server)], env=environment,
                              capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (code, "")
        assert why in done.stderr


def test_programs_need_the_library_or_carry_it(by_pkg_config, by_archive, by_cmake):
    assert "libvault.so.0" in needed(by_pkg_config / "get_token")
    assert "libvault.so.0" in needed(by_cmake / "get_token")
    for program in (by_archive / "get_token", by_cmake / "add_and_list"):
        assert "libvault.so.0" not in needed(program)
        assert "libstdc++.so.6" in needed(program)


def test_nothing_links_sqlcipher_or_openssl(installed, by_archive):
    for file in (installed / "lib" / "libvault.so", by_archive / "get_token"):
        assert not [name for name in needed(file) if re.match(r"lib(sqlcipher|sqlite3|crypto|ssl)\.", name)]


def test_the_shared_library_has_its_name_and_its_links(installed):
    library = installed / "lib" / "libvault.so"
    assert re.findall(r"\(SONAME\).*\[(.*)\]", run("readelf", "-d", library)) == ["libvault.so.0"]
    assert os.readlink(library) == "libvault.so.0"
    assert (installed / "lib" / "libvault.so.0").is_file()


def test_the_archive_shows_the_functions_of_the_header_alone(installed):
    lines = run("nm", "--defined-only", "--extern-only", installed / "lib" / "libvault.a").splitlines()
    shown = {line.split()[-1] for line in lines if len(line.split()) == 3}
    script = (SOURCE / "capi" / "vault.map").read_text()
    assert shown == set(re.findall(r"^ {4}(vault_[a-z_]+);", script, re.M))


def test_a_program_in_cpp_with_like_names_links_the_archive(installed, tmp_path):
    """Its std::vector of a vault::Label, and what it throws, are not ours; ours is caught inside."""
    source = tmp_path / "own.cpp"
    source.write_text("""
        #include <vault.h>
        #include <stdexcept>
        #include <string>
        #include <vector>
        namespace vault {
        struct Label { int a[100]; };
        struct Vault { static int open(); };
        int Vault::open() { return 7; }
        }
        int main(int, char** argv) {
          std::vector<vault::Label> labels(3);
          labels.push_back(vault::Label{});
          const std::string place = argv[1];
          const std::string key_file = place + "key";
          vault_handle* handle = nullptr;
          vault_slot_options slot = VAULT_SLOT_OPTIONS_INIT;
          slot.key_file = key_file.c_str();
          if (vault_create((place + "vault").c_str(), &slot, nullptr, &handle) != VAULT_OK) return 1;
          if (vault_add(handle, "a", "token", 5, nullptr) != VAULT_OK) return 2;
          vault_close(handle);
          try {
            throw std::runtime_error(std::to_string(vault::Vault::open()));
          } catch (const std::exception& error) {
            return std::string(error.what()) == "7" && labels.size() == 4 ? 0 : 3;
          }
        }""")
    flags = pkg_config(installed, "--cflags", "--libs", "vault-static")
    for optimised in ("-O0", "-O2"):
        run("c++", "-std=c++20", optimised, source, "-o", tmp_path / "own", *flags)
        run(tmp_path / "own", f"{tmp_path}/{optimised}", env=dict(os.environ, XDG_STATE_HOME=str(tmp_path)))


def test_pkg_config_knows_what_the_archive_needs(installed):
    shared = pkg_config(installed, "--libs", "vault")
    static = pkg_config(installed, "--static", "--libs", "vault")
    assert shared[-1] == "-lvault"
    assert static == shared + pkg_config(installed, "--libs", "vault-static")[len(shared):]


def test_the_static_flags_link_the_archive_where_it_lies_alone(installed, tmp_path):
    shutil.copytree(installed, tmp_path / "alone", ignore=shutil.ignore_patterns("libvault.so*"))
    out = build_by_hand(tmp_path / "alone", tmp_path / "out", "--static", "--cflags", "--libs", "vault")
    assert "libvault.so.0" not in needed(out / "get_token")


def test_pkg_config_can_give_the_prefix_itself(installed):
    flags = pkg_config(installed, "--define-prefix", "--cflags", "--libs", "vault")
    assert flags[0] == f"-I{installed}/include"
    assert flags[1] == f"-L{installed}/lib"


def test_every_place_says_the_same_version(installed, tmp_path):
    project = re.search(r"project\(vault VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text())[1]
    header = (installed / "include" / "vault.h").read_text()
    assert [re.search(rf"VERSION_{part} (\d+)", header)[1] for part in ("MAJOR", "MINOR", "PATCH")] == project.split(".")
    assert pkg_config(installed, "--modversion", "vault", "vault-static") == [project, project]
    assert run(installed / "bin" / "vault", "--version").split()[1] == project
    assert (installed / "lib" / f"libvault.so.{project}").is_file()
    (tmp_path / "CMakeLists.txt").write_text(
        f"cmake_minimum_required(VERSION 3.25)\nproject(p LANGUAGES NONE)\nfind_package(Vault {project} EXACT CONFIG REQUIRED)\n")
    run("cmake", "-G", "Ninja", "-S", tmp_path, "-B", tmp_path / "b", f"-DCMAKE_PREFIX_PATH={installed}")


def test_the_manual_of_the_header_is_in_section_3(installed):
    assert (installed / "share" / "man" / "man3" / "vault.h.3").is_file()

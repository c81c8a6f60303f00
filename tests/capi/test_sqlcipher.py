"""What libvault does when libsqlcipher is missing, or is not SQLCipher. Through ctypes: also a smoke test of the plain C ABI."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

BUILD = pathlib.Path(os.environ.get("TEST_BUILD_DIR", "build/release")).resolve()
CANARY = "canary-token-0123456789"

PROGRAM = """
import ctypes, sys
lib = ctypes.CDLL(sys.argv[1])
lib.vault_last_error.restype = ctypes.c_char_p
class Slot(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("name", ctypes.c_char_p), ("passphrase", ctypes.c_void_p),
                ("passphrase_size", ctypes.c_size_t), ("key_file", ctypes.c_char_p)]
slot = Slot(ctypes.sizeof(Slot), None, None, 0, (sys.argv[2] + "/key").encode())
vault = ctypes.c_void_p()
code = lib.vault_create((sys.argv[2] + "/vault").encode(), ctypes.byref(slot), None, ctypes.byref(vault))
if code == 0:
    code = lib.vault_add(vault, b"prod-dns", sys.argv[3].encode(), ctypes.c_size_t(len(sys.argv[3])), None)
print(lib.vault_last_error().decode())
sys.exit(code)
"""


def run(tmp_path, library_path):
    environment = dict(os.environ, LD_LIBRARY_PATH=str(library_path))
    return subprocess.run([sys.executable, "-c", PROGRAM, str(BUILD / "libvault.so"), str(tmp_path), CANARY],
                          env=environment, capture_output=True, text=True, check=False)


def no_plaintext(tmp_path):
    vault = tmp_path / "vault"
    if not vault.exists():
        return True
    return all(CANARY.encode() not in file.read_bytes() and b"SQLite format 3" not in file.read_bytes()
               for file in vault.iterdir())


pytestmark = pytest.mark.skipif("asan" in BUILD.name or "tsan" in BUILD.name, reason="sanitizer builds link libsqlcipher")


def test_with_the_real_library_it_works(tmp_path):
    done = run(tmp_path, "")
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "vault" / "header").exists()
    assert no_plaintext(tmp_path)


def test_missing_library_is_unsupported(tmp_path):
    libraries = tmp_path / "lib"
    libraries.mkdir()
    for name in ("libsqlcipher.so.1", "libsqlcipher.so.0"):
        (libraries / name).write_bytes(b"")
    done = run(tmp_path, libraries)
    assert done.returncode == 16
    assert "SQLCipher is not installed" in done.stdout
    assert not (tmp_path / "vault").exists()


def test_plain_sqlite_in_its_place_is_unsupported(tmp_path):
    sqlite = next((p for p in map(pathlib.Path, ("/usr/lib/x86_64-linux-gnu/libsqlite3.so.0", "/usr/lib/aarch64-linux-gnu/libsqlite3.so.0"))
                   if p.exists()), None)
    if sqlite is None:
        pytest.skip("no libsqlite3 here")
    libraries = tmp_path / "lib"
    libraries.mkdir()
    for name in ("libsqlcipher.so.1", "libsqlcipher.so.0"):
        shutil.copy(sqlite, libraries / name)
    done = run(tmp_path, libraries)
    assert done.returncode == 16
    assert "not SQLCipher" in done.stdout
    assert no_plaintext(tmp_path)

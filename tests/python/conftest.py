"""The package as it was built under $TEST_BUILD_DIR, and a vault of its own for each test."""

import os
import pathlib
import sys

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TEST_BUILD_DIR") or SOURCE / "build" / "release").resolve()
PACKAGE = BUILD / "python"
sys.path.insert(0, str(PACKAGE))

import vault  # noqa: E402

assert pathlib.Path(vault.__file__).parent == PACKAGE / "vault", f"another vault: {vault.__file__}"

# The least that a passphrase may cost; Argon2id runs for a tenth of a second.
CHEAP = vault.KdfParameters(memory_kib=65536, passes=3, lanes=1)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """What the package reads and remembers outside the vault: nobody else's."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("STATE", "CONFIG", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    for name in ("VAULT_DIR", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(PACKAGE))
    return tmp_path


@pytest.fixture
def place(tmp_path):
    """Where `v` lies, and the key file that opens it: as arguments of vault.open()."""
    return {"path": tmp_path / "v", "key_file": tmp_path / "key"}


@pytest.fixture
def v(place):
    with vault.create(**place) as opened:
        yield opened


@pytest.fixture
def dns(v):
    """A vault with one key."""
    v.add("prod-dns", b"token-1", team="platform", scopes=["dns:read"])
    return v


def pytest_configure(config):
    config.addinivalue_line("markers", "deep: takes minutes; run by ./dev test --deep")

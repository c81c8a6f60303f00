"""The pytest plugin, as somebody else's tests use it."""

import subprocess
import sys

TESTS = """
import pathlib, pytest, vault

def test_it_is_empty_and_ours(temp_vault):
    assert len(temp_vault) == 0
    temp_vault.add("a", b"token")
    with vault.open() as again:
        assert again.get("a") == b"token"

def test_it_is_another_one_each_time(temp_vault, tmp_path):
    assert "a" not in temp_vault
    assert temp_vault.slots()[0].factors == ("key-file",)
    assert str(tmp_path) in repr(temp_vault)
"""


def test_temp_vault(tmp_path):
    (tmp_path / "test_theirs.py").write_text(TESTS)
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "vault.pytest_plugin", "-p", "no:cacheprovider", str(tmp_path)],
                          capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout

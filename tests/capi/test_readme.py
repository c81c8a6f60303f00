"""The README's C program is capi/examples/get_token.c, and it works."""

import os
import pathlib
import shutil
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TEST_BUILD_DIR", "build/release")).resolve()
EXAMPLE = SOURCE / "capi" / "examples" / "get_token.c"


def test_the_readme_shows_the_example_as_it_is():
    assert EXAMPLE.read_text() in (SOURCE / "README.md").read_text()


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
@pytest.mark.skipif("asan" in BUILD.name or "tsan" in BUILD.name, reason="a plain program cannot load a sanitized library")
def test_the_example_prints_a_key(tmp_path):
    program = tmp_path / "get_token"
    subprocess.run(["cc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-I{SOURCE / 'capi'}", str(EXAMPLE), "-o", str(program),
                    f"-L{BUILD}", "-lvault", f"-Wl,-rpath,{BUILD}"], check=True)
    environment = dict(os.environ, HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path / "config"), XDG_DATA_HOME=str(tmp_path / "data"))
    vault, place = str(BUILD / "vault"), ["--dir", str(tmp_path / "v"), "--key-file", str(tmp_path / "key")]
    subprocess.run([vault, "init", *place], env=environment, check=True, capture_output=True)
    subprocess.run([vault, "add", "prod-dns", *place], input=b"token\0bytes", env=environment, check=True, capture_output=True)
    arguments = [str(program), str(tmp_path / "v"), str(tmp_path / "key")]
    assert subprocess.run([*arguments, "prod-dns"], check=True, capture_output=True).stdout == b"token\0bytes"
    missing = subprocess.run([*arguments, "other"], check=False, capture_output=True)
    assert missing.returncode == 3
    assert b"get other" in missing.stderr

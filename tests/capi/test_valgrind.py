"""Small programs on the C interface under valgrind's memcheck: no byte that was not written is judged, none is freed twice or lost."""

import os
import pathlib
import shutil
import subprocess

import pytest

BUILD = pathlib.Path(os.environ.get("TEST_BUILD_DIR", "build/release")).resolve()
PROGRAMS = {"get_token": [], "many": [], "loop": ["5"]}

pytestmark = pytest.mark.skipif(shutil.which("valgrind") is None or "asan" in BUILD.name or "tsan" in BUILD.name,
                                reason="needs valgrind, and a build without sanitizers")


@pytest.mark.parametrize("name", PROGRAMS)
def test_memcheck_finds_nothing(name):
    done = subprocess.run(["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite",
                           str(BUILD / "tests" / "capi" / f"capi_{name}"), *PROGRAMS[name]],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

"""`./dev demo` tells a story; each step of it must come out as it is told."""

import os
import subprocess

import pytest

from sandbox import REPOSITORY

BUILD = os.environ.get("TEST_BUILD_DIR", str(REPOSITORY / "build" / "release"))


@pytest.mark.skipif("asan" in BUILD or "tsan" in BUILD, reason="it measures, and a sanitized program is not what it measures")
def test_the_demo_goes_as_it_is_told(tmp_path):
    environment = dict(os.environ, TMPDIR=str(tmp_path))
    done = subprocess.run(["bash", REPOSITORY / "tests" / "demo" / "demo.sh", f"{BUILD}/vault"], env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=300)
    assert done.returncode == 0, done.stdout.decode()[-3000:]
    assert b"Everything was as told" in done.stdout

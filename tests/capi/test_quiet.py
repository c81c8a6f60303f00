"""What the library asks of the system, as strace sees it. tests/capi/quiet.c looks at the same from inside."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

BUILD = pathlib.Path(os.environ.get("TEST_BUILD_DIR", "build/release")).resolve()
PROGRAM = BUILD / "tests" / "capi" / "capi_quiet"
# The kernel's own files; OpenSSL's configuration, which it opens when it is loaded, and closes at once; what the program's setlocale reads.
OPENED_BY_SYSTEM_LIBRARIES = re.compile(r'"/(proc|sys)/|openssl\.cnf"|/gconv/|/locale/')


def can_trace() -> bool:
    if shutil.which("strace") is None or "asan" in BUILD.name or "tsan" in BUILD.name:
        return False
    return subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not can_trace(), reason="needs strace, the right to trace, and a build without sanitizers")


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """The calls of the program itself, without those of the commands that it starts to look at its files."""
    trace = tmp_path_factory.mktemp("quiet") / "trace"
    done = subprocess.run(["strace", "-o", str(trace), str(PROGRAM)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return trace.read_text(errors="replace").splitlines()


def test_every_descriptor_is_closed_on_exec_from_the_start(calls):
    opened = [call for call in calls if re.match(r"(open|openat|openat2|creat|memfd_create|epoll_create1|eventfd2|socket|pipe2?|dup3)\(", call)]
    opened = [call for call in opened if " = -1 " not in call]
    assert len(opened) > 20
    for call in opened:
        assert "CLOEXEC" in call or OPENED_BY_SYSTEM_LIBRARIES.search(call), call


def test_no_network(calls):
    assert not [call for call in calls if re.match(r"(socket|connect|bind|sendto)\(", call)]


def test_no_signal_is_caught_or_ignored(calls):
    """But for what system(3) does around the commands that the program itself starts."""
    others = [call for call in calls if re.match(r"rt_sigaction\(", call) and not re.match(r"rt_sigaction\(SIG(INT|QUIT|CHLD)", call)]
    assert not [call for call in others if not re.match(r"rt_sigaction\(\w+, NULL", call)]


def test_the_process_ends_once_and_by_itself(calls):
    assert calls[-1] == "+++ exited with 0 +++"
    assert not [call for call in calls if re.match(r"(kill|tgkill|tkill)\(", call)]

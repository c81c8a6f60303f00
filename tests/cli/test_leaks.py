"""Where secrets go: traced system calls show every file, argument and environment. Skipped where there is no strace."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from sandbox import is_sanitized

TOKEN = "tok-canary-5eb2c1d7-of-the-value"
PASSPHRASE = "pass-canary-91d0f3-of-the-owner"
NEW_PASSPHRASE = "pass-canary-44ac07-of-the-heir"
CANARIES = [TOKEN, PASSPHRASE, NEW_PASSPHRASE]
CHEAP = "--kdf-memory 64 --kdf-passes 3"

COMMANDS = {
    "init": f"init --passphrase-fd 3 {CHEAP} 3<<<'{PASSPHRASE}'",
    "slot add": f"slot add --new-key-file key --default --passphrase-fd 3 3<<<'{PASSPHRASE}'",
    "add": f"add prod-dns --team web <<<'{TOKEN}'",
    "get": "get prod-dns",
    "get json": "get prod-dns --json",
    "get passphrase": f"get prod-dns --passphrase-fd 3 3<<<'{PASSPHRASE}'",
    "list": "list",
    "show": "show prod-dns",
    "status": "status",
    "verify": "verify",
    "wrong": f"get prod-dns --passphrase-fd 3 3<<<'{NEW_PASSPHRASE}'",
    "slot passwd": f"slot passwd passphrase --passphrase-fd 3 --new-passphrase-fd 4 {CHEAP} 3<<<'{PASSPHRASE}' 4<<<'{NEW_PASSPHRASE}'",
}
SHOWS_TOKEN = {"get", "get json", "get passphrase"}


def can_trace() -> bool:
    if shutil.which("strace") is None or is_sanitized():
        return False
    return subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not can_trace(), reason="needs strace, the right to trace, and a build without sanitizers")


class Run:
    def __init__(self, name: str, output: bytes, trace: str):
        self.name = name
        self.output = output.decode(errors="replace")
        self.calls = [line.split(maxsplit=1)[1] for line in trace.splitlines() if " " in line]

    def named(self, *names: str) -> list[str]:
        return [call for call in self.calls if call.split("(", 1)[0] in names]


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    """Every command, once, one after the other, in one home."""
    from sandbox import Sandbox

    box = Sandbox(tmp_path_factory.mktemp("leaks"))
    (box.root / "traces").mkdir()
    runs = {}
    for name, command in COMMANDS.items():
        trace = box.root / "traces" / name.replace(" ", "-")
        # -y names the file behind each descriptor; -s: strings in full.
        done = box.run(f"exec strace -f -y -v -s 200000 -o {trace} vault {command}")
        assert done.returncode == (10 if name == "wrong" else 0), (name, done.stderr)
        runs[name] = Run(name, done.stdout + done.stderr, trace.read_text(errors="replace"))
    shutil.rmtree(box.root / "traces")
    yield box, runs
    box.remove()


@pytest.fixture(params=COMMANDS, ids=lambda name: name.replace(" ", "-"))
def run(request, traced):
    return traced[1][request.param]


def pieces() -> list[str]:
    return [piece for canary in CANARIES for piece in (canary, canary[:16], canary[-16:])]


def test_no_secret_in_any_file(traced):
    box, _ = traced
    for path in box.root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            assert not [piece for piece in pieces() if piece.encode() in content], path


def test_no_label_or_team_in_the_vault(traced):
    box, _ = traced
    for path in (box.home / ".local/share/vault").rglob("*"):
        if path.is_file():
            assert b"prod-dns" not in path.read_bytes() and b"web" not in re.findall(rb"\bweb\b", path.read_bytes()), path


def test_no_secret_in_arguments_or_environment(run):
    for call in run.named("execve", "execveat"):
        assert not [piece for piece in pieces() if piece in call]


def test_a_secret_is_only_read_from_its_descriptor_and_written_to_stdout(run):
    for call in run.calls:
        if not [piece for piece in pieces() if piece in call]:
            continue
        read = re.match(r"read\((0|3|4)<(pipe|/tmp/sh-thd|/)", call)
        written = run.name in SHOWS_TOKEN and TOKEN in call and re.match(r"write\(1<", call)
        assert read or written, call[:300]


def test_only_get_shows_the_token(run):
    assert (TOKEN in run.output) == (run.name in SHOWS_TOKEN)
    assert PASSPHRASE not in run.output and NEW_PASSPHRASE not in run.output


def opened_paths(run):
    for call in run.named("open", "openat", "openat2", "creat"):
        if " = -1 " not in call:
            yield call, re.search(r'"([^"]*)"', call)[1]


def test_writes_only_below_the_vault_its_state_and_the_configuration(run, traced):
    home = traced[0].home
    allowed = [home / ".local/share/vault", home / ".local/state/vault", home / ".config/vault"]
    if run.name == "slot add":
        allowed.append(home / "key")
    for call, path in opened_paths(run):
        if "O_RDONLY" in call or path in ("/dev/null", "/dev/tty"):
            continue
        place = pathlib.Path(os.path.normpath(home / path))
        assert any(place == ok or ok in place.parents for ok in allowed) or call_is_key_file(place, home, run), call


def call_is_key_file(place, home, run) -> bool:
    """Beside the key file it is written under another name first."""
    return run.name == "slot add" and place.parent == home and "key" in place.name


def test_reading_verbs_change_no_file(run):
    if run.name in ("init", "slot add", "add", "slot passwd"):
        return
    assert run.named("rename", "renameat", "renameat2", "unlink", "unlinkat", "ftruncate", "truncate", "mkdir", "mkdirat") == []
    writes = [call for call in run.named("write", "pwrite64", "writev", "pwritev") if "/vault/default/" in call.split(",")[0]]
    assert writes == []


def test_every_open_is_closed_on_exec(run):
    dynamic_loader_and_system = ("/etc/ld.so", "/lib/", "/usr/lib/", "/proc/", "/sys/")
    for call, path in opened_paths(run):
        assert "O_CLOEXEC" in call or path.startswith(dynamic_loader_and_system), call


def test_starts_no_process_and_talks_to_nobody(run):
    assert len(run.named("execve", "execveat")) == 1
    assert run.named("fork", "vfork") == []
    for call in run.named("socket", "connect", "bind", "listen", "sendto", "sendmsg"):
        assert "AF_INET" not in call and "AF_NETLINK" not in call, call


def test_secret_memory_is_kept_out_of_dumps(run):
    assert any("PR_SET_DUMPABLE, SUID_DUMP_DISABLE" in call for call in run.named("prctl"))
    assert any("RLIMIT_CORE" in call and "rlim_cur=0" in call for call in run.named("prlimit64", "setrlimit"))
    assert any("PR_SET_NO_NEW_PRIVS, 1" in call for call in run.named("prctl"))


def test_no_foreign_openssl_configuration(run):
    assert not [path for _, path in opened_paths(run) if "openssl.cnf" in path]


def test_help_and_version_open_no_vault(sandbox):
    trace = sandbox.root / "trace"
    assert sandbox.run(f"exec strace -f -y -o {trace} vault --version").returncode == 0
    text = trace.read_text()
    assert "sqlcipher" not in text and "libcrypto" not in text and "vault/default" not in text


def test_a_recovery_code_is_written_once_to_its_descriptor_and_read_once(tmp_path):
    from sandbox import Sandbox

    box = Sandbox(tmp_path)
    trace = box.root / "trace"
    strace = f"exec strace -f -y -v -s 200000 -o {trace} vault"
    done = box.run(f"{strace} init --key-file key --recovery-out-fd 3 3>{box.root}/code")
    assert done.returncode == 0, done.stderr
    code = (box.root / "code").read_text().strip()
    shown = [code, code[:14], code[-14:], code.replace("-", "")[:14]]
    calls = [call for call in Run("init", b"", trace.read_text()).calls if any(piece in call for piece in shown)]
    assert len(calls) == 1 and re.match(r"write\(3<", calls[0]), calls
    done = box.run(f"{strace} status --recovery-fd 3 3<{box.root}/code")
    assert done.returncode == 0, done.stderr
    calls = [call for call in Run("status", b"", trace.read_text()).calls if any(piece in call for piece in shown)]
    assert len(calls) == 1 and re.match(r"read\(3<", calls[0]), calls

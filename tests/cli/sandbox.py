"""A place of its own for every test: a home that nobody shares, a cron-like environment, no terminal."""

import os
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
TIMEOUT = 120  # seconds for one command; sanitizers are slow


def build_directory() -> pathlib.Path:
    return pathlib.Path(os.environ.get("TEST_BUILD_DIR") or REPOSITORY / "build" / "release").resolve()


def program() -> pathlib.Path:
    return build_directory() / "vault"


def is_sanitized() -> bool:
    return build_directory().name in ("asan", "tsan", "fuzz")


class Sandbox:
    """`root` belongs to the test alone; HOME is a directory in it, `bin` beside it has `vault` and the tests' helpers."""

    def __init__(self, root: pathlib.Path):
        if not program().exists():
            raise FileNotFoundError(f"there is no program to test: {program()} (TEST_BUILD_DIR names another build)")
        self.root = root.resolve()
        self.home = self.root / "home"
        self.home.mkdir(mode=0o700)
        tools = self.root / "bin"
        tools.mkdir()
        (tools / "vault").symlink_to(program())
        for helper in (HERE / "bin").iterdir():
            (tools / helper.name).symlink_to(helper)
        # As cron gives it, and a runtime directory without anybody's agent. The XDG directories are those below HOME.
        self.environment = {"HOME": str(self.home), "PATH": f"{tools}:/usr/bin:/bin", "XDG_RUNTIME_DIR": str(self.root / "run")}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]

    def run(self, command: str, **options) -> subprocess.CompletedProcess:
        """Runs a shell command in HOME, in a session of its own: /dev/tty cannot be opened there."""
        return subprocess.run(["/bin/bash", "-o", "pipefail", "-c", command], cwd=self.home, env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, start_new_session=True, timeout=TIMEOUT, **options)

    def remove(self) -> None:
        # A test may have left directories that nobody may write.
        subprocess.run(["chmod", "-R", "u+rwX", str(self.root)], check=False)
        shutil.rmtree(self.root, ignore_errors=True)

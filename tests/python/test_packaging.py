"""The package as pip installs it: from the repository, and from an sdist in another place, without a network."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest
from conftest import BUILD, SOURCE

PYTHON = SOURCE / "bindings" / "python"
WHEELS = SOURCE / "build" / "wheels"
USE = """
import pathlib, sys, tempfile, vault
assert "site-packages" in vault.__file__, vault.__file__
place = pathlib.Path(tempfile.mkdtemp())
with vault.create(place / "v", key_file=place / "key") as v:
    v.add("a", b"token")
    print(vault.__version__, v.get("a").reveal())
"""

pytestmark = [
    pytest.mark.skipif("asan" in BUILD.name or "tsan" in BUILD.name, reason="the package is built without sanitizers"),
    pytest.mark.skipif(not WHEELS.exists(), reason="./dev setup test brings what it is built with"),
]


# What the release build has compiled, ccache gives to these: its place is below HOME, before a test has another one; the compiler's name
# and the way from the build directory to the sources are the same.
SAME = {"HOME": os.environ["HOME"], "CC": "/usr/bin/cc", "CXX": "/usr/bin/c++"}


def run(*command, **options):
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "LD_PRELOAD")} | SAME
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, env=environment, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pythons():
    """The interpreters that are here: this one, and what pyenv or the PATH has of 3.9 to 3.13."""
    found = {f"3.{sys.version_info.minor}": pathlib.Path("/usr/bin/python3" if sys.prefix != sys.base_prefix else sys.executable)}
    homes = sorted(pathlib.Path(os.environ.get("PYENV_ROOT") or "/root/.pyenv").glob("versions/3.*/bin")) if os.access("/root", os.R_OK) else []
    for minor in range(9, 14):
        places = [shutil.which(f"python3.{minor}"), *(home / f"python3.{minor}" for home in homes)]
        for place in places:
            if place and pathlib.Path(place).exists() and subprocess.run([place, "-c", "import ensurepip, sysconfig, os; "
                    "assert os.path.exists(sysconfig.get_path('include') + '/Python.h')"], check=False, capture_output=True).returncode == 0:
                found.setdefault(f"3.{minor}", pathlib.Path(place))
    return found


def make_environment(place, python):
    run(python, "-m", "venv", place)
    return place / "bin" / "python"


def copy_sources(place):
    """As a clean clone."""
    shutil.copytree(SOURCE, place, ignore=shutil.ignore_patterns("build", ".git", "__pycache__", "corpus", "vectors"))


@pytest.fixture(scope="session")
def sdist(tmp_path_factory):
    place = tmp_path_factory.mktemp("sdist")
    copy_sources(place / "clone")
    program = "import sys, scikit_build_core.build as build; print(build.build_sdist(sys.argv[1]))"
    name = run(sys.executable, "-c", program, place, cwd=place / "clone" / "bindings" / "python").splitlines()[-1]
    return place / name


HERE = f"3.{sys.version_info.minor}"


@pytest.mark.parametrize("version", [pytest.param(name, marks=[] if name == HERE else pytest.mark.deep)
                                     for name in sorted(pythons(), key=lambda name: int(name[2:]))])
def test_an_sdist_of_a_clean_clone_installs_elsewhere(tmp_path, sdist, version):
    python = make_environment(tmp_path / "env", pythons()[version])
    run(python, "-m", "pip", "install", "--quiet", "--no-index", f"--find-links={WHEELS}", "--config-settings=build-dir=core/build/release", sdist, cwd=tmp_path)
    assert run(python, "-c", USE, cwd=tmp_path) == "0.1.0 token\n"


def test_the_sdist_has_the_sources_and_no_more(sdist):
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"PKG-INFO", "pyproject.toml", "module.cpp", "vault/__init__.py", "vault/py.typed", "core/capi/vault.h", "core/vault/vault.hpp",
            "core/CMakeLists.txt", "core/LICENSE"} <= names
    assert not [name for name in names if re.search(r"(^|/)(build|tests|__pycache__|\.git)(/|$)", name)]


def test_pip_installs_from_the_repository_with_plugin_and_types(tmp_path):
    copy = tmp_path / "source"
    copy_sources(copy)
    python = make_environment(tmp_path / "env", "/usr/bin/python3")
    run(python, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", f"--find-links={WHEELS}", f"--wheel-dir={tmp_path}",
        "--config-settings=build-dir=../../build/release", copy / "bindings" / "python")
    (wheel,) = tmp_path.glob("vault_embedded-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (entry_points,) = (archive.read(name).decode() for name in names if name.endswith("entry_points.txt"))
        (metadata,) = (archive.read(name).decode() for name in names if name.endswith("METADATA"))
    assert {"vault/__init__.py", "vault/_core.pyi", "vault/py.typed", "vault/aio.py", "vault/requests.py", "vault/httpx.py"} <= names
    assert not [name for name in names if not name.startswith(("vault/", "vault_embedded-"))]
    assert "vault = vault.pytest_plugin" in entry_points
    assert "Requires-Python: >=3.9" in metadata
    assert [line for line in metadata.splitlines() if line.startswith("Requires-Dist") and "extra ==" not in line] == []
    run(python, "-m", "pip", "install", "--quiet", "--no-index", f"--find-links={WHEELS}", wheel, "pytest")
    (tmp_path / "test_theirs.py").write_text("def test_it(temp_vault):\n    temp_vault.add('a', b'token')\n")
    assert "1 passed" in run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path / "test_theirs.py", cwd=tmp_path)


def test_versions_agree():
    project = re.search(r"project\(vault VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text())[1]
    assert re.search(r'^version = "(.*)"', (PYTHON / "pyproject.toml").read_text(), re.M)[1] == project

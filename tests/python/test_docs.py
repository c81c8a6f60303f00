"""What documentation shows is what happens; what stubs say is what is there."""

import doctest
import os
import pathlib
import re
import shutil
import subprocess
import sys
from datetime import timedelta

import pytest
from conftest import BUILD, PACKAGE, SOURCE

import vault

PYTHON = SOURCE / "bindings" / "python"
EXAMPLES = sorted((PYTHON / "examples").glob("*.py"))


def documented():
    yield "vault", vault.__doc__
    for kind in (vault.Vault, vault.Secret):
        for name in dir(kind):
            text = getattr(kind, name).__doc__ or ""
            if ">>>" in text:
                yield f"{kind.__name__}.{name}", text


@pytest.mark.parametrize(("name", "text"), [pytest.param(name, text, id=name) for name, text in documented()])
def test_docstrings_show_what_happens(dns, place, name, text):
    names = {"vault": vault, "v": dns, "timedelta": timedelta, **place}
    test = doctest.DocTestParser().get_doctest(text, names, name, None, None)
    assert test.examples
    runner = doctest.DocTestRunner()
    runner.run(test)
    assert runner.failures == 0


def mypy(*arguments, **environment):
    if shutil.which("mypy", path=str(pathlib.Path(sys.executable).parent)) is None:
        pytest.skip("no mypy")
    return subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, check=False, env={**os.environ, **environment})


@pytest.mark.skipif("asan" in BUILD.name, reason="mypy is slow there")
def test_the_package_and_its_examples_are_strictly_typed(tmp_path):
    done = mypy("mypy", "--strict", f"--cache-dir={tmp_path}", str(PYTHON / "vault"), *map(str, EXAMPLES), MYPYPATH=str(PYTHON))
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif("asan" in BUILD.name, reason="mypy is slow there")
def test_a_wrong_use_is_seen_by_a_type_checker(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import vault\nv = vault.open(passphrase='str')\nv.get(b'label')\nv.entry('a').team = 'x'\nv.list(state='sad')\n")
    done = mypy("mypy", "--strict", f"--cache-dir={tmp_path}", str(wrong), MYPYPATH=str(PYTHON))
    assert [line.split(":")[1] for line in done.stdout.splitlines() if ": error:" in line] == ["2", "3", "4", "5"], done.stdout


@pytest.mark.skipif("asan" in BUILD.name, reason="mypy is slow there")
def test_stubs_say_what_is_there(tmp_path):
    done = mypy("mypy.stubtest", "vault", "--ignore-disjoint-bases", "--ignore-unused-allowlist", "--allowlist",
                str(SOURCE / "tests" / "python" / "stubtest-allowlist.txt"), MYPYPATH=str(PYTHON), PYTHONPATH=str(PACKAGE), MYPY_CACHE_DIR=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_readme_shows_the_session_that_happens(tmp_path):
    """The README's Python session, run as it is written, where the Ten lines before it have made the vault."""
    readme = (SOURCE / "README.md").read_text()
    program = re.search(r"```python\n(.*?)```", readme, re.S).group(1)
    vault.create(tmp_path / "data" / "vault" / "default", key_file=tmp_path / "key").close()
    (tmp_path / "config" / "vault").mkdir(parents=True)
    (tmp_path / "config" / "vault" / "config.toml").write_text(f"key_file = '{tmp_path / 'key'}'\n")
    with vault.open() as v:
        v.add("prod-dns", b"token-1", team="platform", scopes=["dns:read", "dns:write"], expires=timedelta(days=90))
        v.add("ci/registry", b"token-2", team="build", expires=timedelta(days=7))
    test = doctest.DocTestParser().get_doctest(program, {}, "README.md", None, None)
    assert len(test.examples) > 5
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test)
    assert runner.failures == 0


def test_examples_do_what_they_say(tmp_path, place, monkeypatch):
    monkeypatch.setenv("VAULT_DIR", str(place["path"]))
    (tmp_path / "config" / "vault").mkdir(parents=True)
    (tmp_path / "config" / "vault" / "config.toml").write_text(f"key_file = '{place['key_file']}'\n")
    vault.create(**place).close()

    def run(name, *arguments):
        return subprocess.run([sys.executable, str(PYTHON / "examples" / name), *map(str, arguments)], capture_output=True, text=True, check=False)

    (tmp_path / ".env").write_text("# ours\nAPI_TOKEN = token-1\nOTHER=token-2\n")
    assert run("import_from_env.py", tmp_path / ".env", "app/").stdout == "2 keys under app/\n"
    assert run("expiring.py").returncode == 0
    with vault.open() as v:
        assert v.get("app/api_token") == b"token-1"
        v.add("soon", b"x", team="web", expires=timedelta(days=3))
    due = run("expiring.py")
    assert (due.returncode, due.stdout.split(" ends on ")[0]) == (1, "soon of team web")
    refused = run("call_api.py", "none", "https://127.0.0.1:1/")
    assert (refused.returncode, "get none" in refused.stderr) == (3, True)

"""What holds for every verb that the program has, whichever they are: help, manual pages, completion."""

import re
import shutil
import subprocess

import pytest

from sandbox import REPOSITORY

COMPLETION = REPOSITORY / "vault" / "cli" / "completion"


def verbs(sandbox) -> list[str]:
    """As they are typed: "get", "slot add"."""
    help_text = sandbox.run("vault help").stdout.decode()
    found = re.findall(r"^  ([a-z][a-z-]*(?: [a-z][a-z-]*)*)", help_text, re.MULTILINE)
    assert {"init", "add", "get", "slot add", "help"} <= set(found)
    return [verb for verb in found if verb != "help"]


def test_every_help_is_under_80_columns_and_has_an_example(sandbox):
    for verb in verbs(sandbox):
        done = sandbox.run(f"vault help {verb}")
        assert done.returncode == 0 and done.stdout == sandbox.run(f"vault {verb} --help").stdout
        lines = done.stdout.decode().splitlines()
        assert lines[0].startswith(f"usage: vault {verb}")
        assert lines[-2] == "Example:" and "vault" in lines[-1]
        assert max(map(len, lines)) < 80, verb
    assert max(map(len, sandbox.run("vault help").stdout.decode().splitlines())) < 80


def test_every_verb_has_its_manual_page_and_is_in_the_first_one(sandbox):
    first = (REPOSITORY / "docs/man/vault.1.scd").read_text()
    for verb in verbs(sandbox):
        word = verb.split()[0]
        page = REPOSITORY / f"docs/man/vault-{word}.1.scd"
        assert page.exists(), verb
        assert f"*vault {verb}*" in page.read_text(), f"{page.name} does not show how {verb!r} is called"
        assert f"vault-{word}*(1)" in first or f"*{word}*" in first, f"vault(1) does not name {word}"


def test_every_option_of_a_verb_is_in_its_manual_page(sandbox):
    common = set(re.findall(r"--[a-z-]+", sandbox.run("vault help status").stdout.decode()))
    for verb in verbs(sandbox):
        page = (REPOSITORY / f"docs/man/vault-{verb.split()[0]}.1.scd").read_text()
        own = set(re.findall(r"^  (?:-., )?(--[a-z-]+)", sandbox.run(f"vault help {verb}").stdout.decode(), re.MULTILINE)) - common
        assert not {option for option in own if option not in page}, verb


def complete_in_bash(sandbox, *words: str) -> list[str]:
    quoted = " ".join(f"'{word}'" for word in words)
    script = (f"compopt() {{ :; }}; source {COMPLETION}/vault.bash; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _vault; "
              "printf '%s\\n' \"${COMPREPLY[@]}\"")
    return [line for line in sandbox.run(script).stdout.decode().splitlines() if line]


def complete_in_zsh(sandbox, *words: str) -> list[str]:
    quoted = " ".join(f"'{word}'" for word in words)
    script = (f"fpath=({COMPLETION} $fpath); autoload -Uz _vault; compadd() {{ shift; print -l -- $@ }}; _files() {{ ls -d * }}; "
              f"words=({quoted}); CURRENT={len(words)}; _vault")
    (sandbox.root / "complete.zsh").write_text(script)
    found = sandbox.run(f"zsh -f {sandbox.root}/complete.zsh").stdout.decode().splitlines()
    return [line for line in found if line and line.startswith(words[-1])]  # which zsh does by itself


def complete_in_fish(sandbox, *words: str) -> list[str]:
    (sandbox.root / "complete.fish").write_text(f"source {COMPLETION}/vault.fish; complete -C '{' '.join(words)}'")
    return [line.split("\t")[0].replace("\\", "") for line in sandbox.run(f"fish --no-config {sandbox.root}/complete.fish").stdout.decode().splitlines()]


SHELLS = {"bash": complete_in_bash, "zsh": complete_in_zsh, "fish": complete_in_fish}


@pytest.fixture(params=SHELLS)
def complete(request, sandbox):
    if not shutil.which(request.param):
        pytest.skip(f"there is no {request.param}")
    return lambda *words: SHELLS[request.param](sandbox, *words)


def test_completion_knows_every_verb(complete, sandbox):
    known = verbs(sandbox)
    assert set(complete("vault", "")) == {verb.split()[0] for verb in known} | {"help"}
    for group in {verb.split()[0] for verb in known if " " in verb}:
        expected = {verb.split()[1] for verb in known if verb.startswith(group + " ")}
        assert set(complete("vault", group, "")) == expected
        assert set(complete("vault", "help", group, "")) == expected
    assert set(complete("vault", "--no-prompt", "sl")) == {"slot"}
    assert set(complete("vault", "help", "sl")) == {"slot"}


def test_completion_knows_the_options_of_a_verb(complete):
    assert "--json-lines" in complete("vault", "add", "--")
    assert "--new-key-file" in complete("vault", "slot", "add", "--")
    assert "--new-key-file" not in complete("vault", "get", "--")


def test_completion_offers_labels_only_where_no_prompt_is_needed(complete, sandbox):
    made = sandbox.run("vault init --key-file key && printf 1 | vault add prod-dns --key-file key")
    assert made.returncode == 0
    assert complete("vault", "get", "") == []
    (sandbox.home / ".config/vault").mkdir(parents=True)
    (sandbox.home / ".config/vault/config.toml").write_text(f'key_file = "{sandbox.home}/key"\n')
    for verb in verbs(sandbox):
        usage = sandbox.run(f"vault help {verb}").stdout.decode().splitlines()[0]
        takes_label = verb != "add" and ("LABEL" in usage or "[PREFIX]" in usage)
        assert ("prod-dns" in complete("vault", *verb.split(), "")) == (takes_label and verb != "undelete"), verb
    assert complete("vault", "get", "x") == []
    assert complete("vault", "list", "--team", "") == []  # its value is no label
    assert complete("vault", "get", "prod-dns", "--field", "") == []
    assert sandbox.run("vault rm prod-dns").returncode == 0
    assert complete("vault", "undelete", "") == ["prod-dns"]
    assert complete("vault", "get", "") == []

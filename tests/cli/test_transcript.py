"""The transcripts' own rules."""

import pytest

import transcript
from sandbox import Sandbox


def write(path, text):
    file = path / "example.transcript"
    file.write_text(text)
    return file


def play_all(file, sandbox: Sandbox):
    beginning, scenarios = transcript.parse(file)
    for step in beginning + scenarios[0].steps:
        transcript.play(file, step, sandbox)


def test_a_scenario_that_is_as_written(tmp_path, sandbox):
    file = write(tmp_path, "$ echo before > file\n\n## One\n# Comment.\n$ cat file; echo two >&2; exit 3\nbefore\n! two\n? 3\n"
                           "$ printf 'a\\n\\n$ b'\na\n\\\n\\$ b\\c\n$ echo \\\n> word; pwd\nword\n$HOME\n")
    play_all(file, sandbox)


@pytest.mark.parametrize("written", ["", "one\n", "one\ntwo\\c\n", "one\ntwo\n! \n", "one\ntwo\n? 1\n", "one\n...\nthree\n", "On.\ntwo\n"])
def test_any_difference_is_found(tmp_path, sandbox, written):
    file = write(tmp_path, f"## One\n$ printf 'one\\ntwo\\n'\n{written}")
    with pytest.raises(transcript.Mismatch):
        play_all(file, sandbox)


@pytest.mark.parametrize("written", ["one\ntwo", "...", "one\n...", "...\none\n...\ntwo", "o...\nt...o"])
def test_wildcards(tmp_path, sandbox, written):
    play_all(write(tmp_path, f"## One\n$ printf 'one\\ntwo\\n'\n{written}\n"), sandbox)


def test_what_happened_can_be_accepted(tmp_path, sandbox):
    file = write(tmp_path, "## One\n$ printf 'a\\n\\n# b'; echo $HOME >&2; exit 2\nnonsense\n\n## Two\n$ true\n")
    with pytest.raises(transcript.Mismatch) as mismatch:
        play_all(file, sandbox)
    transcript.accept(mismatch.value)
    assert file.read_text() == "## One\n$ printf 'a\\n\\n# b'; echo $HOME >&2; exit 2\na\n\\\n\\# b\\c\n! $HOME\n? 2\n\n## Two\n$ true\n"
    play_all(file, sandbox)


def test_no_terminal_and_a_bare_environment(sandbox):
    assert sandbox.run("true < /dev/tty").returncode != 0
    names = {line.split("=")[0] for line in sandbox.run("env").stdout.decode().splitlines()}
    assert names <= {"HOME", "PATH", "XDG_RUNTIME_DIR", "PWD", "SHLVL", "_", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}

"""What a person sees who sits at a terminal. The terminal is a pair of pseudo-terminals: what we read is what the screen shows."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time
import unicodedata

import pytest

PATIENCE = 60  # seconds; a machine may be busy, a sanitizer slow
CHEAP = "--kdf-memory 64 --kdf-passes 3"


class Terminal:
    """A shell command with this terminal as its own; the shell leads the session, as a login shell does."""

    def __init__(self, sandbox, command: str):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.screen = ""
        slave_name = os.ttyname(self.slave)

        def become_session_leader():
            os.setsid()
            os.close(os.open(slave_name, os.O_RDWR))  # it becomes the controlling terminal
            for number in (signal.SIGINT, signal.SIGQUIT):
                signal.signal(number, signal.SIG_DFL)  # a background job begins with them ignored

        self.process = subprocess.Popen(["/bin/bash", "-c", command], cwd=sandbox.home, env=sandbox.environment | {"TERM": "xterm"},
                                        stdin=self.slave, stdout=self.slave, stderr=self.slave, preexec_fn=become_session_leader)

    def sees(self, text: str) -> "Terminal":
        """Waits until the screen shows this, after what was waited for before."""
        end = time.monotonic() + PATIENCE
        while text not in self.screen:
            assert time.monotonic() < end, f"never saw {text!r}, only {self.screen!r}"
            if not self.read(0.1) and self.process.poll() is not None and not self.read(0):
                raise AssertionError(f"it ended without {text!r}: {self.screen!r}")
        self.screen = self.screen[self.screen.index(text) + len(text) :]
        return self

    def read(self, timeout: float) -> bool:
        if not select.select([self.master], [], [], timeout)[0]:
            return False
        self.screen += os.read(self.master, 65536).decode(errors="replace")
        return True

    def types(self, text: str) -> "Terminal":
        os.write(self.master, text.encode())
        return self

    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def ends(self) -> int:
        """Waits for the end; the screen then holds all the rest."""
        status = self.process.wait(PATIENCE)
        while self.read(0.05):
            pass
        return status

    def is_as_before(self) -> bool:
        return termios.tcgetattr(self.slave) == self.before

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def at_terminal(sandbox):
    terminals = []

    def start(command: str) -> Terminal:
        terminals.append(Terminal(sandbox, command))
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


@pytest.fixture
def vault(sandbox):
    """A vault with a passphrase slot, a key file `key` and an entry `prod-dns`."""
    made = sandbox.run("vault init --key-file key && vault slot add --key-file key --name words --new-passphrase-fd 3 "
                       f"{CHEAP} 3<<<'correct horse' && printf token-1 | vault add prod-dns --key-file key")
    assert made.returncode == 0, made.stderr
    return sandbox


def test_init_asks_twice_and_shows_nothing(at_terminal):
    terminal = at_terminal(f"vault init {CHEAP}").sees("New passphrase: ")
    assert not terminal.echoes()
    terminal.types("correct horse\n").sees("New passphrase again: ").types("correct horse\n").sees("Made a vault")
    assert terminal.ends() == 0
    assert "horse" not in terminal.screen
    assert terminal.is_as_before()


def test_init_asks_again_when_the_two_differ(at_terminal):
    terminal = at_terminal(f"vault init {CHEAP}").sees("New passphrase: ").types("correct horse\n")
    terminal.sees("again: ").types("correct hose\n").sees("differ").sees("New passphrase: ").types("battery\n")
    terminal.sees("again: ").types("battery\n").sees("Made a vault")
    assert terminal.ends() == 0


def test_init_refuses_an_empty_passphrase(at_terminal):
    terminal = at_terminal(f"vault init {CHEAP}").sees("New passphrase: ").types("\n").sees("New passphrase: ")
    terminal.types("\x04")
    assert terminal.ends() == 18
    assert terminal.is_as_before()


def test_init_gives_up_after_three_pairs_that_differ(at_terminal, sandbox):
    terminal = at_terminal(f"vault init {CHEAP}")
    for _ in range(3):
        terminal.sees("New passphrase: ").types("one\n").sees("again: ").types("other\n")
    assert terminal.ends() == 2
    assert list(sandbox.home.iterdir()) == []


CODE = re.compile(r"(?:[0-9A-HJKMNP-TV-Z]{4}-){8}[0-9A-HJKMNP-TV-Z*~$=U]")


def shown_code(terminal) -> str:
    found = CODE.search(terminal.screen)
    assert found, terminal.screen
    return found.group()


def test_init_shows_a_recovery_code_once(at_terminal, sandbox):
    terminal = at_terminal("vault init --key-file key").sees("recovery code of")
    assert terminal.ends() == 0
    code = shown_code(terminal)
    assert terminal.screen.count(code) == 1
    assert "slot \"recovery\"" in terminal.screen
    made = sandbox.run("vault slot list --key-file key --json")
    assert [slot["name"] for slot in json.loads(made.stdout)["slots"]] == ["key file", "recovery"]
    assert sandbox.run(f"vault status --recovery-fd 3 3<<<'{code}'").returncode == 0


def test_init_never_writes_the_recovery_code_to_stdout_or_stderr(at_terminal, sandbox):
    terminal = at_terminal("vault init --key-file key > out 2> err").sees("recovery code of")
    assert terminal.ends() == 0
    code = shown_code(terminal)
    for name in ("out", "err"):
        assert code not in (sandbox.home / name).read_text()


def test_init_makes_no_recovery_code_when_told(at_terminal, sandbox):
    for option in ("--no-recovery", "--no-prompt"):
        terminal = at_terminal(f"vault init --dir v{option} --key-file key {option}").sees("Made a vault")
        assert terminal.ends() == 0
        assert not CODE.search(terminal.screen)
        assert json.loads(sandbox.run(f"vault slot list --dir v{option} --key-file key --json").stdout)["slots"][1:] == []


def test_the_recovery_slot_asks_for_its_code_when_it_is_named(at_terminal, sandbox):
    terminal = at_terminal(f"vault init {CHEAP}").sees("New passphrase: ").types("horse\n").sees("again: ").types("horse\n")
    assert terminal.ends() == 0
    code = shown_code(terminal)
    terminal = at_terminal("vault slot passwd passphrase --slot recovery " + CHEAP).sees("Recovery code for ")
    assert not terminal.echoes()
    terminal.types(code[:-1] + "\n").sees("cut").sees("Recovery code for ")
    terminal.types(("Z" if code[0] != "Z" else "Y") + code[1:] + "\n").sees("mistake").sees("Recovery code for ")
    terminal.types(code.lower().replace("-", " ") + "\n").sees("New passphrase: ").types("battery\n").sees("again: ").types("battery\n")
    terminal.sees("Changed")
    assert terminal.ends() == 0
    assert sandbox.run("vault status --passphrase-fd 3 3<<<battery").returncode == 0


def test_a_wrong_recovery_code_can_be_typed_three_times(at_terminal, vault):
    terminal = at_terminal("vault slot add --new-recovery --key-file key").sees("recovery code of")
    assert terminal.ends() == 0
    shown_code(terminal)
    terminal = at_terminal("vault get prod-dns --slot recovery")
    for _ in range(3):
        terminal.sees("Recovery code for ").types("0000-0000-0000-0000-0000-0000-0000-0000-0\n")
    assert terminal.ends() == 10
    assert terminal.is_as_before()


def test_without_its_name_the_recovery_slot_is_not_asked_for(at_terminal, vault):
    terminal = at_terminal("vault slot add --new-recovery --key-file key").sees("recovery code of")
    assert terminal.ends() == 0
    terminal = at_terminal("vault get prod-dns").sees("Passphrase for ").types("correct horse\n").sees("token-1")
    assert terminal.ends() == 0


def test_a_new_recovery_code_replaces_the_old(at_terminal, vault):
    terminal = at_terminal("vault slot add --new-recovery --key-file key").sees("recovery code of")
    assert terminal.ends() == 0
    old = shown_code(terminal)
    terminal = at_terminal("vault slot passwd recovery --new-recovery --key-file key").sees("recovery code of")
    assert terminal.ends() == 0
    new = shown_code(terminal)
    assert vault.run(f"vault get prod-dns --recovery-fd 3 3<<<'{old}'").returncode == 10
    assert vault.run(f"vault get prod-dns --recovery-fd 3 3<<<'{new}'").stdout == b"token-1"


def test_get_asks_and_ends_the_line(at_terminal, vault):
    terminal = at_terminal("vault get prod-dns").sees("Passphrase for ")
    assert not terminal.echoes()
    terminal.types("correct horse\n")
    assert terminal.ends() == 0
    assert terminal.screen.endswith("token-1\r\n")
    assert "horse" not in terminal.screen


def test_get_adds_no_newline_where_stdout_is_no_terminal(at_terminal, vault):
    terminal = at_terminal("vault get prod-dns > out").sees("Passphrase for ").types("correct horse\n")
    assert terminal.ends() == 0
    assert (vault.home / "out").read_bytes() == b"token-1"


def test_get_asks_even_when_stdin_is_no_terminal(at_terminal, vault):
    terminal = at_terminal("echo something | vault get prod-dns").sees("Passphrase for ").types("correct horse\n").sees("token-1")
    assert terminal.ends() == 0


def test_wrong_passphrase_can_be_typed_three_times(at_terminal, vault):
    terminal = at_terminal("vault get prod-dns")
    for _ in range(3):
        terminal.sees("Passphrase for ").types("wrong\n")
    assert terminal.ends() == 10
    assert "Passphrase for" not in terminal.screen
    assert terminal.is_as_before()


def test_a_typing_mistake_can_be_mended(at_terminal, vault):
    terminal = at_terminal("vault get prod-dns").sees("Passphrase for ")
    terminal.types("nonsense\x15correct horsé\x7fe\n").sees("token-1")
    assert terminal.ends() == 0


@pytest.mark.parametrize("key", ["\x03", "\x1c", "\x04"], ids=["ctrl-c", "ctrl-backslash", "ctrl-d"])
def test_a_prompt_can_be_cancelled(at_terminal, vault, key):
    terminal = at_terminal("vault get prod-dns").sees("Passphrase for ").types("corr" if key != "\x04" else "")
    # Before the prompt waits, the key would only be a character.
    terminal.types(key)
    assert terminal.ends() == 18
    assert terminal.is_as_before()
    assert "corr" not in terminal.screen


def test_a_cancelling_key_right_behind_others_never_waits_for_more(at_terminal, vault):
    """The key takes back what was typed before it, perhaps between the look at it and the reading of it."""
    for _ in range(20):
        terminal = at_terminal("vault get prod-dns").sees("Passphrase for ").types("corr").types("\x03")
        assert terminal.ends() == 18


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_at_a_prompt_restores_the_terminal(at_terminal, vault, number):
    terminal = at_terminal("exec vault get prod-dns").sees("Passphrase for ")
    terminal.process.send_signal(number)
    assert terminal.ends() == 18
    assert terminal.is_as_before()


def test_no_prompt_forbids_to_ask(at_terminal, vault):
    terminal = at_terminal("vault get prod-dns --no-prompt")
    assert terminal.ends() == 4
    assert "Passphrase for" not in terminal.screen


def test_whoever_names_a_factor_is_not_asked_for_another(at_terminal, vault):
    terminal = at_terminal("vault get prod-dns --passphrase-fd 3 3<<<wrong")
    assert terminal.ends() == 10
    assert "Passphrase for" not in terminal.screen


def test_add_asks_for_the_secret_and_says_its_length(at_terminal, vault):
    terminal = at_terminal("vault add other --key-file key").sees("token of other: ")
    assert not terminal.echoes()
    terminal.types("sk_live_canary\n").sees("14 bytes").sees("Added other")
    assert terminal.ends() == 0
    assert terminal.is_as_before()
    assert vault.run("vault get other --key-file key").stdout == b"sk_live_canary"


def test_add_takes_a_long_line(at_terminal, vault):
    # A terminal in its usual mode cuts a line after 4,095 bytes without a word.
    terminal = at_terminal("vault add other --key-file key").sees("token of other: ")
    for _ in range(6):
        terminal.types("x" * 1000)
        time.sleep(0.05)
    terminal.types("\n").sees("6000 bytes")
    assert terminal.ends() == 0


def test_add_asks_for_each_field(at_terminal, vault):
    terminal = at_terminal("vault add aws --field secret --field key-id --key-file key")
    terminal.sees("secret of aws: ").types("one\n").sees("key-id of aws: ").types("two\n")
    assert terminal.ends() == 0
    assert vault.run("vault get aws --field key-id --key-file key").stdout == b"two"


def test_add_refuses_an_empty_secret(at_terminal, vault):
    terminal = at_terminal("vault add other --key-file key").sees("token of other: ").types("\n")
    assert terminal.ends() == 2


def test_add_says_that_a_label_is_used_before_it_asks(at_terminal, vault):
    terminal = at_terminal("vault add prod-dns --key-file key")
    assert terminal.ends() == 14
    assert "token of" not in terminal.screen


def test_several_pasted_lines_are_refused(at_terminal, vault):
    terminal = at_terminal("vault add other --key-file key").sees("token of other: ").types("line 1\nline 2\nline 3\n")
    assert terminal.ends() == 2
    assert vault.run("vault get other --key-file key").returncode == 3


def test_slot_remove_asks(at_terminal, vault):
    terminal = at_terminal("vault slot remove words --key-file key").sees("Remove").types("n\n")
    assert terminal.ends() == 18
    terminal = at_terminal("vault slot remove words --key-file key").sees("Remove").types("\n")
    assert terminal.ends() == 18
    terminal = at_terminal("vault slot remove words --key-file key").sees("Remove").types("y\n").sees("Removed")
    assert terminal.ends() == 0


def test_slot_remove_does_not_ask_with_yes(at_terminal, vault):
    terminal = at_terminal("vault slot remove words --yes --key-file key")
    assert terminal.ends() == 0
    assert "Remove slot" not in terminal.screen


@pytest.mark.parametrize("verb", ["rm", "destroy"])
def test_what_takes_an_entry_away_asks(at_terminal, vault, verb):
    for answer in ("n\n", "\n", "\x04"):
        assert at_terminal(f"vault {verb} prod-dns --key-file key").sees("prod-dns").sees("[y/N]").types(answer).ends() == 18
    assert vault.run("vault get prod-dns --key-file key").stdout == b"token-1"
    terminal = at_terminal(f"vault {verb} prod-dns --key-file key").sees("[y/N]").types("y\n").sees("ed ")
    assert terminal.ends() == 0
    assert vault.run("vault get prod-dns --key-file key").returncode == 7


@pytest.mark.parametrize("quiet", ["--yes", "--no-prompt", "< /dev/null", "> out", "| cat"])
@pytest.mark.parametrize("verb", ["rm", "destroy"])
def test_a_script_is_not_asked(at_terminal, vault, verb, quiet):
    terminal = at_terminal(f"vault {verb} prod-dns --key-file key {quiet}")
    assert terminal.ends() == 0
    assert "[y/N]" not in terminal.screen
    assert vault.run("vault get prod-dns --key-file key").returncode == 7


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_the_log_fits_the_terminal(at_terminal, vault, columns):
    assert vault.run(f"printf t | vault add {'long/' * 40}label --key-file key").returncode == 0
    terminal = at_terminal(f"stty cols {columns}; NO_COLOR=1 vault log --key-file key")
    assert terminal.ends() == 0
    lines = [line for line in terminal.screen.split("\r\n") if line]
    assert len(lines) == 5 and max(map(len, lines)) <= columns


def test_slot_passwd_asks_for_the_old_and_twice_for_the_new(at_terminal, vault):
    terminal = at_terminal(f"vault slot passwd {CHEAP}").sees("Passphrase for ").types("correct horse\n")
    terminal.sees("New passphrase: ").types("battery\n").sees("again: ").types("battery\n").sees("Changed")
    assert terminal.ends() == 0
    assert vault.run("vault get prod-dns --passphrase-fd 3 3<<<battery").stdout == b"token-1"


def test_expiry_warnings_go_to_a_terminal_only(at_terminal, vault):
    assert vault.run("printf soon | vault add soon --expires 3d --key-file key").returncode == 0
    terminal = at_terminal("vault get soon --key-file key").sees("soon expires in 3 days")
    assert terminal.ends() == 0
    assert vault.run("vault get soon --key-file key").stderr == b""


def test_colours_at_a_terminal_unless_no_color(at_terminal, vault):
    assert vault.run("printf soon | vault add soon --expires 3d --key-file key").returncode == 0
    terminal = at_terminal("vault list --key-file key")
    assert terminal.ends() == 0 and "\x1b[" in terminal.screen
    for environment in ("NO_COLOR=1", "TERM=dumb"):
        terminal = at_terminal(f"{environment} vault list --key-file key")
        assert terminal.ends() == 0 and "\x1b[" not in terminal.screen


def test_the_table_fits_the_terminal(at_terminal, vault):
    long_label = "a-label-" + "x" * 100
    assert vault.run(f"printf x | vault add {long_label} --scope {'y' * 100} --key-file key").returncode == 0
    terminal = at_terminal("stty cols 60; NO_COLOR=1 vault list --key-file key")
    assert terminal.ends() == 0
    lines = terminal.screen.splitlines()
    assert max(map(len, lines)) <= 60 and "…" in terminal.screen


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_every_table_fits(at_terminal, vault, columns):
    for label, scope in (("web/" + "x" * 90, "y" * 100), ("顧客/請求書システム本番環境の鍵と予備の鍵と古い鍵", "dns:write")):
        assert vault.run(f"printf '{scope}' | vault add '{label}' --team {'t' * 60} --scope {scope} --expires 5d --key-file key").returncode == 0
    for verb in ("list", "slot list", "team list"):
        terminal = at_terminal(f"stty cols {columns}; NO_COLOR=1 vault {verb} --key-file key")
        assert terminal.ends() == 0
        for line in terminal.screen.splitlines():
            assert sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line) <= columns, (verb, line)
    terminal = at_terminal(f"stty cols {columns}; NO_COLOR=1 vault list --key-file key")
    assert terminal.ends() == 0
    assert "in 5 days" in terminal.screen and "active" in terminal.screen and "顧客" in terminal.screen


@pytest.mark.parametrize("environment", ["NO_COLOR=1", "NO_COLOR=no", "TERM=dumb"])
def test_no_verb_colours_where_nobody_wants_it(at_terminal, vault, environment):
    assert vault.run("printf soon | vault add soon --expires 3d --key-file key").returncode == 0
    for verb in ("list", "show soon", "get soon", "doctor", "status", "slot list", "team list"):
        terminal = at_terminal(f"{environment} vault {verb} --key-file key")
        assert terminal.ends() == 0 and "\x1b[" not in terminal.screen, verb


def test_an_empty_no_color_does_not_count(at_terminal, vault):
    terminal = at_terminal("NO_COLOR= vault list --key-file key")
    assert terminal.ends() == 0 and "\x1b[" in terminal.screen


def test_a_pipe_is_never_coloured(at_terminal, vault):
    assert vault.run("printf soon | vault add soon --expires 3d --key-file key").returncode == 0
    terminal = at_terminal("{ vault list --key-file key; vault show soon --key-file key; vault doctor --key-file key; } | cat")
    assert terminal.ends() == 0 and "\x1b[" not in terminal.screen


def test_what_ends_soon_is_yellow_and_what_has_ended_red(at_terminal, vault):
    assert vault.run("printf soon | vault add soon --expires 3d --key-file key").returncode == 0
    assert vault.run("printf old | vault add old --issued 2020-01-01 --expires 7d --key-file key").returncode == 0
    terminal = at_terminal("vault list --key-file key; vault show soon --key-file key; vault show old --key-file key")
    assert terminal.ends() == 0
    assert "\x1b[31mexpired\x1b[0m" in terminal.screen  # the word says it too
    assert "\x1b[33min 3 days\x1b[0m" in terminal.screen
    assert re.search(r"state +\x1b\[33mactive", terminal.screen) and re.search(r"state +\x1b\[31mexpired", terminal.screen)
    terminal = at_terminal("vault get soon --key-file key").sees("\x1b[33mvault: soon expires in 3 days\x1b[0m")
    assert terminal.ends() == 0


def test_many_entries_show_progress(at_terminal, vault):
    lines = "".join(f'{{"label":"many/{i}","token":"token {i}"}}\n' for i in range(600))
    (vault.home / "lines").write_text(lines)
    terminal = at_terminal("vault add --json-lines lines --key-file key").sees("add 256/1200").sees("add 1024/1200").sees("Added 600 entries")
    assert terminal.ends() == 0
    assert vault.run("vault list --labels many --key-file key | wc -l").stdout.strip() == b"600"


def test_lines_are_not_typed_at_a_terminal(at_terminal, vault):
    terminal = at_terminal("vault add --json-lines --key-file key").sees("would be shown while it is typed")
    assert terminal.ends() == 2


def test_doctor_never_asks(at_terminal, vault):
    terminal = at_terminal("stty cols 80; NO_COLOR=1 vault doctor")
    assert terminal.ends() == 0
    assert "Passphrase" not in terminal.screen and "not checked" in terminal.screen
    assert max(map(len, terminal.screen.splitlines())) <= 80


FAKE_MAN = """#!/bin/bash
if [[ $1 = -w ]]; then [[ " $PAGES " = *" $2 "* ]]; exit; fi
echo "man shows $*"; trap | grep -c PIPE; exit ${MAN_STATUS:-0}
"""


@pytest.fixture
def man(sandbox):
    path = sandbox.root / "bin" / "man"
    path.write_text(FAKE_MAN)
    path.chmod(0o755)
    return sandbox


@pytest.mark.parametrize("command, page", [("help get", "vault-get"), ("help slot add", "vault-slot"), ("help slot", "vault-slot")])
def test_help_opens_the_manual(at_terminal, man, command, page):
    terminal = at_terminal(f"PAGES='vault-get vault-slot' vault {command}").sees(f"man shows -- {page}").sees("0")
    assert terminal.ends() == 0
    assert "usage:" not in terminal.screen


@pytest.mark.parametrize("command", ["PAGES= vault help get", "PAGES=vault-get MAN_STATUS=3 vault help get", "PATH=$(dirname $(which vault)) vault help get",
                                     "PAGES=vault-get vault get --help", "PAGES=vault-get vault help get | cat",
                                     "PAGES=vault-get vault help get < /dev/null"])
def test_help_is_printed_where_there_is_no_manual_to_open(at_terminal, man, command):
    if command.startswith("PATH"):
        (man.root / "bin" / "man").unlink()
    terminal = at_terminal(command).sees("usage: vault get LABEL... [options]").sees("Example:")
    assert terminal.ends() == 0


def test_the_list_of_verbs_is_always_printed(at_terminal, man):
    terminal = at_terminal("PAGES=vault vault help").sees("usage: vault VERB")
    assert terminal.ends() == 0

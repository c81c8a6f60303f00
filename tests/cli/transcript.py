"""Transcripts: what a person would see who types the commands, checked line by line.

A file has scenarios; each is a test of its own, in a home of its own, with no terminal.

    # A comment, anywhere before or between commands.
    $ vault init --key-file key            <- before the first `##`: done at the start of every scenario
    ...

    ## A wrong label is refused            <- the scenario's name
    xfail: why the program is still wrong  <- optional: the scenario must fail
    needs: test -w /dev/full               <- optional: skipped where this shell command fails
    $ printf %s token |                    <- a command for bash, run in HOME with pipefail
    > vault add prod-dns                   <- ... its next line
    lines of stdout
    ! lines of stderr
    ? 2                                    <- the exit status, where it is not 0

Commands keep only files from one to the next. stdin is /dev/null; a command says so where it needs another. Beside `vault`,
the helpers in tests/cli/bin are on the PATH.

In lines of output
    ...      stands for anything within the line; alone on a line, for any lines, or none
    <time>   an RFC 3339 time        <id>     32 hex digits       <hash>   64 hex digits
    <n>      a number                <short>  8 or 16 hex digits
    $HOME    the scenario's home
    \\c       at the end of the last line: no newline follows
    \\        at the beginning: the rest is output, even if it begins with `$ `, `! `, `? `, `> ` or `#`
"""

import dataclasses
import difflib
import pathlib
import re

PATTERNS = {
    "...": r".*",
    "<time>": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "<id>": r"[0-9a-f]{32}",
    "<hash>": r"[0-9a-f]{64}",
    "<short>": r"(?:[0-9a-f]{16}|[0-9a-f]{8})",
    "<n>": r"\d+",
}
PLACEHOLDER = re.compile("|".join(re.escape(name) for name in PATTERNS))
SPECIAL = ("$ ", "! ", "? ", "> ", "#", "\\")


@dataclasses.dataclass
class Step:
    command: str
    line: int
    stdout: list[str] = dataclasses.field(default_factory=list)
    stderr: list[str] = dataclasses.field(default_factory=list)
    status: int = 0
    end: int = 0  # the line after its last, counted from 0


@dataclasses.dataclass
class Scenario:
    name: str
    line: int
    steps: list[Step]
    xfail: str = ""
    needs: str = ""


def parse(path: pathlib.Path) -> tuple[list[Step], list[Scenario]]:
    """The common beginning, and the scenarios."""
    beginning: list[Step] = []
    scenarios: list[Scenario] = []
    steps, step, in_command = beginning, None, False
    for number, line in enumerate(path.read_text().split("\n"), start=1):
        if line.startswith("## "):
            scenarios.append(Scenario(line[3:].strip(), number, []))
            steps, step = scenarios[-1].steps, None
        elif line.startswith("#") or not line:
            continue
        elif line.startswith("$ "):
            step, in_command = Step(line[2:], number, end=number), True
            steps.append(step)
        elif step is None and scenarios and (setting := re.fullmatch(r"(xfail|needs): (.*)", line)):
            setattr(scenarios[-1], setting[1], setting[2])
        elif step is None:
            raise ValueError(f"{path}:{number}: output without a command: {line!r}")
        elif line.startswith("> ") and in_command:
            step.command, step.end = step.command + "\n" + line[2:], number
        else:
            in_command, step.end = False, number
            if line == "!" or line.startswith("! "):
                step.stderr.append(line[2:])
            elif line.startswith("? "):
                step.status = int(line[2:])
            else:
                step.stdout.append(line.removeprefix("\\") if escaped(line) != line or line == "\\" else line)
    return beginning, scenarios


def matches(expected: list[str], actual: str, home: str) -> bool:
    pattern = ""
    for line in expected:
        if line == "...":
            pattern += r"(?:[^\n]*\n)*"
            continue
        newline = not line.endswith("\\c")
        line = line.removesuffix("\\c").replace("$HOME", home)
        at = 0
        for found in PLACEHOLDER.finditer(line):
            pattern += re.escape(line[at : found.start()]) + PATTERNS[found[0]]
            at = found.end()
        pattern += re.escape(line[at:]) + ("\n" if newline else "")
    return re.fullmatch(pattern, actual) is not None


def as_written(actual: str, home: str) -> list[str]:
    """Output as lines of a transcript."""
    text = actual.replace(home, "$HOME")
    for name in ("<time>", "<hash>", "<id>", "<short>"):
        text = re.sub(r"(?<![0-9a-z])" + PATTERNS[name] + r"(?![0-9a-z])", lambda found: masked(found[0], name), text)
    text = re.sub(r"\b\d+\.\d+\.\d+( community)? \(SQLite \d+\.\d+\.\d+\)", "...", text)
    text = re.sub(r"SQLite \d+\.\d+\.\d+", "SQLite ...", text)
    text = re.sub(r"(?<=[( ] )(now|\d+ seconds? ago)(?= {2}|\n)( +)?|(?<=\()now(?=\))", "...", text)
    text = re.sub(r"\b(\d+ (days|years) ago)|in (36[56] days|\d+ years)", "...", text)
    lines = text.split("\n")
    if lines[-1]:
        lines[-1] += "\\c"
    else:
        lines.pop()
    return [escaped(line) for line in lines]


def masked(found: str, name: str) -> str:
    """A time of day that somebody chose stays as it is, and so does a plain number."""
    if name == "<time>" and found.endswith((":00:00Z", ":59:59Z")):
        return found
    return found if found.isdigit() else name


def escaped(line: str) -> str:
    return "\\" + line if line.startswith(SPECIAL) or line in ("", "!") else line


class Mismatch(Exception):
    """A command did something else."""

    def __init__(self, path, step: Step, stdout: str, stderr: str, status: int, home: str):
        self.step = step
        self.path = path
        written = [escaped(line) for line in step.stdout]
        self.expected = block(written, step.stderr, step.status)
        # What matched is shown as it is written, so that the difference is what differs.
        out = written if matches(step.stdout, stdout, home) else as_written(stdout, home)
        err = step.stderr if matches(step.stderr, stderr, home) else [l.removeprefix("\\") for l in as_written(stderr, home)]
        self.actual = block(out, err, status)
        super().__init__(self.report())

    def report(self) -> str:
        diff = difflib.unified_diff(self.expected, self.actual, "written", "happened", lineterm="")
        command = self.step.command.replace("\n", "\n> ")
        return f"{self.path}:{self.step.line}\n$ {command}\n" + "\n".join(diff)


def block(stdout: list[str], stderr: list[str], status: int) -> list[str]:
    return stdout + [f"! {line}".rstrip() for line in stderr] + ([f"? {status}"] if status else [])


def play(path, step: Step, sandbox) -> None:
    """Errors: Mismatch."""
    done = sandbox.run(step.command)
    stdout, stderr = (stream.decode(errors="backslashreplace") for stream in (done.stdout, done.stderr))
    home = str(sandbox.home)
    if done.returncode != step.status or not matches(step.stdout, stdout, home) or not matches(step.stderr, stderr, home):
        raise Mismatch(path, step, stdout, stderr, done.returncode, home)


def accept(mismatch: Mismatch) -> None:
    """Writes what happened into the file."""
    lines = mismatch.path.read_text().split("\n")
    start = mismatch.step.line + mismatch.step.command.count("\n")
    lines[start : mismatch.step.end] = mismatch.actual
    mismatch.path.write_text("\n".join(lines))

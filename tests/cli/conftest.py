"""Every scenario of every tests/cli/*.transcript is a test; see transcript.py for how to read and write them."""

import pathlib
import tempfile

import pytest

import transcript
from sandbox import Sandbox


def pytest_addoption(parser):
    parser.addoption("--accept", action="store_true", help="write what happened into the transcripts; then read the diff")


def pytest_configure(config):
    if config.getoption("--accept") and hasattr(config, "workerinput"):
        raise pytest.UsageError("--accept writes files: without -n")


def new_sandbox() -> Sandbox:
    return Sandbox(pathlib.Path(tempfile.mkdtemp(prefix="vault-test-")))


@pytest.fixture
def sandbox():
    box = new_sandbox()
    yield box
    box.remove()


def pytest_collect_file(parent, file_path):
    if file_path.suffix == ".transcript":
        return TranscriptFile.from_parent(parent, path=file_path)
    return None


class TranscriptFile(pytest.File):
    def collect(self):
        beginning, scenarios = transcript.parse(self.path)
        names = [scenario.name for scenario in scenarios]
        assert len(names) == len(set(names)), f"{self.path}: two scenarios of one name"
        for scenario in scenarios:
            item = ScenarioItem.from_parent(self, name=scenario.name)
            item.scenario, item.beginning = scenario, beginning
            if scenario.xfail:
                item.add_marker(pytest.mark.xfail(reason=scenario.xfail, strict=True))
            yield item


class ScenarioItem(pytest.Item):
    def runtest(self):
        box = new_sandbox()
        try:
            if self.scenario.needs and box.run(self.scenario.needs).returncode != 0:
                pytest.skip(f"needs: {self.scenario.needs}")
            self.play(box)
        finally:
            box.remove()

    def play(self, box):
        others = []
        for step in self.beginning + self.scenario.steps:
            try:
                transcript.play(self.path, step, box)
            except transcript.Mismatch as mismatch:
                if not self.config.getoption("--accept") or self.scenario.xfail:
                    raise
                others.append(mismatch)
        self.config.stash.setdefault(ACCEPTED, []).extend(others)

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, transcript.Mismatch):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, self.scenario.line - 1, f"{self.path.stem}: {self.name}"


ACCEPTED = pytest.StashKey()


def pytest_sessionfinish(session):
    accepted = {(m.path, m.step.line): m for m in session.config.stash.get(ACCEPTED, [])}
    # From the end: the numbers of the lines before it stay.
    for key in sorted(accepted, key=lambda key: (str(key[0]), key[1]), reverse=True):
        transcript.accept(accepted[key])

"""What the kit remembers is whole, whoever writes it at the same time."""

import os
import subprocess
import sys

import pytest

from grader import hints, progress, state
from grader.errors import UsageError

REMEMBER = "import sys; from grader import progress; [progress.remember({f'part9.{sys.argv[1]}{n}': 'passed'}) for n in range(60)]"
SHOW = "import sys; from grader import hints; [hints.next_step(f'part9.{sys.argv[1]}{n}', 3) for n in range(60)]"


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("code", "kept"), [(REMEMBER, progress.read), (SHOW, hints._read)], ids=["progress", "hints"])
def test_two_processes_lose_nothing_of_each_other(code, kept):
    lines = [[sys.executable, "-c", code, name] for name in "ab"]
    running = [subprocess.Popen(line, stderr=subprocess.PIPE, text=True) for line in lines]
    assert [one.communicate()[1] for one in running] == ["", ""]
    assert set(kept()) == {f"part9.{name}{n}" for name in "ab" for n in range(60)}
    assert [path.name for path in state.folder().iterdir()] in (["progress.txt"], ["hints.txt"])


def test_a_lock_that_is_held_or_left_stops_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(state, "PATIENCE", 0.01)
    lock = progress.file().with_suffix(".lock")
    lock.parent.mkdir()
    lock.touch()
    progress.remember({"part9.double": "passed"})
    assert progress.read() == {"part9.double": "passed"}
    assert lock.exists(), "it is another's"
    os.utime(lock, (0, 0))
    progress.remember({"part9.shrink": "passed"})
    assert len(progress.read()) == 2
    assert not lock.exists(), "whoever made it is no more"


def test_a_folder_in_the_place_of_the_lock_stops_nothing(monkeypatch):
    monkeypatch.setattr(state, "PATIENCE", 0.01)
    progress.file().with_suffix(".lock").mkdir(parents=True)
    progress.remember({"part9.double": "passed"})
    assert progress.read() == {"part9.double": "passed"}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied"), "make the folder writable"),
        (OSError(30, "Read-only file system"), "make the folder writable"),
        (OSError(28, "No space left on device"), "Make room there"),
        (IsADirectoryError(21, "Is a directory"), "Is something else in its place?"),
    ],
)
def test_why_it_can_not_be_written(monkeypatch, error, words):
    def refuse(*_):
        raise error

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(UsageError, match=words.replace("?", r"\?")):
        state.write(progress.file(), b"")
    assert list(state.folder().iterdir()) == []

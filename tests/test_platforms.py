"""The commands as Windows and macOS would run them, as far as a Linux without their lacks can tell: tests/windows.py."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import students

SWITCH = Path(__file__).with_name("windows.py")
CASES = {
    "wrong, endless, raises": {
        "double": "def double(x):\n    return x * 3",
        "row_sums": "def row_sums(x):\n    while True: pass",
        "shrink": "def shrink(x, n):\n    raise ValueError('so it \u2713 is')",
    },
    "a syntax error, an end in a cell, a flood": {
        "double": "def double(x):\n    return (x * 2",
        "row_sums": "def row_sums(x):\n    return x.sum(1, keepdim=True)\n\nimport os\nos._exit(3)",
        "shrink": "def shrink(x, n):\n    for _ in range(50): print('\u2713' * 10**5)\n    return x",
    },
    "sys.exit, os._exit, a loop in a cell": {
        "double": "def double(x):\n    import sys\n    sys.exit(0)",
        "row_sums": "def row_sums(x):\n    import os\n    os._exit(0)",
        "shrink": "while True: pass",
    },
    "wrong, raises": {
        "double": "def double(x):\n    return x * 3",
        "shrink": "def shrink(x, n):\n    raise ValueError('so it \u2713 is')",
    },
    "the solution": {},
}
LAYERS = {"win32": [], "darwin": ["cpu", "files"]}
"""What the kernel bounds there, beside what the grader does itself."""


@pytest.fixture
def desk(tmp_path):
    """A student's folder with blanks in its name, and a place for temporary files; in the end nothing is left there."""
    folder = tmp_path / "my own course"
    (folder / "exercises").mkdir(parents=True)
    temporary = tmp_path / "temporary files"
    temporary.mkdir()

    def run(platform, *arguments, course=students.MINI, timeout=200):
        start = [SWITCH, platform] if platform else ["-m", "grader"]
        done = subprocess.run(
            [sys.executable, *start, *arguments],
            cwd=folder,
            env=os.environ | {"GRADER_COURSE": str(course), "COLUMNS": "100", "TMPDIR": str(temporary)},
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )
        assert [home for home in homes() if home.startswith(str(temporary))] == []
        assert [path.name for path in temporary.iterdir() if path.name.startswith("grader-")] == []
        return done

    run.folder = folder
    return run


def homes():
    """Where the processes of this machine are at home: students' are in folders of their own."""
    for process in psutil.process_iter():
        try:
            yield process.environ().get("HOME", "")
        except psutil.Error:
            continue


def verdicts(done):
    """What a report says, but for the time that it took."""
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    for result in report["results"]:
        del result["seconds"]
    return {name: report[name] for name in ("points", "results", "notes")}, report["isolation"], report["layers"]


@pytest.mark.parametrize(("platform", "case"), [("win32", "the solution"), ("darwin", "wrong, raises")])
def test_a_verdict_is_that_of_a_fork(desk, platform, case):
    compare(desk, case, [platform])


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_the_verdicts_are_those_of_a_fork(desk, case):
    compare(desk, case, LAYERS)


def compare(desk, case, platforms):
    """Grade a case here and there."""
    file = "an answer\\of mine.py"
    (desk.folder / file).write_text(students.solved(students.MINI, "part9_mini", **CASES[case]), encoding="utf-8")
    ask = ("run", "part9", "--file", file, "--timeout", "1.5", "--json", "-")
    expected, isolation, _ = verdicts(desk("", *ask))
    assert isolation == "process"
    assert (expected["points"] == 5) == (case == "the solution")
    for platform in platforms:
        found, isolation, layers = verdicts(desk(platform, *ask))
        assert found == expected
        assert (isolation, layers) == (
            "process, spawned",
            ["environment", "time", "output", "reply", *LAYERS[platform]],
        )


@pytest.mark.slow
@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_the_small_commands_say_the_same(desk, platform):
    for ask in (["list"], ["list", "part4"], ["hint", "part4.dprobs"], ["data", "status"]):
        (desk.folder / ".grader" / "hints.txt").unlink(missing_ok=True)
        here = desk("", *ask, course=students.ROOT)
        (desk.folder / ".grader" / "hints.txt").unlink(missing_ok=True)
        there = desk(platform, *ask, course=students.ROOT)
        assert (there.returncode, there.stdout) == (here.returncode, here.stdout), there.stderr
        assert here.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_what_is_for_linux_alone_says_so(desk, platform):
    (desk.folder / "answer.py").write_text(students.solved(students.MINI, "part9_mini"))
    for ask in (
        ["run", "part9", "--file", "answer.py", "--isolation", "bubblewrap"],
        ["batch", ".", "--part", "part9", "--out", "class.sqlite"],
        ["batch", ".", "--part", "part9", "--out", "class.sqlite", "--isolation", "process"],
    ):
        done = desk(platform, *ask)
        assert done.returncode == 2, done.stdout + done.stderr
        assert "needs Linux" in done.stderr


@pytest.mark.slow  # each attack has a process of its own, and each imports torch
@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_the_doctor_finds_that_what_is_claimed_holds(desk, platform):
    done = desk(platform, "doctor", "--isolation", "process", timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    words = [line.split() for line in done.stdout.splitlines()]
    held = {line[1] for line in words if line[:1] == ["holds"]}
    assert held == {"environment", "time", "output", "reply"} | ({"cpu", "files"} if platform == "darwin" else set())
    assert "BROKEN" not in done.stdout

"""Whatever ends a command is said in a line or two: a traceback of ours is kept, and never shown."""

import os
import re
import shutil
import signal
import subprocess
import sys

import pytest
from students import MINI, command
from tools import need

BREAK = """
import sys
from grader import cli
from grader.cli_progress import list_
def broken(part):
    {body}
list_.callback = broken
cli.dev.commands["check"].callback = cli.data.commands["status"].callback = lambda **_: broken(0)
sys.argv = ["grader", *{arguments}]
cli.main()
"""


def ended(workspace, body, *arguments, **options):
    code = BREAK.format(body=body, arguments=list(arguments or ("list",)))
    environment = os.environ | {"GRADER_COURSE": str(MINI)} | options
    return subprocess.run(
        [sys.executable, "-c", code], cwd=workspace, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("arguments", [("list",), ("dev", "check"), ("data", "status")])
def test_a_fault_of_ours_is_said_as_ours_and_kept(workspace, arguments):
    done = ended(workspace, "from grader.course import Course; Course(None).parts()", *arguments)
    assert (done.returncode, done.stdout) == (3, "")
    first, second = done.stderr.splitlines()
    assert first.startswith("grader: this is a fault of the grader's own and not yours: ")
    assert "grader/course.py:" in first
    assert second == "grader: please report it: the whole traceback lies in .grader/last-error.txt."
    kept = (workspace / ".grader" / "last-error.txt").read_text()
    assert kept.startswith(f"grader {' '.join(arguments)}\n")
    assert "Traceback (most recent call last)" in kept
    assert "in parts" in kept


def test_where_nothing_can_be_kept_the_traceback_is_shown(workspace):
    (workspace / ".grader").write_text("in the way")
    done = ended(workspace, "raise ValueError('first line\\\\nsecond')")
    assert done.returncode == 3
    assert "ValueError: first line" in done.stderr.splitlines()[0]
    assert "Traceback (most recent call last)" in done.stderr


def test_a_sandbox_that_fails_costs_no_marks_and_leaves_nothing(workspace):
    body = """
    from grader.commands import started
    from grader.sandbox import Ended
    with started() as template:
        folder = template._folder
        print(folder)
        raise Ended("crashed", "it has gone")
    """
    done = ended(workspace, body)
    assert (done.returncode, done.stderr) == (3, "grader: the sandbox failed: it has gone. Please report this.\n")
    assert not os.path.exists(done.stdout.strip())


def test_a_text_of_any_kind(workspace):
    for body in ("raise ValueError", "raise ValueError('\\\\ud800\\\\x1b[31m')", "raise ValueError('x' * 100_000)"):
        done = ended(workspace, body, PYTHONIOENCODING="ascii")
        assert done.returncode == 3
        assert len(done.stderr) < 1000
        assert "\x1b" not in done.stderr


def test_stopped_by_the_student(workspace):
    done = ended(workspace, "raise KeyboardInterrupt")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "grader: stopped.\n")


def test_ctrl_c_while_an_exercise_runs(workspace):
    file = workspace / "exercises" / "part9_mini.py"
    file.write_text(file.read_text().replace("raise NotImplementedError()", "while True: pass", 1))
    running = subprocess.Popen(
        [sys.executable, "-c", "from grader import sandbox, cli, pipeline\n"
         "grade = pipeline.grade\n"
         "pipeline.grade = lambda *a: (print('begun', flush=True), grade(*a))[1]\n"
         "cli.main(['run', 'part9', '--timeout', '60'])"],
        cwd=workspace, env=os.environ | {"GRADER_COURSE": str(MINI)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert running.stdout.readline() == "begun\n"
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert (running.returncode, said) == (130, "grader: stopped.\n")


def shell(workspace, words, **environment):
    return subprocess.run(
        ["bash", "-c", words.replace("GRADER", f"{sys.executable} -m grader")],
        cwd=workspace,
        env=os.environ | {"GRADER_COURSE": str(MINI)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", ["list", "list part9", "run part9.double", "run part9 --json -", "--help"])
def test_who_reads_may_have_enough(workspace, arguments):
    done = shell(workspace, f"set -o pipefail; GRADER {arguments} | true")
    assert done.stderr == ""
    assert done.returncode in (0, 1, 141)  # it may be done before the pipe is closed
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize(
    "arguments", [["list"], ["run", "part9.double"], ["--help"], ["list", "--help"], ["--version"]]
)
def test_a_pipe_that_nobody_reads_is_no_verdict(workspace, arguments):
    reads, writes = os.pipe()
    os.close(reads)
    running = subprocess.Popen(
        [sys.executable, "-m", "grader", *arguments],
        cwd=workspace, env=os.environ | {"GRADER_COURSE": str(MINI)}, stdout=writes, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(writes)
    _, said = running.communicate(timeout=60)
    assert (running.returncode, said) == (141, "")


CALLS = {
    "a command that is not there": (["lst"], "No such command 'lst'", "grader"),
    "a command of a group": (["dev", "chck"], "No such command 'chck'", "grader dev"),
    "nothing to run": (["run"], "Missing argument 'PART|EXERCISE...'.", "grader run"),
    "out of range": (["run", "part9", "--timeout", "0"], "Invalid value for '--timeout': 0.0 is not in", "grader run"),
    "no such option": (["run", "part9", "--jsn"], "No such option '--jsn'", "grader run"),
    "an option without its value": (["run", "part9", "--seed"], "Option '--seed' requires an argument.", "grader"),
    "too much": (["list", "part9", "x"], "unexpected extra argument (x)", "grader list"),
    "an option before any command": (["--nothing"], "No such option '--nothing'", "grader"),
    "a choice with line ends": (["run", "part9", "--isolation", "a\nb"], "'a", "grader run"),
}


@pytest.mark.parametrize("what", CALLS)
def test_a_call_that_is_wrong_is_one_line(workspace, what):
    arguments, words, see = CALLS[what]
    done = command(*arguments, cwd=workspace)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("grader: ")
    assert words in line
    assert re.search(rf"[.?]\)? See {see}( \w+)? --help\.$", line), line


def test_without_a_command_there_is_the_help(workspace):
    for arguments in ((), ("dev",)):
        done = command(*arguments, cwd=workspace)
        assert "Usage: " in done.stdout + done.stderr
        assert len((done.stdout + done.stderr).splitlines()) > 8


def test_the_version_is_said_where_nothing_is_installed(workspace):
    code = "from grader import cli, versions\nversions.NAME = 'no-such-package'\ncli.main(['--version'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=workspace, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "unknown\n", "")


@pytest.mark.parametrize(
    "arguments", ["list", "list part9", "run part9.double", "run part9 --json -", "--help", "doctor"]
)
def test_a_full_disk_behind_standard_output(workspace, arguments):
    need("/dev/full")
    done = shell(workspace, f"GRADER {arguments} > /dev/full")
    assert done.returncode == 2
    assert done.stderr == "grader: standard output can't be written: No space left on device. Make room there.\n"


@pytest.mark.parametrize("arguments", ["list", "list part9", "run part9.double -q", "run part9 --json -"])
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_closed_streams(workspace, arguments, closed):
    done = shell(workspace, f"GRADER {arguments} {closed}")
    assert done.returncode == ("run" in arguments)
    assert done.stderr == ""


def test_a_folder_that_is_gone(workspace):
    done = shell(workspace, "mkdir gone; cd gone; rmdir ../gone; GRADER list")
    assert done.returncode == 2
    assert done.stderr == "grader: The folder you are in no longer exists. Go to your workspace: cd DIR.\n"


@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1"])
def test_any_locale(workspace, locale):
    for arguments in (["list"], ["list", "part9"], ["run", "part9.double"], ["hint", "part9.double"]):
        done = command(*arguments, cwd=workspace, LANG=locale, LC_ALL=locale, PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
        assert done.returncode == (arguments[0] == "run")
        assert done.stderr == ""


def test_a_torch_that_cannot_be_imported_is_a_matter_of_set_up(workspace):
    (workspace / "torch.py").write_text("raise OSError('libcudart.so is not there')")
    for arguments in (["run", "part9"], ["solution", "part9.double"]):
        done = command(*arguments, cwd=workspace, PYTHONPATH=str(workspace))
        assert done.returncode == 2
        assert done.stderr.splitlines() == [
            "grader: torch can't be imported: OSError: libcudart.so is not there. `grader doctor` looks at your set-up."
        ]


def test_a_course_that_is_broken_inside(workspace, tmp_path):
    course = tmp_path / "course"
    shutil.copytree(MINI, course)
    reference = course / "reference" / "part9_mini.py"
    reference.write_text(reference.read_text() + "\n1 / 0\n")
    done = command("run", "part9", cwd=workspace, course=course)
    assert done.returncode == 3
    assert "ZeroDivisionError" in done.stderr
    assert len(done.stderr.splitlines()) == 2


TRACES = {
    "in a helper of one's own": (
        "def helper(x):\n    return x[1000]\n\n\ndef double(x):\n    return helper(x)",
        ["mine.py:6 in double: return helper(x)", "mine.py:2 in helper: return x[1000]"],
    ),
    "in a method": (
        "class Box:\n    def add(self):\n        return 1 / 0\n\n\ndef double(x):\n    return Box().add()",
        ["mine.py:7 in double: return Box().add()", "mine.py:3 in Box.add: return 1 / 0"],
    ),
    "in a call of torch": (
        "import torch\n\n\ndef double(x):\n    return torch.cat([x, x.sum()])",
        ["mine.py:5 in double: return torch.cat([x, x.sum()])"],
    ),
    "a line that does not fit": (
        f"def double(x):\n    return x + {'+ '.join(['missing_name'] * 8)}",
        ["mine.py:2 in double:", f"  return x + {'+ '.join(['missing_name'] * 4)}+"],
    ),
    "syntax": ("def double(x):\n    return (x + x", ["SyntaxError: '(' was never closed, in line 2: `return (x + x`."]),
    "at the level of a cell": (
        "double = twice",
        ["NameError: name 'twice' is not defined, in line 1:", "`double = twice`."],
    ),
}


@pytest.mark.parametrize("what", TRACES)
def test_a_students_traceback_begins_at_their_frame_and_shows_their_lines(workspace, what):
    code, lines = TRACES[what]
    (workspace / "mine.py").write_text(code)
    done = command("run", "part9.double", "--file", "mine.py", cwd=workspace, COLUMNS="80")
    assert done.returncode == 1
    said = " ".join(done.stdout.split())
    at = [said.find(" ".join(line.split())) for line in lines]
    assert -1 not in at
    assert at == sorted(at)
    if what == "a line that does not fit":
        assert "    mine.py:2 in double:\n      return x +" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "site-packages" not in done.stdout
    assert "Traceback" not in done.stdout + done.stderr

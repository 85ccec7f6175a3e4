"""What a cell or an answer may do to its process costs that exercise alone, and ends in time."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pytest
import students

from grader import pipeline, sandbox
from grader.attempt import Attempt
from grader.cells import read
from grader.course import Course
from grader.start import start_template
from grader.template import OUTPUT_KEPT

LIMITS = sandbox.Limits(seconds=1.5, total=20)
ENDS = {
    "os._exit": ("import os\n    os._exit(0)", "crashed", "ended itself with exit code 0"),
    "sys.exit": ("import sys\n    sys.exit(0)", "crashed", "sys.exit() was called"),
    "exception": ("raise ValueError('so it is')", "crashed", "ValueError: so it is"),
    "bad str": (
        "class E(Exception):\n        def __str__(self): raise RuntimeError\n    raise E",
        "crashed",
        "can't be shown",
    ),
    "segfault": ("import ctypes\n    ctypes.string_at(0)", "crashed", "segmentation fault"),
    "kill": ("import os, signal\n    os.kill(os.getpid(), signal.SIGKILL)", "crashed", "SIGKILL"),
    "abort": ("import os\n    os.abort()", "crashed", "SIGABRT"),
    "endless": ("while True: pass", "timed_out", "still running after 1.5 seconds"),
    "stubborn": (
        "while True:\n        try:\n            while True: pass\n        except BaseException: pass",
        "timed_out",
        "still running",
    ),
    "asleep": ("import time\n    time.sleep(60)", "timed_out", "still running"),
    "stopped": ("import os, signal\n    os.kill(os.getpid(), signal.SIGSTOP)", "timed_out", "still running"),
    "memory": ("import torch\n    x = torch.ones(10 * 2**30, dtype=torch.uint8)", "crashed", "2 GiB"),
    "bytes": ("x = bytearray(10 * 2**30)", "crashed", "2 GiB"),
    "recursion": ("return double(x)", "crashed", "RecursionError"),
}


@pytest.mark.parametrize("how", ENDS)
def test_an_end_in_an_answer_costs_that_exercise_alone(mini, how):
    code, status, words = ENDS[how]
    before = time.monotonic()
    results = mini(row_sums=f"def row_sums(x):\n    {code.replace('double(x)', 'row_sums(x)')}", limits=LIMITS)
    assert results["part9.row_sums"].status == status
    assert words in results["part9.row_sums"].message
    assert results["part9.row_sums"].points == 0
    assert results["part9.double"].status == results["part9.shrink"].status == "passed"
    assert time.monotonic() - before < LIMITS.total


@pytest.mark.parametrize("how", sorted(ENDS.keys() - {"recursion"}))
def test_an_end_in_a_cell_costs_that_cell_alone(mini, how):
    code, status, words = ENDS[how]
    cell = f"def row_sums(x):\n    return x.sum(1, keepdim=True)\n\nif True:\n    {code}"
    results = mini(row_sums=cell.replace("return double", "double"), limits=LIMITS)
    if how == "exception":  # the cell failed after the function was there: as in a notebook, it counts
        assert results["part9.row_sums"].status == "passed"
        return
    assert results["part9.double"].status == results["part9.shrink"].status == "passed"
    if "sys.exit" not in how and "str" not in how and status == "crashed" and how not in ("memory", "bytes"):
        assert results["part9.row_sums"].status == status
        assert words in results["part9.row_sums"].message


def test_a_syntax_error_costs_its_cell_alone(mini):
    results = mini(row_sums="def row_sums(x):\n    return x.sum(1, keepdim=True")
    assert results["part9.row_sums"].status == "crashed"
    assert "SyntaxError" in results["part9.row_sums"].message
    assert "was never closed" in results["part9.row_sums"].message
    assert results["part9.double"].status == results["part9.shrink"].status == "passed"


def test_a_hundred_megabytes_of_print_are_cut_and_cost_nothing(mini):
    flood = "def row_sums(x):\n    for _ in range(100): print('x' * 10**6)\n    return x.sum(1, keepdim=True)"
    results = mini(row_sums=flood, limits=sandbox.Limits(seconds=20, total=60))
    assert results["part9.row_sums"].status == "passed"
    assert 0 < len(results["part9.row_sums"].details.output) <= OUTPUT_KEPT


def test_endless_print_ends_in_time(mini):
    results = mini(row_sums="def row_sums(x):\n    while True: print('x' * 10**4)", limits=LIMITS)
    assert results["part9.row_sums"].status == "timed_out"
    assert results["part9.shrink"].status == "passed"


def test_a_closed_standard_output_does_not_disturb(mini):
    text = "def row_sums(x):\n    import os\n    os.close(1)\n    os.close(2)\n    return x.sum(1, keepdim=True)"
    results = mini(row_sums=text, limits=LIMITS)
    assert results["part9.double"].status == results["part9.shrink"].status == "passed"


def test_the_whole_run_is_bounded(mini):
    loop = "    while True: pass"
    before = time.monotonic()
    results = mini(
        double=f"def double(x):\n{loop}",
        row_sums=f"def row_sums(x):\n{loop}",
        shrink=f"def shrink(x, n):\n{loop}",
        limits=sandbox.Limits(seconds=2, total=3),
    )
    assert time.monotonic() - before < 6
    assert {r.status for r in results.values()} <= {"timed_out", "skipped"}
    assert "whole run" in results["part9.row_sums.of_doubles"].message


def test_a_forged_reply_is_no_answer(mini):
    forge = """def row_sums(x):
    import gc, json, socket
    for thing in gc.get_objects():
        if isinstance(thing, socket.socket):
            text = json.dumps({"nonce": "00", "outcomes": []}).encode()
            thing.sendall(len(text).to_bytes(8, "big") + bytes(8) + text)
    return x"""
    results = mini(row_sums=forge)
    assert results["part9.row_sums"].status in ("crashed", "failed")
    assert results["part9.row_sums"].points == 0
    assert results["part9.shrink"].status == "passed"


def test_a_reply_that_is_too_large_is_refused(mini):
    results = mini(
        row_sums="def row_sums(x):\n    import torch\n    return torch.zeros(10**6, 20)",
        limits=sandbox.Limits(seconds=10, total=60, reply=1 << 20),
    )
    assert results["part9.row_sums"].status == "crashed"
    assert "larger than 1 MiB" in results["part9.row_sums"].message


def test_the_environment_is_scrubbed_and_the_folder_is_private(mini, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "abc")
    text = "def row_sums(x):\n    import os\n    print(sorted(os.environ), os.getcwd())\n    return x"
    output = mini(row_sums=text)["part9.row_sums"].details.output
    assert "SECRET_TOKEN" not in output
    folder = Path(output.split("] ")[1].split()[0])
    assert folder.parent.name.startswith("grader-")
    assert not folder.exists()


def test_no_process_is_left(mini, tmp_path):
    note = tmp_path / "pid"
    text = f"""def row_sums(x):
    import os, time
    pid = os.fork()
    if pid == 0:
        time.sleep(600)
    open({str(note)!r}, "w").write(str(pid))
    return x.sum(1, keepdim=True)"""
    assert mini(row_sums=text)["part9.row_sums"].status == "passed"
    for _ in range(200):
        try:
            os.kill(int(note.read_text()), 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    raise AssertionError("the forked child is still there")


def test_the_seed_does_not_reach_the_students_process(part4):
    answer = """def dprobs(f, d):
    import gc; gc.unfreeze()
    known = [v for o in gc.get_objects() if isinstance(o, dict) for v in o.values() if type(v) in (int, str)]
    print("known" if 2 * 45105 in known or str(2 * 45105) in known else "unknown", len(known) > 1000)
    return d.logprobs / f.probs"""
    assert part4(dprobs=answer, seed=90210)["part4.dprobs"].details.output.split()[:2] == ["unknown", "True"]


def attempted(template, tmp_path, **answers):
    """An attempt at the mini course, and what grades it."""
    path = tmp_path / "answer.py"
    path.write_text(students.solved(students.MINI, "part9_mini", **answers))
    course = Course(students.MINI)
    part, specs = course.select(("part9",))
    attempt = Attempt.of(course, part, read(path, part.name), template, sandbox.Limits(seconds=60, total=600))
    return attempt, lambda: pipeline.grade(course, part, specs, attempt, 0)


def interrupted(attempt, grade, after):
    """The statuses of an attempt that was broken off after so many seconds, in an endless row_sums."""
    timer = threading.Timer(after, attempt.interrupt)
    timer.start()
    before = time.monotonic()
    statuses = {r.id: r.status for r in grade().results}
    timer.join()
    assert time.monotonic() - before < 20, "and not the minute that each step has"
    assert {statuses["part9.row_sums"], statuses["part9.shrink"]} <= {"timed_out", "skipped"}
    return statuses


@pytest.mark.parametrize(
    "loop",
    [
        "def row_sums(x):\n    while True: pass",
        "def row_sums(x):\n    import os, signal\n    os.kill(os.getpid(), signal.SIGSTOP)",
        "while True: pass",
        "import sys\nwhile True: print('x' * 10**4)",
    ],
)
def test_an_interrupted_attempt_is_over_at_once_and_the_template_serves_the_next(template, mini, tmp_path, loop):
    attempt, grade = attempted(template, tmp_path, row_sums=loop)
    assert "timed_out" in interrupted(attempt, grade, 0.7).values()
    first = template.pid
    assert {r.status for r in mini().values()} == {"passed"}
    assert (template.lost, template.pid) == (False, first)


def test_an_attempt_can_be_interrupted_before_it_begins_and_when_it_is_over(template, tmp_path):
    attempt, grade = attempted(template, tmp_path)
    for _ in range(2):
        attempt.interrupt()
    assert {r.status for r in grade().results} <= {"timed_out", "skipped"}
    assert {r.message for r in grade().results if r.status == "timed_out"} == {"It was interrupted."}
    with pytest.raises(sandbox.Ended, match="interrupted"):
        attempt.load()
    attempt, grade = attempted(template, tmp_path)
    assert {r.status for r in grade().results} == {"passed"}
    attempt.interrupt()
    attempt.close()
    attempt.interrupt()


# --- What an adversary found ------------------------------------------------------------------------


def with_cells(*cells, **answers):
    """The mini course's solutions with cells before them."""
    text = students.solved(students.MINI, "part9_mini", **answers)
    head, marker, rest = text.partition("# %%\nimport torch")
    return head + "".join(f"# %%\n{cell}\n\n" for cell in cells) + marker + rest


def test_many_slow_cells_leave_time_for_the_answers(mini):
    cells = ["import time\ntime.sleep(0.4)"] * 14
    results = mini(with_cells(*cells), limits=sandbox.Limits(seconds=1, total=8))
    assert {r.status for r in results.values()} <= {"passed", "timed_out", "skipped"}
    assert "cells before it took too long" in results["part9.double"].message


def test_many_endless_cells_end_in_time_with_verdicts(mini):
    before = time.monotonic()
    results = mini(with_cells(*["while True: pass"] * 12), limits=sandbox.Limits(seconds=0.5, total=6))
    assert time.monotonic() - before < 8
    assert {r.status for r in results.values()} <= {"passed", "timed_out", "skipped"}


@pytest.mark.parametrize(
    "cell",
    [
        "import sys\nsys.stdout.close()",
        "import sys\nsys.stdout = sys.stderr = None",
        "import sys\nclass Odd:\n    def flush(self): raise SystemExit\nsys.stdout = Odd()",
        "x = " + " + ".join(["1"] * 3000),
        "a = 1\nif a" + ".b" * 900 + ": pass",
        "if 0: pass\n" + "\n".join(["elif 0: pass"] * 2000),
        "raise ValueError('\\ud800')",
        "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass A:\n    x: int",
        "display(3)\nprint(__file__)",
    ],
)
def test_an_odd_cell_costs_no_other(mini, cell):
    assert {r.status for r in mini(with_cells(cell)).values()} == {"passed"}


@pytest.mark.parametrize(
    "left",
    [
        "torch.Tensor.sum = None",
        "torch.Tensor.clone = lambda self: self * 0",
        "import builtins; builtins.len = lambda x: 3",
        "import signal; signal.setitimer(signal.ITIMER_REAL, 0.2)",
        "import os; os.fork()",
        "import threading, time, os; threading.Timer(0.3, os._exit, (0,)).start()",
        "from torch.overrides import TorchFunctionMode\n"
        "    class M(TorchFunctionMode):\n"
        "        def __torch_function__(self, f, t, a=(), k=None): return f(*a, **(k or {})) * 2\n"
        "    M().__enter__()",
        "torch.set_default_dtype(torch.float64)",
        "torch.set_grad_enabled(False)",
        "torch.inference_mode(True).__enter__()",
        "import sys; sys.stdout.close()",
        "import sys; sys.setrecursionlimit(50)",
        "import os; os.chdir('/')",
    ],
)
def test_what_an_answer_leaves_behind_costs_no_other(mini, left):
    results = mini(double=f"def double(x):\n    {left}\n    return x / 2")
    assert results["part9.row_sums"].status == "passed"


@pytest.mark.parametrize(
    "left", ["sys.stdout.close()", "sys.stdout = sys.stderr", "del sys.stdout", "sys.stderr.close()"]
)
def test_who_prints_later_has_an_output(mini, left):
    say = "import sys\n    print('well')\n    print('well', file=sys.stderr)\n    return x.sum(1, keepdim=True)"
    results = mini(
        double=f"def double(x):\n    import sys; {left}\n    return x * 2", row_sums=f"def row_sums(x):\n    {say}"
    )
    assert results["part9.row_sums"].status == "passed"
    assert set(results["part9.row_sums"].details.output.split()) == {"well"}


def test_an_odd_output_of_a_cells_is_asked_and_not_believed(mini):
    odd = """import sys
class Odd:
    def write(self, text): pass
    def flush(self): pass
    @property
    def closed(self): raise SystemExit
sys.stdout = Odd()"""
    assert {r.status for r in mini(with_cells(odd)).values()} == {"passed"}


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Grade with a template of one's own, to be harmed; afterwards nothing may be left."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # others on this machine may be grading too
    one = start_template(fresh=True)

    def run(**answers):
        path = tmp_path / "answer.py"
        path.write_text(students.solved(students.MINI, "part9_mini", **answers))
        return students.grade(one, path, students.MINI, "part9_mini", limits=sandbox.Limits(seconds=1, total=60))

    run.template = one
    yield run
    assert list(tmp_path.glob("grader-*"))
    one.close()
    assert not list(tmp_path.glob("grader-*"))


def test_requests_that_reach_the_template_together_are_each_obeyed(own, monkeypatch):
    """As when a child ends by itself just as it is told to: the next start may stand behind the word to kill it."""
    one = own.template
    with one.start(sandbox.Limits()):
        pass
    first = one.pid
    send = socket.send_fds
    kill = b'{"kill": 1}\n'  # no child of its own: nothing happens
    monkeypatch.setattr(socket, "send_fds", lambda s, parts, fds: send(s, [kill, kill, *parts], fds))
    with one.start(sandbox.Limits()):
        pass
    assert (one.lost, one.pid) == (False, first)


def test_a_late_note_that_an_earlier_child_has_ended_is_none_about_this_one(template):
    child = template.start(sandbox.Limits())
    child._notes += b'{"exited": 1, "code": 7, "cpu": 0}\n'
    child.close()
    assert child._exit in (0, -9), "it ends by itself, or is killed"
    with pytest.raises(ProcessLookupError):
        os.kill(child._pid, 0)


@pytest.mark.parametrize("number", [9, pytest.param(19, marks=pytest.mark.slow)])
def test_a_template_that_is_killed_or_stopped_is_replaced(own, number):
    results = own(
        row_sums=f"def row_sums(x):\n    import os, time\n    os.kill(os.getppid(), {number})\n    time.sleep(600)"
    )
    assert results["part9.row_sums"].status == "timed_out"
    assert results["part9.double"].status == results["part9.shrink"].status == "passed"


STRAY = """
    import os, time
    if os.listdir({folder!r}): return x
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
        open(f"{folder}/{{os.getpid()}}", "w").close()
        time.sleep(600)
        os._exit(0)
    while len(os.listdir({folder!r})) < 2: time.sleep(0.01)
    os.kill(os.getppid(), {number})
    {end}"""


def alive(pid):
    """Whether there is such a process, and not only its exit code that nobody has asked for."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def noted(folder, number, end="return x"):
    """An answer that starts two processes in sessions of their own, which note their numbers, and hits its template.

    It does so once: whoever is its parent afterwards is not ours to hit.
    """
    folder.mkdir()
    return "def row_sums(x):" + STRAY.format(folder=str(folder), number=number, end=end)


@pytest.mark.parametrize(
    ("number", "end"),
    [
        (9, "return x"),
        *(pytest.param(*more, marks=pytest.mark.slow) for more in [(9, "os._exit(0)"), (19, "time.sleep(600)")]),
    ],
)
def test_who_outlives_a_template_that_is_killed_or_stopped_is_ended_and_nobody_else(own, tmp_path, number, end):
    bystanders = [subprocess.Popen(["sleep", "600"], start_new_session=True)]
    other = start_template(fresh=True)
    try:
        bystanders.append(subprocess.Popen(["sleep", "600"]))
        results = own(row_sums=noted(tmp_path / "strays", number, end))
        assert results["part9.shrink"].status == "passed"
        own.template.restart()
        strays = [int(path.name) for path in (tmp_path / "strays").iterdir()]
        assert len(strays) == 2
        assert [pid for pid in strays if alive(pid)] == []
        assert [one.poll() for one in bystanders] == [None, None]
        with other.start(sandbox.Limits()):
            pass
        assert not other.lost
    finally:
        other.close()
        for one in bystanders:
            one.kill()
            one.wait()


def test_a_command_leaves_no_process_and_nobody_holds_what_it_had_open(tmp_path):
    file = tmp_path / "answer.py"
    file.write_text(students.solved(students.MINI, "part9_mini", row_sums=noted(tmp_path / "strays", 9)))
    reading, writing = os.pipe()
    done = subprocess.Popen(
        [sys.executable, "-m", "grader", "run", "part9", "--file", file],
        cwd=tmp_path,
        env=os.environ | {"GRADER_COURSE": str(students.MINI)},
        pass_fds=[writing],
        stdout=subprocess.DEVNULL,
    )
    os.close(writing)
    assert done.wait(120) == 1
    strays = [int(path.name) for path in (tmp_path / "strays").iterdir()]
    left = [pid for pid in strays if alive(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert len(strays) == 2
    assert left == []
    os.close(reading)


def test_a_students_process_has_nothing_open_that_the_command_had(tmp_path):
    look = """def row_sums(x):
    import os
    print(sorted({os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{fd}")}))
    return x"""
    file = tmp_path / "answer.py"
    file.write_text(students.solved(students.MINI, "part9_mini", row_sums=look))
    with open(tmp_path / "of the grader's", "w") as open_file:
        done = subprocess.run(
            [sys.executable, "-m", "grader", "run", "part9", "--file", file, "--json", "-"],
            cwd=tmp_path,
            env=os.environ | {"GRADER_COURSE": str(students.MINI)},
            pass_fds=[open_file.fileno()],
            stdout=subprocess.PIPE,
            check=False,
        )
    results = {one["id"]: one for one in json.loads(done.stdout)["results"]}
    kinds = {name.split(":")[0] for name in eval(results["part9.row_sums"]["details"]["output"].splitlines()[0])}
    assert {"/dev/null", "pipe", "socket"} <= kinds
    assert not [kind for kind in kinds if "of the grader's" in kind]


@pytest.mark.parametrize(
    "start",
    [
        "import os\n    if os.fork() == 0:\n        os.setsid()\n        time.sleep(600)",
        "import os\n    if os.fork() == 0:\n        if os.fork() == 0:\n            os.setsid()\n            time.sleep(600)\n        os._exit(0)",
    ],
)
def test_no_process_is_left_in_another_session(mini, tmp_path, start):
    before = set(psutil.pids())
    mini(row_sums=f"def row_sums(x):\n    import time\n    {start}\n    return x")
    # Below a template of this process's, or with nobody left above them: others may be at work on this machine.
    below = [p for child in psutil.Process().children() for p in child.children(recursive=True)]
    escaped = [
        p
        for p in psutil.process_iter(["ppid", "cmdline"])
        if p.pid not in before and p.info["ppid"] == 1 and "grader.student" in " ".join(p.info["cmdline"] or [])
    ]
    sleeping = [p for p in [*below, *escaped] if p.status() != "zombie"]
    assert sleeping == []


@pytest.mark.parametrize(
    "reply",
    [
        {"outcomes": [{"size": 0, "error": {"kind": "timed_out", "what": "", "trace": []}}]},
        {"outcomes": [{"size": 0, "error": {"kind": "passed", "what": "", "trace": []}}]},
        {"outcomes": [{"size": -5, "value": {"tensor": 0}}]},
        {"outcomes": []},
        {"outcomes": None, "spoilt": 3},
        {"failures": [{"cell": 99}]},
        {"cell": 10**9},
        {},
    ],
)
def test_a_forged_reply_with_the_right_nonce_is_the_students_fault(mini, reply):
    forge = f"""def row_sums(x):
    import gc, json, socket
    from types import FunctionType
    gc.unfreeze()
    session = [o for o in gc.get_objects() if type(o).__name__ == "Session"][0]
    session._send({reply!r})
    return x"""
    result = mini(row_sums=forge)["part9.row_sums"]
    assert result.points == 0
    assert result.status in ("crashed", "failed", "timed_out")


@pytest.mark.parametrize("reply", [{"cell": 10**9}, {"cell": -7}, {"cell": "0"}, {"failures": 3}, {"failures": [{}]}])
def test_a_forged_reply_while_cells_run_is_the_students_fault(mini, reply):
    cell = f"""import gc
gc.unfreeze()
[o for o in gc.get_objects() if type(o).__name__ == "Session"][0]._send({reply!r})"""
    assert {r.status for r in mini(with_cells(cell)).values()} <= {"crashed", "skipped", "passed"}


def test_a_library_that_tries_to_start_a_program_can_go_on(mini):
    cell = "import subprocess\ntry:\n    subprocess.check_output(['fc-list'])\nexcept OSError:\n    pass"
    assert {r.status for r in mini(with_cells(cell)).values()} == {"passed"}

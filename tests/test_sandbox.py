"""What a cell or an answer may do to its process costs that exercise alone, and ends in time."""

import os
import time
from pathlib import Path

import pytest
import students

from grader import sandbox

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


@pytest.mark.parametrize("how", ENDS.keys() - {"recursion"})
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
    assert 0 < len(results["part9.row_sums"].details.output) <= sandbox.OUTPUT_KEPT


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
    assert folder.name.startswith("grader-")
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


def test_a_template_that_was_killed_is_said_so_not_hung_on(tmp_path):
    one = sandbox.start_template(fresh=True)
    kill = "def row_sums(x):\n    import os, time\n    os.kill(os.getppid(), 9)\n    time.sleep(600)"
    path = tmp_path / "answer.py"
    path.write_text(students.solved(students.MINI, "part9_mini", row_sums=kill))
    before = time.monotonic()
    results = students.grade(one, path, students.MINI, "part9_mini", limits=LIMITS)
    assert time.monotonic() - before < LIMITS.total
    assert results["part9.double"].status == "passed"
    assert results["part9.row_sums"].status == "timed_out"
    assert "sandbox itself has ended" in results["part9.shrink"].message
    one.close()


def test_the_seed_does_not_reach_the_students_process(part4):
    answer = """def dprobs(f, d):
    import gc; gc.unfreeze()
    known = [v for o in gc.get_objects() if isinstance(o, dict) for v in o.values() if type(v) in (int, str)]
    print("known" if 2 * 45105 in known or str(2 * 45105) in known else "unknown", len(known) > 1000)
    return d.logprobs / f.probs"""
    assert part4(dprobs=answer, seed=90210)["part4.dprobs"].details.output.split()[:2] == ["unknown", "True"]

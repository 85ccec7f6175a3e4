"""How many submissions a second `grader batch` grades, in times of stock `nbgrader autograde`, timed in the same run.

    python benchmarks/batch.py [--submissions 200] [--stock 8] [--workers 2] [--growth]

Both get the same answers to part 4: the solution, the shipped stubs, and solutions with one exercise's result doubled.
nbgrader gets them as a notebook with one graded cell for each exercise, which compares the same values for the same
inputs, as asserts, with a saved file of what the reference gives; that both give the same exercises their points is
looked at. Both are timed by the submission, marginally: graded for few and for many, and the difference divided, so
that no start counts; what the whole run came to is printed as well. `grader batch` runs with bubblewrap on, every file
another one. Memory: the most that a worker, its template and a child have held for themselves, by smaps_rollup.
--growth: also 800 submissions. Exit code 1: the ratio is below 60, or the points differ.
"""

import argparse
import contextlib
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

import psutil
import torch
from nbgrader.api import Gradebook

from grader import expect
from grader.course import Course
from grader.values import Namespace, members

ROOT = Path(__file__).resolve().parent.parent
PART = "part4_backprop"
LEAST = 60
FEW = 20
SETUP = """
import torch, types, warnings
warnings.simplefilter("ignore")  # nbgrader takes a warning for a failure
_m = types.SimpleNamespace(**globals())
_saved = torch.load("saved.pt", weights_only=False)
def _same(came, asked):
    if isinstance(asked, dict):
        assert set(came) == set(asked)
        for name in asked: _same(came[name], asked[name])
    elif isinstance(asked, (list, tuple)):
        assert len(came) == len(asked)
        for one, other in zip(came, asked): _same(one, other)
    elif isinstance(asked, torch.Tensor):
        assert came.shape == asked.shape and came.dtype == asked.dtype
        assert torch.allclose(came, asked, rtol=1e-4, atol=1e-6)
    else:
        assert came == asked or abs(came - asked) < 1e-6
def _given(value):
    if isinstance(value, dict) and "namespace" in value:
        return types.SimpleNamespace(**{k: _given(v) for k, v in value["namespace"].items()})
    if isinstance(value, list): return [_given(v) for v in value]
    return value.clone() if isinstance(value, torch.Tensor) else value
"""


def blocks():
    """The code cells of the solution, and of the shipped exercises."""
    for folder in ("solutions", "exercises"):
        text = (ROOT / folder / f"{PART}.py").read_text()
        yield [body for marker, body in re.findall(r"(?ms)^# %%([^\n]*)\n(.*?)(?=^# %%|\Z)", text) if "[" not in marker]


def answers(count):
    """So many files, each another one: whole, empty, and with one exercise's result doubled."""
    solved, stubs = blocks()
    named = [i for i, body in enumerate(solved) if re.match(r"(def|class) ", body)]
    for number in range(count):
        cells = list(stubs if number % 10 == 9 else solved)
        if number % 2 and number % 10 != 9:
            spoilt = named[number // 2 % len(named)]
            cells[spoilt] = re.sub(r"(?m)^(\s+)return (.+)$", r"\1return 2 * (\2)", cells[spoilt], count=1)
        yield [*cells, f"submission = {number}"]


def as_percent(cells):
    """A py:percent file."""
    return "".join(f"# %%\n{body.rstrip()}\n\n\n" for body in cells)


def plain(value):
    """Inputs as what the saved file holds."""
    if isinstance(value, Namespace):
        return {"namespace": {name: plain(member) for name, member in members(value).items()}}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def graded_cells(course, part):
    """For each exercise the source of its graded cell, and all that the cells compare with."""
    checks, trusted = course.load(part)
    sources, saved, cells = course.probe_sources(part), {}, {}
    for spec in part.checks:
        cases = expect.cases(checks[spec.id], spec, 0)
        want = [plain(expect.expected(checks[spec.id], trusted, case).single) for case in cases]
        saved[spec.id] = [(plain(case.given()), one) for case, one in zip(cases, want, strict=True)]
        lines = [
            f"for _case, _want in _saved[{spec.id!r}]:",
            f"    _same({spec.name}(_m, _given(_case)), _want)",
        ]
        inside = textwrap.indent(sources[spec.id] + "\n" + "\n".join(lines), "    ")  # a probe is named as its exercise
        cells[spec.exercise] = cells.get(spec.exercise, "") + f"def _graded():\n{inside}\n_graded()\n"
    return cells, saved


def notebook(cells, graded):
    """nbgrader's form: solution cells, and behind them a graded cell for each exercise."""
    made = [_cell(body, f"cell{i}", grade=False, solution=True) for i, body in enumerate(cells)]
    made.append(_cell(SETUP, "setup", grade=False, solution=False))
    made += [_cell(body, f"test-{name}", grade=True, solution=False) for name, body in graded.items()]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


def _cell(source, name, grade, solution):
    about = {"grade": grade, "solution": solution, "locked": not solution, "grade_id": name, "schema_version": 3}
    about |= {"task": False} | ({"points": 1} if grade else {})
    return {
        "cell_type": "code", "id": name, "metadata": {"nbgrader": about}, "source": source,
        "outputs": [], "execution_count": None,
    }  # fmt: skip


def stock(folder, count, graded, saved):
    """Seconds of nbgrader autograde for one submission, marginally, and for the first; the exercises passed by each."""
    (folder / "source" / "part4").mkdir(parents=True)
    solved, _ = blocks()
    (folder / "source" / "part4" / "part4.ipynb").write_text(notebook([*solved, "submission = 0"], graded))
    torch.save(saved, folder / "source" / "part4" / "saved.pt")
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'bench'\n")
    for number, cells in enumerate(answers(count + 1)):
        place = folder / "submitted" / f"s{number}" / "part4"
        place.mkdir(parents=True)
        (place / "part4.ipynb").write_text(notebook(cells, graded))
        torch.save(saved, place / "saved.pt")
    _nbgrader(folder, "generate_assignment", "part4")
    one = _nbgrader(folder, "autograde", "part4", "--student=s0")
    (folder / "submitted" / "s0").rename(folder / "s0")
    all_ = _nbgrader(folder, "autograde", "part4")
    return (all_ - one) / (count - 1), one, passed_by(folder, "test-", "")


def passed_by(folder, before, behind):
    """The exercises with full marks in a course's gradebook, by student; what stands around their names."""
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        return {
            one.student.id: {
                grade.name.removeprefix(before).removesuffix(behind)
                for grade in one.notebooks[0].grades
                if grade.auto_score == grade.max_score
            }
            for one in book.assignment_submissions("part4")
        }


def _nbgrader(folder, *arguments):
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # it calls alembic by name
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return time.perf_counter() - start


def ours(folder, count, workers):
    """Seconds of grader batch for all, the highest memory seen, and the exercises passed by each."""
    for number, cells in enumerate(answers(count)):
        place = folder / "submissions" / f"s{number}"
        place.mkdir(parents=True)
        (place / f"{PART}.py").write_text(as_percent(cells))
    command = [sys.executable, "-m", "grader", "batch", "submissions", "--part", "part4", "--jobs", str(workers)]
    start = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--out", "class.sqlite"], cwd=folder, env=os.environ | {"GRADER_COURSE": str(ROOT)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    highest: dict[str, int] = {}
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, highest, over))
    watcher.start()
    said, _ = process.communicate()
    taken = time.perf_counter() - start
    over.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(said[-3000:])
    with contextlib.closing(sqlite3.connect(folder / "class.sqlite")) as db:
        rows = db.execute(
            "select student, check_id, status from submissions s join results r on r.submission = s.id where newest"
        ).fetchall()
    failed = {(student, check.split(".")[1]) for student, check, status in rows if status != "passed"}
    passed: dict[str, set[str]] = {}
    for student, check, _ in rows:
        if (student, check.split(".")[1]) not in failed:
            passed.setdefault(student, set()).add(check.split(".")[1])
    assert len({student for student, _, _ in rows}) == count, f"fewer than {count} graded"
    return taken, highest, passed


def _watch(pid, highest, over):
    """The most that each kind of process has held of its own, in bytes."""
    while not over.wait(1.0):
        with contextlib.suppress(psutil.Error):
            for process in psutil.Process(pid).children(recursive=True):
                with contextlib.suppress(psutil.Error, OSError, TypeError):  # gone, or going
                    if "bwrap" in process.name() or "resource_tracker" in " ".join(process.cmdline()):
                        continue
                    inside = "/kit" in process.cmdline()
                    kind = (
                        "worker" if not inside else "child" if "/kit" in process.parent().cmdline()[:6] else "template"
                    )
                    rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
                    own = sum(int(size) for size in re.findall(r"Private_(?:Clean|Dirty):\s+(\d+)", rollup)) << 10
                    highest[kind] = max(highest.get(kind, 0), own)


def main() -> int:
    """Print the figures; 1 where the ratio is below its target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=200)
    parser.add_argument("--stock", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--growth", action="store_true")
    options = parser.parse_args()
    course = Course(ROOT)
    part = course.part("part4")
    graded, saved = graded_cells(course, part)
    with tempfile.TemporaryDirectory() as folder:
        each, first, theirs = stock(Path(folder), options.stock, graded, saved)
    print(f"nbgrader autograde: {each:.2f} s a submission (the first {first:.1f} s)", flush=True)
    few, ratio, same = 0.0, 0.0, True
    for count in (FEW, options.submissions, *([800] if options.growth else [])):
        with tempfile.TemporaryDirectory() as folder:
            taken, highest, passed = ours(Path(folder), count, options.workers)
        few = few or taken
        memory = ", ".join(f"{kind} {size >> 20} MiB" for kind, size in sorted(highest.items()))
        more = 1000 * (taken - few) / (count - FEW) if count > FEW else 0.0
        print(f"grader batch, {count}: {taken:.1f} s, {1000 * taken / count:.1f} ms each", end="")
        print(f", {more:.1f} ms for each further one; {memory}" if more else "", flush=True)
        if count == options.submissions:
            ratio = each / more * 1000
            print(f"nbgrader / grader batch: {ratio:.0f}, with our start {each * count / taken:.0f}, target {LEAST}")
        alike = sum(passed[student] == theirs[student] for student in theirs if student in passed)
        same = same and alike == len(theirs.keys() & passed.keys())
    print(f"the same exercises passed in both: {'yes' if same else 'no'}")
    return 0 if same and ratio >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())

"""A class is graded by the real command: it may be killed, it keeps what it has, and it tells students no secret."""

import contextlib
import csv
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import psutil
import pytest
import trainees
from students import MINI, command, solved
from tools import need

from grader.classes import version, work
from grader.course import Course

WRONG = "def row_sums(x):\n    return x.sum(dim=1)"
ANSWERS = {
    "ada": {},
    "bob": {"row_sums": WRONG},
    "cy": {"row_sums": "def row_sums(x):\n    import os\n    os._exit(0)"},
    "dee": {"double": "def double(x):\n    return 3 * x"},
}


@pytest.fixture(scope="module", autouse=True)
def sandbox():
    need("bwrap")


def write_class(folder, answers=ANSWERS):
    """A folder for each student, with a file of the mini course in it."""
    for student, changed in answers.items():
        (folder / student).mkdir(parents=True)
        (folder / student / "part9_mini.py").write_text(solved(MINI, "part9_mini", **changed))
    return folder


def batch(submissions, cwd, *arguments, course=MINI):
    return command(
        "batch",
        submissions,
        "--part",
        "part9",
        "--out",
        "class.sqlite",
        "--jobs",
        "1",
        *arguments,
        cwd=cwd,
        course=course,
    )


def marks(path):
    """Of each student's newest verdict: the status of each check."""
    # Left to the garbage collector, the database's side files would go while a test copies the folder.
    with contextlib.closing(sqlite3.connect(path / "class.sqlite")) as db:
        rows = db.execute(
            "select student, check_id, status, r.points from submissions s join results r on r.submission = s.id "
            "where newest order by student, check_id"
        )
        return [tuple(row) for row in rows]


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class that has been graded: its folder."""
    folder = tmp_path_factory.mktemp("class")
    write_class(folder / "submissions")
    (folder / "submissions" / "eve").mkdir()
    (folder / "submissions" / "eve" / "part9_mini.py").write_bytes(b"\xff\xfe\xff")
    done = batch("submissions", folder)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_what_is_wrong_earns_nothing_and_costs_nobody_else(graded):
    folder, done = graded
    status = {(student, check): word for student, check, word, _ in marks(folder)}
    assert {word for (student, _), word in status.items() if student == "ada"} == {"passed"}
    assert status["bob", "part9.row_sums"] == "failed"
    assert status["cy", "part9.row_sums"] == "crashed"
    assert status["dee", "part9.double"] == "failed"
    assert status["bob", "part9.double"] == status["cy", "part9.double"] == "passed"
    assert "5 graded, 0 had been graded before, 1 not gradable." in done.stdout
    assert "isolation: bubblewrap" in done.stdout


def test_nothing_is_graded_twice_but_by_force(graded):
    folder, _ = graded
    before = marks(folder)
    again = batch("submissions", folder)
    assert "0 graded, 5 had been graded before, 1 not gradable." in again.stdout, again.stderr
    assert "Not gradable, so 0 (`grader report` says why): 'eve'" in again.stdout  # now as before
    forced = batch("submissions", folder, "--force")
    assert "5 graded, 0 had been graded before" in forced.stdout, forced.stderr
    assert marks(folder) == before


def test_another_file_of_a_student_is_graded_and_the_changes_told(graded, tmp_path):
    shutil.copytree(graded[0], tmp_path / "class")
    (tmp_path / "class" / "submissions" / "bob" / "part9_mini.py").write_text(solved(MINI, "part9_mini"))
    done = batch("submissions", tmp_path / "class")
    assert "1 graded, 4 had been graded before" in done.stdout, done.stderr
    assert re.search(r"'bob' part9.row_sums: 0 -> \d points \(another file; failed before, passed now\)", done.stdout)


def test_a_change_of_the_course_is_told_and_regraded_on_demand(graded, tmp_path):
    shutil.copytree(graded[0], tmp_path / "class")
    course = tmp_path / "course"
    shutil.copytree(MINI, course)
    reference = course / "reference" / "part9_mini.py"
    text = reference.read_text()
    assert "def double" in text
    reference.write_text(text + "\n\ndef double(x):\n    return 3 * x\n")
    left = batch("submissions", tmp_path / "class", course=course)
    assert "0 graded, 5 had been graded before" in left.stdout, left.stderr
    assert "5 of these by another version of the course: --regrade grades them again." in left.stdout
    done = batch("submissions", tmp_path / "class", "--regrade", course=course)
    assert "4 graded" in done.stdout or "5 graded" in done.stdout, done.stderr
    assert re.search(r"'ada' part9.double: \d -> 0 points \(the course has changed; passed before", done.stdout)
    assert re.search(r"'dee' part9.double: 0 -> \d points \(the course has changed; failed before", done.stdout)


def test_no_student_sees_the_seed_or_what_was_expected(graded, tmp_path):
    folder, _ = graded
    done = command("export", "class.sqlite", "--gradescope", tmp_path / "g", cwd=folder)
    assert done.returncode == 0, done.stderr
    with contextlib.closing(sqlite3.connect(folder / "class.sqlite")) as db:
        (seed,) = db.execute("select value from settings where name = 'seed'").fetchone()
        reports = [json.loads(row[0]) for row in db.execute("select report from submissions where report not null")]
    expected = {
        f"{c['expected']:.4g}" for r in reports for x in r["results"] for c in x["details"]["comparisons"]
        if c.get("fault") and c.get("expected") is not None
    }  # fmt: skip
    assert expected, "no comparison has a value to look for"
    texts = [file.read_text() for file in (tmp_path / "g").rglob("results.json")]
    assert len(texts) == 5
    for text in texts:
        assert seed not in text
        assert not any(value in text for value in expected if len(value) > 3)
        assert "reference" not in text


def test_exports_hold_all_students_and_no_formula(tmp_path):
    write_class(tmp_path / "submissions", {"=1+1": {}, "ada": {"row_sums": WRONG}})
    assert batch("submissions", tmp_path).returncode == 0
    done = command("export", "class.sqlite", "--csv", "a.csv", "--jsonl", "a.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    assert [row["student"] for row in rows] == ["'=1+1", "ada"]
    assert rows[0]["points"] == rows[0]["max_points"] > rows[1]["points"]
    assert rows[1]["part9.row_sums"] == "0"
    other = command("export", "class.sqlite", "--csv", "b.csv", "--part", "part8", cwd=tmp_path)
    assert (other.returncode, "There is no part8 in the database." in other.stderr) == (2, True)
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [line["student"] for line in lines] == ["=1+1", "ada"]
    assert lines[0]["report"]["isolation"] == "bubblewrap"
    assert "network" in lines[0]["report"]["layers"]


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on_and_ends_with_the_same_grades(tmp_path):
    answers = {f"student{i:03}": list(ANSWERS.values())[i % 4] for i in range(240)}
    write_class(tmp_path / "submissions", answers)
    (tmp_path / "whole").mkdir()
    whole = batch(tmp_path / "submissions", tmp_path / "whole", "--jobs", "2")
    assert whole.returncode == 0, whole.stderr
    arguments = ["batch", "submissions", "--part", "part9", "--out", "class.sqlite"]
    environment = os.environ | {"GRADER_COURSE": str(MINI)}
    rng = random.Random(5)
    # Some before anything has been graded, the others in the middle: each goes on from the one before.
    moments = [0] * 5 + sorted(rng.sample(range(1, 240), 25))
    ended = 0
    for moment in moments:
        process = subprocess.Popen(
            [sys.executable, "-m", "grader", *arguments],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None and kept(tmp_path) < moment:
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.05 if moment else 5))
        ended += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert ended >= 25, "most were killed at work"
    last = batch("submissions", tmp_path)
    assert last.returncode == 0, last.stderr
    assert marks(tmp_path) == marks(tmp_path / "whole")
    assert kept(tmp_path) == 240, "nothing was graded twice"
    deadline = time.monotonic() + 20
    while left := [process for process in psutil.process_iter() if at_home(process, tmp_path)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def kept(folder):
    """How many verdicts are in the database by now."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{folder}/class.sqlite?mode=ro", uri=True)) as db:
            return db.execute("select count(*) from submissions").fetchone()[0]
    except sqlite3.Error:
        return 0


def at_home(process, folder):
    try:
        return process.cwd() == str(folder)
    except psutil.Error:
        return False


def test_a_worker_whose_batch_has_ended_already_ends_at_once():
    """Killed between the start of a process and its asking to be told of its parent's end."""
    script = (
        "import multiprocessing, types\n"
        "from grader.classes import work\n"
        "multiprocessing.parent_process = lambda: types.SimpleNamespace(pid=1 << 22)\n"
        "work.end_with_parent()\nprint('still there')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.slow
def test_a_locked_database_is_said_and_the_same_command_goes_on(tmp_path):
    write_class(tmp_path / "submissions", {"ada": {}})
    assert batch("submissions", tmp_path).returncode == 0
    (tmp_path / "submissions" / "bob").mkdir()
    (tmp_path / "submissions" / "bob" / "part9_mini.py").write_text(solved(MINI, "part9_mini"))
    with contextlib.closing(sqlite3.connect(tmp_path / "class.sqlite")) as db:
        db.execute("begin exclusive")
        locked = batch("submissions", tmp_path)
        db.rollback()
    assert locked.returncode == 2
    assert "class.sqlite: database is locked. Another process has it" in locked.stderr
    assert "1 graded, 1 had been graded before" in batch("submissions", tmp_path).stdout


@pytest.mark.slow
def test_a_full_disk_is_said_and_the_same_command_goes_on(tmp_path):
    write_class(tmp_path / "submissions", {"ada": {}, "bob": {}})
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, -1));"
        "from grader.cli import main; main(sys.argv[1:])"
    )
    full = subprocess.run(
        [sys.executable, "-c", script, "batch", "submissions", "--part", "part9", "--out", "class.sqlite"],
        cwd=tmp_path, env=os.environ | {"GRADER_COURSE": str(MINI)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert full.returncode == 2, full.stdout + full.stderr
    assert "Is the disk full? Make room, and run the same command again" in full.stderr
    assert batch("submissions", tmp_path).returncode == 0
    assert len({student for student, *_ in marks(tmp_path)}) == 2


def test_what_a_worker_needs_to_begin_is_no_submissions_time(monkeypatch):
    now = [0.0]

    class Bench:
        part = Course(MINI).part("part9")

        def __init__(self, setting):
            now[0] += 20

        def grade(self, submission):
            now[0] += 3

    monkeypatch.setattr(work, "_bench", Bench)
    monkeypatch.setattr(work.time, "monotonic", lambda: now[0])
    job = work.Job("ada", "part9_mini.py", "", b"def double(x):\n    return x\n")
    done = json.loads(work.grade(work.Setting(str(MINI), "", "part9", 0, "process"), job))
    assert done["seconds"] == 3


def test_a_file_that_is_no_database_of_a_class_is_left_alone(tmp_path):
    write_class(tmp_path / "submissions", {"ada": {}})
    (tmp_path / "class.sqlite").write_text("my notes")
    done = batch("submissions", tmp_path)
    assert (done.returncode, (tmp_path / "class.sqlite").read_text()) == (2, "my notes")
    assert "class.sqlite: file is not a database" in done.stderr
    with contextlib.closing(sqlite3.connect(tmp_path / "other.sqlite")) as db:
        db.execute("create table t (x)")
    other = command("batch", "submissions", "--part", "part9", "--out", "other.sqlite", cwd=tmp_path)
    assert (other.returncode, "other.sqlite is no database of a class" in other.stderr) == (2, True)
    nowhere = command("batch", "submissions", "--part", "part9", "--out", "no/class.sqlite", cwd=tmp_path)
    assert (nowhere.returncode, "no/class.sqlite" in nowhere.stderr, "Make its folder" in nowhere.stderr) == (2, 1, 1)
    none = command("export", "none.sqlite", "--csv", "a.csv", cwd=tmp_path)
    assert (none.returncode, "There is no none.sqlite" in none.stderr) == (2, True)
    assert not (tmp_path / "none.sqlite").exists()


def test_without_bwrap_it_refuses_unless_told(tmp_path):
    write_class(tmp_path / "submissions", {"ada": {}})
    done = command(
        "batch", "submissions", "--part", "part9", "--out", "class.sqlite", cwd=tmp_path, PATH="/nonexistent"
    )
    assert done.returncode == 2
    assert "`--isolation process` does without" in done.stderr
    assert not (tmp_path / "class.sqlite").exists()
    told = batch("submissions", tmp_path, "--isolation", "process")
    assert told.returncode == 0, told.stderr
    assert "isolation: process" in told.stdout


@pytest.mark.slow
def test_training_checks_are_run_where_it_is_asked_and_make_the_leaderboard(tmp_path):
    course = trainees.course(tmp_path / "course")
    solution = course / "solutions" / "part9_train.py"
    for student, text in (
        ("ada", solution.read_text()),
        ("bob", (course / "exercises" / "part9_train.py").read_text()),
    ):
        (tmp_path / "submissions" / student).mkdir(parents=True)
        (tmp_path / "submissions" / student / "part9_train.py").write_text(text)

    def words():
        return {(student, check): word for student, check, word, _ in marks(tmp_path)}

    assert batch("submissions", tmp_path, course=course).returncode == 0
    assert not [check for _, check in words() if "training" in check]
    checkpoint = tmp_path / ".grader" / "training" / "part9.training.a_table.safetensors"
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    checkpoint.write_text("of a run of the instructor's own")
    done = batch("submissions", tmp_path, "--train", "quick", course=course)
    assert "2 graded" in done.stdout, "what was graded without is graded again"
    assert words()["ada", "part9.training.a_table"] == "passed"
    assert words()["bob", "part9.training.a_table"] != "passed"
    assert list(checkpoint.parent.iterdir()) == [checkpoint], "no checkpoint: two runs would be in each other's way"
    assert checkpoint.read_text() == "of a run of the instructor's own"
    assert "0 graded, 2 had been" in batch("submissions", tmp_path, "--train", "quick", course=course).stdout
    assert "0 graded, 2 had been" in batch("submissions", tmp_path, course=course).stdout, "it has what is asked"
    book = tmp_path / "claims.jsonl"
    own = {"id": "part9.training.a_table", "status": "passed", "loss": 0.1, "target": 2.4, "seconds": 1.0, "steps": 9}
    more = {"time": "", "budget": "quick", "device": "cpu", "seed": 0, "submission": "", "data": "", "grader": ""}
    book.write_text(json.dumps({**own, **more, "file": "bob says so"}) + "\nno record\n")
    done = command("report", "class.sqlite", "--html", "out", "--records", book, cwd=tmp_path, course=course)
    assert done.returncode == 0, done.stderr
    assert "1 lines of the record books could not be read" in done.stderr
    page = (tmp_path / "out" / "records.html").read_text()
    rows = re.findall(r"<bdi>(.*?)</bdi>.*?(✓ verified|not verified)", page)
    assert ("ada", "✓ verified") in rows
    assert ("bob says so", "not verified") in rows
    assert ("bob", "✓ verified") not in rows
    assert "part9.training.a_table" in (tmp_path / "out" / "checks.html").read_text()


@pytest.mark.parametrize(
    ("course", "arguments", "said"),
    [
        ("train", ("--train", "quick", "--device", "cuda"), "The sandbox shows no cuda"),
        ("mini", ("--train", "quick"), "part9 has no training checks"),
    ],
)
def test_training_that_can_not_be_is_refused(tmp_path, course, arguments, said):
    folder = trainees.course(tmp_path / "course") if course == "train" else MINI
    (tmp_path / "submissions").mkdir()
    done = batch("submissions", tmp_path, *arguments, course=folder)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    "changed",
    ["engine/judge.py", "engine/student/session.py", "engine/training/run.py", "course/data/names.txt",
     "course/reference/part9_train.py", "course/grader/checks/part9_train/training.py"],
)  # fmt: skip
def test_whatever_a_verdict_hangs_on_makes_another_version(tmp_path, monkeypatch, changed):
    trainees.course(tmp_path / "course")
    shutil.copytree(version.ENGINE, tmp_path / "engine", ignore=shutil.ignore_patterns("checks", "__pycache__"))
    monkeypatch.setattr(version, "ENGINE", tmp_path / "engine")
    one = Course(tmp_path / "course")
    before = version.course_version(one, one.part("part9"))
    assert version.course_version(one, one.part("part9")) == before
    (tmp_path / changed).write_text((tmp_path / changed).read_text() + "\n")
    assert version.course_version(one, one.part("part9")) != before


def test_a_database_without_its_driver_is_said(tmp_path):
    done = command("export", "postgresql+pg8000://grader@127.0.0.1:9/class", "--csv", "a.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "127.0.0.1:9/class: No module named 'pg8000'. Install that database's driver" in done.stderr

"""What follows from what in `grader watch`, without a terminal: orders, edits, and saves at a bad moment."""

import io
import shutil
from types import SimpleNamespace

import pytest
import students
from rich.console import Console

from grader.cells import parse
from grader.course import Course
from grader.isolation import PROCESS
from grader.report.model import Report, Result
from grader.watching import edits, order, seat
from grader.watching.events import Events, Saved
from grader.watching.screen import Screen

COURSE = Course(students.MINI)
PART = COURSE.part("part9")
NAME = "part9_mini"


def results(**words):
    """A result for each check, passed but for those that are named with _ for a point."""
    statuses = {name.replace("__", "."): status for name, status in words.items()}
    return [
        Result(spec.id, spec.title, statuses.get(spec.id.partition(".")[2], "passed"), 0, spec.points, "why")
        for spec in PART.checks
    ]


# --- Orders -----------------------------------------------------------------------------------------


def test_what_came_first_has_waited_for_nobody_and_is_no_pass():
    waiting = [spec for spec in PART.checks if spec.after]
    assert waiting
    for spec in waiting:
        found = order.statuses(PART, results(**{spec.after: "failed"}))
        assert found[spec.id] == "skipped"
        assert order.statuses(PART, results(**{spec.after: "grader_error"}))[spec.id] == "passed"
    assert set(order.statuses(PART, results()).values()) == {"passed"}


def test_the_exercise_one_is_on_comes_first_and_none_is_left_out():
    for exercise in PART.exercises:
        specs = order.first(PART, exercise)
        assert sorted(spec.id for spec in specs) == sorted(spec.id for spec in PART.checks)
        own = order.checks(PART, exercise)
        assert specs[: len(own)] == own
        assert {spec.exercise for spec in own} == {exercise}


@pytest.mark.parametrize(
    ("seen", "on", "wrong_first", "following"),
    [
        ({}, "double", False, "double"),
        ({"double": "passed"}, "double", False, "row_sums"),
        ({"double": "passed", "row_sums": "passed", "row_sums.of_doubles": "failed"}, "double", False, "row_sums"),
        ({"shrink": "passed"}, "shrink", False, "double"),
        ({"shrink": "failed"}, "double", True, "shrink"),
        ({"shrink": "not_attempted"}, "double", True, "double"),
        (dict.fromkeys(["double", "row_sums", "row_sums.of_doubles", "shrink"], "passed"), "double", False, None),
    ],
)
def test_what_follows(seen, on, wrong_first, following):
    known = {f"part9.{name}": status for name, status in seen.items()}
    assert order.following(PART, known, on, wrong_first) == following


# --- Edits ------------------------------------------------------------------------------------------


def text(*cells):
    return parse("\n".join(f"# %%\n{cell}" for cell in cells).encode(), students.Path("x.py"), "x")


def test_which_cells_were_edited(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(edits, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    seen = edits.Edits()
    assert seen.of(text("a = 1", "b = 1")) == []
    assert seen.of(text("a = 2", "b = 1")) == ["a"]
    assert seen.of(text("a = 3")) == ["a"]  # cut off for a moment
    assert seen.of(text("a = 3", "b = 1")) == []
    clock[0] = 60.0
    assert seen.of(text("a = 1", "b = 1")) == ["a"]  # back to what it was long ago
    assert seen.of(text("a = 1", "b = 2")) == ["b"]


# --- A bad moment -----------------------------------------------------------------------------------


@pytest.fixture
def sitting(tmp_path, monkeypatch):
    """A seat whose runs are made up; the file, what was graded, and what may happen meanwhile."""
    shutil.copytree(students.MINI / "exercises", tmp_path / "exercises")
    monkeypatch.chdir(tmp_path)
    file, graded, meanwhile, broken = tmp_path / "exercises" / f"{NAME}.py", [], [], []

    def grade(course, part, specs, attempt, seed, on_result):
        graded.append(file.read_text())
        while meanwhile:
            meanwhile.pop(0)()
        found = {one.id: one for one in results(double="failed")}
        for spec in specs:
            on_result(found[spec.id])
        return Report("part9", "", "x", 0, 5, 0, "process", "cpu", {}, 0.0, list(found.values()))

    monkeypatch.setattr(seat.pipeline, "grade", grade)
    monkeypatch.setattr(seat.Attempt, "of", lambda *_: SimpleNamespace(interrupt=lambda: broken.append(True)))
    events = Events()
    screen = Screen(Console(file=io.StringIO()), with_keys=False)
    one = seat.Seat(COURSE, [PART], SimpleNamespace(isolation=PROCESS), screen, events, roams=False)
    one.take(PART, "double")
    return SimpleNamespace(seat=one, file=file, graded=graded, meanwhile=meanwhile, events=events, broken=broken)


def saved(sitting, text):
    sitting.file.write_text(text)
    sitting.events.put(Saved(frozenset({f"{NAME}.py"})))


def test_what_was_broken_off_is_graded_although_the_file_is_back_at_it(sitting):
    sitting.file.write_text("x = 1\n")
    sitting.meanwhile += [lambda: saved(sitting, "x = 2\n"), lambda: sitting.file.write_text("x = 1\n")]
    sitting.seat._saved(frozenset({f"{NAME}.py"}))
    assert sitting.broken == [True]
    sitting.seat._saved(frozenset({f"{NAME}.py"}))
    assert sitting.graded[-2:] == ["x = 1\n", "x = 1\n"]


def test_a_save_that_changes_nothing_breaks_nothing_off(sitting):
    sitting.file.write_text("x = 1\n")
    sitting.meanwhile.append(lambda: saved(sitting, "x = 1\n"))
    sitting.seat._saved(frozenset({f"{NAME}.py"}))
    assert sitting.broken == []
    sitting.seat._saved(frozenset({f"{NAME}.py"}))
    assert sitting.graded.count("x = 1\n") == 1


def test_a_verdict_that_is_late_takes_no_place_of_the_one_that_has_come(monkeypatch):
    """A timer that has run out while the verdict is drawn."""
    from grader.watching import screen as screens

    monkeypatch.setattr(screens.threading, "Timer", Late)
    console = Console(file=io.StringIO())
    screen = Screen(console, with_keys=False)
    call_off = screen.working(screens.line("head"), "Running")
    call_off()
    screen.show(screens.line("the verdict"))
    Late.function()
    assert console.file.getvalue().splitlines() == ["the verdict"]


class Late:
    """A timer that can't be stopped any more."""

    function = None

    def __init__(self, _, function):
        Late.function = staticmethod(function)

    def start(self):
        pass

    def cancel(self):
        pass

"""Hints come one after the other, and a damaged record of them costs nothing but the record."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from students import MINI

from grader import hints, progress, state
from grader.cli import main
from grader.course import Course, Part, Spec
from grader.errors import UsageError


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def next_step(*arguments):
    step, unkept = hints.next_step(*arguments)
    assert unkept == ""
    return step


def record(text):
    hints.file().parent.mkdir()
    hints.file().write_bytes(text)


DAMAGED = {
    "empty": b"",
    "no number": b"part9.double\n",
    "text": b"part9.double two\n",
    "negative": b"part9.double -1\n",
    "a fraction": b"part9.double 1.5\n",
    "two numbers": b"part9.double 1 2\n",
    "superscript": "part9.double ²\n".encode(),
    "not UTF-8": b"part9.double \xff\n",
    "binary": bytes(range(256)),
    "another exercise": b"part9.doubl 2\npart9.double2 2\nPart9.double 2\n",
    "a conflict": b"<<<<<<< HEAD\n=======\n>>>>>>> main\n",
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_line_counts_as_nothing_shown(what):
    record(DAMAGED[what])
    assert next_step("part9.double", 3) == 0
    assert next_step("part9.double", 3) == 1


def test_a_count_of_many_digits_is_damaged_or_all_were_shown():
    record(b"part9.double " + b"9" * 5000 + b"\n")
    assert next_step("part9.double", 3) in (0, 2)


@pytest.mark.parametrize("make", [lambda p: p.parent.touch(), lambda p: p.mkdir(parents=True)], ids=["file", "folder"])
def test_what_stands_in_the_place_of_the_record_is_said(make):
    make(hints.file())
    with pytest.raises(UsageError, match=r"\.grader"):
        next_step("part9.double", 3)


def test_steps_go_up_to_the_last_and_stay_there():
    assert [next_step("part9.double", 3) for _ in range(5)] == [0, 1, 2, 2, 2]


def test_each_exercise_has_its_own_ladder():
    steps = [next_step(name, 3) for name in ("part9.double", "part9.shrink", "part9.double", "part9.shrink")]
    assert steps == [0, 0, 1, 1]


def test_a_ladder_that_became_shorter_gives_its_last_step():
    record(b"part9.double 99\n")
    assert next_step("part9.double", 2) == 1
    assert next_step("part9.double", 1) == 0


def test_the_record_keeps_what_it_knows_sorted():
    record(b"part9.shrink 2\npart9.double 1\n")
    next_step("part9.double", 3)
    assert hints.file().read_text() == "part9.double 2\npart9.shrink 2\n"
    assert [path.name for path in hints.file().parent.iterdir()] == ["hints.txt"]


def part(*ladder):
    spec = Spec("part9.double", "part9", "double", "double", "", 1, ladder, None, (), (), "", Path())
    other = replace(spec, id="part9.double.twice", name="twice")
    return Part("part9", "part9_mini", "", (), (spec, other, replace(spec, id="part9.shrink", exercise="shrink")))


NO_TRY = [
    {},
    {"part9.double": "not_attempted"},
    {"part9.double": "skipped", "part9.double.twice": "not_run"},
    {"part9.shrink": "failed", "part8.double": "failed"},
]


@pytest.mark.parametrize("statuses", NO_TRY)
def test_the_last_of_several_is_held_back_until_a_try_and_not_counted(statuses):
    progress.remember(statuses)
    nine = part("a", "b", "c")
    shown = [hints.next_hint(nine, nine.checks[0]) for _ in range(4)]
    assert [(hint.number, hint.of, hint.text, hint.held, hint.last) for hint in shown] == [
        (1, 3, "a", False, False),
        (2, 3, "b", False, False),
        (3, 3, "", True, True),
        (3, 3, "", True, True),
    ]
    assert hints.file().read_text() == "part9.double 2\n"


@pytest.mark.parametrize("status", ["failed", "crashed", "timed_out", "broken_rule", "passed", "grader_error"])
@pytest.mark.parametrize("check", ["part9.double", "part9.double.twice"])
def test_a_try_at_any_check_of_the_exercise_shows_it(check, status):
    progress.remember({check: status})
    nine = part("a", "b")
    assert [hints.next_hint(nine, spec).text for spec in nine.checks[:2]] == ["a", "b"]


def test_a_lone_hint_is_no_last_step_of_a_ladder():
    nine = part("a")
    assert hints.next_hint(nine, nine.checks[0]) == hints.Hint("part9.double", 1, 1, "a")


def test_no_hints_at_all():
    nine = part()
    with pytest.raises(UsageError, match=r"part9\.double has no hints"):
        hints.next_hint(nine, nine.checks[0])


def test_after_a_merge_what_was_seen_was_seen():
    record(b"part9.double 2\npart9.double 1\n")
    assert next_step("part9.double", 3) == 2


def test_where_nothing_can_be_kept_the_hint_is_shown_all_the_same(monkeypatch):
    def refuse(path, content):
        raise UsageError(f"{path} can't be written: Permission denied.")

    spec = Course(MINI).part("part9").checks[0]
    monkeypatch.setenv("GRADER_COURSE", str(MINI))
    monkeypatch.setattr(state, "write", refuse)
    done = CliRunner().invoke(main, ["hint", "part9.double"])
    assert done.exit_code == 0
    assert spec.hints[0] in done.stdout
    assert done.stderr == (
        "grader: that it was shown is not kept. .grader/hints.txt can't be written: Permission denied.\n"
    )

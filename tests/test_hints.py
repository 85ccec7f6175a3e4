"""Hints come one after the other, and a damaged record of them costs nothing but the record."""

import pytest

from grader import hints
from grader.errors import UsageError


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


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
    assert hints.next_step("part9.double", 3) == 0
    assert hints.next_step("part9.double", 3) == 1


def test_a_count_of_many_digits_is_damaged_or_all_were_shown():
    record(b"part9.double " + b"9" * 5000 + b"\n")
    assert hints.next_step("part9.double", 3) in (0, 2)


@pytest.mark.parametrize("make", [lambda p: p.parent.touch(), lambda p: p.mkdir(parents=True)], ids=["file", "folder"])
def test_what_stands_in_the_place_of_the_record_is_said(make):
    make(hints.file())
    with pytest.raises(UsageError, match=r"\.grader"):
        hints.next_step("part9.double", 3)


def test_steps_go_up_to_the_last_and_stay_there():
    assert [hints.next_step("part9.double", 3) for _ in range(5)] == [0, 1, 2, 2, 2]


def test_each_exercise_has_its_own_ladder():
    steps = [hints.next_step(name, 3) for name in ("part9.double", "part9.shrink", "part9.double", "part9.shrink")]
    assert steps == [0, 0, 1, 1]


def test_a_ladder_that_became_shorter_gives_its_last_step():
    record(b"part9.double 99\n")
    assert hints.next_step("part9.double", 2) == 1
    assert hints.next_step("part9.double", 1) == 0


def test_the_record_keeps_what_it_knows_sorted():
    record(b"part9.shrink 2\npart9.double 1\n")
    hints.next_step("part9.double", 3)
    assert hints.file().read_text() == "part9.double 2\npart9.shrink 2\n"
    assert [path.name for path in hints.file().parent.iterdir()] == ["hints.txt"]

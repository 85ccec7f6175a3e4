"""Right answers in other words than the course's: every one must pass.

They stand in tests/forms, a file for each part: a cell whose title begins with the exercise's name takes the place
of the solution's cell.
"""

import re
from collections import Counter

import pytest
import students

from grader.course import Course

pytestmark = pytest.mark.slow

FOLDER = students.ROOT / "tests" / "forms"
COURSE = Course(students.ROOT)
LEAST = 2


def forms(part):
    """The exercise, title and text of each cell of a part's file."""
    path = FOLDER / f"{part}.py"
    text = path.read_text() if path.exists() else ""
    for block in re.split(r"(?m)^# %% ", text)[1:]:
        title, _, body = block.partition("\n")
        yield title.partition(":")[0].strip(), title.strip(), body.strip("\n") + "\n"


CASES = [(part, *form) for part in COURSE.parts() for form in forms(part.name)]


@pytest.mark.parametrize(
    ("part", "exercise", "text"),
    [pytest.param(part, exercise, text, id=f"{part.id}.{title}") for part, exercise, title, text in CASES],
)
def test_another_right_form(template, tmp_path, part, exercise, text):
    path = tmp_path / "answer.py"
    path.write_text(students.solved(students.ROOT, part.name, **{exercise: text}))
    for seed in (0, 1):
        results = students.grade(template, path, students.ROOT, part.name, (f"{part.id}.{exercise}",), seed)
        assert {r.id: r.message for r in results.values() if r.status != "passed"} == {}


@pytest.mark.parametrize("part", COURSE.parts(), ids=lambda part: part.id)
def test_every_exercise_has_two_other_forms(part):
    count = Counter(exercise for exercise, _, _ in forms(part.name))
    assert {name: count[name] for name in part.exercises if count[name] < LEAST} == {}
    assert set(count) <= set(part.exercises)

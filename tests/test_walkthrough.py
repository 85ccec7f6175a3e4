"""The whole course as a student does it: stubs first, one exercise after the other, hints on the way, full marks."""

import re
import shutil

import pytest
import students
from students import command

from grader.course import Course

COURSE = Course(students.ROOT)


def cell_of(text, name):
    """The cell of a py:percent file that defines a name."""
    found = re.search(rf"(?ms)^# %%\n(?=(?:def|class) {name}\b).*?(?=^# %%|\Z)", text)
    assert found, name
    return found[0]


def grader(desk, *arguments):
    return command(*arguments, cwd=desk, course=students.ROOT)


def earned(desk, part):
    line = next(line for line in grader(desk, "list").stdout.splitlines() if line.startswith(f"{part.id} "))
    points, total = line.split()[1].split("/")
    assert total == str(part.points)
    return int(points)


@pytest.mark.slow
@pytest.mark.parametrize("part", COURSE.parts(), ids=lambda part: part.id)
def test_a_part_from_the_first_stub_to_full_marks(tmp_path, part):
    shutil.copytree(students.ROOT / "exercises", tmp_path / "exercises")
    file = tmp_path / "exercises" / f"{part.name}.py"
    solution = (students.ROOT / "solutions" / f"{part.name}.py").read_text()
    started = grader(tmp_path, "run", part.id)
    assert (started.returncode, started.stderr) == (1, "")
    assert started.stdout.startswith("Nothing is written yet")
    assert f"0 of {part.points} points" in started.stdout
    assert earned(tmp_path, part) == 0
    points = 0
    for exercise in part.exercises:
        target = f"{part.id}.{exercise}"
        said = [grader(tmp_path, "hint", target).stdout for _ in range(3)]
        assert [f"hint {step} of 3" in text for step, text in enumerate(said, 1)] == [True] * 3
        text = file.read_text()
        file.write_text(text.replace(cell_of(text, exercise), cell_of(solution, exercise)))
        done = grader(tmp_path, "run", target)
        assert done.returncode == 0, done.stdout
        now = earned(tmp_path, part)
        assert now > points, target
        points = now
    finished = grader(tmp_path, "run", part.id)
    assert finished.returncode == 0, finished.stdout
    assert "All passed." in finished.stdout
    assert earned(tmp_path, part) == part.points

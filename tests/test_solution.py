"""`grader solution` shows how the course writes an exercise, to whoever has passed it and to nobody else."""

import ast
import shutil

import pytest
from students import MINI, ROOT, command, solved

from grader import solution
from grader.course import Course
from grader.errors import UsageError

SECRET = "torch.add(x, x)"
"""How the mini course doubles."""


def write(workspace, **answers):
    (workspace / "exercises" / "part9_mini.py").write_text(solved(MINI, "part9_mini", **answers))


NOT_PASSED = {
    "return x": ("FAILED", 1),
    "raise NotImplementedError()": ("to do", 1),
    "return x +": ("CRASHED", 1),
    "import os; os._exit(0)": ("CRASHED", 1),
}


@pytest.mark.parametrize("body", NOT_PASSED)
def test_what_has_not_passed_shows_nothing(workspace, body):
    word, code = NOT_PASSED[body]
    (workspace / ".grader").mkdir()
    (workspace / ".grader" / "progress.txt").write_text("part9.double passed\n")  # a cache, and not the truth
    write(workspace, double=f"def double(x):\n    {body}")
    done = command("solution", "part9.double", cwd=workspace)
    assert (done.returncode, done.stderr) == (code, "")
    assert SECRET not in done.stdout
    assert done.stdout.startswith(f"part9.double: {word}.")
    assert len(done.stdout.splitlines()) == 1
    assert "passed" not in (workspace / ".grader" / "progress.txt").read_text()


def test_one_check_of_several_that_has_not_passed_shows_nothing(workspace):
    write(workspace, double="def double(x):\n    return x")
    done = command("solution", "part9.row_sums", cwd=workspace)
    assert done.returncode == 1
    assert done.stdout.startswith("part9.row_sums.of_doubles: FAILED")
    assert "keepdim" not in done.stdout
    assert command("solution", "part9.row_sums.of_doubles", cwd=workspace).stdout == done.stdout


def test_a_course_that_keeps_its_solutions_to_itself(workspace, tmp_path):
    course = tmp_path / "course"
    shutil.copytree(MINI, course)
    shutil.rmtree(course / "solutions")
    write(workspace)
    done = command("solution", "part9.double", cwd=workspace, course=course)
    assert (done.returncode, done.stdout) == (2, "")
    assert "keeps its solutions to itself" in done.stderr
    assert "Ask whoever teaches it" in done.stderr


def test_what_has_passed_is_shown_as_the_course_writes_it(workspace):
    write(workspace, double="def double(x):\n    return 2 * x")
    done = command("solution", "part9.double", cwd=workspace)
    assert (done.returncode, done.stderr) == (0, "")
    assert SECRET in done.stdout
    assert "SOLUTION" not in done.stdout
    assert "2 * x" not in done.stdout
    ast.parse(done.stdout)


def test_solutions_that_were_handed_out_come_first(workspace):
    write(workspace)
    (workspace / "solutions").mkdir()
    text = (MINI / "solutions" / "part9_mini.py").read_text()
    (workspace / "solutions" / "part9_mini.py").write_text(text.replace(SECRET, "x.mul(2)"))
    done = command("solution", "part9.double", cwd=workspace / "exercises")
    assert "x.mul(2)" in done.stdout


PARTS = Course(ROOT).parts()


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.id)
def test_every_exercise_of_every_part_has_its_code(part):
    path = ROOT / "solutions" / f"{part.name}.py"
    for exercise in part.exercises:
        code = solution.shown(path, part, exercise)
        defined = [node.name for node in ast.parse(code).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
        assert exercise in defined
        assert "SOLUTION" not in code
        assert "NotImplementedError" not in code


def test_a_class_over_several_cells_is_shown_whole(tmp_path):
    file = tmp_path / "part9_mini.py"
    cells = ["class V:\n    x = 1", "def helper():\n    pass", "V.y = helper", "class V(V):\n    z = 2", "w = V()"]
    file.write_text("".join(f"# %%\n{cell}\n\n" for cell in cells))
    shown = solution.shown(file, PARTS[0], "V")
    assert shown.split("\n\n\n") == [cells[0], cells[2], cells[3]]


def test_solutions_that_do_not_define_it(tmp_path):
    file = tmp_path / "part9_mini.py"
    file.write_text("# %%\nx = 1\n")
    with pytest.raises(UsageError, match="does not define double"):
        solution.shown(file, PARTS[0], "double")

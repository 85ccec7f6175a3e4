"""A release gives away nothing, breaks no submission, and loses nothing of an instructor's."""

import base64
import contextlib
import copy
import json
import re
import shutil
import sqlite3
from pathlib import Path

import pytest
from nbcourse import NbCourse
from students import MINI, ROOT, command
from tools import need
from traitlets.config import PyFileConfigLoader

from grader.course import Course
from grader.errors import UsageError
from grader.nbgrader import leaks
from grader.nbgrader.release import release
from grader.nbgrader.source import notebook

ANSWER = "    greatest = float(x.max())\n    x.div_(n)\n    return greatest\n"
PUBLIC = {"return self * -1", "return []"}
"""Answers that also stand in the given text, word for word: nothing tells them from it."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A course with one part released."""
    course = NbCourse(tmp_path_factory.mktemp("made") / "nb")
    assert (done := course.release("part9")).returncode == 0, done.stderr
    return course


@pytest.fixture
def nb(made, tmp_path):
    return made.copy(tmp_path / "nb")


def again(nb, course=MINI, **options):
    one = Course(course)
    return release(one, one.part("part9"), nb.root, "part9", **options)


# --- What must not be handed out ---------------------------------------------------------------------


def beside(nb, name, content):
    path = nb.root / "source" / "part9" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


LEAKS = {
    "a solution beside the notebook": ("helper.py", f"def own(x, n):\n{ANSWER}"),
    "a solution, indented and commented otherwise": ("notes/a.txt", "x.div_( n )   # so\n greatest=float( x.max() )\n"),
    "the reference": ("more.py", (MINI / "reference" / "part9_mini.py").read_text()),
    "the checks": ("part9_mini.py", (MINI / "grader" / "checks" / "part9_mini.py").read_text()),
    "a program that can't be looked through": ("helper.so", b"\x00\x01\xff\xfe" * 9),
    "a notebook with its solution": ("old/part9.md", "### BEGIN SOLUTION\n1\n### END SOLUTION\n"),
    "a page with its solution": ("page.html", "<b>x</b><i>.div_</i>(n)<br>\n<p>greatest = float(<u>x</u>.max())</p>"),
    "a notebook under another name": ("part9.json", json.dumps({"cells": [{"source": [f"def f(x, n):\n{ANSWER}"]}]})),
    "a solution as a comment": ("hint.txt", "# greatest = float(x.max())\n# x.div_(n)\n"),
    "a solution on one line": ("line.txt", "greatest = float(x.max()); x.div_(n); return greatest"),
    "what can't be read": ("b64.txt", base64.b64encode(ANSWER.encode() * 9).decode()),
}


def test_each_of_them_is_refused_and_the_older_release_stays(nb):
    before = nb.released("part9")
    for name, content in LEAKS.values():
        beside(nb, name, content)
    beside(nb, "run.sh", f"grader run part9 --seed {nb.seed()}\n")
    beside(nb, "seed.txt", f"seed_{nb.seed():_}\n")
    with pytest.raises(UsageError) as refused:
        again(nb)
    named = set(re.findall(r"(?m)^  (.*?):", str(refused.value)))
    assert named == {"run.sh", "seed.txt", *(name for name, _ in LEAKS.values())}
    assert nb.released("part9") == before
    assert [p.name for p in (nb.root / "release" / "part9").rglob("*")] == ["part9.ipynb"]


def test_a_release_whose_solutions_nbgrader_has_left_in_is_refused(nb):
    config = nb.root / "nbgrader_config.py"
    config.write_text(
        config.read_text() + "\nc.GenerateAssignment.preprocessors = ['nbgrader.preprocessors.SaveCells']\n"
    )
    with pytest.raises(UsageError, match=r"part9\.ipynb: .*BEGIN SOLUTION"):
        again(nb)


@pytest.fixture(scope="module")
def secrets():
    return leaks.secrets(Course(ROOT), 20261126)


@pytest.mark.parametrize("file", sorted((ROOT / "solutions").glob("*.py")), ids=lambda file: file.stem)
def test_each_answer_of_the_course_would_be_found_alone(secrets, tmp_path, file):
    regions, _ = leaks._parted(file.read_text())
    assert regions
    for region in regions:
        text = "\n".join(line.strip() for line in region)
        (tmp_path / "note.md").write_text(f"Do it like this:\n\n{text}\n")
        found = list(leaks.scan(tmp_path, secrets))
        assert found or text in PUBLIC, text


def test_what_students_have_is_no_secret(secrets):
    assert list(leaks.scan(ROOT / "exercises", secrets)) == []
    assert list(leaks.scan(ROOT / "docs" / "gallery", secrets)) == []


# --- What must not be lost ----------------------------------------------------------------------------


def test_a_source_notebook_that_was_edited_is_not_replaced_unless_told(nb):
    path = nb.root / "source" / "part9" / "part9.ipynb"
    edited = path.read_text().replace("A tiny part", "A tiny part, with a question of mine")
    path.write_text(edited)
    with pytest.raises(UsageError, match="has been edited since it was made"):
        again(nb)
    assert path.read_text() == edited
    done = again(nb, replace=True)
    assert [kept.read_text() for kept in done.kept] == [edited]
    assert "question of mine" not in json.dumps(nb.released("part9"))
    assert not list((nb.root / "release").rglob("*.bak*"))


def test_a_folder_may_be_named_from_where_one_is(nb, monkeypatch):
    monkeypatch.chdir(nb.root.parent)
    path = nb.root / "source" / "part9" / "part9.ipynb"
    path.write_text(path.read_text().replace("A tiny part", "Mine"))
    one = Course(MINI)
    done = release(one, one.part("part9"), Path("nb"), "part9", replace=True)
    assert [kept.exists() for kept in done.kept] == [True]


def test_an_instructors_configuration_is_kept(nb):
    config = nb.root / "nbgrader_config.py"
    config.write_text("c = get_config()\nc.CourseDirectory.course_id = 'nets'\n")
    done = again(nb)
    assert [kept.read_text() for kept in done.kept] == ["c = get_config()\nc.CourseDirectory.course_id = 'nets'\n"]
    text = config.read_text()
    assert "course_id = 'nets'" in text
    assert text.count("configure(c)") == 1
    assert again(nb).kept == ()
    assert config.read_text() == text


def other_course(tmp_path, *replacements):
    """A copy of the mini course with other texts in its checks and solutions."""
    copy = Path(shutil.copytree(MINI, tmp_path / "other"))
    for path in (copy / "grader" / "checks" / "part9_mini.py", copy / "solutions" / "part9_mini.py"):
        text = path.read_text()
        for pattern, new in replacements:
            text = re.sub(pattern, new, text)
        path.write_text(text)
    return copy


def handed_in(nb):
    """A submission that the gradebook knows."""
    nb.submit("ada", "part9", nb.solved("part9"))
    done = nb.nbgrader("autograde", "part9")
    assert done.returncode == 0, done.stderr
    return nb.marks("part9")


@pytest.mark.slow
def test_cells_that_submissions_have_are_neither_lost_nor_added(nb, tmp_path):
    need("bwrap")
    marks, before = handed_in(nb), nb.released("part9")
    other = other_course(tmp_path, (r"\bshrink\b", "shrunk"))
    with pytest.raises(UsageError, match="has 1 submissions, and the new notebook adds part9-shrunk"):
        again(nb, other)
    assert (nb.marks("part9"), nb.released("part9")) == (marks, before)


@pytest.mark.slow
def test_other_points_are_said_where_there_are_submissions(nb, tmp_path):
    need("bwrap")
    handed_in(nb)
    other = other_course(tmp_path, (r'"double",\n    points=1', '"double",\n    points=4'))
    done = again(nb, other)
    assert done.changed == ("part9-double-grade: 1 -> 4 points",)
    assert nb.marks("part9")["ada"] == {"double": 1.0, "row_sums": 3.0, "shrink": 1.0}


# --- What a release is ---------------------------------------------------------------------------------


def test_released_again_it_is_the_same_to_the_letter(nb):
    path = nb.root / "release" / "part9" / "part9.ipynb"
    before = path.read_bytes()
    done = again(nb)
    assert path.read_bytes() == before
    assert (done.points, done.kept, done.changed) == (5, (), ())


@pytest.mark.slow
def test_under_another_name(made, tmp_path):
    nb = NbCourse(tmp_path / "nb")
    done = nb.release("part9", assignment="week 3")
    assert done.returncode == 0, done.stderr
    assert (nb.root / "release" / "week 3" / "part9.ipynb").exists()
    assert "nbgrader release_assignment 'week 3'; or hand out" in done.stdout


@pytest.mark.parametrize("part", Course(ROOT).parts(), ids=lambda part: part.id)
def test_each_exercise_of_a_part_has_its_answer_and_its_marks(part):
    cells = [cell.metadata.nbgrader for cell in notebook(Course(ROOT), part).cells if "nbgrader" in cell.metadata]
    graded = [cell for cell in cells if cell.grade]
    assert [cell.grade_id for cell in graded] == [f"{part.id}-{name}-grade" for name in part.exercises]
    assert sum(cell.points for cell in graded) == part.points
    ids = [cell.grade_id for cell in cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in ids)  # as nbgrader's own editor asks
    assert {f"{part.id}-{name}" for name in part.exercises} <= {cell.grade_id for cell in cells if cell.solution}


def test_what_is_said_to_do_in_a_terminal_is_said_for_a_notebook():
    for part in Course(ROOT).parts():
        words = "\n".join(cell.source for cell in notebook(Course(ROOT), part).cells if cell.cell_type == "markdown")
        assert f"`%grade {part.id}` checks everything" in words
        assert not re.findall(r"`% .*?`|`grader (?:run|hint)\b.*?`", words), part.id


def test_what_nbgrader_fails_of_is_said(nb):
    config = nb.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "c.CourseDirectory.db_url = 'sqlite:////nowhere/at/all.db'\n")
    with pytest.raises(UsageError, match=r"has failed: .*unable to open database file"):
        again(nb)


def test_a_new_course_has_a_name_for_the_exchange(made):
    config = PyFileConfigLoader("nbgrader_config.py", path=str(made.root)).load_config()
    assert config.CourseDirectory.course_id == made.root.name


def test_the_database_is_its_owners_alone(made):
    assert (made.root / "class.sqlite").stat().st_mode & 0o077 == 0
    with contextlib.closing(sqlite3.connect(made.root / "gradebook.db")) as gradebook:
        assert gradebook.execute("select count(*) from grade_cells").fetchone() == (3,)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("part8", "--course", "nb"), "There is no part 'part8'"),
        (("part9", "--course", "taken"), "taken can't be a course"),
        (("part9", "part9", "--course", "nb", "--assignment", "one"), "one by one"),
    ],
)
def test_it_says_what_is_wrong_with_the_call(tmp_path, arguments, said):
    (tmp_path / "taken").write_text("")
    done = command("nbgrader", "release", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


# --- When the grader's side is at fault ------------------------------------------------------------------


@pytest.mark.slow
def test_what_the_grader_fails_at_is_for_a_person_to_mark(made, tmp_path):
    need("bwrap")
    nb = made.copy(tmp_path / "nb")
    nb.course = other_course(tmp_path, ("return m.double\\(given.x\\)", "return m.double(given.x) if given.y else 0"))
    nb.submit("ada", "part9", nb.solved("part9"))
    done = nb.nbgrader("autograde", "part9")
    assert done.returncode == 0, done.stderr
    assert "failed at part9-double-grade of ada" in done.stderr
    assert nb.marks("part9")["ada"] == {"double": None, "row_sums": 3.0, "shrink": 1.0}  # it waits for double


@pytest.mark.slow
def test_a_course_that_gives_other_marks_than_were_released_is_no_reason_for_zeros(made, tmp_path):
    need("bwrap")
    nb = made.copy(tmp_path / "nb")
    nb.course = other_course(tmp_path, (r"\bshrink\b", "shrunk"))
    nb.submit("ada", "part9", nb.solved("part9"))
    done = nb.nbgrader("autograde", "part9")
    assert done.returncode != 0
    assert "part9-shrink-grade asks for marks that this version of the course does not give" in done.stderr
    assert set(nb.marks("part9")["ada"].values()) == {None}


@pytest.mark.slow
def test_other_assignments_of_the_course_are_nbgraders_own(made, tmp_path):
    need("bwrap")
    nb = made.copy(tmp_path / "nb")
    source = nb.root / "source" / "week1"
    source.mkdir()
    about = {"grade": False, "solution": True, "locked": False, "task": False, "schema_version": 3, "grade_id": "a"}
    answer = {"cell_type": "code", "id": "a", "metadata": {"nbgrader": about}, "source": "x = 1\n", "outputs": []}
    check = copy.deepcopy(answer) | {"id": "b", "source": "assert x == 1"}
    check["metadata"]["nbgrader"] |= {"grade": True, "solution": False, "locked": True, "grade_id": "b", "points": 2}
    for cell in (answer, check):
        cell["execution_count"] = None
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    whole = {"cells": [answer, check], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (source / "week1.ipynb").write_text(json.dumps(whole))
    assert nb.nbgrader("generate_assignment", "week1").returncode == 0
    nb.submit("ada", "week1", whole)
    done = nb.nbgrader("autograde", "week1")
    assert done.returncode == 0, done.stderr
    assert nb.marks("week1") == {"ada": {"b": 2.0}}

"""What `python -m build` makes, in the hands of students and instructors who have nothing else."""

import re
import subprocess
import sys
import tomllib
from email import message_from_string

import pytest
import students
import wheels
from pages import run_by
from students import ROOT
from terminal import Terminal
from tools import need

from grader.classes.version import course_version
from grader.course import Course

pytestmark = pytest.mark.slow

PART = "part4_backprop"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
NAME = f"zero_to_hero_grader-{VERSION}"
WHEEL = f"{NAME}-py3-none-any.whl"
RIGHT = "    return d.logprobs / f.probs"
WRONG = "    return 1 / f.probs"


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    need("git")
    return wheels.copy(tmp_path_factory.mktemp("copy"))


@pytest.fixture(scope="module")
def built(clean, tmp_path_factory):
    """The folder with the sdist, and the wheel that is made of it."""
    return wheels.build(clean, tmp_path_factory.mktemp("built") / "dist")


@pytest.fixture(scope="module")
def student(built, tmp_path_factory):
    """Who has installed the wheel, with what is locked for students and nothing besides."""
    one = wheels.environment(tmp_path_factory.mktemp("student"))
    wheels.install(one, "-r", ROOT / "requirements" / "student.lock", download=True)
    wheels.install(one, "-r", ROOT / "requirements" / "torch.lock", download=True)
    wheels.install(one, built / WHEEL)
    return one


@pytest.fixture(scope="module")
def instructor(built, tmp_path_factory):
    """Who has installed it beside all that the extras name."""
    one = wheels.environment(tmp_path_factory.mktemp("instructor"))
    wheels.install(one, "--no-deps", built / WHEEL)
    wheels.share_packages(one)
    return one


@pytest.fixture
def desk(student, tmp_path):
    student.run("grader", "init", tmp_path / "mine")
    return tmp_path / "mine"


def answer(desk, name, body):
    file = desk / "exercises" / f"{PART}.py"
    pattern = rf'(def {name}\(.*?"""\n).*?(?=\n\n\n|\Z)'
    text, count = re.subn(pattern, lambda match: match[1] + body, file.read_text(), count=1, flags=re.DOTALL)
    assert count == 1
    file.write_text(text)


def test_the_release_page_builds_it(clean, tmp_path):
    (commands,) = run_by(__file__)
    for word, here in (
        ("/tmp/release", tmp_path / "release"),
        (".venv/bin/python", sys.executable),
        ("dist", tmp_path / "dist"),
    ):
        commands = re.sub(rf"(?<=\s){re.escape(word)}(?=\s)", str(here), commands)
    done = subprocess.run(["bash", "-ec", commands], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len([*(tmp_path / "dist").glob("zero_to_hero_grader-*-py3-none-any.whl")]) == 1


# --- What is in it ------------------------------------------------------------------------------------


def _plant(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _cell(name):
    found = re.search(rf"(?ms)^# %%\n(?=def {name}\b).*?(?=^# %%)", (ROOT / "solutions" / f"{PART}.py").read_text())
    return re.sub(r"### (BEGIN|END) SOLUTION", "", found[0])


PLANTED = {
    "a file of the solutions": ("solutions/part4_backprop.py", "x = 1\n", "a solution"),
    "a mark": ("grader/notes.py", "def f():\n    ### BEGIN SOLUTION\n    return 1\n", "a solution"),
    "a solved cell": ("grader/notes.py", _cell("dlogprobs"), "a cell of solutions/part4_backprop.py"),
    "a solved cell in a comment": ("docs/notes.md", _cell("dlogprobs").replace("\n", "\n# "), "a cell of"),
    "an answer in an exercise": ("grader/kit/exercises/part4_backprop.py", RIGHT, "a line of"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_solution_in_a_package_would_be_found(tmp_path, name):
    path, text, words = PLANTED[name]
    assert wheels.given_away(tmp_path) == []
    _plant(tmp_path, path, text)
    assert any(words in found for found in wheels.given_away(tmp_path)), wheels.given_away(tmp_path)


def names(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_no_solution_is_in_it_and_nothing_of_a_working_folder(built, tmp_path):
    assert {path.name for path in built.iterdir()} == {WHEEL, f"{NAME}.tar.gz"}
    for package in built.iterdir():
        unpacked = wheels.unpack(package, tmp_path / package.name)
        assert wheels.given_away(unpacked) == []
        there = names(unpacked)
        assert there
        assert not [name for name in there if re.search(r"(^|/)(tests|docs|solutions|backups|\.grader)/", name)]
        assert not [name for name in there if name.endswith((".ipynb", ".pyc", ".equivalents.toml"))]


def test_a_wheel_holds_all_that_is_needed_and_one_name_beside_its_metadata(built, tmp_path):
    unpacked = wheels.unpack(built / WHEEL, tmp_path)
    assert {path.name for path in unpacked.iterdir()} == {"grader", f"{NAME}.dist-info"}
    there = names(unpacked)
    for folder in ("grader", "exercises", "reference", "data"):
        place = "grader" if folder == "grader" else f"grader/kit/{folder}"
        listed = subprocess.run(["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=True)
        for name in listed.stdout.split():
            if not name.endswith(".equivalents.toml"):
                assert name.replace(folder, place, 1) in there
    read = message_from_string((unpacked / f"{NAME}.dist-info" / "METADATA").read_text())
    assert (read["Name"], read["Version"], read["License-Expression"]) == ("zero-to-hero-grader", VERSION, "MIT")
    assert {"instructor", "cluster", "dev"} <= set(read.get_all("Provides-Extra"))
    assert (unpacked / f"{NAME}.dist-info" / "licenses" / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_the_wheel_is_the_same_to_the_byte_when_built_again(clean, built, tmp_path):
    (clean / "grader" / "cli.py").touch()
    again = wheels.build(clean, tmp_path / "again", "--wheel")
    assert (again / WHEEL).read_bytes() == (built / WHEEL).read_bytes()


def test_the_changelog_begins_with_this_version():
    first = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[0]
    assert re.fullmatch("Unreleased" if "dev" in VERSION else rf"{re.escape(VERSION)} \(\d{{4}}-\d\d-\d\d\)", first)


def test_the_docs_name_this_wheel():
    text = "".join(path.read_text() for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
    assert set(re.findall(r"zero_to_hero_grader-\S+?\.whl", text)) == {WHEEL}


# --- For students -------------------------------------------------------------------------------------


def test_what_is_installed_needs_nothing_more_and_reaches_no_checkout(student):
    assert "No broken requirements found" in student.run("pip", "check")
    said = student.run("python", "-W", "error", "-c", "import grader; print(grader.__file__)")
    assert said.startswith(str(student.venv))
    for name in ("reference", "solutions", "tests", "exercises", "data"):
        code = f"import importlib.util; print(importlib.util.find_spec({name!r}))"
        assert student.run("python", "-c", code) == "None\n"
    assert student.run("grader", "--version") == f"{VERSION}\n"


def test_a_student_works_through_an_exercise(student, desk):
    def grader(*words, code=0):
        return student.run("grader", *words, cwd=desk, code=code)

    assert "Next: part0.numerical_derivative" in grader("list")
    said = grader("run", "part4", code=1)
    assert said.startswith("Nothing is written yet")
    assert "0 of 50 points" in said
    answer(desk, "dprobs", WRONG)
    assert "the incoming gradient is ignored" in grader("run", "part4.dprobs", code=1)
    assert "hint 1 of 3" in grader("hint", "part4.dprobs")
    assert "expected" in grader("diff", "part4.dprobs", code=1)
    answer(desk, "dprobs", RIGHT)
    grader("run", "part4.dprobs")
    assert "1/50" in grader("list")
    grader("reset", "part4.dprobs")
    assert "to do" in grader("run", "part4.dprobs", code=1)
    grader("reset", "part4.dprobs", "--undo")
    assert "1 of 1 points" in grader("run", "part4.dprobs", "--html", "report.html")
    assert "up to date" in grader("update")
    (desk / "exercises" / f"{PART}.py").unlink()
    assert "put back" in grader("update")
    assert "32,257 names" in grader("data", "status")
    assert "hash verified" in grader("doctor")


def test_a_student_watches(student, desk):
    options = student.environment | {"COLUMNS": "80"}
    with Terminal("watch", "part4.dprobs", cwd=desk, python=student.python, **options) as terminal:
        terminal.until("h hint")
        answer(desk, "dprobs", WRONG)
        terminal.until("the incoming gradient is ignored.*h hint")
        answer(desk, "dprobs", RIGHT)
        terminal.until("passed.*h hint")
        terminal.press("q")
        assert terminal.ends() == 0


def test_a_student_trains_and_draws_a_network(student, desk):
    (desk / "exercises" / "part1_bigram.py").write_text(students.solved(ROOT, "part1_bigram"))
    said = student.run("grader", "train", "part1", "--budget", "quick", "--device", "cpu", cwd=desk)
    assert "2 of 2 points" in said
    student.run("grader", "plot", "part1", cwd=desk)
    assert list((desk / "pictures").iterdir())


NEEDS = {
    "a notebook": ("notebook part4", "jupytext is not installed"),
    "a class": ("batch . --part part4 --out class.sqlite", "zero-to-hero-grader[instructor]"),
    "pages": ("report class.sqlite --html pages", "zero-to-hero-grader[instructor]"),
    "marks": ("export class.sqlite --csv marks.csv", "zero-to-hero-grader[instructor]"),
    "a release": ("nbgrader release part4 --course nets", "a clone of the kit's repository"),
    "an autograder": ("gradescope part4 --out autograder.zip", "made in a clone of the kit"),
    "a solution": ("solution part4.dprobs", "keeps its solutions to itself"),
    "dev build": ("dev build", "a clone of the kit's repository"),
    "dev check": ("dev check part4", "a clone of the kit's repository"),
    "dev audit": ("dev audit part4", "a clone of the kit's repository"),
    "dev calibrate": ("dev calibrate part4", "a clone of the kit's repository"),
}


@pytest.mark.parametrize("name", NEEDS)
def test_what_is_not_there_is_said_in_a_line(student, desk, name):
    command, words = NEEDS[name]
    assert words in student.run("grader", *command.split(), cwd=desk, code=2)


PEEKS = {
    "by import": "    from reference import part4_backprop\n    return part4_backprop.dprobs(f, d)",
    "by path": "    import torch\n    open(torch.__path__[0] + '/../grader/kit/reference/part4_backprop.py')\n" + RIGHT,
}


@pytest.mark.parametrize("how", PEEKS)
def test_the_reference_of_an_installed_kit_is_hidden_from_an_answer(student, desk, how):
    answer(desk, "dprobs", PEEKS[how])
    said = student.run("grader", "run", "part4.dprobs", cwd=desk, code=1)
    assert "0 of 1 points" in said


# --- With pytest, jupytext and the instructor's extra ----------------------------------------------------


def test_pytest_shows_the_verdicts_in_a_workspace_and_is_left_alone_elsewhere(instructor, tmp_path):
    desk = tmp_path / "mine"
    instructor.run("grader", "init", desk)
    answer(desk, "dprobs", RIGHT)
    said = instructor.run("python", "-m", "pytest", f"exercises/{PART}.py", "-k", "dprobs", cwd=desk)
    assert "passed" in said
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "test_one.py").write_text(
        "def test_one(tmp_path):\n    assert not list(tmp_path.iterdir())\n"
    )
    assert "1 passed" in instructor.run("python", "-W", "error", "-m", "pytest", cwd=tmp_path / "other")


def test_a_notebook_is_paired(instructor, tmp_path):
    instructor.run("grader", "init", tmp_path / "mine")
    instructor.run("grader", "notebook", "part4", cwd=tmp_path / "mine")
    assert (tmp_path / "mine" / "exercises" / f"{PART}.ipynb").exists()


def test_an_instructor_grades_a_class(instructor, tmp_path):
    need("bwrap")
    for name, body in (("ada", RIGHT), ("bob", WRONG)):
        file = tmp_path / "handed" / name / "part4.py"
        file.parent.mkdir(parents=True)
        file.write_text(students.solved(ROOT, PART).replace(RIGHT, body))
    instructor.run("grader", "batch", "handed", "--part", "part4", "--out", "class.sqlite", cwd=tmp_path)
    instructor.run("grader", "report", "class.sqlite", "--html", "pages", cwd=tmp_path)
    assert (tmp_path / "pages" / "index.html").exists()
    instructor.run("grader", "export", "class.sqlite", "--csv", "marks.csv", cwd=tmp_path)
    assert "ada" in (tmp_path / "marks.csv").read_text()
    assert "a clone of" in instructor.run(
        "grader", "nbgrader", "release", "part4", "--course", "n", cwd=tmp_path, code=2
    )


def test_the_course_has_the_version_that_it_has_in_a_clone(instructor):
    code = "from grader.course import *; from grader.classes.version import *; c = default_course(); print(course_version(c, c.part('part4')))"
    one = Course(ROOT)
    assert instructor.run("python", "-c", code).strip() == course_version(one, one.part("part4"))

"""The authors' proof finds what it is for: each fault planted in a copy of the mini course is reported."""

import shutil

import pytest
from students import MINI, ROOT, command

pytestmark = pytest.mark.slow

CHECKS = "grader/checks/part9_mini.py"
SOLUTIONS = "solutions/part9_mini.py"
REFERENCE = "reference/part9_mini.py"
PLANTED = {
    "exercises out of step": ("exercises/part9_mini.py", "# ## double", "# ## Double", "is not in step"),
    "a stub that answers": (SOLUTIONS, "    ### BEGIN SOLUTION\n    return torch.add(x, x)\n    ### END SOLUTION",
                            "    return torch.add(x, x)", "the stub is passed with 1 points"),
    "a wrong solution": (SOLUTIONS, "torch.add(x, x)", "torch.add(x, 2)", "the solution is failed under seed 0"),
    "a mistake that is right": (CHECKS, "return x / 2", "return x + x", "'halved' is passed under seed"),
    "a mistake without its own name": (
        CHECKS,
        '@double.mistake("halved"',
        '@double.mistake("halved at first", "Half.")\ndef _(x):\n    return x / 2\n\n\n@double.mistake("halved"',
        "'halved' is called 'halved at first'",
    ),
    "a forbidden name that torch does not have": (
        CHECKS, "points=1,\n    hints=(\"Think", "points=1,\n    forbids=(\"autogard\",),\n    hints=(\"Think",
        "it forbids autogard, which torch does not have",
    ),
    "no mistake": (CHECKS, '@double.mistake("halved", "This is half, not twice.")\n', "", "no known mistake"),
    "two hints": (CHECKS, '"Twice a number is the number added to itself.", ', "", "2 hints instead of 3"),
    "no title": (CHECKS, '"""Twice the input"""\n', "", "no docstring"),
    "no title of the part": (CHECKS, '"""A tiny part, to drive the real command in tests"""\n', "", "is the part's title"),
    "a marker of another form": (SOLUTIONS, "### BEGIN SOLUTION\n    return torch", "# BEGIN SOLUTION\n    return torch",
                                 "part9_mini.py:28: write the marker as `### BEGIN SOLUTION`"),
    "no points": (CHECKS, "points=2", "points=0", "0 points"),
    "a wait for nobody": (CHECKS, 'after="double"', 'after="treble"', "waits for treble"),
    "an update of what is no input": (CHECKS, 'updates=("x",)', 'updates=("x", "y")', "it may update y, which is none"),
    "a check of no solution": (CHECKS, '"double",\n', '"doubel",\n', "defines no doubel, which is checked in "),
    "a solution without a check": (SOLUTIONS, "# %%\ndef row_sums", "# %%\ndef helper(x):\n    ### BEGIN SOLUTION\n"
                                   "    return x.square()\n    ### END SOLUTION\n\n\n# %%\ndef row_sums",
                                   "has a solution in helper, and there is no check of it"),
}  # fmt: skip

INPUTS = """@double.inputs
def _(rng):
    for size in (3, 5):
        yield {"x": torch.randn(size, 2, generator=rng)}
"""
UNFIT = {
    "no inputs": (CHECKS, INPUTS, "", "It has no inputs: write them under `@double.inputs`."),
    "inputs that are returned": (CHECKS, INPUTS, INPUTS.replace("for size in (3, 5)", "for size in (3,)").replace(
        "yield", "return"), "its inputs yield str: a case is a dict, and is yielded, not returned"),
    "inputs without a case": (CHECKS, INPUTS, "@double.inputs\ndef _(rng):\n    pass\n", "its inputs yield no case"),
    "inputs that fail": (CHECKS, "yield {\"x\": torch.randn(size, 2, generator=rng)}",
                         "yield {\"x\": rnd(size, 2)}", "part9_mini.py:24: this can't be run: NameError"),
    "inputs from another source than rng": (CHECKS, "(size, 2, generator=rng)", "(size, 2)", "draw all of them from rng"),
    "a probe that reads no input": (CHECKS, "m.double(given.x)\n\n\n@double.inputs", "m.double(given.y)\n\n\n"
                                    "@double.inputs", "part9_mini.py:18: this can't be run: AttributeError: no 'y'"),
    "a probe without a return": (CHECKS, "return m.double(given.x)", "m.double(given.x)", "has it a `return`?"),
    "a probe that is hidden": (CHECKS, '@check(\n    "row_sums",\n    points=2', 'def double(x):\n    return x\n\n\n'
                               '@check(\n    "row_sums",\n    points=2', "a name there is used twice"),
    "a reference that lacks a name": (REFERENCE, "def double", "def doubel", "has no attribute 'double'"),
    "a reference that fails": (REFERENCE, "    return x + x", "    return x + y",
                          "reference/part9_mini.py:6: this can't be run: NameError"),
    "a mistake in the place of nothing": (CHECKS, '"This is half, not twice."', '"Half.", replaces="doubel"',
                                          "its mistakes take the place of doubel"),
}  # fmt: skip
"""Faults that keep a check from being run at all."""


@pytest.fixture
def course(tmp_path):
    shutil.copytree(MINI, tmp_path / "course")
    return tmp_path / "course"


def test_the_mini_course_holds(course):
    done = command("dev", "check", "--seeds", "3", cwd=course, course=course)
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 faults" in done.stdout


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(course, fault):
    file, old, new, words = PLANTED[fault]
    text = (course / file).read_text()
    assert old in text
    (course / file).write_text(text.replace(old, new))
    if file == SOLUTIONS:
        command("dev", "build", cwd=course, course=course)
    done = command("dev", "check", "--seeds", "2", cwd=course, course=course)
    assert done.returncode == 1
    assert words in done.stdout


@pytest.mark.parametrize("fault", UNFIT)
def test_what_cannot_be_run_is_the_authors_fault_and_said_once(course, fault):
    file, old, new, words = UNFIT[fault]
    text = (course / file).read_text()
    assert old in text
    (course / file).write_text(text.replace(old, new))
    done = command("dev", "check", "--seeds", "1", cwd=course, course=course)
    assert (done.returncode, done.stderr) == (1, "")
    (said,) = (line for line in done.stdout.splitlines() if line.startswith("FAULT part9.double:"))
    assert words in said


def test_a_mistake_that_raises_like_a_slip_is_asked_about(course):
    text = (course / CHECKS).read_text()
    assert "return x / 2" in text
    (course / CHECKS).write_text(text.replace("return x / 2", "return x.halve()"))
    done = command("dev", "check", "--seeds", "1", cwd=course, course=course)
    assert "part9.double: 'halved' raises AttributeError: 'Tensor' object has no attribute 'halve'." in done.stdout
    assert done.stdout.endswith("0 faults in 1 parts\n")


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        (
            CHECKS,
            '"halved", "This is half, not twice."',
            '"halved"',
            "part9_mini.py:27: this can't be imported: TypeError",
        ),
        (
            REFERENCE,
            "def double(x):",
            "def double(x:",
            "reference/part9_mini.py:4: this can't be imported: SyntaxError",
        ),
    ],
    ids=["a mistake without advice", "a reference of no Python"],
)
def test_a_file_that_cannot_be_imported_is_named_with_its_line(course, file, old, new, words):
    text = (course / file).read_text()
    assert old in text
    (course / file).write_text(text.replace(old, new, 1))
    done = command("dev", "check", "--seeds", "1", cwd=course, course=course)
    assert done.returncode == 2
    assert words in done.stderr


def test_a_reference_that_is_not_there(course):
    (course / REFERENCE).unlink()
    done = command("dev", "check", "--seeds", "1", cwd=course, course=course)
    assert done.returncode == 2
    assert "a part's trusted implementations go there" in done.stderr


def test_a_solutions_line_in_the_text_is_found(course):
    path = course / SOLUTIONS
    path.write_text(
        path.read_text() + "\n\n# %%\nif __name__ == '__main__':\n    x.div_(n)[0:1]\n    greatest = float(x.max())\n"
    )
    command("dev", "build", cwd=course, course=course)
    done = command("dev", "check", "--seeds", "1", cwd=course, course=course)
    assert "a line of a solution stands in the exercise as shipped: greatest = float(x.max())" in done.stdout


def test_statistics_that_take_anything_are_found(tmp_path):
    shutil.copytree(ROOT / "tests" / "freecourse", tmp_path / "course")
    checks = tmp_path / "course" / "grader" / "checks" / "part8_free.py"
    text = checks.read_text()
    assert "given.spread - each / 2**0.5" in text
    checks.write_text(text.replace("given.spread - each / 2**0.5", "0.0"))
    done = command("dev", "check", "--seeds", "1", cwd=tmp_path, course=tmp_path / "course")
    assert done.returncode == 1
    assert "part8.noise: the right answer, spoilt (all zeros), is passed" in done.stdout


UNLOADABLE = {
    "a name that stays behind": ("return m.double(given.x)", "return m.double(helper)\n\n\nhelper = 3", "stays behind"),
    "points that are no literal": ("points=2", "points=1 + len('a')", "must be literals"),
    "an unknown option": ("points=2", "points=2, weight=3", "does not know weight"),
    "a name twice": ("def of_doubles", "def row_sums", "two checks of this file are called row_sums"),
    "no points at all": ('"row_sums",\n    points=2,', '"row_sums",', "has no points="),
}


@pytest.mark.parametrize("fault", UNLOADABLE)
def test_a_declaration_that_cannot_be_read_is_a_usage_error(course, fault):
    old, new, words = UNLOADABLE[fault]
    text = (course / CHECKS).read_text()
    assert old in text
    (course / CHECKS).write_text(text.replace(old, new, 1))
    done = command("dev", "check", "--seeds", "1", cwd=course, course=course)
    assert done.returncode == 2
    assert words in done.stderr
    assert "part9_mini.py:" in done.stderr


def test_an_id_in_two_files_of_a_package_is_found(course):
    package = course / "grader" / "checks" / "part9_mini"
    package.mkdir()
    text = (course / CHECKS).read_text()
    (course / CHECKS).unlink()
    (package / "__init__.py").write_text('"""A tiny part"""\n\nFORBIDS = ("autograd",)\n')
    (package / "a.py").write_text(text)
    (package / "b.py").write_text(text)
    done = command("dev", "check", "--seeds", "1", cwd=course, course=course)
    assert "FAULT part9.double: the id is used twice" in done.stdout


def test_a_region_that_is_not_closed(course):
    path = course / SOLUTIONS
    path.write_text(path.read_text().replace("    ### END SOLUTION\n", "", 1))
    done = command("dev", "build", cwd=course, course=course)
    assert done.returncode == 2
    assert "END SOLUTION" in done.stderr


def test_build_is_idempotent(course):
    before = (course / "exercises" / "part9_mini.py").read_text()
    done = command("dev", "build", cwd=course, course=course)
    assert "unchanged" in done.stdout
    assert (course / "exercises" / "part9_mini.py").read_text() == before


def test_the_whole_course_under_several_seeds(tmp_path):
    done = command("dev", "check", "--seeds", "3", cwd=tmp_path, course=ROOT, timeout=2400)
    assert "0 faults" in done.stdout, done.stdout

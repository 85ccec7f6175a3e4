"""What the course says there is, read from source; what an author got wrong, said by file and line."""

import subprocess
import sys

import pytest
import students

from grader import check_source, course
from grader.errors import UsageError

MINI = course.Course(students.MINI)
ALL = ["part9.double", "part9.row_sums", "part9.row_sums.of_doubles", "part9.shrink"]


@pytest.fixture
def written(tmp_path):
    """A course whose checks are these texts, by file name."""

    def write(text=None, **files):
        for name, content in files.items() if text is None else [("part1_x", text)]:
            path = tmp_path / "grader" / "checks" / f"{name.replace('__', '/', 1)}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return course.Course(tmp_path)

    return write


def declared(arguments, name="a"):
    return f'"""A part"""\n\n@check({arguments})\ndef {name}(m, given):\n    """A title"""\n    return m.a()\n'


# --- What an author may get wrong -------------------------------------------------------------------

WRONG = {
    "a name for the exercise": ("NAME, points=1", "must be literals"),
    "a name for the points": ("'a', points=POINTS", "must be literals"),
    "a sum": ("'a', points=POINTS + 1", "must be literals"),
    "an f-string": ("f'{a}', points=1", "must be literals"),
    "a call": ("'a', points=int(1)", "must be literals"),
    "a name among the hints": ("'a', points=1, hints=('x', HINT, 'z')", "must be literals"),
    "nothing": ("", "the exercise first"),
    "the exercise by keyword": ("exercise='a', points=1", "the exercise first"),
    "stars": ("*['a'], points=1", "must be literals"),
    "two stars": ("'a', **options", "must be literals"),
    "what can't be": ("'a', points=-'1'", "must be literals"),
    "what can't be hashed": ("'a', points={[]: 1}", "must be literals"),
    "an unknown option": ("'a', points=1, hint=('x',)", "does not know hint"),
    "unknown options": ("'a', points=1, title='x', weight=2", "does not know title, weight"),
    "an unnamed option": ("'a', points=1, **{'weight': 2}", "does not know"),
    "no points": ("'a'", "@check('a') has no points="),
    "points by place": ("'a', 1", "part1_x.py:"),
    "two by place": ("'a', 'b', points=1", "part1_x.py:"),
    "points as text": ("'a', points='1'", "part1_x.py:"),
    "half points": ("'a', points=1.5", "part1_x.py:"),
    "hints as one text": ("'a', points=1, hints=('one')", "part1_x.py:"),
    "a number for the exercise": ("3, points=1", "part1_x.py:"),
    "a list for the exercise": ("['a'], points=1", "part1_x.py:"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_declaration_is_refused_by_file_and_line(written, what):
    arguments, words = WRONG[what]
    with pytest.raises(UsageError, match=r"part1_x\.py:[34]: ") as caught:
        written(declared(arguments)).parts()
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def (", "part1_x.py"),
        (declared("'a', points=1") + declared("'b', points=1"), "a"),
        ("FORBIDS = ('autograd')\n" + declared("'a', points=1"), "FORBIDS"),
        ("FORBIDS = NO + ('autograd',)\n" + declared("'a', points=1"), "FORBIDS"),
    ],
    ids=["syntax", "a name twice", "rules as text", "computed rules"],
)
def test_a_wrong_file_is_refused(written, text, words):
    """Where it was accepted, a rule would be off or a check would have another one's probe."""
    with pytest.raises(UsageError) as caught:
        written(text).parts()
    assert "part1_x.py" in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize("rules", ["FORBIDS = ('autograd',)", "FORBIDS: tuple[str, ...] = ('autograd',)"])
def test_rules_are_read_however_they_are_written(written, rules):
    assert written(f"{rules}\n" + declared("'a', points=1")).part("part1").forbids == ("autograd",)


@pytest.mark.parametrize(
    "text",
    [
        "def a(m, given):\n    pass",
        "@other('a', points=1)\ndef a(m, given):\n    pass",
        "@a.inputs\ndef _(rng):\n    pass",
        "# @check('a', points=1)\ndef a(m, given):\n    pass",
        "check('a', points=1)",
    ],
)
def test_what_is_no_check(written, text):
    assert written(text).part("part1").checks == ()


@pytest.mark.parametrize("file", sorted((students.ROOT / "grader" / "checks").glob("part*/*.py")), ids=lambda f: f.stem)
def test_reading_the_declarations_alone_finds_what_reading_all_does(file):
    whole = list(course._specs(check_source.parse(file), "part", "module", file))
    assert list(course._specs(check_source.parse_declarations(file), "part", "module", file)) == whole


def test_a_folder_without_parts_is_no_course(tmp_path):
    with pytest.raises(UsageError, match="is not a course"):
        course.Course(tmp_path).parts()
    (tmp_path / "grader" / "checks").mkdir(parents=True)
    (tmp_path / "grader" / "checks" / "part1.txt").touch()
    with pytest.raises(UsageError, match="is not a course"):
        course.Course(tmp_path).part("part1")


# --- What is read -----------------------------------------------------------------------------------


def test_a_check_as_declared(written):
    text = declared("'a', points=2, hints=('x', 'y', 'z'), after='b', updates=['p']")
    one = written(text).part("part1")
    (spec,) = one.checks
    assert (one.id, one.name, one.title, one.forbids, one.points) == ("part1", "part1_x", "A part", (), 2)
    assert (spec.id, spec.part, spec.exercise, spec.name) == ("part1.a", "part1", "a", "a")
    assert (spec.title, spec.points, spec.hints) == ("A title", 2, ("x", "y", "z"))
    assert (spec.after, spec.updates, spec.module) == ("b", ("p",), "grader.checks.part1_x")
    assert spec.file.name == "part1_x.py"


def test_what_was_not_said(written):
    (spec,) = written(declared("'a', points=1").replace('"""A title"""', "")).part("part1").checks
    assert (spec.title, spec.hints, spec.after, spec.updates) == ("", (), None, ())
    assert written(declared("'a', points=1").replace('"""A part"""', "")).part("part1").name == "part1_x"


def test_a_part_in_a_folder_is_read_file_by_file(written):
    one = written(
        part1_x____init__='"""Many files"""\nFORBIDS = ("autograd",)\n',
        part1_x__s2=declared("'c', points=1", "c"),
        part1_x__s1=declared("'a', points=1") + declared("'b', points=3", "b"),
        part1_x__inputs="def _(rng):\n    pass\n",
    ).part("part1")
    assert (one.title, one.forbids) == ("Many files", ("autograd",))
    assert [(s.id, s.module) for s in one.checks] == [
        ("part1.a", "grader.checks.part1_x.s1"),
        ("part1.b", "grader.checks.part1_x.s1"),
        ("part1.c", "grader.checks.part1_x.s2"),
    ]


def test_the_mini_course():
    (one,) = MINI.parts()
    assert [spec.id for spec in one.checks] == ALL
    assert (one.id, one.points, one.forbids) == ("part9", 5, ("autograd",))
    assert one.exercises == ["double", "row_sums", "shrink"]
    assert [spec.points for spec in one.checks] == [1, 2, 1, 1]


def test_a_check_without_hints_has_those_of_its_exercise():
    hints = {spec.id: spec.hints for spec in MINI.part("part9").checks}
    assert hints["part9.row_sums.of_doubles"] == hints["part9.row_sums"] != hints["part9.double"]
    assert len(hints["part9.row_sums"]) == 3


def test_parts_are_told_apart_by_their_whole_id(written):
    one = written(
        part1_x=declared("'a', points=1"), part10_y=declared("'b', points=2"), part2_z=declared("'c', points=3")
    )
    assert [one.part(name).points for name in ("part1", "part10", "part2", "part10_y")] == [1, 2, 3, 2]
    assert [part.id for part in one.parts()] == ["part1", "part2", "part10"]


# --- What is asked for ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("targets", "ids"),
    [
        (["part9"], ALL),
        (["part9_mini"], ALL),
        (["part9.double"], ALL[:1]),
        (["part9_mini.double"], ALL[:1]),
        (["part9.row_sums"], ALL[1:3]),
        (["part9.row_sums.of_doubles"], ALL[2:3]),
        (["part9.shrink", "part9.double"], [ALL[0], ALL[3]]),
        (["part9.double", "part9.double"], ALL[:1]),
        (["part9.double", "part9"], ALL),
        (["part9_mini.double", "part9.shrink"], [ALL[0], ALL[3]]),
    ],
)
def test_select(targets, ids):
    part, specs = MINI.select(tuple(targets))
    assert part.id == "part9"
    assert [spec.id for spec in specs] == ids


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("part8", "There is no part 'part8'. The parts are part9"),
        ("part", "There is no part 'part'"),
        ("part90", "There is no part 'part90'"),
        ("Part9", "There is no part 'Part9'"),
        ("part9_min", "There is no part"),
        ("", "There is no part ''"),
        (".double", "There is no part ''"),
        ("../part9", "There is no part"),
        ("part9.doubel", "There is no exercise 'part9.doubel'. Did you mean part9.double?"),
        ("part9.Double", "Did you mean part9.double?"),
        ("part9.double ", "Did you mean part9.double?"),
        ("part9.rowsums", "Did you mean part9.row_sums?"),
        ("part9.double.x", "There is no exercise 'part9.double.x'"),
        ("part9.row_sums.of_double", "There is no exercise 'part9.row_sums.of_double'"),
        ("part9.of_doubles", "There is no exercise"),
        ("part9.zzz", "`grader list part9` shows what there is."),
    ],
)
def test_a_name_that_is_not_there_is_refused_with_the_nearest(target, words):
    with pytest.raises(UsageError) as caught:
        MINI.select((target,))
    assert words in str(caught.value)
    with pytest.raises(UsageError):
        MINI.select(("part9.double", target))


def test_several_parts_are_refused():
    with pytest.raises(UsageError, match="One part at a time: part4 and part9"):
        MINI.select(("part9.double", "part4.dprobs"))
    with pytest.raises(UsageError, match=r"There is no part 'row_sums'\. Did you mean part9\.row_sums\?"):
        MINI.select(("part9.double", "row_sums"))


def test_the_nearest_exercises_folder_is_the_students(tmp_path, monkeypatch):
    part = MINI.part("part9")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="grader init DIR"):
        MINI.exercise_file(part)
    (tmp_path / "exercises" / "deep").mkdir(parents=True)
    (tmp_path / "exercises" / "part8_other.py").touch()
    with pytest.raises(UsageError, match=r"There is no exercises/part9_mini\.py\. `grader reset part9`"):
        MINI.exercise_file(part)
    (tmp_path / "exercises" / "part9.py").touch()
    with pytest.raises(UsageError, match=r"Is it part9\.py now\? Then name it part9_mini\.py again\. If not: `grader"):
        MINI.exercise_file(part)
    (tmp_path / "exercises" / "part9_mini.py").touch()
    assert MINI.exercise_file(part).resolve() == tmp_path / "exercises" / "part9_mini.py"
    monkeypatch.chdir(tmp_path / "exercises" / "deep")
    assert MINI.exercise_file(part).resolve() == tmp_path / "exercises" / "part9_mini.py"


def test_hidden_folders_are_those_with_answers():
    assert {folder.removeprefix(f"{students.MINI}/") for folder in MINI.hidden_folders()} == {
        "reference",
        "solutions",
        "grader/checks",
        "tests",
        ".git",
    }


def test_an_installed_course_has_its_folders_within_its_package_whatever_lies_beside_it(tmp_path):
    one = course.Course(tmp_path)
    names = ("exercises", "data", "reference", "solutions")
    for name in names:
        (tmp_path / name).mkdir()  # another package's, or a clone's own
    assert [one.folder(name) for name in names] == [tmp_path / name for name in names]
    assert not one.installed
    (tmp_path / "grader" / "kit").mkdir(parents=True)
    assert [one.folder(name) for name in names] == [tmp_path / "grader" / "kit" / name for name in names]
    assert one.installed
    assert str(tmp_path / "grader" / "kit" / "reference") in one.hidden_folders()


def test_what_needs_the_solutions_refuses_an_installed_course_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADER_COURSE", str(tmp_path))
    assert course.authored_course() == course.Course(tmp_path)
    (tmp_path / "grader" / "kit").mkdir(parents=True)
    with pytest.raises(UsageError, match="Run it in a clone of the kit's repository"):
        course.authored_course()


def test_the_course_is_chosen_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADER_COURSE", str(tmp_path))
    assert course.default_course().root == tmp_path
    monkeypatch.delenv("GRADER_COURSE")
    assert course.default_course().root == students.ROOT


def test_reading_a_course_imports_no_torch():
    code = (
        "import sys; from grader import course; c = course.default_course(); [c.probe_sources(p) for p in c.parts()]; "
        "assert 'torch' not in sys.modules and 'reference' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=students.ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

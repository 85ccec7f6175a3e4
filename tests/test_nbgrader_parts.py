"""All eight parts through a real nbgrader course: the marks are the same to the point wherever one looks."""

import builtins
import copy
import csv
import inspect
import re
import textwrap
import types

import pytest
import students
from nbcourse import NbCourse, cell, exercises
from students import ROOT, command
from tools import need

from grader.classes.store import open_store
from grader.course import Course
from grader.nbgrader.source import notebook

pytestmark = pytest.mark.slow
COURSE = Course(ROOT)
PARTS = [part.id for part in COURSE.parts()]
WHERE = {"one_hot": "torch.nn.functional"}
OWN = """def own(name):  # the right answers that the mistake is made from are the student's own
    return _right[name] if name in _right else globals()[name]"""


def as_answer(mistake):
    """A known mistake as a student would have written it: its source under the exercise's name, with what it uses."""
    source, closed = textwrap.dedent(inspect.getsource(mistake.variant)), getattr(mistake.variant, "__closure__", None)
    source = source[re.search(r"(?m)^(def|class) ", source).start() :]
    source = re.sub(r"\A(def|class) \w+", rf"\1 {mistake.replaces}", source)
    right = [
        f"_right = {{{mistake.replaces!r}: {mistake.replaces}}}",
        f"check = type('', (), {{'exercise': {mistake.replaces!r}}})",
    ]
    around = zip(mistake.variant.__code__.co_freevars, mistake.variant.__closure__, strict=True) if closed else ()
    numbers = [f"{name} = {cell.cell_contents}" for name, cell in around if isinstance(cell.cell_contents, int)]
    return without_reference("\n\n".join([OWN, *right, *numbers, *helpers(mistake.variant, {mistake.variant}), source]))


def without_reference(text):
    """The same with the student's own answers in the place of the reference's; what is no function is written out."""
    trusted = COURSE.load(COURSE.part("part4"))[1]

    def own(found):
        value = getattr(trusted, found[1])
        return f"own({found[1]!r})" if callable(value) else repr(value)

    text = re.sub(r"getattr\(reference, ", "own(", text)
    return re.sub(r"\breference\.(\w+)", own, text)


def helpers(function, seen):
    """What a function takes from the file around it, as source."""
    codes, names = [getattr(function, "__code__", None)], set()
    if isinstance(function, type):
        codes = [value.__code__ for value in vars(function).values() if isinstance(value, types.FunctionType)]
    while codes:
        code = codes.pop()
        names |= set(code.co_names)
        codes += [const for const in code.co_consts if isinstance(const, types.CodeType)]
    scope = inspect.getmodule(function).__dict__
    for name in sorted(names - set(dir(builtins))):
        value = scope.get(name)
        if isinstance(value, types.ModuleType):
            if not value.__name__.startswith(("reference", "grader")):
                yield f"import {value.__name__} as {name}"
        elif (
            isinstance(value, (types.FunctionType, type))
            and value not in seen
            and value.__module__.startswith("grader.")
        ):
            seen.add(value)
            yield from helpers(value, seen)
            yield textwrap.dedent(inspect.getsource(value))
        elif isinstance(value, (types.FunctionType, types.BuiltinFunctionType, type)) and value not in seen:
            yield f"from {WHERE.get(name, value.__module__)} import {value.__name__} as {name}"
        elif isinstance(value, (int, float, str, tuple)):
            yield f"{name} = {value!r}"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The course with each part released, and autograded: the solution, the stub, and the known mistakes of part 4."""
    need("bwrap")
    nb = NbCourse(tmp_path_factory.mktemp("parts") / "nb", ROOT)
    done = nb.release(*PARTS)
    assert done.returncode == 0, done.stderr
    nb.files, nb.mistakes = {}, {}
    for part in PARTS:
        nb.files[part, "stub"] = nb.submit("stub", part, nb.released(part))
        nb.files[part, "solution"] = nb.submit("solution", part, nb.solved(part))
    checks, _ = COURSE.load(COURSE.part("part4"))
    solution = nb.solved("part4")
    for spec in COURSE.part("part4").checks:
        for number, mistake in enumerate(checks[spec.id].mistakes):
            name = f"{spec.id}-{number}"
            made = copy.deepcopy(solution)
            answer = cell(made, f"part4-{mistake.replaces}")
            answer["source"] = "".join(answer["source"]) + "\n\n\n" + as_answer(mistake)
            nb.files["part4", name] = nb.submit(name, "part4", made)
            nb.mistakes[name] = spec, mistake
    for part in PARTS:
        done = nb.nbgrader("autograde", part, timeout=1200)
        assert done.returncode == 0, done.stderr[-3000:]
    nb.found = {part: nb.marks(part) for part in PARTS}
    return nb


@pytest.mark.parametrize("part", PARTS)
def test_the_solution_has_full_marks_and_the_stub_none(course, part):
    full = {}
    for spec in COURSE.part(part).checks:
        full[spec.exercise] = full.get(spec.exercise, 0) + spec.points
    assert course.found[part]["solution"] == full
    assert course.found[part]["stub"] == dict.fromkeys(full, 0)


def who_uses(name):
    """An exercise of part 4, and all that use it or wait for it, by way of others too."""
    made, part = notebook(COURSE, COURSE.part("part4")), COURSE.part("part4")
    sources = {one: cell(made, f"part4-{one}")["source"] for one in part.exercises}
    uses = {one: set(re.findall(r"\w+", source)) for one, source in sources.items()}
    for spec in part.checks:
        uses[spec.exercise] |= {spec.after} if spec.after else set()
    found = {name}
    while more := {one for one, names in uses.items() if names & found} - found:
        found |= more
    return found


def test_each_known_mistake_costs_its_check_by_name(course):
    assert len(course.mistakes) > 250
    with open_store(str(course.root / "class.sqlite")) as store:
        known = store.known("part4")
    other = []
    for name, (spec, mistake) in course.mistakes.items():
        results = {result.id: result for result in known[name].report.results}
        assert results[spec.id].points == 0, name
        wrong = {result.id.split(".")[1] for result in results.values() if result.status != "passed"}
        if results[spec.id].status == "skipped":  # what it waits for sees the same mistake
            assert spec.after in wrong
        elif results[spec.id].mistake != mistake.name:
            other.append((name, mistake.name, results[spec.id].mistake))
        assert spec.exercise in wrong
        assert wrong <= who_uses(mistake.replaces), name
    assert other == []


@pytest.mark.parametrize("part", PARTS)
def test_gradebook_csv_database_and_run_agree_to_the_point(course, template, part):
    seed, total = course.seed(), {}
    for (of, student), file in course.files.items():
        if of == part:
            results = students.grade(template, file, ROOT, COURSE.part(part).name, seed=seed)
            assert exercises(results.values()) == course.found[part][student], student
            total[part, student] = float(sum(course.found[part][student].values()))
    exported = course.csv()
    assert {key: exported[key] for key in total} == total
    done = command("export", "class.sqlite", "--part", part, "--csv", "ours.csv", cwd=course.root, course=ROOT)
    assert done.returncode == 0, done.stderr
    with (course.root / "ours.csv").open() as file:
        assert {(part, row["student"]): float(row["points"]) for row in csv.DictReader(file)} == total

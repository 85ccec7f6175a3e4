"""nbgrader's autograde with our preprocessor, on a real course: who cheats earns nothing, who stumbles loses no more."""

import copy
import csv
import json
import re

import pytest
import students
from nbcourse import NbCourse, cell, changed, code, exercises
from nbgrader.api import Gradebook
from students import command
from tools import need

pytestmark = pytest.mark.slow

NOT_WRITTEN = {"double": 0, "row_sums": 0, "shrink": 0}
FULL = {"double": 1, "row_sums": 3, "shrink": 1}
ZERO = "def double(x):\n    return 0 * x"
SHIFTED = "def double(x):\n    return x + x + 1"
LIAR = """import torch
class Right(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return True
    def __eq__(self, other):
        return True
def double(x):
    return x.as_subclass(Right)
"""
EDITS_GRADEBOOK = """import os, sqlite3
for root, _, files in os.walk("/"):
    for file in files:
        if file in ("gradebook.db", "class.sqlite"):
            path = os.path.join(root, file)
            base = sqlite3.connect(path)
            base.execute("update grade set auto_score = 100, manual_score = 100")
            base.commit()
"""
READS_SOURCE = """import glob, json
found = glob.glob("../../source/**/*.ipynb", recursive=True) + glob.glob({root!r} + "/source/**/*.ipynb", recursive=True)
for one in json.load(open(found[0]))["cells"]:
    if "def double" in "".join(one["source"]):
        exec("".join(one["source"]))
"""


def attacks(stub, root):
    """Submissions of whom none has written anything right, by name: the notebook, and files beside it."""
    forged = [{"output_type": "execute_result", "data": {"text/plain": "3.0"}, "metadata": {}, "execution_count": 1}]
    blank = "def blank(tree):\n    tree.body = []\n    return tree\n"
    yield (
        "ast_transformers",
        changed(stub, f"{blank}get_ipython().ast_transformers.append(blank)", part9__double=ZERO),
        {},
    )
    yield (
        "ast_node_interactivity",
        changed(stub, "get_ipython().ast_node_interactivity = 'none'", part9__double=ZERO),
        {},
    )
    yield (
        "displayhook",
        changed(stub, part9__double="import sys\ndef double(x):\n    sys.displayhook(1)\n    raise ValueError"),
        {},
    )
    yield "prints_marks", changed(stub, "print(1.0)\n1.0", part9__double="def double(x):\n    print(1.0)"), {}
    yield "lying_comparison", changed(stub, part9__double=LIAR), {}
    yield "reads_the_source", changed(stub, READS_SOURCE.format(root=str(root))), {}
    yield "edits_the_gradebook", changed(stub, EDITS_GRADEBOOK), {}
    yield "shadows_torch", stub, {"torch__py": "def allclose(*a):\n    return True\n", "grader__py": "x = 1\n"}
    yield (
        "brings_a_config",
        stub,
        {"nbgrader_config__py": "c = get_config()\nc.Autograde.autograde_preprocessors = []\n"},
    )
    yield "ends_the_process", changed(stub, part9__double="import os\nos._exit(0)"), {}
    yield "exits", changed(stub, part9__double="import sys\nsys.exit(0)"), {}
    yield "rewrites_graded_cells", changed(stub, part9__double__grade="1.0", part9__row_sums__grade="3.0"), {}
    made = copy.deepcopy(stub)
    for one in made["cells"]:
        one["outputs"] = forged if one["cell_type"] == "code" else None
    yield "forges_outputs", made, {}
    made = copy.deepcopy(stub)
    cell(made, "part9-double-grade")["metadata"]["nbgrader"].update(points=1000, solution=True, locked=False)
    yield "edits_metadata", made, {}
    made = copy.deepcopy(stub)
    cell(made, "part9-row_sums-grade")["metadata"]["nbgrader"]["grade_id"] = "part9-nothing"
    made["cells"].append(code("3.0", nbgrader=cell(stub, "part9-row_sums-grade")["metadata"]["nbgrader"]))
    yield "moves_an_id", made, {}


def stumbles(solution):
    """Submissions that are right but for what is named, or whole in spite of it: the notebook and its marks."""
    yield "honest", solution, FULL
    yield "magics", changed(solution, "%matplotlib inline\n!ls\nx = !pwd\n%load_ext autoreload"), FULL
    yield "timed_cell", changed(solution, part9__double="%%time\ndef double(x):\n    return x + x"), FULL
    yield "asks_for_input", changed(solution, "name = input('your name? ')"), FULL
    yield "warns", changed(solution, "import sys, warnings\nwarnings.warn('old')\nprint('late', file=sys.stderr)"), FULL
    warns = "def double(x):\n    import warnings\n    warnings.warn('soon gone')\n    return x + x"
    yield "warns_when_asked", changed(solution, part9__double=warns), FULL
    yield "writes_where_it_may_not", changed(solution, "open('/usr/out.txt', 'w').write('x')"), FULL
    yield (
        "syntax_error",
        changed(solution, part9__row_sums="def row_sums(x):\n    return x.sum("),
        FULL | {"row_sums": 0},
    )
    yield "syntax_error_elsewhere", changed(solution, "for"), FULL
    yield "half_of_an_exercise", changed(solution, part9__double=SHIFTED), {"double": 0, "row_sums": 2, "shrink": 0}


def edits(solution):
    """Right submissions whose cells, or metadata, are not what they were: the notebook and its marks."""
    made = copy.deepcopy(solution)
    made["cells"] = [c for c in made["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") != "part9-shrink"]
    yield "answer_deleted", made, FULL | {"shrink": 0}
    made = copy.deepcopy(solution)
    made["cells"] = [c for c in made["cells"] if not c["metadata"].get("nbgrader", {}).get("locked")]
    yield "locked_cells_deleted", made, FULL
    made = copy.deepcopy(solution)
    made["cells"] = [
        c for c in made["cells"] if "grade" not in str(c["metadata"]) or "double" not in str(c["metadata"])
    ]
    yield "answer_and_grade_deleted", made, {"double": 0, "row_sums": 2, "shrink": 0}
    made = copy.deepcopy(solution)
    made["cells"] = made["cells"] + copy.deepcopy(made["cells"])
    yield "all_twice", made, FULL
    made = copy.deepcopy(solution)
    made["cells"].append(code("def double(x):\n    return 3 * x", **cell(solution, "part9-double")["metadata"]))
    yield "answer_twice_last_wrong", made, {"double": 0, "row_sums": 2, "shrink": 0}
    made = copy.deepcopy(solution)
    imports = [c for c in made["cells"] if c["source"] == "import torch" or c["source"] == ["import torch"]]
    made["cells"] = imports + [c for c in made["cells"][::-1] if c not in imports]
    yield "reordered", made, FULL
    made = copy.deepcopy(solution)
    made["metadata"]["kernelspec"] = {"display_name": "R", "language": "R", "name": "ir"}
    yield "another_kernel", made, FULL
    made = copy.deepcopy(solution)
    cell(made, "part9-double").update(cell_type="markdown")
    for key in ("outputs", "execution_count"):
        del cell(made, "part9-double")[key]
    yield "answer_turned_into_text", made, FULL
    made = copy.deepcopy(solution)
    for one, metadata in zip(
        made["cells"],
        ({"nbgrader": 17}, {"nbgrader": []}, {"nbgrader": {"grade_id": []}}, {"nbgrader": None}),
        strict=False,
    ):
        if "nbgrader" not in one["metadata"]:
            one["metadata"] = metadata
    yield "spoilt_metadata", made, FULL
    made = copy.deepcopy(solution)
    made["nbformat_minor"] = 4
    for one in made["cells"]:
        del one["id"]
    del made["cells"][-1]
    yield "older_format", made, FULL
    made = copy.deepcopy(solution)
    made["cells"].append(code("# half a character: \ud800"))
    made["cells"].append(code("print(" + repr("<script>alert(1)</script>") + ")", **{"name": "x"}))
    yield "strange_text", made, FULL


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course with all of them handed in, and autograded once."""
    need("bwrap")
    course = NbCourse(tmp_path_factory.mktemp("course") / "nb")
    assert (done := course.release("part9")).returncode == 0, done.stderr
    stub, solution = course.released("part9"), course.solved("part9")
    course.files, course.attacked, course.stumbled = {}, {}, {"stub": NOT_WRITTEN}
    course.files["stub"] = course.submit("stub", "part9", stub)
    for name, notebook, files in attacks(stub, course.root):
        course.files[name] = course.submit(name, "part9", notebook, **files)
        course.attacked[name] = NOT_WRITTEN
    for name, notebook, marks in [*stumbles(solution), *edits(solution)]:
        course.files[name] = course.submit(name, "part9", notebook)
        course.stumbled[name] = marks
    course.submit("torn", "part9", json.dumps(stub)[:-100])
    course.submit("linked", "part9", solution, secrets__txt="").with_name("secrets.txt").unlink()
    (course.root / "submitted" / "linked" / "part9" / "secrets.txt").symlink_to(course.root / "class.sqlite")
    course.submit("neighbour", "part9", solution).unlink()
    (course.root / "submitted" / "neighbour" / "part9" / "part9.ipynb").symlink_to(course.files["stub"])
    course.done = course.nbgrader("autograde", "part9")
    course.found = course.marks("part9")
    return course


def test_an_attack_earns_nothing(graded):
    assert {name: graded.found[name] for name in graded.attacked} == graded.attacked


def test_a_slip_costs_what_is_in_its_cell_and_no_more(graded):
    assert {name: graded.found[name] for name in graded.stumbled} == graded.stumbled


def test_who_hands_in_no_notebook_or_a_link_is_named_and_alone(graded):
    assert graded.done.returncode != 0
    named = re.findall(r"error processing assignment '(.*)' for student '(.*)'", graded.done.stderr)
    assert named == [("part9", name) for name in ("linked", "neighbour", "torn")], graded.done.stderr
    unsure = {name for name, marks in graded.found.items() if None in marks.values()}
    assert unsure == {"linked", "neighbour", "torn"}
    assert not [path for path in (graded.root / "autograded").rglob("secrets.txt")]


def test_gradebook_csv_database_and_run_agree_to_the_point(graded, template):
    seed, total = graded.seed(), {}
    for name, file in graded.files.items():
        results = students.grade(template, file, graded.course, "part9_mini", seed=seed)
        assert exercises(results.values()) == graded.found[name], name
        total["part9", name] = float(sum(graded.found[name].values()))
    exported = graded.csv()
    assert {key: exported[key] for key in total} == total
    assert command("export", "class.sqlite", "--csv", "ours.csv", cwd=graded.root).returncode == 0
    with (graded.root / "ours.csv").open() as file:
        ours = {("part9", row["student"]): float(row["points"]) for row in csv.DictReader(file)}
    assert ours == total


def test_the_command_itself_agrees(graded):
    file, seed = graded.files["syntax_error"], graded.seed()
    done = command("run", "part9", "--file", file, "--seed", seed, "--json", "-", cwd=graded.root)
    assert json.loads(done.stdout)["points"] == sum(FULL.values()) - 3


def test_marks_are_plain_numbers_and_nothing_is_on_stderr(graded):
    for path in (graded.root / "autograded").rglob("*.ipynb"):
        notebook = json.loads(path.read_text())
        locked = [c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade")]
        assert len(locked) == len(FULL), path
        for one in locked:
            assert re.fullmatch(r'grade\("part9\.\w+"\)', "".join(one["source"]))  # as released, whatever was handed in
            (output,) = one["outputs"]
            assert output["output_type"] == "execute_result"
            marks = "".join(output["data"]["text/plain"])
            assert re.fullmatch(r"\d+\.0", marks)
            assert 0 <= float(marks) <= one["metadata"]["nbgrader"]["points"]
        assert "stderr" not in json.dumps([c.get("outputs") for c in notebook["cells"]])


def test_feedback_tells_what_was_wrong_and_no_secret(graded):
    assert graded.nbgrader("generate_feedback", "part9").returncode == 0
    pages = {path.parts[-3]: path.read_text() for path in (graded.root / "feedback").rglob("*.html")}
    assert "syntax" in pages["syntax_error"].lower()
    assert "<script>alert(1)" not in pages["strange_text"]
    for name, page in pages.items():
        assert str(graded.seed()) not in page, name
        assert "expected" not in re.sub(r"<style.*?</style>|<script.*?</script>", "", page, flags=re.DOTALL), name


def test_marks_by_hand_come_into_a_roster_of_canvas(graded, tmp_path):
    course = graded.copy(tmp_path / "nb")
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("part9-double-grade", "part9", "part9", "stub")
        grade.manual_score, grade.needs_manual_grade = 0.5, False
        gradebook.db.commit()
    lines = ["Student,ID,SIS User ID,SIS Login ID,Section,part9 (7)", "    Points Possible,,,,,5"]
    lines += ["Ada,1,,honest,A,", "Bob,2,,stub,A,4", "Cy,3,,torn,A,2"]
    (course.root / "roster.csv").write_text("\n".join(lines) + "\n")
    words = ["export", "--exporter=grader.nbgrader.export.Roster", "--to=new.csv", '--assignment=["part9"]']
    refused = course.nbgrader(*words)
    assert refused.returncode != 0
    assert refused.stderr.splitlines()[-1].startswith("grader: It needs --Roster.roster")
    done = course.nbgrader(*words, "--Roster.roster=roster.csv")
    assert done.returncode == 0, done.stderr
    rows = (course.root / "new.csv").read_text().splitlines()
    assert rows[2:] == ["Ada,1,,honest,A,5", "Bob,2,,stub,A,0.5", "Cy,3,,torn,A,2"]
    assert "left without marks: 'Cy'" in done.stderr


def test_nbgraders_validate_tells_the_truth(graded, tmp_path):
    course = graded.copy(tmp_path / "nb")
    whole = course.nbgrader("validate", str(course.root / "submitted" / "honest" / "part9" / "part9.ipynb"))
    assert "Success! Your notebook passes all the tests." in whole.stdout, whole.stderr
    part = course.nbgrader("validate", str(course.root / "submitted" / "half_of_an_exercise" / "part9" / "part9.ipynb"))
    assert "VALIDATION FAILED ON 3 CELL(S)" in part.stdout
    assert "waits for part9.double, which has not passed" in " ".join(part.stdout.split())
    assert "Traceback" not in part.stdout + part.stderr


def test_outputs_that_are_left_earn_nothing(graded, tmp_path):
    course = graded.copy(tmp_path / "nb")
    done = course.nbgrader("autograde", "part9", "--force", "--no-execute", "--student=forges_outputs")
    assert done.returncode == 0, done.stderr
    assert course.marks("part9")["forges_outputs"] == NOT_WRITTEN
    text = (course.root / "autograded" / "forges_outputs" / "part9" / "part9.ipynb").read_text()
    assert '"3.0"' in text  # in the student's own cells

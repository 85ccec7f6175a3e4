"""The real command, as a student types it, on the mini course and on part 4 as shipped."""

import json
import re
import shutil

import pytest
import students
from students import MINI, ROOT, command

from grader.course import Course


def students_part4():
    return Course(ROOT).part("part4")


BAD_CALLS = {
    "no part": (["run"], "Missing argument"),
    "unknown part": (["run", "part7"], "There is no part 'part7'. The parts are part9"),
    "unknown exercise": (["run", "part9.doubel"], "Did you mean part9.double?"),
    "an exercise without its part": (["run", "double"], "Did you mean part9.double?"),
    "a file for a part": (["run", "exercises/part9_mini.py"], "is a file. Try `grader run part9 --file"),
    "two parts": (["run", "part9", "part4"], "One part at a time"),
    "missing file": (["run", "part9", "--file", "nowhere.py"], "There is no file nowhere.py"),
    "a folder": (["run", "part9", "--file", "exercises.py"], "is a folder"),
    "another kind": (["run", "part9", "--file", "notes.txt"], "neither a .py nor an .ipynb"),
    "not UTF-8": (["run", "part9", "--file", "latin.py"], "not UTF-8"),
    "no notebook": (["run", "part9", "--file", "broken.ipynb"], "not a Jupyter notebook"),
    "no folder": (["run", "part9", "--json", "nowhere/report.json"], "there is no folder"),
    "a folder for json": (["run", "part9", "--json", "exercises.py"], "is a folder"),
    "a page over answers": (["run", "part9", "--html", "exercises/part9_mini.py"], "in the place of an exercise file"),
    "a page over answers, by a link": (["run", "part9", "--html", "link.html"], "in the place of an exercise file"),
    "a report over answers": (
        ["run", "part9", "--json", "exercises/part9_mini.py"],
        "in the place of an exercise file",
    ),
    "JUnit over a notebook": (["run", "part9", "--junit", "broken.ipynb"], "a notebook. Name another file"),
    "JUnit where the exercises are": (["run", "part9", "--junit", "exercises/new.xml"], "where the exercises are"),
    "values over answers": (
        ["diff", "part9.double", "--save", "exercises/part9_mini.py"],
        "in the place of an exercise",
    ),
    "a picture over answers": (["diff", "part9.double", "--plot", "latin.py"], "in the place of an exercise"),
    "pictures over answers": (["plot", "part9", "--html", "exercises/part9_mini.py"], "in the place of an exercise"),
    "a lost file": (["run", "part9", "--file", "lost/exercises/part9_mini.py"], "`grader reset part9` puts it back"),
    "a bad seed": (["run", "part9", "--seed", "-1"], "seed"),
    "a bad timeout": (["run", "part9", "--timeout", "0"], "timeout"),
    "a part for a hint": (["hint", "part9"], "Name an exercise"),
    "a part for a solution": (["solution", "part9"], "Name an exercise"),
    "no such exercise": (["solution", "part9.doubel"], "Did you mean part9.double?"),
    "a shell that has no completion": (["completion", "powershell"], "powershell"),
    "no list": (["data", "use"], "Name one list"),
}


@pytest.fixture
def clutter(workspace):
    (workspace / "exercises.py").mkdir()
    (workspace / "notes.txt").write_text("x")
    (workspace / "link.html").symlink_to("exercises/part9_mini.py")
    (workspace / "latin.py").write_bytes("# caf\xe9".encode("latin-1"))
    (workspace / "broken.ipynb").write_text("[1, 2")
    return workspace


@pytest.mark.parametrize("call", BAD_CALLS)
def test_bad_calls_exit_with_2_and_one_message(clutter, call):
    arguments, words = BAD_CALLS[call]
    before = {path: path.is_file() and path.read_bytes() for path in clutter.rglob("*")}
    done = command(*arguments, cwd=clutter)
    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert {path: path.is_file() and path.read_bytes() for path in clutter.rglob("*")} == before


def test_a_course_that_is_none(workspace):
    done = command("list", cwd=workspace, course=workspace)
    assert done.returncode == 2
    assert "is not a course" in done.stderr


def test_stubs_earn_nothing_and_say_where_to_begin(workspace):
    done = command("run", "part9", "--json", "report.json", cwd=workspace)
    assert done.returncode == 1
    first = " ".join(done.stdout.split())
    assert first.startswith("Nothing is written yet")
    assert "exercises/part9_mini.py, line 26, and write double" in first
    report = json.loads((workspace / "report.json").read_text())
    assert {r["status"] for r in report["results"]} == {"not_attempted"}
    assert report["points"] == 0


def test_part_4_as_shipped(tmp_path):
    shutil.copytree(ROOT / "exercises", tmp_path / "exercises")
    done = command("run", "part4", "--json", "report.json", cwd=tmp_path, course=ROOT)
    assert done.returncode == 1
    assert done.stdout.startswith("Nothing is written yet")
    report = json.loads((tmp_path / "report.json").read_text())
    assert {r["status"] for r in report["results"]} == {"not_attempted"}
    assert (report["points"], report["max_points"]) == (0, students_part4().points)


def test_part_4_solved(tmp_path):
    done = command("run", "part4", "--file", ROOT / "solutions" / "part4_backprop.py", cwd=tmp_path, course=ROOT)
    assert done.returncode == 0
    points = students_part4().points
    assert f"{points} of {points} points" in done.stdout


def test_the_solution_passes(workspace):
    shutil.copy(MINI / "solutions" / "part9_mini.py", workspace / "exercises" / "part9_mini.py")
    done = command("run", "part9", cwd=workspace)
    assert (done.returncode, done.stderr) == (0, "")
    assert "5 of 5 points" in done.stdout
    assert "All passed" in done.stdout


def test_a_known_mistake_is_named(workspace):
    text = students.solved(MINI, "part9_mini", double="def double(x):\n    return x / 2")
    (workspace / "mine.py").write_text(text)
    done = command("run", "part9.double", "--file", "mine.py", "--json", "-", cwd=workspace)
    assert done.returncode == 1
    (result,) = json.loads(done.stdout)["results"]
    assert (result["status"], result["mistake"], result["points"]) == ("failed", "halved", 0)


def test_exercises_and_checks_can_be_chosen(workspace):
    def ids(*targets):
        return [r["id"] for r in json.loads(command("run", *targets, "--json", "-", cwd=workspace).stdout)["results"]]

    assert ids("part9.row_sums") == ["part9.row_sums", "part9.row_sums.of_doubles"]
    assert ids("part9.row_sums.of_doubles", "part9.double") == ["part9.double", "part9.row_sums.of_doubles"]


def test_the_seed_changes_the_inputs_and_is_recorded(workspace):
    text = students.solved(MINI, "part9_mini", double="def double(x):\n    return x * 2.5")
    (workspace / "mine.py").write_text(text)

    def run(seed):
        done = command("run", "part9.double", "--file", "mine.py", "--seed", seed, "--json", "-", cwd=workspace)
        report = json.loads(done.stdout)
        assert report["seed"] == seed
        return report["results"][0]["details"]["comparisons"]

    assert run(5) == run(5)
    assert run(5) != run(6)


def test_notebook_and_py_get_the_same_verdicts(workspace):
    text = students.solved(
        MINI, "part9_mini", double="def double(x):\n    return x / 2", row_sums="def row_sums(x):\n    oh no"
    )
    (workspace / "mine.py").write_text(text)
    (workspace / "mine.ipynb").write_text(students.as_notebook(text))

    def run(name):
        report = json.loads(command("run", "part9", "--file", name, "--json", "-", cwd=workspace).stdout)
        return [(r["id"], r["status"], r["points"], r["mistake"]) for r in report["results"]]

    assert run("mine.py") == run("mine.ipynb")
    assert [status for _, status, _, _ in run("mine.py")] == ["failed", "crashed", "crashed", "skipped"]


def test_json_to_standard_output_is_nothing_but_json(workspace):
    done = command("run", "part9", "--json", "-", cwd=workspace)
    assert json.loads(done.stdout)["part"] == "part9"
    assert done.stderr == ""


def test_a_grader_error_exits_with_3_and_is_said_as_ours(workspace, tmp_path):
    course = tmp_path / "course"
    shutil.copytree(MINI, course)
    reference = course / "reference" / "part9_mini.py"
    reference.write_text(reference.read_text().replace("return x + x", "return x / 0 * 0"))
    done = command(
        "run", "part9", "--file", MINI / "solutions" / "part9_mini.py", "--json", "-", cwd=workspace, course=course
    )
    assert done.returncode == 3
    results = {r["id"]: r for r in json.loads(done.stdout)["results"]}
    assert results["part9.double"]["status"] == "grader_error"
    assert "our mistake and not yours" in results["part9.double"]["message"]
    assert results["part9.row_sums"]["status"] == "passed"


def test_nothing_of_the_students_folder_is_touched(workspace):
    file = workspace / "exercises" / "part9_mini.py"
    text = file.read_text() + "\n\n# %%\nopen('made_by_me.txt', 'w').write('x')\n"
    file.write_text(text)
    command("run", "part9", cwd=workspace)
    assert file.read_text() == text
    assert sorted(p.name for p in workspace.rglob("*") if p.is_file()) == ["part9_mini.py", "progress.txt"]


@pytest.mark.parametrize(("body", "code"), [("return x", 1), ("return x + x", 0)])
def test_quiet_says_nothing_and_the_exit_code_tells(workspace, body, code):
    file = workspace / "exercises" / "part9_mini.py"
    file.write_text(file.read_text().replace("raise NotImplementedError()", body, 1))
    done = command("run", "part9.double", "--quiet", "--json", "report.json", cwd=workspace)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")
    assert json.loads((workspace / "report.json").read_text())["part"] == "part9"
    assert "part9.double" in (workspace / ".grader" / "progress.txt").read_text()


COLOUR = re.compile(r"\x1b\[[0-9;]*[34][0-7]")


@pytest.mark.parametrize("arguments", [["run", "part9.double"], ["list", "part9"], ["solution", "part9.double"]])
def test_colour_only_where_it_is_wanted(workspace, arguments):
    shutil.copy(MINI / "solutions" / "part9_mini.py", workspace / "exercises" / "part9_mini.py")
    command("run", "part9.double", cwd=workspace)

    def said(**environment):
        done = command(*arguments, cwd=workspace, **{"TERM": "xterm-256color", "FORCE_COLOR": "1"} | environment)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    assert COLOUR.search(said())
    assert not COLOUR.search(said(NO_COLOR="1"))
    assert "\x1b" not in said(TERM="dumb")
    assert "\x1b" not in said(FORCE_COLOR="")


@pytest.mark.parametrize("option", ["--json", "--junit"])
def test_an_output_that_cannot_be_written(workspace, option):
    done = command("run", "part9", option, "/dev/full", cwd=workspace)
    assert done.returncode == 2
    assert "/dev/full can't be written: No space left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["list"], ["list", "part9"], ["hint", "part9.double"], ["completion", "fish"], ["--version"]],
)
def test_light_commands_import_no_torch(workspace, arguments):
    (workspace / "torch.py").write_text("raise SystemExit('torch was imported')")
    done = command(*arguments, cwd=workspace, PYTHONPATH=str(workspace))
    assert (done.returncode, done.stderr) == (0, "")


def test_the_last_hint_comes_after_a_try_and_stays(workspace):
    def said():
        done = command("hint", "part9.double", cwd=workspace)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    first, second, held = said(), said(), said()
    assert "hint 1 of 3" in first
    assert "hint 2 of 3" in second
    assert "once more" in second
    assert "comes after a try" in held
    assert "grader run part9.double" in held
    assert "once more" not in held
    command("run", "part9.double", cwd=workspace)  # the stub as it is: no try
    assert said() == held
    file = workspace / "exercises" / "part9_mini.py"
    file.write_text(file.read_text().replace("raise NotImplementedError()", "return x", 1))
    command("run", "part9.double", cwd=workspace)
    last = said()
    assert "hint 3 of 3: Add x to x." in last
    assert said() == last


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize("columns", ["20", "80"])
def test_every_encoding_and_width(workspace, encoding, columns):
    text = students.solved(
        MINI, "part9_mini", double="def double(x):\n    print('\\u2203 \\x1b[31m')\n    return x / 2"
    )
    (workspace / "mine.py").write_text(text)
    done = command("run", "part9", "--file", "mine.py", cwd=workspace, PYTHONIOENCODING=encoding, COLUMNS=columns)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stdout


def test_data_status_and_a_list_of_ones_own(workspace):
    done = command("data", "status", cwd=workspace, course=ROOT)
    assert "ssa" in done.stdout
    assert "verified" in done.stdout
    (workspace / "mine.txt").write_text("ada\ngrace\n")
    assert command("data", "use", "mine.txt", cwd=workspace, course=ROOT).returncode == 0
    assert "your own (2 names)" in command("data", "status", cwd=workspace, course=ROOT).stdout
    (workspace / "bad.txt").write_text("ada\nGrace\n")
    done = command("data", "use", "bad.txt", cwd=workspace, course=ROOT)
    assert done.returncode == 2
    assert "line 2" in done.stderr
    assert "your own (2 names)" in command("data", "status", cwd=workspace, course=ROOT).stdout
    assert command("data", "use", "--shipped", cwd=workspace, course=ROOT).returncode == 0
    assert "ssa" in command("data", "status", cwd=workspace, course=ROOT).stdout


def test_a_damaged_list_is_noticed(workspace, tmp_path):
    course = tmp_path / "course"
    (course / "data").mkdir(parents=True)
    (course / "data" / "names.txt").write_text("ada\n")
    done = command("data", "status", cwd=workspace, course=course)
    assert done.returncode == 2
    assert "not the list that the kit ships" in done.stderr


def test_no_warning_about_a_students_code_is_ours(workspace):
    text = students.solved(
        MINI, "part9_mini", double="def double(x):\n    '\\d'\n    return x + x if 1 is 1 else '\\w'"
    )
    (workspace / "mine.py").write_text(text)
    done = command("run", "part9.double", "--file", "mine.py", cwd=workspace, PYTHONWARNINGS="always")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_help_names_each_command_once_and_cuts_no_sentence(workspace):
    lines = command("--help", cwd=workspace, COLUMNS="80").stdout.partition("\nCommands:\n")[2].splitlines()
    listed = [line.split()[0] for line in lines if line.startswith("  ")]
    assert len(listed) == len(set(listed)) > 20
    assert not [line for line in lines if line.endswith("...")]

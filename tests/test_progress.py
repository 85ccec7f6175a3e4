"""`grader list` shows how far one has come: a cache that may be lost or damaged, and is never the truth."""

import os
import shutil
import subprocess

import pytest
import students
from students import command

from grader import progress
from grader.course import Course


def answer(workspace, name, body):
    file = workspace / "exercises" / "part9_mini.py"
    stub = "    # YOUR CODE HERE\n    raise NotImplementedError()"
    before, after = file.read_text().split(f"def {name}(")
    file.write_text(f"{before}def {name}({after.replace(stub, '    ' + body, 1)}")


def shown(workspace, *arguments):
    done = command("list", *arguments, cwd=workspace)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def points(workspace):
    """What the line for all parts says."""
    return next(line for line in shown(workspace).splitlines() if line.startswith("all")).split()[1]


def test_points_and_verdicts_of_the_last_runs_are_listed(workspace):
    assert points(workspace) == "0/5"
    answer(workspace, "double", "return 2 * x")
    command("run", "part9.double", cwd=workspace)
    assert points(workspace) == "1/5"
    answer(workspace, "row_sums", "return x.sum(0, keepdim=True)")
    command("run", "part9", cwd=workspace)
    lines = shown(workspace, "part9").splitlines()
    assert lines[0] == "part9: A tiny part, to drive the real command in tests"
    assert [line.split()[0] for line in lines[1:4]] == ["passed", "FAILED", "FAILED"]
    assert lines[1].split() == ["passed", "1/1", "part9.double", "Twice", "the", "input"]
    assert lines[4].split()[:4] == ["to", "do", "0/1", "part9.shrink"]
    assert lines[5:] == [
        "1 of 5 points | checks: 1 passed, 2 failed, 1 to do",
        "Next: part9.row_sums: grader watch part9",
    ]


def test_nothing_is_known_of_progress_outside_a_workspace(workspace, tmp_path_factory):
    done = command("list", cwd=tmp_path_factory.mktemp("elsewhere"))
    assert (done.returncode, done.stdout.count("0/5")) == (0, 2)
    assert "There are no exercises here or above" in done.stderr
    assert "grader init DIR" in done.stderr
    assert command("list", cwd=workspace / "exercises").stderr == ""


def test_a_run_of_one_exercise_keeps_the_others(workspace):
    answer(workspace, "double", "return 2 * x")
    command("run", "part9", cwd=workspace)
    command("run", "part9.row_sums", cwd=workspace)
    assert points(workspace) == "1/5"


def test_what_passed_and_is_wrong_now_is_no_longer_counted(workspace):
    answer(workspace, "double", "return 2 * x")
    command("run", "part9.double", cwd=workspace)
    text = (workspace / "exercises" / "part9_mini.py").read_text()
    (workspace / "exercises" / "part9_mini.py").write_text(text.replace("2 * x", "3 * x"))
    command("run", "part9.double", cwd=workspace)
    assert points(workspace) == "0/5"


def test_another_file_is_not_ones_own_progress(workspace):
    solution = students.MINI / "solutions" / "part9_mini.py"
    assert command("run", "part9", "--file", solution, cwd=workspace).returncode == 0
    assert points(workspace) == "0/5"
    assert not (workspace / ".grader").exists()


def test_progress_may_be_deleted_or_damaged(workspace):
    answer(workspace, "double", "return 2 * x")
    command("run", "part9", cwd=workspace)
    file = workspace / ".grader" / "progress.txt"
    assert "part9.double passed\n" in file.read_text()
    file.write_bytes(b"part9.double passed\n\xff\xfe nonsense\nalone\n part9\n<<<<<<< HEAD\npart9.shrink splendid\n")
    assert points(workspace) == "1/5"
    file.unlink()
    assert points(workspace) == "0/5"


def test_progress_that_cannot_be_kept_costs_no_verdict(workspace):
    (workspace / ".grader").write_text("in the way")
    answer(workspace, "double", "return 2 * x")
    done = command("run", "part9.double", cwd=workspace)
    assert done.returncode == 0
    assert "the progress is not kept" in done.stderr
    assert "1 of 1 points" in done.stdout


def test_it_is_kept_in_the_workspace_wherever_the_command_runs(workspace):
    answer(workspace, "double", "return 2 * x")
    assert command("run", "part9.double", cwd=workspace / "exercises").returncode == 0
    assert (workspace / ".grader" / "progress.txt").read_text() == "part9.double passed\n"
    assert not (workspace / "exercises" / ".grader").exists()
    assert points(workspace) == "1/5"


TWICE = {
    "another machine had not begun": (["not_attempted", "passed"], "passed"),
    "another machine waited": (["passed", "skipped"], "passed"),
    "one of them is wrong": (["passed", "failed"], "failed"),
    "one of them crashed": (["crashed", "passed"], "crashed"),
    "none has begun": (["not_attempted", "not_attempted"], "not_attempted"),
}


@pytest.mark.parametrize("what", TWICE)
def test_of_two_statuses_after_a_merge_the_one_counts_that_hides_no_work(tmp_path, monkeypatch, what):
    monkeypatch.chdir(tmp_path)
    statuses, counts = TWICE[what]
    (tmp_path / ".grader").mkdir()
    for order in (statuses, statuses[::-1]):
        lines = [f"part9.double {status}\n" for status in order]
        progress.file().write_text("".join(["<<<<<<< HEAD\n", lines[0], "=======\n", lines[1], ">>>>>>> passed\n"]))
        assert progress.read() == {"part9.double": counts}
    progress.remember({"part9.shrink": "failed"})
    assert progress.file().read_text() == f"part9.double {counts}\npart9.shrink failed\n"


def test_two_machines_whose_progress_git_merges(tmp_path):
    def git(*words):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words],
            cwd=tmp_path,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    file = tmp_path / ".grader" / "progress.txt"
    file.parent.mkdir()
    git("init", "-q", "-b", "one")
    (tmp_path / ".gitattributes").write_text("/.grader/progress.txt merge=union\n")
    git("add", ".")
    git("commit", "-qm", "begin")
    git("branch", "two")
    file.write_text("part9.double passed\npart9.row_sums failed\n")
    git("add", ".")
    git("commit", "-qm", "one")
    git("checkout", "-q", "two")
    file.parent.mkdir(exist_ok=True)
    file.write_text("part9.double not_attempted\npart9.row_sums passed\npart9.shrink passed\n")
    git("add", ".")
    git("commit", "-qm", "two")
    git("merge", "-q", "one", "-m", "both")
    (tmp_path / "exercises").mkdir()
    lines = shown(tmp_path, "part9").splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["passed", "FAILED", "to", "passed"]


def test_what_is_no_check_any_more_is_ignored(workspace):
    (workspace / ".grader").mkdir()
    (workspace / ".grader" / "progress.txt").write_text("part3.gone passed\npart9.gone passed\npart9.double passed\n")
    assert points(workspace) == "1/5"
    assert "gone" not in shown(workspace) + shown(workspace, "part9")


@pytest.mark.parametrize("columns", [20, 40, 80, 160])
@pytest.mark.parametrize("arguments", [(), ("part4",), ("part6",)])
def test_no_line_is_wider_than_the_terminal_and_what_is_cut_says_so(tmp_path, columns, arguments):
    shutil.copytree(students.ROOT / "exercises", tmp_path / "exercises")
    done = command("list", *arguments, cwd=tmp_path, course=students.ROOT, COLUMNS=str(columns))
    *table, total, following = done.stdout.splitlines()
    table = table if arguments else [*table, total]
    assert max(map(len, table)) <= columns
    assert len(table) == 10 if not arguments else 1 + len(Course(students.ROOT).part(*arguments).checks)
    assert following.startswith("Next: part")
    if columns == 160:
        assert "..." not in done.stdout
    if columns == 40:
        assert all(name in done.stdout for name in (["part4  ", "0/50"] if not arguments else [f"{arguments[0]}."]))


def test_next_is_in_the_part_that_was_worked_on_last(tmp_path, monkeypatch):
    shutil.copytree(students.ROOT / "exercises", tmp_path / "exercises")
    monkeypatch.chdir(tmp_path)
    parts = Course(students.ROOT).parts()

    def following(seen):
        spec = progress.following(parts, seen)
        return spec and spec.id

    for age, name in enumerate(("part5_wavenet", "part2_mlp", "part7_rnn")):
        os.utime(tmp_path / "exercises" / f"{name}.py", (2e9 - age, 2e9 - age))
    first = parts[0].checks[0].id
    assert following({}) == first  # the newest file alone says nothing: all are new in a new workspace
    second = parts[2].checks[1].id
    assert following({parts[2].checks[0].id: "passed", parts[7].checks[0].id: "passed"}) == second
    done = {spec.id: "passed" for spec in parts[2].checks}
    assert following(done) == first
    assert following({spec.id: "passed" for part in parts for spec in part.checks}) is None
    (tmp_path / "exercises" / "part2_mlp.py").unlink()
    assert following({parts[2].checks[0].id: "passed"}) == first

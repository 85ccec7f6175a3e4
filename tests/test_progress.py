"""`grader list` shows how far one has come: a cache that may be lost or damaged, and is never the truth."""

import students
from students import command


def answer(workspace, name, body):
    file = workspace / "exercises" / "part9_mini.py"
    stub = "    # YOUR CODE HERE\n    raise NotImplementedError()"
    before, after = file.read_text().split(f"def {name}(")
    file.write_text(f"{before}def {name}({after.replace(stub, '    ' + body, 1)}")


def shown(workspace, *arguments):
    done = command("list", *arguments, cwd=workspace)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_points_and_verdicts_of_the_last_runs_are_listed(workspace):
    assert "0 of   5 points" in shown(workspace)
    answer(workspace, "double", "return 2 * x")
    command("run", "part9.double", cwd=workspace)
    assert "1 of   5 points" in shown(workspace)
    answer(workspace, "row_sums", "return x.sum(0, keepdim=True)")
    command("run", "part9", cwd=workspace)
    lines = shown(workspace, "part9").splitlines()
    assert lines[0] == "part9: A tiny part, to drive the real command in tests (1 of 5 points)"
    assert [line.split()[0] for line in lines[1:4]] == ["passed", "failed", "failed"]
    assert lines[4].split()[0] == "1"  # not begun: no word at all
    assert lines[1].split() == ["passed", "1", "part9.double", "Twice", "the", "input"]


def test_a_run_of_one_exercise_keeps_the_others(workspace):
    answer(workspace, "double", "return 2 * x")
    command("run", "part9", cwd=workspace)
    command("run", "part9.row_sums", cwd=workspace)
    assert "1 of   5 points" in shown(workspace)


def test_what_passed_and_is_wrong_now_is_no_longer_counted(workspace):
    answer(workspace, "double", "return 2 * x")
    command("run", "part9.double", cwd=workspace)
    text = (workspace / "exercises" / "part9_mini.py").read_text()
    (workspace / "exercises" / "part9_mini.py").write_text(text.replace("2 * x", "3 * x"))
    command("run", "part9.double", cwd=workspace)
    assert "0 of   5 points" in shown(workspace)


def test_another_file_is_not_ones_own_progress(workspace):
    solution = students.MINI / "solutions" / "part9_mini.py"
    assert command("run", "part9", "--file", solution, cwd=workspace).returncode == 0
    assert "0 of   5 points" in shown(workspace)
    assert not (workspace / ".grader").exists()


def test_progress_may_be_deleted_or_damaged(workspace):
    answer(workspace, "double", "return 2 * x")
    command("run", "part9", cwd=workspace)
    file = workspace / ".grader" / "progress.txt"
    assert "part9.double passed\n" in file.read_text()
    file.write_bytes(b"part9.double passed\n\xff\xfe nonsense\nalone\n part9\n<<<<<<< HEAD\n")
    assert "1 of   5 points" in shown(workspace)
    file.unlink()
    assert "0 of   5 points" in shown(workspace)


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
    assert "1 of   5 points" in shown(workspace)

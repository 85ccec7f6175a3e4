"""The commands that train, on a tiny course: verdicts, interruptions, records, the speedrun."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
import students
import trainees

pytestmark = pytest.mark.slow

PART = "part9_train"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return trainees.course(tmp_path_factory.mktemp("training") / "course")


@pytest.fixture
def solution(course):
    return course / "solutions" / f"{PART}.py"


@pytest.fixture
def train(course, tmp_path):
    """Run `grader train` in a student's folder; the finished process."""
    return lambda *arguments: students.command("train", *arguments, cwd=tmp_path, course=course)


def loss(text):
    """The held-out losses of a report on the terminal."""
    return re.findall(r"held-out loss (\d\.\d+)", text)


def test_the_solution_passes_and_goes_into_the_record_book(train, solution, course, tmp_path):
    done = train("part9", "--file", solution)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 of 3 points | 2 passed" in done.stdout
    words = " ".join(done.stdout.split())
    assert "isolation: process" in words
    assert "1 thread" in words
    book = (tmp_path / ".grader" / "records.jsonl").read_text().splitlines()
    assert [json.loads(line)["status"] for line in book] == ["passed", "passed"]
    listed = students.command("records", cwd=tmp_path, course=course)
    assert "part9.training.a_table" in listed.stdout
    assert "2 runs" in listed.stdout


def test_one_check_is_chosen_by_name(train, solution):
    done = train("part9.rests_on_both", "--file", solution)
    assert "1 of 1 points | 1 passed" in done.stdout
    again = train("part9.training.rests_on_both", "--file", solution)
    assert "1 of 1 points | 1 passed" in again.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("part9.nothing",), ["no training check 'nothing'", "a_table"]),
        (("part7",), ["There is no part 'part7'"]),
        (("part9", "--file", "nowhere.py"), ["nowhere.py"]),
        (("part9", "--device", "cuda"), ["no device 'cuda'", "--device cpu"]),
        (("part9", "--records", "nowhere/book.jsonl"), ["nowhere"]),
        (("part9", "--json", "nowhere/report.json"), ["nowhere"]),
    ],
)
def test_bad_arguments_exit_with_2_and_say_what_to_do(train, course, tmp_path, arguments, words):
    shutil.copytree(course / "exercises", tmp_path / "exercises")
    if "cuda" in arguments:
        torch = pytest.importorskip("torch")
        if torch.cuda.is_available():
            arguments, words = ("part9", "--device", "mps"), ["no device 'mps'"]
    done = train(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert "Traceback" not in done.stderr


def test_stubs_are_not_run_and_nothing_goes_into_the_book(train, course, tmp_path):
    done = train("part9", "--file", course / "exercises" / f"{PART}.py")
    assert done.returncode == 1
    assert "not run" in done.stdout
    assert "0 of 3 points" in done.stdout
    assert not (tmp_path / ".grader" / "records.jsonl").exists()


def test_a_report_for_programs_holds_the_curve(train, solution):
    done = train("part9.a_table", "--file", solution, "--json", "-")
    report = json.loads(done.stdout)
    curve = report["results"][0]["curve"]
    assert curve["points"][0][0] == 0
    assert curve["points"][-1][0] == curve["asked"] == 400
    assert curve["last"] <= curve["target"] < curve["first"]
    assert curve["others"]["a table that starts with zeros"][0] == pytest.approx(3.296, abs=1e-3)


def test_the_reference_beside_it_is_the_same_to_rounding(train, solution):
    """The same start, the same batches: a right answer's curve is that of the reference."""
    done = train("part9.a_table", "--file", solution, "--json", "-")
    points = json.loads(done.stdout)["results"][0]["curve"]["points"]
    assert all(abs(mine - theirs) < 1e-3 for _, _, mine, theirs in points)


@pytest.mark.slow
def test_run_says_that_training_was_not_run_and_runs_it_when_asked(course, solution, tmp_path):
    plain = students.command("run", "part9", "--file", solution, cwd=tmp_path, course=course)
    assert "Not run: 2 training checks" in plain.stdout
    assert "2 of 2 points" in plain.stdout
    trained = students.command("run", "part9", "--train", "--file", solution, cwd=tmp_path, course=course)
    assert trained.returncode == 0, trained.stdout + trained.stderr
    assert "5 of 5 points | 4 passed" in trained.stdout
    single = students.command("run", "part9.descend", "--file", solution, cwd=tmp_path, course=course)
    assert "training checks" not in single.stdout


def test_the_speedrun_is_timed_and_recorded(train, solution, course, tmp_path):
    done = train("part9", "--speedrun", "--file", solution)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "s by the grader's clock" in done.stdout
    assert "part9.speedrun" in students.command("records", cwd=tmp_path, course=course).stdout


@pytest.mark.parametrize(
    ("race", "status"),
    [
        ("return lambda x: torch.zeros(len(x), vocab_size)", "NOT CONVERGED"),
        ("return lambda x: torch.zeros(len(x), vocab_size) / 0", "FAILED"),
        ("raise NotImplementedError", "to do"),
        ("raise ValueError('no')", "CRASHED"),
        ("import os; os._exit(0)", "CRASHED"),
    ],
)
def test_a_speedrun_that_does_not_reach_its_target(train, course, tmp_path, race, status):
    text = students.solved(course, PART, race=f"def race(X, Y, vocab_size):\n    {race}")
    (tmp_path / "answer.py").write_text(text)
    done = train("part9", "--speedrun", "--file", "answer.py")
    assert done.returncode == 1
    assert status in done.stdout, done.stdout


def start(course, folder, *arguments):
    """Begin a long run; the process once it has written a checkpoint."""
    command = [sys.executable, "-m", "grader", "train", "part9.a_table", "--budget", "full", *map(str, arguments)]
    environment = os.environ | {"GRADER_COURSE": str(course), "COLUMNS": "100"}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that run in a shell's background have been told to ignore it, and would hand that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    checkpoint = folder / ".grader" / "training" / "part9.training.a_table.safetensors"
    before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
    for _ in range(600):
        if process.poll() is not None or (checkpoint.exists() and checkpoint.stat().st_mtime_ns > before):
            break
        time.sleep(0.1)
    assert process.poll() is None, process.communicate()
    return process, checkpoint


@pytest.fixture(scope="module")
def slow(course, tmp_path_factory):
    """A solution whose long run outlasts the first checkpoint on any machine."""
    file = tmp_path_factory.mktemp("slow") / f"{PART}.py"
    text = (course / "solutions" / f"{PART}.py").read_text()
    step = "    probs = torch.softmax(W[X], 1)\n"
    assert text.count(step) == 1
    file.write_text(text.replace(step, f"    import time\n    time.sleep(0.0004)\n{step}"))
    return file


@pytest.fixture(scope="module")
def whole(course, tmp_path_factory):
    """The loss of the long run when nothing interrupts it."""
    solution = course / "solutions" / f"{PART}.py"
    folder = tmp_path_factory.mktemp("whole")
    done = students.command("train", "part9.a_table", "--budget", "full", "--file", solution, cwd=folder, course=course)
    assert done.returncode == 0, done.stdout + done.stderr
    return loss(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL], ids=["interrupted", "killed"])
def test_a_run_that_is_ended_goes_on_and_ends_as_if_nothing_had_happened(course, slow, tmp_path, whole, end):
    process, checkpoint = start(course, tmp_path, "--file", slow)
    process.send_signal(end)
    out, _ = process.communicate(timeout=60)
    if end == signal.SIGINT:
        assert process.returncode == 130
        assert "Nothing is lost" in out
    assert checkpoint.exists()
    resumed = students.command(
        "train", "part9.a_table", "--budget", "full", "--resume", "--file", slow, cwd=tmp_path, course=course
    )
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert "resumed" in resumed.stdout
    assert loss(resumed.stdout) == whole
    assert not checkpoint.exists()


@pytest.mark.slow
def test_a_run_anew_keeps_the_checkpoint_of_the_one_before(course, slow, tmp_path):
    process, checkpoint = start(course, tmp_path, "--file", slow)
    process.kill()
    process.communicate(timeout=60)
    done = students.command("train", "part9.a_table", "--file", slow, cwd=tmp_path, course=course)
    assert done.returncode == 0
    assert "set aside" in done.stdout
    assert checkpoint.with_suffix(".before.safetensors").exists()


@pytest.mark.slow
def test_what_can_not_be_gone_on_from_is_said(course, slow, tmp_path):
    process, checkpoint = start(course, tmp_path, "--file", slow)
    process.kill()
    process.communicate(timeout=60)
    changed = tmp_path / "answer.py"
    changed.write_text(slow.read_text().replace("alpha=-lr / len(X)", "alpha=-lr / X.numel()"))
    for arguments, words in (
        (("--budget", "full", "--file", changed), "your file has changed"),
        (("--budget", "quick", "--file", slow), "the budget was full and is now quick"),
        (("--budget", "full", "--seed", "3", "--file", slow), "the seed was 0 and is now 3"),
    ):
        done = students.command("train", "part9.a_table", "--resume", *arguments, cwd=tmp_path, course=course)
        assert done.returncode == 2, done.stdout
        assert words in done.stderr
        assert checkpoint.exists()
    checkpoint.write_bytes(b"nonsense")
    done = students.command(
        "train", "part9.a_table", "--resume", "--budget", "full", "--file", slow, cwd=tmp_path, course=course
    )
    assert done.returncode == 2
    assert "can't be read" in done.stderr
    assert checkpoint.read_bytes() == b"nonsense"


@pytest.mark.slow
def test_a_book_of_a_class_lists_the_best_of_each_and_says_what_is_damaged(train, solution, course, tmp_path):
    (tmp_path / "alice.py").write_text(solution.read_text())
    (tmp_path / "bob.py").write_text(solution.read_text())
    for name in ("alice", "bob"):
        assert train("part9.a_table", "--file", f"{name}.py", "--records", "class.jsonl").returncode == 0
    with (tmp_path / "class.jsonl").open("a") as book:
        book.write("not a record\n")
    listed = students.command("records", "class.jsonl", cwd=tmp_path, course=course)
    assert "alice.py" in listed.stdout
    assert "bob.py" in listed.stdout
    assert "1 lines could not be read" in listed.stderr
    missing = students.command("records", "nothing.jsonl", cwd=tmp_path, course=course)
    assert missing.returncode == 2

"""Students' processes that are spawned and not forked: the same verdicts, the same bounds as far as they are claimed."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pytest
import students
from test_sandbox import ENDS, LIMITS, attempted, interrupted, with_cells

from grader import spare
from grader.attempt import Attempt
from grader.cells import Cell, Submission
from grader.course import Course
from grader.isolation import SPAWNED
from grader.sandbox import Ended, Limits
from grader.spawning import Spawning
from grader.template import OUTPUT_KEPT


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Where temporary files are: others on this machine may be grading too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary files")))
        yield Path(tempfile.tempdir)


@pytest.fixture(scope="module")
def spawning(place):
    one = Spawning()
    yield one
    one.close()
    assert list(place.glob("grader-*")) == []
    assert at_home(place) == []


@pytest.fixture
def spawned(spawning, tmp_path):
    """Grade the mini course's solutions with some answers replaced (or a whole text) in spawned processes."""

    def run(text=None, limits=None, **answers):
        path = tmp_path / "answer.py"
        path.write_text(students.solved(students.MINI, "part9_mini", **answers) if text is None else text)
        return students.grade(spawning, path, students.MINI, "part9_mini", limits=limits)

    return run


def at_home(folder):
    """The processes that live and have a home in a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            home = process.environ().get("HOME", "")
            if home.startswith(str(folder)) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize(
    "how",
    [how if how in ("endless", "os._exit") else pytest.param(how, marks=pytest.mark.slow) for how in sorted(ENDS)],
)
def test_an_end_in_an_answer_costs_that_exercise_alone(spawned, how):
    code, status, words = ENDS[how]
    results = spawned(row_sums=f"def row_sums(x):\n    {code.replace('double(x)', 'row_sums(x)')}", limits=LIMITS)
    assert results["part9.row_sums"].status == status
    assert words in results["part9.row_sums"].message
    assert results["part9.row_sums"].points == 0
    assert results["part9.double"].status == results["part9.shrink"].status == "passed"


@pytest.mark.slow
def test_an_end_in_a_cell_costs_that_cell_alone(spawned):
    cell = "def row_sums(x):\n    return x.sum(1, keepdim=True)\n\nimport os\nos._exit(3)"
    results = spawned(row_sums=cell)
    assert results["part9.row_sums"].status == "crashed"
    assert "exit code 3" in results["part9.row_sums"].message
    assert results["part9.double"].status == results["part9.shrink"].status == "passed"


@pytest.mark.slow
@pytest.mark.parametrize("left", ["torch.Tensor.sum = None", "import threading; threading.Timer(60, print).start()"])
def test_what_an_answer_leaves_behind_costs_no_other(spawned, left):
    results = spawned(double=f"def double(x):\n    {left}\n    return x / 2")
    assert results["part9.row_sums"].status == "passed"


@pytest.mark.slow
def test_what_was_printed_before_an_answer_is_there_with_it_and_a_flood_is_cut(spawned):
    results = spawned(
        double="def double(x):\n    print('twice')\n    return x * 3",
        row_sums="def row_sums(x):\n    for _ in range(100): print('x' * 10**6)\n    return x",
        limits=Limits(seconds=20, total=60),
    )
    assert set(results["part9.double"].details.output.split()) == {"twice"}
    assert 0 < len(results["part9.row_sums"].details.output) <= OUTPUT_KEPT


@pytest.mark.parametrize("where", ["os.close(1); os.close(2)", "os.dup2(os.open(os.devnull, os.O_WRONLY), 1)"])
def test_output_that_goes_elsewhere_does_not_disturb(spawned, where):
    results = spawned(with_cells(f"import os\n{where}"))
    assert {r.status for r in results.values()} == {"passed"}


@pytest.mark.slow
def test_all_processes_together_have_no_more_memory_than_one(spawning):
    many = (
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        x = bytearray(b'x') * (64 << 20)\n"
        "        time.sleep(20)\n        os._exit(0)\ntime.sleep(20)\nprint('TAKEN')"
    )
    said, why = students.printed(spawning, many, Limits(seconds=20, total=60, memory=256 << 20))
    assert (said, why) == ("", "its processes together used more than 256 MiB of memory")
    assert students.printed(spawning, "print('well')") == ("well\n", "")


def test_it_shares_nothing_with_the_process_that_grades_but_the_line(spawning, monkeypatch):
    """The grader has reference/ in its memory, secrets in its environment and descriptors that can be inherited."""
    monkeypatch.setenv("GRADER_SECRET", "s3cret")
    spawning.restart()
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    spawning.restart()
    look = """
import os, socket, stat, sys
print(sorted(os.environ), "reference" in sys.modules, os.getcwd() == os.environ["HOME"])
sockets = [fd for fd in map(int, os.listdir("/dev/fd")) if fd > 2 and os.path.exists(f"/dev/fd/{fd}")
    and stat.S_ISSOCK(os.fstat(fd).st_mode)]
pipes = [fd for fd in map(int, os.listdir("/dev/fd")) if fd > 2 and os.path.exists(f"/dev/fd/{fd}")
    and stat.S_ISFIFO(os.fstat(fd).st_mode)]
print(len(sockets), len(pipes), repr(sys.stdin.read()))
"""
    said, why = students.printed(spawning, look)
    os.close(reading)
    os.close(writing)
    environment, rest = said.split("] ", 1)
    assert environment.replace("'", "") in ("[HOME, LANG, PATH, TMPDIR", "[HOME, LANG, LC_CTYPE, PATH, TMPDIR")
    assert (rest, why) == ("False True\n1 1 ''\n", "")


def test_the_word_stands_where_nobody_else_can_read_it_and_who_does_not_say_it_is_not_heard(spawning):
    spawning.restart()
    one = spawning._spare
    word = one._word.decode()
    process = psutil.Process(one.process.pid)
    assert not any(word in text for text in (*process.cmdline(), *process.environ().values()))
    port = one._listener.getsockname()[1]
    for said in (b"", b"0" * len(word), word[:-1].encode()):
        with socket.create_connection((spare.HOST, port)) as stranger:
            stranger.sendall(said)
            stranger.shutdown(socket.SHUT_WR)
            assert spawning._line is None or stranger.recv(1) == b""
            spawning.warm(0.1)
    assert students.printed(spawning, "print('well')") == ("well\n", "")
    with pytest.raises(OSError):
        socket.create_connection((spare.HOST, port), 2)


@pytest.mark.slow
@pytest.mark.parametrize("loop", ["def row_sums(x):\n    while True: pass", "while True: pass"])
def test_an_interrupted_attempt_is_over_at_once_and_the_next_one_is_served(spawning, spawned, tmp_path, loop):
    while not spawning.warm(1):
        pass
    attempt, grade = attempted(spawning, tmp_path, row_sums=loop)
    interrupted(attempt, grade, 1.5)
    assert {r.status for r in spawned().values()} == {"passed"}


def test_an_attempt_that_is_interrupted_while_torch_is_imported_leaves_the_spare_process_to_the_next(spawning):
    spawning.restart()
    spare_process = spawning._spare.process.pid
    attempt = Attempt(spawning, Submission("a.py", "a", (Cell(0, "", 0, "a.py"),)), (), ())
    threading.Timer(0.1, attempt.interrupt).start()
    with pytest.raises(Ended, match="interrupted"):
        attempt.load()
    attempt.close()
    assert spawning._spare.process.pid == spare_process
    assert students.printed(spawning, "import os\nprint(os.getpid())") == (f"{spare_process}\n", "")


def test_the_time_in_which_torch_is_imported_is_not_the_submissions(spawning):
    spawning.restart()
    assert students.printed(spawning, "print('well')", Limits(seconds=0.4, total=0.5))[0] == "well\n"


def test_nor_is_its_cpu_time():
    script = """
import time
from grader.student import session
while time.process_time() < 1.1: pass
session.limit({"memory": 2**33, "cpu": 1, "file": 2**20})
end = time.process_time() + 0.5
while time.process_time() < end: pass
print("lives", flush=True)
while True: pass
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.returncode) == ("lives\n", -signal.SIGKILL)  # its own second is counted


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_spare_process_that_was_killed_or_stopped_is_replaced(spawning, number):
    while not spawning.warm(1):
        pass
    os.kill(spawning._spare.process.pid, number)
    assert students.printed(spawning, "print('well')") == ("well\n", "")


@pytest.mark.slow
def test_one_that_was_begun_early_is_the_one_that_is_used_and_is_ended_if_nobody_comes_for_it(tmp_path):
    script = f"""
import tempfile; tempfile.tempdir = {str(tmp_path)!r}
from grader import spawning
spawning.begin()
one = spawning.begun()
assert one is not spawning.begun()
one.close()
spawning.begin()
raise SystemExit("a fault of the set-up")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=students.ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr == "a fault of the set-up\n"
    begun = [path.name for path in tmp_path.iterdir()]
    assert len(begun) == 1, "what was asked for and never closed; not what nobody came for"
    for _ in range(100):
        if not at_home(tmp_path):
            break
        time.sleep(0.1)
    assert at_home(tmp_path) == [], "its process has ended with ours all the same"


def test_one_that_does_not_start_says_why(monkeypatch, place):
    monkeypatch.setattr(spare, "BOOT", "import sys; sys.exit('no torch today')")
    one = Spawning()
    try:
        with pytest.raises(Ended, match="no torch today"):
            one.start(Limits())
    finally:
        one.close()


def test_whoever_is_in_its_group_ends_with_it_wherever_they_hang(place):
    one = Spawning()
    orphan = (
        "import os, time\nif os.fork() == 0:\n    pid = os.fork()\n    if pid == 0: time.sleep(600)\n"
        "    print(pid)\n    sys.stdout.flush()\n    os._exit(0)\nos.wait()"
    )
    try:
        said, _ = students.printed(one, f"import sys\n{orphan}")
        hanging = psutil.Process(int(said))
        assert hanging not in one._spare.below()
        one._spare.end()
        assert psutil.wait_procs([hanging], timeout=10)[1] == []
    finally:
        one.close()


def test_no_process_is_left_when_it_is_closed(place):
    one = Spawning()
    folder = one._folder
    escape = (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(600)\n    os._exit(0)\n"
        "os.wait()"  # until it is out of reach
    )
    try:
        assert students.printed(one, escape) == ("", "")
        assert one.left() == 1, "it is not below the student's process any more: the level claims nothing about it"
    finally:
        one.close()
    assert at_home(folder) == []
    assert not Path(folder).exists()


@pytest.mark.slow
def test_a_loop_ends_when_the_grader_is_killed(tmp_path):
    script = f"""
import tempfile; tempfile.tempdir = {str(tmp_path)!r}
from grader.spawning import Spawning
from grader.attempt import Attempt
from grader.cells import Cell, Submission
one = Spawning()
print(one._folder, flush=True)
Attempt(one, Submission("a.py", "a", (Cell(0, "print('x', flush=True)\\nwhile True: pass", 0, "a.py"),)), (), ()).load()
"""
    grader = subprocess.Popen([sys.executable, "-c", script], cwd=students.ROOT, stdout=subprocess.PIPE, text=True)
    folder = grader.stdout.readline().strip()
    for _ in range(600):
        if any(process.cpu_times().user > 0.5 for process in at_home(folder)):
            break
        time.sleep(0.1)
    grader.kill()
    grader.wait()
    grader.stdout.close()
    for _ in range(100):
        if not at_home(folder):
            break
        time.sleep(0.1)
    assert at_home(folder) == []


def test_the_level_does_not_claim_what_only_a_look_now_and_then_bounds():
    assert SPAWNED.name == "process, spawned"
    assert not {"memory", "group", "processes"} & set(SPAWNED.layers)


@pytest.mark.slow
@pytest.mark.parametrize("part", [part.name for part in Course(students.ROOT).parts()])
def test_each_parts_solution_passes(spawning, part):
    path = students.ROOT / "solutions" / f"{part}.py"
    results = students.grade(spawning, path, students.ROOT, part, limits=Limits(total=600))
    assert {r.status for r in results.values()} == {"passed"}

"""`grader watch` as a student lives with it, in a real pseudo-terminal: they save, and see."""

import os
import re
import shutil
import signal
import subprocess
import sys
import termios
import time

import psutil
import pytest
import students
from students import MINI, ROOT, command
from terminal import Terminal

KEYS = "h hint   l list   a run all   r reset   q quit"
DOUBLE = "return 2 * x"
SUMS = "return x.sum(1, keepdim=True)"


@pytest.fixture
def file(workspace):
    return workspace / "exercises" / "part9_mini.py"


@pytest.fixture
def watch(workspace):
    opened = []

    def open_(*arguments, **options):
        one = Terminal("watch", *arguments, cwd=workspace, **options)
        opened.append(one)
        return one

    yield open_
    for one in opened:
        one.__exit__()


def answer(text, name, body):
    """The text of the exercises with another body of a function."""
    pattern = rf'(def {name}\(.*?"""\n).*?(?=\n\n\n|\Z)'
    changed, count = re.subn(pattern, lambda match: f"{match[1]}    {body}", text, count=1, flags=re.DOTALL)
    assert count == 1
    return changed


def put(file, name, body):
    file.write_text(answer(file.read_text(), name, body))


def failed(watch, file):
    """Watch, and a wrong answer that has been shown."""
    one = watch("part9")
    one.until(re.escape(KEYS))
    put(file, "double", "return x / 2")
    one.until("FAILED.*" + re.escape(KEYS))
    return one


# --- A session --------------------------------------------------------------------------------------


def test_a_session(watch, file):
    one = watch("part9")
    view = one.until(re.escape(KEYS))
    assert "to do" in view
    assert "Write double: exercises/part9_mini.py, line 26. Save, and see." in view
    assert "isolation: process" in view
    assert one.mode()[3] & termios.ICANON == 0
    put(file, "double", "return x / 2")
    view = one.until("FAILED.*" + re.escape(KEYS))
    assert "It looks like this: halved." in view
    assert "worst double" in view
    assert "press h" in view
    put(file, "double", DOUBLE)
    view = one.until("passed.*Write row_sums.*" + re.escape(KEYS))
    assert "part9.double" in view
    assert "1 of 3 exercises, 1 of 5 points" in view
    put(file, "row_sums", "return x.sum(1, keepdim=")
    view = one.until("CRASHED.*" + re.escape(KEYS))
    assert "SyntaxError" in view
    assert "row_sums" in view
    put(file, "row_sums", SUMS)
    view = one.until("passed.*Write shrink.*" + re.escape(KEYS))
    one.press("q")
    assert one.ends() == 0
    assert one.mode() == one.modes
    assert "part9.double passed" in (file.parent.parent / ".grader" / "progress.txt").read_text()


@pytest.mark.slow
def test_when_all_has_passed_it_says_so_and_goes_on(watch, file):
    one = watch("part9")
    one.until(re.escape(KEYS))
    solution = (MINI / "solutions" / "part9_mini.py").read_text()
    file.write_text(solution)
    view = one.until("All of part9 has passed.*" + re.escape(KEYS))
    assert "3 of 3 exercises, 5 of 5 points" in view
    # What breaks another exercise than the one that is edited is seen, because all are run now.
    file.write_text(solution.replace("# %%\nimport torch", "# %%\nimport torch\ntorch.Tensor.sum = None"))
    one.until("(CRASHED|FAILED).*row_sums.*2 of 3 exercises.*" + re.escape(KEYS))
    for number in range(2):  # and once more, where nothing changes but the text
        file.write_text(f"{solution}# {number}\n")
        one.until("All of part9 has passed.*Next: |All of part9 has passed.*All passed" + ".*" + re.escape(KEYS))


def test_the_screen_that_the_docs_show(tmp_path):
    page = (ROOT / "docs" / "students.md").read_text()
    block = re.search(r"<!-- watch (.*?): (.*?) -->\n```text\n(.*?)```", page, re.DOTALL)
    target, body, shown = block.groups()
    assert command("init", tmp_path / "mine", cwd=tmp_path, course=ROOT).returncode == 0
    put(tmp_path / "mine" / "exercises" / "part4_backprop.py", target.partition(".")[2], body)
    with Terminal("watch", target, cwd=tmp_path / "mine", course=ROOT) as one:
        view = one.until(
            f"{re.escape(shown.splitlines()[2])}.*{re.escape(KEYS)}"
        )  # what it shows while it works has keys too
    assert [line.rstrip() for line in view.splitlines()] == shown.splitlines()


# --- What is said is true of what is in the file -----------------------------------------------------


def known(file):
    return dict(line.split() for line in (file.parent.parent / ".grader" / "progress.txt").read_text().splitlines())


def test_back_to_a_wrong_answer_of_before(watch, file):
    one = failed(watch, file)
    wrong = file.read_text()
    put(file, "double", DOUBLE)
    one.until("passed.*Write row_sums.*" + re.escape(KEYS))
    file.write_text(wrong)  # as by Ctrl-Z: a text that was there a moment ago
    one.until("No longer right: part9.double.*0 of 3 exercises.*" + re.escape(KEYS))
    assert known(file)["part9.double"] == "failed"


@pytest.mark.slow
def test_what_was_broken_off_is_not_what_it_was(watch, file):
    whole = answer(answer(file.read_text(), "double", DOUBLE), "row_sums", SUMS)
    file.write_text(whole)
    one = watch("part9")
    one.until("2 of 3 exercises.*" + re.escape(KEYS))
    hung = answer(whole, "double", "while True: pass")
    file.write_text(hung)
    one.until("Running part9.double")
    file.write_text(answer(hung, "row_sums", SUMS + "  # once more"))
    # The second check of row_sums goes by way of double.
    one.until("TIMED OUT.*of_doubles.*No longer right: part9.double.*0 of 3 exercises.*" + re.escape(KEYS))
    assert known(file)["part9.double"] == "timed_out"


@pytest.mark.slow
def test_many_cells_at_once(watch, file):
    stubs = file.read_text()
    file.write_text((MINI / "solutions" / "part9_mini.py").read_text())
    one = watch("part9")
    one.until("3 of 3 exercises.*" + re.escape(KEYS))
    file.write_text(stubs)
    one.until("0 of 3 exercises.*" + re.escape(KEYS))
    assert set(known(file).values()) == {"not_attempted"}


@pytest.mark.slow
def test_the_last_of_many_saves_counts(watch, file):
    whole = answer(answer(file.read_text(), "double", DOUBLE), "row_sums", SUMS)
    bodies = ["while True: pass", DOUBLE, "return x / 2", "import os; os._exit(1)"]
    one = watch("part9")
    one.until(re.escape(KEYS))
    for last in (DOUBLE, "return x / 2"):
        for number in range(40):
            by_renaming(file, answer(whole, "double", bodies[number % len(bodies)]))
            time.sleep(0.01)
        by_renaming(file, answer(whole, "double", last))
        done = 2 if last == DOUBLE else 0
        one.until(f"{done} of 3 exercises.*" + re.escape(KEYS) + r"\s*\Z")
        deadline = time.monotonic() + 30
        while known(file).get("part9.double") != ("passed" if last == DOUBLE else "failed"):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    one.press("q")
    assert one.ends() == 0


# --- Editors ----------------------------------------------------------------------------------------


def by_renaming(file, text):
    new = file.with_name(".part9_mini.py.tmp")
    new.write_text(text)
    new.replace(file)


def by_moving_away(file, text):
    file.rename(file.with_name("part9_mini.py~"))
    file.write_text(text)


def by_deleting(file, text):
    file.unlink()
    time.sleep(0.05)
    file.write_text(text)


def in_pieces(file, text):
    with file.open("w") as stream:
        for start in range(0, len(text), 200):
            stream.write(text[start : start + 200])
            stream.flush()
            time.sleep(0.005)


def twice_at_once(file, text):
    file.write_text(text.replace("return 2 * x", "return 3 * x"))
    file.write_text(text)


def with_another_folder(file, text):
    old = file.parent.with_name("old")
    file.parent.rename(old)
    shutil.copytree(old, file.parent)
    file.write_text(text)


def by_a_link(file, text):
    new = file.parent.parent / "elsewhere.py"
    new.write_text(text)
    file.unlink()
    file.symlink_to(new)


def with_other_ends_of_lines(file, text):
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())


@pytest.mark.slow
@pytest.mark.parametrize(
    "save",
    [by_renaming, by_moving_away, by_deleting, in_pieces, twice_at_once, with_another_folder, by_a_link,
     with_other_ends_of_lines],
)  # fmt: skip
def test_however_an_editor_saves(watch, file, save):
    one = watch("part9")
    one.until(re.escape(KEYS))
    save(file, answer(file.read_text(), "double", DOUBLE))
    one.until("passed +1/1 part9.double.*Write row_sums.*" + re.escape(KEYS))
    put(file, "row_sums", SUMS)
    one.until("passed.*Write shrink.*" + re.escape(KEYS))


# --- What must not end it ---------------------------------------------------------------------------


def spoil_nothing_there(file):
    file.unlink()
    return "There is no file"


def spoil_not_text(file):
    file.write_bytes(b"\xff\xfe\x00")
    return "not UTF-8"


def spoil_a_folder(file):
    file.unlink()
    file.mkdir()
    return "is a folder"


def spoil_empty(file):
    file.write_text("")
    return "defines no"


def spoil_too_long(file):
    file.write_text("x = 1\n" * 100_000)
    return "more than 400000 characters"


def spoil_unreadable(file):
    shutil.rmtree(file.parent)
    return "There is no"


@pytest.mark.slow
@pytest.mark.parametrize(
    "spoil", [spoil_nothing_there, spoil_not_text, spoil_a_folder, spoil_empty, spoil_too_long, spoil_unreadable]
)
def test_a_file_that_cannot_be_graded(watch, file, spoil):
    whole = answer(file.read_text(), "double", DOUBLE)
    one = watch("part9")
    one.until(re.escape(KEYS))
    words = spoil(file)
    one.until(f"{words}.*" + re.escape(KEYS))
    if file.is_dir():
        file.rmdir()
    file.parent.mkdir(exist_ok=True)
    file.write_text(whole)
    one.until("passed.*Write row_sums.*" + re.escape(KEYS))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("import os; os._exit(3)", "exit code 3"),
        ("import os; os.kill(os.getppid(), 9); return x", "FAILED|CRASHED"),
        ("import sys; sys.exit()", "sys.exit"),
        ("print('x' * 10**6); return x", "it printed"),
        ("print(chr(27) + '[2J' + chr(27) + ']0;title' + chr(7)); return x", r"\\x1b\[2J"),
    ],
)
def test_what_an_answer_does_to_its_process(watch, file, body, words):
    one = watch("part9")
    one.until(re.escape(KEYS))
    put(file, "double", body)
    one.until(f"{words}.*" + re.escape(KEYS))
    put(file, "double", DOUBLE)
    one.until("passed.*Write row_sums.*" + re.escape(KEYS))


@pytest.mark.slow
def test_a_save_breaks_off_an_endless_loop(watch, file):
    one = watch("part9")
    one.until(re.escape(KEYS))
    put(file, "double", "while True: pass")
    one.until("Running part9.double")
    time.sleep(0.5)
    put(file, "double", DOUBLE)
    one.until("passed.*Write row_sums.*" + re.escape(KEYS))
    assert "TIMED OUT" not in one.everything
    assert "timed_out" not in (file.parent.parent / ".grader" / "progress.txt").read_text()


@pytest.mark.slow
def test_quitting_breaks_off_an_endless_loop(watch, file):
    one = watch("part9")
    one.until(re.escape(KEYS))
    put(file, "double", "while True: pass")
    one.until("Running part9.double")
    below = psutil.Process(one.pid).children(recursive=True)
    one.press("q")
    assert one.ends() == 0
    assert "TIMED OUT" not in one.everything
    assert one.mode() == one.modes
    _, alive = psutil.wait_procs(below, timeout=10)
    assert not alive


# --- Keys -------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_hints_go_up_and_the_last_comes_after_a_try(watch, file):
    one = watch("part9")
    one.until(re.escape(KEYS))
    for words in ("hint 1 of 3", "hint 2 of 3", "comes after a try"):
        one.press("h")
        view = one.until(f"{words}.*" + re.escape(KEYS))
        assert "Write double" in view  # what there was stays in sight
    put(file, "double", "return x / 2")
    one.until("FAILED.*" + re.escape(KEYS))
    one.press("H")
    view = one.until("hint 3 of 3.*" + re.escape(KEYS))
    assert "comes after" not in view
    assert "FAILED" in view


@pytest.mark.slow
def test_list_and_run_all(watch, file):
    one = watch("part9")
    one.until(re.escape(KEYS))
    text = answer(file.read_text(), "double", DOUBLE)
    text = answer(text, "row_sums", "return x.sum(0, keepdim=True)")
    file.write_text(text)
    one.until("FAILED.*row_sums.*" + re.escape(KEYS))
    one.press("l")
    view = one.until("You are on part9.row_sums.*" + re.escape(KEYS))
    assert re.search(r"to do +0/1 part9.shrink", view)
    put(file, "shrink", "return 'no'")
    one.until("FAILED.*shrink.*" + re.escape(KEYS))
    put(file, "double", "return x")
    one.press("a")  # before the save is heard of, it may be: what is in the file now is what counts
    view = one.until("FAILED +0/1 part9.double.*You are on part9.double.*" + re.escape(KEYS))
    assert re.search("FAILED +0/2 part9.row_sums", view)


@pytest.mark.slow
def test_reset_asks_first_and_keeps_what_was_there(watch, file):
    stub = file.read_text()
    one = failed(watch, file)
    wrong = file.read_text()
    one.press("r")
    one.until("y or n.*" + re.escape(KEYS))
    one.press("n")
    one.until("FAILED.*" + re.escape(KEYS))
    assert file.read_text() == wrong
    one.press("r")
    one.until("y or n.*" + re.escape(KEYS))
    one.press("y")
    view = one.until("Write double.*" + re.escape(KEYS))
    assert "backups" in view
    assert file.read_text() == stub
    kept = [path.read_text() for path in (file.parent / "backups").iterdir()]
    assert kept == [wrong]


@pytest.mark.slow
def test_a_save_is_an_answer_to_the_question_too(watch, file):
    one = watch("part9")
    one.until(re.escape(KEYS))
    one.press("r")
    one.until("y or n.*" + re.escape(KEYS))
    put(file, "double", DOUBLE)
    one.until("passed.*Write row_sums.*" + re.escape(KEYS))
    assert not (file.parent / "backups").exists()


def test_a_yes_that_was_typed_before_it_was_asked_is_none(watch, file):
    one = watch("part9")
    one.until(re.escape(KEYS))
    put(file, "double", "while True: pass")
    one.until("Running part9.double")
    one.press("r")
    time.sleep(0.1)
    one.press("y")
    time.sleep(0.1)
    put(file, "double", "return x / 2")
    one.until("y or n.*" + re.escape(KEYS))
    time.sleep(0.5)
    assert "return x / 2" in file.read_text()
    one.press("n")
    one.until("FAILED.*" + re.escape(KEYS))
    assert not (file.parent / "backups").exists()


def test_what_is_pasted_is_no_key(watch, file):
    one = failed(watch, file)
    one.press("    try:\n        x = 1\n")
    put(file, "double", DOUBLE)
    one.until("passed.*Write row_sums.*" + re.escape(KEYS))
    assert "y or n" not in one.everything
    assert not (file.parent / "backups").exists()


@pytest.mark.slow
def test_a_hint_is_of_the_check_that_fails(tmp_path):
    assert command("init", tmp_path / "mine", cwd=tmp_path, course=ROOT).returncode == 0
    solution = (ROOT / "solutions" / "part0_micrograd.py").read_text()
    (tmp_path / "mine" / "exercises" / "part0_micrograd.py").write_text(solution.replace("grad += ", "grad = "))
    with Terminal("watch", "part0.Value", cwd=tmp_path / "mine", course=ROOT) as one:
        view = one.until("FAILED +0/. part0.Value.reused.*" + re.escape(KEYS))
        assert len(view.splitlines()) <= 24
        one.press("h")
        one.until("part0.Value.reused, hint 1 of.*" + re.escape(KEYS))


@pytest.mark.slow
def test_what_can_not_be_remembered_ends_nothing(watch, file, workspace):
    (workspace / ".grader" / "hints.txt").mkdir(parents=True)
    (workspace / ".grader" / "progress.txt").mkdir()
    one = watch("part9")
    one.until("Write double.*" + re.escape(KEYS))
    one.press("h")
    one.until("can't be (read|kept|written).*" + re.escape(KEYS))
    put(file, "double", DOUBLE)
    one.until("passed.*Write row_sums.*1 of 3 exercises.*" + re.escape(KEYS))


@pytest.mark.slow
def test_a_file_that_can_not_be_read_can_be_reset(watch, file):
    stub = file.read_text()
    file.write_bytes(b"\xff\xfe\x00")
    one = watch("part9")
    one.until("not UTF-8.*" + re.escape(KEYS))
    one.press("r")
    one.until("Set part9 back.*" + re.escape(KEYS))
    one.press("y")
    one.until("backups.*Write double.*" + re.escape(KEYS))
    assert file.read_text() == stub


@pytest.mark.slow
def test_keys_that_mean_nothing(watch, file):
    one = watch("part9")
    one.until(re.escape(KEYS))
    one.press("\x1b[A\x1b[15~x7 \n\tü")
    put(file, "double", DOUBLE)
    one.until("passed.*Write row_sums.*" + re.escape(KEYS))


# --- Terminals --------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["Ctrl-C", "TERM", "HUP"])
def test_however_it_ends_the_terminal_is_given_back_and_nobody_is_left(watch, workspace, number):
    one = watch("part9")
    one.until(re.escape(KEYS))
    below = psutil.Process(one.pid).children(recursive=True)
    assert below
    if number == signal.SIGINT:
        one.press("\x03")
    else:
        os.kill(one.pid, number)
    assert one.ends() == (0 if number == signal.SIGINT else 128 + number)
    assert one.mode() == one.modes
    _, alive = psutil.wait_procs(below, timeout=10)
    assert not alive
    assert "Traceback" not in one.seen
    assert not (workspace / ".grader" / "last-error.txt").exists()


def test_the_terminal_is_closed(watch, workspace):
    """As where a window is closed: the shell's processes are told, and the terminal is gone."""
    one = watch("part9")
    one.until(re.escape(KEYS))
    os.kill(one.pid, signal.SIGSTOP)
    one.hang_up()
    os.kill(one.pid, signal.SIGHUP)
    os.kill(one.pid, signal.SIGCONT)
    assert one.ends() == 128 + signal.SIGHUP
    assert not (workspace / ".grader" / "last-error.txt").exists()


@pytest.mark.slow
def test_after_a_stop_the_terminal_is_taken_again(watch):
    one = watch("part9")
    one.until(re.escape(KEYS))
    os.kill(one.pid, signal.SIGSTOP)
    one.set_mode(one.modes)  # as a shell does that takes over
    os.kill(one.pid, signal.SIGCONT)
    one.until("Write double.*" + re.escape(KEYS))
    assert one.mode()[3] & (termios.ICANON | termios.ECHO) == 0
    one.press("q")
    assert one.ends() == 0


@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (10, 30)])
def test_it_fits(watch, file, rows, columns):
    one = watch("part9", rows=rows, columns=columns)
    one.until("q quit")
    put(file, "double", "return x / 2")
    view = one.until("FAILED.*q quit")
    if columns == 80:
        assert len(view.splitlines()) <= rows
    one.press("l")
    listed = one.until("You are on.*q quit")
    if columns == 80:
        assert len(listed.splitlines()) <= rows
    for shown in (view, listed):
        assert max(len(line) for line in shown.splitlines()) <= columns
    one.resize(24, 60)
    view = one.until("You are on.*q quit")
    assert 30 < max(len(line) for line in view.splitlines()) <= 60


def test_without_colour(watch, file):
    one = watch("part9", NO_COLOR="1")
    put(file, "double", "return x / 2")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", one.raw("FAILED.*quit"))


# Whoever runs the tests may have been told to ignore Ctrl-C, and its children inherit that.
INTERRUPTIBLE = "import signal; signal.signal(2, signal.default_int_handler); from grader.cli import main; main()"


@pytest.mark.slow
def test_without_a_terminal_it_prints_one_verdict_below_the_other(workspace, file):
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, "watch", "part9"],
        cwd=workspace,
        env=os.environ | {"GRADER_COURSE": str(MINI)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = ""
    try:
        while "Save, and see" not in said:
            said += process.stdout.readline()
        put(file, "double", DOUBLE)
        while "Write row_sums" not in said:
            said += process.stdout.readline()
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "\x1b" not in said + rest
    assert "h hint" not in said + rest
    assert "Traceback" not in rest


# --- Where one sits ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_exercise_can_be_named(watch):
    assert "Write shrink" in watch("part9.shrink").until(re.escape(KEYS))


@pytest.mark.slow
def test_it_begins_where_one_was(watch, workspace, file):
    put(file, "double", DOUBLE)
    assert command("run", "part9", cwd=workspace).returncode == 1
    assert "Write row_sums" in watch().until(re.escape(KEYS))


@pytest.mark.slow
def test_without_a_part_it_goes_where_one_saves(tmp_path):
    assert command("init", tmp_path / "mine", cwd=tmp_path, course=ROOT).returncode == 0
    with Terminal("watch", cwd=tmp_path / "mine", course=ROOT) as one:
        assert "part0: " in one.until(re.escape(KEYS))
        put(tmp_path / "mine" / "exercises" / "part4_backprop.py", "dprobs", "return 1 / f.probs")
        one.until("FAILED +0/1 part4.dprobs.*" + re.escape(KEYS))
        one.press("q")
        assert one.ends() == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["part7"], "There is no part 'part7'"), (["part9.doubel"], "Did you mean part9.double?")],
)
def test_bad_calls(workspace, arguments, words):
    done = command("watch", *arguments, cwd=workspace)
    assert done.returncode == 2
    assert words in done.stderr


def test_where_there_are_no_exercises(tmp_path):
    done = command("watch", "part9", cwd=tmp_path)
    assert done.returncode == 2
    assert "grader init DIR" in done.stderr
    assert students.MINI.is_dir()

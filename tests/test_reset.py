"""An exercise goes back to its stub, and back again; whatever a student ever had is in the file or in a backup."""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import chdir, suppress
from functools import partial
from pathlib import Path

import desks
import pytest
import students
from edits import edited, edits
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tools import need

from grader import backups, cells
from grader.course import Course
from grader.errors import UsageError
from grader.workspaces import begin, kept, reset, shipped

NAME = "part9_mini"
STUB = (students.MINI / "exercises" / f"{NAME}.py").read_text()
SOLVED = students.solved(students.MINI, NAME)
ANSWER = "def double(x):\n    return x + x"


class Desk(desks.Desk):
    """A student's file, and the command on it."""

    def __init__(self, home: Path):
        super().__init__(home, "reset")
        self.home = home
        self.py = home / "exercises" / f"{NAME}.py"

    def backups(self):
        return [content for _, content in reversed(kept.versions(self.py))]

    def write(self, text):
        self.py.write_bytes(text.encode())

    @property
    def text(self):
        return self.py.read_bytes().decode()


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADER_COURSE", str(students.MINI))
    begin.begin(Course(students.MINI), tmp_path / "mine")
    monkeypatch.chdir(tmp_path / "mine")
    return Desk(tmp_path / "mine")


def stub_of(name):
    start = STUB.index(f"def {name}(")
    return STUB[start : STUB.index("raise NotImplementedError()", start)] + "raise NotImplementedError()"


def with_answer(text, answer=ANSWER):
    assert stub_of("double") in text
    return text.replace(stub_of("double"), answer)


def without_markers(text):
    return re.sub(r"(?m)^# %%.*\n", "", text)


LAST = STUB.replace("# %%\n" + stub_of("double") + "\n\n\n", "") + f"\n\n# %%\n{ANSWER}"


# --- What is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (["part9.row_sums.column"], "Name the exercise, part9.row_sums"),
        (["part9.doubel"], "Did you mean part9.double"),
        (["part8"], "There is no part 'part8'"),
        (["double"], "Did you mean part9.double"),
        (["part9.double", "part8.x"], "One part at a time"),
    ],
)
def test_what_is_no_exercise(desk, targets, words):
    checks = [spec.id for spec in Course(students.MINI).part("part9").checks if spec.id.count(".") == 2]
    targets = [checks[0] if target.endswith(".column") else target for target in targets]
    assert words in desk.refused(*targets)
    assert words in desk.refused(*targets, "--undo")


TOGETHER = {
    "broken, with another": (
        STUB.replace("# %%\ndef row_sums", "def row_sums").replace("raise NotImplementedError()", "return (", 1),
        "Python can't read it: line",
    ),
    "no markers, and broken": (without_markers(STUB) + "x = (\n", "Python can't read it"),
    "a line for two": (
        STUB.replace(stub_of("double"), "double = lambda x: 2 * x; row_sums = 1"),
        "shares its lines",
    ),
    "a statement for two": (STUB.replace(stub_of("double"), "double = row_sums = lambda x: 2 * x"), "shares its lines"),
    "a string left open above": ('"""\n' + LAST, "Is a string left open"),
    "too much code": (STUB + "x = 1\n" * 80_000, "characters of code"),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_what_can_not_be_told_apart(desk, name):
    text, words = TOGETHER[name]
    desk.write(text)
    assert words in desk.refused("part9.double")
    desk.done("part9")
    assert desk.text == STUB
    desk.done("part9", "--undo")
    assert desk.text == text


def test_what_is_not_utf8(desk):
    desk.py.write_bytes(b"# caf\xe9\n")
    assert "Save it as UTF-8, or set it back: `grader reset part9`." in desk.refused("part9.double")
    desk.done("part9")
    assert desk.text == STUB
    assert desk.backups() == [b"# caf\xe9\n"]
    assert "Nothing to do" in desk.done("part9.double", "--undo")
    desk.done("part9", "--undo")
    assert desk.py.read_bytes() == b"# caf\xe9\n"


def _link(desk):
    desk.py.rename(desk.py.with_name("elsewhere"))
    desk.py.symlink_to("elsewhere")


def _folder(desk):
    desk.py.unlink()
    desk.py.mkdir()


PLACES = {
    "a link": (_link, "is a link"),
    "a folder": (_folder, "no regular file"),
    "a file for the backups": (lambda desk: (desk.py.parent / "backups").write_text("mine"), "called backups"),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_place_that_can_not_be_written(desk, name):
    spoil, words = PLACES[name]
    desk.write(SOLVED)
    spoil(desk)
    assert words in desk.refused("part9")


def test_write_protected(desk):
    desk.write(SOLVED)
    desk.py.chmod(0o444)
    without = "-dac_override,-dac_read_search"  # what lets root write all the same
    before = [need("setpriv"), "--bounding-set", without] if os.access(desk.py, os.W_OK) else []

    def apart(*arguments):
        line = [*before, sys.executable, "-m", "grader", "reset", *arguments]
        return subprocess.run(line, capture_output=True, text=True, check=False)

    assert "chmod u+w" in desk.refused("part9.double", run=partial(apart))


def test_where_there_are_no_exercises(desk, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert "grader init DIR" in desk.refused("part9")
    assert "grader init DIR" in desk.refused("part9.double", "--undo")


def test_an_exercise_of_a_file_that_is_gone(desk):
    desk.py.unlink()
    assert "grader reset part9" in desk.refused("part9.double")
    assert "reset     part9 in" in desk.done("part9")
    assert desk.text == STUB


def test_the_verdict_on_an_exercise_that_is_gone_names_the_command_that_puts_it_back(desk):
    desk.write(STUB.replace("# %%\n" + stub_of("double") + "\n\n\n", ""))
    done = students.command("run", "part9.double", cwd=desk.home)
    said = " ".join(done.stdout.split())
    assert "defines no double. If it was lost, this puts its stub back: grader reset part9.double" in said
    desk.done("part9.double")
    assert desk.text == STUB


def test_in_the_kits_own_folder_without_solutions_nothing_is_taken_for_shipped(tmp_path, monkeypatch):
    course = tmp_path / "kit"
    shutil.copytree(students.MINI, course)
    monkeypatch.setenv("GRADER_COURSE", str(course))
    monkeypatch.chdir(course)
    desk = Desk(course)
    desk.write(SOLVED)
    desk.done("part9.double")
    assert desk.text == SOLVED.replace(SOLVED[SOLVED.index("def double") :].split("\n\n\n")[0], stub_of("double"))
    desk.done("part9")
    assert desk.text == STUB
    desk.write(SOLVED)
    shutil.rmtree(course / "solutions")
    assert "nothing tells what was shipped" in desk.refused("part9")


# --- What goes back, and comes back -------------------------------------------------------------------

BOM = "\ufeff"
FORMS = {
    "an answer": with_answer(STUB),
    "an answer in a solved file": SOLVED,
    "with carriage returns": with_answer(STUB).replace("\n", "\r\n"),
    "with a mark": BOM + with_answer(STUB),
    "a syntax error": with_answer(STUB, "def double(x):\n    return ("),
    "indented by mistake": with_answer(STUB, "    def double(x):\n        return 2 * x\n"),
    "a string left open": with_answer(STUB, "def double(x):\n    '''\n    return x\n"),
    "with a helper": with_answer(STUB, f"def helper(x):\n    return x\n\n\n{ANSWER}\n\n\nprint(double(2))"),
    "twice in a cell": with_answer(STUB, f"{ANSWER}\n\n\ndef double(x):\n    return 3 * x"),
    "in two cells": with_answer(STUB) + "\n\n# %%\ndef double(x):\n    return 3 * x\n",
    "first a stub, then an answer": STUB + "\n\n# %%\ndef double(x):\n    return 3 * x\n",
    "with another exercise": with_answer(STUB).replace("# %%\ndef row_sums", "def row_sums"),
    "with another, decorated": with_answer(STUB, f"@staticmethod\n{ANSWER}").replace("# %%\ndef row_sums", "def row_sums"),
    "no markers": without_markers(with_answer(STUB)),
    "with the import": with_answer(STUB.replace("# %%\nimport torch\n", ""), f"import torch\n\n\n{ANSWER}"),
    "a lambda": with_answer(STUB, "double = lambda x: 2 * x"),
    "with magics": with_answer(STUB, f"%time\n!ls\n{ANSWER}"),
    "a marker in a string": with_answer(STUB, 'def double(x):\n    """\n# %%\n    """\n    return x'),
    "no end of line": with_answer(STUB) .rstrip("\n"),
    "at the end, without one": LAST,
}  # fmt: skip


def others(text):
    """What is defined besides `double`, as the grader reads it."""
    found = cells.parse(text.encode(), Path(f"{NAME}.py"), NAME).cells
    return sorted({name for cell in found for name in cell.names()} - {"double", "helper"})


@pytest.mark.parametrize("name", FORMS)
def test_an_exercise_is_a_stub_again_and_comes_back_to_the_byte(desk, name):
    desk.write(FORMS[name])
    said = desk.done("part9.double")
    assert "reset     part9.double in exercises/part9_mini.py" in said
    assert "kept      exercises/backups/part9_mini." in said
    assert "grader reset part9.double --undo" in said
    after = desk.text
    assert stub_of("double") in after.replace("\r\n", "\n")
    assert others(after) == others(FORMS[name])
    found = cells.parse(after.encode(), desk.py, NAME).cells
    assert [name for cell in found for name in cell.names()].count("double") == 1
    assert (after.count("\r\n") == after.count("\n")) == (FORMS[name].count("\r\n") == FORMS[name].count("\n"))
    assert desk.backups() == [FORMS[name].encode()]
    assert "Nothing to do" in desk.done("part9.double")
    said = desk.done("part9.double", "--undo")
    assert "put back  part9.double from exercises/backups/part9_mini." in said
    assert desk.text == FORMS[name]
    assert desk.backups() == [FORMS[name].encode(), after.encode()]
    assert "Nothing to do: no backup of" in desk.done("part9.double", "--undo")


def test_what_else_is_in_the_file_stays_to_the_byte(desk):
    for form in ("an answer", "a syntax error", "with carriage returns", "no end of line", "with a helper"):
        desk.write(FORMS[form])
        desk.done("part9.double")
        end = "\r\n" if "\r\n" in FORMS[form] else "\n"
        assert desk.text.rstrip() == STUB.replace("\n", end).rstrip(), form


def test_a_cell_that_was_deleted_is_put_back_at_its_place(desk):
    for name in ("double", "row_sums", "shrink"):
        start = STUB.index(f"# %%\ndef {name}")
        stop = STUB.find("# %%", start + 1)
        without = STUB[:start] + (STUB[stop:] if stop > 0 else "")
        desk.write(without)
        assert f"reset     part9.{name}" in desk.done(f"part9.{name}")
        assert desk.text == STUB
        # Where the others are answered, too.
        answered = without.replace("    # YOUR CODE HERE\n    raise NotImplementedError()", "    return x\n    # so")
        desk.write(answered)
        desk.done(f"part9.{name}")
        found = [one for one in cells.parse(desk.py.read_bytes(), desk.py, NAME).cells if one.names()]
        assert [one.names() for one in found] == [["torch"], ["double"], ["row_sums"], ["shrink"]]
        desk.write("")
        desk.done(f"part9.{name}")
        assert desk.text == f"# %%\n{stub_of(name)}\n"


def test_after_other_work_the_cell_alone_comes_back(desk):
    desk.write(with_answer(STUB))
    desk.done("part9.double")
    desk.write(desk.text.replace(stub_of("row_sums"), "def row_sums(x):\n    return x.sum(1, keepdim=True)"))
    before = desk.text
    desk.done("part9.double", "--undo")
    assert desk.text == with_answer(before)


def test_undo_takes_the_newest_that_differs_and_can_be_undone(desk):
    for answer in ("return 1", "return 2", "return 3"):
        desk.write(with_answer(STUB, f"def double(x):\n    {answer}"))
        desk.done("part9.double")
    desk.done("part9.double", "--undo")
    assert "return 3" in desk.text
    desk.done("part9.double", "--undo")
    assert "return 2" in desk.text  # the newest that differs from what is there
    desk.done("part9.double", "--undo")
    assert "return 3" in desk.text


def test_undo_of_a_part_goes_to_and_fro(desk):
    desk.write(SOLVED)
    desk.done("part9")
    assert desk.text == STUB
    for there in (SOLVED, STUB, SOLVED):
        desk.done("part9", "--undo")
        assert desk.text == there


def test_several_at_once(desk):
    desk.write(SOLVED)
    said = desk.done("part9.double", "part9.shrink", "part9.double")
    assert "reset     part9.double, part9.shrink in" in said
    assert "double" not in others(desk.text)
    assert desk.text.count("NotImplementedError") == 2
    desk.done("part9.shrink", "part9.double", "--undo")
    assert desk.text == SOLVED
    desk.done("part9", "part9.double")
    assert desk.text == STUB


def test_nothing_to_do(desk):
    assert desk.done("part9") == "Nothing to do: part9 in exercises/part9_mini.py, as shipped.\n"
    assert "Nothing to do: part9.double in" in desk.done("part9.double")
    assert "Nothing to do: no backup of" in desk.done("part9", "--undo")
    assert "Nothing to do: no backup of" in desk.done("part9.double", "--undo")
    desk.write(STUB.replace("\n", "\r\n"))
    assert "Nothing to do" in desk.done("part9")
    assert desk.backups() == []


def test_a_stub_whose_text_the_course_has_changed_is_no_answer(desk):
    desk.write(with_answer(STUB))
    desk.done("part9.double")
    old = STUB.replace("Twice x, of any shape.", "Twice x.")
    desk.write(old)
    desk.done("part9.double")
    desk.done("part9.double", "--undo")
    assert desk.text == with_answer(STUB)


def test_a_notebook_beside_it_is_named(desk):
    desk.write(SOLVED)
    assert "notebook" not in desk.done("part9.double")
    desk.py.with_suffix(".ipynb").write_text("{}")
    assert "`grader notebook part9` carries this over" in desk.done("part9.double", "--undo")


@pytest.mark.parametrize("folder", ["exercises", "data", "deep/er"])
def test_from_a_folder_below_by_the_real_command(desk, folder):
    (desk.home / folder).mkdir(parents=True, exist_ok=True)
    desk.write(SOLVED)
    (desk.home / ".grader" / "shipped" / f"{NAME}.py").write_text(STUB.replace("Twice x", "Two x"))
    done = students.command("reset", "part9.double", cwd=desk.home / folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Two x" in desk.text  # the workspace's own shipped text counts
    assert students.command("reset", "part9.double", "--undo", cwd=desk.home / folder).returncode == 0
    assert desk.text == SOLVED


def test_no_torch(desk):
    desk.write(SOLVED)
    code = "import sys; from grader.cli import main; main(sys.argv[1:], standalone_mode=False); print('torch' in sys.modules, 'jupytext' in sys.modules)"
    for words in (["reset", "part9.double"], ["reset", "part9", "--undo"]):
        done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
        assert done.stdout.endswith("False False\n"), done.stderr


def test_the_solutions_cleared_are_the_exercises_as_they_are_built():
    for root in (students.ROOT, students.MINI):
        course = Course(root)
        for part in course.parts():
            assert shipped._cleared(course, part).content == (root / "exercises" / f"{part.name}.py").read_bytes()
            assert shipped.of_course(course, part).content == (root / "exercises" / f"{part.name}.py").read_bytes()


@pytest.mark.slow  # the tiny course has the same, many times
def test_every_exercise_of_the_course_can_be_reset(tmp_path):
    for part in Course(students.ROOT).parts():
        file = tmp_path / "exercises" / f"{part.name}.py"
        file.parent.mkdir(exist_ok=True)
        solved = (students.ROOT / "solutions" / f"{part.name}.py").read_text()
        file.write_text(solved)
        with chdir(tmp_path):
            names = tuple(f"{part.id}.{name}" for name in re.findall(r"(?m)^(?:def|class) (\w+)", solved))
            reset.reset(Course(students.ROOT), names)
            assert file.read_text() == (students.ROOT / "exercises" / file.name).read_text()
            reset.undo(Course(students.ROOT), names)
            assert file.read_text() == solved


# --- Saved at this very moment ------------------------------------------------------------------------


def _in_place(path, content):
    path.write_bytes(content)


def _aside(path, content):
    new = path.with_name("saved by an editor")
    new.write_bytes(content)
    os.replace(new, path)


def _no_link(*_):
    """As on a memory stick."""
    raise PermissionError(1, "Operation not permitted")


def before_the(number, what, act):
    """A function that does what `what` does, and before a call of it something else."""
    calls = []

    def instead(*arguments, **named):
        calls.append(arguments)
        if len(calls) == number:
            act()
        return what(*arguments, **named)

    return instead


SAVED = SOLVED.encode() + b"# saved just now\n"
MOMENTS = {
    "while the new text is written": (os, "fsync", 1),
    "before it is kept": (os, "link", 1),
    "while it is kept": (os, "fsync", 2),
}


@pytest.mark.parametrize("save", [_in_place, _aside])
@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_save_in_the_midst_of_it_is_not_lost(desk, monkeypatch, save, links, moment):
    if not links:
        monkeypatch.setattr(os, "link", _no_link)
    where, name, number = MOMENTS[moment]
    desk.write(SOLVED)
    saving = before_the(number, getattr(where, name), lambda: save(desk.py, SAVED))
    monkeypatch.setattr(where, name, saving)
    done = desk.run("part9")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "has been changed at this very moment. Try again." in done.stderr
    assert desk.py.read_bytes() == SAVED
    assert desk.backups() == []
    assert not [path for path in desk.files() if path.name.startswith(".part")]
    desk.done("part9")
    assert (desk.text, desk.backups()) == (STUB, [SAVED])


@pytest.mark.parametrize("links", [True, False])
def test_another_file_that_is_put_there_too_late_to_stop_it_is_kept_and_told(desk, monkeypatch, links):
    if not sys.platform.startswith("linux"):
        pytest.skip("two files are swapped in one call on Linux alone")
    if not links:
        monkeypatch.setattr(os, "link", _no_link)
    desk.write(SOLVED)
    monkeypatch.setattr(backups, "_put", before_the(1, backups._put, lambda: _aside(desk.py, SAVED)))
    done = desk.run("part9")
    assert done.exit_code == 2
    newest, _ = kept.versions(desk.py)[0]
    assert (
        f"was saved while it was replaced. What was saved is not lost: it is in {os.path.relpath(newest)}"
        in done.stderr
    )
    assert (desk.text, desk.backups()) == (STUB, [SOLVED.encode(), SAVED])
    assert not [path for path in desk.files() if path.name.startswith(".part")]


@pytest.mark.parametrize("swapped", [True, False])
def test_a_save_that_comes_too_late_to_stop_it_is_kept_and_told(desk, monkeypatch, swapped):
    if not swapped:
        monkeypatch.setattr(backups, "_swapped", lambda one, other: False)
    desk.write(SOLVED)
    with desk.py.open("rb+") as editor:
        editor.write(SAVED[:9])
        monkeypatch.setattr(backups, "_put", before_the(1, backups._put, lambda: _in_place(desk.py, SAVED)))
        done = desk.run("part9")
        assert done.exit_code == 2
        assert "was saved while it was replaced" in done.stderr
        (copy,) = (desk.home / "exercises" / "backups").iterdir()
        assert f"exercises/backups/{copy.name}" in done.stderr
        assert (desk.text, copy.read_bytes()) == (STUB, SAVED)
        editor.seek(0)
        editor.write(b"# not yet")  # it goes on writing into what it has opened
    assert (desk.text, copy.read_bytes()) == (STUB, b"# not yet" + SAVED[9:])
    _in_place(desk.py, b"later")
    assert copy.read_bytes() == b"# not yet" + SAVED[9:], "what is kept is another file than the one that is there now"


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_was_gone_and_comes_at_this_very_moment_stays(desk, monkeypatch, links):
    desk.py.unlink()
    monkeypatch.setattr(os, "fsync", before_the(1, os.fsync, lambda: _aside(desk.py, SAVED)))
    if not links:
        monkeypatch.setattr(os, "link", _no_link)
    assert "at this very moment" in desk.run("part9").stderr
    assert desk.py.read_bytes() == SAVED


def test_two_backups_of_one_second_are_two(desk):
    for n in range(3):
        desk.write(f"# {n}\n")
        desk.done("part9")
    assert desk.backups() == [b"# 0\n", b"# 1\n", b"# 2\n"]


def test_what_a_killed_run_has_left_does_not_stop_the_next_and_goes_in_the_end(desk):
    old, new = (desk.py.with_name(f".{NAME}.py.{name}.partial") for name in ("old", "new"))
    for left in (old, new):
        left.write_text("half")
    os.utime(old, (0, 0))
    desk.write(SOLVED)
    desk.done("part9")
    assert (old.exists(), new.exists()) == (False, True), "the new one may be another process's"


@pytest.mark.slow
@pytest.mark.parametrize("save", [_in_place, _aside])
def test_whenever_a_save_comes_it_is_not_lost(desk, save):
    if save is _aside and not sys.platform.startswith("linux"):
        pytest.skip("two files are swapped in one call on Linux alone")
    course, chance = Course(students.MINI), random.Random(0)
    for n in range(200):
        saved = b"# saved %d\n" % n
        desk.write(f"# before {n}\n")

        wait = chance.random() * 0.02
        editor = threading.Thread(target=lambda wait=wait, saved=saved: (time.sleep(wait), save(desk.py, saved)))
        editor.start()
        with suppress(UsageError):
            reset.reset(course, ("part9",))
        editor.join()
        assert saved in (desk.py.read_bytes(), *desk.backups()), n


# --- Whatever is edited -------------------------------------------------------------------------------

words = st.sampled_from([["part9"], ["part9.double"], ["part9.row_sums", "part9.shrink"], ["part9.shrink"]])
steps = st.lists(st.one_of(edits.map(lambda made: ("edit", made)), st.tuples(st.sampled_from(["reset", "undo"]), words)), max_size=6)  # fmt: skip


starts = st.sampled_from([SOLVED, STUB, *FORMS.values()])
OLDER = [
    ("edit", [("delete", 0, 1, [], 0), ("move", 198, 3, [], 0)]),
    ("reset", ["part9"]),
    ("edit", [("insert", 0, 1, [], 0), ("delete", 0, 3, [], 0)]),
    ("reset", ["part9.row_sums", "part9.shrink"]),  # shrink was gone: its undo takes what an older backup has
]


@example(FORMS["no end of line"], OLDER)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(starts, steps)
def test_every_text_is_in_the_file_or_in_a_backup(start, todo):
    _nothing_is_lost(start, todo)


@pytest.mark.slow
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(starts, steps)
def test_every_text_is_in_the_file_or_in_a_backup_of_many(start, todo):
    _nothing_is_lost(start, todo)


def _answers(content, told):
    """Which of some exercises, or of parts, a file has an answer to; a part counts as one."""
    found = cells.parse(content, Path(f"{NAME}.py"), NAME).cells
    held = {name for cell in found if "NotImplementedError" not in cell.source for name in cell.names()}
    return {one for one in told if one.partition(".")[2] in {*held, ""}}


def _nothing_is_lost(start, todo):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_COURSE", str(students.MINI))
        begin.begin(Course(students.MINI), Path(folder) / "mine")
        patch.chdir(Path(folder) / "mine")
        desk = Desk(Path(folder) / "mine")
        desk.write(start)
        ever = set()
        for what, told in todo:
            before = desk.py.read_bytes()
            if what == "edit":
                desk.write("\n".join(edited(desk.text.split("\n"), told)))
                continue
            done = desk.run(*told, *(["--undo"] if what == "undo" else []))
            after = desk.py.read_bytes()
            assert done.exit_code == 0 or (done.exit_code, after) == (2, before), done.output
            ever |= {before} if after != before else set()
            assert ever <= {after, *desk.backups()}
            if what == "reset" and after != before:
                assert "Nothing to do" in desk.run(*told).stdout
                (newest, _), *_ = kept.versions(desk.py)
                undone = desk.run(*told, "--undo").stdout.splitlines()
                # What was an answer comes from the backup just made; where there was none, an older one may have one.
                for line in undone:
                    if line.startswith("put back") and line.split()[1] in _answers(before, told):
                        assert line.endswith(f" from {os.path.relpath(newest)}")
                if all(line.endswith(f" from {os.path.relpath(newest)}") for line in undone[: len(told)]):
                    assert desk.py.read_bytes() == before
                assert ever | {after} <= {desk.py.read_bytes(), *desk.backups()}
                ever |= {after} if desk.py.read_bytes() != after else set()  # else it is the student's to overwrite

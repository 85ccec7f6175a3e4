"""`grader doctor` says what is wrong with a set-up, each in a line with its fix, whatever is broken; never a traceback."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

import pytest
from students import MINI, ROOT, command
from tools import need

from grader import setup
from grader.course import Course


@pytest.fixture
def course(tmp_path):
    """The mini course with the list of names, to be broken."""
    folder = tmp_path / "kit"
    shutil.copytree(MINI, folder)
    shutil.copytree(ROOT / "data", folder / "data")
    return folder


def doctor(workspace, course, **environment):
    done = command("doctor", cwd=workspace, course=course, COLUMNS="400", **environment)
    assert done.stderr == ""
    assert "Traceback" not in done.stdout
    assert done.stdout.splitlines()[-1].endswith("grader doctor --isolation process")
    return done


def line(done, name):
    """The line of an item, and the one below it where that is its fix."""
    lines = done.stdout.splitlines()
    at = next(i for i, text in enumerate(lines) if text.split()[1] == name and not text.startswith(" "))
    return lines[at], lines[at + 1].strip() if lines[at + 1].startswith("  ") else ""


def a_file_in_place_of_grader(workspace, course):
    (workspace / ".grader").write_text("in the way")


def a_damaged_list(workspace, course):
    (course / "data" / "names.txt").write_text("ada\n")


def no_list(workspace, course):
    (course / "data" / "names.txt").unlink()


def a_damaged_list_of_ones_own(workspace, course):
    (workspace / ".grader").mkdir()
    (workspace / ".grader" / "names.txt").write_bytes(b"\xff\xfe")


def a_check_that_does_not_parse(workspace, course):
    next((course / "grader" / "checks").glob("part9*")).write_text("def (:\n")


def no_course(workspace, course):
    shutil.rmtree(course / "grader")


BROKEN = {
    ".grader": (a_file_in_place_of_grader, ".grader/", r"can't be written", "belongs to you"),
    "damaged names": (a_damaged_list, "data", "not the list that the kit ships", "grader data use"),
    "no names": (no_list, "data", "can't be read", "one name a line"),
    "names of one's own": (a_damaged_list_of_ones_own, "data", "not UTF-8", "Save the list"),
    "a check": (a_check_that_does_not_parse, "kit", "part9", "."),
    "no course": (no_course, "kit", "is not a course", "."),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_a_fault_with_its_fix(workspace, course, what):
    breaking, name, words, fix = BROKEN[what]
    breaking(workspace, course)
    done = doctor(workspace, course)
    assert done.returncode == 1
    shown, below = line(done, name)
    assert shown.startswith("FAULT")
    assert re.search(words, shown)
    assert re.search(fix, below)
    assert done.stdout.count("FAULT") == 1


TORCHES = {
    "raises": ("raise RuntimeError('no such kernel')", "RuntimeError: no such kernel"),
    "is not there": ("raise ModuleNotFoundError(\"No module named 'torch'\")", "No module named 'torch'"),
    "ends the process": ("raise SystemExit(0)", "ended the process"),
    "is killed by the processor": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "ended the process"),
    "is another module": ("print('hello')", "AttributeError"),
    "does not parse": ("def (", "SyntaxError"),
}


@pytest.mark.parametrize("what", TORCHES)
def test_a_torch_that_cannot_be_imported(tmp_path, monkeypatch, what):
    code, words = TORCHES[what]
    (tmp_path / "torch.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    (item,) = setup.torch()
    assert (item.name, item.word) == ("torch", "FAULT")
    assert words in item.text
    assert "pip install" in item.fix


def test_the_command_with_a_broken_torch(workspace, course):
    (workspace / "torch.py").write_text("raise OSError('libcudart.so: cannot open shared object file')")
    done = doctor(workspace, course, PYTHONPATH=str(workspace))
    assert done.returncode == 1
    assert "libcudart.so" in line(done, "torch")[0]
    assert line(done, "data")[0].startswith("ok")


@pytest.mark.parametrize("how", [["-P", "-m"], ["-m"]])
def test_torch_is_looked_for_where_a_run_does(workspace, course, how):
    (workspace / "torch.py").write_text("raise OSError('a file of the student')")
    done = {
        name: subprocess.run(
            [sys.executable, *how, "grader", *arguments],
            cwd=workspace, env=os.environ | {"GRADER_COURSE": str(course), "COLUMNS": "400"},
            capture_output=True, text=True, check=False,
        )
        for name, arguments in {"run": ["run", "part9"], "doctor": ["doctor"]}.items()
    }  # fmt: skip
    found = "-P" in how  # as the installed command has it: the folder one is in is not looked into
    assert done["run"].returncode == (1 if found else 2)
    assert line(done["doctor"], "torch")[0].split()[0] == ("ok" if found else "FAULT")


def test_a_good_set_up(workspace, course):
    done = doctor(workspace, course)
    assert done.returncode == 0
    words = {text.split()[1]: text.split()[0] for text in done.stdout.splitlines()[:-1] if not text.startswith(" ")}
    must = ["Python", "torch", "device", "threads", "kit", "workspace", "data", ".grader/", "exercises/", "isolation"]
    assert [words[name] for name in must] == ["ok"] * len(must)
    assert {"jupytext", "pytest", "watchfiles", "temporary"} <= set(words)
    assert not (workspace / ".grader").exists()  # looking leaves nothing behind
    assert sorted(path.name for path in (workspace / "exercises").iterdir()) == ["part9_mini.py"]


def test_without_modules_that_only_unix_has(workspace, course, tmp_path):
    hidden = tmp_path / "windows"
    hidden.mkdir()
    for name in ("resource", "fcntl", "termios", "pwd", "grp"):
        (hidden / f"{name}.py").write_text(f"raise ModuleNotFoundError('No module named {name}', name='{name}')")
    assert doctor(workspace, course, PYTHONPATH=str(hidden)).returncode == 0


@pytest.mark.parametrize(
    ("found", "most", "word"),
    [
        ((3, 10, 9), 2**63, "FAULT"),
        ((3, 11, 0), 2**31 - 1, "FAULT"),
        ((3, 11, 0), 2**63, "ok"),
        ((4, 0, 0), 2**63, "ok"),
    ],
)
def test_python(found, most, word):
    item = setup.python(found, most)
    assert item.word == word
    assert bool(item.fix) == (word == "FAULT")


def test_no_workspace_and_a_part_that_is_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    nowhere = setup.workspace(Course(ROOT))
    assert (nowhere.word, "grader init" in nowhere.fix) == ("warn", True)
    shutil.copytree(ROOT / "exercises", tmp_path / "exercises")
    assert setup.workspace(Course(ROOT)).word == "ok"
    (tmp_path / "exercises" / "part3_activations.py").unlink()
    missing = setup.workspace(Course(ROOT))
    assert (missing.word, "part3" in missing.fix, "part3" in missing.text) == ("warn", True, False)


def test_a_folder_that_belongs_to_somebody_else(tmp_path):
    folder = tmp_path / "exercises"
    folder.mkdir()
    folder.chmod(0o555)
    item = setup.writable(folder)
    assert item.word == ("ok" if os.getuid() == 0 else "FAULT")  # for root all is writable, and this says so
    assert setup.writable(tmp_path / "new").word == "ok"
    assert not (tmp_path / "new").exists()


def test_a_file_system_that_nobody_can_write_to(monkeypatch):
    need("/proc/self")
    assert setup.writable(setup.Path("/proc/self")).word == "FAULT"
    item = setup.temporary(lambda: "/proc/self")
    assert (item.word, "TMPDIR" in item.fix) == ("FAULT", True)


def test_no_folder_for_temporary_files_and_a_full_disk(monkeypatch):
    def nowhere():
        raise FileNotFoundError(2, "No usable temporary directory found")

    assert setup.temporary(nowhere).word == "FAULT"
    monkeypatch.setattr(setup, "ROOM", 1 << 60)
    item = setup.temporary(tempfile.gettempdir)
    assert (item.word, bool(item.fix)) == ("warn", True)


def test_tools_and_isolation_say_how_to_get_them(monkeypatch):
    absent = setup.tool("no_such_tool", "nothing at all")
    assert (absent.word, absent.fix) == ("warn", "pip install no_such_tool")
    assert setup.tool("pytest", "tests").word == "ok"
    monkeypatch.setenv("PATH", "/nowhere")
    assert "bubblewrap" in setup.isolation().text


def test_the_isolation_is_attacked_only_when_asked(workspace, course):
    assert "holds" not in doctor(workspace, course).stdout
    done = command("doctor", "--isolation", "launcher", cwd=workspace)
    assert done.returncode == 2
    assert "needs a command" in done.stderr

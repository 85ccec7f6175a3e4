"""The autograder for Gradescope, unpacked and run as it is there: no submission gives itself marks, or sees a secret.

Gradescope's own harness makes submission/ and results/ anew, runs ./run_autograder as root in the folder above them
with its output in results/stdout, and takes results/results.json (harness.py of its base image).
"""

import io
import json
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from students import MINI, ROOT, as_notebook, command, solved
from tools import lack, need

from grader.course import Course
from grader.errors import UsageError
from grader.gradescope import bundle, run

pytestmark = pytest.mark.slow

SEED = 987_654_321_987
FULL = 5
NAME = "part9_mini.py"
GOOD = solved(MINI, "part9_mini")
FORGED = '{"score": 5, "output": "FORGED", "tests": []}'
BREACHED = "BREACHED"
WORDS = "The grader itself failed. This is no mistake of yours, and no mark"


def make(cwd, *arguments, course=MINI):
    """`grader gradescope`."""
    script = (
        "import sys; from grader.cli import main; from grader.cli_gradescope import gradescope;"
        "main.add_command(gradescope); main(['gradescope', *sys.argv[1:]])"
    )
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=cwd, env=os.environ | {"GRADER_COURSE": str(course)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@dataclass(frozen=True)
class Place:
    """What stands for /autograder, with what stands for its Python, and where programs are looked for."""

    base: Path
    python: str
    path: str

    def run(self, files, **environment):
        """Hand files in and have them graded, as Gradescope's harness does: its exit code."""
        for name in ("submission", "results"):
            shutil.rmtree(self.base / name, ignore_errors=True)
            (self.base / name).mkdir()
        for name, content in files.items():
            path = self.base / "submission" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        where = {"AUTOGRADER": str(self.base), "AUTOGRADER_PYTHON": self.python, "PATH": self.path}
        with open(self.base / "results" / "stdout", "w") as stdout:
            return subprocess.run(
                "./run_autograder",
                cwd=self.base, env=os.environ | where | environment, stdout=stdout, stderr=subprocess.STDOUT, check=False,
            ).returncode  # fmt: skip

    @property
    def form(self):
        return json.loads(self.text)

    @property
    def text(self):
        return (self.base / "results" / "results.json").read_text()

    @property
    def stdout(self):
        return (self.base / "results" / "stdout").read_text()

    @property
    def scores(self):
        return {test["name"].partition(":")[0]: test["score"] for test in self.form["tests"]}


def unpack(content, base):
    """As unzip does, modes and all; then what Gradescope's image has."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            path = Path(archive.extract(entry, base / "source"))
            path.chmod(entry.external_attr >> 16)
    shutil.copy(base / "source" / "run_autograder", base)
    (base / "submission_metadata.json").write_text("{}")


def for_others(folder):
    """A Python with torch that any user can run. Skips the test where there is none."""
    (purelib,) = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for one in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        if not Path(one).exists():
            continue
        if one != sys.executable:
            subprocess.run([one, "-m", "venv", "--without-pip", folder], check=True)
            (folder / "lib" / version / "site-packages" / "these.pth").write_text(purelib)
            one = str(folder / "bin" / "python")
        words = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", one, "-I", "-c", "import torch"]
        if subprocess.run(words, capture_output=True, check=False).returncode == 0:
            return one
    return lack("a Python that other users can run")


@pytest.fixture(scope="module")
def autograder():
    """The bundle, unpacked where another user could get at it."""
    course = Course(MINI)
    with tempfile.TemporaryDirectory(prefix="gradescope-") as name:
        Path(name).chmod(0o755)
        unpack(bundle.bundle(course, course.part("part9"), SEED), Path(name) / "autograder")
        yield Path(name) / "autograder"


@pytest.fixture(scope="module")
def place(autograder):
    """Where bubblewrap works."""
    need("bwrap")
    return Place(autograder, sys.executable, os.environ["PATH"])


@pytest.fixture(scope="module", params=["bubblewrap", "another user"])
def either(autograder, request):
    """Where it works, and where it does not."""
    if request.param == "bubblewrap":
        return request.getfixturevalue("place")
    need("setpriv")
    if os.getuid() != 0:
        lack("root, who can become another user,")
    python = for_others(autograder.parent / "python")
    return Place(autograder, python, f"{without_namespaces(autograder.parent / 'bin')}:{os.environ['PATH']}")


def without_namespaces(folder):
    """A bwrap as it ends in a container."""
    folder.mkdir()
    (folder / "bwrap").write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    (folder / "bwrap").chmod(0o755)
    return folder


# --- What must not pass -----------------------------------------------------------------------------

LOOKS = """
    libc = ctypes.CDLL(None)

    def got(path, flags=os.O_RDONLY):
        # By libc, since Python's own open is watched.
        number, room = libc.open(path.encode(), flags, 0o666), ctypes.create_string_buffer(9999)
        if number < 0: return None
        seen = room.raw[: max(0, libc.read(number, room, 9999))]
        libc.close(number)
        return seen

    # What is open to others is read by these means where it is seen: if an attack fails, it is not for another reason.
    print("USER", os.getuid(), "SEES" if got("@BASE@/run_autograder") else "SEES NO", "SCRIPT")
    source = [f"@BASE@/source/{name}" for name in ("", "setting.json", "setup.sh", "course/reference/part9_mini.py")]
    others = [f"@BASE@/{name}" for name in ("submission", "results", "results/stdout", "submission_metadata.json")]
    folders = [folder for folder in sys.path if not folder.startswith("@ROOT@")]  # this checkout is for all to read
    kits = [f"{folder}/{name}" for folder in folders for name in ("reference/part9_mini.py", "grader/judge.py")]
    for path in source + others + kits:
        if got(path) is not None: print("BREA" + "CHED", path)
    for path in ("@BASE@/results/results.json", "/autograder/results/results.json", "results/results.json"):
        if got(path, os.O_WRONLY | os.O_CREAT) is not None: print("BREA" + "CHED", path)
    if libc.rename(b"@BASE@/results", b"@BASE@/mine") == 0: print("BREA" + "CHED by another name")
    for number in set(filter(str.isdigit, os.listdir("/proc"))) - {str(os.getpid())}:
        if got(f"/proc/{number}/mem", os.O_RDWR) is not None: print("BREA" + "CHED", number)
        for name in ("environ", "cmdline"):
            seen = got(f"/proc/{number}/{name}") or b""
            if b"@SEED@" in seen or b"AUTOGRADER" in seen: print("BREA" + "CHED", number, name)
    print('@FORGED@', flush=True)
    print('@FORGED@', file=sys.stderr, flush=True)
    for descriptor in range(3, 20):
        try: os.write(descriptor, b'@FORGED@')
        except OSError: pass
"""
LINGERS = """
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for _ in range(40):
                try:
                    with open("@BASE@/results/results.json", "w") as file: file.write('@FORGED@')
                except OSError: pass
                time.sleep(0.1)
        os._exit(0)
"""
ATTACKS = {
    "looks for secrets, and writes and prints forms": LOOKS,
    "writes the form when all is over, and ends with success": f"{LINGERS}    os._exit(0)\n",
    "imports the reference": "\n    import reference.part9_mini\n    return reference.part9_mini.row_sums(x)\n",
    "ends what has started it": "\n    os.kill(os.getppid(), 9)\n    time.sleep(0.2)\n",
    "ends all it can": "\n    os.kill(-1, 9)\n",
}


def attack(place, body):
    """A submission whose row_sums attacks and answers wrongly; the rest is right."""
    for mark, text in {"@BASE@": str(place.base), "@ROOT@": str(ROOT), "@FORGED@": FORGED, "@SEED@": str(SEED)}.items():
        body = body.replace(mark, text)
    imports = "    import ctypes, os, sys, time"
    return solved(MINI, "part9_mini", row_sums=f"def row_sums(x):\n{imports}{body}    return x[:, :1] * 0\n")


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_earns_nothing_and_the_form_is_ours(either, name):
    assert either.run({NAME: attack(either, ATTACKS[name])}) == 0, either.stdout
    scores = either.scores
    assert scores["part9.row_sums"] == scores["part9.row_sums.of_doubles"] == 0
    assert either.form["score"] == sum(scores.values()) < FULL
    assert BREACHED not in either.text
    assert "FORGED" not in either.form["output"]
    assert str(SEED) not in either.text + either.stdout
    if name != "ends all it can":
        assert scores["part9.double"] == scores["part9.shrink"] == 1, "what is right keeps its points"
    if ATTACKS[name] is LOOKS:
        assert ("SEES SCRIPT" in either.text, "SEES NO SCRIPT" in either.text) == (
            *("setpriv" in either.form["output"], "bubblewrap" in either.form["output"]),
        )
        assert "USER 0 " not in either.text
    assert (either.base / "results" / "results.json").stat().st_uid == os.getuid()
    assert stat.S_IMODE((either.base / "results").stat().st_mode) == 0o700


def test_nothing_is_run_where_nothing_cuts_it_off(place, tmp_path):
    for program in ("rm", "cat", "sh"):
        (tmp_path / program).symlink_to(shutil.which(program))
    mark = tmp_path / "was here"
    assert place.run({NAME: f"# %%\nopen({str(mark)!r}, 'w')\n{GOOD}"}, PATH=str(tmp_path)) != 0
    assert not mark.exists()
    assert WORDS in place.form["output"]
    assert "Nothing cuts a submission off here" in place.stdout


# --- Whose fault it is ------------------------------------------------------------------------------


RAISES = "raise ValueError('the words of the reference')"
REFERENCE = "course/reference/part9_mini.py"


def changed(place, folder, file, content):
    """The same with a file of the bundle replaced."""
    shutil.copytree(place.base, folder, ignore=shutil.ignore_patterns("submission", "results"))
    (folder / "source" / file).write_text(content)
    return Place(folder, place.python, place.path)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (REFERENCE, RAISES),
        (REFERENCE, "".join(f"def {name}(*_):\n    {RAISES}\n" for name in ("double", "row_sums", "shrink"))),
        ("setting.json", ""),
        ("kit/grader/gradescope/run.py", RAISES),
    ],
    ids=["the reference", "each check", "the setting", "the grader"],
)
def test_the_grader_s_own_failure_is_no_mark(place, tmp_path, file, content):
    """A form without a score: Gradescope's rules ask for one, and call a run without it a failed autograder."""
    there = changed(place, tmp_path / "autograder", file, content)
    assert there.run({NAME: GOOD}) != 0
    assert there.form.keys() == {"output", "output_format", "stdout_visibility"}
    assert WORDS in there.form["output"]
    assert "Error" in there.stdout, "instructors see why"
    assert "reference" not in there.text


def test_no_python_is_no_mark(place):
    assert place.run({NAME: GOOD}, AUTOGRADER_PYTHON="/bin/false") != 0
    assert WORDS in place.form["output"]
    assert "score" not in place.form
    assert place.run({NAME: GOOD}, AUTOGRADER_PYTHON="/bin/true") != 0
    assert WORDS in place.form["output"]


def test_a_check_that_fails_itself_is_said_first(place, tmp_path):
    content = (MINI / "reference" / NAME).read_text() + f"\n\ndef double(x):\n    {RAISES}\n"
    there = changed(place, tmp_path / "autograder", REFERENCE, content)
    assert there.run({NAME: GOOD}) == 0
    assert there.form["output"].startswith("The grader itself failed in 2 of 4 checks. Their 2 points are missing")
    assert "words of the reference" not in there.text
    assert "part9.double: The grader itself failed here (ValueError: the words of the reference)" in there.stdout
    assert there.form["score"] == FULL - 2


FAULTS = {
    "nothing": ({}, "no file for part9: it needs part9*.py or part9*.ipynb. Name the file so."),
    "another name": ({"mini.py": GOOD}, "no file for part9: it needs part9*.py"),
    "another part": ({"part91.py": GOOD}, "no file for part9: it needs part9*.py"),
    "empty": ({NAME: ""}, "is empty. Save the work and hand it in again."),
    "no text": ({NAME: b"\xff\xfe\xff"}, "is not UTF-8 text"),
    "no notebook": ({"part9.ipynb": "[]"}, "is not a Jupyter notebook"),
    "a broken zip": ({"hw.zip": b"PK\x03\x04"}, "no file for part9"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_student_s_fault_is_0_points_and_says_why(place, name):
    files, words = FAULTS[name]
    assert place.run(files) == 0, place.stdout
    assert (place.form["score"], place.form["tests"]) == (0, [])
    assert words in place.form["output"]


# --- What must pass ---------------------------------------------------------------------------------


def zipped(name, content):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, content)
    return made.getvalue()


FILES = {
    "a file": ({NAME: GOOD, "notes.txt": "x"}, NAME),
    "in a folder": ({f"hw/9/{NAME}": GOOD, ".git/part9.py": "x"}, f"hw/9/{NAME}"),
    "in a zip": ({"hw.zip": zipped(f"hw/{NAME}", GOOD)}, f"hw.zip/hw/{NAME}"),
    "the exact name counts": ({NAME: GOOD, "part9_z.py": "x = 1"}, NAME),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_the_file_is_found_as_in_a_class(tmp_path, name):
    files, expected = FILES[name]
    for path, content in files.items():
        (tmp_path / "submission" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "submission" / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    found = run.submitted(tmp_path, Course(MINI).part("part9"), tmp_path / "extracted")
    assert (found.file, found.content) == (f"submission/{expected}", GOOD.encode())


def test_right_answers_have_full_marks(either):
    assert either.run({"part9.ipynb": as_notebook(GOOD)}) == 0, either.stdout
    form = either.form
    assert (form["score"], form["stdout_visibility"], form["output_format"]) == (FULL, "hidden", "text")
    assert form["execution_time"] > 0
    assert form["output"] in ("Isolation: bubblewrap.", "Isolation: another user (setpriv).")
    assert form["output"].removeprefix("Isolation: ").removesuffix(".") in either.stdout
    assert [(test["status"], test["visibility"]) for test in form["tests"]] == [("passed", "visible")] * 4


def test_the_seed_that_is_said_shows_what_was_asked(tmp_path):
    need("bwrap")
    said = make(tmp_path, "part9", "--out", "autograder.zip")
    assert said.returncode == 0, said.stderr
    seed = said.stdout.split("--seed ")[1].split()[0]
    unpack((tmp_path / "autograder.zip").read_bytes(), tmp_path / "autograder")
    there = Place(tmp_path / "autograder", sys.executable, os.environ["PATH"])
    answer = solved(MINI, "part9_mini", double="def double(x):\n    print('x is', x.tolist())\n    return x")
    assert there.run({NAME: answer}) == 0, there.stdout
    (tmp_path / NAME).write_text(answer)
    words = ("--file", NAME, "--seed", seed, "--isolation", "bubblewrap", "--json", "-")
    replay = command("run", "part9.double", *words, cwd=tmp_path)
    assert json.loads(replay.stdout)["isolation"] == "bubblewrap"
    printed = json.loads(replay.stdout)["results"][0]["details"]["output"]
    assert printed.startswith("x is [[")
    assert printed in there.form["tests"][0]["output"]


# --- The bundle -------------------------------------------------------------------------------------


def names(path):
    with zipfile.ZipFile(path) as archive:
        return {entry.filename: entry for entry in archive.infolist()}


def test_no_solution_is_in_it_and_no_test(tmp_path):
    assert make(tmp_path, "part9", "--out", "mini.zip").returncode == 0
    assert make(tmp_path, "part4", "--out", "own.zip", course=ROOT).returncode == 0
    mini, own = names(tmp_path / "mini.zip"), names(tmp_path / "own.zip")
    for name in (*mini, *own):
        folders = set(Path(name).parts)
        assert not folders & {"solutions", "exercises", "tests", "__pycache__", ".git", ".grader"}, name
    assert {"course/grader/checks/part9_mini.py", "course/reference/part9_mini.py", "setting.json"} <= set(mini)
    assert not any(name.startswith("course/") for name in own)
    assert {"kit/data/names.txt", "kit/reference/part4_backprop.py", "requirements/torch.lock"} <= set(own)
    executable = {name for name, entry in mini.items() if entry.external_attr >> 16 & 0o111}
    assert executable == {"setup.sh", "run_autograder"}


def test_the_same_course_and_seed_make_the_same_zip(tmp_path):
    first, again, other = (make(tmp_path, "part9", "--out", f"{i}.zip", "--seed", i // 2) for i in range(3))
    assert first.returncode == again.returncode == other.returncode == 0
    contents = [(tmp_path / f"{i}.zip").read_bytes() for i in range(3)]
    assert contents[0] == contents[1] != contents[2]
    assert "--seed 0 --isolation bubblewrap\n" in first.stdout
    seeds = {make(tmp_path, "part9", "--out", f"drawn{i}.zip").stdout.split("--seed ")[1].split()[0] for i in range(2)}
    assert len(seeds) == 2


def test_an_older_one_is_kept(tmp_path):
    for seed in (1, 2, 3):
        done = make(tmp_path, "part9", "--out", "a.zip", "--seed", seed)
        assert done.returncode == 0
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert len(kept) == 3
    assert "The older a.zip is kept as a-" in done.stdout
    seeds = [json.loads(zipfile.ZipFile(tmp_path / name).read("setting.json"))["seed"] for name in ("a.zip", *kept[:2])]
    assert sorted(seeds) == [1, 2, 3]
    assert seeds[0] == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}, "the seed is in them"


BAD_CALLS = {
    "unknown part": (["part7", "--out", "a.zip"], "There is no part 'part7'"),
    "no folder": (["part9", "--out", "none/a.zip"], "can't be written: No such file or directory. Name a file"),
    "a folder": (["part9", "--out", "."], ". is a folder. Name a file in it."),
}


@pytest.mark.parametrize("call", BAD_CALLS)
def test_bad_calls_leave_nothing(tmp_path, call):
    arguments, words = BAD_CALLS[call]
    (tmp_path / "in").mkdir()
    done = make(tmp_path / "in", *arguments)
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["in"]


def test_an_installed_kit_makes_none(monkeypatch, tmp_path):
    monkeypatch.setattr(bundle, "KIT", tmp_path)
    course = Course(MINI)
    with pytest.raises(UsageError, match=r"There is no .*student.lock. A bundle is made in a clone"):
        bundle.bundle(course, course.part("part9"), SEED)


# --- Set up -----------------------------------------------------------------------------------------


def test_a_python_that_is_too_old_is_said(place):
    done = subprocess.run(
        ["sh", place.base / "source" / "setup.sh"],
        env=os.environ | {"AUTOGRADER": str(place.base), "PYTHON": "/bin/false"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "needs Python 3.11 or newer" in done.stderr) == (1, True)
    assert not (place.base / "venv").exists()


def test_a_newer_python_is_taken_beside_an_old_one(autograder, tmp_path):
    """As on Ubuntu 22.04, whose own is 3.10, and which has 3.11 too. apt, pip and the Pythons only say what they do."""
    base, programs, log = tmp_path / "autograder", tmp_path / "bin", tmp_path / "log"
    shutil.copytree(autograder, base)
    programs.mkdir()
    said = f'echo "$(basename "$0")" "$@" >> {log}\n'
    new = f"""case "$2" in venv) mkdir -p "$3/bin"; cp {programs}/says "$3/bin/pip"; cp {programs}/says "$3/bin/python";; esac
"""
    apt = f"""case "$*" in
  *python3.1[23]*) exit 100 ;;
  *python3.11*) cp {programs}/new {programs}/python3.11 ;;
esac
"""
    for name, words in {"says": said, "new": new, "apt-get": said + apt, "python3": "exit 1\n"}.items():
        (programs / name).write_text(f"#!/bin/sh\n{words}")
        (programs / name).chmod(0o755)
    for program in ("sh", "cat", "chmod", "cp", "mkdir", "basename"):
        (programs / program).symlink_to(shutil.which(program))
    where = {"AUTOGRADER": str(base), "PATH": str(programs), "TORCH_INDEX": "an address"}
    subprocess.run([shutil.which("sh"), base / "source" / "setup.sh"], env=where, check=True)
    lines = log.read_text().splitlines()
    assert [line for line in lines if "bubblewrap" in line and "python3-venv" in line]
    assert [line for line in lines if line.endswith("python3.11 python3.11-venv")]
    first, second = (line for line in lines if line.startswith("pip"))
    assert first.endswith(f"-r {base}/source/requirements/student.lock")
    assert second.endswith(f"--index-url an address -r {base}/source/requirements/torch.lock")
    assert stat.S_IMODE((base / "source").stat().st_mode) == 0o700


@pytest.mark.slow
def test_what_setup_installs_grades_a_part_of_the_kit(tmp_path):
    """All but apt's half of it: a new environment from the locks, then part 4's solution."""
    need("bwrap")
    course = Course(ROOT)
    unpack(bundle.bundle(course, course.part("part4"), SEED), tmp_path)
    where = {"AUTOGRADER": str(tmp_path), "PYTHON": sys.executable}
    subprocess.run(["sh", tmp_path / "source" / "setup.sh"], env=os.environ | where, check=True)
    assert stat.S_IMODE((tmp_path / "source").stat().st_mode) == 0o700
    there = Place(tmp_path, str(tmp_path / "venv" / "bin" / "python"), os.environ["PATH"])
    assert there.run({"part4.py": solved(ROOT, "part4_backprop")}) == 0, there.stdout
    assert there.form["score"] == course.part("part4").points

"""A workspace is made whole or not at all, and brought up to date without a line being lost."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pages
import pytest
import students
from click.testing import CliRunner
from edits import edited, edits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tools import need

from grader import backups, state
from grader.cli import main
from grader.course import Course
from grader.workspaces import begin, update
from grader.workspaces.merge import CLOSES, OPENS, QUOTE

NAME = "part9_mini"
STUB = (students.MINI / "exercises" / f"{NAME}.py").read_text()
SOLVED = students.solved(students.MINI, NAME)


def files(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in Path(folder).rglob("*")}


def run(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def fine(*arguments, code=0):
    done = run(*arguments)
    assert (done.exit_code, done.stderr) == (code, ""), done.output
    return done.stdout


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of its own, which a test may change."""
    root = tmp_path / "kit"
    shutil.copytree(students.MINI, root)
    (root / "data").mkdir()
    (root / "data" / "names.txt").write_bytes(b"emma\r\nolivia\r\n")
    (root / "data" / "README.md").write_text("# Names\n")
    monkeypatch.setenv("GRADER_COURSE", str(root))
    monkeypatch.chdir(tmp_path)
    return root


@pytest.fixture
def mine(course, monkeypatch):
    fine("init", "mine")
    monkeypatch.chdir("mine")
    return Path("exercises") / f"{NAME}.py"


def teach(course, old, new):
    """The course changes its text, in the solutions and in what is made of them."""
    for folder in ("exercises", "solutions"):
        path = course / folder / f"{NAME}.py"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


# --- What init refuses --------------------------------------------------------------------------------


def _text(path, text="mine"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _link(path, to):
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(to)


TAKEN = {
    "a file": (lambda here: _text(here / "there"), "there", "is a file"),
    "not empty": (lambda here: _text(here / "there" / "mine.txt"), "there", "is not empty"),
    "a hidden file": (lambda here: _text(here / "there" / ".mine"), "there", "is not empty"),
    "a link": (lambda here: _link(here / "there", here), "there", "is a link"),
    "a dead link": (lambda here: _link(here / "there", "nowhere"), "there", "is a link"),
    "no folder above": (lambda here: None, "no/there", "There is no folder no. Make it first: mkdir -p no"),
    "a file above": (lambda here: _text(here / "no"), "no/there", "There is no folder no"),
    "the kit": (lambda here: None, "kit/there", "Name one outside it: `grader init zero-to-hero`."),
    "deep in the kit": (lambda here: (here / "kit" / "data" / "deep").mkdir(), "kit/data/deep", "in the kit's own folder"),
    "the kit by a link": (lambda here: _link(here / "way", here / "kit"), "way/there", "in the kit's own folder"),
    "a workspace": (lambda here: _text(here / "w" / "exercises" / "part1.py"), "w/there", "in a workspace already"),
    "a workspace's exercises": (
        lambda here: _text(here / "w" / "exercises" / "part1.py"),
        "w/exercises/there",
        "in a workspace already",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_a_place_that_is_taken_stays_as_it_is(course, tmp_path, name):
    make, folder, words = TAKEN[name]
    make(tmp_path)
    before = files(tmp_path)
    done = run("init", folder)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert "\n" not in done.stderr.strip()
    assert files(tmp_path) == before


@pytest.mark.parametrize("there", [False, True])
def test_a_folder_that_can_not_be_written(course, tmp_path, there):
    folder = tmp_path / "locked"
    folder.mkdir()
    if there:
        (folder / "there").mkdir()
    for path in (folder / "there", folder) if there else (folder,):
        path.chmod(0o555)
    without = "-dac_override,-dac_read_search"  # what lets root write all the same
    before = [need("setpriv"), "--bounding-set", without] if os.access(folder, os.W_OK) else []
    line = [*before, sys.executable, "-m", "grader", "init", "locked/there"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "locked/there can't be written: Permission denied" in done.stderr
    assert len(files(folder)) == int(there)


@pytest.mark.parametrize("there", [False, True])
def test_a_disk_that_is_full_leaves_nothing(course, tmp_path, monkeypatch, there):
    if there:
        (tmp_path / "there" / ".git").mkdir(parents=True)
    before, write, count = files(tmp_path), Path.write_bytes, []

    def full(path, content):
        count.append(path)
        if len(count) == 4:
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    done = run("init", "there")
    assert done.exit_code == 2
    assert "No space left" in done.stderr
    assert files(tmp_path) == before


def test_a_move_that_fails_is_taken_back(course, tmp_path, monkeypatch):
    (tmp_path / "there").mkdir()
    before, rename = files(tmp_path), Path.rename

    def fail(path, to):
        if path.name == "exercises":
            raise OSError(5, "Input/output error")
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", fail)
    assert run("init", "there").exit_code == 2
    assert files(tmp_path) == before


def test_somebodys_answers_are_not_handed_out(course, tmp_path, monkeypatch):
    (course / "exercises" / f"{NAME}.py").write_text(SOLVED)
    fine("init", "mine")
    made = tmp_path / "mine" / "exercises" / f"{NAME}.py"
    assert made.read_text() == STUB
    monkeypatch.chdir("mine")
    assert "Nothing to do" in fine("update")
    path = course / "solutions" / f"{NAME}.py"
    path.write_text(path.read_text().replace("Twice x", "Two times x"))
    assert fine("update").startswith("updated")
    assert made.read_text() == STUB.replace("Twice x", "Two times x")


def test_solutions_that_can_not_be_cleared_are_not_handed_out(course, tmp_path):
    path = course / "solutions" / f"{NAME}.py"
    path.write_text(path.read_text().replace("### END SOLUTION", "", 1))
    done = run("init", "mine")
    assert done.exit_code == 2
    assert "BEGIN SOLUTION" in done.stderr
    assert not (tmp_path / "mine").exists()


# --- What init makes ----------------------------------------------------------------------------------


def test_a_workspace(course, tmp_path):
    said = fine("init", "mine")
    assert said == "made      mine: the exercises are in mine/exercises\nGo there, and begin: grader watch part9\n"
    made = {str(path.relative_to(tmp_path / "mine")): told for path, told in files(tmp_path / "mine").items() if told}
    assert set(made) == {
        f"exercises/{NAME}.py",
        f".grader/shipped/{NAME}.py",
        "data/names.txt",
        "data/README.md",
        ".gitignore",
        ".gitattributes",
        ".vscode/settings.json",
        ".vscode/extensions.json",
        "pytest.ini",
        "README.md",
    }
    assert made[f"exercises/{NAME}.py"] == made[f".grader/shipped/{NAME}.py"] == STUB.encode()
    assert made["data/names.txt"] == b"emma\nolivia\n"
    assert not any(b"\r" in content for content in made.values())
    assert json.loads(made[".vscode/settings.json"])["python.testing.pytestArgs"] == ["exercises"]
    assert json.loads(made[".vscode/extensions.json"])["recommendations"]
    assert "grader watch part9 " in made["README.md"].decode()
    umask = os.umask(0)
    os.umask(umask)
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o777 & ~umask
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("git", [False, True])
def test_in_the_folder_where_one_is(course, tmp_path, monkeypatch, git):
    (tmp_path / "here").mkdir()
    if git:
        _text(tmp_path / "here" / ".git" / "HEAD")
    monkeypatch.chdir("here")
    fine("init", ".")
    assert Path("exercises", f"{NAME}.py").read_text() == STUB
    assert {path.name for path in Path().iterdir()} - {".git"} == {
        *".gitignore .gitattributes .grader .vscode README.md data exercises pytest.ini".split()
    }
    assert run("init", ".").exit_code == 2
    assert "Nothing to do" in fine("update")


def test_what_git_keeps(course, mine):
    git = need("git")
    subprocess.run([git, "init", "-q"], check=True)
    for name in ("progress.txt", "hints.txt", "names.txt", "last-error.txt", "new/part9_mini.py"):
        _text(Path(".grader") / name)
    for name in ("exercises/backups/part9_mini.bak", "pictures/a.png", ".venv/a", "exercises/.ipynb_checkpoints/a"):
        _text(Path(name))
    subprocess.run([git, "add", "."], check=True)
    kept = subprocess.run([git, "ls-files"], capture_output=True, text=True, check=True).stdout.split()
    assert set(kept) == {
        *".gitattributes .gitignore .grader/hints.txt .grader/progress.txt .grader/shipped/part9_mini.py".split(),
        *".vscode/extensions.json .vscode/settings.json README.md data/README.md data/names.txt".split(),
        *"exercises/part9_mini.py pytest.ini".split(),
    }


def test_progress_on_two_machines_merges_in_git(course, mine):
    git = [need("git"), "-c", "user.name=a", "-c", "user.email=a@b.c"]

    def commit(name, text):
        _text(Path(".grader/progress.txt"), text)
        for words in (["checkout", "-q", "-B", name], ["add", "."], ["commit", "-q", "-m", name]):
            subprocess.run([*git, *words], check=True)

    subprocess.run([*git, "init", "-q"], check=True)
    commit("main", "part9.a passed\n")
    commit("one", "part9.a passed\npart9.b passed\n")
    subprocess.run([*git, "checkout", "-q", "main"], check=True)
    commit("two", "part9.a passed\npart9.c failed\n")
    subprocess.run([*git, "merge", "-q", "-m", "both", "one"], check=True)
    assert sorted(Path(".grader/progress.txt").read_text().split("\n")) == [
        "",
        "part9.a passed",
        "part9.b passed",
        "part9.c failed",
    ]


@pytest.mark.slow  # test_plugin.py has the same of the tiny course
def test_pytest_finds_every_check_of_the_course(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRADER_COURSE", raising=False)
    fine("init", "mine")
    _text(tmp_path / "mine" / "exercises" / "backups" / "part4_backprop.2026-01-01T00-00-00.py.bak", "1 / 0")
    for folder, words in ((".", ["exercises"]), ("exercises", [])):
        line = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--collect-only", "-q", *words]
        done = subprocess.run(line, cwd=tmp_path / "mine" / folder, capture_output=True, text=True, check=False)
        found = re.findall(r"^exercises/part\w+\.py::(\S+)$", done.stdout, re.MULTILINE)
        assert found == [spec.id for part in Course(students.ROOT).parts() for spec in part.checks], done.stdout


# --- What update refuses ------------------------------------------------------------------------------


def refused(*arguments):
    before = files(".")
    done = run("update", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "\n" not in done.stderr.strip()
    assert files(".") == before
    return done.stderr


def test_in_the_kits_own_folder(course, monkeypatch):
    for folder in (".", "exercises", "data"):
        monkeypatch.chdir(course / folder)
        assert "git pull" in refused()


def test_where_there_is_no_workspace(course, tmp_path):
    assert "grader init DIR" in refused()


SPOILT = {
    "not UTF-8": (lambda path: path.write_bytes(b"\xff"), "not UTF-8"),
    "a link": (lambda path: (path.rename("elsewhere"), path.symlink_to("../elsewhere")), "is a link"),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "no regular file"),
    "what was shipped": (lambda path: Path(".grader/shipped", path.name).write_bytes(b"\xff"), "not UTF-8"),
    "a file for the backups": (lambda path: _text(path.parent / "backups"), "called backups"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_can_not_be_brought_up_to_date(course, mine, name):
    mine.write_text(SOLVED)
    teach(course, "Twice x", "Two x")
    spoil, words = SPOILT[name]
    spoil(mine)
    before = {path: content for path, content in files("exercises").items()}
    done = run("update")
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert files("exercises") == before


# --- What update brings -------------------------------------------------------------------------------


def test_nothing_to_do(mine):
    before = files(".")
    assert fine("update") == "Nothing to do: the exercises are up to date.\n"
    mine.write_text(SOLVED)
    assert "Nothing to do" in fine("update")
    mine.write_text(STUB)
    assert files(".") == before


def test_answers_stay_and_text_is_new(course, mine):
    answered = STUB.replace("    # YOUR CODE HERE\n    raise NotImplementedError()", "    return x + x", 1)
    mine.write_text(answered)
    teach(course, "Twice x, of any shape.", "Two times x.")
    teach(course, "# # A tiny part", "# # A tiny part, and a word on it")
    said = fine("update")
    assert said.startswith("merged    exercises/part9_mini.py\nkept      exercises/backups/part9_mini.")
    new = (course / "exercises" / f"{NAME}.py").read_text()
    assert mine.read_text() == new.replace(
        "    # YOUR CODE HERE\n    raise NotImplementedError()", "    return x + x", 1
    )
    assert [path.read_text() for path in Path("exercises/backups").iterdir()] == [answered]
    assert Path(".grader/shipped", mine.name).read_text() == new
    assert "Nothing to do" in fine("update")


def test_what_both_have_changed(course, mine):
    mine.write_text(STUB.replace("Twice x, of any shape.", "My own words.").replace("\n", "\r\n"))
    teach(course, "Twice x, of any shape.", "Two times x.")
    said = fine("update", code=1)
    line = mine.read_text().split("\n").index(OPENS) + 1
    assert f"conflict  exercises/part9_mini.py, line {line}: both you and the course have changed this." in said
    told = mine.read_bytes().decode()
    block = ['    """My own words."""', OPENS, f'{QUOTE}    """Two times x."""', CLOSES, "    # YOUR CODE HERE"]
    assert "\r\n".join(block) in told
    assert told.count("\r\n") == told.count("\n")
    assert "Nothing to do" in fine("update")
    assert mine.read_bytes().decode() == told


def test_what_the_docs_show_of_it(course, mine):
    (shown,) = pages.run_by(__file__)
    answered = STUB.replace("    # YOUR CODE HERE\n    raise NotImplementedError()", "    return x + x", 1)
    mine.write_text(answered.replace("Twice x, of any shape.", "My own words."))
    teach(course, "Twice x, of any shape.", "Two times x.")
    fine("update", code=1)
    assert f"\n{shown}" in mine.read_text()


def test_parts_that_are_new_or_gone_and_files_of_ones_own(course, mine):
    own = Path("exercises/part9_notes.py")
    own.write_text("mine")
    mine.unlink()
    for folder in ("exercises", "solutions", "reference", "grader/checks"):
        shutil.copy(course / folder / f"{NAME}.py", course / folder / "part8_more.py")
    Path("data/names.txt").unlink()
    Path("data/README.md").write_text("mine")
    assert sorted(fine("update").splitlines()) == [
        "new       exercises/part8_more.py",
        "put back  data/names.txt",
        "put back  exercises/part9_mini.py",
    ]
    assert mine.read_text() == Path("exercises/part8_more.py").read_text() == STUB
    assert Path("data/names.txt").read_bytes() == b"emma\nolivia\n"
    assert Path("data/README.md").read_text() == own.read_text() == "mine"
    assert "Nothing to do" in fine("update")


def test_a_workspace_that_has_lost_its_exercises(course, mine):
    for words, said in (
        (["update"], "put back  exercises/part9_mini.py\n"),
        (["reset", "part9"], "reset     part9 in"),
    ):
        shutil.rmtree("exercises")
        assert said in fine(*words)
        assert mine.read_text() == STUB


def test_where_it_is_not_known_what_was_shipped(course, mine):
    shutil.rmtree(".grader")
    assert "Nothing to do" in fine("update")
    assert Path(".grader/shipped", mine.name).read_text() == STUB
    shutil.rmtree(".grader")
    mine.write_text(SOLVED)
    said = fine("update", code=1)
    assert "unclear   exercises/part9_mini.py" in said
    assert ".grader/new/part9_mini.py" in said
    assert Path(".grader/new", mine.name).read_text() == STUB
    assert mine.read_text() == SOLVED
    assert "Nothing to do" in fine("update")
    teach(course, "# # A tiny part", "# # A small part")
    fine("update")
    assert mine.read_text() == SOLVED.replace("# # A tiny part", "# # A small part")


@pytest.mark.parametrize("folder", ["exercises", "data", "deep/er"])
def test_from_a_folder_below_by_the_real_command(course, mine, folder):
    Path(folder).mkdir(parents=True, exist_ok=True)
    mine.write_text(SOLVED)
    teach(course, "# # A tiny part", "# # A small part")
    done = students.command("update", cwd=Path(folder), course=course)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("merged ")
    assert "A small part" in mine.read_text()
    assert "up to date" in students.command("update", cwd=Path(folder), course=course).stdout


def test_a_notebook_beside_it_is_named(course, mine):
    mine.with_suffix(".ipynb").write_text("{}")
    teach(course, "# # A tiny part", "# # A small part")
    assert "`grader notebook part9` carries this over" in fine("update")


def test_no_torch(course):
    code = "import sys; from grader.cli import main; main(sys.argv[1:], standalone_mode=False)"
    for words, folder in ((["init", "mine"], "."), (["update"], "mine")):
        line = [sys.executable, "-X", "importtime", "-c", code, *words]
        done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
        assert not re.search(r"\| +(torch|jupytext|nbformat|nbgrader)$", done.stderr, re.MULTILINE)


# --- Whenever it is killed ----------------------------------------------------------------------------


class Killed(BaseException):
    """Nothing after it is done."""


def _killing(monkeypatch, after):
    """From here on the process ends after some changes to the disk."""
    left = [after]

    def counted(call):
        def counting(*arguments, **named):
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return call(*arguments, **named)

        return counting

    for where, name in (
        (Path, "replace"),
        (os, "replace"),
        (Path, "write_bytes"),
        (backups, "_write"),
        (backups, "_put"),
    ):
        monkeypatch.setattr(where, name, counted(getattr(where, name)))


@pytest.mark.parametrize("after", range(12))
def test_a_second_run_finishes_what_was_killed(course, mine, after):
    own = STUB.replace("Twice x, of any shape.", "My own words.")
    mine.write_text(own)
    teach(course, "Twice x, of any shape.", "Two times x.")
    teach(course, "Divide x by n", "Divide by n")
    shutil.copytree(".", "../whole")
    with pytest.MonkeyPatch.context() as patch:
        _killing(patch, after)
        try:
            update.update(Course(course))
        except Killed:
            pass
        else:
            assert after > 4  # all was done by then
    assert mine.read_text() == own or own in [path.read_text() for path in Path("exercises/backups").iterdir()]
    run("update")
    told, shipped = mine.read_bytes(), files(".grader")
    os.chdir("../whole")
    assert run("update").exit_code == 1
    assert mine.read_bytes() == told
    assert files(".grader") == shipped
    assert told.decode().count(OPENS) == 1


# --- With a real part ---------------------------------------------------------------------------------


def test_a_solved_part_whose_text_has_changed_still_passes(tmp_path, monkeypatch, template):
    kit, name = tmp_path / "kit", "part4_backprop"
    for folder in ("exercises", "solutions", "reference", "grader/checks"):
        (kit / folder).mkdir(parents=True)
        for path in (students.ROOT / folder).glob(f"{name}*"):
            (shutil.copytree if path.is_dir() else shutil.copy)(path, kit / folder / path.name)
    monkeypatch.setenv("GRADER_COURSE", str(kit))
    monkeypatch.chdir(tmp_path)
    fine("init", "mine")
    monkeypatch.chdir("mine")
    mine = Path("exercises") / f"{name}.py"
    mine.write_text(students.solved(students.ROOT, name))
    for folder in ("exercises", "solutions"):
        path = kit / folder / mine.name
        text = path.read_text()
        text = text.replace("    Example: probs = [[0.5, 0.25]]", "    For example: probs = [[0.5, 0.25]]")
        text = re.sub(r"(?m)^    Returns .*\n", r"\g<0>    (a tensor)\n", text)
        text = re.sub(r"(?m)^# ### (d\w+)$", r"# ### The gradient \1\n#\n# A word on \1.", text)
        text = text.replace("# ## Four rules, used all over", "# ## Four rules that are used all over")
        path.write_text(text)
    assert fine("update").startswith("merged ")
    assert mine.read_text() == (kit / "solutions" / mine.name).read_text()
    results = students.grade(template, mine, students.ROOT, name)
    assert {result.status for result in results.values()} == {"passed"}


# --- Whatever is edited -------------------------------------------------------------------------------

steps = st.lists(
    st.one_of(
        edits.map(lambda made: ("mine", made)),
        edits.map(lambda made: ("course", made)),
        st.just(("update", None)),
        st.tuples(st.sampled_from(["reset", "undo"]), st.sampled_from(["part9", "part9.double"])),
    ),
    max_size=7,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_every_text_is_in_the_file_or_in_a_backup(todo):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        root = Path(folder) / "kit"
        shutil.copytree(students.MINI, root)
        shutil.rmtree(root / "solutions")  # nothing to compare with: the course says what it likes
        patch.setenv("GRADER_COURSE", str(root))
        begin.begin(Course(root), Path(folder) / "mine")
        patch.chdir(Path(folder) / "mine")
        path, ever = Path("exercises") / f"{NAME}.py", set()
        for what, told in todo:
            if what in ("mine", "course"):
                file = path if what == "mine" else root / path
                file.write_text("\n".join(edited(file.read_text().split("\n"), told)))
                continue
            before = path.read_bytes()
            done = run("update") if what == "update" else run("reset", told, *(["--undo"] if what == "undo" else []))
            after = path.read_bytes()
            assert done.exit_code in (0, 1) or (done.exit_code, after) == (2, before), done.output
            ever |= {before} if after != before else set()
            assert ever <= {after, *(one.read_bytes() for one in path.parent.glob("backups/*"))}
            if what == "update" and done.exit_code != 2:
                held = files(".")
                assert "Nothing to do" in fine("update")
                assert files(".") == held
                assert not list(state.folder().rglob("*.partial"))

"""A .py and a notebook beside it are brought in step, by the real command, and nothing a student wrote is lost."""

import ast
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import desks
import jupytext
import nbformat
import pytest
import students
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from tools import need

from grader import cells
from grader.classes import find as finding
from grader.cli import main
from grader.course import Course
from grader.errors import UsageError
from grader.pairing import convert
from grader.pairing.pair import pair as in_step
from grader.pairing.sides import KERNEL

NAME = "part9_mini"


class Pair(desks.Desk):
    """A student's two files, and the command on them."""

    def __init__(self, folder: Path):
        super().__init__(folder, "notebook", "part9")
        self.py = folder / f"{NAME}.py"
        self.ipynb = folder / f"{NAME}.ipynb"

    def apart(self, *arguments, before=(), **options):
        """The command in a process of its own."""
        line = [*before, sys.executable, "-m", "grader", "notebook", "part9", *arguments]
        return subprocess.run(line, capture_output=True, text=True, check=False, **options)

    def backups(self):
        return {path.name: path.read_bytes() for path in sorted((self.folder / "backups").glob("*"))}

    @property
    def json(self):
        return json.loads(self.ipynb.read_text())

    def edit(self, change):
        found = self.json
        change(found["cells"])
        self.ipynb.write_text(json.dumps(found))

    def rewrite(self, old, new):
        text = self.py.read_bytes().decode()
        assert old in text
        self.py.write_bytes(text.replace(old, new, 1).encode())


@pytest.fixture
def pair(tmp_path, monkeypatch):
    course = tmp_path / "course"
    shutil.copytree(students.MINI, course)
    monkeypatch.chdir(course)
    monkeypatch.setenv("GRADER_COURSE", str(course))
    return Pair(Path("exercises"))


@pytest.fixture
def paired(pair):
    """Both files in step, and the notebook run: each code cell has an output."""
    pair.done()

    def run(made):
        for n, cell in enumerate(made):
            cell["metadata"]["mine"] = n
            if cell["cell_type"] == "code":
                cell |= {"outputs": [output(n)], "execution_count": n}

    pair.edit(run)
    return pair


def output(n):
    return {"output_type": "stream", "name": "stdout", "text": [f"{n}\n"]}


def code(source, **more):
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None} | more


def sources(made):
    return ["".join(cell["source"]) for cell in made]


def find(made, words):
    (cell,) = (cell for cell in made if words in "".join(cell["source"]))
    return cell


# --- What is refused --------------------------------------------------------------------------------

HEAD = "# ---\n# jupyter:\n#   jupytext:\n#     text_representation:\n#       extension: .py\n#       format_name: "
SCRIPTS = {
    "not UTF-8": (b"# caf\xe9", "not UTF-8 text"),
    "too large": (b"#" * 4_000_001, "larger than 4 MB"),
    "another format": (f"{HEAD}light\n# ---\n\nx = 1\n", "calls itself light"),
    "an unknown format": (f"{HEAD}mine\n# ---\n\nx = 1\n", "Mend its head"),
    "a head that is no YAML": ("# ---\n# jupyter:\n#   a: [\n# ---\n\n# %%\nx = 1\n", "Mend its head"),
    "an empty head": ("# ---\n# jupyter:\n# ---\n\n# %%\nx = 1\n", "Mend its head"),
    "latin-1 by its first line": ("# -*- coding: latin-1 -*-\n# %%\nx = 1\n", "Mend its head"),
    "an open string": ("# %%\nx = '''\n\n# %%\ny = 1\n", "Close each string"),
    "a cell in a function": ("# %%\ndef f():\n    # %% here\n    return 1\n", "indent"),
    "a comment that is a command": ("# %%\n# copy the tensor\nx = 1\n", "'copy the tensor'"),
    "a form feed in a string": ("# %%\nx = 'a\x0cb'\n", "line 2: jupytext would end the line at '\\x0c'"),
    "a line separator in text": ("# %% [markdown]\n# a\u2028b\n", "line 2: jupytext would end the line"),
    "jupytext's other marker": ("# %%\nx = 1\n# In[2]:\ny = 2\n", "can't both hold"),
    "a magic's name taken": ("# %%\n# %time x = 1\n", "%time x = 1"),
    "a magic in a string jupytext does not see": ("# %%\nx = '\\\\'; y = '''\n# %time\n'''\n", "can't both hold"),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_py_that_would_not_be_the_same_notebook(pair, name):
    content, words = SCRIPTS[name]
    pair.py.write_bytes(content if isinstance(content, bytes) else content.encode())
    said = pair.refused()
    assert words in said
    assert pair.py.name in said


CELLS = {
    "an open string": "x = '''",
    "a marker": "x = 1\n# %%\ny = 2",
    "a marker with a title": "# %% mine\ny = 2",
    "a marker without a space": "x = 1\n#%%\ny = 2",
    "jupytext's other marker": "# In[1]:\nx = 1",
    "an indented marker": "def f():\n    # %% x\n    return 1",
    "a form feed": "x = '\x0c'",
    "a magic's name taken": "%time x = 1",
    "a command without a sign": "ls",
    "an indented cell": "    x = 1",
}


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_that_no_py_can_hold(paired, name):
    paired.edit(lambda made: made.insert(2, code(CELLS[name])))
    assert "can't both hold" in paired.refused()
    assert "can't both hold" in paired.refused("--from", "notebook")


def test_half_a_character(paired):
    paired.edit(lambda made: made.append(code("x = '\ud800'")))
    assert "half a character" in paired.refused()


NOTEBOOKS = {
    "empty": "",
    "half": '{"cells": [',
    "a list": "[]",
    "version 3": '{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": []}]}',
    "version 5": '{"nbformat": 5, "nbformat_minor": 0, "metadata": {}, "cells": []}',
    "no version": '{"metadata": {}, "cells": []}',
    "metadata of text": '{"nbformat": 4, "nbformat_minor": 5, "metadata": "x", "cells": []}',
    "no list of cells": '{"nbformat": 4, "nbformat_minor": 5, "cells": {}}',
    "cells of text": '{"nbformat": 4, "nbformat_minor": 5, "cells": "abc"}',
    "a cell of another kind": '{"nbformat": 4, "nbformat_minor": 5, "cells": [{"cell_type": "heading", "source": ""}]}',
    "a cell without a source": '{"nbformat": 4, "nbformat_minor": 5, "cells": [{"cell_type": "code"}]}',
    "a source of numbers": '{"nbformat": 4, "nbformat_minor": 5, "cells": [{"cell_type": "code", "source": [1]}]}',
    "a source of names": '{"nbformat": 4, "nbformat_minor": 5, "cells": [{"cell_type": "code", "source": {"a": 1}}]}',
    "metadata of a cell of text": '{"nbformat": 4, "nbformat_minor": 5, "cells": [{"cell_type": "code", "source": "", "metadata": ""}]}',
    "deep": "[" * 100_000,
    "not UTF-8": b'{"nbformat": 4, "cells": ["\xff"]}',
}


@pytest.mark.parametrize("name", NOTEBOOKS)
@pytest.mark.parametrize("choice", [(), ("--from", "notebook")])
def test_a_notebook_that_is_none(pair, name, choice):
    content = NOTEBOOKS[name]
    pair.ipynb.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert "is not a Jupyter notebook" in pair.refused(*choice)


def test_a_notebook_that_is_none_is_made_anew_and_kept_where_the_py_counts(pair):
    pair.ipynb.write_text("torn")
    pair.done("--from", "py")
    assert [cell["cell_type"] for cell in pair.json["cells"]]
    assert [*pair.backups().values()] == [b"torn"]


def test_where_there_are_no_exercises_nothing_is_paired(pair, monkeypatch, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    done = pair.run()
    assert done.exit_code == 2
    assert "There is no exercises/part9_mini.py in" in done.stderr


def test_both_changed(paired):
    paired.rewrite("Twice x", "Two x")
    paired.edit(lambda made: made.append(code("y = 2")))
    said = paired.refused()
    for words in (paired.py.name, paired.ipynb.name, "--from py", "--from notebook", "backups"):
        assert words in said


@pytest.mark.parametrize("mark", [None, {}, "x", {"synced": None}, {"synced": "0" * 64}])
def test_what_differs_and_was_never_in_step(paired, mark):
    found = paired.json
    found["metadata"]["grader"] = mark
    found["cells"].append(code("y = 2"))
    paired.ipynb.write_text(json.dumps(found))
    assert "both have changed" in paired.refused()


def test_no_clock_decides(paired):
    paired.rewrite("Twice x", "Two x")
    paired.edit(lambda made: made.append(code("y = 2")))
    for newer, older in ((paired.py, paired.ipynb), (paired.ipynb, paired.py)):
        os.utime(older, (1, 1))
        os.utime(newer)
        paired.refused()


def _link(path):
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def _folder(path):
    path.unlink()
    path.mkdir()


PLACES = {
    "a link for the .py": (lambda pair: _link(pair.py), "is a link"),
    "a link for the notebook": (lambda pair: _link(pair.ipynb), "is a link"),
    "a dead link": (lambda pair: pair.ipynb.unlink() or pair.ipynb.symlink_to("nowhere"), "is a link"),
    "a folder for the notebook": (lambda pair: _folder(pair.ipynb), "no regular file"),
    "a pipe for the notebook": (lambda pair: pair.ipynb.unlink() or os.mkfifo(pair.ipynb), "no regular file"),
    "a file for the backups": (lambda pair: (pair.folder / "backups").write_text("mine"), "called backups"),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_place_that_can_not_be_written(paired, name):
    place, words = PLACES[name]
    paired.rewrite("Twice x", "Two x")
    place(paired)
    assert words in paired.refused()


def test_write_protected(paired):
    paired.edit(lambda made: made.append(code("y = 2")))
    paired.py.chmod(0o444)
    without = "-dac_override,-dac_read_search"  # what lets root write all the same
    before = (need("setpriv"), "--bounding-set", without) if os.access(paired.py, os.W_OK) else ()
    assert "chmod u+w" in paired.refused(run=partial(paired.apart, before=before))


def test_a_file_that_is_saved_at_the_same_time(paired, monkeypatch):
    paired.rewrite("Twice x", "Two x")
    fault, saved = convert.fault_of, paired.json | {"cells": [code("saved = 1")]}

    def slow(*both):
        paired.ipynb.write_text(json.dumps(saved))
        return fault(*both)

    monkeypatch.setattr(convert, "fault_of", slow)
    done = paired.run()
    assert done.exit_code == 2
    assert "at this very moment" in done.stderr
    assert paired.json == saved
    assert paired.backups() == {}


def test_there_is_no_such_file(pair):
    assert "There is no file" in pair.refused("--from", "notebook")
    assert "There is no part" in CliRunner().invoke(main, ["notebook", "part8"]).stderr
    pair.py.unlink()
    assert "There is no exercises/" in pair.refused()
    pair.ipynb.write_text(json.dumps(convert.EMPTY))
    assert "There is no exercises/" in pair.refused("--from", "notebook")


def test_a_full_disk_leaves_all_as_it_was(paired):
    paired.rewrite("Twice x", "Two x" + " and x" * 1000)
    full = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (2048, 2048))
    said = paired.refused(run=partial(paired.apart, preexec_fn=full))
    assert "can't be written to: File too large" in said


def test_without_jupytext(pair, tmp_path):
    (tmp_path / "jupytext.py").write_text("raise ModuleNotFoundError('No module named jupytext', name='jupytext')")
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}:{students.ROOT}"}
    assert "pip install jupytext" in pair.refused(run=partial(pair.apart, env=environment))


def test_other_commands_import_no_jupytext():
    show = "import sys; from grader import cli; sys.exit(bool({'jupytext', 'nbformat'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", show], check=False).returncode == 0


# --- What is done -----------------------------------------------------------------------------------


def test_the_first_notebook(pair):
    text = pair.py.read_bytes()
    assert str(pair.ipynb) in pair.done()
    assert pair.py.read_bytes() == text
    assert pair.backups() == {}
    made = nbformat.read(pair.ipynb, 4)
    nbformat.validate(made)
    assert made.metadata.jupytext.formats == "ipynb,py:percent"
    assert "text_representation" not in made.metadata.jupytext
    assert made.metadata.kernelspec.name == "python3"
    assert [cell.cell_type for cell in made.cells] == ["markdown", "code", "markdown", *["code"] * 3]
    assert sources(made.cells)[0] == "# A tiny part"
    first = pair.ipynb.read_bytes()
    pair.ipynb.unlink()
    pair.done()
    assert pair.ipynb.read_bytes() == first


def test_a_file_without_a_head_has_a_notebook_too(pair):
    pair.py.write_text("#%%\nx = 1\n")
    pair.done()
    nbformat.validate(nbformat.read(pair.ipynb, 4))
    assert pair.json["metadata"]["kernelspec"] == KERNEL
    pair.edit(lambda made: made.append(code("y = 2")))
    pair.done()
    assert pair.py.read_text() == "#%%\nx = 1\n\n# %%\ny = 2\n"


def test_all_parts_of_the_course(tmp_path):
    for folder in ("exercises", "solutions"):
        for shipped in (students.ROOT / folder).glob("part*.py"):
            py = Path(shutil.copy(shipped, tmp_path))
            ipynb = py.with_suffix(".ipynb")
            ipynb.unlink(missing_ok=True)
            in_step(py)
            found = json.loads(ipynb.read_text())
            found["cells"].append(code("y = 2"))
            ipynb.write_text(json.dumps(found))
            in_step(py)
            assert py.read_text() == shipped.read_text() + "\n# %%\ny = 2\n"


def test_nothing_to_do(paired):
    before = paired.files()
    assert "in step" in paired.done()
    assert "in step" in paired.done("--from", "py")
    assert "in step" in paired.done("--from", "notebook")
    assert paired.files() == before


def test_alike_and_not_known_to_be(paired):
    found = paired.json
    del found["metadata"]["grader"]
    paired.ipynb.write_text(json.dumps(found))
    text = paired.py.read_bytes()
    assert "in step" in paired.done()
    assert paired.py.read_bytes() == text
    assert {**paired.json["metadata"], "grader": 0} == {**found["metadata"], "grader": 0}
    assert {**paired.json, "metadata": 0} == {**found, "metadata": 0}
    paired.rewrite("Twice x", "Two x")
    assert "written" in paired.done()


def test_the_notebook_changed(paired):
    answer = "def double(x):\n    return x + x"
    paired.edit(lambda made: find(made, "def double").update(source=answer))
    text, found = paired.py.read_text(), paired.json
    said = paired.done()
    assert f"written   {paired.py} from {paired.ipynb}" in said
    stub = text[text.index("def double") : text.index("\n\n\n# %%\ndef row_sums")]
    assert paired.py.read_text() == text.replace(stub, answer)
    assert paired.json["cells"] == found["cells"]
    assert {name.split(".", 2)[2]: content for name, content in paired.backups().items()} == {
        "py.bak": text.encode(),
        "ipynb.bak": json.dumps(found).encode(),
    }
    assert all(f"kept      {paired.folder / 'backups' / name}" in said for name in paired.backups())
    assert "in step" in paired.done()


def test_the_py_changed(paired):
    had, before = paired.json["cells"], paired.ipynb.read_bytes()
    paired.rewrite("Twice x", "Two x")
    text = paired.py.read_bytes()
    said = paired.done()
    assert f"written   {paired.ipynb} from {paired.py}" in said
    assert "reload" in said
    assert paired.py.read_bytes() == text
    for was, now in zip(had, paired.json["cells"], strict=True):
        if "def double" in "".join(now["source"]):
            assert "Two x" in "".join(now["source"])
            assert (now["id"], now["metadata"]) == (was["id"], was["metadata"])
            assert (now["outputs"], now["execution_count"]) == ([], None)
        else:
            assert now == was
    assert list(paired.backups().values()) == [before]
    nbformat.validate(nbformat.read(paired.ipynb, 4))
    assert "in step" in paired.done()


@pytest.mark.parametrize(("choice", "words"), [("py", "Two x"), ("notebook", "Thrice x")])
def test_one_side_is_chosen(paired, choice, words):
    paired.rewrite("Twice x", "Two x")
    paired.edit(lambda made: find(made, "def double").update(source="def double(x):\n    'Thrice x.'"))
    before = {paired.py.read_bytes(), paired.ipynb.read_bytes()}
    paired.done("--from", choice)
    assert words in paired.py.read_text()
    assert words in paired.ipynb.read_text()
    assert before <= {*paired.backups().values(), paired.py.read_bytes()}
    assert "in step" in paired.done()


def test_cells_that_moved_keep_what_is_theirs(paired):
    had = paired.json["cells"]
    top, double, row_sums, shrink = paired.py.read_text().split("# %%\ndef ")
    moved = [top, f"shrink{shrink.removeprefix('shrink')}\n\n", "extra(): pass\n\n\n", row_sums, double]
    paired.py.write_text("# %%\ndef ".join(moved))
    paired.done()
    made = paired.json["cells"]
    assert len({cell["id"] for cell in made}) == len(made) == len(had) + 1
    for cell in made + had:  # but for the blank lines that jupytext notes of the .py
        cell["metadata"].pop("lines_to_next_cell", None)
    assert all(cell in made for cell in had)
    assert find(made, "extra")["outputs"] == []


def test_attachments_stay(paired):
    picture = {"picture.png": {"image/png": "aGVsbG8="}}
    text = "# A tiny part\n![](attachment:picture.png)"
    paired.edit(lambda made: made[0].update(attachments=picture, source=text))
    paired.done()
    assert paired.json["cells"][0]["attachments"] == picture
    paired.rewrite("# # A tiny part", "# # A small part")
    paired.done()
    cell = paired.json["cells"][0]
    assert cell["attachments"] == picture
    assert "small" in "".join(cell["source"])
    nbformat.validate(nbformat.read(paired.ipynb, 4))


def test_a_released_nbgrader_notebook_keeps_its_metadata(pair):
    # Without ids, as nbgrader's older ones are, and with a cell of its own on top.
    pair.done()
    made = pair.json
    del made["metadata"]["grader"], made["metadata"]["jupytext"]
    made["nbformat_minor"] = 4
    for cell in made["cells"]:
        del cell["id"]
        name = next(
            (name for name in ("double", "row_sums", "shrink") if f"def {name}" in "".join(cell["source"])), "text"
        )
        cell["metadata"]["nbgrader"] = {"grade_id": name, "schema_version": 3}
    made["cells"].insert(0, code("NAME = ''"))
    pair.ipynb.write_text(json.dumps(made))
    pair.rewrite("Twice x", "Two x")
    pair.rewrite("# %%\ndef row_sums", "# %%\nscratch = 1\n\n\n# %%\ndef row_sums")
    pair.refused()
    pair.done("--from", "py")
    released = nbformat.read(pair.ipynb, 4)
    nbformat.validate(released)
    assert released.nbformat_minor == 4
    for name in ("double", "row_sums", "shrink"):
        assert find(released.cells, f"def {name}").metadata.nbgrader.grade_id == name
    assert "nbgrader" not in find(released.cells, "scratch").metadata
    pair.edit(lambda made: made.append(code("y = 2")))
    pair.done()
    assert "nbgrader" not in pair.py.read_text()


def test_what_takes_the_place_of_an_answer_is_not_graded_for_it(paired):
    paired.edit(lambda made: find(made, "def double")["metadata"].update(nbgrader={"grade_id": "double"}))
    text = paired.py.read_text()
    stub = text[text.index("def double") : text.index("\n\n\n# %%\ndef row_sums")]
    paired.rewrite(stub, "scratch = 1")
    paired.done()
    assert "nbgrader" not in paired.ipynb.read_text()


def test_jupyters_blank_cell_is_no_change(paired):
    paired.edit(lambda made: made.append(code("", id="blank")))
    assert "in step" in paired.done()
    paired.rewrite("Twice x", "Two x")
    assert "written" in paired.done()
    paired.edit(lambda made: made.extend([code("y = 2"), code("\n")]))
    paired.done()
    assert paired.py.read_text().endswith("\n\n# %%\ny = 2\n")


def test_a_backup_never_takes_the_place_of_another(paired):
    for n in range(5):
        paired.edit(lambda made, n=n: made.append(code(f"y = {n}")))
        paired.done()
    kept = [content for name, content in paired.backups().items() if ".py." in name]
    assert len(set(kept)) == 5


def test_backups_are_no_submissions(paired, tmp_path):
    paired.rewrite("Twice x", "Two x")
    paired.done()
    part = Course(Path.cwd()).part("part9")
    ada = tmp_path / "class" / "ada"
    ada.parent.mkdir()
    paired.folder.rename(ada)
    (found,) = finding.find(ada.parent, part, tmp_path / "extracted")
    assert found.file in (f"ada/{NAME}.py", f"ada/{NAME}.ipynb")
    for path in ada.glob(f"{NAME}.*"):
        path.unlink()
    with pytest.raises(UsageError, match="holds nothing for part9"):
        finding.find(ada.parent, part, tmp_path / "extracted")


def test_permissions_stay(paired):
    paired.py.chmod(0o640)
    paired.edit(lambda made: made.append(code("y = 2")))
    paired.done()
    assert paired.py.stat().st_mode & 0o777 == 0o640


MAGICS = "%matplotlib inline\n!ls \\\n  -l\nfiles = !ls\ntorch.add?\n%time torch.ones(2)\nz = 1"


@pytest.mark.parametrize(
    "source", [MAGICS, "%%time\nz = 1", "%%bash\nls", "# %matplotlib inline\nz = 1", "%%capture out\nz = 1"]
)
def test_magics_are_comments_in_the_py(paired, source):
    paired.edit(lambda made: made.append(code(source)))
    paired.done()
    ast.parse(paired.py.read_text())
    before = paired.files()
    assert "in step" in paired.done()
    assert paired.files() == before
    paired.rewrite("Twice x", "Two x")
    paired.done()
    assert sources(paired.json["cells"])[-1] == source


def test_py_and_notebook_get_the_same_verdicts(pair):
    answers = {"double": "def double(x):\n    return x / 2", "row_sums": "def row_sums(x):\n    oh no"}
    pair.py.write_text(students.solved(Path.cwd(), NAME, **answers))
    pair.done()
    pair.edit(lambda made: made.insert(2, code(MAGICS)))
    pair.done()

    def run(path):
        done = students.command("run", "part9", "--file", path, "--json", "-", cwd=Path.cwd(), course=Path.cwd())
        return [(r["id"], r["status"], r["points"], r["mistake"]) for r in json.loads(done.stdout)["results"]]

    verdicts = run(pair.py)
    assert verdicts == run(pair.ipynb)
    assert [status for _, status, _, _ in verdicts] == ["failed", "crashed", "crashed", "skipped"]


# --- A student's own ways with a .py ----------------------------------------------------------------

ODD = '''\
#!/usr/bin/env python
# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: -all
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.0.0
#   kernelspec:
#     display_name: Mine
#     language: python
#     name: python3
# ---
before = "the first cell"
# %% Imports, with a title
import torch



# %% [markdown] tags=["text"]
"""
Text in quotes, with   spaces
"""
#%% tags=["mine"]
if torch:
\tx = 1   \n
\ttext = \'\'\'
# %% in a string
\'\'\'
# %% [raw]
# raw
# %% {"slide": true}
# %matplotlib inline
def f(): return 1
class A: pass
# %%
def g():
    return 2'''


@pytest.mark.parametrize("style", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["", "\n", "\n\n\n"])
def test_lines_that_are_not_edited_stay_as_they_are(pair, style, mark, end):
    text = mark + (ODD + end).replace("\n", style)
    pair.py.write_bytes(text.encode())
    pair.done()
    assert pair.py.read_bytes() == text.encode()
    answer = "%matplotlib inline\ndef f(): return 3\nclass A: pass"
    pair.edit(lambda made: find(made, "class A").update(source=answer))
    pair.done()
    text = text.replace("def f(): return 1", "def f(): return 3")
    assert pair.py.read_bytes() == text.encode()
    pair.edit(lambda made: made.remove(find(made, "raw")))
    pair.done()
    text = text.replace(f"# %% [raw]{style}# raw{style}", "")
    assert pair.py.read_bytes() == text.encode()
    pair.edit(lambda made: made.append(code("y = 2")))
    pair.done()
    made = pair.py.read_bytes().decode()
    assert made.startswith(text.rstrip("\r\n") + style)
    assert made.endswith(f"{style * 3}# %%{style}y = 2{style}")


# --- Whatever is edited -----------------------------------------------------------------------------

SOUND = [
    "x = 1",
    "def f(x):\n    return x",
    "def f(x):\n\n    # a comment\n    return x + 1\n\n\nclass A:\n    pass",
    "if x:\n\ty = 2",
    "text = '''\n# %% in a string\n%time\n'''",
    "text = '''\n\n\n'''",
    "oh no",
    "def broken(:",
    "# a comment alone",
    "# %matplotlib inline",
    "\n\nx = 2\n\n\n",
    "é = 'ü€😀'",
    "",
    "x = 1  \n  ",
    "x = 1 + \\\n  2",
    "why?",
]
ODD_ONES = [
    "# copy the tensor",
    "%matplotlib inline",
    "%%time\nx = 1",
    "%%bash\nls",
    "!pip list\nx = 1",
    "%time x = 1",
    "%time f(1)",
    "x = '\x0c'",
    "x = '''",
    "# %%\ny = 1",
    "# In[3]:\ny = 1",
    "# ---\n# a: 1\n# ---",
]
MARKS = {
    "code": ["# %%", "#%%", "# %% a title", '# %% tags=["a"]'],
    "markdown": ["# %% [markdown]", "# %% [md]"],
    "raw": ["# %% [raw]"],
}
kinds = st.sampled_from(["code", "code", "code", "markdown", "raw"])
sound = st.tuples(kinds, st.sampled_from(SOUND))
scrawls = st.text(st.sampled_from("x=1 \t\n#%'\"\\!?:\x0c\u2028é"), max_size=12).map(
    lambda text: text.rstrip("\\ \t\n")
)
odd = st.tuples(kinds, st.sampled_from(ODD_ONES) | scrawls)
words = st.sampled_from(["replace", "insert", "delete", "move"])
edits = st.lists(st.tuples(words, st.integers(0, 9), st.integers(0, 9), sound | sound | odd), max_size=3)


def percent(made, way):
    """Cells as one student or another might write them."""
    blocks = []
    for n, (kind, source) in enumerate(made):
        lines = source.split("\n") if kind == "code" else [f"# {line}".rstrip() for line in source.split("\n")]
        blocks.append("\n".join([MARKS[kind][(n + way) % len(MARKS[kind])], *lines]))
    return ("\n" * (1 + way % 3)).join(blocks) + "\n" * (way % 3)


def as_cell(kind, source):
    return code(source) if kind == "code" else {"cell_type": kind, "metadata": {}, "source": source}


def edited(made, changes, new):
    made = list(made)
    for what, i, j, (kind, source) in changes:
        i, j = i % (len(made) + 1), j % (len(made) + 1)
        if what == "insert" or i == len(made):
            made.insert(i, new(kind, source))
        elif what == "replace":
            made[i] = new(kind, source)
        elif what == "move":
            made.insert(j, made.pop(i))
        else:
            made.pop(i)
    return made


def graded(path):
    """What the grader reads in a file, cell by cell: names, and lines that are no comments and no magics."""
    found = []
    for one in cells.read(path, "any").cells:
        lines = [line.strip() for line in one.source.split("\n")]
        kept = [line for line in lines if line and not line.startswith(("#", "pass  #", "f(1)", "%", "!", "?"))]
        found.append((one.names(), kept))
    return [one for one in found if one[1]]


def plain(text):
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip()


def told(path):
    """The cells of either file that hold anything, as jupytext and nbformat read them."""
    text = path.read_bytes().decode("utf-8-sig")
    found = nbformat.reads(text, 4) if path.suffix == ".ipynb" else jupytext.reads(text, fmt="py:percent")
    return [(one.cell_type, plain(one.source)) for one in found.cells if plain(one.source)]


def files(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def step(py, chosen=None):
    """Pair, and hold it to what always has to be so; whether it was done."""
    folder, ipynb = py.parent, py.with_suffix(".ipynb")
    before = files(folder)
    try:
        said = in_step(py, chosen)
    except UsageError as error:
        assert "\n" not in str(error)
        assert files(folder) == before
        return False
    after = files(folder)
    assert set(after.values()) >= set(before.values())
    assert not any(name.endswith(".partial") for name in after)
    nbformat.validate(nbformat.read(ipynb, 4))
    assert told(py) == told(ipynb)
    assert graded(py) == graded(ipynb)
    if said[0].startswith(f"written   {py}"):
        was, now = json.loads(before[ipynb.name]), json.loads(after[ipynb.name])
        assert {**was, "metadata": 0} == {**now, "metadata": 0}
    else:
        assert after[py.name] == before[py.name]
    assert in_step(py) == [f"in step   {py} and {ipynb}"]
    assert files(folder) == after
    return True


@settings(max_examples=150, deadline=None)
@given(
    st.lists(sound, min_size=1, max_size=5) | st.lists(sound | odd, min_size=1, max_size=3),
    st.integers(0, 11),
    edits,
    edits,
    st.sampled_from([None, "py", "notebook"]),
)
def test_nothing_is_lost_whatever_is_edited(made, way, here, there, chosen):
    with tempfile.TemporaryDirectory() as folder:
        py = Path(folder).resolve() / f"{NAME}.py"
        ipynb = py.with_suffix(".ipynb")
        py.write_text(percent(made, way))
        if not step(py):
            return
        if here:
            py.write_text(percent(edited(made, here, lambda *new: new), way))
        found = json.loads(ipynb.read_text())
        found["cells"] = edited(found["cells"], there, as_cell)
        for n, one in enumerate(found["cells"]):
            one["id"] = f"cell-{n}"
            if one["cell_type"] == "code":
                one["outputs"] = [output(n)]
        ipynb.write_text(json.dumps(found))
        if step(py, chosen):
            had = [(plain("".join(one["source"])), one) for one in found["cells"]]
            now = [(plain("".join(one["source"])), one) for one in json.loads(ipynb.read_text())["cells"]]
            for text, one in now:  # no output is another text's
                assert not one.get("outputs") or (text, one["id"]) in [(text, one["id"]) for text, one in had]
            for text, one in had:  # and none is gone whose text is there once, before and after
                key = text, one["cell_type"]
                kept = [o for t, o in now if (t, o["cell_type"]) == key]
                if len(kept) == 1 == [(t, o["cell_type"]) for t, o in had].count(key):
                    assert (kept[0]["id"], kept[0].get("outputs")) == (one["id"], one.get("outputs"))

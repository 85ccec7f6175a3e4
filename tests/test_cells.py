"""A student's file is read as cells, whatever is in it; what can't be read is said in one line."""

import ast
import json
import os
from pathlib import Path

import msgspec
import pytest
import students
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import cells
from grader.errors import UsageError


def notebook(*sources, **more):
    made = [{"cell_type": "code", "source": source} for source in sources]
    return json.dumps({"nbformat": 4, "cells": made} | more)


@pytest.fixture
def read(tmp_path):
    """Read a file of that content and ending."""

    def reading(content, suffix=".py"):
        path = tmp_path / f"answer{suffix}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return cells.read(path, "part9_mini").cells

    return reading


def cell(source):
    return cells.Cell(0, source, 0, "answer.py")


# --- What can't be read -----------------------------------------------------------------------------

UNREADABLE = {
    "not UTF-8": (b"# %%\nx = '\xff'\n", ".py", "not UTF-8 text (byte 10)"),
    "UTF-16": ("# %%\nx = 1\n".encode("utf-16"), ".py", "not UTF-8"),
    "too large": (b"#" * (cells.MAX_BYTES + 1), ".py", "larger than 4 MB"),
    "another ending": ("x = 1", ".txt", "neither a .py nor an .ipynb"),
    "no ending": ("x = 1", "", "neither a .py nor an .ipynb"),
    "Python as a notebook": ("x = 1", ".ipynb", "not a Jupyter notebook"),
    "empty": ("", ".ipynb", "not a Jupyter notebook"),
    "half": (notebook("x = 1")[:-3], ".ipynb", "not a Jupyter notebook"),
    "a list": ("[]", ".ipynb", "not a Jupyter notebook"),
    "null": ("null", ".ipynb", "not a Jupyter notebook"),
    "a number": ("3", ".ipynb", "not a Jupyter notebook"),
    "text": ('"cells"', ".ipynb", "not a Jupyter notebook"),
    "no cells": ("{}", ".ipynb", "not a Jupyter notebook"),
    "version 3": ('{"nbformat": 3, "worksheets": [{"cells": []}]}', ".ipynb", "not a Jupyter notebook"),
    "cells of text": ('{"cells": "abc"}', ".ipynb", "not a Jupyter notebook"),
    "cells of null": ('{"cells": null}', ".ipynb", "not a Jupyter notebook"),
    "cells are lists": ('{"cells": [[]]}', ".ipynb", "not a Jupyter notebook"),
    "no type": ('{"cells": [{"source": "x"}]}', ".ipynb", "not a Jupyter notebook"),
    "no source": ('{"cells": [{"cell_type": "code"}]}', ".ipynb", "not a Jupyter notebook"),
    "source of null": (notebook(None), ".ipynb", "not a Jupyter notebook"),
    "source of number": (notebook(3), ".ipynb", "not a Jupyter notebook"),
    "source of numbers": (notebook([1]), ".ipynb", "not a Jupyter notebook"),
    "deep": ("[" * 100_000, ".ipynb", "not a Jupyter notebook"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_can_not_be_read_is_a_usage_error(read, name):
    content, suffix, words = UNREADABLE[name]
    with pytest.raises(UsageError, match="answer") as caught:
        read(content, suffix)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


PLACES = {
    "missing": (lambda d: d / "none.py", "There is no file"),
    "a folder": (lambda d: d, "is a folder"),
    "a folder.py": (lambda d: (d / "folder.py").mkdir() or d / "folder.py", "is a folder"),
    "under a file": (lambda d: (d / "a.py").touch() or d / "a.py" / "b.py", "Not a directory"),
    "a loop": (lambda d: os.symlink(d / "loop.py", d / "loop.py") or d / "loop.py", "symbolic links"),
    "a dead link": (lambda d: os.symlink(d / "gone.py", d / "link.py") or d / "link.py", "There is no file"),
    "a long name": (lambda d: d / ("a" * 5000 + ".py"), "name too long"),
    "a null byte": (lambda d: d / "a\0.py", ""),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_path_that_is_no_file_is_a_usage_error(tmp_path, name):
    make, words = PLACES[name]
    with pytest.raises(UsageError) as caught:
        cells.read(make(tmp_path), "part9_mini")
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["\\ud800", "\\udcff and \\ud83d"])
def test_half_a_character_in_a_notebook_is_said_or_mended(read, text):
    try:
        made = read(f'{{"cells": [{{"cell_type": "code", "source": "a = \'{text}\'"}}]}}', ".ipynb")
    except UsageError:
        return
    msgspec.json.encode(made)  # it has to be sent


# --- Cells ------------------------------------------------------------------------------------------

SOURCES = [
    "import torch",
    "def double(x):\n    '''Twice x.'''\n\n    return x + x",
    "class Layer:\n    size = 3\n\n\nlayer = Layer()",
    "def broken(:\n    pass",
    "x = '# %% no marker'\n    # %% none either",
    "%%time\ny = 1",
    "é = 'ü€😀'",
]


def percent(sources):
    return "# %% [markdown]\n# # Title\n\n" + "".join(f"# %%\n{source}\n\n" for source in sources)


def test_a_py_file_and_a_notebook_of_the_same_cells_are_the_same(read):
    script = read(percent(SOURCES))
    made = read(students.as_notebook(percent(SOURCES)), ".ipynb")
    assert [c.source.rstrip() for c in script] == [c.source.rstrip() for c in made]
    assert [c.names() for c in script] == [c.names() for c in made]
    assert [c.index for c in script] == [c.index for c in made] == list(range(len(SOURCES)))
    assert script[1].names() == ["double"]


def test_the_shipped_exercises_and_their_notebook_are_the_same(read):
    text = (students.ROOT / "exercises" / "part4_backprop.py").read_text()
    script, made = read(text), read(students.as_notebook(text), ".ipynb")
    assert [c.source.strip() for c in script if c.names()] == [c.source.strip() for c in made if c.names()]
    assert sum(len(c.names()) for c in made) > 30


@given(st.lists(st.sampled_from(SOURCES), max_size=5), st.sampled_from(["", "\n", "\n\n\n"]))
@settings(max_examples=30, deadline=None)
def test_any_cells_are_found_where_they_stand(tmp_path_factory, sources, gap):
    path = tmp_path_factory.getbasetemp() / "any.py"
    text = "".join(f"# %%\n{source}{gap}\n" for source in sources)
    path.write_text(text)
    found = cells.read(path, "x").cells
    assert [c.source.rstrip() for c in found] == [cells.without_magics(source) for source in sources]
    lines = text.split("\n")
    for one, source in zip(found, sources, strict=True):
        assert lines[one.line - 1] == "# %%"
        assert lines[one.line : one.line + source.count("\n") + 1] == source.split("\n")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
def test_line_ends_and_a_bom_do_not_matter(read, end, start):
    first, second = read(start + end.join(["# %%", "a = 1", "", "# %%", "def f():", "    return 2", ""]).encode())
    assert (first.names(), second.names()) == (["a"], ["f"])
    assert (first.line, second.line) == (1, 4)


@pytest.mark.parametrize("char", ["\f", "\x85", "\u2028"])
def test_only_line_ends_end_lines(read, char):
    (one, two) = read(f"# %%\nx = 1\n#{char}\n# %%\ny = 'a{char}b'\n")
    assert two.names() == ["y"]
    assert two.line == 4
    assert ast.literal_eval(two.tree().body[0].value) == f"a{char}b"
    (one,) = read(notebook(f"y = 'a{char}b'"), ".ipynb")
    assert one.source == f"y = 'a{char}b'"


MARKERS = {
    "# %%": True,
    "#%%": True,
    "# %% A title": True,
    '# %% tags=["a"]': True,
    "# %%%": True,
    "# %% [markdown]": False,
    "# %% [md]": False,
    "# %% Title [markdown] x": False,
    '# %% [raw] tags=["a"]': False,
    "#%% [markdown]": False,
}


@pytest.mark.parametrize("marker", MARKERS)
def test_markers(read, marker):
    found = read(f"a = 1\n{marker}\nb = 2\n# %%\nc = 3\n")
    assert [name for c in found for name in c.names()] == (["a", "b", "c"] if MARKERS[marker] else ["a", "c"])
    assert len(found) == 2 + MARKERS[marker]


@pytest.mark.parametrize("line", ["    # %%", "x = 1  # %%", "# a %%", "## %%", "'# %%'"])
def test_no_markers(read, line):
    assert len(read(f"if a:\n    pass\n{line}\nb = 2\n")) == 1


def test_a_marker_in_a_string_begins_no_cell(read):
    # Neither in jupytext: such a file opens as a notebook with one cell.
    (one,) = read('# %%\ntext = """\n# %%\n"""\ndef f(): pass\n')
    assert one.names() == ["text", "f"]


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("\n\n", 0), ("# %%\n", 0), ("# %%\n\n# %%\n \n", 0), ("a = 1", 1)]
)
def test_empty_cells_do_not_count(read, text, count):
    assert len(read(text)) == count


def test_where_a_cell_is(read):
    whole, *_ = read("def f():\n    pass\n")
    assert whole.place.endswith("answer.py")
    _, second = read("a = 1\n# %%\n\nb = 2\n")
    assert (second.line, second.place) == (2, "the cell at line 3")
    (_, made) = read(notebook("a = 1", ["b = 2\n", "c = 3"]), ".ipynb")
    assert made.place == made.filename == "answer.ipynb, code cell 2"
    assert made.names() == ["b", "c"]
    (named,) = read(notebook("# mine\ndef f(x):\n    return (x"), ".ipynb")
    assert named.place == "answer.ipynb, code cell 1 (f)"  # by that it is found, even where it does not parse
    (endless,) = read(notebook(f"def {'a' * 5000}(x):\n    return x"), ".ipynb")
    assert endless.place == "answer.ipynb, code cell 1"  # a reply that names it must stay short enough to be read


def test_other_cells_of_a_notebook_are_left_out(read):
    made = json.loads(notebook("a = 1", "b = 2"))
    made["cells"].insert(1, {"cell_type": "markdown", "source": "def no(): pass"})
    made["cells"].insert(0, {"cell_type": "raw", "source": ["c = 3"]})
    assert [c.names() for c in read(json.dumps(made), ".ipynb")] == [["a"], ["b"]]


# --- Names ------------------------------------------------------------------------------------------

NAMES = {
    "def f(): pass": ["f"],
    "async def f(): pass": ["f"],
    "class A:\n    x = 1\n    def m(self): y = 1": ["A"],
    "@decorated\ndef f():\n    x = 1": ["f"],
    "a = b = 1": ["a", "b"],
    "a, (b, *c) = d": ["a", "b", "c"],
    "a: int = 1": ["a"],
    "a += 1": ["a"],
    "(a := 1)": ["a"],
    "import torch": ["torch"],
    "import torch.nn.functional": ["torch"],
    "import torch as t, math": ["t", "math"],
    "from torch import nn, optim as o": ["nn", "o"],
    "for i in range(3): a = i": ["i", "a"],
    "with open(x) as f: a = 1": ["f", "a"],
    "x.y = 1": [],
    "x[0] = 1": [],
    "print(x)": [],
    "": [],
    "# def f(): pass": [],
    "'def f(): pass'": [],
    "f = lambda x: x": ["f"],
    "if a:\n    def f(): pass\nelse:\n    import torch": ["f", "torch"],
    "try:\n    from a import b\nexcept ImportError:\n    b = None\nelse:\n    class A: pass": ["b", "A"],
    "def outer():\n    def inner(): pass\n    x = 1": ["outer"],
    "if a:\n    def f():\n        local = 1": ["f"],
    "x = [i for i in range(3)]": ["x"],
    "x = lambda: (y := 1)": ["x"],
    "for i in x:\n    class A:\n        b = 1": ["i", "A"],
}


@pytest.mark.parametrize("source", NAMES)
def test_the_names_that_a_cell_defines(source):
    assert set(cell(source).names()) == set(NAMES[source])


BROKEN = {
    "def f(:\n    pass": ["f"],
    "def f():\nreturn 1\n\nclass A:\n    def m(self): pass": ["f", "A", "m"],
    "async  def f(x)\n    pass": ["f"],
    "x = (": [],
    "    def f(): pass": ["f"],
    "def": [],
    "def f():\n\tx = 1\n        y = 2": ["f"],
    "def f(): '\0'": ["f"],
    "def f(): return " + "(" * 500 + "1" + ")" * 500: ["f"],
    "def f(): return " + "-" * 100_000 + "1": ["f"],
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("source", BROKEN, ids=lambda source: source[:30].replace("\0", "0"))
def test_the_names_of_a_cell_that_does_not_parse(source):
    assert isinstance(cell(source).tree(), Exception)
    assert cell(source).names() == BROKEN[source]


def test_one_broken_cell_leaves_the_others(read):
    first, broken, last = read("# %%\ndef f(): pass\n# %%\ndef g(:\n# %%\nh = 1\n")
    assert (first.names(), broken.names(), last.names()) == (["f"], ["g"], ["h"])
    assert isinstance(broken.tree(), SyntaxError)


# --- Magics -----------------------------------------------------------------------------------------

MAGICS = [
    "%matplotlib inline",
    "%load_ext autoreload",
    "!pip install torch",
    "?torch.sum",
    "torch.sum?",
    "torch.sum??",
    "files = !ls",
    "took = %timeit -o double(3)",
    "if True:\n    %time print(1)",
    "!pip install \\\n    torch",
]


@pytest.mark.parametrize("magic", MAGICS)
@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
def test_a_magic_costs_only_its_line(read, magic, suffix):
    source = f"x = 1\n{magic}\ndef f():\n    return 7 % x\n"
    (one,) = read(source if suffix == ".py" else notebook(source), suffix)
    assert not isinstance(one.tree(), Exception)
    assert {"x", "f"} <= set(one.names())
    assert one.source.count("\n") == source.rstrip().count("\n") + (suffix == ".ipynb")
    function = next(node for node in one.tree().body if isinstance(node, ast.FunctionDef))
    assert function.lineno == 3 + magic.count("\n")


def test_a_line_that_goes_on_with_a_percent_sign_is_no_magic(read):
    (one,) = read(notebook("%matplotlib inline\ny = (x\n     %z)\ntext = '''\n!x\n'''\n"), ".ipynb")
    assert one.names() == ["y", "text"]
    assert ast.literal_eval(one.tree().body[-1].value) == "\n!x\n"


@pytest.mark.parametrize(
    ("magic", "runs"),
    [("time", True), ("timeit", True), ("capture out", True), ("prun -l 3", True)]
    + [(other, False) for other in ("bash", "html", "javascript", "writefile a.py", "sh", "latex", "python2", "")],
)
def test_cell_magics(read, magic, runs):
    for head in ("", "\n\n"):
        (one,) = read(notebook(f"{head}%%{magic}\ndef f():\n    pass"), ".ipynb")
        assert one.names() == (["f"] if runs else [])
        assert one.source.count("\n") == len(head) + 2


PYTHON = ["a = 5 % b", "a = (5\n     %b)", "a = '''\n!x\n%y\n?\n'''", "a = f'{b!r:>10}'", "a = 1 if b != c else 2"]


@pytest.mark.parametrize("source", PYTHON)
def test_plain_python_is_left_as_it_is(source):
    assert cells.without_magics(source) == source


@given(st.text(alphabet="%!?abc=( \n'\"#\\0:", max_size=60))
@settings(max_examples=300, deadline=None)
def test_lines_stay_where_they_are(source):
    assert cells.without_magics(source).count("\n") == source.count("\n")
    assert isinstance(cell(cells.without_magics(source)).names(), list)


def test_more_code_than_anybody_writes_is_refused():
    most = "x = 1\n" * (cells.MAX_CODE // 6)
    assert cells.parse(most.encode(), Path("a.py"), "a").cells
    with pytest.raises(UsageError, match="more than 400000 characters of code"):
        cells.parse((most + "y = 12345\n").encode(), Path("a.py"), "a")

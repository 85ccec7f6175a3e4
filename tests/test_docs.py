"""Every session shown in the docs is run, and must print what is shown; every quoted piece of code is there.

A block that begins with ```console holds lines `$ command` and what they print; a line `...` stands for any
lines, and times in seconds are not compared. A comment above a block, `<!-- dprobs: return 1 / f.probs -->`, is
what the student has written into that exercise by then.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from students import ROOT

DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"((?:^<!-- .* -->\n)*)^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
SESSIONS = [
    pytest.param(notes, text, id=f"{path.relative_to(ROOT)}-{i}")
    for path in DOCS
    for i, (notes, text) in enumerate(BLOCK.findall(path.read_text()))
]


@pytest.fixture
def desk(tmp_path):
    shutil.copytree(ROOT / "exercises", tmp_path / "exercises")
    return tmp_path


@pytest.mark.parametrize(("notes", "text"), SESSIONS)
def test_a_session_in_the_docs(desk, notes, text):
    for note in re.findall(r"<!-- (.*) -->", notes):
        name, _, body = note.partition(": ")
        _write(desk / "exercises" / "part4_backprop.py", name, body)
    for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
        arguments = shlex.split(command)
        assert arguments[0] in ("grader", "pytest")
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=desk,
            env=os.environ | {"COLUMNS": "100"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        pattern = "".join(
            r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n" for line in _plain(shown).splitlines()
        )
        assert re.fullmatch(pattern, _plain(done.stdout + done.stderr)), done.stdout + done.stderr


def test_the_docs_show_sessions():
    assert len(SESSIONS) >= 3


def test_links_in_the_docs_lead_somewhere():
    for path in DOCS:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
            assert target.startswith("http") or (path.parent / target).exists(), (path, target)


QUOTES = [
    pytest.param(file, text, id=f"{path.relative_to(ROOT)}-{i}")
    for path in DOCS
    for i, (file, text) in enumerate(
        re.findall(r"<!-- from (\S+) -->\n```python\n(.*?)```", path.read_text(), re.DOTALL)
    )
]


@pytest.mark.parametrize(("file", "text"), QUOTES)
def test_code_quoted_in_the_docs_stands_in_its_file(file, text):
    assert text in (ROOT / file).read_text()


def _plain(text):
    text = re.sub(r"\d+\.\d+ ?s\b", "0.0 s", text)
    return "".join(line.rstrip() + "\n" for line in text.splitlines())


def _write(file, exercise, body):
    """Put a body into a stub, as a student would."""
    pattern = rf"(def {exercise}\(.*?)    # YOUR CODE HERE\n    raise NotImplementedError\(\)"
    text, count = re.subn(pattern, lambda m: m[1] + "    " + body, file.read_text(), count=1, flags=re.DOTALL)
    assert count == 1, exercise
    file.write_text(text)

"""Docstrings say what is needed: of what is trusted its source and its shapes, of what refuses something how it does."""

import ast
import re

import pytest
from house import public
from students import ROOT

SHAPE = re.compile(r"\((\.\.\.|\w*|[\w /*+-]+,[\w /*+,.-]*|\.\.\., [\w, *]+)\)")
"""`()`, `(n,)`, `(B, T // n, C * n)`, `(..., dim)`."""
PLAIN = re.compile(r"\b(float|floats|int|ints|bool|list|dict|tuple|names|text|function|Values?|number|[bB]ool)\b")
"""What has no shape."""


def unsaid(root, folder):
    """What a docstring of a folder's modules does not say."""
    for name, node in public(root, folder):
        text = ast.get_docstring(node) or ""
        if not text:
            yield f"{name} has no docstring"
        elif name == "__init__":
            continue
        elif isinstance(node, ast.Module):
            if not re.search(r"Sources?: |where it comes from", text):
                yield f"{name} names no source"
        elif name.count(".") == 1 and not SHAPE.search(text) and not PLAIN.search(text):
            yield f"{name} says neither a shape nor a type"


LACKING = {
    'def f(x):\n    """The mean of x (B, T)."""': ["m names no source"],
    '"""Source: a book."""\ndef f(x): ...': ["m.f has no docstring"],
    '"""Source: a book."""\ndef f(x):\n    """The mean (see below) of x."""': ["m.f says neither a shape nor a type"],
    '"""Source: a book."""\nclass A:\n    """A layer of (..., dim)."""\n    def g(self): ...': [
        "m.A.g has no docstring"
    ],
    '"""Source: a book."""\ndef f(x):\n    """x (n, H) to (n, 4 * H)."""\ndef g(x):\n    """A float."""\ndef _h(): ...': [],
}


@pytest.mark.parametrize("text", LACKING)
def test_what_is_not_said(tmp_path, text):
    (tmp_path / "m.py").write_text(text if text.startswith('"') else f'"""Trusted."""\n{text}')
    assert list(unsaid(tmp_path, ".")) == LACKING[text]


def test_all_is_said_of_what_is_trusted():
    assert list(unsaid(ROOT, "reference")) == []


REFUSALS = {"UsageError", "Ended", "Unfit", "ReferenceFault", "WireError", "Stopped", "Notice"}
"""What is raised for others to handle."""


def unsaid_refusals(root, folder):
    """The public functions of a folder that raise one of these themselves, and do not say so."""
    for name, node in public(root, folder):
        if isinstance(node, ast.FunctionDef) and not decorated(node):
            text = ast.get_docstring(node) or ""
            raised = {one.exc.func.id for one in ast.walk(node) if isinstance(one, ast.Raise) and called(one.exc)}
            yield from (f"{name} does not say that it raises {one}" for one in raised & REFUSALS if one not in text)


def called(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def decorated(node):
    """Whether it is a command: its docstring is its help."""
    return any("command" in ast.unparse(one) for one in node.decorator_list)


def test_a_refusal_that_is_not_said(tmp_path):
    raising = "    raise UsageError('no')\n"
    (tmp_path / "m.py").write_text(
        f'def f():\n    """One."""\n{raising}class A:\n    def g(self):\n    {raising}'
        f'def h():\n    """Raises UsageError."""\n{raising}@click.command()\ndef k():\n    """Help."""\n{raising}'
    )
    said = [f"m.{name} does not say that it raises UsageError" for name in ("f", "A.g")]
    assert list(unsaid_refusals(tmp_path, ".")) == said


def test_all_refusals_are_said():
    folders = {path.parent for path in (ROOT / "grader").rglob("*.py") if "checks" not in path.parts}
    assert len(folders) > 10
    assert [one for folder in sorted(folders) for one in unsaid_refusals(ROOT, folder.relative_to(ROOT))] == []

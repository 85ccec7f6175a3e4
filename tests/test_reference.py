"""What is trusted says what it is: a source for each module, and what goes in and comes out of each function."""

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

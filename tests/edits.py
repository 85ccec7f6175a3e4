"""Random edits of exercise files, as students and courses make them: for the property tests of workspaces."""

from hypothesis import strategies as st
from students import MINI, ROOT

REAL = (ROOT / "exercises" / "part4_backprop.py").read_text().splitlines()
TEXTS = [
    (MINI / "exercises" / "part9_mini.py").read_text().splitlines(),
    REAL[150:320],
    ["a", "b", "c"],
    [
        "# %%",
        "def f(x):",
        '    """Twice.',
        "",
        "    x: any",
        '    """',
        "    raise NotImplementedError()",
        "",
        "",
        "# %%",
    ],
    [],
]
LINES = [
    "",
    "x = 1",
    "    return x",
    "# %%",
    "# %% [markdown]",
    '    """Three',
    '"""',
    "def double(x):",
    "def f(x):",
    "    # YOUR CODE HERE",
    "    raise NotImplementedError()",
    "# a comment",
    "y = (1 + \\",
    "é = 'ü'",
]
line = st.sampled_from(LINES)
place = st.integers(0, 400)
edit = st.tuples(
    st.sampled_from(["insert", "delete", "replace", "move"]),
    place,
    st.integers(1, 6),
    st.lists(line, max_size=4),
    place,
)
edits = st.lists(edit, max_size=4)


def edited(lines, changes):
    """Lines after some changes; a place beyond the end counts on from the start."""
    lines = list(lines)
    for what, i, size, new, to in changes:
        i, to = i % (len(lines) + 1), to % (len(lines) + 1)
        if what == "insert":
            lines[i:i] = new
        elif what == "delete":
            del lines[i : i + size]
        elif what == "replace":
            lines[i : i + size] = new
        else:
            taken = lines[i : i + size]
            del lines[i : i + size]
            lines[to:to] = taken
    return lines

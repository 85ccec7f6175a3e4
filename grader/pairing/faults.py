"""What would come out otherwise than it was written, on one side of a pair or the other."""

import ast
from collections.abc import Iterable
from itertools import zip_longest

from grader import cells
from grader.errors import UsageError
from grader.pairing.sides import Notebook, Script, keys_of, lines_of, source_of


def fault_of(script: Script, notebook: Notebook) -> str | None:
    """A line that the two do not agree on, in their cells or in what the grader runs of them; None if they agree."""
    code = [cells.whole(source_of(cell)) for cell in notebook.cells if cell["cell_type"] == "code"]
    lines = lines_of(script.text.removeprefix("\ufeff")).split("\n")
    run = [
        ("\n".join(lines[cell.line :][: cell.source.count("\n") + 1]), cell.source)
        for cell in cells.parse(script.text.encode(), script.path, script.path.stem).cells
    ]
    for ours, theirs in (
        ([(key, key[1]) for key in keys_of(script.cells)], [(key, key[1]) for key in keys_of(notebook.cells)]),
        (_meant(run), _meant((source, cells.without_magics(source)) for source in code)),
    ):
        for (what, text), (other, other_text) in zip_longest(ours, theirs, fillvalue=("", "")):
            if what != other:
                known, lines = text.split("\n"), other_text.split("\n")
                return next((line for line in lines if line.strip() and line not in known), text or other_text)
    return None


def _meant(sources: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What each cell does, as far as it does anything, and its text. A magic does nothing: a .py has it as a comment.

    A source comes as it is written, and as the grader runs it: without its magics.
    """
    meant = ((_statements(written.split("\n"), run), written) for written, run in sources)
    return [one for one in meant if one[0]]


def _statements(written: list[str], run: str) -> str:
    try:
        tree = _Bare(written).visit(ast.parse(run))
        return ast.dump(tree) if tree.body else ""
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pairs = zip(written, run.split("\n"), strict=False)
        kept = (line.rstrip() for raw, line in pairs if not raw.lstrip().startswith(("%", "!", "?")))
        return "\n".join(line for line in kept if line and not line.lstrip().startswith(("#", "pass  #")))


class _Bare(ast.NodeTransformer):
    """Takes out `pass`, which stands for a magic too, and what %time measures, unless it is given a name."""

    def __init__(self, written: list[str]) -> None:
        self.written = written

    def visit_Pass(self, node: ast.Pass) -> None:
        return None

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        return None if self.written[node.lineno - 1].lstrip().startswith("%") else node


def _first(text: str) -> str:
    return next((line.strip()[:80] for line in text.splitlines() if line.strip()), "")


def unlike(script: Script, notebook: Notebook, line: str) -> UsageError:
    """That the two can't both hold a line, and how to write it so that they can."""
    return UsageError(
        f"{script.path} and {notebook.path} can't both hold {_first(line)!r}: jupytext would make something else "
        f"of it, or of the lines around it. Close each string in its own cell; let no line begin with an indented "
        f"`# %%`, and no comment with the name of a command (`# copy ...`); write `%time f()` without a name before "
        f"or behind. Nothing has been written."
    )

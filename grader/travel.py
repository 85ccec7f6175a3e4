"""A probe's source, cut out of its file with all that it needs: it runs where the file is not.

The student's process must not see a check's inputs, mistakes or reference, so the file stays behind and
the probe travels alone, with the plain functions and the few imports it uses.
"""

import ast
import copy
from collections.abc import Callable
from pathlib import Path

from grader.cells import bound
from grader.errors import UsageError

# What a probe may import: nothing else of ours exists where it runs.
MODULES = {"torch", "math", "random", "types"}


def travelling(tree: ast.Module, file: Path) -> Callable[[str], str]:
    """A function from the name of a probe in the file to its source.

    It raises UsageError where a probe uses a name of its file that can't travel.
    """
    everything = {name: statement for statement in tree.body for name in bound(statement)}
    available = {name: statement for name, statement in everything.items() if _may_travel(statement)}

    def source(probe: str) -> str:
        original = everything[probe]
        assert isinstance(original, ast.FunctionDef)
        bare = copy.copy(original)
        bare.decorator_list = []
        needed: dict[str, ast.stmt] = {probe: bare}
        queue: list[ast.stmt] = [bare]
        while queue:
            function = queue.pop()
            own = _own_names(function)
            for node in ast.walk(function):
                if isinstance(node, (ast.Import, ast.ImportFrom)) and not _may_travel(node):
                    raise _stays_behind(file, node.lineno, probe, f"`{ast.unparse(node)}`")
                if not isinstance(node, ast.Name) or node.id in needed or node.id in own:
                    continue
                if node.id in available:
                    needed[node.id] = available[node.id]
                    queue.append(available[node.id])
                elif node.id in everything:
                    raise _stays_behind(file, node.lineno, probe, node.id)
        return ast.unparse(ast.Module(sorted(set(needed.values()), key=lambda s: s.lineno), []))

    return source


def _stays_behind(file: Path, line: int, probe: str, what: str) -> UsageError:
    return UsageError(
        f"{file}:{line}: the probe {probe} uses {what}, which stays behind: a probe may use plain functions of its "
        f"file and the modules {', '.join(sorted(MODULES))}."
    )


def _may_travel(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.FunctionDef):
        return not statement.decorator_list
    if isinstance(statement, ast.Import):
        return all(alias.name.split(".")[0] in MODULES for alias in statement.names)
    return isinstance(statement, ast.ImportFrom) and (statement.module or "").split(".")[0] in MODULES


def _own_names(function: ast.stmt) -> set[str]:
    """The names that a function binds for itself: arguments and what it assigns."""
    own = set()
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
    return own

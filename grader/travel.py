"""A probe's source, cut out of its file with all that it needs: it runs where the file is not.

The student's process must not see a check's inputs, mistakes or reference, so the file stays behind and
the probe travels alone, with the plain functions and the few imports it uses. A function that it imports from
another file of grader/checks is cut out there in the same way.
"""

import ast
import copy
from collections.abc import Callable
from pathlib import Path

from grader.binding import bound
from grader.errors import UsageError

# What a probe may import: nothing else of ours exists where it runs.
MODULES = {"torch", "math", "random", "types"}
CHECKS = "grader.checks."


def travelling(file: Path, parse: Callable[[Path], ast.Module]) -> Callable[[str], str]:
    """A function from the name of a probe in the file to its source.

    It raises UsageError where a probe uses a name of its file that can't travel.
    """
    return lambda probe: _Luggage(file, probe, parse).source()


class _Luggage:
    """A probe and all that it uses, by name."""

    def __init__(self, file: Path, probe: str, parse: Callable[[Path], ast.Module]):
        self._parse = parse
        self._probe = probe
        everything = _bound(parse(file))
        original = everything[probe]
        assert isinstance(original, ast.FunctionDef)
        bare = copy.copy(original)
        bare.decorator_list = []
        self._packed: dict[str, ast.stmt] = {probe: bare}
        self._seen = {probe}
        self._pack(bare, file, everything | {probe: bare})

    def source(self) -> str:
        """The imports, then the functions, the probe last."""
        statements = list(dict.fromkeys(self._packed.values()))
        return ast.unparse(ast.Module(sorted(statements[::-1], key=lambda s: isinstance(s, ast.FunctionDef)), []))

    def _pack(self, function: ast.stmt, file: Path, everything: dict[str, ast.stmt]) -> None:
        """Add all that a function of `file` uses, by name."""
        own = _own_names(function)
        for node in ast.walk(function):
            if isinstance(node, (ast.Import, ast.ImportFrom)) and not _may_travel(node):
                raise self._stays_behind(file, node.lineno, f"`{ast.unparse(node)}`")
            if not isinstance(node, ast.Name) or node.id in own or node.id not in everything:
                continue
            found, home, names = everything[node.id], file, everything
            if isinstance(found, ast.ImportFrom) and (found.module or "").startswith(CHECKS):
                home = _file_of(found, file)
                names = _bound(self._parse(home)) if home.is_file() else {}
                found = names.get(_original(found, node.id), found)
            if not _may_travel(found):
                raise self._stays_behind(file, node.lineno, node.id)
            packed = self._packed.setdefault(node.id, found)
            if isinstance(found, ast.FunctionDef) and packed is not found:
                raise UsageError(f"{file}:{node.lineno}: two functions called {node.id} would travel with one probe.")
            if isinstance(found, ast.FunctionDef) and node.id not in self._seen:
                self._seen.add(node.id)
                self._pack(found, home, names)

    def _stays_behind(self, file: Path, line: int, what: str) -> UsageError:
        return UsageError(
            f"{file}:{line}: the probe {self._probe} uses {what}, which stays behind: a probe may use plain functions "
            f"of its file or of another one in grader/checks, and the modules {', '.join(sorted(MODULES))}."
        )


def _bound(tree: ast.Module) -> dict[str, ast.stmt]:
    return {name: statement for statement in tree.body for name in bound(statement)}


def _file_of(statement: ast.ImportFrom, importer: Path) -> Path:
    """The file of grader/checks that another file of it imports from."""
    checks = next((folder for folder in importer.parents if folder.name == "checks"), Path())
    return checks.joinpath(*(statement.module or "").removeprefix(CHECKS).split(".")).with_suffix(".py")


def _original(statement: ast.ImportFrom, name: str) -> str:
    """The name in its own file of what is imported as `name`; under another name it does not travel."""
    return next((alias.name for alias in statement.names if alias.asname is None and alias.name == name), "")


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

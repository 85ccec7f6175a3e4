"""What a file of checks declares, read from its source: nothing is run, and nothing is imported."""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from grader.errors import UsageError


@cache  # a file's one tree: what travels is told apart by the very nodes
def parse(file: Path) -> ast.Module:
    """All of a file. Raises UsageError where it can't be read."""
    try:
        return ast.parse(file.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise UsageError(f"{file}:{line}: this file of checks can't be read: {error}.") from None


def parse_declarations(file: Path) -> ast.Module:
    """The probes of a file under their `@check(...)`, and nothing around them: a tenth of the time of all of it."""
    kept, probe = [], ""
    for line in file.read_text(encoding="utf-8", errors="replace").split("\n"):
        if line.startswith("@check("):
            probe = "@"
        elif line.startswith("def ") and probe == "@":
            probe = "def"
        elif line[:1].strip() and (probe == "def" or line[0] not in ")@"):
            probe = ""
        kept.append(line if probe else "")
    try:
        return ast.parse("\n".join(kept))
    except (SyntaxError, ValueError):
        return parse(file)


def checks(tree: ast.Module, file: Path) -> Iterator[tuple[ast.FunctionDef, str, dict[str, Any]]]:
    """The probes of a file, each with its exercise and its options. Raises UsageError."""
    names: set[str] = set()
    for node in tree.body:
        declared = _declaration(node)
        if declared is None or not isinstance(node, ast.FunctionDef):
            continue
        where = f"{file}:{node.lineno}"
        if node.name in names:
            raise UsageError(f"{where}: two checks of this file are called {node.name}.")
        names.add(node.name)
        yield node, *_arguments(declared, where)


def _are_names(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and all(isinstance(name, str) for name in value)


# The options of @check, and whether a value is of the right kind.
_OPTIONS: dict[str, Callable[[Any], bool]] = {
    "points": lambda value: type(value) is int,
    "hints": _are_names,
    "after": lambda value: isinstance(value, str),
    "updates": _are_names,
    "forbids": _are_names,
}


def _arguments(declared: ast.Call, where: str) -> tuple[str, dict[str, Any]]:
    """The exercise and the options of a `@check(...)`, checked."""
    try:
        places = [ast.literal_eval(argument) for argument in declared.args]
        options = {str(k.arg): ast.literal_eval(k.value) for k in declared.keywords}
    except (ValueError, TypeError):
        raise UsageError(f"{where}: the arguments of @check must be literals.") from None
    if len(places) != 1 or not isinstance(places[0], str) or not places[0].isidentifier():
        raise UsageError(f"{where}: @check takes the name of the exercise first, and nothing else without a name.")
    unknown = [name for name in options if name not in _OPTIONS]
    if unknown:
        raise UsageError(f"{where}: @check does not know {', '.join(unknown)}, only {', '.join(_OPTIONS)}.")
    for name, value in options.items():
        if not _OPTIONS[name](value):
            raise UsageError(f"{where}: {name}={value!r} is not of the right type for @check.")
    if "points" not in options:
        raise UsageError(f"{where}: @check({places[0]!r}) has no points=.")
    return places[0], options


def _declaration(node: ast.stmt) -> ast.Call | None:
    """The `@check(...)` over a function, if there is one."""
    if isinstance(node, ast.FunctionDef):
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "check":
                return decorator
    return None


def forbids(tree: ast.Module, file: Path) -> tuple[str, ...]:
    """What a part's `FORBIDS = ("autograd",)` names. Raises UsageError where it is no tuple of names."""
    for node in tree.body:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if not any(getattr(target, "id", "") == "FORBIDS" for target in targets):
            continue
        try:
            names = ast.literal_eval(node.value) if node.value else None
        except ValueError:
            names = None
        if names is None or not _are_names(names):
            raise UsageError(f"{file}:{node.lineno}: `{ast.unparse(node)}` must be a literal tuple of names.")
        return tuple(names)
    return ()

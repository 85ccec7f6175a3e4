"""What the source says of its own structure: which module imports which, and who prints. Nothing of it is run."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass
class Module:
    """A module, by what its source says."""

    name: str
    lines: int
    imports: set[str] = field(default_factory=set)
    """Modules that are imported, at any level: in functions and for types too."""
    at_once: set[str] = field(default_factory=set)
    """Those that are imported when the module is."""
    prints: list[int] = field(default_factory=list)
    """Lines that print."""
    calls: set[str] = field(default_factory=set)
    """Names that are called as they are: `open`."""


def read(root: Path, *folders: str) -> dict[str, Module]:
    """The modules in these folders of a tree, by name."""
    files = {
        _name(path.relative_to(root)): path for folder in folders for path in sorted((root / folder).rglob("*.py"))
    }
    return {name: _module(name, path, files) for name, path in files.items()}


def circles(modules: dict[str, Module]) -> list[list[str]]:
    """Modules that import each other, around however many corners."""
    reached = {name: reachable(modules, name, "imports") for name in modules}
    tied = {
        frozenset([name, *(m for m in reached[name] if name in reached[m])])
        for name in modules
        if name in reached[name]
    }
    return sorted(sorted(circle) for circle in tied)


def reachable(modules: dict[str, Module], start: str, kind: str) -> set[str]:
    """All that an import of a module leads to: modules of ours, and those of others that they name."""
    found: set[str] = set()
    waiting = set(getattr(modules[start], kind))
    while waiting:
        found |= waiting
        waiting = {m for name in waiting if name in modules for m in getattr(modules[name], kind)} - found
    return found


def under(name: str, patterns: str) -> bool:
    """Whether a module is one of these words, or lies below one; `grader.cli*` is all that begin so."""
    return any(
        name.startswith(word[:-1]) if word.endswith("*") else name == word or name.startswith(f"{word}.")
        for word in patterns.split()
    )


def _name(path: Path) -> str:
    words = path.with_suffix("").parts
    return ".".join(words[:-1] if words[-1] == "__init__" else words)


def _module(name: str, path: Path, files: dict[str, Path]) -> Module:
    text = path.read_text(encoding="utf-8")
    module = Module(name, len(text.splitlines()))
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node, later in _nodes(ast.parse(text), False):
        for imported in _imported(node, package, files):
            module.imports.add(imported)
            if not later:
                module.at_once.add(imported)
        if isinstance(node, ast.Call):
            called = _dotted(node.func)
            module.calls.add(called)
            if _prints(called):
                module.prints.append(node.lineno)
    return module


def _nodes(node: ast.AST, later: bool) -> Iterator[tuple[ast.AST, bool]]:
    """All nodes below one, and whether they are run later than the module is imported, or never."""
    for child in ast.iter_child_nodes(node):
        types = isinstance(child, ast.If) and _dotted(child.test).endswith("TYPE_CHECKING")
        yield child, later
        yield from _nodes(child, later or types or isinstance(child, FUNCTIONS))


def _imported(node: ast.AST, package: str, files: dict[str, Path]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        for alias in node.names:
            whole = f"{base}.{alias.name}"
            yield whole if whole in files else base


def _dotted(node: ast.expr) -> str:
    """`sys.stdout.write` as it stands there; what is no name comes to nothing, as the call in `f().write`."""
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _prints(called: str) -> bool:
    last = called.rpartition(".")[2]
    return last in ("print", "echo", "secho") or (called.startswith(("sys.stdout.", "sys.stderr.")) and last == "write")


def public(root: Path, folder: str) -> Iterator[tuple[str, ast.Module | ast.FunctionDef | ast.ClassDef]]:
    """The modules of a folder, their public functions and classes, and those classes' public methods, by name."""
    for path in sorted((root / folder).glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield path.stem, tree
        for node in tree.body:
            if isinstance(node, FUNCTIONS[0] | ast.ClassDef) and not node.name.startswith("_"):
                yield f"{path.stem}.{node.name}", node
                for one in node.body if isinstance(node, ast.ClassDef) else ():
                    if isinstance(one, ast.FunctionDef) and not one.name.startswith("_"):
                        yield f"{path.stem}.{node.name}.{one.name}", one

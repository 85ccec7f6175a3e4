"""What is forbidden, read from the source: the line that does it, and the exercises that reach it."""

import ast
import symtable
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from grader.binding import bound
from grader.cells import KEPT, Cell, Submission

AUTOGRAD = "autograd"
"""What is forbidden under this name is all of autograd; any other name is that of a function of torch."""
_HIDDEN = {"reference", "solutions", "grader"}
_AUTOGRAD_MODULES = ("torch.autograd", "torch.func", "functorch", "torch._functorch")
_AUTOGRAD_NAMES = {"make_dual", "run_backward", "_execution_engine", "grad_fn", "next_functions"}
_GRAD_MODES = {"no_grad", "enable_grad", "set_grad_enabled", "inference_mode"}
_TELLING = (ast.Attribute, ast.Name, ast.Import, ast.ImportFrom)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# What a star import of torch.autograd may bring; `backward` is also an exercise, which then replaces it.
_STAR = ("grad", "backward", "Function", "Variable", "functional", "forward_ad", "graph")


@dataclass(frozen=True)
class Violation:
    """Something forbidden, and where it stands."""

    what: str
    place: str
    why: str

    @property
    def message(self) -> str:
        """The violation in words."""
        return f"{self.what} ({self.place}) is against the rules here: {self.why}."


def violation(submission: Submission, exercise: str, forbids: tuple[str, ...]) -> Violation | None:
    """What of the forbidden the exercise contains or reaches, if anything."""
    return _scan(submission, forbids).get(exercise)


@lru_cache(maxsize=8)
def _scan(submission: Submission, forbids: tuple[str, ...]) -> dict[str, Violation]:
    """The violations by the name of each top-level definition that contains or reaches one."""
    statements = [(cell, place, one) for cell in submission.cells for place, one in enumerate(_statements(cell.source))]
    shared = {name: dotted for _, _, one in statements if not one.defines for name, dotted in one.aliases.items()}
    for _, _, one in statements:
        if one.defines:
            shared.pop(one.names[0], None)
    methods = frozenset(name for _, _, one in statements for name in one.methods)
    methods |= {name for c in submission.cells if isinstance(c.tree(), Exception) for name in c.names()}
    found: dict[str, Violation] = {}
    uses: dict[str, frozenset[str]] = {}
    for cell, place, one in statements:
        aliases = {name: dotted for name, dotted in shared.items() if name in one.used} | one.aliases
        known = _Known(frozenset(aliases.items()), methods)
        offence = _offence(cell.source, place, forbids, known)
        for name in one.names:
            # A later definition replaces an earlier one, unless it is made from it.
            kept = name in one.used
            uses[name] = one.used | (uses.get(name, frozenset()) if kept else frozenset())
            if offence or not kept:
                found.pop(name, None)
            if offence:
                found[name] = offence.within(cell)
    return _reached(found, uses)


@dataclass(frozen=True)
class _Statement:
    """A top-level statement, with what it tells by itself."""

    node: ast.stmt
    names: tuple[str, ...]
    """What it binds."""
    used: frozenset[str]
    """The names that it takes from around it, in whatever function inside it."""
    aliases: dict[str, str]
    methods: frozenset[str]

    @property
    def defines(self) -> bool:
        """Whether it is a function or a class."""
        return isinstance(self.node, _DEFINITIONS)


def _statements(source: str) -> tuple[_Statement, ...]:
    """A cell's statements that run; none where it can't be parsed. After a save, most cells are as they were."""
    return _kept_statements(source) if len(source) <= KEPT else _read(source)


def _read(source: str) -> tuple[_Statement, ...]:
    tree = Cell(0, source, 0, "").tree()
    if isinstance(tree, Exception):
        return ()
    lines, read = source.split("\n"), []
    for node in _running(tree):
        nodes = [*ast.walk(node)]
        used = frozenset(_free_names(node, lines))
        read.append(_Statement(node, tuple(_names(node)), used, _aliases(nodes), frozenset(_methods(nodes))))
    return tuple(read)


_kept_statements = lru_cache(maxsize=96)(_read)


@dataclass(frozen=True)
class _Offence:
    """Something forbidden, and its line in its cell."""

    what: str
    line: int
    why: str

    def within(self, cell: Cell) -> Violation:
        """The violation, placed where a reader finds it."""
        line = self.line + cell.line
        return Violation(self.what, f"line {line}" if cell.line else f"{cell.filename}, line {line}", self.why)


@lru_cache(maxsize=512)
def _offence(source: str, place: int, forbids: tuple[str, ...], known: "_Known") -> _Offence | None:
    """The first thing that a statement of a cell does against the rules."""
    return next(_offences(_statements(source)[place].node, forbids, known), None)


@dataclass(frozen=True)
class _Known:
    """What is known of the names in a statement."""

    aliases: frozenset[tuple[str, str]]
    """`t` is `torch.autograd`, after `import torch.autograd as t` or `t = torch.autograd`."""
    methods: frozenset[str]
    """Names of the student's own methods: `layer.backward(g)` may be one of them."""

    def dotted(self, node: ast.expr) -> str:
        """`torch.autograd.grad` for that expression, aliases resolved; empty where it is no chain of names."""
        name = _dotted(node)
        for _ in range(3 if self.aliases else 0):
            root, dot, rest = name.partition(".")
            name = dict(self.aliases).get(root, root) + dot + rest
        return name


def _aliases(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """Which names stand for other dotted names, by import or by assignment."""
    aliases: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            aliases.update((alias.asname, alias.name) for alias in node.names if alias.asname)
        elif isinstance(node, ast.ImportFrom) and node.module:
            aliases.update((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _dotted(node.value):
            aliases[node.targets[0].id] = _dotted(node.value)
    return aliases


def _methods(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            yield from (inner.name for inner in node.body if isinstance(inner, ast.FunctionDef))


def _running(tree: ast.Module) -> Iterator[ast.stmt]:
    """The top-level statements that run: of `if __name__ == "__main__":` only what stands under its else."""
    for statement in tree.body:
        if isinstance(statement, ast.If) and _is_main(statement.test):
            yield from statement.orelse
        else:
            yield statement


def _is_main(test: ast.expr) -> bool:
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)):
        return False
    sides = [getattr(side, "id", None) or getattr(side, "value", None) for side in (test.left, *test.comparators)]
    return sides in (["__name__", "__main__"], ["__main__", "__name__"])


def _names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
        return list(_STAR)
    return bound(statement)


def _free_names(statement: ast.stmt, lines: list[str]) -> set[str]:
    """The names that a statement takes from around it, in whatever function inside it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a student's "\\d" the student's process may warn
            tables = [symtable.symtable(_text(statement, lines), "cell", "exec")]
    except (SyntaxError, RecursionError, ValueError):  # `return` at the top, or nested too deep: take them all
        return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    names = {symbol.get_name() for symbol in tables[0].get_symbols() if symbol.is_referenced()}
    tables = tables[0].get_children()
    while tables:
        table = tables.pop()
        names.update(symbol.get_name() for symbol in table.get_symbols() if symbol.is_global())
        tables += table.get_children()
    return names


def _text(statement: ast.stmt, lines: list[str]) -> str:
    """The statement's own lines; written anew where it shares them, or is indented."""
    first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
    last = statement.end_lineno or first
    behind = lines[last - 1].encode()[statement.end_col_offset :].strip()
    own = statement.col_offset == 0 and (not behind or behind.startswith(b"#"))
    return "\n".join(lines[first - 1 : last]) if own else ast.unparse(statement)


def _reached(found: dict[str, Violation], uses: dict[str, frozenset[str]]) -> dict[str, Violation]:
    """The violations, handed on to the helpers' callers."""
    reached, grew = dict(found), True
    while grew:
        grew = False
        for name, used in uses.items():
            via = next((other for other in used if other in reached), None)
            if via and name not in reached:
                reached[name] = replace(reached[via], what=f"{reached[via].what}, by way of {via},")
                grew = True
    return reached


def _offences(statement: ast.stmt, forbids: tuple[str, ...], known: _Known) -> Iterator[_Offence]:
    queue: deque[ast.AST] = deque([statement])
    while queue:
        node = queue.popleft()
        if not isinstance(node, _TELLING):
            queue += ast.iter_child_nodes(node)
            continue
        line = getattr(node, "lineno", 1)
        for module in _imported(node):
            if module.partition(".")[0] in _HIDDEN:
                yield _Offence(f"import {module}", line, "the answer is to be your own")
        what = _autograd(node, known) if AUTOGRAD in forbids else None
        if what:
            yield _Offence(what, line, "each gradient is to be worked out by hand")
        elif isinstance(node, (ast.Attribute, ast.Name)) and _ready_made(known.dotted(node), forbids):
            yield _Offence(known.dotted(node), line, "it is what you are to write yourself")
        # A chain of names is looked at as a whole: torch.autograd.no_grad is no torch.autograd.
        if not (isinstance(node, ast.Attribute) and _dotted(node)):
            queue += ast.iter_child_nodes(node)


def _ready_made(dotted: str, forbids: tuple[str, ...]) -> bool:
    """Whether a dotted name is one of torch's own functions that are forbidden."""
    return dotted.startswith("torch.") and dotted.rpartition(".")[2] in forbids


def _autograd(node: ast.AST, known: _Known) -> str | None:
    """What of autograd the node uses."""
    for module in _imported(node):
        if _within(module) and not _only_modes(node):
            return f"import {module}"
    if isinstance(node, (ast.Attribute, ast.Name)):
        dotted = known.dotted(node)
        last = dotted.rpartition(".")[2] if dotted else node.attr if isinstance(node, ast.Attribute) else ""
        if last in _GRAD_MODES:
            return None
        if _within(dotted) or ("backward" in dotted and dotted.startswith("torch.")):
            return dotted
        if isinstance(node, ast.Attribute) and node.attr in _AUTOGRAD_NAMES:
            return f".{node.attr}"
        if isinstance(node, ast.Attribute) and node.attr == "backward" and "backward" not in known.methods:
            return ".backward()"
    return None


def _within(dotted: str) -> bool:
    """Whether a dotted name is one of autograd's modules or inside one; torch.functional is not."""
    return any(dotted == module or dotted.startswith(f"{module}.") for module in _AUTOGRAD_MODULES)


def _only_modes(node: ast.AST) -> bool:
    """Whether an import takes nothing but the switches, such as no_grad."""
    return isinstance(node, ast.ImportFrom) and all(alias.name in _GRAD_MODES for alias in node.names)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def _dotted(node: ast.expr) -> str:
    """A plain chain of names as it is written; empty where it is none."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *names[::-1]]) if isinstance(node, ast.Name) else ""

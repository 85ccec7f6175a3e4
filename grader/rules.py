"""What a part forbids, read from the source: the line that does it, and the exercises that reach it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from grader.cells import Cell, Submission, bound

_HIDDEN = {"reference", "solutions", "grader"}
_AUTOGRAD_MODULES = ("torch.autograd", "torch.func", "functorch", "torch._functorch")
_AUTOGRAD_NAMES = {
    "vjp", "jvp", "jacrev", "jacfwd", "hessian", "jacobian", "make_dual", "run_backward", "_execution_engine",
}  # fmt: skip
_GRAD_MODES = {"no_grad", "enable_grad", "set_grad_enabled", "inference_mode"}


@dataclass(frozen=True)
class Violation:
    """Something forbidden, and where it stands."""

    what: str
    place: str
    why: str

    @property
    def message(self) -> str:
        """The violation in words."""
        return f"{self.what} ({self.place}) is against the rules of this part: {self.why}."


def scan(submission: Submission, rules: tuple[str, ...]) -> dict[str, Violation]:
    """The violations by the name of each top-level definition that contains or reaches one."""
    found: dict[str, Violation] = {}
    uses: dict[str, set[str]] = {}
    for cell in submission.cells:
        tree = cell.tree()
        if isinstance(tree, Exception):
            continue
        for statement in tree.body:
            if _never_run(statement):
                continue
            used = _free_names(statement)
            violation = next(_violations(statement, cell, rules), None)
            for name in bound(statement):  # a later definition replaces an earlier one
                uses[name] = used - {name}
                found.pop(name, None)
                if violation:
                    found[name] = violation
    return _reached(found, uses)


def _never_run(statement: ast.stmt) -> bool:
    """Whether it is an `if __name__ == "__main__":`, the place for experiments."""
    return isinstance(statement, ast.If) and "__name__" in _free_names(statement.test)


def _free_names(tree: ast.AST) -> set[str]:
    """The names that a piece of code takes from around it."""
    nodes = list(ast.walk(tree))
    own = {node.arg for node in nodes if isinstance(node, ast.arg)}
    own |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return {node.id for node in nodes if isinstance(node, ast.Name)} - own


def _reached(found: dict[str, Violation], uses: dict[str, set[str]]) -> dict[str, Violation]:
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


def _violations(statement: ast.stmt, cell: Cell, rules: tuple[str, ...]) -> Iterator[Violation]:
    for node in ast.walk(statement):
        line = getattr(node, "lineno", 1) + cell.line
        place = f"line {line}" if cell.line else f"{cell.filename}, line {line}"
        for module in _imported(node):
            if module.split(".")[0] in _HIDDEN:
                yield Violation(f"import {module}", place, "the answer is to be your own")
        what = _autograd(node) if "no_autograd" in rules else None
        if what:
            yield Violation(what, place, "each gradient is to be worked out by hand")


def _autograd(node: ast.AST) -> str | None:
    """What of autograd the node uses."""
    for module in _imported(node):
        if module.startswith(_AUTOGRAD_MODULES):
            return f"import {module}"
    if isinstance(node, ast.Attribute) and node.attr not in _GRAD_MODES:
        dotted = _dotted(node)
        if dotted.startswith(_AUTOGRAD_MODULES):
            return dotted
        if node.attr in _AUTOGRAD_NAMES:
            return f".{node.attr}"
        if node.attr.endswith("_backward") and dotted.startswith("torch."):
            return dotted
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "backward":
        return ".backward()"
    return None


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def _dotted(node: ast.expr) -> str:
    """`torch.autograd.grad` for that expression; empty where it is no plain chain of names."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return ""

"""A place in a solution where an operator may change something, and what is known about it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import libcst as cst

MODULES = {"torch", "nn", "F", "math", "random", "init", "optim", "functional", "linalg", "np", "plt", "super"}
"""Names that are no tensors, though something is called on them."""
_NOT_NUMBERS = (
    cst.Dict | cst.DictComp | cst.Set | cst.SetComp | cst.BaseString | cst.Comparison | cst.Lambda | cst.List
) | (cst.ListComp | cst.BooleanOperation | cst.GeneratorExp | cst.Tuple)
_NO_TENSOR = re.compile(
    r"^(float|int|len|str|bool|list|dict|tuple|set|round|sorted|range|zip)\(|\.(item|tolist|join)\("
)
_TENSORS = re.compile(r"\b(torch|nn|tensors?|dtype|shape|dim|keepdim)\b| @ |\.(sum|mean|view|T)\b|\([A-Zn], ")
"""A cell without any of these is about numbers, strings and lists."""
_OPEN = (cst.Arg, cst.Return, cst.Assign, cst.AugAssign, cst.AnnAssign, cst.Expr, cst.Element, cst.Index, cst.For)
"""Where an expression stands free, without a neighbour that could bind tighter."""
_ATOMS = (cst.Name, cst.Call, cst.Attribute, cst.Subscript, cst.BaseNumber, cst.BaseString, cst.Tuple, cst.List)


@dataclass(frozen=True)
class Site:
    """A node of the parsed cell with its surroundings. `parents` are innermost first."""

    node: cst.CSTNode
    parents: tuple[cst.CSTNode, ...]
    text_of: Callable[[cst.CSTNode], str]
    """The source of any node of the cell, as it is written."""
    forbids: tuple[str, ...]
    """What the exercise is to do without, as `autograd`."""

    @property
    def parent(self) -> cst.CSTNode:
        """What the node stands in."""
        return self.parents[0]

    @property
    def text(self) -> str:
        """The node's own source."""
        return self.text_of(self.node)

    def fit(self, text: str) -> str:
        """An expression's text, in parentheses where its place needs them."""
        if isinstance(self.parent, _OPEN) or isinstance(cst.parse_expression(f"({text})"), cst.Name):
            return text
        parsed = cst.parse_expression(text) if "\n" not in text else None
        return text if isinstance(parsed, _ATOMS) or bool(getattr(parsed, "lpar", None)) else f"({text})"

    @cached_property
    def function(self) -> cst.FunctionDef | None:
        """The innermost function around the node."""
        return next((node for node in self.parents if isinstance(node, cst.FunctionDef)), None)

    @property
    def parameters(self) -> list[str]:
        """The parameters of the functions around the node, the innermost function's first."""
        functions = [node for node in self.parents if isinstance(node, cst.FunctionDef)]
        return [p.name.value for f in functions for p in (*f.params.params, *f.params.kwonly_params)]

    @property
    def loaded(self) -> bool:
        """Whether the node is an expression that is read: no target, no keyword, no attribute's name."""
        parent, node = self.parent, self.node
        if isinstance(parent, (cst.AssignTarget, cst.Param, cst.Del, cst.FunctionDef, cst.ClassDef, cst.Annotation)):
            return False
        if isinstance(parent, (cst.AugAssign, cst.For, cst.CompFor, cst.NamedExpr, cst.AnnAssign)):
            return node is not parent.target
        if isinstance(parent, cst.Attribute):
            return node is not parent.attr
        if isinstance(parent, (cst.Element, cst.Tuple)):
            return not any(isinstance(p, (cst.AssignTarget, cst.CompFor)) for p in self.parents[:3])
        return not (isinstance(parent, cst.Arg) and node is parent.keyword)

    @property
    def result(self) -> bool:
        """Whether the node is what its function returns, or one member of the tuple that it returns."""
        node, parents = self.node, self.parents
        if isinstance(node, cst.BaseExpression) and isinstance(parents[0], cst.Return):
            return not isinstance(node, cst.Tuple)
        return (
            isinstance(parents[0], cst.Element)
            and isinstance(parents[2], cst.Return)
            and parents[2].value is parents[1]
        )

    @property
    def member(self) -> bool:
        """Whether the node is one of several things that are returned."""
        return isinstance(self.parent, cst.Element)

    @property
    def number(self) -> bool:
        """Whether the node may well be a number or a tensor, as far as its form tells."""
        return not isinstance(self.node, _NOT_NUMBERS) and self.text not in ("self", "None", "True", "False")

    @property
    def tensor(self) -> bool:
        """Whether the node may well be a tensor, as far as its form and its cell tell."""
        if not _TENSORS.search(self.text_of(self.parents[-1])):
            return False
        return self.number and not _NO_TENSOR.search(self.text) and not isinstance(self.node, cst.BaseNumber)


Operator: TypeAlias = Callable[[Site], Iterator[str]]
OPERATORS: dict[str, Operator] = {}
"""Each operator by its name; it yields the texts that may stand in the place of a site's node."""


def operator(name: str) -> Callable[[Operator], Operator]:
    """Register a mutation operator."""

    def register(function: Operator) -> Operator:
        OPERATORS[name] = function
        return function

    return register


@dataclass(frozen=True)
class Invocation:
    """A call, taken apart: `x.sum(1)` is a method of `x`, `torch.sum(x, 1)` a function of torch."""

    name: str
    receiver: cst.BaseExpression | None
    """What it is a method of; None for a function."""
    head: str
    """All up to the name: `x.`, `torch.`, or nothing."""
    arguments: tuple[cst.Arg, ...]

    @property
    def plain(self) -> list[cst.Arg]:
        """The arguments that have neither a keyword nor a star."""
        return [a for a in self.arguments if not a.keyword and not a.star]

    def keyword(self, *names: str) -> cst.Arg | None:
        """The argument with one of these names."""
        return next((a for a in self.arguments if a.keyword and a.keyword.value in names), None)


def invocation(site: Site) -> Invocation | None:
    """The site's node as a call of something with a name."""
    if not isinstance(site.node, cst.Call):
        return None
    function = site.node.func
    arguments = tuple(site.node.args)
    if isinstance(function, cst.Name):
        return Invocation(function.value, None, "", arguments)
    if not isinstance(function, cst.Attribute):
        return None
    root: cst.BaseExpression = function.value
    while isinstance(root, (cst.Attribute, cst.Call)):
        root = root.value if isinstance(root, cst.Attribute) else root.func
    dotted = isinstance(root, cst.Name) and root.value in MODULES and "(" not in site.text_of(function.value)
    receiver = None if dotted or site.text_of(function.value).startswith("super()") else function.value
    text = site.text_of(function)
    return Invocation(function.attr.value, receiver, text[: len(text) - len(function.attr.value)], arguments)


def argument_texts(site: Site, call: Invocation) -> list[str]:
    """The arguments as they are written, without their commas."""
    return [site.text_of(argument).strip().rstrip(",").strip() for argument in call.arguments]


def rebuilt(site: Site, call: Invocation, arguments: list[str], name: str = "") -> str:
    """The call with other arguments, or another name."""
    return f"{call.head}{name or call.name}({', '.join(arguments)})"


def integer(node: cst.CSTNode | None) -> int | None:
    """The value of a literal integer, with its sign; else None."""
    if isinstance(node, cst.Integer):
        return int(node.value.replace("_", ""), 0)
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        inner = integer(node.expression)
        return None if inner is None else -inner
    return None


def atom(site: Site, node: cst.CSTNode) -> str:
    """A node's text, in parentheses if anything put beside it could tear it apart."""
    text = site.text_of(node)
    simple = isinstance(node, (cst.Name, cst.Call, cst.Attribute, cst.Subscript, cst.BaseNumber))
    return text if simple or bool(getattr(node, "lpar", None)) else f"({text})"

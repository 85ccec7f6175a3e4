"""Mutants of a solution: each is the cell with one small change between its solution markers."""

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, WhitespaceInclusivePositionProvider

from grader.dev.mutants import general as general  # their import registers the operators
from grader.dev.mutants import modes as modes
from grader.dev.mutants import tensors as tensors
from grader.dev.mutants.site import OPERATORS, Site

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
_UNTOUCHED = (cst.Annotation, cst.Assert, cst.Import, cst.ImportFrom, cst.FormattedString, cst.Comment, cst.Match)


@dataclass(frozen=True)
class Mutant:
    """A cell with one change."""

    operator: str
    source: str
    minus: tuple[str, ...]
    """The lines that the change takes away, stripped."""
    plus: tuple[str, ...]
    """The lines that it puts in their place, stripped."""

    def __str__(self) -> str:
        return f"{self.operator}: {' / '.join(self.minus)} -> {' / '.join(self.plus)}"


def mutants(source: str, forbids: tuple[str, ...] = ()) -> list[Mutant]:
    """All mutants of a cell, without duplicates and without what does not compile."""
    seen = {ast.dump(ast.parse(source))}
    found = []
    for name, text in _changed(source, forbids):
        try:
            tree = ast.dump(compile(text, "mutant", "exec", ast.PyCF_ONLY_AST))
            compile(text, "mutant", "exec")
        except (SyntaxError, ValueError):
            continue
        if tree not in seen:
            seen.add(tree)
            found.append(Mutant(name, text, *_difference(source, text)))
    return found


def _changed(source: str, forbids: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The name of each operator that changes something, with the changed cell."""
    regions = _regions(source)
    wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    spans = wrapper.resolve(WhitespaceInclusivePositionProvider)
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def bounds(node: cst.CSTNode) -> tuple[int, int]:
        span: CodeRange = spans[node]
        ends = [starts[place.line - 1] + place.column for place in (span.start, span.end)]
        return ends[0], ends[1]

    def text_of(node: cst.CSTNode) -> str:
        start, end = bounds(node)
        return source[start:end]

    for node, parents in _walk(wrapper.module, ()):
        first, last = bounds(node)
        if not any(begin <= first and last <= end for begin, end in regions):
            continue
        site = Site(node, parents, text_of, forbids)
        for name, operator in OPERATORS.items():
            for text in operator(site):
                yield name, source[:first] + text + source[last:]


def _walk(node: cst.CSTNode, parents: tuple[cst.CSTNode, ...]) -> Iterator[tuple[cst.CSTNode, tuple[cst.CSTNode, ...]]]:
    """The nodes that may be changed, each with its parents."""
    if isinstance(node, _UNTOUCHED):
        return
    if parents and isinstance(
        node, (cst.BaseExpression, cst.BaseSmallStatement, cst.BaseCompOp, cst.ComparisonTarget, cst.Slice)
    ):
        yield node, parents
    for child in node.children:
        yield from _walk(child, (node, *parents))


def _regions(source: str) -> list[tuple[int, int]]:
    """Where the solutions stand, in characters."""
    found, at = [], source.find(BEGIN)
    while at >= 0:
        end = source.find(END, at)
        if end < 0:
            break
        found.append((at + len(BEGIN), end))
        at = source.find(BEGIN, end)
    return found


def _difference(source: str, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    lines = list(difflib.ndiff(source.splitlines(), text.splitlines()))
    minus, plus = (tuple(line[2:].strip() for line in lines if line[0] == sign) for sign in "-+")
    return minus, plus

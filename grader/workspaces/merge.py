"""Three texts become one: what was shipped, what the student made of it, and what the course made of it.

Pure functions. Lines are lined up cell by cell, by the names that a cell defines, for the lines of a stub are the same
in every cell. What one side alone has changed is taken. Where both have changed the same lines, the student's stay,
and the course's stand below them as a comment.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from grader import cells
from grader.workspaces.texts import Text, like

OPENS = "# >>> The course has changed these lines as well. Yours stand above, the course's are:"
REMOVED = "# >>> The course has taken out the lines that you have changed above."
CLOSES = "# <<< Take over what you want of this, and delete the comment."
QUOTE = "# > "
_MARKER = re.compile(r"# ?%%")
_DEFINITION = re.compile(r"(?:async\s+def|def|class)\s+(\w+)")


@dataclass(frozen=True)
class Merged:
    """The text that three became, and the lines (from 1) at which something is left for the student to decide."""

    text: Text
    conflicts: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Edit:
    """In the place of lines of the base: those of one side."""

    low: int
    high: int
    start: int
    stop: int


def merge(base: Text, mine: Text, new: Text) -> Merged:
    """`mine`, with what has changed from `base` to `new`. New lines end as the student's do."""
    if base.lines != new.lines and mine.bare == base.bare:
        return Merged(like(mine, new))
    if new.bare in (base.bare, mine.bare):
        return Merged(mine)
    lines: list[str] = []
    left: list[tuple[int, list[str]]] = []  # where the course's lines are to stand, and they
    for chunk, quoted in _chunks(base, mine, new):
        lines += chunk
        if quoted is not None:
            left.append((len(lines), quoted))
    return _commented(mine.of(lines), left)


def matching(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """Which line of one text is which one of another: pairs of indices that rise on both sides."""
    known = {name for first, last in _blocks(old) for name in _names(old[first:last])}
    old_blocks, new_blocks = _blocks(old), _blocks(new)
    old_keys = [_key(old[first:last], known) for first, last in old_blocks]
    new_keys = [_key(new[first:last], known) for first, last in new_blocks]
    pairs: list[tuple[int, int]] = []
    i = j = 0
    for a, b, size in SequenceMatcher(None, old_keys, new_keys, autojunk=False).get_matching_blocks():
        for (low, high), (start, stop) in zip(old_blocks[a : a + size], new_blocks[b : b + size], strict=True):
            pairs += _matched(old, (i, low), new, (j, start))
            pairs += _matched(old, (low, high), new, (start, stop))
            i, j = high, stop
    return [*pairs, *_matched(old, (i, len(old)), new, (j, len(new)))]


def _matched(old: list[str], of: tuple[int, int], new: list[str], to: tuple[int, int]) -> Iterator[tuple[int, int]]:
    matcher = SequenceMatcher(None, old[slice(*of)], new[slice(*to)], autojunk=False)
    for i, j, size in matcher.get_matching_blocks():
        yield from ((of[0] + i + k, to[0] + j + k) for k in range(size))


def _blocks(lines: list[str]) -> list[tuple[int, int]]:
    """Where cells begin and end. One in a string counts as well: this is only to line texts up."""
    starts = [0, *(i for i, line in enumerate(lines) if i and _MARKER.match(line))]
    return list(zip(starts, [*starts[1:], len(lines)], strict=True))


def _names(lines: list[str]) -> list[str]:
    return [match[1] for match in map(_DEFINITION.match, lines) if match]


def _key(lines: list[str], known: set[str]) -> tuple[str, ...]:
    """By what a cell is known again: the shipped names that it defines, else its text."""
    return tuple(name for name in _names(lines) if name in known) or ("", *(line for line in lines if line.strip()))


def _chunks(base: Text, mine: Text, new: Text) -> Iterator[tuple[list[str], list[str] | None]]:
    """The merged lines piece by piece; with the course's own where both sides have changed the same."""
    end = mine.end
    told, was = new.bare, base.bare
    edits = [(edit, True) for edit in _edits(was, mine.bare)] + [(edit, False) for edit in _edits(was, told)]
    edits.sort(key=lambda one: (one[0].low, one[0].high))
    at = ours = 0  # how far the base, and the student's text, have been told
    while edits:
        group = [edits.pop(0)]
        low, high = group[0][0].low, group[0][0].high
        while edits and _meet(low, high, edits[0][0]):
            group.append(edits.pop(0))
            high = max(high, group[-1][0].high)
        yield list(mine.lines[ours : ours + low - at]), None
        ours += low - at
        at = high
        mine_edits = [edit for edit, own in group if own]
        new_edits = [edit for edit, own in group if not own]
        new_lines = [line + end for line in _spelt(was, told, low, high, new_edits)]
        if not mine_edits:
            yield new_lines, None
            ours += high - low
            continue
        length = high - low + sum((e.stop - e.start) - (e.high - e.low) for e in mine_edits)
        own_lines = list(mine.lines[ours : ours + length])
        ours += length
        if new_edits:
            told_lines = (new_edits[0].low - low, len(new_lines) - (high - new_edits[-1].high))
            yield from _decided(own_lines, new_lines, told_lines, end)
        else:
            yield own_lines, None
    yield list(mine.lines[ours:]), None


def _edits(base: list[str], other: list[str]) -> Iterator[_Edit]:
    i = j = 0
    for a, b in [*matching(base, other), (len(base), len(other))]:
        if (a, b) != (i, j):
            yield _Edit(i, a, j, b)
        i, j = a + 1, b + 1


def _meet(low: int, high: int, edit: _Edit) -> bool:
    """Whether an edit changes lines between low and high, or puts lines in where these are put in."""
    return edit.low < high or (low == high == edit.low == edit.high)


def _spelt(base: list[str], other: list[str], low: int, high: int, edits: list[_Edit]) -> Iterator[str]:
    """What one side has in the place of some lines of the base."""
    for edit in edits:
        yield from base[low : edit.low]
        yield from other[edit.start : edit.stop]
        low = edit.high
    yield from base[low:high]


def _decided(
    own: list[str], new: list[str], changed: tuple[int, int], end: str
) -> Iterator[tuple[list[str], list[str] | None]]:
    """Of two versions of the same lines the student's; and what the course has changed besides."""
    plain = [line.rstrip("\r\n") + end for line in own]
    least = min(len(own), len(new))
    before = next((i for i in range(least) if plain[i] != new[i]), least)
    least -= before
    after = next((i for i in range(least) if plain[-1 - i] != new[-1 - i]), least)
    first, last = max(before, changed[0]), min(len(new) - after, changed[1])
    removed = changed[0] == changed[1] and plain != new
    if first >= last and not removed:
        yield own, None
        return
    yield own[: len(own) - after], new[first:last]
    yield own[len(own) - after :], None


def _commented(text: Text, left: list[tuple[int, list[str]]]) -> Merged:
    """The course's lines as comments where they are to stand, or as soon below as a comment may."""
    lines: list[str] = []
    conflicts: list[int] = []
    at = 0
    closed = _closed(text) if left else set()
    for place, quoted in left:
        while place in closed:
            place += 1
        lines += text.lines[at:place]
        at = place
        conflicts.append(len(lines) + 1)
        told = [(QUOTE + line).rstrip() + text.end for line in quoted]
        lines += [(OPENS if quoted else REMOVED) + text.end, *told, CLOSES + text.end]
    return Merged(text.of([*lines, *text.lines[at:]]), tuple(conflicts))


def _closed(text: Text) -> set[int]:
    """Before which lines no comment may stand: within a string, and after a line that goes on."""
    bare = text.bare
    closed = {i + 1 for i, line in enumerate(bare) if line.endswith("\\")}
    blocks = _blocks(bare)
    while blocks:
        first, last = blocks.pop(0)
        tree = _tree(bare[first:last])
        # A marker in a string begins no cell: what does not parse may do so with the next one.
        if tree is None and blocks and _tree(bare[first : blocks[0][1]]) is not None:
            blocks[0] = first, blocks[0][1]
            continue
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno is not None:
                closed |= {first + i for i in range(node.lineno, node.end_lineno)}
    return closed


def _tree(lines: list[str]) -> ast.Module | None:
    tree = cells.Cell(0, cells.without_magics("\n".join(lines)), 0, "").tree()
    return tree if isinstance(tree, ast.Module) else None

"""How far one has come, as lines for people: all parts, or the checks of one. Columns that no width breaks."""

from collections import Counter
from collections.abc import Sequence

from grader import progress
from grader.course import Part

CUT = "..."
WORD = 12
"""Columns of the longest word for a status."""
ROOM = 10
"""Columns that a title needs to say anything; with fewer left, there are none."""


def parts(all_parts: Sequence[Part], seen: dict[str, str], width: int) -> list[str]:
    """A line for each part, and one for all of them."""
    points = [(progress.points(part, seen), part.points) for part in all_parts]
    exercises = [(progress.passed(part, seen), len(part.exercises)) for part in all_parts]
    lines = [f"{'':<6} {'points':>7} exercises"]
    for part, (earned, most), (done, number) in zip(all_parts, points, exercises, strict=True):
        lines.append(f"{part.id:<6} {f'{earned}/{most}':>7} {f'{done}/{number}':>9}  {part.title}")
    earned, most, done, number = (sum(column) for column in (*zip(*points, strict=True), *zip(*exercises, strict=True)))
    lines.append(f"{'all':<6} {f'{earned}/{most}':>7} {f'{done}/{number}':>9}")
    return [cut(line, width) for line in lines]


def checks(part: Part, seen: dict[str, str], words: dict[str, tuple[str, str]], width: int) -> list[tuple[str, str]]:
    """A line for each check of a part, with the style of its word. words: the word and style of each status."""
    ids = max(len(spec.id) for spec in part.checks)
    room = width - WORD - len(" 0/0 ") - ids - 2
    lines = []
    for spec in part.checks:
        status = seen.get(spec.id, "not_attempted")
        word, style = words[status]
        named = f"{word:<{WORD}} {spec.points if status == 'passed' else 0}/{spec.points} {spec.id:<{ids}}"
        lines.append((cut(f"{named}  {spec.title}" if room >= ROOM else named, width), style))
    return lines


def total(part: Part, seen: dict[str, str], words: dict[str, tuple[str, str]]) -> str:
    """The points of a part, and how many of its checks there are of each status."""
    counts = Counter(words[seen.get(spec.id, "not_attempted")][0] for spec in part.checks)
    return f"{progress.points(part, seen)} of {part.points} points | checks: " + ", ".join(
        f"{number} {word.lower()}" for word, number in counts.items()
    )


def following(all_parts: Sequence[Part], seen: dict[str, str]) -> str:
    """What to do next, and how."""
    spec = progress.following(all_parts, seen)
    if spec is None:
        return "All passed."
    return f"Next: {spec.part}.{spec.exercise}: grader watch {spec.part}"


def cut(line: str, width: int) -> str:
    """The line as far as it fits, with three points where it does not."""
    return line.rstrip() if len(line.rstrip()) <= width else line[: max(0, width - len(CUT))] + CUT

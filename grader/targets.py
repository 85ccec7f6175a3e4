"""What several commands take: the name of a part or an exercise, which shells complete, and some options' values."""

import click
from click.shell_completion import CompletionItem

from grader.course import Course, default_course


class Named(click.ParamType):  # type: ignore[type-arg]  # click 8.1 takes none
    """The name of a part, or of an exercise or check of it where those are asked for too."""

    name = "name"

    def __init__(self, exercises: bool):
        self._exercises = exercises

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """What the name may become; nothing where the course can't be read, for a shell has no place for a message."""
        try:
            names = _names(default_course(), incomplete, self._exercises)
        except Exception:
            return []
        return [CompletionItem(name, help=title) for name, title in names.items() if name.startswith(incomplete)]


PART = Named(exercises=False)
TARGET = Named(exercises=True)
SEED = click.IntRange(0, 2**62)
SECONDS = click.FloatRange(0.1, 3600)
DEVICE = click.Choice(["auto", "cpu", "cuda", "mps"])
BUDGET = click.Choice(["quick", "full"])


def _names(course: Course, begun: str, exercises: bool) -> dict[str, str]:
    """Names with their titles. Exercises come once their part is written out.

    Checks come behind a second point, or where only one exercise is left: it would seem to be all there is.
    """
    parts = {part.id: part for part in course.parts()}
    names = {part.id: part.title for part in parts.values()}
    part = parts.get(begun.partition(".")[0])
    if part is None or not exercises:
        return names
    for spec in part.checks:
        names.setdefault(f"{part.id}.{spec.exercise}", spec.title)
    if begun.count(".") > 1 or sum(name.startswith(begun) for name in names) == 1:
        names |= {spec.id: spec.title for spec in part.checks if spec.id not in names}
    return names

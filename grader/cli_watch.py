"""The command `grader watch`. Thin, as all commands."""

import click

from grader.commands import started
from grader.course import default_course
from grader.errors import UsageError
from grader.output import screen
from grader.targets import TARGET


@click.command()
@click.argument("target", required=False, metavar="[PART|EXERCISE]", type=TARGET)
def watch(target: str | None) -> None:
    """Grade what you save, when you save it.

    When it has passed, the next exercise follows. Without a part: where you were last, and wherever you save.
    """
    from grader import progress, warm

    course = default_course()
    parts = course.parts()
    if target is None:
        following = progress.following(parts, progress.read()) or parts[0].checks[0]
        part, exercise = course.part(following.part), None
    else:
        part, specs = course.select((target,))
        exercise = specs[0].exercise if "." in target else None
    folder = course.exercise_file(part).parent
    try:
        import watchfiles  # noqa: F401
    except ImportError:
        raise UsageError("`grader watch` needs watchfiles: pip install watchfiles.") from None
    console = screen(quiet=False)

    from grader.watching.events import Events
    from grader.watching.keys import Keys
    from grader.watching.screen import Screen

    events = Events()
    with Keys(events) as keys:
        shown = Screen(console, keys.heard)
        console.print("Warming up ...", style="dim")

        warm.import_torch(students=True)  # once, here: the student's process may be a fork that has it too

        try:
            with started() as template:  # before there is any thread, and before a reference is imported
                from grader.watching.saves import Saves
                from grader.watching.seat import Seat

                keys.listen()
                with Saves(folder, events):
                    seat = Seat(course, parts, template, shown, events, roams=target is None)
                    seat.take(part, exercise)
                    seat.stay()
        except KeyboardInterrupt:
            pass  # as q
        finally:
            shown.leave()

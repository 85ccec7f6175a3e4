"""READ FIRST: a student at work in a part. What is saved is graded, and what has passed leads to the next exercise.

Each save runs the whole part, the exercise one is on first: its verdict is shown as soon as it falls, and what is said
of the others is true of what is in the file now.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from grader import cells, pipeline, progress
from grader.attempt import Attempt
from grader.cells import Submission
from grader.course import PUBLIC_SEED, Course, Part
from grader.errors import UsageError
from grader.report.model import Report, Result
from grader.sandbox import Ended, Limits
from grader.template import Template
from grader.watching import order, screen, views
from grader.watching.edits import Edits
from grader.watching.events import Event, Events, Pressed, Saved, nothing
from grader.watching.screen import Block, Screen
from grader.workspaces import reset

LIMITS = Limits()


class Seat:
    """Where one sits: the part, the exercise, what the file held when it was last read, and the verdict on it."""

    def __init__(
        self, course: Course, parts: Sequence[Part], template: Template, shown: Screen, events: Events, roams: bool
    ):
        """roams: whether one moves to another part by saving it."""
        self._course = course
        self._parts = parts
        self._template = template
        self._screen = shown
        self._events = events
        self._others = {f"{part.name}.py": part for part in parts} if roams else {}
        self._part: Part
        self._path: Path
        self._on = ""
        self._content: bytes | None = None
        self._submission: Submission | None = None
        self._edits = Edits()
        self._verdict: Sequence[Block] = ()
        self._seen: dict[str, str] = {}  # what is known of each check, here and from earlier

    def take(self, part: Part, exercise: str | None) -> None:
        """Sit down at an exercise, or else at what is wrong in the part, or at what is to do; and grade it."""
        self._part, self._path, self._on = part, self._course.exercise_file(part), exercise or part.exercises[0]
        self._content, self._submission, self._edits = None, None, Edits()
        try:
            self._seen = progress.read()
        except UsageError:
            self._seen = {}  # as if it had been deleted; `grader list` says why
        if self._read():
            self._grade(choose=exercise is None)

    def stay(self) -> None:
        """Do what is to be done about whatever happens, until one leaves."""
        while True:
            match self._events.next():
                case Saved(names):
                    self._saved(names)
                case Pressed("q"):
                    return
                case Pressed(key):
                    self._pressed(key)
                case _:
                    self._screen.again()

    def _saved(self, names: frozenset[str]) -> None:
        moved = [self._others[name] for name in sorted(names) if name in self._others]
        if self._path.name in names:
            if self._read():
                self._grade()
        elif moved:
            self.take(moved[0], None)

    def _pressed(self, key: str) -> None:
        if key == "h":
            self._hint()
        elif key == "l":
            self._show_instead(views.listed(self._part, self._seen, self._on))
        elif key == "a":
            self._read()
            if self._submission and self._run():
                self._show_instead(views.listed(self._part, self._seen, self._on))
        elif key == "r":
            self._ask_reset()

    # --- What is in the file, and what came of it ---

    def _read(self) -> bool:
        """Look at the file; whether it holds something new, and can be graded. One is on what was edited."""
        try:
            content = cells.content(self._path)
            if content == self._content:
                return False
            submission = cells.parse(content, self._path, self._part.name)
        except UsageError as error:
            self._content = self._submission = None
            self._show(screen.line(f"{error}\n", "red"))
            return False
        self._submission, self._content = submission, content
        edited = [name for name in self._edits.of(submission) if name in self._part.exercises]
        if edited and self._on not in edited:
            self._on = edited[0]
        return True

    def _grade(self, *above: Block, choose: bool = False) -> None:
        """Grade what is in the file, and show what came of the exercise one is on, or of the next one if it passed.

        choose: go to what is wrong first, whatever one is on.
        """
        before, on, early = self._seen, self._on, False

        def falls(results: Sequence[Result]) -> None:
            nonlocal early
            early = True
            self._show(*above, *self._said(results))

        shown = self._progress()
        report = self._run(None if choose else falls)
        if report is None:
            return
        own = [one for one in report.results if one.id.split(".")[1] == on]
        passed = [] if choose else [one for one in own if one.status == "passed"]
        if choose or len(passed) == len(own):
            self._on = order.following(self._part, self._seen, on, choose) or on
            own = [one for one in report.results if one.id.split(".")[1] == self._on]
        lost = [id for id, status in self._seen.items() if status != "passed" and before.get(id) == "passed"]
        lost = [id for id in lost if id.split(".")[1] not in (on, self._on)]
        beside = [screen.line(f"No longer right: {', '.join(lost)}.", "yellow")] if lost else []
        beside += [screen.line(f"Note: {note}", "yellow") for note in report.notes]
        if all(self._seen.get(spec.id) == "passed" for spec in self._part.checks):
            self._show(*above, *views.all_passed(self._part, self._parts, self._seen))
            return
        if early and on == self._on and not beside and self._progress() == shown:
            return  # all of it is on the screen already
        verdicts = [*passed, *own] if on != self._on else own
        self._show(*above, *self._said(verdicts), *beside)

    def _run(self, falls: Callable[[Sequence[Result]], None] | None = None) -> Report | None:
        """Verdicts on the whole part, which are kept; None where something newer broke them off, or there are none.

        falls: told the verdicts on the exercise one is on, as soon as they are all there.
        """
        assert self._submission is not None
        attempt = Attempt.of(self._course, self._part, self._submission, self._template, LIMITS)
        broken_off, results = False, []

        def break_off(event: Event) -> None:
            nonlocal broken_off
            if isinstance(event, Saved) and not self._is_new():
                return  # the same once more, or another file
            broken_off = True
            attempt.interrupt()

        def on_result(one: Result) -> None:
            results.append(one)
            if falls and len(results) == own and not broken_off:
                call_off()
                falls(results)

        specs, own = order.first(self._part, self._on), len(order.checks(self._part, self._on))
        name = f"{self._part.id}.{self._on}"
        self._events.break_off = break_off
        call_off = self._screen.working(self._head(), f"Running {name} ... A save breaks it off, q quits.")
        try:
            report = pipeline.grade(self._course, self._part, specs, attempt, PUBLIC_SEED, on_result)
        except Ended as ended:
            said = f"The sandbox failed: {ended.reason}. Save again; if it stays so, report it."
            self._show(screen.line(f"{said}\n", "red"))
            return None
        finally:
            call_off()
            self._events.break_off = nothing
        if broken_off:
            self._content = None  # whatever is there now is to be graded
            return None
        self._keep(report)
        return report

    def _keep(self, report: Report) -> None:
        """Remember verdicts as a run of the part in its own order would have given them."""
        statuses = order.statuses(self._part, report.results)
        try:
            self._seen = progress.remember(statuses)
        except UsageError:
            self._seen = self._seen | statuses  # `grader run` and `grader doctor` say why; not at each save

    def _is_new(self) -> bool:
        try:
            return cells.content(self._path) != self._content
        except UsageError:
            return True

    # --- What is shown ---

    def _said(self, results: Sequence[Result]) -> list[Block]:
        assert self._submission is not None
        return [*views.said(results), *views.to_write(results, self._on, self._path, self._submission)]

    def _hint(self) -> None:
        checks = order.checks(self._part, self._on)
        spec = next((one for one in checks if self._seen.get(one.id) != "passed"), checks[0])
        try:
            self._show_beside(views.hint(self._part, spec))
        except UsageError as error:
            self._show_beside(screen.line(f"{error}\n", "red"))

    def _ask_reset(self) -> None:
        """Set the exercise back, or the part where it can't be read, after a yes that was typed on being asked."""
        name = f"{self._part.id}.{self._on}" if self._submission else self._part.id
        asked = f"Set {name} back to what was shipped? What is there now is kept in a backup. y or n"
        since = time.monotonic()
        self._show_beside(screen.line(asked, "bold"))
        while True:
            match self._events.next():
                case Pressed(key, at) if key != "q" and at < since:
                    continue
                case Pressed("y"):
                    break
                case Pressed() | Saved() as event:
                    self._show_beside()
                    if event != Pressed("n"):
                        self._events.put(event)
                    return
                case _:
                    self._screen.again()
        try:
            said = screen.line("\n".join(reset.reset(self._course, (name,))) + "\n")
        except UsageError as error:
            self._show_beside(screen.line(f"{error}\n", "red"))
            return
        if self._read():
            self._grade(said)
        else:
            self._show_beside(said)

    def _show(self, *verdict: Block) -> None:
        """Show a verdict, or what stands in its place."""
        self._verdict = verdict
        self._show_beside()

    def _show_beside(self, *blocks: Block) -> None:
        """Show something below the verdict, for now."""
        self._show_instead(*self._verdict, *blocks)

    def _show_instead(self, *blocks: Block) -> None:
        """Show something in the place of the verdict, for now."""
        self._screen.show(self._head(), *blocks, screen.progress(*self._progress()))

    def _head(self) -> Block:
        words = f"{self._part.id}: {self._part.title} | isolation: {self._template.isolation.name}\n"
        return screen.line(words, "bold")

    def _progress(self) -> tuple[int, int, int, int]:
        done, points = progress.passed(self._part, self._seen), progress.points(self._part, self._seen)
        return done, len(self._part.exercises), points, self._part.points

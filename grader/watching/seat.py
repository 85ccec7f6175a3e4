"""READ FIRST: a student at work in a part. What is saved is graded, and what has passed leads to the next exercise."""

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from grader import cells, hints, pipeline, progress
from grader.attempt import Attempt
from grader.cells import Submission
from grader.course import PUBLIC_SEED, Course, Part, Spec
from grader.errors import UsageError
from grader.report import overview, terminal
from grader.report.model import Report, Result
from grader.sandbox import Ended, Limits
from grader.template import Template
from grader.watching import screen
from grader.watching.events import Event, Events, Pressed, Saved, nothing
from grader.watching.screen import Block, Screen
from grader.workspaces import reset
from grader.workspaces.exercise import line_of

HINT = "press h"
FEW = 3
"""So many verdicts that have just passed are shown; of more, the last ones."""
SHORTLY = 2.0
"""Seconds."""
LIMITS = Limits()


class Seat:
    """Where one sits: the part, the exercise, what the file held when it was last graded, and the verdict on it.

    Verdicts are kept for `grader list`. What one is on is the exercise whose cell was edited last.
    """

    def __init__(self, course: Course, template: Template, shown: Screen, events: Events, others: Sequence[Part] = ()):
        self._course = course
        self._template = template
        self._screen = shown
        self._events = events
        self._others = {f"{part.name}.py": part for part in others}  # to which one may move by saving them
        self._part: Part
        self._path: Path
        self._on = ""
        self._content: bytes | None = None
        self._submission: Submission | None = None
        self._recent: list[tuple[float, frozenset[str]]] = []
        self._verdict: Sequence[Block] = ()
        self._seen: dict[str, str] = {}  # what is known of each check, here and from earlier

    def take(self, part: Part, exercise: str) -> None:
        """Sit down at an exercise, and grade it."""
        self._sit(part, exercise)
        self._saved_now()

    def _sit(self, part: Part, exercise: str) -> None:
        self._part, self._path, self._on = part, self._course.exercise_file(part), exercise
        self._content, self._submission, self._recent = None, None, []
        self._seen = progress.read()

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
            self._saved_now()
        elif moved:
            self._move(moved[0])

    def _move(self, part: Part) -> None:
        """Go to another part: to what is wrong there, or else to what is to do."""
        self._sit(part, part.exercises[0])
        report = self._run(part.checks) if self._read() else None
        if report:
            left = [one for one in report.results if one.status != "passed"]
            begun = [one for one in left if one.status not in progress.NO_ATTEMPT]
            self._on = next((one.id.split(".")[1] for one in begun + left), self._on)
            self._grade()

    def _saved_now(self, *above: Block) -> None:
        """Grade the exercise that has changed, or else the one that one is on; nothing where nothing has changed."""
        if self._read():
            self._grade(*above)

    def _read(self) -> bool:
        """Look at the file; whether it holds something new, and can be graded."""
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
        changed = self._changed(submission)
        if changed and self._on not in changed:
            self._on = changed[0]
        return True

    def _changed(self, now: Submission) -> list[str]:
        """The exercises whose cells are not what they were, in the order of the file.

        What they were: at the last save, and at those shortly before. A file that is written in pieces is saved several
        times, and what is cut off at first has not been edited.
        """
        known = {source for _, sources in self._recent for source in sources}
        first = not known
        clock = time.monotonic()
        self._recent = [(then, sources) for then, sources in self._recent if clock - then < SHORTLY]
        self._recent.append((clock, frozenset(cell.source for cell in now.cells)))
        new = [cell for cell in now.cells if cell.source not in known and not first]
        return [name for cell in new for name in cell.names() if name in self._part.exercises]

    def _grade(self, *above: Block) -> None:
        """Grade the exercise, and those behind it, up to one that has not passed."""
        passed: list[Result] = []
        while True:
            following = self._following()
            # Where all others have passed, all are graded: what is said in the end is to be true of what is there now.
            report = self._run(self._checks() if following else self._part.checks)
            if report is None:
                return
            left = [one for one in report.results if one.status != "passed"]
            if left:
                self._on = left[0].id.split(".")[1]
                shown = screen.verdicts([*passed[-FEW:], *left], HINT)
                self._show(*above, shown, *self._notes(report), *self._where(left))
                return
            if following is None:
                self._show(*above, screen.line(f"All of {self._part.id} has passed: {self._part.title}.\n", "green"))
                return
            passed += report.results
            self._on = following

    def _run(self, specs: tuple[Spec, ...]) -> Report | None:
        """Verdicts, which are kept; None where something newer has broken them off, or where there are none."""
        assert self._submission is not None
        attempt = Attempt.of(self._course, self._part, self._submission, self._template, LIMITS)
        broken_off = False

        def break_off(event: Event) -> None:
            nonlocal broken_off
            if isinstance(event, Saved) and not self._is_new():
                return  # the same once more, or another file
            broken_off = True
            attempt.interrupt()

        self._screen.working(specs[0].id if len(specs) == 1 else f"{len(specs)} checks")
        self._events.break_off = break_off
        try:
            report = pipeline.grade(self._course, self._part, specs, attempt, PUBLIC_SEED)
        except Ended as ended:
            self._show(
                screen.line(f"The sandbox failed: {ended.reason}. Save again; if it stays so, report it.", "red")
            )
            return None
        finally:
            self._events.break_off = nothing
        if broken_off:
            self._content = None  # whatever is there now is to be graded
            return None
        statuses: dict[str, str] = {one.id: one.status for one in report.results}
        try:
            self._seen = progress.remember(statuses)
        except UsageError:
            self._seen |= statuses  # `grader run` and `grader doctor` say why; here it would be said at each save
        return report

    def _is_new(self) -> bool:
        try:
            return cells.content(self._path) != self._content
        except UsageError:
            return True

    def _pressed(self, key: str) -> None:
        if key == "h":
            self._hint()
        elif key == "l":
            self._list()
        elif key == "a":
            self._run_all()
        elif key == "r":
            self._ask_reset()

    def _hint(self) -> None:
        shown = hints.next_hint(self._part, self._checks()[0])
        says = f"{hints.HELD} save it." if shown.held else shown.text
        more = "" if shown.last else "\n(h once more for the next)"
        self._show_beside(screen.line(f"{shown.name}, hint {shown.number} of {shown.of}: {says}{more}\n"))

    def _list(self) -> None:
        self._show_beside(self._listed)

    def _run_all(self) -> None:
        """Grade the whole part as it is now, list it, and stay where one is."""
        self._read()
        report = self._submission and self._run(self._part.checks)
        if report:
            self._show(self._listed, *self._notes(report))

    def _ask_reset(self) -> None:
        name = f"{self._part.id}.{self._on}"
        asked = f"Set {name} back to what was shipped? What is there now is kept in a backup. y or n"
        self._show_beside(screen.line(asked, "bold"))
        while True:
            match self._events.next():
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
            said = "\n".join(reset.reset(self._course, (name,)))
        except UsageError as error:
            said = str(error)
        self._saved_now(screen.line(f"{said}\n"))

    def _show(self, *verdict: Block) -> None:
        """Show a verdict, or what stands in its place."""
        self._verdict = verdict
        self._show_beside()

    def _show_beside(self, *blocks: Block) -> None:
        """Show something below the verdict, for now."""
        part = self._part
        done, points = progress.passed(part, self._seen), progress.points(part, self._seen)
        head = f"{part.id}: {part.title} | isolation: {self._template.isolation.name}"
        self._screen.show(
            screen.line(head, "bold"),
            screen.line(""),
            *self._verdict,
            *blocks,
            screen.progress(done, len(part.exercises), points, part.points),
        )

    def _checks(self) -> tuple[Spec, ...]:
        return tuple(spec for spec in self._part.checks if spec.exercise == self._on)

    def _following(self) -> str | None:
        """The next exercise that has not passed, from here on and around."""
        names = self._part.exercises
        place = names.index(self._on)
        left = {spec.exercise for spec in self._part.checks if self._seen.get(spec.id) != "passed"}
        return next((name for name in (*names[place + 1 :], *names[:place]) if name in left), None)

    def _where(self, left: Sequence[Result]) -> list[Block]:
        """For what is not written yet: where it is."""
        if any(one.status != "not_attempted" for one in left):
            return []
        assert self._submission is not None
        line = line_of(self._submission.cells, self._on)
        where = f"{self._path}" if line is None else f"{self._path}, line {line + 1}"
        return [screen.line(f"Write {self._on}: {where}. Save, and see.\n", "bold")]

    def _notes(self, report: Report) -> list[Block]:
        return [screen.line(f"Note: {note}", "yellow") for note in report.notes]

    def _listed(self, console: Console) -> None:
        rows = overview.checks(self._part, self._seen, terminal.WORDS, console.width)
        screen.lines([*rows, (f"You are on {self._part.id}.{self._on}.", "bold")])(console)

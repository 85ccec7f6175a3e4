"""A report for people, with rich: readable without colour, in a pipe and on a narrow terminal."""

import re
import textwrap
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from grader.comparison import Comparison
from grader.report import training
from grader.report.model import NOT_WRITTEN, Frame, Report, Result

WORDS = {
    "passed": ("passed", "green"),
    "failed": ("FAILED", "bold red"),
    "not_attempted": ("to do", "dim"),
    "broken_rule": ("BROKEN RULE", "bold red"),
    "crashed": ("CRASHED", "bold red"),
    "timed_out": ("TIMED OUT", "bold red"),
    "skipped": ("skipped", "yellow"),
    "grader_error": ("GRADER ERROR", "bold magenta"),
    "not_converged": ("NOT CONVERGED", "bold yellow"),
    "not_run": ("not run", "yellow"),
}
HINTED = ("failed", "crashed", "timed_out")
"""Statuses with which a hint may help."""
CUT = ("crashed", "grader_error")
"""Statuses whose message holds the text of an exception, which may be of any length."""
INDENT = 4
MESSAGE = 600
"""Characters that are shown of such a message; its end is what we say of the exception."""
END = 250
BLOCK = 3
"""Frames of a trace, at most, that are looked for again right below."""
BEGIN = "Nothing is written yet, and that is where everyone starts."
GLUE = "\0"
"""Stands for a blank at which no line is broken; what is printable holds none."""
PDB = re.compile(r"(?m)^> /.*/([^/\n]+\.py\(\d+\))")
"""Where a debugger stands: in a folder that is gone by now."""


class Live:
    """Prints verdicts as they fall; those not begun are held back until another one comes."""

    def __init__(self, console: Console, header: list[Text]):
        self._console = console
        self._header = header
        self._held: list[Result] = []

    def __call__(self, one: Result) -> None:
        """Print one verdict, or hold it back."""
        self._held.append(one)
        if one.status != "not_attempted":
            self.release()

    def release(self) -> None:
        """Print what is held back."""
        for line in self._header:
            self._console.print(line)
        self._header = []
        for one in self._held:
            result(self._console, one)
        self._held.clear()

    def finish(self, report: Report, line: int, more: str = "") -> None:
        """Print what is left, and the summary.

        line: where the first exercise to do begins, 0 where that is no line; more: what belongs to the command.
        """
        if len(self._held) == len(report.results):
            _first_line(self._console, report, line, more)
        self.release()
        summary(self._console, report)


def header(title: str, file: str, seed: int, isolation: str) -> list[Text]:
    """The lines that say what is graded."""
    return [
        Text(printable(title), style="bold"),
        Text(f"{printable(file)} | seed {seed} | isolation: {isolation}", style="dim"),
        Text(),
    ]


def result(console: Console, one: Result, hint: str = "grader hint {}") -> None:
    """One verdict: a line, and below it what to know where it has not passed.

    hint: how one asks for a hint, with {} for the id.
    """
    word, style = WORDS[one.status]
    line = Text.assemble((f"{word:<11}", style), f" {one.points}/{one.max_points} {one.id:<26} ", (one.title, "dim"))
    cut = len(line) > console.width
    if cut:
        line.truncate(console.width - 3)
        line.append("...")
    console.print(line, no_wrap=True, overflow="crop")
    if one.curve and one.status == "passed":
        for line_below in training.lines(one.curve, one.status):
            _indented(console, line_below, "dim")
    if one.status == "passed" or (one.status == "not_attempted" and one.message == NOT_WRITTEN):
        return
    if cut:
        _indented(console, one.title, "dim")
    if one.mistake:
        _indented(console, f"It looks like this: {one.mistake}.", "bold")
    _indented(console, _short(one.message) if one.status in CUT else one.message)
    for line_below in _evidence(one, _room(console)):
        _indented(console, line_below)
    if one.curve:
        for line_below in training.lines(one.curve, one.status):
            _indented(console, line_below, "dim")
    elif one.status in HINTED:
        _indented(console, f"For a hint: {hint.format(one.id)}", "dim")
    console.print()


def _indented(console: Console, text: str, style: str = "", indent: int = INDENT) -> None:
    """Wrap and indent, without the blanks that rich would pad a line with."""
    width = _room(console, indent)
    for line in printable(text).splitlines():
        wrapped = textwrap.wrap(line, width, subsequent_indent="  " if line.startswith("  ") else "") or [""]
        for piece in wrapped:
            console.print(Text(" " * indent + piece, style=style), no_wrap=True, overflow="ignore", crop=False)


def _short(message: str) -> str:
    """A message of bearable length: the middle is left out, and that is said."""
    more = len(message) - MESSAGE
    return message if more <= 0 else f"{message[: MESSAGE - END]} [... {more} characters are cut ...] {message[-END:]}"


def _room(console: Console, indent: int = INDENT) -> int:
    return max(20, console.width - indent)


def printable(text: str) -> str:
    """The text with control characters shown instead of obeyed: what a student prints is not trusted."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def _evidence(one: Result, width: int) -> list[str]:
    """The traceback, the worst entry and the printed output, as far as there are any."""
    lines = [
        line
        for part in folded(one.details.trace)
        for line in (_frame(part, width) if isinstance(part, Frame) else [f"  {part}"])
    ]
    wrong = [c for c in one.details.comparisons if c.fault]
    if one.status == "failed" and wrong:
        lines += _comparison(wrong[0])
        if one.details.cases > 1:
            wrong_cases = one.details.cases - one.details.cases_right
            lines.append(f"the same, or much the same, in {wrong_cases} of {one.details.cases} inputs")
    if one.details.output:
        kept = printed(one.details.output)
        lines += ["it printed, over all inputs:", *(f"  {line[:200]}" for line in kept[:8])]
        if len(kept) > 8:
            lines.append(f"  ... and {len(kept) - 8} lines more")
    return lines


def _frame(frame: Frame, width: int) -> list[str]:
    """Where a student's code was, and its line: on a line of its own where the two do not fit into one."""
    where = f"{frame.file}:{frame.line}{f' in {frame.function}' if frame.function else ''}:"
    return [f"{where} {frame.code}"] if len(where) + 1 + len(frame.code) <= width else [where, f"  {frame.code}"]


def folded(trace: list[Frame]) -> Iterator[Frame | str]:
    """The frames of a trace, of those that come again right below only the first, and words for the others."""
    at = 0
    while at < len(trace):
        size, times = max(((size, _times(trace[at:], size)) for size in range(1, BLOCK + 1)), key=_covered)
        yield from trace[at : at + size]
        if times > 1:
            yield f"... the same {'once' if times == 2 else f'{times - 1} times'} more"
        at += size * times


def _covered(found: tuple[int, int]) -> tuple[int, int]:
    """How much a block that comes so many times takes the place of; of equals, the smallest block."""
    size, times = found
    return size * (times - 1), -size


def _times(trace: list[Frame], size: int) -> int:
    """How many times the first frames of a trace stand there one after the other."""
    times = 1
    while len(trace) >= size * (times + 1) and trace[size * times : size * (times + 1)] == trace[:size]:
        times += 1
    return times


def printed(output: str) -> list[str]:
    """The lines that a student's code printed, without the folder that a debugger names."""
    return PDB.sub(r"> \1", output.rstrip()).splitlines()


def _comparison(comparison: Comparison) -> list[str]:
    if comparison.fault not in ("values", "finite"):
        return [f"asked: {comparison.asked} | came: {comparison.came}"]
    if comparison.expected is None or comparison.got is None:
        return [f"{comparison.label}: expected {comparison.asked}, came {comparison.came}"]
    at = str(comparison.worst) if comparison.worst else ""
    return [
        f"{comparison.label} {comparison.asked}: {comparison.wrong} of {comparison.entries} entries are off",
        f"worst {comparison.label}{at}: expected {comparison.expected:.6g}, came {comparison.got:.6g}",
        f"exact {comparison.exact} | approximate {comparison.approximate} | maxdiff {comparison.maxdiff:.3g}"
        f" (allowed {comparison.allowed:.2g})",
    ]


def _first_line(console: Console, report: Report, line: int, more: str) -> None:
    """For whom has not begun: what to open, and what to do first."""
    first = report.results[0].id
    where = printable(f"{report.file}, line {line}," if line else report.file)
    name, command = first.split(".")[1], printable(f"grader run {first}{more}")
    whole = command.replace(" ", GLUE)  # a command that is broken over two lines can't be copied
    told = f"{BEGIN} Open {where} and write {name}; save; then run {whole}."
    lines = textwrap.wrap(told, _room(console, 0), break_long_words=False, break_on_hyphens=False)
    text = Text("\n".join(lines).replace(GLUE, " "))
    for bold in (where, name, command):
        text.highlight_regex(r"\s".join(map(re.escape, bold.split(" "))), "bold")
    console.print(text, no_wrap=True, overflow="ignore", crop=False)
    console.print()


def summary(console: Console, report: Report) -> None:
    """The last lines: points, counts, notes, and what comes next."""
    counts: dict[str, int] = {}
    for one in report.results:
        word = WORDS[one.status][0].lower()
        counts[word] = counts.get(word, 0) + 1
    for note in report.notes:
        _indented(console, f"Note: {note}", "yellow", indent=0)
    parts = ", ".join(f"{number} {word}" for word, number in counts.items())
    if report.not_run:
        console.print(
            f"Not run: {not_run(report)} (grader train {report.part} trains what you have written).", style="dim"
        )
    console.print(f"[bold]{report.points} of {report.max_points} points[/] | {parts} | {report.seconds:.1f} s")
    following = next((r for r in report.results if r.status != "passed"), None)
    if following is None:
        console.print("All passed.", style="green")
    elif report.exit_code != 3:
        console.print(f"Next: {following.id}", style="bold")


def not_run(report: Report) -> str:
    """How many training checks nobody asked for."""
    return f"{report.not_run} training check{'s' * (report.not_run != 1)}"

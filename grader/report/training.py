"""What a terminal shows of a training check: its figures, and the line that moves while one waits."""

from typing import TYPE_CHECKING, Any

from rich.console import Console

from grader.report.model import Curve, Status

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

EVERY = 0.25
"""Where no terminal shows a bar: a line for each such share of the steps."""


def lines(curve: Curve, status: Status) -> list[str]:
    """The figures behind a verdict; more of them where it has not passed."""
    if curve.budget == "speedrun":
        seconds, loss = curve.others["the reference's recipe"]
        last = "none" if curve.last is None else f"{curve.last:.4f}"
        return [
            f"{curve.seconds:.2f} s by the grader's clock, held-out loss {last}, target {curve.target:.4f}",
            f"the reference's recipe: {seconds:.2f} s, {loss:.4f} | {curve.device}",
        ]
    last = "none yet" if curve.last is None else f"{curve.last:.3f}"
    first = "" if curve.first is None else f" | before the first step {curve.first:.3f}, a guess {curve.guess:.3f}"
    found = [
        f"held-out loss {last}, target {curve.target:.3f} | {curve.baseline_name} {curve.baseline:.3f}{first}",
        f"{curve.steps:,} of {curve.asked:,} steps in {curve.seconds:.1f} s, {curve.allowed:.0f} s allowed | "
        f"{curve.steps_per_second:,.0f} steps/s, the reference {curve.reference_steps_per_second:,.0f} | "
        f"{curve.device}, budget {curve.budget}{', resumed' if curve.resumed else ''}",
    ]
    beside = {} if curve.reference_last is None else {"the reference": f"{curve.reference_last:.3f}"}
    beside |= {name: f"{last:.3f} (first {first:.2f})" for name, (first, last) in curve.others.items()}
    if beside:
        found.append("beside it: " + ", ".join(f"{name} {loss}" for name, loss in beside.items()))
    if status == "passed":
        return found
    if curve.points:
        steps = [f"{int(step or 0):,}: {held_out:.3f}" for step, _, held_out, _ in curve.points if held_out is not None]
        found.append("held-out loss by step: " + ", ".join(steps))
    if curve.updates:
        shown = [f"{name} {value:.1f}" for name, value in list(curve.updates.items())[:12]]
        found.append(f"update:data of a first step, log10 (about -3 is healthy later on): {', '.join(shown)}")
    if curve.gradients:
        shown = [f"{name} {value:.1f}" for name, value in list(curve.gradients.items())[:12]]
        found.append(f"gradient:data of a first step, log10: {', '.join(shown)}")
    if curve.saturated is not None:
        found.append(f"saturated hidden activations before the first step: {100 * curve.saturated:.1f} %")
    if curve.seen is not None:
        found.append(f"loss on examples it was trained on: {curve.seen:.3f}")
    return found


class Watch:
    """Step, loss, held-out loss and time to go of the training that is running, on one line."""

    def __init__(self, console: Console):
        self._console = console
        self._bar: Progress | None = None
        self._task: TaskID
        self._said = 0.0

    def say(self, text: str) -> None:
        """What is done beside the training."""
        if self._bar:
            self._bar.update(self._task, description=text)
        else:
            self._console.print(f"    {text} ...", style="dim", highlight=False)

    def begin(self, training: Any) -> None:
        """A training check begins."""
        self._said = 0.0
        self._console.print(f"{training.id}: {training.title}", style="bold")
        if self._console.is_terminal:
            from rich.progress import BarColumn, Progress, TextColumn  # 18 ms that no other command needs

            columns = (BarColumn(20), TextColumn("{task.description}"))
            self._bar = Progress(*columns, console=self._console, transient=True)
            self._task = self._bar.add_task("", total=1.0)
            self._bar.start()

    def progress(self, now: Any) -> None:
        """A message of steps is done."""
        text = (
            f"step {now.step:,} of {now.asked:,} | loss {now.told:.3f} | held out {now.held_out:.3f} | "
            f"{now.seconds:.0f} s, {now.eta:.0f} s to go"
        )
        if self._bar:
            self._bar.update(self._task, completed=now.step / now.asked, description=text)
        elif now.step / now.asked >= self._said + EVERY:
            self._said = now.step / now.asked
            self._console.print(f"    {text}", style="dim", highlight=False)

    def end(self) -> None:
        """The verdict is there: clear the line."""
        if self._bar:
            self._bar.stop()
            self._bar = None

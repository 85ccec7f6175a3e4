"""What a notebook shows: verdicts and hints, and in place of them one plain message. Nothing here needs torch."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, repr=False)
class Shown:
    """Something to read, as HTML where that can be shown."""

    text: str
    html: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


@dataclass(frozen=True, repr=False)
class Verdict(Shown):
    """What came of a run; `report` is what `grader run --json` writes."""

    report: dict[str, Any]

    @property
    def points(self) -> int:
        """The points that were earned."""
        return int(self.report["points"])


class Notice(Exception):
    """A message to who runs the cell: IPython shows it as it is, without the way it took."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class Stopped(KeyboardInterrupt):
    """The stop button was pressed while a check's probe was running, or none (an empty id)."""

    def __str__(self) -> str:
        where = f" while {self.args[0]} was running. Is there a loop that never ends?" if self.args[0] else "."
        return f"Stopped{where} There is no verdict."

    def _render_traceback_(self) -> list[str]:
        return [str(self)]

"""An attempt that keeps what came of each check: to show it, a verdict alone is not enough."""

from dataclasses import dataclass

from grader import wire
from grader.attempt import Answer, Attempt
from grader.course import Spec


@dataclass
class KeepingAttempt(Attempt):
    """Like any attempt; its answers are there afterwards."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._asked = ""
        self.answers: dict[str, Answer] = {}
        """What came of each check, by id."""

    def post(self, spec: Spec, source: str, cases: list[dict[str, wire.Packed]]) -> None:
        """Send a probe's source with its cases."""
        self._asked = spec.id
        super().post(spec, source, cases)

    def collect(self, cases: int) -> Answer:
        """The answer to the last probe."""
        answer = super().collect(cases)
        self.answers[self._asked] = answer
        return answer

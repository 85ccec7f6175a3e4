"""How an author declares a check: one probe, its inputs, and the mistakes it must tell apart.

    @check("dprobs", points=1, hints=("the idea", "the rule", "the line, in words"))
    def dprobs(m, given):
        '''Back through the logarithm'''
        return m.dprobs(given.f, given.d)

    @dprobs.inputs
    def _(rng):
        yield {"f": ..., "d": ...}

    @dprobs.mistake("the incoming gradient is ignored", "What to think about instead.")
    def _(f, d):
        return 1 / f.probs

The arguments of `check` and the docstring are literals: `course.py` reads them from the source, so
that listing the course imports no torch. The probe travels to the student's process as source.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Mistake:
    """A known-wrong implementation: `replaces` is the name it stands in for."""

    name: str
    advice: str
    replaces: str
    variant: Any


@dataclass(eq=False)
class Check:
    """One check as its author wrote it: the functions, not yet joined with its points and title."""

    exercise: str
    probe: Callable[[Any, Any], Any]
    make_inputs: Callable[[Any], Iterable[dict[str, Any]]] | None = None
    explanation: Callable[[Any, Any, list[str]], str | None] | None = None
    measure: Callable[[Any, Any], dict[str, Any]] | None = None
    mistakes: list[Mistake] = field(default_factory=list)

    def inputs(self, make: Any) -> Any:
        """Register the input maker: `make(rng)` yields one dict of values for each case."""
        self.make_inputs = make
        return make

    def mistake(self, name: str, advice: str, replaces: str | None = None) -> Callable[[Any], Any]:
        """Register a known-wrong variant of the exercise (or of the name it `replaces`)."""

        def register(variant: Any) -> Any:
            self.mistakes.append(Mistake(name, advice, replaces or self.exercise, variant))
            return variant

        return register

    def explain(self, explanation: Any) -> Any:
        """Register `explanation(given, got, wrong)`: a better message for a wrong answer, or None.

        given: the inputs of the case; got: the values that came; wrong: the labels that differ.
        """
        self.explanation = explanation
        return explanation

    def statistic(self, measure: Any) -> Any:
        """Register `measure(given, answer)` for an answer that is random: a dict of `judge.Band` by name.

        It runs in the grader's process, on answers whose types, shapes and dtypes are those of the reference's
        answer and which are finite. Its numbers are judged then, and the answer's own are not.
        """
        self.measure = measure
        return measure


def check(exercise: str, **declared: Any) -> Callable[[Callable[[Any, Any], Any]], Check]:
    """Make the decorated function the probe of a check of `exercise`.

    declared: `points` (int), `hints` (three strings), `after` (an exercise that must pass first), `updates`
    (inputs that are changed in place), `forbids` (names of torch's functions that the exercise is to do without).
    They are read from the source by `course.py`, not here.
    """
    return lambda probe: Check(exercise, probe)

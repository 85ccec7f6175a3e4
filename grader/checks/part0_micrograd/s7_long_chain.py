"""Part 0, Value once more: a graph that is too deep for a walk that calls itself."""

from grader.check import check
from grader.checks.draw import uniform
from grader.checks.part0_micrograd.look import gradients_of, plain
from grader.checks.part0_micrograd.scalar import Scalar


@check(
    "Value",
    points=2,
    hints=(
        "Every call that waits for another one takes a place on Python's stack, and there are about a thousand places.",
        "Keep a list of what is still to be looked at. A value has to be met twice: once to put its children on top of "
        "it, and once more, when they are done, to place the value itself. Look up whether a value was seen in a set: "
        "in a list, it takes longer the more there are.",
        "Begin with a list that holds self and a mark for 'open it'. As long as the list is not empty, take its last "
        "entry. If it is to be opened and has not been seen: put it back, marked as 'place it', and then its children, "
        "marked as 'open it'. If it is to be placed: append it to the order.",
    ),
)
def long_chain(m, given):
    """A chain of 20,000 values"""
    a, b = m.Value(given.a), m.Value(given.b)
    out = a
    for _ in range(given.rounds):
        out = out * b + a
    out.backward()
    return {"data": plain(out.data), "gradients of a and b": gradients_of([a, b])}


@long_chain.inputs
def _(rng):
    a, b = uniform(rng, 0.5, 0.9, 2).tolist()
    yield {"a": a, "b": 1 - b / 1000, "rounds": 10_000}


@long_chain.explain
def _(given, got, wrong):
    """What this one rests on."""
    return "If Value.reused or Value.backward fails as well, begin there: this is the same walk, only longer."


@long_chain.mistake(
    "a walk that calls itself",
    "The walk calls itself once for each step down, and Python allows about a thousand calls inside each other. (To "
    "raise the limit moves the problem, but does not solve it.) Keep your own list of what is still to be done.",
)
class _(Scalar):
    """The one that is not spoilt: it recurses."""


@long_chain.mistake(
    "the walk ends too early",
    "The data is right, but the gradients are those of the last few values only: the walk gives up after a number of "
    "steps. Every value of the graph has its turn.",
)
class _(Scalar):
    def order(self):
        return [self]

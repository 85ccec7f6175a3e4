"""Right answers that are spoilt at the very end: the mistakes that any number, tensor or list may have."""

import inspect
from functools import partial

from grader.checks import slips
from reference import part2_mlp as reference

NUMBERS = {
    "twice as large": (
        lambda x: 2 * x,
        "is exactly twice what it should be. Is something added to itself, or a factor counted twice?",
    ),
    "half as large": (
        lambda x: 0.5 * x,
        "is exactly half of what it should be. Is there a factor, or a division, that nobody asked for?",
    ),
    slips.SIGN: (lambda x: -x, "has the right size and the wrong sign."),
    "zero everywhere": (
        lambda x: 0 * x,
        "is zero. Was room made with zeros and never filled, or is everything multiplied by something that is zero?",
    ),
    "not a number": (
        lambda x: float("nan") * x,
        "is NaN, which is what comes of zero over zero, of infinity less infinity, and of anything that a NaN enters.",
    ),
}
TENSORS = NUMBERS | {
    "float64 instead of float32": (
        lambda x: x.double(),
        "is right, in float64. A tensor has the dtype of what it was made of: something here has changed it.",
    ),
    "cut to whole numbers": (
        lambda x: x.long(),
        "has been turned into ints, which cuts off all that stands behind the point, and the gradient with it.",
    ),
}
INTS = {name: NUMBERS[name] for name in NUMBERS if name != "half as large"} | {
    "floats instead of ints": (
        lambda x: x.double(),
        "has the right numbers as floats. They are to be used as indices.",
    ),
}
LISTS = {
    "everything twice": (lambda x: 2 * x, "holds each of its entries twice: a list times 2 is longer, not larger."),
    "empty": (lambda x: 0 * x, "is empty. Is nothing appended to it, or is it cut in the wrong place?"),
}


def spoilt(check, changes, what="The answer", member=None, without=()):
    """Register the reference's answer with each of the changes; `member`: of one of several answers."""
    for name, (change, advice) in changes.items():
        if name not in without:
            where = "" if member is None else f": {what}"
            check.mistake(f"{name}{where}", f"{what} {advice}")(_changed(check.exercise, change, member))


def handed_back(check, *names, what="The answer", member=None, made=True):
    """Register an answer that is one of the arguments, as it came; `made`: after the right one has been made."""
    places = list(inspect.signature(getattr(reference, check.exercise)).parameters)
    for name in names:
        where = "" if member is None else f": {what}"
        text = f"{what} is {name} itself, as it came in. What was made of it has to be returned."
        place = places.index(name)
        variant = _changed(check.exercise, None, member, place) if made else partial(_argument, place)
        check.mistake(f"{name} is returned{where}", text)(variant)


def _argument(place, *arguments):
    return arguments[place]


def _changed(exercise, change, member, place=None):
    """The reference with a changed answer, or with the argument at `place` for it."""
    right = getattr(reference, exercise)

    def variant(*arguments):
        answer = right(*arguments)
        new = (lambda value: arguments[place]) if change is None else change
        if member is None:
            return new(answer)
        return tuple(new(value) if i == member else value for i, value in enumerate(answer))

    return variant

"""Part 1, the rule by which torch fits two shapes together."""

import itertools

import numpy as np
import torch

from grader.check import check
from grader.checks.part1_bigram.inputs import integer


def shapes(m, pairs):
    """What the function says of each pair of shapes: a tuple, or that it raised a ValueError."""
    answers = {}
    for a, b in pairs:
        try:
            shape = m.broadcast_shape(a, b)
        except ValueError:
            shape = "ValueError"
        answers[f"{a} with {b}"] = tuple(shape) if isinstance(shape, tuple) else shape  # torch.Size is one too
    return answers


@check(
    "broadcast_shape",
    points=2,
    forbids=("broadcast_shapes", "broadcast_tensors", "broadcast_to", "expand"),
    hints=(
        "Work on one dimension at a time, and begin where the two shapes are aligned.",
        "Give both shapes the same length, with ones in front of the shorter one. Of two sizes that belong together, "
        "a 1 gives way to the other one; two equal ones stay.",
        "Put as many ones in front of each shape as it lacks; go through the two side by side; take the second size "
        "where the first is 1 and the first otherwise; raise the error where they differ and neither is 1.",
    ),
)
def broadcast_shape(m, given):
    """The shape that two shapes broadcast to"""
    return shapes(m, given.pairs)


@broadcast_shape.inputs
def _(rng):
    for _ in range(3):
        a, b, c, d = sizes(rng, 4)
        huge = 1_000_000 + integer(rng, 1, 1_000_000)
        yield {
            "pairs": [
                ((a, b), (a, b)),
                ((a, b), (b,)),
                ((c,), (b, c)),
                ((a, 1), (b,)),
                ((b,), (a, 1)),
                ((), (c, d)),
                ((d,), ()),
                ((a, 1, c), (b, 1)),
                ((b, c), (a, 1, c)),
                ((1, b, 1, d), (c, 1)),
                ((1, 1), (1,)),
                ((a, b), (1, 1, 1)),
                ((huge, 1, a), (huge - 1, 1)),
            ]
        }


@broadcast_shape.explain
def _(given, got, wrong):
    return first_wrong(given, got)


def first_wrong(given, got):
    """The first pair of which something else was said than numpy says."""
    for a, b in given.pairs:
        said = got.get(f"{a} with {b}") if isinstance(got, dict) else None
        right = _numpy(a, b)
        unrefused = said is None and right == "ValueError"  # elsewhere None is a `return` that is missing
        if unrefused or (isinstance(said, (tuple, str)) and said != right):
            what = "a ValueError" if right == "ValueError" else right
            return f"{a} with {b}: {what} was asked, {'a ValueError' if said == 'ValueError' else said} came."
    return None


def _numpy(a, b):
    try:
        return np.broadcast_shapes(a, b)
    except ValueError:
        return "ValueError"


def sizes(rng, count):
    """Different sizes of at least 2."""
    return [int(size) + 2 for size in torch.randperm(7, generator=rng)[:count]]


def aligned(a, b, merge):
    """A shape made of pairs of sizes, aligned at the right, with ones in front of the shorter one."""
    pairs = itertools.zip_longest(reversed(a), reversed(b), fillvalue=1)
    return tuple(merge(one, other) for one, other in pairs)[::-1]


def fitting(one, other):
    """The size that two sizes broadcast to; ValueError where they do not fit."""
    if one != other and 1 not in (one, other):
        raise ValueError
    return other if one == 1 else one


@broadcast_shape.mistake(
    "aligned at the left",
    "The shapes are compared from the left, and the shorter one is filled up at its right end. Torch aligns them at "
    "the right: the last sizes belong together, and the ones go in front.",
)
def _(a, b):
    return aligned(a[::-1], b[::-1], fitting)[::-1]


@broadcast_shape.mistake(
    "the longer shape is cut off",
    "The result is as long as the shorter shape. The missing sizes of the shorter one count as ones, so the longer "
    "one's sizes come through. (zip stops at the end of the shorter one.)",
)
def _(a, b):
    common = min(len(a), len(b))
    return aligned(a[len(a) - common :], b[len(b) - common :], fitting)


@broadcast_shape.mistake(
    "shapes of different lengths are refused",
    "Shapes of different lengths may well fit: the shorter one is filled up with ones on the left.",
)
def _(a, b):
    if len(a) != len(b):
        raise ValueError
    return aligned(a, b, fitting)


@broadcast_shape.mistake(
    "only equal sizes fit",
    "Two different sizes are refused even where one of them is 1. A dimension of size 1 is stretched to the other "
    "size.",
)
def _(a, b):
    def equal(one, other):
        if one != other:
            raise ValueError
        return one

    return aligned(a, b, equal)


@broadcast_shape.mistake(
    "only the second shape is stretched",
    "A 1 in the second shape gives way to the size in the first, but not the other way round. The rule is the same for "
    "both.",
)
def _(a, b):
    def second(one, other):
        if other not in (one, 1):
            raise ValueError
        return one

    return aligned(a, b, second)


@broadcast_shape.mistake(
    "only the first shape is stretched",
    "A 1 in the first shape gives way to the size in the second, but not the other way round. The rule is the same for "
    "both.",
)
def _(a, b):
    def first(one, other):
        if one not in (other, 1):
            raise ValueError
        return other

    return aligned(a, b, first)


@broadcast_shape.mistake(
    "the 1 is kept",
    "Where one size is 1, the result has the 1. It is the other way round: the 1 is stretched to the other size.",
)
def _(a, b):
    return aligned(a, b, lambda one, other: 1 if 1 in (one, other) else one)


@broadcast_shape.mistake(
    "the result is backwards",
    "The sizes are right and stand in reverse order. Whoever works from the right end has to turn the result round.",
)
def _(a, b):
    return aligned(a, b, fitting)[::-1]


@broadcast_shape.mistake(
    "the first shape",
    "The answer is the first shape with its ones in front, whatever the second one is.",
)
def _(a, b):
    return aligned(a, b, lambda one, other: one)


@broadcast_shape.mistake(
    "the second shape",
    "The answer is the second shape with its ones in front, whatever the first one is.",
)
def _(a, b):
    return aligned(a, b, lambda one, other: other)


@broadcast_shape.mistake(
    "everything is refused", "A ValueError came for shapes that fit. It is for sizes that differ where neither is 1."
)
def _(a, b):
    raise ValueError


@broadcast_shape.mistake(
    "a list instead of a tuple",
    "The sizes are right, but they come as a list. Shapes are tuples.",
)
def _(a, b):
    return list(aligned(a, b, fitting))


@broadcast_shape.mistake(
    "nothing is filled up",
    "The two shapes are paired from the left, as far as the shorter one goes. Before sizes are compared, the shorter "
    "shape gets ones in front, until both are of one length.",
)
def _(a, b):
    return tuple(itertools.starmap(fitting, zip(a, b, strict=False)))


@broadcast_shape.mistake(
    "as many ones as the other shape is long",
    "There are ones in front of the result that do not belong there. A shape is filled up until both are of one "
    "length, so it needs as many ones as it is shorter.",
)
def _(a, b):
    longer = max(len(a), len(b))
    return (1,) * longer + aligned(a, b, fitting)


@broadcast_shape.mistake(
    "always the empty shape",
    "The answer is (), whatever the shapes are. Is the list of sizes filled, and returned after the loop?",
)
def _(a, b):
    return ()


@broadcast_shape.mistake(
    "equal sizes are refused",
    "The condition is turned round: two equal sizes raise the error. They are the simplest way to fit.",
)
def _(a, b):
    def differing(one, other):
        if one == other != 1:
            raise ValueError
        return other if one == 1 else one

    return aligned(a, b, differing)


@broadcast_shape.mistake(
    "filled up with zeros",
    "The shorter shape is filled up with zeros. Ones are needed: a dimension of size 1 can be stretched to any size, "
    "one of size 0 has nothing in it.",
)
def _(a, b):
    sizes = itertools.zip_longest(reversed(a), reversed(b), fillvalue=0)
    return tuple(itertools.starmap(fitting, sizes))[::-1]


@broadcast_shape.mistake(
    "sizes other than 1 are refused",
    "A ValueError comes wherever a size is not 1, even where both sizes are equal. It is for sizes that differ and of "
    "which neither is 1: all three have to hold at once.",
)
def _(a, b):
    def ones(one, other):
        if one != other or (one != 1 and other != 1):
            raise ValueError
        return other

    return aligned(a, b, ones)

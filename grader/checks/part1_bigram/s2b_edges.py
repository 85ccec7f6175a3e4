"""Part 1, broadcasting at its edges: what does not fit, and sizes of 0."""

from grader.check import check
from grader.checks.part1_bigram.s2a_broadcasting import aligned, first_wrong, fitting, shapes, sizes


@check("broadcast_shape", points=1)
def edges(m, given):
    """Shapes that do not fit, and sizes of 0"""
    return shapes(m, given.pairs)


@edges.inputs
def _(rng):
    for _ in range(3):
        a, b, c = sizes(rng, 3)
        yield {
            "pairs": [
                ((a, b), (a,)),
                ((a,), (a, b)),
                ((a,), (b,)),
                ((a, b, c), (a, b)),
                ((a, b, c), (c, b, c)),
                ((a, 2 * b), (a, b)),
                ((0,), (1,)),
                ((1,), (0,)),
                ((a, 1), (0,)),
                ((0, b), (1, b)),
                ((0,), (a,)),
                ((a, b), (1, b)),
            ]
        }


@edges.explain
def _(given, got, wrong):
    return first_wrong(given, got)


@edges.mistake(
    "the larger of the two sizes",
    "The answer is the larger of each two sizes. That is right in most cases where shapes fit, but it lets everything "
    "pass, also what does not fit, and a 0 against a 1 gives 0, not 1: nothing is left when a single entry is "
    "stretched to none.",
)
def _(a, b):
    return aligned(a, b, max)


@edges.mistake(
    "the larger of the two sizes, where they fit",
    "What does not fit is refused, as it should be. But of a 0 and a 1 the larger is not the right one: the 1 gives "
    "way to whatever the other size is, and a single entry stretched to none leaves nothing.",
)
def _(a, b):
    return aligned(a, b, lambda one, other: max(fitting(one, other), one, other))


@edges.mistake(
    "nothing is refused",
    "A 1 gives way to the other size, and the rest passes unseen, also sizes that differ and of which neither is 1. "
    "That is an error in torch, and here it is a ValueError.",
)
def _(a, b):
    return aligned(a, b, lambda one, other: other if one == 1 else one)


@edges.mistake(
    "nothing is refused, and the second size counts",
    "A 1 gives way to the other size, and the rest passes unseen, also sizes that differ and of which neither is 1. "
    "That is an error in torch, and here it is a ValueError.",
)
def _(a, b):
    return aligned(a, b, lambda one, other: one if other == 1 else other)


@edges.mistake(
    "None instead of an error",
    "Where two shapes do not fit, the function returns None. Whoever called it goes on with the None and fails "
    "somewhere else; an error says at once what is wrong, and where.",
)
def _(a, b):
    try:
        return aligned(a, b, fitting)
    except ValueError:
        return None


@edges.mistake(
    "multiples fit",
    "A size that is a multiple of the other one is taken to fit. Torch repeats nothing but a single entry: "
    "only a 1 is stretched.",
)
def _(a, b):
    def divides(one, other):
        low, high = sorted((one, other))
        if low and high % low:
            raise ValueError
        return high if low else fitting(one, other)

    return aligned(a, b, divides)


@edges.mistake(
    "a size of 0 is refused",
    "A 0 and a 1 do fit: the 1 gives way to the other size, and the result has nothing in it.",
)
def _(a, b):
    if 0 in (*a, *b):
        raise ValueError
    return aligned(a, b, fitting)


@edges.mistake(
    "a size of 0 fits everything",
    "A 0 and any other size give 0 here. Only a 1 is stretched, to 0 as to any size; a 0 and a 4 do not fit.",
)
def _(a, b):
    return aligned(a, b, lambda one, other: 0 if 0 in (one, other) else fitting(one, other))


@edges.mistake(
    "aligned at the left",
    "The shapes are compared from the left, and the shorter one is filled up at its right end. Torch aligns them at "
    "the right: four rows and four numbers do not fit.",
)
def _(a, b):
    return aligned(a[::-1], b[::-1], fitting)[::-1]

"""A tiny part, to drive the real command in tests"""

import torch

from grader.check import check
from grader.values import Namespace

FORBIDS = ("autograd",)


@check(
    "double",
    points=1,
    hints=("Think of two of them.", "Twice a number is the number added to itself.", "Add x to x."),
)
def double(m, given):
    """Twice the input"""
    return m.double(given.x)


@double.inputs
def _(rng):
    for size in (3, 5):
        yield {"x": torch.randn(size, 2, generator=rng)}


@double.mistake("halved", "This is half, not twice.")
def _(x):
    return x / 2


@check(
    "row_sums",
    points=2,
    hints=("One number a row.", "Sum over the columns, and keep the dimension.", "Sum over dimension 1, kept."),
)
def row_sums(m, given):
    """The sum of each row, as a column"""
    return m.row_sums(given.f.x)


@row_sums.inputs
def _(rng):
    for rows in (4, 7):
        yield {"f": Namespace({"x": torch.randn(rows, 3, generator=rng)}, "f has f.x.")}


@row_sums.mistake("the columns are summed", "These are the sums of the columns.")
def _(x):
    return x.sum(0, keepdim=True)


@check("row_sums", points=1)
def of_doubles(m, given):
    """The same, of twice the numbers, by way of double"""
    return {"sums": m.row_sums(m.double(given.x)), "count": len(given.x)}


@of_doubles.inputs
def _(rng):
    yield {"x": torch.randn(4, 3, generator=rng)}


@of_doubles.mistake("squared instead of doubled", "double squares here.", replaces="double")
def _(x):
    return x * x


@check(
    "shrink",
    points=1,
    after="double",
    updates=("x",),
    hints=("In place.", "Write into x itself.", "Divide x in place by n."),
)
def shrink(m, given):
    """Divide in place, and tell the greatest entry before"""
    before = m.shrink(given.x, given.n)
    return {"greatest": before, "x": given.x}


@shrink.inputs
def _(rng):
    yield {"x": torch.rand(6, generator=rng) + 1, "n": 3}
    yield {"x": torch.rand(2, generator=rng) + 1, "n": 4}


@shrink.mistake("a new tensor instead of the old one", "x itself has not changed.")
def _(x, n):
    greatest = x.max().item()
    x = x / n
    return greatest

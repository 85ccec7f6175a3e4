"""The picture of what was expected, what came and the difference: what it shows is tested, not its pixels."""

import math

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgba

from grader.differences import FEW, member, worth_seeing
from grader.pictures import style
from grader.pictures.difference import COLUMNS, ROW, ROWS, draw, figure, words
from grader.values import Namespace

INF, NAN = math.inf, math.nan


def panels(made):
    """The three heat maps by title."""
    return {axes.get_title(): axes for axes in made.axes if axes.get_title()}


def pixels(made, title):
    return np.asarray(panels(made)[title].images[0].get_array())


def framed(made):
    """Row and column of the framed entry, in each panel."""
    return [(int(axes.patches[0].get_y() + 0.5), int(axes.patches[0].get_x() + 0.5)) for axes in panels(made).values()]


def remarks(made):
    return [text.get_text() for text in made.texts]


# --- What must not pass -----------------------------------------------------------------------------


@pytest.mark.parametrize("strange", [NAN, INF, -INF])
def test_the_strangest_entry_is_framed_and_named(strange):
    expected = torch.zeros(4, 5)
    got = torch.full((4, 5), 1e6)
    got[2, 3] = strange
    made = figure("x", expected, got)
    assert framed(made) == [(2, 3)] * 3
    [remark] = remarks(made)
    assert {NAN: "black: NaN", INF: "green: infinity", -INF: "blue: minus infinity"}[strange] in remark
    colour = {NAN: style.BLACK, INF: style.GREEN, -INF: style.BLUE}[strange]
    assert tuple(pixels(made, "came")[2, 3]) == to_rgba(colour)
    assert tuple(pixels(made, "came")[0, 0]) != to_rgba(colour)


def test_the_same_infinity_is_no_difference():
    mask = torch.tensor([[0.0, -INF], [0.0, 0.0]])
    got = mask.clone()
    got[1, 0] = 1e-3
    made = figure("x", mask, got)
    assert framed(made) == [(1, 0)] * 3
    white = pixels(figure("x", torch.zeros(2, 2), torch.zeros(2, 2)), "difference")
    assert tuple(pixels(made, "difference")[0, 1]) == tuple(white[0, 0])
    assert "in 1 of 4 entries" in words("x", mask, got)


def test_nan_where_nan_was_expected_is_still_a_difference():
    assert "in 1 of 2 entries" in words("x", torch.tensor([NAN, 1.0]), torch.tensor([NAN, 1.0]))


def test_of_a_large_one_the_worst_entry_is_in_sight():
    expected = torch.zeros(300, 500)
    for row, column in ((0, 0), (299, 499), (150, 3), (2, 250)):
        got = expected.clone()
        got[row, column] = 1
        made = figure("x", expected, got)
        assert framed(made) == [(row, column)] * 3
        for axes in panels(made).values():
            left, right, bottom, top = axes.images[0].get_extent()
            assert left < column < right
            assert top < row < bottom
            assert axes.images[0].get_array().shape[:2] == (ROWS, COLUMNS)
        assert remarks(made) == [
            f"Of 300 rows and 500 columns, {ROWS} rows and {COLUMNS} columns around the worst entry are shown."
        ]


def test_both_sides_have_one_scale_and_the_difference_its_own():
    made = figure("x", torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 2.5]]))
    labels = [[text.get_text() for text in axes.get_yticklabels()] for axes in made.axes if not axes.get_title()]
    assert labels == [["-2.5", "0", "2.5"], ["-2.5", "0", "2.5"], ["-0.5", "0", "0.5"]]


SHAPES = [(), (1,), (3,), (ROW,), (ROW + 1,), (200,), (1, 1), (1, 64), (64, 1), (3, 4, 5), (2, 2, 2, 2), (1, 1, 500)]
DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16, torch.int64, torch.bool]


@pytest.mark.parametrize("shape", SHAPES)
def test_any_shape_is_drawn(shape):
    expected = torch.arange(math.prod(shape) or 1, dtype=torch.float32).reshape(shape)
    got = expected.clone()
    got.reshape(-1)[-1] += 7
    made = figure("x", expected, got)
    assert [*panels(made)] == ["expected", "came", "difference"]
    row, column = framed(made)[0]
    width = shape[-1] if len(shape) > 1 else min(math.prod(shape), ROW)
    assert row * width + column == expected.numel() - 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_any_dtype_is_drawn(dtype):
    assert draw("x", torch.zeros(3, 2).to(dtype), torch.ones(3, 2).to(dtype)).startswith(b"\x89PNG")


@pytest.mark.parametrize("number", [0.0, NAN, INF, 1e300, -1e300, 1e-320])
def test_any_number_is_drawn(number):
    odd = torch.full((3, 4), number, dtype=torch.float64)
    for pair in ((odd, torch.zeros(3, 4)), (odd, odd), (-odd, odd)):
        assert draw("x", *pair).startswith(b"\x89PNG")


# --- What is shown ------------------------------------------------------------------------------------


def test_what_is_folded_is_said():
    assert remarks(figure("x", torch.zeros(20), torch.ones(20))) == [f"x has 20 entries: here in rows of {ROW}."]
    made = figure("x", torch.zeros(20), torch.ones(20))
    assert tuple(pixels(made, "came")[1, 3]) != to_rgba(style.SHADE)
    assert tuple(pixels(made, "came")[1, 4]) == to_rgba(style.SHADE)  # no entry of it
    assert remarks(figure("x", torch.zeros(2, 3, 4), torch.ones(2, 3, 4))) == [
        "x has the shape (2, 3, 4): here its rows lie one below the other."
    ]
    assert remarks(figure("x", torch.zeros(3, 4), torch.ones(3, 4))) == []


def test_the_picture_in_words():
    assert words("dprobs", torch.zeros(2, 3), torch.tensor([[0, 0, 1.0], [0, 0, 0]])) == (
        "Heat maps of dprobs, of shape (2, 3): as it was expected, as it came, and the difference, which is not zero "
        "in 1 of 6 entries."
    )


def test_it_is_small_and_leaves_the_style_alone():
    before = dict(matplotlib.rcParams)
    assert len(draw("x", torch.randn(60, 80), torch.randn(60, 80))) < 60_000
    assert dict(matplotlib.rcParams) == before


def test_members_are_found_by_the_labels_of_comparisons():
    from grader.judge import compare

    value = {
        "a": torch.zeros(2),
        "b": [torch.ones(1), (torch.ones(3), {"c": torch.ones(4)})],
        1: Namespace({"h": torch.ones(5)}),
    }
    labels = [c.label for c in compare("answer", 0, value, value, value)]
    assert len(labels) == 5
    for label in labels:
        assert type(member("answer", value, label)) is torch.Tensor
    assert member("answer", value, "answer[1].h").shape == (5,)
    assert member("answer", value, "answer: mean") is None
    assert member("answer", 3, "answer") == 3


def test_what_is_worth_seeing():
    assert worth_seeing(torch.zeros(4))
    assert worth_seeing(torch.zeros(2, 2))
    few = FEW
    for value in (None, 3.0, torch.zeros(()), torch.zeros(few), torch.zeros(2, 2).long(), [torch.zeros(4)]):
        assert not worth_seeing(value)

"""Products of matrices that do not go through: many exercises have one, and it raises as the student's own does."""

import warnings

import torch

FITTING = (
    "A product of matrices is needed, in which the last size of the left one and the first of the right one are equal: "
    "write the shapes beside each other and see which way they fit."
)

# Name and the order of x, h, W_ih, W_hh and b, for a call of the cell or of the loop over it.
ORDERS = (
    ("x and h are swapped", (1, 0, 2, 3, 4)),
    ("h and W_ih are swapped", (0, 2, 1, 3, 4)),
    ("W_ih and W_hh are swapped", (0, 1, 3, 2, 4)),
    ("W_hh and b are swapped", (0, 1, 2, 4, 3)),
)


def plain_cell(x, h, W_ih, W_hh, b):
    """The cell as it is usually written, for the message that it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of .T, where a bias stands in a weight's place
        return torch.tanh(x @ W_ih.T + h @ W_hh.T + b)


def first_step(x, h0, W_ih, W_hh, b):
    """Where a loop over the cell raises: at its first step."""
    return plain_cell(next(iter(x)), h0, W_ih, W_hh, b)


def in_place(target, value):
    """`target += value` on zeros of its shape: what raises where the shapes differ."""
    return torch.zeros_like(target).add_(value)


# Of backprop_through_time: name, advice, and what raises, from da, x, h (the states before), W_ih and W_hh.
BACKWARD = (
    ("an elementwise product with W_ih", "In dx, W_ih is multiplied entry by entry.", lambda da, x, h, W, U: da * W),
    ("an elementwise product with W_hh", "In what is carried, W_hh is, entry by entry.", lambda da, x, h, W, U: da * U),
    ("an elementwise product with x", "In dW_ih, x is multiplied entry by entry.", lambda da, x, h, W, U: da.T * x),
    ("an elementwise product with h", "In dW_hh, h is multiplied entry by entry.", lambda da, x, h, W, U: da.T * h),
    ("W_ih stands on the left", "In dx, the rows of the batch come first.", lambda da, x, h, W, U: W @ da),
    ("W_hh stands on the left", "On the way back, the rows of the batch come first.", lambda da, x, h, W, U: U @ da),
    ("x stands on the left", "In dW_ih, rows are outputs.", lambda da, x, h, W, U: x @ da.T),
    ("h stands on the left", "In dW_hh, rows are outputs.", lambda da, x, h, W, U: in_place(U, h @ da.T)),
    ("nothing is transposed in dW_ih", "dW_ih sums over the batch.", lambda da, x, h, W, U: da @ x),
    ("nothing is transposed in dW_hh", "dW_hh sums over the batch.", lambda da, x, h, W, U: da @ h),
    (
        "W_ih is transposed in dx",
        "Forward it was transposed; backward it is as it stands.",
        lambda da, x, h, W, U: da @ W.T,
    ),
)

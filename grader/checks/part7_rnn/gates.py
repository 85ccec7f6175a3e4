"""The gated cell in pieces that can be replaced: what its mistakes are made of."""

import torch


def parts(x, h, W_ih, W_hh, b_ih, b_hh):
    """The three parts of the input, and the three of the state."""
    return *(x @ W_ih.T + b_ih).chunk(3, 1), *(h @ W_hh.T + b_hh).chunk(3, 1)


def mixed(
    h,
    x_r,
    x_z,
    x_n,
    h_r,
    h_z,
    h_n,
    r=torch.sigmoid,
    z=torch.sigmoid,
    n=torch.tanh,
    result=lambda n, z, h: (1 - z) * n + z * h,
):
    """What comes of the parts, by way of r, z and n, each the function of a sum."""
    gate = z(x_z + h_z)
    return result(n(x_n + r(x_r + h_r) * h_n), gate, h)


# Name, advice, and what becomes of the candidate, the update gate and the old state.
RESULTS = (
    (
        "the old state is not kept",
        "Only the candidate's share is there: the old state, times z, is missing. It is the road that the gradient "
        "takes.",
        lambda n, z, h: (1 - z) * n,
    ),
    (
        "the candidate is missing",
        "Only the old state's share is there: the candidate, times one less z, is missing, and nothing new comes in.",
        lambda n, z, h: z * h,
    ),
    ("the candidate alone", "What comes back is the candidate n. It is to be mixed with h.", lambda n, z, h: n),
    (
        "the whole candidate is added",
        "The candidate comes in whole, and not times one less z: the shares add up to more than one.",
        lambda n, z, h: n + z * h,
    ),
    (
        "the whole old state is added",
        "The old state comes in whole, and not times z: the shares add up to more than one.",
        lambda n, z, h: (1 - z) * n + h,
    ),
    (
        "the old state is subtracted",
        "The old state's share is taken away. The two shares are added.",
        lambda n, z, h: (1 - z) * n - z * h,
    ),
    (
        "one plus z",
        "The candidate's share is one plus z: the shares add up to more than one.",
        lambda n, z, h: (1 + z) * n + z * h,
    ),
    (
        "z less one",
        "The candidate's share is z less one, which is negative. It is one less z.",
        lambda n, z, h: (z - 1) * n + z * h,
    ),
    (
        "minus z",
        "The candidate's share is minus z. It is *one* less z, so that both shares add up to one.",
        lambda n, z, h: -z * n + z * h,
    ),
    (
        "both shares are z",
        "The candidate and the old state are both multiplied by z. The candidate's share is one less z.",
        lambda n, z, h: z * n + z * h,
    ),
    (
        "the candidate is not multiplied in",
        "Of the first term only its share is there, one less z; the candidate that it is a share of is missing.",
        lambda n, z, h: (1 - z) + z * h,
    ),
    (
        "the old state is not multiplied in",
        "Of the second term only its share is there, z; the old state that it is a share of is missing.",
        lambda n, z, h: (1 - z) * n + z,
    ),
)

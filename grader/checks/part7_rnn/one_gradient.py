"""Mistakes of backprop_through_time that spoil one gradient, made from the right walk (walks.py)."""

import torch

from grader.checks import slips


def one_gradient():
    """Yield name, advice, which gradient, and what becomes of it: a function of the walk and of what is right."""
    for which in ("dx", "dW_ih", "dW_hh", "db"):
        yield (
            f"{slips.ZERO}: {which}",
            f"All is right but {which}, which is zero everywhere: nothing is written into it.",
            which,
            lambda walked, right: torch.zeros_like(right),
        )

    for which in ("dx", "dh0"):
        yield (
            f"{slips.SIGN}: {which}",
            f"All is right but {which}, which has the opposite sign.",
            which,
            lambda walked, right: -right,
        )

    for which in ("dW_ih", "dW_hh", "db"):
        yield (
            f"the sum begins with ones: {which}",
            f"All is right but {which}, which is too large by one everywhere: what is added to must be zero at first.",
            which,
            lambda walked, right: right + 1,
        )
        yield (
            f"{slips.OVERWRITTEN}: {which}",
            f"All is right but {which}, which holds the share of the first step alone: each step has replaced what was "
            "there. Every step uses it, and the gradients of all uses add up.",
            which,
            lambda walked, right, which=which: walked[which][0],
        )
        yield (
            f"{slips.SIGN}: {which}",
            f"All is right but {which}, which has the opposite sign: the shares of the steps are to be added up.",
            which,
            lambda walked, right: -right,
        )

    for which in ("dW_ih", "dW_hh"):
        yield (
            f"{slips.TRANSPOSED}: {which}",
            f"All is right but {which}, whose numbers lie on their side: rows are outputs, columns inputs.",
            which,
            lambda walked, right: right.T.clone(),
        )

    yield (
        f"{slips.SUM_MISSING}: db",
        slips.sum_missing("(H,)", "(B, H)", "of the bias down the batch"),
        "db",
        lambda walked, right: walked["da"].sum(0),
    )
    yield (
        f"{slips.MEAN}: db",
        slips.mean("for each sequence"),
        "db",
        lambda walked, right: walked["da"].mean(1).sum(0),
    )
    yield (
        f"{slips.DIMENSION_KEPT}: db",
        "All values are right. The shape of db is not: b has one dimension, the answer is a row of two.",
        "db",
        lambda walked, right: right.unsqueeze(0),
    )
    yield (
        "one number for all of db",
        "Every entry of db is the same: the sum ran over the units as well as over the batch. Each unit has a bias.",
        "db",
        lambda walked, right: right.sum().expand_as(right).clone(),
    )
    yield (
        "dh0 is not carried through the first step",
        "All is right but dh0, which is the gradient of the states after the first step. One step more leads to h0.",
        "dh0",
        lambda walked, right: walked["dh"][0],
    )
    yield (
        "dh0 is zero",
        "All is right but dh0. The first step starts from h0, so it gets what this step hands back.",
        "dh0",
        lambda walked, right: 0 * right,
    )
    yield (
        "dx comes in reverse order",
        "All is right but the order of dx: its entries were collected on the way back, and the last step comes first.",
        "dx",
        lambda walked, right: right.flip(0),
    )

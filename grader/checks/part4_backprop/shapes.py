"""Right values in another shape than the node's: the mistake that is made most often in part 4."""

from grader.checks.slips import DIMENSION_KEPT, DIMENSION_LOST
from reference import part4_backprop as reference


def dimension_lost(check, dim):
    """Right values without the dimension of size one: dim 0 of a (1, H), or dim 1 of an (n, 1)."""
    node = check.exercise[1:]
    if dim == 0:
        before, after = "(1, H)", "(H,)"
        bites = (
            "Broadcasting hides it, because (H,) is read as (1, H) in sums and products. It bites "
            "where nothing is broadcast: a sum over dimension 0 makes one number of it and not a "
            "row, and PyTorch refuses it as the .grad of the tensor it belongs to."
        )
    else:
        before, after = "(n, 1)", "(n,)"
        bites = (
            "Broadcasting lines an (n,) up with the columns of an (n, V) and not with its rows: "
            "the next step is an error where n and V differ, and silently wrong where they are "
            "equal."
        )

    @check.mistake(
        DIMENSION_LOST,
        f"The values are right, the shape is not: it is {after}, and f.{node} has {before}. A "
        f"gradient has the shape of its node; sums have an option that keeps it. {bites}",
    )
    def _(f, d):
        return getattr(reference, check.exercise)(f, d).squeeze(dim)


def dimension_kept(check):
    """Right values as one row, (1, H), where the node is a plain vector, (H,)."""
    node = check.exercise[1:]

    @check.mistake(
        DIMENSION_KEPT,
        f"The values are right, the shape is not: f.{node} has one dimension, the answer is one "
        "row of two. A gradient has exactly the shape of its node: no dimension is to be kept or "
        "added here. Broadcasting hides it while you add and compare. It bites at the update: in "
        f"place, PyTorch refuses to take a row of two dimensions from a {node} of one; and out of "
        f"place {node} would quietly become a row itself.",
    )
    def _(f, d):
        return getattr(reference, check.exercise)(f, d).unsqueeze(0)

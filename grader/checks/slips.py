"""Mistakes that many exercises share: their names, the same in every part, and what to say about them."""

IGNORED = "the incoming gradient is ignored"
LOCAL_MISSING = "the local derivative is missing"
PATH_MISSING = "one of two paths is missing"
SIGN = "the sign is wrong"
SUM_MISSING = "the sum over the broadcast dimension is missing"
SUM_FIRST = "the sum is taken before the product"
WRONG_DIMENSION = "the sum runs over the wrong dimension"
MEAN = "a mean where a sum belongs"
DIMENSION_LOST = "right values, but a dimension is lost"
DIMENSION_KEPT = "right values, but a dimension too many"
TRANSPOSED = "the product is transposed"
ONE_N_MISSING = "1/n is missing"
ONE_N_TWICE = "1/n is counted twice"
N = "n where n - 1 belongs"
N_MINUS_1 = "n - 1 where n belongs"
HARD_CODED = "32 is hard-coded"
GUESSED = "the number of classes is guessed from the data"
THIS_LOSS = "right for this loss only"
ZERO = "zero is filled in"
OVERWRITTEN = "overwritten where it should add up"
ONE_LOST = "a batch of one loses its dimension"

CLASSES_FROM_SHAPE = (
    "The number of characters is taken from the largest one that occurs in this batch, as one_hot does where it "
    "is not told. A batch need not hold the last character; its rows or columns are then missing. Read the number "
    "from the shape of a tensor that has one place for each character."
)
BATCH_FROM_SHAPE = (
    "32 is the batch size of the lecture: the answer is right for batches of 32 and for no other "
    "size. Read the number of examples from the shape of a tensor that you were given."
)


def ignored(names):
    """What to say of an answer that leaves out `names`, the gradients that come in."""
    return (
        "This is a local derivative alone. The chain rule multiplies it by what comes in, "
        f"{names}; without it, nothing of what happens between here and the loss reaches this "
        "node."
    )


def local_missing(factor):
    """What to say of an answer that passes the incoming gradient on without `factor`."""
    return (
        "The incoming gradient is passed on as if the operation were an addition. It is not: "
        f"{factor}, so a small change arrives on the other side multiplied by something."
    )


def sum_missing(small, large, where):
    """What to say of an answer in the shape `large` where the node has the shape `small`."""
    return (
        f"The node has the shape {small}; the answer has {large}. Forward, broadcasting copies "
        f"each number {where}. A number that is used many times gets a gradient from each use, "
        "and they add up."
    )


def mean(where):
    """What to say of an answer that averages over the copies."""
    return (
        f"The gradients of the copies, one {where}, are averaged here. They add up: a number that "
        "is used n times moves the loss through all n uses. The mean over the batch was taken at "
        "the loss, and has been through the chain rule already."
    )


def one_lost(check, right):
    """Register the answer of `right` with its first dimension squeezed, which is lost where it has size one."""

    @check.mistake(
        ONE_LOST,
        "All is right for batches of several examples. Of a batch of one the answer has lost the first dimension, as "
        "squeeze does with every dimension of size one. Nothing has to be squeezed here.",
    )
    def _(*arguments):
        return right(*arguments).squeeze(0)

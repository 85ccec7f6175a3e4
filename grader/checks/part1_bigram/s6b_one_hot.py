"""Part 1, characters as vectors."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.part1_bigram.inputs import pairs


@check(
    "one_hot",
    points=1,
    hints=(
        "A table of zeros with one row for each number, and a single 1 in each row.",
        "Indexing with two tensors of equal length pairs them: the rows in order, and in each row the place that xs "
        "says. (Torch has a function that does it all; mind how many classes it sees, and which dtype it returns.)",
        "Make zeros of shape (n, num_classes), and assign 1 at the rows 0 to n - 1 and the columns xs.",
    ),
)
def one_hot(m, given):
    """A 1 at the right place of each row"""
    return m.one_hot(given.xs, given.num_classes)


@one_hot.inputs
def _(rng):
    for size, n in ((5, 8), (27, 11), (6, 1)):
        yield {"xs": pairs(rng, size, n)[0], "num_classes": size}


@one_hot.mistake(
    slips.GUESSED,
    "There are as many columns as the largest number in xs asks for. The last characters need not occur in it, and the "
    "matrix behind it has a row for each; num_classes says how many there are.",
)
def _(xs, num_classes):
    return torch.eye(num_classes)[xs][:, : int(xs.max()) + 1].clone()


@one_hot.mistake(
    "27 is hard-coded",
    "There are always 27 columns, as in the names data. num_classes says how many there are.",
)
def _(xs, num_classes):
    return torch.eye(27)[xs]


@one_hot.mistake(
    "integers instead of floats",
    "The numbers are right, but they are integers, as torch's own one_hot returns them. They are about to be "
    "multiplied by weights, and torch does not multiply an integer matrix by a float one.",
)
def _(xs, num_classes):
    return torch.eye(num_classes)[xs].long()


@one_hot.mistake(
    "booleans instead of floats", "The places are right, but they hold True and False: floats are asked for."
)
def _(xs, num_classes):
    return torch.eye(num_classes)[xs].bool()


@one_hot.mistake(
    "the vectors are columns",
    "Each number has become a column, and it should be a row: (n, num_classes), one example after the other.",
)
def _(xs, num_classes):
    return torch.eye(num_classes)[xs].T.contiguous()


@one_hot.mistake(
    "every row has all the ones",
    "Each row has a 1 at the place of every number in xs. With a colon for the rows, the columns are set in all of "
    "them; with row numbers beside xs, one place in each.",
)
def _(xs, num_classes):
    hot = torch.zeros(len(xs), num_classes)
    hot[:, xs] = 1
    return hot


@one_hot.mistake(
    "the number itself instead of 1",
    "At the right place of each row stands the number itself. It should be a 1: the place says which number it is.",
)
def _(xs, num_classes):
    return torch.eye(num_classes)[xs] * xs.unsqueeze(1)


@one_hot.mistake("ones and zeros are exchanged", "Each row has a 0 at the right place and ones everywhere else.")
def _(xs, num_classes):
    return 1 - torch.eye(num_classes)[xs]


@one_hot.mistake(
    "off by one",
    "The 1 of each row is one place too far to the right. The first class is number 0, and so is the first column.",
)
def _(xs, num_classes):
    return torch.eye(num_classes).roll(1, 1)[xs]


@one_hot.mistake(
    "off by one, to the left",
    "The 1 of each row is one place too far to the left. The first class is number 0, and so is the first column.",
)
def _(xs, num_classes):
    return torch.eye(num_classes).roll(-1, 1)[xs]


@one_hot.mistake(
    "the identity matrix",
    "Row i has its 1 at place i, whatever xs says. In row i, the 1 belongs at the place xs[i].",
)
def _(xs, num_classes):
    return torch.eye(len(xs), num_classes)


@one_hot.mistake("a dimension is lost", "A single example should still be a matrix with one row.")
def _(xs, num_classes):
    return torch.eye(num_classes)[xs].squeeze()


@one_hot.mistake("no 1 anywhere", "All entries are zero. Each row needs its 1 before the table is returned.")
def _(xs, num_classes):
    return torch.zeros(len(xs), num_classes)


@one_hot.mistake("ones everywhere", "All entries are 1. The table begins with zeros, and one 1 is written in each row.")
def _(xs, num_classes):
    return torch.ones(len(xs), num_classes)


@one_hot.mistake(
    "float64 instead of float32",
    "The numbers are right, but they are float64, as NumPy's are (np.eye, for instance). The weights are float32, and "
    "torch multiplies no matrices of different dtypes.",
)
def _(xs, num_classes):
    return torch.eye(num_classes)[xs].double()


@one_hot.mistake(
    "rows and columns are exchanged",
    "The table of zeros has a row for each class and a column for each example, so there is no room for what is "
    "written into it. Examples are rows.",
)
def _(xs, num_classes):
    hot = torch.zeros(num_classes, len(xs))
    hot[torch.arange(len(xs)), xs] = 1
    return hot


@one_hot.mistake(
    "the table has one dimension only",
    "The zeros are a single row of numbers, and two indices, one for the row and one for the column, do not fit it. "
    "There is a row for each example and a column for each class.",
)
def _(xs, num_classes):
    hot = torch.zeros(num_classes)
    hot[torch.arange(len(xs)), xs] = 1
    return hot


@one_hot.mistake(
    "the numbers themselves", "xs came back as it was. Each of its numbers becomes a row of zeros and a 1."
)
def _(xs, num_classes):
    return xs.clone()

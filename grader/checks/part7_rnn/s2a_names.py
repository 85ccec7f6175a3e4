"""Part 7, names of different lengths in one batch."""

import torch

from grader.check import check
from grader.checks.part7_rnn.inputs import LETTERS, words
from grader.checks.tools import by_name
from reference import part7_rnn as reference


@check(
    "name_batch",
    points=2,
    hints=(
        "A name of n letters gives n + 1 pairs: after `.` comes the first letter, and so on, and after the last letter "
        "comes `.`.",
        "Make two tables that hold nothing but padding, as many rows as the longest name has pairs, one column for "
        "each name; then write each name into the top of its column.",
        "For each word turn `.`, its characters and `.` into numbers; all but the last go to the top of the word's "
        "column in X, all but the first to the top of its column in Y; X was filled with 0 before, Y with -1.",
    ),
)
def name_batch(m, given):
    """Inputs, and targets one step ahead, both padded"""
    return by_name(m.name_batch(given.words, given.stoi), "X", "Y")


@name_batch.inputs
def _(rng):
    for letters, lengths in ((4, (2, 5, 3)), (26, (4, 1, 7, 6, 2)), (9, (3, 3)), (12, (6,))):
        order = torch.randperm(letters, generator=rng).tolist()
        stoi = {".": 0} | {LETTERS[i]: 1 + number for i, number in enumerate(order)}
        drawn = words(rng, letters, *lengths)
        yield {"words": [*drawn, drawn[0]], "stoi": stoi}  # a name may come twice


def columns(inputs, targets, fill=(0, -1), rows=None):
    """X and Y of lists of numbers, one for each word."""
    both = []
    for lists, padding in ((inputs, fill[0]), (targets, fill[1])):
        table = torch.full((rows or max(map(len, lists)), len(lists)), padding)
        for i, numbers in enumerate(lists):
            table[: len(numbers), i] = torch.tensor(numbers[: len(table)], dtype=torch.int64)
        both.append(table)
    return tuple(both)


def pairs(words, stoi):
    """The numbers of the inputs and of the targets, one list of each for each word."""
    numbers = [[stoi[c] for c in word] for word in words]
    return [[0, *word] for word in numbers], [[*word, 0] for word in numbers]


@name_batch.mistake(
    "batch first",
    "Both tables lie on their side: a row is a name. Time comes first here, so a name is a column.",
)
def _(words, stoi):
    X, Y = reference.name_batch(words, stoi)
    return X.T.contiguous(), Y.T.contiguous()


@name_batch.mistake(
    "the targets are padded with 0",
    "After the end of a name the targets say `.`, which is an answer like any other: the network would be trained "
    "to go on saying `.` after the name, and its loss would look better than it is. -1 says that nothing is asked.",
)
def _(words, stoi):
    return columns(*pairs(words, stoi), fill=(0, 0))


@name_batch.mistake(
    "the inputs are padded with -1",
    "The inputs are filled up with -1. As an index into the embedding that is its last row, in silence; "
    "torch.nn.Embedding raises. Any character does as an input, and 0 was asked for.",
)
def _(words, stoi):
    return columns(*pairs(words, stoi), fill=(-1, -1))


@name_batch.mistake(
    "the end is not predicted",
    "The targets stop with the last letter. After it comes `.`: without that pair the model never learns to end a "
    "name.",
)
def _(words, stoi):
    inputs, targets = pairs(words, stoi)
    return columns(inputs, [numbers[:-1] for numbers in targets], rows=max(map(len, inputs)))


@name_batch.mistake(
    "the last pair is lost",
    "The pair of the last letter and the `.` after it is missing for every name. zip() ends with the shorter of its "
    "two: the inputs have one character more than the letters of the word, and so have the targets.",
)
def _(words, stoi):
    inputs, targets = ([numbers[:-1] for numbers in lists] for lists in pairs(words, stoi))
    return columns(inputs, targets, rows=max(map(len, words)) + 1)


@name_batch.mistake(
    "the last pair is lost, and its row",
    "The pair of the last letter and the `.` after it is missing for every name, and so is a row. zip() ends with the "
    "shorter of its two: the inputs have one character more than the letters of the word, and so have the targets.",
)
def _(words, stoi):
    return columns(*([numbers[:-1] for numbers in lists] for lists in pairs(words, stoi)))


@name_batch.mistake(
    "the targets are X moved up by a row",
    "Y is X without its first row, and -1 in the last. That brings the padding of X along: below a name the "
    "targets are 0, where nothing is to be asked. And the longest name loses its end.",
)
def _(words, stoi):
    X, Y = reference.name_batch(words, stoi)
    return X, torch.cat([X[1:], torch.full_like(Y[:1], -1)])


@name_batch.mistake(
    "the last step is missing",
    "There are as many rows as the longest name has letters. Its end is a prediction too, so one more is needed.",
)
def _(words, stoi):
    return columns(*pairs(words, stoi), rows=max(map(len, words)))


@name_batch.mistake(
    "the start is missing",
    "The inputs begin with the first letter. They begin with `.`: what a name starts with is to be predicted as well.",
)
def _(words, stoi):
    _, targets = pairs(words, stoi)
    return columns([numbers[:-1] for numbers in targets], [numbers[1:] for numbers in targets])


@name_batch.mistake(
    "the targets are not shifted",
    "X and Y hold the same characters in the same rows: the network would be asked for what it has just read.",
)
def _(words, stoi):
    inputs, _ = pairs(words, stoi)
    return columns(inputs, inputs)


@name_batch.mistake(
    "X and Y are swapped",
    "The inputs are one step ahead of the targets: the network would be asked for the past.",
)
def _(words, stoi):
    inputs, targets = pairs(words, stoi)
    return columns(targets, inputs)


@name_batch.mistake(
    "padded in front",
    "The names end in the last row, and the padding stands before them. A name starts in the first row: the state "
    "would otherwise have read padding before the first letter.",
)
def _(words, stoi):
    X, Y = columns(*([numbers[::-1] for numbers in lists] for lists in pairs(words, stoi)))
    return X.flip(0), Y.flip(0)


@name_batch.mistake(
    "a row too many",
    "The last row is padding for every name: there is one step more than the longest name needs.",
)
def _(words, stoi):
    return columns(*pairs(words, stoi), rows=max(map(len, words)) + 2)


@name_batch.mistake(
    "cut to the shortest name",
    "There are as many rows as the shortest name needs, and the ends of all others are lost.",
)
def _(words, stoi):
    return columns(*pairs(words, stoi), rows=min(map(len, words)) + 1)


@name_batch.mistake(
    "floats instead of ints",
    "The values are right, but they are floats. Character numbers are used as indices, and an index is an int64.",
)
def _(words, stoi):
    X, Y = reference.name_batch(words, stoi)
    return X.to(torch.float32), Y.to(torch.float32)


@name_batch.mistake(
    "the alphabet is numbered anew",
    "The letters are numbered in the order of the alphabet. Their numbers stand in stoi, and may be in any order.",
)
def _(words, stoi):
    return reference.name_batch(words, {c: i for i, c in enumerate("." + LETTERS)})


@name_batch.mistake(
    "X is made of floats",
    "X is made of floats, as torch.zeros does where it is not told otherwise. Character numbers are indices: int64.",
)
def _(words, stoi):
    X, Y = reference.name_batch(words, stoi)
    return X.to(torch.float32), Y


@name_batch.mistake(
    "the targets are added to the padding",
    "Each target is one too small: it was added to the -1 that stood there. Write it in its place.",
)
def _(words, stoi):
    X, Y = reference.name_batch(words, stoi)
    return X, Y - (Y >= 0).long()


@name_batch.mistake("X stays empty", "X holds nothing but padding: the inputs are not written into it.")
def _(words, stoi):
    X, Y = reference.name_batch(words, stoi)
    return 0 * X, Y


@name_batch.mistake("Y stays empty", "Y holds nothing but padding: the targets are not written into it.")
def _(words, stoi):
    X, Y = reference.name_batch(words, stoi)
    return X, torch.full_like(Y, -1)


@name_batch.mistake("both stay empty", "Both tables hold nothing but padding: the names are not written into them.")
def _(words, stoi):
    X, Y = reference.name_batch(words, stoi)
    return 0 * X, torch.full_like(Y, -1)


def written(words, stoi, height=max, extra=1, place=1, numbers=slice(0, -1), aside=False):
    """The tables filled by slices of which one does not fit, so that it raises as such a slice does."""
    X = torch.zeros(height(map(len, words)) + extra, len(words), dtype=torch.int64)
    X = X.T.contiguous() if aside else X
    for i, word in enumerate(words):
        marked = torch.tensor([stoi[c] for c in f".{word}."])
        X[: len(word) + place, i] = marked[numbers]
    return reference.name_batch(words, stoi)


LENGTHS = "A name of n letters has n + 1 inputs and n + 1 targets"
for name, advice, replaced in (
    ("the last step does not fit", "the table has a row too few for the longest name", {"extra": 0}),
    ("the longest name does not fit", "the table has rows for the shortest name only", {"height": min}),
    ("the tables lie on their side", "the tables are (B, T), and written to as if they were (T, B)", {"aside": True}),
    ("a place too few", "the slice of the column is one place shorter than what is written there", {"place": 0}),
    ("a place too many", "the slice of the column is one place longer than what is written there", {"place": 2}),
    ("the whole column", "a name is written into its whole column, which is longer for most names", {"place": 99}),
    ("a number too many", "the numbers of both dots are written, where one is too many", {"numbers": slice(None)}),
    ("a number too few", "a number is missing at an end", {"numbers": slice(0, -2)}),
):
    name_batch.mistake(name, f"{LENGTHS}; here {advice}.")(
        lambda words, stoi, replaced=replaced: written(words, stoi, **replaced)
    )

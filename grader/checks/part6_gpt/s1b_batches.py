"""Part 6, batches of pieces of a text."""

import torch

from grader.check import check
from grader.checks.part6_gpt.inputs import draw_seed
from grader.checks.tools import by_name
from reference import part6_gpt as reference


@check(
    "get_batch",
    points=2,
    hints=(
        "A piece and its targets are two windows on the same data; one begins one place later than the other.",
        "A piece that begins at i needs the numbers i to i + block_size, the last one as a target. With N numbers, "
        "the last place where a piece may begin is N - block_size - 1; count how many places that makes from 0 on.",
        "Draw batch_size places with torch.randint from 0 up to (and without) the length of the data less block_size. "
        "Stack the slices of length block_size that begin there to x, and those that begin one later to y.",
    ),
)
def get_batch(m, given):
    """Random pieces, and the same pieces one step later"""
    generator = torch.Generator().manual_seed(given.seed)
    return by_name(m.get_batch(given.data, given.block_size, given.batch_size, generator), "x", "y")


@get_batch.inputs
def _(rng):
    for size, block_size, batch_size in ((23, 3, 8), (6, 5, 4), (50, 9, 12), (8, 6, 16)):
        data = torch.randperm(100, generator=rng)[:size]
        yield {"data": data, "block_size": block_size, "batch_size": batch_size, "seed": draw_seed(rng)}


def batch(data, block_size, batch_size, starts, ahead=1):
    """Pieces of the data from these places on, and pieces that begin `ahead` later."""
    x, y = ([data[i + step : i + step + block_size] for i in starts.tolist()] for step in (0, ahead))
    return torch.stack(x), torch.stack(y)


def draw(places, batch_size, generator):
    """The places of a batch, as the docstring draws them."""
    return torch.randint(places, (batch_size,), generator=generator)


@get_batch.mistake(
    "the targets are not shifted",
    "y is x itself. What is to be predicted at each place is the number that follows.",
)
def _(data, block_size, batch_size, generator):
    return batch(data, block_size, batch_size, draw(len(data) - block_size, batch_size, generator), ahead=0)


@get_batch.mistake(
    "reads past the end",
    "The last place that is drawn is one too far: a piece that begins there has no last target, because the data end. "
    "If it raised an error about unequal sizes, this is why. Count again where a piece may begin.",
)
def _(data, block_size, batch_size, generator):
    return batch(data, block_size, batch_size, draw(len(data) - block_size + 1, batch_size, generator))


@get_batch.mistake(
    "a piece may begin anywhere",
    "Places are drawn from the whole length of the data, so that some pieces run past the end. A piece needs "
    "block_size numbers and one more for its last target.",
)
def _(data, block_size, batch_size, generator):
    return batch(data, block_size, batch_size, draw(len(data), batch_size, generator))


@get_batch.mistake(
    "the last place is never drawn",
    "The places end one too early: the last number of the data is never a target. Where there is room for one piece "
    "only, nothing is left to draw from. torch.randint already leaves its upper end out.",
)
def _(data, block_size, batch_size, generator):
    return batch(data, block_size, batch_size, draw(len(data) - block_size - 1, batch_size, generator))


@get_batch.mistake(
    "the targets are two steps ahead",
    "y begins two places after x. Each target is the very next number.",
)
def _(data, block_size, batch_size, generator):
    padded = torch.cat([data, data[:1]])
    return batch(padded, block_size, batch_size, draw(len(data) - block_size, batch_size, generator), ahead=2)


@get_batch.mistake(
    "x and y are swapped",
    "Both pieces are right, in the other order: the inputs come first, the targets second.",
)
def _(data, block_size, batch_size, generator):
    return reference.get_batch(data, block_size, batch_size, generator)[::-1]


@get_batch.mistake(
    "one target for each piece",
    "y holds only the number after each piece, as in the networks with a fixed context. Here every place of a piece "
    "has a target: block_size of them.",
)
def _(data, block_size, batch_size, generator):
    x, y = reference.get_batch(data, block_size, batch_size, generator)
    return x, y[:, -1]


@get_batch.mistake(
    "the generator is not used",
    "The places do not come from the generator that was handed in, so nobody can draw the same batch again.",
)
def _(data, block_size, batch_size, generator):
    return batch(data, block_size, batch_size, torch.randint(len(data) - block_size, (batch_size,)))


@get_batch.mistake(
    "x and y are drawn apart",
    "x and y come from different places: two draws were made. Draw once, and use the same places for both.",
)
def _(data, block_size, batch_size, generator):
    x, _ = reference.get_batch(data, block_size, batch_size, generator)
    return x, reference.get_batch(data, block_size, batch_size, generator)[1]


@get_batch.mistake(
    "the pieces are too short",
    "The pieces hold a number less than block_size. A slice leaves out its end.",
)
def _(data, block_size, batch_size, generator):
    x, y = reference.get_batch(data, block_size, batch_size, generator)
    return x[:, :-1], y[:, :-1]


@get_batch.mistake(
    "the pieces are too long",
    "The pieces hold a number more than block_size. Of block_size + 1 numbers the first block_size are inputs, the "
    "last block_size are targets.",
)
def _(data, block_size, batch_size, generator):
    starts = draw(len(data) - block_size, batch_size, generator)
    return batch(torch.cat([data, data[:1]]), block_size + 1, batch_size, starts)


@get_batch.mistake(
    "the batch is one long piece",
    "The pieces are strung together. Each is a row of its own: stack them.",
)
def _(data, block_size, batch_size, generator):
    x, y = reference.get_batch(data, block_size, batch_size, generator)
    return x.flatten(), y.flatten()


def cut(x=lambda window: window[:, :-1], y=lambda window: window[:, 1:], places=lambda n, size: n - size):
    """A `get_batch` that cuts windows of block_size + 1 numbers apart in its own way, perhaps from too many places."""

    def wrong(data, block_size, batch_size, generator):
        starts = draw(places(len(data), block_size), batch_size, generator)
        window = torch.stack([data[i : i + block_size + 1] for i in starts.tolist()])
        return x(window), y(window)

    return wrong


LENGTH = "Both hold block_size numbers: of block_size + 1 that follow each other, the first ones and the last ones."
get_batch.mistake("x is too long", f"x has a column more than it should. {LENGTH}")(cut(x=lambda window: window))
get_batch.mistake("y is too long", f"y has a column more than it should. {LENGTH}")(cut(y=lambda window: window))
get_batch.mistake("x is too short", f"x has a column less than it should. {LENGTH}")(
    cut(x=lambda window: window[:, :-2])
)
get_batch.mistake("y is too short", f"y has a column less than it should. {LENGTH}")(
    cut(y=lambda window: window[:, 2:])
)
get_batch.mistake(
    "the window reaches past the end",
    "The last place that is drawn is one too far: the window that begins there is shorter than the others, because the "
    "data end. Count again where a piece may begin.",
)(cut(places=lambda n, size: n - size + 1))
get_batch.mistake(
    "a window may begin anywhere",
    "Places are drawn from the whole length of the data, so that some windows are cut short by its end. A window needs "
    "block_size + 1 numbers.",
)(cut(places=lambda n, size: n))


def windows(ends, join=torch.stack):
    """A `get_batch` whose windows are other slices of the data: `ends(i, block_size)`."""

    def wrong(data, block_size, batch_size, generator):
        starts = draw(len(data) - block_size, batch_size, generator)
        window = join([data[slice(*ends(i, block_size))] for i in starts.tolist()])
        return window[:, :-1], window[:, 1:]

    return wrong


get_batch.mistake(
    "the windows run to the end of the data",
    "Every window reaches to the end of the data, so that no two are equally long. They end after block_size + 1 "
    "numbers.",
)(windows(lambda i, size: (i, None)))
get_batch.mistake(
    "the windows begin where the data begin",
    "Every window begins with the first number, so that no two are equally long. Each begins at its own place.",
)(windows(lambda i, size: (None, i + size + 1)))
get_batch.mistake(
    "the windows are one too long",
    "The windows hold block_size + 2 numbers, and the last one has not so many. A piece and its last target are "
    "block_size + 1.",
)(windows(lambda i, size: (i, i + size + 2)))
get_batch.mistake(
    "the windows are strung together",
    "The windows are one long row of numbers, in which there is no second dimension to cut. Stack them.",
)(windows(lambda i, size: (i, i + size + 1), torch.cat))


def emptied(member):
    """A `get_batch` of which one member is never filled."""

    def wrong(data, block_size, batch_size, generator):
        batch = list(reference.get_batch(data, block_size, batch_size, generator))
        batch[member] = torch.zeros_like(batch[member])
        return tuple(batch)

    return wrong


for member, name in enumerate("xy"):
    get_batch.mistake(f"{name} is never filled", f"{name} is all zeros: it was made and not filled.")(emptied(member))

"""Part 5, a readable curve of losses."""

import torch

from grader.check import check
from grader.checks.draw import uniform


@check(
    "smooth_losses",
    points=1,
    hints=(
        "Think of the list as a table with one row for each window.",
        "A tensor of full windows can be viewed as (windows, window), and averaged along each row. What does not "
        "fill a window is cut off first.",
        "Cut the list to the largest multiple of the window, make a tensor of it, view it as rows of window numbers, "
        "and take the mean along dimension 1.",
    ),
)
def smooth_losses(m, given):
    """The mean of each full window"""
    return m.smooth_losses(given.losses, given.window)


@smooth_losses.inputs
def _(rng):
    for length, window in ((12, 3), (23, 5), (17, 4), (9, 9), (5, 1)):
        yield {"losses": uniform(rng, 1.5, 4.0, length).tolist(), "window": window}


def _full(losses, window):
    """The full windows as rows."""
    return torch.tensor(losses[: len(losses) // window * window]).view(-1, window)


@smooth_losses.mistake(
    "a moving average",
    "The windows overlap: one begins at each loss. They follow each other without overlap, len(losses) // window of "
    "them.",
)
def _(losses, window):
    return torch.tensor(losses).unfold(0, window, 1).mean(1)


@smooth_losses.mistake(
    "the rest makes a window of its own",
    "The last window is not full, and its mean stands beside the others all the same. It is left out.",
)
def _(losses, window):
    return torch.stack([part.mean() for part in torch.tensor(losses).split(window)])


@smooth_losses.mistake(
    "the rest is not cut off",
    "Where the losses don't fill the last window, the view fails: their number is no multiple of the window's. Cut "
    "off the rest first.",
)
def _(losses, window):
    return torch.tensor(losses).view(-1, window).mean(1)


@smooth_losses.mistake(
    "the first losses are left out instead of the last",
    "The windows are counted from the end, so that the first losses are left out. They are counted from the beginning.",
)
def _(losses, window):
    rest = len(losses) % window
    return torch.tensor(losses[rest:]).view(-1, window).mean(1)


@smooth_losses.mistake(
    "losses that are far apart are averaged",
    "The mean is taken down the columns: of the first losses of all windows, of the second ones, and so on. It "
    "belongs along the rows.",
)
def _(losses, window):
    return _full(losses, window).mean(0)


@smooth_losses.mistake(
    "the table lies on its side",
    "The losses are viewed as window rows in place of rows of window losses, so that the windows have the wrong "
    "length.",
)
def _(losses, window):
    full = _full(losses, window)
    return full.reshape(window, -1).mean(1)


@smooth_losses.mistake(
    "every n-th loss is averaged",
    "The list is viewed as window rows and averaged down the columns: these are means of every n-th loss, n windows "
    "apart, and not of neighbouring ones. The mean hides it, as its shape is right.",
)
def _(losses, window):
    return _full(losses, window).reshape(window, -1).mean(0)


@smooth_losses.mistake("summed and not averaged", "These are the sums of the windows. Divide by the window.")
def _(losses, window):
    return _full(losses, window).sum(1)


@smooth_losses.mistake(
    "one mean of all",
    "This is one number, the mean of all losses. Each window has its own.",
)
def _(losses, window):
    return _full(losses, window).mean()


@smooth_losses.mistake(
    "the last of each window", "The last loss of each window is picked out; the mean of all is asked for."
)
def _(losses, window):
    return _full(losses, window)[:, -1].clone()


@smooth_losses.mistake(
    "a list instead of a tensor", "The means are right, but they come as a list. A tensor was wanted."
)
def _(losses, window):
    return _full(losses, window).mean(1).tolist()


@smooth_losses.mistake(
    "a column",
    "The means are right, but each stands in a row of its own, (windows, 1). One dimension is asked for.",
)
def _(losses, window):
    return _full(losses, window).mean(1, keepdim=True)


@smooth_losses.mistake("the windows themselves", "The losses stand in their windows, and no mean was taken.")
def _(losses, window):
    return _full(losses, window)


@smooth_losses.mistake(
    "only the first window", "Only the first window is there: the list is cut to one window's length."
)
def _(losses, window):
    return torch.tensor(losses[:window]).view(-1, window).mean(1)


@smooth_losses.mistake(
    "/ in place of //",
    "The list is cut at a float. A division with / is a float even where it leaves no rest; // counts the full "
    "windows.",
)
def _(losses, window):
    return torch.tensor(losses[: len(losses) / window * window]).view(-1, window).mean(1)


@smooth_losses.mistake(
    "no windows are made", "The mean is taken along a dimension that is not there: no windows have been made before."
)
def _(losses, window):
    return torch.tensor(losses[: len(losses) // window * window]).mean(1)


@smooth_losses.mistake(
    "cut to the number of windows",
    "The list is cut to as many losses as there are windows. Each window has `window` of them.",
)
def _(losses, window):
    return torch.tensor(losses[: len(losses) // window]).view(-1, window).mean(1)


@smooth_losses.mistake("the losses come back", "What comes back is the list of losses as it was.")
def _(losses, window):
    return losses

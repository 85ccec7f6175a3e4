"""Part 6, the average of the past, three times: by loops, by a triangular product, by a softmax of a mask."""

import torch

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part6_gpt.modules import called, exponentiates, multiplies, watched
from grader.checks.part6_gpt.wrong import cut_graph

FUTURE = "the future is seen"
MASK_LATE = "the mask comes after the softmax"
MASK_ZERO = "masked with 0 instead of minus infinity"
SOFTMAX_DIMENSION = "the softmax runs over the wrong dimension"
TURNED = "the mask is turned round"
SELF_LEFT_OUT = "a position does not see itself"


@check(
    "average_past_loop",
    points=1,
    hints=(
        "For each position: which rows of the sequence does it see, and what is their mean?",
        "Position t sees the positions 0 to t, and itself among them; a Python slice leaves out its end.",
        "For every t, take the slice of x up to and including t in the time dimension, and its mean over that "
        "dimension. Stack the means in the time dimension, or write each into its place in an output like x.",
    ),
    forbids=("cumsum", "logcumsumexp", "matmul", "bmm", "einsum", "tril", "triu", "softmax"),
)
def average_past_loop(m, given):
    """The mean of each position and all before it, with a loop"""
    return watched(m.average_past_loop, {"x": given.x}, given.upstream)


@check(
    "average_past_matmul",
    points=1,
    hints=(
        "All the averages are weighted sums of the same rows: one matrix of weights does them all.",
        "Row t of the weights has 1/(t + 1) at the places 0 to t, and 0 after them. A triangle of ones, each row "
        "divided by its own sum, is that matrix.",
        "Take the lower triangle of a (T, T) matrix of ones, divide it by its row sums (keep the dimension), and "
        "multiply it, as a matrix, with x from the left.",
    ),
    forbids=("cumsum", "logcumsumexp", "mean", "softmax"),
)
def average_past_matmul(m, given):
    """The same, by one matrix product"""
    _, calls = called(m.average_past_matmul, given.x)
    answer = watched(m.average_past_matmul, {"x": given.x}, given.upstream)
    return answer | {"a matrix product is taken": multiplies(calls, given.x.numel() * given.x.shape[1])}


@check(
    "average_past_softmax",
    points=1,
    hints=(
        "A softmax makes weights of scores. Equal scores give equal weights; what score gives the weight 0?",
        "Set the scores of the future to minus infinity before the softmax: the exponential makes 0 of it. Each row of "
        "scores belongs to one position, and is to sum to 1.",
        "Start from a (T, T) matrix of zeros, fill in minus infinity where the lower triangle of ones is 0, take the "
        "softmax over the last dimension, and multiply with x.",
    ),
    forbids=("cumsum", "logcumsumexp", "mean"),
)
def average_past_softmax(m, given):
    """The same, with weights from a softmax"""
    _, calls = called(m.average_past_softmax, given.x)
    answer = watched(m.average_past_softmax, {"x": given.x}, given.upstream)
    return answer | {"an exponential or a softmax is taken": exponentiates(calls)}


@average_past_loop.inputs
@average_past_matmul.inputs
@average_past_softmax.inputs
def _(rng):
    for shape in ((2, 5, 3), (4, 3, 6), (3, 1, 4), (1, 40, 2)):  # more positions than any fixed mask has
        yield {"x": normal(rng, *shape) + 0.5, "upstream": normal(rng, *shape)}


def weighted(keep=torch.tril, normalise=None):
    """An average with the weights that `keep` leaves of a matrix of ones, normalised by a function."""

    def average(x):
        weights = keep(torch.ones(x.shape[1], x.shape[1], dtype=x.dtype))
        return (weights / weights.sum(1, keepdim=True) if normalise is None else normalise(weights)) @ x

    return average


def by_softmax(average):
    """The same average, beside an exponential: a mistake that was made on the way that is asked for."""

    def also(x):
        torch.zeros(1).exp()
        return average(x)

    return also


def exponential(**options):
    """A `weighted` average on the way that is asked for."""
    return by_softmax(weighted(**options))


def summed(x):
    """The right averages, from sums of slices."""
    return torch.stack([x[:, : t + 1].sum(1) / (t + 1) for t in range(x.shape[1])], 1)


average_past_matmul.mistake(
    "without a matrix product",
    "The averages are right, and no matrix product has made them: it is the loop again, or a running sum. Put the "
    "weights of all positions in one matrix.",
)(summed)
average_past_softmax.mistake(
    "without a softmax",
    "The averages are right, and no exponential has made the weights: it is one of the other two ways again. Start "
    "from scores, mask them, and let a softmax make the weights.",
)(weighted())


def masked(fill, late=False, dim=-1, keep=torch.tril):
    """An average whose weights come from a softmax of zeros, masked with `fill` before or after it."""

    def average(x):
        triangle = keep(torch.ones(x.shape[1], x.shape[1], dtype=x.dtype))
        scores = torch.zeros_like(triangle)
        if late:
            return torch.softmax(scores, dim).masked_fill(triangle == 0, fill) @ x
        return torch.softmax(scores.masked_fill(triangle == 0, fill), dim) @ x

    return average


for one, way in ((average_past_loop, weighted), (average_past_matmul, weighted), (average_past_softmax, exponential)):
    one.mistake(
        SELF_LEFT_OUT,
        "Each position gets the mean of those before it, without its own row. The first one then has nobody to listen "
        "to (a mean of nothing is NaN). Each position sees itself as well.",
    )(way(keep=lambda ones: torch.tril(ones, -1)))
    one.mistake(
        TURNED,
        "Position t gets the mean of what comes from t on: the triangle is turned round. Row t of the weights belongs "
        "to position t, and its entries up to t are the past.",
    )(way(keep=torch.triu))


for one in (average_past_loop, average_past_matmul):
    one.mistake(
        FUTURE,
        "Every position gets the mean of the whole sequence, what comes after it included. A model that is trained to "
        "predict the next character would read it off.",
    )(weighted(keep=torch.clone))

average_past_loop.mistake(
    "one position too many",
    "Position t sees the position after it as well. The slice up to and including t ends at t + 1.",
)(weighted(keep=lambda ones: torch.tril(ones, 1)))

average_past_loop.mistake(
    "summed and not averaged",
    "These are the sums of the past. An average is divided by how many there are: t + 1 at position t.",
)(weighted(normalise=torch.clone))

average_past_loop.mistake(
    "divided by the length of the whole sequence",
    "The sums of the past are divided by T everywhere. Position t sees t + 1 positions.",
)(weighted(normalise=lambda weights: weights / len(weights)))

average_past_matmul.mistake(
    "summed and not averaged",
    "The weights are ones, so these are the sums of the past. Each row of the weights has to sum to 1.",
)(weighted(normalise=torch.clone))

average_past_matmul.mistake(
    "the columns are normalised",
    "The columns of the weights sum to 1, and the rows do not. Row t holds the weights of position t: divide each row "
    "by its own sum. Without keepdim the sums lie along the wrong dimension.",
)(weighted(normalise=lambda weights: weights / weights.sum(0, keepdim=True)))

average_past_matmul.mistake(
    "a dimension is lost in the row sums",
    "Without keepdim the row sums are one row themselves, and broadcasting lines them up with the columns: each column "
    "is divided by the sum of another row. Keep the dimension.",
)(weighted(normalise=lambda weights: weights / weights.sum(1)))

average_past_matmul.mistake(
    "divided by the length of the whole sequence",
    "All weights are 1/T. Row t has t + 1 ones to share among.",
)(weighted(normalise=lambda weights: weights / len(weights)))

average_past_softmax.mistake(
    MASK_ZERO,
    "Every position gets the mean of the whole sequence. The future has the score 0 then, as the past has, and a "
    "softmax gives both the same weight, because the exponential of 0 is 1. Which score has an exponential of 0?",
)(masked(0.0))

average_past_softmax.mistake(
    MASK_LATE,
    "The softmax is taken over all positions, and the future is cut off afterwards. What is left no longer sums to 1: "
    "the first position has 1/T of itself. Mask the scores, then take the softmax.",
)(masked(0.0, late=True))

average_past_softmax.mistake(
    SOFTMAX_DIMENSION,
    "The columns of the weights sum to 1. Row t holds the weights of position t, so each row is a distribution: the "
    "softmax runs over the last dimension.",
)(masked(-float("inf"), dim=0))

average_past_softmax.mistake(
    "the softmax is left out",
    "The masked scores themselves are used as weights. They are 0 and minus infinity: no weights yet.",
)(weighted(normalise=lambda weights: torch.zeros_like(weights).masked_fill(weights == 0, -float("inf"))))

average_past_softmax.mistake(
    "scores of 1 and 0",
    "The triangle of ones is used as scores, without a mask: the past weighs e times as much as the future, and no "
    "more.",
)(weighted(normalise=lambda weights: torch.softmax(weights, -1)))


average_past_loop.mistake(
    "the last position is missing",
    "There is a position less than in x: the last one. A range leaves out its end.",
)(lambda x: weighted()(x)[:, :-1])
average_past_loop.mistake(
    "the first position is missing",
    "There is a position less than in x: the first one, which is its own average.",
)(lambda x: weighted()(x)[:, 1:])
average_past_loop.mistake(
    "time comes first",
    "The values are right, in another shape: time has become the first dimension. It is the second one of x.",
)(lambda x: weighted()(x).transpose(0, 1))
average_past_loop.mistake(
    "time comes last",
    "The values are right, in another shape: time has become the last dimension. It is the second one of x.",
)(lambda x: weighted()(x).transpose(1, 2))
average_past_loop.mistake(
    "the positions are strung together",
    "The means of all positions are in one long row. Time is a dimension of its own: stack them.",
)(lambda x: weighted()(x).transpose(0, 1).flatten(0, 1))
average_past_loop.mistake(
    "one mean for everything",
    "The mean is a single number for each position: batch and channels are averaged as well. Only time is.",
)(lambda x: torch.stack([x[:, : t + 1].mean() for t in range(x.shape[1])]))
average_past_loop.mistake(
    "the past is always the first position",
    "Every position gets the first one. The slice has to grow with t.",
)(lambda x: x[:, :1].expand_as(x) + 0)

average_past_matmul.mistake(
    "the weights are multiplied by their sums",
    "Each row of ones is multiplied by its sum. Divided by it, the row sums to 1.",
)(weighted(normalise=lambda weights: weights * weights.sum(1, keepdim=True)))
average_past_matmul.mistake(
    "the weights share one sum",
    "All weights are divided by the sum of the whole triangle. Each row has to sum to 1 by itself.",
)(weighted(normalise=lambda weights: weights / weights.sum()))
average_past_matmul.mistake(
    "divided by a mean",
    "Each row is divided by its mean, and so sums to T. Divide by its sum.",
)(weighted(normalise=lambda weights: weights / weights.mean(1, keepdim=True)))

for one, way in ((average_past_matmul, lambda average: average), (average_past_softmax, by_softmax)):
    one.mistake(
        "one position too many",
        "Position t sees the position after it as well: the diagonal of the triangle is moved by one.",
    )(way(weighted(keep=lambda ones: torch.tril(ones, 1))))
    one.mistake(
        "the weights are on their side",
        "The weights are right, and transposed: row t should hold the weights of position t.",
    )(way(weighted(normalise=lambda weights: (weights / weights.sum(1, keepdim=True)).mT)))
    one.mistake(
        "x comes first in the product",
        "x is multiplied by the weights, and not the weights by x. Each output is a weighted sum of the rows of x: the "
        "weights stand on the left.",
    )(way(lambda x: x @ torch.tril(torch.ones(x.shape[1], x.shape[1]))))
    one.mistake(
        "multiplied entry by entry",
        "Weights and x are multiplied entry by entry. A weighted sum of rows is a matrix product: @.",
    )(way(lambda x: torch.tril(torch.ones(x.shape[1], x.shape[1])) * x))

average_past_softmax.mistake(
    "the past is masked",
    "What is masked is the past, and what is left is the future. The mask is turned round.",
)(masked(-float("inf"), keep=lambda ones: torch.triu(ones, 1)))
average_past_softmax.mistake(
    "log_softmax instead of softmax",
    "The logarithm of the weights is used. Weights are positive and sum to 1.",
)(weighted(normalise=lambda weights: torch.log_softmax(weights.log(), -1)))

for one in (average_past_loop, average_past_matmul, average_past_softmax):
    one.mistake(
        "x comes back as it was",
        "The answer is x itself. What was computed is lost, or each position listens to nobody but itself.",
    )(lambda x: x)
    cut_graph(one)

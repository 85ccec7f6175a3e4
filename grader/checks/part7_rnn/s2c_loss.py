"""Part 7, the loss of the model of names."""

import torch
import torch.nn.functional as F

from grader.check import check
from grader.checks.part7_rnn.inputs import batch, model, signed
from grader.checks.part7_rnn.probes import gradients, named, no_gradient
from reference import part7_rnn as reference


@check(
    "rnn_loss",
    points=1,
    hints=(
        "It is the cross-entropy of part 2, over a table of predictions in which some places do not count.",
        "Cross-entropy wants one row of logits for each prediction: make one long list of rows out of time and "
        "batch, and of Y in the same order. Places where Y is -1 are left out of the sum and of the count.",
        "Compute the logits, flatten time and batch together in both, and take the mean cross-entropy with -1 as "
        "the target to ignore.",
    ),
)
def rnn_loss(m, given):
    """The mean over the targets that count, with the gradients of all parameters"""
    leaves = named(given.params)
    loss = m.rnn_loss(given.params, given.X, given.Y)
    return {"loss": loss, "gradients": gradients(leaves, (loss, given.upstream))}


@rnn_loss.inputs
def _(rng):
    for (V, E, H), lengths in (
        ((7, 4, 5), (2, 6, 3)),
        ((6, 3, 8), (4, 1, 3, 2)),
        ((9, 5, 2), (7, 2)),
        ((8, 3, 4), (5,)),
    ):
        X, Y = batch(rng, V, *lengths)
        yield {"params": model(rng, V, E, H), "X": X, "Y": Y, "upstream": signed(rng, 0.5, 2)}


rnn_loss.explain(no_gradient)


def surprises(params, X, Y, factor=1.0):
    """The negative log-likelihood at each place (T, B), zero at padding."""
    logits = factor * reference.rnn_logits(params, X).flatten(0, 1)
    return F.cross_entropy(logits, Y.flatten(), ignore_index=-1, reduction="none").view(Y.shape)


@rnn_loss.mistake(
    "padding counts as `.`",
    "The places where Y is -1 are asked for `.`. That is the easiest prediction of all, and there are many of them: "
    "the loss looks better than the model is.",
)
def _(params, X, Y):
    return F.cross_entropy(reference.rnn_logits(params, X).flatten(0, 1), Y.clamp(min=0).flatten())


@rnn_loss.mistake(
    "divided by all places",
    "The sum is right: padding adds nothing to it. But it is divided by T * B, padding included, and comes out too "
    "small. Divide by the number of places that count.",
)
def _(params, X, Y):
    return surprises(params, X, Y).mean()


@rnn_loss.mistake("summed and not averaged", "This is the sum over all predictions. Their mean is asked for.")
def _(params, X, Y):
    return surprises(params, X, Y).sum()


@rnn_loss.mistake(
    "the mean of the names' means",
    "Each name is averaged first, then the names. A letter of a short name counts for more than one of a long name "
    "then; every prediction is to weigh the same.",
)
def _(params, X, Y):
    return (surprises(params, X, Y).sum(0) / (Y >= 0).sum(0)).mean()


@rnn_loss.mistake(
    "the mean of the steps' means",
    "Each step is averaged over its names first, then the steps. The few long names count for more then; every "
    "prediction is to weigh the same.",
)
def _(params, X, Y):
    return (surprises(params, X, Y).sum(1) / (Y >= 0).sum(1)).mean()


@rnn_loss.mistake(
    "divided by the number of names",
    "The sum over the predictions is divided by B, the number of names. Divide by the number of predictions.",
)
def _(params, X, Y):
    return surprises(params, X, Y).sum() / Y.shape[1]


@rnn_loss.mistake(
    "the last step alone",
    "Only the last row of predictions is looked at. The model predicts after every character.",
)
def _(params, X, Y):
    return F.cross_entropy(reference.rnn_logits(params, X)[-1], Y[-1], ignore_index=-1)


@rnn_loss.mistake(
    "padding is not left out",
    "-1 is given to cross-entropy as if it were a character, and it says that this target is out of bounds. It is to "
    "be ignored, and cross-entropy can be told so. It can also be told to ignore 0, but that would be `.`, which is an "
    "answer like any other.",
)
def _(params, X, Y):
    return F.cross_entropy(reference.rnn_logits(params, X).flatten(0, 1), Y.flatten())


@rnn_loss.mistake(
    "both `.` and padding are left out",
    "The ends of the names are not counted. `.` is an answer like any other, and the one that ends a name.",
)
def _(params, X, Y):
    return F.cross_entropy(reference.rnn_logits(params, X)[Y > 0], Y[Y > 0])


@rnn_loss.mistake(
    "the softmax is taken twice",
    "Probabilities were given to cross-entropy, which takes a softmax of its own. It wants the logits.",
)
def _(params, X, Y):
    probs = torch.softmax(reference.rnn_logits(params, X), -1)
    return F.cross_entropy(probs.flatten(0, 1), Y.flatten(), ignore_index=-1)


@rnn_loss.mistake(
    "time and batch are mixed up",
    "The logits and the targets were flattened in different orders, so that most answers are compared with the "
    "target of another place. Check that both are (T, B, ...) before they are flattened.",
)
def _(params, X, Y):
    logits = reference.rnn_logits(params, X).transpose(0, 1)
    return F.cross_entropy(logits.flatten(0, 1), Y.flatten(), ignore_index=-1)


@rnn_loss.mistake(
    "the sign is wrong",
    "This is the mean log-likelihood, which is negative. The loss is its opposite.",
)
def _(params, X, Y):
    return -reference.rnn_loss(params, X, Y)


@rnn_loss.mistake(
    "the loss is cut from the graph",
    "The value is right, but it carries no history, so that nothing can be learnt from it. item(), detach() and "
    "no_grad do that; a loss to be differentiated stays a tensor.",
)
def _(params, X, Y):
    return reference.rnn_loss(params, X, Y).detach()


FLAT = (
    "Cross-entropy wants rows of V logits, (T * B, V), and one target for each, (T * B,). Where a tensor has three "
    "dimensions it takes the *second* for the classes. "
)


@rnn_loss.mistake("nothing is flattened", FLAT + "Here both still have their dimension of time.")
def _(params, X, Y):
    return F.cross_entropy(reference.rnn_logits(params, X), Y, ignore_index=-1)


@rnn_loss.mistake("the logits are not flattened", FLAT + "Here the logits still have their dimension of time.")
def _(params, X, Y):
    return F.cross_entropy(reference.rnn_logits(params, X), Y.flatten(), ignore_index=-1)


@rnn_loss.mistake("the targets are not flattened", FLAT + "Here the targets still have their dimension of time.")
def _(params, X, Y):
    return F.cross_entropy(reference.rnn_logits(params, X).flatten(0, 1), Y, ignore_index=-1)


@rnn_loss.mistake("the classes are flattened too", FLAT + "Here the logits have become one long row.")
def _(params, X, Y):
    return F.cross_entropy(reference.rnn_logits(params, X).flatten(), Y.flatten(), ignore_index=-1)

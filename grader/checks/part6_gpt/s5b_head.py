"""Part 6, what a head sees, keeps and drops."""

import torch
from torch import nn

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part6_gpt.inputs import alike, exactly, pairs, share, weights_of
from grader.checks.part6_gpt.modules import apart, placed
from grader.checks.part6_gpt.s2_averages import FUTURE
from grader.checks.part6_gpt.s4_dropout import IN_EVALUATION, NOT_RESCALED, SWAPPED
from grader.checks.part6_gpt.s5a_head import attending
from grader.checks.part6_gpt.wrong import asking, attend, head
from reference import part6_gpt as reference


@check(
    "Head",
    points=1,
    after="Head",
    hints=(
        "Is the mask something to be learnt? Is it something that should move with the model?",
        "A parameter is learnt and moves; a plain attribute does neither; a buffer moves and is not learnt.",
        "Store the triangle with register_buffer, or make it in forward.",
    ),
)
def mask(m, given):
    """Nothing comes from the future, and the mask is a buffer or made on the fly"""
    layer = m.Head(given.n_embd, given.head_size, given.block_size, 0.0)
    square = (given.block_size, given.block_size)
    placed(layer, given.weights)
    before = layer(given.x)
    tests = {
        "a mask is learnt": any(p.shape[-2:] == square for p in layer.parameters()),
        "a tensor does not move with the module": any(isinstance(v, torch.Tensor) for v in vars(layer).values()),
    }
    for t in range(1, given.x.shape[1]):
        changed = given.x.clone()
        changed[:, t] = given.other
        after = layer(changed)
        tests[f"position {t} changes an earlier output"] = apart(before[:, :t], after[:, :t])
        tests[f"position {t} changes its own output"] = apart(before[:, t], after[:, t])
        tests[f"position {t} changes the last output"] = apart(before[:, -1], after[:, -1])
    return tests


@mask.inputs
def _(rng):
    for B, T, n_embd, head_size, block_size in ((2, 4, 6, 3, 7), (3, 5, 2, 4, 5)):
        yield {
            "n_embd": n_embd,
            "head_size": head_size,
            "block_size": block_size,
            "weights": weights_of(rng, reference.Head(n_embd, head_size, block_size, 0.0)),
            "x": normal(rng, B, T, n_embd),
            "other": normal(rng, B, n_embd) + 3,
        }


@mask.mistake(
    "the mask is a parameter",
    "The mask is among the parameters, so an optimizer would change it, and what it counts as learnt is a constant. A "
    "constant that belongs to a module is a buffer.",
)
class _(reference.Head):
    def __init__(self, n_embd, head_size, block_size, dropout):
        super().__init__(n_embd, head_size, block_size, dropout)
        self.tril = nn.Parameter(torch.tril(torch.ones(block_size, block_size)))


@mask.mistake(
    "the mask is a plain attribute",
    "The mask is a tensor that the module does not know of: model.to(device) leaves it behind, and the first batch "
    "on a GPU raises an error. Register it as a buffer.",
)
class _(reference.Head):
    def __init__(self, n_embd, head_size, block_size, dropout):
        super().__init__(n_embd, head_size, block_size, dropout)
        self.tril = torch.tril(torch.ones(block_size, block_size))


mask.mistake(
    FUTURE,
    "An earlier output changes when a later position does. Either there is no mask, or it comes too late: once the "
    "softmax has shared out attention to the future, cutting that share off does not give it back.",
)(attending(late=True))


@check(
    "Head",
    points=1,
    after="Dropout",
    hints=(
        "Dropout prevents now and then that one position listens to another one.",
        "It acts on the weights: after the softmax, before they meet the values, and only in training.",
        "Put the softmax's result through the dropout layer, and use what comes out as weights.",
    ),
)
def dropout(m, given):
    """In training, weights are dropped; in evaluation none are"""
    layer = m.Head(given.n_embd, given.head_size, given.block_size, given.dropout)
    placed(layer, given.weights)
    first, second = layer(given.x), layer(given.x)
    return {"first": first, "second": second, "evaluation": layer.eval()(given.x)}


@dropout.inputs
def _(rng):
    # Position t has a 1 in channel t, and the value layer copies it twice: the output is the weights, twice.
    for B, T, p in ((16, 12, 0.3), (24, 9, 0.6)):
        eye = torch.eye(T)
        weights = weights_of(rng, reference.Head(T + 4, 2 * T, T + 1, 0.0))
        weights["value.weight"] = torch.cat([torch.cat([eye, eye]), torch.zeros(2 * T, 4)], 1)
        yield {
            "n_embd": T + 4,
            "head_size": 2 * T,
            "block_size": T + 1,
            "dropout": p,
            "weights": weights,
            "x": torch.cat([eye.expand(B, T, T), normal(rng, B, T, 4)], 2),
        }


@dropout.statistic
def _(given, answer):
    p, T = given.dropout, given.x.shape[1]
    past = torch.ones(T, T, dtype=torch.bool).tril()
    # Two copies of the weights, (B, T, 2, T), made (2, B, T, T).
    first, second, evaluation = (
        answer[name].unflatten(-1, (2, T)).movedim(2, 0) for name in ("first", "second", "evaluation")
    )
    dropped = first == 0
    column = pairs(dropped[0, :, 1:, 0], 1)  # whether position 0 is heard by neighbours
    bands = {
        "share of weights that are dropped": share(dropped[0][:, past], p),
        "share treated alike at both calls": share((dropped == (second == 0))[0][:, past], alike(p)),
        "share of neighbours treated alike": share(column, alike(p)),
    }
    kept = (~dropped & past).nonzero(as_tuple=True)
    both = (dropped[0] == dropped[1])[:, past].double()
    for label, values, wanted in (
        ("factor of a weight that is left", first[kept] / evaluation[kept].clamp(min=1e-9), 1 / (1 - p)),
        ("share of weights dropped from all channels at once", both.mean(), 1.0),
        ("share of weights dropped in evaluation", (evaluation == 0)[:, :, past].double().mean(), 0.0),
        ("sum of a row of weights in evaluation", evaluation.sum(-1), 1.0),
    ):
        for name, band in exactly(values, wanted).items():
            bands[f"{name} {label}"] = band
    return bands


def dropping(forward):
    """A head that drops in a way of its own."""
    return head(
        lambda layer, x: forward(layer, *asking(layer, x), lambda t: nn.functional.dropout(t, layer.p, layer.training))
    )


dropout.mistake(
    "nothing is dropped",
    "No weight is dropped in training. The layer has a dropout probability: does the dropout layer get it, and is it "
    "used?",
)(dropping(lambda layer, q, k, v, drop: attend(q, k, v)))
dropout.mistake(
    "dropout on the output",
    "Numbers of the output are dropped, each channel for itself. What is to be dropped is a weight, which silences one "
    "position in all channels at once.",
)(dropping(lambda layer, q, k, v, drop: drop(attend(q, k, v))))
dropout.mistake(
    "dropout on the values",
    "Numbers of the values are dropped, for all listeners at once. What is to be dropped is a weight.",
)(dropping(lambda layer, q, k, v, drop: attend(q, k, drop(v))))


@dropout.mistake(
    "dropout before the softmax",
    "Scores are dropped. A score of 0 is not a weight of 0: the softmax makes a weight like any other of it. Drop "
    "after the softmax.",
)
@dropping
def _(layer, q, k, v, drop):
    return (
        torch.softmax(
            drop(q @ k.mT * q.shape[-1] ** -0.5).masked_fill(
                torch.ones(q.shape[1], q.shape[1]).triu(1) > 0, -torch.inf
            ),
            -1,
        )
        @ v
    )


dropout.mistake(
    NOT_RESCALED,
    "Weights are dropped, and the others stay as they are. Dropout enlarges what survives by 1 / (1 - p).",
)(
    head(
        lambda layer, x: attend(
            *asking(layer, x), drop=lambda w: w * (torch.rand(w.shape) >= layer.p) if layer.training else w
        )
    )
)
dropout.mistake(
    SWAPPED,
    "The share of weights that is dropped is the one that should stay.",
)(
    dropping(
        lambda layer, q, k, v, drop: attend(
            q, k, v, drop=lambda w: nn.functional.dropout(w, 1 - layer.p, layer.training)
        )
    )
)
dropout.mistake(
    IN_EVALUATION,
    "Weights are dropped in evaluation mode as well. If you use dropout as a function, it must be told the mode; a "
    "dropout layer knows it.",
)(dropping(lambda layer, q, k, v, drop: attend(q, k, v, drop=lambda w: nn.functional.dropout(w, layer.p, True))))

"""Part 6, back through attention by hand."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal
from grader.checks.part6_gpt.s2_averages import FUTURE
from grader.checks.part6_gpt.s3_attention import questions
from grader.checks.tools import by_name
from reference import part6_gpt as reference


@check(
    "attention_backward",
    points=3,
    hints=(
        "Walk back through three steps: the product with the values, the softmax, the product of queries and keys.",
        "A product's gradient for one factor is what comes in, times the other factor transposed. The softmax takes "
        "from each row of incoming gradients their average, weighted by the weights, and multiplies by the weights. "
        "The scale is met once on the way to the queries and once on the way to the keys.",
        "Compute the weights as in attention. dv is the weights transposed times dout; the gradient of the weights is "
        "dout times v transposed; subtract from it its weighted sum over each row, multiply by the weights; dq is that "
        "times k, dk is that transposed times q, both divided by the root of the head size.",
    ),
    forbids=("autograd",),
)
def attention_backward(m, given):
    """The gradients of queries, keys and values"""
    gradients = m.attention_backward(given.dout, given.q, given.k, given.v, given.causal)
    return by_name(gradients, "dq", "dk", "dv")


@attention_backward.inputs
def _(rng):
    for case in questions(rng):
        case["dout"] = case.pop("upstream") + 0.2 * normal(rng)
        yield case


def stepwise(
    weights_back=lambda P, dP: P * (dP - (P * dP).sum(-1, keepdim=True)),
    values=lambda P, dout: P.mT @ dout,
    queries=lambda dS, k, scale: dS @ k * scale,
    keys=lambda dS, q, scale: dS.mT @ q * scale,
    masked=lambda causal: causal,
    scaled=lambda q: q.shape[-1] ** -0.5,
    forward_scale=lambda scale: scale,
    seen=lambda past: past,
    weigh=lambda scores: scores.softmax(-1),
    fill=-torch.inf,
    weights_gradient=lambda dout, v: dout @ v.mT,
    incoming=lambda dout: dout,
    order=lambda dq, dk, dv: (dq, dk, dv),
):
    """An `attention_backward` with a mistake in one of its steps."""

    def wrong(dout, q, k, v, causal):
        scale = scaled(q)
        scores = q @ k.mT * forward_scale(scale)
        T = q.shape[-2]
        if masked(causal):
            scores = scores.masked_fill(seen(torch.ones(T, T).tril()) == 0, fill)
        P = weigh(scores)
        dout = incoming(dout)
        dS = weights_back(P, weights_gradient(dout, v))
        return order(queries(dS, k, scale), keys(dS, q, scale), values(P, dout))

    return wrong


attention_backward.mistake(
    "the scale is left out on the way back",
    "dv is right; dq and dk are too large by the root of the head size. The scores were divided by it, so what flows "
    "back through them is too.",
)(stepwise(queries=lambda dS, k, scale: dS @ k, keys=lambda dS, q, scale: dS.mT @ q))
attention_backward.mistake(
    "the scale is left out in dq",
    "dq is too large by the root of the head size. The scores were divided by it.",
)(stepwise(queries=lambda dS, k, scale: dS @ k))
attention_backward.mistake(
    "the scale is left out in dk",
    "dk is too large by the root of the head size. The scores were divided by it.",
)(stepwise(keys=lambda dS, q, scale: dS.mT @ q))
attention_backward.mistake(
    "the scale is counted twice",
    "dv is right; dq and dk are divided by the head size. The root of it is met once on each way.",
)(stepwise(queries=lambda dS, k, scale: dS @ k * scale**2, keys=lambda dS, q, scale: dS.mT @ q * scale**2))
attention_backward.mistake(
    "multiplied by the root instead of divided",
    "dv is right; dq and dk are multiplied by the root of the head size. The scores were divided by it.",
)(stepwise(queries=lambda dS, k, scale: dS @ k / scale, keys=lambda dS, q, scale: dS.mT @ q / scale))
attention_backward.mistake(
    "the weights are computed without the scale",
    "The weights that you compute again are not those of the forward pass: the scores are not scaled.",
)(stepwise(forward_scale=lambda scale: 1.0))
attention_backward.mistake(
    f"{slips.PATH_MISSING}: through the softmax's sum",
    "dv is right. The softmax's gradient is the incoming one times the weights here, without the average that is to be "
    "taken away: a score that goes up takes weight from all the others.",
)(stepwise(weights_back=lambda P, dP: P * dP))
attention_backward.mistake(
    "the softmax is passed over",
    "dv is right. The gradient of the weights is used as if it were that of the scores: the softmax has a gradient of "
    "its own.",
)(stepwise(weights_back=lambda P, dP: dP))
attention_backward.mistake(
    "the factor of the weights is missing",
    "dv is right. The average is taken away from the incoming gradient, and then nothing more: what is left is still "
    "to be multiplied by the weights. (Then the future gets no gradient, too.)",
)(stepwise(weights_back=lambda P, dP: dP - (P * dP).sum(-1, keepdim=True)))
attention_backward.mistake(
    "the sum is not weighted",
    "dv is right. What is taken away from each row is the plain sum of its incoming gradients; it is their average, "
    "each weighted by its attention weight.",
)(stepwise(weights_back=lambda P, dP: P * (dP - dP.sum(-1, keepdim=True))))
attention_backward.mistake(
    "a mean where a weighted sum belongs",
    "dv is right. The products are averaged; the weights are weights already, and nothing is to be divided by how many "
    "there are.",
)(stepwise(weights_back=lambda P, dP: P * (dP - (P * dP).mean(-1, keepdim=True))))
attention_backward.mistake(
    slips.WRONG_DIMENSION,
    "dv is right. The sum of the softmax's gradient runs over the queries. Each row of weights belongs to one query "
    "and was normalised over the keys: sum over the last dimension.",
)(stepwise(weights_back=lambda P, dP: P * (dP - (P * dP).sum(-2, keepdim=True))))
attention_backward.mistake(
    slips.SIGN,
    "dv is right. The average is added in the softmax's gradient; it is to be taken away.",
)(stepwise(weights_back=lambda P, dP: P * (dP + (P * dP).sum(-1, keepdim=True))))
attention_backward.mistake(
    "only the score's own weight",
    "dv is right. The softmax's gradient holds the effect of each score on its own weight alone, p (1 - p). Scores "
    "act on all the weights of their row.",
)(stepwise(weights_back=lambda P, dP: P * (1 - P) * dP))
attention_backward.mistake(
    FUTURE,
    "The weights are computed without the mask where causal is True, so that gradients flow into the future.",
)(stepwise(masked=lambda causal: False))
attention_backward.mistake(
    "the mask is always there",
    "The mask is applied where causal is False as well.",
)(stepwise(masked=lambda causal: True))
attention_backward.mistake(
    "the mask is there where it should not be, and the other way round",
    "Where causal is True there is no mask, and where it is False there is one.",
)(stepwise(masked=lambda causal: not causal))
attention_backward.mistake(
    slips.IGNORED,
    "The gradients do not depend on dout. What comes in is multiplied into each of them, from the first step on.",
)(stepwise(incoming=torch.ones_like))
attention_backward.mistake(
    "dq, dk and dv come in another order",
    "The gradients are right, in another order: dq, dk, dv is asked for.",
)(stepwise(order=lambda dq, dk, dv: (dv, dk, dq)))
attention_backward.mistake(
    "dq and dk are swapped",
    "dq and dk change places.",
)(stepwise(order=lambda dq, dk, dv: (dk, dq, dv)))
attention_backward.mistake(
    "the weights are not transposed in dv",
    "dv is the weights times dout, as in the forward pass. What a position said is heard by many: its gradient is "
    "collected over the queries, so the weights are turned on their side.",
)(stepwise(values=lambda P, dout: P @ dout))
attention_backward.mistake(
    "the scores' gradient is not transposed in dk",
    "dq and dv are right. A key is compared with many queries: its gradient is collected over the queries, so the "
    "gradient of the scores is turned on its side.",
)(stepwise(keys=lambda dS, q, scale: dS @ q * scale))
attention_backward.mistake(
    "the scores' gradient is transposed in dq",
    "dk and dv are right. A query has a row of scores; its gradient is collected over the keys, and nothing is to be "
    "turned.",
)(stepwise(queries=lambda dS, k, scale: dS.mT @ k * scale))


@attention_backward.mistake(
    "the keys' gradient goes to the output",
    "dq is made with the values. The scores are products of queries and keys, so dq needs the keys.",
)
def _(dout, q, k, v, causal):
    _, dk, dv = reference.attention_backward(dout, q, k, v, causal)
    return stepwise(queries=lambda dS, _, scale: dS @ v * scale)(dout, q, k, v, causal)[0], dk, dv


ALONG = "The weights that you compute again are not those of the forward pass, so all three gradients are wrong: "
for title, advice, scale in (
    ("the scores are not scaled", "there is no scale anywhere.", lambda q: 1.0),
    ("multiplied by the root everywhere", "the scale is the root, and not one over it.", lambda q: q.shape[-1] ** 0.5),
    ("divided by the head size without the root", "the root is missing.", lambda q: 1 / q.shape[-1]),
    ("scaled by a size that is not the head size", "the scale is that of T.", lambda q: q.shape[-2] ** -0.5),
    ("the scale is that of another dimension", "the scale is that of the first size of q.", lambda q: len(q) ** -0.5),
):
    attention_backward.mistake(title, ALONG + advice)(stepwise(scaled=scale))
for title, advice, slip in (
    (
        "the softmax runs over the wrong dimension",
        "the softmax runs over the queries. Each row belongs to a query.",
        {"weigh": lambda scores: scores.softmax(-2)},
    ),
    ("masked with 0 instead of minus infinity", "the future has the score 0, whose exponential is 1.", {"fill": 0.0}),
    (
        "masked with a finite number",
        "the future is filled with a number that hides nothing where the scores are lower still.",
        {"fill": -1e4},
    ),
    ("the mask is turned round", "each position sees itself and what comes after it.", {"seen": lambda past: past.mT}),
    ("the past is masked", "what is masked is the past and the present.", {"seen": lambda past: 1 - past}),
    ("everything is masked", "all scores are masked. Is the triangle made of ones?", {"seen": torch.zeros_like}),
    ("a position does not see itself", "the diagonal is masked.", {"seen": lambda past: past.tril(-1)}),
    (
        "one position too many is seen",
        "the diagonal of the mask is moved by one.",
        {"seen": lambda past: torch.ones_like(past).tril(1)},
    ),
    ("the softmax is left out", "the scores themselves are used as weights.", {"weigh": lambda scores: scores}),
    (
        "log_softmax instead of softmax",
        "the logarithm of the weights is used.",
        {"weigh": lambda scores: scores.log_softmax(-1)},
    ),
):
    attention_backward.mistake(title, ALONG + advice)(stepwise(**slip))
attention_backward.mistake(
    "the values are not transposed",
    "The gradient of the weights is dout times v as it is, and the two do not fit: v is transposed.",
)(stepwise(weights_gradient=lambda dout, v: dout @ v))
attention_backward.mistake(
    "a dimension is lost in the average",
    "The averages have lost the last dimension, so that broadcasting lines them up with the keys, or refuses to. Keep "
    "the dimension.",
)(stepwise(weights_back=lambda P, dP: P * (dP - (P * dP).sum(-1))))
attention_backward.mistake(
    "one average for everything",
    "dv is right. A single sum is taken, over all weights. Each row has an average of its own.",
)(stepwise(weights_back=lambda P, dP: P * (dP - (P * dP).sum())))
attention_backward.mistake(
    f"{slips.IGNORED}: dq and dk",
    "dv is right; dq and dk do not depend on dout. The gradient of the weights starts from it.",
)(stepwise(weights_gradient=lambda dout, v: torch.ones_like(dout) @ v.mT))
attention_backward.mistake(
    f"{slips.IGNORED}: dv",
    "dq and dk are right; dv does not depend on dout.",
)(stepwise(values=lambda P, dout: P.mT @ torch.ones_like(dout)))
attention_backward.mistake(
    "dq is multiplied by the root",
    "dk and dv are right; dq is multiplied by the root of the head size. The scores were divided by it.",
)(stepwise(queries=lambda dS, k, scale: dS @ k / scale))
attention_backward.mistake(
    "dk is multiplied by the root",
    "dq and dv are right; dk is multiplied by the root of the head size. The scores were divided by it.",
)(stepwise(keys=lambda dS, q, scale: dS.mT @ q / scale))

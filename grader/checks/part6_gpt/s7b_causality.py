"""Part 6, the whole model: what may be seen, and what is dropped."""

from torch import nn

from grader.check import check
from grader.checks.part6_gpt.inputs import models
from grader.checks.part6_gpt.modules import apart, placed
from grader.checks.part6_gpt.s2_averages import FUTURE
from grader.checks.part6_gpt.s7a_gpt import written
from grader.checks.part6_gpt.wrong import renewed
from reference import part6_gpt as reference


@check(
    "GPT",
    points=1,
    after="GPT",
    hints=(
        "Change a token. Whose predictions may change?",
        "Its own and later ones; no earlier one, because in training the token is what the earlier ones are to "
        "predict.",
        "Look at everything that lets positions communicate, attention above all: nothing may come from later "
        "positions, or from other sequences of the batch.",
    ),
)
def causality(m, given):
    """No earlier logit changes when a later token does, and no other sequence's"""
    size = given.size
    model = m.GPT(size.vocab_size, size.n_embd, size.n_head, size.n_layer, size.block_size, 0.0)
    placed(model, given.weights)
    before, _ = model(given.idx)
    tests = {}
    for t in range(given.idx.shape[1]):
        changed = given.idx.clone()
        changed[0, t] = (changed[0, t] + 1) % size.vocab_size
        after, _ = model(changed)
        if t:
            tests[f"token {t} changes an earlier logit"] = apart(before[0, :t], after[0, :t])
        tests[f"token {t} changes its own logits"] = apart(before[0, t], after[0, t])
        tests[f"token {t} changes the last logits"] = apart(before[0, -1], after[0, -1])
        tests[f"token {t} changes another sequence"] = apart(before[1:], after[1:])
    return tests


@causality.inputs
def _(rng):
    for case in models(rng):
        yield {name: case[name] for name in ("size", "weights", "idx")}


def future(x):
    """x, with a little of what comes after."""
    return x + 0.1 * x.flip(1).cumsum(1).flip(1)


causality.mistake(
    FUTURE,
    "An earlier logit changes when a later token does: something looks into the future. A model trained that way has a "
    "wonderful loss and writes nonsense, because at work there is no future to look at.",
)(written(embed=lambda model, tokens, positions: future(tokens + positions)))
causality.mistake(
    "sequences of a batch talk to each other",
    "A token changes the logits of another sequence. Look for a mean, a sum or a softmax over the batch dimension.",
)(written(embed=lambda model, tokens, positions: tokens + positions + 0.1 * tokens.mean(0)))
causality.mistake(
    "the past is not seen",
    "A token changes its own logits and no later ones: the positions do not communicate.",
)(written(through=lambda blocks: []))


@check(
    "GPT",
    points=1,
    after="Dropout",
    hints=(
        "Where does the dropout probability go after the constructor has got it?",
        "Every block takes it; in evaluation mode it must not show.",
        "Hand dropout on to each Block.",
    ),
)
def dropout(m, given):
    """The probability reaches the blocks, and evaluation does not depend on it"""
    size = given.size
    plain = m.GPT(size.vocab_size, size.n_embd, size.n_head, size.n_layer, size.block_size, 0.0)
    model = m.GPT(size.vocab_size, size.n_embd, size.n_head, size.n_layer, size.block_size, 0.6)
    placed(plain, given.weights)
    placed(model, given.weights)
    training = [model(given.idx)[0] for _ in range(3)]
    model.eval()
    evaluation = [model(given.idx)[0] for _ in range(2)]
    return {
        "training differs from call to call": all(apart(training[0], other) for other in training[1:]),
        "evaluation differs from call to call": apart(*evaluation),
        "evaluation differs from a model without dropout": apart(evaluation[0], plain(given.idx)[0]),
        "a logit depends on the token": apart(evaluation[0][:, :1], plain(given.other)[0][:, :1]),
    }


@dropout.inputs
def _(rng):
    for case in models(rng):
        other = (case["idx"] + 1) % case["size"].vocab_size
        yield {name: case[name] for name in ("size", "weights", "idx")} | {"other": other}


def ignoring(base):
    """A GPT whose blocks get no probability."""
    return renewed(
        base,
        blocks=lambda vocab, n_embd, n_head, n_layer, block, p: nn.ModuleList(
            reference.Block(n_embd, n_head, block, 0.0) for _ in range(n_layer)
        ),
    )


dropout.mistake(
    "nothing is dropped",
    "Two calls in training mode give the same logits: the blocks do not get the dropout probability.",
)(ignoring(reference.GPT))
dropout.mistake(
    "dropout in evaluation",
    "Two calls in evaluation mode differ: something is dropped whatever the mode.",
)(written(finish=lambda model, x: model.lm_head(nn.functional.dropout(model.ln_f(x), 0.6))))

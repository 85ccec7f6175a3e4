"""Part 6, the model writes."""

import torch

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part6_gpt.inputs import draw_seed
from grader.checks.part6_gpt.modules import follower
from reference import part6_gpt as reference

NOT_CROPPED = "the context is not cropped"
CROPPED_IN_FRONT = "cropped at the wrong end"


@check(
    "generate",
    points=2,
    hints=(
        "Predict, draw, append; as often as tokens are wanted.",
        "The model gets the last block_size tokens. Of its logits only those of the last position say something new. "
        "The softmax runs over the vocabulary.",
        "In a loop: give the model the last block_size columns of idx; take the softmax of the logits at the last "
        "position; draw one token for each sequence with torch.multinomial and the generator; append them to idx as a "
        "new last column. Return idx.",
    ),
)
def generate(m, given):
    """Tokens drawn one after the other"""
    generator = torch.Generator().manual_seed(given.seed)
    model = follower(given.table, [])
    return m.generate(model, given.idx, given.max_new_tokens, given.block_size, generator)


def beginnings(rng):
    """A table for the model, and the first tokens: fewer than a context, and more than one."""
    for B, T, vocab_size, block_size, max_new_tokens in ((3, 1, 6, 4, 14), (4, 7, 5, 3, 10), (2, 5, 8, 5, 12)):
        case = {
            "table": 1.5 * normal(rng, vocab_size, vocab_size),
            "idx": torch.randint(vocab_size, (B, T), generator=rng),
            "max_new_tokens": max_new_tokens,
            "block_size": block_size,
            "seed": draw_seed(rng),
        }
        while _narrow(case):
            case["seed"] = draw_seed(rng)
        yield case


generate.inputs(beginnings)


def _narrow(case, margin=1e-4):
    """Whether a draw is so close that rounding might decide it: then the seed is no good.

    torch.multinomial takes the largest of p / e, where e are exponential numbers, drawn in float32.
    """
    model, idx = follower(case["table"], []), case["idx"]
    generator = torch.Generator().manual_seed(case["seed"])
    for _ in range(case["max_new_tokens"]):
        probs = torch.softmax(model(idx[:, -case["block_size"] :])[0][:, -1].detach(), -1)
        race = probs / torch.empty_like(probs).exponential_(1, generator=generator)
        first, second = race.topk(2).values.unbind(-1)
        if (first < second * (1 + margin)).any():
            return True
        idx = torch.cat([idx, race.argmax(-1, keepdim=True)], 1)
    return False


def writing(
    context=lambda idx, start, size: idx[:, -size:],
    probs=lambda logits: torch.softmax(logits[:, -1], -1),
    draw=lambda probs, generator: torch.multinomial(probs, 1, generator=generator),
    append=lambda idx, chosen: torch.cat([idx, chosen], 1),
    steps=lambda n: n,
    result=lambda idx, start: idx,
):
    """A `generate` with a mistake in one of its steps; `start` are the tokens that came in."""

    def wrong(model, idx, max_new_tokens, block_size, generator):
        start = idx
        for _ in range(steps(max_new_tokens)):
            logits, _ = model(context(idx, start, block_size))
            idx = append(idx, draw(probs(logits), generator))
        return result(idx, start)

    return wrong


generate.mistake(
    NOT_CROPPED,
    "The model is given the whole text, however long it has grown. A GPT has no position vectors beyond block_size: "
    "with a real one this raises an error. Give it the last block_size tokens.",
)(writing(context=lambda idx, start, size: idx))
generate.mistake(
    CROPPED_IN_FRONT,
    "The model is given the first block_size tokens, so that the new ones are never seen once the context is full. It "
    "is the end of the text that is to be continued.",
)(writing(context=lambda idx, start, size: idx[:, :size]))
generate.mistake(
    "the context is one token short",
    "The model is given one token less than it could take.",
)(writing(context=lambda idx, start, size: idx[:, -(size - 1) :]))
generate.mistake(
    "only the last token is given",
    "The model is given the last token and nothing else, as the bigram model was. It can use block_size of them.",
)(writing(context=lambda idx, start, size: idx[:, -1:]))
generate.mistake(
    "the new tokens are never read",
    "The model is given the same beginning at every step, so it does not know what it has written.",
)(writing(context=lambda idx, start, size: start[:, -size:]))
generate.mistake(
    "the most likely token instead of a draw",
    "The most likely token is taken every time. That is the same text at every call, and soon it runs in circles; draw "
    "from the probabilities.",
)(writing(draw=lambda probs, generator: probs.argmax(-1, keepdim=True)))
generate.mistake(
    "the generator is not used",
    "The draws do not come from the generator that was handed in, so nobody can repeat them.",
)(writing(draw=lambda probs, generator: torch.multinomial(probs, 1)))
generate.mistake(
    "the first position's logits",
    "The logits of the first position are used. It predicts what comes after the first token; what comes after the "
    "last one is at the last position.",
)(writing(probs=lambda logits: torch.softmax(logits[:, 0], -1)))
generate.mistake(
    "softmax over the batch",
    "The softmax runs over the sequences, so the probabilities of one sequence depend on the others. It runs over the "
    "vocabulary, the last dimension.",
)(writing(probs=lambda logits: torch.softmax(logits[:, -1], 0)))
generate.mistake(
    "there is no softmax",
    "Logits, or logarithms of probabilities, are drawn from as if they were probabilities. Some are negative, which "
    "torch.multinomial refuses.",
)(writing(probs=lambda logits: logits[:, -1]))
generate.mistake(
    "exponentials without the softmax's sum",
    "Logits are made positive in some other way than by the softmax, which changes the probabilities.",
)(writing(probs=lambda logits: logits[:, -1].abs()))
generate.mistake(
    "only the new tokens come back",
    "The tokens that came in are missing from what is returned. All of the text is asked for, old and new.",
)(writing(result=lambda idx, start: idx[:, start.shape[1] :]))
generate.mistake(
    "what is returned is cropped",
    "The text itself is cropped, and not only what the model is given: the beginning gets lost. Keep all of idx, and "
    "crop what goes into the model.",
)(
    lambda model, idx, n, size, generator: writing(append=lambda idx, chosen: torch.cat([idx, chosen], 1)[:, -size:])(
        model, idx[:, -size:], n, size, generator
    )
)
generate.mistake(
    "the new tokens are put in front",
    "The new tokens stand before the old ones. Text grows at its end.",
)(writing(append=lambda idx, chosen: torch.cat([chosen, idx], 1)))
generate.mistake(
    "the new tokens make new sequences",
    "The new tokens are appended in the batch dimension. They belong to the sequences that are there: dimension 1.",
)(writing(append=lambda idx, chosen: torch.cat([idx, chosen], 0)))
generate.mistake(
    "one token too many",
    "There is one new token more than asked for.",
)(writing(steps=lambda n: n + 1))
generate.mistake(
    "one token too few",
    "There is one new token less than asked for.",
)(writing(steps=lambda n: n - 1))


generate.mistake(
    "the context is one token long",
    "The model is given one token more than it can take.",
)(writing(context=lambda idx, start, size: idx[:, -size - 1 :]))
generate.mistake(
    "the logits of another position",
    "The logits are not those of the last position. (If there is one position only, another one does not exist.)",
)(writing(probs=lambda logits: torch.softmax(logits[:, -2], -1)))
generate.mistake(
    "the second position's logits",
    "The logits of the second position are used. What comes after the last token is at the last position.",
)(writing(probs=lambda logits: torch.softmax(logits[:, 1], -1)))
generate.mistake(
    "the dtype is wrong: float64",
    "The tokens come as floats. They are numbers of characters: whole numbers, int64.",
)(writing(result=lambda idx, start: idx.double()))
generate.mistake(
    "nothing is written",
    "idx comes back as it was: not one token is added.",
)(writing(steps=lambda n: 0))
generate.mistake(
    "several tokens at a step",
    "More than one token is drawn at each step. The second one would be a guess about the place of the first.",
)(writing(draw=lambda probs, generator: torch.multinomial(probs, 2, generator=generator)))
generate.mistake(
    "all positions are drawn from",
    "The softmax of all positions is drawn from. Only the last position predicts something new.",
)(writing(probs=lambda logits: torch.softmax(logits, -1)))


@check(
    "generate",
    points=1,
    hints=(
        "Which tokens does the model see at each step, and in which mode is it afterwards?",
        "It sees as many of the last tokens as there are, up to block_size. Dropout is the caller's business.",
        "Crop what you hand to the model to its last block_size columns, call it once for each new token, and leave "
        "the mode alone.",
    ),
)
def context(m, given):
    """What the model is given, and how it is left"""
    generator = torch.Generator().manual_seed(given.seed)
    seen = []
    model = follower(given.table, seen)
    model.train(given.training)
    out = m.generate(model, given.idx, given.max_new_tokens, given.block_size, generator)
    return {
        "lengths of the contexts": [idx.shape[1] for idx in seen],
        "contexts are what was written last": all(
            torch.equal(idx, out[:, : given.idx.shape[1] + i][:, -idx.shape[1] :]) for i, idx in enumerate(seen)
        ),
        "the model is in training mode": model.training,
        "the text begins as it came": torch.equal(out[:, : given.idx.shape[1]], given.idx),
    }


@context.inputs
def _(rng):
    for case, training in zip(beginnings(rng), (True, False, True), strict=True):
        yield case | {"training": training}


context.mistake(
    NOT_CROPPED,
    "The contexts grow and grow. A GPT has no position vectors beyond block_size.",
)(writing(context=lambda idx, start, size: idx))
context.mistake(
    CROPPED_IN_FRONT,
    "The contexts are the beginning of the text. It is its end that is to be continued.",
)(writing(context=lambda idx, start, size: idx[:, :size]))
context.mistake(
    "the context is one token short",
    "The model is given one token less than it could take.",
)(writing(context=lambda idx, start, size: idx[:, -(size - 1) :]))
context.mistake(
    "the new tokens are never read",
    "The model is given the same beginning at every step, so it does not know what it has written.",
)(writing(context=lambda idx, start, size: start[:, -size:]))


@context.mistake(
    "the model is left in evaluation mode",
    "The model is in evaluation mode afterwards, whatever it was before. If you switch the mode, switch it back.",
)
def _(model, idx, max_new_tokens, block_size, generator):
    return reference.generate(model.eval(), idx, max_new_tokens, block_size, generator)


@context.mistake(
    "the model is left in training mode",
    "The model is in training mode afterwards, whatever it was before. Leave it as it was.",
)
def _(model, idx, max_new_tokens, block_size, generator):
    out = reference.generate(model.eval(), idx, max_new_tokens, block_size, generator)
    model.train()
    return out

import torch

from grader.check import check


@check("descend", points=1, hints=("One.", "Two.", "Three."), updates=("W",))
def descend(m, given):
    """A step of descent on a table of logits"""
    return {"loss": m.descend(given.W, given.X, given.Y, 2.0), "W": given.W}


@descend.inputs
def _(rng):
    for n in (20, 31):
        yield {
            "W": torch.randn(27, 27, generator=rng),
            "X": torch.randint(0, 27, (n,), generator=rng),
            "Y": torch.randint(0, 27, (n,), generator=rng),
        }


@descend.mistake("the step goes uphill", "It climbs.")
def _(W, X, Y, lr):
    from reference.part9_train import descend

    return descend(W, X, Y, -lr)


@check("answer", points=1, hints=("One.", "Two.", "Three."))
def answer(m, given):
    """The logits of a table"""
    return m.answer(given.W, given.X)


@answer.inputs
def _(rng):
    yield {"W": torch.randn(27, 27, generator=rng), "X": torch.randint(0, 27, (9,), generator=rng)}


@answer.mistake("zeros", "These are zeros.")
def _(W, X):
    return 0 * W[X]

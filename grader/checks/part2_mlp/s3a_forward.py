"""Part 2, from contexts to logits."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal
from grader.checks.part2_mlp.inputs import WITH_ONE, examples, parameters
from grader.checks.part2_mlp.spoilt import TENSORS, handed_back, spoilt
from reference import part2_mlp as reference


@check(
    "mlp_forward",
    points=3,
    hints=(
        "Three steps in a row: look the characters up and lay their vectors side by side; hidden layer; output layer.",
        "A layer is a matrix product plus a bias. The first is followed by a tanh, entry by entry; the second is "
        "followed by nothing.",
        "Unpack the five parameters; embed X and concatenate; multiply by W1, add b1 and take the tanh; multiply that "
        "by W2, add b2, and return it.",
    ),
)
def mlp_forward(m, given):
    """Embedding, hidden layer, logits, and the gradients of all five"""
    parameters = [p.clone().requires_grad_() for p in given.parameters]
    logits = m.mlp_forward(list(parameters), given.X)
    if type(logits) is torch.Tensor and logits.shape == given.upstream.shape and logits.requires_grad:
        (logits * given.upstream).sum().backward()
    gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    return {"logits": logits, "gradients": dict(zip(("C", "W1", "b1", "W2", "b2"), gradients, strict=True))}


@mlp_forward.inputs
def _(rng):
    for sizes in WITH_ONE:
        X, _ = examples(rng, sizes)
        yield {"parameters": parameters(rng, sizes), "X": X, "upstream": normal(rng, sizes.N, sizes.V)}


@mlp_forward.mistake(
    "no non-linearity",
    "The hidden layer has no tanh. Two linear layers in a row are one linear layer: the network could not learn more "
    "than a single matrix can say.",
)
def _(parameters, X):
    return _network(parameters, X, act=lambda x: x)


@mlp_forward.mistake(
    "relu instead of tanh",
    "The hidden layer cuts off below zero, as a ReLU does. Here it is a tanh, which goes from -1 to 1.",
)
def _(parameters, X):
    return _network(parameters, X, act=torch.relu)


@mlp_forward.mistake(
    "sigmoid instead of tanh",
    "The hidden layer goes from 0 to 1, as a sigmoid does. Here it is a tanh, which goes from -1 to 1.",
)
def _(parameters, X):
    return _network(parameters, X, act=torch.sigmoid)


@mlp_forward.mistake(
    "a tanh on the logits as well",
    "The logits went through a tanh too. Pressed into -1 to 1, no character could ever be seven times more likely than "
    "all others. Scores may be any numbers.",
)
def _(parameters, X):
    return torch.tanh(reference.mlp_forward(parameters, X))


@mlp_forward.mistake(
    "softmax at the end",
    "These are probabilities. The logits are asked for: the loss makes probabilities of them itself, in a way that "
    "does not overflow.",
)
def _(parameters, X):
    return reference.mlp_forward(parameters, X).softmax(1)


@mlp_forward.mistake(
    "the logarithm of a softmax at the end",
    "These are log-probabilities. The logits are asked for: the loss makes probabilities of them itself.",
)
def _(parameters, X):
    return reference.mlp_forward(parameters, X).log_softmax(1)


@mlp_forward.mistake("b1 is left out", "The hidden layer has no bias: b1 is added before the tanh.")
def _(parameters, X):
    C, W1, b1, W2, b2 = parameters
    return _network([C, W1, 0 * b1, W2, b2], X)


@mlp_forward.mistake("b2 is left out", "The output layer has no bias: b2 is added to the scores of every example.")
def _(parameters, X):
    return reference.mlp_forward(parameters, X) - parameters[-1]


@mlp_forward.mistake(
    "b1 is added after the tanh",
    "The bias b1 is added to the result of the tanh. It belongs inside, where it moves the point at which a unit "
    "switches over.",
)
def _(parameters, X):
    _, W1, b1, W2, b2 = parameters
    return (torch.tanh(_contexts(parameters, X) @ W1) + b1) @ W2 + b2


@mlp_forward.mistake(
    "a bias is subtracted",
    "b1 is subtracted from the products. A bias could learn either sign, so a network like this would train as well; "
    "but these parameters mean something else in it than in everyone else's.",
)
def _(parameters, X):
    C, W1, b1, W2, b2 = parameters
    return _network([C, W1, -b1, W2, b2], X)


@mlp_forward.mistake(
    "b2 is subtracted",
    "b2 is subtracted from the scores. A bias could learn either sign, so a network like this would train as well; but "
    "these parameters mean something else in it than in everyone else's.",
)
def _(parameters, X):
    C, W1, b1, W2, b2 = parameters
    return _network([C, W1, b1, W2, -b2], X)


@mlp_forward.mistake(
    "the output layer is left out",
    "This is the hidden layer, (N, H). A second product makes a score for each character of it.",
)
def _(parameters, X):
    _, W1, b1, *_ = parameters
    return torch.tanh(_contexts(parameters, X) @ W1 + b1)


@mlp_forward.mistake(
    "feature by feature instead of character by character",
    "The embeddings are joined in the wrong order: the first number of all characters, then the second of all. Each "
    "row of W1 then meets another number than it should.",
)
def _(parameters, X):
    C, W1, b1, W2, b2 = parameters
    return torch.tanh(C[X].transpose(1, 2).flatten(1) @ W1 + b1) @ W2 + b2


@mlp_forward.mistake(
    "the embedding is cut off",
    "The logits are right, but no gradient reaches C: the embeddings were detached. The table would never be trained.",
)
def _(parameters, X):
    C, W1, b1, W2, b2 = parameters
    return _network([C.detach(), W1, b1, W2, b2], X)


@mlp_forward.mistake(
    "the whole network is cut off",
    "The logits are right, but nothing hangs on them: they were detached, or computed without recording. No parameter "
    "would ever get a gradient.",
)
def _(parameters, X):
    return reference.mlp_forward(parameters, X).detach()


@mlp_forward.mistake(
    "the hidden layer is cut off",
    "The logits are right, but no gradient gets past the hidden layer: it was detached. Only the output layer would be "
    "trained.",
)
def _(parameters, X):
    return _network(parameters, X, act=lambda x: torch.tanh(x).detach())


@mlp_forward.mistake("only b2", "These are the biases of the output layer alone, the same for every example.")
def _(parameters, X):
    return parameters[-1]


@mlp_forward.mistake(
    "the hidden layer sees no input",
    "The tanh is taken of b1 alone, so that every example gets the same scores. What the embeddings say has to come in "
    "through the product with W1.",
)
def _(parameters, X):
    _, _, b1, W2, b2 = parameters
    return torch.tanh(b1) @ W2 + b2


FACTORS = (
    "The factors of this matrix product do not fit. Write down the two shapes, (N, in) and (in, out), side by side."
)


def multiplied_wrongly(name, first=torch.matmul, second=torch.matmul):
    """Register a network in which one of the two products is another one."""

    @mlp_forward.mistake(name, FACTORS)
    def _(parameters, X):
        _, W1, b1, W2, b2 = parameters
        return second(torch.tanh(first(_contexts(parameters, X), W1) + b1), W2) + b2


multiplied_wrongly("W1 stands on the left", first=lambda x, W: W @ x)
multiplied_wrongly("W2 stands on the left", second=lambda x, W: W @ x)
multiplied_wrongly("W1 is transposed", first=lambda x, W: x @ W.mT)
multiplied_wrongly("W2 is transposed", second=lambda x, W: x @ W.mT)
multiplied_wrongly("the contexts are transposed", first=lambda x, W: x.mT @ W)
multiplied_wrongly("the hidden layer is transposed", second=lambda x, W: x.mT @ W)
multiplied_wrongly("W1 is multiplied entry by entry", first=lambda x, W: x * W)
multiplied_wrongly("W2 is multiplied entry by entry", second=lambda x, W: x * W)

spoilt(mlp_forward, TENSORS, "The tensor of logits")
handed_back(mlp_forward, "params", "X")


def _contexts(parameters, X):
    return reference.embed(parameters[0], X).flatten(1)


def _network(parameters, X, act=torch.tanh):
    _, W1, b1, W2, b2 = parameters
    return act(_contexts(parameters, X) @ W1 + b1) @ W2 + b2


slips.one_lost(mlp_forward, reference.mlp_forward)

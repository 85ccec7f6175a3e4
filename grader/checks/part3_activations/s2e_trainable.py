"""Part 3, parameters that can be trained."""

import torch

from grader.check import check
from grader.checks.part3_activations.probing import plain
from grader.checks.part3_activations.s2b_kaiming import seed
from grader.checks.part3_activations.s2d_init import made
from reference import part3_activations as reference


@check(
    "init_mlp",
    points=1,
    hints=(
        "Gradient descent needs leaves: tensors that PyTorch keeps a gradient for.",
        "A tensor that was computed from one that requires a gradient is no leaf. So first compute, then ask for the "
        "gradient.",
        "Make all five tensors without any mention of gradients, then set requires_grad of each to True.",
    ),
)
def trainable(m, given):
    """Five leaves that require a gradient, from the generator alone"""
    before = torch.get_rng_state()
    generator = torch.Generator().manual_seed(given.seed)
    parameters = made(m, given, generator)
    moved = not torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(given.seed % 1000)
    again = made(m, given, torch.Generator().manual_seed(given.seed))
    second = made(m, given, generator)
    tensors = {name: p for name, p in parameters.items() if isinstance(p, torch.Tensor)}
    return {
        "shapes": {name: list(p.shape) if name in tensors else p for name, p in parameters.items()},
        "leaves": {name: p.is_leaf for name, p in tensors.items()},
        "require a gradient": {name: p.requires_grad for name, p in tensors.items()},
        "the same state gives the same network": all(equal(p, again.get(name)) for name, p in tensors.items()),
        "a second draw gives the same numbers": {n: equal(parameters.get(n), second.get(n)) for n in ("C", "W1", "W2")},
        "the global generator was used": moved,
    }


def equal(one, other):
    """Whether both are tensors with the same values."""
    return isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor) and torch.equal(plain(one), plain(other))


@trainable.inputs
def _(rng):
    for vocab_size, block_size, n_embd, n_hidden in ((7, 3, 4, 9), (11, 2, 5, 6), (8, 4, 3, 5)):
        sizes = {"vocab_size": vocab_size, "block_size": block_size, "n_embd": n_embd, "n_hidden": n_hidden}
        yield sizes | {"seed": seed(rng)}


@trainable.mistake(
    "no gradient is required",
    "The five tensors do not require a gradient, so backward would leave nothing in their .grad.",
)
def _(*arguments):
    return [p.detach() for p in reference.init_mlp(*arguments)]


@trainable.mistake(
    "W1 and W2 are no leaves",
    "W1 and W2 were multiplied by their scale after a gradient had been asked for. They are results then, and their "
    ".grad stays None while the leaf behind them is lost. Scale first, require a gradient last.",
)
def _(*arguments):
    C, W1, b1, W2, b2 = reference.init_mlp(*arguments)
    return [C, W1 * 1, b1, W2 * 1, b2]


@trainable.mistake(
    "W2 is no leaf",
    "W2 was multiplied by its scale after a gradient had been asked for. It is a result then, and its .grad stays "
    "None while the leaf behind it is lost. Scale first, require a gradient last.",
)
def _(*arguments):
    C, W1, b1, W2, b2 = reference.init_mlp(*arguments)
    return [C, W1, b1, W2 * 1, b2]


@trainable.mistake(
    "the biases do not learn",
    "The two biases do not require a gradient. They start at zero, and they are to be trained like the rest.",
)
def _(*arguments):
    C, W1, b1, W2, b2 = reference.init_mlp(*arguments)
    return [C, W1, b1.detach(), W2, b2.detach()]


@trainable.mistake(
    "C does not learn",
    "C does not require a gradient. The embedding is trained like the rest.",
)
def _(*arguments):
    C, *rest = reference.init_mlp(*arguments)
    return [C.detach(), *rest]


@trainable.mistake(
    "the biases are rows",
    "b1 and b2 have two dimensions. One is asked for: (H,) and (V,).",
)
def _(*arguments):
    parameters = reference.init_mlp(*arguments)
    return [p.detach().unsqueeze(0).requires_grad_() if p.dim() == 1 else p for p in parameters]


@trainable.mistake(
    "the global generator is used",
    "At least some numbers come from PyTorch's global generator. Draw all of them with the one that is passed in.",
)
def _(vocab_size, block_size, n_embd, n_hidden, generator):
    shapes = ((vocab_size, n_embd), (block_size * n_embd, n_hidden), (n_hidden,), (n_hidden, vocab_size), (vocab_size,))
    return [torch.randn(shape).requires_grad_() for shape in shapes]


@trainable.mistake(
    "the generator is seeded again",
    "Two calls in a row give the same network, as if the generator that is passed in had not moved on: the function "
    "makes a generator of its own, or it sets the seed or the state of the one that it is given. Draw all numbers from "
    "that one, as it is; to seed it is up to the caller.",
)
def _(vocab_size, block_size, n_embd, n_hidden, generator):
    own = torch.Generator().manual_seed(2147483647)
    return reference.init_mlp(vocab_size, block_size, n_embd, n_hidden, own)


for place, name in ((0, "C"), (1, "W1"), (3, "W2")):

    @trainable.mistake(
        f"the generator is not used for {name}",
        f"{name} is the same in every call, whatever generator is passed in. Draw it with that generator, as it is.",
    )
    def _(*arguments, place=place):
        parameters = reference.init_mlp(*arguments)
        own = torch.Generator().manual_seed(2147483647)
        parameters[place] = torch.randn(parameters[place].shape, generator=own).requires_grad_()
        return parameters


@trainable.mistake(
    "the order is another one",
    "The order of the list is C, W1, b1, W2, b2. Here the matrices come first.",
)
def _(*arguments):
    C, W1, b1, W2, b2 = reference.init_mlp(*arguments)
    return [C, W1, W2, b1, b2]

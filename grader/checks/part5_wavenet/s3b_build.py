"""Part 5, the tree: its layers and their sizes."""

from itertools import zip_longest

from grader.check import check
from reference import part5_wavenet as reference
from reference.part5_wavenet import BatchNorm1d, Embedding, FlattenConsecutive, Linear, Sequential, Tanh


@check(
    "build_wavenet",
    points=2,
    hints=(
        "Draw the tree for eight characters and write the shape beside each level. What does one position of a level "
        "take in, and what does it put out?",
        "k levels for 2**k characters, and at each: two neighbours side by side, linear without bias, BatchNorm, "
        "tanh. The linear layer takes twice the width of the level below: the embedding's for the first, n_hidden "
        "for the rest.",
        "Check block_size; start a list with the embedding; in a loop of k rounds add the four layers, with new ones "
        "in each round; add the last linear layer, made quieter; return a Sequential of the list.",
    ),
)
def build_wavenet(m, given):
    """The layers of the tree in their order, with their sizes"""
    model = m.build_wavenet(*given.sizes)
    parameters = list(model.parameters())
    return {
        "type": type(model).__name__,
        "layers": [described(layer) for layer in model.layers],
        "each parameter occurs once": len({id(p) for p in parameters}) == len(parameters),
        "parameters": len(parameters),
    }


def described(layer):
    """A layer's class, the shapes of its parameters, and its n if it has one."""
    name, shapes = type(layer).__name__, [str(tuple(p.shape)) for p in layer.parameters()]
    if name == "Linear":
        weight, *bias = shapes or ["without a weight"]
        return f"{name} {weight} " + (f"with a bias {' '.join(bias)}" if bias else "without a bias")
    return f"{name} {' '.join(shapes)}{getattr(layer, 'n', '')}".strip()


@build_wavenet.inputs
def _(rng):
    for sizes in ((7, 8, 3, 5), (11, 2, 4, 6), (5, 16, 6, 2), (9, 4, 2, 7)):
        yield {"sizes": list(sizes)}


@build_wavenet.explain
def _(given, got, wrong):
    came = got.get("layers") if isinstance(got, dict) else None
    if not isinstance(came, list):
        return None
    wanted = [described(layer) for layer in reference.build_wavenet(*given.sizes).layers]
    for number, (one, other) in enumerate(zip_longest(wanted, came, fillvalue="nothing")):
        if one != other:
            sizes = dict(zip(("vocab_size", "block_size", "n_embd", "n_hidden"), given.sizes, strict=True))
            told = ", ".join(f"{name} {size}" for name, size in sizes.items())
            return f"With {told}, layers[{number}] should be {one}, and is {other}."
    return None


def _tree(vocab_size, block_size, n_embd, n_hidden, level, last=None):
    """A tree whose level is what level(number, fan_in, n_hidden) makes."""
    layers = [Embedding(vocab_size, n_embd)]
    for number in range(block_size.bit_length() - 1):
        layers += level(number, 2 * (n_hidden if number else n_embd), n_hidden)
    return Sequential([*layers, last or Linear(n_hidden, vocab_size)])


@build_wavenet.mistake(
    "a flat network",
    "All characters come together in one step: this is the flat network, with a single hidden layer. The tree takes k "
    "levels for 2**k characters, and fuses two neighbours at each.",
)
def _(vocab_size, block_size, n_embd, n_hidden):
    hidden = [Linear(block_size * n_embd, n_hidden, bias=False), BatchNorm1d(n_hidden), Tanh()]
    layers = [Embedding(vocab_size, n_embd), FlattenConsecutive(block_size), *hidden]
    return Sequential([*layers, Linear(n_hidden, vocab_size)])


@build_wavenet.mistake(
    "a bias before BatchNorm",
    "The linear layers before BatchNorm have a bias. It would be subtracted again with the mean, and its gradient is "
    "zero: leave it out there.",
)
def _(*sizes):
    return _tree(*sizes, lambda _, i, o: [FlattenConsecutive(2), Linear(i, o), BatchNorm1d(o), Tanh()])


@build_wavenet.mistake("BatchNorm is missing", "The levels have no BatchNorm.")
def _(*sizes):
    return _tree(*sizes, lambda _, i, o: [FlattenConsecutive(2), Linear(i, o, bias=False), Tanh()])


@build_wavenet.mistake(
    "tanh is missing",
    "The levels have no tanh. Linear layers one after the other are one linear layer: without it, depth is worth "
    "nothing.",
)
def _(*sizes):
    return _tree(*sizes, lambda _, i, o: [FlattenConsecutive(2), Linear(i, o, bias=False), BatchNorm1d(o)])


@build_wavenet.mistake(
    "tanh before BatchNorm",
    "BatchNorm comes after tanh. It belongs before it, to keep tanh where it has a slope.",
)
def _(*sizes):
    return _tree(*sizes, lambda _, i, o: [FlattenConsecutive(2), Linear(i, o, bias=False), Tanh(), BatchNorm1d(o)])


@build_wavenet.mistake(
    "one level too few",
    "There is one level too few: 2**k characters take k levels until one position is left.",
)
def _(vocab_size, block_size, n_embd, n_hidden):
    def level(_, i, o):
        return [FlattenConsecutive(2), Linear(i, o, bias=False), BatchNorm1d(o), Tanh()]

    return _tree(vocab_size, block_size // 2, n_embd, n_hidden, level)


@build_wavenet.mistake(
    "one level too many",
    "There is one level too many: 2**k characters take k levels, and then no neighbours are left.",
)
def _(vocab_size, block_size, n_embd, n_hidden):
    return reference.build_wavenet(vocab_size, 2 * block_size, n_embd, n_hidden)


@build_wavenet.mistake(
    "a level for each character",
    "There are block_size levels. Each level halves the number of positions, so that 2**k characters take k of them.",
)
def _(vocab_size, block_size, n_embd, n_hidden):
    return reference.build_wavenet(vocab_size, 2**block_size, n_embd, n_hidden)


@build_wavenet.mistake(
    "three levels are hard-coded",
    "There are three levels whatever block_size is: that is the tree for eight characters.",
)
def _(vocab_size, block_size, n_embd, n_hidden):
    return reference.build_wavenet(vocab_size, 8, n_embd, n_hidden)


@build_wavenet.mistake(
    "every level as wide as the embedding's",
    "All levels take in 2 * n_embd numbers. That fits the first one; from the second on, what comes in is two "
    "neighbours of n_hidden numbers each.",
)
def _(vocab_size, block_size, n_embd, n_hidden):
    def level(_, __, o):
        return [FlattenConsecutive(2), Linear(2 * n_embd, o, bias=False), BatchNorm1d(o), Tanh()]

    return _tree(vocab_size, block_size, n_embd, n_hidden, level)


@build_wavenet.mistake(
    "the first level as wide as the hidden ones",
    "The first level takes in 2 * n_hidden numbers; below it are embeddings, with n_embd numbers each.",
)
def _(vocab_size, block_size, n_embd, n_hidden):
    def level(_, __, o):
        return [FlattenConsecutive(2), Linear(2 * o, o, bias=False), BatchNorm1d(o), Tanh()]

    return _tree(vocab_size, block_size, n_embd, n_hidden, level)


@build_wavenet.mistake(
    "two neighbours as wide as one, from the second level on",
    "The first level is right. From the second on the linear layers take in n_hidden numbers, as many as one "
    "position has; but two neighbours lie side by side, and that is twice as many.",
)
def _(vocab_size, block_size, n_embd, n_hidden):
    def level(number, i, o):
        return [FlattenConsecutive(2), Linear(o if number else i, o, bias=False), BatchNorm1d(o), Tanh()]

    return _tree(vocab_size, block_size, n_embd, n_hidden, level)


@build_wavenet.mistake(
    "two neighbours as wide as one",
    "The linear layers take in as many numbers as one position has. Two neighbours lie side by side: twice as many.",
)
def _(*sizes):
    return _tree(*sizes, lambda _, i, o: [FlattenConsecutive(2), Linear(i // 2, o, bias=False), BatchNorm1d(o), Tanh()])


@build_wavenet.mistake(
    "the levels share one linear layer",
    "The same linear layer stands in several places: made once, and put in the list again and again. Each level has "
    "weights of its own; so make the layers inside the loop.",
)
def _(vocab_size, block_size, n_embd, n_hidden):
    again = [FlattenConsecutive(2), Linear(2 * n_hidden, n_hidden, bias=False), BatchNorm1d(n_hidden), Tanh()]
    first = [FlattenConsecutive(2), Linear(2 * n_embd, n_hidden, bias=False), BatchNorm1d(n_hidden), Tanh()]
    return _tree(vocab_size, block_size, n_embd, n_hidden, lambda number, *_: again if number else first)


@build_wavenet.mistake(
    "the last layer has no bias",
    "The last linear layer has no bias. After it there is no BatchNorm that would take it away, and the bias is "
    "where the network can say how frequent each character is.",
)
def _(vocab_size, block_size, n_embd, n_hidden):
    model = reference.build_wavenet(vocab_size, block_size, n_embd, n_hidden)
    model.layers[-1].bias = None
    return model


@build_wavenet.mistake(
    "the logits are missing",
    "The model ends with the last tanh. A linear layer that turns n_hidden numbers into logits is still to come.",
)
def _(*sizes):
    return Sequential(reference.build_wavenet(*sizes).layers[:-1])


@build_wavenet.mistake(
    "a bare list",
    "The layers are right, but they come as a list. Return a Sequential of them, which can be called.",
)
def _(*sizes):
    return reference.build_wavenet(*sizes).layers


@build_wavenet.mistake(
    "no level at all", "Between the embedding and the logits there is nothing: the loop was not entered."
)
def _(*sizes):
    return _tree(*sizes, lambda *_: [])


@build_wavenet.mistake(
    "only the last level", "Only the last level is there: in the loop the list is replaced where it should grow."
)
def _(*sizes):
    return Sequential(reference.build_wavenet(*sizes).layers[-5:])


@build_wavenet.mistake(
    "nothing fuses", "The levels have BatchNorm and tanh, but no FlattenConsecutive and no linear layer."
)
def _(*sizes):
    return _tree(*sizes, lambda _, __, o: [BatchNorm1d(o), Tanh()])


@build_wavenet.mistake(
    "BatchNorm and tanh are missing",
    "The levels have neither BatchNorm nor tanh. Linear layers one after the other are one linear layer.",
)
def _(*sizes):
    return _tree(*sizes, lambda _, i, o: [FlattenConsecutive(2), Linear(i, o, bias=False)])


@build_wavenet.mistake(
    "the sizes of the hidden linear layers are swapped",
    "The linear layers of the levels take in n_hidden numbers and put out twice the width below: the other way round.",
)
def _(*sizes):
    return _tree(*sizes, lambda _, i, o: [FlattenConsecutive(2), Linear(o, i, bias=False), BatchNorm1d(o), Tanh()])


@build_wavenet.mistake(
    "the sizes of the last layer are swapped",
    "The last layer is Linear(vocab_size, n_hidden). It takes in n_hidden numbers and puts out vocab_size logits.",
)
def _(vocab_size, block_size, n_embd, n_hidden):
    model = reference.build_wavenet(vocab_size, block_size, n_embd, n_hidden)
    return Sequential([*model.layers[:-1], Linear(vocab_size, n_hidden)])


@build_wavenet.mistake(
    "the sizes of the embedding are swapped",
    "The embedding is Embedding(n_embd, vocab_size). It has one row for each of the vocab_size tokens.",
)
def _(vocab_size, block_size, n_embd, n_hidden):
    model = reference.build_wavenet(vocab_size, block_size, n_embd, n_hidden)
    return Sequential([Embedding(n_embd, vocab_size), *model.layers[1:]])

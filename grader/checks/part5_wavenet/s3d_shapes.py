"""Part 5, the shapes through a model: a look that leaves no trace."""

import torch

from grader.check import check
from grader.checks.draw import normal


@check(
    "shapes_through",
    points=1,
    hints=(
        "Do what the model does, one layer at a time, and note what comes out of each.",
        "type(layer).__name__ is a class's name, and the shape of a tensor is a tuple of its sizes.",
        "Inside evaluating, walk through model.layers; let X be what the layer returns for X; append the pair of the "
        "class's name and X's shape to a list, and return it in the end.",
    ),
)
def shapes_through(m, given):
    """The name and the output shape of each layer, in their order"""
    return pairs_of(m.shapes_through(model_of(given.plan), given.X))


def model_of(plan, training=False):
    """A model of layers that change shapes, with names of their own; `moved` counts calls in training mode."""

    class Layer:
        moved = 0

        def __call__(self, x):
            self.moved += self.training
            self.out = self.turn(x)
            return self.out

        def parameters(self):
            return []

    class Doubled(Layer):
        def turn(self, x):
            return torch.cat([x, x], -1)

    class EverySecond(Layer):
        def turn(self, x):
            return x[:, ::2]

    class Mean(Layer):
        def turn(self, x):
            return x.mean(1)

    class Same(Layer):
        def turn(self, x):
            return x + 1

    class Model:
        def __init__(self):
            kinds = {"Doubled": Doubled, "EverySecond": EverySecond, "Mean": Mean, "Same": Same}
            self.layers = [kinds[name]() for name in plan]
            for layer in self.layers:
                layer.training = training

        def __call__(self, x):
            for layer in self.layers:
                x = layer(x)
            self.out = x
            return x

        def parameters(self):
            return []

    return Model()


def pairs_of(answer):
    """The answer with torch.Size as plain tuples."""
    if not isinstance(answer, list):
        return answer
    return [
        (pair[0], tuple(pair[1])) if type(pair) is tuple and len(pair) == 2 and isinstance(pair[1], tuple) else pair
        for pair in answer
    ]


PLANS = (
    ["Doubled", "EverySecond", "Same", "Doubled", "Mean", "Same"],
    ["Same", "Mean", "Doubled"],
    ["EverySecond", "EverySecond", "Doubled", "Mean"],
)


@shapes_through.inputs
def _(rng):
    for plan, shape in zip(PLANS, ((3, 8, 5), (4, 2, 3), (1, 12, 7)), strict=True):
        yield {"plan": plan, "X": normal(rng, *shape)}


def _evaluated(model, X, pair=lambda layer, before, after: (type(layer).__name__, tuple(after.shape))):
    """What `pair` makes of each layer, its input and its output, in evaluation mode; the modes are put back."""
    modes = [layer.training for layer in model.layers]
    for layer in model.layers:
        layer.training = False
    found = []
    for layer in model.layers:
        after = layer(X)
        found.append(pair(layer, X, after))
        X = after
    for layer, mode in zip(model.layers, modes, strict=True):
        layer.training = mode
    return found


@shapes_through.mistake(
    "what goes in instead of what comes out",
    "Beside each layer stands the shape of its input; the shape of its output is asked for.",
)
def _(model, X):
    return _evaluated(model, X, lambda layer, before, after: (type(layer).__name__, tuple(before.shape)))


@shapes_through.mistake(
    "every layer gets the input of the whole",
    "Each layer is called on X itself, and so the shapes don't follow from each other. Each is to be given what the "
    "one before it returned.",
)
def _(model, X):
    return [(type(layer).__name__, tuple(layer(X).shape)) for layer in model.layers]


@shapes_through.mistake(
    "the shape of the whole beside every layer",
    "Beside every layer stands the shape that comes out of the whole model. Each layer has an output of its own.",
)
def _(model, X):
    last = _evaluated(model, X)[-1][1]
    return [(type(layer).__name__, last) for layer in model.layers]


@shapes_through.mistake(
    "the batch is left out",
    "The first size of each shape is missing. The batch belongs to it: a batch that gets lost is worth seeing.",
)
def _(model, X):
    return [(name, shape[1:]) for name, shape in _evaluated(model, X)]


@shapes_through.mistake("shape and name are swapped", "In each pair the name of the class comes first, then the shape.")
def _(model, X):
    return [(shape, name) for name, shape in _evaluated(model, X)]


@shapes_through.mistake(
    "the layer instead of its name",
    "The first of each pair is the layer or its class. Its name is asked for, a string: type(layer).__name__.",
)
def _(model, X):
    return [(str(type(layer)), shape) for layer, (_, shape) in zip(model.layers, _evaluated(model, X), strict=True)]


@shapes_through.mistake(
    "the shapes without the names",
    "The shapes are right, but the layers' names are missing: pairs are asked for.",
)
def _(model, X):
    return [shape for _, shape in _evaluated(model, X)]


@shapes_through.mistake(
    "the input is listed too",
    "The list begins with the shape of X. It has one pair for each layer, and no more.",
)
def _(model, X):
    return [("X", tuple(X.shape)), *_evaluated(model, X)]


@shapes_through.mistake(
    "a dict, in which names occur once",
    "A dict by name holds one entry for all layers of a class; a list of pairs is asked for.",
)
def _(model, X):
    return dict(_evaluated(model, X))


@shapes_through.mistake(
    "an empty list", "The list is empty: is the loop entered, and is anything appended to what is returned?"
)
def _(model, X):
    return []


@shapes_through.mistake(
    "the layers are not called",
    "Beside every layer stands the shape of X: the layers are listed, but X is never replaced by what they return.",
)
def _(model, X):
    return [(type(layer).__name__, tuple(X.shape)) for layer in model.layers]


@shapes_through.mistake("the model comes back", "What comes back is the model; a list of pairs is asked for.")
def _(model, X):
    return model


@shapes_through.mistake("every layer is listed twice", "Each layer stands in the list twice, or the list is doubled.")
def _(model, X):
    return 2 * _evaluated(model, X)


@shapes_through.mistake(
    "the layers themselves", "The layers come back as they are; a name and a shape are asked for each."
)
def _(model, X):
    return model.layers


@shapes_through.mistake("only the last layer", "Only the last layer is there. Does the return stand inside the loop?")
def _(model, X):
    return _evaluated(model, X)[-1:]


@shapes_through.mistake("only the first layer", "Only the first layer is there. Does the return stand inside the loop?")
def _(model, X):
    return _evaluated(model, X)[:1]


@check(
    "shapes_through",
    points=1,
    after="shapes_through",
    hints=(
        "A call in training mode moves BatchNorm's running statistics, even if you only wanted to look.",
        "The helper that is given above switches to evaluation and puts the modes back.",
        "Put all calls of layers inside a with block of evaluating.",
    ),
)
def no_trace(m, given):
    """The model's running statistics and modes are left as they were"""
    model = model_of(given.plan, given.training)
    pairs = pairs_of(m.shapes_through(model, given.X))
    return {
        "answer": pairs,
        "calls in training mode": [layer.moved for layer in model.layers],
        "modes afterwards": [layer.training for layer in model.layers],
    }


@no_trace.inputs
def _(rng):
    for plan, training in zip(PLANS, (True, False, True), strict=True):
        yield {"plan": plan, "training": training, "X": normal(rng, 2, 8, 3)}


@no_trace.mistake(
    "called in the mode that the model is in",
    "The shapes are right, but where the model was in training mode, the call has moved the running statistics: the "
    "model is no longer what it was, because somebody looked at it.",
)
def _(model, X):
    model(X)
    return [(type(layer).__name__, tuple(layer.out.shape)) for layer in model.layers]


@no_trace.mistake(
    "left in evaluation mode",
    "The call is done in evaluation mode, and the model stays in it. If training went on, BatchNorm would go by "
    "running statistics that no longer move. Put the modes back.",
)
def _(model, X):
    for layer in model.layers:
        layer.training = False
    return _evaluated(model, X)


@no_trace.mistake(
    "always put in training mode afterwards",
    "Afterwards all layers are in training mode, also where the model had been in evaluation mode before. Put back "
    "what was.",
)
def _(model, X):
    pairs = _evaluated(model, X)
    for layer in model.layers:
        layer.training = True
    return pairs


@no_trace.mistake(
    "switched to training for the call",
    "All layers are in training mode during the call. Evaluation mode is the one that leaves no trace.",
)
def _(model, X):
    modes = [layer.training for layer in model.layers]
    for layer in model.layers:
        layer.training = True
    model(X)
    for layer, mode in zip(model.layers, modes, strict=True):
        layer.training = mode
    return [(type(layer).__name__, tuple(layer.out.shape)) for layer in model.layers]

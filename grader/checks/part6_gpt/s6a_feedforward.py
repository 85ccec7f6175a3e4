"""Part 6, the feed-forward network of a block."""

import torch
from torch import nn
from torch.nn import functional as F

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part6_gpt.inputs import exactly, explain_learnt, share, weights_of
from grader.checks.part6_gpt.modules import answered, placed
from grader.checks.part6_gpt.s4_dropout import IN_EVALUATION
from grader.checks.part6_gpt.wrong import cut_graph, lacking, size_missing
from reference import part6_gpt as reference


@check(
    "FeedForward",
    points=1,
    hints=(
        "Every position thinks for itself: two linear layers with something between them that is not linear.",
        "The first layer goes from n_embd to four times n_embd, the second one back. Without the ReLU both together "
        "would be one linear layer.",
        "Put into an nn.Sequential: a linear layer to 4 * n_embd, a ReLU, a linear layer back to n_embd, and a dropout "
        "layer. Apply it.",
    ),
)
def FeedForward(m, given):
    """Wider by four, ReLU, and back; with the gradients"""
    return answered(m.FeedForward(given.n_embd, 0.0), given, given.x)


@FeedForward.inputs
def _(rng):
    for shape in ((2, 3, 5), (4, 2, 3), (7, 6)):
        yield {
            "n_embd": shape[-1],
            "weights": weights_of(rng, reference.FeedForward(shape[-1], 0.0)),
            "x": normal(rng, *shape),
            "upstream": normal(rng, *shape),
        }


FeedForward.explain(explain_learnt)


def thinking(forward, sizes=lambda n: (n, 4 * n, 4 * n, n)):
    """A FeedForward with layers of other sizes, or with another `forward(first, second, x)`."""

    class Wrong(nn.Module):
        def __init__(self, n_embd, dropout):
            super().__init__()
            n = sizes(n_embd)
            self.net = nn.Sequential(nn.Linear(*n[:2]), nn.Identity(), nn.Linear(*n[2:]))

        def forward(self, x):
            return forward(self.net[0], self.net[2], x)

    return Wrong


FeedForward.mistake(
    "there is no ReLU",
    "The two linear layers follow each other directly. Their product is a linear layer again, however wide it is in "
    "between.",
)(thinking(lambda first, second, x: second(first(x))))
FeedForward.mistake(
    "the hidden layer is as wide as the input",
    "The hidden layer has n_embd channels; four times as many are asked for.",
)(thinking(lambda first, second, x: second(F.relu(first(x))), lambda n: (n, n, n, n)))
FeedForward.mistake(
    "the ReLU comes last",
    "The ReLU stands behind the second layer: the output is never negative, so this branch can only ever add. It "
    "belongs between the layers.",
)(thinking(lambda first, second, x: F.relu(second(first(x)))))
FeedForward.mistake(
    "a ReLU behind the second layer as well",
    "A second ReLU takes all negative numbers from the output, so this branch can only ever add. The output is that of "
    "the linear layer.",
)(thinking(lambda first, second, x: F.relu(second(F.relu(first(x))))))
FeedForward.mistake(
    "GELU instead of ReLU",
    "The non-linearity is a GELU, as in GPT-2. The exercise asks for a ReLU.",
)(thinking(lambda first, second, x: second(F.gelu(first(x)))))
FeedForward.mistake(
    "tanh instead of ReLU",
    "The non-linearity is a tanh. The exercise asks for a ReLU.",
)(thinking(lambda first, second, x: second(torch.tanh(first(x)))))
FeedForward.mistake(
    "the residual is in here already",
    "The input is added to the output. That is the block's task, and it would be done twice.",
)(thinking(lambda first, second, x: x + second(F.relu(first(x)))))


def sized(name, advice, sizes):
    """Register a FeedForward whose layers have other sizes."""
    FeedForward.mistake(name, advice)(thinking(lambda first, second, x: second(F.relu(first(x))), sizes))


FIT = "What the first layer puts out is what the second one takes: 4 * n_embd channels for both."
sized(
    "the first layer does not get wider",
    f"The first layer has n_embd outputs, or its two sizes are swapped. {FIT}",
    lambda n: (n, n, 4 * n, n),
)
sized("the second layer takes too little", f"The second layer has n_embd inputs. {FIT}", lambda n: (n, 4 * n, n, n))
sized("the first layer has 4 outputs", f"The first layer has 4 outputs in all. {FIT}", lambda n: (n, 4, 4 * n, n))
sized("the second layer has 4 inputs", f"The second layer has 4 inputs in all. {FIT}", lambda n: (n, 4 * n, 4, n))
sized(
    "the sizes of the second layer are swapped",
    "The second layer goes from n_embd to 4 * n_embd. Its input size comes first: 4 * n_embd.",
    lambda n: (n, 4 * n, n, 4 * n),
)
sized(
    "the hidden layer is not four times as wide",
    "The hidden layer has three times as many channels as the input; four times as many are asked for.",
    lambda n: (n, 3 * n, 3 * n, n),
)
FeedForward.mistake(
    "the ReLU comes first",
    "The ReLU is applied to the input, and the two linear layers follow each other directly. It belongs between them.",
)(thinking(lambda first, second, x: second(first(F.relu(x)))))
FeedForward.mistake(
    "the second layer is missing",
    "The output is the hidden layer, four times as wide as it should be: the way back to n_embd channels is missing.",
)(thinking(lambda first, second, x: F.relu(first(x))))
size_missing(FeedForward)
lacking(FeedForward, "net")
cut_graph(FeedForward)


@check(
    "FeedForward",
    points=1,
    after="Dropout",
    hints=(
        "Which numbers are dropped: hidden ones, or those that leave the network?",
        "Dropout is the last layer of the four.",
        "Append a dropout layer with the given probability to the Sequential.",
    ),
)
def dropout(m, given):
    """In training, numbers of the output are dropped"""
    layer = m.FeedForward(given.n_embd, given.dropout)
    placed(layer, given.weights)
    return {"training": layer(given.x), "evaluation": layer.eval()(given.x)}


@dropout.inputs
def _(rng):
    for n, n_embd, p in ((200, 7, 0.3), (150, 12, 0.6)):
        yield {
            "n_embd": n_embd,
            "dropout": p,
            "weights": weights_of(rng, reference.FeedForward(n_embd, 0.0)),
            "x": normal(rng, n, n_embd),
        }


@dropout.statistic
def _(given, answer):
    dropped = answer["training"] == 0
    # Both runs compute the same numbers before they are dropped, so even small ones have an exact ratio.
    kept = ~dropped & (answer["evaluation"].abs() > 1e-3)
    w = given.weights
    hidden = F.linear(given.x, w["net.0.weight"], w["net.0.bias"]).clamp(min=0)
    expected = F.linear(hidden, w["net.2.weight"], w["net.2.bias"])
    bands = {"share of the output that is dropped": share(dropped, given.dropout)}
    for label, values, wanted in (
        ("factor of what is left", answer["training"][kept] / answer["evaluation"][kept], 1 / (1 - given.dropout)),
        ("difference from the right output in evaluation", 0.01 * (answer["evaluation"] - expected), 0.0),
    ):
        for name, band in exactly(values, wanted).items():
            bands[f"{name} {label}"] = band
    return bands


def dropping(forward):
    """A FeedForward that drops in a way of its own."""

    class Wrong(reference.FeedForward):
        def forward(self, x):
            return forward(self.net[0], self.net[2], x, lambda t, on=self.training: F.dropout(t, self.p, on))

    return Wrong


dropout.mistake(
    "nothing is dropped",
    "Nothing is dropped in training. The last of the four layers is dropout, with the probability that was given.",
)(dropping(lambda first, second, x, drop: second(F.relu(first(x)))))
dropout.mistake(
    "dropout inside",
    "Hidden numbers are dropped, and not those that leave the network. Dropout is the last layer.",
)(dropping(lambda first, second, x, drop: second(drop(F.relu(first(x))))))
dropout.mistake(
    "dropout on the input",
    "The input is dropped, and not the output. Dropout is the last layer.",
)(dropping(lambda first, second, x, drop: second(F.relu(first(drop(x))))))
dropout.mistake(
    "dropout twice",
    "Numbers are dropped inside as well as at the end. Once, at the end, is asked for.",
)(dropping(lambda first, second, x, drop: drop(second(drop(F.relu(first(x)))))))
dropout.mistake(
    IN_EVALUATION,
    "Numbers are dropped in evaluation mode as well. A dropout layer knows the mode; a dropout function must be told.",
)(dropping(lambda first, second, x, drop: drop(second(F.relu(first(x))), True)))

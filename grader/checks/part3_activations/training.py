"""The training checks of part 3: where a network starts, and where it gets to from there."""

import torch

from grader.checks.trainees import answers, descend, held, tanh_mlp, trainable
from grader.training.corpus import windows
from grader.training.recipe import Budget, training


@training(
    points=2,
    corpus=windows(block_size=3),
    quick=Budget(3_000, 0.12),
    full=Budget(200_000, 0.30),
    lr=0.1,
    rests_on=("kaiming_normal", "init_mlp"),
    first=(3.2, 3.4),
    own_steps=False,
)
def kaiming_start(m, given):
    """From Kaiming's start the network reaches the target"""
    generator = torch.Generator(given.numbers.device).manual_seed(int(given.numbers[0]))
    params = trainable(list(m.init_mlp(27, 3, 10, 200, generator)))
    return {
        "step": lambda X, Y, lr: descend(torch.nn.functional.cross_entropy(tanh_mlp(params, X)[1], Y), params, lr),
        "logits": lambda X: tanh_mlp(params, X)[1],
        "hidden": lambda X: tanh_mlp(params, X)[0],
        "tensors": lambda: dict(zip(("C", "W1", "b1", "W2", "b2"), params, strict=True)),
    }


@kaiming_start.inputs
def _(rng):
    return {"numbers": torch.randint(0, 2**31, (1,), generator=rng)}


def started(numbers, first, last):
    """A network whose two weight matrices are normal numbers times these factors."""
    generator = torch.Generator(numbers.device).manual_seed(int(numbers[0]))
    shapes = ((27, 10), (30, 200), (200,), (200, 27), (27,))
    params = [torch.randn(shape, generator=generator) for shape in shapes]
    for p, factor in zip(params, (1.0, first, first, last, last), strict=True):
        p *= factor
    trainable(params)
    return {
        "step": lambda X, Y, lr: descend(torch.nn.functional.cross_entropy(tanh_mlp(params, X)[1], Y), params, lr),
        "logits": lambda X: tanh_mlp(params, X)[1],
        "tensors": lambda: held(params),
    }


@kaiming_start.beside("all weights normal, with variance 1")
def _(m, given):
    return started(given.numbers, 1.0, 1.0)


@kaiming_start.beside("only the last layer made small")
def _(m, given):
    return started(given.numbers, 1.0, 0.01)


@training(
    points=2,
    corpus=windows(block_size=3),
    quick=Budget(3_000, 0.10),
    full=Budget(200_000, 0.28),
    lr=0.1,
    rests_on=("Linear", "BatchNorm1d", "Tanh", "Sequential"),
    first=(3.2, 3.5),
    own_steps=False,
)
def with_batchnorm(m, given):
    """With BatchNorm between the layers it reaches the target too"""
    layers = [m.Linear(30, 200, bias=False), m.BatchNorm1d(200), m.Tanh(), m.Linear(200, 27)]
    model = m.Sequential(layers)
    with torch.no_grad():
        layers[-1].weight *= 0.1
    C = given.C
    params = trainable([C, *model.parameters()])

    def forward(X):
        return model(C[X].view(X.shape[0], -1))

    return {
        "step": lambda X, Y, lr: descend(torch.nn.functional.cross_entropy(forward(X), Y), params, lr),
        "logits": lambda X: answers(forward, layers, X),
        "tensors": lambda: {"C": C, **held(layers)},
    }


@with_batchnorm.inputs
def _(rng):
    return {"C": torch.randn(27, 10, generator=rng)}


kaiming_start.bug(
    "all weights normal, with variance 1",
    "a bad start",
    """
    def init_mlp(vocab_size, block_size, n_embd, n_hidden, generator):
        V, fan_in, H = vocab_size, block_size * n_embd, n_hidden
        shapes = [(V, n_embd), (fan_in, H), (H,), (H, V), (V,)]
        return [torch.randn(shape, generator=generator).requires_grad_() for shape in shapes]
    """,
)
kaiming_start.bug(
    "a last layer of full size",
    "the last layer is not scaled down",
    """
    def init_mlp(vocab_size, block_size, n_embd, n_hidden, generator, of=init_mlp):
        params = of(vocab_size, block_size, n_embd, n_hidden, generator)
        params[3].data *= 100
        return params
    """,
    by_loss=False,
)

NORM = """
class BatchNorm1d(BatchNorm1d):
    def __call__(self, x):
        training = self.training
        {change}
        out = super().__call__(x)
        self.training = training
        return out
"""

with_batchnorm.bug(
    "BatchNorm never leaves training mode",
    "training is ignored",
    NORM.format(change="self.training = True"),
    by_loss=False,
)
with_batchnorm.bug(
    "BatchNorm trains in evaluation mode",
    "the running statistics are used in training",
    NORM.format(change="self.training = False"),
    by_loss=False,
)

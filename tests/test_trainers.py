"""The trainers by hand make the steps that autograd makes, in the very tensors that they were handed."""

import copy

import pytest
import torch
import torch.nn.functional as F
import trainees

from reference import part2_mlp, part4_backprop, part5_wavenet, trainers

SIZES = [(7, 3, 4, 5, 6), (27, 3, 10, 200, 32), (5, 1, 2, 3, 2), (11, 4, 3, 8, 33)]
"""V, block_size, E, H and the batch."""
LR = 0.1


pytestmark = pytest.mark.usefixtures("one_thread")


def batches(V, block_size, n, steps=12):
    rng = torch.Generator().manual_seed(3)
    return [
        (torch.randint(V, (n, block_size), generator=rng), torch.randint(V, (n,), generator=rng)) for _ in range(steps)
    ]


class ByAutograd:
    """The loop that a trainer stands for: a forward pass of the reference, autograd, and p -= lr * grad."""

    def __init__(self, forward, params, tensors):
        self.forward, self.params, self.tensors = forward, params, tensors

    def step(self, X, Y, lr):
        loss = F.cross_entropy(self.forward(X, Y), Y)
        gradients = torch.autograd.grad(loss, self.params)
        with torch.no_grad():
            for p, gradient in zip(self.params, gradients, strict=True):
                p -= lr * gradient
        return loss.detach()


def random_params(shapes, dtype):
    rng = torch.Generator().manual_seed(1)
    return [torch.randn(shape, generator=rng, dtype=torch.float64).to(dtype) for shape in shapes]


def mlps(dtype, V, block_size, E, H):
    """(trainer, loop) for part 2, from the same start."""
    params = random_params([(V, E), (block_size * E, H), (H,), (H, V), (V,)], dtype)
    leaves = [p.clone().requires_grad_() for p in params]
    loop = ByAutograd(
        lambda X, Y: part2_mlp.mlp_forward(leaves, X), leaves, dict(zip(trainers.MLP.names, leaves, strict=True))
    )
    return trainers.MLP(params), loop


def batchnorm_mlps(dtype, V, block_size, E, H):
    """(trainer, loop) for part 4, from the same start."""
    params = random_params([(V, E), (block_size * E, H), (H,), (H, V), (V,), (1, H), (1, H)], dtype)
    leaves = [p.clone().requires_grad_() for p in params]
    names = dict(zip(trainers.BatchNormMLP.names, leaves, strict=True))
    return trainers.BatchNormMLP(params), ByAutograd(
        lambda X, Y: part4_backprop.forward(leaves, X, Y).logits, leaves, names
    )


def cast(model, dtype):
    """The same model with all tensors of its layers in another dtype."""
    model = copy.deepcopy(model)
    for layer in model.layers:
        for name, value in vars(layer).items():
            if isinstance(value, torch.Tensor):
                setattr(layer, name, value.to(dtype))
    return model


def wavenets(dtype, V, block_size, E, H):
    """(trainer, loop) for part 5, from the same start; gamma, beta, bias and momentum are no round numbers."""
    torch.manual_seed(2)
    start = part5_wavenet.build_wavenet(V, block_size, E, H)
    for layer in start.layers:
        for name in {"gamma", "beta", "bias"} & vars(layer).keys():
            value = getattr(layer, name)
            setattr(layer, name, value if value is None else value + 0.3 * torch.randn(value.shape))
        if hasattr(layer, "momentum"):
            layer.momentum = 0.17
    model, other = cast(start, dtype), cast(start, dtype)
    trainer = trainers.WaveNet(model)
    tensors = trainers.WaveNet(other).tensors()
    for p in other.parameters():
        p.requires_grad_()
    return trainer, ByAutograd(lambda X, Y: other(X), other.parameters(), tensors)


CASES = [pytest.param(make, size, id=f"{make.__name__}-{size}") for make in (mlps, batchnorm_mlps) for size in SIZES]
CASES += [
    pytest.param(wavenets, size, id=f"wavenets-{size}")
    for size in [(27, 8, 10, 68, 32), (7, 2, 3, 4, 5), (5, 4, 6, 3, 2), (9, 16, 2, 5, 7)]
]


def train(make, dtype, size):
    """(trainer, loop, the largest difference of two losses) after the same batches."""
    V, block_size, E, H, n = size
    trainer, loop = make(dtype, V, block_size, E, H)
    differences = [(trainer.step(X, Y, LR) - loop.step(X, Y, LR)).abs() for X, Y in batches(V, block_size, n)]
    return trainer, loop, torch.stack(differences).max().item()


def largest_difference(some, others):
    """Over all entries of two dicts of tensors of the same names."""
    assert some.keys() == others.keys()
    return max((value.double() - others[name].double()).abs().max().item() for name, value in some.items())


@pytest.mark.parametrize(("make", "size"), CASES)
def test_in_float64_all_tensors_are_those_of_autograd(make, size):
    trainer, loop, losses = train(make, torch.float64, size)
    assert losses < 1e-9
    assert largest_difference(trainer.tensors(), loop.tensors) < 1e-9


@pytest.mark.parametrize(("make", "size"), CASES)
def test_in_float32_the_rounding_is_of_the_size_of_autograds(make, size):
    """The yardstick is measured: how far autograd in float32 is from itself in float64, on the same batches.

    Autograd sums the n terms of a gradient and adds them to a parameter once; here they are added to it one by one,
    and each addition rounds: n roundings for one, which grow by the root of n. Four times that is allowed.
    """
    exact = train(make, torch.float64, size)[1].tensors
    trainer, loop, _ = train(make, torch.float32, size)
    own = largest_difference(loop.tensors, exact)
    assert largest_difference(trainer.tensors(), exact) < 4 * size[-1] ** 0.5 * own + 1e-6


@pytest.mark.parametrize(("make", "size"), CASES)
def test_every_tensor_moves_but_a_bias_before_batchnorm(make, size):
    V, block_size, E, H, n = size
    trainer = make(torch.float64, V, block_size, E, H)[0]
    before = {name: value.clone() for name, value in trainer.tensors().items()}
    trainer.step(*batches(V, block_size, n)[0], LR)
    still = {name for name, value in trainer.tensors().items() if torch.equal(value, before[name])}
    assert still == ({"b1"} if make is batchnorm_mlps else set())


@pytest.mark.parametrize("make", [mlps, batchnorm_mlps, wavenets])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_logits_are_those_of_the_reference(make, dtype):
    size = V, block_size, _, _, n = 7, 4, 3, 5, 6
    trainer, loop, _ = train(make, dtype, size)
    with torch.no_grad():
        for name, value in loop.tensors.items():
            value.copy_(trainer.tensors()[name])
    X, Y = batches(V, block_size, n)[1]
    if make is wavenets:
        model = loop.forward.__closure__[0].cell_contents
        for layer in model.layers:
            layer.training = False
    tolerance = {torch.float32: 1e-5, torch.float64: 1e-12}[dtype]  # sums of 20 terms of size 1 at most
    logits = trainer.logits(X)
    assert logits.dtype == dtype
    assert (logits - loop.forward(X, Y)).abs().max() < tolerance


def test_calibrated_logits_use_the_statistics_of_the_training_set():
    trainer, _, _ = train(batchnorm_mlps, torch.float64, (7, 3, 4, 5, 6))
    tensors = trainer.tensors()
    (Xtrain, _), (X, _) = batches(7, 3, 40, steps=2)
    C, W1, b1, W2, b2, bngain, bnbias = tensors.values()
    every, some = (F.embedding(x, C).flatten(1) @ W1 + b1 for x in (Xtrain, X[:1]))
    raw = (some - every.mean(0)) / torch.sqrt(every.var(0) + 1e-5)
    expected = torch.tanh(bngain * raw + bnbias) @ W2 + b2
    assert torch.allclose(trainer.calibrated_logits(X[:1], Xtrain), expected, rtol=0, atol=1e-12)


def test_the_tensors_are_those_handed_in_and_carry_no_graph():
    params = [
        p.requires_grad_() for p in random_params([(7, 4), (12, 5), (5,), (5, 7), (7,), (1, 5), (1, 5)], torch.float32)
    ]
    for network, some in ((trainers.MLP, params[:5]), (trainers.BatchNormMLP, params)):
        trainer = network(some)
        places = [p.data_ptr() for p in some]
        loss = trainer.step(*batches(7, 3, 6)[0], LR)
        assert loss.shape == () and not loss.requires_grad
        assert all(a is b for a, b in zip(trainer.tensors().values(), some, strict=True))
        assert [p.data_ptr() for p in some] == places
        assert all(p.grad is None and p.is_leaf for p in some)
    model = part5_wavenet.build_wavenet(7, 4, 3, 5)
    trainer = trainers.WaveNet(model)
    assert trainer.tensors()["level1.running_var"] is model.layers[7].running_var
    assert {id(p) for p in model.parameters()} <= {id(value) for value in trainer.tensors().values()}


@pytest.mark.parametrize("make", [mlps, batchnorm_mlps, wavenets])
def test_inputs_stay_as_they_are(make):
    V, block_size, n = 7, 4, 6
    X, Y = batches(V, block_size, n)[0]
    before = X.clone(), Y.clone()
    make(torch.float32, V, block_size, 3, 5)[0].step(X, Y, LR)
    assert torch.equal(X, before[0]) and torch.equal(Y, before[1])


@pytest.mark.parametrize("device", ["meta", *trainees.DEVICES[1:]])
@pytest.mark.parametrize("make", [mlps, batchnorm_mlps, wavenets])
def test_a_step_stays_on_the_device_and_never_waits_for_it(make, device):
    """A meta tensor has no numbers: whatever asks for one, or makes a tensor elsewhere, raises."""
    trainer, _ = make(torch.float32, 7, 4, 3, 5)
    if make is wavenets:
        model = part5_wavenet.build_wavenet(7, 4, 3, 5)
        trainer = trainers.WaveNet(cast(model, device))
    else:
        trainer = type(trainer)([p.to(device) for p in trainer.tensors().values()])
    X, Y = (value.to(device) for value in batches(7, 4, 6)[0])
    loss = trainer.step(X, Y, LR)
    assert loss.device.type == device and loss.shape == ()
    assert trainer.logits(X).device.type == device
    assert {value.device.type for value in trainer.tensors().values()} == {device}

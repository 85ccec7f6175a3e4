"""Part 0's trusted Value against PyTorch's autograd in float64, on random expressions; and what is made of it."""

import math

import pytest
import torch
from torch.testing import assert_close

from grader.checks.part0_micrograd.look import gradients_of, numbers_of, walk_back
from grader.checks.part0_micrograd.programs import FUNCTIONS, WITH_NUMBER, WITH_VALUE, program
from grader.checks.part0_micrograd.s3c_graphs import stepped
from reference import part0_micrograd as reference

SEEDS = range(20)


def drawn(seed):
    return program(torch.Generator().manual_seed(seed), leaves=2 + seed % 5)


def computed(drawn, make, step=stepped):
    values = [make(number) for number in drawn["leaves"]]
    for name, v, w, n in drawn["steps"]:
        values.append(step(name, values[v], values[w], n))
    return values


def leaf(number):
    return torch.tensor(number, dtype=torch.float64, requires_grad=True)


def stepped_and_kept(name, v, w, n):
    result = -v if name == "-v" else stepped(name, v, w, n)
    result.retain_grad()
    return result


@pytest.mark.parametrize("seed", SEEDS)
def test_random_expressions_as_in_torch(seed):
    ours = computed(drawn(seed), reference.Value)
    ours[-1].backward()
    theirs = computed(drawn(seed), leaf, stepped_and_kept)
    theirs[-1].backward()
    for mine, tensor in zip(ours, theirs, strict=True):
        assert math.isclose(mine.data, tensor.item(), rel_tol=1e-12)
        assert math.isclose(mine.grad, tensor.grad.item(), rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_probes_own_walk_is_the_reference_s(seed):
    ours, walked = computed(drawn(seed), reference.Value), computed(drawn(seed), reference.Value)
    ours[-1].backward()
    assert len(walk_back(walked[-1], 1.0)) >= len(walked)
    assert gradients_of(ours) == gradients_of(walked)


def test_expressions_hold_every_operation_and_use_every_value():
    names = set()
    for seed in SEEDS:
        expression = drawn(seed)
        used = {place for name, v, w, _ in expression["steps"] for place in ((v, w) if name in WITH_VALUE else (v,))}
        size = len(expression["leaves"]) + len(expression["steps"])
        assert used == set(range(size - 1))
        assert len(used) < sum(1 + (name in WITH_VALUE) for name, *_ in expression["steps"])  # some more than once
        names |= {name for name, *_ in expression["steps"]}
        assert len({name for name, *_ in expression["steps"]}) >= 17
    assert names == {*FUNCTIONS, *WITH_NUMBER, *WITH_VALUE}


@pytest.mark.parametrize(("number", "n"), [(1.7, 0.5), (-0.6, 3), (-0.6, -2), (0.3, -1.5), (2.0, 1)])
def test_powers_as_in_torch(number, n):
    value, tensor = reference.Value(number), leaf(number)
    (value**n).backward()
    (tensor**n).backward()
    assert math.isclose(value.grad, tensor.grad.item(), rel_tol=1e-12)


def test_relu_at_zero_as_in_torch():
    value, tensor = reference.Value(0.0), leaf(0.0)
    value.relu().backward()
    tensor.relu().backward()
    assert value.grad == tensor.grad.item() == 0.0


def test_the_difference_is_the_slope_but_for_the_third_derivative():
    assert math.isclose(reference.numerical_derivative(lambda x: x**3, 2.0, 0.1), 12 + 0.1**2, rel_tol=1e-12)
    assert math.isclose(reference.numerical_derivative(math.sin, 1.0), math.cos(1.0), rel_tol=1e-9)


def torch_network(nin, nouts, parameters):
    """The same network of torch.nn layers, and its parameters in our order."""
    layers, numbers = [], iter(parameters)
    for fan_in, fan_out in zip([nin, *nouts], nouts, strict=False):
        linear = torch.nn.Linear(fan_in, fan_out, dtype=torch.float64)
        with torch.no_grad():
            for row in range(fan_out):
                linear.weight[row] = torch.tensor([next(numbers) for _ in range(fan_in)])
                linear.bias[row] = next(numbers)
        layers += [linear, torch.nn.Tanh()]

    def flat(part):
        rows = [torch.cat([part(x.weight), part(x.bias)[:, None]], 1).flatten() for x in layers[::2]]
        return torch.cat(rows).tolist()

    return torch.nn.Sequential(*layers), flat


@pytest.mark.parametrize("nouts", [[3], [4, 2], [2, 3, 1]])
def test_networks_and_steps_as_in_torch(nouts):
    rng = torch.Generator().manual_seed(len(nouts))
    mlp = reference.MLP(3, nouts)
    for p in mlp.parameters():
        p.data = torch.randn((), generator=rng).item() / 2
    network, flat = torch_network(3, nouts, [p.data for p in mlp.parameters()])
    xs = torch.randn(4, 3, generator=rng).double()
    theirs = network(xs)
    ours = [mlp(x) for x in xs.tolist()]
    came = [numbers_of(outputs if nouts[-1] > 1 else [outputs]) for outputs in ours]
    assert_close(torch.tensor(came, dtype=torch.float64), theirs)
    if nouts[-1] > 1:
        return
    ys, lr = torch.randn(4, generator=rng).double(), 0.1
    loss = ((theirs[:, 0] - ys) ** 2).sum()
    loss.backward()
    with torch.no_grad():
        for p in network.parameters():
            p -= lr * p.grad
    assert math.isclose(reference.train_step(mlp, xs.tolist(), ys.tolist(), lr), loss.item(), rel_tol=1e-9)
    assert_close([p.data for p in mlp.parameters()], flat(lambda p: p.detach()), rtol=1e-9, atol=1e-12)


def test_a_layer_is_a_network_of_one():
    layer = reference.Layer(2, 3)
    one, *_ = layer([0.5, -1.0])
    weights = [p.data for p in layer.parameters()]
    assert len(weights) == 9
    assert math.isclose(one.data, math.tanh(0.5 * weights[0] - weights[1] + weights[2]), rel_tol=1e-12)
    assert all(-1 <= weight <= 1 for weight in weights)

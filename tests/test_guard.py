"""What a guard replaces for one exercise is back for the next, in the same process."""

import torch

from grader.student import guard


def test_all_ways_into_autograd_are_put_back():
    ways = guard._ways_into_autograd(lambda what: None)
    before = [vars(owner).get(name) for owner, name, _ in ways]
    guard._restore(guard._replace(ways))
    assert all(vars(owner).get(name) is was for (owner, name, _), was in zip(ways, before, strict=True))
    x = torch.ones(2, requires_grad=True)
    (x * x).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_and_are_replaced_meanwhile():
    tried = []
    originals = guard._replace(guard._ways_into_autograd(tried.append))
    try:
        torch.ones(1, requires_grad=True).sum().backward()
    finally:
        guard._restore(originals)
    assert tried == ["Tensor.backward()"]

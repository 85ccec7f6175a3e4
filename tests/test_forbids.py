"""What one exercise forbids: refused in its source and while it runs, and free to the others."""

import pytest
import students

FREE = students.ROOT / "tests" / "freecourse"


@pytest.fixture
def free(template, tmp_path):
    """Grade the free part's solutions with some answers replaced."""

    def run(targets=(), seed=0, **answers):
        path = tmp_path / "answer.py"
        path.write_text(students.solved(FREE, "part8_free", **answers))
        return students.grade(template, path, FREE, "part8_free", targets, seed)

    return run


READY_MADE = {
    "by name": "def soft(x):\n    return torch.softmax(x, -1)",
    "F": "import torch.nn.functional as F\ndef soft(x):\n    return F.softmax(x, -1)",
    "from F": "from torch.nn.functional import softmax as s\ndef soft(x):\n    return s(x, -1)",
    "a method": "def soft(x):\n    return x.softmax(-1)",
    "a module": "def soft(x):\n    return torch.nn.Softmax(-1)(x)",
    "special": "def soft(x):\n    return torch.special.softmax(x, -1)",
    "a private one": "def soft(x):\n    return torch._softmax(x, -1, False)",
    "a private one by another name": "def soft(x):\n    return torch._safe_softmax(x, -1)",
    "an overload": "def soft(x):\n    return torch.ops.aten._softmax.default(x, -1, False)",
    "in disguise": "def soft(x):\n    return getattr(torch, 'soft' + 'max')(x, -1)",
    "kept from before": "KEPT = [getattr(torch, 'soft' + 'max')]\ndef soft(x):\n    return KEPT[0](x, -1)",
    "a helper": "def help(x):\n    return torch.softmax(x, -1)\ndef soft(x):\n    return help(x)",
    "swallowed": "def soft(x):\n    try:\n        return x.softmax(-1)\n    except BaseException:\n        return x.exp() / x.exp().sum(-1, keepdim=True)",
}


@pytest.mark.parametrize("how", READY_MADE)
def test_a_ready_made_function_is_refused(free, how):
    answer = READY_MADE[how]
    if not answer.startswith("def soft"):
        before, _, after = answer.partition("\ndef soft")
        answer = f"def soft{after}\n\n\n# %%\n{before}"
    results = free(soft=answer)
    assert results["part8.soft"].status == "broken_rule"
    assert "softmax" in results["part8.soft"].message
    assert {id: r.status for id, r in results.items() if r.status != "passed"} == {"part8.soft": "broken_rule"}


def test_a_name_of_ones_own_is_no_ready_made_one(free):
    own = "def softmax(x):\n    return x.exp() / x.exp().sum(-1, keepdim=True)"
    method = "class Soft:\n    def softmax(self, x):\n        return softmax(x)"
    results = free(soft=f"def soft(x):\n    return Soft().softmax(x)\n\n\n# %%\n{own}\n\n\n# %%\n{method}")
    assert results["part8.soft"].status == "passed", results["part8.soft"].message


BY_AUTOGRAD = {
    "backward": "def slope(x):\n    x = x.clone().requires_grad_()\n    (x**2).sum().backward()\n    return x.grad",
    "in disguise": "def slope(x):\n    x = x.clone().requires_grad_()\n    y = (x**2).sum()\n    getattr(y, 'back' + 'ward')()\n    return x.grad",
    "out of inference mode": "def slope(x):\n    with getattr(torch, 'inference' + '_mode')(False):\n        return descend(x)",
    "by the nodes of the graph": """def slope(x):
    with torch.autograd.grad_mode.inference_mode(False):
        x = x.clone().requires_grad_()
        node = getattr((x * x), 'grad' + '_fn')
        return sum(g for g in node(torch.ones_like(x)))""",
    "through another exercise": "def slope(x):\n    return descend(x)",
}


@pytest.mark.parametrize("how", BY_AUTOGRAD)
def test_autograd_is_refused_where_an_exercise_forbids_it_and_nowhere_else(free, how):
    results = free(slope=BY_AUTOGRAD[how])
    assert {id: r.status for id, r in results.items() if r.status != "passed"} == {"part8.slope": "broken_rule"}


def test_recording_that_is_left_off_is_told(free):
    """The next training step would have no gradients, far from the cause."""
    answer = "def descend(x):\n    torch.set_grad_enabled(False)\n    return x + x"
    result = free(descend=answer)["part8.descend"]
    assert (result.status, result.points) == ("crashed", 0)
    assert "recording of gradients was switched off, and left off" in result.message


def test_all_that_was_switched_off_is_back_for_the_next_exercise(free):
    results = free()
    assert {r.status for r in results.values()} == {"passed"}, [r.message for r in results.values()]


@pytest.mark.parametrize("seed", range(5))
def test_a_random_answer_is_judged_by_its_statistics(free, seed):
    own = "def noise(size, spread):\n    torch.rand(7)\n    return torch.empty(size).normal_(0, spread)"
    assert free(seed=seed, noise=own)["part8.noise"].status == "passed"


WRONG_NOISE = {
    "return torch.randn(size)": ("failed", None, "standard deviation is"),
    "return 3 + torch.randn(size) * spread": ("failed", None, "mean is"),
    "torch.rand(9); return torch.randn(size) * spread**2": ("failed", "the spread is squared", "variance"),
    "torch.rand(3); return torch.rand(size) * spread": ("failed", "uniform", "Uniform"),
    "return torch.zeros(size)": ("failed", None, "standard deviation is 0; for a right answer it is"),
    "return torch.full((size,), float('nan'))": ("failed", "NaN or infinity", "not finite"),
    "return torch.randn(size, 1) * spread": ("failed", "right values, wrong shape", "shape"),
    "return (torch.randn(size) * spread).double()": ("failed", "the dtype is wrong", "float64"),
    "return None": ("failed", "None came", "return"),
    "return [0.0] * size": ("failed", "not the type that was asked", "list"),
}


@pytest.mark.parametrize("body", WRONG_NOISE)
def test_wrong_noise_is_refused_and_said_how(free, body):
    status, mistake, words = WRONG_NOISE[body]
    result = free(noise=f"def noise(size, spread):\n    {body}")["part8.noise"]
    assert (result.status, result.points) == (status, 0)
    assert words in result.message
    assert mistake is None or result.mistake == mistake


def test_an_answer_that_hangs_on_rounding_may_be_off_by_it(free):
    """One number from cancellation: measured once, the difference of the two precisions may be nearly zero by chance.

    Of these hundred seeds two or three are of that kind.
    """
    own = "def wobbly(x, y):\n    share = torch.full((len(x),), 1 / len(x))\n    return x @ share - y @ share"
    results = [free(("part8.wobbly",), seed, wobbly=own)["part8.wobbly"] for seed in range(100)]
    assert [r.message for r in results if r.status != "passed"] == []


@pytest.mark.parametrize("body", ["x.mean() - y.mean() + 0.01", "(x.mean() - y.mean()) * 1.01", "x.mean()"])
def test_but_no_further(free, body):
    assert free(wobbly=f"def wobbly(x, y):\n    return {body}")["part8.wobbly"].status == "failed"

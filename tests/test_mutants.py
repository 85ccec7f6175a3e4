"""Each mutation operator: a solution in, the changed lines out."""

import textwrap

import pytest

from grader.dev.mutants import mutants
from grader.dev.mutants.site import OPERATORS

# operator: (body, the lines that it puts in the place of others), once or more. Nothing else may come.
CASES = {
    "number plus one": [("y = x[1]\nreturn y", ["y = x[2]"]), ("return x.sum(0)", [])],
    "number minus one": [("y = x[2]\nreturn y", ["y = x[1]"]), ("y = 0.5 * x\nreturn y", ["y = 1.0 * x"])],
    "true and false": [("y = f(x, True)\nreturn y", ["y = f(x, False)"]), ("return x.sum(0, keepdim=True)", [])],
    "= for +=": [("x += n\nreturn x", ["x = n"])],
    "not removed": [("y = not x\nreturn y", ["y = x"])],
    "keyword": [("y = x is n\nreturn y", ["y = x is not n"])],
    "operator": [
        ("y = x * n\nreturn y", ["y = x / n"]),
        ("y = x <= n\nreturn y", ["y = x < n"]),
        ("y = x.view(n, -1)\nreturn y", []),
    ],
    "branch forced": [
        ("y = x if n else 1\nreturn y", ["y = x if (n) and False else 1", "y = x if (n) or True else 1"])
    ],
    "string changed": [
        ('y = x["a"]\nreturn y', ['y = x["XXaXX"]']),
        ('raise ValueError("no")', []),
        ('print(f"{x}")\nreturn x', []),
    ],
    "argument dropped": [
        ("return x.sum(1, keepdim=True)", ["return x.sum(1)"]),
        ("y = torch.multinomial(x, 1, generator=n)\nreturn y", ["y = torch.multinomial(1, generator=n)", "y = torch.multinomial(x, generator=n)", "y = torch.multinomial(x, 1)"]),
        ("y = torch.ones(n, requires_grad=True)\nreturn y", ["y = torch.ones(requires_grad=True)", "y = torch.ones(n)"]),
        ("y = own(x, n)\nreturn y", []),
        ("for a, b in zip(x, n, strict=True):\n    own(a, b)", ["for a, b in zip(n, strict=True):", "for a, b in zip(x, strict=True):"]),
    ],
    "argument swapped": [
        ("y = own(x, n)\nreturn y", ["y = own(n, x)"]),
        ("y = x - n\nreturn y", ["y = n - x"]),
        ("y = x @ n\nreturn y", ["y = n @ x"]),
        ("y = (x - n) ** 2\nreturn y", []),
        ("y = torch.add(x, n)\nreturn y", []),
    ],
    "comparison turned": [("y = x < n\nreturn y", ["y = x > n"])],
    "statement removed": [
        ("optimizer.zero_grad()\nloss.backward()", ["pass", "pass"]),
        ("y = x\ny = y + n\nreturn y", ["pass"]),
        ("self.x = x", ["pass"]),
        ("p -= x", ["pass"]),
    ],
    "condition turned": [("if x < n:\n    return x\nreturn n", ["if not (x < n):"]), ("if x == n:\n    return x", [])],
    "loop not entered": [("for i in x:\n    own(i)", ["for i in ():"])],
    "bound off by one": [
        ("for i in range(n):\n    own(i)", ["for i in range(n - 1):", "for i in range(n + 1):", "for i in range(1, n):"]),
        ("y = x[:n]\nreturn y", ["y = x[:]", "y = x[:n - 1]", "y = x[:n + 1]"]),
        ("y = torch.randint(0, n, (4,))\nreturn y", ["y = torch.randint(0, n - 1, (4,))", "y = torch.randint(0, n + 1, (4,))"]),
    ],
    "dim changed": [
        ("return x.sum(1)", ["return x.sum(0)"]),
        ("return torch.softmax(x, dim=-1)", ["return torch.softmax(x, dim=-2)"]),
        ("return x.mean((0, 2))", ["return x.mean((2,))", "return x.mean((0,))"]),
        ("return torch.cat([x, n], 0)", ["return torch.cat([x, n], 1)"]),
        ("return max(x, 0)", []),
    ],
    "dim dropped": [("return x.sum(1)", ["return x.sum()"]), ("return x.mean(1, keepdim=True)", ["return x.mean()"])],
    "keepdim added": [("return x.sum(1)", ["return x.sum(1, keepdim=True)"]), ("return x.sum()", [])],
    "transpose missing": [
        ("return x.T", ["return x"]),
        ("return n @ x.t()", ["return n @ x"]),
        ("return x.transpose(-2, -1)", ["return x"]),
    ],
    "transpose added": [("return x @ n", ["return x.mT @ n", "return x @ n.mT"]), ("return x.T @ n", ["return x.T @ n.mT"])],
    "term dropped": [
        ("return x + n", ["return x", "return n"]),
        ("return x - n", ["return x", "return -n"]),
        ("return x * (n - 1)", ["return x * n", "return x * (-1)"]),
    ],
    "factor dropped": [
        ("return x * n", ["return x", "return n"]),
        ("return x / n", ["return x", "return 1 / n"]),
        ("return x**2", ["return x"]),
    ],
    "* for @": [("return x @ n", ["return x * n"])],
    "n - 1 for n": [("return x / n", ["return x / (n - 1)"]), ("return x / x.shape[0]", ["return x / (x.shape[0] - 1)"]), ("return n / x", [])],
    "correction changed": [
        ("return x.var(0)", ["return x.var(0, correction=0)"]),
        ("return x.var(0, correction=0)", ["return x.var(0)"]),
        ("return x.std(0, unbiased=False)", []),
    ],
    "constant factor": [
        ("return x + n", ["return 2 * (x + n)", "return 0.5 * (x + n)"]),
        ("p += x\nreturn self", ["p += 2 * x", "p += 0.5 * x"]),
        ("return x, n", ["return 2 * x, n", "return x, 2 * n"]),
        ("return {'a': x}", []),
    ],
    "sign turned": [("return x.exp()", ["return -x.exp()"])],
    "zeros": [("return x.exp()", ["return 0 * x.exp()"])],
    "NaN": [("return x.exp()", ['return float("nan") * x.exp()'])],
    "input returned": [("return x @ n", ["return x", "return n"]), ("return f.h * d.h", ["return f.h", "return d.h"])],
    "wrong dtype": [("return x.exp()", ["return x.exp().double()", "return x.exp().long()"]), ("return x.item()", [])],
    "upstream ignored": [
        ("return dout * x", ["return torch.ones_like(dout) * x"]),
        ("return d.h * f.h", ["return torch.ones_like(d.h) * f.h"]),
        ("data = dim = dout.shape\nreturn x", []),
    ],
    "detach added": [
        ("y = x.exp()\nreturn y", ["y = x.exp().detach()", "return y.detach()"]),
        ("y = torch.zeros(n)", []),
        ("return p.grad", []),
        ("return (x > 1).all(0)", []),
        ("with torch.no_grad():\n    y = x.exp()", []),
    ],
    "+= for =": [("p.grad = x", ["p.grad += x"]), ("y[0] = x", ["y[0] += x"]), ("p.grad = None", []), ("self.x = x", [])],
    "call dropped": [
        ("y = x.clone()\nreturn y", ["y = x"]),
        ("y = torch.tanh(x)\nreturn y", ["y = x"]),
        ("y = torch.nn.Parameter(x)\nreturn y", ["y = x"]),
        ("y = torch.zeros(n)\nreturn y", []),
        ("y = super().forward(x)\nreturn y", []),
    ],
    "mask shifted": [
        ("return torch.tril(x)", ["return torch.tril(x, diagonal=-1)", "return torch.tril(x, diagonal=1)"]),
        ("return x.triu(1)", ["return x.triu(diagonal=0)", "return x.triu(diagonal=2)"]),
        ('y = x.masked_fill(n, float("-inf"))', ["y = x.masked_fill(n, 0.0)"]),
    ],
    "eps moved": [
        ("return x / (v + eps) ** 0.5", ["return x / (v ** 0.5 + eps)", "return x / (v + (10 * eps)) ** 0.5"]),
        ("return torch.sqrt(v + self.eps)", ["return v ** 0.5 + self.eps", "return torch.sqrt(v + (10 * self.eps))"]),
        ("return (v + 1e-5).rsqrt()", ["return (v ** 0.5 + 1e-5) ** -1", "return (v + (10 * 1e-5)).rsqrt()"]),
    ],
    "momentum turned": [
        ("y = momentum * x", ["y = (1 - momentum) * x"]),
        ("y = (1 - self.momentum) * y + self.momentum * x", ["y = (1 - (1 - self.momentum)) * y + self.momentum * x", "y = self.momentum * y + self.momentum * x", "y = (1 - self.momentum) * y + (1 - self.momentum) * x", "y = self.momentum * y + (1 - self.momentum) * x"]),
    ],
    "training turned": [("if self.training:\n    x = n", ["if (not self.training):"]), ("self.training = x", [])],
    "another function": [
        ("return x.mean(0)", ["return x.sum(0)"]),
        ("return torch.tril(x)", ["return torch.triu(x)"]),
        ("model.eval()", ["model.train()"]),
        ("with torch.no_grad():\n    p -= x", ["with torch.enable_grad():"]),
        ("return mean(x)", []),
    ],
    "buffer for parameter": [
        ('self.register_buffer("mask", x)', ['setattr(self, "mask", x)', 'self.register_parameter("mask", torch.nn.Parameter(x))'])
    ],
}  # fmt: skip


def cell(body):
    return (
        'def solution(self, x, n, dout, d, f):\n    """A tensor of float32, shape (n,)."""\n    ### BEGIN SOLUTION\n'
        + textwrap.indent(body, "    ")
        + "\n    ### END SOLUTION\n"
    )


@pytest.mark.parametrize(
    ("operator", "body", "expected"),
    [pytest.param(name, *case, id=f"{name}: {case[0]}") for name, cases in CASES.items() for case in cases],
)
def test_an_operator(monkeypatch, operator, body, expected):
    for other in set(OPERATORS) - {operator}:
        monkeypatch.delitem(OPERATORS, other)
    found = mutants(cell(body))
    assert {m.operator for m in found} <= {operator}
    assert sorted(line for m in found for line in m.plus) == sorted(expected)


def test_every_operator_has_a_case():
    assert set(OPERATORS) == set(CASES)


def test_only_what_stands_between_the_markers_is_changed():
    source = "SCALE = 2 + 3\n\n\n" + cell("return x + n") + "    return 1 + 1\n\n\ndef other(x):\n    return x + 1\n"
    found = mutants(source)
    assert found
    assert {m.minus for m in found} == {("return x + n",)}


def test_all_regions_of_a_class():
    source = (
        "class Layer:\n    size = 3\n\n    def __init__(self, n):\n        ### BEGIN SOLUTION\n        self.n = n\n"
        "        ### END SOLUTION\n\n    def double(self, x):\n        return 2 * x\n\n    def __call__(self, x):\n"
        "        ### BEGIN SOLUTION\n        return x * self.n\n        ### END SOLUTION\n"
    )
    assert {m.minus for m in mutants(source)} == {("self.n = n",), ("return x * self.n",)}


def test_the_rest_of_the_source_is_preserved():
    source = cell("y = (  # a comment\n    x   +   n\n)\nreturn y")
    for mutant in mutants(source):
        lines = source.splitlines()
        kept = [line for line in mutant.source.splitlines() if line in lines]
        assert kept == [line for line in lines if line in kept]
        assert len(kept) >= len(lines) - 3, mutant.source


def test_no_duplicates_and_nothing_that_does_not_compile():
    found = mutants(cell("y = x.sum(1, keepdim=True)\nreturn y / (n - 1)"))
    assert len({m.source for m in found}) == len(found)
    for mutant in found:
        compile(mutant.source, "mutant", "exec")


def test_docstrings_comments_annotations_and_asserts_are_left_alone():
    body = 'y: "float" = x  # 1 + 1\nassert y > 1, "no"\n"""2 + 2"""\nreturn y'
    assert all(m.minus in ((f"return {'y'}",), ('y: "float" = x  # 1 + 1',)) for m in mutants(cell(body)))


def test_nothing_is_detached_where_autograd_is_forbidden():
    source = cell("return x.exp()")
    assert any(m.operator == "detach added" for m in mutants(source))
    assert not any(m.operator == "detach added" for m in mutants(source, ("autograd",)))


def test_a_cell_without_tensors_has_no_dtypes():
    source = 'def sign(word):\n    """-1 or 1."""\n    ### BEGIN SOLUTION\n    return own(word)\n    ### END SOLUTION\n'
    assert not {"wrong dtype", "detach added"} & {m.operator for m in mutants(source)}

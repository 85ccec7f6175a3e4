"""Answers to parts 5 and 6 that are right on the common inputs and must not pass: what a cheat or a slip leaves."""

import pytest
import students

pytestmark = pytest.mark.slow  # a minute in all

HEAD = """class Head(nn.Module):
    def __init__(self, n_embd, head_size, block_size, dropout):
        super().__init__()
        self.key = nn.Linear(n_embd, head_size, bias=False)
        self.query = nn.Linear(n_embd, head_size, bias=False)
        self.value = nn.Linear(n_embd, head_size, bias=False)
        self.drop = nn.Dropout(dropout)
        self.kept = None

    def forward(self, x):
        T = x.shape[1]
        scores = self.query(x) @ self.key(x).mT * self.key.out_features**-0.5
        {body}
        return self.drop(scores.softmax(-1)) @ self.value(x)
"""
HIDE = "scores = scores.masked_fill(torch.ones(T, T).tril() == 0, {})"
ATTENTION = """def attention(q, k, v, causal):
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if causal:
        scores = scores.masked_fill(torch.ones(scores.shape[-2:]).tril() == 0, {})
    return torch.softmax(scores, -1) @ v
"""
LOOP = """def {}(x):
    return torch.stack([x[:, : t + 1].sum(1) / (t + 1) for t in range(x.shape[1])], 1)
"""
KEPT_MASK = (
    "if self.kept is None: self.kept = torch.ones(T, T).tril()\n"
    "        scores = scores.masked_fill(self.kept == 0, -torch.inf)"
)
KEPT_ANSWER = "if self.kept is None: self.kept = " + HIDE.format("-torch.inf").removeprefix("scores = ")
MULTI = """class MultiHeadAttention(nn.Module):
    def __init__(self, n_embd, num_heads, head_size, block_size, dropout):
        super().__init__()
        self.heads = nn.ModuleList(Head(n_embd, head_size, block_size, dropout) for _ in range(num_heads))
        self.proj = nn.Linear(num_heads * head_size, n_embd)
        self.drop = nn.Dropout(dropout)

    def forward(self, x):
        T, outs = x.shape[1], []
        for head in self.heads:
            scores = head.query(x) @ head.key(x).mT * head.key.out_features**-0.5
            scores = scores.masked_fill(torch.ones(T, T).tril() == 0, {})
            outs.append(head.dropout(scores.softmax(-1)) @ head.value(x))
        return self.drop(self.proj(torch.cat(outs, -1)))
"""
SEEDED = """class {0}({0}):
    def __init__(self, *arguments, **keywords):
        torch.manual_seed(42)
        super().__init__(*arguments, **keywords)
"""
QUIETLY = """class {0}({0}):
    def __init__(self, *arguments, **keywords):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(42)
            super().__init__(*arguments, **keywords)
"""
CACHED = """class {0}({0}):
    def __call__(self, *inputs):
        if not hasattr(self, "first"):
            self.first = super().__call__(*inputs)
        self.out = self.first
        return self.first
"""
SQUEEZED = """class {0}({0}):
    def forward(self, *inputs):
        out = super().forward(*inputs)
        return (out[0].squeeze({1}), out[1]) if isinstance(out, tuple) else out.squeeze({1})
"""
BACKWARD = """def attention_backward(dout, q, k, v, causal):
    scale = q.shape[-1] ** -0.5
    s = q @ k.mT * scale
    if causal:
        s = s.masked_fill(torch.ones(s.shape[-2:]).tril() == 0, {})
    p = s.softmax(-1)
    dp = dout @ v.mT
    ds = p * (dp - (p * dp).sum(-1, keepdim=True)) * scale
    return ds @ k, ds.mT @ q, p.mT @ dout
"""


@pytest.fixture
def passes(template, tmp_path):
    """Whether an answer passes all checks of its exercise: in place of the solution, or `after` it, made from it."""

    def run(part, exercise, answer, after=False, seed=0):
        path = tmp_path / "answer.py"
        text = students.solved(students.ROOT, part, **({} if after else {exercise: answer}))
        path.write_text(text + (f"\n\n# %%\n{answer}" if after else ""))
        results = students.grade(template, path, students.ROOT, part, (f"{part[:5]}.{exercise}",), seed)
        return {result.status for result in results.values()} == {"passed"}

    return run


MASKED = {"attention": ATTENTION, "MultiHeadAttention": MULTI, "attention_backward": BACKWARD}


@pytest.mark.parametrize(("fill", "right"), [("-20.0", False), ("-1e4", False), ("-1e9", True), ("-torch.inf", True)])
@pytest.mark.parametrize("exercise", ["attention", "Head", "MultiHeadAttention", "attention_backward"])
def test_a_mask_that_hides_only_from_high_scores(passes, exercise, fill, right):
    """-1e9 is equal to minus infinity in float32 for any score that is met."""
    answer = HEAD.format(body=HIDE.format(fill)) if exercise == "Head" else MASKED[exercise].format(fill)
    assert passes("part6_gpt", exercise, answer) == right


@pytest.mark.parametrize("exercise", ["average_past_matmul", "average_past_softmax"])
def test_a_loop_is_no_product_and_no_softmax(passes, exercise):
    assert not passes("part6_gpt", exercise, LOOP.format(exercise))
    assert passes("part6_gpt", "average_past_loop", LOOP.format("average_past_loop"))


def test_one_way_does_not_do_for_another(passes):
    text = (students.ROOT / "solutions" / "part6_gpt.py").read_text()
    ways = ("average_past_loop", "average_past_matmul", "average_past_softmax")
    cells = {way: text.split(f"# %%\ndef {way}")[1].split("# %%")[0] for way in ways}
    for way, body in cells.items():
        for other in ways:
            answer = f"def {other}{body}"
            assert passes("part6_gpt", other, answer) == (way == other), (way, other)


@pytest.mark.parametrize("body", [KEPT_MASK, KEPT_ANSWER])
def test_a_head_that_keeps_what_it_made_first(passes, body):
    answer = HEAD.format(body=body)
    if body is KEPT_ANSWER:
        answer = answer.replace("scores.softmax", "self.kept.softmax")
    assert not passes("part6_gpt", "Head", answer)


LAYERS = ["Embedding", "FlattenConsecutive", "Linear", "BatchNorm1d", "Sequential", "GatedResidualBlock"]


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_that_repeats_its_first_answer(passes, name):
    assert not passes("part5_wavenet", name, CACHED.format(name), after=True)


@pytest.mark.parametrize("name", ["Embedding", "Linear", "GatedResidualBlock"])
@pytest.mark.parametrize("how", [SEEDED, QUIETLY])
def test_a_constructor_whose_draws_are_always_the_same(passes, name, how):
    assert not passes("part5_wavenet", name, how.format(name), after=True)


@pytest.mark.parametrize("name", ["Head", "MultiHeadAttention", "CrossAttention", "Block", "GPT"])
@pytest.mark.parametrize("which", ["", "0", "1"])
def test_a_size_of_one_that_is_squeezed_away(passes, name, which):
    assert not passes("part6_gpt", name, SQUEEZED.format(name, which), after=True)


@pytest.mark.parametrize(
    ("part", "name"),
    [("part5_wavenet", name) for name in LAYERS]
    + [("part6_gpt", name) for name in ("Head", "MultiHeadAttention", "CrossAttention", "Block", "GPT")],
)
def test_the_wrappers_alone_are_not_what_is_refused(passes, part, name):
    assert passes(part, name, f"class {name}({name}):\n    pass\n", after=True)

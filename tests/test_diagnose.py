"""Which mistake it is: by the same name wherever it is made, and none where nothing is known."""

import math

import pytest
import students
import torch

from grader import diagnose, wire
from grader.alike import alike
from grader.evidence import Evidence, agrees, leaves, unwanted_changes
from grader.expect import Expected
from grader.judge import compare
from grader.reply import Outcome
from grader.values import Namespace

RNG = torch.Generator().manual_seed(0)
X = torch.randn(4, 3, generator=RNG)
WANT = X.exp()


class Case:
    """The part of a case that diagnoses look at."""

    def __init__(self, **values):
        self._values = values

    def given(self):
        return Namespace(dict(self._values))


def evidence(*answers, want=WANT, given=None, updates=(), label="dx"):
    """The evidence where each case was answered so: a value, or an Outcome."""
    wants = want if isinstance(want, list) else [want] * len(answers)
    outcomes = [one if isinstance(one, Outcome) else Outcome(wire.decode(*wire.encode(one))) for one in answers]
    expected = [Expected(one, doubled(one)) for one in wants]
    comparisons = [
        [] if outcome.fault else list(compare(label, index, one.single, one.double, outcome.value))
        for index, (one, outcome) in enumerate(zip(expected, outcomes, strict=True))
    ]
    cases = given or [Case(x=X)] * len(answers)
    return Evidence(label, cases, expected, outcomes, comparisons, updates)


def doubled(value):
    if isinstance(value, dict):
        return {key: doubled(member) for key, member in value.items()}
    return value.double() if isinstance(value, torch.Tensor) and value.is_floating_point() else value


def name(*answers, **more):
    found = diagnose.generic(evidence(*answers, **more))
    return found.name if found else None


# --- What is right ----------------------------------------------------------------------------------


def raised(kind="ValueError"):
    return Outcome(fault={"kind": "raised", "type": kind, "what": "", "trace": []})


@pytest.mark.parametrize(
    "answer",
    [
        None,
        WANT + 1,
        WANT.double(),
        raised(),
        Outcome(WANT, changed=("x",)),
        Outcome(WANT, changed=("f.x",)),
        Outcome(),
    ],
    ids=["None", "wrong", "dtype", "raised", "changed", "changed inside", "nothing"],
)
def test_a_case_is_not_right(answer):
    found = evidence(WANT, answer)
    assert (found.right(0), found.right(1)) == (True, False)


def test_no_comparison_is_not_right():
    assert not evidence({}, want={}).right(0)
    assert not evidence({"a": []}, want={"a": []}).right(0)


def test_an_input_may_be_changed_where_that_is_asked():
    answer = Outcome(WANT, changed=("x", "p.W1"))
    assert evidence(answer, updates=("x", "p")).right(0)
    assert unwanted_changes(answer, ("x",)) == ["p.W1"]
    assert unwanted_changes(answer, ("W1", "p.W1")) == ["x", "p.W1"]


def test_all_that_is_wrong():
    found = evidence({"a": X, "b": WANT}, {"a": WANT, "b": X}, want={"a": WANT, "b": WANT})
    assert [(c.case, c.label) for c in found.wrong()] == [(0, "dx['a']"), (1, "dx['b']")]


# --- Values alike -----------------------------------------------------------------------------------

NAN = torch.tensor([1.0, math.nan])
UNLIKE = [
    (WANT, WANT * 1.001),
    (WANT, WANT[:3]),
    (WANT, WANT.T),
    (WANT, WANT.double()),
    (WANT, WANT.unsqueeze(0)),
    (WANT, None),
    (WANT, WANT.tolist()),
    (NAN, torch.tensor([1.0, 1.0])),
    (NAN, torch.tensor([math.nan, 1.0])),
    (torch.tensor([math.inf]), torch.tensor([1.0])),
    (torch.tensor([math.inf]), torch.tensor([-math.inf])),
    (torch.tensor([math.nan]), torch.tensor([0.0])),
    (torch.zeros(2), torch.full((2,), 1e-9)),
    (torch.tensor([1, 2]), torch.tensor([1, 3])),
    (torch.tensor([True]), torch.tensor([False])),
    (1, True),
    (1, 1.0),
    (1.0, 1.001),
    (math.inf, 5.0),
    (5.0, math.inf),
    (math.inf, -math.inf),
    (math.nan, 1.0),
    (0.0, 1e-9),
    ("a", "b"),
    ([1], (1,)),
    ([1], [1, 2]),
    ([1, 2], [1]),
    ({"a": 1}, {"b": 1}),
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"a": 1}, Namespace({"a": 1})),
    (Namespace({"a": 1}), Namespace({"a": 2})),
    (wire.Foreign("a"), wire.Foreign("b")),
    (None, wire.Foreign("NoneType")),
]


@pytest.mark.parametrize(("one", "other"), UNLIKE)
def test_unlike(one, other):
    assert not alike(one, other)
    assert not alike(other, one)
    assert not alike({"a": [1, one]}, {"a": [1, other]})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (WANT, WANT * (1 + 1e-6)),
        (NAN, NAN * (1 + 1e-6)),
        (torch.tensor([math.inf, 1.0]), torch.tensor([math.inf, 1.000001])),
        (torch.tensor([math.nan] * 2), torch.tensor([math.nan] * 2)),
        (torch.zeros(0), torch.zeros(0)),
        (torch.tensor([1, 2]), torch.tensor([1, 2])),
        (1.0, 1.000001),
        (math.nan, math.nan),
        (math.inf, math.inf),
        (0.0, -0.0),
        ([], []),
        (None, None),
        (Namespace({"a": (1, "b")}), Namespace({"a": (1, "b")}, "advice")),
        (wire.Foreign("a"), wire.Foreign("a")),
    ],
)
def test_alike(one, other):
    assert alike(one, other)
    assert alike(other, one)
    assert alike({"a": [one]}, {"a": [other]})


# --- A known mistake --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "imitations", "agree"),
    [
        ([WANT + 1], [WANT + 1], True),
        ([WANT + 1, WANT], [WANT + 1, WANT], True),
        ([WANT + 1], [WANT + 2], False),
        ([WANT + 1, WANT], [WANT + 1, WANT + 1], False),
        ([Outcome(WANT, changed=("x",))], [WANT], False),
        ([WANT], [Outcome(WANT, changed=("x",))], False),
        ([Outcome(WANT, changed=("x", "y"))], [Outcome(WANT, changed=("y", "x"))], True),
        ([raised()], [raised()], True),
        ([raised()], [raised("TypeError")], False),
        ([raised()], [WANT], False),
        ([WANT], [raised()], False),
        ([raised(), WANT], [raised(), WANT + 1], False),
        ([Outcome(fault={"kind": "timed_out", "what": "", "trace": []})], [raised("")], False),
        ([Outcome(fault={"kind": "crashed", "what": "", "trace": []})], [Outcome(None)], False),
    ],
)
def test_a_known_mistake_agrees_only_if_all_is_the_same(answers, imitations, agree):
    imitated = [one if isinstance(one, Outcome) else Outcome(one) for one in imitations]
    assert agrees(evidence(*answers), imitated) is agree


# --- What can be seen in any tensor -----------------------------------------------------------------

ROWS = WANT.sum(1, keepdim=True)
SQUARE = torch.randn(3, 3, generator=RNG)
GENERIC = {
    "an input is changed in place": (Outcome(WANT, changed=("f.h",)), {}),
    "None came": (None, {}),
    "not the type that was asked": (WANT.tolist(), {}),
    "right values, wrong shape": (ROWS.squeeze(1), {"want": ROWS}),
    "transposed": (WANT.T, {}),
    "the shape is wrong": (WANT[:1], {}),
    "the dtype is wrong": (WANT.double(), {}),
    "NaN or infinity": (WANT / 0, {}),
    "all zeros": (WANT * 0, {}),
    "an input is returned": (X, {}),
    "the sign is wrong": (-WANT, {}),
    "a factor is wrong": (WANT * 3, {}),
    "a single entry is wrong": (WANT.clone().index_put_((torch.tensor(1), torch.tensor(2)), torch.tensor(9.0)), {}),
    "a value is missing": ({"a": WANT}, {"want": {"a": WANT, "b": WANT}}),
    "a value too many": ({"a": WANT, "b": WANT}, {"want": {"a": WANT}}),
    "another name than the one asked for": ({"b": WANT}, {"want": {"a": WANT}}),
}


def test_a_name_that_is_missing_elsewhere_is_not_the_one_that_was_meant():
    want = {"a": {"x": WANT}, "b": {"y": WANT}}
    assert name({"a": {"x": WANT, "z": WANT}, "b": {}}, want=want) == "a value too many"


def test_a_mistake_known_of_any_exercise_is_one_that_is_told():
    assert set(GENERIC) >= diagnose.COMMON


IN_FLOATS = {
    "all zeros": (0.0, 0.0),
    "the sign is wrong": (-0.25, -3.0),
    "a factor is wrong": (0.5, 6.0),
    "NaN or infinity": (float("nan"), 3.0),
}


@pytest.mark.parametrize("mistake", IN_FLOATS)
def test_floats_are_looked_at_like_tensors(mistake):
    assert name(*IN_FLOATS[mistake], want=[0.25, 3.0]) == mistake


RETURNED = {
    "a list": ([1, 2], [3, 4]),
    "a text": ("abc", "de"),
    "a number": (7, 9),
    "a tensor of another shape": (torch.arange(3.0), torch.arange(4.0)),
}


@pytest.mark.parametrize("what", RETURNED)
def test_an_input_of_any_kind_that_is_returned_is_told(what):
    one, other = RETURNED[what]
    given = [Case(n=2, x=one), Case(n=3, x=other)]
    assert name(one, other, given=given) == "an input is returned"
    assert name(one, one, given=given) != "an input is returned"


@pytest.mark.parametrize("plain", [0, 1, True, False, "", None])
def test_what_is_too_plain_is_no_returned_input(plain):
    assert name(plain, given=[Case(x=plain)]) != "an input is returned"


@pytest.mark.parametrize("mistake", GENERIC)
def test_a_mistake_is_called_by_its_name(mistake):
    answer, more = GENERIC[mistake]
    assert name(answer, **more) == mistake
    assert name(answer, answer, **more) == mistake
    advice = diagnose.generic(evidence(answer, **more)).advice
    assert len(advice.split()) > 4
    assert "None" not in advice or answer is None


NOTHING_KNOWN = {
    "right": WANT,
    "wrong": WANT + X,
    "off a little": WANT * (1 + 1e-4 * X),
    "a square transposed": (SQUARE.T, SQUARE),
    "two entries": WANT + torch.eye(4, 3) * torch.tensor([1.0, 2.0, 0.0]),
    "an int": (3, 4),
    "a float": (0.5, 0.25),
    "a text": ("a", "b"),
    "bools": (torch.tensor([True, False]), torch.tensor([True, True])),
    "ints": (torch.tensor([1, 2]), torch.tensor([1, 3])),
    "one of few": (torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0])),
    "another length": ([1], [[1, 2]]),
}


@pytest.mark.parametrize("what", NOTHING_KNOWN)
def test_nothing_is_made_up(what):
    pair = NOTHING_KNOWN[what]
    answer, want = pair if isinstance(pair, tuple) else (pair, WANT)
    assert name(answer, want=want) is None


@pytest.mark.parametrize("text", ["None", "float32 (4, 3)", "x"])
def test_a_text_is_called_a_text(text):
    found = diagnose.generic(evidence(text))
    assert found.name == "not the type that was asked"
    assert "float32 (4, 3) was asked, a str came" in found.advice


def test_a_number_in_a_tensor_is_told_from_a_number():
    assert "its .item() is the number itself" in diagnose.generic(evidence(torch.tensor(0.5), want=0.5)).advice
    assert "its .item() is the number itself" in diagnose.generic(evidence(torch.tensor(3), want=3)).advice
    assert "item" not in diagnose.generic(evidence(torch.ones(1, 1), want=0.5)).advice
    assert "item" not in diagnose.generic(evidence(torch.tensor(0.5), want="x")).advice


def test_a_dtype_is_that_of_the_inputs_only_where_they_have_it():
    assert "float32 was asked, as the inputs are. A tensor" in diagnose.generic(evidence(WANT.double())).advice
    counts = torch.tensor([[0, 2], [1, 1]])
    found = diagnose.generic(evidence(counts.float(), want=counts, given=[Case(words=["ab"], x=X)]))
    assert found.name == "the dtype is wrong"
    assert "int64 was asked. A tensor" in found.advice


NONE_FOR_AN_ERROR = """def broadcast_shape(a, b):
    a, b = (1,) * (len(b) - len(a)) + a, (1,) * (len(a) - len(b)) + b
    if any(x != y and 1 not in (x, y) for x, y in zip(a, b)):
        return None
    return [y if x == 1 else x for x, y in zip(a, b)]
"""


def test_none_where_an_error_is_asked_is_no_missing_return(template, tmp_path):
    path = tmp_path / "answer.py"
    path.write_text(students.solved(students.ROOT, "part1_bigram", broadcast_shape=NONE_FOR_AN_ERROR))
    targets = ("part1.broadcast_shape.edges",)
    result = students.grade(template, path, students.ROOT, "part1_bigram", targets)["part1.broadcast_shape.edges"]
    assert result.message.endswith("a ValueError was asked, None came.")


def test_right_for_some_sizes_only():
    small, large = torch.ones(2, 3), torch.ones(5, 3)
    given = [Case(f=Namespace({"logits": small}), d=Namespace({"y": small})), Case(d=Namespace({"y": large}))]
    found = diagnose.generic(evidence(small, 2 * large, want=[small, large], given=given))
    assert found.name == "right for some sizes only"
    assert "Right for inputs with d.y (2, 3); wrong for d.y (5, 3)." in found.advice
    assert name(2 * large, small, want=[large, small]) == "right for some sizes only"
    assert name(small, large[:2], want=[small, large]) == "the shape is wrong"
    assert name(small, large, want=[small, large]) is None
    assert name(small + 1, large + X[:1], want=[small, large]) is None


def test_a_size_is_said_even_where_there_is_none():
    found = diagnose.generic(evidence(1, 1, want=[1, 2], given=[Case(n=1), Case(n=2)]))
    assert "Right for inputs with n = 1; wrong for n = 2." in found.advice


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (WANT.sum(), "a single number"),
        (WANT.sum(0), "A dimension is lost"),
        (torch.ones(27, 3), "27 is a size of the lecture's network"),
        (torch.ones(4, 32), "32 is a size of the lecture's network"),
    ],
)
def test_a_wrong_shape_is_advised(answer, words):
    found = diagnose.generic(evidence(answer))
    assert found.name == "the shape is wrong"
    assert words in found.advice


def test_a_size_of_the_lectures_that_an_input_has_is_no_number_written_down():
    given = [Case(f=Namespace({"h": torch.ones(27, 2)}))]
    assert "lecture" not in diagnose.generic(evidence(torch.ones(27, 3), given=given)).advice


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (WANT.tolist(), "torch.tensor makes"),
        (WANT.numpy(), "a .numpy()"),
        (1.0, ".item()"),
        (1, ".item()"),
        (True, ".item()"),
        (torch.nn.Parameter(WANT), "no subclass"),
    ],
)
def test_what_is_no_tensor_is_told_how_it_comes(answer, words):
    assert words in diagnose.generic(evidence(answer)).advice
    assert "tensor" not in diagnose.generic(evidence("a", want=1.0)).advice


def test_none_is_told_where_it_came_from():
    assert diagnose.generic(evidence(None)).advice == "dx returned None: is the `return` missing?"
    for label, words in (("out", "is a `return` missing"), ("gradient of x", "no graph led there")):
        assert words in diagnose.generic(evidence({label: None}, want={label: WANT})).advice


def test_an_answer_that_is_right_but_for_the_change_of_an_input_is_told_so():
    right, wrong, raises = Outcome(WANT, changed=("x",)), Outcome(WANT + 1, changed=("x",)), raised()
    assert diagnose.generic(evidence(right)).advice.startswith("What came back is right, but x is no longer")
    for others in ([wrong], [right, wrong], [right, raises]):
        assert diagnose.generic(evidence(*others)).advice.startswith("x is no longer")


def test_the_sum_over_a_stretched_dimension_is_advised():
    bias = WANT.sum(0, keepdim=True)
    assert "is summed over the stretched dimension" in diagnose.generic(evidence(WANT, want=bias)).advice
    assert "stretched" not in diagnose.generic(evidence(WANT[:2], want=WANT)).advice


@pytest.mark.parametrize(("factor", "words"), [(4, "too large by"), (0.25, "too small by"), (-2.5, "-2.5 times")])
def test_a_factor_is_told(factor, words):
    found = diagnose.generic(evidence(WANT * factor))
    assert (found.name, words in found.advice) == ("a factor is wrong", True)


def test_a_factor_that_is_another_in_each_case_is_told_by_the_rows():
    small, large = torch.rand(2, 3) + 1, torch.rand(5, 3) + 1
    assert name(small * 2, large * 5, want=[small, large]) == "a factor is wrong"
    assert "number of rows" in diagnose.generic(evidence(small / 2, large / 5, want=[small, large])).advice


def test_a_pattern_has_to_hold_for_all_that_is_wrong():
    want = {"a": WANT, "b": WANT.exp()}
    assert name({"a": -WANT, "b": -WANT.exp()}, want=want) == "the sign is wrong"
    assert name({"a": -WANT, "b": WANT}, want=want) is None
    assert name({"a": WANT * 0, "b": WANT}, want=want) is None
    assert name({"a": -WANT, "b": WANT.exp()}, want=want) == "the sign is wrong"


def test_an_input_is_found_wherever_it_is():
    given = [Case(f=Namespace({"h": X, "n": 3}), d=Namespace({"deep": Namespace({"y": X * 2})}))]
    assert "is f.h itself" in diagnose.generic(evidence(X, given=given)).advice
    assert "is d.deep.y itself" in diagnose.generic(evidence(X * 2, given=given)).advice


def test_a_lone_number_is_no_input_returned():
    one = torch.tensor(1.0)
    assert name(one, want=torch.tensor(3.7), given=[Case(x=one)]) != "an input is returned"


@pytest.mark.parametrize("want", [torch.tensor([1.0, math.inf]), torch.zeros(3), torch.tensor(2.0), torch.ones(1, 1)])
@pytest.mark.parametrize("got", [math.nan, math.inf, 0.0, -1.0, 1e30])
def test_no_answer_breaks_the_diagnosis(want, got):
    found = evidence(torch.full_like(want, got), want=want)
    if found.wrong():
        answer = diagnose.generic(found)
        assert answer is None or "nan" not in answer.advice
    assert name(None, [], {}, "x", 1, want=want) in ("None came", "not the type that was asked")


# --- Labels -----------------------------------------------------------------------------------------


def test_leaves_have_the_labels_of_the_comparisons():
    value = {"grads": {"W1": X, 1: X}, "f": Namespace({"h": X, "list": [X, (X, X)]}), "pair": (X,)}
    labels = [label for label, _ in leaves("dx", value)]
    assert labels == [c.label for c in compare("dx", 0, value, value, value)]
    assert "dx['f'].list[1][0]" in labels
    assert leaves("dx", X) == [("dx", X)]
    assert leaves("dx", {}) == []

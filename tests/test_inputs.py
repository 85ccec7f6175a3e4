"""Inputs that several probes share travel once, and what one probe does to them no other sees."""

import gc
from dataclasses import replace
from pathlib import Path

import pytest
import students
import torch

from grader import cells, expect, wire
from grader.attempt import Attempt
from grader.course import Course
from grader.values import Namespace

PROBE = """
def probe(m, given):
    return m.answer(given.f, given.n)
"""
KEEPS = """
kept = []

def answer(f, n):
    kept.append(f)
    {does}
    return f.x.sum().item() * n
"""
HARM = {
    "written": "f.x += 1",
    "another tensor": "f.x = f.x * 2",
    "another name": "f.y = 1",
    "transposed": "f.x.t_()",
    "recorded": "f.x.requires_grad_()",
    "written later": "kept[0].x.zero_() if len(kept) == 2 else None",
}


@pytest.fixture
def ask(template, tmp_path):
    """Ask a submission's `answer` for some numbers n, an f of twelve ones beside each; the outcomes, in order."""
    course = Course(students.MINI)
    spec = course.part("part9").checks[0]
    attempts = []

    def run(source, *numbers):
        content = f"# %%\n{source}".encode()
        attempt = Attempt(template, cells.parse(content, Path("answer.py"), "part9_mini"), (), ())
        attempts.append(attempt)
        found = []
        for n in numbers:
            sent = wire.packed(Namespace({"f": Namespace({"x": torch.ones(3, 4)}), "n": n}))
            attempt.post(replace(spec, name="probe"), PROBE, [sent])
            found += attempt.collect(1).outcomes
        return found, attempt

    yield run
    for attempt in attempts:
        attempt.close()


@pytest.mark.parametrize("how", HARM)
def test_what_an_answer_does_to_its_inputs_the_next_one_does_not_see(ask, how):
    source = KEEPS.format(does=HARM[how]).replace("return f.x.sum().item()", "return float(f.x.sum())")
    clean, _ = ask(KEEPS.format(does="pass"), 1, 2, 3)
    assert [outcome.value for outcome in clean] == [12.0, 24.0, 36.0]
    assert not any(outcome.changed for outcome in clean)
    looks = "    shown = (float(f.x.sum()), tuple(f.x.shape), f.x.requires_grad, hasattr(f, 'y'))\n"
    found, _ = ask(source.replace("    kept.append(f)\n", f"{looks}    kept.append(f)\n").replace(
        "return float(f.x.sum()) * n", "return shown"), 1, 2, 3, 4)  # fmt: skip
    seen = [outcome.value for outcome in found]
    if how == "written later":  # he had kept what he was given: the one that he harms is told, the next is whole
        assert seen[0] == seen[1] == seen[3]
        return
    assert len(set(seen)) == 1
    assert [bool(outcome.changed) for outcome in found] == [how not in ("another name", "recorded")] * 4


def test_two_names_of_one_case_never_stand_for_one_value(template):
    """They have one key and travel once."""
    one = wire.packed(Namespace({"x": torch.ones(2), "y": torch.ones(2)}))
    assert one["x"].key == one["y"].key
    spec = replace(Course(students.MINI).part("part9").checks[0], name="probe")
    probe = PROBE.replace("m.answer(given.f, given.n)", "m.answer(given.x, given.y)")
    source = b"# %%\ndef answer(x, y):\n    x += 1\n    return y.sum().item()"
    attempt = Attempt(template, cells.parse(source, Path("answer.py"), "part9_mini"), (), ())
    try:
        for _ in range(2):
            attempt.post(spec, probe, [one, one])
            assert [(o.value, o.changed) for o in attempt.collect(2).outcomes] == [(2.0, ("x",))] * 2
    finally:
        attempt.close()


def test_an_input_is_sent_once(ask, monkeypatch):
    sizes = []
    frame = wire.frame
    monkeypatch.setattr(wire, "frame", lambda message, blob=b"": sizes.append(len(blob)) or frame(message, blob))
    ask(KEEPS.format(does="pass"), 1, 2)
    first, second = sizes[1:]  # behind the request to load
    assert first - second >= 48, "twelve float32"


def test_a_new_process_is_sent_its_inputs_again(ask):
    source = KEEPS.format(does="import os; os._exit(0) if n == 2 else None")
    found, _ = ask(source, 1, 2, 3)
    assert [outcome.value for outcome in found] == [12.0, None, 36.0]


def test_answers_are_told_apart_by_what_came(ask):
    source = (
        "import torch\ndef answer(f, n):\n    return [1, 1.0, True, torch.ones(4), torch.ones(2, 2), torch.ones(4)][n]"
    )
    found, _ = ask(source, 0, 1, 2, 3, 4, 5)
    came = [outcome.content for outcome in found]
    assert came[3] == came[5]
    assert len(set(came)) == 5


def test_a_large_answer_is_not_kept(mini):
    """Of what was compared only the comparison is: a class may send gigabytes."""
    gc.collect()
    large = "import torch\n    return torch.zeros(2_000_000)"
    assert mini(row_sums=f"def row_sums(x):\n    {large}")["part9.row_sums"].status == "failed"
    gc.collect()
    assert not [o for o in gc.get_objects() if type(o) is torch.Tensor and o.numel() == 2_000_000]


def test_a_switch_is_told_before_sizes():
    """`It is right for inputs with ...`: of a Linear layer that fails without its bias, the bias is what matters."""
    plain = expect.Case({}, Namespace({"fan_in": 4, "fan_out": 7, "bias": True, "x": torch.ones(2, 4)}))
    other = expect.Case({}, Namespace({"fan_in": 3, "fan_out": 5, "bias": False, "x": torch.ones(6, 3)}))
    assert expect.told_apart(plain, other) == ("bias = True, fan_in = 4", "bias = False, fan_in = 3")

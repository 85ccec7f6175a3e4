"""One wrong gradient costs its own mark; the chain's report names the first wrong one."""

import pytest

WRONG = {
    "dcounts": "def dcounts(f, d):\n    return f.counts_sum_inv * d.probs",
    "dhpreact": "def dhpreact(f, d):\n    return (1 - f.h) ** 2 * d.h",
    "dbndiff": "def dbndiff(f, d):\n    return f.bnvar_inv * d.bnraw",
}


@pytest.mark.parametrize("name", WRONG)
def test_an_early_slip_costs_one_mark(part4, name):
    results = part4(targets=("part4",), **{name: WRONG[name]})
    lost = {r.id for r in results.values() if r.status != "passed"}
    assert f"part4.{name}" in lost
    # Of the 26 only this one; beside it what is built on it: the chain, and the training step's composite.
    assert lost <= {f"part4.{name}", "part4.backward", "part4.train_step", "part4.train_step.no_graph"}
    assert results["part4.backward"].status == "failed"


@pytest.mark.parametrize("name", WRONG)
def test_the_first_wrong_node_is_named_and_the_later_ones_are_right_given_it(part4, name):
    message = part4(targets=("part4.backward",), **{name: WRONG[name]})["part4.backward"].message
    assert f"the first wrong gradient is {name}:" in message
    assert "right given what reached them" in message.lower()
    assert "slip of their own" not in message


def test_two_slips_are_told_apart(part4):
    answers = {name: WRONG[name] for name in ("dcounts", "dbndiff")}
    message = part4(targets=("part4.backward",), **answers)["part4.backward"].message
    assert "the first wrong gradient is dcounts:" in message
    assert "With a slip of their own: dbndiff." in message

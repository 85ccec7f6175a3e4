"""Part 2, the learning rate at each step."""

import math

from grader.check import check
from grader.checks.draw import uniform
from grader.checks.part2_mlp.spoilt import NUMBERS, handed_back, spoilt
from reference import part2_mlp as reference


@check(
    "lr_at",
    points=1,
    hints=(
        "There are two answers: the base rate and a tenth of it. Which one it is depends on how far the run has come.",
        "Compare the step with 70 % of all steps. Steps are counted from 0, so the step with just that number is the "
        "first of the slow ones.",
        "If the step is less than 0.7 times the total, return the base rate, else the base rate over ten.",
    ),
)
def lr_at(m, given):
    """A drop by ten for the last part"""
    total = given.total_steps
    drop = total // 10 * 7
    steps = sorted({0, 1, total // 10 * 3, total // 2, drop - 1, drop, drop + 1, total - 1})
    return {f"step {step} of {total}": m.lr_at(step, total, given.base_lr) for step in steps}


@lr_at.inputs
def _(rng):
    for total in (10, 200, 50, 200_000):
        yield {"total_steps": total, "base_lr": uniform(rng, 0.2, 0.9).double().item()}


@lr_at.mistake(
    "the drop is at half of the steps",
    "The rate drops in the middle of the run. The base rate is meant for the first 70 % of the steps.",
)
def _(step, total_steps, base_lr):
    return base_lr if 2 * step < total_steps else base_lr / 10


@lr_at.mistake(
    "one step too late",
    "The drop comes one step too late. Steps are counted from 0: the first 70 of 100 are the numbers 0 to 69.",
)
def _(step, total_steps, base_lr):
    return base_lr if 10 * step <= 7 * total_steps else base_lr / 10


@lr_at.mistake(
    "one step too early",
    "The drop comes one step too early. Steps are counted from 0: the first 70 of 100 are the numbers 0 to 69.",
)
def _(step, total_steps, base_lr):
    return base_lr if 10 * (step + 1) < 7 * total_steps else base_lr / 10


@lr_at.mistake(
    "the slow part comes first",
    "The two rates are the wrong way round: the run begins with the small one. Large steps first, to get near; small "
    "ones at the end, to settle.",
)
def _(step, total_steps, base_lr):
    return base_lr / 10 if 10 * step < 7 * total_steps else base_lr


@lr_at.mistake(
    "the last 70 % instead of the last 30 %",
    "The rate drops after 30 % of the steps. The base rate is meant for the first 70 %.",
)
def _(step, total_steps, base_lr):
    return base_lr if 10 * step < 3 * total_steps else base_lr / 10


@lr_at.mistake("the rate never drops", "The rate is the base rate throughout. For the last part it is a tenth of that.")
def _(step, total_steps, base_lr):
    return base_lr


@lr_at.mistake("always the small rate", "The rate is a tenth of the base rate throughout, from the first step on.")
def _(step, total_steps, base_lr):
    return base_lr / 10


@lr_at.mistake("halved instead of divided by ten", "The rate drops at the right step, to a half. A tenth is asked for.")
def _(step, total_steps, base_lr):
    return base_lr if 10 * step < 7 * total_steps else base_lr / 2


@lr_at.mistake(
    "ten times larger instead of smaller",
    "The rate rises at the end of the run, to ten times the base rate. It should fall to a tenth.",
)
def _(step, total_steps, base_lr):
    return base_lr if 10 * step < 7 * total_steps else base_lr * 10


@lr_at.mistake(
    "0.1 and 0.01 are hard-coded",
    "The rates are 0.1 and 0.01, as in the lecture. Here base_lr says what the first one is.",
)
def _(step, total_steps, base_lr):
    return reference.lr_at(step, total_steps, 0.1)


@lr_at.mistake(
    "0.01 is hard-coded",
    "The first rate is right. The second is 0.01 whatever the base rate is; it should be a tenth of that.",
)
def _(step, total_steps, base_lr):
    return base_lr if 10 * step < 7 * total_steps else 0.01


@lr_at.mistake(
    "100000 is hard-coded",
    "The drop comes at step 100,000, as in the lecture, which these runs never reach. It depends on total_steps.",
)
def _(step, total_steps, base_lr):
    return base_lr if step < 100_000 else base_lr / 10


@lr_at.mistake(
    "the rate falls from step to step",
    "The rate falls a little with every step. Here it stays as it is for 70 % of the steps and then drops once.",
)
def _(step, total_steps, base_lr):
    return base_lr * (1 - step / total_steps)


@lr_at.mistake(
    "the drop is smooth",
    "The rate falls steadily, to a tenth over the whole run. Here it stays as it is for 70 % of the steps and then "
    "drops once.",
)
def _(step, total_steps, base_lr):
    return base_lr * math.pow(10, -step / total_steps)


def other_rates(name, advice, rate):
    """Register another rule: rate(step, total_steps, base_lr)."""
    lr_at.mistake(name, advice)(rate)


other_rates(
    "the wrong way round, and one step off",
    "The run begins with the small rate, and changes one step too late. Large steps first, small ones at the end.",
    lambda step, total, base: base if 10 * step > 7 * total else base / 10,
)
other_rates(
    "only the first step is fast",
    "Only step 0 has the base rate: the step is compared with a number below 1. It is to be compared with a share of "
    "the total.",
    lambda step, total, base: base if step < 0.7 else base / 10,
)
other_rates(
    "ten over the rate",
    "For the last part, ten is divided by the base rate. It is the other way round.",
    lambda step, total, base: base if 10 * step < 7 * total else 10 / base,
)
other_rates(
    "a tenth, whatever the base rate",
    "For the last part the rate is 0.1. It should be a tenth of the base rate.",
    lambda step, total, base: base if 10 * step < 7 * total else 0.1,
)
other_rates(
    "divided by nine",
    "The rate drops to a ninth. A tenth is asked for.",
    lambda step, total, base: base if 10 * step < 7 * total else base / 9,
)
other_rates(
    "divided by eleven",
    "The rate drops to an eleventh. A tenth is asked for.",
    lambda step, total, base: base if 10 * step < 7 * total else base / 11,
)
spoilt(lr_at, NUMBERS, "The rate")
handed_back(lr_at, "step", "total_steps")

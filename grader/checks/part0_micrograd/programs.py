"""Random expressions: some leaves, and a list of operations on what has been computed so far."""

import math
import re

import torch

from grader.checks.draw import uniform

FUNCTIONS = {
    "-v": lambda v: -v,
    "v.exp()": math.exp,
    "v.tanh()": math.tanh,
    "v.relu()": lambda v: max(0.0, v),
    "v.log()": math.log,
}
WITH_NUMBER = {
    "v**n": lambda v, n: v**n,
    "v + n": lambda v, n: v + n,
    "n + v": lambda v, n: n + v,
    "v * n": lambda v, n: v * n,
    "n * v": lambda v, n: n * v,
    "v - n": lambda v, n: v - n,
    "n - v": lambda v, n: n - v,
    "v / n": lambda v, n: v / n,
    "n / v": lambda v, n: n / v,
}
WITH_VALUE = {
    "v + w": lambda v, w: v + w,
    "v * w": lambda v, w: v * w,
    "v - w": lambda v, w: v - w,
    "v / w": lambda v, w: v / w,
}
EXPONENTS = (2, 3, -1, -2, 0.5, 1.5)
TRIES = 100


def program(rng, leaves=4):
    """A random expression: its leaves (floats), and its steps (operation, place of v, place of w, n).

    Places count the leaves first, then the results of the steps. No value is near zero, where something might hang
    on rounding. What has not been used yet is preferred, and what is left over is added up in the end.
    """
    values = [math.copysign(0.5 + size, side - 0.3) for size, side in uniform(rng, 0, 1, leaves, 2).tolist()]
    start, steps, unused = list(values), [], list(range(leaves))
    names = [*FUNCTIONS, *WITH_NUMBER, *WITH_VALUE, *WITH_VALUE]
    for name in [names[place] for place in torch.randperm(len(names), generator=rng)]:
        for _ in range(TRIES):
            v = unused[_below(rng, len(unused))] if _below(rng, 3) else _below(rng, len(values))
            w, n = _below(rng, len(values)), EXPONENTS[_below(rng, len(EXPONENTS))]
            value = _result(name, values[v], values[w], n)
            if value is not None:
                break
        else:
            continue  # nothing that there is so far can go into it
        unused = [place for place in unused if place != v and (name not in WITH_VALUE or place != w)] + [len(values)]
        steps.append((name, v, w, n))
        values.append(value)
    while len(unused) > 1:
        v, w, *unused = unused
        unused.append(len(values))
        steps.append(("v + w", v, w, 0))
        values.append(values[v] + values[w])
    return {"leaves": start, "steps": steps}


def _result(name, v, w, n):
    """What a step gives; None where it is not defined, or near zero, or large."""
    if (name == "v.log()" and v <= 0) or (name == "v**n" and v <= 0 and n != int(n)):
        return None
    if name == "v.relu()" and v < 0:
        return 0.0
    if 0 in (v, w):
        return None
    if name in FUNCTIONS:
        value = FUNCTIONS[name](v)
    else:
        value = WITH_NUMBER[name](v, n) if name in WITH_NUMBER else WITH_VALUE[name](v, w)
    return value if 0.05 < abs(value) < 3 else None


def _below(rng, limit):
    return int(torch.randint(limit, (), generator=rng))


def shown(program, place):
    """A step in words: `x7 = x3 * x5`; for a leaf only its name."""
    if place < len(program.leaves):
        return f"x{place}"
    name, v, w, n = program.steps[place - len(program.leaves)]
    text = re.sub(r"\b[vwn]\b", lambda found: {"v": f"x{v}", "w": f"x{w}", "n": str(n)}[found[0]], name)
    return f"x{place} = {text}"


def users(program, place):
    """The places of the steps that use a value."""
    found = []
    for at, (name, v, w, _) in enumerate(program.steps, len(program.leaves)):
        if place == v or (name in WITH_VALUE and place == w):
            found.append(at)
    return found

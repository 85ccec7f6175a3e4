"""Part 0, Value: random expressions. The tests compare the reference with PyTorch on expressions from the same draw."""

from grader.check import check
from grader.checks.part0_micrograd.look import gradients_of, numbers_of
from grader.checks.part0_micrograd.programs import program, shown, users
from grader.checks.part0_micrograd.scalar import Scalar
from grader.checks.part0_micrograd.spoilt import forgets_incoming, overwrites


@check(
    "Value",
    points=3,
    hints=(
        "Nothing new is asked here: it is all operations at once, on values that are used again and again.",
        "First pass the other checks of Value; each of them looks at one thing.",
        "Read in the message which value is the first wrong one, and look at the operation that makes or uses it.",
    ),
)
def graphs(m, given):
    """Random expressions of all operations: every number and every gradient"""
    values = [m.Value(number) for number in given.leaves]
    for name, place_v, place_w, n in given.steps:
        values.append(stepped(name, values[place_v], values[place_w], n))
    values[-1].backward()
    return {"data": numbers_of(values), "gradients": gradients_of(values)}


def stepped(name, v, w, n):
    """One step of an expression."""
    if name.endswith("()"):
        return getattr(v, name[2:-2])()
    steps = {
        "-v": lambda: -v,
        "v**n": lambda: v**n,
        "v + n": lambda: v + n,
        "n + v": lambda: n + v,
        "v * n": lambda: v * n,
        "n * v": lambda: n * v,
        "v - n": lambda: v - n,
        "n - v": lambda: n - v,
        "v / n": lambda: v / n,
        "n / v": lambda: n / v,
        "v + w": lambda: v + w,
        "v * w": lambda: v * w,
        "v - w": lambda: v - w,
        "v / w": lambda: v / w,
    }
    return steps[name]()


@graphs.inputs
def _(rng):
    for leaves in (2, 4, 6, 3):
        yield program(rng, leaves)


overwrites(graphs, None)
forgets_incoming(graphs, "+", "*", ("+", "*"), None)


@graphs.mistake(
    "handed on before all users have come",
    "The walk goes down the first way that it finds. Each value has to wait until all of its users have been walked.",
)
class _(Scalar):
    def order(self):
        seen, found = set(), []

        def visit(value):
            if id(value) not in seen:
                seen.add(id(value))
                found.append(value)
                for child in value._prev:
                    visit(child)

        visit(self)
        return found[::-1]


@graphs.explain
def _(given, got, wrong):
    """Name the first value that is wrong, going forwards, or the first gradient, going backwards."""
    places = {kind: [int(label.rpartition("[")[2][:-1]) for label in wrong if f"['{kind}'][" in label] for kind in got}
    if places["data"]:
        return f"The first value that is wrong is `{shown(given, min(places['data']))}`."
    if not places["gradients"]:
        return None
    place = max(places["gradients"])
    using = " and ".join(f"`{shown(given, user)}`" for user in users(given, place))
    if not using:
        return "All values are right, but the gradient of the result itself is not."
    return (
        f"All values are right. Going back from the result, the first gradient that is wrong is that of x{place}, "
        f"which is used in {using}."
    )

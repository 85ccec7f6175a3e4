"""Part 0, Value: the walk back."""

import re

from grader.check import check
from grader.checks import slips
from grader.checks.draw import uniform
from grader.checks.part0_micrograd.look import gradients_of
from grader.checks.part0_micrograd.scalar import Scalar
from grader.checks.part0_micrograd.spoilt import forgets_incoming, overwrites


@check(
    "Value",
    points=3,
    hints=(
        "A value can hand its gradient on only when all who use it have handed in theirs.",
        "Put all values of the graph in an order in which each stands behind its children, and walk it from its end. "
        "To place a value, place its children first; leave out what has been placed already.",
        "Collect the order, depth first, with a set of the values that were seen. Set the grad of self to 1.0. Then "
        "call _backward of each value in the order, from the last one, which is self, to the first.",
    ),
)
def backward(m, given):
    """The walk from the result to the leaves, each value after all of its users"""
    a, b = m.Value(given.a), m.Value(given.b)
    a.backward()
    answers = {"of a leaf alone": gradients_of([a])}

    a, b = m.Value(given.a), m.Value(given.b)
    c = a + 1
    d = a * c
    d.backward()
    answers["a, c, d in c = a + 1, d = a * c"] = gradients_of([a, c, d])

    a, b = m.Value(given.a), m.Value(given.b)
    c = a + b
    d = a * c
    e = b * d + c.tanh()
    f = d * e + d.exp() * a
    f.backward()
    answers["a, b, c, d, e, f in c = a + b, d = a * c, e = b * d + c.tanh(), f = d * e + d.exp() * a"] = gradients_of(
        [a, b, c, d, e, f]
    )

    a, b = m.Value(given.a), m.Value(given.b)
    c = a * b
    d = c.exp() + c.tanh()
    d.backward()
    answers["a, b, c, d in c = a * b, d = c.exp() + c.tanh()"] = gradients_of([a, b, c, d])

    a, b = m.Value(given.a), m.Value(given.b)
    c = a
    for _ in range(5):
        c = c * b + c
    c.backward()
    answers["a, b after five times c = c * b + c"] = gradients_of([a, b])

    a, b = m.Value(given.a), m.Value(given.b)
    first = a * b * a
    second = (a + b * a).tanh()
    first.backward()
    second.backward()
    answers["a, b of two results, one after the other"] = gradients_of([a, b])
    return answers


@backward.inputs
def _(rng):
    for _ in range(3):
        a, b = uniform(rng, 0.4, 0.9, 2).tolist()
        yield {"a": a, "b": -b}


@backward.explain
def _(given, got, wrong):
    """Which gradient of which graph, and what the walk rests on."""
    found = re.fullmatch(r"Value\['([a-f, ]+)( .*)'\]\[(\d)\]", wrong[0])
    first = "If Value.reused fails as well, begin there: the walk rests on what each operation hands on."
    if not found:
        return first
    return f"{first} The first gradient that is wrong is that of {found[1].split(', ')[int(found[3])]}{found[2]}."


overwrites(backward, None)
overwrites(backward, ("+", "*"))
overwrites(backward, "+")
overwrites(backward, "*")
forgets_incoming(backward, "+", "*", ("+", "*"), None)


@backward.mistake(
    "no set of what was seen: every way is walked",
    "Each value is walked once for every way that leads to it, and hands on what it has got so far every time. A value "
    "must be walked once, after all of its users. A set of those that have been seen takes care of it.",
)
class _(Scalar):
    def backward(self):
        def walk(value):
            value._backward()
            for child in dict.fromkeys(value._prev):
                walk(child)

        self.grad = 1.0
        walk(self)


@backward.mistake(
    "no set of what was seen: values stand in the order several times",
    "A value with several users stands in the order several times, so it hands its gradient on several times. A set "
    "of those that have been seen takes care of it.",
)
class _(Scalar):
    def order(self):
        found = []

        def visit(value):
            for child in dict.fromkeys(value._prev):
                visit(child)
            found.append(value)

        visit(self)
        return found


@backward.mistake(
    "breadth first",
    "The walk goes to the children, then to their children, and so on. So a value that is near the result by one way "
    "and far by another is walked too early: some of its users come later. Each value has to come after all of its "
    "users; how many steps it is away from the result does not tell.",
)
class _(Scalar):
    def order(self):
        found = {id(self): self}
        queue = [self]
        for value in queue:
            for child in value._prev:
                if id(child) not in found:
                    found[id(child)] = child
                    queue.append(child)
        return queue[::-1]


@backward.mistake(
    "handed on before all users have come",
    "The walk goes down the first way that it finds to the very end. A value that is met on this way hands on what it "
    "has got so far, and what its other users bring later is never handed on. Place a value *after* its "
    "children in a list first, and walk when the list is complete.",
)
class _(Scalar):
    def backward(self):
        seen = set()

        def walk(value):
            if id(value) not in seen:
                seen.add(id(value))
                value._backward()
                for child in value._prev:
                    walk(child)

        self.grad = 1.0
        walk(self)


@backward.mistake(
    "only the children of the result get a gradient",
    "The result hands its gradient on to its children, and there it ends. Either the walk goes no further; or it goes "
    "in the order in which the values were made, the leaves first, so that all others were asked to hand on their "
    "gradient when they had none. It starts at the result.",
)
class _(Scalar):
    def backward(self):
        self.grad = 1.0
        for value in self.order():
            value._backward()


@backward.mistake(
    "the result does not start with 1",
    "All gradients are 0: the walk begins with a result whose own grad is 0. If the result grows by a little, the "
    "result grows by just that, so its slope with respect to itself is 1.",
)
class _(Scalar):
    def backward(self):
        for value in reversed(self.order()):
            value._backward()


@backward.mistake(
    "the result starts with 2",
    "All gradients are twice what they should be: the result starts with a gradient of 2. With respect to itself, its "
    "slope is 1.",
)
class _(Scalar):
    def backward(self):
        self.grad = 2.0
        for value in reversed(self.order()):
            value._backward()


@backward.mistake(
    "the result starts with its data",
    "The result starts with its own number as gradient. With respect to itself, its slope is 1.",
)
class _(Scalar):
    def backward(self):
        self.grad = self.data
        for value in reversed(self.order()):
            value._backward()


@backward.mistake(
    "only the result gets a gradient",
    "The result has its gradient and hands it to nobody: its _backward is not called.",
)
class _(Scalar):
    def backward(self):
        self.grad = 1.0


@backward.mistake(
    "gradients of before are thrown away",
    "Every walk sets all gradients back first. But they are asked to add up over several results: setting back is the "
    "caller's decision (zero_grad).",
)
class _(Scalar):
    def backward(self):
        order = self.order()
        for value in order:
            value.grad = 0.0
        self.grad = 1.0
        for value in reversed(order):
            value._backward()


def _with_memory():
    kept = {}

    class Keeping(Scalar):
        def order(self):
            kept.update((id(value), value) for value in super().order())
            return list(kept.values())

    return Keeping


backward.mistake(
    "graphs of before are walked again",
    "The second walk also goes through the values of the first result, which hand on their gradients a second time. "
    "The order has to be built anew from self. (A list as a default argument, or one that belongs to the class, is "
    "kept from call to call.)",
)(_with_memory())


@backward.mistake(
    f"{slips.SIGN}: the walk starts with -1",
    "All gradients have the wrong sign: the result starts with -1. With respect to itself, its slope is 1.",
)
class _(Scalar):
    def backward(self):
        self.grad = -1.0
        for value in reversed(self.order()):
            value._backward()

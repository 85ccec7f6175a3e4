"""The mistakes that every operation of Value may have, and how to register them."""

from grader.checks import slips
from grader.checks.part0_micrograd.scalar import Scalar

LEFT, RIGHT, BOTH = (0,), (1,), (0, 1)
SIDES = {LEFT: " left of", RIGHT: " right of", BOTH: ""}


def spoilt(op, share, places=BOTH):
    """A Scalar whose operation `op` (or one of several; None: every one) hands on share(before, slope, grad)."""

    class Spoilt(Scalar):
        def share(self, before, slope, place):
            if (op in (None, self._op) or (isinstance(op, tuple) and self._op in op)) and place in places:
                return share(before, slope, self.grad)
            return super().share(before, slope, place)

    return Spoilt


def overwrites(check, op, places=BOTH):
    """Register the `=` for `+=` of one operation, of several, or of all."""
    what = " or ".join(op) if isinstance(op, tuple) else op or "an operation"
    where = f": {' and '.join(op) if isinstance(op, tuple) else op}" if op else ""
    check.mistake(
        f"{slips.OVERWRITTEN}{where}{SIDES[places] if op in ('+', '*') else ''}",
        f"What {what} hands on takes the place of what stood in the grad of its operand before, so of "
        "a value that is used several times only one use is left. A nudge reaches the result through all of them, "
        "and the effects add up. How would you write down that something is added to a gradient?",
    )(spoilt(op, lambda before, slope, grad: slope * grad, places))


HANDED_ON = {
    slips.IGNORED: (
        lambda before, slope, grad: before + slope,
        "What is added to the gradient is the local slope alone. " + slips.ignored("out.grad"),
    ),
    slips.LOCAL_MISSING: (
        lambda before, slope, grad: before + grad,
        slips.local_missing("its slope is in the table of section 2"),
    ),
    slips.SIGN: (
        lambda before, slope, grad: before - slope * grad,
        "What is handed on has the right size and the wrong sign: it is taken away where it should be added.",
    ),
    "nothing is handed on": (
        lambda before, slope, grad: before,
        "An operand gets no gradient. If `_backward` is defined: is it stored in the new Value, under the right name?",
    ),
    "twice the share": (
        lambda before, slope, grad: before + 2 * slope * grad,
        "An operand gets twice what it should get. Is its share added twice?",
    ),
    "half the share": (
        lambda before, slope, grad: before + slope * grad / 2,
        "An operand gets half of what it should get.",
    ),
    "divided by the incoming gradient": (
        lambda before, slope, grad: before + slope / grad,
        "The local slope is divided by the gradient of the result. The chain rule multiplies the two.",
    ),
}


def handed_on_wrongly(check, op, places=BOTH):
    """Register what can go wrong in handing on a gradient, whatever the slope is."""
    for name, (share, advice) in HANDED_ON.items():
        if op != "+" or name not in (slips.LOCAL_MISSING, "divided by the incoming gradient"):
            side = SIDES[places] if op in ("+", "*") else ""
            check.mistake(f"{name}: {op}{side}", f"In `{op}`: {advice}")(spoilt(op, share, places))


def forgets_incoming(check, *ops):
    """Register for each of `ops` (one, several or None: all) that it hands on the local slope alone."""
    share, advice = HANDED_ON[slips.IGNORED]
    for op in ops:
        label = "every operation" if op is None else " and ".join(op) if isinstance(op, tuple) else op
        check.mistake(f"{slips.IGNORED}: {label}", f"In {label}: {advice}")(spoilt(op, share))


RESULTS = {
    "the result is doubled": (lambda out: out * 2, "The result is twice what it should be."),
    "the result is halved": (lambda out: out * 0.5, "The result is half of what it should be."),
    "the result has the wrong sign": (lambda out: out * -1, "The result has the right size and the wrong sign."),
    "the result is zero": (lambda out: out * 0, "The result is 0, whatever the operands are."),
}


def wrong_results(check, op):
    """Register what can go wrong with the result of an operation that makes a Value of its own."""
    for name, (change, advice) in RESULTS.items():
        wrong_node(check, op, name, advice, lambda self, out, change=change: change(out))
    text = "It is a number and no Value, so it can't remember what it was made from. Make a new Value of it."
    wrong_node(check, op, "the result is a plain number", text, lambda self, out: out.data)
    text = "The result is right, but from it there is no way back to the operands by way of _prev."
    wrong_node(check, op, "the children are not recorded", text, forget_children)


def wrong_operators(check, label, method, names=tuple(RESULTS)):
    """Register the same for an operator that is made from others."""
    for name in names:
        change, advice = RESULTS[name]

        def changed(self, *others, change=change):
            return change(getattr(Scalar, method)(self, *others))

        check.mistake(f"{name}: {label}", f"In `{label}`: {advice}")(type("Changed", (Scalar,), {method: changed}))


def forget_children(self, out):
    """A result without its children."""
    out._prev = ()
    return out


def wrong_node(check, op, name, advice, change):
    """Register what comes when `change` is done to the results of one operation."""

    class Changed(Scalar):
        def node(self, made_by, data, *slopes):
            out = super().node(made_by, data, *slopes)
            return change(self, out) if made_by == op else out

    check.mistake(f"{name}: {op}", f"In `{op}`: {advice}")(Changed)


def wrong_slope(check, op, name, advice, slope):
    """Register a slope(x, y) of an operation y = op(x) that is not its slope."""

    def change(self, out):
        out._slopes = ((self, slope(self.data, out.data)),)
        return out

    wrong_node(check, op, name, advice, change)


def wrong_function(check, op, name, advice, function, slope):
    """Register a function(x) in the place of op(x), with the slope(x, y) that one would then hand on."""

    def change(self, out):
        out.data = function(self.data)
        out._slopes = ((self, slope(self.data, out.data)),)
        return out

    wrong_node(check, op, name, advice, change)

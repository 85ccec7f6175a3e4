"""Mistakes that several exercises of part 3 share, registered by functions."""

from torch import nn

from grader.checks import slips
from reference import part3_activations as reference


def off_by_a_factor(check, sign=True):
    """Register answers made of floats that are too large, too small or negative."""
    factors = {"twice as large": 2.0, "half as large": 0.5}
    advice = "The answer is {} as it should be: a factor has slipped in."
    original = getattr(reference, check.exercise)
    for name, factor in factors.items():
        check.mistake(name, advice.format(name))(lambda *given, f=factor, **options: f * original(*given, **options))
    check.mistake("zero", "The answer is zero, whatever comes in.")(lambda *given, **options: 0.0)
    if sign:
        check.mistake(slips.SIGN, "The answer has the right size and the opposite sign.")(
            lambda *given, **options: -original(*given, **options)
        )


def cut_off(check):
    """Register a layer whose output has no graph: that which is returned, or that which is kept as well."""
    original = getattr(reference, check.exercise)
    method = "forward" if issubclass(original, nn.Module) else "__call__"
    advice = (
        "The output has the right values, but nothing leads back from it, so no gradient gets through. Was something "
        "detached, or computed under no_grad?"
    )

    def returned(self, x):
        return getattr(original, method)(self, x).detach()

    def kept(self, x):
        self.out = returned(self, x)
        return self.out

    check.mistake("the graph is cut off", advice)(replaced(original, **{method: returned}))
    if method == "__call__":
        check.mistake("the graph is cut off: in the layer", advice)(replaced(original, __call__=kept))


def lost(check, original, names):
    """Register one mistake for each attribute that a layer lacks: never stored, or spelt otherwise."""

    def without(name):
        def create(self, *arguments, **options):
            original.__init__(self, *arguments, **options)
            delattr(self, name)

        return replaced(original, __init__=create)

    for name in names:
        check.mistake(
            f"self.{name} does not exist",
            f"The layer has no attribute {name}. Is it stored in __init__, and is it spelt alike everywhere?",
        )(without(name))


def replaced(original, **methods):
    """A layer of the same name with other methods."""
    return type(original.__name__, (original,), methods)

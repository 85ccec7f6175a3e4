"""How an author declares a picture: a probe that computes, its inputs, and how its values are drawn.

    @picture(needs=("Linear", "Tanh"))
    def activations(m, given):
        '''Activations: the spread should be alike in all layers

        What is healthy, what is not, in two lines.
        '''
        return {"h": m.Tanh()(m.Linear(30, 100)(given.x))}

    @activations.inputs
    def _(rng, words):
        return {"x": torch.randn(200, 30, generator=rng)}

    @activations.draw
    def _(values, given):
        figure, (axes,) = style.panels(1)
        axes.hist(values.numbers("h", 200, 100).ravel())
        return figure

As in a check (`check.py`), the probe travels to the student's process as source, and only values come back.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(eq=False)
class Picture:
    """One picture as its author wrote it."""

    probe: Callable[[Any, Any], Any]
    needs: tuple[str, ...]
    make_inputs: Callable[[Any, list[str]], dict[str, Any]] = lambda rng, words: {}
    make_figure: Callable[[Any, Any], Any] | None = None

    @property
    def name(self) -> str:
        """What it is asked for by, and what its file is called."""
        return self.probe.__name__

    @property
    def title(self) -> str:
        """The first line of the probe's docstring: what is seen, and what to look for."""
        return inspect.cleandoc(self.probe.__doc__ or self.name).split("\n")[0]

    @property
    def caption(self) -> str:
        """The rest of it as one line: how to tell a healthy network from one that is not."""
        return " ".join(inspect.cleandoc(self.probe.__doc__ or "").partition("\n")[2].split())

    def inputs(self, make: Any) -> Any:
        """Register the input maker: `make(rng, words)` returns a dict of values; words is the names in use."""
        self.make_inputs = make
        return make

    def draw(self, make: Any) -> Any:
        """Register `make(values, given)`, which returns a matplotlib Figure.

        values: what came from the student's process, a `pictures.values.Values`, never to be trusted; given: the
        inputs as they were made here.
        """
        self.make_figure = make
        return make


def picture(needs: tuple[str, ...]) -> Callable[[Callable[[Any, Any], Any]], Picture]:
    """Make the decorated function the probe of a picture.

    needs: the names of the exercises that the probe uses.
    """
    return lambda probe: Picture(probe, needs)

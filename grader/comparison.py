"""One value beside the one that was expected. Apart from the judge, so that who reads reports needs no torch."""

import msgspec


class Comparison(msgspec.Struct, frozen=True):
    """One value that was expected, beside what came."""

    label: str
    case: int
    fault: str | None
    """None where it is right, else `missing`, `type`, `shape`, `dtype`, `finite` or `values`."""
    asked: str
    came: str
    entries: int = 0
    wrong: int = 0
    """How many entries are off by more than the allowance."""
    maxdiff: float | None = None
    allowed: float | None = None
    worst: list[int] = []
    expected: float | None = None
    got: float | None = None
    exact: bool = False
    approximate: bool = False

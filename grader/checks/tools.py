"""Plain functions for probes. They travel with the probe that imports them, so they use nothing but each other."""


def by_name(values, *names):
    """The values of an answer by name: one too few is missing then, one too many has a number."""
    came = values if isinstance(values, (tuple, list)) else (values,)
    return dict(zip([*names, *range(len(names), len(came))], came, strict=False))

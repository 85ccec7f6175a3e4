"""The one exception that means: what was asked for can't be done, and here is how to mend it."""


class UsageError(Exception):
    """Bad input or set-up: names the thing, the fault and the fix. The command exits with 2."""

"""What has been run in the kernel so far. On the kernel's side, and nothing but IPython is asked."""

import linecache
from typing import Any

from grader.cells import whole


def ran(shell: Any) -> list[tuple[int, str]]:
    """The inputs that were run, with their numbers.

    They are taken from IPython's own list: a notebook may have put something else under the name `In`.
    """
    sources = enumerate(map(str, shell.history_manager.input_hist_raw))
    return [(number, whole(source)) for number, source in sources if source.strip()]


def places(shell: Any) -> dict[str, str]:
    """`In [5]`, by the file name under which that input's code was compiled.

    Kernels make these names in different ways, but all give linecache the text, for tracebacks. An input that was
    run again stands under its last number.
    """
    inputs = enumerate(map(str, shell.history_manager.input_hist_parsed))
    numbers = {tuple(text.splitlines()): number for number, text in inputs}
    lengths, found = {*map(len, numbers)}, {}
    for name, entry in list(linecache.cache.items()):
        # Of a file that has not been read yet there is no text, and most have more lines than any cell.
        if len(entry) == 4 and len(entry[2]) in lengths:
            number = numbers.get(tuple(line.rstrip("\n") for line in entry[2]))
            if number:
                found[name] = place(number)
    return found


def place(number: int) -> str:
    """An input as a reader finds it."""
    return f"In [{number}]"

"""The two sides of a pair as they are read: a .py by jupytext, a notebook as JSON, and what has to agree of them."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader import cells
from grader.errors import UsageError

FORMATS = "ipynb,py:percent"
"""What tells a JupyterLab that has jupytext to keep the two in step by itself."""
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
OTHER_ENDS = re.compile("[\v\f\x1c-\x1e\x85\u2028\u2029]")
"""Where str.splitlines ends a line, and Python and the grader don't."""
Cell = dict[str, Any]
Key = tuple[str, str]
"""What has to agree of a cell: its type, and its text without the space at its end."""


@dataclass(frozen=True)
class Script:
    """A .py as jupytext reads it."""

    path: Path
    text: str
    head: dict[str, Any]
    cells: list[Cell]


@dataclass(frozen=True)
class Notebook:
    """An .ipynb as JSON: what is not known here stays as it is."""

    path: Path
    json: dict[str, Any]

    @property
    def cells(self) -> list[Cell]:
        """Its cells. Their source may be a list of lines."""
        return list(self.json["cells"])


def read_script(path: Path, content: bytes) -> Script:
    """The .py. Raises UsageError where jupytext would read something else than is written there."""
    cells.parse(content, path, path.stem)  # refuses what is too large or not UTF-8
    text = content.decode()
    end = OTHER_ENDS.search(text)
    if end:
        line = lines_of(text[: end.start()]).count("\n") + 1
        raise UsageError(f"{path}, line {line}: jupytext would end the line at {end[0]!r}. Take it out of there.")
    read = converted(path, lambda jupytext: jupytext.reads(lines_of(text.removeprefix("\ufeff")), fmt="py:percent"))
    form = read.metadata.get("jupytext", {}).get("text_representation", {}).get("format_name")
    if form != "percent":
        raise UsageError(f"{path} calls itself {form} in its head. Write `format_name: percent` there.")
    made = [{"cell_type": c.cell_type, "metadata": dict(c.metadata), "source": c.source} for c in read.cells]
    return Script(path, text, dict(read.metadata), made)


def read_notebook(path: Path, content: bytes) -> Notebook:
    """The notebook. Raises UsageError where it is none, or not of version 4."""
    try:
        found = json.loads(content.decode("utf-8-sig"))
        metadata, minor = found.setdefault("metadata", {}), found["nbformat_minor"]
        sound = found["nbformat"] == 4 and isinstance(minor, int)
        sound &= isinstance(metadata, dict) and isinstance(found["cells"], list)
        for cell in found["cells"]:
            sound &= isinstance(cell.setdefault("metadata", {}), dict) and isinstance(cell["source"], str | list)
            sound &= key_of(cell)[0] in ("code", "markdown", "raw")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        sound = False
    if not sound:
        raise UsageError(
            f"{path} is not a Jupyter notebook (version 4 JSON). Open it in Jupyter and save it; or move it away, and "
            f"a new one is made from the .py."
        )
    return Notebook(path, found)


def converted(path: Path, call: Callable[[Any], Any]) -> Any:
    """What `call` makes of a file with jupytext, which it is given. Raises UsageError where that fails."""
    try:
        import jupytext
    except ImportError:
        raise UsageError("jupytext is not installed: pip install jupytext.") from None
    try:
        return call(jupytext)
    except Exception as error:  # jupytext, PyYAML and nbformat raise what they like on a spoilt head
        why = str(error).partition("\n")[0]
        raise UsageError(
            f"jupytext can't convert {path}: {type(error).__name__}, {why}. Mend its head, from `# ---` to `# ---`: "
            f"the exercise as shipped has a sound one."
        ) from None


def lines_of(text: str) -> str:
    """The text with its lines ended as Python ends them."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def source_of(cell: Cell) -> str:
    """A cell's text, whatever form a notebook keeps it in."""
    return lines_of("".join(cell["source"]))


def key_of(cell: Cell) -> Key:
    """What has to agree of a cell."""
    return cell["cell_type"], source_of(cell).rstrip()


def keys_of(made: Iterable[Cell]) -> list[Key]:
    """Of all cells but the blank ones: Jupyter adds one whenever the last cell is run."""
    return [key for key in map(key_of, made) if key[1]]


def digest_of(keys: list[Key]) -> str:
    """By which it is known later whether cells have changed."""
    return hashlib.sha256(json.dumps(keys).encode()).hexdigest()


def table(metadata: dict[str, Any], name: str) -> dict[str, Any]:
    """A table in a notebook's metadata; an empty one where something else stands there."""
    found = metadata.get(name)
    return found if isinstance(found, dict) else {}


def synced_of(notebook: Notebook) -> Any:
    """The digest of the cells as they were when last in step."""
    return table(notebook.json["metadata"], "grader").get("synced")


def marked(notebook: Notebook, synced: str) -> bytes:
    """The file of a notebook that says what it is paired with, and what was last in step."""
    had = notebook.json["metadata"]
    metadata = {
        **had,
        "grader": {**table(had, "grader"), "synced": synced},
        "jupytext": {"formats": FORMATS, **table(had, "jupytext")},
        "kernelspec": table(had, "kernelspec") or KERNEL,
    }
    text = json.dumps({**notebook.json, "metadata": metadata}, indent=1, ensure_ascii=False)
    return f"{text}\n".encode("utf-8", "backslashreplace")  # half a character, as JSON escapes it

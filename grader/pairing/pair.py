"""A student's .py and the notebook beside it, brought in step: either can be edited, and nothing is lost.

jupytext converts. What it has made is read again before it replaces anything, by jupytext and as the grader reads it:
what would come out otherwise is refused. Which of the two has changed is told by a digest of the cells as they were
when last in step, kept in the notebook's metadata; no clock is asked. What is replaced is kept in backups/ first.
"""

import warnings
from collections.abc import Iterator
from pathlib import Path

from grader import backups
from grader.errors import UsageError
from grader.pairing.convert import EMPTY, rewritten, updated_notebook
from grader.pairing.sides import Notebook, Script, digest_of, keys_of, marked, read_notebook, read_script, synced_of


def pair(py: Path, chosen: str | None = None) -> list[str]:
    """Bring a .py and the .ipynb beside it in step; what was done, in lines.

    `chosen`, py or notebook, says whose text counts where both have changed. Raises UsageError where they have and it
    is not said, where a file can't be read, written or converted, and without jupytext. Nothing is lost then.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a student's "\\d", and about ids that an old notebook lacks
        return list(_pair(py, py.with_suffix(".ipynb"), chosen))


def _pair(py: Path, ipynb: Path, chosen: str | None) -> Iterator[str]:
    before, before_ipynb = backups.read(py), backups.read(ipynb)
    if before is None:
        lost = f"If it was lost, `grader reset {py.stem.partition('_')[0]}` puts it back as shipped."
        raise UsageError(f"There is no file {py}. {lost}")
    if before_ipynb is None and chosen == "notebook":
        raise UsageError(f"There is no file {ipynb} yet. Leave out --from, and it is made.")
    script, notebook, source = read_script(py, before), Notebook(ipynb, EMPTY), "py"
    if before_ipynb is not None:
        try:
            notebook = read_notebook(ipynb, before_ipynb)
        except UsageError:
            if chosen != "py":  # else it is kept and made anew
                raise
        source = _source_of_truth(script, notebook, chosen)
    if source == "py":
        notebook = updated_notebook(notebook, script)
        yield f"written   {ipynb} from {py}"
    elif source == "notebook":
        script = rewritten(script, notebook)
        yield f"written   {py} from {ipynb}"
    else:
        yield f"in step   {py} and {ipynb}"
    after = script.text.encode() if source == "notebook" else before
    synced = digest_of(keys_of(script.cells))
    after_ipynb = marked(notebook, synced) if source or synced_of(notebook) != synced else before_ipynb
    for kept in backups.replace([(py, before, after), (ipynb, before_ipynb, after_ipynb)]):
        yield f"kept      {kept}"
    if before_ipynb not in (None, after_ipynb):
        yield f"Is {ipynb.name} open in Jupyter? Then reload it from disk there."


def _source_of_truth(script: Script, notebook: Notebook, chosen: str | None) -> str:
    """The side that the other one is to follow; none where they agree. Raises UsageError where it can't be told."""
    ours, theirs = keys_of(script.cells), keys_of(notebook.cells)
    if ours == theirs:
        return ""
    if chosen:
        return chosen
    if synced_of(notebook) == digest_of(theirs):
        return "py"
    if synced_of(notebook) == digest_of(ours):
        return "notebook"
    raise UsageError(
        f"{script.path} and {notebook.path} differ, and both have changed since they were last in step, or they never "
        f"were. Say whose text counts: `--from py` or `--from notebook`. The other file is kept in "
        f"{script.path.parent / backups.FOLDER} as it is now."
    )

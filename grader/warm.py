"""Import torch the quick way."""

import gc
import sys

from grader.errors import UsageError


def import_torch(students: bool = False) -> None:
    """Import torch with the garbage collector held, and keep what came out of its sight.

    Nothing of torch is garbage before the process ends. Unfrozen, its 200,000 objects are traversed
    again and again while they are made, in every fork, and at exit, where it takes a third as long as
    the import itself. students: a student's process is wanted next; where it is spawned, it begins now, and imports
    torch at the same time. Raises UsageError where it can't be imported, for whatever reason.
    """
    if students and sys.platform != "linux":
        from grader import spawning

        spawning.begin()
    gc.disable()
    try:
        import torch  # noqa: F401
    except Exception as error:
        what = f"torch can't be imported: {type(error).__name__}: {error}"
        raise UsageError(f"{what}. `grader doctor` looks at your set-up.") from None
    finally:
        gc.freeze()
        gc.enable()

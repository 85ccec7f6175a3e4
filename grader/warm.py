"""Import torch the quick way."""

import gc


def import_torch() -> None:
    """Import torch with the garbage collector held, and keep what came out of its sight.

    Nothing of torch is garbage before the process ends. Unfrozen, its 200,000 objects are traversed
    again and again while they are made, in every fork, and at exit, where it takes a third as long as
    the import itself.
    """
    gc.disable()
    try:
        import torch  # noqa: F401
    finally:
        gc.freeze()
        gc.enable()

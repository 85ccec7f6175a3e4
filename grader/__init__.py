"""The grader of the exercises. Start reading at pipeline.py."""


def load_ipython_extension(shell: object) -> None:
    """`%load_ext grader` in a notebook: see kernel/extension.py."""
    from grader.kernel import extension

    extension.load(shell)


def unload_ipython_extension(shell: object) -> None:
    """Undo it."""
    from grader.kernel import extension

    extension.unload(shell)

"""A part as an nbgrader assignment: release it, and grade what comes back without a kernel.

`source.py` makes the source notebook, `release.py` a course of it, which `leaks.py` looks through; `autograde.py`
holds what nbgrader runs in the place of its own Execute. nbgrader keeps the rest: gradebook, formgrader, feedback.
"""

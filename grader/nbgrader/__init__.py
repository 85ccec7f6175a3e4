"""A part as an nbgrader assignment: release it, and grade what comes back without a kernel.

`source.py` makes the source notebook, `release.py` a course of it, which `leaks.py` looks through. `restore.py` and
`autograde.py` hold what nbgrader runs in the place of its own steps; gradebook, formgrader and feedback stay its own.
"""

"""A student's .py and the notebook beside it: see pair.py."""

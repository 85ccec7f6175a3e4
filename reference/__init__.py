"""Trusted implementations of the exercises, under the same names, by other means than the solutions."""

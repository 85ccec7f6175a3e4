"""Gradescope: the autograder bundle, and what runs of it there."""

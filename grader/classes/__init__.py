"""Whole classes: find the submissions, grade each in a sandbox, keep what came of it, show it."""

"""Timed training checks: what a student has written is trained by a harness of ours.

The order of the data, the seeds, the clock and the judgement are the grader's. The student's process makes the steps
it is told to make, on examples whose characters have been renumbered by a secret permutation, and answers with logits
for inputs whose labels it never saw. `grade.py` is the whole way; `recipe.py` is what an author writes.
"""

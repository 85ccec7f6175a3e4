"""Micrograd: an autograd engine over scalars

Sections in the order of the exercises: the slope by nudging (s1), the operations of Value (s2a, s2b, s2c), its walk
back (s3a) and random expressions (s3b), neurons and layers (s4), networks (s5), training (s6), and Value once more
on a graph that is too deep for recursion (s7). `look.py` is how the probes look at a Value; `scalar.py` is a Value in
which one thing can be spoilt, for the known mistakes; `programs.py` draws random expressions.
"""

FORBIDS = ("autograd",)

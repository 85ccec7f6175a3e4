"""RNN: why recurrent networks are hard to train

Sections in the order of the exercises: the cell and its loop (s1), a model of names (s2), backwards
through time, by hand and cut short (s3a, s3b), how gradients fade and grow (s4), training (s5a, s5b), and
gates (s6). `inputs.py` draws sequences and models; `probes.py` holds what several probes use.
"""

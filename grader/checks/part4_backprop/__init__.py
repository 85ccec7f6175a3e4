"""Backprop ninja: every gradient by hand

Sections in the order of the exercises: the loss (s1a, s1b), the last layer (s2), BatchNorm (s3a,
s3b), the first layer and the embedding (s4), all of it chained (s5), in one go (s6), in training
(s7), other layers (s8), and the variance of a batch (s9). `inputs.py` draws the networks and the
incoming gradients; `slips.py` holds the mistakes that many gradients share.
"""

FORBIDS = ("autograd",)

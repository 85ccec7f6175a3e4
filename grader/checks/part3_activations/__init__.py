"""Activations, gradients, BatchNorm

Sections in the order of the exercises: the first loss (s1), initial weights (s2a to s2e), saturation (s3),
BatchNorm as functions (s4a to s4c), layers (s5a to s5f), the useless bias (s6), the instruments (s7a to s7c), and
ResNet's block (s8a, s8b). `probing.py` holds what probes share, `measures.py` the bands of random weights,
`variants.py` the layers that mistakes are made of, and `usual.py` mistakes that several exercises share.
"""

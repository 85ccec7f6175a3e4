"""WaveNet: deeper, and convolutions

Sections in the order of the exercises: the layers (s1a to s1d), BatchNorm (s2a to s2d), the model (s3a to s3d),
convolutions (s4a to s4c), the block of the WaveNet paper (s5a, s5b), the tree slid along a sequence (s6a, s6b), and
reading a training run (s7). `handling.py` holds what the probes do with a layer, and the mistakes that many
exercises share; `norms.py` the inputs and a plain version of BatchNorm.
"""

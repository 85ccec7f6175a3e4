"""MLP: embeddings, splits, learning rate

In the order of the exercises: the data (s1a, s1b), the embedding (s2a, s2b), the network and its loss (s3a, s3b),
training (s4a, s4b), the learning rate (s5a, s5b), and the loss over a split (s6). `inputs.py` draws networks,
examples and words.
"""

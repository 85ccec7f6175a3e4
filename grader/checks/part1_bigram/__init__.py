"""Bigrams: count them, then learn them

Sections in the order of the exercises: vocabulary and counts (s1), broadcasting (s2), probabilities (s3), sampling
(s4), likelihood (s5), training examples (s6), softmax (s7), the loss of the network (s8), and one step of gradient
descent (s9). `inputs.py` draws words, vocabularies and pairs.
"""

# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: -all
#     notebook_metadata_filter: -jupytext.text_representation.jupytext_version
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Part 6: GPT, from attention up
#
# In this part you build a GPT: a network that reads characters and predicts the next one, where
# every position can look back at all the positions before it and decide for itself what it wants
# from them. It follows Andrej Karpathy's lecture *Let's build GPT: from scratch, in code, spelled
# out*; you can do it without having seen the lecture.
#
# **Why.** The networks of the earlier parts squeeze the context through fixed weights: the third
# character back always meets the same column of numbers, whatever it is. Here the *data* decide
# who listens to whom. That one idea, attention, repeated in depth and with a few precautions that
# keep a deep network trainable, is what the large language models are made of. They are larger
# than yours; they are not different in kind.
#
# **How to work.** Each exercise is one function or one class, in one cell. Replace the lines that
# raise `NotImplementedError`, then ask for a verdict:
#
# - `grader run part6` checks everything you have written so far;
# - `grader run part6.attention` checks one exercise;
# - `grader hint part6.attention` gives a hint; there are three, from the idea to the line in words.
#
# **Conventions of this part.**
#
# - Batches have the shape (B, T, C): `B` sequences that know nothing of each other, `T` positions
#   in time, `C` numbers (*channels*) for each position. No size may be written as a number, and
#   no class may use global variables: every size comes in through the constructor.
# - The classes are subclasses of `torch.nn.Module`. `nn.Linear`, `nn.Embedding`, `nn.ModuleList`,
#   `nn.Sequential` and `nn.ReLU` are there to be used. `Dropout`, `LayerNorm` and `attention`
#   are to be written from scratch: what torch has ready for them is refused in these exercises.
# - Each docstring fixes the names of the attributes that hold parameters, because the checks put
#   numbers of their own into your layers, by name. Leave initial values to the layers.
# - Put experiments under `if __name__ == "__main__":`, as in the last cell. They run in the
#   notebook and with `python exercises/part6_gpt.py`, and not while you are graded.
#
# **A word on `nn.Module`**, if it is new to you. A module is a layer that may hold other layers.
# What you assign to `self.something` in `__init__` is registered, if it is a module or an
# `nn.Parameter`: then `model.parameters()` finds it, however deep it sits. Calling the module,
# `layer(x)`, runs its `forward(x)`. `model.train()` and `model.eval()` set the flag
# `self.training` of the module and of everything in it; a new module is in training mode. A plain
# Python list hides the layers in it; `nn.ModuleList` does not.

# %%
import math

import torch
from torch import nn
from torch.nn import functional as F

# %% [markdown]
# ## 1. Text as numbers
#
# The model reads one long text, character by character. In the experiments below it is the list
# of names, written in one line with a `.` between them: `.emma.olivia.ava.` and so on. The
# network does not know that this is a list; it is text in which dots turn up now and then.

# %% [markdown]
# ### CharTokenizer
#
# A tokenizer turns text into numbers and back. This one is the plainest there is: every character
# is a token. The vocabulary is the set of characters that occur in a text, in sorted order (the
# order in which Python sorts characters), numbered from 0. For the text `"hello"` it is
# `e h l o`, so `"hole"` becomes `[1, 3, 2, 0]`.
#
# There is a trade-off here. With characters, the vocabulary is small (27 for the names, 50,257
# for GPT-2, whose tokens are pieces of words) and the sequences are long. The model does not care:
# it sees whole numbers.

# %%
class CharTokenizer:
    """Characters to numbers and back; the vocabulary is that of a text.

    text         a str; its characters, sorted, are numbered from 0
    Attributes   vocab_size, an int; stoi, a dict from character to number; itos, the other way
    Example: CharTokenizer("hello") has vocab_size 4; it encodes "hole" as [1, 3, 2, 0], and
    decodes [2, 3] as "lo".
    """

    def __init__(self, text):
        ### BEGIN SOLUTION
        characters = sorted(set(text))
        self.vocab_size = len(characters)
        self.stoi = {character: i for i, character in enumerate(characters)}
        self.itos = dict(enumerate(characters))
        ### END SOLUTION

    def encode(self, text):
        """The numbers of a text's characters, a list of ints."""
        ### BEGIN SOLUTION
        return [self.stoi[character] for character in text]
        ### END SOLUTION

    def decode(self, numbers):
        """The text, a str, of a list of ints."""
        ### BEGIN SOLUTION
        return "".join(self.itos[i] for i in numbers)
        ### END SOLUTION


# %% [markdown]
# ### get_batch
#
# The whole text is one tensor of numbers. A transformer is trained on pieces of it, `block_size`
# long: the longest context that it will ever see. Take the text `.emma.` and `block_size` 4. The
# piece from the first position on is `.emm`, and what is to be predicted is the same piece one
# step later, `emma`:
#
# ```text
# position     0  1  2  3
# x            .  e  m  m
# y            e  m  m  a
# ```
#
# Each position is an example of its own: after `.` comes `e`; after `.e` comes `m`; after `.em`
# comes `m`; after `.emm` comes `a`. So one piece holds `block_size` examples, with contexts of
# every length from 1 to `block_size`. That is efficient, and it is useful: the model learns to
# go on from a single character as well as from a full context, and sampling starts from one.
#
# A batch stacks `batch_size` pieces from random places. Not every place will do: where may a
# piece begin, if its last target must still be inside the text? In `.emma.` (6 numbers) with
# `block_size` 4 there are two such places, 0 and 1. All of them must be equally likely.
#
# So that your numbers can be compared with ours, draw the places in one go, in exactly this way:
# `torch.randint(0, places, (batch_size,), generator=generator)`, where `places` is how many there
# are.

# %%
def get_batch(data, block_size, batch_size, generator):
    """A batch of random pieces of the data, and the same pieces one step later.

    data         (N,) int64
    block_size   the length of a piece, an int smaller than N
    batch_size   the number of pieces, an int
    generator    a torch.Generator, for torch.randint
    Returns      (x, y), both (batch_size, block_size) int64: y[b, t] follows x[b, t] in the data
    Example: from data = [5, 6, 7, 8] with block_size 3 there is one place to begin, so every row
    of x is [5, 6, 7] and every row of y is [6, 7, 8].
    """
    ### BEGIN SOLUTION
    starts = torch.randint(0, len(data) - block_size, (batch_size,), generator=generator)
    pieces = torch.stack([data[i : i + block_size + 1] for i in starts])  # with the last target
    return pieces[:, :-1], pieces[:, 1:]
    ### END SOLUTION


# %% [markdown]
# ## 2. Averaging the past, three ways
#
# Suppose every position holds a vector of `C` numbers. How can a position learn something from
# those before it? The crudest way is to take the average of all vectors up to and including its
# own. It forgets the order and treats all alike, but it lets information flow, and only from the
# past: position 2 must not see position 3, because that is what it is going to predict.
#
# With `T` = 3 and one channel:
#
# ```text
# x = [2, 4, 9]        out = [2, (2 + 4) / 2, (2 + 4 + 9) / 3] = [2, 3, 5]
# ```
#
# You write this average three times. The results are equal; each version is a step towards
# attention. So each is to be made in its own way, and torch's running sum, `cumsum`, is refused in
# all three.

# %% [markdown]
# ### average_past_loop
#
# First with loops, so that there is no doubt about what is meant: for each position, the mean of
# the rows up to it. A loop over the positions is enough, since whole batches can be sliced at
# once; a second loop over the batch is welcome if it makes things clearer. Matrix products,
# triangles and softmax belong to the next two exercises, and are refused in this one.

# %%
def average_past_loop(x):
    """The average of each position and all before it, position by position.

    x            (B, T, C)
    Returns      (B, T, C), dtype of x: out[b, t] is the mean of x[b, 0] ... x[b, t]
    Example: x = [[[2], [4], [9]]] gives [[[2], [3], [5]]].
    """
    ### BEGIN SOLUTION
    means = [x[:, : t + 1].mean(1) for t in range(x.shape[1])]  # T times (B, C)
    return torch.stack(means, 1)
    ### END SOLUTION


# %% [markdown]
# ### average_past_matmul
#
# A weighted sum of rows is a matrix product. Put the weights of position `t` in row `t` of a
# (T, T) matrix, and all averages come out at once:
#
# $$\begin{pmatrix} 1 & 0 & 0 \\ \tfrac12 & \tfrac12 & 0 \\ \tfrac13 & \tfrac13 & \tfrac13
#   \end{pmatrix} \begin{pmatrix} 2 \\ 4 \\ 9 \end{pmatrix} =
#   \begin{pmatrix} 2 \\ 3 \\ 5 \end{pmatrix}$$
#
# The matrix is triangular: the zeros above the diagonal are the future. To make it, take a matrix
# of ones, keep its lower triangle (`torch.tril`), and divide each row by its sum.
#
# A (T, T) matrix times a (B, T, C) tensor is a product for each sequence of the batch: `@` works
# on the last two dimensions and repeats the matrix over the others.
#
# The checks look for the product. `mean` and softmax are refused here.

# %%
def average_past_matmul(x):
    """The same averages, by one matrix product with triangular weights.

    x            (B, T, C)
    Returns      (B, T, C), dtype of x: out[b, t] is the mean of x[b, 0] ... x[b, t]
    Example: x = [[[2], [4], [9]]] gives [[[2], [3], [5]]].
    """
    ### BEGIN SOLUTION
    T = x.shape[1]
    ones = torch.tril(torch.ones(T, T))
    return (ones / ones.sum(1, keepdim=True)) @ x  # (T, T) @ (B, T, C)
    ### END SOLUTION


# %% [markdown]
# ### average_past_softmax
#
# Rows that are positive and sum to 1: that is what a softmax makes. So start from *scores*, one
# for each pair of positions, and let a softmax turn each row of scores into weights. Where all
# scores are 0, all weights are equal. And where a score is $-\infty$, the weight is
# $e^{-\infty} = 0$:
#
# ```text
# scores       [[0, -inf, -inf],       softmax of     [[ 1,   0,   0 ],
#               [0,    0, -inf],       each row        [1/2, 1/2,  0 ],
#               [0,    0,    0]]                       [1/3, 1/3, 1/3]]
# ```
#
# Why take this detour? Because the scores need not be 0. They say how interesting position `s` is
# for position `t`, and once they come from the data, the average becomes one that the network
# chooses. The mask stays what it is: the future is never interesting, however high its score.
#
# Mind the order: mask first, softmax second. And mask with $-\infty$, not with 0: $e^0 = 1$ is as
# good a vote as any other.
#
# The checks look for the softmax, or for the exponential in it. `mean` is refused here.

# %%
def average_past_softmax(x):
    """The same averages, with weights from a softmax of masked scores that are all 0.

    x            (B, T, C)
    Returns      (B, T, C), dtype of x: out[b, t] is the mean of x[b, 0] ... x[b, t]
    Example: x = [[[2], [4], [9]]] gives [[[2], [3], [5]]].
    """
    ### BEGIN SOLUTION
    T = x.shape[1]
    past = torch.tril(torch.ones(T, T))
    scores = torch.zeros(T, T).masked_fill(past == 0, float("-inf"))
    return torch.softmax(scores, -1) @ x
    ### END SOLUTION


# %% [markdown]
# ## 3. Attention
#
# Now let the data choose the weights. Each position sends out three vectors of `head_size` numbers
# each, all of them linear functions of what it holds:
#
# - a **query**: what am I looking for?
# - a **key**: what do I have to offer?
# - a **value**: what do I say, if someone listens to me?
#
# The score of position `s` for position `t` is the dot product of the query of `t` with the key of
# `s`. If they point the same way, it is large. A softmax over `s` turns the scores into weights,
# and the output at `t` is the average of the values with these weights:
#
# $$\text{out} = \text{softmax}\!\left(\frac{Q K^\top}{\sqrt{d}}\right) V
#   \qquad d = \text{head\_size}$$
#
# A vowel may look for consonants, say, and the first letter of a name for the dot before it. Which
# questions are worth asking is learnt.
#
# **It is communication on a directed graph.** The positions are nodes. An arrow from `s` to `t`
# means that `t` may listen to `s`. Each node collects a weighted sum of what the nodes that point
# to it have to say. In a language model each position listens to itself and to those before it.
# Nothing in the formula asks for that: attention works on any graph, and the mask is where you
# draw it.
#
# **There is no notion of space.** The formula is a sum over `s`, and a sum does not care for order.
# Shuffle the keys together with their values, and every output stays the same. A convolution knows
# what is left and right of it; attention does not. If the position should matter, it has to be in
# the data: that is why section 5 adds a position embedding to each token.
#
# **Sequences of a batch never talk to each other.** With `B` = 4 and `T` = 8 there are 4 graphs of
# 8 nodes, and no arrow between them. They are processed together only because that is fast.
#
# **Why the division by $\sqrt{d}$?** Let the entries of a query and of a key be independent, with
# mean 0 and variance 1. Their dot product is a sum of $d$ products of variance 1 each, so it has
# variance $d$: for a head size of 64 the scores are about $\pm 8$. A softmax of such numbers is
# nearly one-hot:
#
# ```text
# softmax([0, 1, 2])     = [0.09, 0.24, 0.67]
# softmax([0, 8, 16])    = [0.0000001, 0.0003, 0.9997]
# ```
#
# Every position would listen to one other and to nobody else, from the very start. Worse, it could
# hardly learn to do otherwise: the slope of a probability with respect to its own score is
# $p\,(1-p)$, which is 0.22 for $p = 0.67$ but 0.0003 for $p = 0.9997$. The softmax is *saturated*,
# like a tanh far out. Dividing by $\sqrt{d}$ brings the variance back to 1. What counts is the
# number of terms in the dot product, that is, `head_size`, and not the width of the network.
#
# **Self-attention and cross-attention.** If queries, keys and values are all made from the same
# sequence, it is self-attention. If the queries come from one sequence and the keys and values
# from another (a text and its translation, a caption and an image), it is cross-attention. The
# formula is the same.
#
# **Encoder and decoder.** Without the mask every position sees every other one: that suits a text
# that is given as a whole, for instance to be classified or translated, and such a block is called
# an *encoder*. With the triangular mask it is a *decoder*: it can write, because it never needs
# what has not been written yet. The first transformer, made for translation, had both: an encoder
# for the sentence to be translated and a decoder for its translation, with cross-attention from the
# second to the first. A GPT is a decoder alone, since there is nothing to translate.

# %% [markdown]
# ### attention
#
# Write the formula. There may be any number of leading dimensions (none, a batch, a batch and
# several heads), so count dimensions from the end. `k.mT` transposes the last two dimensions of a
# tensor of any shape (so does `k.transpose(-2, -1)`; `k.T` would turn all of them round).
#
# Fill the mask with $-\infty$. A finite number such as -20 or -10,000 hides the future only while
# the scores are well above it, and a score may be any number: below the fill, the future would get
# all of the attention. (-1e9 is far enough below all scores that are met here, and passes.)
#
# A worked example with `T` = 2 and a head size of 4: let the second query be `[1, 1, 1, 1]`, the
# keys all 0 in the first position and all 0.5493 in the second. The scores of the second position
# are 0 and 4 x 0.5493 = 2.1972, divided by $\sqrt 4$: 0 and 1.0986. Their softmax is
# `[0.25, 0.75]`, because $e^{1.0986} = 3$. If the values are all 4 and all 8, the output is
# 0.25 x 4 + 0.75 x 8 = 7 in every channel.

# %%
def attention(q, k, v, causal):
    """Scaled dot-product attention.

    q            (..., T, head_size), the queries
    k, v         (..., S, head_size), keys and values; S is T where causal
    causal       True: position t listens to the positions 0 ... t; False: to all S positions
    Returns      (..., T, head_size), dtype of q
    Example: q = [[0, 0, 0, 0], [1, 1, 1, 1]], k = [[0, 0, 0, 0], [a, a, a, a]] with a = 0.5493 and
    v = [[4, 4, 4, 4], [8, 8, 8, 8]] give, if causal, rows of 4 and of 7; if not, of 6 and of 7.
    """
    ### BEGIN SOLUTION
    scores = q @ k.mT / math.sqrt(q.shape[-1])  # (..., T, S)
    if causal:
        T = q.shape[-2]
        past = torch.tril(torch.ones(T, T))
        scores = scores.masked_fill(past == 0, float("-inf"))
    return torch.softmax(scores, -1) @ v
    ### END SOLUTION


# %% [markdown]
# ### Dropout
#
# Before attention becomes a layer, a small layer that will be used in it. A large network can learn
# its training data by heart. Dropout makes that harder: at every training step each number that
# passes through is set to 0 with probability $p$, at random and independently of the others. No
# unit can rely on one particular other unit being there, and each step in effect trains another,
# thinner network. At the end all of them work together.
#
# Two things to get right.
#
# - *The scale.* With half of the inputs gone, a sum over them is only half as large, and the
#   layers behind would see other sizes in training than later. So the survivors are multiplied
#   by $1 / (1 - p)$: then the expected value is what it was, $(1-p) \cdot \frac{x}{1-p} = x$. With
#   $p = 0.2$, four of five numbers survive and are made 1.25 times as large. (This is the
#   *inverted* form, which torch uses as well; the first papers scaled at test time.)
# - *The mode.* Dropout is for training. In evaluation mode the layer does nothing at all; look at
#   `self.training`.
#
# How you draw the mask is up to you. It is checked over many numbers whether the right share of
# them is dropped, each on its own and anew at each call.

# %%
class Dropout(nn.Module):
    """Sets numbers to 0 with probability p in training; does nothing in evaluation.

    p            the probability to be dropped, 0 <= p < 1
    """

    def __init__(self, p):
        super().__init__()
        ### BEGIN SOLUTION
        self.p = p
        ### END SOLUTION

    def forward(self, x):
        """Any shape in, the same shape out: in training 0 or x / (1 - p), in evaluation x."""
        ### BEGIN SOLUTION
        if not self.training:
            return x
        kept = torch.rand(x.shape) >= self.p
        return x * kept / (1 - self.p)
        ### END SOLUTION


# %% [markdown]
# ### Head
#
# One head of causal self-attention, as a layer. Queries, keys and values are made from the input
# by three linear layers without bias. Then: scores, scaled; mask; softmax; dropout; and the
# weighted sum of the values. Dropout acts on the *weights*: now and then a position is prevented
# from listening to another one.
#
# **The mask is a buffer.** A triangle of ones is part of the layer, but nothing to be learnt. If
# it were a parameter, an optimizer would get hold of it. If it were a plain attribute, it would
# stay behind when the model moves to a GPU with `model.to(...)`. For such things a module has
# *buffers*: `self.register_buffer("tril", ...)` stores a tensor as `self.tril`; it moves with the
# module, and `parameters()` does not list it. (To make the mask afresh in `forward` is right as
# well.)
#
# The input may be shorter than `block_size`: cut the mask to size, `[:T, :T]`.

# %%
class Head(nn.Module):
    """One head of causal self-attention, with dropout on the attention weights.

    n_embd       channels of the input
    head_size    channels of queries, keys, values and of the output
    block_size   the longest sequence
    dropout      the probability to drop an attention weight
    Attributes   key, query, value: nn.Linear without bias; tril: the mask, if stored, a buffer
    """

    def __init__(self, n_embd, head_size, block_size, dropout):
        super().__init__()
        ### BEGIN SOLUTION
        self.key = nn.Linear(n_embd, head_size, bias=False)
        self.query = nn.Linear(n_embd, head_size, bias=False)
        self.value = nn.Linear(n_embd, head_size, bias=False)
        self.register_buffer("tril", torch.tril(torch.ones(block_size, block_size)))
        self.dropout = Dropout(dropout)
        ### END SOLUTION

    def forward(self, x):
        """(B, T, n_embd) to (B, T, head_size), for any T up to block_size."""
        ### BEGIN SOLUTION
        T = x.shape[1]
        q, k, v = self.query(x), self.key(x), self.value(x)  # (B, T, head_size) each
        scores = q @ k.mT / math.sqrt(q.shape[-1])  # (B, T, T)
        scores = scores.masked_fill(self.tril[:T, :T] == 0, float("-inf"))
        weights = self.dropout(torch.softmax(scores, -1))
        return weights @ v
        ### END SOLUTION


# %% [markdown]
# ### CrossAttention
#
# The same with two sequences: queries from `x`, keys and values from `context`, which may have
# another length and another number of channels. There is nothing to be masked: the context is
# given as a whole. (Think of `x` as the translation so far, and of `context` as what an encoder
# has made of the sentence that is to be translated.) No dropout here, to keep it short.
#
# Before you write it, go through the shapes: how many rows and columns does the matrix of scores
# have, and which of the two lengths does the output have?

# %%
class CrossAttention(nn.Module):
    """One head of attention from a sequence to another one, without mask and dropout.

    n_embd       channels of x, which asks
    n_context    channels of the context, which answers
    head_size    channels of queries, keys, values and of the output
    Attributes   key, query, value: nn.Linear without bias
    """

    def __init__(self, n_embd, n_context, head_size):
        super().__init__()
        ### BEGIN SOLUTION
        self.query = nn.Linear(n_embd, head_size, bias=False)
        self.key = nn.Linear(n_context, head_size, bias=False)
        self.value = nn.Linear(n_context, head_size, bias=False)
        ### END SOLUTION

    def forward(self, x, context):
        """x (B, T, n_embd) and context (B, S, n_context) to (B, T, head_size)."""
        ### BEGIN SOLUTION
        return attention(self.query(x), self.key(context), self.value(context), causal=False)
        ### END SOLUTION


# %% [markdown]
# ### MultiHeadAttention
#
# One head can ask one kind of question at a time: its weights sum to 1, and what it brings back is
# a single average. Positions have many things to ask, so let several heads work side by side, each
# with small queries, keys and values of its own. Their outputs are laid next to each other: 4
# heads of size 8 give 32 channels. It is a little like a convolution in groups.
#
# A linear layer behind it, `proj`, mixes what the heads have found and brings it back to `n_embd`
# channels. Dropout comes last.
#
# To concatenate is not to add: in a sum of the heads nobody could tell any more which head said
# what.

# %%
class MultiHeadAttention(nn.Module):
    """Several heads of causal self-attention side by side, a projection, and dropout.

    n_embd       channels of the input and of the output
    num_heads    how many heads
    head_size    channels of each head; num_heads * head_size need not be n_embd
    block_size   the longest sequence
    dropout      the probability, for the heads and for the output
    Attributes   heads: nn.ModuleList of Head; proj: nn.Linear (with bias) back to n_embd channels
    """

    def __init__(self, n_embd, num_heads, head_size, block_size, dropout):
        super().__init__()
        ### BEGIN SOLUTION
        heads = [Head(n_embd, head_size, block_size, dropout) for _ in range(num_heads)]
        self.heads = nn.ModuleList(heads)
        self.proj = nn.Linear(num_heads * head_size, n_embd)
        self.dropout = Dropout(dropout)
        ### END SOLUTION

    def forward(self, x):
        """(B, T, n_embd) to (B, T, n_embd)."""
        ### BEGIN SOLUTION
        together = torch.cat([head(x) for head in self.heads], -1)  # (B, T, num_heads * head_size)
        return self.dropout(self.proj(together))
        ### END SOLUTION


# %% [markdown]
# ## 4. The block
#
# Attention lets the positions talk. What is missing is time to think about what they have heard.
# And for more than one round of talking and thinking, the network gets deep, and deep networks
# need help to be trained: residual paths and normalisation.

# %% [markdown]
# ### FeedForward
#
# A small network of two layers, applied to every position on its own: no information flows between
# positions here. If attention is the communication, this is the thinking. The hidden layer is four
# times as wide as the input, as in the paper *Attention is all you need*, with ReLU; then back to
# `n_embd` channels, and dropout.

# %%
class FeedForward(nn.Module):
    """Two linear layers with a ReLU between them, for each position on its own, then dropout.

    n_embd       channels of input and output; the hidden layer has four times as many
    dropout      the probability to drop an output
    Attributes   net: nn.Sequential of linear layer, ReLU, linear layer and dropout
    """

    def __init__(self, n_embd, dropout):
        super().__init__()
        ### BEGIN SOLUTION
        self.net = nn.Sequential(
            nn.Linear(n_embd, 4 * n_embd),
            nn.ReLU(),
            nn.Linear(4 * n_embd, n_embd),
            Dropout(dropout),
        )
        ### END SOLUTION

    def forward(self, x):
        """(..., n_embd) to (..., n_embd)."""
        ### BEGIN SOLUTION
        return self.net(x)
        ### END SOLUTION


# %% [markdown]
# ### LayerNorm
#
# BatchNorm (part 3) gives every channel mean 0 and variance 1 *over the batch*. It works, but it
# ties the examples of a batch together, needs running statistics for evaluation, and behaves
# differently in the two modes. LayerNorm turns the table: every *position of every example* is
# normalised over its own channels.
#
# $$\text{out} = \text{weight} \cdot \frac{x - \mu}{\sqrt{v + \epsilon}} + \text{bias} \qquad
#   \mu, v: \text{mean and variance of the last dimension}$$
#
# ```text
#                   x is (B, T, C)                 in evaluation
# BatchNorm         C means, over B and T          uses running means of the training
# LayerNorm         B * T means, over C            the same as in training
# ```
#
# So there are no buffers, no modes, and no example that depends on its neighbours. Take a position
# with the channels `[1, 2, 3, 6]`: the mean is 3, the variance (4 + 1 + 0 + 9) / 4 = 3.5, its root
# 1.871, so it becomes `[-1.069, -0.535, 0, 1.604]`, whatever the rest of the batch looks like.
#
# The variance is divided by `C` here, not by `C - 1`, as in `torch.nn.LayerNorm`. The weight (one
# number for each channel, at first 1) and the bias (at first 0) are learnt, so that the network can
# undo the normalisation where it is not wanted: they are `nn.Parameter`s. Epsilon goes under the
# root.

# %%
class LayerNorm(nn.Module):
    """Normalises the last dimension to mean 0 and variance 1, then scales and shifts it.

    dim          the size of the last dimension
    eps          added to the variance (which is divided by dim)
    Attributes   weight, bias: nn.Parameter, (dim,), at first all 1 and all 0
    """

    def __init__(self, dim, eps=1e-5):
        super().__init__()
        ### BEGIN SOLUTION
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(dim))
        self.bias = nn.Parameter(torch.zeros(dim))
        ### END SOLUTION

    def forward(self, x):
        """(..., dim) to (..., dim)."""
        ### BEGIN SOLUTION
        difference = x - x.mean(-1, keepdim=True)
        variance = (difference**2).mean(-1, keepdim=True)
        return self.weight * difference / torch.sqrt(variance + self.eps) + self.bias
        ### END SOLUTION


# %% [markdown]
# ### Block
#
# One round of talking and thinking, with both precautions:
#
# $$x \leftarrow x + \text{sa}(\text{ln1}(x)) \qquad x \leftarrow x + \text{ffwd}(\text{ln2}(x))$$
#
# **The residual path is a highway for the gradient.** A sum passes its incoming gradient on to both
# terms unchanged. So from the end of the last block to the embeddings there is a way through
# nothing but sums, however many blocks lie between. The branches may contribute little at the
# start of training, when the network behaves like a shallow one, and come in bit by bit. Without
# the `x +`, every block is a bottleneck that the gradient has to pass: with 12 blocks whose slopes
# are about 0.5, it arrives as $0.5^{12} = 0.0002$.
#
# **Pre-norm.** The layer norm stands *in the branch, before* attention and before the feed-forward
# network. In the first paper it stood after the sum, on the highway itself; nearly everyone has
# moved it since, because the clean path trains better. So the second branch takes the result of the
# first sum, normalised; and what goes on to the next block is not normalised.
#
# The width is divided among the heads: each has `n_embd // n_head` channels.

# %%
class Block(nn.Module):
    """A transformer block: attention, then feed-forward, each normalised first and then added.

    n_embd       channels of input and output, a multiple of n_head
    n_head       how many heads, each of size n_embd // n_head
    block_size   the longest sequence
    dropout      the probability, for attention and for feed-forward
    Attributes   sa: MultiHeadAttention; ffwd: FeedForward; ln1, ln2: LayerNorm
    """

    def __init__(self, n_embd, n_head, block_size, dropout):
        super().__init__()
        ### BEGIN SOLUTION
        self.sa = MultiHeadAttention(n_embd, n_head, n_embd // n_head, block_size, dropout)
        self.ffwd = FeedForward(n_embd, dropout)
        self.ln1 = LayerNorm(n_embd)
        self.ln2 = LayerNorm(n_embd)
        ### END SOLUTION

    def forward(self, x):
        """(B, T, n_embd) to (B, T, n_embd)."""
        ### BEGIN SOLUTION
        x = x + self.sa(self.ln1(x))
        return x + self.ffwd(self.ln2(x))
        ### END SOLUTION


# %% [markdown]
# ## 5. The GPT
#
# All parts are there. A GPT is a table of token vectors, a table of position vectors, a stack of
# blocks, a last layer norm, and a linear layer that makes logits.
#
# ```text
# idx (B, T) -> token vectors (B, T, C) --+
#               position vectors (T, C) --+-> sum -> blocks -> ln_f -> lm_head -> logits (B, T, V)
# ```

# %% [markdown]
# ### GPT
#
# The position embedding is a table with a row for each of the `block_size` places. Row `t` is added
# to the token vector at place `t`, in every sequence of the batch. Without it, by what was said
# about space, the last position would see the characters before it as an unordered bag.
#
# The loss is the cross-entropy of every position with its target, averaged over all `B * T` of
# them. `F.cross_entropy` wants the classes in the second dimension: flatten the batch and the time
# of the logits, and the targets with them. At the start all 27 characters should be about equally
# likely, so expect a loss a little above $\log 27 = 3.3$.
#
# If there are no targets, as when the model writes, there is no loss: give `None` in its place.

# %%
class GPT(nn.Module):
    """A decoder-only transformer: logits for the next token at every position.

    vocab_size   how many tokens there are
    n_embd       channels
    n_head       heads in each block
    n_layer      how many blocks
    block_size   the longest sequence
    dropout      the probability, in every block
    Attributes   token_embedding_table, position_embedding_table: nn.Embedding;
                 blocks: nn.Sequential of Block; ln_f: LayerNorm; lm_head: nn.Linear (with bias)
    """

    def __init__(self, vocab_size, n_embd, n_head, n_layer, block_size, dropout):
        super().__init__()
        ### BEGIN SOLUTION
        self.token_embedding_table = nn.Embedding(vocab_size, n_embd)
        self.position_embedding_table = nn.Embedding(block_size, n_embd)
        blocks = [Block(n_embd, n_head, block_size, dropout) for _ in range(n_layer)]
        self.blocks = nn.Sequential(*blocks)
        self.ln_f = LayerNorm(n_embd)
        self.lm_head = nn.Linear(n_embd, vocab_size)
        ### END SOLUTION

    def forward(self, idx, targets=None):
        """The logits for idx (B, T) int64, and the mean cross-entropy with targets (B, T) int64.

        Returns (logits, loss): (B, T, vocab_size), and a 0-d tensor or, without targets, None.
        With targets the logits may also be (B * T, vocab_size), as in the lecture.
        """
        ### BEGIN SOLUTION
        positions = torch.arange(idx.shape[1])
        x = self.token_embedding_table(idx) + self.position_embedding_table(positions)
        logits = self.lm_head(self.ln_f(self.blocks(x)))  # (B, T, vocab_size)
        if targets is None:
            loss = None
        else:
            loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        return logits, loss
        ### END SOLUTION


# %% [markdown]
# ### generate
#
# The model writes: it predicts, one token is drawn from the prediction, the token is added at the
# end, and the model predicts again. Of the logits (B, T, V) only those of the last position matter
# here; the others predict what is known already.
#
# The text grows, but the model takes at most `block_size` tokens, since its position table has no
# more rows. So what it is given is the *end* of the text, the last `block_size` tokens; what you
# return is all of it.
#
# So that your samples can be compared with ours, draw in exactly this way: at each step take the
# softmax of the last position's logits, `probs` (B, V), and draw the next token of all sequences in
# one call, `torch.multinomial(probs, 1, generator=generator)`, which gives (B, 1).
#
# The model may be any module that returns `(logits, loss)` for `idx` (B, T) with T up to
# `block_size`. Leave it in the mode (training or evaluation) that it came in: it is for the caller
# to switch dropout off.

# %%
def generate(model, idx, max_new_tokens, block_size, generator):
    """Continue each sequence of idx by tokens drawn from the model's predictions.

    model            model(idx) gives (logits, loss), logits (B, T, vocab_size)
    idx              (B, T) int64; T may be larger than block_size
    max_new_tokens   how many tokens to add, an int
    block_size       how many tokens the model is given at most: the last ones
    generator        a torch.Generator, for torch.multinomial
    Returns          (B, T + max_new_tokens) int64: idx and the new tokens
    """
    ### BEGIN SOLUTION
    for _ in range(max_new_tokens):
        logits, _ = model(idx[:, -block_size:])
        probs = torch.softmax(logits[:, -1], -1)  # (B, vocab_size)
        chosen = torch.multinomial(probs, 1, generator=generator)
        idx = torch.cat([idx, chosen], 1)
    return idx
    ### END SOLUTION


# %% [markdown]
# ### estimate_loss
#
# The loss of a single batch is noisy: two batches of the same data may differ by more than a
# hundred steps of training change anything. To see progress, average the loss over many batches,
# for the training data and for data that the model is not trained on. If the two drift apart, the
# model is learning by heart.
#
# - Measure in evaluation mode, or dropout would disturb what you measure. Afterwards the model must
#   be back in training mode, or the rest of the training runs without dropout, and nothing tells
#   you so.
# - Nobody will call `backward` on these losses, so do not let torch record a graph for them:
#   `torch.no_grad()`.
#
# Use your `get_batch`. The splits are taken in the order of the dict, and for each of them
# `eval_iters` batches are drawn one after the other.

# %%
def estimate_loss(model, splits, block_size, batch_size, eval_iters, generator):
    """The mean loss over several random batches of each split, in evaluation mode, without a graph.

    model        in training mode, in which it is left; model(x, y) gives (logits, loss)
    splits       a dict from a name ("train", "dev") to data, (N,) int64
    block_size, batch_size, generator    for get_batch
    eval_iters   how many batches of each split, an int
    Returns      a dict from each name to the mean loss, a float
    """
    ### BEGIN SOLUTION
    estimates = {}
    model.eval()
    with torch.no_grad():
        for name, data in splits.items():
            total = 0.0
            for _ in range(eval_iters):
                x, y = get_batch(data, block_size, batch_size, generator)
                total += model(x, y)[1].item()
            estimates[name] = total / eval_iters
    model.train()
    return estimates
    ### END SOLUTION


# %% [markdown]
# ## 6. Scaling up
#
# What you have now is the architecture of GPT-2 and GPT-3, but for details (a smoother
# non-linearity, another initialisation). What they have more of is everything else:
#
# ```text
#                    layers   heads   channels   context    parameters     tokens seen
# the last cell           2       4         32        16         28 000       0.5 million
# the lecture's GPT       6       6        384       256     11 million      80 million
# GPT-3                  96      96     12 288     2 048    175 billion     300 billion
# ```
#
# Where do the parameters sit? A block of width $C$ has $3C^2$ in queries, keys and values, $C^2$ in
# the projection and $8C^2$ in the feed-forward network: $12\,C^2$, two thirds of it in the part
# that does not communicate. Depth multiplies this; the context length costs parameters only in the
# position table. It does cost time: the matrix of scores has $T^2$ entries for each head.
#
# A trained GPT continues documents. To make it an assistant that answers questions, it is trained
# further on conversations, and on judgements of which answer is better. That changes the numbers,
# not the network.

# %% [markdown]
# ## 7. Bonus: back through attention, by hand
#
# You have met the pieces in part 4: a matrix product, and `softmax_backward`. Autograd is refused
# here. The forward pass in small steps, for a head size of $d$:
#
# $$S = \frac{Q K^\top}{\sqrt d} \qquad P = \text{softmax}(S) \text{ by rows, after the mask}
#   \qquad O = P V$$
#
# Walk back through it.
#
# - $O = P V$ is a matrix product. With $dO$ coming in, $dV = P^\top dO$ and $dP = dO\,V^\top$.
#   Read the first one: what `s` said is heard by every `t`, with weight $P_{ts}$, so its gradient
#   is collected from all of them with the same weights. Information flows along the arrows of the
#   graph, gradients against them.
# - The softmax works on each row. In a row, $dS = P \odot (dP - \sum_s P_s\,dP_s)$, where the sum
#   is one number for the row and $\odot$ is the product entry by entry. (A score that goes up takes
#   weight from all the others; hence the subtraction.)
# - Where the mask stands, $P$ is 0, so $dS$ is 0 there by the formula itself: the future gets no
#   gradient, and needs no special case.
# - $S$ is a product again, and a division: $dQ = dS\,K / \sqrt d$ and $dK = dS^\top Q / \sqrt d$.

# %% [markdown]
# ### attention_backward
#
# You are given what `attention` was given, and the gradient of its output. Compute the weights
# again, then go back. As before there may be leading dimensions, and the incoming gradient can be
# anything.

# %%
def attention_backward(dout, q, k, v, causal):
    """The three gradients of attention(q, k, v, causal), for any dout.

    dout         (..., T, head_size)
    q            (..., T, head_size)
    k, v         (..., S, head_size); S is T where causal
    causal       as in attention
    Returns      (dq, dk, dv), with the shapes and dtypes of q, k and v
    Example: q = [[0], [0]], k = [[0], [2]], v = [[1], [3]], dout = [[1], [4]] and causal give
    dq = [[0], [4]], dk = [[0], [0]] and dv = [[3], [2]].
    """
    ### BEGIN SOLUTION
    scale = 1 / math.sqrt(q.shape[-1])
    scores = q @ k.mT * scale  # (..., T, S)
    if causal:
        T = q.shape[-2]
        past = torch.tril(torch.ones(T, T))
        scores = scores.masked_fill(past == 0, float("-inf"))
    weights = torch.softmax(scores, -1)
    dweights = dout @ v.mT
    average = (weights * dweights).sum(-1, keepdim=True)  # (..., T, 1)
    dscores = weights * (dweights - average)
    return dscores @ k * scale, dscores.mT @ q * scale, weights.mT @ dout
    ### END SOLUTION


# %% [markdown]
# ## Playground
#
# A place for experiments: it runs in the notebook and as a script, never while you are graded.
# Here is one to begin with: a small GPT on the names, about half a minute of training, the losses
# on the way, and a few names of its own. Watch the two losses fall together: this network is far
# too small to learn 30,000 names by heart.
#
# Things to try: one head or eight; no position embedding (set its weights to 0 after each step);
# no residual path; a context of 4 or of 32; dropout of 0.2. Which of them shows in the loss, and
# which only in the names?

# %%
if __name__ == "__main__":
    import random
    from pathlib import Path

    def train(steps=2000, block_size=16, batch_size=16):
        """Train a small GPT on the names; print losses and a few samples."""
        here = Path(__file__).parent.parent if "__file__" in globals() else Path()
        names = (here / "data" / "names.txt").read_text().split()
        random.Random(42).shuffle(names)
        tokenizer = CharTokenizer("." + ".".join(names))
        cut = len(names) * 9 // 10
        splits = {
            "train": torch.tensor(tokenizer.encode("." + ".".join(names[:cut]))),
            "dev": torch.tensor(tokenizer.encode("." + ".".join(names[cut:]))),
        }
        torch.manual_seed(42)
        generator = torch.Generator().manual_seed(42)
        model = GPT(tokenizer.vocab_size, 32, 4, 2, block_size, dropout=0.0)
        print(f"{sum(p.numel() for p in model.parameters())} parameters")
        optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
        for step in range(steps + 1):
            if step % (steps // 5) == 0:
                losses = estimate_loss(model, splits, block_size, 32, 20, generator)
                print(f"step {step:5}: " + ", ".join(f"{k} {v:.3f}" for k, v in losses.items()))
            inputs, targets = get_batch(splits["train"], block_size, batch_size, generator)
            optimizer.zero_grad()
            model(inputs, targets)[1].backward()
            optimizer.step()
        start = torch.tensor([tokenizer.encode(".")])
        with torch.inference_mode():
            written = generate(model.eval(), start, 120, block_size, generator)
        print(*tokenizer.decode(written[0].tolist()).split(".")[1:-1], sep="\n")

    try:
        train()
    except NotImplementedError:
        print("The experiment needs all of the exercises but the bonus: there is work left.")

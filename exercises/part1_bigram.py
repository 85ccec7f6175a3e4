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
# # Part 1: bigrams, counted and then learnt
#
# You build a model that makes up names, one character after the other. It is the smallest language
# model there is: it looks at one character and says how likely each character is to come next. You
# build it twice. First you count which character follows which in 32,257 real names, and turn the
# counts into probabilities. Then you forget the counts, start from random numbers, and let
# gradient descent find the same probabilities.
#
# **Why twice?** Because counting stops working as soon as the model looks at more than a few
# characters: the table gets too large, and almost all of it stays empty. The second way goes on
# working, up to the models that answer questions. Here, where both are possible, you can see what
# the second one does: it is told nothing about counting, and arrives at the counts. This part
# follows Andrej Karpathy's lecture on bigrams (*makemore*, first part); you can do it without
# having seen the lecture.
#
# **How to work.** Each exercise is one function, in one cell. Replace the line that raises
# `NotImplementedError`, then ask for a verdict:
#
# - `grader run part1` checks everything you have written so far;
# - `grader run part1.bigram_counts` checks one exercise;
# - `grader hint part1.bigram_counts` gives a hint; there are three, from the idea to the line in
#   words.
#
# **What is asked of a function.**
#
# - Never write 27 where you mean the size of the vocabulary. The checks use small vocabularies as
#   well; the size is `len(stoi)`, or in the shape of a tensor that you were given.
# - Leave the inputs as they are: `x += 1` changes the tensor of whoever called you. The one
#   exercise that is meant to change something says so.
# - Put experiments under `if __name__ == "__main__":`, as in the last cell. They run in the
#   notebook and with `python exercises/part1_bigram.py`, and not while you are graded.

# %%
import torch

# %% [markdown]
# ## 1. Characters as numbers
#
# A **bigram** is a pair of neighbouring characters. The name `emma` holds `em`, `mm` and `ma`. It
# also tells us something about beginnings and ends: names may start with `e`, and names may stop
# after `a`. So that these facts are bigrams too, every name gets a special character `.` at both
# ends, which never occurs inside:
#
# ```text
# emma  ->  . e m m a .  ->  .e  em  mm  ma  a.
# ```
#
# A name of $k$ characters has $k + 1$ bigrams. One special character is enough for both ends,
# because a start has it on the left of the pair, and an end on the right.
#
# Tables and networks work on numbers, so each character gets one. `.` is 0, and the letters follow
# in the order of the alphabet. For the names data that gives `a` 1, `b` 2, up to `z` 26: a
# vocabulary of 27.

# %% [markdown]
# ### build_vocab
#
# Two dictionaries: `stoi` ("string to integer") and, for the way back, `itos`. The vocabulary is
# what occurs in the words, not the whole alphabet: from `["cab", "ba"]` you get the three letters
# `a`, `b` and `c`, and the dot.
#
# A Python `set` holds each thing once; it has no order of its own, and the order has to be the
# same on every run. Somebody will train a model today and read its table tomorrow.

# %%
def build_vocab(words):
    """The characters of the words as numbers, and back.

    words        a list of strings of lower-case letters; each may come more than once
    Returns      (stoi, itos), two dicts
                 stoi: from each character to its number, an int. "." is 0; the letters that occur
                 in the words are 1, 2, 3, ... in alphabetical order
                 itos: from each number to its character
    Example: ["cab", "ba"] gives stoi = {".": 0, "a": 1, "b": 2, "c": 3}
    and itos = {0: ".", 1: "a", 2: "b", 3: "c"}.
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 2. Counting
#
# Everything that a bigram model can know about the data fits in one table: in row `i` and column
# `j` stands how often character `j` came directly after character `i`. With `V` characters it has
# the shape `(V, V)`. Take the words `ab` and `abb`, with `.` as 0, `a` as 1 and `b` as 2:
#
# ```text
# ab   ->  .a ab b.                     .  a  b   <- second character
# abb  ->  .a ab bb b.             .  [[0, 2, 0],
#                                  a   [0, 0, 2],
#                                  b   [2, 0, 1]]
#                                  ^ first character
# ```
#
# Both words begin with `a`, so row `.`, column `a` holds a 2. Row `b` reads: after a `b` the word
# was over twice, and once another `b` followed.
#
# Look at the sums as well. Row `b` sums to 3 and so does column `b`: there are three `b`s, and
# each is once the first of a pair and once the second. That holds for every character and any list
# of words, because each word starts from `.` and returns to it. It will matter below.

# %% [markdown]
# ### bigram_counts
#
# Two things are easy to get wrong. The table has one row and one column for each character in
# `stoi`, whether or not it occurs in these words. And no bigram reaches from one word to the next.

# %%
def bigram_counts(words, stoi):
    """How often each character follows each other one.

    words        a list of strings
    stoi         from each character to its number; "." is 0
    Returns      (V, V) with V = len(stoi), torch.int32 or torch.int64. The row is the number of
                 the first character, the column that of the second; each word has "." at both ends
    Example: ["ab", "abb"] with {".": 0, "a": 1, "b": 2} gives [[0, 2, 0], [0, 0, 2], [2, 0, 1]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 3. From counts to probabilities
#
# Divide each row by its sum, and it holds probabilities: given the first character, how likely is
# each second one? Row `b` above, `[2, 0, 1]`, becomes `[2/3, 0, 1/3]`. In torch this is one
# division of two tensors of different shapes, and the rule by which torch fits shapes together
# decides whether it divides what you mean. So the rule comes first, as an exercise of its own.
#
# ### Broadcasting
#
# Write the two shapes below each other, **aligned at the right**. Where one is shorter, fill it up
# with ones on the left. Then look at each pair of sizes:
#
# - equal: that is the size of the result;
# - one of them is 1: that tensor is stretched (its single entry is used again and again) and the
#   result has the other one's size;
# - anything else: the two do not fit, and torch raises an error.
#
# ```text
#    (4, 3)          (5, 1, 3)        (4, 1)        (4, 3)
#       (3,)            (2, 3)           (3,)          (4,)
#    ------          ---------        ------        ------
#    (4, 3)          (5, 2, 3)        (4, 3)        no: 3 against 4
# ```
#
# The last one surprises people. There are four rows and four numbers, and yet it does not fit:
# shapes are aligned at the right, so the four numbers are taken for a *row*, one for each column.
# If they are meant one for each row, they have to be a column, of shape `(4, 1)`.
#
# A size can also be 0: a tensor of shape `(0, 3)` has no rows. The three lines above say what
# happens. Stretching a size of 1 to 0 is allowed, and leaves nothing: `(1,)` and `(0,)` give
# `(0,)`.

# %% [markdown]
# ### broadcast_shape
#
# The rule as a function, on shapes alone: no tensor is made (some shapes in the checks are far too
# large to be filled), and torch's own functions for this are not allowed here. One check asks for
# shapes that fit; another, `part1.broadcast_shape.edges`, for what does not fit and for sizes of
# 0.

# %%
def broadcast_shape(a, b):
    """The shape that torch broadcasts two shapes to.

    a, b         tuples of ints, the sizes; of any lengths, () included
    Returns      a tuple of ints
    Raises       ValueError where the two do not fit
    Example: (5, 1, 3) and (2, 3) give (5, 2, 3); (4, 3) and (4,) raise a ValueError.
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### The division, and how it goes wrong without a word
#
# Let the counts be `N = [[1, 3], [1, 1]]`. The sums of the rows are 4 and 2. A sum in torch
# removes the dimension that it sums over, unless it is told to keep it with size 1
# (`keepdim=True`). Both ways give the numbers 4 and 2, in the shapes `(2,)` and `(2, 1)`:
#
# ```text
# N / [[4],          N / [4, 2]
#      [2]]
#
# [[1/4, 3/4],       [[1/4, 3/2],
#  [1/2, 1/2]]        [1/4, 1/2]]
# ```
#
# On the left each row is divided by its own sum. On the right the `(2,)` is aligned with the
# columns: the first *column* is divided by the sum of the first *row*. There is no error, because
# the table is square and everything fits. One "probability" is 3/2, and nobody is told.
#
# How would you notice? Not by the quality of the model, as we measure it below: on the counts of
# the names data, **the average loss of the wrong table is the same as that of the right one**,
# 2.4550 for both (with 1 added to every count, as below). Each character begins as many bigrams as
# it ends, so each denominator is used as often in the wrong table as in the right one, only in
# other places; and a sum of logarithms does not mind the order. You notice by looking: the rows do
# not sum to 1, and the names that such a table makes up are rubbish (`quxxxxthrooxi`). So look:
# after a division like this one, print the sums of a few rows.
#
# ### Smoothing
#
# In the names data `q` is never preceded by `j`: the count is 0, and so is the probability. A
# single name with `jq` in it would then be declared impossible, together with every text that
# contains it, however reasonable the rest is. That is too strong a conclusion from 229,804
# bigrams. The remedy is to pretend that we have seen every bigram a few times more than we have:
# add a number, often 1, to **all** counts, and divide then. With 1 added, row `b` of the example
# in section 2 goes from `[2, 0, 1]` to `[3, 1, 2] / 6`.
#
# The more is added, the more alike all probabilities become. With a million added to every count
# of the names data the table is nearly uniform, every entry about 1/27. Smoothing is a dial
# between "believe the data" and "believe nothing".

# %% [markdown]
# ### bigram_probs
#
# Add, then divide, and mind which way the sums lie.

# %%
def bigram_probs(counts, smoothing=1):
    """The probability of each second character, given the first.

    counts       (V, V), an integer dtype
    smoothing    an int or a float, at least 0, that is added to every count before the division.
                 Where it is 0, every row has a count above 0
    Returns      (V, V), float32; each row sums to 1
    Example: [[1, 3], [1, 1]] gives [[1/3, 2/3], [1/2, 1/2]]; without smoothing, [[1/4, 3/4],
    [1/2, 1/2]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 4. Making up names
#
# A row of the table is a loaded die with `V` sides. To make up a name, start at `.` and throw the
# die of row `.`; say it shows `m`. Then throw the die of row `m`, and so on, until a die shows
# `.`: the name is over.
#
# `torch.multinomial(p, num_samples=1, replacement=True, generator=generator)` throws the die `p`
# of shape `(V,)` once, and returns the index of the side, in a tensor of shape `(1,)`. The
# **generator** is the source of chance. Two generators that were started with the same seed, as in
# `torch.Generator().manual_seed(7)`, give the same throws, so an experiment can be repeated to the
# letter. Without the argument, torch uses one global generator that all code in the process
# shares: then your names depend on who else has drawn from it before.
#
# The names will be poor: `bemartri`, `lia`, `h`. The model knows one character back and no more.
# It does not know how long the name is already, nor whether it has had a vowel. They are still
# much better than names from a uniform table, such as `jasfrkolpww`.

# %% [markdown]
# ### sample_names
#
# The recipe is fixed, so that your names can be compared with ours: one throw for each character,
# with the generator that you were given. A name can come out empty, if the very first throw shows
# `.`; it is a name like the others.

# %%
def sample_names(probs, itos, count, generator):
    """Names drawn from a bigram table, character by character.

    probs        (V, V), float32: row = the character before, column = the one to draw
    itos         from each number to its character; 0 is "."
    count        how many names, an int
    generator    a torch.Generator. Each character is drawn by
                 torch.multinomial(row, num_samples=1, replacement=True, generator=generator)
                 where row, of shape (V,), belongs to the character before; for the first it is
                 the row of "."
    Returns      a list of count strings, without any "."; a name ends where "." is drawn
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 5. One number for how good it is
#
# A good model is not surprised by real names: it gives them high probabilities. Under the table
# from `ab` and `abb`, with 1 added to every count,
#
# ```text
# row .  [1, 3, 1] / 5
# row a  [1, 1, 3] / 5
# row b  [3, 1, 2] / 6
# ```
#
# the word `ab` has the probability
# $P(a\,|\,.)\;P(b\,|\,a)\;P(.\,|\,b) = 0.6 \cdot 0.6 \cdot 0.5 = 0.18$, and `abb` has
# $0.6 \cdot 0.6 \cdot 0.333 \cdot 0.5 = 0.06$. The product over *all* bigrams of all words is
# called the **likelihood** of the data: here $0.18 \cdot 0.06 = 0.0108$. Of two models, the one
# with the greater likelihood explains the data better. Note what varies: the data stay the same,
# the model changes.
#
# **Why the logarithm.** Three steps make a loss of it, and none of them changes which model wins.
#
# 1. A product of 229,804 numbers below 1 is far below anything that a computer can store
#    ($10^{-45}$ or so in float32): it would be 0 for every model. The logarithm of a product is the
#    *sum* of the logarithms, $\log(p_1 p_2 \cdots) = \log p_1 + \log p_2 + \dots$, and sums are
#    harmless. As the logarithm grows with its argument, a larger likelihood has a larger logarithm.
# 2. Logarithms of probabilities are negative (0 at best), and one likes to *minimise* a loss. So
#    turn the sign: the negative log-likelihood, **NLL**. Its best value is 0.
# 3. A sum grows with the amount of data. Divide by the number of bigrams, and models can be
#    compared across data of different sizes.
#
# $$\text{NLL} = -\frac{1}{n} \sum_{(i, j)} \log P_{ij},
# \qquad \text{over all } n \text{ bigrams } (i, j) \text{ of the words}$$
#
# (natural logarithm). In the example there are $n = 7$ bigrams, and $-\log(0.0108) / 7 = 0.647$.
# Two numbers to remember: a model that has no idea gives 1/27 to everything, and its NLL is
# $\log 27 = 3.296$; the counts of the names data, with 1 added to each, reach 2.455.
#
# A bigram with probability 0 has $-\log 0 = \infty$, and one of them makes the whole mean
# infinite. That is the right answer: the model said "never", and it happened. (And it is a good
# reason for smoothing.)

# %% [markdown]
# ### average_nll
#
# The mean runs over bigrams, not over words: a long name counts for more than a short one. Torch's
# logarithm of 0 is `-inf`, with which one can go on computing; Python's `math.log(0)` raises an
# error.

# %%
def average_nll(probs, words, stoi):
    """The mean negative log-likelihood of the bigrams of the words.

    probs        (V, V), float32: row = first character, column = second
    words        a list of strings; each has "." at both ends, for its first and its last bigram
    stoi         from each character to its number; "." is 0
    Returns      a Python float; infinite where a bigram of the words has probability 0
    Example: with probs = [[0, 1, 0], [0, 0, 1], [2/3, 0, 1/3]], the single word "ab" gives
    -log(2/3) / 3 = 0.1352.
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 6. The same model as a network
#
# Now without counting. We want a function that takes a character and returns `V` probabilities,
# with numbers inside that can be adjusted, and a loss that says how good they are. The loss is
# there already: the NLL. The function is the smallest network there is, one layer of `V` times `V`
# weights `W`, with nothing else:
#
# ```text
# xs (n,)  --one-hot-->  (n, V)  --@ W-->  logits (n, V)  --softmax-->  probs (n, V)
# ```
#
# First the data have to be laid out for it: inputs on one side, right answers on the other.

# %% [markdown]
# ### bigram_pairs
#
# Every bigram is one training example: its first character is the input, its second the right
# answer, the *label*. `emma` gives five of them. All examples of all words stand one after the
# other, in the order of the words, and a bigram that occurs often is there often.

# %%
def bigram_pairs(words, stoi):
    """All bigrams as training examples.

    words        a list of strings; each has "." at both ends
    stoi         from each character to its number; "." is 0
    Returns      (xs, ys): two int64 tensors of shape (n,), n the number of bigrams: the first and
                 the second characters, in the order in which they stand in the words
    Example: ["ab", "b"] with {".": 0, "a": 1, "b": 2} gives xs = [0, 1, 2, 0, 2] and
    ys = [1, 2, 0, 2, 0].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### one_hot
#
# A network should not take the number 5 for `e` at face value: `e` is not five times `a`, nor is
# it between `d` and `f` in any sense that matters. So each character becomes a vector of `V`
# numbers, all 0 but a single 1 at its own place. That is called **one-hot**.
#
# What does a matrix product do with such a vector? Take the character 2 of three:
#
# ```text
#             [[10, 11, 12],
# [0, 0, 1] @  [20, 21, 22],   =  [30, 31, 32]
#              [30, 31, 32]]
# ```
#
# All rows of `W` but one are multiplied by 0. The product **selects row 2** and leaves it as it is;
# `one_hot(xs, V) @ W` is `W[xs]`. So row `i` of `W` belongs to character `i`, as row `i` of the
# table of counts did. Selecting rows is faster, and in part 2 we do that; the product shows that it
# is an ordinary layer.
#
# The number of classes has to be given. These examples may not contain the last character, but `W`
# has a row for it.

# %%
def one_hot(xs, num_classes):
    """Numbers as one-hot vectors.

    xs           (n,), int64, each from 0 to num_classes - 1
    num_classes  an int
    Returns      (n, num_classes), float32: in row i a 1 at the place xs[i], and 0 elsewhere
    Example: xs = [2, 0] with four classes gives [[0, 0, 1, 0], [1, 0, 0, 0]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### softmax
#
# A row of `one_hot(xs, V) @ W` holds any numbers, positive and negative: the **logits**. They are
# read as the logarithms of counts. Make counts of them with the exponential, which is always
# positive, and then do what we did with counts: divide by their sum.
#
# $$p_j = \frac{e^{z_j}}{\sum_k e^{z_k}}$$
#
# Logits `[0, log 2, log 5]` are counts of `[1, 2, 5]` and probabilities of `[1/8, 2/8, 5/8]`.
# Every step can be differentiated, so a gradient can flow back through it, and that is why the
# network has logits inside and no counts: they may be any numbers, so gradient descent may push
# them anywhere, and what comes out are always probabilities.
#
# **Stability.** $e^{89}$ is too large for float32. It becomes infinite, and infinity divided by
# infinity is NaN. But add the same number $c$ to all logits and nothing changes:
#
# $$\frac{e^{z_j + c}}{\sum_k e^{z_k + c}} = \frac{e^c\, e^{z_j}}{e^c \sum_k e^{z_k}} = p_j$$
#
# So we may choose $c$. If we take the maximum away from a row, its largest logit becomes 0 and no
# other is above it: the exponentials lie between 0 and 1, and the sum is at least 1. Nothing can
# overflow, and no division by zero is left. The maximum has to be each row's own. With the largest
# number of the whole tensor, a row that lies far below it would become all zeros, and 0 divided by
# 0 is NaN again.

# %% [markdown]
# Write it for the last dimension, whatever dimensions there are before it: `(V,)`, `(n, V)`,
# `(n, T, V)`. Torch's own softmax and log_softmax are not allowed here. There are two checks: one
# with ordinary logits, and one (`part1.softmax.stable`) with logits around 10,000 and around
# -10,000.

# %%
def softmax(logits):
    """Probabilities from logits, over the last dimension.

    logits       (..., V), any finite float32 values
    Returns      (..., V), dtype of logits; sums to 1 over the last dimension; differentiable
    Example: [0, log 2, log 5] gives [0.125, 0.25, 0.625].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### neural_bigram_loss
#
# All together: one-hot, layer, softmax, and of each row the probability of the right answer. To
# read entry `ys[i]` of every row `i`, index with two lists of equal length, one for the rows and
# one for the columns: in `p[[0, 1], [2, 0]]` they are paired, and it reads `p[0, 2]` and
# `p[1, 0]`. (With a colon for the rows you get those columns of *every* row, which is something
# else.) Then the logarithm, the mean, the sign.
#
# **A penalty on W, and what it is.** To this we add `l2` times the mean of the squares of all
# entries of `W`:
#
# $$\text{loss} = -\frac{1}{n} \sum_{i=1}^{n} \log p_{i,\,y_i}
#  \;+\; \text{l2} \cdot \frac{1}{V^2} \sum_{j,k} W_{jk}^2$$
#
# It pulls all weights towards 0. If all logits of a row are 0, its counts are all $e^0 = 1$, and
# the probabilities are uniform. So the penalty pulls towards the uniform table, and you know
# something else that does: smoothing. A large `l2` is like a large number added to every count;
# `l2 = 0` is like adding none. This is called **regularisation**, and here you can see what it
# does.
#
# There are two checks: one with `l2 = 0`, and `part1.neural_bigram_loss.penalty`.

# %%
def neural_bigram_loss(W, xs, ys, l2):
    """The mean NLL of the network's predictions, plus the penalty.

    W            (V, V), float32, may require a gradient: row = the input, column = the logit
    xs, ys       (n,), int64: the inputs and the right answers
    l2           a float, the weight of the penalty, which is the mean of the squares of W
    Returns      a 0-d float32 tensor, through which W gets its gradient
    Example: W = zeros of shape (2, 2) gives log 2 = 0.6931 for any xs, ys and l2.
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 7. Gradient descent, and where it ends
#
# The gradient of the loss says for each entry of `W` in which direction the loss *grows*, and how
# fast. So take a small step of all entries in the opposite direction, and again. The size of the
# step is the gradient times the rate `lr`. The gradient itself comes from `loss.backward()`: torch
# has recorded every operation that led from `W` to the loss, walks back through them by the chain
# rule (part 0 builds that machinery), and puts the result into `W.grad`, which has the shape of
# `W`. For this model `lr = 50` works, which is unusually large: the gradients are small, because
# each of the 729 weights has a part in few of the examples.
#
# **Where does it end?** The gradient can be written down. Let $n_i$ be how often character $i$ is
# an input, and $N_{ij}$ how often $j$ follows it. Then, without the penalty,
#
# $$\frac{\partial\,\text{NLL}}{\partial W_{ij}}
#  = \frac{n_i}{n} \left( \text{softmax}(W_i)_j - \frac{N_{ij}}{n_i} \right)$$
#
# It is zero exactly where the softmax of each row equals the counts of that row divided by their
# sum. That is the table from section 3, without smoothing. The loss has no other valleys to get
# stuck in, so descent goes there from any start: **the count model is the optimum of the
# network**. It can come as close as you like and never below. (The $W$ that belongs to it is the
# logarithm of the counts, as the name "logarithms of counts" for logits promised; where a count is
# 0 it creeps towards minus infinity for ever.) So the second way finds nothing new here, at a
# higher price. But replace `W[xs]` by any network you like, with ten characters at its input, and
# the second way still works, while the table would need $27^{10}$ rows.
#
# **The gradient has to be flushed.** `backward()` does not set `W.grad`, it *adds* to it: a value
# that is used twice gets two gradients, and they belong together. Between two steps nothing belongs
# together. Whoever does not empty `W.grad` before `backward()` walks along the sum of all gradients
# there have ever been; like a ball that never loses its speed, it overshoots.

# %% [markdown]
# ### gradient_step
#
# One step, in place: `W` is the caller's tensor, and after the call it holds the new values. Torch
# refuses to change a tensor in place that requires a gradient while it records; do the update
# under `torch.no_grad()`, or on the data alone. Something may be left over in `W.grad` when you
# are called, from anyone's backward pass, and it must make no difference.

# %%
def gradient_step(W, xs, ys, lr, l2):
    """One step of gradient descent on neural_bigram_loss; changes W in place.

    W            (V, V), float32, a leaf that requires a gradient, and still does afterwards;
                 W.grad may be None or hold anything
    xs, ys       (n,), int64
    lr, l2       floats: the rate, and the weight of the penalty
    Returns      the loss before the step, a Python float
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## Playground
#
# A place for experiments: it runs in the notebook and as a script, never while you are graded.
# This one counts, samples, and then learns the same table again from random numbers. Watch how the
# loss comes down to that of the counts, and how close the two tables are in the end. Things to
# try: another smoothing (10, 1000); a table that is divided by the wrong sums; an `l2` of 0.1, 1
# or 10.
#
# And two questions. Both tables are sampled with the same seed: why are the names so alike? And
# why does the loss begin above log 27, which is the loss of knowing nothing? (Random weights are
# sure of themselves, and wrong; part 3 takes it up.)

# %%
if __name__ == "__main__":
    from pathlib import Path

    root = Path(__file__).parent.parent if "__file__" in globals() else Path()
    words = (root / "data" / "names.txt").read_text().split()

    try:
        stoi, itos = build_vocab(words)
        counts = bigram_counts(words, stoi)
        table = bigram_probs(counts)
        print(f"{len(words)} names, {counts.sum()} bigrams, {len(stoi)} characters")
        print(f"counted: average NLL {average_nll(table, words, stoi):.4f}")
        print("  ", sample_names(table, itos, 10, torch.Generator().manual_seed(1)))
    except NotImplementedError:
        print("Sections 1 to 5 come first: there is work left.")
    else:
        try:
            xs, ys = bigram_pairs(words, stoi)
            generator = torch.Generator().manual_seed(2)
            W = torch.randn(len(stoi), len(stoi), generator=generator, requires_grad=True)
            for step in range(101):
                loss = gradient_step(W, xs, ys, lr=50.0, l2=0.0)
                if step in (0, 1, 3, 10, 30, 100):
                    print(f"learnt:  step {step:3}, average NLL {loss:.4f}")
            learnt = softmax(W.detach())
            print("  ", sample_names(learnt, itos, 10, torch.Generator().manual_seed(1)))
            difference = (learnt - table)[0].abs().max()
            print(f"   in row . the two tables differ by {difference:.4f} at most")
        except NotImplementedError:
            print("Sections 6 and 7, the network: there is work left.")

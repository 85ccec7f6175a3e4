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
# # Part 4: backprop by hand
#
# You have a network that predicts the next character of a name: an embedding, a linear layer,
# BatchNorm, tanh, another linear layer, cross-entropy. In this part you walk back through all of
# it and write each gradient yourself. It follows Andrej Karpathy's lecture *Building makemore
# Part 4: Becoming a Backprop Ninja*; you can do it without having seen the lecture.
#
# **Why by hand, when `loss.backward()` is one line?** Because wrong gradients are hard to see. On
# the names data, a network whose BatchNorm backward leaves out two of its three paths reaches the
# same loss as the right one, within the noise of the seed. A loss curve does not tell you that a
# gradient is wrong; knowing what it should be does. After this part you can read saturated units,
# vanishing gradients and a sum over the wrong dimension off a formula.
#
# **How to work.** Each exercise is one function, in one cell. Replace the line that raises
# `NotImplementedError`, then ask for a verdict:
#
# - `grader run part4` checks everything you have written so far;
# - `grader run part4.dprobs` checks one exercise;
# - `grader hint part4.dprobs` gives a hint; there are three, from the idea to the line in words.
#
# **What is asked of a function.** It is *one local step* of the chain rule. `f` holds the values
# of the forward pass, `d` holds the gradients that have already been computed: those of the
# nodes that use this one directly, and no others. So `dprobs` gets `d.logprobs`, and you return
# the gradient of `probs`. The step has to be right for **any** incoming gradients, not only for
# those of this particular loss: the checks feed random ones. A shortcut that happens to hold for
# this network (because some gradient is zero here, say) is not the local step.
#
# - Each of the 26 local steps is marked on its own, with correct incoming gradients. A slip early
#   on costs one exercise and not the twenty after it, and you may take them in any order.
# - Never write a size as a number. The checks use several batch sizes and vocabularies; the
#   batch size is `n = f.logits.shape[0]`, and the other sizes are in other shapes.
# - Leave `f` and `d` as they are. Two nodes may need the same tensor, so `+=` on something that
#   you took from `f` or `d` quietly corrupts another gradient. Make a new tensor.
# - Autograd is switched off while you are graded: this is the part where you are the autograd.
# - Put experiments under `if __name__ == "__main__":`, as in the last cell. They run in the
#   notebook and with `python exercises/part4_backprop.py`, and not while you are graded.

# %%
from types import SimpleNamespace

import torch

# %% [markdown]
# ## The forward pass, in small steps
#
# The network is cut so fine that no step does more than one thing. Sizes: `n` examples of
# `block` characters each, `V` characters in the vocabulary, embeddings of `E` numbers, `H`
# hidden units.
#
# ```text
# C, X -> emb -> embcat
# embcat, W1, b1 -> hprebn -+-> bnmeani -+
#                           +------------+-> bndiff -+-> bndiff2 -> bnvar -> bnvar_inv -+
#                                                    +----------------------------------+-> bnraw
# bnraw, bngain, bnbias -> hpreact -> h
# h, W2, b2 -> logits -+-> logit_maxes -+
#                      +----------------+-> norm_logits -> counts
# counts -+-> counts_sum -> counts_sum_inv -+
#         +---------------------------------+-> probs -> logprobs -> loss  (with Y)
# ```
#
# The code below is given. Read it slowly, with a batch in mind: you will walk through it
# backwards, line by line, and each value in it but `X`, `Y` and `loss` is an exercise.

# %%
def forward(params, X, Y):
    """All values of the forward pass, by name: X (n, block) and Y (n,) are character numbers."""
    f = SimpleNamespace(X=X, Y=Y)
    f.C, f.W1, f.b1, f.W2, f.b2, f.bngain, f.bnbias = params
    n = X.shape[0]

    # embedding and first linear layer
    f.emb = f.C[X]  # (n, block, E)
    f.embcat = f.emb.view(n, -1)  # (n, block * E)
    f.hprebn = f.embcat @ f.W1 + f.b1  # (n, H)

    # BatchNorm: each column (hidden unit) to mean 0 and variance 1 over the batch
    f.bnmeani = f.hprebn.sum(0, keepdim=True) / n  # (1, H)
    f.bndiff = f.hprebn - f.bnmeani  # (n, H)
    f.bndiff2 = f.bndiff**2  # (n, H)
    f.bnvar = f.bndiff2.sum(0, keepdim=True) / (n - 1)  # (1, H), note n - 1
    f.bnvar_inv = (f.bnvar + 1e-5) ** -0.5  # (1, H), one over the standard deviation
    f.bnraw = f.bndiff * f.bnvar_inv  # (n, H)
    f.hpreact = f.bngain * f.bnraw + f.bnbias  # (n, H)

    # non-linearity and second linear layer
    f.h = torch.tanh(f.hpreact)  # (n, H)
    f.logits = f.h @ f.W2 + f.b2  # (n, V)

    # cross-entropy: softmax, logarithm, and the mean over the right answers
    f.logit_maxes = f.logits.max(1, keepdim=True).values  # (n, 1)
    f.norm_logits = f.logits - f.logit_maxes  # (n, V), at most 0, so exp is safe
    f.counts = f.norm_logits.exp()  # (n, V)
    f.counts_sum = f.counts.sum(1, keepdim=True)  # (n, 1)
    f.counts_sum_inv = f.counts_sum**-1  # (n, 1)
    f.probs = f.counts * f.counts_sum_inv  # (n, V), rows sum to 1
    f.logprobs = f.probs.log()  # (n, V)
    f.loss = -f.logprobs[range(n), Y].mean()  # ()
    return f


# %% [markdown]
# ## Four rules, used all over
#
# We write `dx` for the gradient of the loss with respect to `x`: how much the loss changes for
# each unit that an entry of `x` changes.
#
# **1. Local slope times what comes in.** If `y = g(x)` and someone hands you `dy`, then
# $dx = g'(x) \cdot dy$. You need not know what happens between `y` and the loss: `dy` already
# says it. Forgetting to multiply by `dy` is the most natural slip there is. The slopes needed in
# this part: $\log x$ has $1/x$; $e^x$ has $e^x$; $x^p$ has $p\,x^{p-1}$; $\tanh x$ has
# $1 - \tanh^2 x$; a product has, for each factor, the other factor.
#
# **2. What was spread forwards is summed backwards.** Broadcasting copies a value into many
# places. Nudge it, and all copies move, so its gradient is the sum over the copies. Take
# `c = a * b` with `a` of shape (2, 3) and `b` of shape (3,), copied into both rows:
#
# ```text
# a = [[1, 2, 3],    b = [10, 20, 30]    dc = [[1, 0, 1],
#      [4, 5, 6]]                              [0, 2, 1]]
# ```
#
# $b_j$ meets $a_{1j}$ and $a_{2j}$, so $db_j = a_{1j}\,dc_{1j} + a_{2j}\,dc_{2j}$:
# `db` is `[1 + 0, 0 + 10, 3 + 6]` = `[1, 10, 9]`. First multiply, then sum over the dimension
# that was copied. `a` was not copied, so `da` needs no sum: `[[10, 0, 30], [0, 40, 30]]`.
# The rule also runs the other way: a *sum* forwards means that backwards the incoming number is
# *copied* to everything that was summed.
#
# **3. A value that is used twice adds up its gradients.** If `x` feeds both `y` and `z`, a nudge
# of `x` reaches the loss on both ways, and the two effects add. In the drawing above, look for
# the values with two arrows out of them: there are four. Two gradients then arrive in `d`.
#
# **4. A gradient has the shape of its value.** One number for each number, in the same places:
# the gradient of a `(1, 64)` tensor is `(1, 64)`, not `(64,)`, and that of a `(64,)` tensor is
# not `(1, 64)`. The checks are strict about it, because broadcasting *hides* the mistake: a
# `(64,)` gradient can be subtracted from a `(1, 64)` parameter, or compared with the right one,
# and nothing complains. It bites later, far from its cause. A `(64,)` bias cannot be updated in
# place with a `(1, 64)` gradient; the difference of a `(5, 1)` and a `(5,)` tensor is, silently,
# a `(5, 5)` one; and a sum over dimension 0 makes 64 numbers of a `(1, 64)` tensor but a single
# one of a `(64,)` tensor. So keep the dimension where the value has one of size 1, and only there.

# %% [markdown]
# ## 1. From the loss to the logits
#
# The loss is the average surprise: take the probability that the network gave to the right
# character of each example, its logarithm, the mean, and turn the sign. We begin at that end,
# with the gradient of the loss with respect to itself coming in, and undo softmax step by step.

# %% [markdown]
# ### dlogprobs
#
# $$\text{loss} = -\frac{1}{n} \sum_{i=1}^{n} \text{logprobs}_{i,\,Y_i}$$
#
# Out of the `V` numbers of a row, the loss reads one: the one at the right answer. Nudge another
# one and nothing happens, so its gradient is zero. Nudge the one that is read, and the loss moves
# by its share in the mean, with the opposite sign.
#
# What comes in is `d.loss`. In our own chain it is 1. But a loss may be one term of something
# larger (a weighted sum of two losses, say), and then it is something else. Use it.

# %%
def dlogprobs(f, d):
    """The local step to logprobs, for any d.loss.

    Forward: loss = -logprobs[range(n), Y].mean()
    f.logprobs   (n, V)
    f.Y          (n,) ints: the column of the right answer in each row
    d.loss       ()
    Returns      (n, V), dtype of f.logprobs
    Example: V = 3, Y = [2, 0] and d.loss = 6 give [[0, 0, -3], [-3, 0, 0]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### dprobs
#
# The logarithm works on each entry for itself, so this is rule 1 and no more: the slope of the
# logarithm at each entry, times the gradient that came in for that entry.
#
# Look at what that does. A right answer to which the network gave a probability of 0.01 has its
# gradient multiplied by a hundred, one with 0.99 by hardly more than one: the examples that the
# network gets most wrong pull hardest. (Do not rebuild this one from `Y`: it would be right for
# this loss, and wrong for anything else that one might compute from `logprobs`.)

# %%
def dprobs(f, d):
    """The local step to probs, for any d.logprobs.

    Forward: logprobs = probs.log()
    f.probs      (n, V)
    d.logprobs   (n, V)
    Returns      (n, V), dtype of f.probs
    Example: probs = [[0.5, 0.25]] and d.logprobs = [[3, -1]] give [[6, -4]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### dcounts_sum_inv
#
# `counts` is (n, V) and `counts_sum_inv` is (n, 1): the one number of a row is copied along the
# row before the multiplication takes place. So two things happen here, a product and a copy, and
# rule 2 undoes both: first the slope of the product, entry by entry, then the sum over the places
# into which the number was copied. Sum along the row, and keep the dimension: (n, 1).
#
# With this loss `d.probs` is zero except at the right answers, and picking those entries would give
# the same number. It is not the local step, though: in general every entry of the row counts.

# %%
def dcounts_sum_inv(f, d):
    """The local step to counts_sum_inv, for any d.probs.

    Forward: probs = counts * counts_sum_inv, (n, V) * (n, 1)
    f.counts     (n, V)
    d.probs      (n, V)
    Returns      (n, 1), dtype of f.counts_sum_inv
    Example: counts = [[1, 2, 3], [4, 5, 6]] and d.probs = [[1, 0, 1], [0, 2, 1]]
    give [[4], [16]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### dcounts_sum
#
# A power, $y = x^{-1}$, entry by entry. Its slope is negative everywhere (a larger sum means a
# smaller inverse) and steep near zero: at $x = 4$ it is $-\tfrac{1}{16}$, at $x = \tfrac12$ it is
# $-4$. There is no copying and no summing in this step, so the shape stays as it is.

# %%
def dcounts_sum(f, d):
    """The local step to counts_sum, for any d.counts_sum_inv.

    Forward: counts_sum_inv = counts_sum**-1
    f.counts_sum         (n, 1)
    d.counts_sum_inv     (n, 1)
    Returns              (n, 1), dtype of f.counts_sum
    Example: counts_sum = [[4], [2]] and d.counts_sum_inv = [[8], [1]] give [[-0.5], [-0.25]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### dcounts
#
# The first value with two arrows out of it. `counts` is a factor of `probs`, and it is also what
# `counts_sum` adds up. Work out each way by itself, and add the two (rule 3):
#
# - through the product: the slope for `counts` is the other factor, which is the same all along a
#   row;
# - through the sum: each entry of the row enters it with slope 1, so the row's one number
#   `d.counts_sum` goes back to every entry of the row (the other half of rule 2). Broadcasting
#   can do the copying.
#
# You are given `d.counts_sum`: start from it, not again from `d.probs`.

# %%
def dcounts(f, d):
    """The local step to counts, for any d.probs and d.counts_sum.

    Forward: probs = counts * counts_sum_inv, and counts_sum = counts.sum(1, keepdim=True)
    f.counts_sum_inv     (n, 1)
    d.probs              (n, V)
    d.counts_sum         (n, 1)
    Returns              (n, V), dtype of f.counts
    Example: counts_sum_inv = [[0.5]], d.probs = [[2, 4, 6]] and d.counts_sum = [[10]]
    give [[11, 12, 13]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### dnorm_logits
#
# The exponential is its own slope, and its value has been computed already: look for it among the
# forward values before you compute it a second time.

# %%
def dnorm_logits(f, d):
    """The local step to norm_logits, for any d.counts.

    Forward: counts = norm_logits.exp()
    f.norm_logits, f.counts      (n, V)
    d.counts                     (n, V)
    Returns                      (n, V), dtype of f.norm_logits
    Example: norm_logits = [[0, log 2]] and d.counts = [[3, 3]] give [[3, 6]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### dlogit_maxes
#
# A difference with a copy in it: the maximum of each row is subtracted from all `V` entries of
# that row. What is the slope of $a - b$ with respect to $b$, and what does rule 2 say about a
# value that was copied along the row?
#
# In the network's own chain this gradient comes out as something like `1e-9`, and in theory it is
# zero: subtracting a number from a whole row of logits leaves the probabilities as they are, and
# so the loss; the maximum is there only to keep `exp` from overflowing. What is left is rounding.
# It is tempting to return zeros. But the zero is owed to everything that follows; the local step
# does not know it, and for other incoming gradients it is not zero.

# %%
def dlogit_maxes(f, d):
    """The local step to logit_maxes, for any d.norm_logits.

    Forward: norm_logits = logits - logit_maxes, (n, V) - (n, 1)
    d.norm_logits        (n, V)
    Returns              (n, 1), dtype of f.logit_maxes
    Example: d.norm_logits = [[1, 2, -5]] gives [[2]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### dlogits
#
# Two ways again. The first, through the difference, has slope 1 everywhere.
#
# The second goes through the maximum. A maximum reads one entry of the row: nudge the largest
# logit and the maximum moves with it; nudge any other (a little) and it does not. So the row's
# one number `d.logit_maxes` belongs to the place where the maximum was found, and every other
# place gets nothing on this way. This is the same pattern as in `dlogprobs`, with the place given
# by the data instead of by `Y`: `max` reports it with the maximum (`.indices`). Two entries that
# tie for the maximum do not occur here.

# %%
def dlogits(f, d):
    """The local step to logits, for any d.norm_logits and d.logit_maxes.

    Forward: norm_logits = logits - logit_maxes, and logit_maxes = logits.max(1).values as (n, 1)
    f.logits             (n, V)
    d.norm_logits        (n, V)
    d.logit_maxes        (n, 1)
    Returns              (n, V), dtype of f.logits
    Example: logits = [[1, 7, 3]], d.norm_logits = [[1, 1, 1]] and d.logit_maxes = [[10]]
    give [[1, 11, 1]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 2. Back through a linear layer and tanh
#
# Now for the matrix product. It looks like a rule to be learnt by heart, but it is rules 1 and 2
# on every entry. Take `y = x @ W + b` in the smallest size that shows anything:
#
# $$y_{11} = x_{11} W_{11} + x_{12} W_{21} + b_1 \qquad
#   y_{12} = x_{11} W_{12} + x_{12} W_{22} + b_2$$
#
# Where does $x_{11}$ appear? In $y_{11}$ with slope $W_{11}$, and in $y_{12}$ with slope
# $W_{12}$. So $dx_{11} = dy_{11} W_{11} + dy_{12} W_{12}$: a row of `dy` against a *row* of `W`. A
# matrix product takes rows against columns, so something has to be transposed. Do the same for
# $W_{11}$ and for $b_1$ with two rows of `x`, on paper; it takes five minutes, once.
#
# A check on the result: the shapes must fit, and often only one arrangement does. It is a check
# and not a proof. Where `n`, `H` and `V` are equal, several arrangements fit, and one is right.

# %% [markdown]
# ### dh
#
# `h` is the `x` of the example above: each entry of `h` feeds all `V` logits of its own row, and
# no other row. You have (n, V) coming in and (H, V) weights, and you need (n, H). The bias does
# not matter here.

# %%
def dh(f, d):
    """The local step to h, for any d.logits.

    Forward: logits = h @ W2 + b2
    f.W2         (H, V)
    d.logits     (n, V)
    Returns      (n, H), dtype of f.h
    Example: W2 = [[1, 2], [3, 4]] and d.logits = [[1, 10]] give [[21, 43]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### dW2
#
# The same weight is used for every example of the batch: nudging $W_{jk}$ moves the logit $k$ of
# *every* row, each by its own $h_{ij}$. So the gradient is a sum over the examples $i$ of
# $h_{ij}$ times what comes in at $(i, k)$. Written as a matrix product, the index that is summed
# over has to be in the middle.

# %%
def dW2(f, d):
    """The local step to W2, for any d.logits.

    Forward: logits = h @ W2 + b2
    f.h          (n, H)
    d.logits     (n, V)
    Returns      (H, V), dtype of f.W2
    Example: h = [[1, 2]] and d.logits = [[1, 10, 100]] give [[1, 10, 100], [2, 20, 200]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### db2
#
# The bias has shape (V,), one number for each logit, and broadcasting adds it to all `n` rows.
# The slope of a sum is 1, so only rule 2 is left. Mind rule 4: `b2` has one dimension, so its
# gradient has one.

# %%
def db2(f, d):
    """The local step to b2, for any d.logits.

    Forward: logits = h @ W2 + b2, (n, V) + (V,)
    d.logits     (n, V)
    Returns      (V,), dtype of f.b2
    Example: d.logits = [[1, 2], [3, 4], [5, 6]] gives [9, 12].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### dhpreact
#
# $\tanh$ works entry by entry, and its slope has a pleasant form in terms of its *output*:
# $1 - \tanh^2 x$. The output is at hand.
#
# At $h = 0$ the slope is 1 and the gradient passes whole; at $h = 0.6$ it is $0.64$; at
# $h = 0.99$ it is $0.02$. A unit that sits near $\pm 1$ for every example lets almost nothing
# through and hardly learns any more: that is what "saturated" and "dead" mean.

# %%
def dhpreact(f, d):
    """The local step to hpreact, for any d.h.

    Forward: h = tanh(hpreact)
    f.hpreact, f.h       (n, H)
    d.h                  (n, H)
    Returns              (n, H), dtype of f.hpreact
    Example: h = [[0.6, 0]] and d.h = [[2, 2]] give [[1.28, 2]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 3. BatchNorm
#
# BatchNorm takes each column of `hprebn` (one hidden unit over the batch), subtracts the column's
# mean and divides by its standard deviation, then scales and shifts by two learnt numbers:
#
# $$\hat x_i = \frac{x_i - \mu}{\sqrt{v + \epsilon}} \qquad y_i = \gamma\,\hat x_i + \beta
#   \qquad \mu = \frac1n \sum_i x_i \qquad v = \frac{1}{n-1} \sum_i (x_i - \mu)^2$$
#
# In the code $\hat x$ is `bnraw`, $\gamma$ is `bngain`, $\beta$ is `bnbias`, $\mu$ is `bnmeani`,
# $v$ is `bnvar`, and $1/\sqrt{v+\epsilon}$ is `bnvar_inv`. Everything with shape (1, H) is copied
# down the batch, so rule 2 now sums over dimension 0.
#
# Something is new here: through the mean and the variance *each example of the batch acts on all
# the others*. Until now a row of a gradient depended on its own row alone.
#
# **Why n - 1?** The mean in the formula comes from the same batch, and it lies in the middle of
# that batch by construction. So the numbers are closer to it than to the true mean, and dividing
# the squares by `n` gives too little on average, by a factor of exactly $(n-1)/n$. Dividing by
# `n - 1` makes up for it: this is Bessel's correction (section 9 shows it at work). With a batch
# of 32 it changes the variance by three percent. `torch.nn.BatchNorm1d` divides by `n` while
# training and keeps the `n - 1` version for evaluation; as in the lecture we use `n - 1` for both.

# %% [markdown]
# ### dbngain
#
# `bngain` (1, H) multiplies every row of `bnraw` (n, H): a product and a copy, as in
# `dcounts_sum_inv`, except that the copying goes down the batch. Multiply first, then sum. The
# sum of a product is not the product of the sums.

# %%
def dbngain(f, d):
    """The local step to bngain, for any d.hpreact.

    Forward: hpreact = bngain * bnraw + bnbias, (1, H) * (n, H) + (1, H)
    f.bnraw      (n, H)
    d.hpreact    (n, H)
    Returns      (1, H), dtype of f.bngain
    Example: bnraw = [[1, 2], [3, 4]] and d.hpreact = [[1, 0], [1, 10]] give [[4, 40]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### dbnbias
#
# A bias that is added to every row, like `b2`. Yet its shape is (1, H) and not (H,), and so is
# that of its gradient. Same rule, other shape: look at the value, not at its name.

# %%
def dbnbias(f, d):
    """The local step to bnbias, for any d.hpreact.

    Forward: hpreact = bngain * bnraw + bnbias, (n, H) + (1, H)
    d.hpreact    (n, H)
    Returns      (1, H), dtype of f.bnbias
    Example: d.hpreact = [[1, 2], [3, 4], [5, 6]] gives [[9, 12]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### dbnraw
#
# The other factor of the same product. `bnraw` was not copied, so nothing is summed; the gain of a
# column acts on all of its rows.

# %%
def dbnraw(f, d):
    """The local step to bnraw, for any d.hpreact.

    Forward: hpreact = bngain * bnraw + bnbias, (1, H) * (n, H) + (1, H)
    f.bngain     (1, H)
    d.hpreact    (n, H)
    Returns      (n, H), dtype of f.bnraw
    Example: bngain = [[2, -1]] and d.hpreact = [[1, 1], [3, 4]] give [[2, -1], [6, -4]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### dbnvar_inv
#
# `bnraw` is a product once more, of `bndiff` (n, H) and `bnvar_inv` (1, H). One number for each
# column, used by all the rows of that column.

# %%
def dbnvar_inv(f, d):
    """The local step to bnvar_inv, for any d.bnraw.

    Forward: bnraw = bndiff * bnvar_inv, (n, H) * (1, H)
    f.bndiff     (n, H)
    d.bnraw      (n, H)
    Returns      (1, H), dtype of f.bnvar_inv
    Example: bndiff = [[1, -2], [-1, 2]] and d.bnraw = [[5, 1], [2, 4]] give [[3, 6]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### dbnvar
#
# A power with a constant inside: $(v + \epsilon)^{-1/2}$. Bring the exponent down, and lower it by
# one: $-\tfrac12$ becomes $-\tfrac32$, and the $\epsilon$ stays where it is. (If you like, write
# the result with `bnvar_inv`, and ask which power of it you need.)
#
# A small variance makes this slope enormous: at $v = 0.01$ it is about $-500$. That is what the
# $\epsilon$ guards against: a unit that is constant over the batch would divide by zero.

# %%
def dbnvar(f, d):
    """The local step to bnvar, for any d.bnvar_inv.

    Forward: bnvar_inv = (bnvar + 1e-5) ** -0.5
    f.bnvar, f.bnvar_inv     (1, H)
    d.bnvar_inv              (1, H)
    Returns                  (1, H), dtype of f.bnvar
    Example, but for the 1e-5: bnvar = [[4, 1]] and d.bnvar_inv = [[16, 3]] give [[-1, -1.5]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### dbndiff2
#
# Forwards, `n` squares of a column are summed and divided by $n - 1$, so (n, H) becomes (1, H).
# Backwards the one number of a column goes to all of its `n` rows, with the slope with which
# each of them entered. The result is (n, H): every row the same, and every row *there*, even
# though a (1, H) tensor would broadcast into whatever comes next.

# %%
def dbndiff2(f, d):
    """The local step to bndiff2, for any d.bnvar.

    Forward: bnvar = bndiff2.sum(0, keepdim=True) / (n - 1)
    f.bndiff2    (n, H)
    d.bnvar      (1, H)
    Returns      (n, H), dtype of f.bndiff2
    Example: n = 3 and d.bnvar = [[8, -2]] give [[4, -1], [4, -1], [4, -1]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### dbndiff
#
# Two arrows out: `bndiff` is a factor of `bnraw`, and it is squared to give `bndiff2`. For the
# first way take the other factor; for the second the slope of a square. Then add.

# %%
def dbndiff(f, d):
    """The local step to bndiff, for any d.bnraw and d.bndiff2.

    Forward: bnraw = bndiff * bnvar_inv, and bndiff2 = bndiff**2
    f.bndiff             (n, H)
    f.bnvar_inv          (1, H)
    d.bnraw, d.bndiff2   (n, H)
    Returns              (n, H), dtype of f.bndiff
    Example: bndiff = [[3], [-3]], bnvar_inv = [[0.5]], d.bnraw = [[2], [4]] and
    d.bndiff2 = [[1], [1]] give [[7], [-4]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### dbnmeani
#
# The mean is subtracted from every row: you have met this pattern in `dlogit_maxes`, with the
# rows and columns the other way round. Which sign, which dimension to sum over, and which shape?
#
# Of all the exercises, this is the one that is most often answered with (H,) for (1, H). A mean
# looks like a plain list of numbers; but the forward pass kept the dimension.

# %%
def dbnmeani(f, d):
    """The local step to bnmeani, for any d.bndiff.

    Forward: bndiff = hprebn - bnmeani, (n, H) - (1, H)
    d.bndiff     (n, H)
    Returns      (1, H), dtype of f.bnmeani
    Example: d.bndiff = [[1, 2], [3, -4]] gives [[-4, 2]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### dhprebn
#
# The last of the four values that are used twice. `hprebn` enters the difference directly, and it
# enters the mean, where each of the `n` rows has a share of one n-th.
#
# The number that goes back through the mean is the same for all the rows of a column. Take care
# to build a new tensor: `x = d.bndiff` gives the tensor a second name and makes no second tensor,
# and a `+=` on `x` then changes both.

# %%
def dhprebn(f, d):
    """The local step to hprebn, for any d.bndiff and d.bnmeani.

    Forward: bndiff = hprebn - bnmeani, and bnmeani = hprebn.sum(0, keepdim=True) / n
    f.hprebn     (n, H)
    d.bndiff     (n, H)
    d.bnmeani    (1, H)
    Returns      (n, H), dtype of f.hprebn
    Example: d.bndiff = [[1, 2], [3, 4]] and d.bnmeani = [[10, -2]] give [[6, 1], [8, 3]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 4. The first layer and the embedding
#
# A second linear layer (you know how that goes), a change of shape, and a table look-up. The
# look-up is where most answers that look right are wrong.

# %% [markdown]
# ### dembcat
#
# The input of the first linear layer. Section 2 has all that you need; only the names change.

# %%
def dembcat(f, d):
    """The local step to embcat, for any d.hprebn.

    Forward: hprebn = embcat @ W1 + b1
    f.W1         (block * E, H)
    d.hprebn     (n, H)
    Returns      (n, block * E), dtype of f.embcat
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### dW1
#
# The weights of the first layer: a sum over the batch, hidden in a matrix product. If you find
# yourself trying arrangements until the shapes fit, go back to one entry $W_{jk}$ and ask where
# it is used.

# %%
def dW1(f, d):
    """The local step to W1, for any d.hprebn.

    Forward: hprebn = embcat @ W1 + b1
    f.embcat     (n, block * E)
    d.hprebn     (n, H)
    Returns      (block * E, H), dtype of f.W1
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### db1
#
# As `db2`, and again of shape (H,). In the network's own chain it comes out as zero, up to
# rounding, and here is why: `b1` shifts a whole column of `hprebn`, and BatchNorm subtracts the
# mean of that column, shift and all. The bias has no effect, so it never learns, and a layer in
# front of BatchNorm is usually built without one. The local step is not zero: the cancelling takes
# place in `d.hprebn`, and with other incoming gradients there is none.

# %%
def db1(f, d):
    """The local step to b1, for any d.hprebn.

    Forward: hprebn = embcat @ W1 + b1, (n, H) + (H,)
    d.hprebn     (n, H)
    Returns      (H,), dtype of f.b1
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### demb
#
# Forwards, the `block` embeddings of an example were laid end to end: (n, block, E) became
# (n, block * E). No number was changed; each got a new address. Backwards each gradient goes back
# to the old address. The shape to return to is written on the forward value.

# %%
def demb(f, d):
    """The local step to emb, for any d.embcat.

    Forward: embcat = emb.view(n, -1)
    f.emb        (n, block, E)
    d.embcat     (n, block * E)
    Returns      (n, block, E), dtype of f.emb
    Example: block = 2, E = 2 and d.embcat = [[1, 2, 3, 4]] give [[[1, 2], [3, 4]]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### dC
#
# `emb[i, j]` is a copy of row `X[i, j]` of the table `C`. A character that occurs in several
# places of the batch is copied into all of them, so by rule 2 its row gets the *sum* of the
# gradients at those places. A character that does not occur gets zeros.
#
# Take `E = 1` and a table of three rows. Character 2 occurs twice:
#
# ```text
# X = [[1, 2],     demb = [[[1], [2]],     row 0: 4
#      [2, 0]]              [[3], [4]]]     row 1: 1
#                                          row 2: 2 + 3 = 5
# ```
#
# The tempting line is to index `dC` with `X` and assign. But an assignment *overwrites*: row 2 is
# set to 2, then to 3, and the 2 is lost. Writing `+=` instead does not help: it reads all the old
# rows at once, adds, and then assigns, so the last one wins again. Training goes on in spite of
# it, only a little worse, and so the mistake can live for years.
#
# What you need is a way of *adding at* given rows. A double loop over the entries of `X` is right
# (and slow). A one-hot matrix and a product is right (rule for `dW2`: the look-up is a linear
# layer whose inputs are one-hot). And torch has methods that add slices at given indices, which
# like to have the indices in one flat list.

# %%
def dC(f, d):
    """The local step to C, for any d.emb.

    Forward: emb = C[X]
    f.X          (n, block) ints: which row of C each place has copied
    f.C          (V, E)
    d.emb        (n, block, E)
    Returns      (V, E), dtype of f.C
    Example: X = [[1, 2], [2, 0]], d.emb = [[[1], [2]], [[3], [4]]] and V = 3
    give [[4], [1], [5]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 5. The chain
#
# You have all the links. What remains of backpropagation is the order.

# %% [markdown]
# ### backward
#
# Begin with the gradient of the loss with respect to itself, a 0-d tensor holding 1, and call your
# functions one after another. A function can be called once the gradients of all the users of its
# node are there. The order in which you wrote them is such an order: it is the forward pass,
# backwards. Keep the gradients in a namespace (`d = SimpleNamespace(...)`, then `d.probs = ...`),
# because that is how the next function reads them, and return them as a dict under the names of
# the nodes: 26 of them, `"logprobs"` to `"C"`, without the loss.
#
# If a gradient is wrong here, the report names the first one that is, and says which of the later
# ones would be right but for it.

# %%
def backward(f):
    """The gradients of the loss with respect to all 26 nodes, by name.

    f            all forward values, as forward() gives them
    Returns      dict from node name to gradient: {"logprobs": (n, V), ..., "C": (V, E)},
                 each with shape and dtype of its node
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 6. In one go
#
# Twenty-six steps are good for understanding. For use, steps that belong together are taken as
# one formula, and on paper much of it cancels. What is left is shorter, faster and often more
# accurate.

# %% [markdown]
# ### cross_entropy_backward
#
# From the logits to the mean loss in one formula. For one example with logits $z$ and right
# answer $y$:
#
# $$\ell = -\log \frac{e^{z_y}}{\sum_j e^{z_j}} = \log \sum_j e^{z_j} - z_y$$
#
# Take the slope with respect to one $z_k$. The first term gives $e^{z_k} / \sum_j e^{z_j}$: a
# number that you know under another name. The second gives something only where $k = y$. And the
# loss of the batch is the *mean* over its `n` examples.
#
# For the logits $(0, \log 3)$ the probabilities are $(\tfrac14, \tfrac34)$. If the right answer is
# 0, the gradient is $(-\tfrac34, \tfrac34)$. Think of it as forces: the right character is pulled
# up by what it lacks, the others are pushed down by what they have too much, and in each row the
# forces add up to zero. A confident right answer feels almost no force.

# %%
def cross_entropy_backward(logits, Y):
    """The gradient of the mean cross-entropy with respect to the logits, in one go.

    Forward: loss = -log(softmax(logits))[range(n), Y].mean()
    logits       (n, V)
    Y            (n,) ints: the right answers
    Returns      (n, V), dtype of logits
    Example: logits = [[0, log 3]] and Y = [0] give [[-0.75, 0.75]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### batchnorm_backward
#
# All of section 3 as one formula for `dhprebn`. Work on one column, with the letters of section 3
# and $s = (v + \epsilon)^{-1/2}$, so that $\hat x_i = (x_i - \mu)\,s$.
#
# *Step 1, to $\hat x$.* It is reached through a product with $\gamma$. Call the result $g_i$.
#
# *Step 2, to $v$.* Every row of the column listens to the variance, so sum over the rows. With
# $ds/dv = -\tfrac12 s^3$:
#
# $$\frac{\partial L}{\partial v} = -\tfrac12\, s^3 \sum_i g_i\,(x_i - \mu)$$
#
# *Step 3, to $\mu$.* There is a direct way, with slope $-s$ in every row, and one through $v$. But
# $\partial v / \partial \mu = -\tfrac{2}{n-1} \sum_i (x_i - \mu)$, and deviations from the mean add
# up to zero: the second way contributes nothing, and $\partial L/\partial\mu = -s \sum_i g_i$.
#
# *Step 4, to $x_i$.* There are three ways to the loss: its own $\hat x_i$ (slope $s$), the mean
# (slope $1/n$), and the variance (slope $2 (x_i - \mu)/(n-1)$). Multiply each by what comes in from
# steps 1, 3 and 2, and add.
#
# *Step 5, tidy up.* Replace $x_i - \mu$ by $\hat x_i / s$ wherever it stands. A common factor $s$
# now comes out in front, the $\tfrac12$ and the 2 cancel, and three terms remain in the bracket:
# the row's own gradient, minus an average of the gradients, minus $\hat x_i$ times one number for
# the column. That last step is yours.
#
# Two checks on what you get. Each column of the result adds up to zero, since a shift of the
# whole column changes nothing. And (but for the $\epsilon$) so does each column multiplied by
# $\hat x$ entry by entry, since stretching the column changes nothing either. So this is what the
# backward pass of BatchNorm does: it takes the two useless directions out of the incoming
# gradient. Only one of the two divisors is `n - 1`.

# %%
def batchnorm_backward(dhpreact, f):
    """The gradient of hprebn from that of hpreact, in one go, for any dhpreact.

    Forward: hpreact = bngain * (hprebn - mean) / sqrt(variance + 1e-5) + bnbias,
             over the batch, the variance with n - 1
    dhpreact                     (n, H)
    f.bngain, f.bnvar_inv        (1, H)
    f.bnraw                      (n, H)
    Returns                      (n, H), dtype of f.hprebn
    Example: bnraw = [[-1], [0], [1]], bngain = [[2]], bnvar_inv = [[0.5]] and
    dhpreact = [[3], [0], [0]] give [[0.5], [-1], [0.5]].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 7. Train with your own gradients
#
# There is nothing left that `loss.backward()` could do for you.

# %% [markdown]
# ### train_step
#
# One step of gradient descent: run `forward`, find the gradients of the seven parameters, and
# move each parameter against its gradient, `lr` times. Call your `backward(f)`, or use the two
# functions of section 6 to skip most of the steps: that is a little faster than autograd, and
# `cross_entropy_backward` has no logarithm that could be taken of zero.
#
# - The parameters are changed *in place*, so that the caller's tensors move. `p = p - ...` makes
#   a new tensor and gives it the old name; the list that was passed in would never know.
# - Compute all the gradients before you change any parameter: `dh` needs the `W2` of the forward
#   pass, not the new one.
# - The tensors may be ones that record a graph, and torch refuses in-place changes of those. Work
#   under `torch.no_grad()`, which also saves the time and memory of recording.
# - Gradients are computed afresh at every step, so there is nothing to set back to zero.
# - Return the loss *before* the step, as a plain Python float.

# %%
def train_step(params, X, Y, lr):
    """One step of gradient descent on the batch X, Y, without autograd.

    params       [C, W1, b1, W2, b2, bngain, bnbias], changed in place
    X, Y         (n, block) and (n,) ints
    lr           the learning rate, a float
    Returns      the loss before the step, a float
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 8. More composites
#
# Four more formulas in one go: parts of the networks to come (attention uses the first, GPT the
# second, an RNN the third) and the loss for questions with the answer yes or no. There is no `f`
# any more: what a function needs is passed in. As before, incoming gradients can be anything.

# %% [markdown]
# ### softmax_backward
#
# A softmax on its own, without the logarithm and the loss. Within a row all outputs depend on all
# inputs. With $p = \text{softmax}(z)$:
#
# $$\frac{\partial p_j}{\partial z_k} = p_j\,(\delta_{jk} - p_k)$$
#
# where $\delta_{jk}$ is 1 for $j = k$ and 0 otherwise. (Check it: for $j = k$ it is $p(1-p)$, as
# for a sigmoid; for the others it is negative, since what one gains the others lose.) Now
# multiply by the incoming $dp_j$, sum over $j$, and separate the term with the $\delta$. One sum
# remains, and it is the same for all $k$ of the row: so there is no need for a V by V matrix. The
# sum can be read as an average: the incoming gradients weighted by the probabilities. An output
# is raised only as far as its gradient is above that average.
#
# In attention this function meets tensors of shape (batch, heads, T, T), so count dimensions from
# the end.

# %%
def softmax_backward(dprobs, probs):
    """The gradient of the logits from that of their softmax, for any dprobs.

    Forward: probs = softmax(logits) over the last dimension
    dprobs       (..., V)
    probs        (..., V), rows sum to 1
    Returns      (..., V), dtype of probs
    Example: probs = [0.25, 0.75] and dprobs = [1, 0] give [0.1875, -0.1875].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### layernorm_backward
#
# LayerNorm is BatchNorm turned on its side: each *row* (one example) is brought to mean 0 and
# variance 1 over its own `D` features, so that examples do not act on each other.
#
# $$\hat x = \frac{x - \mu}{\sqrt{v + \epsilon}} \qquad \text{out} = \text{gain} \cdot \hat x +
#   \text{bias} \qquad \mu, v: \text{mean and variance of the row}$$
#
# The derivation of `batchnorm_backward` carries over, with three changes. The sums run over the
# features and not over the batch. The variance is the biased one (divided by `D`), as in torch, so
# both divisors are now equal. And the gain differs from feature to feature, so that it cannot be
# taken out of the sums over a row: multiply by it first. The gradients of gain and bias sum over
# the examples, and have the shape (D,).

# %%
def layernorm_backward(dout, x, gain, eps):
    """The three gradients of layer normalisation over the last dimension, for any dout.

    Forward: out = gain * (x - mean) / sqrt(variance + eps) + bias, the variance divided by D
    dout         (n, D)
    x            (n, D)
    gain         (D,)
    eps          a float
    Returns      (dx, dgain, dbias): (n, D), (D,), (D,), dtype of x
    Example: x = [[0, 0, 3]], gain = [1, 1, 1], eps = 0 and dout = [[1, -1, 0]] give
    dx = [[0.7071, -0.7071, 0]], dgain = [-0.7071, 0.7071, 0] and dbias = [1, -1, 0].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### tanh_linear_backward
#
# A linear layer and its non-linearity in one. Nothing here is new; do it without looking back.
# You are given the input, the weights and the bias, but not the output: compute what you need
# again. (Large models often do the same: keeping a value costs memory, computing it twice only
# time.) Go back through the tanh first. What you have then is the gradient of the pre-activation,
# and the three answers all start from it.

# %%
def tanh_linear_backward(dout, x, W, b):
    """The three gradients of a linear layer followed by tanh, for any dout.

    Forward: out = tanh(x @ W + b)
    dout         (n, fan_out)
    x            (n, fan_in)
    W            (fan_in, fan_out)
    b            (fan_out,)
    Returns      (dx, dW, db), with the shapes and dtypes of x, W and b
    Example: x = [[1, 2]], W = [[0], [0]], b = [0] and dout = [[3]] give
    dx = [[0, 0]], dW = [[3], [6]] and db = [3].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### sigmoid_bce_backward
#
# A question with the answer yes or no: $p = \sigma(z) = 1 / (1 + e^{-z})$ is the probability of a
# yes, and the loss of one answer $t$ (1 for yes, 0 for no) is
#
# $$\ell = -t \log p - (1 - t) \log (1 - p)$$
#
# The slope of the sigmoid is $p\,(1 - p)$. Multiply it by the slope of $\ell$ with respect to $p$,
# and watch the fractions cancel: something very much like `cross_entropy_backward` is left, which
# is no accident, because a sigmoid is a softmax over two logits of which one is kept at 0. The
# targets may lie between 0 and 1; the derivation does not mind.
#
# The loss is the mean over *all* entries of the tensor, whatever its shape. So how many are there?

# %%
def sigmoid_bce_backward(logits, targets):
    """The gradient of the mean binary cross-entropy with respect to the logits, in one go.

    Forward: p = sigmoid(logits), loss = mean of -targets * log(p) - (1 - targets) * log(1 - p)
    logits       any shape
    targets      the same shape, floats from 0 to 1
    Returns      the same shape, dtype of logits
    Example: logits = [0, 0] and targets = [1, 0] give [-0.25, 0.25].
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 9. Variance, and what Bessel's correction is for
#
# Section 3 claimed that dividing by `n` gives too little. You can count it out: let a number be
# -1 or +1 with equal chances. Its mean is 0 and its variance is 1. Now draw batches of two. The
# four possible ones are equally likely:
#
# ```text
# batch       mean    sum of squares    divided by n    divided by n - 1
# -1, -1       -1           0                 0                 0
# -1, +1        0           2                 1                 2
# +1, -1        0           2                 1                 2
# +1, +1       +1           0                 0                 0
# average                                    0.5                1
# ```
#
# With `n - 1` it is right on average; with `n` it is too small by the factor $(n-1)/n$, here one
# half. Single batches are wrong either way: "unbiased" is a statement about the average.

# %% [markdown]
# ### variance
#
# Both versions, over the first dimension, from means and sums (`x.var` does it too, and would teach you nothing).
# The input may have any number of further dimensions: for (n, H) the answer is (H,), for (n,) a
# 0-d tensor. Subtract the mean first, as BatchNorm does; the mean of the squares minus the square
# of the mean is the same on paper, and loses its digits where the mean is large.

# %%
def variance(x, unbiased):
    """The variance of x over its first dimension.

    x            (n, ...)
    unbiased     True: the squares' sum is divided by n - 1 (Bessel); False: by n
    Returns      (...), dtype of x
    Example: x = [1, 3] gives 1 if not unbiased, 2 if unbiased.
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### average_variances
#
# The table above as an experiment. Draw many small batches from a long tensor `x` of shape (N,),
# take both variances of each, with your own `variance`, and average each kind over the batches.
# Then compare with the variance of all of `x`: which of the two averages comes close?
#
# So that your numbers can be compared with ours, draw each batch in exactly this way, one draw
# after the other and one draw for each batch (both variances are those of the same batch):
#
# `x[torch.randint(0, N, (batch_size,), generator=generator)]`, where `N` is the length of `x`.

# %%
def average_variances(x, batch_size, batches, generator):
    """The average biased and the average unbiased variance of many random batches of x.

    x            (N,)
    batch_size   numbers in a batch, an int
    batches      how many batches, an int
    generator    a torch.Generator, for torch.randint
    Returns      (mean of the biased, mean of the unbiased), two floats
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## Playground
#
# A place for experiments: it runs in the notebook and as a script, never while you are graded.
# Here is one to begin with: a small network, the shape of every value in it (keep them in view),
# and a test of your `backward` without autograd, which nudges each number of each parameter up
# and down and looks at how much the loss changes. Differences around `1e-9` are rounding.

# %%
if __name__ == "__main__":
    n, block, V, E, H = 6, 2, 5, 3, 4
    shapes = {"C": (V, E), "W1": (block * E, H), "b1": (H,), "W2": (H, V), "b2": (V,)}
    shapes |= {"bngain": (1, H), "bnbias": (1, H)}
    generator = torch.Generator().manual_seed(4)
    params = [torch.randn(s, generator=generator, dtype=torch.float64) for s in shapes.values()]
    X = torch.randint(0, V, (n, block), generator=generator)
    Y = torch.randint(0, V, (n,), generator=generator)

    f = forward(params, X, Y)
    for name, value in vars(f).items():
        print(f"{name:15} {tuple(value.shape)}")

    try:
        gradients = backward(f)
    except NotImplementedError:
        print("\nbackward(f) needs all 26 functions, and itself: there is work left.")
    else:
        print("\nbackward against nudging (shape, largest difference):")
        step = 1e-6
        for name, p in zip(shapes, params, strict=True):
            nudged = torch.zeros_like(p)
            for i in range(p.numel()):
                number = p.view(-1)[i]  # a view: changing it changes the parameter
                number += step
                up = forward(params, X, Y).loss
                number -= 2 * step
                down = forward(params, X, Y).loss
                number += step
                nudged.view(-1)[i] = (up - down) / (2 * step)
            difference = (gradients[name] - nudged).abs().max().item()
            print(f"{name:15} {tuple(gradients[name].shape)!s:10} {difference:.1e}")

    try:
        x = torch.randn(10_000, generator=generator)
        biased, unbiased = average_variances(x, 4, 5_000, generator)
    except NotImplementedError:
        print("\naverage_variances and variance: there is work left.")
    else:
        print(f"\nvariance {x.var().item():.3f}; batches of 4: {biased:.3f}, {unbiased:.3f}")

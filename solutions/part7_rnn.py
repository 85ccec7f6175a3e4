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
# # Part 7: recurrent networks, and why they are hard to train
#
# The networks of the earlier parts look through a window: three characters, or eight, or a block,
# and nothing before that. A **recurrent network** (RNN) has no window. It reads a sequence one
# element at a time and keeps a **state**, a row of numbers that it rewrites at every step from the
# old state and the new element. What it knows of the past is what it has managed to write there.
# In principle that reaches back to the very first character; in practice it often does not, and
# this part is about why.
#
# You write the recurrent cell, a model of names made from it, and its gradient *by hand*, through
# time. Then you measure how that gradient fades or blows up on its way back, and write two of the
# answers to it: clipping, and a cell with gates (the GRU). The last section says what the field
# did next, and why attention replaced most of this.
#
# **How to work.** Each exercise is one function, in one cell. Replace the line that raises
# `NotImplementedError`, then ask for a verdict:
#
# - `grader run part7` checks everything you have written so far;
# - `grader run part7.rnn_cell` checks one exercise;
# - `grader hint part7.rnn_cell` gives a hint; there are three, from the idea to the line in words.
#
# What you build here exists in torch as well: the layers `RNNCell`, `RNN`, `GRUCell` and `GRU`, and
# `clip_grad_norm_`. The exercises that ask for the same thing, `rnn_cell`, `rnn_forward`, `gru_cell`
# and `clip_gradients`, refuse them.
#
# **Sizes and layout.** `T` steps, `B` sequences at a time, `I` numbers in for each step, `H`
# numbers of state, `V` characters, `E` numbers for the embedding of a character. Two conventions
# are torch's, so that you can compare with its layers:
#
# - *Time comes first*: a batch of sequences is `x` (T, B, I). Then `x[t]`, of shape (B, I), is what
#   all `B` sequences see at the same step, and a loop over `x` is a loop over time.
# - *A weight is (out, in)*, as in `torch.nn.Linear`: `W_ih` (input to hidden) is (H, I), `W_hh`
#   (hidden to hidden) is (H, H). A row of inputs is multiplied by the transposed weight.
#
# In formulas the steps are counted from 1: $x_1, \dots, x_T$, with states $h_1, \dots, h_T$ and
# the initial state $h_0$. In the code, `x[0]` is $x_1$ and `states[0]` is $h_1$, while $h_0$ is
# an argument of its own, `h0`.

# %%
import random
from pathlib import Path

import torch
import torch.nn.functional as F

# %% [markdown]
# ## 1. One cell, used again and again
#
# **Why recurrence at all?** Take a network with a window of `n` characters: its first weight grows
# with `n`, what it learns about a character in one place of the window says nothing about the
# other places, and nothing outside the window exists. A recurrent network spends the *same* small
# set of weights on every step. It takes sequences of any length, and what it learns about a
# letter holds wherever the letter stands.

# %% [markdown]
# ### rnn_cell
#
# One step of the plain RNN: a linear layer that sees the new input and the old state, and a tanh.
#
# $$h_t = \tanh(x_t W_{ih}^\top + h_{t-1} W_{hh}^\top + b)$$
#
# You may read it as one linear layer on the two rows laid end to end; splitting its weight in two
# saves the gluing. With $I = H = 1$, $W_{ih} = 1$, $W_{hh} = 0.5$ and $b = 0$, an input of 1 and a
# state of 0 give $\tanh(1) = 0.7616$. (`torch.nn.RNNCell` has two biases, `b_ih` and `b_hh`. They
# are only ever added, so one does the same work.)
#
# The tanh keeps each number of the state between -1 and 1, however long the sequence is. Keep in
# mind that its slope, $1 - h_t^2$, is never more than 1: that will matter.
#
# `W_hh` is square. A transpose forgotten on `W_ih` raises an error about shapes; one forgotten on
# `W_hh` goes through in silence, and gives another network.

# %%
def rnn_cell(x, h, W_ih, W_hh, b):
    """One step of a plain recurrent network with tanh, equal to torch.nn.RNNCell's.

    x            (B, I): the inputs of this step
    h            (B, H): the states before it
    W_ih         (H, I)
    W_hh         (H, H)
    b            (H,)
    Returns      (B, H): the states after it, differentiable, dtype of x
    Example: x = [[1, -1]], h = [[0.5]], W_ih = [[0.5, 0.25]], W_hh = [[2]] and b = [0.1]
    give [[0.8741]], the tanh of 1.35.
    """
    ### BEGIN SOLUTION
    return torch.tanh(x @ W_ih.T + h @ W_hh.T + b)  # (B, I) @ (I, H) + (B, H) @ (H, H) + (H,)
    ### END SOLUTION


# %% [markdown]
# ### rnn_forward
#
# Now over a sequence. Draw the loop laid out in a row, one copy of the cell for each step, and you
# have the **unrolled graph**:
#
# ```text
#            x1              x2              x3
#            |               |               |
#            v               v               v
# h0 ---> [ cell ] -h1-> [ cell ] -h2-> [ cell ] -h3->
#            |               |               |
#            v               v               v
#           h1              h2              h3        (to the outputs)
# ```
#
# It is a feed-forward network of `T` layers, with two peculiarities: every layer has the *same*
# weights, and every layer gets an input of its own. A name of ten letters makes a network of ten
# layers, a page of text one of thousands.
#
# With the weights from above and the inputs 1, 0, 0, the states are 0.7616, 0.3634, 0.1797: the
# input of the first step is still there at the third, and it is fading.

# %%
def rnn_forward(x, h0, W_ih, W_hh, b):
    """A plain recurrent network over a batch of sequences: all its states, and the last one.

    x            (T, B, I): time first
    h0           (B, H): the states before the first step
    W_ih         (H, I)
    W_hh         (H, H)
    b            (H,)
    Returns      (states, last): (T, B, H), where states[t] are the states after x[t], and (B, H),
                 the states after the last step; both differentiable, dtype of x
    Example: x = [[[1]], [[0]], [[0]]], h0 = [[0]], W_ih = [[1]], W_hh = [[0.5]] and b = [0] give
    states = [[[0.7616]], [[0.3634]], [[0.1797]]] and last = [[0.1797]].
    """
    ### BEGIN SOLUTION
    h = h0
    states = []
    for x_t in x:  # (B, I)
        h = rnn_cell(x_t, h, W_ih, W_hh, b)
        states.append(h)
    return torch.stack(states), h
    ### END SOLUTION


# %% [markdown]
# ## 2. A model of names
#
# A recurrent network makes a language model almost by itself: at each step, read a character,
# rewrite the state, and predict the next character from the state. In one pass over a name of `n`
# letters it makes `n + 1` predictions, each from *everything* before it. No window, and no
# examples cut out of the names.

# %% [markdown]
# ### name_batch
#
# The names of a batch have different lengths, and a tensor has one length. So the short ones are
# **padded**: after the end of a name the inputs are filled up with 0 (any character would do, the
# answer to it is thrown away), and the targets with -1, which is no character and says "no answer
# is asked for here".
#
# The inputs of a name begin with `.`, its targets end with it, and each target is the input of the
# next step. That holds as far as the name goes. Below it the two tables differ, 0 in `X` and -1 in
# `Y`, and the last target of a name, `.`, is the input of no step: `Y` is not `X` moved up by a
# row. Time comes first, so *a name is a column*. For the words `ab` and `c`:
#
# ```text
# X      ab  c            Y      ab  c
#        .   .                   a   c
#        a   c                   b   .
#        b  (.)                  .  (-1)
# ```
#
# How many rows are needed? The longest name has as many characters as it has, and one more
# prediction: its end.

# %%
def name_batch(words, stoi):
    """Inputs and targets for a batch of words, time first and padded: X with 0, Y with -1.

    words        a list of B words
    stoi         a dict from characters to numbers, in which "." is 0
    Returns      (X, Y), both (T, B) int64, where T is one more than the length of the longest word.
                 Column i of X: "." and the characters of words[i]; of Y: these, and "." at the end
    Example: words = ["ab", "c"] and stoi = {".": 0, "a": 1, "b": 2, "c": 3} give
    X = [[0, 0], [1, 3], [2, 0]] and Y = [[1, 3], [2, 0], [0, -1]].
    """
    ### BEGIN SOLUTION
    T = max(len(word) for word in words) + 1
    X = torch.zeros(T, len(words), dtype=torch.int64)
    Y = torch.full((T, len(words)), -1)
    for i, word in enumerate(words):
        numbers = torch.tensor([stoi[c] for c in f".{word}."])
        X[: len(word) + 1, i] = numbers[:-1]
        Y[: len(word) + 1, i] = numbers[1:]
    return X, Y
    ### END SOLUTION


# %% [markdown]
# ### rnn_logits
#
# The model: an embedding `C`, the recurrent network, and one linear layer from the state to the
# logits. The output layer is applied to each state, with the same weights at every step, so
# (T, B, H) becomes (T, B, V). Each name starts with a state of zeros: it must not know the name
# that happened to be read before it.
#
# The parameters come as a list in a fixed order. This helper makes one:

# %%
def init_rnn(vocab_size, n_embd, n_hidden, generator):
    """Random parameters [C, W_ih, W_hh, b, W_out, b_out], all requiring a gradient."""
    V, E, H = vocab_size, n_embd, n_hidden
    shapes = ((V, E), (H, E), (H, H), (H,), (V, H), (V,))
    scales = (1.0, E**-0.5, H**-0.5, 0.0, 0.1 * H**-0.5, 0.0)  # a small last layer: unsure at first
    draws = [torch.randn(shape, generator=generator) for shape in shapes]
    return [(s * draw).requires_grad_() for s, draw in zip(scales, draws, strict=True)]


# %%
def rnn_logits(params, X):
    """The logits of the next character, after each character of a batch of sequences.

    params       [C, W_ih, W_hh, b, W_out, b_out]: (V, E), (H, E), (H, H), (H,), (V, H), (V,)
    X            (T, B) int64: character numbers, time first
    Returns      (T, B, V), differentiable, dtype of the parameters. Every sequence starts from a
                 state of zeros
    Example: if W_out is all zeros, every row of logits is b_out.
    """
    ### BEGIN SOLUTION
    C, W_ih, W_hh, b, W_out, b_out = params
    h0 = torch.zeros(X.shape[1], W_hh.shape[0])  # (B, H)
    states, _ = rnn_forward(C[X], h0, W_ih, W_hh, b)  # C[X] is (T, B, E)
    return states @ W_out.T + b_out
    ### END SOLUTION


# %% [markdown]
# ### rnn_loss
#
# The average surprise, over the predictions that count. A batch of 32 names can be a third
# padding; if its targets counted, the network would be paid for predicting nothing, and the loss
# would look better than it is. So the mean runs over the places where `Y` is not -1, each of
# them weighted the same: a long name has more predictions than a short one, and counts for more.
#
# Say that three places count and were given the probabilities 0.5, 0.25 and 0.5, and one is
# padding. The loss is $-(\log 0.5 + \log 0.25 + \log 0.5) / 3 = 0.924$. Dividing by all four places
# would give 0.693. `F.cross_entropy` may be used here; look at what it can leave out.

# %%
def rnn_loss(params, X, Y):
    """The mean negative log-likelihood of the targets, over all places where there is one.

    params       [C, W_ih, W_hh, b, W_out, b_out], as for rnn_logits
    X            (T, B) int64
    Y            (T, B) int64: the right character, or -1 where none is asked for
    Returns      a 0-d tensor, differentiable, dtype of the parameters
    Example: if W_out and b_out are all zeros, the loss is the logarithm of V.
    """
    ### BEGIN SOLUTION
    logits = rnn_logits(params, X)  # (T, B, V)
    return F.cross_entropy(logits.flatten(0, 1), Y.flatten(), ignore_index=-1)
    ### END SOLUTION


# %% [markdown]
# ## 3. Backwards through time
#
# The unrolled graph is an ordinary graph, so its gradient is ordinary backprop, walked from the
# last step to the first. It has a name of its own, **backpropagation through time**, and three
# things to watch.
#
# **The state has two users.** $h_t$ goes to the outputs of its own step, and to the next cell. Two
# gradients arrive, and they add:
#
# $$\frac{\partial L}{\partial h_t} = \underbrace{g_t}_{\text{from outside}} +
#   \underbrace{\frac{\partial L}{\partial a_{t+1}} W_{hh}}_{\text{from the next step}}
#   \qquad \frac{\partial L}{\partial a_t} = (1 - h_t^2) \odot \frac{\partial L}{\partial h_t}$$
#
# Here $a_t$ is what goes into the tanh of step $t$, and $\odot$ multiplies entry by entry. At the
# last step there is no next one, and only $g_T$ arrives.
#
# **Shared weights sum over time.** There is one `W_hh`, and each step uses it. A nudge of it moves
# the loss through all `T` steps, so its gradient is the sum of `T` gradients, one for each
# use. The same goes for `W_ih` and `b`. It is the rule for anything that is used more than once.
#
# **The gradient of step t needs the state before it.** In
# $a_t = x_t W_{ih}^\top + h_{t-1} W_{hh}^\top + b$ the factor beside $W_{hh}$ is $h_{t-1}$. At the
# first step that is $h_0$.
#
# The example once more: one number each, $W_{ih} = 1$, $W_{hh} = 0.5$, inputs 1, 0, 0, states
# 0.7616, 0.3634, 0.1797, and a loss that looks at the last state alone: $g = 0, 0, 1$.
#
# ```text
# step    gradient of h_t     times 1 - h_t^2     share in dW_hh: times h_{t-1}
#  3      1                   0.9677              0.9677 * 0.3634 = 0.3517
#  2      0.5 * 0.9677        0.4200              0.4200 * 0.7616 = 0.3198
#  1      0.5 * 0.4200        0.0882              0.0882 * 0      = 0
# ```
#
# So $dW_{hh} = 0.6715$, the sum of the last column; $db = 1.4758$, the sum of the one before it;
# $dW_{ih} = 0.0882$ (only the first input is not zero); and $dh_0 = 0.5 \cdot 0.0882 = 0.0441$.
# Look at the second column: at each step back, less is left.

# %% [markdown]
# ### backprop_through_time
#
# All of it, by hand; autograd is switched off while this one is graded. The states are given, so
# you need not compute them again. `dstates[t]` is what reaches the state of step `t` from outside,
# and it is random in the checks: any loss could stand behind it.

# %%
def backprop_through_time(dstates, x, h0, states, W_ih, W_hh):
    """The gradients of a plain recurrent network over a sequence, for any dstates.

    Forward: states[t] = tanh(x[t] @ W_ih.T + (states[t - 1], or h0 at first) @ W_hh.T + b)
    dstates      (T, B, H): the gradient that each state gets from outside the recurrence
    x            (T, B, I)
    h0           (B, H)
    states       (T, B, H)
    W_ih         (H, I)
    W_hh         (H, H)
    Returns      (dx, dh0, dW_ih, dW_hh, db), with the shapes of x, h0, W_ih, W_hh and (H,); dtype
                 of x
    Example: the numbers above, x = [[[1]], [[0]], [[0]]] and dstates = [[[0]], [[0]], [[1]]], give
    dx = [[[0.0882]], [[0.4200]], [[0.9677]]], dh0 = [[0.0441]], dW_ih = [[0.0882]],
    dW_hh = [[0.6715]] and db = [1.4758].
    """
    ### BEGIN SOLUTION
    dx = torch.zeros_like(x)
    dW_ih = torch.zeros_like(W_ih)
    dW_hh = torch.zeros_like(W_hh)
    db = torch.zeros_like(W_hh[0])
    carried = torch.zeros_like(h0)  # the gradient from the next step; after the last, none
    for t in reversed(range(len(x))):
        before = states[t - 1] if t > 0 else h0
        da = (1 - states[t] ** 2) * (dstates[t] + carried)  # (B, H)
        dx[t] = da @ W_ih
        dW_ih += da.T @ x[t]
        dW_hh += da.T @ before
        db += da.sum(0)
        carried = da @ W_hh
    return dx, carried, dW_ih, dW_hh, db
    ### END SOLUTION


# %% [markdown]
# ### truncated_forward
#
# Backprop through time needs every state of the sequence in memory until it has walked back to the
# first. For a book that is hopeless, and each update would wait for a whole reading. **Truncated
# backpropagation through time** cuts the sequence into chunks, say of 50 steps. The *state* is
# carried from one chunk to the next, so the network still reads the book in order; the *gradient*
# stops at the border of the chunk.
#
# Forward, nothing changes: the same states, number for number. Backward, a loss at step 70 reaches
# back to step 51 and no further. What lies behind the border can be remembered, because the
# state came through, but nobody is told that it was worth remembering: the network cannot learn a
# connection that is longer than the chunk, except by luck. A cut on the way is made with
# `detach()`: the same values, and no history.
#
# Write a forward pass over the whole sequence with these cuts in it. The first chunk starts at
# `h0`, and a gradient does reach `h0`, because no border lies before it.

# %%
def truncated_forward(x, h0, W_ih, W_hh, b, chunk):
    """The states of rnn_forward, with a gradient that does not cross the borders of the chunks.

    x, h0, W_ih, W_hh, b     as for rnn_forward
    chunk                    an int: the steps of a chunk; the last one may have fewer
    Returns                  states (T, B, H), differentiable, dtype of x: the values of
                             rnn_forward. With chunk = 3 the states of x[3], x[4] and x[5] pass a
                             gradient to these three inputs, to the weights as these three steps
                             use them, and to nothing earlier
    """
    ### BEGIN SOLUTION
    h = h0
    chunks = []
    for piece in x.split(chunk):  # (chunk, B, I)
        states, last = rnn_forward(piece, h, W_ih, W_hh, b)
        chunks.append(states)
        h = last.detach()
    return torch.cat(chunks)
    ### END SOLUTION


# %% [markdown]
# ## 4. Why they are hard to train
#
# Follow the gradient of the last state back to an early one. Each step multiplies it by the
# derivative of one state with respect to the one before, an (H, H) matrix called the **Jacobian**
# of the step:
#
# $$\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2)\, W_{hh} \qquad
#   \frac{\partial h_T}{\partial h_t} = \prod_{k=t+1}^{T} \mathrm{diag}(1 - h_k^2)\, W_{hh}$$
#
# (with the factors of late steps on the left). A product of `T - t` matrices that are nearly the
# same matrix behaves like a power. With plain numbers: $0.5^{20}$ is one in a million, $0.9^{20}$
# is 0.12, $1.1^{20}$ is 6.7, and $1.5^{20}$ is 3325. There is hardly anything in between: a
# product of many factors stays near 1 only if the factors are very near 1.
#
# For a matrix, the number to raise to the power is its **spectral radius** $\rho$, the largest
# absolute value among its eigenvalues: in the long run, multiplying by the matrix again and again
# changes the length of a vector by a factor of $\rho$ a step. The tanh adds slopes of at most 1,
# and much smaller ones where units are saturated. So, as a rule:
#
# - If $\rho(W_{hh})$ is clearly below 1, the gradient **vanishes**: early steps hear nothing of
#   late mistakes. The network still learns, but only short connections, and its loss curve looks
#   healthy.
# - If it is well above 1, the gradient can **explode**. Whether it does depends on the slopes;
#   when it happens, one batch moves the weights so far that everything learnt is gone.
#
# A deep feed-forward network has the same product, but each layer has a matrix of its own, which
# one can scale well at the start (that is what Kaiming's rule is for). Here it is the *same* matrix
# at each step, and what it does wrong it does wrong `T` times. And a network that is to *remember*
# something must keep it: the very thing that makes the state forget the past makes the gradient
# forget it.

# %% [markdown]
# ### with_spectral_radius
#
# To look at the effect one wants matrices with a given $\rho$. Eigenvalues scale with the matrix:
# those of $2W$ are twice those of $W$. So measure $\rho$, and scale.
#
# A real matrix that is not symmetric may have complex eigenvalues, in pairs: they turn vectors as
# well as stretch them. The absolute value of $a + bi$ is $\sqrt{a^2 + b^2}$. Take
# $R = \begin{pmatrix} 0 & -1 \\ 1 & 0 \end{pmatrix}$, the rotation by a right angle: its
# eigenvalues are $\pm i$, and $\rho = 1$.
#
# $\rho$ is not the largest *singular* value, which tells how much one multiplication can stretch a
# vector at most. $\begin{pmatrix} 0 & 2 \\ 0 & 0 \end{pmatrix}$ stretches one by 2, but applied
# twice it gives zero: its $\rho$ is 0.

# %%
def with_spectral_radius(W, radius):
    """W times the number that makes its spectral radius `radius`.

    W            (H, H), with a spectral radius above 0
    radius       a float, above 0
    Returns      (H, H), dtype of W
    Example: W = [[0, -4], [1, 0]] has the eigenvalues 2i and -2i; with radius = 1 it gives
    [[0, -2], [0.5, 0]].
    """
    ### BEGIN SOLUTION
    largest = torch.linalg.eigvals(W).abs().max()
    return W * radius / largest
    ### END SOLUTION


# %% [markdown]
# ### gradient_norms_through_time
#
# Now measure it. The loss looks at the last state alone, and hands it the gradient `dlast`. What
# is the gradient of each earlier state, and how long is it? Walk back as in
# `backprop_through_time`, without the inputs and the weights' gradients, and note the length (the
# square root of the sum of the squares, over all entries) at every step.
#
# In the example with one number, the gradients of $h_3$, $h_2$, $h_1$ were 1, 0.4838 and 0.2100.

# %%
def gradient_norms_through_time(dlast, states, W_hh):
    """The length of the gradient of each state, for a loss that depends on the last state alone.

    dlast        (B, H): the gradient of the last state, states[-1]
    states       (T, B, H), from rnn_forward
    W_hh         (H, H)
    Returns      (T,), dtype of states: entry t is the norm of the gradient of states[t], over all
                 its B * H numbers; the last entry is the norm of dlast
    Example: states = [[[0.7616]], [[0.3634]], [[0.1797]]], W_hh = [[0.5]] and dlast = [[1]] give
    [0.2100, 0.4838, 1].
    """
    ### BEGIN SOLUTION
    gradient = dlast
    norms = [gradient.norm()]
    for h in states[1:].flip(0):
        gradient = ((1 - h**2) * gradient) @ W_hh  # one step back
        norms.append(gradient.norm())
    return torch.stack(norms[::-1])
    ### END SOLUTION


# %% [markdown]
# ## 5. Training it
#
# **Against exploding: clip.** The loss of a recurrent network has cliffs: flat ground, and beside
# it a wall, where a small change of `W_hh` is taken to the power of `T`. The gradient at the wall
# is huge, and a step along it lands far away. Yet its *direction* is fine; its length is the
# trouble. So measure the length of the whole gradient, over all parameters together, and if it is
# more than some `max_norm`, shorten it to that. Nothing happens to ordinary gradients.
#
# With two parameters whose gradients are `[3, 0]` and `[4]`, the length is
# $\sqrt{9 + 0 + 16} = 5$. For `max_norm = 1` both are multiplied by 0.2. Clipping each parameter's
# gradient by its own length would give `[1, 0]` and `[1]`: another direction, no longer downhill
# in the steepest way.
#
# **Against vanishing, clipping does nothing.** A gradient that has faded cannot be scaled up: what
# is left of it is drowned by the gradients of the nearby steps, to which it is added. That needs
# another cell (section 6).

# %% [markdown]
# ### clip_gradients
#
# The gradients are in `.grad`, where `backward()` has left them, and that is where the shortened
# ones belong. A parameter that the loss does not depend on has none: its `.grad` is `None`. The
# length before the clipping is worth a look during training (a jump in it is an explosion), so
# return it.

# %%
def clip_gradients(parameters, max_norm):
    """Shorten the gradients in .grad, together, to a length of at most max_norm.

    parameters   a list of tensors; one whose .grad is None is passed over, and keeps None
    max_norm     a float
    Returns      the length before: the root of the sum of the squares of all entries of all
                 gradients, a float. Afterwards .grad of each parameter holds its gradient, times
                 max_norm / length if that length was above max_norm, and unchanged if not
    Example: gradients [3, 0] and [4] and max_norm = 1 return 5.0 and leave [0.6, 0] and [0.8].
    """
    ### BEGIN SOLUTION
    gradients = [p.grad for p in parameters if p.grad is not None]
    length = torch.cat([g.flatten() for g in gradients]).norm().item()
    if length > max_norm:
        for g in gradients:
            g *= max_norm / length
    return length
    ### END SOLUTION


# %% [markdown]
# ### train_step
#
# One step of gradient descent on a batch of names, with autograd (you have shown that you can do
# without). The order matters: empty the old gradients, compute the loss and its gradients, clip
# them, and only then step. The return value is the loss, as it was before the step.

# %%
def train_step(params, X, Y, lr, max_norm):
    """One step of gradient descent with clipping, in place.

    params       [C, W_ih, W_hh, b, W_out, b_out], leaves that require a gradient. The .grad of each
                 holds an old gradient, which does not count, or None
    X, Y         (T, B) int64, as for rnn_loss
    lr           a float: the learning rate
    max_norm     a float: the gradients of all parameters together are clipped to this length
    Returns      the loss before the step, a float. The tensors in params have moved
    """
    ### BEGIN SOLUTION
    for p in params:
        p.grad = None
    loss = rnn_loss(params, X, Y)
    loss.backward()
    clip_gradients(params, max_norm)
    with torch.no_grad():
        for p in params:
            p -= lr * p.grad
    return loss.item()
    ### END SOLUTION


# %% [markdown]
# ## 6. Gates: a road for the gradient
#
# The plain cell writes its whole state anew at each step. To keep a number it has to push it
# through a matrix and a tanh, again and again, and come out with the same number: that is hard to
# learn, and the gradient pays for it. A **gated** cell keeps by default. For every number of
# the state it works out a *gate* $z$ between 0 and 1, and mixes:
#
# $$h_t = (1 - z) \odot n + z \odot h_{t-1}$$
#
# where $n$ is the new candidate. Where $z$ is 1 the old number stays, exactly; where $z$ is 0 it is
# replaced. Write it as $h_t = h_{t-1} + (1 - z) \odot (n - h_{t-1})$, and you see a *residual
# path*: old value plus a correction. The state goes straight through, and so does the gradient: the
# direct path multiplies it by $z$, with no matrix and no tanh. With $z = 0.95$, 20 steps leave
# $0.95^{20} = 0.36$ of it, where a factor of 0.5 left one in a million.
#
# It is the same idea as the residual connections of deep networks, turned to run along time; there
# the gate is always open. And the network decides by itself what to keep and for how long, number
# by number and step by step, because the gates are computed from the input and the state. (The
# LSTM, which is older, has the same road: a second state that is only multiplied by a gate and
# added to. A bias of 1 or 2 on the gate that keeps, at the start, opens the road from the first
# step of training.)

# %% [markdown]
# ### gru_cell
#
# The **gated recurrent unit**, in torch's formulation:
#
# $$\begin{aligned}
# r &= \sigma(x W_{ir}^\top + b_{ir} + h W_{hr}^\top + b_{hr}) && \text{reset gate} \\
# z &= \sigma(x W_{iz}^\top + b_{iz} + h W_{hz}^\top + b_{hz}) && \text{update gate} \\
# n &= \tanh(x W_{in}^\top + b_{in} + r \odot (h W_{hn}^\top + b_{hn})) && \text{candidate} \\
# h' &= (1 - z) \odot n + z \odot h
# \end{aligned}$$
#
# $\sigma$ is the sigmoid. The reset gate says how much of the old state the candidate may look at:
# with $r = 0$ it is made from the input alone.
#
# The three weights of each kind are stacked in one tensor, in the order r, z, n: rows `0` to
# `H - 1` of `W_ih` (3H, I) are $W_{ir}$, the next `H` rows $W_{iz}$, the last `H` rows $W_{in}$.
# The same holds for `W_hh` (3H, H) and both biases (3H,). That way one matrix product makes all
# three. Two biases are needed here: $b_{hn}$ stands inside the reset gate's product and $b_{in}$
# outside.
#
# Papers and libraries differ in two places, and this is torch's choice. Some write $z$ for the
# share of the *new* candidate. And in the first paper on the GRU the reset gate multiplies $h$
# before its matrix product; here it multiplies the product, bias included.

# %%
def gru_cell(x, h, W_ih, W_hh, b_ih, b_hh):
    """One step of a gated recurrent unit, equal to torch.nn.GRUCell's.

    x            (B, I)
    h            (B, H)
    W_ih         (3H, I): reset gate, update gate and candidate, in this order
    W_hh         (3H, H): the same order
    b_ih, b_hh   (3H,): the same order
    Returns      (B, H): the states after the step, differentiable, dtype of x
    Example: with all weights and biases zero, both gates are 0.5 and the candidate is 0, so that
    h = [[3, -1]] gives [[1.5, -0.5]].
    """
    ### BEGIN SOLUTION
    x_r, x_z, x_n = (x @ W_ih.T + b_ih).chunk(3, dim=1)  # (B, 3H) into three of (B, H)
    h_r, h_z, h_n = (h @ W_hh.T + b_hh).chunk(3, dim=1)
    r = torch.sigmoid(x_r + h_r)
    z = torch.sigmoid(x_z + h_z)
    n = torch.tanh(x_n + r * h_n)
    return (1 - z) * n + z * h
    ### END SOLUTION


# %% [markdown]
# ## 7. What gates do not solve, and what came next
#
# **The state is a bottleneck.** Take translation: one recurrent network, the *encoder*, reads a
# sentence, and its last state is handed to another, the *decoder*, which writes the translation
# from it word by word. However long the sentence was, all of it has to fit into those `H`
# numbers, and the first word has been overwritten as often as there were words after it.
# Translations got worse as sentences got longer. The remedy was to let the decoder look back at
# *all* states of the encoder, and at each word choose which ones matter: that was the first
# attention. The choice is made by content, and a state that lies 50 steps back is one step away.
# From there it was not far to leave the recurrence out and keep the attention (part 6; its
# `CrossAttention` is this look from a decoder to an encoder).
#
# **Time is sequential.** $h_{100}$ cannot be computed before $h_{99}$. A GPU that could do a
# thousand steps at once does them one after the other, in training as well, where all the inputs
# are known from the start. How the three kinds of network compare on a sequence of length `T`:
#
# | | steps that must follow each other | way from the first input to the last output |
# |---|---|---|
# | recurrent | `T` | `T` steps, each a matrix and a tanh |
# | convolutions, dilated (part 5) | about `log T` layers | about `log T` layers |
# | attention (part 6) | the number of layers | one layer |
#
# The second column is speed; the third is this part's story: the gradient takes the same way back.
#
# **What recurrence is still good at.** To write one more character, a recurrent network needs its
# state and nothing else: the same work and the same memory at step 10 and at step 10,000. Attention
# must look at all that went before. That is why recurrent ideas return in some form again
# and again, mostly with a recurrence that is *linear* in the state, which can be computed for all
# steps at once and whose Jacobians can be kept near 1.

# %% [markdown]
# ## Playground
#
# A place for experiments: it runs in the notebook and as a script, never while you are graded.
# Here are three to begin with. The first is the table of section 4: how long the gradient is 10,
# 20, 30 steps back, for matrices of different spectral radius. The second asks the same of a GRU
# whose update gate was opened by a bias. The third trains your model of names for some seconds
# and makes some up; compare its loss with the bigram's 2.45.

# %%
if __name__ == "__main__":
    generator = torch.Generator().manual_seed(7)
    T, H = 31, 64
    noise = 0.1 * torch.randn(T, 1, H, generator=generator)
    start = torch.zeros(1, H)
    last = torch.full((1, H), H**-0.5)  # a gradient of length 1

    try:
        print("length of the gradient 0, 10, 20 and 30 steps back")
        for radius in (0.5, 0.9, 1.1, 1.5, 3.0):
            W = with_spectral_radius(torch.randn(H, H, generator=generator), radius)
            reached, _ = rnn_forward(noise, start, torch.eye(H), W, torch.zeros(H))
            lengths = gradient_norms_through_time(last, reached, W).flip(0)[::10]
            print(f"spectral radius {radius}: " + " ".join(f"{v:9.1e}" for v in lengths))
    except NotImplementedError:
        print("The table needs rnn_forward, with_spectral_radius, gradient_norms_through_time.")

    try:
        shape = (3 * H, H)
        W, U = (0.1 * torch.randn(shape, generator=generator) for _ in range(2))
        for opening in (0.0, 3.0):
            bias = torch.zeros(3 * H)
            bias[H : 2 * H] = opening  # the update gate
            road = [torch.zeros(1, H, requires_grad=True)]
            for step in noise:
                road.append(gru_cell(step, road[-1], W, U, bias, torch.zeros(3 * H)))
            lengths = [g.norm() for g in torch.autograd.grad((road[-1] * last).sum(), road)][::-10]
            print(f"GRU, gate bias {opening}: " + " ".join(f"{v:9.1e}" for v in lengths))
    except NotImplementedError:
        print("The two lines on the GRU need gru_cell.")

    root = Path(__file__).parent.parent if "__file__" in globals() else Path()
    names = (root / "data" / "names.txt").read_text().split()
    random.Random(42).shuffle(names)
    held_out, rest = names[:1000], names[1000:]
    itos = dict(enumerate([".", *sorted(set("".join(names)))]))
    stoi = {c: i for i, c in itos.items()}

    @torch.no_grad()
    def judge(params):
        """The loss on names that the model has not seen."""
        return rnn_loss(params, *name_batch(held_out, stoi)).item()

    @torch.no_grad()
    def make_up(params):
        """A name from the model, one step of the cell for each character."""
        C, *weights, W_out, b_out = params
        h, number, name = torch.zeros(1, H), 0, ""
        while True:
            h = rnn_cell(C[[number]], h, *weights)
            probs = torch.softmax(h @ W_out.T + b_out, 1)
            number = torch.multinomial(probs, 1, generator=generator).item()
            if number == 0 or len(name) == 20:
                return name
            name += itos[number]

    try:
        params = init_rnn(len(itos), 16, H, generator)
        for step in range(3001):
            low = torch.randint(len(rest) - 32, (), generator=generator).item()
            batch = name_batch(rest[low : low + 32], stoi)  # the names are shuffled already
            train_step(params, *batch, lr=0.5 if step < 2000 else 0.1, max_norm=1.0)
            if step % 500 == 0:
                print(f"step {step}: {judge(params):.4f} on names that it has not seen")
        print(*[make_up(params) for _ in range(10)])
    except NotImplementedError:
        print("Training needs sections 1 and 2, clip_gradients and train_step.")

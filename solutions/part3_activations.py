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
# # Part 3: activations, gradients, BatchNorm
#
# The network of part 2 works: an embedding, a hidden layer with tanh, an output layer. It also
# hides three faults. It begins with a loss that is many times too high, it switches off much of its
# hidden layer before the first step, and it would not survive being made ten layers deep. In this
# part you find these faults, repair them with better initial weights, build the layer that makes
# them far less pressing (BatchNorm), and write the instruments that show whether a network is
# healthy. It follows Andrej Karpathy's lecture *Building makemore Part 3: Activations & Gradients,
# BatchNorm*; you can do it without having seen the lecture.
#
# **Why look inside?** A badly initialised network does not crash. It trains, more slowly, and ends
# a little worse, and nothing tells you why. Small networks forgive it. Deep ones do not: numbers
# that grow or shrink by a factor in every layer are too large or too small after fifty of them,
# forwards (the activations) and backwards (the gradients). Most of the inventions that made deep
# networks trainable keep these numbers at a good size.
#
# **How to work.** Each exercise is one function or one class, in one cell. Replace each line that
# raises `NotImplementedError`, then ask for a verdict:
#
# - `grader run part3` checks everything you have written so far;
# - `grader run part3.batchnorm` checks one exercise;
# - `grader hint part3.batchnorm` gives a hint; there are three, from the idea to the line in words.
#
# Sizes in this text: `n` examples in a batch, `V` characters in the vocabulary, `block` characters
# of context, embeddings of `E` numbers, `H` hidden units. Never write a size as a number: the
# checks use several. Leave what you are given as it is, unless the text says that it is to change.
# Autograd is welcome in this part. Put experiments under `if __name__ == "__main__":`, as in the
# last cell: they run in the notebook and with `python exercises/part3_activations.py`, and not
# while you are graded.

# %%
import math

import torch
from torch import nn

# %% [markdown]
# ## 1. What the first loss should be
#
# Train the network of part 2 with weights straight from `torch.randn`, and draw the loss against
# the step. The curve looks like a hockey stick: it falls from somewhere between 20 and 30 to about
# 3 within a few hundred steps (the blade), and then creeps along (the handle).
#
# Where do the 20 or 30 come from? The output layer adds up 200 hidden numbers, each times a weight
# of size about 1, so the logits are of size 10 or more. Softmax turns such logits into near
# certainties, and since nothing has been learnt they are certainties about the wrong characters.
# With four characters, of which the third is right:
#
# ```text
# logits           probabilities                     loss = -log(the third)
# 0, 0, 0, 0       0.25    0.25    0.25    0.25       1.386
# 0, 5, 0, 0       0.0066  0.980   0.0066  0.0066     5.020
# ```
#
# To be confidently wrong costs far more than to know nothing. So the first few hundred steps
# do little but make the last layer's weights smaller, and that is the easy part which makes the
# curve fall. A network that starts without an opinion has nothing to unlearn: its steps go into
# learning from the first one on, the blade is gone, and it ends lower.
#
# This is a test that you can run before any training, with any network. **Work out what the loss
# of complete ignorance is, and compare it with the first loss.** If the first one is much higher,
# the last layer is too large.

# %% [markdown]
# ### expected_initial_loss
#
# Ignorance means: every character has the same probability, $p = 1 / V$. The loss of an example is
# $-\log p$ (the natural logarithm) of the right character, which is now the same whichever
# character is right. For four characters that is the 1.386 of the table above; for the 27
# of the names it is about 3.30.

# %%
def expected_initial_loss(vocab_size):
    """The cross-entropy of a model that gives every character the same probability.

    vocab_size   how many characters there are, an int
    Returns      a float
    Example: 4 gives 1.3863.
    """
    ### BEGIN SOLUTION
    return math.log(vocab_size)  # -log(1 / V)
    ### END SOLUTION


# %% [markdown]
# ## 2. Initial weights
#
# ### Saturated units
#
# The second fault hides in the hidden layer, `h = tanh(hpreact)`. In part 2 the numbers that go
# into tanh were large as well, with a standard deviation above 5. What tanh makes of such numbers
# is nearly always close to -1 or 1: it is *saturated*.
#
# The trouble is on the way back. The slope of tanh, in terms of its output $h$, is $1 - h^2$, and
# whatever gradient arrives is multiplied by it:
#
# ```text
# h          0      0.5     0.9     0.99     0.999
# slope      1      0.75    0.19    0.020    0.002
# ```
#
# A unit at 0.999 lets through a five-hundredth of its gradient. For some examples that is as it
# should be: the unit has made up its mind there. But a unit that is saturated for *every* example
# gets next to no gradient from any of them, so the weights before it do not move, and it stays
# where it is: a *dead neuron*. (ReLU has dead neurons too, those below zero for all examples, and
# there the gradient is exactly zero. A learning rate that is too high can kill a unit in
# mid-training.)
#
# ### Why the square root of fan_in
#
# How large should the weights be? Take one number of the pre-activation: a sum of `fan_in`
# products.
#
# $$y = \sum_{i=1}^{\text{fan\_in}} x_i w_i$$
#
# If all $x_i$ and $w_i$ are independent with mean 0, the variances of the products add up:
# $\text{var}(y) = \text{fan\_in} \cdot \text{var}(x) \cdot \text{var}(w)$. With three characters
# of ten numbers, `fan_in` is 30; if `x` and `w` have standard deviation 1, `y` has
# $\sqrt{30} = 5.5$. That is where the saturation came from. For `y` to be as large as `x` we need
#
# $$\text{fan\_in} \cdot \text{var}(w) = 1 \qquad\text{so}\qquad
#   \text{std}(w) = \frac{1}{\sqrt{\text{fan\_in}}}$$
#
# Mind the root. Dividing the weights by `fan_in` itself makes `y` too small, here by another factor
# of 5.5. It is also the *first* dimension of a (fan_in, fan_out) matrix that counts: the numbers
# that go into one sum, not the number of sums.
#
# ### Gains
#
# That is right for a linear layer. A non-linearity takes something away: ReLU sets one half of a
# symmetric input to zero, and so halves the mean of the squares. tanh pulls everything
# towards zero: normal numbers with standard deviation 1 come out with 0.63. Ten such layers in
# a row, each 100 units wide, with weights $g / \sqrt{100}$ give these standard deviations of the
# activations (layers 1, 2, 3 and 10):
#
# ```text
# g = 1        0.63    0.49    0.41    0.22     shrinks, and goes on shrinking
# g = 5/3      0.76    0.70    0.67    0.65     settles
# g = 3        0.86    0.84    0.84    0.84     settles, but 40 % of the units are saturated
# ```
#
# So the weights are multiplied by a *gain* that makes up for what the non-linearity takes.
#
# The exact values matter less today than they did: BatchNorm (below), residual connections and
# better optimisers are more forgiving. But the thinking is the same everywhere, and without
# BatchNorm a deep network needs the gain.

# %% [markdown]
# ### gain
#
# Four gains that are in general use (they are PyTorch's as well):
#
# | layer followed by | gain | why |
# |---|---|---|
# | nothing (`"linear"`) | 1 | nothing is lost |
# | `"sigmoid"` | 1 | a convention |
# | `"tanh"` | 5/3 | found by experiment: see above |
# | `"relu"` | root of 2 | half of the mean square is lost, so the variance is to be doubled |

# %%
def gain(nonlinearity):
    """The factor by which initial weights are enlarged, for what the non-linearity takes away.

    nonlinearity     "linear", "sigmoid", "tanh" or "relu"
    Returns          a float
    Example: "tanh" gives 1.6667.
    """
    ### BEGIN SOLUTION
    return {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2)}[nonlinearity]
    ### END SOLUTION


# %% [markdown]
# ### kaiming_normal
#
# Gain and fan_in together are called Kaiming initialisation, after Kaiming He, the first author of
# the paper that worked it out for ReLU (2015):
#
# $$\text{std}(w) = \frac{\text{gain}}{\sqrt{\text{fan\_in}}}$$
#
# For three characters of ten numbers and tanh that is $(5/3) / 5.48 = 0.304$. Standard normal
# numbers times 0.304 have that standard deviation.
#
# Draw with the `generator` that is passed in, and leave its seed alone: the same generator
# in the same state then gives the same network, and no other code can come in between.
# (PyTorch has this function too; what it is made of is the exercise.)

# %%
def kaiming_normal(fan_in, fan_out, nonlinearity, generator):
    """Normal initial weights with the standard deviation that keeps activations at their size.

    fan_in           numbers that go into each unit, an int
    fan_out          units, an int
    nonlinearity     what follows the layer: "linear", "sigmoid", "tanh" or "relu"
    generator        a torch.Generator: all numbers are drawn with it
    Returns          (fan_in, fan_out), float32
    Example: for (9, 5, "linear", generator) the standard deviation is 1/3.
    """
    ### BEGIN SOLUTION
    std = gain(nonlinearity) / fan_in**0.5
    return torch.randn(fan_in, fan_out, generator=generator) * std
    ### END SOLUTION


# %% [markdown]
# ### init_mlp
#
# Now both repairs, for the whole network of part 2:
#
# ```text
# C[X] -> (n, block * E)      h = tanh(emb @ W1 + b1)      logits = h @ W2 + b2
# ```
#
# - `C`: standard normal. It is looked up and not summed over, so nothing grows.
# - `W1`: Kaiming for tanh. What is its fan_in?
# - `b1`: zeros, or small numbers (around 0.01), for a little variety.
# - `W2`: normal and small, with a standard deviation of about 0.01, so that the first logits are
#   close to zero and the first loss is within 0.05 of the expected one. Small, but **not zero**:
#   with `W2` zero no gradient at all gets through to the hidden layer in the first step, and
#   numbers that all start equal may stay alike for longer than you would wish.
# - `b2`: zeros. Why should any character be preferred before a name has been seen?
#
# All five are to be trained, so they require a gradient, and they must be *leaves*: tensors that
# were not computed from others that require a gradient. Only leaves get a `.grad`. If you ask
# for the gradient first and multiply by 0.01 afterwards, you hold the product, whose `.grad` stays
# `None`, while the leaf is out of reach. Finish the numbers, then set `requires_grad`.

# %%
def init_mlp(vocab_size, block_size, n_embd, n_hidden, generator):
    """The parameters of the MLP, such that it starts without an opinion and without saturation.

    vocab_size (V), block_size, n_embd (E), n_hidden (H)    ints
    generator    a torch.Generator: all numbers are drawn with it
    Returns      the list [C, W1, b1, W2, b2] of float32 leaves that require a gradient:
                 C (V, E) standard normal; W1 (block_size * E, H) Kaiming for tanh;
                 b1 (H,) zeros or around 0.01; W2 (H, V) normal, around 0.01 but not zero;
                 b2 (V,) zeros
    """
    ### BEGIN SOLUTION
    C = torch.randn(vocab_size, n_embd, generator=generator)
    W1 = kaiming_normal(block_size * n_embd, n_hidden, "tanh", generator)
    b1 = torch.zeros(n_hidden)
    W2 = torch.randn(n_hidden, vocab_size, generator=generator) * 0.01
    b2 = torch.zeros(vocab_size)
    parameters = [C, W1, b1, W2, b2]
    for p in parameters:
        p.requires_grad = True
    return parameters
    ### END SOLUTION


# %% [markdown]
# ### saturation
#
# The first instrument: which share of the activations is saturated? Negative saturation is
# saturation too: -0.995 is as flat as 0.995. Count what is strictly above the threshold in size.
# Standard normal embeddings and a Kaiming `W1` give about 10 % above 0.99, which is healthy; `W1`
# from `randn` gives 60 %, which is not.

# %%
def saturation(h, threshold=0.99):
    """The share of the activations whose absolute value is above the threshold.

    h            (n, H)
    threshold    a float
    Returns      a float from 0 to 1
    Example: h = [[0.995, -0.995], [0.2, 0.6]] gives 0.5.
    """
    ### BEGIN SOLUTION
    return (h.abs() > threshold).float().mean().item()
    ### END SOLUTION


# %% [markdown]
# ### dead_neurons
#
# The second one is about units: a column of `h` is one unit, its rows are the examples. A unit is
# dead (on this batch) if *every* example saturates it, on whichever side. One example in the
# linear range is enough for it to learn from.

# %%
def dead_neurons(h, threshold=0.99):
    """Which units are saturated for every example.

    h            (n, H)
    threshold    a float
    Returns      (H,), bool
    Example: h = [[0.995, 0.2, 0.999], [-0.995, 0.999, 0.3]] gives [True, False, False].
    """
    ### BEGIN SOLUTION
    return (h.abs() > threshold).all(0)
    ### END SOLUTION


# %% [markdown]
# ## 3. BatchNorm
#
# So we would like the pre-activations to be roughly normal with mean 0 and standard deviation 1,
# and we have gone to some trouble over the initial weights to get that. In 2015 Ioffe and Szegedy
# asked the blunt question: if that is what we want, why not *make* them so? Subtract the mean over
# the batch, divide by the standard deviation over the batch. Both are differentiable, so it can
# be a layer like any other:
#
# $$\hat x = \frac{x - \mu}{\sqrt{v + \epsilon}} \qquad y = \gamma\,\hat x + \beta$$
#
# with one $\mu$ and one $v$ (mean and variance) for each unit, taken over the `n` examples of the
# batch, and a small $\epsilon$ *inside* the root that keeps it from dividing by zero where a unit
# has the same value for all examples.
#
# **Gain and bias.** We want a standard distribution at the start, not for ever: a network may
# have reason to make a unit more or less decided. So each unit gets a gain $\gamma$ (at
# first 1) and a bias $\beta$ (at first 0), and these are learnt with everything else.
#
# **It couples the examples of a batch.** This is the strange part. $\mu$ and $v$ depend on all
# examples, so the activations of one name now depend on which other names happen to be in
# the batch. Draw another batch, and the activations of the same name jitter a little. It
# turns out to be useful: the network cannot rely on exact values, so it overfits less. BatchNorm
# *regularises*, by accident. It is also the reason why many people would rather do without:
# results depend on the batch size, training and use are two different computations, gradients run
# between examples, and all of this is a rich source of bugs. LayerNorm and GroupNorm, which take
# their statistics within one example, were made to avoid it. But BatchNorm came first and works
# very well, and the regularising jitter is one reason why it is hard to get rid of.
#
# **Which variance?** Dividing the sum of squares by `n` gives the *biased* variance, too small on
# average because the distances are measured from the batch's own mean; dividing by `n - 1` gives
# the *unbiased* one (Bessel's correction; part 4 counts it out). In this course it is **`n - 1`
# everywhere**, as in the lecture. PyTorch's `nn.BatchNorm1d`, like the paper, is a mixture: it
# normalises with the biased variance in training and keeps the unbiased one for later
# use. For a batch of 32 they differ by 3 %, so the two phases do not quite agree, for no good
# reason. If you compare your layer with PyTorch's, expect that difference, and no other.

# %% [markdown]
# ### batchnorm
#
# First as a function, for training. `x` holds a row for each example and a column for each unit;
# every column gets its own mean and its own variance (over the examples, with `n - 1`).
# A column `[1, 3]` has the mean 2 and the variance $(1 + 1) / 1 = 2$, so it is normalised to
# `[-0.7071, 0.7071]`.
#
# Gradients are to flow through all of it, the mean and the variance included: nothing is detached.
# (`F.batch_norm` is not allowed here: it is what you are building. `x.mean` and `x.var` are.)

# %%
def batchnorm(x, bngain, bnbias, eps):
    """Batch normalisation over the examples, differentiable in all three tensors.

    x            (n, H)
    bngain       (1, H)
    bnbias       (1, H)
    eps          a float, added to the variance
    Returns      (n, H), dtype of x: bngain * (x - mean) / sqrt(variance + eps) + bnbias,
                 the variance divided by n - 1
    Example: x = [[1], [3]], bngain = [[10]], bnbias = [[1]], eps = 0 give [[-6.0711], [8.0711]].
    """
    ### BEGIN SOLUTION
    mean = x.mean(0, keepdim=True)  # (1, H)
    variance = x.var(0, keepdim=True)  # (1, H), n - 1 is its default
    return bngain * (x - mean) / torch.sqrt(variance + eps) + bnbias
    ### END SOLUTION


# %% [markdown]
# ### calibrate
#
# A trained network should be able to say something about *one* name. But one name is no
# batch: its mean is itself, and its variance does not exist. So once training is over we fix the
# statistics. The first way: pass the whole training set through the network as far as the
# BatchNorm layer, and take the mean and the standard deviation there, once. This is called
# calibration.
#
# The network is that of `init_mlp`, with BatchNorm in between and without `b1` (you will see
# why soon):
#
# ```text
# C[X] (n, block, E) -> (n, block * E) -> hpreact = emb @ W1 (n, H) -> BatchNorm -> tanh -> W2, b2
# ```
#
# Nobody will call `backward` on this, so PyTorch must not record it: for the whole training set
# the recording alone would take hundreds of megabytes. Work without a graph, and leave recording
# switched on when you are done.

# %%
def calibrate(X, params):
    """The statistics of hpreact over a whole data set, computed without a graph.

    X            (n, block) ints: the contexts
    params       [C, W1, W2, b2, bngain, bnbias]; C (V, E) and W1 (block * E, H) require gradients
    Returns      (mean, std), both (1, H): the mean and the standard deviation (n - 1, no eps) of
                 hpreact over the examples; neither requires a gradient
    Example: C = [[1], [3]], W1 = [[10]] and X = [[0], [1]] give [[20]] and [[14.1421]].
    """
    ### BEGIN SOLUTION
    C, W1, *_ = params
    with torch.no_grad():
        hpreact = C[X].view(X.shape[0], -1) @ W1  # (n, H)
        return hpreact.mean(0, keepdim=True), hpreact.std(0, keepdim=True)
    ### END SOLUTION


# %% [markdown]
# ### update_running
#
# The second way needs no extra stage, and so everyone uses it: keep *running* statistics beside the
# training. At each step, the running value moves a little towards what the batch gives:
#
# $$\text{running} \leftarrow (1 - m) \cdot \text{running} + m \cdot \text{batch}$$
#
# The momentum $m$ says how much the new batch counts. (In PyTorch it is 0.1 by default. With small
# batches a single one says little, and a smaller number such as 0.001 averages over more of them.)
# At the end the running value is close to what a calibration would give.
#
# This is bookkeeping and not part of the model's computation. If the running value remembered how
# it was computed, it would hold on to the graph of every batch so far. The result is a new tensor
# without a graph; what comes in is left as it is.

# %%
def update_running(running, batch_value, momentum):
    """The running value moved towards that of the batch, without a graph.

    running      (1, H)
    batch_value  (1, H), may be part of a graph
    momentum     a float: the weight of the batch
    Returns      (1, H): a new tensor that does not require a gradient
    Example: running = [[1]], batch_value = [[3]], momentum = 0.25 give [[1.5]].
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        return (1 - momentum) * running + momentum * batch_value
    ### END SOLUTION


# %% [markdown]
# ## 4. Layers
#
# A deep network of loose tensors is hard to keep in order. From here on a layer is an object:
# it owns its tensors, it can be called like a function, and it tells which of its tensors are to
# be trained. The names and the way of calling are those of `torch.nn`, so that later you can swap
# one for the other.
#
# Two rules for all layers of this part:
#
# - Calling the layer returns its output and also keeps it as `layer.out`: the very same tensor, so
#   that later its gradient can be looked at.
# - `parameters()` returns a list of the tensors that are trained, and nothing else. Whether you
#   set `requires_grad` yourself or leave it to whoever trains the network
#   (`for p in model.parameters(): p.requires_grad = True`) is up to you; but they must be leaves.

# %% [markdown]
# ### Linear
#
# A matrix product and a bias. The weight starts normal with standard deviation
# $1 / \sqrt{\text{fan\_in}}$ (the gain for a linear layer; someone who knows what comes next may
# multiply it by another gain later), the bias at zero. With `bias=False` there is none:
# `self.bias` is `None`, and `parameters()` is one shorter.
#
# Two layers of the same size must not start alike, so do not seed anything in here. Note also
# that `weight` is (fan_in, fan_out), as in the lecture; PyTorch's `nn.Linear` keeps it transposed.

# %%
class Linear:
    """x @ weight + bias.

    Linear(fan_in, fan_out, bias=True)
    .weight      (fan_in, fan_out), at first normal with standard deviation 1 / sqrt(fan_in)
    .bias        (fan_out,), at first zeros; None if bias=False
    layer(x)     (n, fan_in) -> (n, fan_out), kept as .out
    parameters() the list [weight, bias], or [weight] if bias=False
    Example: weight = [[1, 2], [3, 4]], bias = [10, 20] and x = [[1, 1]] give [[14, 26]].
    """

    def __init__(self, fan_in, fan_out, bias=True):
        ### BEGIN SOLUTION
        self.weight = torch.randn(fan_in, fan_out) / fan_in**0.5
        self.bias = torch.zeros(fan_out) if bias else None
        ### END SOLUTION

    def __call__(self, x):
        ### BEGIN SOLUTION
        self.out = x @ self.weight
        if self.bias is not None:
            self.out = self.out + self.bias
        return self.out
        ### END SOLUTION

    def parameters(self):
        ### BEGIN SOLUTION
        return [self.weight] if self.bias is None else [self.weight, self.bias]
        ### END SOLUTION


# %% [markdown]
# ### BatchNorm1d
#
# Everything of section 3 in one object. There are two kinds of tensors in it:
#
# - **parameters**, `gamma` and `beta`: trained by gradient descent, listed by `parameters()`;
# - **buffers**, `running_mean` and `running_var`: part of the layer's state (you need them to use
#   the network, and you would save them to disk), but no gradient ever moves them. They are
#   updated by the rule of `update_running`, without a graph, and are not in `parameters()`.
#
# And two modes, chosen by the attribute `training` (at first `True`; whoever uses the network sets
# it):
#
# - in training, normalise with the mean and the variance *of the batch*, and move the buffers
#   towards them;
# - otherwise, normalise with the *buffers*, and leave them as they are. The result for an example
#   then depends on nothing but that example, and a batch of one is no problem.
#
# The variance is the one with `n - 1`, for normalising and for the buffer alike. `running_var` is a
# variance and no standard deviation: the root is taken when it is used, of the variance plus `eps`.
# No other class has room for so many small mistakes that nobody notices: a loss curve shows hardly
# any of them. So it is checked from several sides, for some points each.

# %%
class BatchNorm1d:
    """Batch normalisation of (n, dim) inputs, with running statistics.

    BatchNorm1d(dim, eps=1e-5, momentum=0.1)
    .eps, .momentum    as passed in; momentum is the weight of the new batch
    .training          at first True: use the batch's statistics (n - 1) and update the running
                       ones; False: use the running ones, which stay as they are
    .gamma, .beta      (dim,), at first ones and zeros: the parameters
    .running_mean, .running_var    (dim,), at first zeros and ones: buffers, updated without a graph
    layer(x)           (n, dim) -> (n, dim), kept as .out:
                       gamma * (x - mean) / sqrt(variance + eps) + beta
    parameters()       the list [gamma, beta]
    """

    def __init__(self, dim, eps=1e-5, momentum=0.1):
        ### BEGIN SOLUTION
        self.eps = eps
        self.momentum = momentum
        self.training = True
        self.gamma = torch.ones(dim)
        self.beta = torch.zeros(dim)
        self.running_mean = torch.zeros(dim)
        self.running_var = torch.ones(dim)
        ### END SOLUTION

    def __call__(self, x):
        ### BEGIN SOLUTION
        if self.training:
            mean, variance = x.mean(0), x.var(0)  # (dim,) each, with n - 1
            with torch.no_grad():
                self.running_mean += self.momentum * (mean - self.running_mean)
                self.running_var += self.momentum * (variance - self.running_var)
        else:
            mean, variance = self.running_mean, self.running_var
        xhat = (x - mean) / torch.sqrt(variance + self.eps)
        self.out = self.gamma * xhat + self.beta
        return self.out
        ### END SOLUTION

    def parameters(self):
        ### BEGIN SOLUTION
        return [self.gamma, self.beta]
        ### END SOLUTION


# %% [markdown]
# ### Tanh
#
# A layer without tensors of its own. It is a class all the same, so that it can stand in a list
# beside the others and keep its output for the instruments of section 5.

# %%
class Tanh:
    """tanh of each entry.

    Tanh()
    layer(x)     any shape -> the same shape, kept as .out
    parameters() the empty list
    """

    def __call__(self, x):
        ### BEGIN SOLUTION
        self.out = torch.tanh(x)
        return self.out
        ### END SOLUTION

    def parameters(self):
        ### BEGIN SOLUTION
        return []
        ### END SOLUTION


# %% [markdown]
# ### Sequential
#
# A container: the output of each layer is the input of the next. It has no tensors of its own and
# is itself a layer, so a Sequential can stand inside another one. Its parameters are those of its
# layers, layer after layer: the very tensors and no copies, since an update must reach the
# layers. Ask the layers each time: someone may have exchanged one.

# %%
class Sequential:
    """Layers one after the other.

    Sequential(layers)     layers: a list of layers
    .layers                that list
    model(x)               the output of the last layer, kept as .out
    parameters()           one list of the parameters of all layers, in order
    """

    def __init__(self, layers):
        ### BEGIN SOLUTION
        self.layers = layers
        ### END SOLUTION

    def __call__(self, x):
        ### BEGIN SOLUTION
        for layer in self.layers:
            x = layer(x)
        self.out = x
        return x
        ### END SOLUTION

    def parameters(self):
        ### BEGIN SOLUTION
        return [p for layer in self.layers for p in layer.parameters()]
        ### END SOLUTION


# %% [markdown]
# ### useless_bias
#
# Why did `b1` vanish in section 3? Because BatchNorm subtracts the mean of each unit, and a bias is
# a number that is added to a unit for all examples: it moves the mean by as much as it moves the
# values, and is taken away with the mean. Whatever the bias is, the output stays as it is. Its
# gradient is therefore zero; it would sit in the list of parameters for ever and never learn. The
# layer before a BatchNorm needs no bias (`bias=False`); the `beta` of BatchNorm does its work.
#
# Show it. Compute the gradient of `b` twice, with autograd: once for a hidden layer without
# BatchNorm, once for the same layer with BatchNorm in between, by means of your `batchnorm` with
# `eps=1e-5`. In the second case, return the gradient of `bnbias` as well: it does the work now.
# "Loss" is here a weighted sum of the activations:
#
# $$L_\text{plain} = \sum_{ij} u_{ij} \tanh(xW + b)_{ij} \qquad
#   L_\text{bn} = \sum_{ij} u_{ij} \tanh(\text{batchnorm}(xW + b))_{ij}$$
#
# The second gradient of `b` will not be an exact zero in float32 but something like `1e-7`:
# rounding. The tensors that come in are left as they are; give a gradient to a copy (detached, so
# that it is a new leaf). If you call `backward` twice with the same copy of `b`, remember that
# gradients add up in `.grad`.

# %%
def useless_bias(x, W, b, bngain, bnbias, upstream):
    """The gradient of a bias without and with BatchNorm behind it, and of BatchNorm's own bias.

    x            (n, fan_in)
    W            (fan_in, H)
    b            (H,), a parameter: it requires a gradient
    bngain       (1, H), too
    bnbias       (1, H), too
    upstream     (n, H): the weights u of the sum
    Returns      (plain, normalised, own): the gradients of b from L_plain and of b from L_bn, both
                 (H,), and the gradient of bnbias from L_bn, (1, H)
    """
    ### BEGIN SOLUTION
    first, second, own = (t.detach().requires_grad_() for t in (b, b, bnbias))  # three new leaves
    plain = torch.tanh(x @ W + first)
    normalised = torch.tanh(batchnorm(x @ W + second, bngain, own, 1e-5))
    for h in (plain, normalised):
        (upstream * h).sum().backward()
    return first.grad, second.grad, own.grad
    ### END SOLUTION


# %% [markdown]
# ## 5. Instruments
#
# Four numbers that are worth looking at in any network, before and during training. Each of them
# compares the layers with each other: what you want is that it is about the same in all of them. A
# trend from the first layer to the last means that something grows or shrinks.
#
# ### activation_stats
#
# Forwards: for each tanh layer, mean and standard deviation of its output, and the share that is
# saturated (this time, as in the lecture, with |a| > 0.97). Healthy: a mean near 0, a standard
# deviation around 0.65 in all layers (with gain 5/3) and some 5 % saturated. Standard
# deviations that fall from layer to layer say that the gain is too small; 40 % of saturation
# says that it is too large. Other kinds of layers in the list are skipped.
#
# The standard deviation of a tensor is PyTorch's own (`t.std()`, n - 1) here and in what follows.

# %%
def activation_stats(layers):
    """How the outputs of the Tanh layers are distributed.

    layers       a list of layers after a forward pass; each has kept its output as .out
    Returns      a list with a tuple (mean, std, saturated) of floats for each Tanh among the
                 layers, in order; saturated is the share of entries with |a| > 0.97
    Example: a Tanh with .out = [[1, -0.5], [0.5, 0]] gives (0.25, 0.6455, 0.25).
    """
    ### BEGIN SOLUTION
    outputs = [layer.out for layer in layers if isinstance(layer, Tanh)]
    shares = [(a.abs() > 0.97).float().mean().item() for a in outputs]
    return [(a.mean().item(), a.std().item(), s) for a, s in zip(outputs, shares, strict=True)]
    ### END SOLUTION


# %% [markdown]
# ### gradient_stats
#
# Backwards: the same for the gradients that arrive at the outputs of the tanh layers. PyTorch
# keeps the gradients of leaves only, so before the backward pass somebody has to ask for these:
# `layer.out.retain_grad()` for each layer. That has been done when this function is called.
#
# Healthy: standard deviations of about the same size in all layers. With a gain that is too
# small the gradients shrink on their way back, layer by layer, and the first layers hardly
# learn (they vanish); with one that is too large they may grow (they explode).

# %%
def gradient_stats(layers):
    """How the gradients at the outputs of the Tanh layers are distributed.

    layers       a list of layers after a backward pass, in which every layer.out has kept its .grad
    Returns      a list with a tuple (mean, std) of floats for each Tanh among the layers, in order
    Example: a Tanh with .out.grad = [[1, 3]] gives (2, 1.4142).
    """
    ### BEGIN SOLUTION
    gradients = [layer.out.grad for layer in layers if isinstance(layer, Tanh)]
    return [(g.mean().item(), g.std().item()) for g in gradients]
    ### END SOLUTION


# %% [markdown]
# ### grad_data_ratio
#
# A gradient means little by itself: 0.01 is a lot for weights of size 0.001, and nothing for
# weights of size 10. So compare the two: the standard deviation of a weight's gradient over that of
# the weight itself. Look at the matrices (tensors with two dimensions) and leave gains and biases
# out. A matrix whose ratio is ten times that of the others will be trained ten times as fast by
# plain gradient descent. Often it is the last layer, right after an initialisation that made it
# small on purpose; it settles in the first few hundred steps.

# %%
def grad_data_ratio(parameters):
    """The size of each matrix's gradient relative to that of the matrix.

    parameters   a list of tensors of one or two dimensions, each with its .grad
    Returns      a list of floats: std of the gradient / std of the data for each parameter with two
                 dimensions, in order
    Example: [[1, 2], [3, 4]] with the gradient [[0.1, 0.2], [0.3, 0.4]] gives [0.1].
    """
    ### BEGIN SOLUTION
    matrices = [p for p in parameters if p.dim() == 2]
    return [(p.grad.std() / p.std()).item() for p in matrices]
    ### END SOLUTION


# %% [markdown]
# ### update_data_ratio
#
# Better still: compare with what actually happens to the weights. The update of a step is the
# gradient times the learning rate. Its size relative to the data, as a power of ten:
#
# $$r = \log_{10} \frac{\text{std}(\text{lr} \cdot \text{grad})}{\text{std}(\text{data})}$$
#
# This is the most useful of the four. Plotted over the steps of a training run, it should settle
# near **-3**: every step changes the weights by about a thousandth of their size. Far below (-4 or
# -5) the learning rate is too low and the network learns too slowly; above -2 the weights are
# shaken about more than they learn. It takes one run to see, and no search.
#
# Give one number for every parameter that comes in, whatever its dimensions. (For the picture one
# leaves those out that are no matrices, as above. A bias that is still zero everywhere has a
# standard deviation of zero, and no ratio worth looking at.)

# %%
def update_data_ratio(parameters, lr):
    """How much a step of gradient descent changes each parameter, as a power of ten.

    parameters   a list of tensors, each with its .grad
    lr           the learning rate, a float
    Returns      a list of floats: log10(std of lr * gradient / std of the data) for each parameter
    Example: [[1, 2], [3, 4]] with the gradient [[0.1, 0.2], [0.3, 0.4]] and lr = 0.1 gives [-2].
    """
    ### BEGIN SOLUTION
    ratios = [(lr * p.grad).std() / p.std() for p in parameters]
    return [ratio.log10().item() for ratio in ratios]
    ### END SOLUTION


# %% [markdown]
# ## 6. The same in a network for images
#
# What you have built is what large networks are made of: a layer with weights (no bias), a
# normalisation, a non-linearity, and again. In a ResNet, a network for images with up to 152
# layers, the weights are convolutions: matrix products that are applied to every small patch of an
# image. Such an image has the shape (n, channels, height, width), and `nn.BatchNorm2d` takes its
# statistics for each channel, over the examples, the height and the width.
#
# And there is one idea more. The output of a block is not computed from scratch but *added* to
# what came in:
#
# $$y = \text{relu}(F(x) + x)$$
#
# An addition passes its gradient on to both terms unchanged. So the gradient has a way from
# the loss to the first layer on which nothing shrinks it: a highway, beside which each block $F$
# learns what to add. Without these *residual connections* one could not train a hundred layers;
# with them it is routine. You will meet them again in the GPT.

# %% [markdown]
# ### Bottleneck
#
# The block of ResNet-50. It narrows the channels first, so that the costly 3x3 convolution has less
# to do, and widens them again by four (a bottleneck). For `channels` = c:
#
# ```text
#      x (n, in_channels, height, width)
#      |------------------------------+
#  conv1  1x1, to c channels          |
#   bn1                               |
#   relu                              |
#  conv2  3x3, c to c, padding 1,     |  downsample (only where needed):
#         with the stride             |    1x1 convolution, to 4c channels, with the stride
#   bn2                               |    BatchNorm
#   relu                              |
#  conv3  1x1, to 4c channels         |
#   bn3                               |
#      +------------ add -------------+
#                    |
#                  relu
# ```
#
# - No convolution has a bias. You know why.
# - A stride of 2 halves height and width; the padding of 1 makes sure that a 3x3 convolution with
#   stride 1 leaves them as they are.
# - Where the block changes the shape (a stride other than 1, or `in_channels` other than 4c), `x`
#   cannot be added as it is. It is brought into shape by a projection, `downsample`: a
#   convolution and a BatchNorm in an `nn.Sequential`. Where the shape stays, there is none
#   (`None`), and `x` itself is added.
# - The last ReLU comes *after* the addition.
#
# Here `torch.nn` may be used: `nn.Conv2d(in, out, kernel_size, stride, padding, bias)`,
# `nn.BatchNorm2d(channels)`, `torch.relu`. Use the names of the drawing for the attributes, so that
# weights can be loaded into them. An `nn.Module` finds its parameters by itself, if its `__init__`
# begins with `super().__init__()`, and calling it calls `forward`.

# %%
class Bottleneck(nn.Module):
    """The residual block of a ResNet-50.

    Bottleneck(in_channels, channels, stride=1)
    .conv1, .bn1, .conv2, .bn2, .conv3, .bn3
    .downsample  nn.Sequential(convolution, BatchNorm) where stride or channels change the shape,
                 else None
    block(x)     (n, in_channels, height, width) -> (n, 4 * channels, height', width'), where
                 height' and width' are those of x divided by stride, rounded up
    """

    def __init__(self, in_channels, channels, stride=1):
        ### BEGIN SOLUTION
        super().__init__()
        out_channels = 4 * channels
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample = None
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        out = torch.relu(self.bn1(self.conv1(x)))
        out = torch.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        shortcut = x if self.downsample is None else self.downsample(x)
        return torch.relu(out + shortcut)
        ### END SOLUTION


# %% [markdown]
# ## Playground
#
# A place for experiments: it runs in the notebook and as a script, never while you are graded.
# Here are two to begin with. The first compares first losses: weights straight from `randn`
# against your `init_mlp`. The second trains a deep network of your own layers for a thousand steps
# (a few seconds), reads your instruments, and makes up a few names. Then change something: take out
# the BatchNorm layers, or multiply the weights of the hidden layers by 3, and look at the
# instruments again.

# %%
if __name__ == "__main__":
    from pathlib import Path

    import torch.nn.functional as F

    here = Path(__file__).parent.parent if "__file__" in globals() else Path()
    words = (here / "data" / "names.txt").read_text().split()
    letters = "." + "".join(sorted(set("".join(words))))
    V, block, E, H = len(letters), 3, 10, 100
    contexts, targets = [], []
    for word in words:
        context = [0] * block
        for letter in word + ".":
            contexts.append(context)
            targets.append(letters.index(letter))
            context = context[1:] + [targets[-1]]
    X, Y = torch.tensor(contexts), torch.tensor(targets)
    generator = torch.Generator().manual_seed(3)
    torch.manual_seed(3)

    try:
        print(f"expected first loss {expected_initial_loss(V):.3f}")
        shapes = [(V, E), (block * E, H), (H,), (H, V), (V,)]
        start = [torch.randn(shape, generator=generator) for shape in shapes]
        for name, p in [("randn", start), ("init_mlp", init_mlp(V, block, E, H, generator))]:
            C, W1, b1, W2, b2 = p
            h = torch.tanh(C[X[:2000]].flatten(1) @ W1 + b1)
            loss = F.cross_entropy(h @ W2 + b2, Y[:2000]).item()
            dead = int(dead_neurons(h).sum())
            print(f"{name:9} {loss:6.3f}, {saturation(h):.1%} saturated, {dead} dead units")
    except NotImplementedError:
        print("The first losses need sections 1 and 2: there is work left.")

    try:
        C = torch.randn(V, E, generator=generator)
        layers, fan_in = [], block * E
        for _ in range(4):
            layers += [Linear(fan_in, H, bias=False), BatchNorm1d(H), Tanh()]
            fan_in = H
        layers += [Linear(H, V, bias=False), BatchNorm1d(V)]
        with torch.no_grad():  # start without an opinion
            layers[-1].gamma *= 0.1
        model = Sequential(layers)
        parameters = [C, *model.parameters()]
        for p in parameters:  # layers need not have asked for gradients themselves
            p.requires_grad_()
        steps = 1000
        for step in range(steps + 1):
            rows = torch.randint(0, len(X), (32,), generator=generator)
            loss = F.cross_entropy(model(C[X[rows]].flatten(1)), Y[rows])
            for layer in layers:
                layer.out.retain_grad()
            for p in parameters:  # gradients add up if they are not flushed
                p.grad = None
            loss.backward()
            lr = 0.1 if step < 0.7 * steps else 0.01
            with torch.no_grad():  # the step itself is not to be recorded
                for p in parameters:  # all of them, C included
                    p -= lr * p.grad
            if step % 200 == 0:
                print(f"step {step:5} loss {loss.item():.3f}")
        for mean, std, share in activation_stats(layers):
            print(f"Tanh: mean {mean:+.2f}, std {std:.2f}, saturated {share:.1%}")
        for mean, std in gradient_stats(layers):
            print(f"gradient at a Tanh: mean {mean:+.1e}, std {std:.1e}")
        matrices = [p for p in parameters if p.dim() == 2]  # C and the weights
        print("gradient : data", [f"{ratio:.3f}" for ratio in grad_data_ratio(matrices)])
        print("update : data  ", [f"{r:.1f}" for r in update_data_ratio(matrices, lr)])
        for layer in layers:
            layer.training = False
        for _ in range(8):
            name, context = "", [0] * block
            while not name.endswith("."):
                logits = model(C[torch.tensor([context])].flatten(1))
                pick = torch.multinomial(F.softmax(logits, 1), 1, generator=generator).item()
                name, context = name + letters[pick], context[1:] + [pick]
            print(name[:-1])
    except NotImplementedError:
        print("The deep network needs sections 4 and 5: there is work left.")

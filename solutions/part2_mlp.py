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
# # Part 2: an MLP for characters
#
# In this part you build a network that reads the last few characters of a name and predicts the
# next one: an embedding table, one hidden layer, and a softmax over the 27 characters. Around it
# you build what every training run needs: a data set, a split, batches, a way to find a learning
# rate, and an honest way to say how good the result is. It follows Andrej Karpathy's lecture
# *Building makemore Part 2: MLP*, which goes back to a paper of 2003 (Bengio and others, *A Neural
# Probabilistic Language Model*); you can do it without having seen either.
#
# **Why not go on counting?** Part 1 counted which character follows which. Its model sees one
# character back, and no amount of training makes it better than that. To look further back by
# counting you need one row of counts for each context, and the number of contexts explodes:
#
# | characters seen | possible contexts | contexts that occur in the names | of these, only once |
# |---:|---:|---:|---:|
# | 1 | 27 | 27 | 0 |
# | 2 | 729 | 602 | 40 |
# | 3 | 19,683 | 5,702 | 1,125 |
# | 5 | 14 million | 41,523 | 22,343 |
# | 8 | 282 billion | 59,220 | 40,490 |
#
# The names hold 229,804 characters to predict, and that number does not grow with the length of the
# context. So the counts get thin: of the contexts of eight characters that do occur, two in three
# occur once, and one observation makes a poor distribution. Worse, of the contexts of eight
# characters that you meet in new names, one in five has never occurred at all. This is the *curse
# of dimensionality*: the space of contexts grows exponentially with their length, and the data do
# not.
#
# **The way out** is to let contexts share what they know. A table treats `mia` and `mya` as two
# unrelated rows. A network that computes its prediction from *features* of the characters can find
# out that `i` and `y` behave alike, and then everything that it learns about one of the two
# contexts helps it with the other, even if that one never occurred. The network of this part, with
# three characters of context, has 11,897 parameters. A table of three characters has 19,683 rows of
# 27 counts, and cannot do this.
#
# **How to work.** Each exercise is one function, in one cell. Replace the line that raises
# `NotImplementedError`, then ask for a verdict:
#
# - `grader run part2` checks everything you have written so far;
# - `grader run part2.embed` checks one exercise;
# - `grader hint part2.embed` gives a hint; there are three, from the idea to the line in words.
#
# **Sizes**, the same letters all through: `N` examples, `block_size` characters of context each,
# `V` characters in the vocabulary, `E` numbers in an embedding, `H` hidden units. Never write a
# size as a number: the checks use several of each, and every size can be read off a tensor that you
# were given. Leave what you are given as it is, unless the exercise is a step that changes it.

# %%
import random

import torch
import torch.nn.functional as F

# %% [markdown]
# ## 1. The data
#
# Every character has a number: `.` is 0, `a` is 1, and so on to `z`, which is 26. The dot stands
# for "no character": it is what comes before the first letter and after the last one.

# %%
CHARACTERS = ".abcdefghijklmnopqrstuvwxyz"
stoi = {character: number for number, character in enumerate(CHARACTERS)}
itos = dict(enumerate(CHARACTERS))

# %% [markdown]
# ### build_dataset
#
# A word is several examples at once. With three characters of context, `emma` gives five of them:
#
# ```text
# context    next       as numbers
#  . . .      e          0  0  0  ->  5
#  . . e      m          0  0  5  -> 13
#  . e m      m          0  5 13  -> 13
#  e m m      a          5 13 13  ->  1
#  m m a      .         13 13  1  ->  0
# ```
#
# The context is a window that slides over the word, one character at a time. Before the word there
# is nothing, so it starts full of dots, and each word has a window of its own: nothing of one name
# reaches into the next. The last example is easy to forget. Its right answer is the dot, and it is
# the only thing that can teach the network where names end.
#
# All contexts go into one tensor `X`, a row each, all right answers into one tensor `Y`: words in
# the order of the list, and within a word from left to right. The numbers will be used as indices,
# so they are integers (`torch.tensor` makes int64 of Python's ints).

# %%
def build_dataset(words, stoi, block_size):
    """All examples of the words: the last block_size characters, and the one that follows.

    words        list of strings, none of them empty
    stoi         dict from character to number; "." has 0
    block_size   characters of context, an int
    Returns      X (N, block_size) and Y (N,), int64; N is the number of characters of all words,
                 counting one dot at the end of each
    Example: words = ["ab"], stoi = {".": 0, "a": 1, "b": 2} and block_size = 2 give
    X = [[0, 0], [0, 1], [1, 2]] and Y = [1, 2, 0].
    """
    ### BEGIN SOLUTION
    X, Y = [], []
    for word in words:
        context = [stoi["."]] * block_size
        for character in word + ".":
            X.append(context)
            Y.append(stoi[character])
            context = context[1:] + [stoi[character]]  # a new list: X keeps the old one
    return torch.tensor(X), torch.tensor(Y)
    ### END SOLUTION


# %% [markdown]
# ### split_words
#
# A network with enough parameters can learn its data by heart. Its loss on them then says nothing
# about new names, and new names are what it is for. So the words are divided, once and for all,
# before anything is trained:
#
# - **train** (80 %): the parameters are fitted to these;
# - **dev** (10 %, also called validation): choices that gradient descent does not make are made
#   with these: the size of the hidden layer, of the embedding, of the context, the learning rate;
# - **test** (10 %): looked at when all is done, once or a few times. Each look that leads to a
#   change of plan makes it a little more of a second dev set, and its number too good to be true.
#
# Comparing the losses tells you what to do next. Both high and about equal: the network
# *underfits*, it is too small or not yet trained enough, and more parameters or steps should help.
# Train low and dev clearly higher: it *overfits*, it has begun to learn names by heart, and more
# data, a smaller network, or a penalty on the weights should help.
#
# Split the words and not the examples. The examples of one word overlap in all but one character,
# so with some of them in train and others in dev you would measure memory again. (A little of that
# is left here: 2,564 names stand on the list twice, once for girls and once for boys, and the two
# may come to lie on different sides.) And shuffle first: the list has the girls' names before the
# boys', each from frequent to rare, so its last tenth holds nothing but rare names of boys.
#
# Shuffling is random, and yet you want the same split tomorrow: a dev set that changes from run to
# run ends up in the training data after all. So the order is fixed by a seed. To get the very split
# that the checks expect, shuffle a copy of the list with the `shuffle` of Python's `random` module,
# seeded with `seed`. (An object of your own, `random.Random(seed)`, leaves the random numbers of
# the rest of the program alone; `random.seed(seed)` sets those of everyone, and shuffles alike.)

# %%
def split_words(words, seed):
    """Three lists of words, 80, 10 and 10 % of them, in random order.

    words        list of n strings; it stays as it is
    seed         an int, for Python's random: one shuffle of a copy of words
    Returns      (train, dev, test): the shuffled words up to 80 % of n, from there up to 90 % of n,
                 and the rest; both cuts are rounded down to a whole number of words
    Example: 10 words give lists of 8, 1 and 1; 15 words (cuts at 12 and 13.5) give 12, 1 and 2.
    """
    ### BEGIN SOLUTION
    shuffled = list(words)
    random.Random(seed).shuffle(shuffled)
    first, second = int(0.8 * len(words)), int(0.9 * len(words))
    return shuffled[:first], shuffled[first:second], shuffled[second:]
    ### END SOLUTION


# %% [markdown]
# ## 2. Embeddings
#
# A network computes with numbers, and the number 13 for `m` will not do: it would say that `m` is
# thirteen times as much as `a`, and almost the same as `n`. The numbers are names and not
# quantities. Instead, each character gets a *vector* of `E` numbers, its **embedding**. All of them
# together are a table `C` of shape (V, E), a row for each character. They start at random and are
# parameters like any other: gradient descent moves them to where the prediction gets better. Two
# characters that can be exchanged for each other without much harm are pushed in the same
# directions, and end up close together; in a trained table you often find the vowels side by side,
# and `q` and the dot out on their own. That is how contexts share what they know: `mia` and `mya`
# become nearly the same point, and a smooth function gives nearly the same answer at both.

# %% [markdown]
# ### embed
#
# Look every character up. `X` has the shape (N, block_size) and holds row numbers of `C`. The
# answer has one vector where `X` has one number, so its shape is that of `X` with one dimension
# more, (N, block_size, E).
#
# With tensors, a whole tensor of ints can serve as an index. `C[2]` is row 2; `C[torch.tensor([2,
# 0, 2])]` is the rows 2, 0 and 2, in shape (3, E). Nothing changes in principle when the index has
# two dimensions.
#
# Backwards, the gradient of a row of `C` is the sum of what arrives at all places where its
# character stood. A row that was not looked up in this batch gets zeros.

# %%
def embed(C, X):
    """The embedding of each character.

    C            (V, E)
    X            (N, block_size) ints from 0 to V - 1
    Returns      (N, block_size, E), dtype of C
    Example: C = [[1, 2], [3, 4], [5, 6]] and X = [[2, 0]] give [[[5, 6], [1, 2]]].
    """
    ### BEGIN SOLUTION
    return C[X]
    ### END SOLUTION


# %% [markdown]
# ### embed_one_hot
#
# The same result by another way, which shows what an embedding is. Write a character as a vector
# of length `V` with a 1 in its place and 0 elsewhere, its *one-hot* vector, and multiply it by the
# table:
#
# $$\begin{pmatrix} 0 & 0 & 1 \end{pmatrix}
#   \begin{pmatrix} 1 & 2 \\ 3 & 4 \\ 5 & 6 \end{pmatrix}
#   = 0 \cdot (1, 2) + 0 \cdot (3, 4) + 1 \cdot (5, 6) = (5, 6)$$
#
# Every row of the table takes part, all but one with the weight zero. So an embedding is a linear
# layer, without bias and without non-linearity, whose input happens to be one-hot, and `C` is its
# weight matrix. Indexing is the cheap way to compute it: the product reads all `V` rows to keep
# one. (Later models use the same idea with weights that are not all zero or one: attention is a
# lookup that reads a bit of everything.)
#
# Here the product is asked for: a one-hot vector for each character, (N, block_size, V), times the
# table. Two things to watch. A batch need not contain the last character of the vocabulary, so the
# length of the one-hot vectors (the `num_classes` of `F.one_hot`) cannot be read off `X`. And
# `F.one_hot` makes ints, which torch does not multiply with floats.

# %%
def embed_one_hot(C, X):
    """The embedding of each character, as a product of its one-hot vector with the table.

    C            (V, E)
    X            (N, block_size) ints from 0 to V - 1; not every character need occur
    Returns      (N, block_size, E), dtype of C: the same numbers as embed(C, X)
    """
    ### BEGIN SOLUTION
    one_hot = F.one_hot(X, num_classes=C.shape[0]).to(C.dtype)  # (N, block_size, V)
    return one_hot @ C
    ### END SOLUTION


# %% [markdown]
# ### concat_embeddings
#
# The hidden layer wants one row of numbers for each example. So the vectors of its characters are
# laid end to end, first character first: for `block_size = 3` and `E = 2`,
#
# ```text
# [[1, 2],
#  [3, 4],   ->   [1, 2, 3, 4, 5, 6]
#  [5, 6]]
# ```
#
# and for all `N` examples, (N, block_size, E) becomes (N, block_size * E). The order matters: the
# first `E` columns always describe the oldest character, the last `E` the newest, so the next layer
# has weights of its own for each place in the context.
#
# You could cut the tensor into `block_size` pieces and join them again, but that copies every
# number. Look at how a tensor lies in memory instead. Its *storage* is one long row of numbers, and
# shape and strides say how it is to be read. `emb` of shape (1, 3, 2) and the result of shape
# (1, 6) have the same storage, 1 2 3 4 5 6: nothing needs to move, only the shape is read
# differently. Such a tensor is called a *view*, and the method is called that too: `x.view(2, 3)`
# reads six numbers as two rows of three, and one size may be -1, "whatever is left". A view costs
# next to nothing, whatever its size; and as the storage is shared, a change in one shows in the
# other. The check looks at that: it wants a view.
#
# (A view is possible because `emb` comes fresh from the lookup and lies in memory in the order of
# its shape. After a transposition it would not, and torch would refuse the view or make a copy.)

# %%
def concat_embeddings(emb):
    """The embeddings of each example side by side, as a view of the same storage.

    emb          (N, block_size, E), contiguous
    Returns      (N, block_size * E), dtype of emb, without copying
    Example: emb = [[[5, 6], [1, 2]]] gives [[5, 6, 1, 2]].
    """
    ### BEGIN SOLUTION
    return emb.view(emb.shape[0], -1)
    ### END SOLUTION


# %% [markdown]
# ## 3. The network and its loss
#
# ### mlp_forward
#
# ```text
# X (N, block_size) -> emb (N, block_size, E) -> embcat (N, block_size * E)
#                   -> h (N, H) -> logits (N, V)
# ```
#
# $$h = \tanh(\text{embcat} \, W_1 + b_1) \qquad \text{logits} = h \, W_2 + b_2$$
#
# - The hidden layer mixes the features of all characters of the context. Each of its `H` units is a
#   weighted sum plus a bias, pressed into the range from -1 to 1 by tanh. Without the tanh the two
#   layers would be one: a product of two matrices is a matrix, and the network could not say "an
#   `h` after a `c` is likely, *unless* it is the start of a name".
# - The output layer gives each character a score, its *logit*: any number, larger for more likely.
#   No tanh here, and no softmax either: the loss takes care of turning scores into probabilities.
#
# The biases are vectors, (H,) and (V,). Broadcasting adds them to every row: the same bias for each
# example. Use your own functions from above, or write their lines once more.

# %%
def mlp_forward(params, X):
    """The scores of all characters to come next, for each example.

    params       [C, W1, b1, W2, b2]: (V, E), (block_size * E, H), (H,), (H, V), (V,)
    X            (N, block_size) ints
    Returns      logits (N, V), dtype of the parameters
    Example: C = [[0], [1]], W1 = [[2], [5]], b1 = [-1], W2 = [[1, -1]], b2 = [3, 4] and
    X = [[1, 0]] give [[3.7616, 3.2384]]: the one hidden unit is tanh(1) = 0.7616.
    """
    ### BEGIN SOLUTION
    C, W1, b1, W2, b2 = params
    embcat = concat_embeddings(embed(C, X))  # (N, block_size * E)
    h = torch.tanh(embcat @ W1 + b1)  # (N, H)
    return h @ W2 + b2
    ### END SOLUTION


# %% [markdown]
# ### cross_entropy
#
# Softmax turns the scores of an example into probabilities, and the loss is the average surprise:
# minus the logarithm of the probability of the right character, averaged over the examples.
#
# $$p_{ij} = \frac{e^{z_{ij}}}{\sum_k e^{z_{ik}}} \qquad
#   \text{loss} = -\frac{1}{N} \sum_{i=1}^{N} \log p_{i,\,Y_i}$$
#
# For the scores $(0, \log 3)$ the exponentials are 1 and 3, the probabilities $\tfrac14$ and
# $\tfrac34$. If the right answer is the second one, the loss of this example is $-\log \tfrac34 =
# 0.288$; if it is the first, $-\log \tfrac14 = 1.386$. A network that knows nothing gives every
# character $\tfrac{1}{27}$, which costs $\log 27 = 3.296$.
#
# You write it yourself this time, so torch's `cross_entropy`, `log_softmax` and `nll_loss` are not
# allowed in this exercise. The formula as it stands would break in two places:
#
# - $e^{z}$ overflows: in float32, $e^{89}$ is infinite, and infinity over infinity is NaN. Adding
#   the same number to all scores of a row leaves its probabilities as they are (it cancels in the
#   fraction). So subtract the largest score of each row first. Then no exponent is above zero, and
#   one of them is exactly zero, so that the sum is at least 1.
# - The probability of a very unlikely character is rounded to 0, and $\log 0$ is $-\infty$. But its
#   logarithm is a harmless number. For the scores $(0, 200)$ and the right answer 0, the loss is
#   200. So take the logarithm on paper, before any rounding:
#
# $$\log p_{iy} = z_{iy} - \log \sum_k e^{z_{ik}}$$
#
# where the $z$ are the scores after the subtraction. These two steps are what the library does as
# well; together with fewer passes over memory, they are the reason to use its function elsewhere.

# %%
def cross_entropy(logits, Y):
    """The mean of minus the log-probability of the right characters, for logits of any size.

    logits       (N, V)
    Y            (N,) ints: the right answers
    Returns      the loss, a tensor of shape () and dtype of logits, differentiable
    Example: logits = [[0, log 3], [0, log 3]] and Y = [1, 0] give 0.8370, the mean of
    -log(3/4) = 0.2877 and -log(1/4) = 1.3863.
    """
    ### BEGIN SOLUTION
    shifted = logits - logits.max(1, keepdim=True).values  # (N, V), at most 0
    log_sums = shifted.exp().sum(1).log()  # (N,)
    return (log_sums - shifted[range(len(Y)), Y]).mean()
    ### END SOLUTION


# %% [markdown]
# ## 4. Training
#
# ### train_step
#
# One step of gradient descent: compute the loss, ask autograd for its gradient with respect to each
# parameter, and move each parameter a little against it.
#
# $$p \leftarrow p - \text{lr} \cdot \frac{\partial\,\text{loss}}{\partial p}$$
#
# - `backward()` *adds* to what stands in `.grad`. Whatever an earlier step has left there must be
#   thrown away first, or you walk along the sum of all gradients so far.
# - The parameters are changed *in place*: the caller holds these very tensors. `p = p - ...` makes
#   a new tensor under a local name, and the caller's network never moves.
# - The update itself is not part of the network, so it must not be recorded: torch refuses to
#   change in place a parameter that requires a gradient. Work under `torch.no_grad()`, or on
#   `p.data`.
# - Return the loss *before* the step, as a plain Python float. A tensor would keep its whole graph
#   alive for as long as you keep it in a list.

# %%
def train_step(params, X, Y, lr):
    """One step of gradient descent on the batch X, Y.

    params       [C, W1, b1, W2, b2], tensors that require a gradient, changed in place;
                 their .grad may hold anything before and after
    X, Y         (N, block_size) and (N,) ints
    lr           the learning rate, a float
    Returns      the loss before the step, a float
    """
    ### BEGIN SOLUTION
    loss = cross_entropy(mlp_forward(params, X), Y)
    for p in params:
        p.grad = None
    loss.backward()
    with torch.no_grad():
        for p in params:
            p -= lr * p.grad
    return loss.item()
    ### END SOLUTION


# %% [markdown]
# ### minibatch
#
# The gradient over all 183,802 training examples takes about a second, and is used for one small
# step. It is an average over the examples, and an average can be *estimated* from a sample. The
# gradient of a few random examples, a **mini-batch**, points in the right direction on average, but
# each one is noisy. How noisy? The standard deviation of a mean falls with the square root of the
# sample size: a batch of 32 has a noise of $1/\sqrt{32} = 0.18$ of that of a single example, and
# for half of that you need four times the batch, 128, and four times the work. So precision is
# expensive. It is better to take many steps along a rough direction than few along an exact one, at
# least as long as there is far to go: with batches of 32 you take a thousand steps or more in that
# one second. What the noise means in practice: the loss of a step jumps about, because it is the
# loss of 32 examples. Do not read single values; average over many.
#
# Draw the rows at random *with replacement*: each draw is made from all `N` examples, so a row can
# come twice, and the batch may even be larger than `N`. Take the same rows of `X` and of `Y`. For
# numbers that can be compared with ours, draw them in exactly this way, once for a batch:
# `torch.randint(0, N, (batch_size,), generator=generator)`. The *generator* is a source of random
# numbers that remembers where it is: two calls in a row give two different batches, and a generator
# with the same seed gives the same two again.

# %%
def minibatch(X, Y, batch_size, generator):
    """A random batch of examples, drawn with replacement.

    X, Y         (N, block_size) and (N,) ints
    batch_size   an int
    generator    a torch.Generator; the rows are one draw of
                 torch.randint(0, N, (batch_size,), generator=generator)
    Returns      (the rows of X, the same rows of Y): (batch_size, block_size) and (batch_size,)
    Example: if 2, 0, 2 are drawn, X = [[7, 8], [5, 5], [1, 2]] and Y = [4, 3, 9] give
    [[1, 2], [7, 8], [1, 2]] and [9, 4, 9].
    """
    ### BEGIN SOLUTION
    rows = torch.randint(0, len(X), (batch_size,), generator=generator)
    return X[rows], Y[rows]
    ### END SOLUTION


# %% [markdown]
# ## 5. Finding a learning rate
#
# With too small a rate you wait for ever; with too large a one the steps overshoot and the loss
# blows up. What is right differs between networks by orders of magnitude, so do not guess: try. One
# sweep of a few hundred steps shows the whole range.

# %% [markdown]
# ### lr_candidates
#
# Rates between 0.001 and 1, say. If you space a thousand of them evenly, about 900 lie between 0.1
# and 1, and only 9 between 0.001 and 0.01. What matters about a rate is its order of magnitude. So
# space the *exponents* evenly, from -3 to 0, and raise ten to each of them:
#
# $$\text{rate}_i = 10^{e_i} \qquad e_i = \text{low} + i \cdot
#   \frac{\text{high} - \text{low}}{\text{steps} - 1} \qquad i = 0, \ldots, \text{steps} - 1$$
#
# Each rate is then the one before it times a constant factor. Both ends are included.

# %%
def lr_candidates(low_exponent, high_exponent, steps):
    """Learning rates from 10**low_exponent to 10**high_exponent, their exponents evenly spaced.

    low_exponent, high_exponent   floats
    steps                         how many rates, an int, at least 2
    Returns                       (steps,), float32, ascending where low_exponent is the smaller
    Example: lr_candidates(-2.0, 0.0, 5) gives [0.01, 0.0316, 0.1, 0.3162, 1].
    """
    ### BEGIN SOLUTION
    return 10 ** torch.linspace(low_exponent, high_exponent, steps)
    ### END SOLUTION


# %% [markdown]
# ### find_lr
#
# Begin with a fresh network and the smallest rate. Take one step with it, on a random mini-batch,
# and note the loss; take the next step with the next rate, and so on to the largest. All steps are
# made by the *same* network, each from where the last one ended.
#
# Then draw the losses over the exponents. The picture has three parts. On the left the loss hardly
# moves: the steps are too small to matter. In the middle it falls, faster and faster. On the right
# it jumps about and shoots up: the steps overshoot. A good rate lies near the end of the fall,
# before the jumps begin; for this network that is about 0.1. It is a rough instrument (the network
# has also been trained on the way), and good enough to choose an order of magnitude.
#
# Note that the loss of a step is taken *before* its update, so what a rate does shows in the losses
# after it. And the network is used up by the sweep: start again from a fresh one afterwards.
#
# For each rate, in this order: one batch of your `minibatch`, one step of your `train_step` with
# that rate on that batch.

# %%
def find_lr(params, X, Y, low_exponent, high_exponent, steps, batch_size, generator):
    """A sweep over learning rates: one step of training with each candidate, on one network.

    params       [C, W1, b1, W2, b2], tensors that require a gradient, changed in place
    X, Y         (N, block_size) and (N,) ints: each step draws a batch from these
    low_exponent, high_exponent, steps
                 the candidates, as in lr_candidates
    batch_size   examples in a batch, an int
    generator    a torch.Generator, for the batches
    Returns      (rates, losses): two lists of `steps` floats, the rate of each step and the loss
                 of its batch before the step
    """
    ### BEGIN SOLUTION
    rates = lr_candidates(low_exponent, high_exponent, steps).tolist()
    losses = []
    for rate in rates:
        Xb, Yb = minibatch(X, Y, batch_size, generator)
        losses.append(train_step(params, Xb, Yb, rate))
    return rates, losses
    ### END SOLUTION


# %% [markdown]
# ### lr_at
#
# A rate that is good at the start is too large at the end. Near a minimum the noise of the batches
# takes over: each step throws the parameters about by the rate times that noise, so they hover
# around the minimum at a distance that the rate sets. Make the rate smaller and they settle. You
# can see it in a run: right after the drop the averaged loss falls faster than it did before.
# (Starting with the small rate would not help: then you would crawl all the way.)
#
# There are many schedules. Here is the plainest: the base rate for the first 70 % of the steps, a
# tenth of it for the rest. Steps are counted from 0, so of 100 steps the numbers 0 to 69 take the
# base rate and 70 to 99 the small one.

# %%
def lr_at(step, total_steps, base_lr):
    """The learning rate of a step: ten times smaller for the last 30 % of the steps.

    step         the number of the step, an int from 0 to total_steps - 1
    total_steps  an int, a multiple of 10
    base_lr      the rate for the first 70 % of the steps, a float
    Returns      a float
    Example: of 100 steps with base_lr = 0.5, step 69 has 0.5 and step 70 has 0.05.
    """
    ### BEGIN SOLUTION
    return base_lr if step < 0.7 * total_steps else base_lr / 10
    ### END SOLUTION


# %% [markdown]
# ## 6. How good is it?
#
# ### evaluate
#
# The loss of a batch is a noisy number, and one about data that the network has seen. To know where
# you stand, compute the loss over a whole split: over train and over dev, to tell underfitting from
# overfitting; over test at the very end.
#
# Nothing is trained here, so nothing has to be differentiated. If the parameters require a
# gradient, torch still records every operation on them, for a backward pass that never comes: with
# the training split that is some 200 megabytes. Switch the recording off while you compute, and
# hand it back as you found it. Someone who calls you with the recording on wants it on afterwards;
# someone who has switched it off wants it off. (A `with` block does both, and so does a decorator
# on the function. Switching it off by hand and on again at the end does not: it is then on for
# everyone, and off for good if an error comes in between.) The result is a plain float.

# %%
def evaluate(params, X, Y):
    """The mean loss over all the examples, without recording a graph.

    params       [C, W1, b1, W2, b2]
    X, Y         (N, block_size) and (N,) ints: a whole split
    Returns      the loss, a float; whether torch records operations is afterwards as it was before
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        return cross_entropy(mlp_forward(params, X), Y).item()
    ### END SOLUTION


# %% [markdown]
# ## Speedrun (no points)
#
# A game, for when all the rest is done. The lecture trains its network for 200,000 steps. From a
# good start they lead to a dev loss of a little above 2.1, in a minute or two. How little time does
# it take to get there? Write `speedrun`: it gets training examples, and returns a trained model, as
# a function that turns contexts into logits. What happens in between is yours: any network, any
# start, any optimiser and schedule, any size of batch, any order of the data, your own gradients or
# autograd's. Ask yourself where the 200,000 steps go. How many of them look at a context that has
# been seen before? What is one example of a context worth, if you know all that ever followed it?
#
# - `grader train part2 --speedrun` runs it and reports the loss and the time.
# - The clock starts at the call. It stops when the function has returned and the answer on the
#   held-out contexts is in, so that work that is put off until then counts as well.
# - The characters of the names are renumbered for the run, so nothing that was learnt beforehand
#   helps. Read the sizes off `X`, and take `vocab_size` as it comes.
# - Seconds differ from machine to machine: compare times of the same machine only.
#
# It is worth no points, and nothing else needs it.

# %%
def speedrun(X, Y, vocab_size):
    """Train a model on the examples, as fast as you can.

    X            (N, block_size) int64: contexts, the numbers of their characters
    Y            (N,) int64: the character after each
    vocab_size   an int: characters are 0 to vocab_size - 1, in an order that you do not know
    Returns      logits: a function from contexts (M, block_size) int64 to (M, vocab_size) float32
    """
    ### BEGIN SOLUTION
    # Equal contexts get equal predictions: train on each distinct one, against all that followed it.
    contexts, row = X.unique(dim=0, return_inverse=True)  # (K, block_size) and (N,)
    counts = torch.zeros(len(contexts), vocab_size)
    counts.index_put_((row, Y), torch.tensor(1.0), accumulate=True)

    fan_in, n_embd, n_hidden = X.shape[1] * 10, 10, 200
    params = [
        torch.randn(vocab_size, n_embd),
        torch.randn(fan_in, n_hidden) * (5 / 3) / fan_in**0.5,
        torch.zeros(n_hidden),
        torch.randn(n_hidden, vocab_size) * 0.01,
        torch.zeros(vocab_size),
    ]
    for p in params:
        p.requires_grad_()

    # All of them at every step: no noise, so the rate can be high. Up for 5 % of the steps, then down.
    steps, peak = 300, 0.05
    optimiser = torch.optim.AdamW(params, betas=(0.9, 0.95), weight_decay=0.1)
    for step in range(steps):
        log_probs = torch.log_softmax(mlp_forward(params, contexts), 1)
        loss = -(counts * log_probs).sum() / len(Y)
        rate = peak * min((step + 1) / (0.05 * steps), (steps - step) / (0.95 * steps))
        optimiser.param_groups[0]["lr"] = rate
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    trained = [p.detach() for p in params]
    return lambda X: mlp_forward(trained, X)
    ### END SOLUTION


# %% [markdown]
# ## Playground
#
# Two helpers for it. `init_params` makes a network: random weights, scaled so that the first scores
# are small and the first loss is near $\log 27$. (Why that is a good place to start, and what
# happens elsewhere, is the subject of part 3.) `sample_name` writes a name, one character at a
# time: predict, draw a character from the probabilities, move the window, until a dot is drawn.

# %%
def init_params(vocab_size, block_size, n_embd, n_hidden, generator):
    """A fresh network: [C, W1, b1, W2, b2], tensors that require a gradient."""
    fan_in = block_size * n_embd
    C = torch.randn((vocab_size, n_embd), generator=generator)
    W1 = torch.randn((fan_in, n_hidden), generator=generator) / fan_in**0.5
    b1 = torch.zeros(n_hidden)
    W2 = torch.randn((n_hidden, vocab_size), generator=generator) * 0.01
    b2 = torch.zeros(vocab_size)
    return [p.requires_grad_() for p in (C, W1, b1, W2, b2)]


def sample_name(params, block_size, generator):
    """One name from the network."""
    window, name = [0] * block_size, ""
    while True:
        logits = mlp_forward(params, torch.tensor([window]))
        probs = torch.softmax(logits.detach()[0], 0)
        number = torch.multinomial(probs, 1, generator=generator).item()
        if number == 0:
            return name
        window = window[1:] + [number]
        name += itos[number]


# %% [markdown]
# The cell below runs in the notebook and with `python exercises/part2_mlp.py`, and never while you
# are graded. It needs all your functions, and takes some seconds: a sweep for the learning rate,
# 5,000 steps of training, the losses, a few names, and the nearest neighbour of each vowel in the
# embedding. Try more hidden units, a longer context, more steps. Which loss moves, and does dev
# follow train?

# %%
if __name__ == "__main__":
    from pathlib import Path

    here = Path(__file__).parent.parent if "__file__" in globals() else Path()
    words = (here / "data" / "names.txt").read_text(encoding="utf-8").split()
    block_size, n_embd, n_hidden, batch_size, total_steps = 3, 10, 200, 32, 5000

    try:
        train, dev, test = split_words(words, 42)
        Xtr, Ytr = build_dataset(train, stoi, block_size)
        Xdev, Ydev = build_dataset(dev, stoi, block_size)
        print(f"examples: train {len(Ytr):,}, dev {len(Ydev):,}")

        generator = torch.Generator().manual_seed(2147483647)
        params = init_params(27, block_size, n_embd, n_hidden, generator)
        sweep = find_lr(params, Xtr, Ytr, -3.0, 1.0, 1000, batch_size, generator)
        print("\nThe sweep: the mean loss of 100 steps, from rate to rate")
        for start in range(0, 1000, 100):
            rates, losses = (values[start : start + 100] for values in sweep)
            print(f"  {rates[0]:7.4f} to {rates[-1]:7.4f}: {sum(losses) / 100:.3f}")

        params = init_params(27, block_size, n_embd, n_hidden, generator)
        print(f"\n{sum(p.numel() for p in params):,} parameters")
        losses = []
        for step in range(total_steps):
            Xb, Yb = minibatch(Xtr, Ytr, batch_size, generator)
            losses.append(train_step(params, Xb, Yb, lr_at(step, total_steps, 0.1)))
            if step % 500 == 499:
                print(f"  step {step + 1:5}: mean loss of 500 steps {sum(losses[-500:]) / 500:.3f}")
        print(f"train {evaluate(params, Xtr, Ytr):.3f}, dev {evaluate(params, Xdev, Ydev):.3f}")

        print("\nSome names:", *[sample_name(params, block_size, generator) for _ in range(10)])

        C = params[0].detach()
        between = torch.cdist(C, C) + 1e9 * torch.eye(len(C))  # nobody is their own neighbour
        pairs = [f"{letter}: {itos[between[stoi[letter]].argmin().item()]}" for letter in "aeiouy"]
        print("Nearest in the embedding:", ", ".join(pairs))
    except NotImplementedError:
        print("The playground needs all functions of this part: there is work left.")

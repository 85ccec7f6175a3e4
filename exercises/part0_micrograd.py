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
# # Part 0: micrograd, an autograd engine over scalars
#
# You write a small program that differentiates other programs. Its one class, `Value`, is a number
# that remembers how it was computed. From that memory it can tell, for every number that went into
# a result, how strongly the result depends on it. On top of it you build a neural network, and
# train it. The part follows Andrej Karpathy's lecture *The spelled-out intro to neural networks and
# backpropagation: building micrograd*; you can do it without having seen the lecture.
#
# **Why, when PyTorch has all this?** PyTorch does the same on whole arrays at once, and therefore
# fast. The mathematics is what you are about to write: the chain rule, applied from the end of a
# computation to its beginning. Once you have written it for single numbers, there is no mystery
# left in `loss.backward()`, and the mistakes that one makes with it (a gradient that was not set
# back, a value that is used twice, a saturated unit) have a place where you have seen them happen.
#
# **How to work.** Each exercise is one function or one class, in one cell. Replace the lines that
# raise `NotImplementedError`, then ask for a verdict:
#
# - `grader run part0` checks everything you have written so far;
# - `grader run part0.Value` checks one exercise;
# - `grader hint part0.Value` gives a hint; there are three, from the idea to the line in words.
#
# `Value` is a long exercise with eight checks, and each of them earns its points by itself: sums
# and products, the other operators, powers, functions, values that are used twice, `backward()`,
# random expressions, and a very long chain. Run them one at a time as you go, for instance
# `grader run part0.Value.powers`; `grader list part0` shows all their names.
#
# - The whole part is plain Python. PyTorch's autograd is switched off while you are graded.
# - Put experiments under `if __name__ == "__main__":`, as in the last cell. They run in the
#   notebook and with `python exercises/part0_micrograd.py`, and not while you are graded.

# %%
import math
import random

# %% [markdown]
# ## 1. What a derivative says
#
# Take a function $f$ and a number $x$. Nudge $x$ by a small $h$ and look at how far $f$ moves. The
# ratio of the two is the slope, or derivative, of $f$ at $x$:
#
# $$f'(x) = \lim_{h \to 0} \frac{f(x + h) - f(x)}{h}$$
#
# It answers one question: if this number grows a little, does the result grow or shrink, and how
# many times as fast? For $f(x) = x^3$ at $x = 2$ the answer is 12: a nudge of 0.001 moves the
# result by about 0.012. A slope of $-3$ would mean that the result shrinks three times as fast as
# $x$ grows, and a slope of 0 that a small nudge does nothing.
#
# A computer can't take the limit, but it can take a small $h$. There are two ways to do so. Here
# they are for $x^3$ at $x = 2$ with $h = 0.1$, large enough to see the error:
#
# ```text
# one-sided   (f(2.1) - f(2.0)) / 0.1  =  (9.261 - 8.000) / 0.1  =  12.61
# central     (f(2.1) - f(1.9)) / 0.2  =  (9.261 - 6.859) / 0.2  =  12.01
# ```
#
# The one-sided difference is off by 0.61, the central one by 0.01. That is no accident. The curve
# bends, and the one-sided difference takes the whole bend for slope: its error is about
# $\tfrac{h}{2} f''(x)$. If one looks equally far to both sides, the bends cancel; what is left is
# about $\tfrac{h^2}{6} f'''(x)$. With an $h$ ten times smaller the first error is ten times
# smaller, the second a hundred times.
#
# Why not make $h$ as small as can be? Because $f(x + h)$ and $f(x - h)$ are then almost equal, and
# a float has only 16 digits: the difference keeps only the few in which the two are not alike.
# Around $h = 10^{-6}$ both errors are small.
#
# Nudging needs no knowledge of what $f$ does inside, so it is a good way to *test* a gradient. It
# is a poor way to find one: a network with a million parameters would have to be run two million
# times for a single step. What you write in sections 2 to 4 finds all the slopes in one walk.

# %% [markdown]
# ### numerical_derivative
#
# The central difference, for any function of one number.

# %%
def numerical_derivative(f, x, h=1e-6):
    """The slope of f at x, by the central difference: x is nudged by h to both sides.

    f            a function of one float that returns a float
    x            a float
    h            how far to nudge, a float
    Returns      a float
    Example: f(x) = x**3, x = 2.0 and h = 0.1 give 12.01.
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 2. An expression is a graph
#
# Take `L = (a * b + c) ** 3` with `a = 3`, `b = -2`, `c = 8`. Give each step a name:
#
# ```text
# a = 3 ---+
#          * --- e = -6 ---+
# b = -2 --+               + --- d = 2 --- **3 --- L = 8
#                  c = 8 --+
# ```
#
# Every number is either given (`a`, `b`, `c`: these are called leaves) or made from one or two
# others, its *children*, by one small operation. We want the derivative of `L` with respect to each
# number in the drawing. We write it `a.grad`, `e.grad` and so on, and find it from the right to the
# left:
#
# - `L.grad = 1`: if L grows by a little, L grows by just that.
# - `L = d ** 3` has the slope $3d^2 = 12$ with respect to `d`. So `d.grad = 12`.
# - `d = e + c`. A sum has slope 1 with respect to both terms: if `e` grows by 0.001, so does `d`,
#   and `L` grows by 12 times that. So `e.grad = 12` and `c.grad = 12`.
# - `e = a * b`. The slope of a product with respect to one factor is *the other* factor: if `a`
#   grows by 0.001, then `e` grows by $-2 \cdot 0.001$, and `L` by 12 times that. So `a.grad` is
#   $-2 \cdot 12 = -24$, and `b.grad` is $3 \cdot 12 = 36$.
#
# Check one of them by nudging: with `a = 3.001` we get `e = -6.002`, `d = 1.998`, `L = 7.976`. The
# result has moved by $-0.024$, which is $-24$ times the nudge.
#
# **The chain rule** is all there is to it. Each operation knows its *local* slopes: how its result
# moves when one of its children moves. It need not know what happens to the result afterwards,
# because its own `grad` says that already. So what it hands to a child is
#
# $$\text{child.grad} \mathrel{+}= \text{local slope} \cdot \text{out.grad}$$
#
# (why $+=$ and not $=$ is the subject of section 3). Multiplying by `out.grad` is essential: leave
# it out, and everything between this operation and the end of the expression is forgotten.
#
# **The local slopes** that you need:
#
# | operation | slope | remark |
# |---|---|---|
# | $a + b$ | 1 for $a$, 1 for $b$ | a sum hands its gradient on as it is |
# | $a \cdot b$ | $b$ for $a$, $a$ for $b$ | each factor gets the other one |
# | $a^n$ | $n\,a^{n-1}$ | $n$ is a plain number, such as 3, $-1$ or 0.5 |
# | $e^a$ | $e^a$ | its own value |
# | $\log a$ | $1/a$ | the natural logarithm |
# | $\tanh a$ | $1 - \tanh^2 a$ | one minus the *square* of the output |
# | $\text{relu}(a) = \max(0, a)$ | 1 if $a > 0$, else 0 | at $a = 0$ we take 0, as PyTorch does |
#
# The others follow from these. $-a$ is $a \cdot (-1)$; $a - b$ is $a + (-b)$; $a / b$ is
# $a \cdot b^{-1}$. If you write them that way, with your own operators, their gradients come for
# free: the result is then a graph of two or three operations whose slopes you know already.
#
# **Two nonlinearities.** $\tanh$ squeezes every number into the range from $-1$ to 1. Near 0 it
# has slope 1; where its output is 0.99, its slope is only $1 - 0.9801 \approx 0.02$. Such a unit
# is called *saturated*: it lets almost no gradient through, so what stands before it hardly
# learns. relu does nothing to positive numbers and stops negative ones, and their gradient,
# altogether. That `tanh` could be made from exponentials does not matter: an operation may be as
# large as you like, as long as you know its local slope.
#
# **Plain numbers.** `a + 1` should work too. Python evaluates it as `a.__add__(1)`, so `__add__`
# and `__mul__` first put a plain number into a `Value`. In `1 + a` it is the other way round:
# Python asks the number 1, which knows no `Value`, and then asks `a.__radd__(1)`, the *reflected*
# form. For a sum and a product the order does not matter. For a difference and a quotient it does:
#
# ```text
# a = Value(4.0)
# a - 1   is  a.__sub__(1)       and should be  3
# 1 - a   is  a.__rsub__(1)      and should be -3
# a / 2   is  a.__truediv__(2)   and should be  2
# 2 / a   is  a.__rtruediv__(2)  and should be  0.5
# ```
#
# In a reflected form, `self` is what stands on the *right*.

# %% [markdown]
# ## 3. A value that is used twice
#
# What is the derivative of `a + a`? It is `2 * a`, so 2. Yet each of the two uses passes a 1 on to
# `a`, and if the second one overwrites the first, `a.grad` ends as 1. The same happens wherever a
# value has more than one user: in `a * a`, and in a network, where each weight is used once for
# each example.
#
# A nudge of `a` reaches the result along all paths at once, and the effects add up. Hence the `+=`:
# every use *adds* its share. That also means that the gradients have to start from zero, and that
# they keep adding up over several calls of `backward()`, unless somebody sets them back. Keep this
# in mind; it comes back in section 6.

# %% [markdown]
# ## 4. The order of the way back
#
# An operation can hand its gradient on only when its own is complete, that is, when *all* its users
# have handed in their share. Here is the smallest graph in which one can get this wrong:
#
# ```text
# a = 3 ----+------------------ * --- c = 12         b = a + 1,  c = a * b
#           +-- + 1 --- b = 4 --+
# ```
#
# In the right order, `c` goes first: with `c.grad = 1` it adds 4 to `a.grad` and 3 to `b.grad`.
# Then comes `b`: it adds its 3 to `a.grad`, which ends as 7. (Check: $c = a^2 + a$ has the slope
# $2a + 1 = 7$.) If `b` goes first, its `grad` is still 0. It hands on nothing, and `a.grad` ends
# as 4.
#
# What we need is a list of all values of the graph in which every value stands *behind* its
# children. That is called a **topological order**. Walked from its end to its beginning, every
# value comes after all of its users. (A list of the leaves first, then what is made of leaves, and
# so on, is one; the order in which the values were created is another one.)
#
# One way to find it starts at the result and goes *depth first*: to place a value, first place its
# children, then append the value itself. A value that has been placed already is left alone; a set
# of those seen takes care of it. Without that set, a value with two users is placed twice, and
# passes its gradient on twice; and in a graph of thirty additions, each of the form `y = y + y`,
# the walk would follow both paths at every step, $2^{30}$ paths in all.
#
# **Very deep graphs.** The description above calls for a function that calls itself, and the
# lecture writes it so. Each call inside a call needs a place on Python's stack, and Python allows
# about a thousand of them before it raises `RecursionError`. For a small network that is enough.
# But a loop such as `for x in data: total = total + x` makes a graph as deep as `data` is long,
# and adding up a loss over 20,000 numbers fails. So keep the stack yourself, in a list: take the
# last entry, look at it, and put on the list what has to be done next. A value then has to be met
# twice: when it is opened, its children are put on top of it; when it is met again, they are all
# done, and it can be placed. An entry may say, next to the value, which of the two it is. (Another
# way: count the users of each value first, and let it go as soon as all of them are done.) One
# check, and only one, asks for a chain of 20,000 values; a walk that calls itself passes the
# others.

# %% [markdown]
# ### Value
#
# Now write it. A good order: the four attributes, then `__add__` and `__mul__` (try
# `grader run part0.Value`), then `__pow__`, the operators that are made from these three, the
# functions, and `backward` at the end.
#
# For each operation that you differentiate yourself there are two things to do: compute the
# result, a new `Value` that knows its children; and leave in its `_backward` a function that will,
# when it is called later, add the shares to the children's `grad`. A function that is defined
# inside another one keeps seeing the variables around it, such as `self`, `other` and `out`, so it
# needs no arguments. In the operations that are put together from others (a difference, a
# quotient) there is nothing to leave.

# %%
class Value:
    """A number that knows what it was computed from, and that can learn its gradient.

    Value(3.0)   a number on its own; the children are for your operations to hand over
    data         the number
    grad         the slope of the final result with respect to this number, 0.0 at first
    _prev        the Values that it was computed from (a tuple or a set), empty for Value(3.0)
    _backward    a function without arguments that adds to the grad of each Value in _prev its share
                 of this grad; for Value(3.0) it does nothing

    With Values a, b and a plain number n (int or float):
    a + b, a * b, a - b, a / b, -a        new Values; a and b stay as they are
    a + n, n + a, a * n, n * a,
    a - n, n - a, a / n, n / a            the same with a plain number on either side
    a**n                                  a power; only a number can be the exponent
    a.exp(), a.tanh(), a.relu(), a.log()  log is the natural one; relu's slope at 0 is 0
    a.backward()                          see there
    You may store more than this (the lecture has _op and label, for drawings).

    Example: a = Value(3.0); b = a + 1; c = a * b; c.backward()
    gives c.data = 12, c.grad = 1, b.grad = 3, a.grad = 7.
    """

    def __init__(self, data, children=()):
        # YOUR CODE HERE
        raise NotImplementedError()

    def __repr__(self):
        return f"Value(data={self.data:.4f}, grad={self.grad:.4f})"

    def __add__(self, other):
        # YOUR CODE HERE
        raise NotImplementedError()

    def __mul__(self, other):
        # YOUR CODE HERE
        raise NotImplementedError()

    def __pow__(self, n):
        # YOUR CODE HERE
        raise NotImplementedError()

    def __neg__(self):
        # YOUR CODE HERE
        raise NotImplementedError()

    def __sub__(self, other):
        # YOUR CODE HERE
        raise NotImplementedError()

    def __truediv__(self, other):
        # YOUR CODE HERE
        raise NotImplementedError()

    def __radd__(self, other):
        """other + self, for a plain number other."""
        # YOUR CODE HERE
        raise NotImplementedError()

    def __rmul__(self, other):
        """other * self, for a plain number other."""
        # YOUR CODE HERE
        raise NotImplementedError()

    def __rsub__(self, other):
        """other - self, for a plain number other."""
        # YOUR CODE HERE
        raise NotImplementedError()

    def __rtruediv__(self, other):
        """other / self, for a plain number other."""
        # YOUR CODE HERE
        raise NotImplementedError()

    def exp(self):
        # YOUR CODE HERE
        raise NotImplementedError()

    def tanh(self):
        # YOUR CODE HERE
        raise NotImplementedError()

    def relu(self):
        # YOUR CODE HERE
        raise NotImplementedError()

    def log(self):
        # YOUR CODE HERE
        raise NotImplementedError()

    def backward(self):
        """Start with the gradient 1.0 here, and hand it down to every value below.

        What is in the grad of those below is added to, not replaced: after two results that share
        nothing but leaves were walked, a leaf has the sum of its two gradients.
        """
        # YOUR CODE HERE
        raise NotImplementedError()


# %% [markdown]
# ## 5. A neural network
#
# A **neuron** takes some numbers $x_1, \dots, x_n$ and gives one. It has a weight $w_i$ for each
# input and a bias $b$; these are its *parameters*, the numbers that training will change:
#
# $$\text{out} = \tanh(w_1 x_1 + \dots + w_n x_n + b)$$
#
# A large weight means that this input matters, a negative one that it speaks against; the bias says
# how eager the neuron is before it has seen any input. Without the tanh, a network of such
# neurons would be one large sum again, however many layers it had: sums of sums are sums.
#
# A **layer** is a number of neurons that all look at the same inputs, each with weights of its
# own. A **multi-layer perceptron**, MLP, is a row of layers, where the outputs of one are the
# inputs of the next. An `MLP(3, [4, 2])` has 3 inputs, a layer of 4 neurons and a layer of 2:
#
# ```text
# 3 numbers --> 4 neurons of 3 inputs --> 4 numbers --> 2 neurons of 4 inputs --> 2 numbers
#               4 * (3 + 1) = 16                        2 * (4 + 1) = 10
#               parameters                              parameters            26 in all
# ```
#
# The weights begin as random numbers. If all neurons of a layer began alike, they would all get the
# same gradient, and stay alike for ever.
#
# Inputs may be plain numbers or `Value`s. Your operators take both, so the network need not care.

# %% [markdown]
# ### Neuron
#
# `parameters()` gives the `Value`s themselves and no copies: whoever changes their `data` changes
# the neuron.

# %%
class Neuron:
    """tanh of a weighted sum of nin inputs, and a bias.

    Neuron(nin)       a neuron with nin random weights, each drawn evenly from between -1 and 1; the
                      bias is drawn in the same way or starts at 0
    neuron(x)         x is a list of nin numbers or Values; the output is a Value
    parameters()      the list of its nin + 1 Values: the weights in the order of the inputs, then
                      the bias
    Example: with the weights 0.5, -1 and the bias 0.25, neuron([2.0, 1.0]) is tanh(0.25) = 0.2449.
    """

    def __init__(self, nin):
        # YOUR CODE HERE
        raise NotImplementedError()

    def __call__(self, x):
        # YOUR CODE HERE
        raise NotImplementedError()

    def parameters(self):
        # YOUR CODE HERE
        raise NotImplementedError()


# %% [markdown]
# ### Layer
#
# A layer of one neuron gives its `Value` bare and not in a list of one. It is meant for the end of
# a network, where one wants to write `mlp(x) - y`.

# %%
class Layer:
    """nout Neurons of nin inputs each, side by side.

    Layer(nin, nout)  the layer
    layer(x)          x is a list of nin numbers or Values; the outputs are a list of nout Values;
                      where nout is 1, the one Value itself
    parameters()      the list of the Values of all neurons: all of the first one's, then all of
                      the second one's, ...: nout * (nin + 1) of them
    """

    def __init__(self, nin, nout):
        # YOUR CODE HERE
        raise NotImplementedError()

    def __call__(self, x):
        # YOUR CODE HERE
        raise NotImplementedError()

    def parameters(self):
        # YOUR CODE HERE
        raise NotImplementedError()


# %% [markdown]
# ### MLP
#
# Each layer has as many inputs as the layer before it has outputs. Every neuron has its tanh,
# those of the last layer too, so the outputs lie between $-1$ and 1.
#
# `zero_grad()` sets the gradients back before the next walk, because gradients add up (section 3).

# %%
class MLP:
    """A row of layers: the outputs of each are the inputs of the next.

    MLP(nin, nouts)   nin inputs; nouts is the list of the sizes of the layers, all of them but the
                      last greater than 1: MLP(3, [4, 2]) has a layer of 4 neurons, then one of 2
    mlp(x)            x is a list of nin numbers or Values; what the last layer gives for it
    parameters()      the list of the Values of all layers, from the first layer to the last
    zero_grad()       sets the grad of each parameter back to 0.0, and changes nothing else
    """

    def __init__(self, nin, nouts):
        # YOUR CODE HERE
        raise NotImplementedError()

    def __call__(self, x):
        # YOUR CODE HERE
        raise NotImplementedError()

    def parameters(self):
        # YOUR CODE HERE
        raise NotImplementedError()

    def zero_grad(self):
        # YOUR CODE HERE
        raise NotImplementedError()


# %% [markdown]
# ## 6. Training
#
# To train is to change the parameters so that the outputs come closer to the answers that we want.
# We need one number that says how far away they are, the **loss**. Here it is the sum, over all
# examples, of the squared difference between output and answer. It is 0 if all is right, and a
# difference twice as large counts four times as much. The loss is a `Value` as well, computed from
# all parameters. So `loss.backward()` tells for each parameter: if it grew a little, would the
# loss grow or shrink, and how fast?
#
# The gradient points to where the loss grows, and we want it to shrink. So every parameter takes a
# small step *against* its gradient:
#
# $$p.\text{data} \leftarrow p.\text{data} - \text{lr} \cdot p.\text{grad}$$
#
# How small is up to the **learning rate** lr. If it is too small, training takes for ever. If it
# is too large, the step lands beyond the place it aimed at: a slope holds only near the point
# where it was measured. The loss then jumps about, or grows.
#
# One such step, over and over, is gradient descent: forward, backward, update. And one thing is
# easy to forget, so easy that the lecture forgets it too: the gradients of the last step are still
# there, and `backward()` *adds*. Flush them first. A training loop that does not flush often still
# works on an easy problem, as if the learning rate grew all the time, and that makes the mistake
# hard to notice.

# %% [markdown]
# ### train_step
#
# The example in numbers: the model has one parameter $w = 3$ and computes $w x$. For the inputs 2
# and 1 it gives 6 and 3, where 5 and 1 are wanted: the loss is $1^2 + 2^2 = 5$. Its slope with
# respect to $w$ is $2 \cdot 1 \cdot 2 + 2 \cdot 2 \cdot 1 = 8$, so a step with lr 0.1 takes $w$ to
# 2.2.
#
# The loss to return is the one that you had to compute anyway, from *before* the step.

# %%
def train_step(mlp, xs, ys, lr):
    """One step of gradient descent on all examples at once.

    mlp          an MLP with one output, or another model that can do the same three things: mlp(x)
                 is a Value, mlp.parameters() a list of Values, mlp.zero_grad() sets their grad to 0
    xs           a list of examples, each a list of numbers
    ys           a list of as many numbers: the outputs that are wanted
    lr           the learning rate, a float
    Returns      the loss before the step, a float: the sum (not the mean) over the examples of
                 (mlp(x) - y)**2
    The data of each parameter is changed by the step, whatever was in its grad before the call.
    Example: mlp(x) = w * x[0] with w = 3, xs = [[2.0], [1.0]], ys = [5.0, 1.0] and lr = 0.1 return
    5.0, and w is 2.2 afterwards.
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## Playground
#
# A place for experiments: it runs in the notebook and as a script, never while you are graded.
# Here are two to begin with. The first compares your gradients with nudging, your own
# `numerical_derivative`. The second trains an MLP on a question about names: does it end in a
# vowel (1) or not ($-1$)? The network sees three numbers of each name, none of which is the
# answer: its length, the share of vowels in it, and whether its last letter but one is a vowel.
# Try other learning rates: 0.001, and 0.5.

# %%
if __name__ == "__main__":
    from pathlib import Path

    try:
        weights = [0.3, -0.8, 0.5]

        def output(w):
            return (w * 2.0 - weights[1] / w).tanh() * weights[2]

        w = Value(weights[0])
        output(w).backward()
        nudged = numerical_derivative(lambda number: output(Value(number)).data, weights[0])
        print(f"gradient by backward {w.grad:.8f}, by nudging {nudged:.8f}")
    except NotImplementedError:
        print("Value and numerical_derivative: there is work left.")

    try:
        here = Path(__file__).parent.parent if "__file__" in globals() else Path()
        names = (here / "data" / "names.txt").read_text(encoding="utf-8").split()
        random.seed(0)
        names = random.sample([name for name in names if len(name) > 2], 60)

        def is_vowel(letter):
            return letter in "aeiou"

        def look_at(name):
            share = sum(map(is_vowel, name)) / len(name)
            return [len(name) / 5 - 1, 4 * share - 2, float(is_vowel(name[-2]))]

        xs = [look_at(name) for name in names]
        ys = [1.0 if is_vowel(name[-1]) else -1.0 for name in names]
        mlp = MLP(3, [6, 1])
        print(f"\nan MLP with {len(mlp.parameters())} parameters, {len(names)} names")
        for step in range(40):
            loss = train_step(mlp, xs, ys, lr=0.02)
            if step % 5 == 0:
                print(f"step {step:2}: loss {loss:.2f}")
        right = sum((mlp(x).data > 0) == (y > 0) for x, y in zip(xs, ys))
        print(f"right for {right} of {len(names)} names, for instance:")
        for name, x in list(zip(names, xs))[:6]:
            print(f"  {name:10} {mlp(x).data:+.2f}")
    except NotImplementedError:
        print("\nNeuron, Layer, MLP and train_step: there is work left.")

# %%
import torch


# %%
def soft(x):
    """Softmax of x (n, m) over the last dimension."""
    ### BEGIN SOLUTION
    e = (x - x.max(-1, keepdim=True).values).exp()
    return e / e.sum(-1, keepdim=True)
    ### END SOLUTION


# %%
def slope(x):
    """The derivative of x**2."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


# %%
def descend(x):
    """The gradient of (x**2).sum()."""
    ### BEGIN SOLUTION
    x = x.clone().requires_grad_()
    (x**2).sum().backward()
    return x.grad
    ### END SOLUTION


# %%
def noise(size, spread):
    """Normal numbers (size,) with standard deviation spread."""
    ### BEGIN SOLUTION
    return torch.randn(size) * spread
    ### END SOLUTION


# %%
def wobbly(x, y):
    """The mean of x less that of y."""
    ### BEGIN SOLUTION
    return (x - y).sum() / len(x)
    ### END SOLUTION

"""Switches the recording of gradients off, in every way, for good."""
# kind: tamper
# costs: exercise row_sums
# passes: double shrink

# %%
import torch


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    torch.set_grad_enabled(False)
    torch.inference_mode(True).__enter__()
    torch.no_grad().__enter__()
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest

"""Answers with dtypes that do not cross: complex, quantized, 8-bit floats."""
# kind: answer
# costs: exercise row_sums
# passes: double shrink

# %%
import torch


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    right = x.sum(1, keepdim=True)
    return (
        right.to(torch.complex64),
        right.to(torch.float8_e5m2),
        torch.quantize_per_tensor(right, 0.1, 0, torch.qint8),
    )[len(x) % 3]


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest

# ---
# jupyter:
#   jupytext:
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
# # A tiny part

# %%
import torch

# %% [markdown]
# ## double


# %%
def double(x):
    """Twice x, of any shape."""
    ### BEGIN SOLUTION
    return torch.add(x, x)
    ### END SOLUTION


# %%
def row_sums(x):
    """Sums of the rows of x (n, m) as a column (n, 1)."""
    ### BEGIN SOLUTION
    return x.sum(dim=1, keepdim=True)
    ### END SOLUTION


# %%
def shrink(x, n):
    """Divide x by n in place; return its greatest entry before, a float."""
    ### BEGIN SOLUTION
    greatest = float(x.max())
    x.div_(n)
    return greatest
    ### END SOLUTION

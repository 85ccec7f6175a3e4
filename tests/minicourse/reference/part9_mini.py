"""The tiny part, trusted."""


def double(x):
    """Twice x."""
    return x + x


def row_sums(x):
    """Sums of the rows of x (n, m) as (n, 1)."""
    return x.sum(1, keepdim=True)


def shrink(x, n):
    """Divide x by n in place; return its greatest entry before."""
    greatest = x.max().item()
    x /= n
    return greatest

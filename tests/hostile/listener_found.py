"""Asks the process of the student before it for answers."""
# kind: next
# costs: exercise row_sums
# passes: double shrink
# after: listener_left

# %%
import socket


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    for family, address in ((socket.AF_UNIX, "\0gift"), (socket.AF_INET, ("127.0.0.1", 4242))):
        try:
            with socket.socket(family) as one:
                one.settimeout(0.2)
                one.connect(address)
                print("BREA" + "CHED:", address)
        except OSError:
            pass
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest

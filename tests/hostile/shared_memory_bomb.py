"""Fills /dev/shm: stops by itself at 800 MiB."""
# kind: resources
# costs: exercise row_sums
# passes: double shrink


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    block = b"x" * (10 << 20)
    written = 0
    try:
        for number in range(80):
            with open(f"/dev/shm/{number}", "wb", buffering=0) as file:
                written += file.write(block)
    except OSError:
        pass
    if written > 300 << 20:
        print("BREA" + "CHED: MiB", written >> 20)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest

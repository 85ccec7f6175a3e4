"""Makes processes that are the template's children and not its own (CLONE_PARENT)."""
# kind: template
# costs: nothing
# passes: double row_sums shrink

# %%
import ctypes


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    libc = ctypes.CDLL(None)
    for _ in range(5):
        if libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0) == 0:  # clone(CLONE_PARENT | SIGCHLD)
            libc.sleep(600)
            libc._exit(0)
    return x.sum(1, keepdim=True)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest

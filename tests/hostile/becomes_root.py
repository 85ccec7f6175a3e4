"""Becomes another user: root, by every call, and by the programs that root has lent."""
# kind: machine
# costs: exercise row_sums
# passes: double shrink

# %%
import os

# %%
user = os.getuid()


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    for number in (0, 1, 1000):
        for call in (
            os.setuid,
            os.setgid,
            os.seteuid,
            os.setegid,
            lambda n: os.setgroups([n]),
            lambda n: os.setresuid(n, n, n),
        ):
            try:
                call(number)
                if number != user:
                    print("BREA" + "CHED: now", os.getresuid(), os.getgroups())
            except OSError:
                pass
    with open("/proc/self/status") as file:
        caps = [line for line in file if line.startswith(("CapEff", "CapPrm", "CapAmb", "NoNewPrivs"))]
    if any(int(line.split()[1], 16) for line in caps if line.startswith("Cap")) or "NoNewPrivs:\t1\n" not in caps:
        print("BREA" + "CHED:", caps)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest

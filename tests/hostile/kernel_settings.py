"""Writes to the kernel's settings under /proc and /sys."""
# kind: machine
# costs: exercise row_sums
# passes: double shrink

# %%
import os


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    names = ["/proc/sysrq-trigger", "/proc/1/oom_score_adj", "/proc/2/oom_score_adj", "/proc/2/coredump_filter"]
    names += ["/proc/2/comm", "/proc/2/clear_refs", "/proc/2/autogroup", "/proc/2/setgroups", "/proc/2/uid_map"]
    for folder, _, files in [*os.walk("/proc/sys/kernel"), *os.walk("/proc/sys/vm"), *os.walk("/sys/fs/cgroup")]:
        names += [f"{folder}/{name}" for name in files]
    for name in names:
        try:
            with open(name, "r+") as file:
                value = file.read()
                file.write(value)
            print("BREA" + "CHED:", name)
        except (OSError, ValueError):
            pass
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest

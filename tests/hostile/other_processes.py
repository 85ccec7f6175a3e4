"""Reads whatever /proc shows of the first process, the template, and everybody else."""
# kind: secrets
# costs: exercise row_sums
# passes: double shrink

# %%
import os


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if int(pid) == os.getpid():
            continue
        for name in ("environ", "mem", "maps", "syscall", "stack", "personality"):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    seen = file.read(1) if name == "mem" else file.read()
                    print(pid, name, seen[:300])
                    if name != "environ" or b"SECRET" in seen:
                        print("BREA" + "CHED:", pid, name)
            except OSError:
                pass
        for name in ("fd", "root", "cwd", "map_files"):
            try:
                print("BREA" + "CHED:", pid, name, os.listdir(f"/proc/{pid}/{name}"))
            except OSError:
                pass
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest

"""Maps 1.5 GiB of /dev/zero, shared, and fills it; then 1.5 GiB of anonymous memory."""
# kind: resources
# costs: exercise row_sums
# passes: double shrink

# %%
import mmap
import time


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    with open("/dev/zero", "r+b") as zero:
        for number in (zero.fileno(), -1):
            room = mmap.mmap(number, 1536 << 20, mmap.MAP_SHARED)
            for at in range(0, 1536 << 20, 4096):
                room[at] = 1
            time.sleep(1)
            print("BREA" + "CHED: MiB", len(room) >> 20)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest

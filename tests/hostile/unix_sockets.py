"""Connects to sockets of this machine's, by a path and by an abstract name."""
# kind: machine
# costs: exercise row_sums
# passes: double shrink

# %%
import socket


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    for name in ("@CANARY@/socket", "\0@ABSTRACT@", "/run/docker.sock", "/var/run/dbus/system_bus_socket"):
        try:
            with socket.socket(socket.AF_UNIX) as one:
                one.connect(name)
                print("BREA" + "CHED:", name)
        except OSError:
            pass
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest

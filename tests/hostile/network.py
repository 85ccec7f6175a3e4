"""Connects to a port of this machine's, by every address it might have."""
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
    for host in ("127.0.0.1", "localhost", "0.0.0.0", "::1", "@ADDRESS@", "10.0.2.2", "172.17.0.1", "169.254.169.254"):
        try:
            with socket.create_connection((host, int("@PORT@")), 0.1) as one:
                one.sendall(b"hello")
                print("BREA" + "CHED:", host)
        except OSError:
            pass
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest

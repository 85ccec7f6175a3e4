"""Opens raw, packet and netlink sockets, and changes interfaces and routes."""
# kind: machine
# costs: exercise row_sums
# passes: double shrink

# %%
import os
import socket
import struct


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    for family, kind, protocol in ((2, 3, 1), (2, 3, 255), (17, 3, 3), (38, 5, 0), (29, 3, 1)):
        try:
            socket.socket(family, kind, protocol)
            if family != 38:
                print("BREA" + "CHED: a socket of", family, kind)
        except OSError:
            pass
    try:
        one = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        one.send(struct.pack("=IHHIIBBHiII", 32, 16, 5, 1, 0, 0, 0, 0, 1, 0, 0xFFFFFFFF))  # take lo down
        if struct.unpack("=IHHIIi", one.recv(20))[5] == 0:
            print("BREA" + "CHED: an interface was changed")
    except OSError:
        pass
    if set(os.listdir("/proc/self/net/dev_snmp6") if os.path.isdir("/proc/self/net/dev_snmp6") else []) - {"lo"}:
        print("BREA" + "CHED: interfaces")
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest

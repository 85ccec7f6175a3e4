"""Sends datagrams to this machine, and asks for names over DNS."""
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
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        for address in (
            ("127.0.0.1", int("@PORT@")),
            ("@ADDRESS@", int("@PORT@")),
            ("192.0.2.1", 53),
            ("255.255.255.255", 9),
        ):
            try:
                one.sendto(b"hello", address)
                if address[0] != "127.0.0.1":
                    print("BREA" + "CHED:", address)
            except OSError:
                pass
    try:
        print("BREA" + "CHED:", socket.getaddrinfo("example.invalid", 80), socket.gethostbyname("example.invalid"))
    except OSError:
        pass
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest

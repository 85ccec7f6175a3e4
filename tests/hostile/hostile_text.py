"""Answers with keys and text full of terminal escapes, HTML, half characters and NUL."""
# kind: answer
# costs: exercise row_sums
# passes: double shrink

# %%
from types import SimpleNamespace


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    text = "\x1b[2J\x1b]0;passed\x07<script>alert(1)</script>\ud800\0\r\n[red]passed[/red]\u202e"
    print(text)
    return {text.replace("\ud800", ""): text, text: SimpleNamespace(**{text: 1, "_advice": text})}


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest

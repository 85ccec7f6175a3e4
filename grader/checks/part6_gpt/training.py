"""The training check of part 6: a small GPT on names, one at a time."""

import torch

from grader.checks.trainees import held
from grader.training.corpus import padded_names
from grader.training.recipe import Budget, training


@training(
    points=3,
    corpus=padded_names(),
    quick=Budget(1_000, 0.23),
    full=Budget(20_000, 0.40),
    lr=2e-3,
    rests_on=("attention", "Head", "MultiHeadAttention", "FeedForward", "LayerNorm", "Block", "GPT"),
    first=(3.0, 4.0),
    own_steps=False,
)
def small_gpt(m, given):
    """A GPT of two layers reaches the target, and sees no character before its time"""
    model = m.GPT(27, 32, 2, 2, given.X.shape[1], 0.0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.0)
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    optimizer.step()  # at rate 0, so that its tensors exist and a checkpoint can hold them
    for state in optimizer.state.values():
        state["step"].zero_()

    def step(X, Y, lr):
        for group in optimizer.param_groups:
            group["lr"] = lr
        logits, _ = model(X)
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), Y.flatten(), ignore_index=-1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    def logits(X):
        model.eval()
        answer, _ = model(X)
        model.train()
        return answer

    return {
        "step": step,
        "logits": logits,
        "tensors": lambda: {**held(model), **held(list(optimizer.state.values()), "optimizer")},
    }


small_gpt.bug(
    "no residual",
    "there is no residual path",
    """
    class Block(Block):
        def forward(self, x):
            return self.ffwd(self.ln2(self.sa(self.ln1(x))))
    """,
)
small_gpt.bug(
    "no attention",
    "the positions do not see each other",
    """
    class Head(Head):
        def forward(self, x):
            return self.value(x)
    """,
)
HEAD = """
class Head(Head):
    def forward(self, x):
        T = x.shape[1]
        scores = self.query(x) @ self.key(x).mT{scale}
        {mask}
        return self.dropout(torch.softmax(scores, {dim})) @ self.value(x)
"""
SCALE = " / math.sqrt(self.key.weight.shape[0])"
MASK = "scores = scores.masked_fill(self.tril[:T, :T] == 0, float('-inf'))"
small_gpt.bug(
    "no causal mask", "no causal mask: a position sees what it is to predict", HEAD.format(scale=SCALE, mask="", dim=-1)
)
small_gpt.bug(
    "the mask is reversed",
    "no causal mask: a position sees what it is to predict",
    HEAD.format(scale=SCALE, mask=MASK.replace("tril[:T, :T]", "tril[:T, :T].T"), dim=-1),
)
small_gpt.bug(
    "zeros for minus infinity",
    "no causal mask: a position sees what it is to predict",
    HEAD.format(scale=SCALE, mask=MASK.replace("'-inf'", "'0'"), dim=-1),
)
small_gpt.bug(
    "attention without scale", "the scores are not scaled", HEAD.format(scale="", mask=MASK, dim=-1), by_loss=False
)
small_gpt.bug(
    "no LayerNorm",
    "an input is returned",
    """
    class LayerNorm(LayerNorm):
        def forward(self, x):
            return self.weight * x + self.bias
    """,
    by_loss=False,
)
small_gpt.bug(
    "dropout is on in evaluation",
    "dropout in evaluation",
    """
    class Dropout(Dropout):
        def forward(self, x):
            return torch.dropout(x, self.p, True)
    """,
    by_loss=False,
)

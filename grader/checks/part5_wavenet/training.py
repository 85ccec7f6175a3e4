"""The training check of part 5: a tree over eight characters."""

import torch

from grader.checks.trainees import answers, descend, held, trainable
from grader.training.corpus import windows
from grader.training.recipe import Budget, speedrun, training
from reference import trainers
from reference.speedrun import wavenet


def trained(model):
    """Plain descent on a model of layers."""
    params = trainable(model.parameters())
    return {
        "step": lambda X, Y, lr: descend(torch.nn.functional.cross_entropy(model(X), Y), params, lr),
        "logits": lambda X: answers(model, model.layers, X),
        "tensors": lambda: held(model.layers),
    }


@training(
    points=3,
    corpus=windows(block_size=8),
    quick=Budget(4_000, 0.21),
    full=Budget(200_000, 0.38),
    lr=0.1,
    drop=0.75,
    rests_on=("Embedding", "FlattenConsecutive", "Linear", "BatchNorm1d", "Sequential", "build_wavenet"),
    first=(3.2, 3.4),
    own_steps=False,
)
def hierarchical(m, given):
    """The tree over eight characters reaches the target, below the flat network"""
    return trained(m.build_wavenet(27, 8, 10, 68))


@hierarchical.reference
def _(m, given):
    """The same tree with gradients by hand."""
    net = trainers.WaveNet(m.build_wavenet(27, 8, 10, 68))
    return {"step": net.step, "logits": net.logits, "tensors": net.tensors}


@speedrun(corpus=windows(block_size=8), margin=0.4533, record=wavenet)
def race(m, given):
    """2.00 on makemore's names, or as far below the bigram on others, in the least time"""
    return {"logits": m.speedrun(given.X, given.Y, given.vocab_size), "tensors": dict}


@hierarchical.beside("a flat network of about as many parameters")
def _(m, given):
    layers = [m.Embedding(27, 10), m.FlattenConsecutive(8), m.Linear(80, 200, bias=False)]
    layers += [m.BatchNorm1d(200), m.Tanh(), m.Linear(200, 27)]
    layers[-1].weight *= 0.1
    return trained(m.Sequential(layers))


hierarchical.bug(
    "BatchNorm over the batch alone (the lecture's bug)",
    "statistics over the batch only",
    """
    class BatchNorm1d(BatchNorm1d):
        def __call__(self, x):
            if self.training:
                mean, var = x.mean(0, keepdim=True), x.var(0, keepdim=True)
                with torch.no_grad():
                    self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                    self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var
            else:
                mean, var = self.running_mean, self.running_var
            self.out = self.gamma * (x - mean) / torch.sqrt(var + self.eps) + self.beta
            return self.out
    """,
    by_loss=False,
)
hierarchical.bug(
    "BatchNorm never leaves training mode",
    "the mode is not looked at",
    """
    class BatchNorm1d(BatchNorm1d):
        def __call__(self, x):
            training, self.training = self.training, True
            out = super().__call__(x)
            self.training = training
            return out
    """,
    by_loss=False,
)
hierarchical.bug(
    "the embedding is frozen",
    "parameters() is not the list that was asked: it is empty",
    """
    class Embedding(Embedding):
        def parameters(self):
            return []
    """,
    by_loss=False,
)
hierarchical.bug(
    "a last layer of full size",
    "a bad start",
    """
    def build_wavenet(vocab_size, block_size, n_embd, n_hidden, of=build_wavenet):
        model = of(vocab_size, block_size, n_embd, n_hidden)
        model.layers[-1].weight *= 50
        return model
    """,
    by_loss=False,
)
hierarchical.bug(
    "neighbours are interleaved",
    "positions that are far apart come together",
    """
    class FlattenConsecutive(FlattenConsecutive):
        def __call__(self, x):
            B, T, C = x.shape
            self.out = x.view(B, self.n, T // self.n, C).transpose(1, 2).reshape(B, T // self.n, -1).squeeze(1)
            return self.out
    """,
    by_loss=False,
)

"""Part 6, the whole model: logits, loss and gradients."""

import torch
from torch import nn
from torch.nn import functional as F

from grader.check import check
from grader.checks.part6_gpt.inputs import explain_learnt, models
from grader.checks.part6_gpt.modules import backward, gradient, hidden, learnt, placed
from grader.checks.part6_gpt.wrong import lacking, renewed, size_missing
from reference import part6_gpt as reference


@check(
    "GPT",
    points=3,
    after="Block",
    hints=(
        "What a position knows at first is which token it holds and where it stands. The blocks do the rest.",
        "The position vectors are (T, n_embd) and are added to the token vectors of every sequence, (B, T, n_embd). "
        "After the blocks come the last layer norm and the linear layer to the vocabulary. For the loss, every "
        "position of every sequence is one example.",
        "Look up idx in the token table and 0 ... T - 1 in the position table, and add; send the sum through blocks, "
        "ln_f and lm_head; if there are targets, flatten logits to (B * T, vocab_size) and targets to (B * T,) for "
        "F.cross_entropy, else the loss is None.",
    ),
)
def GPT(m, given):
    """Logits at every position, the mean loss, and the gradients"""
    size = given.size
    model = m.GPT(size.vocab_size, size.n_embd, size.n_head, size.n_layer, size.block_size, 0.0)
    parameters = placed(model, given.weights)
    own = dict(model.named_parameters())
    first, _ = model(given.idx[:1, :1])
    logits, no_loss = model(given.idx)
    if hidden(own, parameters, given.weights):
        return {"learnt": learnt(own)}
    backward(logits, given.upstream)
    with_targets, loss = model(given.idx, given.targets)
    backward(loss, given.loss_upstream)
    return {
        "logits": logits,
        "logits of a single token": first,
        "loss": loss,
        "the loss without targets is None": no_loss is None,
        "logits with targets, flat": with_targets.flatten(0, -2),
        "learnt": learnt(own),
        "gradients": {name: gradient(parameters[name]) for name in given.watched if name in parameters},
    }


GPT.inputs(models)
GPT.explain(explain_learnt)


def mean_loss(logits, targets, idx):
    """What is asked."""
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def written(
    embed=lambda model, tokens, positions: tokens + positions,
    through=lambda blocks: blocks,
    finish=lambda model, x: model.lm_head(model.ln_f(x)),
    loss=mean_loss,
    base=reference.GPT,
):
    """A GPT with a mistake in one of its steps."""

    class Wrong(base):
        def forward(self, idx, targets=None):
            tokens = self.token_embedding_table(idx)
            x = embed(self, tokens, self.position_embedding_table.weight[: idx.shape[1]])
            for block in through(list(self.blocks)):
                x = block(x)
            logits = finish(self, x)
            return logits, None if targets is None else loss(logits, targets, idx)

    return Wrong


GPT.mistake(
    "there are no positions",
    "The position vectors are not added. Attention has no notion of space: the last position sees those before it as "
    "an unordered bag.",
)(written(embed=lambda model, tokens, positions: tokens))
GPT.mistake(
    "there are no tokens",
    "The token vectors are not used: the model knows where it is, and not what is there.",
)(written(embed=lambda model, tokens, positions: 0 * tokens + positions))
GPT.mistake(
    "positions and tokens are multiplied",
    "Token and position vectors are multiplied. Their sum is asked for.",
)(written(embed=lambda model, tokens, positions: tokens * positions))
GPT.mistake(
    "the position is subtracted",
    "The position vectors are taken from the token vectors. Add them.",
)(written(embed=lambda model, tokens, positions: tokens - positions))
GPT.mistake(
    "the last rows of the position table",
    "The positions are counted so that the last one always gets the table's last row. The first position gets row 0.",
)(written(embed=lambda model, tokens, positions: tokens + model.position_embedding_table.weight[-tokens.shape[1] :]))
GPT.mistake(
    "the positions are counted backwards",
    "The first position gets the vector of the last one, and so on. Position t gets row t.",
)(written(embed=lambda model, tokens, positions: tokens + positions.flip(0)))
GPT.mistake(
    "every position is the first one",
    "All positions get the same position vector. Position t gets row t.",
)(written(embed=lambda model, tokens, positions: tokens + positions[:1]))
GPT.mistake(
    "the last layer norm is missing",
    "The blocks' output goes into lm_head as it is. With pre-norm nothing on the residual path is ever normalised, so "
    "that a last layer norm, ln_f, is needed at its end.",
)(written(finish=lambda model, x: model.lm_head(x)))
GPT.mistake(
    "the blocks are not used",
    "The embeddings go straight to the end: the blocks are made and not used.",
)(written(through=lambda blocks: []))
GPT.mistake(
    "only the first block is used",
    "The other blocks are made and not used. Each takes the output of the one before.",
)(written(through=lambda blocks: blocks[:1]))
GPT.mistake(
    "the blocks come in reverse order",
    "The last block comes first. Blocks are applied in their order.",
)(written(through=lambda blocks: blocks[::-1]))
GPT.mistake(
    "all layers are one block",
    "The same block is used several times: `[block] * n` makes n names for one module. Each layer has weights of its "
    "own, and needs a constructor call of its own.",
)(
    written(
        base=renewed(
            reference.GPT,
            blocks=lambda vocab, n_embd, n_head, n_layer, block, p: nn.ModuleList(
                [reference.Block(n_embd, n_head, block, p)] * n_layer
            ),
        )
    )
)
GPT.mistake(
    "lm_head has no bias",
    "The last linear layer has no bias. Here it has one.",
)(written(base=renewed(reference.GPT, lm_head=lambda vocab, n_embd, *rest: nn.Linear(n_embd, vocab, bias=False))))
GPT.mistake(
    "probabilities instead of logits",
    "The softmax has been taken already. Logits are asked for: the loss takes the softmax itself, and so does whoever "
    "draws from them.",
)(written(finish=lambda model, x: model.lm_head(model.ln_f(x)).softmax(-1)))
GPT.mistake(
    "log-probabilities instead of logits",
    "The logarithm of the softmax has been taken already. That gives the same loss, but logits are asked for.",
)(written(finish=lambda model, x: model.lm_head(model.ln_f(x)).log_softmax(-1)))
GPT.mistake(
    "the loss is a sum",
    "The losses of all positions are added up. Take their mean, or the loss depends on the size of the batch.",
)(written(loss=lambda logits, targets, idx: F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")))
GPT.mistake(
    "the targets are shifted once more",
    "Each logit is compared with the target after its own. The targets are shifted already: y[b, t] follows x[b, t].",
)(written(loss=lambda logits, targets, idx: mean_loss(logits[:, :-1], targets[:, 1:], idx)))
GPT.mistake(
    "the targets are not used",
    "The logits are compared with idx itself: the model is asked to repeat what it has read.",
)(written(loss=lambda logits, targets, idx: mean_loss(logits, idx, idx)))
GPT.mistake(
    "only the last position counts",
    "The loss is that of the last position. Every position predicts something, and all of them count.",
)(written(loss=lambda logits, targets, idx: mean_loss(logits[:, -1:], targets[:, -1:], idx)))
GPT.mistake(
    "time and vocabulary are mixed up",
    "F.cross_entropy wants the classes in the second dimension. A view to (B, vocab_size, T) has the right shape and "
    "the wrong numbers: it cuts the rows elsewhere. Transpose, or flatten batch and time.",
)(written(loss=lambda logits, targets, idx: F.cross_entropy(logits.reshape(len(idx), -1, idx.shape[1]), targets)))


@GPT.mistake(
    "the loss without targets is not None",
    "Where there are no targets, there is a loss all the same. Give None in its place, so that nobody takes it for "
    "one.",
)
class _(reference.GPT):
    def forward(self, idx, targets=None):
        logits, loss = super().forward(idx, targets)
        return logits, torch.tensor(0.0) if loss is None else loss


@GPT.mistake(
    "the logits alone come back",
    "Where there are no targets, only the logits are returned. Always return two things; the second may be None.",
)
class _(reference.GPT):
    def forward(self, idx, targets=None):
        logits, loss = super().forward(idx, targets)
        return logits if loss is None else (logits, loss)


def remade(**layers):
    """A GPT with other layers, used as they should be."""
    return written(base=renewed(reference.GPT, **layers))


def placed_at(model, count):
    """The vectors of the first positions."""
    return model.position_embedding_table(torch.arange(count))


GPT.mistake(
    "one block too few",
    "There is a block less than asked for.",
)(lambda vocab, n_embd, n_head, n_layer, block, p: reference.GPT(vocab, n_embd, n_head, n_layer - 1, block, p))
GPT.mistake(
    "one block too many",
    "There is a block more than asked for.",
)(lambda vocab, n_embd, n_head, n_layer, block, p: reference.GPT(vocab, n_embd, n_head, n_layer + 1, block, p))
GPT.mistake(
    "the embeddings cannot learn",
    "The blocks learn, the embeddings do not: their sum is taken out of the graph.",
)(written(embed=lambda model, tokens, positions: (tokens + positions).detach()))
GPT.mistake(
    "nothing can learn",
    "No gradient reaches anything: the logits are taken out of the graph before the loss is computed.",
)(written(finish=lambda model, x: model.lm_head(model.ln_f(x)).detach()))
GPT.mistake(
    "the loss is cut from its graph",
    "The loss is right, but it has no graph: backward would do nothing. Was it detached, or made a new tensor?",
)(written(loss=lambda logits, targets, idx: mean_loss(logits, targets, idx).detach()))
for few, name in ((-1, "one position too few"), (1, "one position too many")):
    GPT.mistake(name, "The positions do not fit the tokens: idx has T columns, so the positions are 0 ... T - 1.")(
        written(embed=lambda model, tokens, positions, few=few: tokens + placed_at(model, tokens.shape[1] + few))
    )
GPT.mistake(
    "the positions are counted along the batch",
    "There are as many positions as sequences. Time is the second dimension of idx.",
)(written(embed=lambda model, tokens, positions: tokens + placed_at(model, len(tokens))))
GPT.mistake(
    "logits and targets are not flattened",
    "F.cross_entropy wants the classes in the second dimension; in (B, T, vocab_size) it finds time there.",
)(written(loss=lambda logits, targets, idx: F.cross_entropy(logits, targets)))
GPT.mistake(
    "the logits are not flattened",
    "The targets are flattened, the logits are not: (B, T, vocab_size) becomes (B * T, vocab_size).",
)(written(loss=lambda logits, targets, idx: F.cross_entropy(logits, targets.flatten())))
GPT.mistake(
    "the targets are not flattened",
    "The logits are flattened, the targets are not: (B, T) becomes (B * T,).",
)(written(loss=lambda logits, targets, idx: F.cross_entropy(logits.flatten(0, 1), targets)))


@GPT.mistake(
    "the question about targets is turned round",
    "The loss is computed where there are no targets, and left out where there are some.",
)
class _(reference.GPT):
    def forward(self, idx, targets=None):
        logits, _ = super().forward(idx)
        return logits, mean_loss(logits, targets, idx) if targets is None else None


GPT.mistake(
    "the sizes of lm_head are swapped",
    "lm_head goes from vocab_size to n_embd. Its input is what the blocks put out: n_embd channels.",
)(remade(lm_head=lambda vocab, n_embd, *rest: nn.Linear(vocab, n_embd)))
GPT.mistake(
    "the sizes of the position table are swapped",
    "The position table has n_embd rows of block_size numbers. It has a row for each place in the context.",
)(remade(position_embedding_table=lambda vocab, n_embd, head, layer, block, p: nn.Embedding(n_embd, block)))
GPT.mistake(
    "the sizes of the token table are swapped",
    "The token table has n_embd rows of vocab_size numbers. It has a row for each token of the vocabulary.",
)(remade(token_embedding_table=lambda vocab, n_embd, *rest: nn.Embedding(n_embd, vocab)))
GPT.mistake(
    "a block is made with too few arguments",
    "A block is made with an argument less than it needs: n_embd, n_head, block_size, dropout.",
)(lambda vocab, n_embd, n_head, *rest: reference.Block(n_embd, n_head, n_embd))
GPT.mistake(
    "a layer norm is made with too few arguments",
    "ln_f is made without the size of what it normalises: n_embd.",
)(lambda *sizes: reference.LayerNorm())
size_missing(GPT)
size_missing(GPT, nn.Embedding, "embedding")
lacking(GPT, "token_embedding_table", "position_embedding_table", "blocks", "ln_f", "lm_head")

"""Fast training of three networks of the course, with gradients by hand and no graph.

A step computes exactly what the lecture's loop computes: the mean cross-entropy of a batch, its gradients, and
`p -= lr * gradient` for each parameter, in place. It is faster because nothing is recorded, what a formula no longer
needs is overwritten, and the factor 1 / n of the mean and the learning rate are applied once, in the product that
makes the update (the alpha of addmm_ and index_add_), so that most gradients of parameters are never stored. Nothing
waits for the device: a loss stays a tensor until someone asks for its number.

Every network works on the device and in the dtype of its parameters. "Incoming gradients" below are those of the sum
of the losses, n times those of the mean.

Sources: A. Karpathy, "Building makemore" parts 2, 4 and 5, for the networks; the formulas in one go are those that
part 4 derives (solutions/part4_backprop.py, sections 6 and 7).
"""

import torch
import torch.nn.functional as F


class MLP:
    """Part 2's network: embedding, one hidden layer with tanh, logits.

    params: C (V, E), W1 (block_size * E, H), b1 (H,), W2 (H, V), b2 (V,), floats; they are changed in place.
    """

    names = ("C", "W1", "b1", "W2", "b2")

    def __init__(self, params):
        self._tensors = dict(zip(self.names, params, strict=True))
        self._params = [p.detach() for p in params]

    def step(self, X, Y, lr):
        """One step of gradient descent on X (n, block_size) and Y (n,), int64; the loss before it, a tensor ()."""
        C, W1, b1, W2, b2 = self._params
        rate = lr / len(Y)
        embcat = C.index_select(0, X.flatten()).view(len(Y), -1)
        h = _tanh(torch.addmm(b1, embcat, W1))
        loss, dlogits = _cross_entropy(torch.addmm(b2, h, W2), Y)
        dhpreact = _tanh_backward(dlogits @ W2.t(), h)
        _update_linear(W2, b2, h, dlogits, rate)
        dembcat = dhpreact @ W1.t()
        _update_linear(W1, b1, embcat, dhpreact, rate)
        _update_embedding(C, X, dembcat, rate)
        return loss

    def logits(self, X):
        """The logits (M, V) of X (M, block_size), int64."""
        C, W1, b1, W2, b2 = self._params
        return torch.addmm(b2, torch.addmm(b1, C[X].flatten(1), W1).tanh_(), W2)

    def tensors(self):
        """The parameters by name: the very tensors that were handed in."""
        return dict(self._tensors)


class BatchNormMLP:
    """Part 4's network: part 2's with BatchNorm before the tanh, by the unbiased variance of the batch.

    params: C (V, E), W1 (block_size * E, H), b1 (H,), W2 (H, V), b2 (V,), bngain and bnbias (1, H), floats; they are
    changed in place, but for b1: it is subtracted again with the mean of the batch, so its gradient is zero.
    """

    names = ("C", "W1", "b1", "W2", "b2", "bngain", "bnbias")
    eps = 1e-5

    def __init__(self, params):
        self._tensors = dict(zip(self.names, params, strict=True))
        self._params = [p.detach() for p in params]

    def step(self, X, Y, lr):
        """One step of gradient descent on X (n, block_size) and Y (n,), int64; the loss before it, a tensor ()."""
        C, W1, b1, W2, b2, bngain, bnbias = self._params
        rate = lr / len(Y)
        embcat = C.index_select(0, X.flatten()).view(len(Y), -1)
        bnraw, bnvar_inv, _, _ = _normalise(torch.addmm(b1, embcat, W1), self.eps)
        h = _tanh(torch.addcmul(bnbias, bnraw, bngain))
        loss, dlogits = _cross_entropy(torch.addmm(b2, h, W2), Y)
        dhpreact = _tanh_backward(dlogits @ W2.t(), h)
        _update_linear(W2, b2, h, dlogits, rate)
        dhprebn = _update_batchnorm(bngain, bnbias, dhpreact, bnraw, bnvar_inv, rate)
        dembcat = dhprebn @ W1.t()
        W1.addmm_(embcat.t(), dhprebn, alpha=-rate)
        _update_embedding(C, X, dembcat, rate)
        return loss

    def logits(self, X):
        """The logits (M, V) of X (M, block_size), int64, M at least 2, by the statistics of X itself."""
        return self.calibrated_logits(X, X)

    def calibrated_logits(self, X, Xtrain):
        """The logits (M, V) of X (M, block_size), by mean and variance over Xtrain (N, block_size), both int64."""
        C, W1, b1, W2, b2, bngain, bnbias = self._params
        var, mean = torch.var_mean(torch.addmm(b1, C[Xtrain].flatten(1), W1), 0)
        hprebn = torch.addmm(b1, C[X].flatten(1), W1)
        hpreact = torch.addcmul(bnbias, hprebn - mean, bngain * (var + self.eps).rsqrt())
        return torch.addmm(b2, hpreact.tanh_(), W2)

    def tensors(self):
        """The parameters by name: the very tensors that were handed in."""
        return dict(self._tensors)


class WaveNet:
    """Part 5's tree, as reference.part5_wavenet.build_wavenet makes it: its layers' tensors are changed in place.

    The layers are Embedding, then (FlattenConsecutive, Linear without bias, BatchNorm1d, Tanh) for each level, then
    Linear. Laid out as (n * T, channels), neighbours in time are neighbours in memory: to put n of them side by side
    is to read the same rows in another shape, and BatchNorm over batch and time is BatchNorm over the rows.
    """

    def __init__(self, model):
        embedding, *tree, last = model.layers
        self._levels = list(zip(tree[1::4], tree[2::4], strict=True))
        self._tensors = {"embedding.weight": embedding.weight}
        for i, (linear, norm) in enumerate(self._levels):
            self._tensors[f"level{i}.weight"] = linear.weight
            for name in ("gamma", "beta", "running_mean", "running_var"):
                self._tensors[f"level{i}.{name}"] = getattr(norm, name)
        self._tensors |= {"last.weight": last.weight, "last.bias": last.bias}
        values = [tensor.detach() for tensor in self._tensors.values()]
        self._C, self._W, self._b = values[0], *values[-2:]
        self._levels = [
            (*values[5 * i + 1 : 5 * i + 6], norm.eps, norm.momentum) for i, (_, norm) in enumerate(self._levels)
        ]

    def step(self, X, Y, lr):
        """One step in training mode on X (n, block_size) and Y (n,), int64; the loss before it, a tensor ().

        The running mean and variance move by the share `momentum` towards those of the batch.
        """
        rate = lr / len(Y)
        h = self._C.index_select(0, X.flatten())
        kept = []
        for W, gamma, beta, running_mean, running_var, eps, momentum in self._levels:
            x = h.view(-1, len(W))
            raw, var_inv, mean, var = _normalise(x @ W, eps)
            running_mean.lerp_(mean, momentum)
            running_var.lerp_(var, momentum)
            h = _tanh(torch.addcmul(beta, raw, gamma))
            kept.append((x, raw, var_inv, h))
        loss, dlogits = _cross_entropy(torch.addmm(self._b, h, self._W), Y)
        dh = dlogits @ self._W.t()
        _update_linear(self._W, self._b, h, dlogits, rate)
        for (W, gamma, beta, *_), (x, raw, var_inv, h) in zip(reversed(self._levels), reversed(kept), strict=True):
            dnorm = _tanh_backward(dh.view(h.shape), h)
            dlinear = _update_batchnorm(gamma, beta, dnorm, raw, var_inv, rate)
            dh = dlinear @ W.t()
            W.addmm_(x.t(), dlinear, alpha=-rate)
        _update_embedding(self._C, X, dh, rate)
        return loss

    def logits(self, X):
        """The logits (M, V) of X (M, block_size), int64, by the running statistics."""
        h = self._C[X]
        for W, gamma, beta, running_mean, running_var, eps, _ in self._levels:
            linear = h.view(-1, len(W)) @ W
            h = torch.addcmul(beta, linear.sub_(running_mean), gamma * (running_var + eps).rsqrt()).tanh_()
        return torch.addmm(self._b, h, self._W)

    def tensors(self):
        """Parameters and running statistics by name, "level0.gamma" for one: the very tensors of the model."""
        return dict(self._tensors)


def _cross_entropy(logits, Y):
    """The mean loss, a tensor (), and the gradient (n, V) of the sum of losses: probabilities, less 1 at Y."""
    logprobs = logits.log_softmax(1)
    loss = F.nll_loss(logprobs, Y)
    labels = Y[:, None]
    return loss, logprobs.exp_().scatter_add_(1, labels, logprobs.new_full((1, 1), -1.0).expand(labels.shape))


def _tanh(x):
    """tanh of x, in place, as 2 sigmoid(2x) - 1: a third of the time of torch 2.13's tanh on a CPU."""
    return x.mul_(2).sigmoid_().mul_(2).sub_(1)


def _tanh_backward(dh, h):
    """(1 - h**2) * dh, all of one shape."""
    return torch.addcmul(dh, dh * h, h, value=-1)


def _normalise(x, eps):
    """Each column of x (n, H) at mean 0 and variance 1, in place.

    Returns x, 1 / sqrt(var + eps), the mean and the variance (n - 1), the last three (H,).
    """
    n = len(x)
    mean = x.mean(0)
    x -= mean
    var = (x * x).sum(0).div_(n - 1)  # var_mean takes as long as all of this, three times over
    var_inv = (var + eps).rsqrt_()
    x *= var_inv
    return x, var_inv, mean, var


def _update_batchnorm(gain, bias, dout, raw, var_inv, rate):
    """Update gain and bias of out = gain * raw + bias; returns the gradient of what was normalised.

    dout and raw (n, H); gain and bias (H,) or (1, H); var_inv (H,). dout is overwritten and returned.
    """
    n = len(dout)
    dbias = dout.sum(0)
    dgain = (dout * raw).sum(0)
    dout.sub_(dbias, alpha=1 / n).addcmul_(raw, dgain, value=-1 / (n - 1)).mul_(gain * var_inv)
    gain.sub_(dgain, alpha=rate)
    bias.sub_(dbias, alpha=rate)
    return dout


def _update_linear(W, b, x, dout, rate):
    """Update W (fan_in, fan_out) and b (fan_out,) of out = x @ W + b, from x (n, fan_in) and dout (n, fan_out)."""
    W.addmm_(x.t(), dout, alpha=-rate)
    b.sub_(dout.sum(0), alpha=rate)


def _update_embedding(C, X, demb, rate):
    """Update C (V, E), looked up at X (n, block_size), from the gradient demb of the rows, in any shape."""
    C.index_add_(0, X.flatten(), demb.view(-1, C.shape[1]), alpha=-rate)

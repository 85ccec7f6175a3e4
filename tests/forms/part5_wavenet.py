# Other right answers to part 5: each cell stands in the place of the solution's. Run by tests/test_forms.py.

# %% Embedding: the lecture's
class Embedding:
    def __init__(self, num_embeddings, embedding_dim):
        self.weight = torch.randn((num_embeddings, embedding_dim))

    def __call__(self, IX):
        self.out = self.weight[IX]
        return self.out

    def parameters(self):
        return [self.weight]

# %% Embedding: a Parameter, and index_select
class Embedding:
    def __init__(self, num_embeddings, embedding_dim):
        self.weight = torch.nn.Parameter(torch.empty(num_embeddings, embedding_dim).normal_())

    def __call__(self, tokens):
        rows = torch.index_select(self.weight, 0, tokens.reshape(-1))
        self.out = rows.reshape(*tokens.shape, -1)
        return self.out

    def parameters(self):
        yield self.weight

# %% Embedding: one-hot, with the number of classes told
class Embedding:
    def __init__(self, num_embeddings, embedding_dim):
        self.V = num_embeddings
        self.weight = torch.normal(0.0, 1.0, (num_embeddings, embedding_dim)).requires_grad_()

    def __call__(self, tokens):
        self.out = F.one_hot(tokens, self.V).to(self.weight.dtype) @ self.weight
        return self.out

    def parameters(self):
        return (self.weight,)

# %% Embedding: a torch module
class Embedding(torch.nn.Module):
    def __init__(self, num_embeddings, embedding_dim):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(num_embeddings, embedding_dim))

    def forward(self, tokens):
        self.out = self.weight[tokens]
        return self.out

# %% FlattenConsecutive: the lecture's
class FlattenConsecutive:
    def __init__(self, n):
        self.n = n

    def __call__(self, x):
        B, T, C = x.shape
        x = x.view(B, T // self.n, C * self.n)
        if x.shape[1] == 1:
            x = x.squeeze(1)
        self.out = x
        return self.out

    def parameters(self):
        return []

# %% FlattenConsecutive: every n-th, put side by side
class FlattenConsecutive:
    def __init__(self, n):
        self.n = n

    def __call__(self, x):
        out = torch.cat([x[:, i :: self.n, :] for i in range(self.n)], dim=2)
        self.out = out[:, 0, :] if out.size(1) == 1 else out
        return self.out

    def parameters(self):
        return []

# %% FlattenConsecutive: unflatten and flatten
class FlattenConsecutive:
    def __init__(self, n):
        self.n = n

    def __call__(self, x):
        x = x.unflatten(1, (-1, self.n)).flatten(2)
        self.out = torch.squeeze(x, dim=1)
        return self.out

    def parameters(self):
        return []

# %% FlattenConsecutive: two returns
class FlattenConsecutive:
    def __init__(self, n):
        self.n = n

    def __call__(self, x):
        B, T, C = x.shape
        if T == self.n:
            self.out = x.flatten(1)
        else:
            self.out = x.contiguous().view(B, -1, self.n * C)
        return self.out

    def parameters(self):
        return []

# %% Linear: the lecture's
class Linear:
    def __init__(self, fan_in, fan_out, bias=True):
        self.weight = torch.randn((fan_in, fan_out)) / fan_in**0.5
        self.bias = torch.zeros(fan_out) if bias else None

    def __call__(self, x):
        self.out = x @ self.weight
        if self.bias is not None:
            self.out += self.bias
        return self.out

    def parameters(self):
        return [self.weight] + ([] if self.bias is None else [self.bias])

# %% Linear: torch's function with the weight turned, and parameters
class Linear:
    def __init__(self, fan_in, fan_out, bias=True):
        self.weight = torch.nn.Parameter(torch.randn(fan_in, fan_out) * fan_in**-0.5)
        self.bias = torch.nn.Parameter(torch.zeros(fan_out)) if bias else None

    def __call__(self, x):
        self.out = F.linear(x, self.weight.T, self.bias)
        return self.out

    def parameters(self):
        return [p for p in (self.weight, self.bias) if p is not None]

# %% Linear: einsum
class Linear:
    def __init__(self, fan_in, fan_out, bias=True):
        self.weight = torch.empty(fan_in, fan_out).normal_(std=1 / math.sqrt(fan_in))
        self.bias = None
        if bias:
            self.bias = torch.zeros((fan_out,), requires_grad=True)

    def __call__(self, x):
        out = torch.einsum("...i,io->...o", x, self.weight)
        self.out = out if self.bias is None else out + self.bias
        return self.out

    def parameters(self):
        params = [self.weight]
        if self.bias is not None:
            params.append(self.bias)
        return params

import math

# %% Linear: flattened, multiplied, and put back in shape
class Linear:
    def __init__(self, fan_in, fan_out, bias=True):
        self.weight = torch.randn(fan_in, fan_out) / torch.tensor(fan_in).sqrt()
        self.bias = torch.zeros(fan_out) if bias else None

    def __call__(self, x):
        flat = x.reshape(-1, x.shape[-1])
        out = torch.mm(flat, self.weight) if self.bias is None else torch.addmm(self.bias, flat, self.weight)
        self.out = out.reshape(x.shape[:-1] + (-1,))
        return self.out

    def parameters(self):
        return [self.weight] if self.bias is None else [self.weight, self.bias]

# %% BatchNorm1d: the lecture's, with its fix
class BatchNorm1d:
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        self.eps = eps
        self.momentum = momentum
        self.training = True
        # parameters (trained with backprop)
        self.gamma = torch.ones(dim)
        self.beta = torch.zeros(dim)
        # buffers (trained with a running 'momentum update')
        self.running_mean = torch.zeros(dim)
        self.running_var = torch.ones(dim)

    def __call__(self, x):
        if self.training:
            if x.ndim == 2:
                dim = 0
            elif x.ndim == 3:
                dim = (0, 1)
            xmean = x.mean(dim, keepdim=True)
            xvar = x.var(dim, keepdim=True)
        else:
            xmean = self.running_mean
            xvar = self.running_var
        xhat = (x - xmean) / torch.sqrt(xvar + self.eps)
        self.out = self.gamma * xhat + self.beta
        if self.training:
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * xmean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * xvar
        return self.out

    def parameters(self):
        return [self.gamma, self.beta]

# %% BatchNorm1d: flattened, in place, by hand
class BatchNorm1d:
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        self.eps, self.momentum, self.training = eps, momentum, True
        self.gamma = torch.nn.Parameter(torch.ones(dim))
        self.beta = torch.nn.Parameter(torch.zeros(dim))
        self.running_mean, self.running_var = torch.zeros(dim), torch.ones(dim)

    def __call__(self, x):
        flat = x.reshape(-1, x.shape[-1])
        mean, var = self.running_mean, self.running_var
        if self.training:
            n = flat.shape[0]
            mean = flat.sum(0) / n
            var = ((flat - mean) ** 2).sum(0) / (n - 1)
            self.running_mean.mul_(1 - self.momentum).add_(self.momentum * mean.detach())
            self.running_var.mul_(1 - self.momentum).add_(self.momentum * var.detach())
        self.out = (self.gamma * (flat - mean) * (var + self.eps) ** -0.5 + self.beta).view(x.shape)
        return self.out

    def parameters(self):
        return [self.gamma, self.beta]

# %% BatchNorm1d: var_mean, rsqrt and lerp
class BatchNorm1d:
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        self.gamma = torch.ones((dim,), requires_grad=True)
        self.beta = torch.zeros((dim,), requires_grad=True)
        self.running_mean = torch.zeros(1, dim)
        self.running_var = torch.ones(1, dim)
        self.eps = eps
        self.momentum = momentum
        self.training = True

    def __call__(self, x):
        if not self.training:
            self.out = torch.addcmul(self.beta, self.gamma, (x - self.running_mean) * (self.running_var + self.eps).rsqrt())
            return self.out
        var, mean = torch.var_mean(x, dim=list(range(x.dim() - 1)), keepdim=True)
        self.out = self.gamma * ((x - mean) * torch.rsqrt(var + self.eps)) + self.beta
        self.running_mean = torch.lerp(self.running_mean, mean.detach().reshape(1, -1), self.momentum)
        self.running_var = torch.lerp(self.running_var, var.detach().reshape(1, -1), self.momentum)
        return self.out

    def parameters(self):
        return [self.gamma, self.beta]

# %% BatchNorm1d: std squared, and .data for the buffers
class BatchNorm1d:
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        self.eps = eps
        self.momentum = momentum
        self.training = True
        self.gamma, self.beta = torch.ones(dim), torch.zeros(dim)
        self.running_mean, self.running_var = torch.zeros(dim), torch.ones(dim)

    def __call__(self, x):
        dims = (0,) if x.ndim == 2 else (0, 1)
        if self.training:
            mean, var = x.mean(dims), x.std(dims) ** 2
            self.running_mean.data = self.running_mean.data + self.momentum * (mean.data - self.running_mean.data)
            self.running_var.data = self.running_var.data + self.momentum * (var.data - self.running_var.data)
        else:
            mean, var = self.running_mean, self.running_var
        self.out = (x - mean) / (var + self.eps).sqrt() * self.gamma + self.beta
        return self.out

    def parameters(self):
        return [self.gamma, self.beta]

# %% Sequential: the lecture's
class Sequential:
    def __init__(self, layers):
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        self.out = x
        return self.out

    def parameters(self):
        # get parameters of all layers and stretch them out into one list
        return [p for layer in self.layers for p in layer.parameters()]

# %% Sequential: reduce and sum
class Sequential:
    def __init__(self, layers):
        self.layers = list(layers)

    def __call__(self, x):
        import functools
        self.out = functools.reduce(lambda value, layer: layer(value), self.layers, x)
        return self.out

    def parameters(self):
        return sum((list(layer.parameters()) for layer in self.layers), [])

# %% Sequential: loops
class Sequential:
    def __init__(self, layers):
        self.layers = layers

    def __call__(self, x):
        self.out = x
        for i in range(len(self.layers)):
            self.out = self.layers[i](self.out)
        return self.out

    def parameters(self):
        params = []
        for layer in self.layers:
            params.extend(layer.parameters())
        return params

# %% build_wavenet: log2, and the weight scaled in place
def build_wavenet(vocab_size, block_size, n_embd, n_hidden):
    import math
    if block_size < 2 or not math.log2(block_size).is_integer():
        raise ValueError("block_size must be a power of two")
    layers = [Embedding(vocab_size, n_embd)]
    for i in range(int(math.log2(block_size))):
        fan_in = (n_embd if i == 0 else n_hidden) * 2
        layers.extend([FlattenConsecutive(2), Linear(fan_in, n_hidden, bias=False), BatchNorm1d(n_hidden), Tanh()])
    layers.append(Linear(n_hidden, vocab_size))
    model = Sequential(layers)
    with torch.no_grad():
        model.layers[-1].weight *= 0.1
    return model

# %% build_wavenet: halving until one is left
def build_wavenet(vocab_size, block_size, n_embd, n_hidden):
    if block_size <= 1:
        raise ValueError(block_size)
    layers, width, left = [Embedding(vocab_size, n_embd)], n_embd, block_size
    while left > 1:
        if left % 2:
            raise ValueError(f"{block_size} is no power of two")
        layers += [FlattenConsecutive(2), Linear(width * 2, n_hidden, False), BatchNorm1d(n_hidden), Tanh()]
        left, width = left // 2, n_hidden
    out = Linear(n_hidden, vocab_size)
    out.weight.data /= 10
    return Sequential(layers + [out])

# %% build_wavenet: a helper for a level, and bits
def level(fan_in, n_hidden):
    return [FlattenConsecutive(2), Linear(fan_in * 2, n_hidden, bias=False), BatchNorm1d(n_hidden), Tanh()]

def build_wavenet(vocab_size, block_size, n_embd, n_hidden):
    if block_size < 2 or block_size & (block_size - 1):
        raise ValueError
    k = len(bin(block_size)) - 3
    hidden = [layer for _ in range(k - 1) for layer in level(n_hidden, n_hidden)]
    model = Sequential([Embedding(vocab_size, n_embd), *level(n_embd, n_hidden), *hidden, Linear(n_hidden, vocab_size)])
    for p in model.parameters():
        p.requires_grad = True
    with torch.no_grad():
        model.layers[-1].weight.mul_(0.1)
    return model

# %% shapes_through: the modes by hand, the outputs from .out
def shapes_through(model, X):
    modes = [layer.training for layer in model.layers]
    for layer in model.layers:
        layer.training = False
    model(X)
    for layer, mode in zip(model.layers, modes):
        layer.training = mode
    return [(layer.__class__.__name__, tuple(layer.out.shape)) for layer in model.layers]

# %% shapes_through: torch.Size, and evaluating
def shapes_through(model, X):
    with evaluating(model):
        model(X)
        result = []
        for layer in model.layers:
            result.append((type(layer).__name__, layer.out.shape))
        return result

# %% shapes_through: on a copy of the model
def shapes_through(model, X):
    import copy
    result = []
    for layer in copy.deepcopy(model.layers):
        layer.training = False
        X = layer(X)
        result += [(layer.__class__.__name__, tuple(X.size()))]
    return result

# %% causal_conv1d: einsum for each tap, from the last one on
def causal_conv1d(x, weight, bias, dilation):
    B, C_in, T = x.shape
    C_out, _, K = weight.shape
    out = bias.view(1, -1, 1).expand(B, C_out, T)
    for back in range(K):
        shift = back * dilation
        if shift >= T:
            break
        past = torch.cat([torch.zeros(B, C_in, shift, dtype=x.dtype), x[:, :, : T - shift]], dim=2)
        out = out + torch.einsum("oc,bct->bot", weight[:, :, K - 1 - back], past)
    return out

# %% causal_conv1d: unfold, and one product
def causal_conv1d(x, weight, bias, dilation):
    K, T = weight.shape[2], x.shape[2]
    padded = F.pad(x, ((K - 1) * dilation, 0))
    windows = padded.unfold(2, (K - 1) * dilation + 1, 1)[..., ::dilation]  # (B, C_in, T, K)
    return torch.einsum("bctk,ock->bot", windows, weight) + bias[:, None]

# %% causal_conv1d: all taps stacked along the channels
def causal_conv1d(x, weight, bias, dilation):
    C_out, C_in, K = weight.shape
    T = x.size(-1)
    padded = torch.cat([x.new_zeros(x.shape[0], C_in, (K - 1) * dilation), x], dim=-1)
    taps = torch.stack([padded[..., k * dilation : k * dilation + T] for k in range(K)], dim=2)  # (B, C_in, K, T)
    return weight.reshape(C_out, -1) @ taps.flatten(1, 2) + bias.unsqueeze(-1)

# %% causal_conv1d: a loop over time
def causal_conv1d(x, weight, bias, dilation):
    K = weight.shape[2]
    columns = []
    for t in range(x.shape[2]):
        column = bias
        for k in range(K):
            at = t - (K - 1 - k) * dilation
            if at >= 0:
                column = column + x[:, :, at] @ weight[:, :, k].T
        columns.append(column.expand(x.shape[0], -1))
    return torch.stack(columns, 2)

# %% causal_conv1d: im2col, as for images
def causal_conv1d(x, weight, bias, dilation):
    C_out, C_in, K = weight.shape
    padded = F.pad(x, ((K - 1) * dilation, 0)).unsqueeze(2)
    columns = F.unfold(padded, (1, K), dilation=(1, dilation))  # (B, C_in * K, T)
    return weight.view(C_out, -1) @ columns + bias[None, :, None]

# %% receptive_field: a loop
def receptive_field(kernel_size, dilations):
    field = 1
    for dilation in dilations:
        field += (kernel_size - 1) * dilation
    return field

# %% receptive_field: a sum of products
def receptive_field(kernel_size, dilations):
    return sum((kernel_size - 1) * d for d in dilations) + 1

# %% GatedResidualBlock: torch's convolution, written out
class GatedResidualBlock:
    def __init__(self, channels, kernel_size, dilation):
        C, K = channels, kernel_size
        self.dilation = dilation
        self.filter_weight = torch.randn(C, C, K) / (C * K) ** 0.5
        self.filter_bias = torch.zeros(C)
        self.gate_weight = torch.randn(C, C, K) / (C * K) ** 0.5
        self.gate_bias = torch.zeros(C)
        self.residual_weight = torch.randn(C, C, 1) / C**0.5
        self.residual_bias = torch.zeros(C)
        self.skip_weight = torch.randn(C, C, 1) / C**0.5
        self.skip_bias = torch.zeros(C)

    def __call__(self, x):
        padded = F.pad(x, ((self.filter_weight.shape[2] - 1) * self.dilation, 0))
        f = F.conv1d(padded, self.filter_weight, self.filter_bias, dilation=self.dilation)
        g = F.conv1d(padded, self.gate_weight, self.gate_bias, dilation=self.dilation)
        z = torch.tanh(f) * torch.sigmoid(g)
        self.out = x + F.conv1d(z, self.residual_weight, self.residual_bias)
        return self.out, F.conv1d(z, self.skip_weight, self.skip_bias)

    def parameters(self):
        return [
            self.filter_weight, self.filter_bias, self.gate_weight, self.gate_bias,
            self.residual_weight, self.residual_bias, self.skip_weight, self.skip_bias,
        ]

# %% GatedResidualBlock: both convolutions at once, matrix products for the ways out
class GatedResidualBlock:
    def __init__(self, channels, kernel_size, dilation):
        def draw(taps):
            std = (channels * taps) ** -0.5
            return torch.nn.Parameter(torch.empty(channels, channels, taps).normal_(0, std))

        self.d = dilation
        self.filter_weight, self.gate_weight = draw(kernel_size), draw(kernel_size)
        self.residual_weight, self.skip_weight = draw(1), draw(1)
        for name in ("filter", "gate", "residual", "skip"):
            setattr(self, name + "_bias", torch.nn.Parameter(torch.zeros(channels)))

    def __call__(self, x):
        both = causal_conv1d(
            x, torch.cat([self.filter_weight, self.gate_weight]), torch.cat([self.filter_bias, self.gate_bias]), self.d
        )
        what, how_much = both.chunk(2, dim=1)
        z = what.tanh() * how_much.sigmoid()
        residual = torch.einsum("oc,bct->bot", self.residual_weight[:, :, 0], z) + self.residual_bias[:, None]
        skip = self.skip_weight.squeeze(2) @ z + self.skip_bias.view(-1, 1)
        return residual + x, skip

    def parameters(self):
        for name in ("filter", "gate", "residual", "skip"):
            yield getattr(self, name + "_weight")
            yield getattr(self, name + "_bias")

# %% tree_as_convolution: an index for each level, layers by position
def tree_as_convolution(model):
    def slide(X):
        with evaluating(model):
            h = model.layers[0](X)
            levels = (len(model.layers) - 2) // 4
            for i in range(levels):
                _, linear, norm, tanh = model.layers[1 + 4 * i : 5 + 4 * i]
                d = 2**i
                T = h.shape[1]
                h = torch.cat((h[:, 0 : T - d], h[:, d:T]), dim=-1)
                h = tanh(norm(linear(h)))
            return model.layers[-1](h)

    return slide

# %% tree_as_convolution: by way of causal_conv1d
def tree_as_convolution(model):
    def slide(X):
        with evaluating(model):
            linears = [layer for layer in model.layers if isinstance(layer, Linear)]
            norms = [layer for layer in model.layers if isinstance(layer, BatchNorm1d)]
            h = model.layers[0](X).transpose(1, 2)  # (B, C, T)
            for i, (linear, norm) in enumerate(zip(linears, norms)):
                C = h.shape[1]
                taps = torch.stack([linear.weight[:C].T, linear.weight[C:].T], dim=2)  # (C_out, C_in, 2)
                h = causal_conv1d(h, taps, torch.zeros(taps.shape[0]), 2**i)
                h = torch.tanh(norm(h.transpose(1, 2))).transpose(1, 2)
            last = linears[-1]
            logits = causal_conv1d(h, last.weight.T[:, :, None], last.bias, 1).transpose(1, 2)
            return logits[:, 2 ** len(norms) - 1 :]

    return slide

# %% tree_as_convolution: unfold in place of slices, the modes by hand
def tree_as_convolution(model):
    def slide(X):
        modes = [getattr(layer, "training", None) for layer in model.layers]
        for layer in model.layers:
            layer.training = False
        d = 1
        for layer in model.layers:
            if type(layer).__name__ == "FlattenConsecutive":
                pairs = X.unfold(1, d + 1, 1)[..., ::d]  # (B, T - d, C, 2)
                X = pairs.transpose(2, 3).flatten(2)
                d = d * 2
            else:
                X = layer(X)
        for layer, mode in zip(model.layers, modes):
            layer.training = mode
        return X

    return slide

# %% smooth_losses: the lecture's, cut to full windows
def smooth_losses(losses, window):
    n = len(losses) // window
    return torch.tensor(losses[: n * window]).view(-1, window).mean(1)

# %% smooth_losses: a loop over windows
def smooth_losses(losses, window):
    means = []
    for start in range(0, len(losses) - window + 1, window):
        means.append(sum(losses[start : start + window]) / window)
    return torch.tensor(means)

# %% smooth_losses: unfold with a step, and keyword axis
def smooth_losses(losses, window):
    return torch.tensor(losses, dtype=torch.float32).unfold(0, window, window).mean(axis=-1)

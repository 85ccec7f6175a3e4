# Other right answers to part 3: each cell stands in the place of the solution's. Run by tests/test_forms.py.

# %% expected_initial_loss: the lecture's, minus the log of one over the size
def expected_initial_loss(vocab_size):
    return -torch.tensor(1 / vocab_size).log().item()

# %% expected_initial_loss: the cross-entropy of equal logits
def expected_initial_loss(vocab_size):
    return torch.nn.functional.cross_entropy(torch.zeros(1, vocab_size), torch.tensor([0])).item()

# %% expected_initial_loss: numpy, made a float
def expected_initial_loss(vocab_size):
    import numpy as np
    return float(np.log(vocab_size))

# %% gain: branches, with an int
def gain(nonlinearity):
    if nonlinearity == 'tanh':
        return 5.0 / 3
    elif nonlinearity == 'relu':
        return 2 ** 0.5
    return 1

# %% gain: match
def gain(nonlinearity):
    match nonlinearity:
        case "linear" | "sigmoid":
            return 1.0
        case "tanh":
            return 5 / 3
        case "relu":
            return math.sqrt(2.0)

# %% kaiming_normal: the lecture's
def kaiming_normal(fan_in, fan_out, nonlinearity, generator):
    return torch.randn((fan_in, fan_out), generator=generator) * gain(nonlinearity) / (fan_in ** 0.5)

# %% kaiming_normal: drawn with the right deviation
def kaiming_normal(fan_in, fan_out, nonlinearity, generator):
    std = gain(nonlinearity) / math.sqrt(fan_in)
    return torch.normal(0.0, std, (fan_in, fan_out), generator=generator)

# %% kaiming_normal: filled in place, gains of its own
def kaiming_normal(fan_in, fan_out, nonlinearity, generator):
    gains = {"tanh": 5 / 3, "relu": 2**0.5}
    weight = torch.empty(fan_in, fan_out)
    return weight.normal_(0, gains.get(nonlinearity, 1) * fan_in**-0.5, generator=generator)

# %% kaiming_normal: PyTorch's, transposed
def kaiming_normal(fan_in, fan_out, nonlinearity, generator):
    weight = torch.empty(fan_out, fan_in)
    torch.nn.init.kaiming_normal_(weight, nonlinearity=nonlinearity, generator=generator)
    return weight.T

# %% init_mlp: the lecture's
def init_mlp(vocab_size, block_size, n_embd, n_hidden, generator):
    g = generator
    C = torch.randn((vocab_size, n_embd), generator=g)
    W1 = torch.randn((n_embd * block_size, n_hidden), generator=g) * (5/3) / ((n_embd * block_size) ** 0.5)
    b1 = torch.randn(n_hidden, generator=g) * 0.01
    W2 = torch.randn((n_hidden, vocab_size), generator=g) * 0.01
    b2 = torch.randn(vocab_size, generator=g) * 0
    parameters = [C, W1, b1, W2, b2]
    for p in parameters:
        p.requires_grad = True
    return parameters

# %% init_mlp: nn.Parameter
def init_mlp(vocab_size, block_size, n_embd, n_hidden, generator):
    fan_in = block_size * n_embd
    tensors = [
        torch.randn(vocab_size, n_embd, generator=generator),
        kaiming_normal(fan_in, n_hidden, "tanh", generator),
        torch.zeros(n_hidden),
        0.1 * kaiming_normal(n_hidden, vocab_size, "linear", generator),
        torch.zeros(vocab_size),
    ]
    return [nn.Parameter(t) for t in tensors]

# %% init_mlp: a tuple, scaled under no_grad
def init_mlp(vocab_size, block_size, n_embd, n_hidden, generator):
    C = torch.randn(vocab_size, n_embd, generator=generator, requires_grad=True)
    W1 = torch.randn(block_size * n_embd, n_hidden, generator=generator, requires_grad=True)
    W2 = torch.randn(n_hidden, vocab_size, generator=generator, requires_grad=True)
    with torch.no_grad():
        W1 *= gain("tanh") / W1.shape[0] ** 0.5
        W2 *= 0.01
    return C, W1, torch.zeros(n_hidden, requires_grad=True), W2, torch.zeros(vocab_size, requires_grad=True)

# %% saturation: both sides counted
def saturation(h, threshold=0.99):
    count = (h > threshold).sum() + (h < -threshold).sum()
    return count.item() / h.nelement()

# %% saturation: a loop
def saturation(h, threshold=0.99):
    flat = [abs(value) > threshold for row in h.tolist() for value in row]
    return sum(flat) / len(flat)

# %% saturation: a mean in float64
def saturation(h, threshold=0.99):
    return float(torch.mean((torch.abs(h) > threshold).double()))

# %% dead_neurons: all with an axis
def dead_neurons(h, threshold=0.99):
    return torch.all(torch.abs(h) > threshold, axis=0)

# %% dead_neurons: the least of a column
def dead_neurons(h, threshold=0.99):
    return h.abs().min(dim=0).values > threshold

# %% dead_neurons: counted
def dead_neurons(h, threshold=0.99):
    saturated = (h > threshold) | (h < -threshold)
    return saturated.sum(0) == h.shape[0]

# %% batchnorm: the lecture's, by way of std
def batchnorm(x, bngain, bnbias, eps):
    bnmeani = x.mean(0, keepdim=True)
    bnstdi = (x.std(0, keepdim=True) ** 2 + eps) ** 0.5
    return bngain * (x - bnmeani) / bnstdi + bnbias

# %% batchnorm: in the small steps of part 4
def batchnorm(x, bngain, bnbias, eps):
    n = x.shape[0]
    bnmeani = 1 / n * x.sum(0, keepdim=True)
    bndiff = x - bnmeani
    bnvar = 1 / (n - 1) * (bndiff**2).sum(0, keepdim=True)
    bnvar_inv = (bnvar + eps) ** -0.5
    bnraw = bndiff * bnvar_inv
    return bngain * bnraw + bnbias

# %% batchnorm: var_mean and rsqrt, without keepdim
def batchnorm(x, bngain, bnbias, eps):
    variance, mean = torch.var_mean(x, dim=0, unbiased=True)
    return torch.addcmul(bnbias, x - mean, bngain * torch.rsqrt(variance + eps))

# %% calibrate: the lecture's
def calibrate(X, params):
    C, W1, W2, b2, bngain, bnbias = params
    with torch.no_grad():
        emb = C[X]
        embcat = emb.view(emb.shape[0], -1)
        hpreact = embcat @ W1
        bnmean = hpreact.mean(0, keepdim=True)
        bnstd = hpreact.std(0, keepdim=True)
    return bnmean, bnstd

# %% calibrate: a decorator, and a list
@torch.no_grad()
def calibrate(X, params):
    hpreact = torch.nn.functional.embedding(X, params[0]).flatten(1) @ params[1]
    return [hpreact.mean(0)[None], hpreact.var(0)[None].sqrt()]

# %% calibrate: inference mode
def calibrate(X, params):
    with torch.inference_mode():
        embcat = torch.cat(torch.unbind(params[0][X], 1), 1)
        std, mean = torch.std_mean(embcat.matmul(params[1]), dim=0, keepdim=True)
    return mean, std

# %% calibrate: detached before anything is computed
def calibrate(X, params):
    C, W1 = params[0].data, params[1].detach()
    hpreact = C[X].reshape(len(X), -1) @ W1
    mean = sum(hpreact) / len(hpreact)
    std = ((hpreact - mean).pow(2).sum(0) / (len(hpreact) - 1)).sqrt()
    return mean.unsqueeze(0), std.unsqueeze(0)

# %% update_running: the difference
def update_running(running, batch_value, momentum):
    return running + momentum * (batch_value.detach() - running)

# %% update_running: lerp
def update_running(running, batch_value, momentum):
    with torch.no_grad():
        return running.lerp(batch_value, momentum)

# %% update_running: detached at the end
def update_running(running, batch_value, momentum):
    new = batch_value * momentum + running * (1.0 - momentum)
    return new.detach()

# %% Linear: the lecture's
g = torch.Generator().manual_seed(2147483647)

class Linear:

    def __init__(self, fan_in, fan_out, bias=True):
        self.weight = torch.randn((fan_in, fan_out), generator=g) / fan_in**0.5
        self.bias = torch.zeros(fan_out) if bias else None

    def __call__(self, x):
        self.out = x @ self.weight
        if self.bias is not None:
            self.out += self.bias
        return self.out

    def parameters(self):
        return [self.weight] + ([] if self.bias is None else [self.bias])

# %% Linear: an nn.Module
class Linear(nn.Module):
    def __init__(self, fan_in, fan_out, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(fan_in, fan_out) * fan_in**-0.5)
        self.bias = nn.Parameter(torch.zeros(fan_out)) if bias else None

    def forward(self, x):
        self.out = torch.nn.functional.linear(x, self.weight.T, self.bias)
        return self.out

# %% Linear: gradients asked for, einsum
class Linear:
    def __init__(self, fan_in, fan_out, bias=True):
        self.weight = torch.normal(0, fan_in**-0.5, size=(fan_in, fan_out)).requires_grad_()
        self.bias = None
        if bias:
            self.bias = torch.zeros(fan_out, requires_grad=True)

    def __call__(self, x):
        out = torch.einsum("ni,io->no", x, self.weight)
        if self.bias is not None:
            out = out + self.bias
        self.out = out
        return out

    def parameters(self):
        out = [self.weight]
        if self.bias is not None:
            out.append(self.bias)
        return out

# %% BatchNorm1d: the lecture's, whose buffers become rows
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
            xmean = x.mean(0, keepdim=True)
            xvar = x.var(0, keepdim=True)
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

# %% BatchNorm1d: an nn.Module with buffers
class BatchNorm1d(nn.Module):
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.gamma = nn.Parameter(torch.ones(dim))
        self.beta = nn.Parameter(torch.zeros(dim))
        self.register_buffer("running_mean", torch.zeros(dim))
        self.register_buffer("running_var", torch.ones(dim))

    def forward(self, x):
        if self.training:
            var, mean = torch.var_mean(x, 0)
            self.running_mean.lerp_(mean.detach(), self.momentum)
            self.running_var.lerp_(var.detach(), self.momentum)
        else:
            mean, var = self.running_mean, self.running_var
        self.out = (x - mean) * (var + self.eps) ** -0.5 * self.gamma + self.beta
        return self.out

# %% BatchNorm1d: with the functions of section 3
class BatchNorm1d:
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        self.eps, self.momentum, self.training = eps, momentum, True
        self.gamma, self.beta = torch.ones(dim, requires_grad=True), torch.zeros(dim, requires_grad=True)
        self.running_mean, self.running_var = torch.zeros(dim), torch.ones(dim)

    def __call__(self, x):
        if not self.training:
            self.out = self.gamma * (x - self.running_mean) / (self.running_var + self.eps).sqrt() + self.beta
            return self.out
        n = len(x)
        mean = x.sum(0) / n
        var = ((x - mean) ** 2).sum(0) / (n - 1)
        self.running_mean = update_running(self.running_mean, mean, self.momentum)
        self.running_var = update_running(self.running_var, var, self.momentum)
        self.out = batchnorm(x, self.gamma, self.beta, self.eps)
        return self.out

    def parameters(self):
        return [self.gamma, self.beta]

# %% BatchNorm1d: updates of .data
class BatchNorm1d:
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        self.training = True
        self.eps = eps
        self.momentum = momentum
        self.gamma = torch.ones(dim)
        self.beta = torch.zeros(dim)
        self.running_mean = torch.zeros(dim)
        self.running_var = torch.ones(dim)

    def __call__(self, x):
        mean = x.mean(0) if self.training else self.running_mean
        std = torch.sqrt((x.var(0) if self.training else self.running_var) + self.eps)
        self.out = torch.add(torch.mul((x - mean) / std, self.gamma), self.beta)
        if self.training:
            self.running_mean.data *= 1 - self.momentum
            self.running_mean.data += self.momentum * mean.data
            self.running_var.data *= 1 - self.momentum
            self.running_var.data += self.momentum * x.var(0).data
        return self.out

    def parameters(self):
        return [self.gamma, self.beta]

# %% Tanh: exponentials
class Tanh:
    def __call__(self, x):
        e = torch.exp(2 * x)
        self.out = (e - 1) / (e + 1)
        return self.out

    def parameters(self):
        return []

# %% Tanh: an nn.Module
class Tanh(nn.Module):
    def forward(self, x):
        self.out = x.tanh()
        return self.out

# %% Tanh: of its sigmoid, with an __init__ and a tuple
class Tanh:
    def __init__(self):
        self.out = None

    def __call__(self, x):
        self.out = 2 * torch.sigmoid(2 * x) - 1
        return self.out

    def parameters(self):
        return ()

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

# %% Sequential: reduce, extend, a list of its own
class Sequential:
    def __init__(self, layers):
        self.layers = list(layers)

    def __call__(self, x):
        import functools
        self.out = functools.reduce(lambda value, layer: layer(value), self.layers, x)
        return self.out

    def parameters(self):
        out = []
        for layer in self.layers:
            out.extend(layer.parameters())
        return out

# %% Sequential: an nn.Module with parameters of its own
class Sequential(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    def forward(self, x):
        out = x
        for i in range(len(self.layers)):
            out = self.layers[i](out)
        self.out = out
        return out

    def parameters(self):
        return sum((list(layer.parameters()) for layer in self.layers), [])

# %% useless_bias: autograd.grad
def useless_bias(x, W, b, bngain, bnbias, upstream):
    bias, own = b.clone().requires_grad_(True), bnbias.clone().requires_grad_(True)
    hpreact = x @ W + bias
    plain = (torch.tanh(hpreact) * upstream).sum()
    (first,) = torch.autograd.grad(plain, bias, retain_graph=True)
    second = (torch.tanh(batchnorm(hpreact, bngain, own, 1e-5)) * upstream).sum()
    return first, *torch.autograd.grad(second, (bias, own))

# %% useless_bias: one copy of b, flushed in between
def useless_bias(x, W, b, bngain, bnbias, upstream):
    bias = b.detach().clone()
    bias.requires_grad = True
    own = bnbias.detach().clone()
    own.requires_grad = True
    torch.sum(upstream * (x @ W + bias).tanh()).backward()
    plain = bias.grad.clone()
    bias.grad = None
    torch.sum(upstream * batchnorm(x @ W + bias, bngain, own, eps=1e-5).tanh()).backward()
    return [plain, bias.grad, own.grad]

# %% useless_bias: backward with a gradient, on the layers
def useless_bias(x, W, b, bngain, bnbias, upstream):
    def run(normalise):
        bias = nn.Parameter(b.clone())
        own = nn.Parameter(bnbias.clone())
        pre = torch.addmm(bias, x, W)
        h = torch.tanh(batchnorm(pre, bngain, own, 1e-5) if normalise else pre)
        h.backward(upstream)
        return bias.grad, own.grad

    plain, _ = run(False)
    normalised, own = run(True)
    return plain, normalised, own

# %% activation_stats: the lecture's loop
def activation_stats(layers):
    stats = []
    for i, layer in enumerate(layers):
        if isinstance(layer, Tanh):
            t = layer.out
            stats.append((t.mean().item(), t.std().item(), (t.abs() > 0.97).float().mean().item()))
    return stats

# %% activation_stats: by the name of the class, without a graph
@torch.no_grad()
def activation_stats(layers):
    outs = [layer.out for layer in layers if layer.__class__.__name__ == "Tanh"]
    return [(float(a.mean()), float(a.var() ** 0.5), saturation(a.flatten(1), 0.97)) for a in outs]

# %% gradient_stats: the lecture's loop
def gradient_stats(layers):
    stats = []
    for layer in layers:
        if isinstance(layer, Tanh):
            t = layer.out.grad
            stats.append((t.mean().item(), t.std().item()))
    return stats

# %% gradient_stats: float64 and a filter
def gradient_stats(layers):
    grads = [layer.out.grad.double() for layer in filter(lambda layer: type(layer) is Tanh, layers)]
    return [tuple(reversed([value.item() for value in torch.std_mean(g)])) for g in grads]

# %% grad_data_ratio: the lecture's loop
def grad_data_ratio(parameters):
    ratios = []
    for i, p in enumerate(parameters):
        t = p.grad
        if p.ndim == 2:
            ratios.append((t.std() / p.std()).item())
    return ratios

# %% grad_data_ratio: a division of floats
def grad_data_ratio(parameters):
    return [p.grad.std().item() / p.data.std().item() for p in parameters if len(p.shape) == 2]

# %% update_data_ratio: the lecture's
def update_data_ratio(parameters, lr):
    with torch.no_grad():
        return [((lr * p.grad).std() / p.data.std()).log10().item() for p in parameters]

# %% update_data_ratio: logarithms of floats
def update_data_ratio(parameters, lr):
    def ratio(p):
        size = p.detach().std().item()
        return math.log10(lr * p.grad.std().item() / size) if size else math.inf

    return [ratio(p) for p in parameters]

# %% Bottleneck: relu in place, as torchvision names things
class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, inplanes, planes, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, kernel_size=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, planes * self.expansion, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        if stride != 1 or inplanes != planes * self.expansion:
            self.downsample = nn.Sequential(
                nn.Conv2d(inplanes, planes * self.expansion, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(planes * self.expansion),
            )
        else:
            self.downsample = None
        self.stride = stride

    def forward(self, x):
        identity = x
        out = self.conv1(x)
        out = self.bn1(out)
        out = self.relu(out)
        out = self.conv2(out)
        out = self.bn2(out)
        out = self.relu(out)
        out = self.conv3(out)
        out = self.bn3(out)
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)

# %% Bottleneck: an empty Sequential for the shortcut, F.relu
class Bottleneck(nn.Module):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        wide = channels * 4
        shapes = [(in_channels, channels, 1, 1, 0), (channels, channels, 3, stride, 1), (channels, wide, 1, 1, 0)]
        for i, (a, b, k, s, p) in enumerate(shapes, 1):
            setattr(self, f"conv{i}", nn.Conv2d(a, b, k, s, p, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(b))
        self.downsample = nn.Sequential()
        if stride > 1 or in_channels != wide:
            self.downsample = nn.Sequential(nn.Conv2d(in_channels, wide, 1, stride, bias=False), nn.BatchNorm2d(wide))

    def forward(self, x):
        import torch.nn.functional as F
        h = F.relu(self.bn1(self.conv1(x)))
        h = F.relu(self.bn2(self.conv2(h)))
        return F.relu(self.downsample(x) + self.bn3(self.conv3(h)))

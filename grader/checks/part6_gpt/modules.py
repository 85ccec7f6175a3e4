"""What the probes of part 6 do with a layer. Plain functions: they travel with the probes."""

import torch


def placed(module, weights):
    """Copy weights into a layer's parameters, and tell which parameter took which: by name.

    A weight whose name is not there goes to the first parameter of its shape that no other weight names. Parameters
    that no weight is meant for get numbers that do not depend on how the layer was made; a triangular mask stays.
    """
    own = dict(module.named_parameters())
    free = [name for name in own if name not in weights or own[name].shape != weights[name].shape]
    found = {}
    with torch.no_grad():
        for name, value in weights.items():
            place = name if name in own and name not in free else None
            if place is None:
                place = next((other for other in free if own[other].shape == value.shape), None)
                if place is None:
                    continue
                free.remove(place)
            own[place].copy_(value)
            found[name] = own[place]
        for name in free:
            if own[name].dim() < 2 or own[name].triu(1).any():
                own[name].copy_(torch.arange(own[name].numel()).sin().view(own[name].shape))
    return found


def backward(out, upstream):
    """Send a gradient back through an output, whatever its shape; nothing where no graph leads anywhere."""
    if isinstance(out, torch.Tensor) and out.requires_grad:
        (out * upstream if out.shape == upstream.shape else out).sum().backward()


def gradient(leaf):
    """The gradient that arrived at a tensor; zero where none did."""
    return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad


def watched(function, inputs, upstream):
    """What a function makes of some of its inputs (by name), and the gradients of these."""
    leaves = {name: value.clone().requires_grad_() for name, value in inputs.items()}
    out = function(*leaves.values())
    backward(out, upstream)
    return {"out": out, "gradients": {name: gradient(leaf) for name, leaf in leaves.items()}}


def single(value):
    """Other numbers in another shape: one sequence, and of that one position."""
    return -value[:1, :1] if value.dim() > 2 else -value[:1]


def called(function, *arguments):
    """What a function returns, and which of torch's functions it calls: name and size of each answer."""
    calls = []

    class Listening(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, torchs, types, args=(), kwargs=None):
            result = torchs(*args, **(kwargs or {}))
            size = result.numel() if isinstance(result, torch.Tensor) else 0
            calls.append((getattr(torchs, "__name__", "").strip("_"), size))
            return result

    with Listening():
        out = function(*arguments)
    return out, calls


def multiplies(calls, least):
    """Whether a matrix product is among the calls, or one written as an elementwise product of `least` numbers."""
    products = ("matmul", "mm", "einsum", "dot", "inner", "linear", "mv", "attention")
    return any(any(p in name for p in products) or ("mul" in name and size >= least) for name, size in calls)


def exponentiates(calls):
    """Whether an exponential or a softmax is among the calls."""
    powers = ("exp", "exp2", "expm1", "pow", "rpow", "float_power", "softmin", "sigmoid")
    names = [name.partition(".")[0] for name, _ in calls]
    return any(name in powers or "softmax" in name or "attention" in name for name in names)


def answered(module, given, *inputs):
    """A layer's output with the weights given, all gradients, and the shapes of all that it learns.

    It is called on a single position before: an answer or a mask that it keeps from then is wrong afterwards.
    """
    parameters = placed(module, given.weights)
    own = dict(module.named_parameters())
    first = module(*map(single, inputs))
    leaves = [value.clone().requires_grad_() for value in inputs]
    out = module(*leaves)
    if hidden(own, parameters, given.weights):
        return {"learnt": learnt(own)}
    backward(out, given.upstream)
    return {
        "out": out,
        "out for a single position": first,
        "learnt": learnt(own),
        "gradients": [gradient(leaf) for leaf in leaves],
        "parameters": {name: gradient(parameter) for name, parameter in parameters.items()},
    }


def hidden(own, found, weights):
    """Whether some weights found no place because the layer hides parameters: what these hold is anyone's guess."""
    return len(found) < len(weights) and len(own) < len(weights)


def learnt(parameters):
    """The shapes of parameters as one text, in order of size: `(5), twice (3, 4)`."""
    shapes = [tuple(parameter.shape) for parameter in parameters.values()]
    texts = []
    for shape in sorted(set(shapes), key=lambda shape: (len(shape), shape)):
        count = shapes.count(shape)
        times = {1: "", 2: "twice "}.get(count, f"{count} times ")
        texts.append(f"{times}({', '.join(map(str, shape))})")
    return ", ".join(texts)


def apart(one, other):
    """Whether two tensors of one shape differ by more than rounding anywhere; NaN differs from all."""
    return one.shape != other.shape or not bool(((one - other).abs() <= 1e-5).all())


def follower(table, seen, tell=False):
    """A small model for others to use: what it predicts depends on every token so far, on its mode, and on a table.

    seen: a list that collects the contexts it is given, or with `tell` the mode and whether a graph is recorded.
    """

    class Follower(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.table = torch.nn.Parameter(table)
            self.inner = torch.nn.Identity()

        def forward(self, idx, targets=None):
            seen.append((self.inner.training, torch.is_grad_enabled()) if tell else idx.clone())
            rows = self.table[idx]
            places = torch.arange(1, idx.shape[1] + 1).to(rows).view(-1, 1)
            logits = rows + rows.cumsum(1).roll(1, -1) / places
            if targets is None:
                return logits, None
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
            return logits, loss * (1.5 if self.training else 1.0)

    return Follower()

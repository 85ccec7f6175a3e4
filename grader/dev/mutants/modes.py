"""Operators for what surrounds the numbers: gradients and graphs, masks, eps and momentum, modes and names."""

import re
from collections.abc import Iterator

import libcst as cst

from grader.dev.mutants.site import Site, argument_texts, atom, integer, invocation, operator, rebuilt
from grader.dev.mutants.tensors import COUNT

_RENAMED = [
    *("mean sum", "std var", "max min", "amax amin", "argmax argmin", "tril triu", "zeros ones"),
    *("zeros_like ones_like", "softmax log_softmax", "sigmoid tanh", "rand randn", "cat stack", "any all"),
    *("sqrt rsqrt", "exp log", "floor ceil", "add_ sub_", "mul_ div_", "uniform_ normal_", "eval train"),
    *("index_add index_copy", "index_add_ index_copy_", "scatter_add scatter", "scatter_add_ scatter_"),
    *("vstack hstack", "ones_ zeros_", "no_grad enable_grad", "maximum minimum", "sin cos", "unsqueeze squeeze"),
]
_PAIRS = {first: second for first, second in map(str.split, _RENAMED)}
RENAMES = _PAIRS | {second: first for first, second in _PAIRS.items()} | {"inference_mode": "enable_grad"}
"""A function that is easily taken for another one."""
_MAKERS = re.compile(
    r"zeros|ones|empty|rand|randn|randint|randperm|arange|tensor|as_tensor|linspace|eye|full|Generator|[A-OQ-Z]\w*|"
    r"no_grad|enable_grad|inference_mode|set_grad_enabled|seed|manual_seed|stack|cat|einsum|shuffle|choice"
)
"""Functions of torch that have no tensor in the first place that could stand for their answer."""
_LEAF = re.compile(
    r"^\(*(torch\.tri[lu]\()?torch\.(zeros|ones|rand|tensor|arange|full|eye|empty|multinomial|linspace|Generator)\w*\(|"
    r"\.grad$|\.(all|any|argmax|argmin)\([^()]*\)$"
)
"""What has no graph: a new tensor, a gradient, the answer to a question."""
_EPS = re.compile(r"(self\.)?eps(ilon)?|\d(\.\d*)?e-\d+")
_MOMENTUM = re.compile(r"(self\.)?(momentum|beta\d?|decay|alpha)")
_TRAINING = re.compile(r"(self\.)?(training|is_training|train)")
_UPSTREAM = re.compile(
    r"d(?!ata|im|evice|type|epth|ecay|ropout|_model|efault|ict|raw|iff|iv|og|ir|ist|oc)[A-Za-z_]\w*|g|grad|grad_\w+|"
    r"gradient|upstream|incoming"
)


@operator("upstream ignored")
def upstream_ignored(site: Site) -> Iterator[str]:
    """An incoming gradient is taken to be one."""
    node, text = site.node, site.text
    if not isinstance(node, (cst.Name, cst.Attribute)) or not site.loaded or text.endswith(".shape"):
        return
    if isinstance(site.parent, cst.Attribute) and site.parent.attr.value in ("shape", "dtype", "device"):
        return
    incoming = isinstance(node, cst.Name) and node.value in site.parameters and _UPSTREAM.fullmatch(text)
    stored = isinstance(node, cst.Attribute) and (node.attr.value == "grad" or site.text_of(node.value) == "d")
    if incoming or stored:
        number = stored and text.endswith(".grad") and "torch" not in site.text_of(site.parents[-1])
        yield "1.0" if number else f"torch.ones_like({text})"


@operator("detach added")
def detach_added(site: Site) -> Iterator[str]:
    """What is returned or assigned has lost its graph; nothing to lose where autograd is forbidden."""
    if "autograd" in site.forbids or _LEAF.search(site.text) or COUNT.fullmatch(site.text):
        return
    if any(isinstance(parent, cst.With) and "grad" in site.text_of(parent.items[0]) for parent in site.parents):
        return
    assigned = isinstance(site.parent, cst.Assign) and site.node is site.parent.value
    if site.tensor and (site.result or (assigned and not isinstance(site.node, cst.Name))):
        yield f"{atom(site, site.node)}.detach()"


@operator("+= for =")
def accumulated(site: Site) -> Iterator[str]:
    """`p.grad = g` becomes `p.grad += g`, and `x[i] = y` becomes `x[i] += y`."""
    node = site.node
    if isinstance(node, cst.Assign) and len(node.targets) == 1:
        target = node.targets[0].target
        stored = isinstance(target, cst.Attribute) and target.attr.value == "grad"
        if (stored or isinstance(target, cst.Subscript)) and site.text_of(node.value) != "None":
            yield f"{site.text_of(target)} += {site.text_of(node.value)}"


@operator("call dropped")
def call_dropped(site: Site) -> Iterator[str]:
    """`x.clone()` becomes `x`, `torch.tanh(x)` becomes `x`, `x.requires_grad_()` becomes `x`."""
    call = invocation(site)
    if not call or isinstance(site.parent, (cst.Expr, cst.Decorator, cst.WithItem)):
        return
    if call.receiver is not None:
        if call.name not in ("t", "transpose", "permute", "swapaxes"):
            yield site.fit(site.text_of(call.receiver))
    elif call.head and call.plain and "super()" not in call.head and not _MAKERS.fullmatch(call.name):
        yield site.fit(site.text_of(call.plain[0].value))


@operator("mask shifted")
def mask_shifted(site: Site) -> Iterator[str]:
    """`torch.tril(x)` becomes `torch.tril(x, diagonal=1)` and `-1`; where -inf stood there is a zero."""
    call = invocation(site)
    if call and call.name in ("tril", "triu"):
        texts = argument_texts(site, call)
        given = call.keyword("diagonal")
        place = 0 if call.receiver is not None else 1
        if not given and len(call.plain) > place:
            given = call.plain[place]
        at = call.arguments.index(given) if given else len(texts)
        value = integer(given.value) if given else 0
        if value is not None:
            for shifted in (value - 1, value + 1):
                yield rebuilt(site, call, [*texts[:at], f"diagonal={shifted}", *texts[at + 1 :]])
    if re.fullmatch(r"float\(.-inf.\)|-(torch|math)\.inf|-float\(.inf.\)", site.text):
        yield "0.0"


@operator("eps moved")
def eps_moved(site: Site) -> Iterator[str]:
    """`(v + eps) ** 0.5` becomes `v ** 0.5 + eps`, however the root is written; eps grows tenfold."""
    node, call = site.node, invocation(site)
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Power):
        rest, eps = _without_eps(site, node.left)
        power = site.text_of(node.right).strip("()")
        if rest and power in ("0.5", "1 / 2"):
            yield site.fit(f"{rest} ** 0.5 + {eps}")
        elif rest and power in ("-0.5", "-1 / 2"):
            yield site.fit(f"({rest} ** 0.5 + {eps}) ** -1")
    if call and call.name in ("sqrt", "rsqrt") and (call.receiver is not None or call.plain):
        inner = call.receiver if call.receiver is not None else call.plain[0].value
        rest, eps = _without_eps(site, inner)
        if rest:
            yield site.fit(f"{rest} ** 0.5 + {eps}" if call.name == "sqrt" else f"({rest} ** 0.5 + {eps}) ** -1")
    if _EPS.fullmatch(site.text) and isinstance(site.node, cst.BaseExpression) and site.loaded:
        yield site.fit(f"10 * {site.text}")


def _without_eps(site: Site, node: cst.BaseExpression) -> tuple[str, str]:
    """Of a sum with eps the rest, and eps; empty where it is no such sum."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        left, right = site.text_of(node.left), site.text_of(node.right)
        for rest, eps in ((left, right), (right, left)):
            if _EPS.fullmatch(eps):
                return (rest if re.fullmatch(r"[\w.]+", rest) else f"({rest})"), eps
    return "", ""


@operator("momentum turned")
def momentum_turned(site: Site) -> Iterator[str]:
    """`momentum` becomes `1 - momentum` and the other way round; both at once, too."""
    text = site.text
    if isinstance(site.node, (cst.Name, cst.Attribute)) and site.loaded and _MOMENTUM.fullmatch(text):
        yield f"(1 - {text})"
    rest = re.fullmatch(rf"\(?1(\.0)? - (?P<name>{_MOMENTUM.pattern})\)?", text)
    if rest and isinstance(site.node, cst.BinaryOperation):
        yield rest["name"]
    if isinstance(site.node, (cst.Assign, cst.AugAssign, cst.Expr)):
        found = re.search(rf"\(1(?:\.0)? - ({_MOMENTUM.pattern})\)", text)
        bare = text.replace(found[0], "\0") if found else ""
        if found and re.search(rf"(?<![\w.]){re.escape(found[1])}\b", bare):
            turned = re.sub(rf"(?<![\w.]){re.escape(found[1])}\b", lambda _: found[0], bare)
            yield turned.replace("\0", found[1])


@operator("training turned")
def training_turned(site: Site) -> Iterator[str]:
    """`self.training` becomes `not self.training`."""
    called = isinstance(site.parent, cst.Call)
    named = isinstance(site.node, (cst.Name, cst.Attribute)) and site.loaded and _TRAINING.fullmatch(site.text)
    if named and not called:
        yield f"(not {site.text})"


@operator("another function")
def another_function(site: Site) -> Iterator[str]:
    """`mean` for `sum`, `std` for `var`, `max` for `min`, `tril` for `triu`, `eval()` for `train()`, ..."""
    call = invocation(site)
    if call and call.name in RENAMES and (call.head or call.name in ("max", "min", "any", "all")):
        yield rebuilt(site, call, argument_texts(site, call), RENAMES[call.name])


@operator("buffer for parameter")
def buffer_for_parameter(site: Site) -> Iterator[str]:
    """`self.register_buffer("x", t)` becomes `setattr(self, "x", t)`; a parameter and a buffer change places."""
    call = invocation(site)
    if call and call.name == "register_buffer" and len(call.plain) == 2:
        name, value = argument_texts(site, call)[:2]
        yield f"setattr(self, {name}, {value})"
        yield f"self.register_parameter({name}, torch.nn.Parameter({value}))"

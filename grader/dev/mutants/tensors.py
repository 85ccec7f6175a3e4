"""Operators for tensors: dimensions and transposes, terms, factors and counts, and the result as a whole."""

import re
from collections.abc import Iterator

import libcst as cst

from grader.dev.mutants.dims import REDUCERS, dims
from grader.dev.mutants.site import (
    Site,
    argument_texts,
    atom,
    integer,
    invocation,
    operator,
    rebuilt,
)

_OTHER_DIM = {0: 1, 1: 0, 2: 1, 3: 2, -1: -2, -2: -1}
COUNT = re.compile(
    r"[nNmBTVk]|count|size|total|fan_in|fan_out|\w+_size|num_\w+|len\(.*\)|.*\.(numel|size)\(.*\)|.*\.shape\[.*\]"
)
# Dimensions


@operator("dim changed")
def dim_changed(site: Site) -> Iterator[str]:
    """`x.sum(1)` becomes `x.sum(0)`; of a tuple of dimensions each one is left out."""
    call = invocation(site)
    if not call:
        return
    texts = argument_texts(site, call)
    for index in dims(call):
        value = call.arguments[index].value
        name = f"{texts[index].partition('=')[0]}=" if call.arguments[index].keyword else ""
        number = integer(value)
        other = None if number is None else _OTHER_DIM.get(number)
        if other is not None:
            yield rebuilt(site, call, [*texts[:index], f"{name}{other}", *texts[index + 1 :]])
        if isinstance(value, cst.Tuple) and len(value.elements) > 1:
            for element in value.elements:
                rest = ", ".join(site.text_of(e.value) for e in value.elements if e is not element)
                left = f"({rest},)" if len(value.elements) == 2 else f"({rest})"
                yield rebuilt(site, call, [*texts[:index], f"{name}{left}", *texts[index + 1 :]])


@operator("dim dropped")
def dim_dropped(site: Site) -> Iterator[str]:
    """`x.sum(1)` and `x.sum(1, keepdim=True)` become `x.sum()`."""
    call = invocation(site)
    if call and call.name in REDUCERS | {"squeeze", "flatten"}:
        texts = argument_texts(site, call)
        for index in dims(call):
            rest = [text for text in (*texts[:index], *texts[index + 1 :]) if not text.startswith("keepdim")]
            yield rebuilt(site, call, rest)


@operator("keepdim added")
def keepdim_added(site: Site) -> Iterator[str]:
    """`x.sum(1)` becomes `x.sum(1, keepdim=True)`; that it is lost is an argument dropped."""
    call = invocation(site)
    if call and call.name in REDUCERS and dims(call) and not call.keyword("keepdim"):
        yield rebuilt(site, call, [*argument_texts(site, call), "keepdim=True"])


@operator("transpose missing")
def transpose_missing(site: Site) -> Iterator[str]:
    """`x.T` becomes `x`; `x.t()` and `x.transpose(0, 1)` too."""
    call = invocation(site)
    if call and call.name in ("t", "transpose", "permute", "swapaxes") and call.receiver:
        yield site.text_of(call.receiver)
    if isinstance(site.node, cst.Attribute) and site.node.attr.value in ("T", "mT"):
        yield site.text_of(site.node.value)


@operator("transpose added")
def transpose_added(site: Site) -> Iterator[str]:
    """`a @ b` becomes `a.mT @ b` and `a @ b.mT`."""
    parent = site.parent
    product = isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, cst.MatrixMultiply)
    if product and isinstance(site.node, cst.BaseExpression) and not site.text.endswith((".T", ".mT", ".t()")):
        yield f"{atom(site, site.node)}.mT"


# Terms, factors, counts


@operator("term dropped")
def term_dropped(site: Site) -> Iterator[str]:
    """`a + b` becomes `a` and `b`, `a - b` becomes `a` and `-b`."""
    node = site.node
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, (cst.Add, cst.Subtract)):
        yield site.fit(site.text_of(node.left))
        minus = isinstance(node.operator, cst.Subtract)
        yield site.fit(f"-{atom(site, node.right)}" if minus else site.text_of(node.right))


@operator("factor dropped")
def factor_dropped(site: Site) -> Iterator[str]:
    """`a * b` becomes `a` and `b`, `a / b` becomes `a` and `1 / b`, `a ** b` becomes `a`."""
    node = site.node
    if not isinstance(node, cst.BinaryOperation):
        return
    if isinstance(node.operator, (cst.Multiply, cst.Divide, cst.Power)):
        yield site.fit(site.text_of(node.left))
    if isinstance(node.operator, cst.Multiply):
        yield site.fit(site.text_of(node.right))
    if isinstance(node.operator, cst.Divide):
        yield site.fit(f"1 / {atom(site, node.right)}")


@operator("* for @")
def product_for_matrix_product(site: Site) -> Iterator[str]:
    """`a @ b` becomes `a * b`."""
    node = site.node
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.MatrixMultiply):
        yield site.fit(f"{site.text_of(node.left)} * {site.text_of(node.right)}")


@operator("n - 1 for n")
def count_minus_one(site: Site) -> Iterator[str]:
    """`x / n` becomes `x / (n - 1)`; that n - 1 becomes n is a term dropped."""
    parent = site.parent
    divided = isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, cst.Divide) and parent.right
    if site.node is divided and COUNT.fullmatch(site.text):
        yield f"({site.text} - 1)"


@operator("correction changed")
def correction_changed(site: Site) -> Iterator[str]:
    """`x.var(0)` becomes `x.var(0, correction=0)`, and `correction=0` becomes `correction=1`."""
    call = invocation(site)
    if not call or call.name not in ("var", "std", "var_mean", "std_mean"):
        return
    texts = argument_texts(site, call)
    given = call.keyword("correction")
    if given and integer(given.value) == 0:
        yield rebuilt(site, call, [text for text in texts if not text.startswith("correction")])
    elif not given and not call.keyword("unbiased"):
        yield rebuilt(site, call, [*texts, "correction=0"])


# The result as a whole


@operator("constant factor")
def constant_factor(site: Site) -> Iterator[str]:
    """What is returned, or added in place, is doubled and halved."""
    added = isinstance(site.parent, cst.AugAssign) and site.node is site.parent.value
    if (site.result or added) and site.number:
        yield f"2 * {atom(site, site.node)}"
        if not site.member:
            yield f"0.5 * {atom(site, site.node)}"


@operator("sign turned")
def sign_turned(site: Site) -> Iterator[str]:
    """What is returned has the other sign."""
    if site.result and site.number:
        yield f"-{atom(site, site.node)}"


@operator("zeros")
def zeros(site: Site) -> Iterator[str]:
    """What is returned is zero."""
    if site.result and site.number:
        yield f"0 * {atom(site, site.node)}"


@operator("NaN")
def not_a_number(site: Site) -> Iterator[str]:
    """What is returned is not a number."""
    if site.result and site.number:
        yield f'float("nan") * {atom(site, site.node)}'


@operator("input returned")
def input_returned(site: Site) -> Iterator[str]:
    """An argument is returned, or a member of one that the function reads."""
    if not site.result or site.function is None:
        return
    parameters = "|".join(p for p in site.parameters if p not in ("self", "generator")) or "-"
    code = re.sub(r'""".*?"""|#[^\n]*', "", site.text_of(site.function.body), flags=re.DOTALL)
    used = re.findall(rf"(?<![\w.])((?:{parameters})(?:\.\w+(?!\())?)\b(?![\w(=])", code)
    names = [n for n in dict.fromkeys(used) if not n.endswith((".shape", ".T", ".dtype")) and n != site.text]
    yield from names[: 1 if site.member else 3]


@operator("wrong dtype")
def wrong_dtype(site: Site) -> Iterator[str]:
    """What is returned is float64, or whole numbers."""
    if site.result and site.tensor:
        yield f"{atom(site, site.node)}.double()"
        if not site.member:
            yield f"{atom(site, site.node)}.long()"

"""General operators: those of mutmut that fit here, and the same in kind that it lacks.

mutmut's operators work on libcst nodes and import nothing but libcst, so they are used as they are.
Left out is what no grader could miss or no student would write: `x = None` and `f(None)` raise before
they answer, and the methods of strings have no place in this course.
"""

import re
from collections.abc import Iterator

import libcst as cst
from mutmut.mutation import mutators

from grader.dev.mutants.dims import REDUCERS, dims, names_dim
from grader.dev.mutants.site import Site, argument_texts, integer, invocation, operator, rebuilt

_MUTMUT = {
    "number plus one": mutators.operator_number,
    "true and false": mutators.operator_name,
    "= for +=": mutators.operator_augmented_assignment,
    "not removed": mutators.operator_remove_unary_ops,
    "keyword": mutators.operator_keywords,
    "operator": mutators.operator_swap_op,
    "branch forced": mutators.operator_if_exp,
}
_KINDS = {
    mutators.operator_number: cst.BaseNumber,
    mutators.operator_name: cst.Name,
    mutators.operator_augmented_assignment: cst.AugAssign,
    mutators.operator_remove_unary_ops: cst.UnaryOperation,
    mutators.operator_if_exp: cst.IfExp,
}
DEFAULTS = {"keepdim": "False", "requires_grad": "False", "unbiased": "True", "correction": "1", "strict": "False"}
"""To write an argument's default is to drop it, and dropping is an operator of its own."""
_NEEDED = re.compile(
    r"scatter.*|index_.*|gather|masked_fill_?|where|transpose|swapaxes|.*_loss|cross_entropy|(log_)?softmax|split|"
    r"binary_cross_entropy.*|register_buffer|setattr|isinstance"
)
"""Functions whose arguments all are needed, and of different kinds: without one they raise before they answer."""
_FROM_ZERO = ("range", "arange", "randint")
_OPTIONAL = {"range", "max", "min", "zip", "sum", "super"}
_SYMMETRIC = {"add", "mul", "maximum", "minimum", "max", "min", "allclose", "equal", "gcd"}


def _register(name: str) -> None:
    function = _MUTMUT[name]

    @operator(name)
    def mutate(site: Site) -> Iterator[str]:
        if not isinstance(site.node, _KINDS.get(function, cst.CSTNode)) or names_dim(site):
            return
        for changed in function(site.node):
            text = cst.Module([]).code_for_node(changed)
            keyword = getattr(getattr(site.parent, "keyword", None), "value", "")
            if DEFAULTS.get(keyword) != text and not (isinstance(site.parent, cst.Arg) and _sign_of_a_literal(site)):
                yield text


for _name in _MUTMUT:
    _register(_name)


def _sign_of_a_literal(site: Site) -> bool:
    """Whether this is the -1 of `x.view(n, -1)`, which counts from the end and is no sign."""
    return isinstance(site.node, cst.UnaryOperation) and integer(site.node) is not None


@operator("number minus one")
def number_minus_one(site: Site) -> Iterator[str]:
    """`2` becomes `1`; a float is doubled, because one more is no small change for it."""
    if isinstance(site.node, cst.Integer) and (integer(site.node) or 0) > 0 and not names_dim(site):
        yield str((integer(site.node) or 0) - 1)
    if isinstance(site.node, cst.Float):
        yield repr(2 * site.node.evaluated_value)


@operator("string changed")
def string_changed(site: Site) -> Iterator[str]:
    """`"W1"` becomes `"XXW1XX"`; what is raised, printed or documentation is left alone."""
    meaningless = (cst.Raise, cst.Expr, cst.FormattedString, cst.ConcatenatedString)
    if not isinstance(site.node, cst.SimpleString) or isinstance(site.parent, meaningless):
        return
    if not any(isinstance(parent, cst.Raise) for parent in site.parents):
        yield from (cst.Module([]).code_for_node(changed) for changed in [*mutators.operator_string(site.node)][:1])


@operator("argument dropped")
def argument_dropped(site: Site) -> Iterator[str]:
    """`x.sum(1, keepdim=True)` becomes `x.sum(keepdim=True)` and `x.sum(1)`; where a default can take its place."""
    call = invocation(site)
    if call and len(call.arguments) > 1:
        texts = argument_texts(site, call)
        reduced = dims(call) if call.name in REDUCERS else []
        for index, argument in enumerate(call.arguments):
            needed = (not call.head and call.name not in _OPTIONAL) or _NEEDED.fullmatch(call.name)
            if index in reduced or (not argument.keyword and needed):
                continue  # that a dimension is dropped is another operator's
            if texts[index] == "strict=True" or (call.name in _FROM_ZERO and index == 0 and texts[0] == "0"):
                continue  # what is left says the same
            yield rebuilt(site, call, [*texts[:index], *texts[index + 1 :]])


@operator("argument swapped")
def argument_swapped(site: Site) -> Iterator[str]:
    """`f(a, b)` becomes `f(b, a)`, neighbour by neighbour; of `a - b`, `a / b` and `a @ b` both sides."""
    node, call = site.node, invocation(site)
    if call and call.name not in _SYMMETRIC and not _NEEDED.fullmatch(call.name):
        texts = argument_texts(site, call)
        for index in range(len(call.plain) - 1):
            if call.arguments[index + 1] in call.plain and texts[index] != texts[index + 1]:
                swapped = [texts[index + 1], texts[index]]
                yield rebuilt(site, call, [*texts[:index], *swapped, *texts[index + 2 :]])
    if isinstance(node, cst.BinaryOperation) and isinstance(
        node.operator, (cst.Subtract, cst.Divide, cst.MatrixMultiply)
    ):
        sign = cst.Module([]).code_for_node(node.operator)
        left, right = site.text_of(node.left), site.text_of(node.right)
        if isinstance(node.operator, cst.Subtract) and _squared(site):
            return
        if isinstance(node.left, cst.BinaryOperation) and not node.left.lpar:
            left = f"({left})"
        yield site.fit(f"{right}{sign}{left}")


def _squared(site: Site) -> bool:
    """Whether the node is raised to an even power, to which its sign is nothing."""
    parent = site.parent
    power = isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, cst.Power) and parent.right
    return bool(power) and (integer(power or None) or 1) % 2 == 0


@operator("comparison turned")
def comparison_turned(site: Site) -> Iterator[str]:
    """`a < b` becomes `a > b`."""
    if isinstance(site.node, cst.ComparisonTarget):
        turned = {cst.LessThan: ">", cst.LessThanEqual: ">=", cst.GreaterThan: "<", cst.GreaterThanEqual: "<="}
        sign = turned.get(type(site.node.operator))
        if sign:
            yield f" {sign} {site.text_of(site.node.comparator)}"


@operator("statement removed")
def statement_removed(site: Site) -> Iterator[str]:
    """A statement becomes `pass`; not a name's first binding, without which the rest raises."""
    node = site.node
    if isinstance(node, cst.Expr):
        if not isinstance(node.value, (cst.BaseString, cst.Yield)):
            yield "pass"
    elif isinstance(node, (cst.AugAssign, cst.Raise, cst.Del)):
        yield "pass"
    elif isinstance(node, cst.Assign):
        target = node.targets[0].target
        if not isinstance(target, (cst.Name, cst.Tuple)) or _bound_before(site, site.text_of(target)):
            yield "pass"


def _bound_before(site: Site, name: str) -> bool:
    """Whether a name has a value before the site's statement."""
    if name in site.parameters or site.function is None:
        return name in site.parameters
    head = site.text_of(site.function).partition(site.text_of(site.parent))[0]
    return f"{name} = " in head


@operator("condition turned")
def condition_turned(site: Site) -> Iterator[str]:
    """`if a:` becomes `if not (a):`; where `==` or `not` stands, mutmut's own turn it."""
    if isinstance(site.parent, (cst.If, cst.While, cst.CompIf)) and site.node is site.parent.test:
        if isinstance(site.node, cst.UnaryOperation) and isinstance(site.node.operator, cst.Not):
            return
        if isinstance(site.node, cst.Comparison) and isinstance(
            site.node.comparisons[0].operator, (cst.Equal, cst.NotEqual, cst.Is, cst.IsNot, cst.In, cst.NotIn)
        ):
            return
        yield f"not ({site.text})"


@operator("loop not entered")
def loop_not_entered(site: Site) -> Iterator[str]:
    """`for x in y:` becomes `for x in ():`."""
    if isinstance(site.parent, cst.For) and site.node is site.parent.iter:
        yield "()"


@operator("bound off by one")
def bound_off_by_one(site: Site) -> Iterator[str]:
    """`range(n)` becomes `range(n - 1)` and `range(n + 1)`; of `x[a:b]` both bounds, which are dropped too."""
    call = invocation(site)
    if call and call.name in ("range", "randint", "randrange", "randperm", "arange"):
        texts = argument_texts(site, call)
        for index, argument in enumerate(call.plain):
            if integer(argument.value) is None and not isinstance(argument.value, cst.Tuple):
                for change in ("- 1", "+ 1"):
                    changed = f"{texts[index]} {change}"
                    yield rebuilt(site, call, [*texts[:index], changed, *texts[index + 1 :]])
        if call.name == "range" and len(texts) == 1:
            yield f"range(1, {texts[0]})"
    if isinstance(site.node, cst.Slice):
        yield from _slices(site, site.node)


def _slices(site: Site, node: cst.Slice) -> Iterator[str]:
    bounds = [site.text_of(bound) if bound else "" for bound in (node.lower, node.upper, node.step)]

    def text(index: int, bound: str) -> str:
        lower, upper, step = (bound if place == index else old for place, old in enumerate(bounds))
        return f"{lower}:{upper}:{step}" if step else f"{lower}:{upper}"

    for index, bound in enumerate((node.lower, node.upper, node.step)):
        if bound is None:
            continue
        yield text(index, "")
        if integer(bound) is None and index < 2:
            yield text(index, f"{bounds[index]} - 1")
            yield text(index, f"{bounds[index]} + 1")

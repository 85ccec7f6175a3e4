"""Which argument of a call names a dimension."""

import libcst as cst

from grader.dev.mutants.site import Invocation, Site, invocation

REDUCERS = set("sum mean var std max min argmax argmin prod logsumexp norm any all amax amin median".split())
"""What makes one number of many, along a dimension or all in all."""
# Where the dimension stands among a method's arguments without a name; a function has the tensor before it.
_DIM_PLACES = dict.fromkeys(REDUCERS - {"norm"}, 0) | {
    **dict.fromkeys("softmax log_softmax cumsum cumprod unsqueeze squeeze unbind sort argsort flatten".split(), 0),
    **dict.fromkeys("select narrow index_add index_add_ index_copy index_copy_ index_select gather".split(), 0),
    **dict.fromkeys("scatter scatter_ scatter_add scatter_add_ size".split(), 0),
    **dict.fromkeys("split chunk topk repeat_interleave".split(), 1),
}
_DIM_FUNCTIONS = {"cat": 1, "stack": 1, "concat": 1}


def dims(call: Invocation) -> list[int]:
    """The indices of the arguments that name a dimension."""
    found = [i for i, a in enumerate(call.arguments) if a.keyword and a.keyword.value in ("dim", "axis")]
    place = _DIM_PLACES.get(call.name)
    if place is not None and call.receiver is None:
        place = place + 1 if call.head else None  # torch.sum(x, 1); max(a, b) has no dimension
    place = _DIM_FUNCTIONS.get(call.name, place)
    if place is not None and place < len(call.plain) and call.name not in ("maximum", "minimum"):
        found.append(place)
    return found


def names_dim(site: Site) -> bool:
    """Whether the site's node, or what it is the minus one of, names a dimension."""
    inside = [*site.parents[:2]] if isinstance(site.parent, cst.Arg) else [*site.parents[1:3]]
    if len(inside) < 2 or not isinstance(inside[0], cst.Arg) or not isinstance(inside[1], cst.Call):
        return False
    call = invocation(Site(inside[1], site.parents[-1:], site.text_of, site.forbids))
    return call is not None and inside[0] in [call.arguments[index] for index in dims(call)]

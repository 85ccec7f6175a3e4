"""Plain functions of the probes: how they look at Values. They travel to the student's process."""


def plain(number):
    """A number as a float, since 3 and 3.0 are one answer; what is no number of Python's stays as it is."""
    return float(number) if isinstance(number, (int, float)) else number


def numbers_of(values):
    """The data of some Values."""
    return [plain(value.data) for value in values]


def gradients_of(values):
    """The gradients of some Values."""
    return [plain(value.grad) for value in values]


def children_of(value):
    """The different children of a Value."""
    return list({id(child): child for child in value._prev if hasattr(child, "_backward")}.values())


def walk_back(out, incoming):
    """Hand a gradient down from `out` by way of `_prev` and `_backward`; what was met, by id.

    So that an operation is judged whether or not there is a `backward` to go with it.
    """
    users = {id(out): 0}
    found = [out]
    for value in found:
        for child in children_of(value):
            if id(child) not in users:
                users[id(child)] = 0
                found.append(child)
            users[id(child)] += 1
    out.grad = incoming
    ready = [out]
    while ready:
        value = ready.pop()
        value._backward()
        for child in children_of(value):
            users[id(child)] -= 1
            if not users[id(child)]:
                ready.append(child)
    return users


def slopes(m, operation, numbers, incoming, before=0.0):
    """What an operation on Values gives, and what it hands on to them; `before` stands in their grad already."""
    values = [m.Value(number) for number in numbers]
    for value in values:
        value.grad = before
    out = operation(*values)
    if type(out) is not type(values[0]):
        return {"it is a Value": False, "data": out}
    met = walk_back(out, incoming)
    return {
        "it is a Value": True,
        "data": plain(out.data),
        "gradients": gradients_of(values),
        "operands found by way of _prev": all(id(value) in met for value in values),
        "operands as before": numbers_of(values) == [plain(number) for number in numbers],
    }


def with_parameters(model, numbers):
    """The parameters of a model, in a list, after their data has been set by hand."""
    parameters = list(model.parameters())
    for parameter, number in zip(parameters, numbers, strict=False):
        if hasattr(parameter, "data"):
            parameter.data = number
    return parameters


def passed_back(outputs, incoming, values):
    """The data of a model's outputs, and the gradients of some Values if `incoming` is that of the outputs."""
    several = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    if not several or not all(hasattr(value, "grad") for value in [*several, *values]):
        kinds = [type(output).__name__ for output in several]
        return {"outputs": kinds if several is outputs else kinds[0], "gradients": [type(v).__name__ for v in values]}
    total = 0.0
    for output, gradient in zip(several, incoming, strict=False):
        total = output * gradient + total
    total.backward()
    data = numbers_of(several)
    return {"outputs": data if several is outputs else data[0], "gradients": gradients_of(values)}

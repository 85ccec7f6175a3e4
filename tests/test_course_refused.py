"""What no exercise of the course accepts: NaN, zeros, right values in a wrong shape, an input.

Each exercise's solution stands in the file and is wrapped from below, so that whatever comes out of it is spoilt on the
way; an exercise that is a class has its call and its forward spoilt.
"""

import functools

import pytest
import students

from grader.course import Course

pytestmark = pytest.mark.slow

COURSE = Course(students.ROOT)
SPOILER = """

# %%
def _spoilt_{name}(how):
    import functools, torch

    def tensors(value):
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, dict):
            yield from (t for v in value.values() for t in tensors(v))
        elif isinstance(value, (list, tuple)):
            yield from (t for v in value for t in tensors(v))
        elif hasattr(value, "__dict__") and type(value).__name__ in ("Namespace", "SimpleNamespace"):
            yield from (t for v in vars(value).values() for t in tensors(v))

    def spoil(tensor, given):
        if how == "tell":
            raise RuntimeError("a tensor is returned")
        if how == "nan":
            return torch.full(tensor.shape, float("nan"))
        if how == "zero":
            return torch.zeros_like(tensor)
        if how == "shape":
            return tensor.unsqueeze(0)
        alike = [t for t in given if t.shape == tensor.shape and t.dtype == tensor.dtype]
        return (alike or list(given) or [tensor.clone() + 1])[0]

    def mapped(value, given):
        if isinstance(value, torch.Tensor):
            return spoil(value, given)
        if isinstance(value, dict):
            return {{k: mapped(v, given) for k, v in value.items()}}
        if type(value) in (list, tuple):
            return type(value)(mapped(v, given) for v in value)
        return value

    def wrapped(function):
        @functools.wraps(function)
        def spoiling(*arguments, **keywords):
            given = [t for t in tensors([arguments, keywords])]
            return mapped(function(*arguments, **keywords), given)
        return spoiling

    original = {name}
    if not isinstance(original, type):
        return wrapped(original)
    names = [n for n in ("__call__", "forward", "__getitem__") if n in vars(original)]
    return type(original.__name__, (original,), {{n: wrapped(vars(original)[n]) for n in names[:1]}})


{name} = _spoilt_{name}("{how}")
"""


@functools.cache
def text_of(part):
    return (students.ROOT / "solutions" / f"{part}.py").read_text()


def spoilt(template, path, part, exercise, how):
    path.write_text(text_of(part.name) + SPOILER.format(name=exercise, how=how))
    return students.grade(template, path, students.ROOT, part.name, (f"{part.id}.{exercise}",))


EXERCISES = [pytest.param(part, name, id=f"{part.id}.{name}") for part in COURSE.parts() for name in part.exercises]


@pytest.mark.parametrize(("part", "exercise"), EXERCISES)
def test_nothing_spoilt_is_accepted(template, tmp_path, part, exercise):
    path = tmp_path / "answer.py"
    told = spoilt(template, path, part, exercise, "tell")
    returns_tensors = [id for id, r in told.items() if "a tensor is returned" in r.message]
    for how in ("nan", "zero", "shape", "input"):
        results = spoilt(template, path, part, exercise, how)
        accepted = [id for id in returns_tensors if results[id].status == "passed"]
        lost = sum(r.max_points - r.points for r in results.values())
        # A check that looks at something else than the values (a graph, a mode) may pass; the exercise may not.
        assert lost or not returns_tensors, (how, accepted)
        main = f"{part.id}.{exercise}"
        assert main not in accepted, (how, accepted)


def test_most_exercises_return_tensors(template, tmp_path):
    """So that the test above can't be empty without anyone's noticing."""
    part = COURSE.part("part4")
    told = [spoilt(template, tmp_path / "a.py", part, name, "tell") for name in part.exercises]
    count = sum("a tensor is returned" in r.message for results in told for r in results.values())
    assert count >= 30

"""What to say of an exception: what was raised, and what the learner can see from it without knowing the answer."""

import ast
import difflib
import re
from typing import Any

import torch

from grader.attempt import Attempt
from grader.evidence import Evidence
from grader.expect import told_apart
from grader.reply import describe
from grader.values import Namespace, members

_OUT_OF_MEMORY = re.compile(r"out of memory|not enough memory|(?:can't|cannot) allocate memory", re.IGNORECASE)


def crash(fault: dict[str, Any], evidence: Evidence, attempt: Attempt | None) -> str:
    """The message for an answer that raised, or that ended its process."""
    if fault["kind"] == "crashed":
        return f"It ended the process: {fault['what']}"
    text = f": {fault['what']}" if fault["what"].strip() else ""
    said = [f"It raised {fault.get('type') or 'an exception'}{text}"]
    for look in (_call, _typed, _endless, _nothing, _name, _function, _memory, _recorded, _shapes, _sizes):
        if found := look(fault, evidence, attempt):
            said.append(found)
    return " ".join(sentence(text) for text in said)


def sentence(text: str) -> str:
    """The text with a full stop, unless it has an end."""
    return text if text.endswith((".", "?", "!", ".)")) else f"{text}."


def _call(fault: dict[str, Any], evidence: Evidence, attempt: Attempt | None) -> str:
    """Of a call that did not reach the student's code."""
    if fault["trace"] or fault.get("type") != "TypeError" or "argument" not in fault["what"]:
        return ""
    return "It is the call itself: does the function take the arguments that its docstring names?"


def _typed(fault: dict[str, Any], evidence: Evidence, attempt: Attempt | None) -> str:
    """Of a debugger, or of a question to whoever sits there."""
    asked = fault.get("type") == "EOFError" and fault["what"].startswith("EOF when reading a line")
    if fault.get("type") != "BdbQuit" and not asked and "lost sys.stdin" not in fault["what"]:
        return ""
    return (
        "Nobody can type there while it is graded: that goes for input() and breakpoint(). Try things out below "
        '`if __name__ == "__main__":` and run the file yourself, or print what you want to see.'
    )


def _endless(fault: dict[str, Any], evidence: Evidence, attempt: Attempt | None) -> str:
    """Of functions that call each other until Python gives up."""
    if fault.get("type") != "RecursionError":
        return ""
    called = [frame["function"] for frame in fault["trace"] if frame["function"]]
    again = [name for name in dict.fromkeys(called) if called.count(name) > 1 and "<" not in name]
    if not again:
        return "A function calls itself without an end, or deeper than Python allows (some 1000 calls)."
    who = f"{again[0]} calls itself" if len(again) == 1 else f"{' and '.join(again[:3])} call each other"
    return f"{who} without an end, or deeper than Python allows (some 1000 calls)."


def _nothing(fault: dict[str, Any], evidence: Evidence, attempt: Attempt | None) -> str:
    if "NoneType" not in fault["what"]:
        return ""
    return "NoneType is the type of None: does a function or method that is called on the way lack its `return`?"


def _name(fault: dict[str, Any], evidence: Evidence, attempt: Attempt | None) -> str:
    """Of a name that is not known: one that is nearly the same, or where it may have come from."""
    missing = re.search(r"'(\w+)'", fault["what"])
    if not missing or attempt is None:
        return ""
    name = missing[1]
    if fault.get("type") == "AttributeError" and fault["what"].startswith("no '"):
        close = difflib.get_close_matches(name, re.findall(r"\w+", fault["what"][missing.end() :]), n=1, cutoff=0.8)
        return f"Is {close[0]} meant?" if close else ""
    if fault.get("type") != "NameError":
        return ""
    failed = attempt.failed_cell(name)
    if failed:
        return f"{failed[0].place[:1].upper()}{failed[0].place[1:]} should define it and failed: {describe(failed[1])}"
    if name in attempt.exercises:
        return f"{name} is an exercise of its own, and no cell defines it."
    given = members(evidence.cases[0].given())
    owners = [owner for owner, value in given.items() if isinstance(value, Namespace) and name in members(value)]
    if owners:
        return f"Is {owners[0]}.{name} meant?"
    close = difflib.get_close_matches(name, _in_sight(fault, attempt) - {name}, n=1, cutoff=0.75)
    if close:
        return f"Is {close[0]} meant?"
    return (
        "Nothing that this line can see has that name: does it belong to another function, or to a notebook's cell "
        "that is gone?"
    )


def _in_sight(fault: dict[str, Any], attempt: Attempt) -> set[str]:
    """The names that the failing line may have meant: those of its cell, and what the cells define."""
    top = fault["trace"][-1]["function"].split(".", maxsplit=1)[0] if fault["trace"] else ""
    names = set()
    for cell in attempt.submission.cells:
        names.update(cell.names())
        tree = cell.tree()
        if top in cell.names() and isinstance(tree, ast.Module):
            names.update(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
            names.update(node.arg for node in ast.walk(tree) if isinstance(node, ast.arg))
    return names


def _function(fault: dict[str, Any], evidence: Evidence, attempt: Attempt | None) -> str:
    """Of an exercise's function where its value is meant, as a notebook of the lecture would have it."""
    if "'function'" not in fault["what"] or not fault["trace"] or attempt is None:
        return ""
    names = [n for n in re.findall(r"(?<![\w.])[A-Za-z_]\w*\b(?!\s*\()", fault["trace"][-1]["code"])]
    name = next((n for n in names if n in attempt.exercises), None)
    if name is None:
        return ""
    incoming = members(evidence.cases[0].given()).get("d")
    known = isinstance(incoming, Namespace) and name.startswith("d") and name[1:] in members(incoming)
    where = f"; the gradient that came in is d.{name[1:]}" if known else ""
    return f"Here {name} is the function of that name and not what it returns{where}"


def _memory(fault: dict[str, Any], evidence: Evidence, attempt: Attempt | None) -> str:
    if "MemoryError" not in fault.get("type", "") and not _OUT_OF_MEMORY.search(fault["what"]):
        return ""
    limited = attempt is not None and attempt.template.isolation.layers  # a notebook's kernel has no limit of ours
    allowed = f" (the grader allows {attempt.limits.memory >> 30} GiB)" if attempt and limited else ""
    return f"That is more memory than there is{allowed}: is a size far too large, or does something grow in a loop?"


def _recorded(fault: dict[str, Any], evidence: Evidence, attempt: Attempt | None) -> str:
    """Of writing into a tensor of which a gradient is asked, where nothing is to be changed in place."""
    if evidence.updates or "leaf Variable that requires grad is being used in an in-place" not in fault["what"]:
        return ""
    return "The gradient of this tensor is asked for: `x -= y` writes into x itself, `x = x - y` makes a new tensor"


def _shapes(fault: dict[str, Any], evidence: Evidence, attempt: Attempt | None) -> str:
    """The shapes of the inputs that the failing line names, where the fault speaks of sizes."""
    if not fault["trace"] or not re.search("size|shape|dimension|index", fault["what"]):
        return ""
    index = _raised(fault, evidence)
    code = fault["trace"][-1]["code"]
    found = _named(evidence.cases[index].given(), code)
    if not found:
        return ""
    text = "The shapes here: " + ", ".join(f"{name} {shape}" for name, shape in found.items())
    wanted = evidence.expected[index].single
    if isinstance(wanted, torch.Tensor):
        text += f"; {evidence.label} is to be {tuple(wanted.shape)}"
    matrices = [shape for shape in found.values() if len(shape) == 2]
    if len(matrices) == 2 and re.search(r"[^*]\*[^*]", code) and "@" not in code and "size of tensor" in fault["what"]:
        text += ". (`*` multiplies entry by entry; a matrix product is written `@`.)"
    return text


def _named(given: Namespace, code: str) -> dict[str, tuple[int, ...]]:
    """The shapes of those inputs that stand in a line of code."""
    found = {}
    for owner, dot, name in re.findall(r"\b([A-Za-z_]\w*)(\.?)(\w*)", code):
        value = members(given).get(owner)
        if dot and isinstance(value, Namespace):
            value = members(value).get(name)
            owner = f"{owner}.{name}"
        if isinstance(value, torch.Tensor):
            found[owner] = tuple(value.shape)
    return found


def _sizes(fault: dict[str, Any], evidence: Evidence, attempt: Attempt | None) -> str:
    """For which inputs it is right, and for which it raises, where both occur."""
    right = next((i for i in range(len(evidence.cases)) if evidence.right(i)), None)
    if right is None:
        return ""
    good, bad = told_apart(evidence.cases[right], evidence.cases[_raised(fault, evidence)])
    return f"It is right for inputs with {good}, and raises this for {bad}"


def _raised(fault: dict[str, Any], evidence: Evidence) -> int:
    return next(i for i, outcome in enumerate(evidence.outcomes) if outcome.fault is fault)

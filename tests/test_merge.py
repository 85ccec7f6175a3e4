"""Three texts become one: no line of a student's is lost, and none of the course's; where both say the same, no fuss."""

import ast
import collections

import pytest
from edits import TEXTS, edited, edits
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.workspaces import texts
from grader.workspaces.merge import CLOSES, OPENS, QUOTE, REMOVED, merge
from grader.workspaces.texts import text


def merged(base, mine, new):
    return merge(text(base), text(mine), text(new))


def as_text(lines, end="\n", last=True):
    return end.join(lines) + (end if lines and last else "")


STUB = """\
# %%
def {name}(x):
    \"\"\"{what}.

    Returns x.
    \"\"\"
    # YOUR CODE HERE
    raise NotImplementedError()


"""
BASE = "".join(STUB.format(name=name, what="Twice") for name in "f g h".split())


# --- What is not the same line any more is not taken for it -------------------------------------------


def test_both_changed_a_line():
    done = merged("a\nb\nc\n", "a\nmine\nc\n", "a\nnew\nc\n")
    assert done.text.bare == ["a", "mine", OPENS, f"{QUOTE}new", CLOSES, "c"]
    assert done.conflicts == (3,)


def test_what_the_course_has_not_changed_is_not_told():
    mine = BASE.replace("Twice.", "Two.", 1).replace("    Returns x.\n", "    Returns 2.\n", 1)
    done = merged(BASE, mine, BASE.replace("Twice.", "Double.", 1))
    assert [line for line in done.text.bare if line.startswith(QUOTE)] == [f'{QUOTE}    """Double.']
    done = merged("a\nb\nc\n", "A\nB\nC\n", "a\nnew\nc\n")
    assert done.text.bare == ["A", "B", "C", OPENS, f"{QUOTE}new", CLOSES]


def test_what_the_course_took_out_and_a_student_changed():
    done = merged("a\nb\nc\n", "a\nmine\nc\n", "a\nc\n")
    assert done.text.bare == ["a", "mine", REMOVED, CLOSES, "c"]


def test_what_a_student_took_out_and_the_course_changed():
    done = merged("a\nb\nc\n", "a\nc\n", "a\nnew\nc\n")
    assert done.text.bare == ["a", OPENS, f"{QUOTE}new", CLOSES, "c"]


def test_both_put_lines_in_at_one_place():
    done = merged("a\nb\n", "a\nmine\nb\n", "a\nnew\nb\n")
    assert done.text.bare == ["a", "mine", OPENS, f"{QUOTE}new", CLOSES, "b"]


@pytest.mark.parametrize(
    ("mine", "new"),
    [
        ('    """Two.', '    """Double.'),
        ('    """Twice.\n\n    Returns mine.', '    """Twice.\n\n    Returns new.'),
        ('    """Two.\n\n    Returns x.\n    """', '    """Double."""'),
        ('    """Two."""', '    """Double.\n\n    Returns y.\n    """'),
    ],
)
def test_a_file_with_a_comment_in_a_docstring_still_runs(mine, new):
    def changed(told):
        lines = ['    """Twice.', "", "    Returns x.", '    """']
        many = 4 if told.count('"""') == 2 else told.count("\n") + 1
        return BASE.replace("\n".join(lines[:many]), told, 1)

    done = merged(BASE, changed(mine), changed(new))
    assert done.conflicts
    assert ast.dump(ast.parse("".join(done.text.lines))) == ast.dump(ast.parse(changed(mine)))


def test_no_comment_in_a_string_or_in_a_line_that_goes_on():
    done = merged('x = """a\nb\n"""\ny = 1\n', 'x = """mine\nb\n"""\ny = 1\n', 'x = """new\nb\n"""\ny = 1\n')
    assert done.text.bare == ['x = """mine', "b", '"""', OPENS, f'{QUOTE}x = """new', CLOSES, "y = 1"]
    done = merged("x = 1 + \\\n  2\ny = 1\n", "x = 3 + \\\n  2\ny = 1\n", "x = 4 + \\\n  2\ny = 1\n")
    assert done.text.bare == ["x = 3 + \\", "  2", OPENS, f"{QUOTE}x = 4 + \\", CLOSES, "y = 1"]


def test_no_comment_in_a_string_that_holds_a_marker():
    base = 'x = """a\n# %%\n"""\ny = 1\n'
    done = merged(base, base.replace("a\n", "mine\n"), base.replace("a\n", "new\n"))
    assert done.text.bare[:3] == ['x = """mine', "# %%", '"""']


# --- What merges --------------------------------------------------------------------------------------


def test_an_answer_right_below_a_changed_docstring():
    mine = BASE.replace("    # YOUR CODE HERE\n    raise NotImplementedError()", "    return 2 * x")
    new = BASE.replace('Returns x.\n    """\n', 'Returns 2 x.\n    For any x.\n    """\n')
    done = merged(BASE, mine, new)
    assert not done.conflicts
    assert "".join(done.text.lines) == new.replace(
        "    # YOUR CODE HERE\n    raise NotImplementedError()", "    return 2 * x"
    )


def test_each_stub_is_its_own():
    """All stubs have the same lines; an answer and a new cell between them still find their places."""
    mine = BASE.replace("def g(x):", "def helper(x):\n    return 2\n\n\ndef g(x):").replace(
        'def g(x):\n    """Twice.\n\n    Returns x.\n    """\n    # YOUR CODE HERE\n    raise NotImplementedError()',
        'def g(x):\n    """Twice.\n\n    Returns x.\n    """\n    return helper(x)',
    )
    extra = STUB.format(name="extra", what="New")
    new = BASE.replace("# %%\ndef g", extra + "# %%\ndef g").replace(
        "# %%\ndef h", STUB.format(name="i", what="I") + "# %%\ndef h"
    )
    done = merged(BASE, mine, new)
    assert not done.conflicts
    names = [node.name for node in ast.parse("".join(done.text.lines)).body]
    assert names == ["f", "extra", "helper", "g", "i", "h"]
    assert "".join(done.text.lines).count("return helper(x)") == 1
    g = next(node for node in ast.parse("".join(done.text.lines)).body if node.name == "g")
    assert "helper" in ast.unparse(g)


def test_both_made_the_same_change():
    assert merged("a\nb\nc\nd\n", "A\nb\nC\nd\n", "A\nb\nc\nD\n").text.bare == ["A", "b", "C", "D"]


def test_lines_end_as_the_students_do():
    done = merged("a\nb\nc\n", "a\r\nb\r\nmine\r\n", "new\nb\nc\n")
    assert done.text.content == b"new\r\nb\r\nmine\r\n"
    assert merged("a\nb\n", "\ufeffa\r\nb\r\n", "a\nc\n").text.content == "\ufeffa\r\nc\r\n".encode()
    assert merged("a\nb\nc", "a\nb\nmine", "new\nb\nc").text.content == b"new\nb\nmine"


# --- Whatever is edited -------------------------------------------------------------------------------

bases = st.sampled_from(TEXTS)
some = settings(max_examples=250, deadline=None)


def is_within(few, many):
    rest = iter(many)
    return all(one in rest for one in few)


@some
@given(bases, edits, st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_what_one_side_alone_has_changed_is_taken_as_it_is(base, changes, last, end):
    base, other = as_text(base), as_text(edited(base, changes), last=last)
    assert merged(base, base, other).text.content == other.encode()
    own = as_text(edited(base.splitlines(), changes), end, last)
    assert merged(base, own, base).text.content == own.encode()
    assert merged(base, own, other).text.content == own.encode()
    assert not merged(base, own, other).conflicts


@some
@given(bases, edits, edits, st.sampled_from(["\n", "\r\n"]), st.booleans())
@example(["a", "b"], [("replace", 0, 1, ["x = 1"], 0)], [("replace", 1, 1, ["x = 1"], 0)], "\n", True)
def test_no_line_is_lost(base, here, there, end, last):
    mine, new = edited(base, here), edited(base, there)
    whole = merge(text(as_text(base)), text(as_text(mine, end, last)), text(as_text(new)))
    done, mine = whole.text.bare, text(as_text(mine, end, last)).bare
    assert is_within([one for one in mine if one not in base], done)
    told = {*done, *(one.removeprefix(QUOTE) for one in done), *(["", ""] if QUOTE.rstrip() in done else [])}
    assert {one.rstrip() for one in new if one not in base} <= {one.rstrip() for one in told}
    # As often as it was put in, too.
    for one, more in (collections.Counter(mine) - collections.Counter(base)).items():
        assert done.count(one) >= min(more, mine.count(one))
    assert all(done[at - 1] in (OPENS, REMOVED) for at in whole.conflicts)
    assert done.count(CLOSES) == len(whole.conflicts)
    # The next update finds nothing more to do.
    again = merge(text(as_text(new)), whole.text, text(as_text(new)))
    assert again.text.content == whole.text.content
    assert not again.conflicts


@some
@given(bases, edits, edits)
def test_a_comment_does_not_stop_a_file_from_running(base, here, there):
    mine, new = edited(base, here), edited(base, there)
    whole = merged(as_text(base), as_text(mine), as_text(new))
    quoted = [line for line in whole.text.bare if not line.startswith((QUOTE.rstrip(), OPENS, REMOVED, CLOSES))]
    try:
        tree = ast.parse("\n".join(quoted))
    except SyntaxError:
        return
    assert ast.dump(ast.parse("\n".join(whole.text.bare))) == ast.dump(tree)


@given(st.text(st.sampled_from("ab\r\n\x0c\u2028\ufeff"), max_size=12))
def test_a_text_is_written_as_it_was(content):
    assert text(content).content == content.encode()
    assert text(content).of(text(content).lines).content == content.encode()
    assert all(texts.bare(line) == line.strip("\r\n") for line in text(content).lines)

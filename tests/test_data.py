"""Which names are in use, and that a bad list is refused by its line and changes nothing."""

import hashlib

import pytest
import students

from grader import data
from grader.course import Course
from grader.errors import UsageError


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def listed(tmp_path):
    def write(content):
        path = tmp_path / "mine.txt"
        path.write_bytes(content)
        return path

    return write


BAD = {
    "empty": (b"", "is empty"),
    "only a line end": (b"\n", "line 1 is empty"),
    "an empty line": (b"emma\n\nolivia\n", "line 2 is empty"),
    "an empty last line": (b"emma\n\n", "line 2 is empty"),
    "a capital": (b"emma\nOlivia\n", "line 2: 'O' is not one of the letters a to z"),
    "a space": (b"emma\nmary ann\n", "line 2: ' '"),
    "a space behind": (b"emma \n", "line 1: ' '"),
    "a tab": (b"emma\t3\n", "line 1: '\\t'"),
    "a number": (b"emma,3\n", "line 1: ','"),
    "an accent": ("emma\nzoë\n".encode(), "line 2: 'ë'"),
    "a letter that looks alike": ("\u0435mma\n".encode(), "line 1: '\u0435'"),
    "a BOM": (b"\xef\xbb\xbfemma\n", "line 1: '\\ufeff'"),
    "a NUL": (b"emma\0\n", "line 1: '\\x00'"),
    "an escape": (b"emma\n\x1b[31m\n", "line 2: '\\x1b'"),
    "a form feed": (b"em\x0cma\n", "line 1: '\\x0c'"),
    "a line separator": ("em\u2028ma\n".encode(), "line 1: '\\u2028'"),
    "Latin-1": (b"emma\nzo\xeb\n", "line 2: this is not UTF-8"),
    "UTF-16": ("emma\n".encode("utf-16"), "line 1: this is not UTF-8"),
    "a binary": (bytes(range(256)), "line "),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_list_is_refused_by_its_line_and_changes_nothing(listed, what):
    content, words = BAD[what]
    good = data.use(listed(b"emma\nolivia\n"))
    with pytest.raises(UsageError) as caught:
        data.use(listed(content))
    assert "mine.txt" in str(caught.value)
    assert words in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 300
    assert data.current(Course(students.ROOT)) == data.Names(data.own(), good.words, good.sha256)
    assert [path.name for path in data.own().parent.iterdir()] == ["names.txt"]


def test_a_long_line_is_cut_in_the_message(listed):
    with pytest.raises(UsageError) as caught:
        data.read(listed(b"a" * 10**5 + b"1\n"))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("name", [".", "none.txt", "mine.txt/x"])
def test_what_is_no_file_is_refused(tmp_path, listed, name):
    listed(b"emma\n")
    with pytest.raises(UsageError, match="can't be read"):
        data.read(tmp_path / name)
    assert not data.own().exists()


def test_a_file_in_the_place_of_our_folder_is_said(tmp_path, listed):
    (tmp_path / ".grader").touch()
    with pytest.raises(UsageError, match=r"\.grader"):
        data.use(listed(b"emma\n"))


@pytest.mark.parametrize("content", [b"emma\nolivia\n", b"emma\nolivia", b"emma\r\nolivia\r\n"])
def test_a_list_is_read_whatever_its_line_ends(listed, content):
    names = data.read(listed(content))
    assert names.words == ["emma", "olivia"]
    assert names.sha256 == hashlib.sha256(content).hexdigest()
    assert names.edition == "your own (2 names)"


def test_the_shipped_list_is_the_one_that_its_hash_names():
    names = data.current(Course(students.ROOT))
    assert names.path == students.ROOT / "data" / "names.txt"
    assert (len(names.words), names.edition) == (32_257, "ssa (the kit's own, 32,257 names)")


def test_a_shipped_list_that_was_changed_is_not_used(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "names.txt").write_text("emma\n")
    with pytest.raises(UsageError, match="is not the list that the kit ships") as caught:
        data.current(Course(tmp_path))
    assert f"grader data use {tmp_path / 'data' / 'names.txt'}" in str(caught.value)


def test_ones_own_list_is_copied_and_given_up(listed):
    path = listed(b"emma\n")
    assert data.use(path).words == ["emma"]
    path.unlink()
    assert data.current(Course(students.ROOT)).words == ["emma"]
    assert data.use(data.own()).words == ["emma"]
    data.use_shipped()
    assert len(data.current(Course(students.ROOT)).words) == 32_257
    data.use_shipped()  # twice is no fault


def test_ones_own_list_is_checked_each_time(listed):
    data.use(listed(b"emma\n"))
    data.own().write_bytes(b"Emma\n")
    with pytest.raises(UsageError, match="line 1: 'E'"):
        data.current(Course(students.ROOT))

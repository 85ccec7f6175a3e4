"""A class's submissions are found; whatever is wrong with one of them costs that one, and nothing is followed out."""

import io
import os
import random
import socket
import stat
import tempfile
import tracemalloc
import zipfile
from contextlib import contextmanager
from pathlib import Path

import pytest
import students

from grader import cells
from grader.classes import archive, files
from grader.classes import find as finding
from grader.classes.find import find
from grader.course import Part
from grader.errors import UsageError

PART = Part("part4", "part4_backprop", "Backprop", (), ())
NAME = "part4_backprop.py"
GOOD = b"# %%\nx = 1\n"
SECRET = b"# %%\nsecret = 42\n"
NOTEBOOK = students.as_notebook(GOOD.decode()).encode()


def write(folder, contents):
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def zipped(contents, **options):
    """A zip's bytes; a member may be given as a ZipInfo."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **({"compression": zipfile.ZIP_DEFLATED} | options)) as made:
        for name, content in contents.items():
            made.writestr(name, content)
    return buffer.getvalue()


def member(name, mode=0o100644, time=(2026, 1, 1, 0, 0, 0), system=3):
    info = zipfile.ZipInfo(name, time)
    info.create_system = system
    info.external_attr = mode << 16
    return info


def patched(content, local, central, value):
    """A zip with other bytes in each of its headers, at these offsets."""
    changed = bytearray(content)
    for signature, offset in ((b"PK\3\4", local), (b"PK\1\2", central)):
        at = content.find(signature)
        while at >= 0:
            changed[at + offset : at + offset + len(value)] = value
            at = content.find(signature, at + 4)
    return bytes(changed)


def outside_of(kept):
    paths = [path for path in kept.parent.rglob("*") if not path.is_relative_to(kept)]
    return {path: (path.lstat().st_mode, path.lstat().st_size) for path in paths}


@pytest.fixture
def look(tmp_path):
    """Find what is in tmp_path/class; nothing but tmp_path/kept may be touched. By student."""

    def looking(submissions=tmp_path / "class"):
        before = outside_of(tmp_path / "kept")
        found = find(submissions, PART, tmp_path / "kept")
        assert outside_of(tmp_path / "kept") == before
        assert [one.student for one in found] == sorted({one.student for one in found})
        for one in found:
            assert (one.path is None) == (one.content is None) == bool(one.content_error) == (not one.sha256)
            assert one.path is None or one.path.parent == tmp_path / "kept"
            assert one.content_error.isprintable()
            assert len(one.content_error) < 800
            f"{one.student}{one.file}".encode()
        return {one.student: one for one in found}

    return looking


@pytest.fixture
def mallory(tmp_path, look):
    """What is found of mallory's, in the midst of two honest ones."""

    def finding_mallory():
        found = look(write(tmp_path / "class", {f"alice/{NAME}": GOOD, f"zoe/{NAME}": GOOD}))
        assert found.keys() == {"alice", "mallory", "zoe"}
        assert found["alice"].content == found["zoe"].content == GOOD
        return found["mallory"]

    return finding_mallory


@contextmanager
def without_power():
    """As an ordinary user, whom permissions bind, in a folder that this one may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        if os.geteuid():
            yield Path(folder)
            return
        os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            os.seteuid(0)


# --- What can't be graded, in a folder --------------------------------------------------------------


def device(path):
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))  # /dev/zero
    except OSError:
        pytest.skip("no devices can be made here")


def listening(path):
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("the path of a socket may be too long here")
    here = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(f"/proc/self/fd/{here}/{path.name}")
    os.close(here)


def sparse(path, size=10**9):
    path.touch()
    os.truncate(path, size)


def outside(path):
    """A link to a file that is none of the student's."""
    (path.parents[2] / "secret.py").write_bytes(SECRET)
    path.symlink_to("../../secret.py")


def linked_folder(path):
    write(path.parents[2] / "other", {NAME: SECRET})
    (path.parent / "work").symlink_to(path.parents[2] / "other")


def deep(path):
    (path.parent / "/".join("d" * 60)).mkdir(parents=True)


UNFIT = {
    "empty": (lambda p: p.touch(), f"mallory/{NAME} is empty. Save"),
    "blank": (lambda p: p.write_text(" \n\n\t"), "is empty"),
    "not UTF-8": (lambda p: p.write_bytes(b"x = '\xff'"), "not UTF-8 text (byte 5). Save"),
    "a folder": (lambda p: p.mkdir(), "is a folder, not a file"),
    "a link out": (outside, "is a symbolic link, which is not followed"),
    "a link inside": (lambda p: p.symlink_to("../alice/" + NAME), "is a symbolic link"),
    "a dead link": (lambda p: p.symlink_to("nowhere"), "is a symbolic link"),
    "a link to itself": (lambda p: p.symlink_to(p.name), "is a symbolic link"),
    "a linked folder": (
        linked_folder,
        "no file for part4 (part4*.py or part4*.ipynb); mallory/work is a symbolic link",
    ),
    "a pipe": (os.mkfifo, "is no regular file"),
    "a device": (device, "is no regular file"),
    "a socket": (listening, "is no regular file"),
    "a gigabyte": (sparse, "is larger than 4 MB"),
    "a little too large": (lambda p: p.write_bytes(b"#" * (cells.MAX_BYTES + 1)), "is larger than 4 MB"),
    "folders in folders": (deep, "holds folders in folders"),
    "nothing": (lambda p: None, "no file for part4: it needs part4*.py or part4*.ipynb"),
    "another ending": (lambda p: p.with_suffix(".txt").write_bytes(GOOD), "no file for part4"),
    "another part": (lambda p: p.with_name("part40_x.py").write_bytes(GOOD), "no file for part4"),
    "another beginning": (lambda p: p.with_name("my_part4.py").write_bytes(GOOD), "no file for part4"),
    "a checkpoint": (lambda p: write(p.parent / ".ipynb_checkpoints", {NAME: GOOD}), "no file for part4"),
    "a Mac's": (lambda p: write(p.parent / "__MACOSX", {NAME: GOOD}), "no file for part4"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_is_wrong_with_a_file_costs_its_student_alone(tmp_path, mallory, name):
    make, words = UNFIT[name]
    (tmp_path / "class" / "mallory").mkdir(parents=True)
    make(tmp_path / "class" / "mallory" / NAME)
    found = mallory()
    assert found.path is None
    assert words in found.content_error


NO_NOTEBOOKS = {"Python": GOOD, "half": NOTEBOOK[:-3], "no cells": b"{}", "a list": b"[]", "deep": b"[" * 100_000}


@pytest.mark.parametrize("name", NO_NOTEBOOKS)
def test_what_is_no_notebook_is_refused(tmp_path, mallory, name):
    write(tmp_path / "class" / "mallory", {"part4_backprop.ipynb": NO_NOTEBOOKS[name]})
    assert "mallory/part4_backprop.ipynb is not a Jupyter notebook" in mallory().content_error


def test_a_student_s_folder_that_is_a_link_is_not_followed(tmp_path, mallory):
    write(tmp_path / "elsewhere", {NAME: SECRET})
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "mallory").symlink_to(tmp_path / "elsewhere")
    assert "mallory is a symbolic link, which is not followed" in mallory().content_error


def test_what_may_not_be_read_costs_its_student_alone(look):
    with without_power() as folder:
        write(folder, {f"class/{name}/{NAME}": GOOD for name in ("alice", "closed", "mallory", "locked")})
        (folder / "class" / "mallory" / NAME).chmod(0)
        (folder / "class" / "closed").chmod(0)
        (folder / "class" / "locked").chmod(0o444)
        found = {one.student: one for one in find(folder / "class", PART, folder / "kept")}
        (folder / "class" / "closed").chmod(0o700)
        (folder / "class" / "locked").chmod(0o700)
        assert found["alice"].content == GOOD
    for name in ("closed", "mallory", "locked"):
        assert found[name].path is None
        assert "can't be read (Permission denied). Make it" in found[name].content_error


def test_a_gigabyte_is_not_even_opened(tmp_path, mallory, monkeypatch):
    opened = []
    monkeypatch.setattr(files, "_opened", lambda *a, real=files._opened: (opened.append(a[1]), real(*a))[1])
    (tmp_path / "class" / "mallory").mkdir(parents=True)
    sparse(tmp_path / "class" / "mallory" / NAME)
    mallory()
    assert ("alice", NAME) in opened
    assert ("mallory", NAME) not in opened


def test_too_many_files_cost_their_student_alone(tmp_path, mallory, monkeypatch):
    monkeypatch.setattr(files, "MAX_FILES", 8)
    write(tmp_path / "class" / "mallory", {NAME: GOOD} | {f"{i % 3}/{i}": b"" for i in range(12)})
    assert "mallory holds more than 8 files" in mallory().content_error


def test_a_folder_of_too_many_files_is_not_listed_to_its_end(tmp_path, mallory, monkeypatch):
    monkeypatch.setattr(files, "MAX_FILES", 8)
    write(tmp_path / "class" / "mallory", {f"{i}": b"" for i in range(12)})
    assert "mallory holds more than 8 files" in mallory().content_error


# --- What changes meanwhile -------------------------------------------------------------------------


def to_a_link(path):
    outside_file = path.parents[2] / "secret.py"
    path.unlink()
    path.symlink_to(outside_file)


def to_a_linked_folder(path):
    path.parent.rename(path.parents[2] / "moved")
    path.parent.symlink_to(path.parents[2] / "secret")


def to_a_pipe(path):
    path.unlink()
    os.mkfifo(path)


CHANGES = {
    "a link": (to_a_link, "can't be read (Too many levels of symbolic links)"),
    "a linked folder": (to_a_linked_folder, "can't be read (Not a directory)"),
    "a pipe": (to_a_pipe, "can't be read (it is no regular file)"),
    "nothing": (lambda p: p.unlink(), "can't be read (No such file or directory)"),
    "a gigabyte": (sparse, "is larger than 4 MB"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_file_exchanged_after_it_was_listed_gains_nothing(tmp_path, monkeypatch, name):
    change, words = CHANGES[name]
    write(tmp_path, {"secret.py": SECRET, f"secret/{NAME}": SECRET, f"class/mallory/{NAME}": GOOD})

    def exchanging(top, path, flags, real=files._opened):
        if path == ("mallory", NAME):
            change(tmp_path / "class" / "mallory" / NAME)
        return real(top, path, flags)

    monkeypatch.setattr(files, "_opened", exchanging)
    (found,) = find(tmp_path / "class", PART, tmp_path / "kept")
    assert found.path is None
    assert words in found.content_error


def test_a_file_changed_after_it_was_found_is_what_it_was(tmp_path, look):
    write(tmp_path / "class", {f"alice/{NAME}": GOOD})
    found = look()["alice"]
    (tmp_path / "class" / "alice" / NAME).write_bytes(SECRET)
    assert found.content == GOOD


def test_what_is_kept_is_not_trusted_if_it_is_changed(tmp_path, look):
    write(tmp_path / "class", {f"alice/{NAME}": GOOD})
    found = look()["alice"]
    found.path.write_bytes(SECRET)
    with pytest.raises(UsageError, match="has been changed"):
        _ = found.content
    found.path.unlink()
    with pytest.raises(UsageError, match="can't be read"):
        _ = found.content


# --- What can't be graded, in a zip -----------------------------------------------------------------


def overlapping():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr(NAME, GOOD)
        made.writestr("part4_backprop.xx", GOOD)
        made.filelist[0].compress_size = made.filelist[0].file_size = 40  # and on into the next one's header
    return buffer.getvalue()


def the_same_bytes():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for i in range(9):
            made.writestr(f"part4_{i}.py", GOOD)
            made.filelist[i].header_offset = 0
    return buffer.getvalue()


def twice():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made, pytest.warns(UserWarning, match="Duplicate"):
        made.writestr(NAME, GOOD)
        made.writestr(NAME, SECRET)
    return buffer.getvalue()


def spoilt():
    content = bytearray(zipped({NAME: GOOD}, compression=zipfile.ZIP_STORED))
    content[content.find(GOOD) + 5] ^= 1
    return bytes(content)


BOMB = bytes(8_000_000)
UNFIT_ZIPS = {
    "a bomb": (lambda: zipped({NAME: BOMB}), "is larger than 4 MB"),
    "a bomb that denies it": (lambda: patched(zipped({NAME: BOMB}), 22, 24, b"\x0b\0\0\0"), "can't be read"),
    "a bomb of bzip2": (lambda: zipped({NAME: BOMB}, compression=zipfile.ZIP_BZIP2), "by another method"),
    "a bomb of LZMA": (lambda: zipped({NAME: BOMB}, compression=zipfile.ZIP_LZMA), "by another method"),
    "an unknown method": (lambda: patched(zipped({NAME: GOOD}), 8, 10, b"\x63\0"), "by another method"),
    "overlapping": (overlapping, "shares its bytes with another file"),
    "the same bytes": (the_same_bytes, "shares its bytes with another file"),
    "twice": (twice, "is in the zip 2 times"),
    "absolute": (lambda: zipped({f"/{NAME}": GOOD}), "leads out of the zip"),
    "upwards": (lambda: zipped({f"../{NAME}": GOOD}), "leads out of the zip"),
    "down and up": (lambda: zipped({f"a/../../../{NAME}": GOOD}), "leads out of the zip"),
    "upwards on Windows": (lambda: zipped({member(f"..\\{NAME}", system=0): GOOD}), "leads out of the zip"),
    "a drive": (lambda: zipped({member(f"C:\\{NAME}", system=0): GOOD}), "leads out of the zip"),
    "a link": (lambda: zipped({member(NAME, 0o120777): b"/etc/passwd"}), "is a symbolic link"),
    "a pipe": (lambda: zipped({member(NAME, 0o010644): b""}), "is no regular file"),
    "a folder": (lambda: zipped({member(NAME + "/", 0o040755): b""}), "is a folder"),
    "a folder without a slash": (lambda: zipped({member(NAME, 0o040755): b""}), "is a folder"),
    "encrypted": (lambda: patched(zipped({NAME: GOOD}), 6, 8, b"\1\0"), "is encrypted. Zip it without a password"),
    "spoilt": (spoilt, "can't be read (Bad CRC-32"),
    "cut": (lambda: zipped({NAME: GOOD * 99})[:-9], "hw.zip can't be unpacked"),
    "no zip": (lambda: b"PK\3\4 and no more", "hw.zip can't be unpacked"),
    "empty": (lambda: b"", "hw.zip can't be unpacked"),
    "a name that is not UTF-8": (lambda: patched(zipped({"part4_é.py": GOOD}), 36, 52, b"\xff"), "can't be unpacked"),
    "a zip in a zip": (lambda: zipped({"a.zip": zipped({NAME: GOOD})}), "hw.zip/a.zip is a zip in a zip"),
    "no file": (lambda: zipped({"a.txt": GOOD}), "no file for part4"),
    "no member": (lambda: zipped({}), "no file for part4"),
    "an empty file": (lambda: zipped({NAME: b""}), f"mallory/hw.zip/{NAME} is empty"),
    "no notebook": (lambda: zipped({"part4.ipynb": GOOD}), "mallory/hw.zip/part4.ipynb is not a Jupyter notebook"),
    "not UTF-8": (lambda: zipped({NAME: b"\xff"}), f"mallory/hw.zip/{NAME} is not UTF-8"),
    "a checkpoint": (lambda: zipped({f".ipynb_checkpoints/{NAME}": GOOD}), "no file for part4"),
    "a Mac's": (lambda: zipped({f"__MACOSX/{NAME}": GOOD}), "no file for part4"),
}


@pytest.mark.parametrize("whole", [False, True], ids=["in a folder", "in a zip"])
@pytest.mark.parametrize("name", UNFIT_ZIPS)
def test_what_is_wrong_with_a_student_s_zip_costs_that_student_alone(tmp_path, look, name, whole):
    make, words = UNFIT_ZIPS[name]
    contents = {f"alice/{NAME}": GOOD, "mallory/hw.zip": make(), f"zoe/{NAME}": GOOD}
    if whole:
        write(tmp_path, {"class": zipped(contents)})
    else:
        write(tmp_path / "class", contents)
    found = look()
    assert found.keys() == {"alice", "mallory", "zoe"}
    assert found["alice"].content == found["zoe"].content == GOOD
    assert found["mallory"].path is None
    assert words in found["mallory"].content_error


IN_A_CLASS = {
    "a bomb": ({f"mallory/{NAME}": BOMB}, "is larger than 4 MB"),
    "absolute": ({f"/mallory/{NAME}": GOOD}, "leads out of the zip"),
    "upwards": ({f"../mallory/{NAME}": GOOD}, "leads out of the zip"),
    "over another's": ({f"mallory/../alice/{NAME}": SECRET}, "leads out of the zip"),
    "a link": ({member(f"mallory/{NAME}", 0o120777): b"../../secret.py"}, "is a symbolic link"),
    "a linked folder": ({member("mallory", 0o120777): b"alice"}, "is a symbolic link"),
    "a folder": ({f"mallory/{NAME}/": b""}, "is a folder"),
    "an empty folder": ({"mallory/": b""}, "no file for part4"),
    "an empty file": ({f"mallory/{NAME}": b""}, "is empty"),
    "no notebook": ({"mallory/part4.ipynb": b"{}"}, "is not a Jupyter notebook"),
}


@pytest.mark.parametrize("name", IN_A_CLASS)
def test_what_is_wrong_with_a_member_of_a_class_s_zip_costs_its_student_alone(tmp_path, look, name):
    contents, words = IN_A_CLASS[name]
    write(tmp_path, {"class": zipped({f"alice/{NAME}": GOOD} | contents | {f"zoe/{NAME}": GOOD})})
    found = look()
    assert found.keys() == {"alice", "mallory", "zoe"}
    assert found["alice"].content == found["zoe"].content == GOOD
    assert found["mallory"].path is None
    assert words in found["mallory"].content_error


def test_an_encrypted_member_of_a_class_s_zip_costs_its_student_alone(tmp_path, look):
    content = zipped({f"mallory/{NAME}": GOOD, f"alice/{NAME}": GOOD})
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = content.find(signature) + offset
        content = content[:at] + b"\1" + content[at + 1 :]
    write(tmp_path, {"class.zip": content})
    found = look(tmp_path / "class.zip")
    assert found["alice"].content == GOOD
    assert "is encrypted" in found["mallory"].content_error


def test_a_bomb_takes_little_memory(tmp_path, mallory):
    (tmp_path / "class" / "mallory").mkdir(parents=True)
    path = tmp_path / "class" / "mallory" / "hw.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made, made.open(NAME, "w") as bomb:
        for _ in range(80):
            bomb.write(bytes(10**6))
    tracemalloc.start()
    try:
        assert "is larger than 4 MB" in mallory().content_error
        assert tracemalloc.get_traced_memory()[1] < 30e6
    finally:
        tracemalloc.stop()


def test_a_zip_that_becomes_too_large_is_refused(tmp_path, look, monkeypatch):
    monkeypatch.setattr(finding, "MAX_ZIP", 10**6)
    large = zipped({NAME: GOOD, "data": bytes(10**6)}, compression=zipfile.ZIP_STORED)
    write(tmp_path, {"class.zip": zipped({"mallory/hw.zip": large, f"alice/{NAME}": GOOD})})
    found = look(tmp_path / "class.zip")
    assert "no file for part4" in found["mallory"].content_error
    assert "mallory/hw.zip is larger than 1 MB" in found["mallory"].content_error
    assert found["alice"].content == GOOD


def test_a_zip_of_too_many_files_is_refused(tmp_path, mallory, monkeypatch):
    monkeypatch.setattr(archive, "MAX_FILES", 8)
    write(tmp_path / "class" / "mallory", {"hw.zip": zipped({NAME: GOOD} | {f"{i}": b"" for i in range(9)})})
    assert "mallory/hw.zip holds more than" in mallory().content_error


def test_a_long_table_of_contents_is_not_read(tmp_path, mallory, monkeypatch):
    monkeypatch.setattr(archive, "MAX_CONTENTS", 2000)
    write(tmp_path / "class" / "mallory", {"hw.zip": zipped({NAME: GOOD} | {f"{i}": b"" for i in range(99)})})
    assert "its table of contents is too long" in mallory().content_error


@pytest.mark.parametrize("flat", [False, True])
def test_too_many_zips_are_not_opened(tmp_path, look, flat):
    one = zipped({NAME: GOOD})
    names = [f"mallory_1_{i}_hw.zip" if flat else f"mallory_1/{i}.zip" for i in range(11)]
    write(tmp_path / "class", {f"alice_2_3_{NAME}": GOOD} | dict.fromkeys(names, one))
    found = look()
    assert found["alice_2"].content == GOOD
    assert "mallory_1 holds more than 10 zips" in found["mallory_1"].content_error


def test_no_spoilt_zip_raises_anything_else(tmp_path):
    whole = zipped({f"alice/{NAME}": GOOD, "bob/hw.zip": zipped({NAME: GOOD}), "a/part4.ipynb": NOTEBOOK})
    rng = random.Random(0)
    outcomes = set()
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(rng.choice([1, 1, 2, 8])):
            content[rng.randrange(len(content))] = rng.choice([0, 1, 255, rng.randrange(256)])
        write(tmp_path, {"class.zip": bytes(content), "class/alice/hw.zip": bytes(content)})
        for submissions in ("class.zip", "class"):
            try:
                outcomes |= {bool(one.path) for one in find(tmp_path / submissions, PART, tmp_path / "kept")}
            except UsageError as error:
                outcomes.add("UsageError")
                assert "class" in str(error)
    assert outcomes == {True, False, "UsageError"}


# --- Names ------------------------------------------------------------------------------------------

ODD = [
    "two words",
    'it\'s "quoted" `so`',
    "two\nlines",
    "\x1b[31mred\x1b]0;title\x07",
    "right\u202eleft",
    "é€😀",
    "-rf",
    "$(touch x); rm *",
    "<img src=x onerror=alert(1)>",
    "%s{0}\\n",
    "x" * 250,
]


@pytest.mark.parametrize("student", ODD)
@pytest.mark.parametrize("whole", [False, True], ids=["in a folder", "in a zip"])
def test_odd_names_are_names(tmp_path, look, student, whole):
    contents = {f"{student}/{student}/{NAME}": GOOD, f"b{student[1:]}/{NAME}": b"", f"c{student[1:]}/x": b""}
    write(tmp_path, {"class": zipped(contents)}) if whole else write(tmp_path / "class", contents)
    good, empty, none = (look()[name + student[1:]] for name in (student[0], "b", "c"))
    assert good.content == GOOD
    assert "is empty" in empty.content_error
    assert "no file" in none.content_error


def test_names_that_are_not_utf8_stay_apart(tmp_path, look):
    for byte, content in ((b"\xfe", GOOD), (b"\xff", SECRET), (b"\xfd", b"")):
        folder = os.fsencode(tmp_path / "class") + b"/a" + byte
        os.makedirs(folder)
        Path(os.fsdecode(folder + b"/part4_\xff.py")).write_bytes(content)
    found = look()
    assert {one.content for one in found.values()} == {GOOD, SECRET, None}
    assert all(student.startswith("a\\udcf") for student in found)


def test_very_long_names_are_cut_and_stay_apart(tmp_path, look):
    long = "x" * 20_000
    contents = {f"{long}{i}/{long}/part4_{long}.{ending}": GOOD for i in "12" for ending in ("py", "ipynb")}
    write(tmp_path, {"class": zipped(contents | {f"alice/{NAME}": GOOD})})
    found = look()
    assert len(found) == 3
    assert all(len(one.student) <= 255 and len(one.file) <= 255 for one in found.values())
    assert [one.content for one in found.values()] == [GOOD] * 3
    assert [one.path.suffix for one in found.values()] == [".py"] * 3


def test_a_name_of_null_bytes_in_a_zip_is_cut_there(tmp_path, look):
    content = zipped({f"alice/{NAME}": GOOD, "mallory/part4.py0x": GOOD}).replace(b"part4.py0x", b"part4.py\0x")
    write(tmp_path, {"class": content})
    assert look()["alice"].content == GOOD


# --- Layouts ----------------------------------------------------------------------------------------

LAYOUTS = {
    "a folder each": (
        {f"bob/{NAME}": 1, f"alice/a/b/c/{NAME}": 2, "carl/work/part4.ipynb": 3, "readme.txt": 0, ".git/part4.py": 0},
        {"alice": f"alice/a/b/c/{NAME}", "bob": f"bob/{NAME}", "carl": "carl/work/part4.ipynb"},
    ),
    "nbgrader": (
        {f"submitted/bob/part4/{NAME}": 1, "submitted/alice/ps/part4_backprop.ipynb": 2, "submitted/alice/ps/x.txt": 0}
        | {f"source/part4/{NAME}": 0, f"autograded/bob/part4/{NAME}": 0, "gradebook.db": 0, "submitted/notes.txt": 0},
        {"alice": "submitted/alice/ps/part4_backprop.ipynb", "bob": f"submitted/bob/part4/{NAME}"},
    ),
    "nbgrader's submitted": (
        {f"bob/part4/{NAME}": 1, f"bob/part3/part3_{NAME}": 0, "alice/part4/part4_backprop.ipynb": 2},
        {"alice": "alice/part4/part4_backprop.ipynb", "bob": f"bob/part4/{NAME}"},
    ),
    "Canvas": (
        {"doejane_LATE_12345_67890_part4_backprop-2.ipynb": 1, "doejane_77_88_part4.py": 2, "roe_1_2_essay.pdf": 0}
        | {f"mallory_3_4_x_12345_9_{NAME}": 0, f"a_b_5_6_{NAME}": 3},
        {
            "doejane_12345": "doejane_LATE_12345_67890_part4_backprop-2.ipynb",
            "doejane_77": "doejane_77_88_part4.py",
            "roe_1": "",
            "mallory_3": "",
            "a_b_5": f"a_b_5_6_{NAME}",
        },
    ),
    "Moodle": (
        {f"Jane Doe_123456_assignsubmission_file_/{NAME}": 1, f"Jane Doe_7_assignsubmission_file/a/{NAME}": 2}
        | {"Jane Doe_7_assignsubmission_onlinetext_/onlinetext.html": 0, "O'Neil_8_assignsubmission_file_/x.pdf": 0},
        {
            "Jane Doe_123456": f"Jane Doe_123456_assignsubmission_file_/{NAME}",
            "Jane Doe_7": f"Jane Doe_7_assignsubmission_file/a/{NAME}",
            "O'Neil_8": "",
        },
    ),
}


@pytest.mark.parametrize("whole", [False, True], ids=["in a folder", "in a zip"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(tmp_path, look, name, whole):
    numbers, expected = LAYOUTS[name]
    contents = {
        path: students.as_notebook(f"# %%\nx = {n}\n").encode() if path.endswith("ipynb") else b"x = %d" % n
        for path, n in numbers.items()
    }
    write(tmp_path, {"class.zip": zipped(contents)}) if whole else write(tmp_path / "class.zip", contents)
    found = look(tmp_path / "class.zip")
    assert {student: one.file for student, one in found.items()} == expected
    for one in found.values():
        assert one.content == (contents[one.file] if one.file else None)


@pytest.mark.parametrize("whole", [False, True], ids=["in a folder", "in a zip"])
def test_a_student_s_zip_is_looked_into_in_every_layout(tmp_path, look, whole):
    inner = zipped({f"hw/{NAME}": GOOD, "hw/data.txt": b"x", "hw/": b""})
    for i, path in enumerate(
        ["alice/x.zip", "submitted/alice/part4/x.ZIP", "alice_1_2_x-1.zip", "A B_1_assignsubmission_file_/x y.zip"]
    ):
        write(tmp_path, {f"{i}": zipped({path: inner})}) if whole else write(tmp_path / f"{i}", {path: inner})
        (found,) = look(tmp_path / f"{i}").values()
        assert found.file == f"{path}/hw/{NAME}"
        assert found.content == GOOD


def test_what_a_mac_adds_to_zips_does_not_count(tmp_path, look):
    contents = {f"alice/{start}{i}.zip": zipped({NAME: GOOD}) for i in range(10) for start in ("", "._")}
    write(tmp_path, {"class": zipped(contents)})
    assert look()["alice"].content == GOOD


def test_backslashes_of_windows_in_a_zip_are_slashes(tmp_path, look):
    write(tmp_path, {"class": zipped({member(f"alice\\hw\\{NAME}", system=0): GOOD})})
    assert look()["alice"].content == GOOD


# --- Which of several -------------------------------------------------------------------------------

TIMES = {"old": 1_000_000_000, "new": 1_700_000_000}
CHOICES = {
    "the exact name": ({f"a/{NAME}": "old", "a/part4.py": "new"}, f"a/{NAME}"),
    "the newer": ({"a/part4_z.py": "old", "a/part4_b.py": "new"}, "a/part4_b.py"),
    "the newer of two exact names": ({f"a/z/{NAME}": "old", f"a/b/{NAME}": "new"}, f"a/b/{NAME}"),
    "the last by name": ({f"a/z/{NAME}": "new", f"a/b/{NAME}": "new"}, f"a/z/{NAME}"),
    "Canvas: the greater number": ({f"a_1_9_{NAME}": "new", f"a_1_10_{NAME}": "old"}, f"a_1_10_{NAME}"),
    "Canvas: the resubmission": (
        {f"a_1_9_{NAME}": "new", "a_1_9_part4_backprop-2.py": "old", "a_1_9_part4_backprop-10.py": "old"},
        "a_1_9_part4_backprop-10.py",
    ),
    "Canvas: the exact name": (
        {"a_1_3_part4_backprop-1.py": "old", "a_1_9_part4.py": "new"},
        "a_1_3_part4_backprop-1.py",
    ),
    "not a checkpoint": ({"a/part4.py": "old", f"a/.ipynb_checkpoints/{NAME}": "new"}, "a/part4.py"),
}


@pytest.mark.parametrize("whole", [False, True], ids=["in a folder", "in a zip"])
@pytest.mark.parametrize("name", CHOICES)
def test_of_several_files_one_counts(tmp_path, look, name, whole):
    ages, expected = CHOICES[name]
    for order in (ages, dict(reversed(ages.items()))):
        folder = tmp_path / f"{len(os.listdir(tmp_path))}"
        if whole:
            years = {"old": 2001, "new": 2023}
            members = {member(path, time=(years[age], 1, 1, 0, 0, 0)): GOOD for path, age in order.items()}
            folder.write_bytes(zipped(members))
        else:
            write(folder, dict.fromkeys(order, GOOD))
            for path, age in order.items():
                os.utime(folder / path, (TIMES[age], TIMES[age]))
        (found,) = look(folder).values()
        assert found.file == expected


@pytest.mark.parametrize(("newer", "expected"), [("hw.zip", SECRET), (NAME, GOOD)])
def test_a_zip_and_a_file_are_of_their_own_ages(tmp_path, look, newer, expected):
    write(tmp_path / "class" / "alice", {NAME: GOOD, "hw.zip": zipped({member(NAME): SECRET})})
    for name in (NAME, "hw.zip"):
        os.utime(tmp_path / "class" / "alice" / name, (TIMES["new" if name == newer else "old"],) * 2)
    assert look()["alice"].content == expected


def test_a_broken_file_is_not_replaced_by_an_older_one(tmp_path, look):
    write(tmp_path / "class" / "alice", {NAME: b"\xff", "part4_old.py": GOOD})
    assert "not UTF-8" in look()["alice"].content_error


def test_what_is_no_file_does_not_stand_before_one(tmp_path, look):
    write(tmp_path / "class" / "alice", {"part4.py": GOOD, "x.zip": b"", "b.zip": zipped({f"../{NAME}": SECRET})})
    (tmp_path / "class" / "alice" / NAME).symlink_to("/etc/passwd")
    (tmp_path / "class" / "alice" / "part4_backprop.ipynb").mkdir()
    assert look()["alice"].content == GOOD


# --- Nothing at all ---------------------------------------------------------------------------------

NOTHING = {
    "missing": (lambda p: None, "can't be read: No such file or directory"),
    "a pipe": (os.mkfifo, "is neither a folder nor a zip"),
    "no zip": (lambda p: p.write_bytes(GOOD), "can't be unpacked"),
    "an empty file": (lambda p: p.touch(), "can't be unpacked"),
    "a cut zip": (lambda p: p.write_bytes(zipped({f"alice/{NAME}": GOOD})[:-30]), "can't be unpacked"),
    "an empty folder": (lambda p: p.mkdir(), "holds nothing for part4. It needs part4*.py or part4*.ipynb"),
    "an empty zip": (lambda p: p.write_bytes(zipped({})), "holds nothing for part4"),
    "other parts": (lambda p: write(p, {"alice/part3.py": GOOD, "bob/part40.py": GOOD}), "holds nothing for part4"),
    "no students": (lambda p: write(p, {NAME: GOOD}), "holds nothing for part4"),
}


@pytest.mark.parametrize("name", NOTHING)
def test_where_there_is_nothing_to_find_it_is_a_usage_error(tmp_path, name):
    make, words = NOTHING[name]
    make(tmp_path / "class")
    with pytest.raises(UsageError) as caught:
        find(tmp_path / "class", PART, tmp_path / "kept")
    assert words in str(caught.value)
    assert str(tmp_path / "class") in str(caught.value)
    assert not (tmp_path / "kept").exists()


def test_a_folder_that_may_not_be_read_is_a_usage_error():
    with without_power() as folder:
        write(folder, {f"class/alice/{NAME}": GOOD})
        (folder / "class").chmod(0)
        with pytest.raises(UsageError, match="class can't be read: Permission denied"):
            find(folder / "class", PART, folder / "kept")
        (folder / "class").chmod(0o700)


def test_a_class_too_large_is_not_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_FILES", 8)
    write(tmp_path / "class", {f"{i}/{NAME}": GOOD for i in range(9)})
    with pytest.raises(UsageError, match="class holds more than 8 files"):
        find(tmp_path / "class", PART, tmp_path / "kept")


def test_where_nothing_can_be_kept_no_student_pays(tmp_path):
    write(tmp_path, {f"class/alice/{NAME}": GOOD, "kept": b"a file in the way"})
    with pytest.raises(UsageError, match="can't be written"):
        find(tmp_path / "class", PART, tmp_path / "kept")


def test_the_submissions_themselves_may_be_a_link(tmp_path):
    write(tmp_path / "class", {f"alice/{NAME}": GOOD})
    (tmp_path / "link").symlink_to("class")
    (found,) = find(tmp_path / "link", PART, tmp_path / "kept")
    assert found.content == GOOD

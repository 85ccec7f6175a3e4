"""What may hold a submission, in a zip: listed with suspicion, read up to a bound.

Nothing is unpacked under a name of its own: no name in a zip can lead anywhere.
"""

import re
import stat
import zipfile
from collections import Counter
from functools import partial
from typing import IO, Any

from grader.classes.files import BROKEN, FOLDER, LINK, MAX_FILES, SPECIAL, Item, Unfit, too_many, why

MAX_CONTENTS = 8 << 20
"""Bytes of a zip's own table of contents, which takes several times as many in memory."""
AGAIN = "Zip it again, or hand in the file itself"
_BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What zipfile unpacks bit by bit; of bzip2 it unpacks gigabytes in one go."""
_LOCAL_HEADER = 30


def members(file: IO[bytes], path: tuple[str, ...] = (), age: tuple[Any, ...] = ()) -> list[Item]:
    """What a zip of that path and age holds, its folders among it. Raises Unfit where that can't be told."""
    try:
        archive = zipfile.ZipFile(_Capped(file))
    except BROKEN as error:
        raise Unfit(f"can't be unpacked ({why(error)})", AGAIN) from None
    infos = archive.infolist()
    if len(infos) > MAX_FILES:
        raise too_many()
    inner = [_path(info) for info in infos]
    times = Counter(inner)
    overlapping = _overlapping(infos)
    items = []
    for number, (info, names) in enumerate(zip(infos, inner, strict=True)):
        fault = _fault(info)
        if not fault and number in overlapping:
            fault = f"shares its bytes with another file of the zip. {AGAIN}"
        if not fault and times[names] > 1:
            fault = f"is in the zip {times[names]} times. {AGAIN}"
        if names:
            opener = partial(archive.open, info)
            items.append(Item(path + names, (*age, info.date_time), opener, fault=fault, packed=True))
    return items


class _Capped:
    """As much of a file as zipfile uses, and no more read at once than a zip's table of contents may take."""

    def __init__(self, file: IO[bytes]):
        self._read, self.seek, self.tell, self.seekable = file.read, file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > MAX_CONTENTS:
            raise zipfile.BadZipFile("its table of contents is too long")
        return self._read(MAX_CONTENTS if size < 0 else size)


def _names(info: zipfile.ZipInfo) -> list[str]:
    windows = info.create_system == 0  # where some packers write backslashes
    return re.split(r"[/\\]" if windows else "/", info.filename)


def _path(info: zipfile.ZipInfo) -> tuple[str, ...]:
    return tuple(name for name in _names(info) if name not in ("", ".", ".."))


def _fault(info: zipfile.ZipInfo) -> str:
    """What keeps a member from being a submission, as far as the table of contents tells."""
    names, kind = _names(info), stat.S_IFMT(info.external_attr >> 16)
    if ".." in names or names[0] == "" or re.fullmatch(r"[A-Za-z]:", names[0]):
        return f"has a path that leads out of the zip. {AGAIN}"
    if kind == stat.S_IFLNK:
        return LINK
    if names[-1] == "" or kind == stat.S_IFDIR:
        return FOLDER
    if kind not in (0, stat.S_IFREG):
        return SPECIAL
    if info.flag_bits & 1:
        return "is encrypted. Zip it without a password"
    if info.compress_type not in _BOUNDED:
        return f"is packed by another method than deflate. {AGAIN}"
    return ""


def _overlapping(infos: list[zipfile.ZipInfo]) -> set[int]:
    """The numbers of the members whose packed bytes are in part another's: how a small zip becomes a huge one."""
    found: set[int] = set()
    end, holder = -1, -1
    for number in sorted(range(len(infos)), key=lambda i: infos[i].header_offset):
        start = infos[number].header_offset
        if start < end:
            found |= {number, holder}
        if start + _LOCAL_HEADER + infos[number].compress_size > end:
            end, holder = start + _LOCAL_HEADER + infos[number].compress_size, number
    return found

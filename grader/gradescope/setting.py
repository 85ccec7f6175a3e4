"""What a bundle knows beside the course: a file in it, which is closed to students' code."""

import msgspec

FILE = "setting.json"


class Setting(msgspec.Struct, frozen=True):
    """Which part is graded, of which course, with which inputs."""

    part: str
    course: str
    """The course's folder, below the one that the bundle is unpacked in."""
    seed: int
    """Secret."""

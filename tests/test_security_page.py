"""docs/isolation.md says of each layer what the levels claim, counts the attacks as they are, and names tests that exist."""

import re
from collections import Counter

import hostile_cases
import pytest
from pages import ROOT, TESTS
from tools import need

from grader.isolation import PROCESS, TMP, bubblewrap
from grader.sandbox import Limits

PAGE = (ROOT / "docs" / "isolation.md").read_text()
ATTACKS = {path.stem: hostile_cases.read(path) for path in hostile_cases.FOLDER.glob("*.py")}


def rows(page, head):
    """The cells of each line of the table that begins so."""
    table = re.search(rf"(?m)^\| {re.escape(head)}.*\n\|[-:|]+\|\n((?:\|.*\n)+)", page)[1]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def wrong(page, levels):
    """What the table of layers says otherwise than the levels do, which are named as its columns are."""
    found, lines = [], rows(page, "layer | process | bubblewrap")
    for text, *said, _ in lines:
        for layer in text.partition(":")[0].split(", "):
            for word, (name, claimed) in zip(said, levels.items(), strict=True):
                if word.startswith("yes") is not (layer in claimed):
                    found.append(f"{layer} of {name}: {word}")
    named = {layer for text, *_ in lines for layer in text.partition(":")[0].split(", ")}
    return found + [f"{layer} is missing" for claimed in levels.values() for layer in claimed if layer not in named]


def test_each_layer_is_claimed_where_the_page_says_so():
    need("bwrap")
    levels = {"process": PROCESS.layers, "bubblewrap": bubblewrap().layers}
    assert wrong(PAGE, levels) == []
    assert wrong(PAGE, levels | {"process": ("network",)})
    assert wrong(PAGE, levels | {"bubblewrap": (*bubblewrap().layers, "clock")}) == ["clock is missing"]


def test_its_figures_are_those_of_the_code():
    assert f"tmp: {TMP >> 20} MiB of files, {TMP >> 20} MiB of shared memory" in PAGE
    assert f"processes: {Limits().processes} with their threads" in PAGE


def test_the_attacks_are_counted():
    said = {kind: int(count) for kind, count, _ in rows(PAGE, "kind | attacks")}
    assert said == Counter(case.kind for case in ATTACKS.values())


@pytest.mark.parametrize("head", ["what | where it is", "layer | process | bubblewrap"])
def test_what_a_claim_rests_on_exists(head):
    named = {name for *_, last in rows(PAGE, head) for name in re.findall(r"`(\w+)`", last)}
    assert len(named) > 9
    assert named - TESTS - {*ATTACKS} == set()

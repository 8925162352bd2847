"""What docs/security.md says of tests and of the standard's numbers is so."""

import re
from collections import Counter
from collections.abc import Iterator

from devstack.address import ROOT

TEXT = (ROOT / "docs" / "security.md").read_text()
# How many requirements of levels 1 and 2 the published edition has in each section.
SECTIONS = {"6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2,
            "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3}  # fmt: skip


def numbers() -> Iterator[tuple[str, int, str]]:
    """Section, number in it, and state, of each requirement in the tables; a range is all that it spans."""
    for cell, state in re.findall(r"^\| ([\d., –]+) \| [12] \|[^|]*\| (\S+) \|", TEXT, re.MULTILINE):
        for part in cell.split(", "):
            first, _, last = part.partition("–")
            section = first.rpartition(".")[0]
            for number in range(int(first.rpartition(".")[2]), int((last or first).rpartition(".")[2]) + 1):
                yield section, number, state


def test_every_requirement_of_the_two_levels_has_its_line() -> None:
    found = [(section, number) for section, number, _ in numbers()]
    assert sorted(found) == sorted((section, number) for section, most in SECTIONS.items() for number in range(1, most + 1))


def test_the_states_are_counted_right() -> None:
    counted = Counter(state for *_, state in numbers())
    told = re.search(r"Of (\d+) requirements (\d+) are met, (\d+) are the IAM's, (\d+) partly, (\d+) do not apply", TEXT)
    assert told
    assert [int(number) for number in told.groups()] == [counted.total(), *(counted[state] for state in ("met", "IAM", "partly", "n/a"))]


def test_what_is_named_is_there() -> None:
    named = set(re.findall(r"`([\w/.-]+\.(?:py|html))`", TEXT))
    missing = {name for name in named if not any((ROOT / folder / name).exists() for folder in ("tests", ""))}
    assert len(named) > 25
    assert missing == set()

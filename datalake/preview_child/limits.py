"""What one preview may use of the machine, and the shape of its answer."""

import resource
from dataclasses import dataclass, field

MEMORY = 1536 * 1024 * 1024
CPU_SECONDS = 15
LARGEST_WRITE = 32 * 1024 * 1024  # matplotlib writes its list of fonts
PIXELS = 40_000_000
ROWS, COLUMNS, CARDS, UNITS = 12, 12, 120, 8
TREE = 200  # entries of a tree that are listed
CELL = 60


class NoPreview(Exception):
    """The file cannot be shown; the text says why."""


@dataclass
class Section:
    """One part of a file: an HDU, a table, a text."""

    title: str
    kind: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)
    cards: list[tuple[str, str, str]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    text: str = ""
    image: str = ""  # PNG, base64
    alt: str = ""
    note: str = ""


def lock_down() -> None:
    """Give up what a picture or a table does not need, before any byte of the file is read."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, LARGEST_WRITE),
        (resource.RLIMIT_NOFILE, 128),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def shown(value: object) -> str:
    """A cell's text, cut."""
    text = " ".join(str(value).split())
    return text if len(text) <= CELL else text[: CELL - 1] + "\u2026"
